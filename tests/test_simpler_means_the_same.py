"""A simpler form of a program is a program, means what that one meant, and loses no comment of it."""

from __future__ import annotations

import ast
from pathlib import Path

import libcst as cst
import pytest

from codemods.literals import escaped, f_string, literal_code
from codemods.migration import Migration, Options, _written_by, migrate_source
from codemods.simpler.written import Simpler

_TO_GLADIA = """import json
import os
from urllib.parse import quote, urlencode, urlunsplit

import requests
import websocket

KEY = os.environ["ASSEMBLYAI_API_KEY"]
TERMS = ["Ann", "", "Bob"]


{address}


ws = websocket.create_connection({url}, header={{"Authorization": KEY}})
with open("speech.raw", "rb") as audio:
    while chunk := audio.read(3200):
        ws.send_binary(chunk)
ws.send(json.dumps({{"type": "Terminate"}}))
while True:
    event = json.loads(ws.recv())
    if event["type"] == "Turn" and event["end_of_turn"]:
        print(event["transcript"])
    elif event["type"] == "Termination":
        break
"""
_V3 = 'V3 = "wss://streaming.assemblyai.com/v3/ws"'
_TO_ASSEMBLYAI = """import json
import os
from urllib.parse import urlencode, urlunsplit

import requests
import websocket

KEY = os.environ["GLADIA_API_KEY"]


{made}
response = requests.post({url}, headers={{"X-Gladia-Key": KEY}}, json={body})
response.raise_for_status()
ws = websocket.create_connection(response.json()["url"])
with open("speech.raw", "rb") as audio:
    while chunk := audio.read(3200):
        ws.send_binary(chunk)
ws.send(json.dumps({{"type": "stop_recording"}}))
while raw := ws.recv():
    event = json.loads(raw)
    if event["type"] == "transcript" and event["data"]["is_final"]:
        print(event["data"]["utterance"]["text"])
"""
_BODY = '{"encoding": "wav/pcm", "sample_rate": 16000, "bit_depth": 16, "channels": 1}'
_LIVE = '"https://api.gladia.io/v2/live"'


def _to_gladia(address: str, url: str = "address()") -> Migration:
    named = f"{_V3}\n\n\n" if "V3" in address else ""
    return _migrated(_TO_GLADIA.format(address=named + address.strip(), url=url), "gladia")


def _to_assemblyai(made: str = "", *, url: str = _LIVE, body: str = _BODY) -> Migration:
    return _migrated(_TO_ASSEMBLYAI.format(made=made.strip(), url=url, body=body), "assemblyai")


def _migrated(code: str, to: str) -> Migration:
    found = migrate_source(code, to, Options(unsafe=True))
    ast.parse(found.code)
    return found


def _function(*lines: str, parameters: str = "") -> str:
    return "\n".join((f"def address({parameters}):", *(f"    {line}" for line in lines)))


def _looped(*body: str) -> str:
    """A query that a loop fills from settings."""
    lines = [
        'settings = {"sample_rate": 16000, "format_turns": True, "prompt": None}',
        "query = {}",
        "for name, value in settings.items():",
        *(f"    {line}" for line in body),
        'return V3 + "?" + urlencode(query)',
    ]
    return _function(*lines)


LEFT_WHOLE = {
    "a piece changes the value": _function('return V3 + "?" + "&".join(f"{k}={v * 1000}" for k, v in {}.items())'),
    "names and values swapped": _function(
        'return V3 + "?" + "&".join(f"{v}={k}" for k, v in {16000: "sample_rate"}.items())'
    ),
    "names made of others": _function(
        'return V3 + "?" + "&".join(f"{k.lower()}={v}" for k, v in {"SAMPLE_RATE": 8000}.items())'
    ),
    "a loop that leaves some out": _function(
        'pairs = [("sample_rate", 16000)]',
        "for term in TERMS:",
        "    if term:",
        '        pairs.append(("keyterms_prompt", term))',
        'return V3 + "?" + urlencode(pairs)',
    ),
    "a loop that does more": _function(
        'pairs = [("sample_rate", 16000)]',
        "for term in TERMS:",
        "    print(term)",
        '    pairs.append(("keyterms_prompt", term))',
        'return V3 + "?" + urlencode(pairs)',
    ),
    "a parameter twice": _function(
        'pairs = [("sample_rate", 16000), ("keyterms_prompt", "Ann")]',
        'pairs.append(("keyterms_prompt", "Bob"))',
        'return V3 + "?" + urlencode(pairs)',
    ),
    "a loop that leaves out by name": _looped('if name == "format_turns":', "    continue", "query[name] = value"),
    "a loop that changes a value": _looped("query[name] = str(value * 2)"),
    "a loop that changes the names": _looped("query[name.lower()] = value"),
    "a loop that does more with a value": _looped("print(value)", "query[name] = value"),
    "a loop that gives None as a word": _looped("if value is None:", '    value = "none"', "query[name] = value"),
    "a loop that leaves out only numbers": _looped("if isinstance(value, str):", "    query[name] = value"),
    "a tuple filled in": "GIVEN = (16000,)\n\n\n" + _function('return (V3 + "?sample_rate=%s") % GIVEN'),
    "no f-string before Python 3.12": _function(
        'return "wss://streaming.assemblyai.com/v3/ws?prompt={}".format(quote("it\'s \\"" + KEY))'
    ),
    "a token on some ways only": """
def token(seconds=60):
    answer = requests.get("https://streaming.assemblyai.com/v3/token", headers={"Authorization": KEY})
    if seconds:
        return answer.json()["token"]


"""
    + _function('return f"wss://streaming.assemblyai.com/v3/ws?sample_rate=16000&token={token()}"'),
}


@pytest.mark.parametrize("address", LEFT_WHOLE.values(), ids=LEFT_WHOLE)
def test_what_asks_for_something_else_is_left_whole(address: str) -> None:
    found = _to_gladia(address)
    assert not found.changed
    assert {one.kind.code for one in found.findings} <= {"STB301", "STB302", "STB304", "STB323"}


def test_what_a_loop_gives_as_it_is_is_not_filtered() -> None:
    found = _to_gladia(_looped("query[name] = str(value).lower() if isinstance(value, bool) else value"))
    assert "query = settings" in found.code and '"sample_rate": 16000' in found.code


def test_a_number_in_a_template_is_said_as_it_prints() -> None:
    found = _to_gladia(
        _function('return "wss://streaming.assemblyai.com/v3/ws?sample_rate={}".format(16_000)'), "address()"
    )
    assert '"sample_rate": 16000' in found.code


def test_a_short_name_keeps_what_it_was_when_the_object_changes() -> None:
    found = _to_gladia(
        """
class Line:
    def __init__(self):
        self.rate = 8000

    def url(self):
        rate = self.rate
        self.double()
        return f"wss://streaming.assemblyai.com/v3/ws?sample_rate={rate}"

    def double(self):
        self.rate *= 2


line = Line()
""",
        "line.url()",
    )
    assert '"sample_rate": rate,' in found.code and "rate = self.rate" in found.code


def test_one_word_is_a_list_of_one() -> None:
    found = _to_gladia(_function('return V3 + "?" + urlencode({"sample_rate": 16000, "keyterms_prompt": "Ann"})'))
    assert '{"vocabulary": ["Ann"]}' in found.code


def test_options_that_are_added_to_stay_options() -> None:
    lines = ('options |= {"format_turns": "true"}', 'return V3 + "?" + urlencode({"sample_rate": 16000, **options})')
    found = _to_gladia(_function(*lines, parameters="**options"), "address(max_turn_silence=900)")
    assert "STB356" in {one.kind.code for one in found.findings}


def test_a_joined_address_of_several_lines_is_added_up() -> None:
    found = _to_gladia(
        _function(
            'return urlunsplit(("wss", "streaming.assemblyai.com", "/v3/ws", urlencode({',
            '    "sample_rate": 8000,  # a telephone',
            '}), ""))',
        )
    )
    assert '"sample_rate": 8000,  # a telephone' in found.code and "https://api.gladia.io/v2/live" in found.code


@pytest.mark.parametrize(
    "url",
    [f'f{_LIVE[:-1]}?{{urlencode(dict(region=KEY[:2]))}}"', f'{_LIVE[:-1]}?" + urlencode({{"region": "eu-west"}})'],
)
def test_a_region_that_is_encoded_does_not_stay_in_the_address(url: str) -> None:
    found = _to_assemblyai(f"LIVE = {url}", url="LIVE")
    assert not found.changed or found.code.count("?") <= 1


def test_calls_stay_behind_what_stands_before_them() -> None:
    made = """
def rate():
    print("asked")
    return 16000


messages = {}
if KEY:
    print("first")
    messages["receive_partial_transcripts"] = True
config = {"encoding": "wav/pcm", "sample_rate": rate(), "messages_config": messages}
"""
    found = _to_assemblyai(made, body="config")
    assert not found.changed


def test_comments_of_what_a_form_takes_away_are_kept() -> None:
    made = """
everything = {
    "encoding": "wav/pcm",
    "sample_rate": 16000,
    "custom_metadata": KEY or None,  # for the bill
    # as long as the customer wants
    "endpointing": None,
}
config = {k: v for k, v in everything.items() if v is not None}
"""
    found = _to_assemblyai(made, body="config")
    if found.changed:
        assert "# for the bill" in found.code and "# as long as the customer wants" in found.code


def test_an_annotation_in_quotes_gets_the_new_name() -> None:
    found = _to_assemblyai('class GladiaNote(dict):\n    pass\n\n\ndef note() -> "list[GladiaNote]":\n    return []\n')
    assert '-> "list[AssemblyAINote]"' in found.code and "Gladia" not in found.code


_AWAITED = """import asyncio
import json
import os

import websockets

KEY = os.environ["ASSEMBLYAI_API_KEY"]
URL = "wss://streaming.assemblyai.com/v3/ws?sample_rate=16000"
LIMIT = 3


{functions}


async def main(sound):
    {lines}
    async for piece in sound:
        await ws.send(piece)
    await ws.send(json.dumps({{"type": "Terminate"}}))
    async for text in ws:
        event = json.loads(text)
        if event["type"] == "Turn" and event["end_of_turn"]:
            print(event["transcript"])
"""
_BEGINS = """async def begin(socket):
    {first} = json.loads(await socket.recv())
    if {first}["type"] != "Begin":
        raise RuntimeError(f"after {{LIMIT}}")
    return {first}["id"]"""
_CONNECT = 'ws = await websockets.connect(URL, additional_headers={"Authorization": KEY})'


def _awaited(functions: str, *lines: str) -> Migration:
    return _migrated(_AWAITED.format(functions=functions, lines="\n    ".join(lines)), "gladia")


def test_a_name_of_what_is_brought_behind_the_connect_hides_none_that_is_read_there() -> None:
    found = _awaited(_BEGINS.format(first="KEY"), _CONNECT, "identity = await begin(ws)", "print(identity)")
    assert "first_KEY = response.json()" in found.code


def test_what_would_read_another_name_behind_the_connect_is_left() -> None:
    lines = (_CONNECT, "LIMIT = 9", "identity = await begin(ws)", "print(identity, LIMIT)")
    assert not _awaited(_BEGINS.format(first="message"), *lines).changed


def test_options_whose_maker_does_more_stay_where_they_are() -> None:
    maker = """def options():
    print("asked for")
    return {"additional_headers": {"Authorization": KEY}, "ping_interval": 5}"""
    found = _awaited(maker, "ws = await websockets.connect(URL, **options())")
    assert 'print("asked for")' in found.code


def test_what_is_no_program_is_no_form_of_one() -> None:
    path, text = Path("live.py"), "a = 1  # one\n"
    module = cst.parse_module(text)

    class _Program:
        files = {module: path}

    def broken(_: object) -> dict[cst.Module, Simpler]:
        return {module: Simpler("a = = 1\n", ())}

    def shorter(_: object) -> dict[cst.Module, Simpler]:
        return {module: Simpler("a = 2\n", ())}

    assert _written_by(broken, _Program(), {path: text}) == {}  # type: ignore[arg-type]
    kept = _written_by(shorter, _Program(), {path: text})[path]  # type: ignore[arg-type]
    assert kept.code == "# one\na = 2\n" and [one.kind.code for one in kept.findings] == ["STB154"]


# --- constants and f-strings as Python writes them --------------------------------------------------------


@pytest.mark.parametrize("text", ["it's", 'say "hi"', "two\nlines", "tab\t", "\\", "Zoë „x“", "\x00", "\u2028"])
@pytest.mark.parametrize("quote", ['"', "'"])
def test_a_text_is_written_on_one_line_and_read_again(text: str, quote: str) -> None:
    code = literal_code(text, quote)
    assert ast.literal_eval(code) == text and len(code.splitlines()) == 1
    assert "ë" not in text or "ë" in escaped(text, quote)


@pytest.mark.parametrize(
    ("piece", "wanted"),
    [
        ('{"a": 1}["a"]', "1"),
        ("[1, 2][0]", "1"),
        ("(\n    1\n    + 1\n)", "2"),
        ("'it'", "it"),
        ('"it\'s"', None),
        ('"\\n"', None),
        ("(1  # one\n)", None),
    ],
)
def test_an_expression_stands_in_an_f_string_or_there_is_none(piece: str, wanted: str | None) -> None:
    found = f_string(["{a} ", cst.parse_expression(piece)])
    if wanted is None:
        assert found is None
    else:
        assert found is not None
        assert eval(cst.Module([]).code_for_node(found)) == f"{{a}} {wanted}"
