"""Where values come from: match, context managers, tasks, threads, partials, closures, texts. No vendor is named."""

from __future__ import annotations

import pytest

from codemods.analysis.values import UNKNOWN, Known, Parsed, Socket
from tests.analysis_questions import ALL, constants, is_message_part, of_message, value

CONNECT = "import asyncio, json\nfrom websockets import connect\n"


@pytest.mark.parametrize(
    ("code", "path"),
    [
        ("match m:\n    case {'type': 'x', 'data': {'u': u}}:\n        ask(u)", ("data", "u")),
        ("match m:\n    case {'type': 'x', 'data': data}:\n        ask(data['u'])", ("data", "u")),
        ("match m:\n    case {'words': [first, *_]}:\n        ask(first)", ("words", 0)),
        ("match m:\n    case {'data': {'u': str(u)}}:\n        ask(u)", ("data", "u")),
        ("match m:\n    case {'data': {'u': (str() | None) as u}}:\n        ask(u)", ("data", "u")),
        (
            "match m:\n    case {'a': a} | {'b': a}:\n        print(a)\n    case dict() as d:\n        ask(d['k'])",
            ("k",),
        ),
        ("match m['data']:\n    case x:\n        ask(x)", ("data",)),
        ("match (m['a'], 1):\n    case (x, 1):\n        ask(x)", ("a",)),
    ],
)
def test_patterns_bind_parts(code: str, path: tuple[str | int, ...]) -> None:
    assert is_message_part(of_message(code), *path)


@pytest.mark.parametrize(
    ("code", "types"),
    [
        ("match m:\n    case {'type': 'x'}:\n        ask(m)", {"x"}),
        ("match m:\n    case {'type': 'x' | 'y'}:\n        ask(m)", {"x", "y"}),
        ("match m:\n    case {'type': ('x' | 'y') as kind}:\n        ask(m)", {"x", "y"}),
        ("class T:\n    X = 'x'\nmatch m['type']:\n    case T.X:\n        ask(m)", {"x"}),
        ("match m:\n    case {'type': 'x'} as whole:\n        ask(whole)", {"x"}),
        ("match m.get('type'):\n    case 'x':\n        ask(m['data'])", {"x"}),
    ],
)
def test_patterns_narrow_the_type(code: str, types: set[str]) -> None:
    found = of_message(code)
    assert isinstance(found, Parsed) and found.types == types


@pytest.mark.parametrize(
    "code",
    [
        "match m:\n    case {'a': 1, **rest}:\n        ask(rest)",
        "match m:\n    case [*all]:\n        ask(all)",
        "match unknown():\n    case {'a': a}:\n        ask(a)",
        "match m:\n    case {'words': [*_, last]}:\n        ask(last)",
    ],
)
def test_what_patterns_cannot_tell_is_unknown(code: str) -> None:
    assert of_message(code) == UNKNOWN


@pytest.mark.parametrize(
    "code",
    [
        "class S:\n    async def __aenter__(self):\n        self.ws = await connect('w')\n        return self\n"
        "    async def __aexit__(self, *e): ...\nasync def main():\n    async with S() as s:\n        ask(s.ws)",
        "from contextlib import asynccontextmanager\n@asynccontextmanager\nasync def opened():\n"
        "    async with connect('w') as ws:\n        yield ws\nasync def main():\n    async with opened() as x:\n        ask(x)",
        "from contextlib import AsyncExitStack\nasync def main():\n    async with AsyncExitStack() as stack:\n"
        "        ws = await stack.enter_async_context(connect('w'))\n        ask(ws)",
        "async def main():\n    async with asyncio.timeout(3):\n        ws = await connect('w')\n    ask(ws)",
        "async def main():\n    ws = await asyncio.wait_for(connect('w'), 3)\n    ask(ws)",
        "async def open_it():\n    return await connect('w')\nasync def main():\n    a, b = await asyncio.gather(open_it(), open_it())\n"
        "    ask(b)",
        "async def open_it():\n    return await connect('w')\nasync def main():\n    async with asyncio.TaskGroup() as g:\n"
        "        t = g.create_task(open_it())\n    ask(await t)",
        "async def open_it():\n    return await connect('w')\nasync def main():\n    t = asyncio.create_task(open_it())\n    await t\n"
        "    ask(t.result())",
        "class S:\n    ws = None\n    async def start(self):\n        self.ws = await connect('w')\n    async def f(self):\n"
        "        if self.ws is not None:\n            ws = self.ws\n            ask(ws)",
        "async def main():\n    async for ws in connect('w'):\n        ask(ws)",
        "async def work(ws):\n    ask(ws)\nasync def main():\n    async with connect('w') as ws:\n"
        "        await asyncio.gather(work(ws), work(ws=ws))",
        "async def main():\n    ws = None\n    try:\n        ws = await connect('w')\n        ask(ws)\n    finally:\n        pass",
        "async def main():\n    while True:\n        try:\n            async with connect('w') as ws:\n                ask(ws)\n"
        "        except OSError:\n            continue",
        "sockets = {}\nasync def main(k):\n    sockets['a'] = await connect('w')\ndef use():\n    ask(sockets['a'])",
        "from functools import partial\nasync def work(ws, n):\n    ask(ws)\nasync def main():\n    ws = await connect('w')\n"
        "    f = partial(work, ws)\n    await f(3)",
        "import contextlib\nasync def main():\n    with contextlib.suppress(OSError):\n        ws = await connect('w')\n        ask(ws)",
    ],
)  # fmt: skip
def test_sockets_are_followed_through_everything_that_waits(code: str) -> None:
    found = value(CONNECT + code)
    assert isinstance(found, Socket) or any(isinstance(one, Socket) for one in getattr(found, "alternatives", ()))
    assert not any(one == UNKNOWN for one in getattr(found, "alternatives", ()))


@pytest.mark.parametrize(
    "code",
    [
        "def f(x):\n    ask(x['a'])\nasync def main():\n    await asyncio.to_thread(f, m)",
        "def f():\n    return m\nasync def main():\n    x = await asyncio.to_thread(f)\n    ask(x['a'])",
        "async def main(loop):\n    raw = await loop.run_in_executor(None, socket.recv)\n    ask(json.loads(raw)['a'])",
        "async def main():\n    raw = await asyncio.to_thread(socket.recv)\n    ask(json.loads(raw)['a'])",
        "from concurrent.futures import ThreadPoolExecutor\ndef f(x):\n    return x['a']\n"
        "with ThreadPoolExecutor() as pool:\n    ask(pool.submit(f, m).result())",
        "import threading\ndef f(x):\n    ask(x['a'])\nthreading.Thread(target=f, kwargs={'x': m}).start()",
        "from functools import partial\ndef f(n, x):\n    ask(x['a'])\ng = partial(f, 1)\ng(m)",
        "from functools import partial\ndef f(n, *, x):\n    ask(x['a'])\npartial(f, x=m)(1)",
        "HANDLERS = {}\ndef on(kind):\n    def deco(f):\n        HANDLERS[kind] = f\n        return f\n    return deco\n"
        "@on('x')\ndef f(x):\n    ask(x['a'])\nHANDLERS[m['type']](m)",
        "def f(x):\n    ask(x['a'])\nH = {'x': f, 'y': print}\nh = H.get(m['type'])\nif h:\n    h(m)",
        "class C:\n    def __init__(self, on):\n        self.on = on\n    def run(self):\n        self.on(m)\n"
        "C(lambda x: ask(x['a'])).run()",
        "class C:\n    def on_x(self, x):\n        ask(x['a'])\n    def run(self):\n        {'x': self.on_x}[m['type']](m)\nC().run()",
        "def outer():\n    x = m\n    def inner():\n        ask(x['a'])\n    return inner\nouter()()",
        "last = m\ndef f():\n    global last\n    last = json.loads(socket.recv())\n    ask(last['a'])",
        "def each():\n    for raw in socket:\n        yield json.loads(raw)\nfor x in each():\n    ask(x['a'])",
        "async def each():\n    while True:\n        yield json.loads(socket.recv())\nasync def f():\n    async for x in each():\n"
        "        ask(x['a'])",
        "class I:\n    def __iter__(self):\n        return self\n    def __next__(self):\n        return json.loads(socket.recv())\n"
        "for x in I():\n    ask(x['a'])",
        "class I:\n    def __aiter__(self):\n        return self\n    async def __anext__(self):\n        return m\n"
        "async def f():\n    async for x in I():\n        ask(x['a'])",
        "while (raw := socket.recv()) is not None:\n    ask(json.loads(raw)['a'])",
        "import orjson\nask(orjson.loads(socket.recv())['a'])",
        "import ujson as json2\nask(json2.loads(socket.recv())['a'])",
        "x = m if m else None\nask(x['a'])",
        "def f(x=None):\n    x = x or m\n    ask(x['a'])\nf()",
    ],
)  # fmt: skip
def test_messages_are_followed_through_functions(code: str) -> None:
    assert is_message_part(of_message(code), "a")


@pytest.mark.parametrize(
    "code",
    [
        "ask(json.loads(socket.recv(), object_hook=mystery)['a'])",
        "ask(json.loads(mystery(socket.recv()))['a'])",
        "async def f(loop):\n    ask((await loop.run_in_executor(None, mystery))['a'])",
        "from functools import partial\ndef f(x):\n    return x\nask(partial(mystery, m)()['a'])",
        "ask(mystery(m)['a'])",
        "def f(x):\n    ask(x['a'])\nf(m)\nf(mystery())",
        "async def f():\n    async with mystery() as x:\n        ask(x)",
        "H = {'x': mystery}\nask(H[m['type']](m))",
    ],
)
def test_what_strangers_give_is_unknown(code: str) -> None:
    assert of_message(code) == UNKNOWN


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("ask(', '.join(['a', 'b']))", {"a, b"}),
        ("from urllib.parse import urljoin\nask(urljoin('https://x.org/', 'v2/live'))", {"https://x.org/v2/live"}),
        ("ask(int('16000'))", {16000}),
        ("ask(float(3))", {3.0}),
        ("n = 3\nn2 = n\ndef f():\n    return n2\nask(f())", {3}),
        ("def f(a, b=2, *, c=3):\n    return c\nask(f(1, c=4))", {3, 4}),
        ("def f(n):\n    if n:\n        return 1\n    return 2\nask(f(0))", {1, 2}),
        ("def f():\n    try:\n        return 1\n    except E:\n        return 2\nask(f())", {1, 2}),
        ("f = lambda x, y=2: y\nask(f(1, 3))", {2, 3}),
        ("x = 1\ndef f():\n    nonlocal_ = x\n    return nonlocal_\nask(f())", {1}),
        ("import logging\nask(getattr(logging, 'INFO') and 5)", None),
        ("for i in (1, 2):\n    ask(i)", {1, 2}),
        ("ask([i for i in (1, 2)][0])", None),
        ("def f():\n    x = 0\n    def g():\n        nonlocal x\n        x = 1\n    g()\n    ask(x)\nf()", {0, 1}),
        ("x = 0\ndef g():\n    global x\n    x = 1\ng()\nask(x)", {0, 1}),
    ],
)  # fmt: skip
def test_constants_through_functions(code: str, expected: set[object] | None) -> None:
    found = value(code)
    if expected is None:
        assert not isinstance(found, Known)
    else:
        assert constants(found) == expected


def test_the_head_of_the_programs_parses() -> None:
    assert isinstance(of_message("ask(m)"), Parsed) and ALL.endswith("\n")
