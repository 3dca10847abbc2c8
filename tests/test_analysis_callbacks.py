"""Where values come from when a library calls the program: callbacks, threads, pools, wrapped frames. No vendor."""

from __future__ import annotations

import pytest

from codemods.analysis.values import UNKNOWN, Frame, Known, Parsed, Socket, Text, UrlQuery
from tests.test_analysis import asked, value

APP = """
import json
import threading
import websocket

{before}
app = websocket.WebSocketApp("wss://example.org", {given})
{after}
"""


@pytest.mark.parametrize(
    ("before", "given", "after"),
    [
        ("def f(ws, text):\n    ask(json.loads(text)['a'])", "on_message=f", ""),
        ("def f(ws, text):\n    ask(json.loads(text)['a'])", "", "app.on_message = f"),
        ("", "on_message=lambda ws, text: ask(json.loads(text)['a'])", ""),
        ("class C:\n    def f(self, ws, text):\n        ask(json.loads(text)['a'])", "on_message=C().f", ""),
        ("def f(ws, data, kind, more):\n    ask(json.loads(data)['a'])", "on_data=f", ""),
    ],
)
def test_a_callback_is_given_the_frame(before: str, given: str, after: str) -> None:
    found = value(APP.format(before=before, given=given, after=after))
    assert isinstance(found, Parsed) and isinstance(found.document, Frame) and found.path == ("a",)


@pytest.mark.parametrize(
    ("before", "given", "after"),
    [
        ("def f(ws):\n    ask(ws)", "on_open=f", ""),
        ("def f(ws, code, reason):\n    ask(ws)", "on_close=f", ""),
        ("def f(ws):\n    def inner():\n        ask(ws)\n    threading.Thread(target=inner).start()", "on_open=f", ""),
        ("def f(x):\n    ask(x)", "", "threading.Thread(target=f, args=(app,)).start()"),
        ("def f(x):\n    ask(x)", "", "threading.Timer(5, f, [app]).start()"),
        ("", "", "kept = None\nkept = app\nask(kept.sock)"),
    ],
)
def test_a_socket_is_followed_into_callbacks_and_threads(before: str, given: str, after: str) -> None:
    found = value(APP.format(before=before, given=given, after=after))
    assert isinstance(found, Socket)


@pytest.mark.parametrize(
    "handing_over",
    [
        "from concurrent.futures import ThreadPoolExecutor\nThreadPoolExecutor().submit(f, 7)",
        "import asyncio\nasyncio.get_running_loop().run_in_executor(None, f, 7)",
        "import asyncio, signal\nasyncio.get_running_loop().add_signal_handler(signal.SIGINT, f, 7)",
        "import asyncio\nasyncio.to_thread(f, 7)",
    ],
)
def test_functions_handed_over_are_called_with_what_goes_along(handing_over: str) -> None:
    assert value(f"def f(x):\n    ask(x)\n{handing_over}") == Known(7)


def test_callbacks_of_a_function_that_nobody_calls_are_followed() -> None:
    found = value(
        "import websocket\ndef g(headers):\n"
        "    websocket.WebSocketApp('wss://x', header=headers, on_message=lambda ws, text: ask(ws.send(text) or ws))"
    )
    assert found == UNKNOWN or isinstance(found, Socket)


def test_a_signal_handler_is_called_with_anything() -> None:
    assert value("import signal\ndef f(number, frame):\n    ask(number)\nsignal.signal(2, f)") == UNKNOWN


def test_requests_in_a_thread_are_requests() -> None:
    program, _ = asked(
        "import asyncio, requests\n"
        "async def f():\n    r = await asyncio.to_thread(requests.post, 'https://x', json={'a': 1})\n    ask(r.json())"
    )
    (request,) = program.requests.values()
    assert request.method == "post" and request.url is not None and request.json is not None


@pytest.mark.parametrize(
    "reading",
    [
        "async for m in ws:\n            ask(json.loads(m.data)['a'])",
        "async for m in ws:\n            ask(m.json()['a'])",
        "ask((await ws.receive_json())['a'])",
        "ask(json.loads(await ws.receive_str())['a'])",
    ],
)
def test_frames_that_come_wrapped_are_followed(reading: str) -> None:
    found = value(
        "import aiohttp, json\nasync def f():\n    async with aiohttp.ClientSession() as s:\n"
        f"        ws = await s.ws_connect('wss://x')\n        {reading}"
    )
    assert isinstance(found, Parsed) and isinstance(found.document, Frame) and found.path == ("a",)


@pytest.mark.parametrize(
    "code",
    [
        "ask('a?' + urlencode(d))",
        "ask(f'a?{urlencode(d)}')",
        "ask('a?%s' % urlencode(d))",
        "ask('a?{}'.format(urlencode(d)))",
    ],
)
def test_a_query_is_known_inside_its_address(code: str) -> None:
    found = value(f"from urllib.parse import urlencode\nd = {{'k': 1}}\n{code}")
    assert isinstance(found, Text) and found.parts[0] == Known("a?") and isinstance(found.parts[1], UrlQuery)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("ask('%s-%d' % ('a', 1))", Known("a-1")),
        ("ask('{x}-{}'.format('a', x='b'))", Known("b-a")),
        ("ask('{1}{0}'.format('a', 'b'))", Known("ba")),
        ("ask('%5.2f' % 1)", UNKNOWN),
        ("ask('%s%s' % 'a')", UNKNOWN),
        ("ask('{'.format())", UNKNOWN),
    ],
)
def test_texts_that_are_filled_in(code: str, expected: object) -> None:
    assert value(code) == expected
