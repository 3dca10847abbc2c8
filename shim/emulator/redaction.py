"""Words that say who somebody is, made unreadable as AssemblyAI's `redact_pii` asks for it.

Which words those are, the transcript file says (`pii`). Each is replaced by itself; its punctuation stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from shim.emulator.turns import SpokenWord
from shim.faces import assemblyai as face

_PUNCTUATION: Final = ".,;:!?…\"'”“«»()。，、！？؟।"


def can_redact(parameters: face.SessionParameters) -> bool:
    """Whether the session's model redacts at all."""
    return parameters.speech_model not in (*face.U3_MODELS, face.WHISPER)


def redacted(words: Sequence[SpokenWord], texts: Sequence[str], parameters: face.SessionParameters) -> list[str]:
    """The words of a final as they are written where redaction was asked for; otherwise `texts`."""
    asked = parameters.given
    if not asked.get("redact_pii"):
        return list(texts)
    policies: Sequence[str] | None = asked.get("redact_pii_policies")
    by_name = asked.get("redact_pii_sub") == "entity_name"
    return [
        _replaced(text, word.pii if by_name else "") if word.pii and (not policies or word.pii in policies) else text
        for word, text in zip(words, texts, strict=True)
    ]


def _replaced(text: str, name: str) -> str:
    """A `#` for each letter, or the name in brackets."""
    if not name:
        return "".join("#" if sign.isalnum() else sign for sign in text)
    end = text[len(text.rstrip(_PUNCTUATION)) :]
    return f"[{name.upper()}]{end}"
