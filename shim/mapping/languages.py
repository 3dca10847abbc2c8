"""Which languages and models correspond: the choice of a model, and what a model implied."""

from __future__ import annotations

from typing import Any, Final

from shim.mapping.row import ABSENT

SIX_LANGUAGES: Final = ("en", "es", "de", "fr", "pt", "it")
"""What `u3-rt-pro` and `universal-streaming-multilingual` know."""

NEWEST_LANGUAGES: Final = (
    *SIX_LANGUAGES,
    *("tr", "nl", "sv", "no", "da", "fi", "hi", "vi", "ar", "he", "ja", "zh", "ca"),
    *("af", "yue", "et", "gl", "ko", "mr", "nn", "fa", "ro", "ru", "ur", "xh", "zu"),
)
"""What `universal-3-6-pro` knows."""

MOST_LANGUAGES: Final = 10
"""More `language_codes` than this are refused by AssemblyAI."""

GUIDE_MODEL: Final = "u3-rt-pro"
NEWEST_MODEL: Final = "universal-3-6-pro"
EVERY_LANGUAGE_MODEL: Final = "whisper-rt"
GLADIA_MODEL: Final = "solaria-1"


def bare(code: str) -> str:
    """The language alone: `en-US` gives `en`."""
    return code.replace("_", "-").split("-")[0].lower()


def assemblyai_model(_model: Any, languages: Any, partials: Any) -> str:
    """The AssemblyAI model for a Gladia session.

    `languages` is Gladia's list (ABSENT or empty: detected), `partials` whether the client asked for them. The guide's
    model where it suffices; it sends few partials and knows six languages, so the newest one where partials or
    other languages are wanted; `whisper-rt` where only that knows the language.
    """
    wanted = {bare(code) for code in languages or ()}
    if wanted and wanted <= set(SIX_LANGUAGES) and not partials:
        return GUIDE_MODEL
    if wanted <= set(NEWEST_LANGUAGES):
        return NEWEST_MODEL
    return EVERY_LANGUAGE_MODEL


def language_codes(languages: Any, _model: Any, partials: Any) -> Any:
    """AssemblyAI's `language_codes` for Gladia's list: bare codes, none where the model takes none or for over ten."""
    if not languages or assemblyai_model(ABSENT, languages, partials) == EVERY_LANGUAGE_MODEL:
        return ABSENT
    codes = list(dict.fromkeys(bare(code) for code in languages))
    return codes if len(codes) <= MOST_LANGUAGES else ABSENT


def language_detection(_switching: Any, languages: Any) -> Any:
    """Gladia always names the language; AssemblyAI only when asked. Not asked where exactly one is configured."""
    return ABSENT if languages and len(set(languages)) == 1 else True


_NOT_IN_GLADIA: Final = ("xh", "zu")


def gladia_languages(
    codes: Any, speech_model: Any, format_turns: Any = ABSENT, confidence_threshold: Any = ABSENT
) -> list[str]:
    """Gladia's list for AssemblyAI's `language_codes`; where none are given, what the model implied.

    A program that names no model but sets what only the first models had (`format_turns`, a confidence threshold)
    was written when the default knew English alone.
    """
    if codes is ABSENT or codes is None:
        if speech_model is ABSENT and (format_turns is not ABSENT or confidence_threshold is not ABSENT):
            return ["en"]
        return list(implied_languages(speech_model))
    if isinstance(codes, str):
        codes = [codes]
    found = ("zh" if bare(code) == "yue" else bare(code) for code in codes if bare(code) != "multi")
    return list(dict.fromkeys(code for code in found if code not in _NOT_IN_GLADIA))


def implied_languages(speech_model: Any) -> tuple[str, ...]:
    """The languages of an AssemblyAI model that was asked for without language codes (mapping, section 7)."""
    if speech_model == "universal-streaming-english":
        return ("en",)
    if speech_model in ("universal-streaming-multilingual", "u3-rt-pro", "u3-rt-pro-beta-1", "u3-pro"):
        return SIX_LANGUAGES
    return ()


def code_switching(
    _detection: Any,
    codes: Any,
    speech_model: Any,
    format_turns: Any = ABSENT,
    confidence_threshold: Any = ABSENT,
) -> bool:
    """Gladia's `code_switching`: on unless exactly one language is given."""
    return len(gladia_languages(codes, speech_model, format_turns, confidence_threshold)) != 1
