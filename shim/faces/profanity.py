"""Masking of swear words, for `filter_profanity`.

The service masks by its own model; a short list of plain English words stands for it here.
"""

from __future__ import annotations

import re
from typing import Final

MASK: Final = "***"

_PROFANE: Final = (
    "arsehole|ass|asshole|bastards?|bitch(?:es)?|bollocks|bugger|bullshit|crap|cunts?|damn|damned|dammit|dickhead"
    "|(?:mother)?fuck(?:s|ed|er|ers|ing)?|goddamn|hell|piss(?:ed)?|shits?|shitty|twat|wankers?|whores?"
)
_PROFANE_WORD: Final = re.compile(rf"\b(?:{_PROFANE})\b", re.IGNORECASE)


def masked(text: str) -> str:
    """The text with `***` in the place of each profane word; whatever stands around the words stays."""
    return _PROFANE_WORD.sub(MASK, text)
