"""A first message that another function waits for than the one that opens the socket: Gladia sends none."""

from __future__ import annotations

import pytest

from codemods.migration import migrate_source

PROGRAM = """
import json
import os

from websockets.sync.client import connect

URL = "wss://streaming.assemblyai.com/v3/ws?sample_rate=16000"


class Captions:
    def open(self):
        return connect(URL, additional_headers={"Authorization": os.environ["ASSEMBLYAI_API_KEY"]})

    def opened(self):
        self.attempts = 1
        return self.open()

    def message(self, ws):
        return json.loads(ws.recv())

    def read(self, ws):
        for raw in ws:
            message = json.loads(raw)
            if message["type"] == "Turn" and message["end_of_turn"]:
                print(message["transcript"])

    def run(self, audio):
        STATEMENTS
        for piece in audio:
            ws.send(piece)
        ws.send(json.dumps({"type": "Terminate"}))
        self.read(ws)
"""


def _said(statements: list[str]) -> list[str]:
    migration = migrate_source(PROGRAM.replace("STATEMENTS", "\n        ".join(statements)), "gladia")
    told = [one.text for one in migration.findings if one.kind.code == "STB314"]
    assert bool(told) is migration.left_whole
    return told


@pytest.mark.parametrize(
    "statements",
    [
        ["ws = self.open()", "ws.recv()"],
        ["ws = self.open()", "json.loads(ws.recv())"],
        ["ws = self.opened()", 'print(json.loads(ws.recv())["id"])'],
        ["ws = self.open()", "self.message(ws)"],
        ["ws = self.open()", "if audio:", "    ws.recv()"],
    ],
)
def test_a_wait_for_the_first_message(statements: list[str]) -> None:
    assert len(_said(statements)) == 1


@pytest.mark.parametrize(
    "statements",
    [
        ["ws = self.open()"],
        ["ws = self.opened()", "while not self.message(ws).get('transcript'):", "    pass"],
        ["ws = self.open()", "while True:", "    if json.loads(ws.recv())['type'] == 'Turn':", "        break"],
    ],
)
def test_nothing_waits_for_the_first_message_alone(statements: list[str]) -> None:
    assert not _said(statements)
