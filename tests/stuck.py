"""Running again what got stuck inside of the interpreter.

`websockets.sync` and `websocket-client` read and write one TLS connection in two threads. Before Python 3.13 the `ssl`
module does not keep the two apart (CPython's issue 124984), and once in some hundred connections one of them waits for
ever, whatever the server does. A program that is stuck every time is still found out.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from codemods.verify.compare import ProgramRun

_TIMES = 3
_SECONDS = 30.0  # that one connection on this machine may take


def run_unless_stuck(run: Callable[[], ProgramRun]) -> ProgramRun:
    """The first of some runs of a program that ends by itself, or the last."""
    found = run()
    for _ in range(_TIMES - 1):
        if found.ended_by != "killed":
            break
        found = run()
    return found


def said_unless_stuck(call: Callable[[], str]) -> str:
    """What a call gives, made in a thread that is left alone once it is stuck; raises what it raises."""
    for _ in range(_TIMES):
        given: list[str] = []
        raised: list[Exception] = []

        def ask(given: list[str] = given, raised: list[Exception] = raised) -> None:
            try:
                given.append(call())
            except Exception as error:
                raised.append(error)

        thread = threading.Thread(target=ask, daemon=True)
        thread.start()
        thread.join(_SECONDS)
        if raised:
            raise raised[0]
        if given:
            return given[0]
    raise TimeoutError(f"stuck {_TIMES} times")
