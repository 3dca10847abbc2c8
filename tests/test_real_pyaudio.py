"""The guide's microphone scripts with the real PyAudio, in real time, on a virtual microphone.

What the emulators hear of the audio is only how much there is, so a recording of its own shows that the microphone
hears what is played. Machines without PortAudio or PulseAudio skip this, CI does not.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from codemods.verify.compare import ProgramRun, compare
from codemods.verify.device import Device
from codemods.verify.run import run_program
from shim.emulator.transcript import default_transcript
from shim.guide import guide_file
from tests.virtual_microphone import VirtualMicrophone, missing, virtual_microphone

TEXTS = tuple(default_transcript().text(utterance) for utterance in default_transcript().utterances)

# Prints the loudest sample of each tenth of a second; the first line tells that it records.
RECORDS = """
import array, pyaudio
audio = pyaudio.PyAudio()
stream = audio.open(format=pyaudio.paInt16, channels=1, rate=16000, input=True, frames_per_buffer=1600)
while True:
    print(max(map(abs, array.array("h", stream.read(1600)))), flush=True)
"""


def is_required() -> bool:
    return os.environ.get("CI", "").lower() == "true" or os.environ.get("STTBRIDGE_REQUIRE_MICROPHONE") == "1"


@pytest.fixture(scope="module")
def microphone() -> Iterator[VirtualMicrophone]:
    lacking = missing()
    if lacking is not None and is_required():
        pytest.fail(lacking)
    if lacking is not None:
        pytest.skip(lacking)
    with virtual_microphone() as microphone:
        yield microphone


def test_the_microphone_hears_what_is_played(microphone: VirtualMicrophone) -> None:
    environment = {**os.environ, **microphone.environment}
    command = [sys.executable, "-c", RECORDS]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as recorder:
        try:
            assert recorder.stdout is not None
            assert int(recorder.stdout.readline()) == 0
            microphone.play(guide_file("speech.wav"))
            loudest = max(int(recorder.stdout.readline()) for _tenth in range(20))
        finally:
            recorder.kill()
            microphone.stop_playing()
    assert loudest > 5000


# Original and migrated, one pair for each direction.
PAIRS = (
    (("gladia_microphone.py", "gladia"), ("assemblyai_microphone.py", "assemblyai")),
    (("assemblyai_websocket_app.py", "assemblyai"), ("gladia_websocket_app.py", "gladia")),
)


def test_a_script_and_its_migrated_form_hear_the_same(microphone: VirtualMicrophone) -> None:
    def run(program: tuple[str, str]) -> ProgramRun:
        script, vendor = program
        return run_program(guide_file(script), vendor=vendor, speed=1.0, time_bound=60, _device=microphone.device)

    before_us = len(microphone.played())
    with ThreadPoolExecutor(4) as pool:  # at once, since each takes as long as the speech
        runs = list(pool.map(run, [program for pair in PAIRS for program in pair]))
    for original, migrated in (runs[:2], runs[2:]):
        assert original.transcripts == TEXTS, original.stderr
        assert compare(original, migrated) == []
    assert [(run.exit_status, run.ended_by) for run in runs] == [(0, "interrupt")] * 4
    assert microphone.played()[before_us:] == [0] * 4


def test_a_real_microphone_is_not_hastened(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="real time"):
        run_program(tmp_path / "any.py", vendor="gladia", speed=8.0, _device=Device({}, lambda _speech: lambda: True))


@pytest.mark.parametrize(
    ("variables", "required"),
    [
        ({}, False),
        ({"CI": "false"}, False),
        ({"CI": "true"}, True),
        ({"STTBRIDGE_REQUIRE_MICROPHONE": "1"}, True),
        ({"STTBRIDGE_REQUIRE_MICROPHONE": "0"}, False),
    ],
)
def test_where_it_is_required(variables: dict[str, str], required: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CI", "STTBRIDGE_REQUIRE_MICROPHONE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert is_required() is required
