"""Gladia programs whose messages are handed to callbacks (websocket-client's `WebSocketApp`), moved to AssemblyAI."""

from __future__ import annotations

from pathlib import Path

import pytest

from codemods.findings import Level
from codemods.verify.run import run_program
from codemods.verify.verification import verify_pair
from shim.guide import guide_file
from tests.codemod_checks import check_migration, codes, fixture

PROGRAM = """
import json
import threading

import requests
import websocket

KEY = "k"
{module}

def on_message(ws, text):
    message = json.loads(text)
    if message["type"] == "transcript" and message["data"]["is_final"]:
        print(message["data"]["utterance"]["text"])

def pump(ws, chunks):
    for chunk in chunks:
        ws.send(chunk, websocket.ABNF.OPCODE_BINARY)
    ws.send(json.dumps({{"type": "stop_recording"}}))

def main(chunks):
    {main}
    response = requests.post(
        "https://api.gladia.io/v2/live",
        headers={{"x-gladia-key": KEY}},
        json={{"sample_rate": 8000, "language_config": {{"languages": ["en"]}}}},
    )
    {check}
    app = websocket.WebSocketApp(response.json()["url"], {arguments})
    threading.Thread(target=pump, args=(app, chunks)).start()
    app.run_forever()
"""
CHECK = "if not response.ok:\n    print(response.text)\n    exit(response.status_code)"


def program(check: str = CHECK, arguments: str = "on_message=on_message", main: str = "", module: str = "") -> str:
    return PROGRAM.format(check=check.replace("\n", "\n    "), arguments=arguments, main=main or "pass", module=module)


def migrated(before: str) -> str:
    """The program moved to AssemblyAI, which must leave nothing for a person."""
    migration = check_migration(before)
    assert migration.changed and not [one for one in migration.findings if one.level is Level.MANUAL]
    assert "gladia" not in migration.code.lower()
    return migration.code


def test_the_check_stands_where_messages_are_parsed() -> None:
    code = migrated(program())
    assert (
        "    message = json.loads(text)\n"
        '    if message["type"] == "Error":\n'
        '        print(message["error"])\n'
        "        exit(1)\n"
        '    if message["type"] == "Turn" and message["end_of_turn"]:\n'
        '        print(message["transcript"])\n'
    ) in code
    assert 'header={"Authorization": KEY},' in code and "requests" not in code
    assert "ws.send(chunk, websocket.ABNF.OPCODE_BINARY)" in code and '{"type": "Terminate"}' in code


@pytest.mark.parametrize("check", ["response.raise_for_status()", "pass"])
def test_without_a_check_the_refusal_is_raised(check: str) -> None:
    code = migrated(program(check))
    assert 'if message["type"] == "Error":\n        raise RuntimeError(message["error"])\n' in code


def test_what_reads_the_id_is_done_at_the_beginning() -> None:
    code = migrated(program(f'{CHECK}\nname = response.json()["id"]\nprint("session", name)'))
    assert (
        '    if message["type"] == "Begin":\n        name = message["id"]\n        print("session", name)\n'
    ) in code


@pytest.mark.parametrize(
    ("before", "code"),
    [
        (program("if not response.ok:\n    print(local)\n    exit(1)", main="local = input()"), "STB307"),
        (
            program(f'{CHECK}\nname = response.json()["created_at"]', arguments="on_message=on_message, on_open=name"),
            "STB303",
        ),
        (program(f'{CHECK}\nprint(response.json()["created_at"])'), "STB303"),
        (program(arguments="None, on_message=on_message"), "STB302"),
        (program(arguments="on_close=print"), "STB302"),
    ],
)
def test_what_cannot_be_followed_leaves_the_file_whole(before: str, code: str) -> None:
    migration = check_migration(before, ruff=False)
    assert code in codes(migration), migration.findings
    assert migration.code == before


def test_the_fixture_there_and_back_behaves_the_same(tmp_path: Path) -> None:
    back = tmp_path / "back.py"
    back.write_text(migrated(fixture("gladia_websocket_app.py")), encoding="utf-8")
    found = verify_pair(guide_file("assemblyai_websocket_app.py"), back)
    assert found.agree, (found.differences, [run.stdout + run.stderr for run in found.runs])
    refused = run_program(back, vendor="assemblyai", key="another one")
    assert "1008: Unauthorized Connection: Invalid API key" in refused.stdout
