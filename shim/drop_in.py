"""The gateways behind the drop-in modules: one in this process for each direction, started when first used.

A gateway listens on 127.0.0.1 in plain HTTP and serves only who shows its key, which is made here at random, never
leaves the process and is given to the drop-in's clients only: another process that finds the port is refused.

The service's key comes from its vendor's variable. STTBRIDGE_UPSTREAM (a base URL), STTBRIDGE_TURNS, STTBRIDGE_SPEED
and STTBRIDGE_ON_ABSENT mean what they mean to `sttbridge serve`. STTBRIDGE_DISABLE=1: the clients are the vendor's own.
"""

from __future__ import annotations

import atexit
import logging
import os
import secrets
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from shim.clock import Clock
from shim.errors import BridgeError
from shim.in_process import is_switched_off, refuse_green_threads, upstream_key
from shim.mapping.on_absent import ON_ABSENT_VARIABLE
from shim.no_proxy import NoProxy

if TYPE_CHECKING:
    from aiohttp import web
    from aiohttp.typedefs import Middleware

    from shim.serving import LocalServer

_ADDRESS = "127.0.0.1"
_FASTEST = 1000

_log = logging.getLogger("sttbridge")


@dataclass(frozen=True)
class Gateway:
    """A running gateway: its base URL (`http://127.0.0.1:port`), and the key that it wants to see."""

    url: str
    key: str = field(repr=False)
    server: LocalServer = field(repr=False, compare=False)


@dataclass(frozen=True)
class _Asked:
    api: str
    over: str
    host: str
    upstream_key: str = field(repr=False)
    upstream: str | None
    turns: str
    speed: float
    on_absent: str


def gateway_for(api: str, over: str, address: str, vendor_hosts: frozenset[str]) -> Gateway | None:
    """The gateway for a client of `api` that was told this address (a URL, or a host).

    None where the vendor's own client is to be left as it is: the address is none of the vendor's hosts (then a
    warning says so), or STTBRIDGE_DISABLE is set. BridgeError for a missing key of `over`, a wrong variable, threads
    that are not threads. Blocks while a gateway starts.
    """
    if is_switched_off():
        return None
    host = _host_of(address)
    if host not in vendor_hosts:
        _log.warning("%s is none of the hosts of %s: it is used as it is, and not over %s", host, api, over)
        return None
    asked = _Asked(
        api,
        over,
        host,
        upstream_key(over),
        os.environ.get("STTBRIDGE_UPSTREAM", "").strip() or None,
        os.environ.get("STTBRIDGE_TURNS", "").strip() or "target",
        _speed(),
        os.environ.get(ON_ABSENT_VARIABLE, "").strip() or "warn",
    )
    refuse_green_threads()
    with _lock:
        found = _gateways.get(asked)
        if found is None:
            found = _gateways[asked] = _start(asked)
            _no_proxy.cover([_ADDRESS])  # a proxy would not reach this process, and would see the key
            _log.info(
                "sttbridge answers for %s in this process, over %s; STTBRIDGE_DISABLE=1 switches it off", host, over
            )
        return found


def stop_gateways() -> None:
    """Ends every session and every gateway; the next client starts another."""
    with _lock:
        ended = list(_gateways.values())
        _gateways.clear()
        _no_proxy.cover([])
    for gateway in ended:
        gateway.server.stop()


_lock = threading.Lock()
_gateways: dict[_Asked, Gateway] = {}
_no_proxy = NoProxy()


def _host_of(address: str) -> str:
    try:
        return (urlsplit(address if "://" in address else f"//{address}").hostname or "").removesuffix(".")
    except ValueError:
        return ""


def _speed() -> float:
    text = os.environ.get("STTBRIDGE_SPEED", "").strip() or "1"
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed <= _FASTEST:
        raise BridgeError(
            f"STTBRIDGE_SPEED takes a number above 0 and up to {_FASTEST}, not {text!r}", "1 is real time"
        )
    return speed


def _start(asked: _Asked) -> Gateway:
    from shim.gateway.app import make_app
    from shim.gateway.settings import Settings
    from shim.redirect import exempt_this_thread
    from shim.serving import LocalServer

    key = secrets.token_urlsafe(32)
    settings = Settings(
        api=asked.api,
        over=asked.over,
        upstream=asked.upstream,
        upstream_key=asked.upstream_key,
        gateway_keys=frozenset({key}),
        clock=Clock(asked.speed),
        turns=asked.turns,
        on_absent=asked.on_absent,
    )

    def make() -> web.Application:
        app = make_app(settings)
        if asked.api == "assemblyai":
            app.middlewares.insert(0, _at_host(asked.host))
        return app

    # Exempt: its upstream may be a host that `shim.install` leads, back to a client of this gateway.
    server = LocalServer(
        make, host=_ADDRESS, name=f"sttbridge-drop-in-{asked.api}", thread_started=exempt_this_thread
    ).start()
    return Gateway(server.url, key, server)


def _at_host(host: str) -> Middleware:
    """AssemblyAI's region is in the host that a client asks: requests look as if they had come by that name."""
    from aiohttp import web

    @web.middleware
    async def at_host(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        return await handler(request.clone(host=host))

    return at_host


def _after_fork_in_child() -> None:
    global _lock
    _lock = threading.Lock()  # a thread that does not exist here may have held it
    for gateway in _gateways.values():
        gateway.server.forget_after_fork()
    _gateways.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)

# Open sessions are ended properly at the program's end: one that is only dropped may go on being billed.
atexit.register(stop_gateways)
