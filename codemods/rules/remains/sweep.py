"""The last look: whatever still names the old vendor is said, whatever the rules did."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator, Set
from dataclasses import dataclass
from functools import cache
from typing import Final

import libcst as cst

from codemods.analysis.environment import Definition
from codemods.analysis.program import Program
from codemods.analysis.values import (
    UNKNOWN,
    DictDisplay,
    HttpResponse,
    JsonText,
    Known,
    Library,
    Parsed,
    ResponseField,
    Value,
    alternatives,
    something,
)
from codemods.findings import OTHER_API, OWN_WORD, WORD_LEFT
from codemods.hosts import UNKNOWN_PART, api_host_in, is_api_address, is_api_host
from codemods.migrating import Migrating
from codemods.references import ONLY_KEYS
from codemods.rules.remains.own_clients import comes_from_own_client
from codemods.vendors.gladia import text_of
from shim.mapping import assemblyai_v2_sdk, catalogue, sdk, session
from shim.mapping.paths import steps_of
from shim.mapping.row import Section, Vendor

_ENOUGH_WORDS: Final = 2
"""Different words of a vendor's messages, in a file that names it and opens a socket: that is nobody else's. The
header of its key is as good."""
_HEADERS_OF_ALL: Final = frozenset(("authorization",))
"""Headers that say nothing of the vendor."""
_COMMON: Final = frozenset(
    [
        "type",
        "data",
        "text",
        "start",
        "end",
        "words",
        "word",
        "time",
        "id",
        "channel",
        "language",
        "confidence",
        "transcript",
        "error",
        "metadata",
        "transcription",
        "created_at",
        "session_id",
        "timestamp",
        "error_code",
    ]
)
"""Words of the vendors' messages that any program may use for its own."""


@dataclass(frozen=True, slots=True)
class Trace:
    """A token of the migrated code that names the old vendor. `line` counts from 1 in that code."""

    line: int
    text: str
    in_comment: bool


def traces(code: str, vendor: Vendor) -> Iterator[Trace]:
    """The tokens of a program that name a vendor: names, strings and comments."""
    name = session.NAME.of(vendor)[0].lower()
    if name not in code.lower():
        return
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        named = name in token.string.lower()
        if named and token.type not in (tokenize.NEWLINE, tokenize.NL, tokenize.INDENT, tokenize.DEDENT):
            yield Trace(token.start[0], " ".join(token.string.split()), token.type == tokenize.COMMENT)


@cache
def words_of(vendor: Vendor) -> frozenset[str]:
    """The types and fields that only this vendor's messages have."""

    def words(side: Vendor) -> set[str]:
        return {
            step
            for section in (Section.SERVER, Section.CLIENT)
            for row in catalogue.rows(section)
            for path in row.of(side)
            for step in steps_of(path)
            if isinstance(step, str) and step.isidentifier()
        }

    return frozenset(words(vendor) - words(vendor.other) - _COMMON)


@cache
def types_of(vendor: Vendor) -> frozenset[str]:
    """The types of message that a vendor has, whoever sends them."""
    every = (row for section in (Section.SERVER, Section.CLIENT) for row in catalogue.rows(section))
    return frozenset(path for row in every for path in row.of(vendor) if len(steps_of(path)) == 1)


def words_left(migrating: Migrating) -> bool:
    """Whether the program still reads or sends words of the old vendor's messages; each is a finding.

    Asked when all edits are planned: a word that no rule rewrote stands where the analysis did not follow.
    """
    program, edits = migrating.program, migrating.edits
    words = words_of(migrating.source)
    done = {node for node in edits.rewrites if isinstance(node, cst.BaseExpression)} | (edits.removed - edits.moved)
    done |= {node for finding, node in migrating.places.items() if finding.kind.leaves_todo}
    waiting: list[cst.CSTNode] = [migrating.module]
    found = False
    while waiting:
        node = waiting.pop()
        if node in done or node in migrating.gone:
            continue
        waiting.extend(program.children(node))
        if isinstance(node, cst.Call) and _runs_text_with(migrating, node, words):
            migrating.report(WORD_LEFT, node, migrating.code(node))
            found = True
        if isinstance(node, cst.SimpleString) and node.evaluated_value in words and _reads_or_sends(migrating, node):
            migrating.report(WORD_LEFT, node, migrating.code(program.parents[node]))
            found = True
    return found


def _runs_text_with(migrating: Migrating, call: cst.Call, words: Set[str]) -> bool:
    """Whether a call runs a text as code in which words of the old vendor's messages stand."""
    if migrating.program.value(call.func) not in (Library("builtins.exec"), Library("builtins.eval")) or not call.args:
        return False
    text = migrating.program.value(call.args[0].value)
    return isinstance(text, Known) and not words.isdisjoint(re.findall(r"\w+", str(text.value)))


def _reads_or_sends(migrating: Migrating, literal: cst.SimpleString) -> bool:
    """Whether a string is a key, a compared value, a pattern, or the type of a message on its way out."""
    program = migrating.program
    parent = program.parents[literal]
    if literal.evaluated_value in ONLY_KEYS and not isinstance(parent, (cst.Index, cst.Arg)):
        return False
    match parent:
        case cst.Index():
            subscript = program.parents[program.parents[parent]]
            return isinstance(subscript, cst.Subscript) and _is_foreign(migrating, subscript.value, literal)
        case cst.Arg():
            call = program.parents[parent]
            if not isinstance(call, cst.Call) or call.args[0] is not parent or not isinstance(call.func, cst.Attribute):
                return False
            return call.func.attr.value in ("get", "pop") and _is_foreign(migrating, call.func.value, literal)
        case cst.Comparison() | cst.ComparisonTarget():
            if any(_is_in_old_form(migrating, one) for one in _sides(program, literal)):
                return False
            if not _is_own_word(program, literal):
                return True
            migrating.report(OWN_WORD, literal, migrating.code(parent))
            return False
        case cst.MatchValue() | cst.MatchMappingElement():
            return True
        case cst.Element():
            return isinstance(program.parents[program.parents[parent]], cst.ComparisonTarget)
        case cst.DictElement(key):
            if key is literal:
                return False
            # `{"type": "end_of_turn"}` names a field of a message: it is no message that either service knows.
            is_type = isinstance(key, cst.SimpleString) and key.evaluated_value == "type"
            return is_type and literal.evaluated_value in types_of(migrating.source)
    return False


def _is_own_word(program: Program, literal: cst.SimpleString) -> bool:
    """Whether a word is compared with what a client of the program's own says."""
    return any(comes_from_own_client(program, one) for one in _sides(program, literal))


def _sides(program: Program, literal: cst.SimpleString) -> list[cst.BaseExpression]:
    """What a word is compared with."""
    comparison = program.parents[literal]
    if isinstance(comparison, cst.ComparisonTarget):
        comparison = program.parents[comparison]
    assert isinstance(comparison, cst.Comparison)
    sides = [comparison.left, *(one.comparator for one in comparison.comparisons)]
    return [one for one in sides if one is not literal]


def _is_in_old_form(migrating: Migrating, read: cst.BaseExpression) -> bool:
    """Whether something is read of a message that has the old vendor's form in the new program, too."""
    program, in_old_form = migrating.program, migrating.in_old_form
    if not in_old_form or not in_old_form.isdisjoint(program.nodes_in(read)):
        return bool(in_old_form)
    while isinstance(read, (cst.Attribute, cst.Subscript, cst.Call)):
        read = read.func if isinstance(read, cst.Call) else read.value
    if not isinstance(read, cst.Name):
        return False

    def is_given(one: Definition) -> bool:
        made_of = program.nodes_in(one.expression) if one.expression is not None else []
        return one.node in in_old_form or not in_old_form.isdisjoint(made_of)

    found = program.reaching.get(read, frozenset())
    return bool(found) and all(is_given(one) for one in found)


def _is_foreign(migrating: Migrating, owner: cst.BaseExpression, word: cst.SimpleString) -> bool:
    """Whether something may be a message: not a dictionary that the program made itself."""
    value = migrating.program.value(owner)
    if _is_in_old_form(migrating, owner):
        migrating.report(OWN_WORD, word, f"{migrating.code(owner)} has the old service's form: {word.value}")
        return False
    if value != UNKNOWN and something(value) and all(_is_kept(migrating, one) for one in something(value)):
        migrating.report(OTHER_API, owner, f"{migrating.code(owner)}: an answer to what still goes there")
        return False
    if value != UNKNOWN and something(value) and all(_is_elsewhere(migrating.program, one) for one in something(value)):
        migrating.report(OWN_WORD, word, f"{migrating.code(owner)} is another service's answer: {word.value}")
        return False
    return value == UNKNOWN or not all(
        isinstance(one, (DictDisplay, JsonText, ResponseField)) for one in something(value)
    )


def _is_elsewhere(program: Program, value: Value) -> bool:
    """Whether a value came with an answer to a request whose address is known, and is neither vendor's."""
    match value:
        case HttpResponse(call) | Parsed(HttpResponse(call)):
            request = program.requests.get(call)
        case _:
            return False
    if request is None or request.url is None:
        return False
    addresses = [text_of(one) for one in alternatives(program.value(request.url))]
    return all(_is_at_another_service(one) for one in addresses)


def _is_at_another_service(address: str) -> bool:
    scheme, _, rest = address.partition("://")
    host = re.split(r"[/?#]", rest)[0]
    is_known = bool(host) and scheme in ("http", "https") and UNKNOWN_PART not in host
    return is_known and all(api_host_in(address, one) is None for one in Vendor)


def _is_kept(migrating: Migrating, value: Value) -> bool:
    """Whether a value came with an answer to a request that stays with the old service."""
    return migrating.staying is not None and migrating.staying.is_answer(value)


def speaks_to(migrating: Migrating) -> cst.CSTNode | None:
    """Where a program speaks to the old vendor, if it does: a name alone is no reason to look.

    It has the host or the SDK in its code, or the header of Gladia's key; or it opens what it has no address of, and
    has words of the vendor's messages.
    """
    program = migrating.program
    waiting: list[cst.CSTNode] = [migrating.module]
    opened = _opened_at_unknown(program)
    words: set[object] = set()
    while waiting:
        node = waiting.pop()
        match node:
            case cst.SimpleString(evaluated_value=str() as text) if _says_service(migrating, node, text, bool(opened)):
                return node
            case cst.SimpleString(evaluated_value=str() as text) if text in words_of(migrating.source):
                words.add(text)
            case cst.DictElement(cst.SimpleString(evaluated_value=str() as text)) if _is_own_header(text, migrating):
                words |= {text, node}
            case cst.FormattedStringText(text) if is_api_address(text, migrating.source):
                return node
            case cst.Import() | cst.ImportFrom():
                if _imports_live_sdk(migrating, migrating.module.code_for_node(node).split()[1].rstrip(",")):
                    return node
        waiting.extend(reversed(program.children(node)))
    here = [one for one in opened if program.module_of(one) is migrating.module]
    return here[0] if here and len(words) >= _ENOUGH_WORDS else None


def _says_service(migrating: Migrating, node: cst.SimpleString, text: str, opens_unknown: bool) -> bool:
    """Whether a text is the vendor's address; its host will do where what is opened has no known address."""
    parent = migrating.program.parents[node]
    if isinstance(parent, cst.Expr):
        return False
    if is_api_address(text, migrating.source):
        return True
    return opens_unknown and is_api_host(text, migrating.source)


def _is_own_header(text: str, migrating: Migrating) -> bool:
    """Whether a header is the one that carries this vendor's key, and no other service's."""
    own = session.KEY_HEADER.of(migrating.source)[0].lower()
    return own not in _HEADERS_OF_ALL and text.lower() == own


def _opened_at_unknown(program: Program) -> list[cst.Call]:
    """The sockets and requests of which no address is known, nor that another service gave it, in order."""
    addresses = {call: one.url for call, one in program.connects.items()}
    addresses |= {call: one.url for call, one in program.requests.items()}
    return [call for call, url in addresses.items() if url is None or _is_unknown(program, program.value(url))]


def _is_unknown(program: Program, address: Value) -> bool:
    return "://" not in text_of(address) and not any(_is_elsewhere(program, one) for one in alternatives(address))


def _imports_live_sdk(migrating: Migrating, module: str) -> bool:
    """Whether a module is the one for live sessions, or holds it and the program names that: an SDK may do more."""
    for package in sdk.PACKAGE.of(migrating.source):
        root, *inside = package.split(".")
        if module == package or module.startswith(f"{package}.") or (module.split(".")[0] == root and not inside):
            return True
        if module.split(".")[0] == root:
            older = assemblyai_v2_sdk.CLIENT.of(migrating.source)
            names = "|".join(re.escape(name) for name in (*inside[:1], *(one.split(".")[0] for one in older)))
            if re.search(rf"\b({names})\b", migrating.text):
                return True
    return False
