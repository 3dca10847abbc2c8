"""The bridge of an AssemblyAI session over Gladia under test: its shell and Gladia are played by the test."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from shim.bridges.actions import Action, OpenUpstream, SendToClient, SendUpstream
from shim.bridges.assemblyai_over_gladia import AssemblyAIOverGladia
from shim.faces.assemblyai import Refusal
from shim.faces.gladia import error_body, init_response, utterance_id
from shim.mapping.on_absent import read_on_absent
from shim.wire import assemblyai, gladia
from shim.wire.codec import encode

SESSION_ID = "5b1f7c1e-62b0-4a35-9a0e-3f2d8a7c9d10"
URL = "wss://gladia.test/v2/live?token=t"
CREATED = datetime(2026, 11, 20, 9, 15, 2, 113000, UTC)
STAMP = "2026-11-20T09:15:02.113Z"
TERMINATE = '{"type":"Terminate"}'
FORCE = '{"type":"ForceEndpoint"}'
KEEP_ALIVE = '{"type":"KeepAlive"}'
STOP = encode(gladia.StopRecording())
STOP_ACK = encode(
    gladia.StopRecordingAck(
        session_id="g",
        created_at=STAMP,
        acknowledged=True,
        data=gladia.StopRecordingData(recording_duration=1.0, recording_left_to_process=0.0),
    )
)
EMPTY_CHUNK = encode(gladia.AudioChunk(data=gladia.AudioChunkData(chunk="")))
ANSWER = init_response("g", STAMP, URL)


def refusal(status: int, message: str = "no", errors: list[str] | None = None) -> bytes:
    return error_body(status, message, path="/v2/live", timestamp=STAMP, request_id="G-1", validation_errors=errors)


def transcript(number: int, text: str, *, final: bool = False, start: float = 1.0, **more: Any) -> str:
    """An utterance whose words are 200 ms long each, as Gladia writes it: with leading blanks."""
    words = [
        gladia.Word(word=f" {word}", start=start + 0.2 * place, end=start + 0.2 * (place + 1), confidence=0.9)
        for place, word in enumerate(text.split())
    ]
    utterance = gladia.Utterance(
        text=f" {text}" if text else "",
        start=start,
        end=words[-1].end if words else start,
        language=more.pop("language", "en"),
        confidence=0.9,
        channel=0,
        words=words,
    )
    data = gladia.TranscriptData(id=utterance_id(0, number), is_final=final, utterance=utterance)
    return encode(gladia.Transcript(session_id="g", created_at=STAMP, data=data))


def speech_start(time: float) -> str:
    return encode(gladia.SpeechStart(session_id="g", created_at=STAMP, data=gladia.SpeechMoment(time=time, channel=0)))


def speech_end(time: float) -> str:
    return encode(gladia.SpeechEnd(session_id="g", created_at=STAMP, data=gladia.SpeechMoment(time=time, channel=0)))


def ack(end: int, rate: int = 32_000) -> str:
    data = gladia.AudioChunkRange(byte_range=(0, end), time_range=(0.0, end / rate))
    return encode(gladia.AudioChunkAck(session_id="g", created_at=STAMP, acknowledged=True, data=data))


def end_recording(duration: float) -> str:
    data = gladia.EndRecordingData(recording_duration=duration)
    return encode(gladia.EndRecording(session_id="g", created_at=STAMP, data=data))


class Run:
    """A bridge, the time, and everything that it has asked for."""

    def __init__(
        self,
        *,
        speed: float = 1.0,
        longest: float = 10_800,
        refused: Refusal | None = None,
        on_absent: str = "warn",
        **parameters: Any,
    ) -> None:
        self.now = 100.0
        query = [(name, value if isinstance(value, str) else json.dumps(value)) for name, value in parameters.items()]
        self.bridge = AssemblyAIOverGladia(
            query,
            session_id=SESSION_ID,
            created=CREATED,
            now=self.now,
            speed=speed,
            longest=longest,
            refusal=refused,
            on_absent=read_on_absent(on_absent),
        )
        self.actions: list[Action] = []

    def tell(self, event: str, *details: Any) -> list[Action]:
        """Tells an event as the shell does, and gives what it brought about."""
        found = self.bridge.tick(self.now) + getattr(self.bridge, event)(*details)
        self.actions += found
        return found

    def wait(self, seconds: float) -> list[Action]:
        """Lets time pass as the shell does: with a tick at each deadline."""
        end, found = self.now + seconds, []
        while (deadline := self.bridge.deadline()) is not None and deadline <= end:
            self.now = max(self.now, deadline)
            found += self.bridge.tick(self.now)
        self.now = end
        found += self.bridge.tick(self.now)
        self.actions += found
        return found

    def answered(self) -> Run:
        """The client is there, and Gladia has answered the POST."""
        self.tell("client_opened")
        self.tell("upstream_answered", 201, ANSWER)
        return self

    def begun(self) -> Run:
        """The client has its `Begin`, and Gladia's socket is open."""
        self.answered()
        self.tell("upstream_opened")
        return self

    def hear(self, *frames: str) -> list[dict[str, Any]]:
        """What the client gets for frames of Gladia's."""
        return [message for frame in frames for message in messages(self.tell("upstream_said", frame))]

    @property
    def body(self) -> dict[str, Any]:
        """What Gladia was asked for."""
        [asked] = [action for action in self.actions if isinstance(action, OpenUpstream)]
        return dict(asked.parameters)

    @property
    def upstream_frames(self) -> list[str | bytes]:
        return [action.frame for action in self.actions if isinstance(action, SendUpstream)]

    @property
    def audio_upstream(self) -> bytes:
        return b"".join(frame for frame in self.upstream_frames if isinstance(frame, bytes))

    @property
    def heard(self) -> list[dict[str, Any]]:
        """Everything that the client got."""
        return messages(self.actions)


_OPTIONAL = ("Heartbeat", "Silence")


def messages(actions: list[Action]) -> list[dict[str, Any]]:
    """What the client gets, read as the wire types demand it: no fraction passes for a whole number."""
    found = [json.loads(action.frame) for action in actions if isinstance(action, SendToClient)]
    for action in actions:
        if isinstance(action, SendToClient) and json.loads(action.frame)["type"] not in _OPTIONAL:
            assemblyai.server_messages.decode(action.frame)
    return found


def types(actions: list[Action]) -> list[str]:
    return [message["type"] for message in messages(actions)]


def only(actions: list[Action], kind: type[Any]) -> Any:
    found = [action for action in actions if isinstance(action, kind)]
    assert len(found) == 1, actions
    return found[0]


def turns(heard: list[dict[str, Any]]) -> list[str]:
    """One text a turn: `~` before a partial, `=` before a final."""
    return [
        f"{'=' if message['end_of_turn'] else '~'}{message['turn_order']} {message['transcript']}"
        for message in heard
        if message["type"] == "Turn"
    ]
