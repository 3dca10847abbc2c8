"""Gladia's live API v2: the session request and answer, and the messages of its WebSocket.

All times are seconds (float), counted in audio from the start of the session, except `created_at` (ISO 8601,
UTC, milliseconds). Source: Gladia's OpenAPI document and `gladiaio-sdk` 2.2.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from shim.wire.codec import Codec


class MessagesConfig(msgspec.Struct, kw_only=True, frozen=True):
    """Which messages reach the socket, with the defaults of the service."""

    receive_partial_transcripts: bool = False
    receive_final_transcripts: bool = True
    receive_speech_events: bool = True
    receive_pre_processing_events: bool = True
    receive_realtime_processing_events: bool = True
    receive_post_processing_events: bool = True
    receive_acknowledgments: bool = True
    receive_errors: bool = True
    receive_lifecycle_events: bool = False


class InitRequest(msgspec.Struct, kw_only=True, frozen=True):
    """The body of `POST /v2/live`, with the defaults of the service.

    `endpointing` and `maximum_duration_without_endpointing` are seconds, `sample_rate` is Hz. The nested
    configurations that only one row of the map reads stay plain dictionaries.
    """

    encoding: str = "wav/pcm"
    bit_depth: int = 16
    sample_rate: int = 16000
    channels: int = 1
    model: str = "solaria-1"
    endpointing: float = 0.05
    maximum_duration_without_endpointing: float = 5.0
    custom_metadata: dict[str, Any] | UnsetType = UNSET
    language_config: dict[str, Any] = msgspec.field(default_factory=dict)
    pre_processing: dict[str, Any] = msgspec.field(default_factory=dict)
    realtime_processing: dict[str, Any] = msgspec.field(default_factory=dict)
    post_processing: dict[str, Any] = msgspec.field(default_factory=dict)
    messages_config: MessagesConfig = MessagesConfig()
    callback: bool = False
    callback_config: dict[str, Any] | UnsetType = UNSET


class InitResponse(msgspec.Struct, kw_only=True, frozen=True):
    """The answer (201) to `POST /v2/live`."""

    id: str
    created_at: str
    url: str


class ErrorBody(msgspec.Struct, kw_only=True, frozen=True):
    """The body of every HTTP error. `validation_errors` comes with status 400 only."""

    statusCode: int
    timestamp: str
    path: str
    request_id: str
    message: str
    validation_errors: list[str] | UnsetType = UNSET


class Word(msgspec.Struct, kw_only=True, frozen=True):
    """One word; its text begins with a blank, as on the real wire."""

    word: str
    start: float
    end: float
    confidence: float


class Utterance(msgspec.Struct, kw_only=True, frozen=True):
    """One utterance; its text begins with a blank, as on the real wire."""

    text: str
    start: float
    end: float
    language: str
    confidence: float
    channel: int
    words: list[Word]
    speaker: int | UnsetType | None = UNSET


class ErrorDetail(msgspec.Struct, kw_only=True, frozen=True):
    """Why an add-on or an acknowledgement failed. Only `message` is certain."""

    message: str
    status_code: int | UnsetType = UNSET
    exception: str | UnsetType = UNSET


class Envelope(msgspec.Struct, kw_only=True, frozen=True):
    """What every message begins with."""

    session_id: str
    created_at: str


class StartSession(Envelope, kw_only=True, frozen=True):
    """Lifecycle: the session is granted. Callbacks get it; on the socket it is never sent (SDKs make it up)."""

    type: Literal["start_session"] = "start_session"


class StartRecording(Envelope, kw_only=True, frozen=True):
    """Lifecycle: the socket is open."""

    type: Literal["start_recording"] = "start_recording"


class AudioChunkRange(msgspec.Struct, kw_only=True, frozen=True):
    """What one acknowledgement covers: `[first, end)` in bytes and in seconds, over the whole session."""

    byte_range: tuple[int, int]
    time_range: tuple[float, float]


class AudioChunkAck(Envelope, kw_only=True, frozen=True):
    """The acknowledgement of audio."""

    type: Literal["audio_chunk"] = "audio_chunk"
    acknowledged: bool
    error: ErrorDetail | None = None
    data: AudioChunkRange | None


class SpeechMoment(msgspec.Struct, kw_only=True, frozen=True):
    """When voice began or ended, in seconds. The channel is a whole number, but typed as any number."""

    time: float
    channel: int | float


class SpeechStart(Envelope, kw_only=True, frozen=True):
    """Voice begins."""

    type: Literal["speech_start"] = "speech_start"
    data: SpeechMoment


class SpeechEnd(Envelope, kw_only=True, frozen=True):
    """Voice ends."""

    type: Literal["speech_end"] = "speech_end"
    data: SpeechMoment


class TranscriptData(msgspec.Struct, kw_only=True, frozen=True):
    """A partial or final transcript; `id` is channel and running number, such as `00_00000003`."""

    id: str
    is_final: bool
    utterance: Utterance


class Transcript(Envelope, kw_only=True, frozen=True):
    """A partial (which replaces the one before) or the final of an utterance."""

    type: Literal["transcript"] = "transcript"
    data: TranscriptData


class StopRecordingData(msgspec.Struct, kw_only=True, frozen=True):
    """Seconds of audio received, and seconds of it not processed yet."""

    recording_duration: float
    recording_left_to_process: float


class StopRecordingAck(Envelope, kw_only=True, frozen=True):
    """The acknowledgement of the stop."""

    type: Literal["stop_recording"] = "stop_recording"
    acknowledged: bool
    error: ErrorDetail | None = None
    data: StopRecordingData | None


class EndRecordingData(msgspec.Struct, kw_only=True, frozen=True):
    """Seconds of audio received."""

    recording_duration: float


class EndRecording(Envelope, kw_only=True, frozen=True):
    """Lifecycle: all audio is processed."""

    type: Literal["end_recording"] = "end_recording"
    data: EndRecordingData


class Transcription(msgspec.Struct, kw_only=True, frozen=True):
    """The whole session's text; `full_transcript` has no leading blank."""

    full_transcript: str
    languages: list[str]
    utterances: list[Utterance]


class PostTranscript(Envelope, kw_only=True, frozen=True):
    """Post-processing: the whole text."""

    type: Literal["post_transcript"] = "post_transcript"
    data: Transcription


class TranslationData(msgspec.Struct, kw_only=True, frozen=True):
    """A final in another language. `utterance_id` is the running number alone, such as `3`."""

    utterance_id: str
    utterance: Utterance
    original_language: str
    target_language: str
    translated_utterance: Utterance


class Translation(Envelope, kw_only=True, frozen=True):
    """Add-on: a final in one of the target languages, or why that failed (`data` is null then)."""

    type: Literal["translation"] = "translation"
    error: ErrorDetail | None = None
    data: TranslationData | None = None


class Entity(msgspec.Struct, kw_only=True, frozen=True):
    """Something that is named in a final; times in seconds."""

    entity_type: str
    text: str
    start: float
    end: float


class EntitiesData(msgspec.Struct, kw_only=True, frozen=True):
    """What is named in a final."""

    utterance_id: str
    utterance: Utterance
    results: list[Entity]


class NamedEntityRecognition(Envelope, kw_only=True, frozen=True):
    """Add-on: what is named in a final, or why that failed."""

    type: Literal["named_entity_recognition"] = "named_entity_recognition"
    error: ErrorDetail | None = None
    data: EntitiesData | None = None


class Sentiment(msgspec.Struct, kw_only=True, frozen=True):
    """How something was said; times in seconds."""

    sentiment: str
    emotion: str
    text: str
    start: float
    end: float
    channel: int | float


class SentimentsData(msgspec.Struct, kw_only=True, frozen=True):
    """How a final was said."""

    utterance_id: str
    utterance: Utterance
    results: list[Sentiment]


class SentimentAnalysis(Envelope, kw_only=True, frozen=True):
    """Add-on: how a final was said, or why that is not known."""

    type: Literal["sentiment_analysis"] = "sentiment_analysis"
    error: ErrorDetail | None = None
    data: SentimentsData | None = None


class SummaryData(msgspec.Struct, kw_only=True, frozen=True):
    """The summary."""

    results: str


class PostSummarization(Envelope, kw_only=True, frozen=True):
    """Add-on: the summary of the session, or why there is none."""

    type: Literal["post_summarization"] = "post_summarization"
    error: ErrorDetail | None = None
    data: SummaryData | None = None


class AddOnResult(msgspec.Struct, kw_only=True, frozen=True):
    """What became of an add-on in the whole session; `exec_time` in seconds."""

    success: bool
    is_empty: bool
    exec_time: float
    error: ErrorDetail | None = None
    results: Any = None


class TranscriptionMetadata(msgspec.Struct, kw_only=True, frozen=True):
    """Durations in seconds."""

    audio_duration: float
    number_of_distinct_channels: int
    billing_time: float
    transcription_time: float


class TranscriptionResult(msgspec.Struct, kw_only=True, frozen=True):
    """The result of a session; an add-on has its place where it was asked for."""

    metadata: TranscriptionMetadata
    transcription: Transcription
    translation: AddOnResult | UnsetType = UNSET
    summarization: AddOnResult | UnsetType = UNSET
    named_entity_recognition: AddOnResult | UnsetType = UNSET
    sentiment_analysis: AddOnResult | UnsetType = UNSET


class PostFinalTranscript(Envelope, kw_only=True, frozen=True):
    """Post-processing: the last message that carries text."""

    type: Literal["post_final_transcript"] = "post_final_transcript"
    data: TranscriptionResult


class EndSession(Envelope, kw_only=True, frozen=True):
    """Lifecycle: all is done; close 1000 follows."""

    type: Literal["end_session"] = "end_session"


ServerMessage = (
    StartRecording
    | AudioChunkAck
    | SpeechStart
    | SpeechEnd
    | Transcript
    | Translation
    | NamedEntityRecognition
    | SentimentAnalysis
    | StopRecordingAck
    | EndRecording
    | PostTranscript
    | PostSummarization
    | PostFinalTranscript
    | EndSession
)
"""Every message that a session's socket can receive."""


class AudioChunkData(msgspec.Struct, kw_only=True, frozen=True):
    """Audio as strict base64."""

    chunk: str


class AudioChunk(msgspec.Struct, kw_only=True, frozen=True):
    """Audio sent as JSON; the same as a binary frame."""

    type: Literal["audio_chunk"] = "audio_chunk"
    data: AudioChunkData


class StopRecording(msgspec.Struct, kw_only=True, frozen=True):
    """No more audio follows."""

    type: Literal["stop_recording"] = "stop_recording"


ClientMessage = AudioChunk | StopRecording

server_messages: Codec[ServerMessage] = Codec(ServerMessage.__args__)
client_messages: Codec[ClientMessage] = Codec(ClientMessage.__args__)
