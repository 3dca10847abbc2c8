"""Gladia's jobs through the gateway: real sockets, Gladia's real SDK, and gateways that end and begin again."""

from __future__ import annotations

import asyncio
import io
import json
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gladiaio_sdk import GladiaClient, LiveV2ListParams
from gladiaio_sdk.network import HttpError

from shim.errors import BridgeError
from shim.gateway import gladia_jobs
from shim.gateway.settings import Settings
from shim.jobs.memory import MemoryStore
from shim.jobs.store import JobStore
from tests.compatibility.marks import covers, difference
from tests.emulated_services import KEY, connect, http, until, until_close
from tests.gateways import SENTENCES, SPEECH, STOP, Gateway, over_emulator, pieces
from tests.postgres import Cluster, cluster

BODY = {
    "custom_metadata": {"call": "c-17", "paid": True},
    "endpointing": 0.3,
    "messages_config": {"receive_partial_transcripts": False, "receive_lifecycle_events": True},
}


def asked(served: Gateway, path: str, method: str = "GET", key: str | None = KEY, body: bytes | None = None) -> Any:
    """Status and JSON of a call below `/v2/live`."""
    headers = {"x-gladia-key": key} if key else {}
    status, _headers, answer = http(method, f"{served.url}/v2/live{path}", body, headers)
    return status, answer


def begin(served: Gateway, body: dict[str, Any] | None = None) -> tuple[str, str]:
    """Id and address of a new session."""
    status, _headers, answer = served.post(json.dumps(body or {}).encode())
    assert status == 201, answer
    return answer["id"], answer["url"]


def speak(address: str, audio: bytes = SPEECH) -> list[Any]:
    """A whole session; gives what the client was told."""
    with connect(address) as socket:
        for piece in pieces(audio, 3200):
            socket.send(piece)
        socket.send(STOP)
        told, code, _reason = until_close(socket)
        assert code == 1000
        return told


@covers(
    "gladia.endpoint.DELETE /v2/live/:id",
    "gladia.status.202",
    "gladia.status.403 of a job",
    "gladia.job.job.status",
    "gladia.job.job.completed_at",
)
def test_a_job_from_its_beginning_to_its_deletion() -> None:
    with over_emulator() as (served, _service):
        created = served.post(json.dumps(BODY).encode())[2]
        job_id, address = created["id"], created["url"]
        status, job = asked(served, f"/{job_id}")
        assert job["created_at"] == created["created_at"]
        assert (status, job["status"], job["completed_at"], job["result"]) == (200, "queued", None, None)
        assert asked(served, f"/{job_id}", "DELETE")[0] == 403
        with connect(address) as socket:
            until(socket, lambda message: message["type"] == "start_recording")
            assert asked(served, f"/{job_id}")[1]["status"] == "processing"
            assert asked(served, f"/{job_id}/file")[0] == 404
            told = []
            for piece in pieces(SPEECH, 3200):
                socket.send(piece)
            socket.send(STOP)
            told, _code, _reason = until_close(socket)
        # Who has seen the end of the session sees the end of its job.
        _status, job = asked(served, f"/{job_id}")
        assert (job["id"], job["status"], job["error_code"]) == (job_id, "done", None)
        assert (job["version"], job["kind"], job["request_id"][:2]) == (2, "live", "G-")
        assert job["created_at"] < job["completed_at"]
        assert job["custom_metadata"] == BODY["custom_metadata"]
        assert job["file"]["audio_duration"] == pytest.approx(len(SPEECH) / 32_000)
        assert job["file"]["number_of_channels"] == 1
        params = job["request_params"]
        assert "custom_metadata" not in params
        assert (params["endpointing"], params["sample_rate"], params["model"]) == (0.3, 16000, "solaria-1")
        assert params["messages_config"]["receive_lifecycle_events"] is True
        assert params["messages_config"]["receive_speech_events"] is True
        assert params["language_config"] == {"languages": [], "code_switching": False}
        final = next(message["data"] for message in told if message["type"] == "post_final_transcript")
        kept = [json.loads(message) for message in job["result"].pop("messages")]
        assert job["result"] == final
        assert kept[0]["type"] == "start_session"
        heard = [message for message in told if message["type"] != "audio_chunk"]
        assert kept[2:] == heard  # before them, `start_recording`, which the test has read already
        assert asked(served, f"/{job_id}", "DELETE") == (202, None)
        assert asked(served, f"/{job_id}")[0] == 404
        assert asked(served, f"/{job_id}", "DELETE")[0] == 404


def test_a_job_is_finished_where_nobody_is_attached() -> None:
    with over_emulator() as (served, _service):
        job_id, address = begin(served)
        socket = connect(address)
        socket.send(SPEECH)
        until(socket, lambda said: said["type"] == "audio_chunk" and said["data"]["byte_range"][1] == len(SPEECH))
        socket.close(1000)
        served.wait_until_nothing_is_open()
        job = asked(served, f"/{job_id}")[1]
        assert job["status"] == "done"
        assert job["result"]["transcription"]["full_transcript"] == " ".join(SENTENCES)


@covers("gladia.job.job.error_code")
def test_a_job_that_ends_badly() -> None:
    with over_emulator() as (served, _service):
        job_id, address = begin(served)
        with connect(address) as socket:
            socket.send("no message")
            assert until_close(socket)[1] == 4400
        job = asked(served, f"/{job_id}")[1]
        assert (job["status"], job["error_code"], job["result"]) == ("error", 400, None)
        assert job["completed_at"] is not None
        refused = served.post(key="another-key")
        assert refused[0] == 401
        assert asked(served, "")[1]["items"] == [job]  # what was never granted is no job


@covers("gladia.status.404", "gladia.status.401")
def test_who_may_see_a_job() -> None:
    keys = frozenset({"first-key", "second-key"})
    with over_emulator(gateway_keys=keys, upstream_key=KEY) as (served, _service):
        status, _headers, answer = served.post(key="first-key")
        assert status == 201
        path = f"/{answer['id']}"
        assert asked(served, path, key="first-key")[0] == 200
        for method, more in (("GET", ""), ("DELETE", ""), ("GET", "/file"), ("PATCH", "")):
            status, refused = asked(served, path + more, method, key="second-key", body=b"{}")
            assert (status, refused["message"]) == (404, "live job not found")
            status, refused = asked(served, path + more, method, key=None, body=b"{}")
            assert (status, refused["message"]) == (401, "no gladia key provided")
            status, refused = asked(served, path + more, method, key="third-key", body=b"{}")
            assert (status, refused["message"]) == (401, "gladia user not found")
        assert len(asked(served, "", key="first-key")[1]["items"]) == 1
        assert asked(served, "", key="second-key")[1]["items"] == []
        for key, words in ((None, "no gladia key provided"), ("third-key", "gladia user not found")):
            status, refused = asked(served, "", key=key)
            assert (status, refused["message"], refused["path"]) == (401, words, "/v2/live")


def test_a_wrong_method_is_a_wrong_path() -> None:
    with over_emulator() as (served, _service):
        for method, path in (("PUT", "/x"), ("POST", "/x"), ("DELETE", ""), ("DELETE", "/x/file"), ("GET", "/x/y")):
            status, refused = asked(served, path, method)
            assert (status, refused["message"]) == (404, f"Cannot {method} /v2/live{path}")


@covers("gladia.endpoint.GET /v2/live", "gladia.job.list.next")
def test_pages_and_filters_of_the_list() -> None:
    with over_emulator() as (served, _service):
        made = [begin(served, {"custom_metadata": {"call": f"c {number}"}})[0] for number in range(3)]
        page = asked(served, "?limit=2&custom_metadata[call]=c 1".replace(" ", "%20"))[1]
        assert [job["id"] for job in page["items"]] == [made[1]]
        page = asked(served, "?limit=2&status=queued&status=done")[1]
        seen = [job["id"] for job in page["items"]]
        assert page["current"] == page["first"] == f"{served.url}/v2/live?offset=0&limit=2&status=queued&status=done"
        status, _headers, page = http("GET", page["next"], None, {"x-gladia-key": KEY})
        assert status == 200
        seen += [job["id"] for job in page["items"]]
        assert sorted(seen) == sorted(made)
        assert page["next"] is None
        status, refused = asked(served, "?limit=0&offset=-1&date=today&before_date=x&status=late&custom_metadata=[]")
        assert status == 400
        assert [problem.split(" must ")[0] for problem in refused["validation_errors"]] == [
            "limit",
            "offset",
            "date",
            "before_date",
            "each value in status",
            "custom_metadata",
        ]


def test_the_list_has_the_address_by_which_clients_come() -> None:
    with over_emulator(public_url="wss://stt.example.org/gladia/") as (served, _service):
        page = asked(served, "")[1]
        assert page["first"] == "https://stt.example.org/gladia/v2/live?offset=0&limit=20"


@covers("gladia.endpoint.PATCH /v2/live/:id", "gladia.status.204", "gladia.status.413")
def test_notes_to_a_job() -> None:
    with over_emulator() as (served, _service):
        job_id, _address = begin(served)
        assert asked(served, f"/{job_id}", "PATCH", body=b'{"seen":"a click"}') == (204, None)
        assert asked(served, f"/{job_id}")[1]["post_session_metadata"] == {"seen": "a click"}
        for body, status in ((b"[]", 400), (b"", 400), (b"{", 400), (b'{"x":"' + b"y" * 100_000 + b'"}', 413)):
            assert asked(served, f"/{job_id}", "PATCH", body=body)[0] == status
        assert asked(served, "/nobody", "PATCH", body=b"{}")[0] == 404


# --- audio -------------------------------------------------------------------------------------------


@difference("D14")
def test_audio_is_kept_only_if_asked_for() -> None:
    with over_emulator() as (served, _service):
        job_id, address = begin(served)
        speak(address, SPEECH[:32_000])
        status, refused = asked(served, f"/{job_id}/file")
        assert status == 404
        assert "--keep-audio" in refused["message"]


@pytest.mark.parametrize("place", ["memory", "sqlite"])
@covers("gladia.endpoint.GET /v2/live/:id/file")
def test_the_file_is_what_was_said(tmp_path: Path, place: str) -> None:
    """With its header sent, over two connections of which the second says again what it does not know to be safe."""
    jobs = place if place == "memory" else f"sqlite:///{tmp_path / 'jobs.db'}"
    header = b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\1\0\1\0\x80>\0\0\0}\0\0\2\0\x10\0data\xff\xff\xff\xff"
    with over_emulator(keep_audio=True, jobs=jobs) as (served, _service):
        job_id, address = begin(served)
        first = connect(address)
        acknowledged = 0
        first.send(header + SPEECH[:96_000])
        while acknowledged < len(header) + 96_000:
            acknowledged = until(first, lambda said: said["type"] == "audio_chunk")[-1]["data"]["byte_range"][1]
        first.socket.close()
        speak(address, SPEECH[96_000:])
        answer = GladiaClient(api_key=KEY, api_url=served.url).live().get_file(job_id)
        with wave.open(io.BytesIO(answer)) as file:
            assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16_000, 1, 2)
            assert file.readframes(10**9) == SPEECH
        assert asked(served, f"/{job_id}", "DELETE")[0] == 202
        assert asked(served, f"/{job_id}/file")[0] == 404


# --- Gladia's SDK ------------------------------------------------------------------------------------


def test_the_sdks_calls() -> None:
    with over_emulator(keep_audio=True) as (served, _service):
        job_id, address = begin(served, BODY)
        speak(address)
        client = GladiaClient(api_key=KEY, api_url=served.url).live()
        job = client.get(job_id)
        assert (job.id, job.status, job.custom_metadata) == (job_id, "done", BODY["custom_metadata"])
        assert job.result is not None and job.result.transcription is not None
        assert job.result.transcription.full_transcript == " ".join(SENTENCES)
        assert job.result.messages and json.loads(job.result.messages[-1])["type"] == "end_session"
        assert job.request_params is not None and job.request_params.endpointing == 0.3
        page = client.list(LiveV2ListParams(limit=1, status=["done"], custom_metadata={"call": "c-17", "paid": True}))
        assert [item.id for item in page.items] == [job_id]
        assert client.list(LiveV2ListParams(url=page.current)).items == page.items
        assert client.list({"custom_metadata": {"call": "c-18"}}).items == []
        assert client.get_file(job_id).startswith(b"RIFF")
        assert client.delete(job_id) is True
        with pytest.raises(HttpError) as raised:
            client.get(job_id)
        assert raised.value.status == 404


def test_the_sdks_calls_asynchronously() -> None:
    async def calls(url: str, job_id: str) -> None:
        client = GladiaClient(api_key=KEY, api_url=url).live_async()
        assert (await client.get(job_id)).status == "done"
        assert [item.id for item in (await client.list({"limit": 1})).items] == [job_id]
        assert (await client.get_file(job_id)).startswith(b"RIFF")
        assert await client.delete(job_id) is True
        assert (await client.list()).items == []

    with over_emulator(keep_audio=True) as (served, _service):
        job_id, address = begin(served)
        speak(address)
        asyncio.run(calls(served.url, job_id))


# --- the store ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def postgres() -> Iterator[Cluster]:
    with cluster() as made:
        yield made


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_jobs_survive_a_restart_of_the_gateway(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    if engine == "sqlite":
        jobs = f"sqlite:///{tmp_path / 'jobs.db'}"
    else:
        jobs = request.getfixturevalue("postgres").new_database()
    with over_emulator(jobs=jobs) as (served, _service):
        done, address = begin(served)
        speak(address)
        running, address = begin(served)
        socket = connect(address)
        socket.send(bytes(3200))
        until(socket, lambda message: message["type"] == "audio_chunk")
    with over_emulator(jobs=jobs) as (served, _service):
        job = asked(served, f"/{done}")[1]
        assert job["status"] == "done"
        assert job["result"]["transcription"]["full_transcript"] == " ".join(SENTENCES)
        job = asked(served, f"/{running}")[1]
        assert (job["status"], job["error_code"]) == ("error", 503)
        assert {one["id"] for one in asked(served, "")[1]["items"]} == {done, running}


def test_without_jobs_sessions_work_and_the_rest_says_so() -> None:
    with over_emulator(jobs="off") as (served, _service):
        job_id, address = begin(served)
        speak(address, SPEECH[:32_000])
        for path in ("", f"/{job_id}", f"/{job_id}/file"):
            status, refused = asked(served, path)
            assert status == 404
            assert "--jobs" in refused["message"]
        assert asked(served, "", key=None)[0] == 401


class BrokenStore(MemoryStore):
    """A store whose disk has gone."""

    def __getattribute__(self, name: str) -> Any:
        if name in ("add", "begin", "add_audio", "end", "find", "page"):
            raise OSError("what was said stands in this text")
        return super().__getattribute__(name)


def test_a_broken_store_breaks_no_session(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def open_broken(_url: str) -> JobStore:
        return BrokenStore()

    monkeypatch.setattr(gladia_jobs, "open_store", open_broken)
    with over_emulator(keep_audio=True) as (served, _service):
        job_id, address = begin(served)
        assert speak(address)[-1]["type"] == "post_final_transcript"
        status, refused = asked(served, f"/{job_id}")
        assert (status, refused["message"]) == (503, "the job store cannot be read")
    assert "the job store failed: OSError" in caplog.text
    assert "what was said" not in caplog.text


def test_settings_of_jobs() -> None:
    for wrong in ({"jobs": "jobs.db"}, {"retention": 0.0}, {"retention": 1e9}, {"jobs": "off", "keep_audio": True}):
        with pytest.raises(BridgeError):
            Settings("gladia", "assemblyai", **wrong)
    assert "secret" not in repr(Settings("gladia", "assemblyai", jobs="postgresql://user:secret@host/db"))
