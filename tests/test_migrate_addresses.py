"""Addresses that are put together from pieces: host, version and path in any of them."""

from __future__ import annotations

import pytest

from tests.codemod_checks import check_migration, codes

_GLADIA = """
import json, os
import requests
from websockets.sync.client import connect

{constants}
response = requests.post({address}, headers={{"X-Gladia-Key": os.environ["GLADIA_API_KEY"]}}, json={{"channels": 1}})
with connect(response.json()["url"]) as ws:
    for raw in ws:
        message = json.loads(raw)
        if message["type"] == "transcript" and message["data"]["is_final"]:
            print(message["data"]["utterance"]["text"])
"""
_ASSEMBLYAI = """
import json, os
from websockets.sync.client import connect

{constants}
with connect({address}, additional_headers={{"Authorization": os.environ["ASSEMBLYAI_API_KEY"]}}) as ws:
    for raw in ws:
        message = json.loads(raw)
        if message["type"] == "Turn" and message["end_of_turn"]:
            print(message["transcript"])
"""


@pytest.mark.parametrize(
    ("constants", "address", "expected"),
    [
        (
            'BASE = "https://api.gladia.io/v2"',
            'f"{BASE}/live"',
            ['BASE = "wss://streaming.assemblyai.com/v3"', 'f"{BASE}/ws?'],
        ),
        (
            'HOST = "api.gladia.io"',
            'f"https://{HOST}/v2/live"',
            ['"streaming.assemblyai.com"', 'f"wss://{HOST}/v3/ws?'],
        ),
        (
            'BASE = "https://api.gladia.io"\nVERSION = "v2"',
            'f"{BASE}/{VERSION}/live"',
            ['BASE = "wss://streaming.assemblyai.com"', 'VERSION = "v3"', 'f"{BASE}/{VERSION}/ws?'],
        ),
        (
            'BASE = "https://api.gladia.io/"',
            'BASE + "v2" + "/live"',
            ['BASE = "wss://streaming.assemblyai.com/"', '"v3"', '"/ws?"'],
        ),
    ],
)
def test_the_pieces_of_gladias_address(constants: str, address: str, expected: list[str]) -> None:
    code = check_migration(_GLADIA.format(constants=constants, address=address), ruff=False).code
    assert all(one in code for one in expected), code


@pytest.mark.parametrize(
    ("constants", "address", "expected"),
    [
        (
            'BASE = "wss://streaming.assemblyai.com/v3"',
            'f"{BASE}/ws?sample_rate=16000"',
            ['BASE = "https://api.gladia.io/v2"', 'f"{BASE}/live"'],
        ),
        (
            'BASE = "wss://streaming.assemblyai.com"\nVERSION = "v3"',
            'f"{BASE}/{VERSION}/ws?sample_rate=16000"',
            ['BASE = "https://api.gladia.io"', 'VERSION = "v2"', 'f"{BASE}/{VERSION}/live"'],
        ),
        (
            'HOST = "streaming.assemblyai.com"',
            'f"wss://{HOST}/v3/ws?sample_rate=16000"',
            ['HOST = "api.gladia.io"', 'f"https://{HOST}/v2/live"'],
        ),
    ],
)
def test_the_pieces_of_assemblyais_address(constants: str, address: str, expected: list[str]) -> None:
    migration = check_migration(_ASSEMBLYAI.format(constants=constants, address=address), to="gladia", ruff=False)
    assert all(one in migration.code for one in expected), migration.code


@pytest.mark.parametrize(
    ("constants", "address"),
    [
        ('BASE = "https://api.gladia.io/v"', 'f"{BASE}2/live"'),
        ('BASE = "https://api."', 'f"{BASE}gladia.io/v2/live"'),
    ],
)
def test_a_border_inside_a_word_is_left_to_a_person(constants: str, address: str) -> None:
    migration = check_migration(_GLADIA.format(constants=constants, address=address), ruff=False)
    assert not migration.changed and codes(migration)
