"""docs/compatibility.md: every item of the two references is there, with the tests that show it."""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import Any

import assemblyai.streaming.v3.models as assemblyai_models
import gladiaio_sdk
import pytest
from assemblyai.streaming.v3 import RealTimeEvents

from shim.mapping.row import Vendor
from tests.compatibility.differences import DIFFERENCES
from tests.compatibility.items import ITEMS
from tests.compatibility.page import page
from tests.compatibility.shown import cases_of_one_name, files_without_sockets, shown
from tests.test_docs import DOCS, held


def test_every_item_has_a_test() -> None:
    assert [item.id for item in ITEMS if item.id not in shown("covers")] == []


def test_every_cover_names_an_item() -> None:
    assert sorted(set(shown("covers")) - {item.id for item in ITEMS}) == []


def test_every_difference_has_a_test_and_a_number() -> None:
    assert set(shown("difference")) == set(DIFFERENCES)


def test_only_tests_over_real_sockets_are_counted() -> None:
    assert files_without_sockets() == []


def test_every_set_of_parameters_has_a_name_of_its_own() -> None:
    assert cases_of_one_name() == []


def test_the_page_is_what_is_there_now() -> None:
    held(DOCS / "compatibility.md", page(shown("covers"), shown("difference")))


def test_items_are_named_once_and_what_is_not_exact_has_a_reason() -> None:
    assert [name for name, count in Counter(item.id for item in ITEMS).items() if count > 1] == []
    assert [item.id for item in ITEMS if not item.is_exact and not item.reason] == []


# --- against the vendors' own SDKs: what they type is an item ----------------------------------------

GLADIA_CLASSES = {
    "LiveV2InitRequest": "parameter.",
    "LiveV2LanguageConfig": "parameter.language_config.",
    "LiveV2PreProcessingConfig": "parameter.pre_processing.",
    "LiveV2RealtimeProcessingConfig": "parameter.realtime_processing.",
    "LiveV2CustomVocabularyConfig": "parameter.realtime_processing.custom_vocabulary_config.",
    "LiveV2CustomVocabularyEntry": "parameter.realtime_processing.custom_vocabulary_config.vocabulary[].",
    "LiveV2CustomSpellingConfig": "parameter.realtime_processing.custom_spelling_config.",
    "LiveV2TranslationConfig": "parameter.realtime_processing.translation_config.",
    "LiveV2PostProcessingConfig": "parameter.post_processing.",
    "LiveV2SummarizationConfig": "parameter.post_processing.summarization_config.",
    "LiveV2MessagesConfig": "flag.messages_config.",
    "LiveV2CallbackConfig": "flag.callback_config.",
    "LiveV2InitResponse": "answer.init.",
    "LiveV2Utterance": "field.transcript.data.utterance.",
    "LiveV2Word": "field.transcript.data.utterance.words[].",
    "LiveV2AudioChunkAckData": "field.audio_chunk.data.",
    "LiveV2SpeechMessageData": "field.speech_start.data.",
    "LiveV2StopRecordingAckData": "field.stop_recording.data.",
    "LiveV2EndRecordingMessageData": "field.end_recording.data.",
    "LiveV2TranscriptMessageData": "field.transcript.data.",
    "LiveV2Transcription": "field.post_transcript.data.",
    "LiveV2TranslationData": "field.translation.data.",
    "LiveV2NamedEntityRecognitionData": "field.named_entity_recognition.data.",
    "LiveV2SentimentAnalysisData": "field.sentiment_analysis.data.",
    "LiveV2PostSummarizationMessageData": "field.post_summarization.data.",
    "LiveV2TranscriptionMetadata": "field.post_final_transcript.data.metadata.",
    "LiveV2TranscriptionResult": "field.post_final_transcript.data.",
    "LiveV2AddonError": "field.error.",
    "LiveV2Translation": "field.add-on result.",
    "LiveV2Response": "job.job.",
    "LiveV2ListResponse": "job.list.",
    "LiveV2ListParams": "query.",
    "LiveV2FileResponse": "job.job.file.",
    "LiveV2TranscriptionResultWithMessages": "job.job.result.",
    "LiveV2CallbackTranscriptMessage": "callback.",
}
ASSEMBLYAI_CLASSES = {
    "RealTimeParameters": "parameter.",
    "RealTimeSessionParameters": "client.UpdateConfiguration.",
    "BeginEvent": "field.Begin.",
    "SessionConfiguration": "field.Begin.configuration.",
    "SpeechStartedEvent": "field.SpeechStarted.",
    "TurnEvent": "field.Turn.",
    "Word": "field.Turn.words[].",
    "TerminationEvent": "field.Termination.",
    "ErrorEvent": "field.Error.",
    "WarningEvent": "field.Warning.",
    "HeartbeatEvent": "field.Heartbeat.",
    "SilenceEvent": "field.Silence.",
    "SpeakerRevisionEvent": "field.SpeakerRevision.",
    "LLMGatewayResponseEvent": "field.LLMGatewayResponse.",
}


def is_known(vendor: Vendor, prefix: str, name: str) -> bool:
    """Whether an item is named so, or is a part of what is."""
    start = f"{vendor}.{prefix}{name}"
    flag = f"{vendor}.{prefix}{name}".replace(".parameter.", ".flag.")
    return any(found.id == start or found.id.startswith((f"{start}.", f"{flag}.")) for found in ITEMS)


def fields_of(of_class: Any) -> list[str]:
    if dataclasses.is_dataclass(of_class):
        return [field.name for field in dataclasses.fields(of_class) if not field.name.startswith("_")]
    return list(of_class.model_fields)


@pytest.mark.parametrize("name", GLADIA_CLASSES)
def test_what_gladias_sdk_types_is_an_item(name: str) -> None:
    known_otherwise = {("LiveV2ListParams", "url"): "", ("LiveV2CallbackConfig", "url"): "parameter.callback_config."}
    for field in fields_of(getattr(gladiaio_sdk, name)):
        prefix = known_otherwise.get((name, field), GLADIA_CLASSES[name])
        assert not prefix or is_known(Vendor.GLADIA, prefix, field), field


@pytest.mark.parametrize("name", ASSEMBLYAI_CLASSES)
def test_what_assemblyais_sdk_types_is_an_item(name: str) -> None:
    for field in fields_of(getattr(assemblyai_models, name)):
        assert field == "type" or is_known(Vendor.ASSEMBLYAI, ASSEMBLYAI_CLASSES[name], field), field


def test_every_event_of_assemblyais_sdk_is_an_item() -> None:
    items = {item.id for item in ITEMS}
    assert {f"assemblyai.message.{event.value}" for event in RealTimeEvents} <= items
