"""A second look for what names a vendor, which shares nothing with the codemod: neither its map, nor its analysis.

The words come from the vendors' own packages: the names that they export and the fields and types of their messages.
What they are looked for in is Python's own syntax tree. So whatever the codemod takes for none of its business, since
no row or no value says otherwise, is seen here all the same.
"""

from __future__ import annotations

import ast
import dataclasses
import enum
import importlib
import inspect
import re
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

_PACKAGES = {
    "gladia": ("gladiaio_sdk",),
    "assemblyai": ("assemblyai.streaming.v3", "assemblyai.streaming.v3.models"),
}
"""Where the vendors' packages say what they send: modules whose classes are read."""
_LIVE = {"gladia": r"LiveV2|Gladia", "assemblyai": r"[A-Z]"}
_SESSIONS = {"gladia": ("LiveV2Session", "LiveV2Client"), "assemblyai": ("RealTimeTranscriber",)}
_OLDER = {
    "gladia": frozenset(),
    "assemblyai": frozenset(
        ("PartialTranscript", "FinalTranscript", "SessionBegins", "SessionTerminated", "SessionInformation")
    ),
}
"""The types of the messages of an API that its package does not speak any more."""
_DOMAINS = {"gladia": r"\bgladia\.io\b", "assemblyai": r"\bassemblyai\.com\b"}
_HEADERS = {"gladia": r"^x-gladia-key\b", "assemblyai": r"^\b$"}
_VARIABLES = {
    "gladia": r"^[A-Z0-9_]*GLADIA[A-Z0-9_]*$",
    "assemblyai": r"^[A-Z0-9_]*(ASSEMBLY_?AI|AAI)(?![A-Z0-9])[A-Z0-9_]*$",
}
_SHORT = 5
"""Words of fewer letters are everybody's: `id`, `type`, `url`, `text`."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a vendor's in a program: the line of the token, what it is, and how it stands there."""

    line: int
    text: str
    stands: str


def _classes(module: ModuleType, pattern: str) -> Iterator[type]:
    for name in dir(module):
        found = getattr(module, name)
        if inspect.isclass(found) and re.match(pattern, name):
            yield found


def _fields(of: type) -> Iterator[str]:
    """The fields of a dataclass, a pydantic model or a typed dictionary."""
    if dataclasses.is_dataclass(of):
        yield from (one.name for one in dataclasses.fields(of))
    elif not issubclass(of, enum.Enum):
        yield from (name for each in of.__mro__ for name in getattr(each, "__annotations__", {}))


def _literals(of: type) -> Iterator[str]:
    """The texts that a class says are the only ones for a field: the types of messages."""
    try:
        hints = typing.get_type_hints(of)
    except (NameError, TypeError):
        return
    waiting: list[Any] = [hint for name, hint in hints.items() if name == "type"]
    while waiting:
        hint = waiting.pop()
        if typing.get_origin(hint) is typing.Literal:
            yield from (one for one in typing.get_args(hint) if isinstance(one, str))
        else:
            waiting.extend(one for one in typing.get_args(hint) if one is not Ellipsis)


@cache
def _said_by(vendor: str) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """The names that a vendor's packages export for live sessions, the types of its messages, and their fields."""
    names: set[str] = set()
    types: set[str] = set()
    fields: set[str] = set()
    for path in _PACKAGES[vendor]:
        for one in _classes(importlib.import_module(path), _LIVE[vendor]):
            names.add(one.__name__)
            if one.__name__ in _SESSIONS[vendor]:
                fields.update(name for name in vars(one) if not name.startswith("_") and "_" in name)
            types.update(_literals(one))
            fields.update(_fields(one))
        names.update(getattr(importlib.import_module(path), "__all__", ()) if vendor == "assemblyai" else ())
    return frozenset(names), frozenset(types) | _OLDER[vendor], frozenset(fields)


def words(code: str, vendor: str) -> list[Word]:
    """Every word of a vendor's in a program, in order; its documentation and comments left out.

    A field counts where it is asked of something or compared: `x["is_final"]`, `x.get("is_final")`, `x.is_final`; a
    type of message where it is compared, matched, or stands behind "type".
    """
    other = next(one for one in _PACKAGES if one != vendor)
    names, types, fields = _said_by(vendor)
    own = {one for one in fields - _said_by(other)[2] - _said_by(other)[1] if len(one) >= _SHORT}
    only = types - _said_by(other)[1] - _said_by(other)[2] - own
    tree = ast.parse(code)
    documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    found: set[Word] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str() as text) if id(node) not in documentation:
                for stands, pattern in (("host", _DOMAINS), ("header", _HEADERS), ("variable", _VARIABLES)):
                    if re.search(pattern[vendor], text.strip(), re.IGNORECASE if stands != "variable" else 0):
                        found.add(Word(node.lineno, text, stands))
            case ast.ImportFrom(module=str() as module, names=aliases) if _is_of(module, vendor):
                found.update(Word(one.lineno, one.name, "import") for one in aliases)
            case ast.Import(names=aliases):
                found.update(Word(one.lineno, one.name, "import") for one in aliases if _is_of(one.name, vendor))
            case ast.Name(id=name) | ast.Attribute(attr=name) if name in names or (
                vendor == "assemblyai" and name.startswith("Realtime")
            ):
                found.add(Word(node.lineno, name, "name"))
            case ast.Attribute(attr=name) if name in own:
                found.add(Word(node.end_lineno or node.lineno, name, "attribute"))
            case ast.keyword(arg=str() as name) if name in own:
                found.add(Word(node.lineno, name, "keyword"))
        for text, line, stands in _read(node):
            if text in own or (text in only | types and stands in ("compared", "type")):
                found.add(Word(line, text, stands))
    return sorted(found, key=lambda one: (one.line, one.text))


def _is_of(module: str, vendor: str) -> bool:
    return module.split(".")[0] == _PACKAGES[vendor][0].split(".")[0]


def _read(node: ast.AST) -> Iterator[tuple[str, int, str]]:
    """The texts that are read by, compared, matched, listed in a comparison, or stand behind "type" in a dictionary."""
    found: list[tuple[ast.expr, str]] = []
    match node:
        case ast.Subscript(slice=key):
            found = [(key, "key")]
        case ast.Call(func=ast.Attribute(attr="get" | "pop" | "setdefault"), args=[key, *_]):
            found = [(key, "key")]
        case ast.Call(func=ast.Name(id="getattr" | "hasattr"), args=[_, key, *_]):
            found = [(key, "key")]
        case ast.Compare(left, _, comparators):
            found = [(one, "compared") for side in (left, *comparators) for one in _listed(side)]
        case ast.MatchValue(value):
            found = [(value, "compared")]
        case ast.MatchMapping(keys=keys):
            found = [(one, "key") for one in keys]
        case ast.Dict(keys, values):
            pairs = zip(keys, values, strict=True)
            found = [(value, "type") for key, value in pairs if isinstance(key, ast.Constant) and key.value == "type"]
    for one, stands in found:
        if isinstance(one, ast.Constant) and isinstance(one.value, str):
            yield one.value, one.lineno, stands


def _listed(node: ast.expr) -> list[ast.expr]:
    return node.elts if isinstance(node, (ast.List, ast.Tuple, ast.Set)) else [node]
