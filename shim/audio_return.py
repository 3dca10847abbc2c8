"""Where the audio of a client that came back goes on: what it sends again is heard once.

A client keeps what was not acknowledged, and sends it first when it comes back, without saying from where. An
acknowledgement can be lost with the connection, so it may begin at any of the last ones.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable


class ReturnedAudio:
    """Compares what a client sends after its return with what was received before it.

    `feed` gives the bytes that are new; while it is open where the client goes on, none. A client that does not send
    anything again is recognised by bytes that fit nowhere: all of them are new.
    """

    def __init__(self, received: bytes, first: int, places: Iterable[int]) -> None:
        """`received` are the last bytes that came before, of which the first has the number `first`; `places` are the
        numbers at which the client may go on: the ends of acknowledgements."""
        end = first + len(received)
        self._overlaps = {place: received[place - first :] for place in sorted(places) if first <= place <= end}
        self._telling = {place for place, overlap in self._overlaps.items() if _tells_something(overlap)}
        self._held = bytearray()
        self._skip = 0
        self._decided = not self._overlaps
        self.place: int | None = None
        """Where the client went on, once that is decided; None: where the audio ended."""

    @property
    def is_decided(self) -> bool:
        """Whether every byte that comes now is new, or known to be an old one."""
        return self._decided

    def feed(self, data: bytes) -> bytes:
        """The new ones among the next bytes, and among those that were held back."""
        if self._decided:
            return self._new(data)
        compared = len(self._held)
        self._held += data
        self._overlaps = {
            place: overlap
            for place, overlap in self._overlaps.items()
            if compared >= len(overlap) or overlap.startswith(data[: len(overlap) - compared], compared)
        }
        if self._overlaps:
            place = self._latest()
            overlap = self._overlaps[place]
            if place in self._telling and len(self._held) < len(overlap):
                return b""
            self._decide(place)
        self._decided = True
        held, self._held = bytes(self._held), bytearray()
        return self._new(held)

    def finish(self) -> None:
        """No more bytes come. What was held back is old: it fitted."""
        if not self._decided and self._overlaps:
            self._decide(self._latest())
        self._decided, self._held = True, bytearray()

    def _latest(self) -> int:
        """The latest place that fits; silence fits everywhere, so it counts only where nothing else does."""
        return max(self._telling & self._overlaps.keys() or self._overlaps)

    def _decide(self, place: int) -> None:
        self.place = place
        self._skip = len(self._overlaps[place])

    def _new(self, data: bytes) -> bytes:
        skipped = min(self._skip, len(data))
        self._skip -= skipped
        return data[skipped:] if skipped else data


def _tells_something(overlap: bytes) -> bool:
    """Whether a fit is no chance: silence is one byte over and over."""
    return bool(overlap) and overlap.count(overlap[:1]) != len(overlap)


class RecentAudio:
    """The last bytes of a client, from an acknowledgement that it is known to have got."""

    def __init__(self, most: int) -> None:
        """No more than `most` bytes are kept; for older ones the acknowledgement is taken as received."""
        self._most = most
        self._pieces: deque[bytes] = deque()
        self._first = 0
        self._size = 0
        self._places: deque[int] = deque((0,))
        self._confirmed = 0

    def take(self, data: bytes) -> None:
        """The next bytes, heard for the first time."""
        if not data:
            return
        self._pieces.append(data)
        self._size += len(data)
        while self._size > self._most and len(self._pieces) > 1:
            self._forget(self._first + len(self._pieces[0]))

    def acknowledged(self, end: int) -> None:
        """The client was told that everything before the byte of this number is safe."""
        if end > self._places[-1]:
            self._places.append(end)

    def confirmed(self, end: int) -> None:
        """The client is known to have got the acknowledgement that ends here.

        What was confirmed before is forgotten, and not yet this: a client's library answers a ping before its program
        has read what came with it, and may lose that with the line.
        """
        before, self._confirmed = self._confirmed, end
        while len(self._places) > 1 and self._places[1] <= before:
            self._places.popleft()
        self._forget(self._places[0])

    def on_return(self) -> ReturnedAudio:
        """What decides where the client goes on that comes back now."""
        return ReturnedAudio(b"".join(self._pieces), self._first, self._places)

    def _forget(self, end: int) -> None:
        while self._pieces and self._first + len(self._pieces[0]) <= end:
            size = len(self._pieces.popleft())
            self._first += size
            self._size -= size
        if self._pieces and self._first < end:
            self._pieces[0] = self._pieces[0][end - self._first :]
            self._size -= end - self._first
            self._first = end
