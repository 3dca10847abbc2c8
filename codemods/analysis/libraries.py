"""What the libraries' calls give: HTTP answers, WebSockets, JSON, base64, coroutines.

A library that is not described here is no obstacle: its calls give a LibraryObject of which nothing more is known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin

import libcst as cst

from codemods.analysis.arguments import Arguments
from codemods.analysis.command_line import is_parser, note_option
from codemods.analysis.containers import (
    CHANGING,
    call_container,
    call_dictionary,
    dictionary_of_call,
    elements_of,
    is_container,
    new_bag,
)
from codemods.analysis.http_requests import (
    HTTP_CLIENTS,
    HTTP_METHODS,
    HTTP_MODULES,
    has_awaited_body,
    note_request,
    open_url,
)
from codemods.analysis.http_statuses import status_named
from codemods.analysis.sockets import SOCKET_LIBRARIES, call_socket, open_socket
from codemods.analysis.sound import (
    awaited_sound,
    constant_bytes,
    each_sound,
    joined,
    made_from,
    part_of,
    read_of,
    silence,
    with_overflow,
    with_state,
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
    Sound,
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


_AWAITED_ARGUMENT: Final = ("asyncio.create_task", "asyncio.ensure_future", "asyncio.shield", "asyncio.wait_for")
_RUN_ARGUMENT: Final = ("asyncio.run", "uvloop.run", "anyio.run")
DECODING: Final = (
    "json.loads",
    "orjson.loads",
    "ujson.loads",
    "simplejson.loads",
    "rapidjson.loads",
)
"""Functions that give the document of a JSON text."""
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


def call_library(program: Program, node: cst.Call, name: str, arguments: Arguments) -> Value:
    """What calling the library function `name` gives."""
    module, _, function = name.rpartition(".")
    if module in HTTP_MODULES and function in HTTP_METHODS:
        return note_request(program, node, module, function, arguments)
    if name in SOCKET_LIBRARIES:
        return open_socket(program, node, name, arguments)
    first = arguments.positional[0] if arguments.positional else None
    value = program.values.get(first, UNKNOWN) if first is not None else UNKNOWN
    if name == "urllib.request.urlopen":
        return open_url(program, node, value, arguments)
    same_sound = made_from(value, name)
    if same_sound is None and name in ("builtins.bytes", "builtins.bytearray"):
        same_sound = silence(program.values, first)
    if same_sound is not None:
        return with_state(name, node, same_sound)
    match name:
        case _ if name in DECODING and not arguments.keywords.keys() & _CHANGING_DECODING:
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
            if isinstance(value, Parsed) and isinstance(value.document, HttpResponse):
                return value  # a field of an answer, such as its address: the same, if it was a text
            return value if isinstance(value, Text) or (isinstance(value, Base64) and value.as_text) else _text(value)
        case "builtins.bytes":
            if isinstance(value, Known) and len(node.args) == 1:
                return constant_bytes(b"\0", value.value) or (value if isinstance(value.value, bytes) else UNKNOWN)
            return value if isinstance(value, Base64) and not value.as_text else UNKNOWN
        case "builtins.list" | "builtins.tuple" | "builtins.set" | "builtins.frozenset" | "collections.deque":
            if isinstance(value, Parsed | Stream) and not name.endswith("deque"):
                return value
            if name.endswith("frozenset") and isinstance(value, Sequence):
                return value if value.site not in program.changed_sequences else UNKNOWN
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
        case Known(None):
            return NOTHING  # no text: what is parsed is what comes later, or nothing
    return UNKNOWN


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
        case Parsed() if name in ("get", "pop") and first is not None:
            key = constant(program.values.get(first, UNKNOWN))
            return owner.step(key) if isinstance(key, str) else UNKNOWN
        case Parsed() if (
            owner.path == ("type",) and name in ("lower", "upper", "casefold") and not arguments.positional
        ):
            return Text((member,))
        case Base64(call, encoded) if name == "decode":
            return Base64(call, encoded, as_text=True)
        case Base64(call, encoded) if name == "encode":
            return Base64(call, encoded)
        case Frame() | ResponseField() if name == "decode":
            return owner
        case Frame() if name == "json":
            return Parsed(owner, node)
        case JsonText() if name in ("encode", "decode", "strip"):
            return owner
        case UrlQuery() if name == "lower":
            return owner  # `False` as `false`: the service reads either
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
        case Known(bytes()) if name == "join" and first is not None:
            return joined(iterated(program, program.values.get(first, UNKNOWN))) or UNKNOWN
        case Known(value) if isinstance(value, str):
            return call_string(program, value, name, arguments)
        case Socket(connect):
            return call_socket(program, node, owner, connect, name, first)
        case LibraryObject(made_by) if f"{made_by}().{name}" in SOCKET_LIBRARIES:
            return open_socket(program, node, f"{made_by}().{name}", arguments)
        case LibraryObject(made_by, site) if made_by in HTTP_CLIENTS and name in HTTP_METHODS:
            asynchronous = HTTP_CLIENTS[made_by]
            carried = program.client_headers.get(site)
            return note_request(program, node, made_by, name, arguments, asynchronous=asynchronous, carried=carried)
        case Member(LibraryObject(made_by, site), "headers") if made_by in HTTP_CLIENTS and name == "update":
            if first is not None:
                program.client_headers[site] = (first, node)
            return UNKNOWN
        case LibraryObject() if name == "add_argument" and is_parser(owner):
            return note_option(program, node, arguments)
        case LibraryObject() if name in ("create_task", "run_until_complete") and first is not None:
            value = program.values.get(first, UNKNOWN)
            if name == "run_until_complete" and isinstance(value, Awaitable):
                return value.result
            return value if isinstance(value, Awaitable) else UNKNOWN
        case LibraryObject() | Sound() if (same_sound := made_from(owner, name)) is not None:
            return same_sound
        case Member(LibraryObject(made_by), attribute):
            return read_of(node, made_by, attribute, name) or UNKNOWN
        case LibraryObject(made_by):
            return with_overflow(f"{made_by}().{name}", node) or LibraryObject(f"{made_by}().{name}", node)
    return UNKNOWN


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
    return awaited_sound(value) or UNKNOWN


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
            return each_sound(value) or elements_of(program, value)
    return UNKNOWN


def attribute(value: Value, name: str) -> Value:
    """What reading an attribute of an abstract value gives."""
    match value:
        case Library(module):
            return status_named(module, name) or Library(f"{module}.{name}")
        case Parsed(Delivered()):
            return value.step(name)
        case HttpResponse(request) if name not in ("json", "raise_for_status", "read", "aread"):
            return ResponseField(request, name)
        case Socket() if name == "sock":
            return value
        case Frame() if name == "data":
            return value
    return part_of(value, name) or Member(value, name)
