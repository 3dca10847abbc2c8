"""Tests that play the old service, or expect it: what they say of it is left to a person, test by test.

A test is no part of the program that it tries: what it gives the program is an example, so nothing in it is rewritten
but names. What would fail, or would try something that is no longer there, gets a TODO.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import libcst as cst

from codemods.analysis.modules import Modules
from codemods.analysis.values import Class, Instance, Known, Library, OwnModule
from codemods.findings import TEST_OF_OLD
from codemods.hosts import api_host_in
from codemods.migrating import Migrating
from codemods.rules.remains.sweep import words_of
from shim.mapping import catalogue, sdk, session
from shim.mapping.paths import steps_of
from shim.mapping.row import Section, Vendor

_DOTTED: Final = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")
_MOST_SAID: Final = 4


@dataclass(frozen=True, slots=True)
class Changed:
    """The text of a file of the program before and after."""

    before: str
    after: str


def report_tests_of_old(migrating: Migrating, changed: Mapping[Path, Changed], modules: Modules) -> None:
    """Reports each test, or statement outside of them, that speaks of the old service or of what is in use no more."""
    said: dict[cst.CSTNode, tuple[list[str], list[str], list[str]]] = {}
    gone = [*_gone(migrating, changed, modules), *_called_otherwise(migrating, changed)]
    words_said = [*_words(migrating), *_parameters_gone(migrating, changed)]
    for index, found in enumerate((words_said, gone, list(_texts_gone(migrating, changed)))):
        for node, word in found:
            about = said.setdefault(_place_of(migrating, node), ([], [], []))[index]
            if word not in about:
                about.append(word)
            migrating.kept_lines.add(migrating.line(node))
    vendor = session.NAME.of(migrating.source)[0]
    for place, (words, needed, expected) in said.items():
        texts = [f"it says {_shown(words)} of {vendor}'s sessions"] if words else []
        texts += [f"it uses {_shown(needed)}, which went or changed"] if needed else []
        texts += [f"it expects {_shown(expected)}, which the program does not say any more"] if expected else []
        migrating.report(TEST_OF_OLD, place, "; ".join(texts))


def _place_of(migrating: Migrating, node: cst.CSTNode) -> cst.CSTNode:
    """The test, or any function, that a node stands in, or else its statement: a test is put right as a whole."""
    program = migrating.program
    found = program.statement_of(node)
    around: cst.CSTNode | None = found
    while around is not None:
        found = around if isinstance(around, cst.FunctionDef) else found
        around = program.parents.get(around)
    return found


def _shown(words: list[str]) -> str:
    shown = ", ".join(f"`{one}`" for one in words[:_MOST_SAID])
    return f"{shown}, …" if len(words) > _MOST_SAID else shown


@cache
def _types_of(vendor: Vendor) -> frozenset[str]:
    """The types of a vendor's messages."""
    rows = (row for section in (Section.SERVER, Section.CLIENT) for row in catalogue.rows(section))
    return frozenset(path.split(".")[0] for row in rows for path in row.of(vendor))


def _words(migrating: Migrating) -> Iterator[tuple[cst.CSTNode, str]]:
    """What a test says of the service: its host, its header, its messages, its SDK, each with the node that says it."""
    program, source = migrating.program, migrating.source
    telling = {one for one in words_of(source) if "_" in one}
    renamed = {str(one.evaluated_value) for one in program.environment_names if one in migrating.edits.rewrites}
    for node in program.nodes_in(migrating.module):
        match node:
            case cst.SimpleString(evaluated_value=str() as text) if not isinstance(program.parents[node], cst.Expr):
                if node not in migrating.edits.rewrites:
                    yield from ((node, word) for word in _said(migrating, node, text, telling))
            case cst.FormattedStringText(text):
                yield from ((node, word) for word in _said_in_text(text, source, telling))
            case cst.Arg(keyword=cst.Name(word)) if word in telling or word in renamed:
                yield node, word  # `SimpleNamespace(end_of_turn=True)`, `patch.dict(os.environ, GLADIA_API_KEY="k")`
            case cst.Attribute(attr=cst.Name(word)) if word in telling:
                yield node, word
            case cst.Name() | cst.Attribute():
                name = _name_of_sdk(migrating, node)
                if name is not None:
                    yield node, name


def _said(migrating: Migrating, literal: cst.SimpleString, text: str, telling: set[str]) -> Iterator[str]:
    parent = migrating.program.parents[literal]
    is_type = isinstance(parent, cst.DictElement) and parent.value is literal and _is_called_type(parent.key)
    if text in telling or (is_type and text in _types_of(migrating.source)):
        yield text
    yield from _said_in_text(text, migrating.source, telling)


def _is_called_type(key: cst.BaseExpression) -> bool:
    return isinstance(key, cst.SimpleString) and key.evaluated_value == "type"


def _said_in_text(text: str, source: Vendor, telling: set[str]) -> Iterator[str]:
    """What a longer text says: an address, a header, a message as JSON."""
    host = api_host_in(text.lower(), source)
    if host is not None:
        yield host
    header = session.KEY_HEADER.of(source)[0].lower()
    if session.NAME.of(source)[0].lower() in header and text.lower() == header:
        yield header
    found = set(re.findall(r'"(\w+)"', text))
    typed = re.search(r'"type"\s*:\s*"(\w+)"', text)
    types = {typed[1]} & _types_of(source) if typed is not None else set()
    yield from sorted((found & telling) | types)


def _parameters_gone(migrating: Migrating, changed: Mapping[Path, Changed]) -> Iterator[tuple[cst.CSTNode, str]]:
    """The parameters of a session that a test names and the program did, before: `body["language_config"]`."""
    before = {word for one in changed.values() for word in _words_in_texts(one.before)}
    after = {word for one in changed.values() for word in _words_in_texts(one.after)}
    gone = (before - after) & _parameters_of(migrating.source)
    for node in migrating.program.nodes_in(migrating.module):
        if isinstance(node, cst.SimpleString) and node.evaluated_value in gone and node not in migrating.edits.rewrites:
            yield node, str(node.evaluated_value)


def _texts_gone(migrating: Migrating, changed: Mapping[Path, Changed]) -> Iterator[tuple[cst.CSTNode, str]]:
    """The old service's names that a test expects in a text, and no program says any more: `match="GLADIA_KEY"`."""
    before = {word for one in changed.values() for word in _words_in_texts(one.before)}
    after = {word for one in changed.values() for word in _words_in_texts(one.after)}
    name = session.NAME.of(migrating.source)[0].lower()
    gone = {word for word in before - after if name in word.lower()}
    for node in migrating.program.nodes_in(migrating.module):
        if isinstance(node, cst.SimpleString) and node not in migrating.edits.rewrites:
            words = [one.strip(".-") for one in re.findall(r"[\w.-]+", str(node.evaluated_value))]
            if not gone.isdisjoint(words) and _is_expected(migrating, node):
                yield from ((node, word) for word in words if word in gone)


def _is_expected(migrating: Migrating, node: cst.CSTNode) -> bool:
    """Whether a test fails where a text is another: it stands in an `assert`, or is what an exception must say."""
    while not isinstance(node, cst.BaseStatement):
        parent = migrating.program.parents[node]
        match parent:
            case cst.Assert():
                return True
            case cst.Arg(keyword=cst.Name("match")):
                return True
            case cst.Call(func=cst.Attribute(attr=cst.Name(called))) if called.startswith("assert"):
                return True
        node = parent
    return False


@cache
def _parameters_of(vendor: Vendor) -> frozenset[str]:
    """The names of a vendor's session parameters that say enough to be told from other words."""
    paths = (path for row in catalogue.rows(Section.PARAMETER) for path in row.of(vendor))
    return frozenset(step for path in paths for step in steps_of(path) if isinstance(step, str) and "_" in step)


@cache
def _words_in_texts(code: str) -> frozenset[str]:
    """The words in the literal texts of a program: keys of dictionaries, parameters in a query."""
    texts = (one.value for one in ast.walk(ast.parse(code)) if isinstance(one, ast.Constant))
    return frozenset(word for text in texts if isinstance(text, str) for word in re.findall(r"\w+", text))


def _name_of_sdk(migrating: Migrating, node: cst.Name | cst.Attribute) -> str | None:
    """The SDK's name that a name or an attribute of a test is, where it is that of live sessions."""
    value = migrating.program.values.get(node)
    if not isinstance(value, Library):
        return None
    inside = [one for one in sdk.PACKAGE.of(migrating.source) if value.name.startswith(f"{one}.")]
    return value.name.rpartition(".")[2] if inside else None


# --- what went ---------------------------------------------------------------------------------


def _gone(migrating: Migrating, changed: Mapping[Path, Changed], modules: Modules) -> Iterator[tuple[cst.CSTNode, str]]:
    """What a test replaces in, or asks of, a changed file, where it is there no more: `patch("stt.requests.post")`."""
    program = migrating.program
    path = program.files[migrating.module]
    for node in program.nodes_in(migrating.module):
        match node:
            case cst.SimpleString(evaluated_value=str() as text) if _DOTTED.fullmatch(text):
                file, name = _place(text, path, modules)
            case cst.Call(args=[cst.Arg(value=owner), cst.Arg(value=literal), *_]):
                # `patch.object(stt.requests, "post")`, `monkeypatch.setattr(requests, "post", …)`
                value = program.value(literal)
                file, name = _owner(migrating, owner)
                said = value.value if isinstance(value, Known) and isinstance(value.value, str) else ""
                if literal in migrating.edits.rewrites or not said.isidentifier():
                    continue
                name = f"{name}.{said}" if name else said
                if file is None and "." not in name:
                    continue
            case cst.ImportAlias(name=cst.Name(name)) if isinstance(program.parents[node], cst.ImportFrom):
                statement = program.parents[node]
                assert isinstance(statement, cst.ImportFrom)
                dotted = _dotted(statement.module) if statement.module is not None else ""
                file = modules.imported(path, dotted, len(statement.relative))
                if file is None or node.name in migrating.edits.rewrites:
                    continue
            case cst.Attribute() if not isinstance(program.parents[node], cst.Attribute):
                file, name = _owner(migrating, node)  # `captions.requests.HTTPError`
                if file is None:
                    continue
            case _:
                continue
        candidates = list(changed.values()) if file is None else [changed[file]] if file in changed else []
        gone = next((went for one in candidates if (went := _went(one, name)) is not None), None)
        if gone is not None:
            yield node, gone


def _called_otherwise(migrating: Migrating, changed: Mapping[Path, Changed]) -> Iterator[tuple[cst.CSTNode, str]]:
    """The functions that a test names and that take other arguments than before."""
    program = migrating.program
    for node in program.nodes_in(migrating.module):
        name, file = "", None
        match node:
            case cst.Name(value=name):
                origins = [one.origin for one in program.reaching.get(node, ()) if one.origin is not None]
                if origins:
                    file, name = program.files.get(program.module_of(origins[0][0].node)), origins[0][1]
            case cst.Attribute(owner, cst.Name(name)):
                match program.value(owner):
                    case OwnModule(file):
                        pass
                    case Class(definition) | Instance(definition):
                        file, name = program.files.get(program.module_of(definition)), f"{definition.name.value}.{name}"
        one = changed.get(file) if file is not None else None
        before = _parameters(one.before) if one is not None else {}
        if one is not None and name in before and _parameters(one.after).get(name, before[name]) != before[name]:
            yield node, name


@cache
def _parameters(code: str) -> dict[str, tuple[str, ...]]:
    """The parameters of a program's functions, and of its classes' methods, by their names as others say them."""
    found: dict[str, tuple[str, ...]] = {}
    waiting: list[tuple[str, ast.stmt]] = [("", one) for one in ast.parse(code).body]
    while waiting:
        before, node = waiting.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            given = node.args
            names = [one.arg for one in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
            found[f"{before}{node.name}"] = tuple(names)
        elif isinstance(node, ast.ClassDef):
            waiting.extend((f"{before}{node.name}.", one) for one in node.body)
    return found


def _place(dotted: str, path: Path, modules: Modules) -> tuple[Path | None, str]:
    """The file of the run that a dotted text begins with, and what is named in it; the whole text where it is none."""
    steps = dotted.split(".")
    for count in range(len(steps) - 1, 0, -1):
        file = modules.imported(path, ".".join(steps[:count]))
        if file is not None:
            return file, ".".join(steps[count:])
    return None, dotted


def _owner(migrating: Migrating, node: cst.BaseExpression) -> tuple[Path | None, str]:
    """The file of the run by which something is reached, and its name there; a library's own name where it is none."""
    value = migrating.program.value(node)
    if isinstance(value, OwnModule):
        return value.path, ""
    if isinstance(node, cst.Attribute):
        file, name = _owner(migrating, node.value)
        if file is not None:
            return file, f"{name}.{node.attr.value}" if name else node.attr.value
    return None, value.name if isinstance(value, Library) else ""


@cache
def _chains(code: str) -> frozenset[str]:
    """The names and dotted names that a program says, and all that they begin with."""
    found: set[str] = set()
    waiting: list[cst.CSTNode] = [cst.parse_module(code)]
    while waiting:
        node = waiting.pop()
        waiting.extend(node.children)
        if isinstance(node, (cst.Name, cst.Attribute)):
            found.add(_dotted(node))
    return frozenset(found)


def _dotted(node: cst.BaseExpression) -> str:
    match node:
        case cst.Name(name):
            return name
        case cst.Attribute(value, cst.Name(name)):
            before = _dotted(value)
            return f"{before}.{name}" if before else ""
    return ""


def _went(changed: Changed, name: str) -> str | None:
    """What a program said before and says no more, of a dotted name and all that it begins with."""
    steps = name.split(".")
    for count in range(1, len(steps) + 1):
        begin = ".".join(steps[:count])
        if begin in _chains(changed.before) and begin not in _chains(changed.after):
            return begin
    return None
