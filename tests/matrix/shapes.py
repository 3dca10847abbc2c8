"""The dimension of the shape: functions, one class, or functions inside the main one; asyncio, threads, callbacks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.matrix.audio import Source
from tests.matrix.program import Program, indented
from tests.matrix.reading import Reader
from tests.matrix.sending import Sender
from tests.matrix.sockets import SocketLibrary

SHAPES = ("functions", "class", "closures")


@dataclass(frozen=True)
class Function:
    """A function that opens a session: it becomes a method in a class."""

    name: str
    body: str
    result: str
    is_async: bool

    def text(self, parameter: str = "") -> str:
        """Its definition."""
        return (
            f"{'async ' if self.is_async else ''}def {self.name}({parameter}) -> {self.result}:\n{indented(self.body)}"
        )

    def call(self, before: str = "") -> str:
        """The expression that calls it."""
        return f"{'await ' if self.is_async else ''}{before}{self.name}()"


@dataclass(frozen=True)
class Conversation:
    """What one program does, wherever its functions stand.

    `opening` is given the key's expression; `url` is the address, in which `{session}` is what the opening gave.
    """

    library: SocketLibrary
    source: Source
    sender: Callable[[str, str], Sender]
    reader: Reader
    opening: Callable[[str], Function] | None
    url: str
    headers: str | None
    key: str  # the constant of the key; only with an opening
    tells_close: bool = False

    def session_lines(self, before: str = "") -> str:
        """Calls the opening, if there is one."""
        return f"session = {self.opening('').call(before)}\n" if self.opening else ""

    def address(self) -> str:
        """The expression of the address in the function that connects."""
        return self.url.replace("{session}", "session")

    def receiving(self, ws: str, body: Callable[[str], str]) -> str:
        """The loop over the messages, with what is said of a bad end."""
        library = self.library
        raw = library.raw.format(raw="raw")
        loop = library.reading_loop(ws, "raw", body(raw)).strip("\n")
        if not self.tells_close:
            return loop
        if library.failure:
            told = 'print(f"closed: {closed.code} {closed.reason}", file=sys.stderr)'
            return f"try:\n{indented(loop)}\nexcept {library.failure} as closed:\n    {told}\n    sys.exit(1)"
        if library.session:
            told = f'print(f"closed: {{{ws}.close_code}}", file=sys.stderr)'
            return f"{loop}\nif {ws}.close_code not in (None, 1000):\n    {told}\n    sys.exit(1)"
        told = 'print(f"failed: {error}", file=sys.stderr)'
        return f"try:\n{indented(loop)}\nexcept websocket.WebSocketException as error:\n    {told}\n    sys.exit(1)"


def write(program: Program, talk: Conversation, shape: str) -> None:
    """Adds the functions of the conversation to the program, in that shape, and its start."""
    program.imports |= talk.library.imports | talk.source.imports | set(talk.reader.imports)
    if talk.tells_close:
        program.imports |= talk.library.failure_import | {"import sys"}
    program.constants[:0] = talk.source.constants
    ws, stopping = ("self.ws", "self.stopping") if shape == "class" else ("ws", "stopping")
    sender = talk.sender(ws, stopping)
    program.imports |= sender.imports
    program.constants += sender.constants
    program.definitions += sender.definitions
    program.definitions += talk.reader.definitions
    family = {"async": _async, "threaded": _threaded, "app": _app}[talk.library.family]
    family(program, talk, shape, sender)


def _event(talk: Conversation) -> str:
    return "asyncio.Event()" if talk.library.is_async else "threading.Event()"


def _listening(talk: Conversation, stopping: str) -> str:
    """What makes Ctrl+C set the event."""
    if not talk.source.is_microphone:
        return ""
    if talk.library.is_async:
        return f"asyncio.get_running_loop().add_signal_handler(signal.SIGINT, {stopping}.set)\n"
    return f"signal.signal(signal.SIGINT, lambda *_: {stopping}.set())\n"


def _class(talk: Conversation, methods: list[str], kept: str = "self.ws = None\n") -> str:
    """The class with its `__init__` and methods."""
    parameter = "self, api_key: str" if talk.opening else "self"
    held = "self.api_key = api_key\n" if talk.opening else ""
    if talk.source.is_microphone:
        kept += f"self.stopping = {_event(talk)}\n"
    first = f"def __init__({parameter}):\n{indented(held + kept)}"
    if talk.opening:
        methods = [talk.opening("self.api_key").text("self"), *methods]
    body = "\n\n".join(indented(method) for method in (first, *methods))
    return f'class LiveTranscriber:\n    """One live session."""\n\n{body}'


def _instance(talk: Conversation) -> str:
    return f"LiveTranscriber({talk.key})" if talk.opening else "LiveTranscriber()"


def _handled(talk: Conversation) -> str:
    """The method that handles one message."""
    return f"def handle(self, raw):\n{indented(talk.reader.of('raw', 'return'))}"


def _top(program: Program, talk: Conversation, shape: str) -> None:
    """What functions need at the top of the module."""
    if talk.opening:
        program.definitions.append(talk.opening(talk.key).text())
    if talk.source.is_microphone and shape == "functions":
        program.constants.append(f"stopping = {_event(talk)}")


def _async(program: Program, talk: Conversation, shape: str, sender: Sender) -> None:
    library = talk.library
    connect = library.connect(talk.address(), talk.headers, "self.http" if shape == "class" else "http")
    if shape == "class":
        receive = talk.receiving("self.ws", lambda raw: f"self.handle({raw})")
        opened = f"self.ws = await {connect}\n"
        closed = "await self.ws.close()"
        kept = "self.ws = None\n"
        if library.session:
            opened = f"self.http = {library.session}\n{opened}"
            closed += "\nawait self.http.close()"
            kept = f"self.http = None\n{kept}"
        talking = f"try:\n    await asyncio.gather(self.send_audio(), self.receive())\nfinally:\n{indented(closed)}"
        run = f"{_listening(talk, 'self.stopping')}{talk.session_lines('self.')}{opened}{talking}"
        methods = [
            f"async def send_audio(self):\n{indented(sender.body)}",
            _handled(talk),
            f"async def receive(self):\n{indented(receive)}",
            f"async def run(self):\n{indented(run)}",
        ]
        program.definitions.append(_class(talk, methods, kept))
        program.start = f"asyncio.run({_instance(talk)}.run())"
        return
    _top(program, talk, shape)
    receive = talk.receiving("ws", lambda raw: talk.reader.of(raw, "continue"))
    opening = f"async with {connect} as ws:\n"
    if library.session:
        opening = f"async with {library.session} as http, {connect} as ws:\n"
    before = _listening(talk, "stopping") + talk.session_lines()
    if shape == "functions":
        program.definitions.append(f"async def send_audio(ws):\n{indented(sender.body)}")
        program.definitions.append(f"async def receive(ws):\n{indented(receive)}")
        talking = "sender = asyncio.create_task(send_audio(ws))\nawait receive(ws)\nawait sender"
        main = f"{before}{opening}{indented(talking)}"
    else:
        if talk.source.is_microphone:
            before = f"stopping = asyncio.Event()\n{before}"
        inner = f"async def send_audio():\n{indented(sender.body)}\n\nsender = asyncio.create_task(send_audio())\n"
        main = f"{before}{opening}\n{indented(f'{inner}{receive}{chr(10)}await sender')}"
    program.definitions.append(f"async def main() -> None:\n{indented(main)}")
    program.start = "asyncio.run(main())"


def _threaded(program: Program, talk: Conversation, shape: str, sender: Sender) -> None:
    connect = talk.library.connect(talk.address(), talk.headers)
    if shape == "class":
        receive = talk.receiving("self.ws", lambda raw: f"self.handle({raw})")
        talking = _in_two_threads("self.receive", "self.send_audio", "", recorded=talk.source.is_microphone)
        opened = f"self.ws = {connect}\n"
        ended = f"try:\n{indented(talking)}\nfinally:\n    self.ws.close()"
        run = f"{_listening(talk, 'self.stopping')}{talk.session_lines('self.')}{opened}{ended}"
        methods = [
            f"def send_audio(self):\n{indented(sender.body)}",
            _handled(talk),
            f"def receive(self):\n{indented(receive)}",
            f"def run(self):\n{indented(run)}",
        ]
        program.definitions.append(_class(talk, methods))
        program.start = f"{_instance(talk)}.run()"
        return
    _top(program, talk, shape)
    receive = talk.receiving("ws", lambda raw: talk.reader.of(raw, "continue"))
    before = _listening(talk, "stopping") + talk.session_lines()
    if shape == "functions":
        program.definitions.append(f"def send_audio(ws):\n{indented(sender.body)}")
        program.definitions.append(f"def receive(ws):\n{indented(receive)}")
        talking = _in_two_threads("receive", "send_audio", "ws", recorded=talk.source.is_microphone)
    else:
        if talk.source.is_microphone:
            before = f"stopping = threading.Event()\n{before}"
        defined = f"def send_audio():\n{indented(sender.body)}\n\ndef receive():\n{indented(receive)}\n\n"
        talking = defined + _in_two_threads("receive", "send_audio", "", recorded=talk.source.is_microphone)
    if "websocket." in connect:
        opening = f"ws = {connect}\n{talking}\nws.close()"
    else:
        opening = f"with {connect} as ws:\n{indented(talking)}"
    program.definitions.append(f"def main() -> None:\n{indented(before + opening)}")
    program.start = "main()"


def _in_two_threads(receive: str, send: str, given: str, *, recorded: bool) -> str:
    """Both at once: the thread that hears Ctrl+C is the one that records, since a read from TLS takes it for an end."""
    arguments = f", args=({given},)" if given else ""
    background, here = (receive, send) if recorded else (send, receive)
    started = f"thread = threading.Thread(target={background}{arguments}, daemon=True)\nthread.start()\n"
    return f"{started}{here}({given})\nthread.join()"


def _app(program: Program, talk: Conversation, shape: str, sender: Sender) -> None:
    own = "self." if shape == "class" else ""
    parameter = "self, " if shape == "class" else ""
    sends = {"class": "self", "closures": "", "functions": "ws"}[shape]
    send = f"def send_audio({sends}):\n{indented(sender.body)}"
    handed = ", args=(ws,)" if shape == "functions" else ""
    started = f"threading.Thread(target={own}send_audio{handed}, daemon=True).start()"
    code = 'print(f"closed: {code} {reason}")' if talk.tells_close else 'print("closed")'
    handlers = [
        send,
        f'def on_open({parameter}ws):\n    print("connected")\n{indented(started)}',
        f"def on_message({parameter}ws, raw):\n{indented(talk.reader.of('raw', 'return'))}",
        f'def on_error({parameter}ws, error):\n    print(f"error: {{error}}")',
        f"def on_close({parameter}ws, code, reason):\n    {code}",
    ]
    named = ["on_open", "on_message", "on_error", "on_close"]
    arguments = [talk.address(), *([f"header={talk.headers}"] if talk.headers else [])]
    arguments += [f"{name}={own}{name}" for name in named]
    app = f"{own or ''}ws = websocket.WebSocketApp(\n{indented(chr(10).join(f'{one},' for one in arguments))}\n)\n"
    before = _listening(talk, f"{own}stopping") + talk.session_lines(own)
    run = f"{before}{app}{own}ws.run_forever()"
    if shape == "class":
        program.definitions.append(_class(talk, [*handlers, f"def run(self):\n{indented(run)}"]))
        program.start = f"{_instance(talk)}.run()"
        return
    _top(program, talk, shape)
    if shape == "functions":
        program.definitions += handlers
    else:
        inner = "\n\n".join(handlers)
        stopping = "stopping = threading.Event()\n" if talk.source.is_microphone else ""
        run = f"{stopping}{inner}\n\n{run}"
    program.definitions.append(f"def main() -> None:\n{indented(run)}")
    program.start = "main()"
