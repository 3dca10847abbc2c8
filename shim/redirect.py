"""The vendor's hosts led elsewhere, below every library.

Patching libraries one by one does not work: programs import `connect` by name, and make their sessions
before we are asked. So the *hosts* are led, where every library meets the system: at name resolution they
become the address of a local TLS port, and where TLS begins they, and only they, are judged by a context
that trusts the throwaway authority of that port (and shows the client certificate that the port asks for).
URLs, headers and everything a program prints stay the vendor's.

Whoever reaches the vendor's real host by another way (a proxy given in code, a resolver of its own) is not
led, but does not talk to the vendor unnoticed either: the real certificate is not by the throwaway
authority, so the handshake fails. A program that pins the vendor's authority by a file is led all the same,
one that pins a certificate's fingerprint is refused by its own check. All ports of a host are led to the one
TLS port: plain `http://` fails. Connections that were open before `install` stay what they are, and an
address that a library keeps for a while (aiohttp: 10 s) outlives `install` and `uninstall` by that.

Resolvers: whatever asks `socket` or an asyncio or uvloop loop is led, so trio, anyio and aiohttp are; aiodns
(aiohttp's default where it is installed) is led by a patch of its own. gevent's monkey patching is not.
"""

import asyncio
import functools
import importlib
import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Final

from shim.errors import BridgeError
from shim.no_proxy import NoProxy
from shim.tls_in_threads import NEEDED, TlsSocketForThreads

Route = Callable[[], tuple[str, int]]
_Function = Callable[..., Any]


@dataclass(frozen=True)
class _Lead:
    """Where one host is led."""

    host: str
    route: Route
    client_tls: ssl.SSLContext


class _LedAddress(str):
    """The numeric address that a led host resolves to; remembers the port that belongs to it.

    Some libraries (anyio, callers of gethostbyname) keep the address of an answer and put their own port,
    443, beside it. They hand this object on, and the port is found in it again.
    """

    port: int

    def __new__(cls, address: str, port: int) -> "_LedAddress":
        self = super().__new__(cls, address)
        self.port = port
        return self


class _ThisThread(threading.local):
    exempt = False


_this_thread = _ThisThread()
_lock = threading.Lock()
# Replaced as a whole, never changed in place: it is read without the lock, at each resolution.
_leads: Mapping[str, _Lead] = {}
# The local ports that were given out, and for which host.
_led_ports: dict[tuple[str, int], str] = {}


class Redirection:
    """Leads some hosts to local TLS ports, for the whole process, from `install` to `uninstall`.

    `routes` gives for each host (lower case, no final dot) a function that returns the numeric address and
    the port now; it is asked at each resolution, in the thread that resolves. `client_tls` verifies the
    local ports and is what the program gets instead of its own context: it must trust their authority.
    Several may be installed at once, for different hosts, and uninstalled in any order.
    """

    def __init__(self, routes: Mapping[str, Route], client_tls: ssl.SSLContext) -> None:
        hosts = {_normal_name(host): route for host, route in routes.items()}
        if NEEDED:
            client_tls.sslsocket_class = TlsSocketForThreads
        self._added = {host: _Lead(host, route, client_tls) for host, route in hosts.items()}
        self._installed = False

    def install(self) -> None:
        """From now on these hosts are led. A second call does nothing.

        BridgeError when another Redirection leads one of them.
        """
        global _leads
        with _lock:
            if self._installed:
                return
            taken = sorted(self._added.keys() & _leads.keys())
            if taken:
                raise BridgeError(f"{taken[0]} is already led elsewhere", "uninstall the other one first")
            if not _leads:
                _patches.apply()
            _leads = {**_leads, **self._added}
            _no_proxy.cover(_leads)
            self._installed = True

    def uninstall(self) -> None:
        """These hosts are themselves again; with the last Redirection every patch is taken back.

        A second call does nothing.
        """
        global _leads
        with _lock:
            if not self._installed:
                return
            _leads = {host: lead for host, lead in _leads.items() if host not in self._added}
            _no_proxy.cover(_leads)
            if not _leads:
                _patches.take_back()
                _led_ports.clear()
            self._installed = False


def exempt_this_thread() -> None:
    """Connections that this thread makes from now on are not led: for the gateway's own, to its upstream."""
    _this_thread.exempt = True


def _normal_name(host: str | bytes | bytearray) -> str:
    name = host if isinstance(host, str) else host.decode("ascii", "replace")
    return name.lower().removesuffix(".")


def _lead_of(host: object) -> _Lead | None:
    if not isinstance(host, str | bytes | bytearray):
        return None
    lead = _leads.get(_normal_name(host))
    return None if lead is None or _this_thread.exempt else lead


def _led_address(host: object, family: int = socket.AF_UNSPEC) -> _LedAddress | None:
    """Where to connect instead of `host`; None when it is not led.

    Who asks for IPv6 only gets the IPv4 port in IPv6's notation, which is connectable.
    """
    if isinstance(host, _LedAddress):
        return host
    lead = _lead_of(host)
    if lead is None:
        return None
    address, port = lead.route()
    _led_ports[address, port] = lead.host
    if family == socket.AF_INET6 and ":" not in address:
        address = f"::ffff:{address}"
    return _LedAddress(address, port)


# --- What takes the place of each function. Each gets the original and returns its replacement. ---


def _socket_getaddrinfo(original: _Function) -> _Function:
    @functools.wraps(original)
    def getaddrinfo(host: Any, port: Any, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0) -> list[Any]:
        led = _led_address(host, family)
        if led is None or (flags & socket.AI_NUMERICHOST and led is not host):
            return original(host, port, family, type, proto, flags)  # type: ignore[no-any-return]
        # Without the caller's flags: AI_ADDRCONFIG would refuse loopback on a machine that is offline.
        answers = original(led, led.port, family, type, proto, socket.AI_NUMERICHOST)
        name = _normal_name(host) if flags & socket.AI_CANONNAME else ""
        return [(*kind, name, (led, *address[1:])) for *kind, _, address in answers]

    return getaddrinfo


def _socket_gethostbyname(original: _Function) -> _Function:
    @functools.wraps(original)
    def gethostbyname(hostname: Any) -> Any:
        led = _led_address(hostname)
        return original(hostname) if led is None else led

    return gethostbyname


def _socket_gethostbyname_ex(original: _Function) -> _Function:
    @functools.wraps(original)
    def gethostbyname_ex(hostname: Any) -> Any:
        led = _led_address(hostname)
        return original(hostname) if led is None else (_normal_name(hostname), [], [led])

    return gethostbyname_ex


def _socket_connect(original: _Function) -> _Function:
    """`connect` and `connect_ex`: a socket takes names too, and resolves them without `getaddrinfo`."""

    @functools.wraps(original)
    def connect(self: socket.socket, address: Any) -> Any:
        if isinstance(address, tuple) and len(address) >= 2:
            led = _led_address(address[0], self.family)
            if led is not None:
                address = (led, led.port, *address[2:])
        return original(self, address)

    return connect


def _loop_create_connection(original: _Function) -> _Function:
    @functools.wraps(original)
    async def create_connection(
        self: Any, protocol_factory: Any, host: Any = None, port: Any = None, **options: Any
    ) -> Any:
        led = _led_address(host, options.get("family", 0))
        if led is not None:
            # An empty server_hostname asks for no check of the name; without one the host would be lost.
            if options.get("ssl") and not options.get("server_hostname"):
                options["server_hostname"] = _normal_name(host)
            host, port = led, led.port
        return await original(self, protocol_factory, host, port, **options)

    return create_connection


def _loop_getaddrinfo(original: _Function) -> _Function:
    """For loops that do not ask `socket.getaddrinfo`: uvloop asks libuv."""

    @functools.wraps(original)
    async def getaddrinfo(
        self: Any, host: Any, port: Any, *, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0
    ) -> Any:
        if _led_address(host, family) is None:
            return await original(self, host, port, family=family, type=type, proto=proto, flags=flags)
        return socket.getaddrinfo(host, port, family, type, proto, flags)  # numeric: does not block

    return getaddrinfo


def _aiodns_getaddrinfo(original: _Function) -> _Function:
    @functools.wraps(original)
    def getaddrinfo(
        self: Any,
        host: Any,
        family: Any = socket.AF_UNSPEC,
        port: Any = None,
        proto: int = 0,
        type: int = 0,
        flags: int = 0,
    ) -> Any:
        led = _led_address(host, family)
        if led is not None:
            host, port, flags = str(led), led.port, socket.AI_NUMERICHOST
        return original(self, host, family=family, port=port, proto=proto, type=type, flags=flags)

    return getaddrinfo


def _context_wrap_socket(original: _Function) -> _Function:
    @functools.wraps(original)
    def wrap_socket(
        self: ssl.SSLContext,
        sock: socket.socket,
        server_side: bool = False,
        do_handshake_on_connect: bool = True,
        suppress_ragged_eofs: bool = True,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLSocket:
        context = self
        host = None if server_side else server_hostname or _host_behind(sock)
        lead = _lead_of(host)
        if lead is not None and host is not None:
            context, server_hostname, session = lead.client_tls, _normal_name(host), None
        return original(  # type: ignore[no-any-return]
            context, sock, server_side, do_handshake_on_connect, suppress_ragged_eofs, server_hostname, session
        )

    return wrap_socket


def _context_wrap_bio(original: _Function) -> _Function:
    @functools.wraps(original)
    def wrap_bio(
        self: ssl.SSLContext,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        context = self
        lead = None if server_side else _lead_of(server_hostname)
        if lead is not None and server_hostname is not None:
            context, server_hostname, session = lead.client_tls, _normal_name(server_hostname), None
        return original(context, incoming, outgoing, server_side, server_hostname, session)  # type: ignore[no-any-return]

    return wrap_bio


def _host_behind(sock: socket.socket) -> str | None:
    """The led host that a connected socket was meant for: a program that checks no name need not give one."""
    try:
        return _led_ports.get(sock.getpeername()[:2])
    except OSError:  # not connected yet
        return None


# --- Applying and taking back ---


def _optional(module: str) -> ModuleType | None:
    try:
        return importlib.import_module(module)
    except Exception:  # not installed, or it cannot be loaded: then no program uses it either
        return None


def _replacements() -> Iterable[tuple[Any, str, Callable[[_Function], _Function]]]:
    yield socket, "getaddrinfo", _socket_getaddrinfo
    yield socket, "gethostbyname", _socket_gethostbyname
    yield socket, "gethostbyname_ex", _socket_gethostbyname_ex
    yield socket.socket, "connect", _socket_connect
    yield socket.socket, "connect_ex", _socket_connect
    yield asyncio.BaseEventLoop, "create_connection", _loop_create_connection
    # truststore and others put a subclass in its place; the base is what every context goes through.
    context_class = next(base for base in ssl.SSLContext.__mro__ if base.__module__ == "ssl")
    yield context_class, "wrap_socket", _context_wrap_socket
    yield context_class, "wrap_bio", _context_wrap_bio
    if uvloop := _optional("uvloop"):
        yield uvloop.Loop, "create_connection", _loop_create_connection
        yield uvloop.Loop, "getaddrinfo", _loop_getaddrinfo
    aiodns = _optional("aiodns")
    if aiodns is not None and hasattr(aiodns.DNSResolver, "getaddrinfo"):
        yield aiodns.DNSResolver, "getaddrinfo", _aiodns_getaddrinfo


_INHERITED: Final = object()


class _Patches:
    """All the replaced functions, so that each owner can be given back exactly what it had."""

    def __init__(self) -> None:
        self._applied: list[tuple[Any, str, object, _Function]] = []

    def apply(self) -> None:
        try:
            for owner, name, make in _replacements():
                own = vars(owner).get(name, _INHERITED)
                replacement = make(getattr(owner, name))
                setattr(owner, name, replacement)
                self._applied.append((owner, name, own, replacement))
        except BaseException:
            self.take_back()
            raise

    def take_back(self) -> None:
        while self._applied:
            owner, name, own, replacement = self._applied.pop()
            if vars(owner).get(name) is not replacement:
                continue  # someone patched it after us and may call ours: with no host led, it passes all on
            if own is _INHERITED:
                delattr(owner, name)
            else:
                setattr(owner, name, own)


_patches = _Patches()
_no_proxy = NoProxy()


def _after_fork_in_child() -> None:
    global _lock
    _lock = threading.Lock()  # a thread that does not exist here may have held it


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
