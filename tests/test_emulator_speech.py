"""Where in the speech a session begins: an emulator that knows the recording hears it by the samples."""

from __future__ import annotations

import wave
from pathlib import Path
from typing import Any

import pytest

from shim.audio import AudioFormat, SampleFormat
from shim.emulator.emulation import Emulation
from shim.emulator.speech import Place, Speech, default_speech, heard_from, load_speech
from shim.emulator.transcript import default_transcript
from shim.emulator.turns import spoken_words
from shim.errors import BridgeError
from tests.emulated_assemblyai import TERMINATE, begin
from tests.emulated_services import KEY, connect, emulation, http, serve, until_close
from tests.gateways import SENTENCES, SPEECH, pieces

RATE = 32_000
WORDS = spoken_words(default_transcript().channel(0))
S16 = AudioFormat(SampleFormat.S16, 16_000, 1)


def offset_of(audio: bytes, form: AudioFormat = S16, size: int = 1600) -> int | None:
    """What is found out from frames of a size; None while it is open."""
    place = Place(default_speech(), form)
    for frame in pieces(audio, size):
        if place.is_open:
            offset = place.feed(frame)
            if offset is not None:
                return offset
    return None


class TestPlace:
    @pytest.mark.parametrize("milliseconds", [0, 500, 850, 1188, 1560, 2119, 2700, 3120, 5007, 6500, 7300])
    @pytest.mark.parametrize("size", [1600, 32_000])
    def test_audio_from_anywhere_is_found(self, milliseconds: int, size: int) -> None:
        assert offset_of(SPEECH[milliseconds * 32 :], size=size) == milliseconds

    def test_frames_of_one_byte(self) -> None:
        assert offset_of(SPEECH[1180 * 32 :], size=1) == 1180

    def test_silence_before_the_speech_counts(self) -> None:
        assert offset_of(bytes(9600) + SPEECH[16_000:]) == 200

    def test_more_silence_than_the_speech_begins_with(self) -> None:
        assert offset_of(bytes(25_600) + SPEECH[16_000:]) == -300

    def test_silence_is_heard_from_the_start_once_it_is_longer_than_any_in_the_speech(self) -> None:
        longest = default_speech().longest_silence
        assert 31_900 < longest < 32_100
        assert offset_of(bytes(longest)) is None
        assert offset_of(bytes(longest + 2)) == 0

    def test_other_audio_is_heard_from_the_start(self) -> None:
        assert offset_of(b"\x01\x02" * 800) == 0

    def test_samples_that_are_shifted_by_a_byte_are_other_samples(self) -> None:
        assert offset_of(SPEECH[20_001:40_001]) == 0

    @pytest.mark.parametrize(
        "form",
        [
            AudioFormat(SampleFormat.S16, 8000, 1),
            AudioFormat(SampleFormat.S16, 16_000, 2),
            AudioFormat(SampleFormat.MULAW, 16_000, 1),
        ],
    )
    def test_other_formats_are_heard_from_the_start_at_once(self, form: AudioFormat) -> None:
        assert not Place(default_speech(), form).is_open

    def test_without_a_speech_nothing_is_looked_for(self) -> None:
        assert not Place(None, S16).is_open

    def test_the_same_samples_at_an_odd_place_are_not_taken_for_it(self) -> None:
        samples = bytes(range(1, 201)) * 2
        speech = Speech(b"\0" + samples + b"\0" + samples, 16_000)
        assert speech.find(samples) == 402


class TestWords:
    def test_those_that_had_begun_are_left_out(self) -> None:
        heard = heard_from(WORDS, 3130)
        assert heard[0].text == "to"
        assert (heard[0].start, heard[0].end) == (3513 - 3130, 3653 - 3130)

    def test_one_that_begins_there_is_heard(self) -> None:
        assert heard_from(WORDS, 3653)[0].text == "Paris"
        assert heard_from(WORDS, 3654)[0].text == "Paris", "a rounded millisecond is no matter"
        assert heard_from(WORDS, 3655)[0].text == "leaves"

    def test_before_the_speech_all_are_later(self) -> None:
        assert heard_from(WORDS, -300)[0].start == 800


class TestFiles:
    def test_several_channels_and_rates(self, tmp_path: Path) -> None:
        path = tmp_path / "stereo.wav"
        with wave.open(str(path), "wb") as file:
            file.setnchannels(2)
            file.setsampwidth(2)
            file.setframerate(8000)
            file.writeframes(b"\x01\x00\x02\x00" * 100)
        speech = load_speech(path)
        assert speech.audio == AudioFormat(SampleFormat.S16, 8000, 1)
        assert speech.find(b"\x01\x00" * 100) == 0

    def test_what_is_no_speech(self, tmp_path: Path) -> None:
        narrow = tmp_path / "narrow.wav"
        with wave.open(str(narrow), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(1)
            file.setframerate(8000)
            file.writeframes(b"\x80")
        (tmp_path / "text.wav").write_text("no")
        for path, problem in [
            (narrow, "samples of 8 bits"),
            (tmp_path / "text.wav", "not a WAV file"),
            (tmp_path / "none.wav", "No such file"),
        ]:
            with pytest.raises(BridgeError, match=problem):
                load_speech(path)


def played() -> Emulation:
    service = emulation(default_transcript(), speed=40)
    service.speech = default_speech()
    service.keeps_audio = True
    return service


def heard_by_assemblyai(service: Emulation, audio: bytes) -> list[Any]:
    with serve("assemblyai", service) as where:
        socket = begin(where)
        for frame in pieces(audio, 3200):
            socket.send(frame)
            service.clock.wait(0.1)
        socket.send(TERMINATE)
        messages, code, _reason = until_close(socket)
        assert code == 1000
        return [message for message in messages if message["type"] == "Turn" and message["end_of_turn"]]


def test_assemblyai_goes_on_in_the_middle_of_the_speech() -> None:
    service = played()
    start = 3210 * 32
    first, second = heard_by_assemblyai(service, SPEECH[start:])
    assert first["transcript"] == "to Paris leaves at nine."
    assert (first["turn_order"], first["words"][0]["start"]) == (0, 303)
    assert second["transcript"] == SENTENCES[2]
    assert service.sessions[0].audio == SPEECH[start:]


def test_assemblyai_hears_the_whole_speech_as_ever() -> None:
    assert [turn["transcript"] for turn in heard_by_assemblyai(played(), SPEECH)] == SENTENCES


def test_assemblyai_hears_a_short_silence_from_the_start() -> None:
    [turn] = heard_by_assemblyai(played(), bytes(24_000))
    assert turn["transcript"] == "Good"


def test_gladia_goes_on_in_the_middle_of_the_speech() -> None:
    service = played()
    with serve("gladia", service) as where:
        headers = {"content-type": "application/json", "x-gladia-key": KEY}
        answer = http("POST", f"http://{where}/v2/live", b'{"endpointing":0.5}', headers)[2]
        socket = connect(answer["url"])
        for frame in pieces(SPEECH[5100 * 32 :], 3200):
            socket.send(frame)
        socket.send('{"type":"stop_recording"}')
        messages, _code, _reason = until_close(socket)
        texts = [message["data"]["utterance"] for message in messages if message["type"] == "transcript"]
        assert [text["text"].strip() for text in texts] == SENTENCES[2:]
        assert texts[0]["start"] == pytest.approx(6.007 - 5.1)
        assert service.sessions[0].audio == SPEECH[5100 * 32 :]
