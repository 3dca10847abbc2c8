"""A client's wish that the open turn end: it waits a moment for Gladia's own final, which is due at a pause."""

from __future__ import annotations

from typing import Final

FINAL_WITHIN: Final = 0.7
"""Seconds from `ForceEndpoint` to the turn's own final; then its latest partial is taken."""


class ForcedEnd:
    """The wish of now, if there is one. Times are seconds of one clock, positions bytes of the audio upstream."""

    def __init__(self) -> None:
        self.by: float | None = None
        """When the turn is ended by its latest partial."""
        self._behind: int | None = None
        """The audio that the wish follows, while that is not with Gladia."""

    def wish(self, now: float, *, is_open: bool, unheard_until: int | None) -> None:
        """A `ForceEndpoint`, while a turn `is_open`; `unheard_until`: where the audio ends that is not with Gladia."""
        if self.by is not None or self._behind is not None:
            return
        if is_open:
            self.by = now + FINAL_WITHIN
        else:
            self._behind = unheard_until

    def heard(self, position: int, now: float) -> None:
        """Gladia has the audio up to here. What was said before a wish has as long as for any other from now on."""
        if self._behind is not None and position >= self._behind:
            self._behind, self.by = None, now + FINAL_WITHIN

    def fulfilled(self) -> None:
        """The turn has ended by itself, or by its partial."""
        self.by = None

    def forget(self) -> None:
        """The session ends, and every turn with it."""
        self.by = self._behind = None
