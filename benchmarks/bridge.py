"""The bridge: microseconds a message, against only parsing the same JSON."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from shim.bridges.gladia_over_assemblyai import GladiaOverAssemblyAI
from shim.faces.gladia import read_init_request
from shim.wire import assemblyai
from shim.wire.codec import encode

_MESSAGES = 5_000
_WORDS = ["the", "train", "to", "Paris", "leaves", "at", "nine", "in", "the", "morning"]
_FRAME = bytes(3200)


def _partial() -> str:
    words = [
        assemblyai.Word(start=300 * at, end=300 * at + 250, text=word, confidence=0.9, word_is_final=False)
        for at, word in enumerate(_WORDS)
    ]
    return encode(
        assemblyai.Turn(
            turn_order=0,
            turn_is_formatted=False,
            end_of_turn=False,
            transcript=" ".join(_WORDS),
            end_of_turn_confidence=0.0,
            words=words,
            utterance="",
        )
    )


def _open_bridge() -> GladiaOverAssemblyAI:
    body = b'{"messages_config": {"receive_partial_transcripts": true}}'
    session = read_init_request(body)
    bridge = GladiaOverAssemblyAI(session, session_id="session", created=datetime.now(UTC), now=0.0)
    bridge.tick(0.0)
    bridge.request_received()
    bridge.upstream_opened()
    bridge.upstream_said(encode(assemblyai.Begin(id="upstream", expires_at=2_000_000_000)))
    bridge.client_opened()
    return bridge


def _microseconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    for _ in range(_MESSAGES):
        work()
    return (time.perf_counter() - begun) / _MESSAGES * 1e6


def measure() -> Iterator[str]:
    """A partial of ten words upstream to client, and an audio frame of 100 ms client to upstream."""
    partial = _partial()
    baseline = min(_microseconds(lambda: json.loads(partial)) for _ in range(3))
    bridge = _open_bridge()
    turn = min(_microseconds(lambda: bridge.upstream_said(partial)) for _ in range(3))
    audio = _open_bridge()
    position = 0

    def say() -> None:
        nonlocal position
        position += 1
        audio.tick(position / 10)
        audio.client_said(_FRAME)
        audio.upstream_wrote(len(_FRAME))

    frame = min(_microseconds(say) for _ in range(3))
    yield f"bridge, Gladia over AssemblyAI ({len(partial)} bytes a partial)"
    yield f"  json.loads of the partial (baseline)  {baseline:6.1f} us"
    yield f"  partial to the client                 {turn:6.1f} us   {turn / baseline:5.1f} x"
    yield f"  100 ms of audio and its ack           {frame:6.1f} us   {frame / baseline:5.1f} x"
