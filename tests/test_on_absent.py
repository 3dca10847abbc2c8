"""What becomes of what the other service lacks: refused, said, or left out, as `--on-absent` says."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from gladiaio_sdk import create_live_v2_web_socket_message_from_json

from shim.bridges.actions import Note, OpenUpstream, RefuseRequest, SendUpstream, Topic
from shim.errors import BridgeError
from shim.mapping import parameters
from shim.mapping.assemblyai_parameters import MISSED, REFUSED
from shim.mapping.on_absent import Handling, OnAbsent, read_on_absent
from shim.mapping.session import REGION
from tests import assemblyai_bridge_runs as over_gladia
from tests.assemblyai_gateways import over_emulator as assemblyai_over_emulator
from tests.bridge_runs import STOP, TERMINATION, Run, messages, only, turn, types
from tests.emulated_services import connect, until, until_close
from tests.gateways import SPEECH, finals, over_emulator

TRANSLATION: dict[str, Any] = {"translation": True, "translation_config": {"target_languages": ["de", "fr"]}}
ADD_ONS: dict[str, Any] = {
    "realtime_processing": {**TRANSLATION, "named_entity_recognition": True, "sentiment_analysis": True},
    "post_processing": {"summarization": True},
}

# --- the policy ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "harmless", "harmful"),
    [
        ("warn", "warn", "strict"),
        ("", "warn", "strict"),
        ("strict", "strict", "strict"),
        ("ignore", "ignore", "ignore"),
        ("warn, translation=warn", "warn", "warn"),
        ("translation=ignore", "warn", "ignore"),
        ("STRICT,sentiment_analysis=warn", "warn", "strict"),
        ("ignore,translation=strict", "ignore", "strict"),
    ],
)
def test_policies(text: str, harmless: str, harmful: str) -> None:
    policy = read_on_absent(text)
    assert policy.of(parameters.SENTIMENT) == harmless
    assert policy.of(parameters.TRANSLATION) == harmful


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("often", "'often' is no policy"),
        ("warn,ignore", "'ignore' is no policy"),
        ("warn,translation=no", "'translation=no' is no policy"),
        ("warn,moon=ignore", "nothing that can be absent is named 'moon'"),
    ],
)
def test_what_is_no_policy(text: str, complaint: str) -> None:
    with pytest.raises(BridgeError, match=complaint):
        read_on_absent(text)


def test_what_harms_in_silence() -> None:
    rows = (*parameters.UNSERVED, *MISSED, *REFUSED, REGION)
    strict = {row.id.rpartition(".")[2] for row in rows if OnAbsent().of(row) is Handling.STRICT}
    assert strict == {
        "translation",
        "callback",
        "webhook_url",
        "redact_pii",
        "redact_pii_policies",
        "redact_pii_sub",
        "region",
    }


# --- a Gladia client -----------------------------------------------------------------------------


def test_gladia_what_harms_is_refused_by_default() -> None:
    found = Run({**ADD_ONS, "callback": True}).tell("request_received")
    assert only(found, RefuseRequest).validation_errors == (
        "realtime_processing.translation must be false: AssemblyAI's streaming has no translation "
        "(sttbridge --on-absent warn,translation=ignore goes on without it)",
        "callback must be false: AssemblyAI's streaming has no callback for each message; "
        "the gateway posts them itself, if it may "
        "(sttbridge serve --callbacks does it, sttbridge --on-absent warn,callback=ignore goes on without it)",
    )


def _warned(**flags: bool) -> list[dict[str, Any]]:
    """What a client hears of a session with every add-on, two finals long."""
    run = Run({**ADD_ONS, "messages_config": flags}, on_absent=read_on_absent("warn,translation=warn")).begun()
    names = "realtime_processing.translation, realtime_processing.named_entity_recognition, "
    names += "realtime_processing.sentiment_analysis, post_processing.summarization"
    assert only(run.actions, Note) == Note(Topic.ABSENT, names)
    for number, text in enumerate(("Hello.", "Good bye.")):
        run.tell("upstream_said", turn(number, text, final=True, start=1.0 + number))
    run.stopped()
    run.tell("upstream_said", TERMINATION)
    return [message for message in messages(run.actions) if message["type"] != "audio_chunk"]


def test_gladia_an_add_on_is_said_to_have_failed_after_each_final_and_at_the_end() -> None:
    heard = _warned(receive_speech_events=False)
    after_a_final = ["transcript", "translation", "translation", "named_entity_recognition", "sentiment_analysis"]
    end = ["stop_recording", "post_transcript", "post_summarization", "post_final_transcript"]
    assert [message["type"] for message in heard] == [*after_a_final, *after_a_final, *end]
    for message in heard:
        if message["type"] in after_a_final[1:] or message["type"] == "post_summarization":
            assert message["data"] is None
            assert message["error"]["message"].startswith("AssemblyAI's streaming has no ")
            read: Any = create_live_v2_web_socket_message_from_json(json.dumps(message))
            assert read.error.message == message["error"]["message"]
    result = heard[-1]["data"]
    for name in ("translation", "named_entity_recognition", "sentiment_analysis", "summarization"):
        assert result[name]["success"] is False
        assert result[name]["error"]["status_code"] == 501
        assert not result[name]["results"]
    assert result["transcription"]["full_transcript"] == "Hello. Good bye."


@pytest.mark.parametrize(
    ("flag", "hidden"),
    [
        ("receive_errors", {"translation", "named_entity_recognition", "sentiment_analysis", "post_summarization"}),
        ("receive_realtime_processing_events", {"translation", "named_entity_recognition", "sentiment_analysis"}),
        (
            "receive_post_processing_events",
            {"post_transcript", "post_summarization", "post_final_transcript"},
        ),
    ],
)
def test_gladia_failures_come_by_the_clients_flags(flag: str, hidden: set[str]) -> None:
    every = {message["type"] for message in _warned()}
    assert {message["type"] for message in _warned(**{flag: False})} == every - hidden


def test_gladia_nothing_is_said_of_what_is_ignored() -> None:
    run = Run({**ADD_ONS, "callback": True}, on_absent=read_on_absent("ignore")).begun()
    [note] = [action for action in run.actions if isinstance(action, Note)]
    assert note.topic is Topic.NOT_APPLIED
    assert note.text.endswith("post_processing.summarization, callback")
    assert types(run.tell("upstream_said", turn(0, "Hello.", final=True))) == [
        "speech_start",
        "speech_end",
        "transcript",
    ]
    run.stopped()
    summary = messages(run.tell("upstream_said", TERMINATION))[-1]
    assert sorted(summary["data"]) == ["metadata", "transcription"]


def test_gladia_failed_add_ons_on_the_wire(caplog: pytest.LogCaptureFixture) -> None:
    body = json.dumps({"realtime_processing": {"sentiment_analysis": True}}).encode()
    with over_emulator() as (served, _service):
        client = connect(served.session(body))
        client.send(SPEECH)
        client.send(STOP)
        heard, code, _reason = until_close(client)
        assert code == 1000
        failed = [message for message in heard if message["type"] == "sentiment_analysis"]
        assert len(failed) == len(finals(heard)) == 3
        [warning] = [record for record in caplog.records if record.levelno == logging.WARNING]
        assert warning.getMessage().endswith(": absent: realtime_processing.sentiment_analysis")


# --- an AssemblyAI client ------------------------------------------------------------------------


def _refusal(run: over_gladia.Run) -> str:
    run.tell("client_opened")
    [error] = run.heard
    assert (error["type"], error["error_code"]) == ("Error", 3006)
    assert not any(isinstance(action, OpenUpstream) for action in run.actions)
    text: str = error["error"]
    return text


def test_assemblyai_what_harms_is_refused_by_default() -> None:
    assert _refusal(over_gladia.Run(redact_pii=True, speaker_labels=True)) == (
        "User Input Validation Error: Invalid 'redact_pii': Value error, Gladia's live sessions have no redaction: "
        "personal data would appear in the transcripts "
        "(sttbridge --on-absent warn,redact_pii=ignore goes on without it)"
    )


@pytest.mark.parametrize(
    ("parameters", "name"),
    [({"speaker_labels": True}, "speaker_labels"), ({"language_codes": ["zu"]}, "language_codes zu")],
)
def test_assemblyai_everything_is_refused_that_is_missed(parameters: dict[str, Any], name: str) -> None:
    run = over_gladia.Run(on_absent="strict", **parameters)
    assert f"Invalid '{name}': Value error, " in _refusal(run)


def test_assemblyai_what_may_pass_is_named_in_the_warning_and_not_echoed() -> None:
    run = over_gladia.Run(on_absent="warn,redact_pii=warn", redact_pii=True, speaker_labels=True, domain="medical-v1")
    begin, warning = run.begun().heard
    assert warning["warning"].endswith("no effect there: speaker_labels, domain, redact_pii")
    echoed = begin["configuration"]
    assert (echoed["speaker_labels"], echoed["redact_pii"], echoed["domain"]) == (False, False, None)


def test_assemblyai_nothing_is_said_of_what_is_ignored() -> None:
    run = over_gladia.Run(on_absent="ignore", redact_pii=True, speaker_labels=True, mode="balanced").begun()
    assert [message["type"] for message in run.heard] == ["Begin"]
    assert only(run.actions, Note) == Note(Topic.NOT_APPLIED, "mode, speaker_labels, redact_pii")
    found = run.tell("client_said", json.dumps({"type": "UpdateConfiguration", "keyterms_prompt": ["a"]}))
    assert found == [Note(Topic.NOT_APPLIED, "keyterms_prompt")]


def test_assemblyai_a_strict_session_ends_by_an_update_that_cannot_be() -> None:
    run = over_gladia.Run(on_absent="strict", session_heartbeat=False).begun()
    update = {"type": "UpdateConfiguration", "session_heartbeat": True, "format_turns": True, "agent_context": "x"}
    run.tell("client_said", json.dumps(update))
    run.tell("client_said", json.dumps({"type": "UpdateConfiguration", "keyterms_prompt": ["a"]}))
    assert run.heard[-1]["error"] == (
        "User Input Validation Error: Invalid 'keyterms_prompt': Value error, it cannot change in a session over "
        "Gladia (sttbridge --on-absent warn goes on without it)"
    )
    assert SendUpstream(over_gladia.STOP) in run.actions


def test_assemblyai_the_policy_on_the_wire() -> None:
    with assemblyai_over_emulator(on_absent="strict") as (served, service):
        heard, code, _reason = until_close(served.dial(speaker_labels="true"))
        assert (code, [message["type"] for message in heard]) == (3006, ["Error"])
        assert "--on-absent warn,speaker_labels=ignore" in heard[0]["error"]
        assert service.sessions == []
    with assemblyai_over_emulator() as (served, _service):
        client = served.dial(speaker_labels="true", domain="medical-v1")
        [begin, warning] = until(client, lambda message: message["type"] == "Warning")
        assert begin["configuration"]["speaker_labels"] is False
        assert warning["warning"].endswith(": speaker_labels, domain")
