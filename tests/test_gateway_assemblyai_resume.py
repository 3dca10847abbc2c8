"""Gladia's line breaks and comes back: an AssemblyAI client does not notice, and Gladia hears every byte once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest
from websockets.sync.client import ClientConnection

from shim.emulator.emulation import Emulation, SessionRecord
from shim.emulator.transcript import default_transcript
from tests.assemblyai_gateways import FRAMES, SPEED, TERMINATE, Gateway, finals, gateway
from tests.compatibility.marks import covers
from tests.cutting_proxy import CuttingProxy, cutting
from tests.emulated_services import emulation, serve, until_close, wait_for
from tests.gateways import SENTENCES, SPEECH


class Line:
    """A gateway over the emulator, with a proxy between them, and a session through both."""

    def __init__(self, served: Gateway, service: Emulation, proxy: CuttingProxy) -> None:
        self.served, self.service, self.proxy = served, service, proxy
        self.client: ClientConnection = served.begin(max_turn_silence=500)
        self.sent = 0

    def speak(self, count: int) -> None:
        frames = FRAMES[self.sent : self.sent + count]
        self.sent += count
        self.served.speak(self.client.send, frames)

    def cut(self) -> None:
        """The line breaks while what was said last is under way on it."""
        [session] = self.service.sessions
        wait_for(lambda: session.audio_bytes)
        self.proxy.cut()

    def end(self) -> list[str]:
        """The finals of the session, which ends well. Gladia has heard every byte of the speech once, in its order."""
        self.client.send(TERMINATE)
        messages, code, _reason = until_close(self.client)
        assert code == 1000
        assert [message["type"] for message in messages if message["type"] in ("Error", "Warning")] == []
        assert messages[-1]["type"] == "Termination"
        turns = [message for message in messages if message["type"] == "Turn"]
        orders = [turn["turn_order"] for turn in turns if turn["end_of_turn"]]
        assert orders == list(range(len(orders)))
        starts = [turn["words"][0]["start"] for turn in turns if turn["end_of_turn"]]
        assert starts == sorted(starts)
        [session] = self.service.sessions
        assert session.audio_bytes == len(SPEECH)
        self.served.wait_until_nothing_is_open()
        wait_for(lambda: self.service.open_sockets == 0)
        self.words = [
            (word["text"], word["start"], word["end"])
            for turn in turns
            if turn["end_of_turn"]
            for word in turn["words"]
        ]
        return finals(messages)


def said() -> list[tuple[str, int, int]]:
    """Every word of the speech, with its times in milliseconds."""
    return [
        (word.text, round(word.start * 1000), round(word.end * 1000))
        for utterance in default_transcript().utterances
        for word in utterance.words
    ]


@contextmanager
def line_to_gladia() -> Iterator[Line]:
    service = emulation(default_transcript(), speed=SPEED)
    with (
        serve("gladia", service) as host,
        cutting(f"ws://{host}") as proxy,
        gateway(f"ws://{proxy.netloc}", service.clock) as served,
    ):
        yield Line(served, service, proxy)


@pytest.mark.parametrize("cuts", [1, 3])
@covers("gladia.service.1006", "gladia.service.audio_chunk")
def test_a_line_that_breaks_in_mid_word(cuts: int) -> None:
    with line_to_gladia() as line:
        [session] = line.service.sessions
        for cut in range(1, cuts + 1):
            line.speak(17)
            line.cut()
            wait_for(partial(_has_sockets, session, cut + 1))
        line.speak(len(FRAMES))
        assert line.end() == SENTENCES
        assert line.words == said()
        assert session.sockets == cuts + 1


def _has_sockets(session: SessionRecord, count: int) -> bool:
    return session.sockets == count


def test_a_line_that_breaks_after_the_last_word() -> None:
    """The stop may be lost with it: it is said again."""
    with line_to_gladia() as line:
        line.speak(len(FRAMES))
        line.cut()
        assert line.end() == SENTENCES
        assert line.words == said()


def test_the_client_goes_while_the_line_is_broken(caplog: pytest.LogCaptureFixture) -> None:
    """Nothing of Gladia's stays open."""
    with line_to_gladia() as line:
        line.speak(5)
        line.cut()
        wait_for(lambda: "lost: it closed with 1006" in caplog.text)
        line.client.close()
        line.served.wait_until_nothing_is_open()
        [session] = line.service.sessions
        wait_for(lambda: session.is_finished)
