"""Each message and field that a client of AssemblyAI's API gets over Gladia, and each that it may send."""

from __future__ import annotations

import contextlib
import json
import logging
from functools import cache
from typing import Any

import pytest
from assemblyai.streaming.v3.models import (
    BeginEvent,
    HeartbeatEvent,
    SilenceEvent,
    SpeechStartedEvent,
    TerminationEvent,
    TurnEvent,
    WarningEvent,
)
from websockets.exceptions import ConnectionClosed

from shim.emulator.transcript import Transcript
from tests.assemblyai_gateways import SPEED, TERMINATE, finals, gateway, over_emulator
from tests.compatibility.marks import covers, difference
from tests.emulated_services import KEY, connect, emulation, http, serve, silence, until, until_close, utterance
from tests.gateways import pieces

Message = dict[str, Any]
FIELD = "assemblyai.field"
PARAMETER = "assemblyai.parameter"
UPDATE = "assemblyai.client.UpdateConfiguration"
EVERYTHING: dict[str, Any] = {
    "speech_model": "u3-rt-pro",
    "mode": "balanced",
    "max_turn_silence": 600,
    "session_heartbeat": "true",
    "acknowledge_silence": "true",
    "language_detection": "True",
    "speaker_labels": "true",
    "filter_profanity": "true",
    "voice_focus": "near-field",
    "domain": "medical-v1",
}


def spoken(*, say: tuple[str, ...] = (), **parameters: Any) -> list[Message]:
    """All that a client gets of a session that ends as it should; `say` is what it sends first."""
    service = emulation(speed=SPEED)
    with serve("gladia", service) as host, gateway(f"ws://{host}", service.clock) as served:
        client = served.dial(**parameters)
        for text in say:
            client.send(text)
        served.speak(client.send, pieces(silence(8), 3200))
        client.send(TERMINATE)
        messages, code, reason = until_close(client)
        assert (code, reason) == (1000, "Session Ended")
        return messages


@cache
def everything() -> tuple[Message, ...]:
    """The messages of a session that asks for everything; they are only read."""
    return tuple(spoken(**EVERYTHING))


def of(kind: str) -> list[Message]:
    found = [message for message in everything() if message["type"] == kind]
    assert found, kind
    return found


def ended() -> list[Message]:
    return [message for message in of("Turn") if message["end_of_turn"]]


@covers(
    "assemblyai.message.SpeakerRevision",
    f"{FIELD}.SpeakerRevision.revisions",
    "assemblyai.message.LLMGatewayResponse",
    *(f"{FIELD}.LLMGatewayResponse.{name}" for name in ("turn_order", "transcript", "data")),
    "assemblyai.close.1000",
)
def test_the_types_and_their_order() -> None:
    kinds = [message["type"] for message in everything()]
    assert set(kinds) == {"Begin", "Warning", "SpeechStarted", "Turn", "Heartbeat", "Silence", "Termination"}
    assert (kinds[0], kinds[1], kinds[-1]) == ("Begin", "Warning", "Termination")
    assert [kinds.count(once) for once in ("Begin", "Warning", "Termination")] == [1, 1, 1]
    turns = [(message["type"], message.get("end_of_turn")) for message in everything()]
    starts = [number for number, (kind, _end) in enumerate(turns) if kind == "SpeechStarted"]
    assert all(turns[number + 1] == ("Turn", False) for number in starts)
    assert len(starts) == len(ended()) == 2


EVENTS: dict[str, Any] = {
    "Begin": BeginEvent,
    "Warning": WarningEvent,
    "SpeechStarted": SpeechStartedEvent,
    "Turn": TurnEvent,
    "Heartbeat": HeartbeatEvent,
    "Silence": SilenceEvent,
    "Termination": TerminationEvent,
}


def test_the_vendors_own_models_take_every_message() -> None:
    for message in everything():
        EVENTS[message["type"]].model_validate(message)
        assert "error" not in message, "the vendor's JavaScript would take it for an error"


@covers(
    "assemblyai.message.Begin",
    f"{FIELD}.Begin.id",
    f"{FIELD}.Begin.expires_at",
    *(
        f"{FIELD}.Begin.configuration.{name}"
        for name in (
            "model",
            "mode",
            "api_version",
            "speaker_labels",
            "redact_pii",
            "filter_profanity",
            "domain",
            "voice_focus",
        )
    ),
    f"{PARAMETER}.mode",
    "assemblyai.header.AssemblyAI-Version",
)
def test_begin_echoes_what_is_in_effect() -> None:
    [begin] = of("Begin")
    assert len(begin["id"]) == 36
    assert isinstance(begin["expires_at"], int)
    assert begin["configuration"] == {
        "model": "u3-rt-pro",
        "mode": "balanced",
        "api_version": "2025-05-12",
        "speaker_labels": False,  # asked for, and without effect
        "redact_pii": False,
        "filter_profanity": True,
        "domain": None,
        "voice_focus": "near-field",
    }


@covers("assemblyai.message.SpeechStarted", f"{FIELD}.SpeechStarted.timestamp", f"{FIELD}.SpeechStarted.confidence")
@difference("D31")
def test_speech_starts_with_a_turns_first_text() -> None:
    assert of("SpeechStarted") == [
        {"type": "SpeechStarted", "timestamp": 400},
        {"type": "SpeechStarted", "timestamp": 2100},
    ]


def test_only_the_models_that_send_speech_starts_do() -> None:
    kinds = {message["type"] for message in spoken(speech_model="universal-streaming-english")}
    assert kinds == {"Begin", "Turn", "Termination"}


TURN = (
    "turn_order",
    "turn_is_formatted",
    "end_of_turn",
    "transcript",
    "end_of_turn_confidence",
    "words",
    "utterance",
    "language_code",
    "language_confidence",
)


@covers(
    "assemblyai.message.Turn",
    *(f"{FIELD}.Turn.{name}" for name in TURN),
    *(f"{FIELD}.Turn.words[].{name}" for name in ("start", "end", "text", "word_is_final", "confidence")),
    f"{FIELD}.Turn.speaker_label",
    f"{FIELD}.Turn.speaker_confidence",
    f"{FIELD}.Turn.words[].speaker",
    f"{FIELD}.Turn.words[].speaker_confidence",
    f"{PARAMETER}.language_detection",
)
@difference("D21", "D22")
def test_a_final_and_a_partial_whole() -> None:
    words = [
        {"start": 400, "end": 700, "text": "Hello", "confidence": 0.9, "word_is_final": True},
        {"start": 800, "end": 1200, "text": "world.", "confidence": 0.9, "word_is_final": True},
    ]
    final = ended()[0]
    assert final == {
        "turn_order": 0,
        "turn_is_formatted": True,
        "end_of_turn": True,
        "transcript": "Hello world.",
        "end_of_turn_confidence": 1.0,
        "words": words,
        "utterance": "Hello world.",
        "language_code": "en",
        "language_confidence": 1.0,
        "type": "Turn",
    }
    assert list(final)[-1] == "type", "as on the real wire"
    partial = of("Turn")[0]
    assert partial == {
        "turn_order": 0,
        "turn_is_formatted": False,
        "end_of_turn": False,
        "transcript": "Hello",
        "end_of_turn_confidence": 0.0,
        "words": [{**words[0], "word_is_final": False}],
        "utterance": "",
        "type": "Turn",
    }


@covers(
    "assemblyai.message.Warning",
    f"{FIELD}.Warning.warning_code",
    f"{FIELD}.Warning.warning",
    f"{PARAMETER}.speaker_labels",
    f"{PARAMETER}.domain",
)
@difference("D22", "D35")
def test_one_warning_names_what_has_no_effect() -> None:
    [warning] = of("Warning")
    assert warning["warning_code"] == 1
    assert warning["warning"].endswith(": speaker_labels, domain")


@covers(
    "assemblyai.message.Heartbeat",
    *(
        f"{FIELD}.Heartbeat.{name}"
        for name in ("total_audio_received_ms", "total_duration_ms", "realtime_factor", "max_speech_probability")
    ),
    f"{PARAMETER}.session_heartbeat",
)
def test_a_heartbeat() -> None:
    beat = of("Heartbeat")[-1]
    assert beat["total_duration_ms"] >= 5000
    assert 0 < beat["total_audio_received_ms"] <= 8000
    assert beat["realtime_factor"] == pytest.approx(
        beat["total_audio_received_ms"] / beat["total_duration_ms"], abs=0.001
    )
    assert beat["max_speech_probability"] in (0.0, 0.9), "of the words since the last one"


@covers(
    "assemblyai.message.Silence",
    f"{FIELD}.Silence.start_ms",
    f"{FIELD}.Silence.end_ms",
    f"{PARAMETER}.acknowledge_silence",
)
def test_silences() -> None:
    spans = [(message["start_ms"], message["end_ms"]) for message in of("Silence")]
    assert all(isinstance(moment, int) for span in spans for moment in span)
    assert all(end - start == 1000 for start, end in spans)
    assert all(start >= 4000 for start, _end in spans), "after the last word"


@covers(
    "assemblyai.message.Termination",
    f"{FIELD}.Termination.audio_duration_seconds",
    f"{FIELD}.Termination.session_duration_seconds",
    "assemblyai.client.Terminate",
)
def test_the_termination() -> None:
    [end] = of("Termination")
    assert end["audio_duration_seconds"] == 8
    assert isinstance(end["session_duration_seconds"], int)
    assert end["session_duration_seconds"] >= 8


@covers(f"{PARAMETER}.include_partial_turns", f"{PARAMETER}.interim_results")
def test_without_partials() -> None:
    for name in ("include_partial_turns", "interim_results"):
        asked: dict[str, Any] = {name: "False"}
        turns = [message for message in spoken(max_turn_silence=600, **asked) if message["type"] == "Turn"]
        assert all(turn["end_of_turn"] for turn in turns)
        assert [turn["transcript"] for turn in turns] == ["Hello world.", "Book a table for two."]


@covers(f"{PARAMETER}.format_turns")
@difference("D20", "D32")
def test_one_final_a_turn_formatted_or_not() -> None:
    for asked in ("true", "false"):
        messages = spoken(speech_model="universal-streaming-english", format_turns=asked, max_turn_silence=600)
        turns = [message for message in messages if message["type"] == "Turn" and message["end_of_turn"]]
        assert [turn["turn_order"] for turn in turns] == [0, 1]
        assert [turn["transcript"] for turn in turns] == ["Hello world.", "Book a table for two."]
        assert all(turn["turn_is_formatted"] is (asked == "true") for turn in turns)


@covers(f"{PARAMETER}.filter_profanity")
@difference("D27")
def test_profanities_are_masked_in_text_and_words() -> None:

    said = Transcript(utterances=[utterance(("What", 0.4, 0.7), ("shit", 0.8, 1.2))])
    for asked, text in (("true", "What ***"), ("false", "What shit")):
        with over_emulator(said, speed=SPEED) as (served, _service):
            client = served.begin(filter_profanity=asked, max_turn_silence=400)
            served.speak(client.send, pieces(silence(2), 3200))
            client.send(TERMINATE)
            messages, _code, _reason = until_close(client)
        [final] = [message for message in messages if message["type"] == "Turn" and message["end_of_turn"]]
        assert final["transcript"] == final["utterance"] == text
        assert " ".join(word["text"] for word in final["words"]) == text


# --- what a client says in a session ----------------------------------------------------------------------


def update(**settings: Any) -> str:
    return json.dumps({"type": "UpdateConfiguration", **settings})


@covers(
    "assemblyai.client.UpdateConfiguration",
    f"{UPDATE}.session_heartbeat",
    f"{UPDATE}.acknowledge_silence",
    f"{UPDATE}.format_turns",
    f"{UPDATE}.filter_profanity",
)
def test_an_update_of_what_the_shim_does_itself_applies() -> None:
    switched_on = update(session_heartbeat=True, acknowledge_silence=True, filter_profanity=True)
    kinds = {message["type"] for message in spoken(say=(switched_on,), speech_model="u3-rt-pro", max_turn_silence=600)}
    assert {"Heartbeat", "Silence"} <= kinds
    assert "Warning" not in kinds
    messages = spoken(
        say=(update(format_turns=True),), speech_model="universal-streaming-english", max_turn_silence=600
    )
    assert all(message["turn_is_formatted"] for message in messages if message.get("end_of_turn"))


LOST = {
    "keyterms_prompt": ["ticket"],
    "min_turn_silence": 300,
    "max_turn_silence": 900,
    "vad_threshold": 0.7,
    "prompt": "a call about trains",
    "language_codes": ["fr"],
}
HINTS = {
    "mode": "max_accuracy",
    "agent_context": "Where to?",
    "interruption_delay": 100,
    "turn_left_pad_ms": 20,
    "continuous_partials": False,
    "end_of_turn_confidence_threshold": 0.7,
}


@covers(f"{UPDATE}.min_end_of_turn_silence_when_confident")
def test_an_update_by_an_old_name_is_one_by_the_new() -> None:
    messages = spoken(say=(update(min_end_of_turn_silence_when_confident=250),), max_turn_silence=600)
    [warning] = [message for message in messages if message["type"] == "Warning"]
    assert warning["warning"].endswith(": min_turn_silence")


@covers(*(f"{UPDATE}.{name}" for name in LOST))
@difference("D23")
def test_an_update_that_gladia_cannot_follow_is_named_in_one_warning() -> None:
    messages = spoken(say=(update(**LOST),), speech_model="u3-rt-pro", max_turn_silence=600)
    [warning] = [message for message in messages if message["type"] == "Warning"]
    assert sorted(warning["warning"].rpartition(": ")[2].split(", ")) == sorted(LOST)
    assert finals(messages) == ["Hello world.", "Book a table for two."], "the session goes on as it was"


@covers(*(f"{UPDATE}.{name}" for name in HINTS))
def test_hints_in_an_update_are_only_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    messages = spoken(say=(update(**HINTS),), speech_model="u3-rt-pro", max_turn_silence=600)
    assert "Warning" not in {message["type"] for message in messages}
    assert all(name in caplog.text for name in HINTS)
    assert finals(messages) == ["Hello world.", "Book a table for two."]


@covers("assemblyai.client.KeepAlive", "assemblyai.limit.a silent client stays")
def test_keep_alive_is_taken_and_answered_by_nothing() -> None:
    messages = spoken(say=('{"type":"KeepAlive"}', '{"type":"KeepAlive"}'), max_turn_silence=600)
    assert {message["type"] for message in messages} == {"Begin", "SpeechStarted", "Turn", "Termination"}


@covers("assemblyai.client.ForceEndpoint")
def test_a_forced_end_without_an_open_turn_is_nothing() -> None:
    messages = spoken(say=('{"type":"ForceEndpoint"}',), max_turn_silence=600)
    assert finals(messages) == ["Hello world.", "Book a table for two."]


@covers(
    "assemblyai.message.Error",
    f"{FIELD}.Error.error",
    f"{FIELD}.Error.error_code",
    "assemblyai.close.3006 for a message",
)
@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{no", "Invalid JSON: "),
        ("[]", "Invalid Message: "),
        ('{"type":"Bogus"}', "Invalid Message Type: Bogus"),
        (update(agent_context="x" * 1751), "exceeds maximum length of 1750 characters (got 1751)"),
    ],
)
def test_a_bad_message(text: str, complaint: str) -> None:
    with over_emulator() as (served, _service):
        client = served.begin()
        client.send(text)
        messages, code, reason = until_close(client)
        assert (code, reason) == (3006, "See Error message for details")
        [error] = messages
        assert sorted(error) == ["error", "error_code", "type"]
        assert error["error_code"] == 3006
        assert error["error"].startswith("User Input Validation Error: ")
        assert complaint in error["error"]


@covers("assemblyai.close.3007 for a length", "assemblyai.limit.messages of 50 to 1000 ms")
@pytest.mark.parametrize(("milliseconds", "shown"), [(1001, "1001.0"), (5000, "5000.0")])
def test_a_message_that_is_too_long(milliseconds: int, shown: str) -> None:
    with over_emulator() as (served, _service):
        client = served.begin(sample_rate=8000)
        client.send(bytes(milliseconds * 16))
        [*_more, error], code, _reason = until_close(client)
        assert (code, error["error_code"]) == (3007, 3007)
        assert error["error"] == (
            f"Input Duration Error: Input Duration Violation: {shown} ms. Expected between 50 and 1000 ms"
        )


@covers("assemblyai.close.3007 for a length")
def test_messages_that_are_too_short() -> None:
    with over_emulator() as (served, _service):
        client = served.begin(sample_rate=8000)
        with contextlib.suppress(ConnectionClosed):  # it may be closed before all of them are sent
            served.speak(client.send, [bytes(320)] * 60)
        [*_more, error], code, _reason = until_close(client)
        assert code == 3007
        assert "Input Duration Violation: 20.0 ms" in error["error"]


@covers("assemblyai.close.3007 for the pace")
def test_audio_that_comes_too_fast() -> None:
    with over_emulator(speed=1.0) as (served, _service):
        client = served.begin()
        with contextlib.suppress(ConnectionClosed):
            for _number in range(60):
                client.send(silence(1.0))
        [*_more, error], code, _reason = until_close(client)
        assert code == 3007
        assert error["error"].startswith("Audio Transmission Rate Exceeded: Received ")


@covers("assemblyai.close.3006 for inactivity", f"{PARAMETER}.inactivity_timeout")
def test_inactivity() -> None:
    with over_emulator(speed=40.0) as (served, _service):
        client = served.begin(inactivity_timeout=5)
        [*_more, error], code, _reason = until_close(client)
        assert (code, error["error"]) == (
            3006,
            "Session terminated due to inactivity: No messages received for 5 seconds",
        )


@covers("assemblyai.close.3008", "assemblyai.limit.three hours, or the token's limit")
def test_the_tokens_limit_is_the_end() -> None:

    with over_emulator(speed=60.0) as (served, _service):
        url = f"http://{served.address}/v3/token?expires_in_seconds=600&max_session_duration_seconds=60"
        token = http("GET", url, headers={"Authorization": KEY})[2]["token"]
        client = connect(served.socket_url(token=token))
        [*_more, error], code, _reason = until_close(client)
        assert (code, error["error"]) == (3008, "Session Expired: Maximum session duration exceeded")


@covers("assemblyai.client.binary frame", f"{PARAMETER}.sample_rate", f"{PARAMETER}.encoding")
@difference("D28")
def test_rates_and_encodings() -> None:
    asked = {}
    with over_emulator() as (served, service):
        for rate, encoding in ((8000, "pcm_mulaw"), (22050, "pcm_s16le"), (96000, "pcm_s16le"), (16000, "pcm_mulaw")):
            client = served.begin(sample_rate=rate, encoding=encoding)
            client.send(bytes(rate // 10 * (1 if encoding == "pcm_mulaw" else 2)))
            client.send(TERMINATE)
            assert until(client, lambda message: message["type"] == "Termination")
            body = service.sessions[-1].asked_for
            asked[rate, encoding] = (body["sample_rate"], body["encoding"], body["bit_depth"])
    assert asked == {
        (8000, "pcm_mulaw"): (8000, "wav/ulaw", 8),
        (22050, "pcm_s16le"): (32000, "wav/pcm", 16),
        (96000, "pcm_s16le"): (48000, "wav/pcm", 16),
        (16000, "pcm_mulaw"): (16000, "wav/ulaw", 8),
    }
