"""docs/where-it-will-not-work.md says what the tool does today: each of its entries, tried."""

from __future__ import annotations

from pathlib import Path

import pytest

from codemods.migration import migrate_source

PAGE = (Path(__file__).parent.parent / "docs" / "where-it-will-not-work.md").read_text(encoding="utf-8")

POST = """import asyncio, json, os, sys
import requests, websockets

CONFIG = {config}

def opened():
    answer = requests.post(
        "https://api.gladia.io/v2/live", headers={{"X-Gladia-Key": os.environ["GLADIA_API_KEY"]}}, json=CONFIG
    )
    answer.raise_for_status()
    return answer.json()["url"]

"""
SOCKET = """async def main():
    async with websockets.connect(opened()) as ws:
        async for raw in ws:
            m = json.loads(raw)
            {body}

asyncio.run(main())
"""
FINAL = 'if m["type"] == "transcript" and m["data"]["is_final"]: print({what})'
TEXT = 'm["data"]["utterance"]["text"]'
ASSEMBLYAI = """import asyncio, json, os
from urllib.parse import urlencode
import websockets

PARAMETERS = {config}

async def main():
    url = "wss://streaming.assemblyai.com/v3/ws?" + urlencode(PARAMETERS)
    async with websockets.connect(url, additional_headers={{"Authorization": os.environ["ASSEMBLYAI_API_KEY"]}}) as ws:
        {first}
        async for raw in ws:
            m = json.loads(raw)
            if m["type"] == "Turn" and m["end_of_turn"]:
                print({what})

asyncio.run(main())
"""


def gladia(config: str = '{"sample_rate": 16000}', body: str = FINAL.format(what=TEXT)) -> str:
    """A program for Gladia with these parameters, which does this with a message."""
    return POST.format(config=config) + SOCKET.format(body=body)


def assemblyai(config: str, what: str = 'm["transcript"]', first: str = "pass") -> str:
    """A program for AssemblyAI with these parameters, which prints this of a turn and says this first."""
    return ASSEMBLYAI.format(config=config, what=what, first=first)


LEFT_WHOLE = {
    "STB315": POST.format(config="{}") + "def session():\n    return {'url': opened()}\n",
    "STB312": gladia(body="globals()[f\"on_{m['type']}\"](m['data'])"),
    "STB304": gladia("json.load(open(sys.argv[1]))"),
    "STB310": (
        "import os, requests\n\nanswer = requests.get('https://api.gladia.io/v2/live/' + os.environ['ID'],\n"
        "    headers={'X-Gladia-Key': os.environ['GLADIA_API_KEY']})\nprint(answer.json()['result'])\n"
    ),
    "STB316": (
        "import asyncio, json, os, websockets\n\nasync def main():\n"
        "    async with websockets.connect('wss://api.gladia.io/audio/text/audio-transcription') as ws:\n"
        "        await ws.send(json.dumps({'x_gladia_key': os.environ['GLADIA_API_KEY'], 'sample_rate': 16000}))\n"
        "        async for raw in ws:\n            print(json.loads(raw)['transcription'])\n\nasyncio.run(main())\n"
    ),
}
TODO_TO_ASSEMBLYAI = {
    "translation": gladia('{"realtime_processing": {"translation": True}}'),
    "summaries": gladia('{"post_processing": {"summarization": True}}'),
    "sentiment": gladia('{"realtime_processing": {"sentiment_analysis": True}}'),
    "named entities": gladia('{"realtime_processing": {"named_entity_recognition": True}}'),
    "custom spelling": gladia('{"realtime_processing": {"custom_spelling": True}}'),
    "several channels": gladia('{"channels": 2}'),
    "A-law": gladia('{"encoding": "wav/alaw", "sample_rate": 8000}'),
    "PCM of 8, 24 or 32 bits": gladia('{"encoding": "wav/pcm", "bit_depth": 24}'),
    "callback_config": gladia('{"callback": True, "callback_config": {"url": "https://example.org/"}}'),
}
TODO_TO_GLADIA = {
    "redact_pii": assemblyai('{"redact_pii": "true"}'),
    "speaker_labels": assemblyai('{"speaker_labels": "true"}'),
    "max_speakers": assemblyai('{"max_speakers": 2}'),
    "Opus": assemblyai('{"encoding": "opus"}'),
    "ForceEndpoint": assemblyai("{}", first='await ws.send(json.dumps({"type": "ForceEndpoint"}))'),
    "UpdateConfiguration": assemblyai(
        "{}", first='await ws.send(json.dumps({"type": "UpdateConfiguration", "max_turn_silence": 900}))'
    ),
    "Values from callers": assemblyai('{"speech_model": os.environ["MODEL"]}'),
    "prompts": assemblyai('{"prompt": "Names of trains"}'),
    "webhook": assemblyai('{"webhook_url": "https://example.org/"}'),
    "inactivity_timeout": assemblyai('{"inactivity_timeout": 30}'),
}


@pytest.mark.parametrize("code", LEFT_WHOLE)
def test_what_is_left_whole(code: str) -> None:
    migration = migrate_source(LEFT_WHOLE[code], "assemblyai")
    assert migration.left_whole and not migration.changed
    assert code in {one.kind.code for one in migration.findings}
    assert code in PAGE


def test_tokens_are_left_whole() -> None:
    program = (
        "import os, requests\n\nanswer = requests.get('https://streaming.assemblyai.com/v3/token',\n"
        "    params={'expires_in_seconds': 60}, headers={'Authorization': os.environ['ASSEMBLYAI_API_KEY']})\n"
        "print(answer.json()['token'])\n"
    )
    migration = migrate_source(program, "gladia")
    assert migration.left_whole and [one.kind.code for one in migration.findings] == ["STB323"]


@pytest.mark.parametrize(
    ("target", "what"),
    [("assemblyai", one) for one in TODO_TO_ASSEMBLYAI] + [("gladia", one) for one in TODO_TO_GLADIA],
)
def test_what_leaves_a_todo(target: str, what: str) -> None:
    program = (TODO_TO_ASSEMBLYAI if target == "assemblyai" else TODO_TO_GLADIA)[what]
    migration = migrate_source(program, target)
    assert migration.changed and "# TODO(sttbridge STB3" in migration.code
    assert what in PAGE


def test_custom_metadata_is_dropped_with_information() -> None:
    migration = migrate_source(gladia('{"custom_metadata": {"call": 1}}'), "assemblyai")
    assert "custom_metadata" not in migration.code and not migration.unfinished
    assert any("custom_metadata" in one.text for one in migration.findings)


@pytest.mark.parametrize("rate", [24_000, 16_000])
def test_a_rate_that_gladia_refuses_waits(rate: int) -> None:
    migration = migrate_source(assemblyai(f'{{"sample_rate": {rate}}}'), "gladia")
    assert migration.changed and migration.unsafe == (rate == 24_000)
    assert ("STB209" in {one.kind.code for one in migration.findings}) == (rate == 24_000)


def test_a_rate_in_the_sdk_waits_too() -> None:
    program = (
        "from assemblyai.streaming.v3 import StreamingClient, StreamingClientOptions, StreamingParameters\n\n"
        "client = StreamingClient(StreamingClientOptions(api_key='key'))\n"
        "client.connect(StreamingParameters(sample_rate=24000))\nclient.stream(b'')\nclient.disconnect(terminate=True)\n"
    )
    migration = migrate_source(program, "gladia")
    assert migration.unsafe and "STB209" in {one.kind.code for one in migration.findings}


def test_a_loop_that_connects_again_waits() -> None:
    program = gladia().replace(
        "    async with websockets.connect(opened()) as ws:\n",
        "    url = opened()\n    while True:\n      async with websockets.connect(url) as ws:\n",
    )
    migration = migrate_source(program, "assemblyai")
    assert migration.unsafe and "STB206" in {one.kind.code for one in migration.findings}


def test_what_stays_beside_a_session_leaves_a_todo() -> None:
    key = 'headers={"X-Gladia-Key": os.environ["GLADIA_API_KEY"]}'
    job = f'\n\ndef job(id):\n    return requests.get(f"https://api.gladia.io/v2/live/{{id}}", {key}).json()\n'
    migration = migrate_source(gladia() + job, "assemblyai")
    assert migration.changed and "STB358" in {one.kind.code for one in migration.findings}
    assert "STB358" in PAGE and 'os.environ["GLADIA_API_KEY"]' in migration.code
