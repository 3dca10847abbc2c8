"""The dimension of the audio: a WAV file played at its own pace, or the microphone until Ctrl+C."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.matrix.program import indented

AUDIO = ("file", "microphone")

_MICROPHONE = """\
audio = pyaudio.PyAudio()
stream = audio.open(
    format=pyaudio.paInt16,
    channels=CHANNELS,
    rate=SAMPLE_RATE,
    input=True,
    frames_per_buffer=FRAMES_PER_CHUNK,
)
while not {stopping}.is_set():
    {chunk} = {read}
{body}
stream.stop_stream()
stream.close()
audio.terminate()
"""

_FILE = """\
with wave.open(sys.argv[1], "rb") as audio:
    while {chunk} := audio.readframes(FRAMES_PER_CHUNK):
{body}
        {sleep}
"""


@dataclass(frozen=True)
class Source:
    """Where the audio comes from, in a program that is asyncio's or one with threads."""

    name: str
    is_async: bool

    @property
    def is_microphone(self) -> bool:
        """Whether the program is ended by Ctrl+C."""
        return self.name == "microphone"

    @property
    def imports(self) -> set[str]:
        """What the loop needs."""
        if self.is_microphone:
            return {"import pyaudio", "import signal"}
        return {"import sys", "import wave"} | (set() if self.is_async else {"import time"})

    @property
    def constants(self) -> list[str]:
        """The format of the audio."""
        return ["SAMPLE_RATE = 16_000", "CHANNELS = 1", "FRAMES_PER_CHUNK = 1600  # 100 ms of audio"]

    def loop(self, chunk: str, stopping: str, body: Callable[[str], str]) -> str:
        """Reads chunk by chunk and does `body` with each."""
        if self.is_microphone:
            read = "stream.read(FRAMES_PER_CHUNK, exception_on_overflow=False)"
            if self.is_async:
                read = "await asyncio.to_thread(stream.read, FRAMES_PER_CHUNK)"
            return _MICROPHONE.format(stopping=stopping, chunk=chunk, read=read, body=indented(body(chunk)))
        sleep = "await asyncio.sleep(0.1)" if self.is_async else "time.sleep(0.1)"
        return _FILE.format(chunk=chunk, body=indented(body(chunk), 2), sleep=sleep)
