"""serve_until_interrupted: in the main thread, ended cleanly by Ctrl+C or SIGTERM."""

import signal
import subprocess
import sys
import urllib.error
import urllib.request

import pytest
from aiohttp import web

from shim.errors import BridgeError
from shim.serving import LocalServer, serve_until_interrupted


@pytest.fixture(params=["uvloop", "asyncio"])
def loop_kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Everything here holds on both loops; `None` in sys.modules makes the import fail."""
    kind: str = request.param
    if kind == "asyncio":
        monkeypatch.setitem(sys.modules, "uvloop", None)
    else:
        pytest.importorskip("uvloop")
    return kind


PROGRAM = """
import sys
if sys.argv[1] == "asyncio":
    sys.modules["uvloop"] = None
from aiohttp import web
from shim.serving import serve_until_interrupted

def make_app():
    app = web.Application()
    async def slow(app):
        if sys.argv[2] == "slow":
            import asyncio
            print("ending", flush=True)
            await asyncio.sleep(60)
    async def clean(app):
        print("cleaned", flush=True)
    app.on_shutdown.append(slow)
    app.on_cleanup.append(clean)
    return app

serve_until_interrupted(make_app, "127.0.0.1", 0, on_listening=lambda url: print(url, flush=True))
print("returned", flush=True)
"""


def program(loop_kind: str, manner: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, loop_kind, manner],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serving_until_interrupted_ends_cleanly(loop_kind: str, number: signal.Signals) -> None:
    with program(loop_kind, "quick") as running:
        assert running.stdout is not None
        url = running.stdout.readline().strip()
        assert url.startswith("http://127.0.0.1:")
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(url, timeout=20)
        running.send_signal(number)
        out, err = running.communicate(timeout=60)
    assert (out, err, running.returncode) == ("cleaned\nreturned\n", "", 0)


def test_a_second_ctrl_c_does_not_wait_for_the_clean_end(loop_kind: str) -> None:
    with program(loop_kind, "slow") as running:
        assert running.stdout is not None
        running.stdout.readline()
        running.send_signal(signal.SIGINT)
        assert running.stdout.readline() == "ending\n"
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=60)
    assert "returned" not in out
    assert err.rstrip().endswith("KeyboardInterrupt")


def test_serving_restores_the_signal_handlers_and_names_a_port_in_use() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with LocalServer(web.Application) as server, pytest.raises(BridgeError, match="is in use"):
        serve_until_interrupted(web.Application, "127.0.0.1", server.port)

    def ready(url: str) -> None:
        signal.raise_signal(signal.SIGTERM)

    serve_until_interrupted(web.Application, "127.0.0.1", 0, on_listening=ready)
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
