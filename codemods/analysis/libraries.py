"""What the libraries' calls give: HTTP answers, WebSockets, JSON, base64, coroutines.

A library that is not described here is no obstacle: its calls give a LibraryObject of which nothing more is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin

import libcst as cst

from codemods.analysis.containers import (
    CHANGING,
    call_container,
    call_dictionary,
    dictionary_of_call,
    elements_of,
    is_container,
    new_bag,
)
from codemods.analysis.texts import call_string
from codemods.analysis.values import (
    NOTHING,
    UNKNOWN,
    Awaitable,
    Base64,
    Connecting,
    Delivered,
    DictDisplay,
    Frame,
    HttpResponse,
    JsonText,
    Known,
    Library,
    LibraryObject,
    Member,
    Nothing,
    OneOf,
    Parsed,
    ResponseField,
    Sequence,
    Socket,
    Stream,
    Text,
    UrlQuery,
    Value,
    constant,
    join,
    replaceable,
    something,
    text_of,
)

if TYPE_CHECKING:
    from codemods.analysis.program import Program


@dataclass(frozen=True, slots=True)
class SocketLibrary:
    """How one way of opening a WebSocket is written.

    `headers` is the keyword for the handshake's headers, `asynchronous` whether connecting, sending and receiving are
    awaited, `binary` the method that sends bytes as a binary frame. `by_callback`: frames are handed to callbacks.
    `wrapped`: frames come as objects of the library, with their kind and their data.
    """

    headers: str
    asynchronous: bool
    binary: str = "send"
    by_callback: bool = False
    wrapped: bool = False


SOCKET_LIBRARIES: Final = {
    "websockets.connect": SocketLibrary("additional_headers", True),
    "websockets.asyncio.client.connect": SocketLibrary("additional_headers", True),
    "websockets.sync.client.connect": SocketLibrary("additional_headers", False),
    "websockets.client.connect": SocketLibrary("extra_headers", True),
    "websockets.legacy.client.connect": SocketLibrary("extra_headers", True),
    "websocket.create_connection": SocketLibrary("header", False, "send_binary"),
    "websocket.WebSocketApp": SocketLibrary("header", False, "send_bytes", by_callback=True),
    "aiohttp.ClientSession().ws_connect": SocketLibrary("headers", True, "send_bytes", wrapped=True),
}
"""By the dotted name of the function that opens one."""

CLIENT_METHODS: Final = {
    name.rpartition(".")[2]: name for name in SOCKET_LIBRARIES if name.rpartition(".")[0].endswith("()")
}
"""Methods that open a WebSocket and are called as no other library's: by the method's name, the whole one."""


def owner_of(method: str) -> str:
    """The library of which a method is known by its name alone; empty for any other method."""
    return CLIENT_METHODS.get(method, "").split(".")[0]


_HTTP_MODULES: Final = ("requests", "httpx")
_HTTP_METHODS: Final = ("get", "post", "put", "patch", "delete", "head", "options", "request")
HTTP_CLIENTS: Final = {
    "requests.Session": False,
    "requests.session": False,
    "requests.sessions.Session": False,
    "httpx.Client": False,
    "httpx.AsyncClient": True,
    "aiohttp.ClientSession": True,
}
"""Classes whose methods make requests, and whether those are awaited."""
_AWAITED_BODIES: Final = ("aiohttp.ClientSession",)
"""Those of them whose answers give their bodies by methods that are awaited, too."""

_AWAITED_ARGUMENT: Final = ("asyncio.create_task", "asyncio.ensure_future", "asyncio.shield", "asyncio.wait_for")
_RUN_ARGUMENT: Final = ("asyncio.run", "uvloop.run", "anyio.run")
_DECODING: Final = (
    "json.loads",
    "orjson.loads",
    "ujson.loads",
    "simplejson.loads",
    "rapidjson.loads",
)
_CHANGING_DECODING: Final = frozenset(("object_hook", "object_pairs_hook", "cls"))
"""Arguments after which a document is no plain one any more."""
_ENCODING: Final = (
    "json.dumps",
    "orjson.dumps",
    "ujson.dumps",
    "simplejson.dumps",
    "rapidjson.dumps",
    "msgspec.json.encode",
)
ENDING: Final = ("builtins.exit", "builtins.quit", "sys.exit", "os._exit", "os.abort")
"""Calls that end the program."""


@dataclass(frozen=True, slots=True, eq=False)
class Arguments:
    """The arguments of one call: nodes and values, by position and by keyword. Starred ones make it incomplete."""

    positional: tuple[cst.BaseExpression, ...]
    keywords: dict[str, cst.BaseExpression]
    complete: bool

    @classmethod
    def of(cls, call: cst.Call) -> Arguments:
        """The arguments as written."""
        positional: list[cst.BaseExpression] = []
        keywords: dict[str, cst.BaseExpression] = {}
        complete = True
        for argument in call.args:
            if argument.star:
                complete = False
            elif argument.keyword is not None:
                keywords[argument.keyword.value] = argument.value
            else:
                positional.append(argument.value)
        return cls(tuple(positional), keywords, complete)

    def get(self, position: int, keyword: str) -> cst.BaseExpression | None:
        """The argument that may be given either way."""
        return self.positional[position] if position < len(self.positional) else self.keywords.get(keyword)


@dataclass(frozen=True, slots=True, eq=False)
class HttpRequest:
    """One HTTP request that the program makes.

    `made` is the call before it that says a part of it, where there is one: it makes an object that describes the
    request, or gives a client its headers.
    """

    call: cst.Call
    library: str
    method: str
    url: cst.BaseExpression | None
    headers: cst.BaseExpression | None
    json: cst.BaseExpression | None
    data: cst.BaseExpression | None
    parameters: cst.BaseExpression | None
    arguments: Arguments
    made: cst.Call | None = None

    @property
    def written(self) -> tuple[cst.Call, ...]:
        """The calls in which the request is written."""
        return (self.call,) if self.made is None else (self.call, self.made)

    @property
    def is_carried(self) -> bool:
        """Whether the headers are its client's, which sends them with every request."""
        return self.made is not None and self.library in HTTP_CLIENTS


@dataclass(frozen=True, slots=True, eq=False)
class Connect:
    """One place where the program opens a WebSocket."""

    call: cst.Call
    function: str
    library: SocketLibrary
    url: cst.BaseExpression | None
    arguments: Arguments


@dataclass(frozen=True, slots=True, eq=False)
class Send:
    """One place where the program sends a frame. `method` is the socket's method."""

    call: cst.Call
    socket: Socket
    method: str
    payload: cst.BaseExpression


def call_library(program: Program, node: cst.Call, name: str, arguments: Arguments) -> Value:
    """What calling the library function `name` gives."""
    module, _, function = name.rpartition(".")
    if module in _HTTP_MODULES and function in _HTTP_METHODS:
        return _request(program, node, module, function, arguments)
    if name in SOCKET_LIBRARIES:
        return _open_socket(program, node, name, arguments)
    first = arguments.positional[0] if arguments.positional else None
    value = program.values.get(first, UNKNOWN) if first is not None else UNKNOWN
    if name == "urllib.request.urlopen":
        return _open_url(program, node, value, arguments)
    match name:
        case _ if name in _DECODING and not arguments.keywords.keys() & _CHANGING_DECODING:
            found: Value = NOTHING
            for one in something(value):
                found = join(found, parse_json(node, one))
            return found
        case _ if name in _ENCODING:
            return JsonText(node, value) if first is not None else UNKNOWN
        case "json.load":
            return Parsed(value, node) if isinstance(value, HttpResponse) and not arguments.keywords else UNKNOWN
        case "base64.b64encode" | "base64.standard_b64encode" | "pybase64.b64encode":
            return Base64(node, first) if first is not None else UNKNOWN
        case "builtins.str":
            return value if isinstance(value, Text) or (isinstance(value, Base64) and value.as_text) else _text(value)
        case "builtins.bytes":
            return value if isinstance(value, Base64) and not value.as_text else UNKNOWN
        case "builtins.list" | "builtins.tuple" | "builtins.set" | "builtins.frozenset" | "collections.deque":
            if isinstance(value, Parsed | Stream) and not name.endswith("deque"):
                return value
            if isinstance(value, Sequence) and value.site not in program.changed_sequences and not name.endswith("set"):
                return Sequence(node, value.elements)
            return new_bag(program, node, name, value if first is not None else None)
        case "builtins.sorted" | "builtins.reversed" | "builtins.iter" | "builtins.aiter":
            return value if isinstance(value, Parsed | Stream) else Stream(iterated(program, value))
        case "builtins.next":
            return iterated(program, value)
        case "builtins.anext":
            return Awaitable(iterated(program, value))
        case "builtins.repr" | "builtins.int" | "builtins.float" | "builtins.round" | "builtins.len":
            return NOTHING if value is NOTHING else _number(name, value)
        case "urllib.parse.urljoin":
            return _joined_address(value, program, arguments)
        case "builtins.getattr":
            return _get_attribute(program, value, arguments)
        case "builtins.enumerate":
            return Stream(Sequence(node, (UNKNOWN, iterated(program, value))))
        case "builtins.zip":
            elements = tuple(iterated(program, program.values.get(one, UNKNOWN)) for one in arguments.positional)
            return Stream(Sequence(node, elements))
        case "builtins.dict":
            return dictionary_of_call(program, node)
        case "yarl.URL" | "httpx.URL":
            return _address(program, node, value, arguments)
        case "urllib.parse.urlencode":
            return UrlQuery(node, value) if first is not None else UNKNOWN
        case "asyncio.to_thread" if isinstance(value, Library):
            rest = Arguments(arguments.positional[1:], arguments.keywords, arguments.complete)
            return Awaitable(call_library(program, node, value.name, rest))
        case "os.getenv" | "os.environ.get":
            _note_environment(program, first)
            default = arguments.get(1, "default")
            return replaceable(program.values.get(default, UNKNOWN)) if default is not None else UNKNOWN
    if name in _AWAITED_ARGUMENT:
        return value if isinstance(value, Awaitable) else Awaitable(awaited(value))
    if name in HTTP_CLIENTS and "headers" in arguments.keywords:
        program.client_headers[node] = (arguments.keywords["headers"], node)
    if name in _RUN_ARGUMENT:
        return value.result if isinstance(value, Awaitable) else UNKNOWN
    return LibraryObject(name, node)


def _address(program: Program, node: cst.Call, text: Value, arguments: Arguments) -> Value:
    """An address as an object of a library: the text that it was made of, and the query given beside it."""
    given = arguments.keywords.get("params")
    if given is None or not isinstance(text, (Known, Text)):
        return text
    return text_of((text, Known("?"), UrlQuery(node, program.values.get(given, UNKNOWN))))


def _get_attribute(program: Program, owner: Value, arguments: Arguments) -> Value:
    name = constant(program.values.get(arguments.positional[1], UNKNOWN)) if len(arguments.positional) > 1 else None
    if isinstance(owner, Parsed) and isinstance(owner.document, Delivered) and isinstance(name, str):
        return owner.step(name)
    if isinstance(owner, Library) and isinstance(name, str) and len(arguments.positional) == 2:
        return Library(f"{owner.name}.{name}")
    return UNKNOWN


def _number(name: str, value: Value) -> Value:
    """What `int`, `float` and `round` make of a number."""
    make = {"builtins.int": int, "builtins.float": float}.get(name)
    if make is not None and isinstance(value, Known) and isinstance(value.value, (int, float, str)):
        try:
            return Known(make(value.value), certain=value.certain)
        except (ValueError, OverflowError):
            return UNKNOWN
    return UNKNOWN


def _joined_address(base: Value, program: Program, arguments: Arguments) -> Value:
    """What `urljoin(base, path)` gives for constants, and for a path from the root behind a base that is not known."""
    second = arguments.get(1, "url")
    path = program.values.get(second, NOTHING) if second is not None else UNKNOWN
    if NOTHING in (base, path):
        return NOTHING
    if isinstance(base, Known) and isinstance(path, Known):
        certain = base.certain and path.certain
        return Known(urljoin(str(base.value), str(path.value)), certain=certain)
    return UNKNOWN


def _open_socket(program: Program, node: cst.Call, name: str, arguments: Arguments) -> Value:
    url = arguments.get(0, "url") or arguments.keywords.get("uri")
    program.connects[node] = Connect(node, name, SOCKET_LIBRARIES[name], url, arguments)
    return Connecting(node) if SOCKET_LIBRARIES[name].asynchronous else Socket(node)


def _text(value: Value) -> Value:
    return Known(str(value.value), certain=value.certain) if isinstance(value, Known) else UNKNOWN


def _note_environment(program: Program, name: cst.BaseExpression | None) -> None:
    if name is not None and isinstance(name, cst.SimpleString):
        program.environment_names.add(name)


def parse_json(node: cst.CSTNode, text: Value) -> Value:
    """What parsing a text gives, by where the text came from."""
    match text:
        case Frame():
            return Parsed(text, node)
        case ResponseField(request, "text" | "content" | "read()"):
            return Parsed(HttpResponse(request), node)
        case JsonText(_, of):
            return of
    return UNKNOWN


def _request(
    program: Program,
    node: cst.Call,
    library: str,
    method: str,
    arguments: Arguments,
    *,
    asynchronous: bool = False,
    carried: tuple[cst.BaseExpression, cst.Call] | None = None,
) -> Value:
    """Notes a request; `carried` are the headers that its client sends with every one, and the call that gave them."""
    shift = 0
    if method == "request":
        shift = 1
        verb = arguments.get(0, "method")
        method = str(constant(program.values.get(verb, UNKNOWN))).lower() if verb is not None else ""
    headers, made = arguments.keywords.get("headers"), None
    if headers is None and carried is not None:
        headers, made = carried
    program.requests[node] = HttpRequest(
        node,
        library,
        method,
        arguments.get(shift, "url"),
        headers,
        arguments.keywords.get("json"),
        arguments.keywords.get("data") or arguments.keywords.get("content"),
        arguments.keywords.get("params"),
        arguments,
        made,
    )
    response = HttpResponse(node)
    return Awaitable(response) if asynchronous else response


def _open_url(program: Program, node: cst.Call, given: Value, arguments: Arguments) -> Value:
    """The request of `urlopen(…)`, of an address or of a `urllib.request.Request` that was made before."""
    made, method, site = arguments, None, None
    if isinstance(given, LibraryObject) and given.made_by == "urllib.request.Request":
        site = given.site
        made = Arguments.of(site)
        verb = made.get(5, "method")
        method = str(constant(program.values.get(verb, UNKNOWN))).lower() if verb is not None else None
    data = made.get(1, "data") or arguments.get(1, "data")
    program.requests[node] = HttpRequest(
        node,
        "urllib.request",
        method or ("get" if data is None else "post"),
        made.get(0, "url"),
        made.get(2, "headers") if made is not arguments else None,
        None,
        data,
        None,
        arguments,
        site,
    )
    return HttpResponse(node)


def has_awaited_body(program: Program, request: cst.Call) -> bool:
    """Whether the answer to a request gives its body by methods that are awaited."""
    made = program.requests.get(request)
    return made is not None and made.library in _AWAITED_BODIES


def call_member(program: Program, node: cst.Call, member: Member, arguments: Arguments) -> Value:
    """What calling a method of an abstract value gives."""
    owner, name = member.owner, member.name
    first = arguments.positional[0] if arguments.positional else None
    match owner:
        case HttpResponse(request) if name == "json":
            document = Parsed(owner, node)
            return Awaitable(document) if has_awaited_body(program, request) else document
        case HttpResponse(request):
            return ResponseField(request, f"{name}()")
        case Parsed() if name == "get" and first is not None:
            key = constant(program.values.get(first, UNKNOWN))
            return owner.step(key) if isinstance(key, str) else UNKNOWN
        case Base64(call, encoded) if name == "decode":
            return Base64(call, encoded, as_text=True)
        case Base64(call, encoded) if name == "encode":
            return Base64(call, encoded)
        case Frame() | ResponseField() if name == "decode":
            return owner
        case Frame() if name == "json":
            return Parsed(owner, node)
        case JsonText() if name in ("encode", "strip"):
            return owner
        case DictDisplay(site):
            return call_dictionary(program, node, site, name, arguments)
        case Sequence() if name != "join":
            if name in CHANGING:
                program.changed_sequences.add(owner.site)
            return call_container(program, node, owner, name, arguments)
        case LibraryObject() if is_container(owner):
            return call_container(program, node, owner, name, arguments)
        case Known() | Text() if name in ("with_query", "update_query") and first is not None:
            return text_of((owner, Known("?"), UrlQuery(node, program.values.get(first, UNKNOWN))))
        case Known(value) if isinstance(value, str):
            return call_string(program, value, name, arguments)
        case Socket(connect):
            return _call_socket(program, node, owner, connect, name, first)
        case LibraryObject(made_by) if f"{made_by}().{name}" in SOCKET_LIBRARIES:
            return _open_socket(program, node, f"{made_by}().{name}", arguments)
        case LibraryObject(made_by, site) if made_by in HTTP_CLIENTS and name in _HTTP_METHODS:
            asynchronous = HTTP_CLIENTS[made_by]
            carried = program.client_headers.get(site)
            return _request(program, node, made_by, name, arguments, asynchronous=asynchronous, carried=carried)
        case Member(LibraryObject(made_by, site), "headers") if made_by in HTTP_CLIENTS and name == "update":
            if first is not None:
                program.client_headers[site] = (first, node)
            return UNKNOWN
        case LibraryObject() if name in ("create_task", "run_until_complete") and first is not None:
            value = program.values.get(first, UNKNOWN)
            if name == "run_until_complete" and isinstance(value, Awaitable):
                return value.result
            return value if isinstance(value, Awaitable) else UNKNOWN
        case LibraryObject(made_by):
            return LibraryObject(f"{made_by}().{name}", node)
    return UNKNOWN


_SENDING: Final = ("send", "send_binary", "send_bytes", "send_text", "send_str", "send_json")


def _call_socket(
    program: Program, node: cst.Call, socket: Socket, connect: cst.Call, name: str, first: cst.BaseExpression | None
) -> Value:
    asynchronous = program.connects[connect].library.asynchronous
    if name in _SENDING and first is not None:
        before = program.sends.get(node)
        if before is not None and before.socket != socket:
            program.shared_sends.add(node)
        program.sends[node] = Send(node, socket, name, first)
        return Awaitable(UNKNOWN) if asynchronous else UNKNOWN
    if name in ("recv", "recv_data", "receive", "receive_str"):
        return Awaitable(Frame(connect)) if asynchronous else Frame(connect)
    if name == "receive_json":
        return Awaitable(Parsed(Frame(connect), node))
    return Awaitable(UNKNOWN) if asynchronous else UNKNOWN


def entered(value: Value) -> Value:
    """What `with value as name` binds."""
    match value:
        case Nothing():
            return value
        case Connecting(connect):
            return Socket(connect)
        case LibraryObject() | Socket() | HttpResponse():
            return value
        case Awaitable(HttpResponse() as response):
            return response
    return UNKNOWN


def awaited(value: Value) -> Value:
    """What `await value` gives."""
    if isinstance(value, OneOf):
        found: Value = NOTHING
        for one in something(value):
            found = join(found, awaited(one))
        return found
    match value:
        case Nothing():
            return value
        case Known(None):
            return NOTHING
        case Awaitable(result):
            return result
        case Connecting(connect):
            return Socket(connect)
    return UNKNOWN


def iterated(program: Program, value: Value) -> Value:
    """What a loop over `value` binds."""
    found: Value = NOTHING
    for one in something(value):
        found = join(found, _iterated(program, one))
    return found


def _iterated(program: Program, value: Value) -> Value:
    match value:
        case Nothing():
            return value
        case Known(None):
            return NOTHING
        case Socket(connect):
            return Frame(connect)
        case Connecting(connect):
            return Socket(connect)
        case Parsed():
            return value.step("[]")
        case Stream(element):
            return element
        case Awaitable(Stream(element)):
            return element
        case Awaitable(Nothing() as none):
            return none
        case Sequence() | DictDisplay() | LibraryObject():
            return elements_of(program, value)
    return UNKNOWN


def attribute(value: Value, name: str) -> Value:
    """What reading an attribute of an abstract value gives."""
    match value:
        case Library(module):
            return Library(f"{module}.{name}")
        case Parsed(Delivered()):
            return value.step(name)
        case HttpResponse(request) if name not in ("json", "raise_for_status", "read", "aread"):
            return ResponseField(request, name)
        case Socket() if name == "sock":
            return value
        case Frame() if name == "data":
            return value
    return Member(value, name)
