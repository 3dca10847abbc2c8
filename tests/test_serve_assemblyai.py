"""`sttbridge serve` and `run` where AssemblyAI's API is spoken over Gladia."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from shim.emulator.transcript import default_transcript
from tests.assemblyai_gateways import FRAMES, TERMINATE, finals
from tests.emulated_services import KEY, connect, emulation, serve, until_close, wait_for
from tests.gateways import SENTENCES

PROGRAM = """
import json, os, sys, threading, time
import websocket

frames = open(sys.argv[1], "rb").read()[44:]

def on_open(app):
    def speak():
        for start in range(0, len(frames), 3200):
            app.send(frames[start:start + 3200], websocket.ABNF.OPCODE_BINARY)
            time.sleep(0.1)
        app.send('{"type": "Terminate"}')
    threading.Thread(target=speak, daemon=True).start()

def on_message(app, frame):
    message = json.loads(frame)
    if message["type"] == "Turn" and message["end_of_turn"]:
        print(message["transcript"], flush=True)

url = "wss://streaming.assemblyai.com/v3/ws?sample_rate=16000&max_turn_silence=400"
app = websocket.WebSocketApp(url, header={"Authorization": "the-programs-own"}, on_open=on_open, on_message=on_message)
app.run_forever()
"""


def environment(**more: str) -> dict[str, str]:
    return {**{name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")}, **more}


@pytest.mark.skipif(sys.platform == "win32", reason="interrupted by a signal")
def test_serve() -> None:
    service = emulation(default_transcript(), speed=10.0)
    with serve("gladia", service) as host:
        arguments = ["--api", "assemblyai", "--over", "gladia", "--port", "0", "--speed", "10"]
        command = [sys.executable, "-m", "codemods.cli", "serve", *arguments, "--upstream", f"ws://{host}"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment()) as running:
            assert running.stdout is not None
            line = running.stdout.readline()
            assert line.startswith("AssemblyAI's API over Gladia at http://127.0.0.1:"), line
            address = line.split("http://")[1].split()[0]
            client = connect(
                f"ws://{address}/v3/ws?sample_rate=16000&max_turn_silence=400",
                additional_headers={"Authorization": KEY},
            )
            for frame in FRAMES:
                client.send(frame)
                service.clock.wait(0.1)
            client.send(TERMINATE)
            messages, code, _reason = until_close(client)
            assert (code, finals(messages)) == (1000, SENTENCES)
            running.send_signal(signal.SIGINT)
            assert running.wait(timeout=20) == 0
        wait_for(lambda: service.open_sessions == 0)


def test_run(tmp_path: Path) -> None:
    from shim.guide import guide_file

    script = tmp_path / "program.py"
    script.write_text(PROGRAM)
    service = emulation(default_transcript(), speed=8.0)
    with serve("gladia", service) as host:
        arguments = ["--api", "assemblyai", "--over", "gladia", "--upstream", f"ws://{host}", "--speed", "8"]
        done = subprocess.run(
            [sys.executable, "-m", "codemods.cli", "run", *arguments, str(script), str(guide_file("speech.wav"))],
            capture_output=True,
            text=True,
            check=False,
            env=environment(GLADIA_API_KEY=KEY),
            timeout=60,
        )
        assert done.stdout.splitlines() == SENTENCES, done.stderr
        assert done.returncode == 0
        wait_for(lambda: service.open_sessions == 0)


def test_a_key_that_is_missing_and_a_pair_that_is_none(tmp_path: Path) -> None:
    script = tmp_path / "program.py"
    script.write_text("pass\n")
    for arguments, said in (
        (["run", "--api", "assemblyai", "--over", "gladia", str(script)], "GLADIA_API_KEY is not set"),
        (["serve", "--api", "assemblyai", "--over", "assemblyai"], "use --api assemblyai --over gladia"),
        (["serve", "--api", "assemblyai", "--over", "gladia", "--gateway-key", "k"], "GLADIA_API_KEY is not set"),
    ):
        command = [sys.executable, "-m", "codemods.cli", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment(), timeout=60)
        assert done.returncode == 2
        assert said in " ".join(done.stderr.split())
