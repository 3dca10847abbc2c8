"""Keys that a caller gives who is not in the run: it is said that they must be the new service's from now on."""

from __future__ import annotations

import pytest

from tests.codemod_checks import check_migration
from tests.test_migrate_project import POST, project

GLADIA_SDK = """
from gladiaio_sdk import GladiaClient, LiveV2InitRequest

class Ears:
    def __init__(self, api_key=None):
        self.client = GladiaClient(api_key=api_key)

    def run(self, chunks):
        session = self.client.live_v2().start_session(LiveV2InitRequest(sample_rate=16000))

        @session.on("message")
        def on_message(message):
            if message.type == "transcript" and message.data.is_final:
                print(message.data.utterance.text)

        for chunk in chunks:
            session.send_audio(chunk)
        session.stop_recording()
"""
ASSEMBLYAI_SDK = """
from assemblyai.streaming.v3 import StreamingClient, StreamingClientOptions, StreamingEvents, StreamingParameters

def run(key, chunk):
    client = StreamingClient(StreamingClientOptions(api_key=key))
    client.on(StreamingEvents.Turn, lambda client, event: event.end_of_turn and print(event.transcript))
    client.connect(StreamingParameters(sample_rate=16000, speech_model="u3-rt-pro"))
    client.stream(chunk)
    client.disconnect(terminate=True)
"""
ASSEMBLYAI = """
import json
from websockets.sync.client import connect

def run(key, chunks):
    headers = {"Authorization": key}
    with connect("wss://streaming.assemblyai.com/v3/ws?sample_rate=16000", additional_headers=headers) as ws:
        for chunk in chunks:
            ws.send(chunk)
        ws.send(json.dumps({"type": "Terminate"}))
        for frame in ws:
            message = json.loads(frame)
            if message["type"] == "Turn" and message["end_of_turn"]:
                print(message["transcript"])
"""


def said(code: str, to: str = "assemblyai") -> list[str]:
    """What is said of the key."""
    return [one.text for one in check_migration(code, to=to).findings if one.kind.code == "STB113"]


@pytest.mark.parametrize(
    ("code", "to", "text"),
    [
        (POST, "assemblyai", "`key` is given by who calls `run`: it must be AssemblyAI's key now"),
        (GLADIA_SDK, "assemblyai", "`api_key` is given by who calls `Ears`: it must be AssemblyAI's key now"),
        (ASSEMBLYAI, "gladia", "`key` is given by who calls `run`: it must be Gladia's key now"),
        (ASSEMBLYAI_SDK, "gladia", "`key` is given by who calls `run`: it must be Gladia's key now"),
    ],
)
def test_a_key_that_a_caller_gives_who_is_not_there(code: str, to: str, text: str) -> None:
    assert said(code, to) == [text]


def test_a_key_of_a_library() -> None:
    code = POST.replace("import json", "import json\nfrom house import vault").replace(
        '-Key": key', '-Key": vault.speech'
    )
    assert said(code) == ["where `vault.speech` comes from is not seen: it must be AssemblyAI's key now"]


def test_a_key_whose_origin_is_seen_is_spoken_of_there() -> None:
    assert said(f'{POST}\nimport os\nrun(os.environ["GLADIA_API_KEY"], [], print)\n') == []
    assert said(f"{POST}\nrun('k', [], print)\n") == ["the key is written in the program"]
    found = project({"stt.py": POST, "app.py": "import os, stt\nstt.run(os.environ['GLADIA_API_KEY'], [], print)\n"})
    assert not [one for result in found.values() for one in result.findings if one.kind.code == "STB113"]


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ('json.load(open("config.json"))["key"]', "`key` must hold AssemblyAI's key now"),
        ('__import__("keyring").get_password("speech", "me")', "`key` must hold AssemblyAI's key now"),
        ('open("key.txt").read().strip()', "`key` must hold AssemblyAI's key now"),
    ],
)
def test_a_key_from_a_file_or_a_vault(given: str, text: str) -> None:
    assert said(f"{POST}\nrun({given}, [], print)\n") == [text]


def test_a_key_by_default() -> None:
    handed_in = "`key` is given by who calls `run`: it must be AssemblyAI's key now"
    assert said(POST.replace("run(key, chunks, show)", 'run(key="", chunks=(), show=print)')) == [handed_in]
    with_default = ASSEMBLYAI_SDK.replace("run(key, chunk)", 'run(chunk, key="0d1e2f")')
    assert said(with_default, "gladia") == ["the key is written in the program"]
