"""What a gateway counts, and the sockets that it refuses because they can never work."""

from __future__ import annotations

import json
import sys
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families
from websockets.exceptions import InvalidStatus

from shim.clock import Clock
from shim.errors import BridgeError
from shim.gateway.app import make_app
from shim.gateway.settings import Settings
from tests import assemblyai_gateways
from tests.emulated_services import KEY, connect, http, until, until_close, wait_for
from tests.gateways import SPEECH, STOP, gateway, over_emulator, pieces
from tests.gateways import SPEED as GATEWAY_SPEED

LABELS = {"api": "gladia", "over": "assemblyai"}


def counted(url: str) -> dict[str, float]:
    """The values of `GET /metrics`, by name and by those labels that are not the gateway's own."""
    with urllib.request.urlopen(f"{url}/metrics", timeout=20) as answer:
        assert answer.headers["content-type"].startswith("text/plain")
        text = answer.read().decode()
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if not sample.name.endswith("_created"):
                own = {name: value for name, value in sample.labels.items() if name not in LABELS}
                found[" ".join([sample.name.removeprefix("sttbridge_"), *own.values()])] = sample.value
    return found


def test_what_is_counted() -> None:
    with over_emulator(metrics=True) as (served, _service):
        assert counted(served.url)["open_sessions"] == 0
        assert served.post(b'{"channels": 9}')[0] == 400
        translated = {"translation": True, "translation_config": {"target_languages": ["de"]}}
        assert served.post(json.dumps({"realtime_processing": translated}).encode())[0] == 400
        body = json.dumps({"realtime_processing": {"sentiment_analysis": True}}).encode()
        address = served.session(body)
        assert counted(served.url)["open_sessions"] == 1
        first = connect(address)
        first.send(SPEECH[:32_000])
        until(first, lambda message: message["type"] == "audio_chunk")
        first.socket.close()
        with connect(address) as client:
            for piece in pieces(SPEECH[32_000:], 3200):
                client.send(piece)
            client.send(STOP)
            assert until_close(client)[1] == 1000
        served.wait_until_nothing_is_open()
        now = counted(served.url)
        assert now["open_sessions"] == 0
        assert now["sessions_total"] == 2  # with the one that was refused for its translation
        assert now["refused_requests_total 400"] == 2
        assert now["resumes_total"] == 1
        assert now["client_closes_total 1000"] == 1
        assert now["client_closes_total 1006"] == 1
        assert now["audio_seconds_total"] == pytest.approx(len(SPEECH) / 32_000)
        assert now["absent_features_total realtime_processing.sentiment_analysis"] == 1
        assert now["notes_total lost"] == 0
        assert now["job_store_failures_total"] == 0


def test_a_lost_upstream_is_counted() -> None:
    """Nothing listens there: the session is refused, and what happened is among the notes."""
    with gateway("ws://127.0.0.1:9", Clock(GATEWAY_SPEED), metrics=True) as served:
        assert served.post()[0] == 503
        served.wait_until_nothing_is_open()
        now = counted(served.url)
        assert now["notes_total failed"] == 1
        assert now["refused_requests_total 503"] == 1


def test_the_other_direction_counts_too() -> None:
    with assemblyai_gateways.over_emulator(metrics=True) as (served, _service):
        with served.begin(sample_rate=16000, prompt="a secret of the client's") as client:
            client.send(bytes(3200))
            client.send(assemblyai_gateways.TERMINATE)
            assert until_close(client)[1] == 1000
        served.wait_until_nothing_is_open()
        now = counted(f"http://{served.address}")
        assert (now["sessions_total"], now["open_sessions"]) == (1, 0)
        assert now["audio_seconds_total"] == pytest.approx(0.1)
        assert now["absent_features_total prompt"] == 1
        assert not any("secret" in name for name in now)


def test_nothing_is_shown_unless_asked_for() -> None:
    with over_emulator() as (served, _service):
        assert http("GET", f"{served.url}/metrics")[0] == 404


def test_the_library_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    with pytest.raises(BridgeError, match="prometheus-client"):
        make_app(Settings("gladia", "assemblyai", metrics=True))


# --- frames that are too large -----------------------------------------------------------------------


def too_large(address: str) -> None:
    with connect(address) as client:
        client.send(bytes(2**20 + 1))
        assert until_close(client)[1] == 1009


def test_a_session_whose_frames_are_always_too_large_is_refused() -> None:
    with over_emulator() as (served, _service):
        address = served.session()
        for _ in range(3):
            too_large(address)
        with pytest.raises(InvalidStatus) as raised:
            connect(address)
        assert raised.value.response.status_code == 403
        assert "beyond repair" in json.loads(raised.value.response.body or b"")["message"]
        assert served.post(key=KEY)[0] == 201  # others are not


def test_a_socket_that_worked_is_forgiven() -> None:
    with over_emulator() as (served, _service):
        address = served.session()
        [session] = served.sessions._open.values()
        for _ in range(2):
            too_large(address)
        with connect(address) as client:
            client.send(bytes(3200))
            until(client, lambda message: message["type"] == "audio_chunk")
            client.close(3000)
        wait_for(lambda: session.frames_too_large == 0)
        for _ in range(2):
            too_large(address)
        with connect(address) as client:
            client.send(STOP)
            assert until_close(client)[1] == 1000
