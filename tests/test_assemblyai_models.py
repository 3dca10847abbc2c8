"""What each family of AssemblyAI's models says to the same recording: the emulator's sessions, without a socket."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from assemblyai.streaming.v3.models import SpeakerRevisionEvent, TurnEvent

from shim.audio import AudioFormat
from shim.emulator.assemblyai_session import AssemblyAISession
from shim.emulator.transcript import Transcript
from shim.faces import assemblyai as face
from shim.wire import assemblyai as wire
from shim.wire.codec import encode
from tests.emulated_assemblyai import summary
from tests.emulated_services import RATE, RECORDING, utterance

US = "universal-streaming-english"
WHISPER = "whisper-rt"
PRO = "u3-rt-pro"
P36 = "universal-3-6-pro"


class Listener:
    """A session and everything that it has said, as it stands on the wire."""

    def __init__(self, model: str = US, recording: Transcript = RECORDING, **asked: str) -> None:
        parameters = face.read_parameters({"speech_model": model, **asked}.items())
        self.session = AssemblyAISession(parameters, AudioFormat(), recording)
        self.messages: list[Any] = []

    def hear_until(self, seconds: float) -> "Listener":
        """Sends audio in steps of 50 ms, so that nothing that is due in one message hides an order."""
        while self.session.seconds < seconds - 0.001:
            self.take(self.session.hear(bytes(RATE // 20), elapsed_seconds=1000))
        return self

    def update(self, **changes: Any) -> "Listener":
        self.session.update(wire.UpdateConfiguration(**changes))
        return self

    def force(self) -> "Listener":
        self.take(self.session.force_endpoint())
        return self

    def finish(self) -> list[Any]:
        self.take(self.session.terminate(elapsed_seconds=7.4))
        return self.messages

    def take(self, messages: Sequence[Any]) -> None:
        self.messages += [msgspec.json.decode(msgspec.json.encode(message)) for message in messages]


def heard(model: str = US, recording: Transcript = RECORDING, seconds: float = 5, **asked: str) -> list[Any]:
    return Listener(model, recording, **asked).hear_until(seconds).finish()


def turns(messages: list[Any]) -> list[Any]:
    return [message for message in messages if message["type"] == "Turn"]


def finals(messages: list[Any]) -> list[Any]:
    return [turn for turn in turns(messages) if turn["end_of_turn"]]


WORD_BY_WORD = [
    "~0 ",
    "~0 hello",
    ".0 hello world",
    "~1 ",
    "~1 book",
    "~1 book a",
    "~1 book a table",  # the pause: the first utterance of this turn
    "~1 book a table",
    "~1 book a table for",
    ".1 book a table for two",
]


class TestUniversalStreaming:
    @pytest.mark.parametrize("model", face.US_MODELS)
    def test_word_by_word(self, model: str) -> None:
        assert summary(heard(model)) == [*WORD_BY_WORD, ".2 ", "Termination"]

    def test_a_partial_ends_in_a_part_of_a_word(self) -> None:
        _first, second, *_others = heard()
        assert second["transcript"] == "hello"
        assert second["words"] == [
            {"start": 400, "end": 700, "text": "hello", "confidence": 0.9, "word_is_final": True},
            {"start": 800, "end": 1000, "text": "wor", "confidence": 0.61, "word_is_final": False},
        ]
        assert (second["turn_is_formatted"], second["end_of_turn"], second["utterance"]) == (False, False, "")
        assert 0 < second["end_of_turn_confidence"] < 0.4

    def test_an_utterance_is_given_once_when_its_speaker_pauses(self) -> None:
        given = [(turn["end_of_turn"], turn["utterance"]) for turn in turns(heard()) if turn["utterance"]]
        assert given == [(True, "Hello world"), (False, "Book a table"), (True, "For two")]

    def test_an_utterance_waits_for_the_end_where_no_partials_are_wanted(self) -> None:
        messages = heard(include_partial_turns="false")
        assert summary(messages) == [".0 hello world", ".1 book a table for two", ".2 ", "Termination"]
        assert [turn["utterance"] for turn in turns(messages)] == ["Hello world", "Book a table for two", ""]

    def test_the_formatted_pair(self) -> None:
        messages = heard(format_turns="True", include_partial_turns="false")
        assert summary(messages) == [
            ".0 hello world",
            "=0 Hello world.",
            ".1 book a table for two",
            "=1 Book a table for two.",
            ".2 ",
            "Termination",
        ]
        plain, formatted, *_others = messages
        assert plain["end_of_turn_confidence"] == formatted["end_of_turn_confidence"] == 0.8
        assert (plain["utterance"], formatted["utterance"]) == ("Hello world", "")
        assert [word["text"] for word in plain["words"]] == ["hello", "world"]
        assert [word["text"] for word in formatted["words"]] == ["Hello", "world."]
        times = [[(word["start"], word["end"]) for word in turn["words"]] for turn in (plain, formatted)]
        assert times[0] == times[1]

    def test_formatting_may_be_asked_for_in_mid_session(self) -> None:
        """As the vendor's SDK example does it, at the first end of a turn."""
        listener = Listener(include_partial_turns="false").hear_until(2).update(format_turns=True).hear_until(5)
        assert summary(listener.finish())[:3] == [
            ".0 hello world",
            ".1 book a table for two",
            "=1 Book a table for two.",
        ]

    def test_the_empty_final_is_the_next_turn_and_has_no_words(self) -> None:
        messages = heard(format_turns="true", speaker_labels="true", language_detection="true")
        empty = [turn for turn in turns(messages) if not turn["transcript"] and turn["end_of_turn"]]
        assert len(empty) == 1
        assert (empty[0]["turn_order"], empty[0]["words"], empty[0]["turn_is_formatted"]) == (2, [], False)
        assert not {"speaker_label", "language_code"} & set(empty[0])
        assert messages.index(empty[0]) > messages.index(finals(messages)[-2])

    def test_nothing_but_the_empty_final_without_speech(self) -> None:
        assert summary(heard(seconds=0.3)) == [".0 ", "Termination"]

    @pytest.mark.parametrize(
        ("asked", "ended"),
        [
            ({"end_of_turn_confidence_threshold": "0"}, ["hello world", "book a table", "for two"]),
            ({"end_of_turn_confidence_threshold": "0.9"}, ["hello world book a table for two"]),
            ({"max_turn_silence": "400"}, ["hello world", "book a table", "for two"]),
            ({"min_turn_silence": "1000"}, ["hello world book a table for two"]),
        ],
    )
    def test_what_ends_a_turn(self, asked: dict[str, str], ended: list[str]) -> None:
        messages = heard(seconds=6, include_partial_turns="false", **asked)
        assert [final["transcript"] for final in finals(messages)] == [*ended, ""]
        assert not any(word["text"] in ("Hello", "world.") for final in finals(messages) for word in final["words"])

    def test_the_end_in_mid_word(self) -> None:
        """Only what was understood is final; the started word belongs to no turn."""
        messages = Listener().hear_until(2.45).finish()
        assert summary(messages)[-3:] == [".1 book a", ".2 ", "Termination"]

    def test_language_fields_are_the_multilingual_models(self) -> None:
        for model, code in ((face.US_MODELS[0], None), (face.US_MODELS[1], "en")):
            messages = heard(model, language_detection="true")
            assert [final.get("language_code") for final in finals(messages)[:-1]] == [code, code]
            assert not any("language_code" in turn for turn in turns(messages) if not turn["end_of_turn"])


class TestWhisper:
    def test_plain_turns_and_formatted_utterances(self) -> None:
        messages = heard(WHISPER)
        assert summary(messages) == [*WORD_BY_WORD, "Termination"]
        assert [turn["utterance"] for turn in turns(messages) if turn["utterance"]] == [
            "Hello world.",
            "Book a table",
            "for two.",
        ]

    def test_it_has_no_confidence_in_words_and_all_in_turns(self) -> None:
        messages = turns(heard(WHISPER, format_turns="true"))
        assert {word["confidence"] for turn in messages for word in turn["words"]} == {0.0}
        assert {turn["end_of_turn_confidence"] for turn in messages} == {1.0}

    def test_the_language_is_always_told(self) -> None:
        assert {final["language_code"] for final in finals(heard(WHISPER))} == {"en"}

    def test_the_formatted_pair(self) -> None:
        assert summary(heard(WHISPER, format_turns="true", include_partial_turns="false")) == [
            ".0 hello world",
            "=0 Hello world.",
            ".1 book a table for two",
            "=1 Book a table for two.",
            "Termination",
        ]

    def test_silence_is_tagged_once_and_takes_a_turn_of_its_own(self) -> None:
        recording = Transcript([utterance(("One.", 2.5, 3.0)), utterance(("Two.", 5.5, 6.0))])
        messages = heard(WHISPER, recording, seconds=12, include_partial_turns="false")
        assert summary(messages) == [
            ".0 [Silence]",
            ".1 one",
            ".2 [Silence]",
            ".3 two",
            ".4 [Silence]",
            "Termination",
        ]
        tag = messages[2]
        assert [(word["start"], word["end"], word["text"]) for word in tag["words"]] == [(3000, 5000, "[Silence]")]
        assert (tag["utterance"], tag["words"][0]["confidence"]) == ("[Silence]", 0.0)

    def test_only_whisper_tags_silence(self) -> None:
        for model in (US, PRO, P36):
            assert not any("[" in turn["transcript"] for turn in turns(heard(model, seconds=9)))

    def test_turn_settings_change_nothing(self) -> None:
        assert heard(WHISPER, min_turn_silence="5000", max_turn_silence="5000") == heard(WHISPER)


class TestForcing:
    @pytest.mark.parametrize(
        ("model", "asked", "ended"),
        [
            (US, {}, [".1 book a"]),
            (US, {"format_turns": "true"}, [".1 book a", "=1 Book a"]),
            (WHISPER, {}, [".1 book a"]),
            (PRO, {}, ["SpeechStarted", "=1 Book a"]),
            (P36, {}, ["SpeechStarted", "=1 Book a"]),
        ],
    )
    def test_it_ends_the_open_turn_once(self, model: str, asked: dict[str, str], ended: list[str]) -> None:
        listener = Listener(model, include_partial_turns="false", **asked).hear_until(2.45)
        before = len(listener.messages)
        assert summary(listener.force().messages[before:]) == ended
        assert summary(listener.force().messages[before:]) == ended
        rest = summary(listener.hear_until(5).messages[before + len(ended) :])
        assert rest[-1].removeprefix("=2 ").removeprefix(".2 ").lower().rstrip(".") == "table for two"

    @pytest.mark.parametrize("model", [US, WHISPER, PRO, P36])
    def test_nothing_happens_where_nobody_speaks(self, model: str) -> None:
        assert Listener(model).force().messages == []
        listener = Listener(model).hear_until(0.5)
        listener.messages.clear()
        assert listener.force().messages == []

    def test_a_forced_end_after_the_utterance_was_given(self) -> None:
        forced = Listener().hear_until(3.35).force().messages[-1]
        assert (forced["transcript"], forced["utterance"]) == ("book a table", "")


class TestUpdates:
    def test_silences(self) -> None:
        listener = Listener(PRO, include_partial_turns="false").hear_until(3).update(max_turn_silence=300)
        ended = finals(listener.hear_until(5).messages)
        assert [final["transcript"] for final in ended] == ["Hello world.", "Book a table", "for two."]

    def test_the_confidence_that_is_enough(self) -> None:
        listener = Listener(include_partial_turns="false").update(end_of_turn_confidence_threshold=0.1)
        assert [final["transcript"] for final in finals(listener.hear_until(5).messages)][1] == "book a table"

    def test_the_mode_brings_its_silences(self) -> None:
        listener = Listener(P36, mode="max_accuracy", include_partial_turns="false")
        assert [final["words"][-1]["end"] for final in finals(listener.hear_until(1.6).messages)] == []
        ended = finals(Listener(P36, include_partial_turns="false").hear_until(1.6).messages)
        assert len(ended) == 1
        listener.update(mode="balanced")
        assert len(finals(listener.hear_until(1.65).messages)) == 1

    @pytest.mark.parametrize(
        ("changes", "texts"),
        [
            ({}, ["Hello—"]),
            ({"interruption_delay": 0}, ["Hello—"]),
            ({"interruption_delay": 800}, []),
        ],
    )
    def test_the_delay_of_the_first_partial(self, changes: dict[str, Any], texts: list[str]) -> None:
        partials = turns(Listener(P36).update(**changes).hear_until(1.25).messages)
        assert [partial["transcript"] for partial in partials] == texts

    def test_fewer_partials(self) -> None:
        often, seldom = (
            len(turns(Listener(P36, max_turn_silence="5000").update(continuous_partials=flag).hear_until(4).messages))
            for flag in (True, False)
        )
        assert seldom < often

    def test_profanity_and_silence(self) -> None:
        recording = Transcript([utterance(("Damn,", 0.2, 0.5), ("rain.", 0.6, 1.0)), utterance(("Damn!", 5, 5.5))])
        listener = Listener(PRO, recording).hear_until(3).update(filter_profanity=True, acknowledge_silence=True)
        assert summary(listener.hear_until(6.5).finish()) == [
            "SpeechStarted",
            "=0 Damn, rain.",
            "Silence",  # the seconds that end at 4 and 5; the one that ended at 3 was over
            "Silence",
            "SpeechStarted",
            "=1 ***!",
            "Silence",
            "Termination",
        ]

    def test_what_is_only_said_when_connecting_changes_nothing(self) -> None:
        listener = Listener(PRO)
        before = listener.session.parameters
        frame = (
            '{"type":"UpdateConfiguration","speech_model":"whisper-rt","sample_rate":8000,"speaker_labels":true,'
            '"inactivity_timeout":5,"include_partial_turns":false,"bogus":1}'
        )
        update = face.read_message(frame)
        assert isinstance(update, wire.UpdateConfiguration)
        listener.session.update(update)
        assert listener.session.parameters == before

    @pytest.mark.parametrize("name", ["prompt", "agent_context"])
    def test_too_long_a_text(self, name: str) -> None:
        listener = Listener(PRO).update(**{name: "x" * 1750}).update(**{name: ""})
        with pytest.raises(face.Refusal) as caught:
            listener.update(**{name: "x" * 1751})
        assert caught.value.code == 3006
        assert caught.value.text.endswith(f"{name} exceeds maximum length of 1750 characters (got 1751)")

    def test_a_refused_update_changes_nothing(self) -> None:
        listener = Listener(PRO)
        with pytest.raises(face.Refusal):
            listener.update(max_turn_silence=100, vad_threshold=2.0)
        assert listener.session.parameters.max_turn_silence == 1000


TWO_SPEAKERS = Transcript(
    [
        utterance(("Good", 0.2, 0.6), ("morning.", 0.7, 1.4)),
        utterance(("Hi.", 2.3, 2.6), speaker=1),
        utterance(("How", 3.6, 4.0), ("are", 4.1, 4.5), ("you?", 4.6, 5.0), speaker=2),
    ]
)


class TestSpeakers:
    @pytest.mark.parametrize("model", [US, PRO, P36])
    def test_a_short_turn_is_pending_until_the_end(self, model: str) -> None:
        messages = heard(model, TWO_SPEAKERS, seconds=6, speaker_labels="true")
        labelled = [final for final in finals(messages) if final["words"]]
        assert [final["speaker_label"] for final in labelled] == ["A", "PENDING", "C"]
        assert [final["words"][0]["speaker"] for final in labelled] == ["A", "PENDING", "C"]
        assert messages[-2]["type"] == "SpeakerRevision"
        assert [(item["turn_order"], item["speaker_label"]) for item in messages[-2]["revisions"]] == [(1, "B")]
        assert messages[-2]["revisions"][0]["words"][0]["speaker"] == "B"
        SpeakerRevisionEvent.model_validate(messages[-2])
        assert not any(
            "speaker" in word for turn in turns(messages) if not turn["end_of_turn"] for word in turn["words"]
        )

    def test_a_speaker_too_many_counts_as_the_last(self) -> None:
        messages = heard(PRO, TWO_SPEAKERS, seconds=6, speaker_labels="true", max_speakers="2")
        assert [final["speaker_label"] for final in finals(messages)] == ["A", "PENDING", "B"]

    def test_no_labels_unless_asked_for_nor_from_whisper(self) -> None:
        for messages in (heard(PRO, TWO_SPEAKERS, seconds=6), heard(WHISPER, TWO_SPEAKERS, speaker_labels="true")):
            assert not any("speaker" in str(message) for message in messages)

    def test_the_pair_is_labelled_and_revised_once(self) -> None:
        messages = heard(US, TWO_SPEAKERS, seconds=6, speaker_labels="true", format_turns="true")
        assert [final.get("speaker_label") for final in finals(messages)] == [
            *("A", "A", "PENDING", "PENDING", "C", "C"),
            None,
        ]
        assert [word["text"] for word in messages[-2]["revisions"][0]["words"]] == ["Hi."]


class TestSilence:
    def test_each_second_of_it(self) -> None:
        messages = heard(PRO, seconds=7, acknowledge_silence="true")
        silences = [message for message in messages if message["type"] == "Silence"]
        assert [(silence["start_ms"], silence["end_ms"]) for silence in silences] == [
            (4000, 5000),
            (5000, 6000),
            (6000, 7000),
        ]

    def test_the_pro_models_alone(self) -> None:
        for model in (US, WHISPER):
            assert "Silence" not in summary(heard(model, seconds=7, acknowledge_silence="true"))

    def test_not_unless_asked_for(self) -> None:
        assert "Silence" not in summary(heard(PRO, seconds=7))


class TestHeartbeat:
    def test_it_counts_from_the_begin(self) -> None:
        listener = Listener(PRO).hear_until(3)
        first = listener.session.heartbeat(elapsed_seconds=5.0)
        assert (first.total_audio_received_ms, first.total_duration_ms, first.realtime_factor) == (3000, 5000, 0.6)
        assert first.max_speech_probability == 0.9
        listener.hear_until(4.5)
        assert listener.session.heartbeat(10.0).max_speech_probability == 0.9
        listener.hear_until(6)
        last = listener.session.heartbeat(15.0)
        assert (last.total_audio_received_ms, last.max_speech_probability) == (6000, 0.0)


@pytest.mark.parametrize("model", [US, WHISPER, PRO, P36])
@pytest.mark.parametrize("flags", [{}, {"format_turns": "true", "speaker_labels": "true", "filter_profanity": "true"}])
def test_the_sdk_takes_every_turn(model: str, flags: dict[str, str]) -> None:
    """An invalid frame would end its read thread in silence."""
    for message in turns(heard(model, TWO_SPEAKERS, seconds=9, language_detection="true", **flags)):
        TurnEvent.model_validate(message)


@pytest.mark.parametrize("model", [US, WHISPER, PRO, P36])
def test_turn_order_never_falls_and_has_no_gaps(model: str) -> None:
    orders = [turn["turn_order"] for turn in turns(heard(model, TWO_SPEAKERS, seconds=12, format_turns="true"))]
    assert orders == sorted(orders)
    assert set(orders) == set(range(max(orders) + 1))


def test_masked_words_stay_masked_in_partials() -> None:
    recording = Transcript([utterance(("Bloody", 0.2, 0.5), ("hell,", 0.6, 0.9), ("stop.", 1.0, 1.4))])
    for model in (US, PRO, P36, WHISPER):
        said = str(heard(model, recording, filter_profanity="true"))
        assert "hell" not in said.lower() and "***" in said
        assert "***" not in str(heard(model, recording))


FRAMES = [json.loads(line) for line in (Path(__file__).parent / "reference_frames/assemblyai_server.jsonl").open()]
OPTIONAL = {message.__name__: message for message in (wire.Heartbeat, wire.Silence, wire.SpeakerRevision)}


@pytest.mark.parametrize("name", OPTIONAL)
def test_the_optional_messages_are_written_as_in_the_reference(name: str) -> None:
    frame = next(frame for frame in FRAMES if isinstance(frame, dict) and frame["type"] == name)
    written = json.loads(encode(msgspec.convert(frame, OPTIONAL[name])))
    assert written == frame
    assert next(iter(written)) == "type"
