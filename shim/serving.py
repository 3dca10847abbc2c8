"""Runs an aiohttp application in a thread of its own, or in the main thread until it is interrupted.

The emulators and the gateway are applications; this is all that makes servers of them. Stopping is bounded
whatever the clients do: open WebSockets, clients that never read, handlers that never end.
"""

import asyncio
import contextlib
import errno
import logging
import os
import signal
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import FrameType, TracebackType
from typing import Self

from aiohttp import web

from shim.errors import BridgeError

MakeApp = Callable[[], web.Application]

# Real seconds. A part that has not ended by then is left behind: its task is cancelled, its sockets aborted.
_SHUTDOWN_SECONDS = 3.0  # the application's on_shutdown: says goodbye to its clients and upstreams
_HANDLER_SECONDS = 0.5  # handlers that are still running after that; aiohttp waits this long twice
_CLEANUP_SECONDS = 2.0  # the application's on_cleanup
_LEFTOVER_SECONDS = 1.0  # what was cancelled
_JOIN_SECONDS = _SHUTDOWN_SECONDS + 2 * _HANDLER_SECONDS + _CLEANUP_SECONDS + _LEFTOVER_SECONDS + 3.0

_log = logging.getLogger("sttbridge")


class LocalServer:
    """An aiohttp application that listens on a local port, served by a thread of its own.

    `make_app` is called in that thread; what it or the application's on_startup raises comes out of `start`.
    `port` 0 lets the system choose. With `tls` the port speaks TLS only. `thread_started` is called first in
    every thread that the server makes: the loop's and those of its executor, which resolves names. One
    server is started once; a context manager starts and stops it.
    """

    def __init__(
        self,
        make_app: MakeApp,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: ssl.SSLContext | None = None,
        name: str = "sttbridge",
        thread_started: Callable[[], None] | None = None,
    ) -> None:
        self.host = host
        self.port = port
        self._make_app = make_app
        self._tls = tls
        self._name = name
        self._thread_started = thread_started
        self._listener: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._stop_wanted = False
        self._process = os.getpid()

    @property
    def url(self) -> str:
        """`http://host:port` or `https://host:port`, without a path; the port is known after `start`."""
        return _url(self.host, self.port, self._tls)

    def start(self) -> Self:
        """Returns when the port accepts connections.

        BridgeError when the port cannot be had (in use, not allowed, no such address); whatever `make_app`
        or the application's start raises.
        """
        if self._thread is not None:
            raise RuntimeError("this server was started before; make another one")
        listener = _listen(self.host, self.port)
        self._listener = listener
        self.port = listener.getsockname()[1]
        self._process = os.getpid()
        listening: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, args=(listener, listening), name=self._name, daemon=True)
        self._thread.start()
        try:
            listening.result()
        except BaseException:  # KeyboardInterrupt too: nothing may be left listening
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Stops listening, ends the open connections and the application, and joins the thread.

        Takes a few seconds at most, also with clients that do not answer. May be called again, and from
        any thread; in the server's own thread it does not wait.
        """
        if os.getpid() != self._process:
            self.forget_after_fork()
            return
        thread, loop, stopping = self._thread, self._loop, self._stopping
        if thread is None:
            return
        self._stop_wanted = True
        if loop is not None and stopping is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended by itself
                loop.call_soon_threadsafe(stopping.set)
        if thread is not threading.current_thread():
            thread.join(_JOIN_SECONDS)
            if thread.is_alive():
                _log.warning("the server on port %d did not stop: something blocks its thread", self.port)

    def forget_after_fork(self) -> None:
        """In a forked child: closes the child's copy of the listening socket, and nothing else.

        The thread does not exist in the child and the loop shares its system handles with the parent's, so
        nothing else may be touched. Without this, connections would go on being accepted after the parent
        had stopped.
        """
        listener, self._listener = self._listener, None
        if listener is not None and listener.fileno() >= 0:
            os.close(listener.detach())

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _run(self, listener: socket.socket, listening: Future[None]) -> None:
        def on_listening(loop: asyncio.AbstractEventLoop, stopping: asyncio.Event) -> None:
            self._loop, self._stopping = loop, stopping
            if self._stop_wanted:  # while it was starting
                stopping.set()
            listening.set_result(None)

        try:
            if self._thread_started is not None:
                self._thread_started()
            _run_server(self._make_app, listener, self._tls, self._name, self._thread_started, on_listening)
        except BaseException as error:  # the thread that waits in `start` gets it
            if listening.done():
                _log.exception("the server on port %d ended by an error", self.port)
            else:
                listening.set_exception(error)
        finally:
            listener.close()


def serve_until_interrupted(
    make_app: MakeApp,
    host: str,
    port: int,
    tls: ssl.SSLContext | None = None,
    on_listening: Callable[[str], None] = lambda url: None,
) -> None:
    """Serves in the main thread; returns when Ctrl+C or SIGTERM has ended it cleanly.

    `on_listening` gets the URL once the port accepts connections. A second Ctrl+C does not wait for the
    clean end: KeyboardInterrupt. Raises what `LocalServer.start` raises.
    """
    listener = _listen(host, port)
    bound_port = listener.getsockname()[1]
    before: dict[int, signal._HANDLER] = {}

    def ready(loop: asyncio.AbstractEventLoop, stopping: asyncio.Event) -> None:
        def interrupted(number: int, frame: FrameType | None) -> None:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            loop.call_soon_threadsafe(stopping.set)

        for number in (signal.SIGINT, signal.SIGTERM):
            before[number] = signal.signal(number, interrupted)
        on_listening(_url(host, bound_port, tls))

    try:
        _run_server(make_app, listener, tls, "sttbridge", None, ready)
    finally:
        listener.close()
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


def _url(host: str, port: int, tls: ssl.SSLContext | None) -> str:
    scheme = "http" if tls is None else "https"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket; BridgeError where there can be none."""
    if not 0 <= port <= 65535:
        raise BridgeError(f"{port} is not a port", "give a number from 0 to 65535")
    not_ours = f"{host} is not an address of this machine", "127.0.0.1 is"
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(address, family=family, backlog=128)
    except socket.gaierror:
        problem = not_ours
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            problem = (
                f"port {port} on {host} is in use",
                "stop the program that uses it, or choose another port (0 lets the system choose)",
            )
        elif error.errno in (errno.EACCES, errno.EPERM):
            problem = f"port {port} on {host} is not allowed to this user", "choose a port above 1023"
        elif error.errno == errno.EADDRNOTAVAIL:
            problem = not_ours
        else:
            problem = f"cannot listen on port {port} of {host}: {error.strerror}", "choose another address"
    raise BridgeError(*problem)


def _new_loop() -> asyncio.AbstractEventLoop:
    """uvloop's where it is installed: it halves the cost of a relayed message."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


def _run_server(
    make_app: MakeApp,
    listener: socket.socket,
    tls: ssl.SSLContext | None,
    name: str,
    thread_started: Callable[[], None] | None,
    on_listening: Callable[[asyncio.AbstractEventLoop, asyncio.Event], None],
) -> None:
    """Makes a loop in this thread, serves until the event given to `on_listening` is set, ends everything."""
    loop = _new_loop()
    executor = ThreadPoolExecutor(max_workers=8, thread_name_prefix=f"{name}-executor", initializer=thread_started)
    try:
        asyncio.set_event_loop(loop)
        loop.set_default_executor(executor)
        loop.run_until_complete(_serve(make_app, listener, tls, on_listening))
    finally:
        try:
            loop.run_until_complete(_end_leftovers())
            loop.run_until_complete(loop.shutdown_asyncgens())
        finally:
            # Not waited for: a name that does not resolve would hold the end up.
            executor.shutdown(wait=False, cancel_futures=True)
            asyncio.set_event_loop(None)
            loop.close()


async def _serve(
    make_app: MakeApp,
    listener: socket.socket,
    tls: ssl.SSLContext | None,
    on_listening: Callable[[asyncio.AbstractEventLoop, asyncio.Event], None],
) -> None:
    stopping = asyncio.Event()
    runner = web.AppRunner(make_app(), access_log=None, handle_signals=False)
    try:
        await runner.setup()
        site = web.SockSite(runner, listener, ssl_context=tls)
        await site.start()
        on_listening(asyncio.get_running_loop(), stopping)
        await stopping.wait()
        await site.stop()
    finally:
        await _end_application(runner)


async def _end_application(runner: web.AppRunner) -> None:
    """What `AppRunner.cleanup` does, each part within a bound: there, one client that never reads and an
    on_shutdown that waits for it would keep all the rest from being ended."""
    transports = []
    server = runner.server
    if server is not None:  # else the application did not start
        transports = [handler.transport for handler in server.connections]
        server.pre_shutdown()
        await _within(_SHUTDOWN_SECONDS, runner.shutdown(), "closing its clients")
        await _within(2 * _HANDLER_SECONDS + 0.5, server.shutdown(_HANDLER_SECONDS), "ending its requests")
    await _within(_CLEANUP_SECONDS, runner.app.cleanup(), "cleaning up")
    # A connection that was closed but whose client does not read would wait for it until it is aborted.
    for transport in transports:
        if transport is not None:
            transport.abort()


async def _within(seconds: float, part: Awaitable[None], what: str) -> None:
    """Runs one part of the end for at most so many real seconds; neither its time nor its error stops the rest."""
    task = asyncio.ensure_future(part)
    await asyncio.wait({task}, timeout=seconds)
    if not task.done():
        task.cancel()
        _log.debug("the server was slow in %s and did not wait for it", what)
    elif not task.cancelled() and (error := task.exception()) is not None:
        _log.error("the server failed in %s", what, exc_info=error)


async def _end_leftovers() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=_LEFTOVER_SECONDS)
    await asyncio.sleep(0)  # lets aborted connections be told that they are lost
