"""Each field of a job and of the list of jobs, and each event of a callback, of sessions over AssemblyAI."""

from __future__ import annotations

import json
import urllib.request
import warnings
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from gladiaio_sdk import LiveV2ListResponse, LiveV2Response, create_live_v2_callback_message_from_json

from tests.compatibility.marks import covers
from tests.emulated_services import KEY, connect, emulation, http, serve, until_close, wait_for
from tests.gateways import SPEED, STOP, Gateway, gateway, pieces
from tests.test_callbacks import receiver

JOB = "gladia.job.job"
AUDIO = bytes(32_000 * 5)
EVERYTHING: dict[str, Any] = {
    "custom_metadata": {"call": "c-17"},
    "messages_config": {"receive_partial_transcripts": True},
    "realtime_processing": {
        "translation": True,
        "translation_config": {"target_languages": ["de"]},
        "named_entity_recognition": True,
        "sentiment_analysis": True,
    },
    "post_processing": {"summarization": True},
}
ADD_ONS = ("translation", "named_entity_recognition", "sentiment_analysis", "summarization")
SETTINGS: dict[str, Any] = {"on_absent": "warn,translation=warn", "keep_audio": True}


def asked(served: Gateway, path: str, method: str = "GET", body: bytes | None = None) -> Any:
    """The JSON of a call below `/v2/live` that succeeds."""
    status, _headers, answer = http(method, f"{served.url}/v2/live{path}", body, {"x-gladia-key": KEY})
    assert status < 300, answer
    return answer


def speak(served: Gateway, body: dict[str, Any]) -> str:
    """A whole session; gives its id."""
    status, _headers, answer = served.post(json.dumps(body).encode())
    assert status == 201, answer
    client = connect(answer["url"])
    for frame in pieces(AUDIO, 6400):
        client.send(frame)
    client.send(STOP)
    assert until_close(client)[1] == 1000
    found: str = answer["id"]
    return found


@pytest.fixture(scope="module")
def served() -> Iterator[Gateway]:
    service = emulation(speed=SPEED)
    with serve("assemblyai", service) as host, gateway(f"ws://{host}", service.clock, **SETTINGS) as made:
        yield made


@pytest.fixture(scope="module")
def job_id(served: Gateway) -> str:
    return speak(served, EVERYTHING)


@covers(
    "gladia.endpoint.GET /v2/live/:id",
    "gladia.endpoint.PATCH /v2/live/:id",
    "gladia.status.200",
    *(f"{JOB}.{name}" for name in ("id", "request_id", "kind", "version", "status", "created_at", "completed_at")),
    *(f"{JOB}.{name}" for name in ("error_code", "custom_metadata", "post_session_metadata", "request_params")),
    *(f"{JOB}.file.{name}" for name in ("id", "filename", "source", "audio_duration", "number_of_channels")),
    *(f"{JOB}.result.{name}" for name in ("metadata", "transcription", "messages", *ADD_ONS)),
    "gladia.parameter.custom_metadata",
)
def test_a_job_whole(served: Gateway, job_id: str) -> None:
    http("PATCH", f"{served.url}/v2/live/{job_id}", b'{"seen": "a click"}', {"x-gladia-key": KEY})
    job = asked(served, f"/{job_id}")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        parsed = LiveV2Response.from_dict(job)
    assert parsed.result is not None
    assert (job["id"], job["kind"], job["version"], job["status"]) == (job_id, "live", 2, "done")
    assert job["request_id"].startswith("G-")
    assert datetime.fromisoformat(job["created_at"]) <= datetime.fromisoformat(job["completed_at"])
    assert job["error_code"] is None
    assert job["custom_metadata"] == {"call": "c-17"}
    assert job["post_session_metadata"] == {"seen": "a click"}
    assert "custom_metadata" not in job["request_params"]
    assert job["request_params"]["messages_config"]["receive_partial_transcripts"] is True
    assert job["request_params"]["sample_rate"] == 16000
    assert sorted(job["file"]) == ["audio_duration", "filename", "id", "number_of_channels", "source"]
    assert (job["file"]["audio_duration"], job["file"]["number_of_channels"]) == (5.0, 1)
    result = job["result"]
    assert sorted(result) == sorted(("metadata", "transcription", "messages", *ADD_ONS))
    assert result["metadata"]["audio_duration"] == 5.0
    assert result["transcription"]["full_transcript"] == "Hello world. Book a table for two."
    assert all(result[name]["success"] is False and result[name]["error"]["status_code"] == 501 for name in ADD_ONS)
    kinds = [json.loads(message)["type"] for message in result["messages"]]
    assert {"transcript", "translation", "post_summarization", "post_final_transcript"} <= set(kinds)


@covers("gladia.endpoint.GET /v2/live/:id/file", "gladia.status.302")
def test_the_file_comes_from_the_gateway_itself(served: Gateway, job_id: str) -> None:
    request = urllib.request.Request(f"{served.url}/v2/live/{job_id}/file", headers={"x-gladia-key": KEY})
    with urllib.request.urlopen(request, timeout=20) as answer:
        assert (answer.status, answer.url) == (200, request.full_url)
        assert answer.headers["content-type"] == "application/octet-stream"
        content = answer.read()
    assert content[:4] == b"RIFF"
    assert content.endswith(AUDIO)


QUERIES = ("offset", "limit", "date", "before_date", "after_date", "status", "custom_metadata")


@covers(
    "gladia.endpoint.GET /v2/live",
    *(f"gladia.query.{name}" for name in QUERIES),
    *(f"gladia.job.list.{name}" for name in ("first", "current", "next", "items")),
)
def test_the_list_and_its_filters() -> None:
    service = emulation(speed=SPEED)
    with serve("assemblyai", service) as host, gateway(f"ws://{host}", service.clock) as served:
        done = speak(served, {"custom_metadata": {"call": "first"}})
        queued = served.post(b'{"custom_metadata": {"call": "second"}}')[2]
        created = datetime.fromisoformat(queued["created_at"])
        earlier, later = (created + timedelta(days=days) for days in (-2, 2))

        def ids(**query: Any) -> list[str]:
            page = asked(served, f"?{urlencode(query, doseq=True)}")
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                LiveV2ListResponse.from_dict(page)
            return [job["id"] for job in page["items"]]

        both = ids()
        assert sorted(both) == sorted([done, queued["id"]])
        assert ids(status="done") == [done]
        assert sorted(ids(status=["done", "queued"])) == sorted(both)
        assert ids(**{"custom_metadata[call]": "second"}) == [queued["id"]]
        assert ids(custom_metadata='{"call": "first"}') == [done]
        assert ids(date=created.strftime("%Y-%m-%d"), status="queued") == [queued["id"]]
        assert ids(date=earlier.strftime("%Y-%m-%d")) == []
        assert ids(after_date=earlier.isoformat(), before_date=later.isoformat()) == both
        assert ids(after_date=later.isoformat()) == ids(before_date=earlier.isoformat()) == []
        page = asked(served, "?offset=1&limit=1")
        assert sorted(page) == ["current", "first", "items", "next"]
        assert page["items"][0]["id"] == both[1]
        assert page["next"] is None
        assert page["current"] == f"{served.url}/v2/live?offset=1&limit=1"
        assert page["first"] == f"{served.url}/v2/live?offset=0&limit=1"
        assert asked(served, "?limit=1")["next"] == page["current"]


# --- callbacks -------------------------------------------------------------------------------------------

FLAGS = {
    "receive_final_transcripts": {"transcript"},
    "receive_partial_transcripts": {"transcript"},
    "receive_speech_events": {"speech_start", "speech_end"},
    "receive_pre_processing_events": set[str](),
    "receive_realtime_processing_events": {"translation", "named_entity_recognition", "sentiment_analysis"},
    "receive_post_processing_events": {"post_transcript", "post_final_transcript", "post_summarization"},
    "receive_acknowledgments": {"audio_chunk", "stop_recording"},
    "receive_errors": set[str](),
    "receive_lifecycle_events": {"start_session", "start_recording", "end_recording", "end_session"},
}
ERRORS = FLAGS["receive_realtime_processing_events"] | {"post_summarization"}
"""The add-ons, which have failed: they are errors too."""


def called_back(**flags: bool) -> list[Any]:
    """The bodies of the callbacks of a session that asks for everything, `end_session` last."""
    service = emulation(speed=SPEED)
    settings = SETTINGS | {"callbacks": True, "callbacks_allow": ("127.0.0.1",)}
    with (
        receiver() as server,
        serve("assemblyai", service) as host,
        gateway(f"ws://{host}", service.clock, **settings) as served,
    ):
        config = {"url": f"{server.url}/hook", **flags, "receive_lifecycle_events": True}
        speak(served, {**EVERYTHING, "callback": True, "callback_config": config})
        wait_for(lambda: server.bodies and server.bodies[-1]["event"] == "live.end_session")
        return server.bodies


@covers(
    "gladia.parameter.callback",
    "gladia.parameter.callback_config.url",
    *(f"gladia.callback.{name}" for name in ("id", "event", "payload")),
    *(f"gladia.callback.live.{kind}" for kinds in FLAGS.values() for kind in kinds),
    *(f"gladia.flag.callback_config.{flag}" for flag in FLAGS),
)
def test_every_event_of_a_callback() -> None:
    bodies = called_back(**dict.fromkeys(FLAGS, True))
    assert {body["event"] for body in bodies} == {f"live.{kind}" for kinds in FLAGS.values() for kind in kinds}
    assert len({body["id"] for body in bodies}) == 1
    for body in bodies:
        assert sorted(body) == ["event", "id", "payload"]
        assert body["payload"]["type"] == body["event"].removeprefix("live.")
        assert body["payload"]["session_id"] == body["id"]
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            create_live_v2_callback_message_from_json(json.dumps(body))


@pytest.mark.parametrize(
    "flag",
    [
        pytest.param(flag, marks=covers(f"gladia.flag.callback_config.{flag}"))
        for flag in FLAGS
        if flag != "receive_lifecycle_events"
    ],
)
def test_a_flag_of_a_callback_lets_its_events_through(flag: str) -> None:
    bodies = called_back(**{**dict.fromkeys(FLAGS, True), flag: False})
    events = {body["event"].removeprefix("live.") for body in bodies}
    every = set[str]().union(*FLAGS.values())
    if flag in ("receive_final_transcripts", "receive_partial_transcripts"):
        assert events == every
        transcripts = [body["payload"]["data"] for body in bodies if body["event"] == "live.transcript"]
        assert {data["is_final"] for data in transcripts} == {flag == "receive_partial_transcripts"}
    elif flag == "receive_errors":
        assert events == every - ERRORS
    else:
        assert events == every - FLAGS[flag]
