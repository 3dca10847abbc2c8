"""Every item of AssemblyAI's streaming API v3, as a client of that API meets it over Gladia."""

from __future__ import annotations

from typing import Final

from shim.mapping.row import Vendor
from tests.compatibility.item import Item, Kind, Shelf

_NO_ROW: Final = "Gladia's sessions keep their settings"


def _shelf(kind: Kind) -> Shelf:
    return Shelf(Vendor.ASSEMBLYAI, kind)


def _below(path: str, *names: str) -> list[str]:
    return [f"{path}.{name}" for name in names]


def _opening() -> list[Item]:
    endpoints, headers, queries, answers = map(_shelf, (Kind.ENDPOINT, Kind.HEADER, Kind.QUERY, Kind.ANSWER))
    return [
        *endpoints.by_rows("session.path", "WebSocket /v3/ws"),
        *endpoints.by_rows("parameter.token", "GET /v3/token"),
        *endpoints.by_rows("session.host", "streaming.assemblyai.com"),
        *endpoints.by_rows("session.region", "streaming.us.assemblyai.com", "streaming.eu.assemblyai.com"),
        *headers.by_map("Authorization"),
        *headers.exact("AssemblyAI-Version", because="there is one version: taken, and echoed by `Begin`"),
        *headers.exact("User-Agent", because="taken, and not passed on"),
        *headers.exact("sec-websocket-extensions", because="compression may be declined, and is"),
        *queries.by_rows("parameter.token", "expires_in_seconds", "max_session_duration_seconds"),
        *answers.by_rows("parameter.token", "token.token", "token.expires_in_seconds", "token.detail", "token.error"),
    ]


def _parameters() -> list[Item]:
    parameters = _shelf(Kind.PARAMETER)
    return [
        *parameters.by_map("speech_model", "sample_rate"),
        *parameters.by_rows("parameter.encoding", "encoding"),
        *parameters.absent(
            "Gladia's live API takes no compressed audio", "encoding opus", "encoding ogg_opus", "encoding aac"
        ),
        *parameters.by_map("format_turns", "end_of_turn_confidence_threshold"),
        *parameters.approximate(
            "Gladia ends a turn by one silence, the longest: finished sentences end later", "min_turn_silence"
        ),
        *parameters.by_map("max_turn_silence", "vad_threshold", "mode", "interruption_delay", "turn_left_pad_ms"),
        *parameters.by_map("continuous_partials", "include_partial_turns", "acknowledge_silence", "session_heartbeat"),
        *parameters.by_map("max_turn_duration"),
        *parameters.by_map("prompt", "agent_context", "previous_context_n_turns", "keyterms_prompt"),
        *parameters.by_map("language_codes", "language_detection", "domain", "filter_profanity", "inactivity_timeout"),
        *parameters.by_map("speaker_labels", "max_speakers", "speaker_labels_revision_interval_ms"),
        *parameters.by_map("voice_focus", "voice_focus_threshold"),
        *parameters.by_map("redact_pii", "redact_pii_sub", "redact_pii_policies", "llm_gateway"),
        *parameters.by_map("webhook_url", "webhook_auth_header_name", "webhook_auth_header_value"),
        *parameters.by_map("customer_support_audio_capture", "_customer_support_audio_capture", "token"),
        *parameters.approximate(
            "read as `min_turn_silence`, and then as that", "min_end_of_turn_silence_when_confident"
        ),
        *parameters.by_rows(
            "parameter.read.noise_suppression_model parameter.audio_enhancer", "noise_suppression_model"
        ),
        *parameters.by_rows(
            "parameter.read.noise_suppression_threshold parameter.voice_focus_threshold", "noise_suppression_threshold"
        ),
        *parameters.by_rows("parameter.read.language_code parameter.languages", "language_code"),
        *parameters.by_rows("parameter.read.language parameter.languages", "language"),
        *parameters.by_rows("parameter.read.keyterms parameter.vocabulary", "keyterms"),
        *parameters.approximate(
            "a guide's name, which the service ignores or refuses: the shim reads what was meant",
            "model",
            "interim_results",
            "endpointing",
            "encoding linear16",
        ),
        *parameters.exact("an unknown name", because="ignored"),
        *parameters.exact("a boolean in any case", "a list as JSON", "a list as Python writes it"),
    ]


def _client() -> list[Item]:
    said = _shelf(Kind.CLIENT)
    update = "UpdateConfiguration"
    return [
        *said.by_rows("client.binary", "binary frame"),
        *said.by_map(update, "ForceEndpoint", "KeepAlive", "Terminate", "close 1000"),
        *said.by_rows(
            "client.UpdateConfiguration",
            *_below(update, "session_heartbeat", "acknowledge_silence", "filter_profanity", "format_turns"),
        ),
        *said.absent(
            f"{_NO_ROW}; one `Warning` says so",
            *_below(
                update,
                "keyterms_prompt",
                "min_turn_silence",
                "max_turn_silence",
                "vad_threshold",
                "prompt",
                "language_codes",
            ),
        ),
        *said.absent(
            f"{_NO_ROW}; a hint only",
            *_below(
                update,
                "mode",
                "agent_context",
                "interruption_delay",
                "turn_left_pad_ms",
                "continuous_partials",
                "end_of_turn_confidence_threshold",
            ),
        ),
        *said.absent(_NO_ROW, f"{update}.min_end_of_turn_silence_when_confident"),
    ]


def _messages() -> list[Item]:
    messages, fields = _shelf(Kind.MESSAGE), _shelf(Kind.FIELD)
    return [
        *messages.by_rows("session.id", "Begin"),
        *messages.by_map("SpeechStarted", "Turn"),
        *messages.by_rows("end.finished", "Termination"),
        *messages.by_map("Error", "Warning", "Heartbeat", "Silence", "SpeakerRevision", "LLMGatewayResponse"),
        *fields.by_rows("session.id", "Begin.id"),
        *fields.by_rows("session.created_at", "Begin.expires_at"),
        *fields.emulated(
            "Gladia echoes nothing; the shim echoes what is in effect",
            *_below(
                "Begin.configuration",
                "model",
                "mode",
                "api_version",
                "speaker_labels",
                "redact_pii",
                "filter_profanity",
                "domain",
                "voice_focus",
            ),
        ),
        *fields.by_map("SpeechStarted.timestamp"),
        *fields.absent("optional, and Gladia does not say how sure it is", "SpeechStarted.confidence"),
        *fields.by_map("Turn.turn_order", "Turn.end_of_turn", "Turn.transcript"),
        *fields.emulated(
            "Gladia formats every final: true there, for universal-streaming as `format_turns` stands",
            "Turn.turn_is_formatted",
        ),
        *fields.by_map("Turn.end_of_turn_confidence", "Turn.words", "Turn.utterance"),
        *fields.by_map("Turn.language_code", "Turn.language_confidence", "Turn.speaker_label"),
        *fields.by_rows("assemblyai.Turn.speaker_label", "Turn.speaker_confidence"),
        *fields.by_map(*_below("Turn.words[]", "start", "end", "text", "speaker")),
        *fields.emulated("Gladia's words are as final as their utterance", "Turn.words[].word_is_final"),
        *fields.by_rows("word.confidence", "Turn.words[].confidence"),
        *fields.by_rows("assemblyai.Turn.words.speaker", "Turn.words[].speaker_confidence"),
        *fields.by_rows("end.audio_duration", "Termination.audio_duration_seconds"),
        *fields.emulated("Gladia does not say it; the shim counts by itself", "Termination.session_duration_seconds"),
        *fields.by_rows("assemblyai.Error", "Error.error", "Error.error_code"),
        *fields.emulated("the code and the text are ours", "Warning.warning_code", "Warning.warning"),
        *fields.by_rows(
            "assemblyai.Heartbeat",
            *_below(
                "Heartbeat",
                "total_audio_received_ms",
                "total_duration_ms",
                "realtime_factor",
                "max_speech_probability",
            ),
        ),
        *fields.by_rows("assemblyai.Silence", "Silence.start_ms", "Silence.end_ms"),
        *fields.by_rows("assemblyai.SpeakerRevision", "SpeakerRevision.revisions"),
        *fields.by_rows(
            "assemblyai.LLMGatewayResponse", *_below("LLMGatewayResponse", "turn_order", "transcript", "data")
        ),
    ]


def _ends() -> list[Item]:
    callbacks, statuses, closes, limits = map(_shelf, (Kind.CALLBACK, Kind.STATUS, Kind.CLOSE, Kind.LIMIT))
    return [
        *callbacks.by_rows("parameter.webhook_url", "session_id", "messages"),
        *statuses.exact("101", because="also for a key that is refused: the `Error` comes after it"),
        *statuses.emulated("of the token's address", "200", "401", "422"),
        *statuses.exact("404", "426"),
        *closes.by_rows("end.finished", "1000"),
        *closes.by_rows("end.going_away", "1001"),
        *closes.by_rows("end.bad_key", "1008"),
        *closes.by_rows("end.too_large", "1009"),
        *closes.exact("1011", because="a fault while opening is said by 3005, as the service may"),
        *closes.by_rows("end.server_fault", "3005"),
        *closes.by_rows("end.bad_parameter", "3006 for a parameter"),
        *closes.by_rows("end.bad_message", "3006 for a message"),
        *closes.emulated("the shim counts the seconds itself", "3006 for inactivity"),
        *closes.by_rows("end.bad_audio", "3007 for a length", "3007 for the pace"),
        *closes.by_rows("end.too_long", "3008"),
        *closes.by_rows("end.too_many_sessions", "3009"),
        *limits.by_rows("end.too_long", "three hours, or the token's limit"),
        *limits.by_rows("end.too_large", "frames of 128 KB"),
        *limits.by_rows("end.bad_audio", "messages of 50 to 1000 ms"),
        *limits.by_rows("end.no_audio", "a silent client stays"),
        *limits.exact("100 key terms", "1750 characters of context", "10 languages"),
    ]


ITEMS: Final = (*_opening(), *_parameters(), *_client(), *_messages(), *_ends())
