"""The stand-in for PyAudio behaves as the device does, as far as programs can see."""

from __future__ import annotations

import array
import json
import math
import queue
import struct
import sys
import threading
import wave
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from codemods.verify.microphone import Recording, Storage, resampled, stored
from codemods.verify.speech import Speech, load_speech
from codemods.verify.stand_in import pyaudio
from shim.clock import Clock
from shim.errors import BridgeError
from shim.guide import guide_file


class ManualClock(Clock):
    """Time passes when somebody waits, or when a test says so."""

    def __init__(self) -> None:
        super().__init__(1.0)
        self.time = 0.0
        self.waited = 0.0

    def now(self) -> float:
        return self.time

    def wait(self, seconds: float) -> None:
        self.time += seconds
        self.waited += seconds


def samples(*values: int) -> array.array[int]:
    return array.array("h", values)


def write_wav(path: Path, data: bytes, *, rate: int = 16000, width: int = 2, channels: int = 1) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(data)
    return path


# The speech


def test_the_guides_speech_is_read() -> None:
    speech = load_speech(guide_file("speech.wav"))
    assert speech.rate == 16000
    assert speech.seconds == pytest.approx(7.86, abs=0.01)


def test_channels_are_mixed_to_one(tmp_path: Path) -> None:
    data = struct.pack("<6h", 100, 300, -10, -30, 32767, 32767)
    assert list(load_speech(write_wav(tmp_path / "two.wav", data, channels=2)).samples) == [200, -20, 32767]


def test_what_is_no_speech_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("this is not a WAV file, whatever its name says")
    (tmp_path / "empty.wav").write_bytes(b"")
    write_wav(tmp_path / "wide.wav", bytes(300), width=3)
    write_wav(tmp_path / "silent.wav", b"")
    for name, message in [
        ("text.wav", "is not a PCM WAV file"),
        ("empty.wav", "is not a PCM WAV file"),
        ("wide.wav", "24-bit"),
        ("silent.wav", "holds no audio"),
        ("missing.wav", "No such file"),
        (".", "Is a directory"),
    ]:
        with pytest.raises(BridgeError, match=message):
            load_speech(tmp_path / name)


# What is stored


@pytest.mark.parametrize(
    ("storage", "expected"),
    [
        (Storage.INT16, struct.pack("<3h", 0, 16384, -32768)),
        (Storage.INT8, struct.pack("<3b", 0, 64, -128)),
        (Storage.UINT8, bytes([128, 192, 0])),
        (Storage.INT24, b"\0\0\0" + b"\0\0\x40" + b"\0\0\x80"),
        (Storage.INT32, struct.pack("<3i", 0, 1 << 30, -(1 << 31))),
        (Storage.FLOAT32, struct.pack("<3f", 0.0, 0.5, -1.0)),
    ],
)
def test_each_format_holds_the_same_sound(storage: Storage, expected: bytes) -> None:
    values = samples(0, 16384, -32768)
    assert stored(values, storage, 1) == expected
    size = storage.size
    doubled = b"".join(expected[at : at + size] * 2 for at in range(0, len(expected), size))
    assert stored(values, storage, 2) == doubled
    assert stored(samples(0), storage, 1) == storage.silence
    assert list(values) == [0, 16384, -32768]


@pytest.mark.parametrize("wanted", [8000, 16000, 22050, 44100, 48000])
def test_another_rate_is_the_same_tone(wanted: int) -> None:
    tone = samples(*(round(10000 * math.sin(2 * math.pi * 440 * at / 16000)) for at in range(16000)))
    found = resampled(tone, 16000, wanted)
    assert abs(len(found) - wanted) <= 1
    crossings = sum(a < 0 <= b for a, b in pairwise(found))
    assert crossings in (439, 440)
    assert max(found) == pytest.approx(10000, rel=0.03)


# When it is recorded


def recording(clock: Clock, told: list[str] | None = None, rate: int = 10) -> Recording:
    speech = Speech(samples(*range(1, 21)), 10)  # two seconds
    told = told if told is not None else []
    return Recording(speech, clock, rate=rate, channels=1, storage=Storage.INT16, ended=lambda: told.append("ended"))


def test_frames_come_with_time_and_late_readers_lose_nothing() -> None:
    clock, told = ManualClock(), list[str]()
    heard = recording(clock, told)
    clock.time = 5.0  # before it starts, nothing is recorded
    assert heard.available() == 0
    heard.start()
    assert heard.seconds_until(5) == pytest.approx(0.5)
    clock.time += 0.55
    assert heard.available() == 5
    assert heard.take(3) == struct.pack("<3h", 1, 2, 3)
    clock.time += 60
    assert heard.take(17) == struct.pack("<17h", *range(4, 21))
    assert told == ["ended"]
    assert heard.available() == 585
    assert heard.take(4) == bytes(8)
    assert told == ["ended"]


def test_the_end_is_told_when_it_was_taken_not_when_it_was_recorded() -> None:
    clock, told = ManualClock(), list[str]()
    heard = recording(clock, told)
    heard.start()
    clock.time += 10
    heard.take(19)
    assert told == []
    assert heard.take(3) == struct.pack("<3h", 20, 0, 0)
    assert told == ["ended"]


def test_a_stopped_recording_stands_still() -> None:
    clock = ManualClock()
    heard = recording(clock)
    heard.start()
    clock.time += 0.5
    heard.stop()
    clock.time += 100
    assert heard.available() == 5
    heard.start()
    clock.time += 0.5
    heard.stop()
    heard.start()
    heard.start()
    clock.time += 0.5
    assert heard.available() == 15


# PyAudio's own names


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "report"
    path.touch()
    return path


@pytest.fixture
def audio(report: Path, monkeypatch: pytest.MonkeyPatch) -> pyaudio.PyAudio:
    told = {"speech": str(guide_file("speech.wav")), "speed": 1, "report": str(report)}
    monkeypatch.setenv(pyaudio.MICROPHONE_VARIABLE, json.dumps(told))
    found = pyaudio.PyAudio()
    found._device.clock = ManualClock()
    return found


def open_microphone(audio: pyaudio.PyAudio, **options: Any) -> pyaudio.Stream:
    return audio.open(**{"format": pyaudio.paInt16, "channels": 1, "rate": 16000, "input": True, **options})


def test_reading_takes_the_time_of_what_is_read(audio: pyaudio.PyAudio, report: Path) -> None:
    clock = audio._device.clock
    assert isinstance(clock, ManualClock)
    with wave.open(str(guide_file("speech.wav"))) as file:
        speech = file.readframes(file.getnframes())
    stream = open_microphone(audio, frames_per_buffer=3200)
    assert report.read_text() == "opened\n"
    clock.time += 30  # connecting, say: a recording that nobody asked for has not begun
    assert stream.get_read_available() == 0
    assert stream.read(3200) == speech[:6400]
    assert clock.waited == pytest.approx(0.2)
    clock.time += 1  # the program is busy elsewhere: what was recorded meanwhile waits for it
    assert stream.get_read_available() == 16000
    rest = b"".join(stream.read(3200, exception_on_overflow=False) for _ in range(5))
    assert rest == speech[6400:38400]
    assert clock.waited == pytest.approx(0.2)
    while report.read_text() == "opened\n":
        rest += stream.read(3200)
    assert rest.startswith(speech[6400:])
    assert report.read_text() == "opened\nended\n"
    assert stream.read(160) == bytes(320)


def test_each_stream_hears_the_speech_from_its_start(audio: pyaudio.PyAudio) -> None:
    first = open_microphone(audio)
    beginning = first.read(16000)
    first.close()
    assert open_microphone(audio).read(16000) == beginning


def test_other_formats_are_recorded(audio: pyaudio.PyAudio) -> None:
    stream = open_microphone(audio, format=pyaudio.paFloat32, channels=2, rate=48000)
    data = stream.read(48000)
    assert len(data) == 48000 * 2 * 4
    values = struct.unpack("<96000f", data)
    assert values[0::2] == values[1::2]
    assert 0.1 < max(values) <= 1.0


def test_a_stream_that_does_not_run_says_so(audio: pyaudio.PyAudio) -> None:
    stream = open_microphone(audio, start=False)
    assert stream.is_stopped()
    assert not stream.is_active()
    with pytest.raises(OSError, match="Stream is stopped") as caught:
        stream.read(10)
    assert caught.value.errno == pyaudio.paStreamIsStopped
    stream.start_stream()
    assert stream.is_active()
    assert len(stream.read(10)) == 20
    stream.stop_stream()
    assert stream.is_stopped()
    stream.close()
    for use in (stream.is_active, stream.start_stream, lambda: stream.read(1), stream.get_read_available):
        with pytest.raises(OSError, match="Stream closed"):
            use()
    stream.close()
    audio.terminate()


def test_what_cannot_be_opened_is_refused(audio: pyaudio.PyAudio) -> None:
    with pytest.raises(ValueError, match="input or output"):
        open_microphone(audio, input=False)
    for options, code in [
        ({"format": 3}, pyaudio.paSampleFormatNotSupported),
        ({"rate": 0}, pyaudio.paInvalidSampleRate),
        ({"channels": 0}, pyaudio.paInvalidChannelCount),
    ]:
        with pytest.raises(OSError) as caught:
            open_microphone(audio, **options)
        assert caught.value.errno == code


def test_a_loudspeaker_takes_the_time_of_what_it_plays(audio: pyaudio.PyAudio, report: Path) -> None:
    clock = audio._device.clock
    assert isinstance(clock, ManualClock)
    stream = open_microphone(audio, input=False, output=True)
    stream.write(bytes(32000))
    assert clock.waited == pytest.approx(1.0)
    with pytest.raises(OSError, match="Not input stream"):
        stream.read(1)
    with pytest.raises(OSError, match="Not output stream"):
        open_microphone(audio).write(b"")
    assert report.read_text() == "opened\n"


def called_back(audio: pyaudio.PyAudio, answer: Callable[[int], Any], **options: Any) -> tuple[Any, list[Any]]:
    """A stream whose callback answers by the number of its call, and what the callback was given."""
    given: queue.SimpleQueue[Any] = queue.SimpleQueue()
    calls = [0]
    done = threading.Event()

    def callback(*arguments: Any) -> Any:
        calls[0] += 1
        given.put(arguments)
        try:
            result = answer(calls[0])
        except Exception:
            done.set()
            raise
        if result[1] != pyaudio.paContinue:
            done.set()
        return result

    audio._device.clock = Clock(1000)
    stream = open_microphone(audio, stream_callback=callback, **options)
    assert done.wait(30)
    for _ in range(3000):  # at most 30 s: the thread goes on a moment after the callback
        if not stream.is_active():
            break
        threading.Event().wait(0.01)
    assert not stream.is_active()
    return stream, [given.get() for _ in range(calls[0])]


def test_a_callback_gets_all_of_the_speech(audio: pyaudio.PyAudio, report: Path) -> None:
    with wave.open(str(guide_file("speech.wav"))) as file:
        speech = file.readframes(file.getnframes())
    count = len(speech) // 3200 + 2
    stream, given = called_back(
        audio,
        lambda number: (None, pyaudio.paComplete if number == count else pyaudio.paContinue),
        frames_per_buffer=1600,
    )
    data = b"".join(arguments[0] for arguments in given)
    assert data.startswith(speech)
    assert not any(data[len(speech) :])
    assert {arguments[1] for arguments in given} == {1600}
    assert {"input_buffer_adc_time", "current_time", "output_buffer_dac_time"} == set(given[0][2])
    assert report.read_text() == "opened\nended\n"
    with pytest.raises(OSError, match="callback stream"):
        stream.read(1)
    stream.stop_stream()
    stream.close()


def test_a_callback_that_fails_ends_its_stream(audio: pyaudio.PyAudio, capfd: pytest.CaptureFixture[str]) -> None:
    def answer(number: int) -> tuple[None, int]:
        if number == 2:
            raise RuntimeError("the callback's own trouble")
        return None, pyaudio.paContinue

    called_back(audio, answer)
    assert "the callback's own trouble" in capfd.readouterr().err


def test_a_callback_may_close_its_own_stream(audio: pyaudio.PyAudio) -> None:
    audio._device.clock = Clock(1000)
    closed = threading.Event()
    opened = threading.Event()
    streams: list[pyaudio.Stream] = []

    def callback(*arguments: Any) -> tuple[None, int]:
        opened.wait(30)
        streams[0].close()
        closed.set()
        return None, pyaudio.paContinue

    streams.append(open_microphone(audio, stream_callback=callback))
    opened.set()
    assert closed.wait(30)


def test_the_constants_are_pyaudios() -> None:
    assert (pyaudio.paInt16, pyaudio.paFloat32, pyaudio.paInt24, pyaudio.paUInt8) == (8, 1, 4, 32)
    assert (pyaudio.paContinue, pyaudio.paComplete, pyaudio.paAbort) == (0, 1, 2)
    assert pyaudio.paInputOverflowed == -9981
    assert pyaudio.PyAudio.Stream is pyaudio.Stream


def test_sizes_and_widths(audio: pyaudio.PyAudio) -> None:
    assert audio.get_sample_size(pyaudio.paInt16) == pyaudio.get_sample_size(pyaudio.paInt16) == 2
    assert audio.get_format_from_width(2) == pyaudio.paInt16
    assert pyaudio.get_format_from_width(1) == pyaudio.paUInt8
    assert pyaudio.get_format_from_width(1, unsigned=False) == pyaudio.paInt8
    with pytest.raises(ValueError, match="width"):
        pyaudio.get_format_from_width(5)
    with pytest.raises(ValueError, match="format"):
        pyaudio.get_sample_size(3)


def test_the_one_device_is_described(audio: pyaudio.PyAudio) -> None:
    assert audio.get_device_count() == 1
    device = audio.get_default_input_device_info()
    assert device == audio.get_device_info_by_index(0) == audio.get_device_info_by_host_api_device_index(0, 0)
    assert device["maxInputChannels"] > 0
    assert device["defaultSampleRate"] == 16000.0
    assert audio.get_host_api_info_by_index(0)["deviceCount"] == 1
    assert audio.is_format_supported(
        16000, input_device=device["index"], input_channels=1, input_format=pyaudio.paInt16
    )
    with pytest.raises(OSError, match="Invalid device"):
        audio.get_device_info_by_index(1)


def test_outside_verify_it_says_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(pyaudio.MICROPHONE_VARIABLE, raising=False)
    with pytest.raises(OSError, match="sttbridge verify"):
        pyaudio.PyAudio()


def test_no_other_module_is_called_pyaudio_by_us() -> None:
    """The stand-in is found by its folder's path only, in the child: importing it here claims no name."""
    assert sys.modules.get("pyaudio") is not pyaudio
