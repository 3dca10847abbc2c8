"""Each message and field that a client of Gladia's API gets over AssemblyAI, in a session that asks for everything."""

from __future__ import annotations

import json
import warnings
from datetime import datetime
from functools import cache
from typing import Any

import pytest
from gladiaio_sdk import LiveV2UnknownWebSocketMessage, create_live_v2_web_socket_message_from_json

from tests.compatibility.marks import covers, difference
from tests.emulated_services import connect, emulation, serve, until_close
from tests.gateways import SPEED, STOP, gateway, pieces

AUDIO = bytes(32_000 * 5)
ADD_ONS = ("translation", "named_entity_recognition", "sentiment_analysis")
EVERYTHING = {
    "messages_config": {"receive_partial_transcripts": True, "receive_lifecycle_events": True},
    "realtime_processing": {
        **dict.fromkeys(ADD_ONS, True),
        "translation_config": {"target_languages": ["de", "fr"]},
        "custom_spelling": True,
        "custom_spelling_config": {"spelling_dictionary": {"Table": ["table"]}},
    },
    "post_processing": {"summarization": True},
}
DONE_BY_NOBODY = {"on_absent": "warn,translation=warn"}
Message = dict[str, Any]


def spoken(body: dict[str, Any], **settings: Any) -> list[Message]:
    """All that a client gets of a session that ends as it should."""
    service = emulation(speed=SPEED)
    with serve("assemblyai", service) as host, gateway(f"ws://{host}", service.clock, **settings) as served:
        client = connect(served.session(json.dumps(body).encode()))
        for frame in pieces(AUDIO, 6400):
            client.send(frame)
        client.send(STOP)
        messages, code, _reason = until_close(client)
        assert code == 1000
        return messages


@cache
def everything() -> tuple[Message, ...]:
    """The messages of a session that asks for everything; they are only read."""
    return tuple(spoken(EVERYTHING, **DONE_BY_NOBODY))


def of(kind: str) -> list[Message]:
    found = [message for message in everything() if message["type"] == kind]
    assert found, kind
    return found


def finals() -> list[Message]:
    return [message["data"] for message in of("transcript") if message["data"]["is_final"]]


@covers(
    "gladia.message.start_session",
    "gladia.message.post_chapterization",
    "gladia.message.error",
    "gladia.message.audio_chunk",
    "gladia.close.1000",
)
def test_the_types_and_their_order() -> None:
    kinds = [message["type"] for message in everything() if message["type"] != "audio_chunk"]
    final = ["speech_end", "transcript", "translation", "translation", *ADD_ONS[1:]]
    once = list(dict.fromkeys(kinds))
    assert kinds[0] == once[0] == "start_recording"
    assert set(once) == {
        "start_recording",
        "speech_start",
        "transcript",
        "speech_end",
        "stop_recording",
        *ADD_ONS,
        "end_recording",
        "post_transcript",
        "post_summarization",
        "post_final_transcript",
        "end_session",
    }
    ends = [position for position, kind in enumerate(kinds) if kind == "speech_end"]
    without_stop = [kind for kind in kinds[ends[0] :] if kind != "stop_recording"]
    assert without_stop[: len(final)] == final
    assert kinds[-5:] == once[-5:]


@covers("gladia.field.*.session_id", "gladia.field.*.created_at")
def test_what_every_message_begins_with() -> None:
    assert len({message["session_id"] for message in everything()}) == 1
    times = [message["created_at"] for message in everything()]
    assert all(time.endswith("Z") and len(time) == len("2026-11-20T09:15:02.113Z") for time in times)
    moments = [datetime.fromisoformat(time) for time in times]
    assert max(moments) > min(moments)


def test_the_vendors_own_parser_takes_every_message() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for message in everything():
            parsed = create_live_v2_web_socket_message_from_json(json.dumps(message))
            assert not isinstance(parsed, LiveV2UnknownWebSocketMessage)


@covers(
    "gladia.field.audio_chunk.acknowledged",
    "gladia.field.audio_chunk.error",
    "gladia.field.audio_chunk.data.byte_range",
    "gladia.field.audio_chunk.data.time_range",
)
def test_acknowledgements_of_audio() -> None:
    assert all(message["acknowledged"] is True and message["error"] is None for message in of("audio_chunk"))
    ranges = [message["data"]["byte_range"] for message in of("audio_chunk")]
    assert ranges == [[first, first + 6400] for first in range(0, len(AUDIO), 6400)]
    assert of("audio_chunk")[-1]["data"]["time_range"] == [4.8, 5.0]


@covers(
    "gladia.message.speech_start",
    "gladia.message.speech_end",
    "gladia.field.speech_start.data.time",
    "gladia.field.speech_start.data.channel",
    "gladia.field.speech_end.data.time",
    "gladia.field.speech_end.data.channel",
)
@difference("D2")
def test_speech_begins_with_the_first_text_and_ends_with_the_last_word() -> None:
    assert [message["data"] for message in of("speech_start")] == [
        {"time": 0.4, "channel": 0},
        {"time": 2.1, "channel": 0},
    ]
    assert [message["data"] for message in of("speech_end")] == [
        {"time": 1.2, "channel": 0},
        {"time": 4.0, "channel": 0},
    ]
    for number, message in enumerate(everything()):
        if message["type"] == "speech_start":
            following = [found["type"] for found in everything()[number + 1 :] if found["type"] != "audio_chunk"]
            assert next(kind for kind in following if kind != "stop_recording") == "transcript"


UTTERANCE = "gladia.field.transcript.data.utterance"


@covers(
    "gladia.message.transcript",
    "gladia.field.transcript.data.id",
    "gladia.field.transcript.data.is_final",
    *(f"{UTTERANCE}.{name}" for name in ("text", "start", "end", "language", "confidence", "channel", "words")),
    *(f"{UTTERANCE}.words[].{name}" for name in ("word", "start", "end", "confidence")),
    f"{UTTERANCE}.speaker",
)
def test_a_final_whole() -> None:
    assert finals()[0] == {
        "id": "00_00000000",
        "is_final": True,
        "utterance": {
            "text": " Hello world.",
            "start": 0.4,
            "end": 1.2,
            "language": "en",
            "confidence": 0.9,
            "channel": 0,
            "words": [
                {"word": " Hello", "start": 0.4, "end": 0.7, "confidence": 0.9},
                {"word": " world.", "start": 0.8, "end": 1.2, "confidence": 0.9},
            ],
        },
    }


@covers(f"{UTTERANCE}.text", "gladia.flag.messages_config.receive_partial_transcripts")
def test_partials_have_the_id_of_their_final_and_no_dash() -> None:
    partials = [message["data"] for message in of("transcript") if not message["data"]["is_final"]]
    assert {partial["id"] for partial in partials} == {"00_00000000", "00_00000001"}
    assert all(partial["utterance"]["text"].startswith(" ") for partial in partials)
    assert not any("—" in partial["utterance"]["text"] for partial in partials)


@covers(f"{UTTERANCE}.language")
@difference("D10")
def test_the_language_of_a_partial_is_the_configured_one() -> None:
    messages = spoken({**EVERYTHING, "language_config": {"languages": ["fr"]}}, **DONE_BY_NOBODY)
    partial = next(message["data"] for message in messages if message["type"] == "transcript")
    assert (partial["is_final"], partial["utterance"]["language"]) == (False, "fr")


LIVE = "gladia.parameter.realtime_processing"


@covers(f"{LIVE}.custom_spelling", f"{LIVE}.custom_spelling_config.spelling_dictionary")
def test_finals_and_their_words_are_spelled_as_asked() -> None:
    utterance = finals()[1]["utterance"]
    assert utterance["text"] == " Book a Table for two."
    assert utterance["words"][2] == {"word": " Table", "start": 2.5, "end": 2.9, "confidence": 0.9}
    assert "Table" in of("post_transcript")[0]["data"]["full_transcript"]


def why(what: str) -> dict[str, Any]:
    return {"message": f"AssemblyAI's streaming has no {what}", "status_code": 501, "exception": "NotImplemented"}


@covers(
    *(f"{LIVE}.{name}" for name in ADD_ONS),
    *(f"gladia.message.{name}" for name in ADD_ONS),
    *(f"gladia.field.{name}.error" for name in ADD_ONS),
    *(
        f"gladia.field.translation.data.{name}"
        for name in ("utterance_id", "utterance", "original_language", "target_language", "translated_utterance")
    ),
    *(
        f"gladia.field.{name}.data.{field}"
        for name in ADD_ONS[1:]
        for field in ("utterance_id", "utterance", "results")
    ),
    *(f"gladia.field.error.{name}" for name in ("message", "status_code", "exception")),
    f"{LIVE}.translation_config.target_languages",
)
@difference("D7")
def test_add_ons_have_failed_after_each_final() -> None:
    for name, what, count in zip(
        ADD_ONS, ("translation", "entity recognition", "sentiment analysis"), (4, 2, 2), strict=True
    ):
        failed = of(name)
        assert len(failed) == count, "one for each final, and of translation for each language"
        assert all(message["error"] == why(what) and message["data"] is None for message in failed)


@covers(
    "gladia.parameter.post_processing.summarization",
    "gladia.message.post_summarization",
    "gladia.field.post_summarization.error",
    "gladia.field.post_summarization.data.results",
)
@difference("D7")
def test_the_summary_has_failed_at_the_end() -> None:
    [failed] = of("post_summarization")
    assert (failed["error"], failed["data"]) == (why("summary"), None)


@covers(
    "gladia.message.stop_recording",
    *(f"gladia.field.stop_recording.{name}" for name in ("acknowledged", "error")),
    *(f"gladia.field.stop_recording.data.{name}" for name in ("recording_duration", "recording_left_to_process")),
    "gladia.client.stop_recording",
)
def test_the_stop_is_acknowledged() -> None:
    [stop] = of("stop_recording")
    assert (stop["acknowledged"], stop["error"], stop["data"]["recording_duration"]) == (True, None, 5.0)
    assert 0 <= stop["data"]["recording_left_to_process"] <= 5.0


@covers(
    "gladia.message.start_recording",
    "gladia.message.end_recording",
    "gladia.message.end_session",
    "gladia.field.end_recording.data.recording_duration",
)
def test_the_lifecycle() -> None:
    [start], [end], [last] = of("start_recording"), of("end_recording"), of("end_session")
    assert sorted(start) == sorted(last) == ["created_at", "session_id", "type"]
    assert end["data"] == {"recording_duration": 5.0}


@covers(
    "gladia.message.post_transcript",
    *(
        f"gladia.field.post_transcript.data.{name}"
        for name in ("full_transcript", "languages", "utterances", "sentences", "subtitles")
    ),
)
def test_the_whole_text() -> None:
    [whole] = of("post_transcript")
    assert whole["data"] == {
        "full_transcript": "Hello world. Book a Table for two.",
        "languages": ["en"],
        "utterances": [final["utterance"] for final in finals()],
    }


METADATA = "gladia.field.post_final_transcript.data.metadata"


@covers(
    "gladia.message.post_final_transcript",
    "gladia.field.post_final_transcript.data.transcription",
    *(f"{METADATA}.{name}" for name in ("audio_duration", "number_of_distinct_channels", "billing_time")),
    f"{METADATA}.transcription_time",
    *(f"gladia.field.post_final_transcript.data.{name}" for name in (*ADD_ONS, "summarization")),
    *(f"gladia.field.add-on result.{name}" for name in ("success", "is_empty", "exec_time", "error", "results")),
)
def test_the_result() -> None:
    [result], [whole] = of("post_final_transcript"), of("post_transcript")
    data = dict(result["data"])
    metadata = data.pop("metadata")
    assert metadata.pop("transcription_time") > 0
    assert metadata == {"audio_duration": 5.0, "number_of_distinct_channels": 1, "billing_time": 5.0}
    assert data.pop("transcription") == whole["data"]
    assert sorted(data) == sorted((*ADD_ONS, "summarization"))
    for name, what in (("summarization", "summary"), ("sentiment_analysis", "sentiment analysis")):
        failed = data[name]
        assert (failed["success"], failed["is_empty"], failed["exec_time"]) == (False, True, 0.0)
        assert failed["error"] == why(what)
        assert "results" in failed


# --- flags ---------------------------------------------------------------------------------------------

FLAGS = {
    "receive_final_transcripts": ({"transcript"}, True),
    "receive_speech_events": ({"speech_start", "speech_end"}, True),
    "receive_pre_processing_events": (set[str](), True),
    "receive_realtime_processing_events": ({"named_entity_recognition"}, True),
    "receive_post_processing_events": ({"post_transcript", "post_final_transcript"}, True),
    "receive_acknowledgments": ({"audio_chunk", "stop_recording"}, True),
    "receive_errors": ({"named_entity_recognition"}, True),  # the only errors that there are: of add-ons
    "receive_lifecycle_events": ({"start_recording", "end_recording", "end_session"}, False),
    "receive_partial_transcripts": (set[str](), False),
}
USUAL = set[str]().union(*(kinds for kinds, usual in FLAGS.values() if usual))


@pytest.mark.parametrize(
    "flag", [pytest.param(flag, marks=covers(f"gladia.flag.messages_config.{flag}")) for flag in FLAGS]
)
def test_a_flag_lets_its_messages_through_and_no_other(flag: str) -> None:
    kinds, usual = FLAGS[flag]
    body = {
        "realtime_processing": {"named_entity_recognition": True},
        "messages_config": {flag: not usual},
    }
    messages = spoken(body)
    got = {message["type"] for message in messages}
    assert got == (USUAL - kinds if usual else USUAL | kinds)
    are_partial = {not message["data"]["is_final"] for message in messages if message["type"] == "transcript"}
    assert (True in are_partial) is (flag == "receive_partial_transcripts")


@covers(f"{LIVE}.translation", "gladia.status.400")
@difference("D6")
def test_translation_is_refused_unless_told_otherwise() -> None:
    service = emulation(speed=SPEED)
    with serve("assemblyai", service) as host, gateway(f"ws://{host}", service.clock) as served:
        status, _headers, answer = served.post(b'{"realtime_processing": {"translation": true}}')
        assert status == 400
        [problem] = answer["validation_errors"]
        assert problem.startswith("realtime_processing.translation must be false: ")
        assert "--on-absent warn,translation=ignore" in problem
