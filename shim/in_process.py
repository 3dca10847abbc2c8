"""`install`: a vendor's API answered inside this process, with the other vendor's service doing the work.

The program keeps its URLs, its libraries and its code. A gateway runs in a thread of its own behind a local
TLS port, and the vendor's hosts are led there (see `shim.redirect` for what is led and what is not). The
port's certificate and the one that it asks of its clients come from an authority that is made here, kept in
memory and thrown away with the process: no other process can use the port, and with it the key.

After `fork` the child has a gateway of its own, started when it is first needed; the parent's is untouched.
"""

import atexit
import logging
import os
import ssl
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Self

from shim.clock import Clock
from shim.errors import BridgeError
from shim.mapping.on_absent import ON_ABSENT_VARIABLE, read_on_absent
from shim.mapping.row import Vendor
from shim.mapping.session import KEY_VARIABLE, hosts_of
from shim.redirect import Redirection, exempt_this_thread

if TYPE_CHECKING:
    from aiohttp import web

    from shim.serving import LocalServer

_log = logging.getLogger("sttbridge")


@dataclass(frozen=True)
class _Asked:
    """What the caller of `install` asked for."""

    api: str
    over: str
    upstream: str | None
    speed: float
    on_absent: str


_MakeApp = Callable[[_Asked, str], "web.Application"]


def _gateway_app(asked: _Asked, upstream_key: str) -> "web.Application":
    from shim.gateway.app import make_app
    from shim.gateway.settings import Settings

    settings = Settings(
        api=asked.api,
        over=asked.over,
        upstream=asked.upstream,
        upstream_key=upstream_key,
        clock=Clock(asked.speed),
        on_absent=asked.on_absent,
    )
    return make_app(settings)


class Installation:
    """What `install` gave: ends what it began by `uninstall()`, or as a context manager.

    `active` says whether this installation leads anything: not after `uninstall`, and not where
    STTBRIDGE_DISABLE switched it off.
    """

    def __init__(self, gateway: "_Gateway | None") -> None:
        self._gateway = gateway

    @property
    def active(self) -> bool:
        return self._gateway is not None and self._gateway.users > 0

    def uninstall(self) -> None:
        """The vendor's hosts are themselves again, open sessions are ended, the gateway's thread is joined.

        If the same was installed more than once, the last to be uninstalled does this. A second call does
        nothing.
        """
        with _lock:
            gateway, self._gateway = self._gateway, None
            if gateway is None or gateway.users == 0:
                return
            gateway.users -= 1
            if gateway.users:
                return
            _forget(gateway)
        gateway.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.uninstall()


def install(
    api: str,
    over: str,
    upstream: str | None = None,
    speed: float = 1.0,
    on_absent: str | None = None,
    *,
    _make_app: _MakeApp = _gateway_app,
) -> Installation:
    """From now on, calls of vendor `api` in this process are answered by vendor `over`.

    Either vendor over the other. `upstream` is the base URL of `over` (`wss://…`,
    `ws://host:port`), the vendor's own host if None. `speed` hastens the gateway's clock, for tests against
    an emulator. `on_absent` (`strict`, `warn`, `ignore`, and exceptions by name, as in `warn,translation=ignore`): what
    becomes of what `over` lacks; STTBRIDGE_ON_ABSENT if None, else `warn`. The upstream's key comes from its vendor's
    variable (ASSEMBLYAI_API_KEY, GLADIA_API_KEY); the program's own key is the other vendor's and goes nowhere.

    The same may be installed again: what is there is shared until the last one is uninstalled, also by who names
    neither upstream nor speed nor policy. The same api with anything else is refused. STTBRIDGE_DISABLE=1 makes this do
    nothing.

    BridgeError for a pair that is not possible, a missing key, an upstream that is not a URL, an api that is
    installed otherwise, a process whose threads gevent or eventlet has replaced.
    """
    if is_switched_off():
        _log.info("sttbridge is switched off by STTBRIDGE_DISABLE: %s is not led anywhere", api)
        return Installation(None)
    from shim.gateway.settings import POSSIBLE

    if (api, over) not in POSSIBLE:
        possible = ", ".join(f"api={a!r} over={o!r}" for a, o in sorted(POSSIBLE))
        raise BridgeError(f"api={api!r} over={over!r} is not possible", f"possible is: {possible}")
    key = upstream_key(over)
    refuse_green_threads()
    policy = on_absent or os.environ.get(ON_ABSENT_VARIABLE, "").strip() or "warn"
    read_on_absent(policy)
    asked = _Asked(api, over, upstream, speed, policy)
    with _lock:
        gateway = _gateways.get(api)
        if gateway is None:
            gateway = _Gateway(asked, key, _make_app)
            gateway.open()
            _gateways[api] = gateway
            _log.info(
                "sttbridge leads %s to a gateway in this process, over %s; STTBRIDGE_DISABLE=1 switches it off",
                ", ".join(hosts_of(Vendor(api))),
                over,
            )
        elif not gateway.serves(asked, key):
            raise BridgeError(f"api={api!r} is installed already, with other settings", "uninstall that first")
        gateway.users += 1
        return Installation(gateway)


def uninstall(api: str | None = None) -> None:
    """Ends every installation of `api`, or of all, whoever holds them. None there: nothing happens."""
    with _lock:
        ended = [gateway for name, gateway in _gateways.items() if api in (None, name)]
        for gateway in ended:
            gateway.users = 0
            _forget(gateway)
    for gateway in ended:
        gateway.stop()


class _Gateway:
    """The gateway for one api, and the hosts that are led to it. One object for all its installations."""

    def __init__(self, asked: _Asked, key: str, make_app: _MakeApp) -> None:
        self.asked = asked
        self.users = 0
        self._key = key
        self._make_app = make_app
        hosts = hosts_of(Vendor(asked.api))
        self._server_tls, client_tls = _throwaway_contexts(hosts)
        self._redirection = Redirection(dict.fromkeys(hosts, self.address), client_tls)
        self._server: LocalServer | None = None
        self._starting = threading.Lock()

    def serves(self, asked: _Asked, key: str) -> bool:
        """Whether it is what is asked for. Who names no upstream takes the one that is there: a program with an
        `install` of its own can be run through a shim that leads elsewhere."""
        if self._key != key or self.asked.over != asked.over:
            return False
        return self.asked == asked or (asked.upstream is None and asked.speed == 1.0 and asked.on_absent == "warn")

    def open(self) -> None:
        """Starts here and now, so that what cannot work is said by `install`."""
        self.address()
        try:
            self._redirection.install()
        except BaseException:
            self.stop()
            raise

    def address(self) -> tuple[str, int]:
        """Where this process's gateway listens; starts it where it is not there: in a forked child."""
        from shim.serving import LocalServer

        with self._starting:
            if self._server is None:
                self._server = LocalServer(
                    lambda: self._make_app(self.asked, self._key),
                    tls=self._server_tls,
                    name=f"sttbridge-{self.asked.api}",
                    thread_started=exempt_this_thread,
                ).start()
            return self._server.host, self._server.port

    def let_go(self) -> None:
        """The hosts are themselves again."""
        self._redirection.uninstall()

    def stop(self) -> None:
        with self._starting:
            server, self._server = self._server, None
        if server is not None:
            server.stop()

    def forget_after_fork(self) -> None:
        self._starting = threading.Lock()
        server, self._server = self._server, None
        if server is not None:
            server.forget_after_fork()


_lock = threading.Lock()
_gateways: dict[str, _Gateway] = {}


def _forget(gateway: _Gateway) -> None:
    """With the lock held: nobody finds this gateway any more."""
    gateway.let_go()
    _gateways.pop(gateway.asked.api, None)


def upstream_key(over: str) -> str:
    """The key of the vendor that does the work, from that vendor's variable; BridgeError that names an empty one."""
    [variable] = KEY_VARIABLE.of(Vendor(over))
    key = os.environ.get(variable, "").strip()
    if not key:
        raise BridgeError(f"{variable} is not set", f"put the key of {over}, which does the work, there")
    return key


def is_switched_off() -> bool:
    """Whether STTBRIDGE_DISABLE asks for nothing to be led."""
    return os.environ.get("STTBRIDGE_DISABLE", "").strip().lower() not in ("", "0", "false", "no", "off")


def refuse_green_threads() -> None:
    """A gateway in a green thread would wait for the program, and the program for the gateway, for ever."""
    gevent, eventlet = sys.modules.get("gevent.monkey"), sys.modules.get("eventlet.patcher")
    if gevent is not None and gevent.is_module_patched("threading"):
        patched_by = "gevent"
    elif eventlet is not None and eventlet.is_monkey_patched("thread"):
        patched_by = "eventlet"
    else:
        return
    raise BridgeError(
        f"{patched_by} has replaced this process's threads, and the gateway needs a real one",
        "run the gateway as a process of its own: sttbridge serve",
    )


def _throwaway_contexts(hosts: tuple[str, ...]) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """The port's context and its clients': each shows a certificate of one new authority and asks for one."""
    import trustme

    authority = trustme.CA()
    server_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_tls.verify_mode = ssl.CERT_REQUIRED
    client_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for context, certificate in (
        (server_tls, authority.issue_cert(*hosts)),
        (client_tls, authority.issue_cert("this-process.sttbridge.invalid")),
    ):
        authority.configure_trust(context)
        certificate.configure_cert(context)
        context.set_alpn_protocols(["http/1.1"])
    return server_tls, client_tls


def _after_fork_in_child() -> None:
    global _lock
    _lock = threading.Lock()  # a thread that does not exist here may have held it
    for gateway in _gateways.values():
        gateway.forget_after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)

# Open sessions are ended properly at the program's end: one that is only dropped may go on being billed.
atexit.register(uninstall)
