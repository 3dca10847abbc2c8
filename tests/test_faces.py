"""What each vendor's service says over HTTP and at a handshake: what is valid, what is refused, in which words."""

import json
import urllib.parse
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from shim.audio import AudioFormat, SampleFormat
from shim.faces import assemblyai, gladia
from shim.wire import assemblyai as assemblyai_wire
from shim.wire import gladia as gladia_wire
from shim.wire.codec import MalformedMessage


def complaints(body: Any, region: str | None = None) -> list[str]:
    """Everything that Gladia's face finds wrong with a body."""
    try:
        gladia.read_init_request(json.dumps(body).encode(), region)
    except gladia.Refusal as refusal:
        assert (refusal.status, refusal.message) == (400, "Bad request")
        return refusal.validation_errors
    return []


class TestGladiaRequest:
    def test_nothing_given_is_the_defaults(self) -> None:
        for body in (b"", b" \n", b"{}"):
            asked = gladia.read_init_request(body)
            assert asked.request == gladia_wire.InitRequest()
            assert asked.given == {}

    def test_the_defaults(self) -> None:
        request = gladia.read_init_request(b"{}").request
        assert (request.encoding, request.bit_depth, request.sample_rate, request.channels) == ("wav/pcm", 16, 16000, 1)
        assert (request.endpointing, request.maximum_duration_without_endpointing) == (0.05, 5)
        flags = request.messages_config
        on = [name for name in flags.__struct_fields__ if getattr(flags, name)]
        assert len(flags.__struct_fields__) - len(on) == 2
        assert not {"receive_partial_transcripts", "receive_lifecycle_events"} & set(on)

    def test_what_was_given_is_kept_as_it_was(self) -> None:
        body = {"sample_rate": 8000.0, "model": None, "custom_metadata": {"call": None}}
        asked = gladia.read_init_request(json.dumps(body).encode())
        assert asked.given == body
        assert asked.request.sample_rate == 8000
        assert asked.request.model == "solaria-1"
        assert asked.request.custom_metadata == {"call": None}

    def test_a_config_given_in_part_keeps_the_other_defaults(self) -> None:
        body = json.dumps({"messages_config": {"receive_partial_transcripts": True}}).encode()
        flags = gladia.read_init_request(body).request.messages_config
        assert flags == gladia_wire.MessagesConfig(receive_partial_transcripts=True)
        assert flags.receive_acknowledgments

    @pytest.mark.parametrize(
        "body",
        [
            {"encoding": "wav/ulaw", "bit_depth": 8, "sample_rate": 44100, "channels": 8},
            {"endpointing": 0.01, "maximum_duration_without_endpointing": 5},
            {"endpointing": 10, "maximum_duration_without_endpointing": 60},
            {"language_config": {"languages": ["en", "jw"], "code_switching": True}},
            {"language_config": {"languages": []}, "pre_processing": {"speech_threshold": 0, "audio_enhancer": True}},
            {"realtime_processing": {"words_accurate_timestamps": True}},
            {"numerals": True},
            {"post_processing": {"chapterization": True, "summarization_config": {"type": "concise"}}},
            {"realtime_processing": {"custom_vocabulary_config": {"vocabulary": ["a", {"value": "b"}]}}},
            {"realtime_processing": {"translation_config": {"target_languages": ["wo"], "informal": False}}},
            {"realtime_processing": {"custom_spelling_config": {"spelling_dictionary": {"SQL": ["sequel"]}}}},
            {"callback": True, "callback_config": {"url": "https://example.org/hook", "receive_errors": True}},
            {"custom_metadata": {"x": "y" * 1992}},
        ],
    )
    def test_valid(self, body: Any) -> None:
        assert complaints(body) == []

    @pytest.mark.parametrize(
        ("body", "complaint"),
        [
            ({"encoding": "pcm_s16le"}, "encoding must be one of the following values: wav/pcm, wav/alaw, wav/ulaw"),
            ({"bit_depth": 12}, "bit_depth must be one of the following values: 8, 16, 24, 32"),
            ({"bit_depth": True}, "bit_depth must be one of the following values: 8, 16, 24, 32"),
            (
                {"sample_rate": 22050},
                "sample_rate must be one of the following values: 8000, 16000, 32000, 44100, 48000",
            ),
            (
                {"sample_rate": "16000"},
                "sample_rate must be one of the following values: 8000, 16000, 32000, 44100, 48000",
            ),
            ({"channels": 0}, "channels must not be less than 1"),
            ({"channels": 9}, "channels must not be greater than 8"),
            ({"channels": 1.5}, "channels must be an integer number"),
            ({"model": "fast"}, "model must be one of the following values: solaria-1"),
            ({"endpointing": 0.005}, "endpointing must not be less than 0.01"),
            ({"endpointing": 300}, "endpointing must not be greater than 10"),
            ({"endpointing": "0.3"}, "endpointing must be a number conforming to the specified constraints"),
            (
                {"maximum_duration_without_endpointing": 4},
                "maximum_duration_without_endpointing must not be less than 5",
            ),
            ({"language_config": []}, "language_config must be an object"),
            ({"language_config": {"languages": "en"}}, "language_config.languages must be an array"),
            ({"language_config": {"code_switching": 1}}, "language_config.code_switching must be a boolean value"),
            ({"language_config": {"language": "en"}}, "language_config.language must not be sent"),
            ({"pre_processing": {"speech_threshold": 1.1}}, "pre_processing.speech_threshold must not be greater"),
            (
                {"realtime_processing": {"custom_vocabulary_config": {}}},
                "realtime_processing.custom_vocabulary_config.vocabulary is required",
            ),
            (
                {"realtime_processing": {"custom_vocabulary_config": {"vocabulary": [{"intensity": 0.5}]}}},
                "realtime_processing.custom_vocabulary_config.vocabulary.0.value is required",
            ),
            (
                {"realtime_processing": {"custom_vocabulary_config": {"vocabulary": [7]}}},
                "realtime_processing.custom_vocabulary_config.vocabulary.0 must be a string or an object",
            ),
            (
                {"realtime_processing": {"custom_spelling_config": {"spelling_dictionary": {"SQL": "sequel"}}}},
                "realtime_processing.custom_spelling_config.spelling_dictionary.SQL must be an array",
            ),
            (
                {"realtime_processing": {"translation_config": {"target_languages": []}}},
                "realtime_processing.translation_config.target_languages must contain at least 1 elements",
            ),
            ({"messages_config": {"receive_partials": True}}, "messages_config.receive_partials must not be sent"),
            ({"callback_config": {"url": "example.org"}}, "callback_config.url must be a URL address"),
            ({"custom_metadata": {"x": "y" * 1993}}, "custom_metadata must be shorter than or equal to 2000"),
            ({"custom_metadata": "x"}, "custom_metadata must be an object"),
            ({"region": "eu-west"}, "region must not be sent"),
            ({"diarization": True}, "diarization must not be sent"),
        ],
    )
    def test_invalid(self, body: Any, complaint: str) -> None:
        found = complaints(body)
        assert len(found) == 1
        assert found[0].startswith(complaint)

    def test_an_unknown_language_names_its_place(self) -> None:
        assert complaints({"language_config": {"languages": ["en", "en-US"]}})[0].startswith(
            "language_config.languages.1 must be one of the following values: af, am, "
        )
        assert len(gladia.LANGUAGES) == 99

    def test_everything_that_is_wrong_is_said_at_once(self) -> None:
        body = {"sample_rate": 1, "region": "eu", "language_config": {"code_switching": "no"}, "channels": 0}
        assert [complaint.split()[0] for complaint in complaints(body, region="mars")] == [
            "region",
            "sample_rate",
            "region",
            "language_config.code_switching",
            "channels",
        ]

    @pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b'{"endpointing": NaN}', b"[" * 100_000])
    def test_what_is_no_json(self, body: bytes) -> None:
        with pytest.raises(gladia.Refusal) as caught:
            gladia.read_init_request(body)
        assert caught.value.status == 400
        assert caught.value.message.startswith("the body is not JSON: ")

    @pytest.mark.parametrize("body", [b"[]", b'"x"', b"null", b"7"])
    def test_what_is_no_object(self, body: bytes) -> None:
        with pytest.raises(gladia.Refusal, match="must be a JSON object"):
            gladia.read_init_request(body)

    def test_the_regions_of_the_query(self) -> None:
        assert complaints({}, region="us-west") == []
        assert complaints({}, region="us") == ["region must be one of the following values: eu-west, us-west"]


class TestGladiaAnswers:
    def test_an_error_is_as_the_service_writes_it(self) -> None:
        body = gladia.error_body(
            400,
            "Bad request",
            path="/v2/live",
            timestamp="2026-11-20T09:15:02.113Z",
            request_id=gladia.request_id("7c0e6f0a-52d1-4b8e-9a41-3f6f1a2b9c10"),
            validation_errors=["channels must not be less than 1"],
        )
        assert json.loads(body) == {
            "statusCode": 400,
            "timestamp": "2026-11-20T09:15:02.113Z",
            "path": "/v2/live",
            "request_id": "G-7c0e6f0a",
            "message": "Bad request",
            "validation_errors": ["channels must not be less than 1"],
        }

    def test_other_errors_have_no_validation_errors(self) -> None:
        body = gladia.error_body(401, gladia.NO_KEY, path="/v2/live", timestamp="", request_id="G-1")
        assert "validation_errors" not in json.loads(body)

    @pytest.mark.parametrize(
        ("shown", "expected", "message"),
        [
            (None, None, "no gladia key provided"),
            ("", "k", "no gladia key provided"),
            ("x", "k", "gladia user not found"),
        ],
    )
    def test_a_key_is_refused(self, shown: str | None, expected: str | None, message: str) -> None:
        with pytest.raises(gladia.Refusal) as caught:
            gladia.check_key(shown, expected)
        assert (caught.value.status, caught.value.message) == (401, message)

    def test_a_key_is_let_in(self) -> None:
        gladia.check_key("k", "k")
        gladia.check_key("anything", None)

    def test_an_unknown_path(self) -> None:
        refusal = gladia.not_found("GET", "/v2/nope")
        assert (refusal.status, refusal.message) == (404, "Cannot GET /v2/nope")

    @pytest.mark.parametrize(
        ("scheme", "host", "prefix", "url"),
        [
            ("https", "api.gladia.io", "", "wss://api.gladia.io/v2/live?token=t%2F1"),
            ("http", "127.0.0.1:8080", "", "ws://127.0.0.1:8080/v2/live?token=t%2F1"),
            ("wss", "example.org", "/stt/", "wss://example.org/stt/v2/live?token=t%2F1"),
        ],
    )
    def test_the_address_of_the_socket(self, scheme: str, host: str, prefix: str, url: str) -> None:
        assert gladia.websocket_url(scheme, host, "t/1", prefix) == url

    def test_a_time_has_milliseconds_and_a_z(self) -> None:
        moment = datetime(2026, 11, 20, 10, 15, 2, 113_999, tzinfo=timezone(timedelta(hours=1)))
        assert gladia.timestamp(moment) == "2026-11-20T09:15:02.113Z"
        assert gladia.timestamp(datetime(2026, 1, 1, tzinfo=UTC)) == "2026-01-01T00:00:00.000Z"

    def test_the_id_of_an_utterance(self) -> None:
        assert gladia.utterance_id(0, 3) == "00_00000003"
        assert gladia.utterance_id(1, 0) == "01_00000000"

    @pytest.mark.parametrize(
        ("encoding", "bit_depth", "sample_format"),
        [
            ("wav/pcm", 8, SampleFormat.U8),
            ("wav/pcm", 16, SampleFormat.S16),
            ("wav/pcm", 24, SampleFormat.S24),
            ("wav/pcm", 32, SampleFormat.S32),
            ("wav/ulaw", 16, SampleFormat.MULAW),
            ("wav/alaw", 8, SampleFormat.ALAW),
        ],
    )
    def test_the_audio(self, encoding: str, bit_depth: int, sample_format: SampleFormat) -> None:
        request = gladia_wire.InitRequest(encoding=encoding, bit_depth=bit_depth, sample_rate=8000, channels=2)
        assert gladia.audio_format(request) == AudioFormat(sample_format, 8000, 2)

    def test_the_language_of_an_utterance(self) -> None:
        one = gladia_wire.InitRequest(language_config={"languages": ["fr"]})
        two = gladia_wire.InitRequest(language_config={"languages": ["fr", "de"]})
        assert [gladia.language(request, "en") for request in (one, two, gladia_wire.InitRequest())] == [
            "fr",
            "en",
            "en",
        ]

    @pytest.mark.parametrize(
        ("flag", "kinds"),
        [
            ("receive_partial_transcripts", {"partial"}),
            ("receive_final_transcripts", {"final"}),
            ("receive_speech_events", {"speech_start", "speech_end"}),
            ("receive_acknowledgments", {"audio_chunk", "stop_recording"}),
            ("receive_post_processing_events", {"post_transcript", "post_final_transcript"}),
            ("receive_lifecycle_events", {"start_recording", "end_recording", "end_session"}),
            ("receive_errors", set()),
            ("receive_pre_processing_events", set()),
            ("receive_realtime_processing_events", set()),
        ],
    )
    def test_each_flag_lets_its_messages_through(self, flag: str, kinds: set[str]) -> None:
        only = gladia_wire.MessagesConfig(
            **{name: name == flag for name in gladia_wire.MessagesConfig.__struct_fields__}
        )
        let_through = {name for name, message in one_of_each().items() if gladia.is_wanted(message, only)}
        assert let_through == kinds

    def test_audio_in_json(self) -> None:
        def chunk(text: str) -> gladia_wire.AudioChunk:
            return gladia_wire.AudioChunk(data=gladia_wire.AudioChunkData(chunk=text))

        assert gladia.chunk_bytes(chunk("AAECAw==")) == b"\0\1\2\3"
        assert gladia.chunk_bytes(chunk("")) == b""
        for text in ("AAECAw=", "AAEC\nAw==", "*", "AAECAw", "é"):
            with pytest.raises(MalformedMessage):
                gladia.chunk_bytes(chunk(text))


def one_of_each() -> dict[str, gladia_wire.ServerMessage]:
    words = [gladia_wire.Word(word=" a", start=0, end=1, confidence=1)]
    said = gladia_wire.Utterance(text=" a", start=0, end=1, language="en", confidence=1, channel=0, words=words)
    transcription = gladia_wire.Transcription(full_transcript="a", languages=["en"], utterances=[said])
    metadata = gladia_wire.TranscriptionMetadata(
        audio_duration=1, number_of_distinct_channels=1, billing_time=1, transcription_time=1
    )
    result = gladia_wire.TranscriptionResult(metadata=metadata, transcription=transcription)
    covered = gladia_wire.AudioChunkRange(byte_range=(0, 1), time_range=(0, 1))
    stopped = gladia_wire.StopRecordingData(recording_duration=1, recording_left_to_process=0)
    moment = gladia_wire.SpeechMoment(time=0, channel=0)
    ended = gladia_wire.EndRecordingData(recording_duration=1)
    stamp: dict[str, Any] = {"session_id": "s", "created_at": "t"}
    return {
        "start_recording": gladia_wire.StartRecording(**stamp),
        "audio_chunk": gladia_wire.AudioChunkAck(**stamp, acknowledged=True, data=covered),
        "speech_start": gladia_wire.SpeechStart(**stamp, data=moment),
        "speech_end": gladia_wire.SpeechEnd(**stamp, data=moment),
        "partial": gladia_wire.Transcript(
            **stamp, data=gladia_wire.TranscriptData(id="0", is_final=False, utterance=said)
        ),
        "final": gladia_wire.Transcript(
            **stamp, data=gladia_wire.TranscriptData(id="0", is_final=True, utterance=said)
        ),
        "stop_recording": gladia_wire.StopRecordingAck(**stamp, acknowledged=True, data=stopped),
        "end_recording": gladia_wire.EndRecording(**stamp, data=ended),
        "post_transcript": gladia_wire.PostTranscript(**stamp, data=transcription),
        "post_final_transcript": gladia_wire.PostFinalTranscript(**stamp, data=result),
        "end_session": gladia_wire.EndSession(**stamp),
    }


def refusal_of(*query: tuple[str, str]) -> str:
    with pytest.raises(assemblyai.Refusal) as caught:
        assemblyai.read_parameters(query)
    assert caught.value.code == 3006
    start = "User Input Validation Error: Invalid "
    assert caught.value.text.startswith(start)
    return caught.value.text.removeprefix(start)


class TestAssemblyAIParameters:
    @pytest.mark.parametrize(
        ("query", "silences"),
        [
            ({}, (128, 1280)),
            ({"mode": "min_latency"}, (128, 640)),
            ({"mode": "max_accuracy"}, (512, 2560)),
            ({"speech_model": "u3-rt-pro"}, (100, 1000)),
            ({"speech_model": "universal-3-5-pro"}, (128, 1280)),
            ({"speech_model": "universal-streaming-english"}, (400, 1280)),
            ({"speech_model": "universal-streaming-english", "mode": "min_latency"}, (400, 1280)),
            ({"speaker_labels": "true"}, (640, 768)),
            ({"speech_model": "u3-rt-pro", "max_turn_silence": "500"}, (100, 500)),
            ({"min_end_of_turn_silence_when_confident": "300"}, (300, 1280)),
            ({"min_end_of_turn_silence_when_confident": "300", "min_turn_silence": "200"}, (200, 1280)),
            ({"min_turn_silence": "1", "max_turn_silence": "99999"}, (50, 10_000)),
        ],
    )
    def test_silences(self, query: dict[str, str], silences: tuple[int, int]) -> None:
        read = assemblyai.read_parameters(query.items())
        assert (read.min_turn_silence, read.max_turn_silence) == silences

    def test_defaults(self) -> None:
        read = assemblyai.read_parameters([])
        assert (read.speech_model, read.sample_rate, read.encoding) == ("universal-3-6-pro", 16000, "pcm_s16le")
        assert (read.include_partial_turns, read.format_turns, read.continuous_partials) == (True, False, True)
        assert (read.mode, read.interruption_delay, read.max_turn_duration) == ("balanced", 500, 60_000)
        assert read.is_pro
        assert not read.sends_few_partials
        assert read.given == {}

    @pytest.mark.parametrize(
        ("query", "name", "value"),
        [
            ({"speech_model": "u3-rt-pro"}, "vad_threshold", 0.3),
            ({"speech_model": "whisper-rt"}, "vad_threshold", 0.4),
            ({}, "vad_threshold", 0.2),
            ({"speaker_labels": "1"}, "vad_threshold", 0.5),
            ({"speaker_labels": "1"}, "continuous_partials", False),
            ({"speaker_labels": "1"}, "max_turn_duration", 10_000),
            ({"redact_pii": "True"}, "include_partial_turns", False),
            ({"mode": "min_latency"}, "interruption_delay", 0),
            ({"speech_model": "whisper-rt"}, "mode", None),
            ({"speech_model": "u3-rt-pro"}, "sends_few_partials", True),
            ({"acknowledge_silence": "True"}, "acknowledge_silence", True),
            ({"acknowledge_silence": "True", "speech_model": "whisper-rt"}, "acknowledge_silence", False),
            ({}, "session_heartbeat", False),
            ({"session_heartbeat": "true", "speech_model": "whisper-rt"}, "session_heartbeat", True),
            ({"filter_profanity": "true"}, "filter_profanity", True),
            ({"max_speakers": "3"}, "max_speakers", 3),
            ({"speech_model": "universal-streaming-multilingual"}, "is_pro", False),
        ],
    )
    def test_defaults_that_depend(self, query: dict[str, str], name: str, value: Any) -> None:
        assert getattr(assemblyai.read_parameters(query.items()), name) == value

    @pytest.mark.parametrize("text", ["true", "True", "TRUE", "1"])
    def test_a_boolean_in_any_case(self, text: str) -> None:
        assert assemblyai.read_parameters([("format_turns", text)]).format_turns is True
        assert assemblyai.read_parameters([("include_partial_turns", "False")]).include_partial_turns is False

    def test_unknown_names_are_ignored(self) -> None:
        query = [("interim_results", "x"), ("model", "nova"), ("token", "secret"), ("endpointing", "300")]
        assert assemblyai.read_parameters(query) == assemblyai.read_parameters([])

    def test_lists_are_json(self) -> None:
        query = [("keyterms_prompt", '["a b", "c"]'), ("language_codes", '["en","multi"]')]
        assert assemblyai.read_parameters(query).given == {
            "keyterms_prompt": ["a b", "c"],
            "language_codes": ["en", "multi"],
        }

    def test_policies_may_be_separated_by_commas(self) -> None:
        for text in ('["date","event"]', "date,event"):
            assert assemblyai.read_parameters([("redact_pii_policies", text)]).given == {
                "redact_pii_policies": ["date", "event"]
            }

    def test_a_whole_number_may_have_a_point(self) -> None:
        assert assemblyai.read_parameters([("sample_rate", "8000.0")]).sample_rate == 8000

    @pytest.mark.parametrize(
        ("query", "text"),
        [
            (("sample_rate", "7999"), "'sample_rate': Value error, sample_rate must be at least 8,000 Hz"),
            (("sample_rate", "96001"), "'sample_rate': Value error, sample_rate must be at most 96,000 Hz"),
            (("encoding", "linear16"), "'encoding': Value error, 'linear16' is not a valid Encoding"),
            (("keyterms_prompt", "['a']"), "'keyterms_prompt': Value error, Invalid JSON array"),
            (("keyterms_prompt", "a"), "'keyterms_prompt': Value error, Invalid JSON array"),
            (("keyterms_prompt", json.dumps(["a"] * 101)), "'keyterms_prompt': Value error, Max 100 items"),
            (("keyterms_prompt", "[7]"), "'keyterms_prompt.0': Input should be a valid string"),
            (
                ("agent_context", "x" * 1800),
                "'agent_context': Value error, agent_context exceeds maximum length of 1750 characters (got 1800)",
            ),
            (("mode", "fast"), "'mode': Input should be 'min_latency', 'balanced' or 'max_accuracy'"),
            (("domain", "law"), "'domain': Input should be 'medical-v1'"),
            (
                ("format_turns", "maybe"),
                "'format_turns': Input should be a valid boolean, unable to interpret input",
            ),
            (
                ("max_turn_silence", "0.3"),
                "'max_turn_silence': Input should be a valid integer, unable to parse string as an integer",
            ),
            (
                ("vad_threshold", "high"),
                "'vad_threshold': Input should be a valid number, unable to parse string as a number",
            ),
            (("vad_threshold", "1.5"), "'vad_threshold': Input should be less than or equal to 1"),
            (("vad_threshold", "nan"), "'vad_threshold': Input should be greater than or equal to 0"),
            (("inactivity_timeout", "4"), "'inactivity_timeout': Input should be greater than or equal to 5"),
            (("llm_gateway", "[]"), "'llm_gateway': Value error, Invalid JSON object"),
        ],
    )
    def test_refused(self, query: tuple[str, str], text: str) -> None:
        assert refusal_of(query) == text

    def test_a_list_given_twice(self) -> None:
        text = "'keyterms_prompt': Value error, Invalid JSON array"
        assert refusal_of(("keyterms_prompt", '["a"]'), ("keyterms_prompt", '["b"]')) == text

    def test_an_unknown_model_is_told_the_models(self) -> None:
        assert refusal_of(("speech_model", "u3-pro")) == (
            "'speech_model': Input should be 'universal-streaming-english', 'universal-streaming-multilingual', "
            "'whisper-rt', 'u3-rt-pro', 'u3-rt-pro-beta-1', 'u3-rt-agent', 'universal-3-5-pro', 'universal-3-6-pro', "
            "'universal-3-6', 'universal-3-7-preview' or '_universal-3-5-notetaker'"
        )

    def test_an_unknown_language_is_told_the_languages(self) -> None:
        text = refusal_of(("language_codes", '["english"]'))
        assert text.startswith("'language_codes.0': Input should be 'en', 'es', 'de', 'fr', 'it', 'pt', ")
        assert text.endswith("'xh', 'nn' or 'multi'")
        assert refusal_of(("language_codes", json.dumps(["en"] * 11))).endswith("Max 10 items")


class TestAssemblyAISession:
    @pytest.mark.parametrize(
        ("header", "token", "text"),
        [
            (None, None, "Unauthorized Connection: Missing Authorization header"),
            ("", "", "Unauthorized Connection: Missing Authorization header"),
            ("x", None, "Unauthorized Connection: Invalid API key"),
            ("Bearer k", None, "Unauthorized Connection: Invalid API key"),
            ("k", "x", "Unauthorized Connection: Invalid API key"),
        ],
    )
    def test_a_key_is_refused(self, header: str | None, token: str | None, text: str) -> None:
        with pytest.raises(assemblyai.Refusal) as caught:
            assemblyai.check_key(header, token, "k")
        assert (caught.value.code, caught.value.text) == (1008, text)

    def test_a_key_is_let_in(self) -> None:
        assemblyai.check_key("k", None, "k")
        assemblyai.check_key(None, "k", "k")
        assemblyai.check_key("anything", None, None)
        with pytest.raises(assemblyai.Refusal):
            assemblyai.check_key("bearer anything", None, None)

    def test_a_query_is_read_as_it_was_written(self) -> None:
        parameters: dict[str, assemblyai_wire.QueryValue] = {
            "sample_rate": 16000,
            "format_turns": False,
            "vad_threshold": 0.4,
            "keyterms_prompt": ["Zoë & co", "x"],
            "llm_gateway": {"model": "m", "max_tokens": 1},
        }
        written = assemblyai.encode_query(parameters)
        assert "format_turns=false" in written
        assert assemblyai.read_parameters(urllib.parse.parse_qsl(written)).given == parameters

    @pytest.mark.parametrize(
        ("base", "url"),
        [
            ("wss://streaming.assemblyai.com", "wss://streaming.assemblyai.com/v3/ws?sample_rate=16000"),
            ("https://streaming.eu.assemblyai.com/", "wss://streaming.eu.assemblyai.com/v3/ws?sample_rate=16000"),
            ("http://127.0.0.1:9", "ws://127.0.0.1:9/v3/ws?sample_rate=16000"),
        ],
    )
    def test_the_address(self, base: str, url: str) -> None:
        assert assemblyai.websocket_url(base, {"sample_rate": 16000}) == url

    def test_the_audio(self) -> None:
        def read(**query: str) -> AudioFormat | None:
            return assemblyai.audio_format(assemblyai.read_parameters(query.items()))

        assert read() == AudioFormat(SampleFormat.S16, 16000)
        assert read(encoding="pcm_mulaw", sample_rate="8000") == AudioFormat(SampleFormat.MULAW, 8000)
        assert read(encoding="opus") is None

    @pytest.mark.parametrize("milliseconds", [50, 50.0, 999.9, 1000])
    def test_a_message_of_good_length(self, milliseconds: float) -> None:
        assemblyai.check_duration(milliseconds)

    @pytest.mark.parametrize(("milliseconds", "said"), [(25, "25 ms"), (49.9375, "49.938 ms"), (1000.0625, "1000.062")])
    def test_a_message_too_short_or_long(self, milliseconds: float, said: str) -> None:
        with pytest.raises(assemblyai.Refusal) as caught:
            assemblyai.check_duration(milliseconds)
        assert caught.value.code == 3007
        assert caught.value.text.startswith(f"Input Duration Error: Input Duration Violation: {said}")
        assert caught.value.text.endswith("ms. Expected between 50 and 1000 ms")

    def test_the_pace(self) -> None:
        assemblyai.check_pace(3.0, 0.0)
        assemblyai.check_pace(8.0, 4.0)
        with pytest.raises(assemblyai.Refusal) as caught:
            assemblyai.check_pace(8.01, 4.0)
        assert caught.value.code == 3007
        assert caught.value.text == "Audio Transmission Rate Exceeded: Received 8.01 sec. audio in 4.00 sec"

    @pytest.mark.parametrize(
        ("frame", "text"),
        [
            ("{bad", "Invalid JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
            ('{"type": "Bogus"}', "Invalid Message Type: Bogus"),
            ("[]", "Invalid Message: "),
            ('{"sort": 1}', "Invalid Message: "),
            ('{"type": "UpdateConfiguration", "max_turn_silence": "long"}', "Invalid Message: UpdateConfiguration"),
        ],
    )
    def test_bad_messages(self, frame: str, text: str) -> None:
        with pytest.raises(assemblyai.Refusal) as caught:
            assemblyai.read_message(frame)
        assert caught.value.code == 3006
        assert caught.value.text.startswith(f"User Input Validation Error: {text}")

    def test_good_messages(self) -> None:
        assert assemblyai.read_message('{"type":"Terminate"}') == assemblyai_wire.Terminate()

    def test_an_update(self) -> None:
        before = assemblyai.read_parameters([("speech_model", "u3-rt-pro"), ("max_turn_silence", "700")])
        update = assemblyai_wire.UpdateConfiguration(
            min_end_of_turn_silence_when_confident=10, keyterms_prompt=[], vad_threshold=0.5
        )
        after = assemblyai.updated(before, update)
        assert (after.min_turn_silence, after.max_turn_silence) == (50, 700)
        assert (after.speech_model, after.vad_threshold) == ("u3-rt-pro", 0.5)
        assert after.given["keyterms_prompt"] == []

    @pytest.mark.parametrize(
        ("update", "text"),
        [
            ({"prompt": "x" * 1751}, "'prompt': Value error, prompt exceeds maximum length of 1750 characters"),
            ({"keyterms_prompt": ["x"] * 101}, "'keyterms_prompt': Value error, Max 100 items"),
            ({"mode": "fast"}, "'mode': Input should be"),
            ({"language_codes": ["xx"]}, "'language_codes.0': Input should be"),
        ],
    )
    def test_a_bad_update(self, update: dict[str, Any], text: str) -> None:
        parameters = assemblyai.read_parameters([])
        with pytest.raises(assemblyai.Refusal) as caught:
            assemblyai.updated(parameters, assemblyai_wire.UpdateConfiguration(**update))
        assert caught.value.code == 3006
        assert caught.value.text.startswith(f"User Input Validation Error: Invalid {text}")

    def test_begin_echoes_what_was_asked(self) -> None:
        read = assemblyai.read_parameters([("speech_model", "u3-rt-pro"), ("domain", "medical-v1")])
        configuration = assemblyai.begin(read, "id", 1).configuration
        assert isinstance(configuration, assemblyai_wire.SessionConfiguration)
        assert (configuration.model, configuration.mode, configuration.domain) == (
            "u3-rt-pro",
            "balanced",
            "medical-v1",
        )
        plain = assemblyai.begin(assemblyai.read_parameters([("speech_model", "whisper-rt")]), "id", 1).configuration
        assert isinstance(plain, assemblyai_wire.SessionConfiguration)
        assert plain.mode is None
