"""`sttbridge emulate`: faults on order, and the speech that a transcript belongs to."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from codemods.serving import EmulateRequest, run_emulator
from shim.errors import BridgeError
from shim.guide import guide_file
from tests.emulated_services import KEY, connect, until_close
from tests.gateways import SENTENCES, SPEECH, pieces


def emulate(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "codemods.cli", "emulate", *arguments]


@pytest.mark.skipif(sys.platform == "win32", reason="interrupted by a signal")
def test_faults_are_told_as_they_happen_and_the_speech_is_known() -> None:
    arguments = ("assemblyai", "--fault", "refuse=503:1", "--fault", "drop-after=0:1", "--speed", "20")
    speech = ("--transcript", str(guide_file("transcript.json")), "--speech", str(guide_file("speech.wav")))
    with subprocess.Popen(emulate(*arguments, *speech), stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        address = running.stdout.readline().split("http://")[1].split(": ")[0]
        url = f"ws://{address}/v3/ws?sample_rate=16000"
        headers = {"Authorization": KEY}
        try:
            with pytest.raises(InvalidStatus):
                connect(url, additional_headers=headers)
            cut = connect(url, additional_headers=headers)
            cut.send(SPEECH[:3200])
            with pytest.raises(ConnectionClosed):
                while True:
                    cut.recv(timeout=20)
            client = connect(url, additional_headers=headers)
            for frame in pieces(SPEECH[5100 * 32 :], 3200)[:-1]:
                client.send(frame)
            client.send('{"type":"Terminate"}')
            messages, code, _reason = until_close(client)
            assert code == 1000
            assert [turn["transcript"] for turn in messages if turn.get("end_of_turn")] == SENTENCES[2:]
        finally:
            running.send_signal(signal.SIGINT)
        told = [line.strip() for line in running.stdout if line.startswith("fault")]
        assert told == ["fault refuse=503:1, time 1", "fault drop-after=0:1, time 1"]
        assert running.wait(30) == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"faults": ("drop-after=soon",)}, "the form is drop-after=MS[:COUNT]"),
        ({"faults": ("explode",)}, "there is no fault 'explode'"),
        ({"speech": Path("no.wav")}, "no.wav"),
    ],
)
def test_what_cannot_be_read(arguments: dict[str, Any], said: str) -> None:
    asked = EmulateRequest("gladia", 0, None, arguments.get("speech"), None, 1.0, arguments.get("faults", ()))
    with pytest.raises(BridgeError) as error:
        run_emulator(asked)
    assert said in str(error.value.message) + error.value.next_step
