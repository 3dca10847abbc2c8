"""What a Gladia client is told, over the sockets with which it comes: kept until it is known to have arrived.

A message that was written to a socket can be lost with it. So a ping follows what matters, one at a time; what came
before a ping that was answered has arrived, and what did not is said again when the client comes back. Then a final
can come twice, with the same id, where the line broke between its arrival and the answer; none is ever lost.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

from shim.bridges.actions import Action, PingClient, SendToClient
from shim.wire import gladia
from shim.wire.codec import encode

MOST_KEPT: Final = 20_000
"""So many messages wait for a client at most; then the oldest go."""


@dataclass(frozen=True, slots=True)
class _Kept:
    message: gladia.ServerMessage
    mark: int
    """The ping that follows it; 0 for what has not been said yet."""


class ClientLine:
    """The messages of one session on their way to its client."""

    def __init__(self) -> None:
        self.is_attached = False
        """Whether a client's socket is open."""
        self.was_attached = False
        """Whether one ever was."""
        self.confirmed = 0
        """The end of the last acknowledgement (in bytes) that the client is known to have got."""
        self._kept: deque[_Kept] = deque()
        self._partials: dict[int, gladia.Transcript] = {}
        """The utterance that is open in each channel, as far as it is known."""
        self._told_end = 0
        self._next_mark = 1
        self._pinged: tuple[int, int] | None = None
        self._is_behind = False

    @property
    def has_waiting(self) -> bool:
        """Whether something is left to be said to a client that is away."""
        return bool(self._kept)

    def attach(self) -> list[Action]:
        """A client's socket is open: what it missed is said, and the latest partials."""
        self.is_attached = self.was_attached = True
        self._pinged, self._is_behind = None, False
        missed, self._kept = self._kept, deque()
        return self.say(*(kept.message for kept in missed), *self._partials.values())

    def detach(self) -> None:
        """The client's socket is gone."""
        self.is_attached = False

    def say(self, *messages: gladia.ServerMessage) -> list[Action]:
        """Messages that the client has asked for, in order; kept for later where it is away."""
        actions: list[Action] = []
        for message in messages:
            match message:
                case gladia.AudioChunkAck():
                    if not self.is_attached:
                        continue  # the next one says the same and more
                    self._told_end = max(self._told_end, message.data.byte_range[1] if message.data else 0)
                    self._is_behind = True
                case gladia.Transcript() if not message.data.is_final:
                    self._partials[_channel(message)] = message
                case _:
                    if isinstance(message, gladia.Transcript):
                        self._partials.pop(_channel(message), None)
                    self._keep(message)
            if self.is_attached:
                actions.append(SendToClient(encode(message)))
        return [*actions, *self._ping()]

    def ponged(self, mark: int) -> list[Action]:
        """The client has answered a ping."""
        if self._pinged is None or self._pinged[0] != mark:
            return []
        self.confirmed, self._pinged = max(self.confirmed, self._pinged[1]), None
        while self._kept and 0 < self._kept[0].mark <= mark:
            self._kept.popleft()
        return self._ping()

    def _keep(self, message: gladia.ServerMessage) -> None:
        self._kept.append(_Kept(message, self._next_mark if self.is_attached else 0))
        self._is_behind = self._is_behind or self.is_attached
        if len(self._kept) > MOST_KEPT:
            self._kept.popleft()

    def _ping(self) -> list[Action]:
        if not self._is_behind or self._pinged is not None or not self.is_attached:
            return []
        self._pinged, self._is_behind = (self._next_mark, self._told_end), False
        self._next_mark += 1
        return [PingClient(self._pinged[0])]


def _channel(message: gladia.Transcript) -> int:
    return message.data.utterance.channel
