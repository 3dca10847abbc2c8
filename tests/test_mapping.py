"""The map: rows that hold together, conversions that agree in both of their forms, and its printing."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codemods.mapping_table import mapping_text
from shim.errors import BridgeError
from shim.mapping import catalogue, ends, languages, parameters, server_messages
from shim.mapping.paths import reader, steps_of, write
from shim.mapping.row import ABSENT, EXACT, Fidelity, Row, Section, Vendor, Way
from shim.mapping.translation import MessageTranslation, translate_parameters
from shim.wire import assemblyai

EVERY = catalogue.ALL_ROWS


def test_ids_are_unique_and_every_row_names_a_side() -> None:
    assert len(catalogue.by_id()) == len(EVERY)
    assert all(row.gladia or row.assemblyai for row in EVERY)


@pytest.mark.parametrize("row", EVERY, ids=lambda row: row.id)
def test_what_is_not_exact_has_a_reason(row: Row) -> None:
    for way in (row.over_assemblyai, row.over_gladia):
        if not (way.shim in EXACT and way.codemod in EXACT):
            assert way.reason


def test_a_way_without_a_reason_is_refused() -> None:
    with pytest.raises(ValueError, match="says why"):
        Way(Fidelity.ABSENT, Fidelity.ABSENT)


SAMPLES = {
    "client.audio_chunk": (base64.b64encode(b"\0\1").decode(), b"\0\1"),
    "speech_start.time": (1500, 1.5),
    "turn.id": (3, "00_00000003"),
    "turn.start": (640, 0.64),
    "turn.end": (1400, 1.4),
    "word.start": (640, 0.64),
    "word.end": (1400, 1.4),
}


@pytest.mark.parametrize("row", [row for row in EVERY if row.id in SAMPLES], ids=lambda row: row.id)
def test_the_two_forms_of_a_conversion_say_the_same(row: Row) -> None:
    for_assemblyai, for_gladia = SAMPLES[row.id]
    for way, value in ((row.over_assemblyai, for_assemblyai), (row.over_gladia, for_gladia)):
        conversion = way.conversion
        names = {"value": value, **{module: __import__(module) for module in conversion.modules}}
        assert eval(conversion.source, names) == conversion.live(value)


@given(st.integers(0, 3 * 60 * 60 * 1000))
def test_milliseconds_survive_seconds(milliseconds: int) -> None:
    assert server_messages.milliseconds(server_messages.seconds(milliseconds)) == milliseconds


@given(st.floats(0.1, 10.0, allow_nan=False))
def test_silences_are_whole_milliseconds_and_at_least_what_real_clients_run_with(seconds: float) -> None:
    most, least = parameters.ENDPOINTING.live(Vendor.ASSEMBLYAI, seconds)
    assert most == least and isinstance(most, int) and 100 <= most <= 10000


@pytest.mark.parametrize(
    ("wanted", "partials", "model"),
    [
        (["en"], False, "u3-rt-pro"),
        (["en-US", "fr"], ABSENT, "u3-rt-pro"),
        (["en"], True, "universal-3-6-pro"),
        ([], False, "universal-3-6-pro"),
        (ABSENT, ABSENT, "universal-3-6-pro"),
        (["ja"], False, "universal-3-6-pro"),
        (["pl"], False, "whisper-rt"),
        (["en", "pl"], True, "whisper-rt"),
    ],
)
def test_the_model_follows_languages_and_partials(wanted: object, partials: object, model: str) -> None:
    assert languages.assemblyai_model(ABSENT, wanted, partials) == model


def test_more_than_ten_languages_are_not_sent_and_whisper_takes_none() -> None:
    eleven = list(languages.NEWEST_LANGUAGES[:11])
    assert languages.language_codes(eleven, ABSENT, ABSENT) is ABSENT
    assert languages.language_codes(["pl"], ABSENT, ABSENT) is ABSENT
    assert languages.language_codes(["en-US", "en", "fr"], ABSENT, ABSENT) == ["en", "fr"]


def test_a_session_without_parameters_gets_what_keeps_gladias_behaviour() -> None:
    assert translate_parameters({}, Vendor.ASSEMBLYAI).values == {
        "speech_model": "universal-3-6-pro",
        "encoding": "pcm_s16le",
        "language_detection": True,
        "include_partial_turns": False,
    }


def test_every_parameter_that_gladia_has_is_translated() -> None:
    given_body = {
        "model": "solaria-1",
        "encoding": "wav/ulaw",
        "bit_depth": 8,
        "sample_rate": 8000,
        "channels": 1,
        "endpointing": 0.3,
        "maximum_duration_without_endpointing": 15,
        "language_config": {"languages": ["en", "fr"], "code_switching": True},
        "pre_processing": {"audio_enhancer": True, "speech_threshold": 0.8},
        "realtime_processing": {
            "custom_vocabulary": True,
            "custom_vocabulary_config": {
                "vocabulary": ["Kubernetes", {"value": "Siobhan", "intensity": 0.5}, "x" * 51],
                "default_intensity": 0.4,
            },
        },
        "messages_config": {"receive_partial_transcripts": True, "receive_lifecycle_events": True},
        "custom_metadata": {"call": "c-17"},
    }
    translated = translate_parameters(given_body, Vendor.ASSEMBLYAI)
    assert translated.unserved == ()
    assert translated.values == {
        "speech_model": "universal-3-6-pro",
        "encoding": "pcm_mulaw",
        "sample_rate": 8000,
        "max_turn_silence": 300,
        "min_turn_silence": 300,
        "language_codes": ["en", "fr"],
        "language_detection": True,
        "vad_threshold": 0.6,
        "voice_focus": "near-field",
        "keyterms_prompt": ["Kubernetes", "Siobhan"],
        "include_partial_turns": True,
    }


@pytest.mark.parametrize("row", parameters.UNSERVED, ids=lambda row: row.id)
def test_what_assemblyai_cannot_serve_is_named_when_switched_on(row: Row) -> None:
    body: dict[str, object] = {}
    write(body, steps_of(row.gladia[0]), True)
    assert translate_parameters(body, Vendor.ASSEMBLYAI).unserved == (row,)
    write(body, steps_of(row.gladia[0]), False)
    assert translate_parameters(body, Vendor.ASSEMBLYAI).unserved == ()


def test_assemblyai_parameters_become_a_body_of_gladias() -> None:
    body = translate_parameters(
        {"speech_model": "u3-rt-pro", "sample_rate": 8000, "encoding": "pcm_mulaw", "keyterms_prompt": ["x"]},
        Vendor.GLADIA,
    ).values
    assert body["encoding"] == "wav/ulaw" and body["bit_depth"] == 8 and body["sample_rate"] == 8000
    assert body["endpointing"] == 1.0 and body["maximum_duration_without_endpointing"] == 60
    assert body["language_config"] == {"languages": ["en", "es", "de", "fr", "pt", "it"], "code_switching": True}
    assert body["messages_config"] == {"receive_partial_transcripts": True}
    assert body["realtime_processing"]["custom_vocabulary"] is True


def test_a_turn_becomes_a_transcript() -> None:
    turn = assemblyai.server_messages.decode(
        '{"turn_order":3,"turn_is_formatted":false,"end_of_turn":false,"transcript":"Book a table—",'
        '"end_of_turn_confidence":0.0,"words":[{"start":640,"end":880,"text":"Book","confidence":0.5,'
        '"word_is_final":false},{"start":940,"end":1420,"text":"table—","confidence":0.7,"word_is_final":false}],'
        '"utterance":"","language_code":"en","type":"Turn"}'
    )
    assert MessageTranslation("Turn", "transcript", Vendor.ASSEMBLYAI).translate(turn) == {
        "data": {
            "id": "00_00000003",
            "is_final": False,
            "utterance": {
                "text": " Book a table",
                "start": 0.64,
                "end": 1.42,
                "confidence": 0.6,
                "language": "en",
                "words": [
                    {"word": " Book", "start": 0.64, "end": 0.88, "confidence": 0.5},
                    {"word": " table", "start": 0.94, "end": 1.42, "confidence": 0.7},
                ],
            },
        }
    }


def test_fields_without_a_source_are_left_to_the_caller() -> None:
    empty = {"turn_order": 0, "end_of_turn": True, "transcript": "", "words": []}
    found = MessageTranslation("Turn", "transcript", Vendor.ASSEMBLYAI).translate(empty)
    assert "start" not in found["data"]["utterance"] and "confidence" not in found["data"]["utterance"]


def test_types_that_no_row_joins_are_refused() -> None:
    with pytest.raises(ValueError, match="no row joins"):
        MessageTranslation("Turn", "translation", Vendor.ASSEMBLYAI)


@pytest.mark.parametrize("row", ends.ROWS, ids=lambda row: row.id)
def test_no_fatal_end_makes_gladias_sdks_retry(row: ends.EndRow) -> None:
    # Gladia's SDKs stop at these and open the socket again on every other code; 1009 is the client's own doing.
    assert row.gladia_close in (0, 1000, 1001, 1009) or 4400 <= row.gladia_close <= 4499


@pytest.mark.parametrize(
    ("code", "status"), [(1008, 401), (3009, 429), (3006, 400), (3007, 400), (3005, 503), (1011, 503), (4711, 503)]
)
def test_assemblyais_errors_become_gladias_statuses(code: int, status: int) -> None:
    assert ends.end_of_assemblyai(code).http_status == status


def test_paths_read_what_they_name() -> None:
    assert steps_of("Turn.words[-1].end") == ("Turn", "words", -1, "end")
    assert reader(steps_of("words[0].start"))({"words": [{"start": 5}]}) == 5
    assert reader(steps_of("words[0].start"))({"words": []}) is ABSENT
    assert reader(steps_of("words[].start"))({"words": [{"start": 5}, {"start": 6}]}) == [5, 6]
    assert reader(steps_of("a.b"))({"a": {"b": None}}) is ABSENT


def test_the_map_is_printed_whole_in_every_format() -> None:
    for form in ("table", "markdown"):
        text = mapping_text(form)
        assert all(path in text for row in EVERY for path in (*row.gladia, *row.assemblyai))
    printed = json.loads(mapping_text("json"))
    assert [row["id"] for row in printed["rows"]] == [row.id for row in EVERY]
    assert all(len(line) <= 80 for line in mapping_text("table").splitlines())
    with pytest.raises(BridgeError, match="no format"):
        mapping_text("yaml")


def test_rows_are_found_by_their_paths() -> None:
    assert catalogue.find(Section.SERVER, Vendor.GLADIA, ("transcript",)) == (server_messages.TRANSCRIPT,)
    assert catalogue.find(Section.SERVER, Vendor.GLADIA, ("nonsense",)) == ()
