"""The local AssemblyAI's redaction and webhooks, met by raw clients."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shim.emulator.transcript import Transcript, Utterance, Word, load_transcript
from shim.errors import BridgeError
from tests.callback_receiver import receiver
from tests.emulated_assemblyai import SPEED, begin, finish, stream, summary
from tests.emulated_services import emulation, serve, wait_for

TALK = Transcript(
    [
        Utterance(
            [
                Word("I", 0.2, 0.3),
                Word("am", 0.3, 0.5),
                Word("Ann-Marie", 0.5, 0.9, pii="person_name"),
                Word("Smith,", 0.9, 1.2, pii="person_name"),
                Word("aged", 1.2, 1.5),
                Word("42.", 1.5, 1.9, pii="person_age"),
            ]
        )
    ]
)
P36 = "universal-3-6-pro"
US = "universal-streaming-english"


def heard(**parameters: Any) -> list[Any]:
    played = emulation(TALK, speed=SPEED)
    with serve("assemblyai", played) as where:
        socket = begin(where, **parameters)
        stream(socket, played, 2.0)
        return finish(socket)


class TestRedaction:
    @pytest.mark.parametrize(
        ("asked", "text"),
        [
            ({"redact_pii": "false"}, "I am Ann-Marie Smith, aged 42."),
            ({"redact_pii": "true"}, "I am ###-##### #####, aged ##."),
            ({"redact_pii": "true", "redact_pii_policies": '["person_age"]'}, "I am Ann-Marie Smith, aged ##."),
            (
                {"redact_pii": "true", "redact_pii_sub": "entity_name"},
                "I am [PERSON_NAME] [PERSON_NAME], aged [PERSON_AGE].",
            ),
        ],
    )
    def test_finals(self, asked: dict[str, str], text: str) -> None:
        turns = [message for message in heard(speech_model=P36, **asked) if message["type"] == "Turn"]
        assert (turns[-1]["transcript"], turns[-1]["utterance"]) == (text, text)
        assert " ".join(word["text"] for word in turns[-1]["words"]) == text
        assert (len(turns) == 1) == (asked["redact_pii"] == "true"), "no partials, unless they are asked for"

    def test_partials_are_not_redacted(self) -> None:
        asked = {"redact_pii": "true", "include_partial_turns": "true", "continuous_partials": "true"}
        assert any("~0 I am Ann-Marie" in said for said in summary(heard(speech_model=P36, **asked)))

    def test_plain_and_formatted_finals(self) -> None:
        asked = {"redact_pii": "true", "redact_pii_sub": "entity_name", "format_turns": "true"}
        messages = heard(speech_model=US, **asked)
        assert summary(messages)[:2] == [
            ".0 i am [PERSON_NAME] [PERSON_NAME] aged [PERSON_AGE]",
            "=0 I am [PERSON_NAME] [PERSON_NAME], aged [PERSON_AGE].",
        ]
        assert messages[0]["utterance"] == "I am [PERSON_NAME] [PERSON_NAME] aged [PERSON_AGE]"


def test_the_file_names_the_policy_of_a_word(tmp_path: Path) -> None:
    path = tmp_path / "transcript.json"
    form = '{"utterances": [{"words": [{"text": "Ann", "start": 0, "end": 1, "pii": "%s"}]}]}'
    path.write_text(form % "person_name")
    assert load_transcript(path).utterances[0].words[0].pii == "person_name"
    path.write_text(form % "Person name")
    with pytest.raises(BridgeError, match="no name of a policy"):
        load_transcript(path)


class TestWebhook:
    def test_one_post_after_the_end_with_the_finals(self) -> None:
        played = emulation(TALK, speed=SPEED)
        secret = {"webhook_auth_header_name": "X-Secret", "webhook_auth_header_value": "s"}
        with receiver() as (url, calls), serve("assemblyai", played) as where:
            socket = begin(where, speech_model=US, format_turns="true", webhook_url=url, **secret)
            stream(socket, played, 2.0)
            assert calls.bodies == []
            messages = finish(socket)
            wait_for(lambda: calls.bodies)
        [body] = calls.bodies
        finals = [message for message in messages if message["type"] == "Turn" and message["end_of_turn"]]
        assert body["messages"] == finals
        assert len(finals) == 3
        assert calls.headers[0]["x-secret"] == "s"
        assert calls.headers[0]["content-type"] == "application/json"

    def test_a_receiver_that_fails_is_tried_again(self) -> None:
        played = emulation(TALK, speed=SPEED)
        with receiver(500, 503, 204) as (url, calls), serve("assemblyai", played) as where:
            finish(begin(where, webhook_url=url))
            wait_for(lambda: len(calls.bodies) == 3)
        assert {body["session_id"] for body in calls.bodies} == {played.sessions[0].id}

    def test_one_that_refuses_is_not(self) -> None:
        played = emulation(TALK, speed=SPEED)
        with receiver(410, 200) as (url, calls), serve("assemblyai", played) as where:
            finish(begin(where, webhook_url=url))
            wait_for(lambda: calls.bodies)
            finish(begin(where, webhook_url=url))
            wait_for(lambda: len(calls.bodies) == 2)
        assert len({body["session_id"] for body in calls.bodies}) == 2
