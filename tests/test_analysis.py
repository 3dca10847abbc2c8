"""Where values come from: the analysis asked about small programs. No vendor is named in any of them."""

from __future__ import annotations

import libcst as cst
import pytest

from codemods.analysis.fixpoint import analyse
from codemods.analysis.program import Program
from codemods.analysis.values import (
    UNKNOWN,
    Base64,
    DictDisplay,
    Frame,
    HttpResponse,
    JsonText,
    Known,
    Parsed,
    Sequence,
    Socket,
    Text,
    Value,
)

SESSION = """
import json
import requests
from websockets.sync.client import connect

answer = requests.post("https://example.org/session", json={"a": 1})
socket = connect(answer.json()["url"])
"""


def asked(code: str) -> tuple[Program, dict[str, Value]]:
    """Analyses a program; gives the value of the argument of each call `ask(…)` by its source."""
    module = cst.parse_module(code)
    program = analyse(module)
    found: dict[str, Value] = {}
    for node in program.values:
        if isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value == "ask":
            argument = node.args[0].value
            found[module.code_for_node(argument)] = program.value(argument)
    return program, found


def value(code: str) -> Value:
    """The value of the one expression that a program asks about."""
    _, found = asked(code)
    (only,) = found.values()
    return only


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("A = 'x'\nask(f'{A}/y')", "x/y"),
        ("A = 'x'\nB = A + '/y'\nask(B)", "x/y"),
        ("ask('a' 'b')", "ab"),
        ("ask('a/'.rstrip('/'))", "a"),
        ("n = 3\nask(n * 100)", 300),
        ("a, b = 1, 2\nask(b)", 2),
        ("d = {'k': 5}\nask(d['k'])", 5),
        ("d = dict(k=5)\nask(d.get('k'))", 5),
        ("if (n := 4):\n    ask(n)", 4),
        ("def f():\n    return 7\nask(f())", 7),
        ("def f(x, y=2):\n    ask(y)\nf(1)", 2),
        ("def f(x):\n    ask(x)\nf(x=1)", 1),
        ("class C:\n    limit = 9\n    def f(self):\n        ask(self.limit)", 9),
        ("class C:\n    def __init__(self, n):\n        self.n = n\n    def f(self):\n        ask(self.n)\nC(6)", 6),
        ("x = 1\ndef f():\n    global x\n    x = 1\nask(x)", 1),
        ("import asyncio\nasync def f():\n    return 8\nasync def g():\n    ask(await asyncio.wait_for(f(), 3))", 8),
        ("import os\nask(os.getenv('X', 'y'))", "y"),
        ("x = 1\nx = 2\nask(x)", 2),
        ("def outer():\n    n = 3\n    def inner():\n        ask(n)\n    inner()", 3),
        ("ask(-5)", -5),
        ("ask(True)", True),
    ],
)
def test_constants_are_followed(code: str, expected: object) -> None:
    assert value(code) == Known(expected)


@pytest.mark.parametrize(
    "code",
    [
        "ask(nobody_knows)",
        "from strange import *\nask(x)",
        "from .config import URL\nask(URL)",
        "def f(x):\n    ask(x)",
        "import random\nask(random.random() + 1)",
        "x = 0\nfor i in range(9):\n    x = x + 1\n    y = x * 10\nask(y)",
        "d = {'k': 5}\nd.update(other)\nask(d.pop('z'))",
        "ask(1 / 0)",
        "ask([1, 2][5])",
    ],
)
def test_what_cannot_be_known_stays_unknown(code: str) -> None:
    assert value(code) == UNKNOWN


def test_a_text_keeps_the_parts_that_are_known() -> None:
    found = value("def f(base):\n    ask(f'{base}/v1/things?a={1}')")
    assert found == Text((UNKNOWN, Known("/v1/things?a=1")))


def test_different_paths_give_alternatives_and_too_many_nothing() -> None:
    _, found = asked("x = 1 if c else 2\nask(x)\ny = 1\nfor n in a:\n    y = n\nask(y)")
    assert found["y"] == UNKNOWN
    assert {one.value for one in found["x"].alternatives} == {1, 2}


def test_an_answer_and_its_document_are_followed() -> None:
    _, found = asked(f"{SESSION}\nask(answer)\nask(answer.json()['id'])\nask(socket)")
    assert isinstance(found["answer"], HttpResponse)
    document = found["answer.json()['id']"]
    assert isinstance(document, Parsed) and document.path == ("id",)
    assert isinstance(found["socket"], Socket)


@pytest.mark.parametrize(
    "reading",
    [
        "for raw in socket:\n    ask(json.loads(raw)['a']['b'])",
        "m = json.loads(socket.recv())\nask(m['a']['b'])",
        "m = json.loads(socket.recv())\na = m.get('a', {})\nask(a.get('b'))",
        "m = json.loads(socket.recv().decode())\na, c = m['a'], 1\nask(a['b'])",
        "def show(a):\n    ask(a['b'])\nfor raw in socket:\n    show(json.loads(raw)['a'])",
        "def read():\n    return json.loads(socket.recv())\nask(read()['a']['b'])",
        "def all_of():\n    m = json.loads(socket.recv())\n    if (a := m['a']):\n        ask(a['b'])\nall_of()",
    ],
)
def test_messages_are_followed_to_their_fields(reading: str) -> None:
    found = value(f"{SESSION}\n{reading}")
    assert isinstance(found, Parsed) and isinstance(found.document, Frame) and found.path == ("a", "b")


@pytest.mark.parametrize(
    ("test", "types"),
    [
        ("if m['type'] == 'a':\n    ask(m)", {"a"}),
        ("if 'a' == m['type']:\n    ask(m)", {"a"}),
        ("if m.get('type') in ('a', 'b'):\n    ask(m)", {"a", "b"}),
        ("if m['type'] == 'a' and x:\n    ask(m)", {"a"}),
        ("k = m['type']\nif k != 'a':\n    raise SystemExit\nask(m)", {"a"}),
        ("if not (m['type'] != 'a'):\n    ask(m)", {"a"}),
        ("if m['type'] == 'a' or m['type'] == 'b':\n    ask(m)", {"a", "b"}),
        ("match m['type']:\n    case 'a' | 'b':\n        ask(m)", {"a", "b"}),
        ("assert m['type'] == 'a'\nask(m)", {"a"}),
    ],
)
def test_tests_of_the_type_narrow_it(test: str, types: set[str]) -> None:
    found = value(f"{SESSION}\nm = json.loads(socket.recv())\n{test}")
    assert isinstance(found, Parsed) and found.types == types


def test_a_new_message_is_of_any_type_again() -> None:
    code = "while True:\n    m = json.loads(socket.recv())\n    ask(m)\n    if m['type'] != 'a':\n        continue\n    use(m)"
    found = value(f"{SESSION}\n{code}")
    assert isinstance(found, Parsed) and found.types is None


def test_audio_is_followed_through_base64_and_json() -> None:
    _, found = asked(
        "import base64, json\nraw = read()\nchunk = base64.b64encode(raw).decode('utf-8')\nask(chunk)\n"
        "text = json.dumps({'data': {'chunk': str(chunk)}})\nask(text)"
    )
    chunk, text = found["chunk"], found["text"]
    assert isinstance(chunk, Base64) and chunk.as_text
    assert isinstance(text, JsonText) and isinstance(text.of, DictDisplay)


def test_names_imported_under_other_names_are_the_same() -> None:
    code = SESSION.replace("import requests", "import requests as r").replace("requests.post", "r.post")
    program, _ = asked(code)
    assert [request.method for request in program.requests.values()] == ["post"]
    program, _ = asked("from requests import Session\nwith Session() as s:\n    s.request('POST', 'https://x.org')")
    assert [request.method for request in program.requests.values()] == ["post"]


def test_a_list_that_is_changed_is_noted() -> None:
    program, found = asked("a = [1]\na.append(2)\nask(a)")
    (only,) = found.values()
    assert isinstance(only, Sequence) and only.site in program.changed_sequences


def test_reading_a_name_knows_its_definition() -> None:
    module = cst.parse_module("x = 1\nif c:\n    x = 2\nprint(x)\n")
    program = analyse(module)
    (use,) = [node for node in program.reaching if node.value == "x"]
    assert {definition.value for definition in program.reaching[use]} == {Known(1), Known(2)}


@pytest.mark.parametrize(
    "code",
    [
        "x = x",
        "def f(): return f()",
        "f = lambda: f()",
        "class A(A): pass",
        "while True:\n    x = {'a': x}",
        "def f(d):\n    return f(d['child'])\nf(json)",
        "async def f():\n    async with a as b, c: pass\n    async for d in e: pass\n    return [x async for x in y]",
        "try:\n    pass\nexcept* E as e:\n    raise\nelse:\n    x = 1\nfinally:\n    del x",
        "match x:\n    case {'a': [b, *c], **d} if b: pass\n    case A(z=1) | None: pass",
        "def g[T](x: T, /, *a: int, k=1, **kw) -> T:\n    nonlocal_ = yield from x\n    return nonlocal_",
        "from . import *\nimport a.b.c as d, e.f\n@d.deco(e)\nclass C(metaclass=M):\n    x: int\n    x += 1\n",
        "for i in a:\n    break\nelse:\n    b = f'{i!r:>{w}}'\nprint(*c, **d)",
        "global q\nq = 1\nassert q, 'x'\nx = y = z = [*q]\n(a, (b, *c)), d[0], e.f = 1, 2, 3",
    ],
)
def test_any_python_is_analysed_without_an_error(code: str) -> None:
    analyse(cst.parse_module(code))


def test_it_settles_on_long_programs() -> None:
    lines = [f"def f{n}(x):\n    return f{(n * 7) % 300}(x) if x else {{'a': x}}" for n in range(300)]
    program = analyse(cst.parse_module("\n".join([*lines, "f0(1)"])))
    assert program.values
