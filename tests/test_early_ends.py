"""Handlers of a Gladia session's end that call the handler of errors, which AssemblyAI's client calls by itself."""

from __future__ import annotations

import pytest

from tests.codemod_checks import check_migration

_PROGRAM = """import os
import time

from gladiaio_sdk import GladiaClient, LiveV2InitRequest

client = GladiaClient(api_key=os.environ["GLADIA_API_KEY"])
session = client.live_v2().start_session(LiveV2InitRequest(sample_rate=16000))
{registered}

@session.on("message")
def on_message(message):
    if message.type == "transcript":
        print(message.data.utterance.text.strip())


session.once("ended", lambda end: failed(ConnectionError(end.code, end.reason)) if {test} else None)

with open("talk.pcm", "rb") as file:
    while chunk := file.read(3200):
        session.send_audio(chunk)
        time.sleep(0.1)
session.stop_recording()
"""
_DECORATED = '\n@session.on("error")\ndef failed(error):\n    print("failed", error)\n\n'
_HANDED = '\ndef failed(error):\n    print("failed", error)\n\n\nsession.on("error", failed)\n'


@pytest.mark.parametrize("registered", [_DECORATED, _HANDED])
@pytest.mark.parametrize(
    "test", ["end.code != 1000", "end.code not in (1000, 1006, 3008)", "not end.code == 1000", "end.code > 1000"]
)
def test_what_tells_of_an_early_end_is_the_clients_own_from_now_on(registered: str, test: str) -> None:
    migration = check_migration(_PROGRAM.format(registered=registered, test=test))
    assert migration.code.count("RealTimeEvents.Error") == 1
    assert "end.code" not in migration.code and "ConnectionError" not in migration.code


@pytest.mark.parametrize("registered", [_DECORATED, _HANDED])
@pytest.mark.parametrize("test", ["end.code == 1000", "end.code >= 4000", "end", "end.code in CODES", "not end.code"])
def test_what_is_told_of_other_ends_is_not_told_twice(registered: str, test: str) -> None:
    migration = check_migration(_PROGRAM.format(registered=f"CODES = (4400,)\n{registered}", test=test))
    assert not migration.changed
    assert "STB321" in {one.kind.code for one in migration.findings}
