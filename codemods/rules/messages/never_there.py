"""What a program asks for and AssemblyAI never sends: names of the API before, of another service, or made up.

It was never there, and Gladia does not send it either: such code does after the migration what it did before, nothing.
"""

from __future__ import annotations

from typing import Any, Final, get_args

import libcst as cst
import msgspec

from codemods.analysis.program import Program
from codemods.analysis.values import OneOf, Parsed, Value, join_all
from codemods.vendors.assemblyai_sessions import V2, V3, Edition
from shim.mapping.row import Vendor
from shim.wire import assemblyai, gladia


def _messages(union: Any) -> dict[str, frozenset[str]]:
    """The fields of each type of message in a union of the wire's structures."""
    found: dict[str, frozenset[str]] = {}
    for one in get_args(union):
        fields = msgspec.structs.fields(one)
        kind = next(field.default for field in fields if field.name == "type")
        found[str(kind)] = frozenset(field.encode_name for field in fields)
    return found


_SENT: Final = _messages(assemblyai.ServerMessage) | _messages(assemblyai.OptionalServerMessage)
ANSWER: Final = frozenset(field.encode_name for field in msgspec.structs.fields(gladia.InitResponse))
"""The fields of the answer to Gladia's POST, which takes the place of the first message."""
_GLADIAS_FIELDS: Final = frozenset().union(*_messages(gladia.ServerMessage).values())
FIELDS: Final = {Vendor.GLADIA: _GLADIAS_FIELDS, Vendor.ASSEMBLYAI: frozenset().union(*_SENT.values())}
"""The fields that stand in each vendor's messages themselves, of any type."""


def is_never_there(
    message: Parsed,
    node: cst.BaseExpression,
    type_path: tuple[object, ...],
    gladias: frozenset[str] = _GLADIAS_FIELDS,
) -> bool:
    """Whether a read asks, by `.get(…)`, for a field that messages of its types have at neither service.

    `type_path` is where the messages say their type: only those of v3 are known to their last field. `gladias` are
    the fields of what stands in the message's place.
    """
    if type_path != V3.type_path or not message.path or not _is_by_get(node):
        return False
    types = _SENT if message.types is None else message.types & _SENT.keys()
    known = frozenset().union(*(_SENT[one] for one in types))
    name = message.path[0]
    return isinstance(name, str) and bool(types) and name not in known and name not in gladias


def is_made_up(message: Parsed, node: cst.BaseExpression) -> bool:
    """Whether a read of Gladia's messages asks, by `.get(…)`, for a name that neither service uses at any depth."""
    if not message.path or not _is_by_get(node):
        return False
    return isinstance(message.path[-1], str) and is_made_up_name(message.path[-1])


def is_made_up_name(name: str) -> bool:
    """Whether neither service's messages have a field of this name, at any depth."""
    return name not in _NAMES


def _names_in(struct: Any) -> frozenset[str]:
    """The names of the fields in a structure of the wire and in those inside of it."""
    found: set[str] = set()
    for field in msgspec.structs.fields(struct):
        found.add(field.encode_name)
        for kind in (
            field.type,
            *get_args(field.type),
            *(inner for one in get_args(field.type) for inner in get_args(one)),
        ):
            if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
                found |= _names_in(kind)
    return frozenset(found)


_NAMES: Final = frozenset().union(
    *(
        _names_in(one)
        for union in (gladia.ServerMessage, assemblyai.ServerMessage, assemblyai.OptionalServerMessage)
        for one in get_args(union)
    )
)


def settle_types(program: Program, edition: Edition) -> None:
    """Takes the other edition's field of the type out of `message.get("type") or message.get("message_type")`."""
    other = V2 if edition is V3 else V3
    for node, value in list(program.values.items()):
        if not isinstance(value, OneOf):
            continue
        paths = {one.path for one in value.alternatives if isinstance(one, Parsed)}
        if {edition.type_path, other.type_path} <= paths:
            program.values[node] = _without(value, other.type_path)


def _without(value: OneOf, path: tuple[str, ...]) -> Value:
    return join_all(one for one in value.alternatives if not (isinstance(one, Parsed) and one.path == path))


def _is_by_get(node: cst.BaseExpression) -> bool:
    """Whether every access of a read takes a missing field for nothing."""
    while True:
        match node:
            case cst.Call(cst.Attribute(inner, cst.Name("get"))):
                node = inner
            case cst.Subscript():
                return False
            case _:
                return True
