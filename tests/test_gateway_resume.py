"""A client whose line is cut, over real sockets: no byte of audio and no word of text is lost or doubled."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from gladiaio_sdk import GladiaClient, LiveV2InitRequest, LiveV2LanguageConfig, LiveV2MessagesConfig
from websockets.exceptions import ConnectionClosed

from shim.emulator.emulation import Emulation
from tests.compatibility.marks import covers
from tests.cutting_proxy import CuttingProxy, cutting
from tests.emulated_services import KEY, connect, until, until_close, wait_for
from tests.gateways import SENTENCES, SPEECH, STOP, Gateway, finals, over_emulator, pieces
from tests.test_gateway_clients import Heard

ASKED = json.dumps({"language_config": {"languages": ["en"]}}).encode()


class CarefulClient:
    """Keeps what was not acknowledged, and sends it again over a new line: as the API wants it."""

    def __init__(self, served: Gateway, proxy: CuttingProxy) -> None:
        url = served.session(ASKED)
        direct = served.url.rpartition("//")[2]
        self._url = url.replace(direct, proxy.netloc)
        self.messages: list[Any] = []
        self.given = b""
        self.acknowledged = 0
        self.is_back = False
        self.socket = connect(self._url)

    def send(self, audio: bytes) -> None:
        self.given += audio
        for piece in pieces(audio, 3200):
            try:
                self.socket.send(piece)
            except ConnectionClosed:
                return

    def read_until_acknowledged(self, size: int) -> None:
        while self.acknowledged < size:
            self.hear(json.loads(self.socket.recv(timeout=20)))

    def hear(self, message: dict[str, Any]) -> None:
        self.messages.append(message)
        if message["type"] == "audio_chunk":
            first, end = message["data"]["byte_range"]
            # The last acknowledgement before the line was cut may have been lost with it.
            assert first <= self.acknowledged or self.is_back, "nothing is left out"
            assert self.acknowledged <= end <= len(self.given), "nothing is taken back"
            self.acknowledged, self.is_back = end, False

    def come_back(self) -> None:
        with suppress(ConnectionClosed):  # what has arrived has arrived, also where the line is cut since
            while True:
                self.hear(json.loads(self.socket.recv(timeout=20)))
        self.connect_again()

    def connect_again(self) -> None:
        self.socket = connect(self._url)
        self.is_back = True
        rest = self.given[self.acknowledged :]
        with suppress(ConnectionClosed):
            for piece in pieces(rest, 2**19):
                self.socket.send(piece)

    def end(self) -> int:
        self.socket.send(STOP)
        messages, code, _reason = until_close(self.socket)
        for message in messages:
            self.hear(message)
        return code


def heard_once(service: Emulation) -> None:
    [session] = service.sessions
    assert session.audio_bytes == len(SPEECH)
    assert session.sockets == 1, "the session upstream has lived on"


@pytest.mark.parametrize("cuts", [(128_000,), (64_000, 128_000)], ids=["once", "twice"])
@covers("gladia.client.the same address again", "gladia.field.audio_chunk.data.byte_range")
def test_cut_in_mid_word_and_back(cuts: tuple[int, ...]) -> None:
    with over_emulator() as (served, service), cutting(served.url) as proxy:
        client = CarefulClient(served, proxy)
        sent = 0
        for cut in cuts:
            client.send(SPEECH[sent : cut - 6400])
            # Of silence nobody could tell which moment of it is sent again: the lines are cut in words.
            client.read_until_acknowledged(cut - 6400)
            client.send(SPEECH[cut - 6400 : cut])  # may be on its way, or not arrive
            sent = cut
            proxy.cut()
            client.come_back()
        client.send(SPEECH[sent:])
        assert client.end() == 1000
        assert client.acknowledged == len(SPEECH)
        heard_once(service)
        texts = [message["data"] for message in client.messages if message["type"] == "transcript"]
        by_id = {text["id"]: text["utterance"]["text"].strip() for text in texts}
        assert list(by_id.values()) == SENTENCES
        assert list(by_id) == ["00_00000000", "00_00000001", "00_00000002"]


def test_cut_and_never_back() -> None:
    with over_emulator(grace=0.5) as (served, service), cutting(served.url) as proxy:
        client = CarefulClient(served, proxy)
        client.send(SPEECH)
        client.read_until_acknowledged(32_000)
        proxy.cut()
        served.wait_until_nothing_is_open()
        wait_for(lambda: service.open_sockets == 0)
        [session] = service.sessions
        assert session.received["Terminate"] == 1, "what was said is finished, and nothing is left running"


def test_the_stop_is_sent_and_the_line_is_cut() -> None:
    with over_emulator() as (served, service), cutting(served.url) as proxy:
        client = CarefulClient(served, proxy)
        client.send(SPEECH)
        client.read_until_acknowledged(len(SPEECH) - 3200)
        client.socket.send(STOP)
        until(client.socket, lambda message: message["type"] == "stop_recording")
        proxy.cut()
        client.come_back()  # and does not stop again: some SDKs do not
        messages, code, _reason = until_close(client.socket)
        assert code == 1000
        assert messages[-1]["data"]["transcription"]["full_transcript"] == " ".join(SENTENCES)
        known = {message["data"]["id"] for message in client.messages if message["type"] == "transcript"}
        later = [message for message in messages if message["type"] == "transcript"]
        assert len(known | {message["data"]["id"] for message in later}) == len(SENTENCES)
        heard_once(service)


def test_half_open_the_new_line_takes_over() -> None:
    """The gateway has not noticed that the old connection is gone."""
    with over_emulator() as (served, service), cutting(served.url) as proxy:
        client = CarefulClient(served, proxy)
        client.send(SPEECH[:64_000])
        client.read_until_acknowledged(57_600)  # in a word: silence is silence, whichever of it is sent again
        old = client.socket
        client.connect_again()
        client.send(SPEECH[64_000:])
        assert client.end() == 1000
        assert until_close(old)[1] == 4409
        heard_once(service)


def test_gladias_sdk_comes_back_by_itself() -> None:
    with over_emulator() as (served, service), cutting(served.url) as proxy:
        request = LiveV2InitRequest(
            language_config=LiveV2LanguageConfig(languages=["en"]),
            messages_config=LiveV2MessagesConfig(receive_acknowledgments=True),
        )
        with served.held():
            session = GladiaClient(api_key=KEY, api_url=f"http://{proxy.netloc}").live().start_session(request)
            heard = Heard(session)
        assert session.wait_until_ready(timeout=20)
        frames = pieces(SPEECH, 6400)
        for number, frame in enumerate(frames):
            session.send_audio(frame)
            if number in (9, 19):
                heard.wait_for_more_acknowledgements()
                proxy.cut()
        heard.wait_for_more_acknowledgements()  # it is there again: a stop that is lost with a line is not repeated
        session.stop_recording()
        assert session.join(timeout=30)
        assert [ended.code for ended in heard.ended] == [1000]
        ids = [one.data.id for one in heard.messages if one.type == "transcript" and one.data.is_final]
        assert sorted(set(ids)) == ids or len(set(ids)) == len(SENTENCES)
        assert list(dict.fromkeys(heard.finals)) == SENTENCES
        heard_once(service)


def test_a_client_that_sends_nothing_again_loses_nothing_more() -> None:
    """A plain program that connects again goes on with new audio: all of it is heard."""
    with over_emulator() as (served, service):
        url = served.session(ASKED)
        client = connect(url)
        client.send(SPEECH[:64_000])
        until(client, lambda message: message["type"] == "audio_chunk")
        client.close(code=4000)
        client = connect(url)
        client.send(SPEECH[64_000:])
        client.send(STOP)
        messages, code, _reason = until_close(client)
        assert code == 1000
        assert finals(messages)[-1] == SENTENCES[-1]
        heard_once(service)
