"""One session of a gateway: a bridge, the client's socket, the upstream's, and the clock."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, Protocol, runtime_checkable

from aiohttp import WSCloseCode, WSMsgType, web

from shim.bridges.actions import (
    AcceptRequest,
    Action,
    BeginJob,
    CloseClient,
    CloseUpstream,
    ConnectUpstream,
    JobFinished,
    KeepAudio,
    Note,
    OpenUpstream,
    PauseClient,
    PingClient,
    Post,
    RefuseClient,
    RefuseRequest,
    ReplaceClient,
    ResumeClient,
    SendToClient,
    SendUpstream,
    Topic,
)
from shim.clock import Clock
from shim.gateway.sockets import DROPPED, Outgoing, Ping, answer_to_close, end_of, end_of_reading, frame_of
from shim.gateway.upstream import UpstreamConnection, UpstreamEvents
from shim.wire.assemblyai import QueryValue

_log = logging.getLogger("sttbridge")

_LONGEST_LOGGED: Final = 300
_LEVELS: Final = dict.fromkeys(
    (Topic.CLIENT_FAULT, Topic.CLIENT_GONE, Topic.UNKNOWN_MESSAGE, Topic.NOT_APPLIED), logging.INFO
)
_INTERNAL_ERROR_CLOSE: Final = 4490
_INTERNAL_ERROR: Final = "internal error of the gateway"
_WHEN_BROKEN: Final = (RefuseRequest(500, _INTERNAL_ERROR), CloseClient(_INTERNAL_ERROR_CLOSE, _INTERNAL_ERROR))


class Bridge(Protocol):
    """What every bridge is to its shell."""

    @property
    def is_over(self) -> bool: ...
    @property
    def audio_seconds(self) -> float: ...
    def deadline(self) -> float | None: ...
    def tick(self, now: float) -> list[Action]: ...
    def client_opened(self) -> list[Action]: ...
    def client_said(self, frame: str | bytes) -> list[Action]: ...
    def client_closed(self, code: int) -> list[Action]: ...
    def upstream_opened(self, channel: int = 0) -> list[Action]: ...
    def upstream_refused(self, cause: str, status: int = 0, channel: int = 0) -> list[Action]: ...
    def upstream_said(self, frame: str | bytes, channel: int = 0) -> list[Action]: ...
    def upstream_wrote(self, size: int, channel: int = 0) -> list[Action]: ...
    def upstream_closed(self, code: int, reason: str = "", channel: int = 0) -> list[Action]: ...
    def shut_down(self) -> list[Action]: ...


@runtime_checkable
class AnsweredBridge(Bridge, Protocol):
    """A bridge whose service answers a request before there is a socket."""

    def upstream_answered(self, status: int, body: bytes) -> list[Action]: ...


@runtime_checkable
class PingingBridge(Bridge, Protocol):
    """A bridge that asks what has arrived at its client."""

    def client_ponged(self, mark: int) -> list[Action]: ...


class JobListener(Protocol):
    """Who writes down what becomes of a session. It never waits and never fails."""

    def hear(self, action: AcceptRequest | BeginJob | KeepAudio | JobFinished) -> None: ...
    def abandon(self) -> None: ...


class SessionObserver(Protocol):
    """Who counts what happens in sessions."""

    def session_ended(self, audio_seconds: float) -> None: ...
    def client_came_back(self) -> None: ...
    def client_closed(self, code: int) -> None: ...
    def noted(self, note: Note) -> None: ...


OpenUpstreamConnection = Callable[[Mapping[str, QueryValue], UpstreamEvents, Callable[[], None]], UpstreamConnection]
ConnectUpstreamConnection = Callable[[str, UpstreamEvents, Callable[[], None]], UpstreamConnection]


class Session:
    """Tells the bridge what happens and does what it asks for. All in the event loop's thread."""

    def __init__(
        self,
        bridge: Bridge,
        *,
        name: str,
        clock: Clock,
        open_upstream: OpenUpstreamConnection,
        loggable: Callable[[str], str],
        on_done: Callable[[], None],
        when_broken: tuple[Action, ...] = _WHEN_BROKEN,
        job: JobListener | None = None,
        post: Callable[[Post], None] | None = None,
        connect_upstream: ConnectUpstreamConnection | None = None,
        observer: SessionObserver | None = None,
    ) -> None:
        """`name` stands for the session in logs, `loggable` takes secrets out of a text. `on_done` is called once,
        when the session has ended and nothing of it is open. `when_broken`: what the client is told if the bridge
        itself fails. `job` hears what is left of the session, `post` sends what goes to the client's own server.
        `connect_upstream` opens a socket where the service says that a session's sockets are. `observer` counts."""
        self.noted: Counter[Topic] = Counter()
        self.answer: asyncio.Future[AcceptRequest | RefuseRequest] = asyncio.get_running_loop().create_future()
        """How the HTTP request is answered."""
        self.frames_too_large = 0
        """How many of the client's sockets in a row have ended with a frame that was too large."""
        self._observer = observer
        self._was_served = False
        self._bridge = bridge
        self._name = name
        self._clock = clock
        self._open_upstream = open_upstream
        self._connect_upstream = connect_upstream
        self._loggable = loggable
        self._on_done = on_done
        self._when_broken = when_broken
        self._job = job
        self._post = post
        self._client: Outgoing | None = None
        self._newcomer: Outgoing | None = None
        self._clients = 0
        self._may_read = asyncio.Event()
        self._may_read.set()
        self._upstreams: dict[int, UpstreamConnection] = {}
        self._told: dict[int, _ChannelEvents] = {}
        self._ending: set[UpstreamConnection] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._broken = False
        self._done = False

    def begin(self, request_received: Callable[[], list[Action]]) -> None:
        """The HTTP request has come, as the bridge is told by this; `answer` tells how it is answered."""
        self._tell(request_received)

    def shut_down(self) -> None:
        """The gateway ends."""
        self._tell(self._bridge.shut_down)
        if self._client is not None:
            self._client.hurry()

    async def serve_client(self, socket: web.WebSocketResponse, transport: asyncio.Transport | None) -> None:
        """Serves a client's open socket until it is closed."""
        outgoing = Outgoing(socket, transport.abort if transport is not None else lambda: None)
        writing = asyncio.get_running_loop().create_task(outgoing.run())
        self._clients += 1
        if self._was_served and self._observer is not None:
            self._observer.client_came_back()
        self._newcomer, self._was_served = outgoing, True
        if self._client is None:
            self._client = outgoing
            self._may_read.set()
        self._tell(self._bridge.client_opened)
        self._newcomer = None
        code = DROPPED
        try:
            if self._client is outgoing:
                reading = asyncio.get_running_loop().create_task(self._read(socket, outgoing))
                outgoing.reading = reading
                code, _reason = await end_of_reading(reading)
            if outgoing.is_closing:
                await writing
                code = answer_to_close(socket.close_code)
        finally:
            if code != WSCloseCode.MESSAGE_TOO_BIG:
                self.frames_too_large = 0
            if self._observer is not None:
                self._observer.client_closed(code)
            if self._client is outgoing:
                self._client = None
                self._tell(self._bridge.client_closed, code)
            if not outgoing.is_closing:
                outgoing.drop()
            await writing
            outgoing.release()
            self._clients -= 1
            self._look_whether_done()

    def frame_was_too_large(self) -> None:
        """The client's socket is closed for it."""
        self.frames_too_large += 1

    async def _read(self, socket: web.WebSocketResponse, outgoing: Outgoing) -> tuple[int, str]:
        while True:
            await self._may_read.wait()
            message = await socket.receive()
            if message.type is WSMsgType.PONG:
                self._hear_pong(bytes(message.data))
                continue
            frame = frame_of(message)
            if frame is None:
                return end_of(message)
            if self._client is outgoing:  # else another connection has taken the session over
                self._tell(self._bridge.client_said, frame)

    def _hear_pong(self, payload: bytes) -> None:
        if isinstance(self._bridge, PingingBridge) and payload.isdigit():
            self._tell(self._bridge.client_ponged, int(payload))

    # --- what the upstream connection tells ------------------------------------------------------

    def _upstream_answered(self, status: int, body: bytes) -> None:
        if isinstance(self._bridge, AnsweredBridge):
            self._tell(self._bridge.upstream_answered, status, body)

    def _start_upstream(
        self, start: Callable[[UpstreamEvents, Callable[[], None]], UpstreamConnection], channel: int
    ) -> None:
        """Starts a connection for a channel; one that was there before says nothing any more."""
        before = self._upstreams.pop(channel, None)
        if before is not None:
            self._told[channel].is_current = False
            self._ending.add(before)
            before.close()
        told = _ChannelEvents(self._tell, self._bridge, channel, self._upstream_answered)
        self._told[channel] = told
        opened: list[UpstreamConnection] = []

        def done() -> None:
            for connection in opened:
                self._ending.discard(connection)
                if self._upstreams.get(channel) is connection:
                    del self._upstreams[channel]
            self._look_whether_done()

        connection = start(told, done)
        opened.append(connection)
        self._upstreams[channel] = connection

    # --- the bridge ------------------------------------------------------------------------------

    def _tell(self, event: Callable[..., list[Action]], *details: object) -> None:
        if self._broken:
            return
        try:
            for action in self._bridge.tick(self._clock.now()):
                self._carry_out(action)
            for action in event(*details):
                self._carry_out(action)
        except Exception:
            _log.exception("session %s: it is ended because the gateway failed", self._name)
            self._break()
        self._set_timer()
        self._look_whether_done()

    def _tick(self) -> None:
        self._timer = None
        self._tell(list)  # the tick that comes before every event is all

    def _carry_out(self, action: Action) -> None:
        match action:
            case SendToClient(frame):
                if self._client is not None:
                    self._client.put(frame)
            case PingClient(mark):
                if self._client is not None:
                    self._client.put(Ping(str(mark).encode()))
            case SendUpstream(frame, channel):
                if channel in self._upstreams:
                    self._upstreams[channel].send(frame)
            case Note():
                self._note(action)
            case PauseClient():
                self._may_read.clear()
            case ResumeClient():
                self._may_read.set()
            case CloseClient(code, reason):
                self._close(self._client, code, reason)
            case RefuseClient(code, reason):
                self._close(self._newcomer, code, reason)
            case ReplaceClient(code, reason):
                before, self._client = self._client, self._newcomer
                self._close(before, code, reason)
            case OpenUpstream(parameters, channel):
                self._start_upstream(partial(self._open_upstream, parameters), channel)
            case ConnectUpstream(url):
                assert self._connect_upstream is not None
                self._start_upstream(partial(self._connect_upstream, url), 0)
            case CloseUpstream(channel):
                if channel in self._upstreams:
                    self._upstreams[channel].close()
            case AcceptRequest() | RefuseRequest():
                if not self.answer.done():
                    self.answer.set_result(action)
                if self._job is not None and isinstance(action, AcceptRequest):
                    self._job.hear(action)
            case BeginJob() | KeepAudio() | JobFinished():
                if self._job is not None:
                    self._job.hear(action)
            case Post():
                if self._post is not None:
                    self._post(action)

    def _close(self, client: Outgoing | None, code: int, reason: str) -> None:
        if client is not None:
            client.close(code, reason)

    def _break(self) -> None:
        """The bridge has failed, which it should not: nothing stays open."""
        self._broken = True
        for action in (*self._when_broken, *(CloseUpstream(channel) for channel in self._upstreams)):
            self._carry_out(action)

    def _note(self, note: Note) -> None:
        self.noted[note.topic] += 1
        if self._observer is not None:
            self._observer.noted(note)
        text = "".join(character if character.isprintable() else " " for character in self._loggable(note.text))
        level = _LEVELS.get(note.topic, logging.WARNING)
        _log.log(level, "session %s: %s: %s", self._name, note.topic, text[:_LONGEST_LOGGED])

    # --- time and end ----------------------------------------------------------------------------

    def _set_timer(self) -> None:
        deadline = None if self._broken else self._bridge.deadline()
        if deadline is None:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            return
        loop = asyncio.get_running_loop()
        at = loop.time() + self._clock.real(max(0.0, deadline - self._clock.now()))
        if self._timer is not None:
            if self._timer_at <= at:
                return  # a tick that comes too early does no harm, a new timer for each frame costs
            self._timer.cancel()
        self._timer_at = at
        self._timer = loop.call_at(at, self._tick)

    def _look_whether_done(self) -> None:
        is_over = self._broken or self._bridge.is_over
        if self._done or not is_over or self._clients or self._upstreams or self._ending:
            return
        self._done = True
        if self._timer is not None:
            self._timer.cancel()
        if self._job is not None:
            self._job.abandon()
        if self._observer is not None:
            self._observer.session_ended(0.0 if self._broken else self._bridge.audio_seconds)
        self._on_done()


class _ChannelEvents:
    """Tells a bridge what happens to one of its connections, until another one takes its place."""

    def __init__(
        self,
        tell: Callable[..., None],
        bridge: Bridge,
        channel: int,
        answered: Callable[[int, bytes], None],
    ) -> None:
        self._tell_session, self._bridge, self._channel = tell, bridge, channel
        self._answered = answered
        self.is_current = True

    def upstream_opened(self) -> None:
        self._tell(self._bridge.upstream_opened)

    def upstream_answered(self, status: int, body: bytes) -> None:
        self._answered(status, body)

    def upstream_refused(self, cause: str, status: int) -> None:
        self._tell(self._bridge.upstream_refused, cause, status)

    def upstream_said(self, frame: str | bytes) -> None:
        self._tell(self._bridge.upstream_said, frame)

    def upstream_wrote(self, size: int) -> None:
        self._tell(self._bridge.upstream_wrote, size)

    def upstream_closed(self, code: int, reason: str) -> None:
        self._tell(self._bridge.upstream_closed, code, reason)

    def _tell(self, event: Callable[..., list[Action]], *details: object) -> None:
        if self.is_current:
            self._tell_session(event, *details, self._channel)
