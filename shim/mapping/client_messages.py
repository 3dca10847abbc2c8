"""Rows of what the client sends: audio and the stop."""

from __future__ import annotations

import base64
from typing import Final

from shim.mapping.row import Conversion, Row, Section, converted, emulated, same

BINARY: Final = "(binary frame)"


def _encoded(audio: bytes) -> str:
    return base64.b64encode(audio).decode()


def _decoded(chunk: str) -> bytes:
    return base64.b64decode(chunk, validate=True)


AUDIO_JSON: Final = Row(
    "client.audio_chunk",
    Section.CLIENT,
    ("audio_chunk.data.chunk",),
    (BINARY,),
    converted(Conversion(_decoded, "base64.b64decode(value)", ("base64",))),
    converted(Conversion(_encoded, "base64.b64encode(value).decode()", ("base64",))),
)
"""Audio as base64 in JSON is audio as a binary frame. An empty chunk keeps a session alive and carries nothing."""

AUDIO_BINARY: Final = Row("client.binary", Section.CLIENT, (BINARY,), (BINARY,), same(), same())
"""Audio as it is; the shim joins and splits so that each message upstream holds 50 to 1000 ms."""

STOP: Final = Row("client.stop", Section.CLIENT, ("stop_recording",), ("Terminate",), same(), same())
"""No more audio: finish what is open, then close."""

CLOSE_WITHOUT_STOP: Final = Row(
    "client.close",
    Section.CLIENT,
    ("close 1000",),
    ("close 1000",),
    emulated("Gladia still finishes the job after a plain close; the shim sends Terminate upstream"),
    emulated("an open Gladia session counts against the plan; the shim stops it"),
)

ROWS: Final = (AUDIO_JSON, AUDIO_BINARY, STOP, CLOSE_WITHOUT_STOP)
