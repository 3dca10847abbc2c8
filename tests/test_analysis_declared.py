"""Where values come from: what annotations say of values that nobody here makes. No vendor is named."""

from __future__ import annotations

import pytest

from codemods.analysis.values import UNKNOWN, Known, LibraryObject, Socket
from tests.analysis_questions import value

_IMPORTS = "import aiohttp, httpx, requests, pool\nfrom typing import Optional\n"


def _made_by(code: str) -> set[str]:
    found = value(_IMPORTS + code)
    return {one.made_by for one in getattr(found, "alternatives", (found,)) if isinstance(one, LibraryObject)}


@pytest.mark.parametrize(
    "code",
    [
        "def f(http: aiohttp.ClientSession):\n    ask(http)",
        "def f(http: aiohttp.ClientSession | None):\n    ask(http)",
        "def f(http: Optional[aiohttp.ClientSession] = None):\n    ask(http)",
        "def f(*, http: aiohttp.ClientSession = None):\n    ask(http)",
        "def f(http: aiohttp.ClientSession):\n    ask(http)\nf(pool.current())",
        "def f() -> aiohttp.ClientSession:\n    return pool.current()\nask(f())",
        "class A:\n    def __init__(self, http: aiohttp.ClientSession):\n        self.http = http\n"
        "    def f(self):\n        ask(self.http)",
        "class A:\n    def __init__(self):\n        self.http: aiohttp.ClientSession | None = None\n"
        "    def open(self):\n        self.http = pool.current()\n    def f(self):\n        ask(self.http)",
        "class A:\n    http: aiohttp.ClientSession\n    def f(self):\n        ask(self.http)",
        "class A:\n    @property\n    def http(self) -> aiohttp.ClientSession:\n        return pool.current()\n"
        "    def f(self):\n        ask(self.http)",
    ],
)
def test_an_annotation_says_what_nobody_here_makes(code: str) -> None:
    assert _made_by(code) == {"aiohttp.ClientSession"}


@pytest.mark.parametrize(
    "code",
    [
        "def f(http: aiohttp.ClientSession):\n    ask(http)\nf(requests.Session())",
        "def f(http: aiohttp.ClientSession | httpx.AsyncClient):\n    ask(http)",
        "def f(http: pool.Session):\n    ask(http)",
        "def f(http):\n    ask(http)",
        "def f(http: list[aiohttp.ClientSession]):\n    ask(http)",
    ],
)
def test_what_is_known_or_says_something_else_stays(code: str) -> None:
    assert "aiohttp.ClientSession" not in _made_by(code)


def test_a_default_may_be_replaced_and_what_is_given_is_no_guess() -> None:
    assert value(_IMPORTS + "def f(n: int):\n    ask(n)") == UNKNOWN
    assert value(_IMPORTS + "def f(n: int):\n    ask(n)\nf(5)") == Known(5)


@pytest.mark.parametrize(
    ("code", "certain"),
    [
        ("ask(None or 5)", True),
        ("ask(0 or '' or 5)", True),
        ("def f(n=None):\n    ask(n or 5)", False),
        ("def f(n=None):\n    ask(n or 5)\nf()", False),
    ],
)
def test_what_is_nothing_is_not_what_or_gives(code: str, certain: bool) -> None:
    found = value(code)
    assert found == Known(5) and isinstance(found, Known) and found.certain is certain


_OPENED = "from websockets.sync.client import connect, ClientConnection\n"


def test_a_socket_that_nobody_here_hands_in_is_the_one_that_the_file_opens() -> None:
    methods = "class A:\n    def open(self, url):\n        return connect(url)\n"
    asking = "    def end(self, socket: ClientConnection):\n        ask(socket)"
    assert isinstance(value(_OPENED + methods + asking), Socket)
    two = "    def again(self, url):\n        return connect(url)\n"
    assert value(_OPENED + methods + two + asking) == UNKNOWN, "which of the two, nobody knows"


@pytest.mark.parametrize(
    "option",
    [
        "parser.add_argument('--end-point', default='wss://one')\nask(parser.parse_args().end_point)",
        "parser.add_argument('-e', '--end-point', default='wss://one')\nargs = parser.parse_args()\nask(args.end_point)",
        "group = parser.add_argument_group()\ngroup.add_argument('-x', dest='url', default='wss://one')\n"
        "args = parser.parse_args()\nask(args.url)",
    ],
)
def test_an_option_has_its_default_unless_another_is_given(option: str) -> None:
    found = value(f"import argparse\nparser = argparse.ArgumentParser()\n{option}")
    assert found == Known("wss://one") and not found.certain
