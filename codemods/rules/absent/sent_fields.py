"""Which fields a vendor's messages have, and which of them are not always there: as the wire's structures say it."""

from __future__ import annotations

import types
from collections.abc import Iterator
from enum import Enum
from typing import Any, Final, Union, get_args, get_origin

import msgspec

from codemods.analysis.values import EACH, Parsed
from shim.mapping.row import Vendor
from shim.wire import assemblyai, gladia


class Sent(Enum):
    """Whether a message has a field."""

    ALWAYS = "always"
    SOMETIMES = "sometimes"
    NEVER = "never"
    UNKNOWN = "unknown"


def is_sent(vendor: Vendor, message: Parsed) -> Sent:
    """Whether the messages of the types that can stand at a place have the field that is read there."""
    known = _MESSAGES[vendor]
    if not message.path or (message.types is not None and not message.types <= known.keys()):
        return Sent.UNKNOWN
    found = {_walk(known[kind], message.path) for kind in (message.types or known)}
    if Sent.UNKNOWN in found:
        return Sent.UNKNOWN
    return found.pop() if len(found) == 1 else Sent.SOMETIMES


def _walk(kind: Any, path: tuple[str | int, ...]) -> Sent:
    found = Sent.ALWAYS
    for step in path:
        structs = [one for one in _alternatives(kind) if isinstance(one, type) and issubclass(one, msgspec.Struct)]
        lists = [one for one in _alternatives(kind) if get_origin(one) in (list, tuple)]
        if isinstance(step, int) or step == EACH:
            if len(lists) != 1 or structs:
                return Sent.UNKNOWN
            kind = get_args(lists[0])[0]
            continue
        if len(structs) != 1 or lists:
            return Sent.UNKNOWN
        fields = {one.encode_name: one for one in msgspec.structs.fields(structs[0])}
        if step not in fields:
            return Sent.NEVER
        kind = fields[step].type
        if any(one in (type(None), msgspec.UnsetType) for one in _alternatives(kind)):
            found = Sent.SOMETIMES
    return found


def _alternatives(kind: Any) -> Iterator[Any]:
    if get_origin(kind) in (Union, types.UnionType):
        for one in get_args(kind):
            yield from _alternatives(one)
    else:
        yield kind


def _by_type(*unions: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for union in unions:
        for one in get_args(union):
            kind = next(field.default for field in msgspec.structs.fields(one) if field.name == "type")
            found[str(kind)] = one
    return found


_MESSAGES: Final = {
    Vendor.GLADIA: _by_type(gladia.ServerMessage),
    Vendor.ASSEMBLYAI: _by_type(assemblyai.ServerMessage, assemblyai.OptionalServerMessage),
}
