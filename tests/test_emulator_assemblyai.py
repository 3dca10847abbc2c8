"""The local AssemblyAI, met by raw clients and by AssemblyAI's own SDK over real sockets."""

import asyncio
import contextlib
import json
import logging
import socket as plain_socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from assemblyai.streaming.v3 import (
    AsyncRealTimeTranscriber,
    RealTimeError,
    RealTimeEvents,
    RealTimeParameters,
    RealTimeSessionParameters,
    RealTimeTranscriber,
    RealTimeTranscriberOptions,
)
from websockets.exceptions import InvalidStatus

from shim.emulator.emulation import Emulation
from shim.emulator.transcript import Transcript
from tests.emulated_assemblyai import FORCE, SPEED, begin, dial, finish, refused, stream, summary
from tests.emulated_services import (
    KEY,
    MovedClock,
    connect,
    emulation,
    serve,
    silence,
    until,
    until_close,
    utterance,
    wait_for,
)


@pytest.fixture
def played() -> Emulation:
    return emulation(speed=SPEED)


@pytest.fixture
def where(played: Emulation) -> Iterator[str]:
    with serve("assemblyai", played) as address:
        yield address


class TestHandshake:
    def test_begin(self, where: str, played: Emulation) -> None:
        socket = dial(where, token="", sample_rate=16000, webhook_auth_header_value="")
        message = json.loads(socket.recv(timeout=20))
        assert list(message) == ["type", "id", "expires_at", "configuration"]
        assert message["expires_at"] == pytest.approx(played.clock.wall().timestamp() + 10800, abs=600)
        assert message["configuration"] == {
            "model": "u3-rt-pro",
            "mode": "balanced",
            "api_version": "2025-05-12",
            "speaker_labels": False,
            "redact_pii": False,
            "filter_profanity": False,
            "domain": None,
            "voice_focus": None,
        }
        assert played.sessions[0].id == message["id"]
        assert played.sessions[0].asked_for == {"speech_model": "u3-rt-pro", "sample_rate": "16000"}
        assert (played.open_sessions, played.open_sockets) == (1, 1)
        finish(socket)
        assert (played.open_sessions, played.sessions[0].close_code) == (0, 1000)

    @pytest.mark.parametrize(
        ("key", "text"),
        [
            (None, "Unauthorized Connection: Missing Authorization header"),
            ("another", "Unauthorized Connection: Invalid API key"),
            (f"Bearer {KEY}", "Unauthorized Connection: Invalid API key"),
        ],
    )
    def test_a_bad_key_is_accepted_first_and_refused_then(
        self, where: str, played: Emulation, key: str | None, text: str
    ) -> None:
        socket = dial(where, key)
        assert refused(socket) == (1008, text)
        assert played.sessions == []
        assert played.refused == {"1008": 1}

    def test_the_close_comes_some_time_after_the_error(self) -> None:
        with serve("assemblyai", emulation(speed=0.0001)) as where:  # 0.2 s of this clock are half an hour
            socket = dial(where, "another")
            assert json.loads(socket.recv(timeout=20))["type"] == "Error"
            with pytest.raises(TimeoutError):
                socket.recv(timeout=0.05)
            socket.socket.shutdown(plain_socket.SHUT_RDWR)

    def test_a_key_as_token(self, where: str) -> None:
        finish(begin(where, key=None, token=KEY))
        assert refused(dial(where, key=KEY, token="another"))[0] == 1008

    def test_any_key_where_none_is_set(self) -> None:
        with serve("assemblyai", emulation(key=None, speed=SPEED)) as where:
            finish(begin(where, key="whatever"))
            assert refused(dial(where, key=None))[0] == 1008

    @pytest.mark.parametrize(
        ("name", "value", "text"),
        [
            ("encoding", "linear16", "Value error, 'linear16' is not a valid Encoding"),
            ("sample_rate", "4000", "Value error, sample_rate must be at least 8,000 Hz"),
            ("format_turns", "si", "Input should be a valid boolean, unable to interpret input"),
        ],
    )
    def test_a_bad_parameter(self, where: str, name: str, value: str, text: str) -> None:
        assert refused(dial(where, **{name: value})) == (3006, f"User Input Validation Error: Invalid '{name}': {text}")

    def test_unknown_parameters_are_ignored(self, where: str) -> None:
        finish(begin(where, interim_results="x", model="y", language="zz"))

    @pytest.mark.parametrize(
        ("parameters", "named"),
        [
            ({"encoding": "opus"}, "encoding=opus"),
            ({"encoding": "aac"}, "encoding=aac"),
            ({"redact_pii": "true"}, "redact_pii with speech_model=u3-rt-pro"),
            ({"webhook_url": "https://example.org"}, "webhook_url on another machine"),
            ({"webhook_url": "x"}, "webhook_url on another machine"),
            ({"webhook_url": "http://[::1"}, "webhook_url on another machine"),
            ({"speech_model": "universal-3-7-preview"}, "speech_model=universal-3-7-preview"),
        ],
    )
    def test_what_is_not_played_is_refused_by_name(self, where: str, parameters: Any, named: str) -> None:
        assert refused(dial(where, **parameters)) == (3006, f"The sttbridge emulator does not play {named}")

    @pytest.mark.parametrize("path", ["/", "/v3/token/", "/v3/ws/", "/v2/realtime/ws"])
    def test_other_paths(self, where: str, path: str) -> None:
        with pytest.raises(InvalidStatus) as caught:
            connect(f"ws://{where}{path}")
        assert caught.value.response.status_code == 404

    def test_a_request_that_is_no_upgrade(self, where: str) -> None:
        with plain_socket.create_connection(where.rsplit(":", 1), timeout=20) as raw:
            raw.sendall(b"GET /v3/ws HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert raw.recv(100).startswith(b"HTTP/1.1 426 ")

    def test_compression_is_declined(self, where: str) -> None:
        socket = begin(where)
        assert socket.protocol.extensions == []
        finish(socket)


class TestTurns:
    def test_u3_rt_pro(self, where: str, played: Emulation) -> None:
        socket = begin(where)
        stream(socket, played, 5)
        messages = finish(socket)
        assert summary(messages) == [
            "SpeechStarted",
            "=0 Hello world.",
            "SpeechStarted",
            "~1 Book a table—",
            "=1 Book a table for two.",
            "Termination",
        ]

    def test_the_fields_of_a_partial_and_a_final(self, where: str, played: Emulation) -> None:
        socket = begin(where)
        stream(socket, played, 5)
        _started, _first, started, partial, final, termination = finish(socket)
        assert started == {"type": "SpeechStarted", "timestamp": 2100, "confidence": 0.9}
        assert list(partial) == [
            "turn_order",
            "turn_is_formatted",
            "end_of_turn",
            "transcript",
            "end_of_turn_confidence",
            "words",
            "utterance",
            "type",
        ]
        assert (partial["turn_is_formatted"], partial["end_of_turn_confidence"], partial["utterance"]) == (False, 0, "")
        assert partial["words"][-1] == {
            "start": 2500,
            "end": 2900,
            "text": "table—",
            "confidence": 0.9,
            "word_is_final": False,
        }
        assert (final["turn_is_formatted"], final["end_of_turn_confidence"]) == (True, 1)
        assert final["utterance"] == final["transcript"]
        assert [word["text"] for word in final["words"]] == ["Book", "a", "table", "for", "two."]
        assert all(word["word_is_final"] for word in final["words"])
        assert (termination["audio_duration_seconds"], type(termination["session_duration_seconds"])) == (5, int)

    def test_the_later_models_send_more_partials(self, where: str, played: Emulation) -> None:
        socket = begin(where, speech_model="universal-3-6-pro")
        stream(socket, played, 5)
        assert summary(finish(socket)) == [
            "SpeechStarted",
            "~0 Hello—",
            "=0 Hello world.",
            "SpeechStarted",
            "~1 Book a—",
            "~1 Book a table—",
            "~1 Book a table for—",
            "=1 Book a table for two.",
            "Termination",
        ]

    def test_without_partials(self, where: str, played: Emulation) -> None:
        socket = begin(where, include_partial_turns="false", speech_model="universal-3-6-pro")
        stream(socket, played, 5)
        assert summary(finish(socket)) == [
            "SpeechStarted",
            "=0 Hello world.",
            "SpeechStarted",
            "=1 Book a table for two.",
            "Termination",
        ]

    @pytest.mark.parametrize(
        ("silences", "turns"),
        [
            ({"max_turn_silence": 400}, ["=0 Hello world.", "=1 Book a table", "=2 for two."]),
            ({"min_turn_silence": 1000}, ["=0 Hello world. Book a table for two."]),
            # A maximum below the minimum is the minimum.
            ({"min_turn_silence": 600, "max_turn_silence": 50}, ["=0 Hello world.", "=1 Book a table for two."]),
            ({"min_end_of_turn_silence_when_confident": 1000}, ["=0 Hello world. Book a table for two."]),
        ],
    )
    def test_the_silences(self, where: str, played: Emulation, silences: Any, turns: list[str]) -> None:
        socket = begin(where, include_partial_turns="False", **silences)
        stream(socket, played, 5)
        assert [text for text in summary(finish(socket)) if text.startswith("=")] == turns

    def test_audio_in_any_size_gives_the_same(self, where: str, played: Emulation) -> None:
        said = []
        for chunk in (0.05, 0.2, 1.0):
            socket = begin(where, speech_model="universal-3-6-pro")
            stream(socket, played, 5, chunk)
            said.append(summary(finish(socket)))
        assert said[0] == said[1] == said[2]

    def test_mu_law(self, where: str, played: Emulation) -> None:
        socket = begin(where, encoding="pcm_mulaw", sample_rate=8000)
        stream(socket, played, 5, rate=8000)
        assert finish(socket)[-1]["audio_duration_seconds"] == 5
        assert played.sessions[0].audio_seconds == 5.0

    def test_a_turn_is_a_minute_at_most(self) -> None:
        played = emulation(
            Transcript([utterance(*((f"{number}", number, number + 0.9) for number in range(70)))]), speed=200
        )
        with serve("assemblyai", played) as where:
            socket = begin(where)
            stream(socket, played, 72, chunk=1)
            finals = [message for message in finish(socket) if message["type"] == "Turn"]
        assert [(len(final["words"]), final["end_of_turn"]) for final in finals[:1]] == [(60, True)]
        assert finals[-1]["transcript"].endswith("69")

    def test_terminate_in_mid_turn_gives_the_words_so_far(self, where: str, played: Emulation) -> None:
        socket = begin(where)
        stream(socket, played, 2.4, chunk=0.4)
        assert summary(finish(socket))[-3:] == ["SpeechStarted", "=1 Book", "Termination"]

    def test_terminate_without_audio(self, where: str) -> None:
        messages = finish(begin(where))
        assert summary(messages) == ["Termination"]
        assert messages[0]["audio_duration_seconds"] == 0

    def test_force_endpoint(self, where: str, played: Emulation) -> None:
        socket = begin(where)
        socket.send(FORCE)  # nothing open: nothing happens
        stream(socket, played, 2.4, chunk=0.4)
        socket.send(FORCE)
        assert summary(until(socket, lambda message: message.get("turn_order") == 1)) == [
            "SpeechStarted",
            "=0 Hello world.",
            "SpeechStarted",
            "=1 Book",
        ]
        stream(socket, played, 2.8, chunk=0.4)
        assert summary(finish(socket)) == [
            "SpeechStarted",
            "~2 a table—",
            "=2 a table for two.",
            "Termination",
        ]

    def test_an_update_holds_from_then_on(self, where: str, played: Emulation) -> None:
        socket = begin(where)
        stream(socket, played, 3, chunk=0.5)
        socket.send(json.dumps({"type": "UpdateConfiguration", "max_turn_silence": 300, "include": "unknown"}))
        stream(socket, played, 2, chunk=0.1)
        assert summary(finish(socket)) == [
            "SpeechStarted",
            "=0 Hello world.",
            "SpeechStarted",
            "~1 Book a table—",
            "=1 Book a table",
            "SpeechStarted",
            "=2 for two.",
            "Termination",
        ]

    def test_language_fields_where_they_were_asked_for(self, where: str, played: Emulation) -> None:
        for model, has_them in (("universal-3-6-pro", True), ("u3-rt-pro", False)):
            socket = begin(where, speech_model=model, language_detection="true")
            stream(socket, played, 5)
            turns = [message for message in finish(socket) if message["type"] == "Turn"]
            assert [turn.get("language_code") for turn in turns if turn["end_of_turn"]] == [
                "en" if has_them else None
            ] * 2
            assert not any("language_code" in turn for turn in turns if not turn["end_of_turn"])


class TestRefusals:
    @pytest.mark.parametrize(
        ("size", "said"),
        [
            (800, "25.0 ms"),
            (1599, "49.969 ms"),
            (32_001, "1000.031 ms"),
            (0, "0.0 ms"),
        ],
    )
    def test_a_message_too_short_or_too_long(self, where: str, played: Emulation, size: int, said: str) -> None:
        socket = begin(where)
        socket.send(bytes(size))
        text = f"Input Duration Error: Input Duration Violation: {said}. Expected between 50 and 1000 ms"
        assert refused(socket) == (3007, text)
        assert (played.open_sessions, played.sessions[0].close_code) == (0, 3007)
        assert list(played.sessions[0].message_milliseconds) == [pytest.approx(size / 32)]

    def test_the_shortest_and_the_longest_message(self, where: str, played: Emulation) -> None:
        socket = begin(where)
        socket.send(bytes(1600))
        socket.send(bytes(32_000))
        finish(socket)
        assert list(played.sessions[0].message_milliseconds) == [50, 1000]

    def test_audio_that_comes_too_fast(self) -> None:
        played = emulation()
        played.clock = clock = MovedClock()
        with serve("assemblyai", played) as where:
            socket = begin(where)
            for _number in range(3):
                socket.send(silence(1))
            until(socket, lambda message: message["type"] == "Turn")
            wait_for(lambda: played.sessions[0].audio_seconds == 3)
            clock.moved_to = 4.0
            for _number in range(6):
                socket.send(silence(1))
            code, text = refused(socket)
        assert code == 3007
        assert text == "Audio Transmission Rate Exceeded: Received 9.00 sec. audio in 4.00 sec"

    def test_a_frame_over_128_kilobytes(self) -> None:
        played = emulation()
        with serve("assemblyai", played) as where:
            socket = begin(where, sample_rate=96000)
            socket.send(bytes(128 * 1024))
            socket.send(bytes(128 * 1024 + 1))
            messages, code, _reason = until_close(socket)
        assert code == 1009
        assert played.sessions[0].audio_bytes == 128 * 1024
        assert all(message["type"] != "Error" for message in messages)

    @pytest.mark.parametrize(
        ("frame", "text"),
        [
            ("{bad", "Invalid JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
            ("7", "Invalid Message: "),
            ('{"type": "stop_recording"}', "Invalid Message Type: stop_recording"),
            (
                json.dumps({"type": "UpdateConfiguration", "agent_context": "x" * 1751}),
                "Invalid 'agent_context': Value error, agent_context exceeds maximum length of 1750 characters",
            ),
        ],
    )
    def test_bad_text(self, where: str, frame: str, text: str) -> None:
        socket = begin(where)
        socket.send(frame)
        code, said = refused(socket)
        assert code == 3006
        assert said.startswith(f"User Input Validation Error: {text}")

    def test_inactivity(self) -> None:
        with serve("assemblyai", emulation(speed=100)) as where:
            code, text = refused(begin(where, inactivity_timeout=5))
        assert code == 3006
        assert text == "Session terminated due to inactivity: No messages received for 5 seconds"

    def test_keep_alive_is_activity(self) -> None:
        played = emulation(speed=4)
        with serve("assemblyai", played) as where:
            socket = begin(where, inactivity_timeout=5)
            began = played.clock.now()
            while played.clock.now() < began + 7:
                socket.send('{"type": "KeepAlive"}')
                played.clock.wait(0.5)
            assert summary(finish(socket)) == ["Termination"]

    def test_three_hours_are_the_end(self) -> None:
        played = emulation()
        played.clock = clock = MovedClock()
        with serve("assemblyai", played) as where:
            socket = begin(where)
            clock.moved_to = 3 * 3600
            socket.send('{"type": "KeepAlive"}')  # the server waits for the client or the clock, and this one stands
            assert refused(socket) == (3008, "Session Expired: Maximum session duration exceeded")

    def test_a_silent_client_stays(self) -> None:
        played = emulation(speed=1000)
        with serve("assemblyai", played) as where:
            socket = begin(where)
            played.clock.wait(300)
            assert summary(finish(socket)) == ["Termination"]


class TestClientsThatGo:
    def test_a_close_without_terminate_gives_no_final(self, where: str, played: Emulation) -> None:
        socket = begin(where)
        stream(socket, played, 2.4, chunk=0.4)
        socket.close()
        wait_for(lambda: played.open_sessions == 0)
        assert played.sessions[0].close_code == 1000

    def test_a_dropped_connection(self, where: str, played: Emulation) -> None:
        socket = begin(where)
        stream(socket, played, 1)
        socket.socket.shutdown(plain_socket.SHUT_RDWR)
        wait_for(lambda: played.open_sockets == 0)
        assert (played.open_sessions, played.unfinished_sessions, played.sessions[0].close_code) == (0, 0, 1006)

    def test_a_client_that_goes_while_it_is_refused(self, caplog: pytest.LogCaptureFixture) -> None:
        played = emulation()
        with serve("assemblyai", played) as where:
            for _number in range(5):
                socket = dial(where, "another")
                with contextlib.suppress(OSError):  # on a busy machine the close was faster
                    socket.socket.shutdown(plain_socket.SHUT_RDWR)
            wait_for(lambda: played.open_sockets == 0 and played.refused["1008"] == 5)
        assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []

    def test_the_end_of_the_emulator_is_told_to_its_clients(self) -> None:
        with serve("assemblyai", emulation()) as where:
            socket = begin(where)
            ended: list[int] = []
            reader = threading.Thread(target=lambda: ended.append(until_close(socket)[1]))
            reader.start()
        reader.join(20)
        assert ended == [1001]

    def test_nothing_of_this_is_logged_as_an_error(
        self, where: str, played: Emulation, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.DEBUG):
            socket = begin(where)
            socket.send(silence(1))
            socket.socket.shutdown(plain_socket.SHUT_RDWR)
            refused(dial(where, "a-wrong-key"))
            wait_for(lambda: played.open_sockets == 0)
        servers = [record for record in caplog.records if record.name.startswith(("aiohttp", "asyncio", "sttbridge"))]
        assert [record for record in servers if record.levelno >= logging.WARNING] == []
        texts = " ".join(record.getMessage() for record in servers)
        assert KEY not in texts
        assert "a-wrong-key" not in texts


class TestTheSdk:
    def transcriber(self, where: str, key: str = KEY) -> tuple[RealTimeTranscriber, list[Any]]:
        options = RealTimeTranscriberOptions(api_key=key, api_host=f"ws://{where}", connect_timeout=20)
        transcriber = RealTimeTranscriber(options)
        events: list[Any] = []
        for event in RealTimeEvents:
            transcriber.on(event, lambda _client, said: events.append(said))
        return transcriber, events

    def test_the_sync_client(self, where: str, played: Emulation) -> None:
        transcriber, events = self.transcriber(where)
        transcriber.connect(RealTimeParameters(sample_rate=16000, speech_model="u3-rt-pro", format_turns=True))
        for _number in range(10):
            transcriber.stream(silence(0.5))
            played.clock.wait(0.5)
        transcriber.set_params(RealTimeSessionParameters(max_turn_silence=800))
        transcriber.keep_alive()
        transcriber.force_endpoint()
        transcriber.disconnect(terminate=True)
        assert [type(event).__name__ for event in events] == [
            "BeginEvent",
            "SpeechStartedEvent",
            "TurnEvent",
            "SpeechStartedEvent",
            "TurnEvent",
            "TurnEvent",
            "TerminationEvent",
        ]
        finals = [event.transcript for event in events if getattr(event, "end_of_turn", False)]
        assert finals == ["Hello world.", "Book a table for two."]
        assert events[0].configuration.model == "u3-rt-pro"
        assert events[-1].audio_duration_seconds == 5
        assert played.sessions[0].received == {
            "binary": 10,
            "UpdateConfiguration": 1,
            "KeepAlive": 1,
            "ForceEndpoint": 1,
            "Terminate": 1,
        }

    def test_formatting_asked_for_by_a_handler(self, where: str, played: Emulation) -> None:
        """As the vendor's guide does it: each end of a turn that is not formatted asks for formatting."""
        transcriber, events = self.transcriber(where)

        def turn(client: RealTimeTranscriber, event: Any) -> None:
            if event.end_of_turn and not event.turn_is_formatted:
                client.set_params(RealTimeSessionParameters(format_turns=True))

        transcriber.on(RealTimeEvents.Turn, turn)
        transcriber.connect(RealTimeParameters(sample_rate=16000, speech_model="universal-streaming-english"))
        for number in range(10):
            transcriber.stream(silence(0.5))
            played.clock.wait(0.5)
            if number == 4:
                wait_for(lambda: played.sessions[0].received["UpdateConfiguration"])
        transcriber.disconnect(terminate=True)
        ends = [(event.turn_is_formatted, event.transcript) for event in events if getattr(event, "end_of_turn", False)]
        assert ends == [
            (False, "hello world"),
            (False, "book a table for two"),
            (True, "Book a table for two."),
            (False, ""),
        ]

    def test_heartbeats_silences_and_speakers(self, where: str, played: Emulation) -> None:
        transcriber, events = self.transcriber(where)
        parameters = RealTimeParameters(
            sample_rate=16000,
            speech_model="universal-3-6-pro",
            speaker_labels=True,
            session_heartbeat=True,
            acknowledge_silence=True,
            include_partial_turns=False,
        )
        transcriber.connect(parameters)
        for _number in range(11):
            transcriber.stream(silence(0.5))
            played.clock.wait(0.5)
        wait_for(lambda: any(type(event).__name__ == "HeartbeatEvent" for event in events))
        transcriber.disconnect(terminate=True)
        named = [type(event).__name__ for event in events if type(event).__name__ != "HeartbeatEvent"]
        assert named == [
            "BeginEvent",
            "SpeechStartedEvent",
            "TurnEvent",
            "SpeechStartedEvent",
            "TurnEvent",
            "SilenceEvent",
            "SpeakerRevisionEvent",
            "TerminationEvent",
        ]
        assert [event.speaker_label for event in events if type(event).__name__ == "TurnEvent"] == ["PENDING", "A"]

    def test_the_async_client(self, where: str, played: Emulation) -> None:
        async def run() -> list[str]:
            finals: list[str] = []
            options = RealTimeTranscriberOptions(api_key=KEY, api_host=f"ws://{where}", connect_timeout=20)
            async with AsyncRealTimeTranscriber(options) as transcriber:

                async def turn(_client: Any, event: Any) -> None:
                    if event.end_of_turn:
                        finals.append(event.transcript)

                transcriber.on(RealTimeEvents.Turn, turn)
                await transcriber.connect(RealTimeParameters(sample_rate=16000, speech_model="u3-rt-pro"))
                for _number in range(10):
                    await transcriber.stream(silence(0.5))
                    await played.clock.sleep(0.5)
                await transcriber.disconnect(terminate=True)
            return finals

        assert asyncio.run(run()) == ["Hello world.", "Book a table for two."]

    @pytest.mark.parametrize(
        ("key", "parameters", "code", "text"),
        [
            ("another", {}, 1008, "Unauthorized Connection: Invalid API key"),
            (KEY, {"keyterms_prompt": ["x"] * 101}, 3006, "Max 100 items"),
        ],
    )
    def test_a_refusal_is_one_error(self, where: str, key: str, parameters: Any, code: int, text: str) -> None:
        transcriber, events = self.transcriber(where, key)
        transcriber.connect(RealTimeParameters(sample_rate=16000, **parameters))
        wait_for(lambda: events)
        transcriber.disconnect()
        assert [type(event) for event in events] == [RealTimeError]
        assert events[0].code == code
        assert text in str(events[0])
