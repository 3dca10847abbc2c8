"""Messages that leave the program, or get lost among other things: the form that their readers get."""

from __future__ import annotations

from typing import Any

import pytest

from codemods.migration import Migration, Options, migrate_source

_GLADIA = """\
import json
import os

import requests
from websockets.sync.client import connect

response = requests.post(
    "https://api.gladia.io/v2/live",
    headers={"X-Gladia-Key": os.environ["GLADIA_API_KEY"]},
    json={"encoding": "wav/pcm", "sample_rate": 16000},
    timeout=10,
)
response.raise_for_status()
"""
_ASSEMBLYAI = """\
import json
import os

from websockets.sync.client import connect
"""
_SOCKET = {
    "assemblyai": 'with connect(response.json()["url"]) as ws:',
    "gladia": 'with connect("wss://streaming.assemblyai.com/v3/ws?sample_rate=16000", '
    'additional_headers={"Authorization": os.environ["ASSEMBLYAI_API_KEY"]}) as ws:',
}

_WORDS = [
    {"text": "Good", "start": 480, "end": 710, "confidence": 0.9, "word_is_final": True},
    {"text": "day.", "start": 800, "end": 1210, "confidence": 0.7, "word_is_final": True},
]
_TURN: dict[str, Any] = {
    "type": "Turn",
    "turn_order": 3,
    "end_of_turn": True,
    "turn_is_formatted": True,
    "transcript": "Good day.",
    "language_code": "en",
    "words": _WORDS,
}
_UTTERANCE: dict[str, Any] = {
    "text": " Good day.",
    "start": 0.48,
    "end": 1.21,
    "confidence": 0.8,
    "language": "en",
    "channel": 0,
    "words": [
        {"word": " Good", "start": 0.48, "end": 0.71, "confidence": 0.9},
        {"word": " day.", "start": 0.8, "end": 1.21, "confidence": 0.7},
    ],
}
_TRANSCRIPT: dict[str, Any] = {
    "type": "transcript",
    "data": {"id": "00_00000003", "is_final": True, "utterance": _UTTERANCE},
}


def _migrated(to: str, receiving: str, before: str = "") -> Migration:
    head = _GLADIA if to == "assemblyai" else _ASSEMBLYAI
    body = "".join(f"        {line}\n" for line in receiving.splitlines())
    code = f"{head}\n{before}\n\n{_SOCKET[to]}\n    for frame in ws:\n        message = json.loads(frame)\n{body}"
    return migrate_source(code, to, Options(unsafe=True))


def _function(migration: Migration, name: str) -> Any:
    """A function that the migrated program was given, by itself."""
    code = migration.code
    start = code.index(f"def {name}(")
    rest = code[start:]
    end = next(at for at in range(1, len(rest)) if rest[at - 1] == "\n" and rest[at] not in " \n")
    found: dict[str, Any] = {}
    exec(rest[:end], found)
    return found[name]


def _codes(migration: Migration) -> list[str]:
    return [one.kind.code for one in migration.findings if one.needs_a_person]


def test_gladias_form_of_a_turn() -> None:
    migration = _migrated("assemblyai", "page(message)", "page = getattr(__import__('page'), os.environ['PAGE'])")
    assert _codes(migration) == ["STB213"]
    assert "page(legacy_message(message))" in migration.code
    legacy = _function(migration, "legacy_message")
    assert legacy(_TURN) == _TRANSCRIPT
    assert legacy({"type": "SpeechStarted", "timestamp": 480}) == {
        "type": "speech_start",
        "data": {"time": 0.48, "channel": 0},
    }
    assert legacy({"type": "Termination", "audio_duration_seconds": 4})["type"] == "post_final_transcript"
    nobody = legacy({"type": "Turn", "turn_order": 0, "end_of_turn": True, "transcript": "", "words": []})
    assert nobody["data"]["utterance"]["start"] == 0.0
    assert nobody["data"]["utterance"]["confidence"] == 0.0
    assert legacy({"type": "new"}) == {"type": "new"}


def test_assemblyais_form_of_a_transcript() -> None:
    migration = _migrated("gladia", "page(message)", "page = getattr(__import__('page'), os.environ['PAGE'])")
    assert _codes(migration) == ["STB213"]
    words = [{name: value for name, value in word.items() if name != "word_is_final"} for word in _WORDS]
    legacy = _function(migration, "legacy_message")
    assert legacy(_TRANSCRIPT) == {**_TURN, "words": words}
    ended = {"type": "post_final_transcript", "data": {"metadata": {"audio_duration": 4.2}}}
    assert legacy(ended) == {"type": "Termination", "audio_duration_seconds": 4, "session_duration_seconds": 4}


@pytest.mark.parametrize(
    ("receiving", "place", "given", "gets"),
    [
        ('store(message["data"]["utterance"])', "utterance", _TURN, _UTTERANCE),
        ('store(message["data"]["utterance"]["words"])', "words", _WORDS, _UTTERANCE["words"]),
        ('store(message["data"]["utterance"]["words"][0])', "word", _WORDS[0], _UTTERANCE["words"][0]),
    ],
)
def test_a_part_of_a_message(receiving: str, place: str, given: Any, gets: Any) -> None:
    asked = f'if message["type"] == "transcript":\n    {receiving}'
    migration = _migrated("assemblyai", asked, "store = getattr(__import__('page'), os.environ['PAGE'])")
    assert _codes(migration) == ["STB213"]
    assert _function(migration, f"legacy_{place}")(given) == gets


@pytest.mark.parametrize(
    ("before", "receiving"),
    [
        # a function that is called here gets the new form, and would be called by others with the old one
        (
            "def show(message):\n"
            '    if message["type"] == "transcript":\n'
            '        print(message["data"]["utterance"]["text"])\n'
            "hub = getattr(__import__('page'), os.environ['HUB'])\n"
            "hub(show)",
            "show(message)\nhub(message)",
        ),
        # one of several things: whoever reads it cannot be told which
        (
            "other = getattr(__import__('page'), os.environ['HUB'])",
            "if len(frame) > 3:\n    message = other()\n"
            'if message["type"] == "transcript":\n    print(message["data"]["utterance"]["text"])',
        ),
        (
            "class Last:\n    message = None\n"
            "other = getattr(__import__('page'), os.environ['HUB'])\nlast = Last()\nlast.message = other()",
            'last.message = message\nprint(last.message["data"]["utterance"]["text"])',
        ),
    ],
)
def test_left_whole_where_a_reader_would_get_half_of_each(before: str, receiving: str) -> None:
    migration = _migrated("assemblyai", receiving, before)
    assert not migration.changed
    assert "STB312" in _codes(migration)


@pytest.mark.parametrize(
    "before",
    [
        # steps that only the caller knows
        "def read(found, *steps):\n    for step in steps:\n        found = found.get(step)\n    return found",
        # called with other things as well
        "def read(document, *steps):\n    return document[steps[0]][steps[1]]\n"
        "print(read(getattr(__import__('page'), os.environ['HUB'])(), 'a', 'b'))",
    ],
)
def test_a_helper_that_reads_any_document_is_given_the_old_form(before: str) -> None:
    migration = _migrated("assemblyai", 'print(read(message, "data", "utterance"))', before)
    assert _codes(migration) == ["STB213"]
    assert 'read(legacy_message(message), "data", "utterance")' in migration.code


@pytest.mark.parametrize(
    ("before", "receiving", "leaves"),
    [
        (
            "found = []\nstore = getattr(__import__('page'), os.environ['STORE'])",
            "found.append(message)\nstore(found)",
            "found.append(legacy_message(message))",
        ),
        (
            "import queue\nEVENTS = queue.Queue()\ndef take():\n    return EVENTS.get()",
            "EVENTS.put(message)",
            "return legacy_message(EVENTS.get())",
        ),
    ],
)
def test_what_a_list_or_a_queue_gives_to_others(before: str, receiving: str, leaves: str) -> None:
    migration = _migrated("assemblyai", receiving, before)
    assert _codes(migration) == ["STB213"]
    assert leaves in migration.code


@pytest.mark.parametrize(
    "receiving",
    [
        "HANDLERS[message['type']](message)",
        "handler = HANDLERS.get(message['type'])\nif handler:\n    handler(message)",
    ],
)
def test_a_table_filled_elsewhere_is_asked_by_the_old_types(receiving: str) -> None:
    migration = _migrated("assemblyai", receiving, "HANDLERS = getattr(__import__('page'), os.environ['TABLE'])")
    assert not migration.changed
    assert "STB312" in _codes(migration)


def test_what_is_read_of_the_old_form_is_no_word_left() -> None:
    before = "def read(found, *steps):\n    for step in steps:\n        found = found.get(step)\n    return found"
    receiving = (
        'if read(message, "type") == "Turn" and read(message, "end_of_turn"):\n    print(read(message, "transcript"))'
    )
    migration = _migrated("gladia", receiving, before)
    assert set(_codes(migration)) == {"STB213"}
    assert 'read(legacy_message(message), "type") == "Turn"' in migration.code


def test_what_is_only_shown_does_not_leave() -> None:
    shown = "import logging\nlog = logging.getLogger()"
    migration = _migrated(
        "assemblyai", 'log.debug("got %s", json.dumps(message))\nprint(f"{json.dumps(message)}")', shown
    )
    assert "legacy_" not in migration.code
    assert _codes(migration) == []


@pytest.mark.parametrize(
    "receiving",
    [
        'message.pop("data", None)\nstore(message)',
        'message.update(source="desk")\nstore(message)',
        'message["type"] = message["type"].upper()\nstore(message)',
        # a field of the program's own in a part of what leaves: the old form of the whole would not have it
        'if message["type"] == "transcript":\n    utterance = message["data"]["utterance"]\n'
        '    utterance["speaker_name"] = "Ada"\n    store(message)',
    ],
)
def test_a_message_that_the_program_changes_does_not_leave_in_another_form(receiving: str) -> None:
    migration = _migrated("assemblyai", receiving, "store = getattr(__import__('page'), os.environ['STORE'])")
    assert not migration.changed
    assert "STB312" in _codes(migration)


@pytest.mark.parametrize(
    ("receiving", "leaves"),
    [
        ("import copy\nstore(copy.deepcopy(message))", "store(legacy_message(copy.deepcopy(message)))"),
        ('store({"kind": message["type"]})', 'store({"kind": legacy_message(message)["type"]})'),
        ('store(message.get("type"), message)', 'store(legacy_message(message).get("type"), legacy_message(message))'),
    ],
)
def test_copies_and_types_leave_in_the_old_form(receiving: str, leaves: str) -> None:
    migration = _migrated("gladia", receiving, "store = getattr(__import__('page'), os.environ['STORE'])")
    assert set(_codes(migration)) == {"STB213"}
    assert leaves in migration.code


def test_fields_of_the_programs_own_are_carried_over() -> None:
    receiving = 'message["desk"] = 7\nstore(message)\nprint(message["desk"])'
    migration = _migrated("assemblyai", receiving, "store = getattr(__import__('page'), os.environ['STORE'])")
    assert _codes(migration) == ["STB213"]
    assert _function(migration, "legacy_message")({**_TURN, "desk": 7}) == {**_TRANSCRIPT, "desk": 7}


def test_types_that_come_or_do_not_come_are_named() -> None:
    store = "store = getattr(__import__('page'), os.environ['STORE'])"
    (told,) = (one.text for one in _migrated("gladia", "store(message)", store).findings if one.kind.code == "STB213")
    assert "`Begin`, `Error`, `Warning` do not come any more; `speech_end`, `post_transcript` leave as they are" in told
    assert "`SpeechStarted.confidence`" in told
    of_turns = 'if message["type"] == "Turn":\n    store(message)'
    (told,) = (one.text for one in _migrated("gladia", of_turns, store).findings if one.kind.code == "STB213")
    assert "come any more" not in told and "leave as they are" not in told


@pytest.mark.parametrize(
    "receiving",
    ["store(message)", "for name, field in message.items():\n    store(name, field)", "store(dict(message))"],
)
def test_what_leaves_is_not_every_acknowledgment(receiving: str) -> None:
    migration = _migrated("gladia", receiving, "store = getattr(__import__('page'), os.environ['STORE'])")
    assert '"receive_acknowledgments": False' in migration.code
    assert "receive_speech_events" not in migration.code


def test_a_test_for_a_part_of_a_word_that_is_never_there() -> None:
    receiving = (
        'if message["type"] == "Turn":\n    words = message["words"]\n'
        '    if words and "speaker" in words[0]:\n        print(words[0]["speaker"])'
    )
    assert set(_codes(_migrated("gladia", receiving))) == {"STB221"}


def test_a_type_that_falls_out_of_a_list_is_told() -> None:
    receiving = 'if message["type"] in ("speech_start", "speech_end"):\n    print(message["data"]["time"])'
    told = [one.text for one in _migrated("assemblyai", receiving).findings]
    assert "`speech_end`: AssemblyAI has no message for the end of speech" in told


def test_what_a_beginning_of_speech_says_besides_its_time() -> None:
    gladia = _migrated("assemblyai", 'if message["type"] == "speech_start":\n    print(message["data"]["channel"])')
    assert "print(0)" in gladia.code
    heard = 'if message["type"] == "SpeechStarted":\n    print(message["confidence"])'
    told = [one.text for one in _migrated("gladia", heard).findings if one.kind.code == "STB306"]
    assert told == ['message["confidence"]: Gladia does not say how sure it is that somebody speaks']


@pytest.mark.parametrize(
    ("lines", "is_said"),
    [
        ("message['seen'] = 1\nkeep(message)\nprint(message['seen'])", False),
        ("keep(message)\nmessage['seen'] = 1\nprint(message['seen'])", True),
    ],
)
def test_what_is_put_into_a_message_after_it_left_is_said_to_be_missing_there(lines: str, *, is_said: bool) -> None:
    found = _migrated("assemblyai", lines, "from archive import keep")
    (told,) = (one for one in found.findings if one.kind.code == "STB213")
    assert ("`seen` would not be in it" in told.text) is is_said


def test_an_attribute_of_a_text_is_no_reader_elsewhere() -> None:
    found = _migrated("assemblyai", "if frame.data.is_final:\n    print(message['type'])")
    assert "legacy" not in found.code and "frame.data.is_final" in found.code
    assert [one.kind.code for one in found.findings if one.kind.code >= "STB2"] == ["STB306"]


@pytest.mark.parametrize("text", ['f"got {message}"', '"got %s" % message', '"got {}".format(message)'])
def test_a_message_as_python_writes_it_is_for_people_wherever_its_text_goes(text: str) -> None:
    found = _migrated("assemblyai", f"keep({text})", "from archive import keep")
    assert not found.left_whole and "legacy" not in found.code
    assert "STB105" in {one.kind.code for one in found.findings}
