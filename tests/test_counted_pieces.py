"""What is said and done where pieces of sound get another length: numbers that count them, and what else times them."""

from __future__ import annotations

import pytest

from tests.codemod_checks import check_migration

AROUND = """
import json, os, threading, time, wave
import requests
from websockets.sync.client import connect
{before}
def send(ws, path, pcm):
    count = 0
    with wave.open(path, "rb") as recording:
{body}
    ws.send(json.dumps({{"type": "stop_recording"}}))


response = requests.post(
    "https://api.gladia.io/v2/live",
    headers={{"X-Gladia-Key": os.environ["GLADIA_API_KEY"]}},
    json={{"encoding": "wav/pcm", "sample_rate": 16000, "bit_depth": 16, "channels": 1}},
)
response.raise_for_status()
with connect(response.json()["url"]) as ws:
    send(ws, "speech.wav", b"")
    for text in ws:
        message = json.loads(text)
        if message["type"] == "transcript" and message["data"]["is_final"]:
            print(message["data"]["utterance"]["text"])
"""
JOINED = "frames += "


def migrated(body: str, before: str = "") -> tuple[str, list[str]]:
    """The program with these lines in the place of sending, and what is said of its sound."""
    lines = "".join(f"        {line}\n" for line in body.strip().splitlines())
    migration = check_migration(AROUND.format(body=lines.rstrip(), before=before), ruff=False)
    said = [one for one in migration.findings if one.kind.code in ("STB115", "STB117", "STB202", "STB207", "STB208")]
    return migration.code, [f"{one.kind.code} {one.text.split(':')[0]}" for one in said]


LOOP = """
while data := recording.readframes(320):
    ws.send(data)
    count += 1
    {counted}
    time.sleep(0.02)
"""


@pytest.mark.parametrize(
    ("counted", "becomes"),
    [
        ("if count % 50 == 0: print('a second')", "count % 10 == 0"),
        ("print(count * 20, 'ms')", "count * 100"),
        ("if count > 500: break", "count > 100"),
        ("print(count)", "print(count)"),
        ("print(count * (320 / 16000))", None),
        ("if count % 7 == 0: print('odd')", None),
        ("if len(data) != 640: break", None),
    ],
)
def test_a_number_that_counts_pieces(counted: str, becomes: str | None) -> None:
    code, said = migrated(LOOP.format(counted=counted))
    assert said == [f"STB115 {'20 ms in each frame' if becomes else 'frames are joined until they last 50 ms'}"]
    assert (becomes in code and "readframes(1600)" in code) if becomes else (JOINED in code and counted in code)


def test_something_else_times_the_pieces() -> None:
    pace = "\ndef pause():\n    time.sleep(0.02)\n\n"
    code, said = migrated("while data := recording.readframes(320):\n    ws.send(data)\n    pause()", pace)
    assert JOINED in code and "sleep(0.02)" in code and said == ["STB115 frames are joined until they last 50 ms"]


def test_pieces_of_another_rate_are_joined() -> None:
    code, said = migrated(
        "state = None\nwhile data := recording.readframes(2400):\n"
        "    data, state = audioop.ratecv(data, 2, 1, 48000, 16000, state)\n    ws.send(data)\n    time.sleep(0.05)",
        "import audioop\n",
    )
    assert JOINED in code and said == ["STB115 frames are joined until they last 50 ms"]


def test_slices_of_what_is_not_known() -> None:
    code, said = migrated("for at in range(0, len(pcm), 640):\n    ws.send(pcm[at : at + 640])\n    time.sleep(0.02)")
    assert JOINED in code and said == ["STB115 frames are joined until they last 50 ms"]


def test_silence_of_a_constant_length() -> None:
    assert migrated("ws.send(bytes(16000))")[1] == []
    assert migrated('ws.send(b"\\0" * 64000)')[1] == ["STB202 2000 ms in each frame"]


def test_all_of_a_file_at_once() -> None:
    code, said = migrated("ws.send(recording.readframes(recording.getnframes()))")
    assert "ljust" not in code and said == ["STB208 all of a file is one message, which may last 1000 ms at most"]


def test_a_text_that_is_as_long_as_a_piece_stays() -> None:
    code, _ = migrated(
        "while data := recording.readframes(SIZE):\n    ws.send(data)\n    time.sleep(SIZE / 16000)",
        before='SIZE = 320\nLINE = "-" * SIZE\n',
    )
    assert "SIZE = 320" in code and JOINED in code
