"""Each parameter of Gladia's POST over AssemblyAI: what AssemblyAI is asked for in its place, and what is refused."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from shim.emulator.emulation import Emulation
from tests.compatibility.marks import covers, difference
from tests.emulated_services import KEY, connect, emulation, http, serve, until_close
from tests.gateways import SPEED, STOP, Gateway, gateway, over_emulator

ENGLISH = {"language_config": {"languages": ["en"]}}
LIVE = "gladia.parameter.realtime_processing"


@pytest.fixture(scope="module")
def over() -> Iterator[tuple[Gateway, Emulation]]:
    with over_emulator() as both:
        yield both


def asked_for(over: tuple[Gateway, Emulation], body: dict[str, Any]) -> dict[str, Any]:
    """What AssemblyAI is asked for when a client posts this body."""
    served, service = over
    status, _headers, answer = served.post(json.dumps(body).encode())
    assert status == 201, answer
    return service.sessions[-1].asked_for


def given(item: str, body: dict[str, Any], asked: dict[str, Any], *marks: pytest.MarkDecorator, case: str = "") -> Any:
    """A body, and what AssemblyAI must be asked for; None is what must not be there."""
    name = case or item.split()[0].split(".", 2)[2]
    return pytest.param(body, asked, marks=[covers(*item.split()), *marks], id=name)


def vocabulary(*terms: Any, **more: Any) -> dict[str, Any]:
    config = {"vocabulary": list(terms), **more}
    return {"realtime_processing": {"custom_vocabulary": True, "custom_vocabulary_config": config}}


@pytest.mark.parametrize(
    ("body", "asked"),
    [
        given("gladia.parameter.model", {"model": "solaria-1"}, {"speech_model": "universal-3-6-pro"}),
        given("gladia.parameter.sample_rate", {"sample_rate": 48000}, {"sample_rate": "48000"}),
        given(
            "gladia.parameter.endpointing",
            {"endpointing": 0.3},
            {"max_turn_silence": "300", "min_turn_silence": "300"},
        ),
        given(
            "gladia.parameter.endpointing",
            {"endpointing": 0.05},
            {"max_turn_silence": "100"},
            difference("D3"),
            case="endpointing of 0.05 s",
        ),
        given(
            "gladia.parameter.endpointing",
            {},
            {"max_turn_silence": None, "min_turn_silence": None},
            difference("D3"),
            case="no endpointing",
        ),
        given(
            "gladia.parameter.language_config.languages",
            {"language_config": {"languages": ["de"]}},
            {"language_codes": '["de"]', "language_detection": None},
        ),
        given(
            "gladia.parameter.language_config.languages",
            {"language_config": {"languages": ["en", "es", "de", "fr", "it", "pt", "tr", "nl", "sv", "no", "da"]}},
            {"language_codes": None},
            difference("D5"),
            case="eleven languages",
        ),
        given(
            "gladia.parameter.language_config.languages gladia.parameter.model",
            {"language_config": {"languages": ["pl"]}},
            {"speech_model": "whisper-rt", "language_codes": None},
            case="a language that one model alone knows",
        ),
        given(
            "gladia.parameter.language_config.code_switching",
            {"language_config": {"languages": ["en", "fr"], "code_switching": True}},
            {"language_codes": '["en","fr"]', "language_detection": "true"},
        ),
        given(
            "gladia.parameter.pre_processing.audio_enhancer",
            {"pre_processing": {"audio_enhancer": True}},
            {"voice_focus": "near-field"},
        ),
        given(
            "gladia.parameter.pre_processing.speech_threshold",
            {"pre_processing": {"speech_threshold": 0.8}},
            {"vad_threshold": "0.6"},
        ),
        given(
            "gladia.parameter.pre_processing.speech_threshold",
            {"pre_processing": {"speech_threshold": 0.6}},
            {"vad_threshold": None},
            case="the default threshold",
        ),
        given(
            f"{LIVE}.custom_vocabulary {LIVE}.custom_vocabulary_config.vocabulary",
            vocabulary("Kubernetes"),
            {"keyterms_prompt": '["Kubernetes"]'},
        ),
        given(
            f"{LIVE}.custom_vocabulary",
            {"realtime_processing": {"custom_vocabulary_config": {"vocabulary": ["Kubernetes"]}}},
            {"keyterms_prompt": None},
            case="a vocabulary without its flag",
        ),
        given(
            f"{LIVE}.custom_vocabulary_config.vocabulary[].value"
            f" {LIVE}.custom_vocabulary_config.vocabulary[].intensity"
            f" {LIVE}.custom_vocabulary_config.vocabulary[].pronunciations"
            f" {LIVE}.custom_vocabulary_config.vocabulary[].language"
            f" {LIVE}.custom_vocabulary_config.default_intensity",
            vocabulary(
                {"value": "Siobhan", "intensity": 0.9, "pronunciations": ["shivon"], "language": "en"},
                default_intensity=0.7,
            ),
            {"keyterms_prompt": '["Siobhan"]'},
            difference("D4"),
            case="a term with its intensity and pronunciations",
        ),
        given(
            f"{LIVE}.custom_vocabulary_config.vocabulary",
            vocabulary("x" * 51, *(f"term {number}" for number in range(101))),
            {"keyterms_prompt": json.dumps([f"term {number}" for number in range(100)], separators=(",", ":"))},
            difference("D4"),
            case="too many terms, and one too long",
        ),
        given(f"{LIVE}.words_accurate_timestamps", {"realtime_processing": {"words_accurate_timestamps": True}}, {}),
        given("gladia.parameter.post_processing.chapterization", {"post_processing": {"chapterization": True}}, {}),
        given("gladia.parameter.numerals", {"numerals": True}, {}),
        given("gladia.parameter.custom_metadata", {"custom_metadata": {"call": "c-17"}}, {"custom_metadata": None}),
    ],
)
def test_what_assemblyai_is_asked_for(
    over: tuple[Gateway, Emulation], body: dict[str, Any], asked: dict[str, Any]
) -> None:
    found = asked_for(over, body)
    assert {name: found.get(name) for name in asked} == asked


def refused(path: str, value: Any, complaint: str, *more: str) -> Any:
    """A body with one bad value, and what Gladia complains of."""
    body: Any = value
    for step in reversed(path.split(".")):
        body = {step: body}
    return pytest.param(body, complaint, marks=covers(f"gladia.parameter.{path}", *more), id=path)


TRANSLATION = "realtime_processing.translation_config"
TERMS = "realtime_processing.custom_vocabulary_config"


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        refused("encoding", "wav/opus", "encoding must be one of"),
        refused("bit_depth", 12, "bit_depth must be one of the following values: 8, 16, 24, 32"),
        refused("sample_rate", 22050, "sample_rate must be one of the following values: 8000"),
        refused("channels", 9, "channels must not be greater than 8"),
        refused(
            "custom_metadata",
            {"x": "y" * 2000},
            "custom_metadata must be shorter",
            "gladia.limit.custom_metadata of 2000 characters",
        ),
        refused("model", "solaria-9", "model must be one of"),
        refused("endpointing", 11, "endpointing must not be greater than 10"),
        refused(
            "maximum_duration_without_endpointing", 4, "maximum_duration_without_endpointing must not be less than 5"
        ),
        refused("language_config.languages", ["klingon"], "language_config.languages.0 must be one of"),
        refused("language_config.code_switching", "yes", "language_config.code_switching must be a boolean"),
        refused("pre_processing.audio_enhancer", 1, "pre_processing.audio_enhancer must be a boolean"),
        refused("pre_processing.speech_threshold", 2, "pre_processing.speech_threshold must not be greater than 1"),
        refused("realtime_processing.custom_vocabulary", 1, "realtime_processing.custom_vocabulary must be a boolean"),
        refused(f"{TERMS}.vocabulary", "x", f"{TERMS}.vocabulary must be an array"),
        refused(f"{TERMS}.default_intensity", 2, f"{TERMS}.default_intensity must not be greater than 1"),
        refused("realtime_processing.custom_spelling", 1, "realtime_processing.custom_spelling must be a boolean"),
        refused(
            "realtime_processing.custom_spelling_config.spelling_dictionary",
            {"SQL": "sequel"},
            "realtime_processing.custom_spelling_config.spelling_dictionary.SQL must be an array",
        ),
        refused("realtime_processing.translation", 1, "realtime_processing.translation must be a boolean"),
        refused(f"{TRANSLATION}.target_languages", [], f"{TRANSLATION}.target_languages must contain at least 1"),
        refused(f"{TRANSLATION}.model", "poetic", f"{TRANSLATION}.model must be one of"),
        refused(
            f"{TRANSLATION}.match_original_utterances", 1, f"{TRANSLATION}.match_original_utterances must be a boolean"
        ),
        refused(f"{TRANSLATION}.lipsync", 1, f"{TRANSLATION}.lipsync must be a boolean"),
        refused(f"{TRANSLATION}.context_adaptation", 1, f"{TRANSLATION}.context_adaptation must be a boolean"),
        refused(f"{TRANSLATION}.context", 1, f"{TRANSLATION}.context must be a string"),
        refused(f"{TRANSLATION}.informal", 1, f"{TRANSLATION}.informal must be a boolean"),
        refused("realtime_processing.named_entity_recognition", 1, "realtime_processing.named_entity_recognition must"),
        refused("realtime_processing.sentiment_analysis", 1, "realtime_processing.sentiment_analysis must be"),
        refused("post_processing.summarization", 1, "post_processing.summarization must be a boolean"),
        refused(
            "post_processing.summarization_config.type", "long", "post_processing.summarization_config.type must be one"
        ),
        refused("callback", 1, "callback must be a boolean"),
        refused("callback_config.url", "ftp://x", "callback_config.url must be a URL address"),
    ],
)
@covers("gladia.status.400", "gladia.status.422", "gladia.answer.error.validation_errors")
def test_what_is_refused(over: tuple[Gateway, Emulation], body: dict[str, Any], complaint: str) -> None:
    served, service = over
    before = service.sessions_so_far
    status, _headers, answer = served.post(json.dumps(body).encode())
    assert (status, answer["statusCode"]) == (400, 400)
    assert any(error.startswith(complaint) for error in answer["validation_errors"])
    assert service.sessions_so_far == before, "nothing was begun at the service"


@covers(
    "gladia.answer.error.statusCode",
    "gladia.answer.error.timestamp",
    "gladia.answer.error.path",
    "gladia.answer.error.request_id",
    "gladia.answer.error.message",
    "gladia.header.x-gladia-request-id",
)
def test_the_body_of_a_refusal(over: tuple[Gateway, Emulation]) -> None:
    status, headers, answer = over[0].post(b'{"region": "eu-west"}')
    assert status == 400
    assert sorted(answer) == ["message", "path", "request_id", "statusCode", "timestamp", "validation_errors"]
    assert (answer["statusCode"], answer["path"], answer["message"]) == (400, "/v2/live", "Bad request")
    assert answer["request_id"] == headers["x-gladia-request-id"]
    assert answer["request_id"].startswith("G-")
    assert answer["timestamp"].endswith("Z")
    assert answer["validation_errors"][0].startswith("region must not be sent")


# --- audio ---------------------------------------------------------------------------------------------


def audio_format(item: str, body: dict[str, Any], sample: bytes, asked: str, heard: bytes) -> Any:
    return pytest.param(body, sample, asked, heard, marks=covers(*item.split()), id="-".join(map(str, body.values())))


@pytest.mark.parametrize(
    ("body", "sample", "asked", "heard"),
    [
        audio_format("gladia.parameter.encoding", {}, b"\x00\x40", "pcm_s16le", b"\x00\x40"),
        audio_format("gladia.parameter.bit_depth", {"bit_depth": 8}, b"\xc0", "pcm_s16le", b"\x00\x40"),
        audio_format("gladia.parameter.bit_depth", {"bit_depth": 24}, b"\x00\x00\x40", "pcm_s16le", b"\x00\x40"),
        audio_format("gladia.parameter.bit_depth", {"bit_depth": 32}, b"\x00\x00\x00\x40", "pcm_s16le", b"\x00\x40"),
        audio_format(
            "gladia.parameter.encoding", {"encoding": "wav/alaw", "bit_depth": 8}, b"\xd5", "pcm_s16le", b"\x08\x00"
        ),
        audio_format(
            "gladia.parameter.encoding", {"encoding": "wav/ulaw", "bit_depth": 8}, b"\x9c", "pcm_mulaw", b"\x9c"
        ),
    ],
)
@covers("gladia.client.WAV header")
def test_each_format_of_audio_is_heard_as_it_was_meant(
    body: dict[str, Any], sample: bytes, asked: str, heard: bytes
) -> None:
    service = emulation(speed=SPEED)
    service.keeps_audio = True
    with serve("assemblyai", service) as host, gateway(f"ws://{host}", service.clock) as served:
        client = connect(served.session(json.dumps(body | ENGLISH).encode()))
        client.send(sample * 8000)
        client.send(sample * 8000)
        client.send(STOP)
        messages, code, _reason = until_close(client)
        assert code == 1000
    [session] = service.sessions
    assert session.asked_for["encoding"] == asked
    assert bytes(session.audio) == heard * 16_000
    [*_more, last] = [message["data"] for message in messages if message["type"] == "audio_chunk"]
    assert last == {"byte_range": [8000 * len(sample), 16_000 * len(sample)], "time_range": [0.5, 1.0]}


def wav_header(size: int) -> bytes:
    """The head of a WAV file: 16 kHz, 16 bits, mono."""
    form = (16).to_bytes(4, "little") + b"\1\0\1\0" + (16_000).to_bytes(4, "little") + (32_000).to_bytes(4, "little")
    return (
        b"RIFF"
        + (36 + size).to_bytes(4, "little")
        + b"WAVEfmt "
        + form
        + b"\2\0\x10\0data"
        + size.to_bytes(4, "little")
    )


@covers("gladia.client.WAV header")
def test_a_wav_header_is_acknowledged_and_not_heard() -> None:
    service = emulation(speed=SPEED)
    service.keeps_audio = True
    with serve("assemblyai", service) as host, gateway(f"ws://{host}", service.clock) as served:
        client = connect(served.session())
        client.send(wav_header(32_000) + b"\x00\x40" * 16_000)
        client.send(STOP)
        messages, code, _reason = until_close(client)
        assert code == 1000
    assert bytes(service.sessions[0].audio) == b"\x00\x40" * 16_000
    [acknowledged] = [message["data"] for message in messages if message["type"] == "audio_chunk"]
    assert acknowledged["byte_range"] == [0, 32_044]


@covers("gladia.parameter.channels", "gladia.field.post_final_transcript.data.metadata.number_of_distinct_channels")
@covers("gladia.field.post_final_transcript.data.metadata.billing_time")
def test_each_channel_is_heard_by_a_session_of_its_own() -> None:
    service = emulation(speed=SPEED)
    service.keeps_audio = True
    with serve("assemblyai", service) as host, gateway(f"ws://{host}", service.clock) as served:
        client = connect(served.session(b'{"channels": 2}'))
        client.send(b"\x00\x10\x00\x20" * 16_000)
        client.send(STOP)
        messages, code, _reason = until_close(client)
        assert code == 1000
    assert {bytes(session.audio) for session in service.sessions} == {b"\x00\x10" * 16_000, b"\x00\x20" * 16_000}
    [metadata] = [found["data"]["metadata"] for found in messages if found["type"] == "post_final_transcript"]
    assert metadata["number_of_distinct_channels"] == 2
    assert (metadata["audio_duration"], metadata["billing_time"]) == (1.0, 2.0)


# --- the query and the headers of the POST ---------------------------------------------------------------


@covers("gladia.query.region")
@difference("D11")
def test_a_region_needs_an_upstream_that_is_there(over: tuple[Gateway, Emulation]) -> None:
    for region in ("eu-west", "us-west"):
        status, _headers, answer = over[0].post(query=f"?region={region}")
        assert status == 400
        assert "region must not be sent" in answer["validation_errors"][0]
        assert "--on-absent" in answer["validation_errors"][0]
    assert over[0].post(query="?region=moon")[2]["validation_errors"][0].startswith("region must be one of")


@covers("gladia.header.x-gladia-version", "gladia.header.access-control-allow-origin", "gladia.status.201")
def test_headers_of_the_post(over: tuple[Gateway, Emulation], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    headers = {"X-GLADIA-KEY": KEY, "x-gladia-version": "SdkPython/2.2.1", "origin": "https://page.example"}
    status, answered, answer = http("POST", f"{over[0].url}/v2/live", b"{}", headers)
    assert (status, sorted(answer)) == (201, ["created_at", "id", "url"])
    assert answered["access-control-allow-origin"] == "*"
    assert answered["content-type"].startswith("application/json")


@covers("gladia.endpoint.GET /openapi.json", "gladia.status.404")
@difference("D13")
def test_the_description_of_the_api_is_not_there(over: tuple[Gateway, Emulation]) -> None:
    status, _headers, answer = http("GET", f"{over[0].url}/openapi.json")
    assert (status, answer["message"]) == (404, "Cannot GET /openapi.json")
