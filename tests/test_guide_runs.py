"""The guide's script at work: as it is, migrated, through the shim; with chunks of every size; with a wrong key."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from codemods.verify.compare import ProgramRun, compare
from codemods.verify.run import run_program
from shim.clock import Clock
from shim.emulator import EMULATORS
from shim.emulator.emulation import Emulation
from shim.emulator.transcript import default_transcript
from shim.guide import guide_file
from shim.serving import LocalServer

ROOT = Path(__file__).parent.parent
ORIGINAL = guide_file("gladia_microphone.py")
MIGRATED = guide_file("assemblyai_microphone.py")
UTTERANCES = tuple(default_transcript().text(utterance) for utterance in default_transcript().utterances)
WRONG_KEY = "the-wrong-key"


@pytest.fixture(scope="module")
def original() -> ProgramRun:
    return run_program(ORIGINAL, vendor="gladia")


def test_the_original_hears_every_utterance_on_gladia(original: ProgramRun) -> None:
    assert original.transcripts == UTTERANCES and len(UTTERANCES) >= 3
    assert (original.exit_status, original.had_traceback) == (0, False)


def test_the_migrated_script_says_the_same_on_assemblyai(original: ProgramRun) -> None:
    migrated = run_program(MIGRATED, vendor="assemblyai")
    assert compare(original, migrated) == []
    assert '"audio_duration_seconds"' in migrated.stdout, "the last message is printed"


def test_the_original_says_the_same_through_the_shim(original: ProgramRun) -> None:
    shimmed = run_program(ORIGINAL, vendor="gladia", over="assemblyai")
    assert compare(original, shimmed) == []
    assert '"full_transcript"' in shimmed.stdout, "the summary is Gladia's"


@pytest.mark.parametrize(("frames", "pause"), [(320, 0.01), (48000, 0.1)], ids=["20 ms", "3 s"])
def test_chunks_of_every_size_pass_through_the_shim(tmp_path: Path, frames: int, pause: float) -> None:
    script = tmp_path / "live.py"
    code = ORIGINAL.read_text(encoding="utf-8")
    changed = code.replace("FRAMES_PER_BUFFER = 3200", f"FRAMES_PER_BUFFER = {frames}").replace(
        "asyncio.sleep(0.1)", f"asyncio.sleep({pause})"
    )
    assert changed.count(str(frames)) == 1
    script.write_text(changed, encoding="utf-8")
    run = run_program(script, vendor="gladia", over="assemblyai", speed=6.0)
    assert (run.transcripts, run.exit_status, run.had_traceback) == (UTTERANCES, 0, False)


@pytest.mark.parametrize(
    ("script", "vendor", "over", "said"),
    [
        (ORIGINAL, "gladia", None, "gladia user not found"),
        (MIGRATED, "assemblyai", None, "Invalid API key"),
        (ORIGINAL, "gladia", "assemblyai", "401"),
    ],
    ids=["original", "migrated", "through the shim"],
)
def test_a_wrong_key_ends_with_a_message_and_a_status(script: Path, vendor: str, over: str | None, said: str) -> None:
    run = run_program(script, vendor=vendor, over=over, key="the-right-key")
    assert run.exit_status > 0 and run.ended_by == "itself"
    assert said in run.stdout
    assert not run.had_traceback
    assert "the-right-key" not in run.stdout + run.stderr


def test_a_wrong_key_is_no_secret_of_the_emulators() -> None:
    for vendor, make_app in EMULATORS.items():
        emulation = Emulation(default_transcript(), key="the-right-key")
        with LocalServer(lambda make=make_app, emulation=emulation: make(emulation)) as server:
            assert "the-right-key" not in repr(emulation), vendor
            assert server.port


def sttbridge_run(upstream: str, script: Path, key: str) -> subprocess.Popen[str]:
    """The guide's script by `sttbridge run`, with the stand-in microphone on its path."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STTBRIDGE_")}
    microphone = {"speech": str(guide_file("speech.wav")), "speed": 8, "report": os.devnull}
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "codemods.cli", "run", "--api", "gladia", "--over", "assemblyai"),
            *("--upstream", upstream, "--speed", "8", str(script)),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={
            **kept,
            "ASSEMBLYAI_API_KEY": key,
            "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "codemods" / "verify" / "stand_in"))),
            "PYTHONUNBUFFERED": "1",
            "STTBRIDGE_VERIFY_MICROPHONE": json.dumps(microphone),
        },
    )


def test_the_unmigrated_script_runs_by_the_run_command() -> None:
    emulation = Emulation(default_transcript(), key="upstream-key", clock=Clock(8))
    with LocalServer(lambda: EMULATORS["assemblyai"](emulation)) as server:
        program = sttbridge_run(server.url, ORIGINAL, "upstream-key")
        heard: list[str] = []
        assert program.stdout is not None
        lines = program.stdout
        reader = threading.Thread(target=lambda: heard.extend(lines), daemon=True)
        reader.start()
        deadline = time.monotonic() + 60
        while UTTERANCES[-1] not in "".join(heard) and time.monotonic() < deadline and program.poll() is None:
            time.sleep(0.02)
        program.send_signal(signal.SIGINT)
        status = program.wait(30)
        reader.join(10)
        assert program.stderr is not None
        errors = program.stderr.read()
        program.stderr.close()
        lines.close()
    assert status == 0, errors
    assert [line.strip() for line in heard if line.startswith("Final: ")] == [f"Final: {one}" for one in UTTERANCES]
    assert emulation.open_sessions == 0
    assert "upstream-key" not in errors + "".join(heard)


def test_a_wrong_upstream_key_is_said_by_the_run_command() -> None:
    emulation = Emulation(default_transcript(), key="upstream-key", clock=Clock(8))
    with LocalServer(lambda: EMULATORS["assemblyai"](emulation)) as server:
        program = sttbridge_run(server.url, ORIGINAL, WRONG_KEY)
        output, errors = program.communicate(timeout=60)
    assert program.returncode == 401 & 0xFF, errors
    assert output.startswith("401: ") and "Invalid API key" in output
    assert WRONG_KEY not in output + errors and "Traceback" not in errors
