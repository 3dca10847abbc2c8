"""A bridge under test: its shell and its upstream are played by the test, and nothing takes time."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

from shim.bridges.actions import Action, BeginJob, CloseClient, JobFinished, KeepAudio, Post, SendToClient, SendUpstream
from shim.bridges.gladia_over_assemblyai import GladiaOverAssemblyAI
from shim.faces.gladia import read_init_request
from shim.wire import assemblyai, gladia
from shim.wire.codec import encode

SESSION_ID = "7c0e6f0a-52d1-4b8e-9a41-3f6f1a2b9c10"
EVERYTHING = {"messages_config": {"receive_partial_transcripts": True, "receive_lifecycle_events": True}}
STOP = encode(gladia.StopRecording())
TERMINATE = encode(assemblyai.Terminate())
FORCE_ENDPOINT = encode(assemblyai.ForceEndpoint())
BEGIN = encode(assemblyai.Begin(id="b", expires_at=1790000000))
TERMINATION = encode(assemblyai.Termination(audio_duration_seconds=1, session_duration_seconds=2))


def audio_chunk(audio: bytes) -> str:
    return encode(gladia.AudioChunk(data=gladia.AudioChunkData(chunk=base64.b64encode(audio).decode())))


def error(code: int, text: str = "what went wrong") -> str:
    return encode(assemblyai.Error(error_code=code, error=text))


def speech_started(seconds: float) -> str:
    return encode(assemblyai.SpeechStarted(timestamp=round(seconds * 1000)))


def turn(order: int, text: str, *, final: bool = False, start: float = 1.0, words: Any = None, **more: Any) -> str:
    """A turn whose words are 200 ms long each."""
    if words is None:
        words = [
            assemblyai.Word(
                start=round(start * 1000) + 200 * number,
                end=round(start * 1000) + 200 * (number + 1),
                text=word,
                confidence=more.pop("confidence", 0.9),
                word_is_final=final,
            )
            for number, word in enumerate(text.split())
        ]
    return encode(
        assemblyai.Turn(
            turn_order=order,
            turn_is_formatted=final,
            end_of_turn=final,
            transcript=text,
            end_of_turn_confidence=1.0 if final else 0.0,
            words=words,
            **more,
        )
    )


class Run:
    """A bridge, the time, and everything that it has asked for: `job` for what it leaves behind, `actions` the rest."""

    def __init__(
        self, body: dict[str, Any] | None = None, *, keep_turns: bool = False, speed: float = 1.0, **settings: Any
    ) -> None:
        request = read_init_request(json.dumps(body or {}).encode())
        created = datetime(2026, 11, 20, 9, 15, 2, 113000, UTC)
        self.now = 100.0
        self.bridge = GladiaOverAssemblyAI(
            request,
            session_id=SESSION_ID,
            created=created,
            now=self.now,
            keep_turns=keep_turns,
            speed=speed,
            **settings,
        )
        self.actions: list[Action] = []
        self.job: list[BeginJob | KeepAudio | JobFinished | Post] = []

    def _take(self, found: list[Action]) -> list[Action]:
        self.job += [action for action in found if isinstance(action, BeginJob | KeepAudio | JobFinished | Post)]
        found = [action for action in found if not isinstance(action, BeginJob | KeepAudio | JobFinished | Post)]
        self.actions += found
        return found

    def tell(self, event: str, *details: Any) -> list[Action]:
        """Tells an event as the shell does, and gives what it brought about."""
        found = self.bridge.tick(self.now) + getattr(self.bridge, event)(*details)
        return self._take(found + self._answer_close(found))

    answers_close = True

    def _answer_close(self, found: list[Action]) -> list[Action]:
        """The client answers a close with its code, as clients do."""
        codes = [action.code for action in found if isinstance(action, CloseClient)]
        return self.bridge.client_closed(codes[0]) if codes and self.answers_close else []

    def wait(self, seconds: float) -> list[Action]:
        """Lets time pass as the shell does: with a tick at each deadline."""
        end, found = self.now + seconds, []
        while (deadline := self.bridge.deadline()) is not None and deadline <= end:
            self.now = max(self.now, deadline)
            found += self.bridge.tick(self.now)
        self.now = end
        found += self.bridge.tick(self.now)
        return self._take(found + self._answer_close(found))

    def write(self) -> list[Action]:
        """Tells that everything that was sent upstream has left."""
        sizes = [len(frame) for frame in self.upstream_frames if isinstance(frame, bytes)]
        found: list[Action] = []
        for size in sizes[self.written :]:
            self.written += 1
            found += self.tell("upstream_wrote", size)
        return found

    written = 0

    def opened(self) -> Run:
        """Asked for, and the socket upstream is open."""
        self.tell("request_received")
        self.tell("upstream_opened")
        return self

    def begun(self) -> Run:
        """Begun, accepted, and the client is there."""
        self.opened()
        self.tell("upstream_said", BEGIN)
        self.tell("client_opened")
        return self

    def stopped(self) -> Run:
        """Ten seconds of audio have gone through, and the client has stopped."""
        for _ in range(10):
            self.tell("client_said", bytes(32_000))
            self.wait(1)
            self.write()
        self.tell("client_said", STOP)
        return self

    @property
    def upstream_frames(self) -> list[str | bytes]:
        return [action.frame for action in self.actions if isinstance(action, SendUpstream)]

    @property
    def audio_upstream(self) -> bytes:
        return b"".join(frame for frame in self.upstream_frames if isinstance(frame, bytes))


def messages(actions: list[Action]) -> list[dict[str, Any]]:
    """What the client gets, read as the wire types demand it."""
    for action in actions:
        if isinstance(action, SendToClient):
            gladia.server_messages.decode(action.frame)
    return [json.loads(action.frame) for action in actions if isinstance(action, SendToClient)]


def types(actions: list[Action]) -> list[str]:
    return [message["type"] for message in messages(actions)]


def only(actions: list[Action], kind: type[Any]) -> Any:
    found = [action for action in actions if isinstance(action, kind)]
    assert len(found) == 1, actions
    return found[0]
