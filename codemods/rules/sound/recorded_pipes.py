"""Pipes from ffmpeg: without `-re` it gives a recording as fast as it can read it, and not as fast as it was spoken."""

from __future__ import annotations

from pathlib import PurePath
from typing import Final

import libcst as cst

from codemods.analysis import sound as sources
from codemods.analysis.arguments import Arguments
from codemods.analysis.containers import contents
from codemods.analysis.program import Program
from codemods.analysis.values import UNKNOWN, Known, LibraryObject, Sequence, Sound, Value, constant, something

_PROGRAM: Final = "ffmpeg"
_PACED: Final = ("-re", "-readrate")
_DEVICES: Final = ("alsa", "avfoundation", "dshow", "jack", "openal", "oss", "pulse", "sndio", "x11grab", "lavfi")
"""Formats of input that are no recordings, but microphones and what else makes sound at its own pace."""
_LIVE: Final = ("rtsp:", "rtmp:", "rtp:", "udp:", "tcp:", "srt:", "pipe:", "unix:")
_STANDARD_INPUT: Final = "-"


def is_unpaced_recording(program: Program, piece: Sound) -> bool:
    """Whether a piece comes out of an ffmpeg that reads a recording, or what may be one, without keeping its pace."""
    if piece.read.made_by not in sources.PIPED:
        return False
    command = _command(program, piece.read)
    words = [constant(one) for one in command]
    if not words or not isinstance(words[0], str) or PurePath(words[0]).stem != _PROGRAM or "-i" not in words:
        return False
    at = words.index("-i")
    given = words[at + 1] if at + 1 < len(words) else None
    is_live = isinstance(given, str) and (given == _STANDARD_INPUT or given.startswith(_LIVE))
    before = words[:at]
    return not is_live and not any(one in before for one in (*_PACED, *_DEVICES))


def _command(program: Program, read: LibraryObject) -> list[Value]:
    """The words of the command whose output is read; none where they are not followed."""
    process = next(iter(_processes(program, read)), None)
    if process is None:
        return []
    given = [one.value for one in process.site.args if one.keyword is None]
    found: list[Value] = []
    for one in given:
        value = program.value(one)
        found.extend(_words(program, value) if isinstance(value, Sequence) else [value])
    if not given:
        words = Arguments.of(process.site).keywords.get("args")
        value = program.value(words) if words is not None else UNKNOWN
        found.extend(_words(program, value) if isinstance(value, Sequence) else [])
    if len(found) == 1 and isinstance(text := constant(found[0]), str):
        return [Known(word) for word in text.split()]
    return found


def _words(program: Program, command: Sequence) -> list[Value]:
    """The words of a list; what is put into it later may stand anywhere, and counts as standing in front."""
    later = something(contents(program, command)) if command.site in program.changed_sequences else ()
    first, *others = command.elements or (UNKNOWN,)
    return [first, *(one for one in later if one not in command.elements), *others]


def _processes(program: Program, read: LibraryObject) -> list[LibraryObject]:
    """The process that `process.stdout.read(…)` reads the output of."""
    for node in program.nodes_in(read.site):
        match node:
            case cst.Attribute(cst.Attribute(owner, cst.Name("stdout")), _):
                made = something(program.value(owner))
                return [one for one in made if isinstance(one, LibraryObject)]
    return []
