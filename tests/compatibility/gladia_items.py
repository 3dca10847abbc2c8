"""Every item of Gladia's live API v2, as a client of that API meets it over AssemblyAI."""

from __future__ import annotations

from typing import Final

from shim.mapping.row import Vendor
from tests.compatibility.item import Item, Kind, Shelf

_BY_SHIM: Final = "the shim answers itself"
_FLAGS: Final = (
    "receive_partial_transcripts",
    "receive_final_transcripts",
    "receive_speech_events",
    "receive_pre_processing_events",
    "receive_realtime_processing_events",
    "receive_post_processing_events",
    "receive_acknowledgments",
    "receive_errors",
    "receive_lifecycle_events",
)


def _shelf(kind: Kind) -> Shelf:
    return Shelf(Vendor.GLADIA, kind)


def _below(path: str, *names: str) -> list[str]:
    return [f"{path}.{name}" for name in names]


def _opening() -> list[Item]:
    endpoints, headers, queries, answers = map(_shelf, (Kind.ENDPOINT, Kind.HEADER, Kind.QUERY, Kind.ANSWER))
    return [
        *endpoints.by_rows("session.path", "POST /v2/live"),
        *endpoints.by_rows("session.url", "WebSocket /v2/live"),
        *endpoints.by_map(
            "GET /v2/live",
            "GET /v2/live/:id",
            "DELETE /v2/live/:id",
            "GET /v2/live/:id/file",
            "PATCH /v2/live/:id",
        ),
        *endpoints.emulated(_BY_SHIM, "GET /health"),
        *endpoints.absent("the shim does not publish the vendor's own description of its API", "GET /openapi.json"),
        *headers.by_map("x-gladia-key"),
        *headers.exact("x-gladia-version", because="taken, and not passed on"),
        *headers.emulated(_BY_SHIM, "x-gladia-request-id", "access-control-allow-origin"),
        *headers.exact("sec-websocket-extensions", because="compression may be declined, and is"),
        *queries.by_map("region"),
        *queries.by_rows("session.url", "token"),
        *queries.by_rows(
            "session.jobs", "offset", "limit", "date", "before_date", "after_date", "status", "custom_metadata"
        ),
        *answers.by_rows("session.id", "init.id"),
        *answers.by_rows("session.created_at", "init.created_at"),
        *answers.by_rows("session.url", "init.url"),
        *answers.emulated(
            _BY_SHIM,
            *_below("error", "statusCode", "timestamp", "path", "request_id", "message", "validation_errors"),
        ),
    ]


def _parameters() -> list[Item]:
    parameters, flags = _shelf(Kind.PARAMETER), _shelf(Kind.FLAG)
    live = "realtime_processing"
    vocabulary = f"{live}.custom_vocabulary_config.vocabulary"
    return [
        *parameters.by_map("encoding", "bit_depth", "sample_rate", "channels", "custom_metadata", "model"),
        *parameters.by_map("endpointing", "maximum_duration_without_endpointing"),
        *parameters.by_map(*_below("language_config", "languages", "code_switching")),
        *parameters.by_map(*_below("pre_processing", "audio_enhancer", "speech_threshold")),
        *parameters.by_map(f"{live}.custom_vocabulary", vocabulary),
        *parameters.by_rows("parameter.vocabulary", f"{vocabulary}[].value"),
        *parameters.absent(
            "AssemblyAI takes the words alone", *_below(f"{vocabulary}[]", "intensity", "pronunciations", "language")
        ),
        *parameters.by_map(f"{live}.custom_vocabulary_config.default_intensity"),
        *parameters.by_rows(
            "parameter.custom_spelling",
            f"{live}.custom_spelling",
            f"{live}.custom_spelling_config.spelling_dictionary",
        ),
        *parameters.by_map(*_below(live, "translation", "named_entity_recognition", "sentiment_analysis")),
        *parameters.by_rows(
            "parameter.translation",
            *_below(
                f"{live}.translation_config",
                "target_languages",
                "model",
                "match_original_utterances",
                "lipsync",
                "context_adaptation",
                "context",
                "informal",
            ),
        ),
        *parameters.exact(f"{live}.words_accurate_timestamps", because="retired: taken, and without effect"),
        *parameters.by_map("post_processing.summarization"),
        *parameters.by_rows("parameter.summarization", "post_processing.summarization_config.type"),
        *parameters.exact("post_processing.chapterization", because="deprecated: taken, and without effect"),
        *parameters.exact("numerals", because="undocumented: taken, and without effect"),
        *parameters.by_rows("parameter.callback", "callback", "callback_config.url"),
        *flags.by_map(*_below("messages_config", *_FLAGS)),
        *flags.by_rows("parameter.callback", *_below("callback_config", *_FLAGS)),
    ]


def _messages() -> list[Item]:
    said, messages, fields = _shelf(Kind.CLIENT), _shelf(Kind.MESSAGE), _shelf(Kind.FIELD)
    utterance = "transcript.data.utterance"
    add_ons = {
        "translation": ("utterance_id", "utterance", "original_language", "target_language", "translated_utterance"),
        "named_entity_recognition": ("utterance_id", "utterance", "results"),
        "sentiment_analysis": ("utterance_id", "utterance", "results"),
    }
    return [
        *said.by_rows("client.binary", "binary frame"),
        *said.exact("WAV header", because="recognised at the start of the audio, acknowledged, and left out"),
        *said.by_rows("client.audio_chunk", "audio_chunk", "audio_chunk.data.chunk"),
        *said.by_rows("client.audio_chunk", "empty audio_chunk"),
        *said.by_map("stop_recording", "close 1000"),
        *said.emulated("the session outlives its socket for the grace time", "the same address again"),
        *messages.by_map("start_recording", "audio_chunk", "speech_start", "speech_end", "transcript"),
        *messages.by_map("stop_recording", "end_recording", "post_transcript", "post_final_transcript", "end_session"),
        *messages.by_rows("parameter.translation", "translation"),
        *messages.by_rows("parameter.named_entity_recognition", "named_entity_recognition"),
        *messages.by_rows("parameter.sentiment_analysis", "sentiment_analysis"),
        *messages.by_rows("parameter.summarization", "post_summarization"),
        *messages.exact(
            "start_session",
            "post_chapterization",
            "error",
            because="never on the socket: made up by the SDKs, gone, or defined nowhere",
        ),
        *fields.by_rows("message.session_id", "*.session_id"),
        *fields.by_rows("message.created_at", "*.created_at"),
        *fields.by_rows(
            "audio_ack", *_below("audio_chunk", "acknowledged", "error", "data.byte_range", "data.time_range")
        ),
        *fields.by_map("speech_start.data.time", "speech_start.data.channel"),
        *fields.by_rows("turn.channel", "speech_end.data.channel"),
        *fields.by_rows("speech_end", "speech_end.data.time"),
        *fields.by_map("transcript.data.id", "transcript.data.is_final"),
        *fields.by_map(*_below(utterance, "text", "start", "end", "language", "confidence", "channel", "words")),
        *fields.by_map(*_below(f"{utterance}.words[]", "word", "start", "end", "confidence")),
        *fields.exact(f"{utterance}.speaker", because="never there in live sessions"),
        *fields.by_rows(
            "stop_ack",
            *_below(
                "stop_recording",
                "acknowledged",
                "error",
                "data.recording_duration",
                "data.recording_left_to_process",
            ),
        ),
        *fields.by_map("end_recording.data.recording_duration"),
        *fields.by_rows(
            "post_transcript", *_below("post_transcript.data", "full_transcript", "languages", "utterances")
        ),
        *fields.exact(
            *_below("post_transcript.data", "sentences", "subtitles"), because="optional, and nothing asks for them"
        ),
        *fields.by_map(
            "post_final_transcript.data.metadata.audio_duration", "post_final_transcript.data.transcription"
        ),
        *fields.emulated(
            "the shim counts by itself",
            *_below(
                "post_final_transcript.data.metadata",
                "number_of_distinct_channels",
                "billing_time",
                "transcription_time",
            ),
        ),
        *(
            item
            for name, names in add_ons.items()
            for item in (
                *fields.by_rows(f"parameter.{name}", f"post_final_transcript.data.{name}"),
                *fields.by_rows(f"parameter.{name}", f"{name}.error", *_below(f"{name}.data", *names)),
            )
        ),
        *fields.by_rows("parameter.summarization", "post_final_transcript.data.summarization"),
        *fields.by_rows("parameter.summarization", "post_summarization.error", "post_summarization.data.results"),
        *fields.emulated(
            "why an add-on is said to have failed", *_below("error", "message", "status_code", "exception")
        ),
        *fields.emulated(
            "of an add-on that is said to have failed",
            *_below("add-on result", "success", "is_empty", "exec_time", "error", "results"),
        ),
    ]


def _jobs() -> list[Item]:
    jobs, callbacks = _shelf(Kind.JOB), _shelf(Kind.CALLBACK)
    events = (
        "start_session",
        "start_recording",
        "end_recording",
        "end_session",
        "transcript",
        "speech_start",
        "speech_end",
        "translation",
        "named_entity_recognition",
        "sentiment_analysis",
        "post_transcript",
        "post_final_transcript",
        "post_summarization",
        "audio_chunk",
        "stop_recording",
    )
    return [
        *jobs.by_rows("session.jobs", *_below("list", "first", "current", "next", "items")),
        *jobs.by_rows(
            "session.jobs",
            *_below(
                "job",
                "id",
                "request_id",
                "kind",
                "version",
                "status",
                "created_at",
                "completed_at",
                "error_code",
                "custom_metadata",
                "post_session_metadata",
                "request_params",
            ),
            *_below("job.file", "id", "filename", "source", "audio_duration", "number_of_channels"),
            *_below("job.result", "metadata", "transcription", "messages"),
            *_below("job.result", "translation", "summarization", "named_entity_recognition", "sentiment_analysis"),
        ),
        *callbacks.by_rows("parameter.callback", "id", "event", "payload", *_below("live", *events)),
    ]


def _ends() -> list[Item]:
    statuses, closes, limits = map(_shelf, (Kind.STATUS, Kind.CLOSE, Kind.LIMIT))
    return [
        *statuses.exact("201", "200"),
        *statuses.by_rows("session.jobs", "202", "204", "413"),
        *statuses.absent("the shim gives the file itself, and leads nowhere else", "302"),
        *statuses.by_rows("end.bad_parameter", "400"),
        *statuses.by_rows("end.bad_key", "401"),
        *statuses.approximate(
            "AssemblyAI says it by the code that it has for a bad key: a client gets 401", "402", "403 at the POST"
        ),
        *statuses.by_rows("session.jobs", "403 of a job"),
        *statuses.exact("404", because="also for a method that a path does not have"),
        *statuses.exact("422", because="documented beside 400 and never given: 400 is"),
        *statuses.by_rows("end.too_many_sessions", "429"),
        *statuses.emulated("a fault of the gateway itself", "500"),
        *statuses.by_rows("end.server_fault", "503"),
        *statuses.emulated("the address of no session", "403 at the upgrade"),
        *closes.by_rows("end.finished", "1000"),
        *closes.by_rows("end.going_away", "1001"),
        *closes.by_rows("end.too_large", "1009"),
        *closes.by_rows("end.bad_message", "4400"),
        *closes.by_rows("end.bad_key", "4401"),
        *closes.by_rows("end.job_over", "4403"),
        *closes.by_rows("end.no_audio", "4408"),
        *closes.emulated("a session has one socket: a new one takes over; the code is ours", "4409"),
        *closes.by_rows("end.too_long", "4410"),
        *closes.by_rows("end.too_many_sessions", "4429"),
        *closes.by_rows("end.connection_lost", "4490"),
        *closes.absent("clients would come back at once and without end: 4490 is said instead", "4500-4599"),
        *closes.absent("a minute without any text is no reason to close the socket", "4504"),
        *limits.by_rows("end.too_long", "three hours"),
        *limits.by_rows("end.no_audio", "30 s without audio"),
        *limits.by_rows("end.too_large", "frames of 1 MiB"),
        *limits.emulated("held, and sent on at the pace that AssemblyAI takes", "audio faster than real time"),
        *limits.by_rows("end.too_many_sessions", "sessions at a time"),
        *limits.exact("custom_metadata of 2000 characters"),
    ]


ITEMS: Final = (*_opening(), *_parameters(), *_messages(), *_jobs(), *_ends())
