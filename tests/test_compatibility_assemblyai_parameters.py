"""Each parameter of AssemblyAI's query over Gladia: what Gladia is asked for in its place, what is said of it."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from shim.emulator.emulation import Emulation
from tests.assemblyai_gateways import TERMINATE, Gateway, over_emulator
from tests.compatibility.marks import covers, difference
from tests.emulated_services import KEY, connect, until, until_close

Both = tuple[Gateway, Emulation]


@pytest.fixture(scope="module")
def over() -> Iterator[Both]:
    with over_emulator() as both:
        yield both


def names(*of: str) -> pytest.MarkDecorator:
    return covers(*(f"assemblyai.parameter.{name}" for name in of))


def begun(over: Both, query: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The body of Gladia's POST for a session with this query, and all that its client is told."""
    served, service = over
    client = served.dial(**query)
    until(client, lambda message: message["type"] == "Begin")
    client.send(TERMINATE)
    messages, code, _reason = until_close(client)
    assert code == 1000
    return service.sessions[-1].asked_for, messages


def at(body: dict[str, Any], path: str) -> Any:
    """What stands at a dotted path; None where nothing does."""
    for step in path.split("."):
        body = body.get(step) or {} if path.rpartition(".")[2] != step else body
    return body.get(path.rpartition(".")[2])


def shown(query: dict[str, Any]) -> str:
    """A query as the name of a test: with its values where they are short."""
    return ",".join(f"{name}={value}" if len(str(value)) <= 20 else name for name, value in query.items())


def given(query: dict[str, Any], asked: dict[str, Any], *marks: pytest.MarkDecorator, case: str = "") -> Any:
    """A query, and what Gladia must be asked for, by dotted paths; None is what must not be there."""
    return pytest.param(query, asked, marks=[names(*query), *marks], id=case or shown(query))


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        given({"speech_model": "u3-rt-pro"}, {"model": "solaria-1", "endpointing": 1.0}),
        given({"speech_model": "universal-streaming-english"}, {"language_config.languages": ["en"]}),
        given({"max_turn_silence": 700}, {"endpointing": 0.7}),
        given({"min_turn_silence": 100, "max_turn_silence": 2000}, {"endpointing": 2.0}, difference("D29")),
        given({"min_end_of_turn_silence_when_confident": 3000}, {"endpointing": 3.0}),
        given({"endpointing": 900}, {"endpointing": 0.9}, difference("D36")),
        given({"mode": "min_latency", "speech_model": "universal-3-5-pro"}, {"endpointing": 0.64}),
        given({"language_codes": '["de"]'}, {"language_config.languages": ["de"]}, names("a list as JSON")),
        given({"language_code": "de"}, {"language_config.languages": ["de"]}),
        given({"language": "en"}, {"language_config.languages": ["en"]}),
        given({"language_codes": '["yue"]'}, {"language_config.languages": ["zh"]}),
        given({"language_detection": "true"}, {"language_config.code_switching": True}),
        given(
            {"keyterms_prompt": "['a b', \"it's\"]"},
            {"realtime_processing.custom_vocabulary_config.vocabulary": ["a b", "it's"]},
            names("a list as Python writes it"),
        ),
        given({"keyterms": '["ticket"]'}, {"realtime_processing.custom_vocabulary": True}),
        given({"vad_threshold": 0.2}, {"pre_processing": None}),
        given({"vad_threshold": 0.6}, {"pre_processing.speech_threshold": 0.8}),
        given({"voice_focus": "far-field"}, {"pre_processing.audio_enhancer": True}),
        given({"noise_suppression_model": "near-field"}, {"pre_processing.audio_enhancer": True}),
        given({"max_turn_duration": 5}, {"maximum_duration_without_endpointing": 60}),
        given({"model": "universal-streaming-english"}, {"language_config.languages": ["en"]}, difference("D36")),
        given({"include_partial_turns": "FALSE"}, {}, names("a boolean in any case")),
        given({"end_of_turn_confidence_threshold": 0}, {"language_config.languages": ["en"]}),
        pytest.param(
            {"encoding": "linear16"},
            {"encoding": "wav/pcm"},
            marks=[names("encoding linear16"), difference("D36")],
            id="linear16",
        ),
        pytest.param(
            {"formatted_finals": "x"}, {"formatted_finals": None}, marks=names("an unknown name"), id="an unknown name"
        ),
    ],
)
def test_what_gladia_is_asked_for(over: Both, query: dict[str, Any], asked: dict[str, Any]) -> None:
    body, messages = begun(over, query)
    assert {path: at(body, path) for path in asked} == asked
    assert [message["type"] for message in messages] == ["Termination"], "nothing is to be said about it"


MISSED: dict[str, Any] = {
    "speaker_labels": "true",
    "max_speakers": 2,
    "speaker_labels_revision_interval_ms": 120000,
    "domain": "medical-v1",
    "prompt": "a call about trains",
    "llm_gateway": json.dumps({"model": "m", "messages": [], "max_tokens": 1}),
}
HINTS: dict[str, Any] = {
    "interruption_delay": 200,
    "turn_left_pad_ms": 10,
    "continuous_partials": "false",
    "agent_context": "Where to?",
    "previous_context_n_turns": 3,
    "voice_focus_threshold": 0.5,
    "customer_support_audio_capture": "true",
}


@names(*MISSED)
@difference("D22")
def test_one_warning_names_what_is_missed(over: Both) -> None:
    _body, [warning, end] = begun(over, MISSED)
    assert (warning["type"], end["type"]) == ("Warning", "Termination")
    assert sorted(warning["warning"].rpartition(": ")[2].split(", ")) == sorted(MISSED)


@difference("D33")
@names("language_codes")
def test_languages_that_gladia_does_not_know_are_named(over: Both) -> None:
    body, [warning, _end] = begun(over, {"language_codes": '["de", "xh"]'})
    assert body["language_config"]["languages"] == ["de"]
    assert warning["warning"].endswith(": language_codes xh")


@names(*HINTS, "_customer_support_audio_capture", "noise_suppression_threshold", "end_of_turn_confidence_threshold")
def test_hints_are_only_logged(over: Both, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    old_names = {"noise_suppression_threshold": 0.5, "end_of_turn_confidence_threshold": 0.5}
    other_name = {"_customer_support_audio_capture": "true"}
    for query in (HINTS, old_names, other_name):
        _body, messages = begun(over, query)
        assert [message["type"] for message in messages] == ["Termination"]
    assert all(name in caplog.text for name in (*HINTS, "end_of_turn_confidence_threshold"))


def refused(query: dict[str, Any], text: str, *marks: pytest.MarkDecorator, case: str = "") -> Any:
    return pytest.param(query, text, marks=marks, id=case or shown(query))


@pytest.mark.parametrize(
    ("query", "text"),
    [
        refused({"encoding": "opus"}, "opus is not possible over Gladia", names("encoding opus"), difference("D25")),
        refused({"encoding": "ogg_opus"}, "ogg_opus is not possible", names("encoding ogg_opus"), difference("D25")),
        refused({"encoding": "aac"}, "aac is not possible over Gladia", names("encoding aac"), difference("D25")),
        refused({"redact_pii": "true"}, "no redaction", names("redact_pii"), difference("D26")),
        refused(
            {"redact_pii": "true", "redact_pii_sub": "hash", "redact_pii_policies": '["person_name"]'},
            "no redaction",
            names("redact_pii_sub", "redact_pii_policies"),
        ),
        refused({"redact_pii_sub": "stars"}, "Invalid 'redact_pii_sub': Input should be", names("redact_pii_sub")),
        refused({"sample_rate": 7999}, "sample_rate must be at least 8,000 Hz", names("sample_rate")),
        refused({"speech_model": "nova"}, "Invalid 'speech_model': Input should be", names("speech_model")),
        refused({"mode": "fast"}, "Invalid 'mode'", names("mode")),
        refused({"interruption_delay": 1001}, "less than or equal to 1000", names("interruption_delay")),
        refused({"vad_threshold": 2}, "less than or equal to 1", names("vad_threshold")),
        refused({"max_speakers": 11}, "less than or equal to 10", names("max_speakers")),
        refused({"previous_context_n_turns": 101}, "less than or equal to 100", names("previous_context_n_turns")),
        refused({"inactivity_timeout": 4}, "greater than or equal to 5", names("inactivity_timeout")),
        refused({"format_turns": "maybe"}, "Input should be a valid boolean", names("format_turns")),
        refused(
            {"keyterms_prompt": json.dumps(["x"] * 101)},
            "Invalid 'keyterms_prompt': Value error, Max 100 items",
            covers("assemblyai.limit.100 key terms"),
        ),
        refused({"keyterms_prompt": "not a list"}, "Value error, Invalid JSON array", names("keyterms_prompt")),
        refused(
            {"agent_context": "x" * 1800},
            "agent_context exceeds maximum length of 1750 characters (got 1800)",
            covers("assemblyai.limit.1750 characters of context"),
        ),
        refused({"prompt": "x" * 1751}, "prompt exceeds maximum length", names("prompt")),
        refused({"language_codes": json.dumps(["en"] * 11)}, "Max 10 items", covers("assemblyai.limit.10 languages")),
        refused({"language_codes": '["klingon"]'}, "Invalid 'language_codes.0': Input should be 'en'"),
    ],
)
@covers("assemblyai.close.3006 for a parameter")
def test_what_is_refused(over: Both, query: dict[str, Any], text: str) -> None:
    served, service = over
    before = service.sessions_so_far
    messages, code, reason = until_close(served.dial(**query))
    [error] = messages
    assert (error["type"], error["error_code"], code) == ("Error", 3006, 3006)
    assert reason == "See Error message for details"
    assert error["error"].startswith("User Input Validation Error: Invalid '")
    assert text in error["error"]
    assert service.sessions_so_far == before, "nothing was begun at Gladia"


@covers(
    "assemblyai.header.User-Agent", "assemblyai.header.AssemblyAI-Version", "assemblyai.header.sec-websocket-extensions"
)
def test_headers_of_the_handshake(over: Both) -> None:
    served, _service = over
    headers = {"authorization": KEY, "User-Agent": "AssemblyAI/1.0 (sdk=Python)", "AssemblyAI-Version": "2025-05-12"}
    client = connect(served.socket_url(), additional_headers=headers, compression="deflate", user_agent_header=None)
    assert client.response is not None
    assert "sec-websocket-extensions" not in client.response.headers
    [begin] = until(client, lambda message: message["type"] == "Begin")
    assert begin["configuration"]["api_version"] == "2025-05-12"
    client.send(TERMINATE)
    assert until_close(client)[1] == 1000
