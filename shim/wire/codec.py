"""Turning text frames into typed messages and back, by the value of their `type` field."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Generic, TypeVar

import msgspec

Message = TypeVar("Message", bound=msgspec.Struct)


class MalformedMessage(ValueError):
    """A frame that is not JSON, is not an object, or lacks what its type requires.

    `is_json` and `is_object` say how far the reading came: vendors word their refusals by that.
    """

    def __init__(self, reason: str, *, is_json: bool = True, is_object: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason
        self.is_json = is_json
        self.is_object = is_object


class UnknownMessage(msgspec.Struct, frozen=True):
    """A well-formed message of a type that this side of the wire does not define."""

    type: str


class _TypeOnly(msgspec.Struct):
    type: str


_read_type = msgspec.json.Decoder(_TypeOnly)
_write = msgspec.json.Encoder()


class Codec(Generic[Message]):
    """Decodes the frames of one side of one vendor's socket.

    Every class has a field `type` with one literal default. It is an ordinary field, not a msgspec tag,
    because a tag is always written first and the vendors have it elsewhere; that costs one more pass in C.
    """

    def __init__(self, classes: Iterable[type[Message]]) -> None:
        self._decoders: dict[str, msgspec.json.Decoder[Message]] = {}
        for structure in classes:
            for field in msgspec.structs.fields(structure):
                if field.name == "type":
                    self._decoders[field.default] = msgspec.json.Decoder(structure)

    @property
    def types(self) -> tuple[str, ...]:
        """The types of message that are defined here."""
        return tuple(self._decoders)

    def knows(self, kind: str) -> bool:
        """Whether messages of a type are defined here."""
        return kind in self._decoders

    def decode(self, frame: str | bytes) -> Message | UnknownMessage:
        """Gives the typed message of a text frame; raises MalformedMessage if it is none."""
        try:
            kind = _read_type.decode(frame).type
        except msgspec.ValidationError as error:
            is_object = isinstance(msgspec.json.decode(frame), dict)
            raise MalformedMessage(str(error), is_object=is_object) from None
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise MalformedMessage(str(error), is_json=False, is_object=False) from None
        decoder = self._decoders.get(kind)
        if decoder is None:
            return UnknownMessage(kind)
        try:
            return decoder.decode(frame)
        except msgspec.ValidationError as error:
            raise MalformedMessage(f"{kind}: {error}") from None


def encode(message: Any) -> str:
    """Gives the JSON text of a structure, fields in the order of its declaration, without blanks."""
    return _write.encode(message).decode()
