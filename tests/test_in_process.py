"""`install`: a gateway in this process that only this process can use, and an exact end of it."""

import json
import logging
import os
import socket
import ssl
import subprocess
import sys
import threading
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from aiohttp import web
from websockets.sync.client import connect

import shim
from shim import in_process
from shim.errors import BridgeError
from shim.in_process import Installation
from tests.emulated_services import emulation, serve
from tests.led_clients import CLIENTS, SECONDS, STRANGER

GLADIA = "api.gladia.io"
KEY = "0123456789abcdef-the-key"


class Gateways:
    """Stands in for the gateway: remembers what it was asked for, and can be asked which process it is in."""

    def __init__(self) -> None:
        self.made: list[tuple[object, ...]] = []
        self.ended = 0

    def make_app(self, asked: Any, key: str) -> web.Application:
        self.made.append((asked.api, asked.over, asked.upstream, asked.speed, key))

        async def answer(request: web.Request) -> web.StreamResponse:
            if request.path == "/ws":
                ws = web.WebSocketResponse()
                await ws.prepare(request)
                async for message in ws:
                    await ws.send_str(f"{os.getpid()} {message.data}")
                return ws
            context = ssl.create_default_context()
            tls = context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname=GLADIA)
            return web.json_response({"host": request.host, "process": os.getpid(), "exempt": tls.context is context})

        async def ended(app: web.Application) -> None:
            self.ended += 1

        app = web.Application()
        app.router.add_get("/{path:.*}", answer)
        app.on_shutdown.append(ended)
        return app


@pytest.fixture
def gateways() -> Gateways:
    return Gateways()


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("ASSEMBLYAI_API_KEY", KEY)
    monkeypatch.delenv("STTBRIDGE_DISABLE", raising=False)
    yield
    shim.uninstall()


def install(gateways: Gateways, upstream: str | None = None, speed: float = 1.0) -> Installation:
    return in_process.install("gladia", "assemblyai", upstream, speed, _make_app=gateways.make_app)


def ask() -> dict[str, Any]:
    answer: dict[str, Any] = requests.get(f"https://{GLADIA}/hello", timeout=SECONDS).json()
    return answer


def nothing_is_led() -> bool:
    threads = [thread for thread in threading.enumerate() if thread.name.startswith("sttbridge")]
    return not threads and socket.getaddrinfo.__module__ == "socket" and "connect" not in vars(socket.socket)


def test_the_apis_host_is_answered_in_this_process(gateways: Gateways) -> None:
    installation = install(gateways)
    assert installation.active
    # Its own threads are exempt: else gladia over assemblyai over gladia would go round.
    assert ask() == {"host": GLADIA, "process": os.getpid(), "exempt": True}
    with connect(f"wss://{GLADIA}/ws") as ws:
        ws.send("hello")
        assert ws.recv(timeout=SECONDS) == f"{os.getpid()} hello"
    assert gateways.made == [("gladia", "assemblyai", None, 1.0, KEY)]
    installation.uninstall()
    assert not installation.active
    assert nothing_is_led()
    assert gateways.ended == 1
    installation.uninstall()


def test_every_library_is_led_to_it(gateways: Gateways) -> None:
    with install(gateways):
        for name, client in CLIENTS.items():
            assert str(os.getpid()) in client(GLADIA, None), name


def test_as_a_context_manager_it_ends_with_the_block(gateways: Gateways) -> None:
    with pytest.raises(ZeroDivisionError), install(gateways) as installation:
        assert installation.active
        ask()
        raise ZeroDivisionError
    assert not installation.active
    assert nothing_is_led()


def test_what_was_asked_for_reaches_the_gateway(gateways: Gateways) -> None:
    with install(gateways, "ws://127.0.0.1:9", 8):
        assert gateways.made == [("gladia", "assemblyai", "ws://127.0.0.1:9", 8, KEY)]


@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_missing_key_is_named(gateways: Gateways, monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    monkeypatch.setenv("GLADIA_API_KEY", "the program's own key is the other vendor's")
    if value is None:
        monkeypatch.delenv("ASSEMBLYAI_API_KEY")
    else:
        monkeypatch.setenv("ASSEMBLYAI_API_KEY", value)
    with pytest.raises(BridgeError) as refused:
        install(gateways)
    assert str(refused.value) == (
        "ASSEMBLYAI_API_KEY is not set; put the key of assemblyai, which does the work, there"
    )
    assert nothing_is_led()
    assert gateways.made == []


@pytest.mark.parametrize(
    ("api", "over"), [("gladia", "gladia"), ("assemblyai", "assemblyai"), ("deepgram", "assemblyai"), ("Gladia", "")]
)
def test_an_impossible_pair_says_what_is_possible(api: str, over: str) -> None:
    with pytest.raises(BridgeError) as refused:
        shim.install(api=api, over=over)
    assert str(refused.value) == (
        f"api={api!r} over={over!r} is not possible; "
        "possible is: api='assemblyai' over='gladia', api='gladia' over='assemblyai'"
    )


@pytest.mark.parametrize("value", ["1", "true", "YES"])
def test_it_can_be_switched_off(
    gateways: Gateways, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, value: str
) -> None:
    caplog.set_level(logging.INFO, "sttbridge")
    monkeypatch.setenv("STTBRIDGE_DISABLE", value)
    monkeypatch.delenv("ASSEMBLYAI_API_KEY")  # is not needed then
    with install(gateways) as installation:
        assert not installation.active
        assert nothing_is_led()
    assert gateways.made == []
    assert [record.getMessage() for record in caplog.records] == [
        "sttbridge is switched off by STTBRIDGE_DISABLE: gladia is not led anywhere"
    ]


@pytest.mark.parametrize("value", ["", "0", "false"])
def test_what_does_not_switch_it_off(gateways: Gateways, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("STTBRIDGE_DISABLE", value)
    with install(gateways) as installation:
        assert installation.active


def test_one_line_says_that_it_is_on_and_none_holds_the_key(
    gateways: Gateways, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with install(gateways):
        ask()
    ours = [record for record in caplog.records if record.name == "sttbridge"]
    assert [(record.levelname, record.getMessage()) for record in ours] == [
        (
            "INFO",
            "sttbridge leads api.gladia.io to a gateway in this process, over assemblyai; "
            "STTBRIDGE_DISABLE=1 switches it off",
        )
    ]
    assert KEY not in caplog.text


def test_the_real_gateway_carries_a_session_over_the_upstream() -> None:
    """No stand-in: Gladia's API by its own URLs, AssemblyAI's emulator behind it, which wants AssemblyAI's key."""
    service = emulation(key=KEY, speed=10)
    with (
        serve("assemblyai", service) as upstream,
        shim.install(api="gladia", over="assemblyai", upstream=f"ws://{upstream}", speed=10),
    ):
        created = requests.post(
            f"https://{GLADIA}/v2/live",
            headers={"x-gladia-key": "the program's own"},
            json={"sample_rate": 16000},
            timeout=SECONDS,
        )
        assert created.status_code == 201, created.text
        url = created.json()["url"]
        assert url.startswith(f"wss://{GLADIA}/v2/live?token=")  # the vendor's, as a program would print it
        with connect(url) as ws:
            ws.send('{"type":"stop_recording"}')
            for message in ws:
                assert isinstance(json.loads(message), dict)
            assert ws.close_code == 1000
    assert nothing_is_led()


def test_an_upstream_that_is_not_a_url_is_refused() -> None:
    with pytest.raises(BridgeError, match="'nonsense' is not a base URL; give ws://HOST:PORT"):
        shim.install(api="gladia", over="assemblyai", upstream="nonsense")
    assert nothing_is_led()


# --- More than once ---


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
def test_the_same_again_is_shared_until_the_last_one_ends(gateways: Gateways, order: tuple[int, ...]) -> None:
    installations = [install(gateways, "ws://127.0.0.1:9") for _ in range(3)]
    assert len(gateways.made) == 1
    for number in order:
        assert ask()["host"] == GLADIA
        installations[number].uninstall()
        installations[number].uninstall()  # twice counts once
        assert not installations[number].active
    assert nothing_is_led()
    assert gateways.ended == 1


def test_the_same_api_with_anything_else_is_refused(gateways: Gateways, monkeypatch: pytest.MonkeyPatch) -> None:
    message = "api='gladia' is installed already, with other settings; uninstall that first"
    with install(gateways):
        with pytest.raises(BridgeError, match=message):
            install(gateways, upstream="ws://127.0.0.1:9")
        with pytest.raises(BridgeError, match=message):
            install(gateways, speed=2)
        monkeypatch.setenv("ASSEMBLYAI_API_KEY", "another")
        with pytest.raises(BridgeError, match=message):
            install(gateways)
        assert ask()["host"] == GLADIA
    assert nothing_is_led()
    with install(gateways, speed=2):  # now it can be
        assert ask()["host"] == GLADIA


def test_who_names_no_upstream_shares_the_one_that_is_there(gateways: Gateways) -> None:
    with install(gateways, "ws://127.0.0.1:9", speed=2), install(gateways):
        assert len(gateways.made) == 1 and ask()["host"] == GLADIA
    assert nothing_is_led()


@pytest.mark.parametrize("api", [None, "gladia"])
def test_uninstalling_all_ends_it_whoever_holds_it(gateways: Gateways, api: str | None) -> None:
    installations = [install(gateways), install(gateways)]
    shim.uninstall("assemblyai")
    assert ask()["host"] == GLADIA
    shim.uninstall(api)
    assert nothing_is_led()
    assert [installation.active for installation in installations] == [False, False]
    with install(gateways):  # the old handles do not end the new one
        for installation in installations:
            installation.uninstall()
        assert ask()["host"] == GLADIA
    shim.uninstall(api)


def test_many_threads_at_once_share_one_gateway(gateways: Gateways) -> None:
    ready = threading.Barrier(8)
    failed: list[BaseException] = []

    def use() -> None:
        try:
            ready.wait(SECONDS)
            with install(gateways):
                ask()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=use) for _ in range(8)]
    with install(gateways):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert failed == []
    assert nothing_is_led()
    assert len(gateways.made) == 1


# --- What goes wrong ---


def test_a_gateway_that_cannot_start_says_so_and_leaves_nothing() -> None:
    def make_app(asked: object, key: str) -> web.Application:
        raise BridgeError("upstream 'nonsense' is not a URL", "give ws://host:port")

    before = dict(os.environ)
    with pytest.raises(BridgeError, match="upstream 'nonsense' is not a URL; give ws://host:port"):
        in_process.install("gladia", "assemblyai", "nonsense", _make_app=make_app)
    assert nothing_is_led()
    assert dict(os.environ) == before


def test_a_host_that_is_led_elsewhere_is_not_taken(gateways: Gateways) -> None:
    from shim.redirect import Redirection
    from tests.led_clients import throwaway

    other = Redirection({GLADIA: lambda: ("127.0.0.1", 9)}, throwaway(GLADIA).client_tls)
    other.install()
    with pytest.raises(BridgeError, match="already led elsewhere"):
        install(gateways)
    other.uninstall()
    assert nothing_is_led()


@pytest.mark.parametrize(
    ("module", "question"), [("gevent.monkey", "is_module_patched"), ("eventlet.patcher", "is_monkey_patched")]
)
def test_green_threads_are_refused_where_a_gateway_would_hang(
    gateways: Gateways, monkeypatch: pytest.MonkeyPatch, module: str, question: str
) -> None:
    green = types.ModuleType(module)
    monkeypatch.setitem(sys.modules, module, green)
    monkeypatch.setattr(green, question, lambda name: True, raising=False)
    with pytest.raises(BridgeError, match=r"has replaced this process's threads.*sttbridge serve"):
        install(gateways)
    monkeypatch.setattr(green, question, lambda name: False)
    with install(gateways):
        assert ask()["host"] == GLADIA


# --- This process only ---


def test_another_process_cannot_use_the_port(gateways: Gateways) -> None:
    with install(gateways):
        address, port = socket.getaddrinfo(GLADIA, 443, type=socket.SOCK_STREAM)[0][4][:2]
        assert address == "127.0.0.1"
        done = subprocess.run([sys.executable, "-c", STRANGER, str(port)], capture_output=True, text=True, timeout=60)
        assert done.stdout.startswith("refused"), done.stdout + done.stderr
        ask()


def test_no_private_key_is_left_on_the_disk(
    gateways: Gateways, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with install(gateways):
        assert list(tmp_path.iterdir()) == []
