"""Whether a program asks which language was spoken: AssemblyAI names it only where that was asked for."""

from __future__ import annotations

from codemods.analysis.program import Program
from codemods.analysis.values import Parsed
from shim.mapping import server_messages
from shim.mapping.paths import steps_of


def reads_language(program: Program) -> bool:
    """Whether a program on Gladia reads the language of an utterance, of a raw message or of the SDK's."""
    path = steps_of(server_messages.TURN_LANGUAGE.gladia[0])[1:]
    return any(isinstance(one, Parsed) and one.path == path for one in program.values.values())
