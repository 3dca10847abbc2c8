"""Times of messages, read in every place of a program: they mean the same after the migration, or a finding is there.

The proof is by running: the program before gets a message of its service, the one after gets the same speech as the
other service says it, and what both print is compared.
"""

from __future__ import annotations

import contextlib
import io
import json
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codemods.migration import Options, migrate_source

_SPOKEN = [("Hello", 1.5, 2.0), ("big", 2.25, 2.5), ("world.", 2.5, 3.25)]
"""Words with their times in seconds, all of which binary fractions hold exactly: nothing is lost on the way."""

_HEAD = """\
import json
import os
from operator import itemgetter

import requests
import websocket
"""
_POST = """

def address():
    response = requests.post(
        "https://api.gladia.io/v2/live",
        headers={"X-Gladia-Key": os.environ["GLADIA_API_KEY"]},
        json={"encoding": "wav/pcm", "sample_rate": 16000, "bit_depth": 16},
        timeout=10,
    )
    response.raise_for_status()
    return response.json()["url"]
"""
_GLADIA_HANDLER = """

def on_message(socket, message):
    content = json.loads(message)
    if content["type"] == "transcript" and content["data"]["is_final"]:
        utterance = content["data"]["utterance"]
        words = utterance["words"]
"""
_ASSEMBLYAI_HANDLER = """

def on_message(socket, message):
    content = json.loads(message)
    if content["type"] == "Turn" and content["end_of_turn"]:
        words = content["words"]
"""
_GLADIA_END = """

if __name__ == "__main__":
    websocket.WebSocketApp(address(), on_message=on_message).run_forever()
"""
_ASSEMBLYAI_END = """

if __name__ == "__main__":
    websocket.WebSocketApp(
        "wss://streaming.assemblyai.com/v3/ws?sample_rate=16000&speech_model=universal-streaming-english",
        header={"Authorization": os.environ["ASSEMBLYAI_API_KEY"]},
        on_message=on_message,
    ).run_forever()
"""
_GLADIA_MESSAGE = {
    "type": "transcript",
    "session_id": "4d0a2a2e",
    "created_at": "2026-01-01T00:00:00Z",
    "data": {
        "id": "00_00000000",
        "is_final": True,
        "utterance": {
            "text": "Hello big world.",
            "start": 1.5,
            "end": 3.25,
            "language": "en",
            "confidence": 0.9,
            "channel": 0,
            "words": [{"word": word, "start": start, "end": end, "confidence": 0.9} for word, start, end in _SPOKEN],
        },
    },
}
_ASSEMBLYAI_MESSAGE = {
    "type": "Turn",
    "turn_order": 0,
    "turn_is_formatted": True,
    "end_of_turn": True,
    "transcript": "Hello big world.",
    "utterance": "Hello big world.",
    "end_of_turn_confidence": 0.9,
    "words": [
        {
            "text": word,
            "start": int(start * 1000),
            "end": int(end * 1000),
            "confidence": 0.9,
            "word_is_final": True,
        }
        for word, start, end in _SPOKEN
    ],
}


@dataclass(frozen=True)
class Service:
    """Programs of one service: what stands around the reads, and the two messages, its own and the other's."""

    to: str
    head: str
    end: str
    own: Mapping[str, Any]
    other: Mapping[str, Any]
    word: str
    constants: tuple[str, ...]
    owners: tuple[str, ...]


FROM_GLADIA = Service(
    "assemblyai",
    _HEAD + _POST + _GLADIA_HANDLER,
    _GLADIA_END,
    _GLADIA_MESSAGE,
    _ASSEMBLYAI_MESSAGE,
    "word",
    ("0.5", "2", "2.25"),
    ("utterance", "words[0]", "words[-1]", "words[1]"),
)
FROM_ASSEMBLYAI = Service(
    "gladia",
    _HEAD.replace("import requests\n", "") + _ASSEMBLYAI_HANDLER,
    _ASSEMBLYAI_END,
    _ASSEMBLYAI_MESSAGE,
    _GLADIA_MESSAGE,
    "text",
    ("500", "2", "2250"),
    ("words[0]", "words[-1]", "words[1]", 'content["words"][0]'),
)


def printed(code: str, message: Mapping[str, Any]) -> str:
    """What a program prints when it gets a message."""
    names: dict[str, Any] = {"__name__": "program"}
    exec(compile(code, "program", "exec"), names)
    with contextlib.redirect_stdout(io.StringIO()) as output:
        names["on_message"](None, json.dumps(message))
    return output.getvalue()


def check(service: Service, block: str) -> bool:
    """Whether reads were converted, and mean the same then; False where a finding speaks of them."""
    body = textwrap.indent(block, " " * 8)
    code = service.head + body + service.end
    first = service.head.count("\n") + 1
    lines = range(first, first + body.count("\n"))
    before = printed(code, service.own)
    after = migrate_source(code, service.to, Options(unsafe=True))
    if any(one.needs_a_person and one.line in lines for one in after.findings):
        return False
    assert after.changed, f"it is left whole, and nothing is said of these lines: {after.findings}\n{block}"
    assert printed(after.code, service.other) == before, f"{block}\nbecame\n{after.code}"
    return True


# --- generated -----------------------------------------------------------------------------------


@st.composite
def times(draw: st.DrawFn, service: Service, owners: tuple[str, ...], depth: int = 2) -> str:
    """An expression that is a time, or made of times."""
    field = draw(st.sampled_from(["start", "end"]))
    owner = draw(st.sampled_from(owners))
    read = draw(st.sampled_from(['{}["{}"]', '{}["{}"]', '{}.get("{}")', '{}.get("{}", 0)'])).format(owner, field)
    if depth == 0:
        return read
    one = draw(times(service, owners, depth - 1))
    constant = draw(st.sampled_from(service.constants))
    shapes = ["{one}", "({one} + {read})", "({read} - {one})", "({one} / {constant})", "({constant} + {one})"]
    shapes += ["-{one}", "abs({read} - {one})", "min({one}, {read})", "max({one}, {constant})"]
    shapes += ["({one} if {read} > {constant} else {constant})", "sum([{one}, {read}])", "sorted(({one}, {read}))[0]"]
    shapes += ["({one} or {constant})", "({one}, {read})[1]"]
    return draw(st.sampled_from(shapes)).format(one=one, read=read, constant=constant)


@st.composite
def shown(draw: st.DrawFn, service: Service, owners: tuple[str, ...]) -> str:
    """An expression in which a time is compared, formatted, or put beside others."""
    one, other = draw(times(service, owners)), draw(times(service, owners, 1))
    constant = draw(st.sampled_from(service.constants))
    shapes = ["{one}", "{one} < {other}", "{constant} <= {one} != {other}", "({one}, {other})", "[{one}, {constant}]"]
    shapes += ["round({one}, 1) == round({other}, 1)", "int({one})", '"%.2f/%.1f" % ({one}, {other})', "str({one})"]
    shapes += ['"{{:.2f}} {{}}".format({one}, {other})', "{{'from': {one}, 'to': {other}}}", "not {one}"]
    shapes += [
        "f'{{{one}:.2f}} {{{other}}}'",
        "divmod({one}, 2)",
        "{one} in ({other}, {constant})",
        "json.dumps([{one}])",
    ]
    return draw(st.sampled_from(shapes)).format(one=one, other=other, constant=constant)


@st.composite
def blocks(draw: st.DrawFn, service: Service) -> str:
    """Statements that read times and print what they made of them."""
    one = draw(shown(service, service.owners))
    time = draw(times(service, service.owners))
    each = draw(shown(service, ("w",)))
    key = draw(times(service, ("w",), 1))
    first, last = service.owners[0], service.owners[1]
    constant = draw(st.sampled_from(service.constants))
    shapes = [
        "print({one})",
        "value = {one}\nprint(value)",
        'a, b = {first}["start"], {last}["end"]\nprint(b - a, {time})',
        "for w in words:\n    print({each})",
        "total = 0\nfor w in words:\n    total += {key}\nprint(total)",
        "print([{each} for w in words])",
        "print(sum({key} for w in words), max({key} for w in words))",
        'print([w["{word}"] for w in words if {key} > {constant}])',
        'print(sorted(words, key=lambda w: {key})[0]["{word}"])',
        'print(min(words, key=lambda w: {key})["{word}"])',
        'print(sorted(words, key=itemgetter("end"))[0]["{word}"])',
        'print([later["start"] - w["end"] for w, later in zip(words, words[1:])], {time})',
        "cues = []\nfor w in words:\n    cues.append(({key}, {constant}))\nprint(cues)",
        'entry = {{"at": {time}}}\nentry.update(other={one})\nprint(entry)',
        "def show(value):\n    return f'{{value}}!'\nprint(show({time}), show({constant}))",
        "print((moment := {time}), moment + {constant})",
        "print(list(map(lambda w: {each}, words)))",
        'print([w[field] for w in words for field in ("start", "end")])',
        'match words[0]:\n    case {{"start": moment}}:\n        print(moment, {time})',
        "if {time} > {constant}:\n    print({one})\nelse:\n    print('early')",
    ]
    return (
        draw(st.sampled_from(shapes)).format(
            one=one,
            time=time,
            each=each,
            key=key,
            first=first,
            last=last,
            constant=constant,
            word=service.word,
        )
        + "\n"
    )


@settings(max_examples=80, deadline=None)
@given(blocks(FROM_GLADIA))
def test_every_time_of_gladias_is_converted_or_spoken_of(block: str) -> None:
    check(FROM_GLADIA, block)


@settings(max_examples=80, deadline=None)
@given(blocks(FROM_ASSEMBLYAI))
def test_every_time_of_assemblyais_is_converted_or_spoken_of(block: str) -> None:
    check(FROM_ASSEMBLYAI, block)


# --- not generated: what must be converted, not only spoken of -----------------------------------

CONVERTED = [
    'print({owner}["end"] - {owner}["start"])\n',
    "print(f\"{owner_in_text}['start']:.2f}}\")\n",
    'print("%.2f" % {owner}["start"])\n',
    'print(({owner}["start"], {owner}["end"]), min({owner}["end"], 2))\n',
    'print(sum(w["end"] - w["start"] for w in words), max(w["end"] for w in words))\n',
    'print(sorted(words, key=lambda w: w["start"])[0]["{word}"])\n',
    'print([(w["{word}"], w["start"]) for w in words if w["end"] > {constant}])\n',
    'for w in words:\n    start, end = w["start"], w["end"]\n    print(end - start)\n',
    'print([b["start"] - a["end"] for a, b in zip(words, words[1:])])\n',
]


@pytest.mark.parametrize("service", [FROM_GLADIA, FROM_ASSEMBLYAI], ids=["from Gladia", "from AssemblyAI"])
@pytest.mark.parametrize("block", CONVERTED)
def test_common_reads_are_converted(service: Service, block: str) -> None:
    owner = service.owners[0]
    shape = {"owner": owner, "owner_in_text": "{" + owner, "word": service.word, "constant": service.constants[2]}
    assert check(service, block.format(**shape)), "a finding would do, but these are read everywhere"
