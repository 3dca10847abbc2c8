"""A stand-in for PyAudio 0.2.14, for programs run by `sttbridge verify`; on their path only.

One device, microphone and loudspeaker. What is recorded is the speech that the environment names, then
silence for ever; what is played is heard by nobody. Time is the run's clock. A recording that is read begins
when it is first asked for audio, so that a slow start of the program costs nothing; one with a callback begins
when it is opened or started. Audio is never lost, so there is no overflow.

More forgiving than the real one: a stream opens on any device index and at any rate.
"""

from __future__ import annotations

import json
import os
import threading
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from codemods.verify.microphone import Recording, Storage
from codemods.verify.speech import load_speech
from shim.clock import Clock

__author__ = "sttbridge"
__version__ = "0.2.14"

# Sample formats
paFloat32 = 1
paInt32 = 2
paInt24 = 4
paInt16 = 8
paInt8 = 16
paUInt8 = 32
paCustomFormat = 65536

# Host interfaces
paInDevelopment = 0
paDirectSound = 1
paMME = 2
paASIO = 3
paSoundManager = 4
paCoreAudio = 5
paOSS = 7
paALSA = 8
paAL = 9
paBeOS = 10
paWDMKS = 11
paJACK = 12
paWASAPI = 13
paNoDevice = -1

# Error codes
paNoError = 0
paNotInitialized = -10000
paUnanticipatedHostError = -9999
paInvalidChannelCount = -9998
paInvalidSampleRate = -9997
paInvalidDevice = -9996
paInvalidFlag = -9995
paSampleFormatNotSupported = -9994
paBadIODeviceCombination = -9993
paInsufficientMemory = -9992
paBufferTooBig = -9991
paBufferTooSmall = -9990
paNullCallback = -9989
paBadStreamPtr = -9988
paTimedOut = -9987
paInternalError = -9986
paDeviceUnavailable = -9985
paIncompatibleHostApiSpecificStreamInfo = -9984
paStreamIsStopped = -9983
paStreamIsNotStopped = -9982
paInputOverflowed = -9981
paOutputUnderflowed = -9980
paHostApiNotFound = -9979
paInvalidHostApi = -9978
paCanNotReadFromACallbackStream = -9977
paCanNotWriteToACallbackStream = -9976
paCanNotReadFromAnOutputOnlyStream = -9975
paCanNotWriteToAnInputOnlyStream = -9974
paIncompatibleStreamHostApi = -9973

# What a callback returns
paContinue = 0
paComplete = 1
paAbort = 2

# What a callback is told
paInputUnderflow = 1
paInputOverflow = 2
paOutputUnderflow = 4
paOutputOverflow = 8
paPrimingOutput = 16

paFramesPerBufferUnspecified = 0

MICROPHONE_VARIABLE = "STTBRIDGE_VERIFY_MICROPHONE"  # JSON: {"speech": path, "speed": number, "report": path}

_STORAGE = {
    paFloat32: Storage.FLOAT32,
    paInt32: Storage.INT32,
    paInt24: Storage.INT24,
    paInt16: Storage.INT16,
    paInt8: Storage.INT8,
    paUInt8: Storage.UINT8,
}
_FRAMES_OF_A_BUFFER = 1024  # where the program leaves it to the device
_LATENCY = 0.01  # seconds, told and not kept
_LOOK = 0.05  # longest single wait, in real seconds: a stream may be stopped or closed meanwhile
_MOST_CHANNELS = 8

_Callback = Callable[[bytes | None, int, Mapping[str, float], int], tuple[bytes | bytearray | memoryview | None, int]]


def get_sample_size(format: int) -> int:
    """Bytes of one sample. Raises `ValueError` for an unknown format."""
    if format not in _STORAGE:
        raise ValueError("Invalid format")
    return _STORAGE[format].size


def get_format_from_width(width: int, unsigned: bool = True) -> int:
    """The format constant for samples of `width` bytes."""
    formats = {1: paUInt8 if unsigned else paInt8, 2: paInt16, 3: paInt24, 4: paFloat32}
    if width not in formats:
        raise ValueError(f"Invalid width: {width}")
    return formats[width]


def get_portaudio_version() -> int:
    """As PortAudio 19.7.0."""
    return 1246976


def get_portaudio_version_text() -> str:
    """Says that this is not PortAudio."""
    return "PortAudio V19.7.0-devel (stand-in of sttbridge verify)"


class _Device:
    """The one device, as the environment describes it."""

    def __init__(self) -> None:
        try:
            told = json.loads(os.environ[MICROPHONE_VARIABLE])
            self.report = Path(told["report"])
            self.clock = Clock(float(told["speed"]))
            self.speech = load_speech(Path(told["speech"]))
        except (KeyError, ValueError) as error:
            raise OSError(paNotInitialized, "this pyaudio works under `sttbridge verify` only") from error

    def tell(self, what: str) -> None:
        """Tells `verify` how far the program is: `opened`, `ended`. One line each."""
        with self.report.open("a", encoding="utf-8") as file:
            file.write(f"{what}\n")


class Stream:
    """An open stream; see PyAudio's own documentation for its methods."""

    def __init__(
        self,
        PA_manager: PyAudio,
        rate: int,
        channels: int,
        format: int,
        input: bool = False,
        output: bool = False,
        input_device_index: int | None = None,
        output_device_index: int | None = None,
        frames_per_buffer: int = paFramesPerBufferUnspecified,
        start: bool = True,
        input_host_api_specific_stream_info: object = None,
        output_host_api_specific_stream_info: object = None,
        stream_callback: _Callback | None = None,
    ) -> None:
        if not (input or output):
            raise ValueError("Must specify an input or output stream.")
        if format not in _STORAGE:
            raise OSError(paSampleFormatNotSupported, "Sample format not supported")
        if rate <= 0:
            raise OSError(paInvalidSampleRate, "Invalid sample rate")
        if not 1 <= channels <= _MOST_CHANNELS:
            raise OSError(paInvalidChannelCount, "Invalid number of channels")
        device = PA_manager._device
        self._parent = PA_manager
        self._clock = device.clock
        self._is_input, self._is_output = bool(input), bool(output)
        self._rate, self._channels, self._format = int(rate), int(channels), format
        self._frames_per_buffer = frames_per_buffer or _FRAMES_OF_A_BUFFER
        self._callback = stream_callback
        self._thread: threading.Thread | None = None
        self._running = False  # started and not stopped
        self._closed = False
        self._finished = False  # the callback said that it was the last time
        self._recording = Recording(
            device.speech,
            device.clock,
            rate=self._rate,
            channels=self._channels,
            storage=_STORAGE[format],
            ended=(lambda: device.tell("ended")) if self._is_input else (lambda: None),
        )
        if self._is_input:
            device.tell("opened")
        if start:
            self.start_stream()

    # Its life

    def start_stream(self) -> None:
        self._check_open()
        if self._running:
            return
        self._running, self._finished = True, False
        if self._callback is not None:
            self._recording.start()
            self._thread = threading.Thread(target=self._call_back, args=(self._callback,), daemon=True)
            self._thread.start()

    def stop_stream(self) -> None:
        self._check_open()
        self._stop()

    def close(self) -> None:
        self._stop()
        self._closed = True
        self._parent._remove_stream(self)

    def is_active(self) -> bool:
        self._check_open()
        return self._running and not self._finished

    def is_stopped(self) -> bool:
        self._check_open()
        return not self._running

    def get_input_latency(self) -> float:
        return _LATENCY if self._is_input else 0.0

    def get_output_latency(self) -> float:
        return _LATENCY if self._is_output else 0.0

    def get_time(self) -> float:
        return self._clock.now()

    def get_cpu_load(self) -> float:
        return 0.0

    # Reading and writing

    def read(self, num_frames: int, exception_on_overflow: bool = True) -> bytes:
        """Waits until so many frames are recorded. There is never an overflow."""
        if not self._is_input:
            raise OSError("Not input stream", paCanNotReadFromAnOutputOnlyStream)
        self._check_open()
        if self._callback is not None:
            raise OSError(paCanNotReadFromACallbackStream, "Can't read from a callback stream")
        if num_frames < 0:
            raise ValueError("Invalid number of frames")
        while True:
            if self._closed or not self._running:
                raise OSError(paStreamIsStopped, "Stream is stopped")
            self._recording.start()
            missing = self._recording.seconds_until(num_frames)
            if missing <= 0:
                return self._recording.take(num_frames)
            self._wait(missing)

    def get_read_available(self) -> int:
        self._check_open()
        if self._is_input and self._running and self._callback is None:
            self._recording.start()
        return self._recording.available() if self._is_input else 0

    def write(self, frames: bytes, num_frames: int | None = None, exception_on_underflow: bool = False) -> None:
        """Waits as long as playing takes."""
        if not self._is_output:
            raise OSError("Not output stream", paCanNotWriteToAnInputOnlyStream)
        self._check_open()
        if self._callback is not None:
            raise OSError(paCanNotWriteToACallbackStream, "Can't write to a callback stream")
        if num_frames is None:
            num_frames = len(frames) // (self._channels * get_sample_size(self._format))
        self._clock.wait(num_frames / self._rate)

    def get_write_available(self) -> int:
        self._check_open()
        return self._frames_per_buffer if self._is_output else 0

    # Inside

    def _check_open(self) -> None:
        if self._closed:
            raise OSError(paBadStreamPtr, "Stream closed")

    def _stop(self) -> None:
        self._running = False
        self._recording.stop()
        thread, self._thread = self._thread, None
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout=5)

    def _wait(self, seconds: float) -> None:
        self._clock.wait(min(seconds, _LOOK * self._clock.speed))

    def _call_back(self, callback: _Callback) -> None:
        frames, thread = self._frames_per_buffer, threading.current_thread()
        while self._running and self._thread is thread:
            missing = self._recording.seconds_until(frames)
            if missing > 0:
                self._wait(missing)
                continue
            recorded = self._recording.take(frames)
            now = self._clock.now()
            times = {"input_buffer_adc_time": now - _LATENCY, "current_time": now, "output_buffer_dac_time": now}
            try:
                _, what_next = callback(recorded if self._is_input else None, frames, times, 0)
            except Exception:
                traceback.print_exc()
                what_next = paAbort
            if what_next != paContinue:
                self._finished = True
                return


_OpenStream = Stream  # inside PyAudio the name `Stream` is the attribute


class PyAudio:
    """The library's entry: opens streams, describes the device."""

    Stream = Stream

    def __init__(self) -> None:
        self._device = _Device()
        self._streams: set[_OpenStream] = set()

    def terminate(self) -> None:
        for stream in self._streams.copy():
            stream.close()

    def open(self, *args: Any, **kwargs: Any) -> _OpenStream:
        """Opens a stream; the arguments are those of `PyAudio.Stream`, without the first."""
        stream = _OpenStream(self, *args, **kwargs)
        self._streams.add(stream)
        return stream

    def close(self, stream: _OpenStream) -> None:
        if stream not in self._streams:
            raise ValueError(f"Stream {stream} not found")
        stream.close()

    def _remove_stream(self, stream: _OpenStream) -> None:
        self._streams.discard(stream)

    def get_sample_size(self, format: int) -> int:
        return get_sample_size(format)

    def get_format_from_width(self, width: int, unsigned: bool = True) -> int:
        return get_format_from_width(width, unsigned)

    def is_format_supported(
        self,
        rate: float,
        input_device: int | None = None,
        input_channels: int | None = None,
        input_format: int | None = None,
        output_device: int | None = None,
        output_channels: int | None = None,
        output_format: int | None = None,
    ) -> bool:
        if input_device is None and output_device is None:
            raise ValueError("Must specify stream format for input, output, or both", paInvalidDevice)
        for format in (input_format, output_format):
            if format is not None and format not in _STORAGE:
                raise ValueError("Sample format not supported", paSampleFormatNotSupported)
        return True

    def get_host_api_count(self) -> int:
        return 1

    def get_default_host_api_info(self) -> dict[str, Any]:
        return self.get_host_api_info_by_index(0)

    def get_host_api_info_by_type(self, host_api_type: int) -> dict[str, Any]:
        if host_api_type != paALSA:
            raise OSError(paHostApiNotFound, "Host API not found")
        return self.get_host_api_info_by_index(0)

    def get_host_api_info_by_index(self, host_api_index: int) -> dict[str, Any]:
        if host_api_index != 0:
            raise OSError(paInvalidHostApi, "Invalid host API")
        return {
            "index": 0,
            "structVersion": 1,
            "type": paALSA,
            "name": "ALSA",
            "deviceCount": 1,
            "defaultInputDevice": 0,
            "defaultOutputDevice": 0,
        }

    def get_device_info_by_host_api_device_index(
        self, host_api_index: int, host_api_device_index: int
    ) -> dict[str, Any]:
        self.get_host_api_info_by_index(host_api_index)
        return self.get_device_info_by_index(host_api_device_index)

    def get_device_count(self) -> int:
        return 1

    def get_default_input_device_info(self) -> dict[str, Any]:
        return self.get_device_info_by_index(0)

    def get_default_output_device_info(self) -> dict[str, Any]:
        return self.get_device_info_by_index(0)

    def get_device_info_by_index(self, device_index: int) -> dict[str, Any]:
        if device_index != 0:
            raise OSError(paInvalidDevice, "Invalid device")
        return {
            "index": 0,
            "structVersion": 2,
            "name": "stand-in microphone of sttbridge verify",
            "hostApi": 0,
            "maxInputChannels": _MOST_CHANNELS,
            "maxOutputChannels": _MOST_CHANNELS,
            "defaultLowInputLatency": _LATENCY,
            "defaultLowOutputLatency": _LATENCY,
            "defaultHighInputLatency": _LATENCY,
            "defaultHighOutputLatency": _LATENCY,
            "defaultSampleRate": float(self._device.speech.rate),
        }
