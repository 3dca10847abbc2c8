"""Add-ons that were asked for and that nobody does: said to have failed, as Gladia says it of its own.

A client that waits for an add-on's message gets one, with `error` set and `data` null: after each final, for
translation once for each target language, or once at the end.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from shim.bridges.gladia_messages import AddOn, GladiaMessages
from shim.mapping import parameters
from shim.mapping.row import Row
from shim.wire import gladia

_STATUS: Final = 501
_EXCEPTION: Final = "NotImplemented"
_AFTER_FINALS: Final[dict[Row, type[AddOn]]] = {
    parameters.TRANSLATION: gladia.Translation,
    parameters.ENTITIES: gladia.NamedEntityRecognition,
    parameters.SENTIMENT: gladia.SentimentAnalysis,
}


class FailedAddOns:
    """The failures of one session."""

    def __init__(self, rows: Iterable[Row], request: gladia.InitRequest, messages: GladiaMessages) -> None:
        """`rows`: the parameters that switch on what is not done."""
        self._rows = tuple(rows)
        self._messages = messages
        translation = request.realtime_processing.get("translation_config") or {}
        self._languages = max(1, len(translation.get("target_languages") or ()))

    def after_finals(self, spoken: Iterable[gladia.ServerMessage]) -> list[gladia.ServerMessage]:
        """The messages, and after each final what failed about it."""
        said: list[gladia.ServerMessage] = []
        for message in spoken:
            said.append(message)
            if not isinstance(message, gladia.Transcript) or not message.data.is_final:
                continue
            for row, kind in _AFTER_FINALS.items():
                if row in self._rows:
                    count = self._languages if row is parameters.TRANSLATION else 1
                    said += [self._messages.failed(kind, _error(row)) for _ in range(count)]
        return said

    def at_end(self) -> list[gladia.ServerMessage]:
        """What failed about the whole."""
        if parameters.SUMMARY not in self._rows:
            return []
        return [self._messages.failed(gladia.PostSummarization, _error(parameters.SUMMARY))]

    def results(self) -> dict[str, gladia.AddOnResult]:
        """What the result of the session holds of them, by their names."""
        return {
            row.gladia[0].rpartition(".")[2]: gladia.AddOnResult(
                success=False,
                is_empty=True,
                exec_time=0.0,
                error=_error(row),
                results="" if row is parameters.SENTIMENT else None,  # Gladia's SDK allows no null in this one
            )
            for row in self._rows
            if row in _AFTER_FINALS or row is parameters.SUMMARY
        }


def _error(row: Row) -> gladia.ErrorDetail:
    return gladia.ErrorDetail(message=row.over_assemblyai.reason, status_code=_STATUS, exception=_EXCEPTION)
