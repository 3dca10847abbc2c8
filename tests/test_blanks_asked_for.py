"""What counts on the blank that Gladia's texts begin with is said, and texts that are put together keep it."""

from __future__ import annotations

import pytest

from codemods.migration import Migration, Options, migrate_source

PROGRAM = """
import json
import os

import requests
from websockets.sync.client import connect

response = requests.post(
    "https://api.gladia.io/v2/live",
    headers={"X-Gladia-Key": os.environ["GLADIA_API_KEY"]},
    json={"encoding": "wav/pcm", "sample_rate": 16000, "bit_depth": 16, "channels": 1},
)
response.raise_for_status()
shown = ""
parts = []
with connect(response.json()["url"]) as socket:
    for raw in socket:
        message = json.loads(raw)
        if message["type"] == "transcript" and message["data"]["is_final"]:
            text = message["data"]["utterance"]["text"]
            STATEMENT
"""


def _migrated(statement: str) -> Migration:
    indented = statement.replace("\n", "\n" + " " * 12)
    return migrate_source(PROGRAM.replace("STATEMENT", indented), "assemblyai", Options(unsafe=True))


def _is_told(statement: str) -> bool:
    found = _migrated(statement)
    assert found.changed
    return any(one.kind.code == "STB223" for one in found.findings)


@pytest.mark.parametrize(
    "statement",
    [
        "print(text == ' stop')",
        "print(' stop' == text)",
        "print(text in (' stop', ' go'))",
        "print(text.lower().startswith(' hey'))",
        "print(text.find(' '))",
        "print(text.split(' ')[1])",
        "print(len(text.split(' ')))",
        "words = text.split(' ')\nprint(words[0])",
        "_, first, *rest = text.split(' ')\nprint(first)",
        "print(text.replace(' ', '', 1))",
        "print(text[:9] == ' stop')",
    ],
)
def test_the_blank_is_counted_on(statement: str) -> None:
    assert _is_told(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "print(text.strip() == 'stop')",
        "print(text == 'stop')",
        "print(text.removeprefix(' '))",
        "print(text.split())",
        "print(*text.split(' '))",
        "print(text.replace(' ', '_'))",
        "print('stop' in text)",
    ],
)
def test_nothing_hangs_on_the_blank(statement: str) -> None:
    assert not _is_told(statement)


@pytest.mark.parametrize(
    ("statement", "written"),
    [
        ("shown = ''.join([shown, text])", "''.join([shown, ' ' + text])"),
        ("shown = '%s%s' % (shown, text)", "'%s%s' % (shown, ' ' + text)"),
        ("shown = '{}{}'.format(shown, text)", "'{}{}'.format(shown, ' ' + text)"),
        ("parts.append(text)\nnothing = ''\nprint(nothing.join(parts))", "parts.append(' ' + text)"),
        ("print('%s: %s' % (shown, text))", "'%s: %s' % (shown, text)"),
        ("print('{:.0f}%{}'.format(1.0, text))", "'{:.0f}%{}'.format(1.0, text)"),
        ("print('{1}{0}'.format(shown, text))", "'{1}{0}'.format(shown, text)"),
        ("print(''.join([text, '.']))", "''.join([text, '.'])"),
    ],
)
def test_a_text_right_behind_another(statement: str, written: str) -> None:
    assert written in _migrated(statement).code.replace('"', "'")
