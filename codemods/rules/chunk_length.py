"""How long the audio of one frame lasts, where it comes straight from a PyAudio stream."""

from __future__ import annotations

from typing import Final

import libcst as cst

from codemods.analysis.libraries import Arguments
from codemods.analysis.program import Program
from codemods.analysis.values import UNKNOWN, LibraryObject, constant
from codemods.findings import CHUNK_LENGTH
from codemods.migrating import Migrating
from shim.mapping.row import Vendor

SHORTEST_MS: Final = 50
LONGEST_MS: Final = 1000
"""What one message to AssemblyAI may last; Gladia takes any length."""

_OPEN: Final = "pyaudio.PyAudio().open"


def recorded_milliseconds(program: Program, audio: cst.BaseExpression) -> float | None:
    """How long what a `stream.read(frames)` gave lasts; None where that is only known when it runs."""
    value = program.value(audio)
    if not isinstance(value, LibraryObject) or value.made_by != f"{_OPEN}().read":
        return None
    function = value.site.func
    stream = program.value(function.value) if isinstance(function, cst.Attribute) else UNKNOWN
    if not isinstance(stream, LibraryObject) or stream.made_by != _OPEN:
        return None
    frames, rate = Arguments.of(value.site).get(0, "num_frames"), Arguments.of(stream.site).get(0, "rate")
    count, hertz = (constant(program.value(one)) if one is not None else UNKNOWN for one in (frames, rate))
    if not isinstance(count, int) or not isinstance(hertz, int) or hertz <= 0:
        return None
    return count / hertz * 1000


def check_chunk_length(migrating: Migrating, audio: cst.BaseExpression, place: cst.CSTNode) -> None:
    """Reports audio whose frames AssemblyAI would end the session over."""
    if migrating.target is not Vendor.ASSEMBLYAI:
        return
    milliseconds = recorded_milliseconds(migrating.program, audio)
    if milliseconds is not None and not SHORTEST_MS <= milliseconds <= LONGEST_MS:
        migrating.report(CHUNK_LENGTH, place, f"{milliseconds:g} ms in each frame: {migrating.code(place)}")
