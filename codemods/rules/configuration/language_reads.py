"""Whether a program asks which language was spoken: AssemblyAI names it only where that was asked for."""

from __future__ import annotations

from typing import Final

from codemods.analysis.program import Program
from codemods.analysis.values import Frame, Parsed, Value
from codemods.rules.messages.leaving.handed_out import HandedOut
from shim.mapping import server_messages
from shim.mapping.paths import steps_of

_PATH: Final = steps_of(server_messages.TURN_LANGUAGE.gladia[0])[1:]


def reads_language(program: Program) -> bool:
    """Whether a program on Gladia reads the language of an utterance, of a raw message or of the SDK's.

    Whoever gets whole messages or utterances, elsewhere, may read it as well.
    """
    leaving = HandedOut(program)
    return any(
        (isinstance(value, Parsed) and value.path == _PATH) or (_is_around(value) and leaving.is_handed_out(node))
        for node, value in program.values.items()
    )


def _is_around(value: Value) -> bool:
    """Whether a value is a message of a session, or the part of one in which the language stands."""
    return isinstance(value, Frame) or (
        isinstance(value, Parsed) and isinstance(value.document, Frame) and value.path == _PATH[: len(value.path)]
    )
