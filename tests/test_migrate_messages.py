"""Messages as programs read them: what is left whole, with which reason, and what must never come out wrong."""

from __future__ import annotations

import pytest

from codemods.outcome import Migration
from tests.codemod_checks import check_migration, codes

PROGRAM = """import asyncio
import json
import queue

import requests
import websockets
from pydantic import BaseModel, field_validator

KEY = "k"
CONFIG = {"sample_rate": 16000}
EVENTS = queue.Queue()

TOP

async def main():
    response = requests.post("https://api.gladia.io/v2/live", headers={"X-Gladia-Key": KEY}, json=CONFIG)
    response.raise_for_status()
    async with websockets.connect(response.json()["url"]) as ws:
        found = []
        async for raw in ws:
            message = json.loads(raw)
            READING

asyncio.run(main())
"""


def migrated(reading: str, top: str = "") -> Migration:
    indented = reading.strip("\n").replace("\n", "\n" + " " * 12)
    return check_migration(PROGRAM.replace("READING", indented).replace("TOP", top))


@pytest.mark.parametrize(
    ("reading", "top", "code"),
    [
        pytest.param(
            'EVENTS.put(("message", message))\nEVENTS.put(("error", oops()))\n'
            'kind, item = EVENTS.get()\nprint(item["data"]["utterance"]["text"])',
            "from other import oops",
            "STB312",
            id="a tuple's part that may be anything",
        ),
        pytest.param(
            'try:\n    utterance = message["data"]["utterance"]\nexcept KeyError:\n    continue\n'
            'if message["data"]["is_final"]:\n    print(utterance["text"])',
            "",
            "STB350",
            id="a missing part is told by an exception",
        ),
        pytest.param(
            'match message:\n    case {"type": "transcript", "data": {"utterance": {"start": 0.0}}}:\n        print("first")',
            "",
            "STB350",
            id="a pattern compares a time",
        ),
        pytest.param(
            'match message:\n    case {"data": {"time": at}} | {"data": {"utterance": {"end": at}}}:\n        print(at)',
            "",
            "STB350",
            id="a name for two times",
        ),
        pytest.param(
            'match message:\n    case {"type": "transcript", "data": {"utterance": {"text": text}, **rest}}:\n'
            "        print(text, rest)",
            "",
            "STB350",
            id="the rest of a part",
        ),
        pytest.param(
            "print(Message.model_validate(message).type)",
            'class Message(BaseModel):\n    type: str\n\n    @field_validator("type")\n    @classmethod\n'
            "    def known(cls, value):\n        return value\n",
            "STB350",
            id="a model that looks at the type itself",
        ),
        pytest.param(
            "print(Message.model_validate(message).emotion)",
            "class Message(BaseModel):\n    emotion: str\n",
            "STB350",
            id="a model's field that is not sent",
        ),
    ],
)
def test_what_cannot_be_written_is_left_whole(reading: str, top: str, code: str) -> None:
    migration = migrated(reading, top)
    assert code in codes(migration) and not migration.changed


def test_both_branches_of_one_message_are_taken() -> None:
    reading = (
        'if message["type"] == "end_recording":\n    print("recorded")\n'
        'elif message["type"] == "post_final_transcript":\n    print("done")\n    break'
    )
    code = migrated(reading).code
    assert code.count('"Termination"') == 1
    assert code.index('print("recorded")') < code.index('print("done")') < code.index("break")


def test_what_is_passed_over_is_not_what_is_waited_for() -> None:
    reading = (
        'if message["type"] in ("end_recording", "post_transcript"):\n    continue\n'
        'if message["type"] == "post_final_transcript":\n    break'
    )
    code = migrated(reading).code
    assert "continue" not in code and code.count('"Termination"') == 1


def test_a_branch_that_leaves_before_the_other_message_is_said() -> None:
    reading = (
        'if message["type"] == "end_recording":\n    if found:\n        continue\n    print("recorded")\n'
        'elif message["type"] == "post_final_transcript":\n    break'
    )
    migration = migrated(reading)
    assert "STB350" in codes(migration) and not migration.changed


def test_a_message_in_a_list_is_not_the_one_at_hand() -> None:
    reading = (
        'found.append(message)\nif message["type"] == "post_final_transcript":\n'
        '    print([one["data"]["utterance"]["text"] for one in found if one["type"] == "transcript"])'
    )
    assert '[one["transcript"] for one in found if one["type"] == "Turn"]' in migrated(reading).code


def test_a_model_gets_the_messages_that_it_refused_before_as_they_are() -> None:
    models = (
        "class Utterance(BaseModel):\n    text: str\n\n\nclass Data(BaseModel):\n    utterance: Utterance\n\n\n"
        "class Message(BaseModel):\n    data: Data\n"
    )
    code = migrated("print(Message.model_validate(message).data.utterance.text)", models).code
    assert 'if message["type"] != "Turn":\n        return message\n' in code
    assert "Message.model_validate(message_fields(message))" in code


def test_a_class_method_of_the_program_is_followed_and_not_replaced() -> None:
    own = (
        "class Line(BaseModel):\n    text: str\n\n    @classmethod\n    def from_dict(cls, message):\n"
        '        return cls(text=message["data"]["utterance"]["text"])\n'
    )
    code = migrated('if message["type"] == "transcript":\n    print(Line.from_dict(message).text)', own).code
    assert 'cls(text=message["transcript"])' in code and "line_fields" not in code


def test_parts_are_tested_by_the_type() -> None:
    code = migrated('if "utterance" in message.get("data", {}):\n    print(message["data"]["utterance"]["text"])').code
    assert 'if message.get("type") == "Turn":' in code
