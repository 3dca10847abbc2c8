"""The local Gladia's jobs, add-ons, callbacks and channels, met by raw clients and by Gladia's own SDK."""

from __future__ import annotations

import io
import json
import urllib.request
import wave
from collections.abc import Iterator
from typing import Any

import pytest
from gladiaio_sdk import GladiaClient, HttpError, LiveV2ListParams, create_live_v2_web_socket_message_from_json
from websockets.exceptions import ConnectionClosed, InvalidStatus

from shim.emulator.emulation import Emulation
from shim.emulator.transcript import Transcript
from tests.callback_receiver import receiver
from tests.emulated_services import (
    KEY,
    RATE,
    RECORDING,
    MovedClock,
    connect,
    emulation,
    http,
    serve,
    silence,
    until_close,
    utterance,
    wait_for,
)

STOP = '{"type":"stop_recording"}'
OTHER_KEY = "the-key-of-another"


@pytest.fixture
def played() -> Emulation:
    return emulation(key=None)


@pytest.fixture
def where(played: Emulation) -> Iterator[str]:
    with serve("gladia", played) as address:
        yield address


@pytest.fixture
def client(where: str) -> GladiaClient:
    return GladiaClient(api_key=KEY, api_url=f"http://{where}")


def call(where: str, method: str, path: str, body: Any = None, key: str | None = KEY) -> tuple[int, Any]:
    headers = {"content-type": "application/json", **({"x-gladia-key": key} if key else {})}
    content = json.dumps(body).encode() if body is not None else None
    status, _headers, answer = http(method, f"http://{where}{path}", content, headers)
    return status, answer


def session(where: str, key: str = KEY, **body: Any) -> tuple[str, str]:
    """Id and address of a new session."""
    status, answer = call(where, "POST", "/v2/live", body, key)
    assert status == 201, answer
    return answer["id"], answer["url"]


def play(url: str, seconds: float = 2.0, rate: int = RATE) -> list[Any]:
    socket = connect(url)
    socket.send(silence(seconds, rate))
    socket.send(STOP)
    messages, code, _reason = until_close(socket)
    assert code == 1000
    return messages


class TestJobs:
    def test_a_job_from_its_post_to_its_end(self, where: str, client: GladiaClient) -> None:
        job_id, url = session(where, custom_metadata={"call": "c-17"}, endpointing=0.3)
        queued = client.live().get(job_id)
        assert (queued.status, queued.result, queued.file, queued.completed_at) == ("queued", None, None, None)
        socket = connect(url)
        socket.send(silence(2.0))
        wait_for(lambda: client.live().get(job_id).status == "processing")
        socket.send(STOP)
        messages, _code, _reason = until_close(socket)
        done = client.live().get(job_id)
        assert (done.status, done.kind, done.version, done.error_code) == ("done", "live", 2, None)
        assert done.custom_metadata == {"call": "c-17"}
        assert done.request_params is not None
        assert done.request_params.endpointing == 0.3
        assert done.request_params.sample_rate == 16_000
        assert done.file is not None
        assert (done.file.audio_duration, done.file.number_of_channels) == (2.0, 1)
        assert done.result is not None
        assert done.result.transcription is not None
        assert done.result.transcription.full_transcript == "Hello world."
        sent = [message for message in messages if message["type"] != "audio_chunk"]
        assert [json.loads(text) for text in done.result.messages or []] == sent

    def test_a_session_that_the_client_just_closes_is_done_too(self, where: str, client: GladiaClient) -> None:
        job_id, url = session(where)
        socket = connect(url)
        socket.send(silence(2.0))
        socket.close()
        wait_for(lambda: client.live().get(job_id).status == "done")
        result = client.live().get(job_id).result
        assert result is not None
        assert result.transcription is not None
        assert result.transcription.full_transcript == "Hello world."

    def test_a_session_to_which_nobody_comes_back_is_done_after_30_seconds(self) -> None:
        clock = MovedClock()
        with serve("gladia", Emulation(RECORDING, clock=clock)) as where:
            client = GladiaClient(api_key=KEY, api_url=f"http://{where}")
            job_id, url = session(where)
            socket = connect(url)
            socket.send(silence(2.0))
            socket.close(code=4000)
            assert client.live().get(job_id).status == "processing"
            clock.moved_to = 31.0
            wait_for(lambda: client.live().get(job_id).status == "done")

    def test_the_recording_is_a_wav_file_without_the_clients_own_header(self, where: str, client: GladiaClient) -> None:
        job_id, url = session(where)
        content = io.BytesIO()
        with wave.open(content, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(16_000)
            file.writeframes(b"\x01\x02" * 16_000)
        socket = connect(url)
        socket.send(content.getvalue())
        with pytest.raises(HttpError) as early:
            client.live().get_file(job_id)
        assert early.value.status == 404
        socket.send(STOP)
        until_close(socket)
        with wave.open(io.BytesIO(client.live().get_file(job_id)), "rb") as file:
            assert file.getframerate() == 16_000
            assert file.readframes(file.getnframes()) == b"\x01\x02" * 16_000

    def test_only_a_job_that_is_over_is_deleted(self, where: str, client: GladiaClient) -> None:
        job_id, url = session(where)
        assert call(where, "DELETE", f"/v2/live/{job_id}")[0] == 403
        play(url)
        assert client.live().delete(job_id) is True
        for method, path in [("GET", ""), ("DELETE", ""), ("GET", "/file"), ("PATCH", "")]:
            status, answer = call(where, method, f"/v2/live/{job_id}{path}", {} if method == "PATCH" else None)
            assert (status, answer["message"]) == (404, "live job not found")

    def test_a_job_is_its_owners(self, where: str) -> None:
        job_id, _url = session(where)
        for method, path in [("GET", ""), ("DELETE", ""), ("GET", "/file")]:
            assert call(where, method, f"/v2/live/{job_id}{path}", key=OTHER_KEY)[0] == 404
            assert call(where, method, f"/v2/live/{job_id}{path}", key=None)[0] == 401
        assert call(where, "GET", "/v2/live", key=OTHER_KEY)[1]["items"] == []
        assert call(where, "GET", "/v2/live", key=None)[0] == 401

    def test_notes_to_a_job(self, where: str) -> None:
        job_id, _url = session(where)
        assert call(where, "PATCH", f"/v2/live/{job_id}", {"network": "bad"}) == (204, None)
        assert call(where, "GET", f"/v2/live/{job_id}")[1]["post_session_metadata"] == {"network": "bad"}
        assert call(where, "PATCH", f"/v2/live/{job_id}", ["no"])[0] == 400

    def test_the_list_in_pages(self, where: str, client: GladiaClient) -> None:
        ids = [session(where)[0] for _number in range(5)][::-1]
        page = client.live().list(LiveV2ListParams(limit=2))
        assert [job.id for job in page.items] == ids[:2]
        assert page.first == page.current == f"http://{where}/v2/live?offset=0&limit=2"
        seen = [job.id for job in page.items]
        while page.next is not None:
            page = client.live().list(LiveV2ListParams(url=page.next))
            seen += [job.id for job in page.items]
        assert seen == ids

    def test_the_list_by_status_and_metadata(self, where: str, client: GladiaClient) -> None:
        first, url = session(where, custom_metadata={"call": "a", "rank": 1})
        session(where, custom_metadata={"call": "b"})
        play(url)
        assert [job.id for job in client.live().list(LiveV2ListParams(status=["done"])).items] == [first]
        found = client.live().list(LiveV2ListParams(custom_metadata={"call": "a", "rank": 1}))
        assert [job.id for job in found.items] == [first]
        assert client.live().list(LiveV2ListParams(date="2001-01-01")).items == []

    def test_a_bad_query(self, where: str) -> None:
        status, answer = call(where, "GET", "/v2/live?limit=0&status=huh")
        assert status == 400
        assert [problem.split()[0] for problem in answer["validation_errors"]] == ["limit", "each"]


class TestAddOns:
    TALK = Transcript(
        [
            utterance(("Good", 0.2, 0.4), ("Anna", 0.4, 0.6), ("Smith!", 0.6, 0.8)),
            utterance(("Room", 1.2, 1.4), ("42.", 1.4, 1.8)),
        ]
    )

    @staticmethod
    def heard(**body: Any) -> list[Any]:
        with serve("gladia", emulation(TestAddOns.TALK, key=None)) as where:
            messages = play(session(where, messages_config={"receive_speech_events": False}, **body)[1], 3.0)
        for message in messages:  # the SDK can read every one
            create_live_v2_web_socket_message_from_json(json.dumps(message))
        return [message for message in messages if message["type"] not in ("audio_chunk", "stop_recording")]

    def test_translation(self) -> None:
        asked = {"translation": True, "translation_config": {"target_languages": ["de", "en"]}}
        messages = self.heard(realtime_processing=asked)
        kinds = [message["type"] for message in messages]
        assert kinds[:6] == ["transcript", "translation", "translation"] * 2
        said = [message["data"] for message in messages if message["type"] == "translation"]
        assert [(data["utterance_id"], data["original_language"], data["target_language"]) for data in said] == [
            ("0", "en", "de"),
            ("0", "en", "en"),
            ("1", "en", "de"),
            ("1", "en", "en"),
        ]
        translated = said[2]["translated_utterance"]
        assert (translated["text"], translated["language"]) == (" [de] Room 42.", "de")
        assert "".join(word["word"] for word in translated["words"]) == translated["text"]
        result = messages[-1]["data"]["translation"]
        assert (result["success"], result["is_empty"], result["error"]) == (True, False, None)
        assert [one["full_transcript"] for one in result["results"]] == [
            "[de] Good Anna Smith! [de] Room 42.",
            "[en] Good Anna Smith! [en] Room 42.",
        ]

    def test_entities_and_sentiment(self) -> None:
        messages = self.heard(realtime_processing={"named_entity_recognition": True, "sentiment_analysis": True})
        assert [message["type"] for message in messages[:3]] == [
            "transcript",
            "named_entity_recognition",
            "sentiment_analysis",
        ]
        entities = messages[-1]["data"]["named_entity_recognition"]["results"]
        assert entities == [
            {"entity_type": "NAME", "text": "Anna Smith", "start": 0.4, "end": 0.8},
            {"entity_type": "NUMBER", "text": "42", "start": 1.4, "end": 1.8},
        ]
        assert messages[1]["data"]["results"] == entities[:1]
        assert [message["data"]["results"][0]["sentiment"] for message in (messages[2], messages[5])] == [
            "positive",
            "neutral",
        ]
        assert len(json.loads(messages[-1]["data"]["sentiment_analysis"]["results"])) == 2

    @pytest.mark.parametrize(
        ("kind", "summary"),
        [
            ("general", "2 utterances, the first: Good Anna Smith!"),
            ("bullet_points", "- Good Anna Smith!\n- Room 42."),
            ("concise", "Good Anna Smith!"),
        ],
    )
    def test_summaries(self, kind: str, summary: str) -> None:
        messages = self.heard(post_processing={"summarization": True, "summarization_config": {"type": kind}})
        kinds = [message["type"] for message in messages]
        assert kinds[-3:] == ["post_transcript", "post_summarization", "post_final_transcript"]
        assert messages[-2]["data"] == {"results": summary}
        assert messages[-1]["data"]["summarization"]["results"] == summary

    def test_without_a_word_there_is_nothing_to_add(self) -> None:
        with serve("gladia", emulation(Transcript(), key=None)) as where:
            asked = {"translation": True, "translation_config": {"target_languages": ["de"]}}
            body: dict[str, Any] = {"realtime_processing": asked, "post_processing": {"summarization": True}}
            result = play(session(where, **body)[1])[-1]["data"]
        assert result["translation"]["is_empty"]
        assert (result["summarization"]["is_empty"], result["summarization"]["results"]) == (True, "")

    def test_spelling(self) -> None:
        config = {"spelling_dictionary": {"Ana": ["anna"]}}
        messages = self.heard(realtime_processing={"custom_spelling": True, "custom_spelling_config": config})
        assert messages[0]["data"]["utterance"]["text"] == " Good Ana Smith!"
        assert [word["word"] for word in messages[0]["data"]["utterance"]["words"]] == [" Good", " Ana", " Smith!"]

    def test_flags_hold_add_ons_back(self) -> None:
        with serve("gladia", emulation(TestAddOns.TALK, key=None)) as where:
            quiet = {"receive_realtime_processing_events": False, "receive_post_processing_events": False}
            live = {"named_entity_recognition": True}
            messages = play(session(where, messages_config=quiet, realtime_processing=live)[1])
        kinds = {message["type"] for message in messages}
        assert kinds == {"audio_chunk", "speech_start", "speech_end", "transcript", "stop_recording"}


class TestCallbacks:
    @pytest.mark.parametrize("status", [200, 500])
    def test_the_messages_come_in_their_order_by_the_callbacks_own_flags(self, where: str, status: int) -> None:
        with receiver(status) as (url, calls):
            told = calls.bodies
            job_id, socket_url = session(where, callback=True, callback_config={"url": url})
            messages = play(socket_url)
            wait_for(lambda: told and told[-1]["event"] == "live.end_session")
        assert [call["event"] for call in told] == [
            "live.start_session",
            "live.start_recording",
            "live.transcript",
            "live.end_recording",
            "live.post_transcript",
            "live.post_final_transcript",
            "live.end_session",
        ]
        assert {call["id"] for call in told} == {job_id}
        assert told[2]["payload"] == next(message for message in messages if message["type"] == "transcript")

    def test_other_flags(self, where: str) -> None:
        with receiver() as (url, calls):
            told = calls.bodies
            config = {"url": url, "receive_speech_events": True, "receive_lifecycle_events": False}
            play(session(where, callback=True, callback_config=config)[1])
            wait_for(lambda: told and told[-1]["event"] == "live.post_final_transcript")
        assert [call["event"] for call in told[:3]] == ["live.speech_start", "live.speech_end", "live.transcript"]

    def test_a_config_without_its_flag_does_nothing(self, where: str) -> None:
        with receiver() as (url, calls):
            play(session(where, callback_config={"url": url})[1])
        assert calls.bodies == []

    def test_nobody_is_there(self, where: str) -> None:
        with receiver() as (url, _calls):
            pass
        assert play(session(where, callback=True, callback_config={"url": url})[1])


class TestChannels:
    TALK = Transcript(
        [
            utterance(("Left", 0.5, 0.7), ("one.", 0.7, 1.0)),
            utterance(("Right", 0.6, 0.8), ("one.", 0.8, 1.2), channel=1),
            utterance(("Left", 2.0, 2.2), ("two.", 2.2, 2.4)),
            utterance(("Eight.", 1.4, 1.7), channel=7),
            utterance(("Nine.", 1.4, 1.7), channel=8),
        ]
    )

    def test_each_is_played_and_all_are_merged_in_time_order(self) -> None:
        with serve("gladia", emulation(self.TALK, key=None)) as where:
            url = session(where, channels=8, endpointing=0.1)[1]
            messages = play(url, 3.0, rate=8 * RATE)
        said = [message for message in messages if message["type"] in ("speech_start", "speech_end", "transcript")]
        assert [
            message["data"]["id"]
            if message["type"] == "transcript"
            else f"{message['type'][7:]} {message['data']['channel']} {message['data']['time']}"
            for message in said
        ] == [
            "start 0 0.5",
            "start 1 0.6",
            "end 0 1.0",
            "00_00000000",
            "end 1 1.2",
            "01_00000000",
            "start 7 1.4",
            "end 7 1.7",
            "07_00000000",
            "start 0 2.0",
            "end 0 2.4",
            "00_00000001",
        ]
        assert all(
            message["data"]["id"].startswith(f"{message['data']['utterance']['channel']:02}_")
            for message in said
            if message["type"] == "transcript"
        )
        result = messages[-1]["data"]
        assert result["transcription"]["full_transcript"] == "Left one. Right one. Eight. Left two."
        assert result["metadata"]["number_of_distinct_channels"] == 8
        assert result["metadata"]["billing_time"] == 24.0

    def test_what_is_open_at_the_stop_comes_in_time_order(self) -> None:
        with serve("gladia", emulation(self.TALK, key=None)) as where:
            messages = play(session(where, channels=2, endpointing=2, sample_rate=8000)[1], 1.3, rate=RATE)
        finals = [message["data"] for message in messages if message["type"] == "transcript"]
        assert [final["id"] for final in finals] == ["00_00000000", "01_00000000"]

    def test_the_recording_has_all_channels(self) -> None:
        with serve("gladia", emulation(RECORDING, key=None)) as where:
            job_id, url = session(where, channels=3)
            play(url, 1.0, rate=3 * RATE)
            request = urllib.request.Request(f"http://{where}/v2/live/{job_id}/file", headers={"x-gladia-key": KEY})
            with urllib.request.urlopen(request, timeout=20) as answer:
                assert answer.headers["content-type"] == "application/octet-stream"
                content = answer.read()
        with wave.open(io.BytesIO(content), "rb") as file:
            assert (file.getnchannels(), file.getnframes()) == (3, 16_000)


def test_frames_that_are_too_large_again_and_again_end_the_session_for_good(where: str) -> None:
    _job_id, url = session(where)
    for _time in range(3):
        socket = connect(url)
        with pytest.raises(ConnectionClosed):
            socket.send(bytes(2**20 + 2))
            socket.recv(timeout=20)
        assert socket.close_code == 1009
    with pytest.raises(InvalidStatus) as refused:
        connect(url)
    assert refused.value.response.status_code == 403
