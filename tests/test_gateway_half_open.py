"""A connection to the service that is gone without a word: noticed by the heartbeat or at the end, and opened again."""

from __future__ import annotations

import pytest

from shim.emulator.speech import default_speech
from shim.emulator.transcript import default_transcript
from shim.gateway import sockets as sockets_module
from shim.gateway import upstream as upstream_module
from tests import assemblyai_gateways
from tests.cutting_proxy import cutting
from tests.emulated_services import connect, emulation, serve, until, until_close, wait_for
from tests.gateways import SENTENCES, SPEECH, SPEED, STOP, gateway


def test_a_half_open_upstream_is_noticed_and_opened_again(monkeypatch: pytest.MonkeyPatch) -> None:

    monkeypatch.setattr(upstream_module, "_HEARTBEAT_SECONDS", 0.5)
    service = emulation(default_transcript(), speed=SPEED)
    service.speech = default_speech()
    with (
        serve("assemblyai", service) as host,
        cutting(f"ws://{host}") as proxy,
        gateway(f"ws://{proxy.netloc}", service.clock) as served,
    ):
        client = connect(served.session(b'{"language_config": {"languages": ["en"]}}'))
        client.send(SPEECH[:96_000])
        said = until(client, lambda message: message["type"] == "transcript")
        proxy.freeze()
        client.send(SPEECH[96_000:])
        wait_for(lambda: proxy.connections == 2)
        client.send(STOP)
        messages, code, _reason = until_close(client)
        assert code == 1000
        texts = [message["data"] for message in [*said, *messages] if message["type"] == "transcript"]
        assert [text["utterance"]["text"].strip() for text in texts] == SENTENCES
        assert [text["id"] for text in texts] == ["00_00000000", "00_00000001", "00_00000002"]
        served.wait_until_nothing_is_open()


@pytest.mark.parametrize("ends", ["gone", "terminated"])
def test_a_stop_that_a_half_open_line_has_swallowed_is_said_on_another(
    monkeypatch: pytest.MonkeyPatch, ends: str
) -> None:
    monkeypatch.setattr(sockets_module, "CLOSE_SECONDS", 0.2)
    service = emulation(default_transcript(), speed=SPEED)
    with (
        serve("gladia", service) as host,
        cutting(f"ws://{host}") as proxy,
        assemblyai_gateways.gateway(f"http://{proxy.netloc}", service.clock) as served,
    ):
        client = served.begin(sample_rate=16000)
        client.send(SPEECH[:3200])
        wait_for(lambda: service.sessions[0].received["binary"] == 1)
        before = proxy.connections
        proxy.freeze()
        if ends == "terminated":
            client.send(assemblyai_gateways.TERMINATE)
        client.close()
        wait_for(lambda: service.sessions[0].received["stop_recording"] == 1)
        assert (service.unfinished_sessions, proxy.connections) == (0, before + 1)
        served.wait_until_nothing_is_open()
