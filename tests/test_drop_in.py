"""The drop-in modules: the vendor's package under another name, and a gateway that only this process can use."""

from __future__ import annotations

import importlib
import inspect
import json
import logging
import multiprocessing
import os
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import assemblyai
import assemblyai.streaming.v3
import gladiaio_sdk
import pytest
import requests
from gladiaio_sdk import GladiaClientOptions, HttpRetryOptions, LiveV2InitRequest, WebSocketRetryOptions

import shim.assemblyai
import shim.assemblyai.streaming.v3
import shim.gladiaio_sdk
from shim import drop_in
from shim.emulator.emulation import Emulation
from shim.errors import BridgeError
from shim.gladiaio_sdk import GladiaClient
from tests.emulated_services import KEY, emulation, serve, wait_for

SECONDS = 20
PACKAGES = {"shim.gladiaio_sdk": "gladiaio_sdk", "shim.assemblyai": "assemblyai"}
ENTRIES = {"GladiaClient", "RealTimeTranscriber", "StreamingClient", "AsyncRealTimeTranscriber", "AsyncStreamingClient"}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("ASSEMBLYAI_API_KEY", KEY)
    for name in ("GLADIA_API_KEY", "STTBRIDGE_DISABLE", "STTBRIDGE_UPSTREAM", "STTBRIDGE_SPEED", "STTBRIDGE_TURNS"):
        monkeypatch.delenv(name, raising=False)
    yield
    drop_in.stop_gateways()


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulation]:
    """AssemblyAI's emulator, as the gateway's upstream."""
    service = emulation(speed=10)
    with serve("assemblyai", service) as upstream:
        monkeypatch.setenv("STTBRIDGE_UPSTREAM", f"ws://{upstream}")
        monkeypatch.setenv("STTBRIDGE_SPEED", "10")
        yield service
        drop_in.stop_gateways()


def gateways() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("sttbridge-drop-in")]


def options_of(client: GladiaClient) -> GladiaClientOptions:
    """What the vendor's client of live sessions was given."""
    options: GladiaClientOptions = client.live()._options
    return options


# --- The package under the other name ------------------------------------------------------------


def modules_of(vendor: str) -> list[str]:
    folder = Path(next(iter(importlib.import_module(vendor).__path__)))
    found = {".".join((vendor, *path.relative_to(folder).with_suffix("").parts)) for path in folder.rglob("*.py")}
    return sorted(name.removesuffix(".__init__") for name in found)


@pytest.mark.parametrize(("ours", "vendor"), PACKAGES.items())
def test_every_name_of_every_module_is_the_vendors(ours: str, vendor: str) -> None:
    modules = modules_of(vendor)
    assert len(modules) > 15
    replaced = set()
    for name in modules:
        theirs = importlib.import_module(name)
        mirrored = importlib.import_module(ours + name.removeprefix(vendor))
        for attribute, value in vars(theirs).items():
            if attribute.startswith("__"):
                continue
            shown = getattr(mirrored, attribute)
            if isinstance(value, ModuleType) and value.__name__.startswith(vendor):
                assert shown.__name__ == ours + value.__name__.removeprefix(vendor)
            elif inspect.isclass(value) and value.__name__ in ENTRIES:
                assert shown is not value and issubclass(shown, value), attribute
                replaced.add(attribute)
            else:
                assert shown is value, f"{name}.{attribute}"
        starred: dict[str, Any] = {}
        exec(f"from {mirrored.__name__} import *", starred)
        expected: dict[str, Any] = {}
        exec(f"from {name} import *", expected)
        assert starred.keys() == expected.keys()
        assert set(dir(theirs)) <= {*dir(mirrored), "__builtins__", "__cached__", "__file__"}
    assert replaced == {name for name in ENTRIES if (name == "GladiaClient") == (vendor == "gladiaio_sdk")}


def test_the_entry_classes_are_the_vendors_too() -> None:
    assert isinstance(GladiaClient(api_key="x"), gladiaio_sdk.GladiaClient)
    ours, theirs = shim.assemblyai.streaming.v3, assemblyai.streaming.v3
    options = theirs.RealTimeTranscriberOptions(api_key="x")
    for name in ENTRIES - {"GladiaClient"}:
        client = getattr(ours, name)(options)
        assert isinstance(client, getattr(theirs, name))
    assert ours.StreamingClient is ours.RealTimeTranscriber
    assert ours.AsyncStreamingClient is ours.AsyncRealTimeTranscriber
    assert ours.RealTimeTranscriber is not theirs.RealTimeTranscriber
    assert shim.assemblyai.streaming.v3.client.StreamingClient is ours.StreamingClient
    assert shim.gladiaio_sdk.client.GladiaClient is GladiaClient


def test_the_versions_are_the_vendors() -> None:
    from importlib.metadata import version

    assert shim.assemblyai.__version__ == assemblyai.__version__ == version("assemblyai")
    assert shim.gladiaio_sdk.__version__ == version("gladiaio-sdk")


def test_the_settings_are_the_vendors() -> None:
    assert shim.assemblyai.settings is assemblyai.settings


def test_what_is_not_there_is_said_by_our_name() -> None:
    with pytest.raises(AttributeError, match=r"module 'shim\.assemblyai' has no attribute 'transcribe'"):
        shim.assemblyai.transcribe  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(ModuleNotFoundError, match=r"'shim\.gladiaio_sdk\.v3'"):
        importlib.import_module("shim.gladiaio_sdk.v3")


@pytest.mark.parametrize(
    ("ours", "vendor", "extra"),
    [
        ("shim.gladiaio_sdk", "gladiaio_sdk", "gladia"),
        ("shim.gladiaio_sdk.v2.live.types", "gladiaio_sdk", "gladia"),
        ("shim.assemblyai", "assemblyai", "assemblyai"),
        ("shim.assemblyai.streaming.v3", "assemblyai", "assemblyai"),
    ],
)
def test_a_missing_package_is_named_with_its_extra(ours: str, vendor: str, extra: str) -> None:
    program = f"import sys\nsys.modules[{vendor!r}] = None\nimport {ours}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    package = ".".join(ours.split(".")[:2])
    assert done.stderr.splitlines()[-1] == (
        f"ImportError: {package} needs the package {vendor}, which is not installed; pip install 'sttbridge[{extra}]'"
    )


def test_a_package_that_is_too_old_is_named_with_its_version() -> None:
    program = "import importlib.metadata as m\nm.version = lambda name: '0.64.33'\nimport shim.assemblyai"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.stderr.splitlines()[-1] == (
        "ImportError: shim.assemblyai needs assemblyai 1.0 or later, and 0.64.33 is installed; "
        "pip install -U 'sttbridge[assemblyai]'"
    )


def test_a_package_that_lacks_something_itself_says_so_itself() -> None:
    program = "import sys\nsys.modules['pyee'] = None\nimport shim.gladiaio_sdk"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert "pyee" in done.stderr.splitlines()[-1] and "sttbridge" not in done.stderr.splitlines()[-1]


def test_the_extras_are_there() -> None:
    project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    assert (extras["gladia"], extras["assemblyai"]) == (["gladiaio-sdk>=2.2"], ["assemblyai>=1.8"])


def test_nothing_is_loaded_or_started_before_the_first_use() -> None:
    program = (
        "import sys, threading\n"
        "import shim.assemblyai as aai\n"
        "assert 'websockets' not in sys.modules\n"
        "from shim.gladiaio_sdk import GladiaClient\n"
        "from shim.assemblyai.streaming.v3 import StreamingClient\n"
        "GladiaClient(api_key='x'), StreamingClient(api_key='x')\n"
        "assert threading.active_count() == 1\n"
        "assert not {'aiohttp', 'trustme', 'msgspec', 'libcst'} & set(sys.modules)\n"
    )
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, env=environment)
    assert (done.returncode, done.stderr) == (0, "")


def test_nothing_of_the_vendors_is_changed(service: Emulation) -> None:
    program = (
        "import json, sys, gladiaio_sdk.client, assemblyai.streaming.v3\n"
        "def picture():\n"
        "    mine = [m for n, m in sys.modules.items() if n.split('.')[0] in ('gladiaio_sdk', 'assemblyai')]\n"
        "    classes = {v for m in mine for v in vars(m).values() if isinstance(v, type)}\n"
        "    return {(id(o), n, id(v)) for o in (*mine, *classes) for n, v in vars(o).items()\n"
        "            if not n.startswith(('__', '_abc_')) and not hasattr(v, '__path__')}\n"
        "before = picture()\n"
        "import shim.assemblyai.streaming.v3, shim.assemblyai.types\n"
        "from shim.gladiaio_sdk import GladiaClient\n"
        "GladiaClient(api_key='x').live()\n"
        "assert before <= picture()\n"
        "import websockets, httpx, socket\n"
        "assert socket.getaddrinfo.__module__ == 'socket'\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


# --- Gladia's client and its options -------------------------------------------------------------


def test_the_programs_key_is_not_needed_and_goes_nowhere(service: Emulation) -> None:
    for client in (GladiaClient(), GladiaClient(api_key="the program's own")):
        session = client.live().start_session(LiveV2InitRequest())
        assert session.wait_until_ready(SECONDS)
        session.end_session()
    wait_for(lambda: service.open_sessions == 0)
    assert service.sessions_so_far == 2, "the emulator lets nobody in but by the key of the variable"


def test_a_missing_key_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ASSEMBLYAI_API_KEY")
    monkeypatch.setenv("GLADIA_API_KEY", "the program's own")
    client = GladiaClient()
    with pytest.raises(BridgeError, match="ASSEMBLYAI_API_KEY is not set; put the key of assemblyai"):
        client.live()
    assert gateways() == []


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("STTBRIDGE_UPSTREAM", "nonsense", "'nonsense' is not a base URL"),
        ("STTBRIDGE_TURNS", "mine", "turns='mine' is not possible"),
        ("STTBRIDGE_SPEED", "fast", "STTBRIDGE_SPEED takes a number above 0 and up to 1000, not 'fast'"),
        ("STTBRIDGE_SPEED", "0", "STTBRIDGE_SPEED takes a number"),
    ],
)
def test_a_wrong_variable_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(BridgeError, match=said):
        GladiaClient().live()
    assert gateways() == []


def test_options_keep_their_meaning() -> None:
    retry, sockets = HttpRetryOptions(max_attempts=7), WebSocketRetryOptions(max_connections=3)
    asked: dict[str, Any] = {
        "region": "eu-west",
        "http_retry": retry,
        "http_timeout": 3.0,
        "ws_retry": sockets,
        "ws_timeout": 4.0,
    }
    client = GladiaClient(api_key="x", http_headers={"X-Team": "blue"}, **asked)
    for options in (
        options_of(client),
        GladiaClient(api_key="x", http_headers={"X-Team": "blue"}).live(**asked)._options,
        GladiaClient(api_key="x")
        .live_v2_async(GladiaClientOptions(api_key="y", http_headers={"X-Team": "blue"}, **asked))
        ._options,
    ):
        assert {name: getattr(options, name) for name in asked} == asked
        assert options.http_headers["X-Team"] == "blue"
        assert options.http_headers["x-gladia-version"] == f"SdkPython/{gladiaio_sdk.version.SDK_VERSION}"
        assert options.api_url.startswith("http://127.0.0.1:")
    assert client.options.api_key == "x", "what the user gave is still there to be read"
    assert client.options.api_url == "https://api.gladia.io"
    assert len(gateways()) == 1


def test_a_region_reaches_the_gateway(
    service: Emulation, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STTBRIDGE_ON_ABSENT", "warn,region=warn")
    session = GladiaClient(api_key="x", region="eu-west").live().start_session(LiveV2InitRequest())
    assert session.wait_until_ready(SECONDS)
    session.end_session()
    assert "a session asks for the region eu-west" in caplog.text


@pytest.mark.parametrize("api_url", ["https://api.gladia.io", "wss://API.gladia.io/", "http://api.gladia.io:80"])
def test_every_spelling_of_the_vendors_address_leads_to_the_gateway(api_url: str) -> None:
    assert options_of(GladiaClient(api_key="x", api_url=api_url)).api_url.startswith("http://127.0.0.1:")


def test_another_address_is_used_as_it_is(caplog: pytest.LogCaptureFixture) -> None:
    service = emulation(speed=10)
    with serve("gladia", service) as address:
        session = GladiaClient(api_key=KEY, api_url=f"http://{address}").live().start_session(LiveV2InitRequest())
        assert session.wait_until_ready(SECONDS)
        session.stop_recording()
        assert session.join(SECONDS)
    assert service.sessions_so_far == 1
    assert gateways() == []
    assert "127.0.0.1 is none of the hosts of gladia: it is used as it is, and not over assemblyai" in caplog.text


def test_what_is_not_realtime_stays_the_vendors() -> None:
    for client in (GladiaClient(api_key="x").prerecorded(), GladiaClient(api_key="x").pre_recorded_v2_async()):
        assert client._options.api_url == "https://api.gladia.io"
        assert client._options.api_key == "x"
    assert gateways() == []
    with pytest.raises(ValueError, match="GLADIA_API_KEY"):
        GladiaClient().prerecorded()


def test_it_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STTBRIDGE_DISABLE", "1")
    monkeypatch.delenv("ASSEMBLYAI_API_KEY")
    options = options_of(GladiaClient(api_key="x"))
    assert (options.api_url, options.api_key) == ("https://api.gladia.io", "x")
    assert gateways() == []


# --- The gateway ---------------------------------------------------------------------------------


def test_one_gateway_serves_all_clients_and_threads(service: Emulation) -> None:
    ready = threading.Barrier(8)
    urls: list[str] = []

    def use() -> None:
        client = GladiaClient(api_key="x")
        ready.wait(SECONDS)
        urls.append(options_of(client).api_url)

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
    assert len(urls) == 8 and len(set(urls)) == 1
    assert len(gateways()) == 1


def test_other_settings_have_a_gateway_of_their_own(service: Emulation, monkeypatch: pytest.MonkeyPatch) -> None:
    first = options_of(GladiaClient()).api_url
    monkeypatch.setenv("ASSEMBLYAI_API_KEY", "another")
    second = options_of(GladiaClient()).api_url
    assert first != second
    drop_in.stop_gateways()
    assert gateways() == []


@pytest.mark.parametrize("shown", [None, "", "guessed", KEY])
def test_nobody_else_can_use_the_port(service: Emulation, shown: str | None) -> None:
    """The upstream's key is behind it: only who shows the key that was made in this process is served."""
    options = options_of(GladiaClient())
    headers = {} if shown is None else {"x-gladia-key": shown}
    assert requests.post(f"{options.api_url}/v2/live", json={}, headers=headers, timeout=SECONDS).status_code == 401
    assert service.sessions_so_far == 0
    assert options.api_key is not None and len(options.api_key) > 40
    led = requests.post(
        f"{options.api_url}/v2/live", json={}, headers={"x-gladia-key": options.api_key}, timeout=SECONDS
    )
    assert led.status_code == 201


def test_each_process_has_a_key_of_its_own() -> None:
    first = options_of(GladiaClient()).api_key
    drop_in.stop_gateways()
    assert options_of(GladiaClient()).api_key != first


def test_neither_key_is_logged_or_shown(service: Emulation, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    options = options_of(GladiaClient())
    gateway = next(iter(drop_in._gateways.values()))
    assert gateway.key == options.api_key
    shown = caplog.text + repr(gateway) + repr(list(drop_in._gateways))
    assert gateway.key not in shown and KEY not in shown
    ours = [record.getMessage() for record in caplog.records if record.name == "sttbridge"]
    assert ours == [
        "sttbridge answers for api.gladia.io in this process, over assemblyai; STTBRIDGE_DISABLE=1 switches it off"
    ]


def test_a_proxy_does_not_see_it(service: Emulation, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    before = {name: os.environ.get(name) for name in ("no_proxy", "NO_PROXY")}
    session = GladiaClient().live().start_session(LiveV2InitRequest())
    assert session.wait_until_ready(SECONDS)
    session.end_session()
    drop_in.stop_gateways()
    assert {name: os.environ.get(name) for name in ("no_proxy", "NO_PROXY")} == before


def _a_session_in_a_child(answer: Any) -> None:
    session = GladiaClient().live().start_session(LiveV2InitRequest())
    answer.send((session.wait_until_ready(SECONDS), options_of(GladiaClient()).api_url))
    session.end_session()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_has_a_gateway_of_its_own(service: Emulation) -> None:
    parent = options_of(GladiaClient()).api_url
    here, there = multiprocessing.Pipe()
    child = multiprocessing.get_context("fork").Process(target=_a_session_in_a_child, args=(there,))
    child.start()
    assert here.poll(SECONDS), "the child did not answer"
    was_ready, url = here.recv()
    child.join(SECONDS)
    assert was_ready and url != parent and child.exitcode == 0
    assert options_of(GladiaClient()).api_url == parent
    assert json.loads(requests.get(f"{parent}/health", timeout=SECONDS).text) is not None
    wait_for(lambda: service.open_sessions == 0)
