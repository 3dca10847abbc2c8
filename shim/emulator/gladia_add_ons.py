"""Gladia's optional services, played: results that are made up, plausible, and always the same for the same words.

- Translation: the words as they were said, after the target language in square brackets.
- Entities: a word with a digit in it is a `NUMBER`; neighbouring words with a capital, unless they begin a sentence,
  are a `NAME`.
- Sentiment: an exclamation is positive (`contentment`), anything else neutral.
- Summary: how many utterances there were, and the first of them; as bullet points, each of them; concise, the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from msgspec.structs import replace

from shim.wire import gladia as wire
from shim.wire.codec import encode

AddOnMessage = wire.NamedEntityRecognition | wire.SentimentAnalysis | wire.Translation

_SENTENCE_ENDS: Final = (".", "?", "!")
_PUNCTUATION: Final = ".,;:!?\"'()[]"


class AddOns:
    """Those that one session asks for."""

    def __init__(self, request: wire.InitRequest) -> None:
        live, after = request.realtime_processing, request.post_processing
        self._entities = bool(live.get("named_entity_recognition"))
        self._sentiment = bool(live.get("sentiment_analysis"))
        config = live.get("translation_config") or {}
        self._targets: list[str] = list(config.get("target_languages") or ()) if live.get("translation") else []
        self._summary: str | None = None
        if after.get("summarization"):
            self._summary = (after.get("summarization_config") or {}).get("type") or "general"

    def of_final(self, utterance: wire.Utterance, number: int, session_id: str, created_at: str) -> list[AddOnMessage]:
        """The messages that follow the final of this number."""
        said: list[AddOnMessage] = []
        about: dict[str, Any] = {"utterance_id": str(number), "utterance": utterance}
        envelope: dict[str, Any] = {"session_id": session_id, "created_at": created_at}
        if self._entities:
            entities = wire.EntitiesData(**about, results=entities_of(utterance))
            said.append(wire.NamedEntityRecognition(**envelope, data=entities))
        if self._sentiment:
            sentiments = wire.SentimentsData(**about, results=[sentiment_of(utterance)])
            said.append(wire.SentimentAnalysis(**envelope, data=sentiments))
        for target in self._targets:
            translated = wire.TranslationData(
                **about,
                original_language=utterance.language,
                target_language=target,
                translated_utterance=translation_of(utterance, target),
            )
            said.append(wire.Translation(**envelope, data=translated))
        return said

    def summary_of(self, finals: Sequence[wire.Utterance]) -> str | None:
        """The summary of a session; None where none was asked for."""
        texts = [utterance.text.strip() for utterance in finals]
        match self._summary:
            case None:
                return None
            case "bullet_points":
                return "\n".join(f"- {text}" for text in texts)
            case "concise":
                return texts[0] if texts else ""
            case _:
                return f"{len(texts)} utterances, the first: {texts[0]}" if texts else ""

    def results(self, finals: Sequence[wire.Utterance]) -> dict[str, wire.AddOnResult]:
        """What the session's result holds of them, by their names."""
        found: dict[str, wire.AddOnResult] = {}
        if self._targets:
            found["translation"] = _result([_transcription(finals, target) for target in self._targets], not finals)
        summary = self.summary_of(finals)
        if summary is not None:
            found["summarization"] = _result(summary, not summary)
        if self._entities:
            entities = [entity for utterance in finals for entity in entities_of(utterance)]
            found["named_entity_recognition"] = _result(entities, not entities)
        if self._sentiment:  # a string, as the service's own types have it
            sentiments = [sentiment_of(utterance) for utterance in finals]
            found["sentiment_analysis"] = _result(encode(sentiments), not sentiments)
        return found


def translation_of(utterance: wire.Utterance, target: str) -> wire.Utterance:
    """The utterance in another language: the language in brackets, and the words as they were."""
    tag = wire.Word(word=f" [{target}]", start=utterance.start, end=utterance.start, confidence=utterance.confidence)
    return replace(utterance, text=tag.word + utterance.text, language=target, words=[tag, *utterance.words])


def entities_of(utterance: wire.Utterance) -> list[wire.Entity]:
    """What is named in an utterance."""
    entities: list[wire.Entity] = []
    begins_sentence, was_name = True, False
    for word in utterance.words:
        text = word.word.strip().strip(_PUNCTUATION)
        is_number = any(sign.isdigit() for sign in text)
        is_name = not is_number and text[:1].isupper() and text != "I" and not begins_sentence
        if is_name and was_name:
            first = entities.pop()
            entities.append(replace(first, text=f"{first.text} {text}", end=word.end))
        elif is_name or is_number:
            kind = "NAME" if is_name else "NUMBER"
            entities.append(wire.Entity(entity_type=kind, text=text, start=word.start, end=word.end))
        begins_sentence = word.word.endswith(_SENTENCE_ENDS)
        was_name = is_name and word.word.strip()[-1] not in _PUNCTUATION
    return entities


def sentiment_of(utterance: wire.Utterance) -> wire.Sentiment:
    """How an utterance was said."""
    is_glad = "!" in utterance.text
    return wire.Sentiment(
        sentiment="positive" if is_glad else "neutral",
        emotion="contentment" if is_glad else "neutral",
        text=utterance.text.strip(),
        start=utterance.start,
        end=utterance.end,
        channel=utterance.channel,
    )


def _transcription(finals: Sequence[wire.Utterance], target: str) -> dict[str, Any]:
    utterances = [translation_of(utterance, target) for utterance in finals]
    return {
        "error": None,
        "full_transcript": " ".join(utterance.text.strip() for utterance in utterances),
        "languages": [target] if utterances else [],
        "utterances": utterances,
    }


def _result(results: Any, is_empty: bool) -> wire.AddOnResult:
    return wire.AddOnResult(success=True, is_empty=is_empty, exec_time=0.0, error=None, results=results)
