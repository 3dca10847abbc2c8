"""The wire types: every example frame of the vendors' references, and the vendors' own SDKs in both directions."""

import dataclasses
import json
import urllib.parse
import warnings
from pathlib import Path
from typing import Any

import assemblyai.streaming.v3 as assemblyai_sdk
import gladiaio_sdk
import pytest
from assemblyai.streaming.v3 import _base as assemblyai_internals
from assemblyai.streaming.v3 import models as assemblyai_models
from gladiaio_sdk.v2.live._helpers import build_init_body

from shim.faces import assemblyai as assemblyai_face
from shim.faces import gladia as gladia_face
from shim.wire import assemblyai, gladia
from shim.wire.codec import MalformedMessage, UnknownMessage, encode

FRAMES = Path(__file__).parent / "reference_frames"


def frames(name: str) -> list[Any]:
    return [json.loads(line) for line in (FRAMES / name).read_text().splitlines()]


GLADIA_SERVER = frames("gladia_server.jsonl")
GLADIA_CLIENT = frames("gladia_client.jsonl")
GLADIA_HTTP = json.loads((FRAMES / "gladia_http.json").read_text())
ASSEMBLYAI_SERVER = frames("assemblyai_server.jsonl")

GLADIA_ADD_ONS = {"start_session"}
"""Made up by the SDKs, never on the socket."""
# Messages of services that a session has only when it asks for them; no side of the bridge reads them.
ASSEMBLYAI_EXTRAS = {"Heartbeat", "Silence", "LLMGatewayResponse", "SpeakerRevision"}


def named(frame: Any) -> str:
    return frame["type"] if isinstance(frame, dict) else repr(frame)


def numbered(all_frames: list[Any]) -> list[Any]:
    return [pytest.param(frame, id=f"{number}-{named(frame)}") for number, frame in enumerate(all_frames)]


class TestGladia:
    @pytest.mark.parametrize("frame", numbered(GLADIA_SERVER))
    def test_every_example_is_read_and_written_as_it_was(self, frame: Any) -> None:
        message = gladia.server_messages.decode(json.dumps(frame))
        if frame["type"] in GLADIA_ADD_ONS:
            assert message == UnknownMessage(frame["type"])
            return
        expected = json.loads(json.dumps(frame))
        assert json.loads(encode(message)) == expected

    @pytest.mark.parametrize("frame", numbered(GLADIA_SERVER))
    def test_the_sdk_reads_what_we_write(self, frame: Any) -> None:
        message = gladia.server_messages.decode(json.dumps(frame))
        if isinstance(message, UnknownMessage):
            return
        written = encode(message)
        with warnings.catch_warnings():
            if message_is_complete(frame):
                warnings.simplefilter("error")  # the SDK warns of a null where it wants a value
            else:
                warnings.simplefilter("ignore")
            read = gladiaio_sdk.create_live_v2_web_socket_message_from_json(written)
        assert type(read).__name__.startswith("LiveV2")
        assert not isinstance(read, gladiaio_sdk.LiveV2UnknownWebSocketMessage)
        assert not unknown_fields(read)
        assert without_nulls(read.to_dict()) == without_nulls(json.loads(written))

    @pytest.mark.parametrize("frame", numbered(GLADIA_SERVER))
    def test_we_read_what_the_sdk_writes(self, frame: Any) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            message = gladiaio_sdk.create_live_v2_web_socket_message_from_dict(frame)
        written = message.to_dict()
        if "acknowledged" in frame:  # the SDK leaves nulls out, the service does not
            written.setdefault("data", None)
        read = gladia.server_messages.decode(json.dumps(written))
        expected = gladia.server_messages.decode(json.dumps(frame))
        if isinstance(read, UnknownMessage):
            assert read == expected
        else:
            assert without_nulls(json.loads(encode(read))) == without_nulls(json.loads(encode(expected)))

    @pytest.mark.parametrize("frame", numbered(GLADIA_CLIENT))
    def test_a_clients_examples_are_read_and_written_as_they_were(self, frame: Any) -> None:
        message = gladia.client_messages.decode(json.dumps(frame))
        assert not isinstance(message, UnknownMessage)
        assert json.loads(encode(message)) == frame

    def test_the_answer_to_the_post(self) -> None:
        answer = GLADIA_HTTP["init"]
        written = gladia_face.init_response(answer["id"], answer["created_at"], answer["url"])
        assert json.loads(written) == answer
        assert gladiaio_sdk.LiveV2InitResponse.from_json(written).url == answer["url"]

    def test_the_example_body_is_valid_for_us_and_for_the_sdk(self) -> None:
        body = GLADIA_HTTP["body"]
        request = gladia_face.read_init_request(json.dumps(body).encode()).request
        assert request.endpointing == 0.3
        assert request.messages_config.receive_partial_transcripts
        sent_by_sdk = build_init_body(gladiaio_sdk.LiveV2InitRequest.from_dict(body))
        assert gladia_face.read_init_request(json.dumps(sent_by_sdk).encode()).request == request

    def test_what_the_sdk_sends_without_options_is_the_service_default(self) -> None:
        sent = build_init_body(gladiaio_sdk.LiveV2InitRequest())
        assert gladia_face.read_init_request(json.dumps(sent).encode()).request == gladia.InitRequest()

    def test_every_parameter_that_the_sdk_knows_is_known_here(self) -> None:
        known = {field.name for field in dataclasses.fields(gladiaio_sdk.LiveV2InitRequest)} - {"_unknown_fields"}
        assert known == set(gladia.InitRequest.__struct_fields__)
        flags = {field.name for field in dataclasses.fields(gladiaio_sdk.LiveV2MessagesConfig)} - {"_unknown_fields"}
        assert flags == set(gladia.MessagesConfig.__struct_fields__)


class TestAssemblyAI:
    @pytest.mark.parametrize("frame", numbered(ASSEMBLYAI_SERVER))
    def test_every_example_is_read_and_written_as_it_was(self, frame: Any) -> None:
        message = assemblyai.server_messages.decode(json.dumps(frame))
        if frame["type"] in ASSEMBLYAI_EXTRAS:
            assert message == UnknownMessage(frame["type"])
            return
        assert json.loads(encode(message)) == frame

    def test_the_type_is_last_in_a_turn_and_first_elsewhere(self) -> None:
        for frame in ASSEMBLYAI_SERVER:
            message = assemblyai.server_messages.decode(json.dumps(frame))
            if not isinstance(message, UnknownMessage):
                names = list(json.loads(encode(message)))
                assert names.index("type") == (len(names) - 1 if frame["type"] == "Turn" else 0)

    @pytest.mark.parametrize("frame", numbered(ASSEMBLYAI_SERVER))
    def test_the_sdk_reads_what_we_write(self, frame: Any) -> None:
        message = assemblyai.server_messages.decode(json.dumps(frame))
        if isinstance(message, UnknownMessage):
            return
        written = json.loads(encode(message))
        read = assemblyai_internals._BaseStreamingClient._parse_message(written)
        assert read is not None
        assert read.type == frame["type"]
        for name, value in read.model_dump(mode="json", exclude={"expires_at"}, exclude_none=True).items():
            assert within(value, written[name])

    @pytest.mark.parametrize("frame", numbered(ASSEMBLYAI_SERVER))
    def test_we_read_what_the_sdk_writes(self, frame: Any) -> None:
        if frame["type"] in {"Begin", *ASSEMBLYAI_EXTRAS}:  # the SDK writes a Begin's time as ISO text
            return
        read_by_sdk = assemblyai_internals._BaseStreamingClient._parse_message(frame)
        assert read_by_sdk is not None
        message = assemblyai.server_messages.decode(read_by_sdk.model_dump_json(exclude_none=True))
        assert within(json.loads(encode(message)), frame)

    @pytest.mark.parametrize(
        ("message", "expected"),
        [
            (assemblyai_models.TerminateSession(), assemblyai.Terminate()),
            (assemblyai_models.ForceEndpoint(), assemblyai.ForceEndpoint()),
            (assemblyai_models.KeepAlive(), assemblyai.KeepAlive()),
            (
                assemblyai_models.UpdateConfiguration(
                    max_turn_silence=700, keyterms_prompt=["Kubernetes"], format_turns=True, session_heartbeat=False
                ),
                assemblyai.UpdateConfiguration(
                    max_turn_silence=700, keyterms_prompt=["Kubernetes"], format_turns=True, session_heartbeat=False
                ),
            ),
        ],
        ids=lambda message: type(message).__name__,
    )
    def test_a_clients_messages_are_the_same_on_both_sides(self, message: Any, expected: Any) -> None:
        sent = message.model_dump_json(exclude_none=True)
        assert assemblyai.client_messages.decode(sent) == expected
        assert type(message).model_validate_json(encode(expected)) == message

    def test_every_field_of_an_update_that_the_sdk_knows_is_known_here(self) -> None:
        known = set(assemblyai_sdk.RealTimeSessionParameters.model_fields)
        assert known <= set(assemblyai.UpdateConfiguration.__struct_fields__)

    def test_the_sdks_query_is_read(self) -> None:
        asked = assemblyai_sdk.RealTimeParameters(
            sample_rate=8000,
            encoding="pcm_mulaw",
            speech_model="u3-rt-pro",
            format_turns=True,
            include_partial_turns=False,
            keyterms_prompt=["Siobhan", "it's a name"],
            min_turn_silence=160,
            max_turn_silence=900,
            vad_threshold=0.5,
            inactivity_timeout=30,
        )
        uri = assemblyai_internals._build_uri("ws://127.0.0.1:1", asked)
        query = urllib.parse.parse_qsl(urllib.parse.urlsplit(uri).query, keep_blank_values=True)
        read = assemblyai_face.read_parameters(query)
        assert read.given == asked.model_dump(mode="json", exclude_none=True)
        assert (read.sample_rate, read.encoding, read.speech_model) == (8000, "pcm_mulaw", "u3-rt-pro")

    def test_every_parameter_that_the_sdk_knows_is_read(self) -> None:
        values = {"language_code": "en", "webhook_url": "https://example.org", "prompt": "x", "agent_context": "x"}
        old_names = {"noise_suppression_model", "noise_suppression_threshold", "min_end_of_turn_silence_when_confident"}
        for name in set(assemblyai_sdk.RealTimeParameters.model_fields) - old_names:
            query = [(name, values.get(name, "\x01"))]
            try:
                assert name in assemblyai_face.read_parameters(query).given
            except assemblyai_face.Refusal as refusal:  # a value that no reader takes: so there is a reader
                assert f"'{name}'" in refusal.text


class TestMalformed:
    @pytest.mark.parametrize(
        ("frame", "is_json", "is_object"),
        [
            ("{", False, False),
            ("", False, False),
            ("[]", True, False),
            ("7", True, False),
            ("{}", True, True),
            ('{"type": 7}', True, True),
            ('{"type": "audio_chunk"}', True, True),
            ('{"type": "audio_chunk", "data": {"chunk": 7}}', True, True),
        ],
    )
    def test_how_far_the_reading_came_is_said(self, frame: str, is_json: bool, is_object: bool) -> None:
        with pytest.raises(MalformedMessage) as caught:
            gladia.client_messages.decode(frame)
        assert (caught.value.is_json, caught.value.is_object) == (is_json, is_object)

    def test_another_type_is_unknown_not_malformed(self) -> None:
        assert gladia.client_messages.decode('{"type": "Terminate"}') == UnknownMessage("Terminate")


def message_is_complete(frame: Any) -> bool:
    return frame.get("data", "") is not None


def without_nulls(value: Any) -> Any:
    """The same without nulls in objects: the SDK's `to_dict` leaves most of them out."""
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {name: without_nulls(item) for name, item in value.items() if item is not None}


def unknown_fields(value: Any) -> list[str]:
    """The names that an object of Gladia's SDK did not know, at any depth."""
    if isinstance(value, list):
        return [name for item in value for name in unknown_fields(item)]
    if not dataclasses.is_dataclass(value):
        return []
    found = list(getattr(value, "_unknown_fields", {}))
    for field in dataclasses.fields(value):
        if field.name != "_unknown_fields":
            found += unknown_fields(getattr(value, field.name))
    return found


def within(part: Any, whole: Any) -> bool:
    """Whether everything in `part` is in `whole`, with the same values."""
    if isinstance(part, dict):
        return all(name in whole and within(item, whole[name]) for name, item in part.items())
    if isinstance(part, list):
        return len(part) == len(whole) and all(within(*pair) for pair in zip(part, whole, strict=True))
    return bool(part == whole)
