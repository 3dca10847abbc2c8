"""How a Gladia session is opened in a program that speaks to the API itself: the POST and the check of its answer."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import libcst as cst

from codemods.analysis.values import Library
from codemods.edits import Statement, expression, statements
from codemods.migrating import Migrating
from shim.mapping import assemblyai_v2, session
from shim.mapping.row import Vendor

KEY_HEADER: Final = "X-Gladia-Key"
"""As most programs write it; the service takes it in any case."""


class Client(StrEnum):
    """How the program makes its HTTP requests."""

    REQUESTS = "requests"
    REQUESTS_IN_A_THREAD = "requests in a thread"
    HTTPX = "httpx"
    ASYNC_HTTPX = "httpx, awaited"
    AIOHTTP = "aiohttp"
    OWN_AIOHTTP = "aiohttp, by the session that opens the socket"


_POSTS: Final = {
    Client.REQUESTS: """
ANSWER = LIBRARY.post(
    URL,
    headers=HEADERS,
    json=BODY,
    timeout=10,
)
""",
    Client.REQUESTS_IN_A_THREAD: """
ANSWER = await ASYNCIO.to_thread(
    LIBRARY.post,
    URL,
    headers=HEADERS,
    json=BODY,
    timeout=10,
)
""",
    Client.ASYNC_HTTPX: """
async with LIBRARY.AsyncClient() as HTTP:
    ANSWER = await HTTP.post(
        URL,
        headers=HEADERS,
        json=BODY,
    )
""",
    Client.AIOHTTP: """
async with LIBRARY.ClientSession() as HTTP:
    async with HTTP.post(
        URL,
        headers=HEADERS,
        json=BODY,
    ) as ANSWER:
        CHECK
        SESSION = await ANSWER.json()
""",
}
_POSTS[Client.OWN_AIOHTTP] = """
async with HTTP.post(
    URL,
    headers=HEADERS,
    json=BODY,
) as ANSWER:
    CHECK
    SESSION = await ANSWER.json()
"""
_POSTS[Client.HTTPX] = _POSTS[Client.REQUESTS]
_LIBRARY: Final = {
    Client.REQUESTS: "requests",
    Client.REQUESTS_IN_A_THREAD: "requests",
    Client.HTTPX: "httpx",
    Client.ASYNC_HTTPX: "httpx",
    Client.AIOHTTP: "aiohttp",
    Client.OWN_AIOHTTP: "aiohttp",
}
_AIOHTTP: Final = (Client.AIOHTTP, Client.OWN_AIOHTTP)


def address(text: str, region: str | None) -> str:
    """A piece of AssemblyAI's address as the piece of Gladia's; other text as it is.

    `region` is asked for behind the path, which is where Gladia takes it.
    """
    over = Vendor.GLADIA
    hosts = [session.REGION.over_assemblyai.conversion.live(one) for one in ("eu-west", "us-west")]
    for host in hosts:
        text = text.replace(str(host), session.HOST.assemblyai[0])
    for row in (session.SCHEME, session.HOST, session.PATH, assemblyai_v2.HOST, assemblyai_v2.PATH):
        old, new = row.assemblyai[0], row.gladia[0]
        if old in text:
            row.over(over)
            if row is session.PATH and region is not None:
                new = f"{new}?{session.REGION.gladia[0]}={region}"
            text = text.replace(old, new)
    return text


def region_of(text: str) -> str | None:
    """The region whose host stands in an address of AssemblyAI's, as Gladia names it."""
    for name in ("eu-west", "us-west"):
        host = session.REGION.over_assemblyai.conversion.live(name)
        if host in text:
            return str(session.REGION.live(Vendor.GLADIA, host))
    return None


@dataclass(frozen=True, slots=True)
class Post:
    """One POST to be written: how, and the names of the answer and of the session that it holds."""

    client: Client
    answer: str
    session: str
    http: cst.BaseExpression
    """The client, where a client makes the POST."""
    in_thread: bool = False
    """Whether a thread opens the session: `SystemExit` would end that thread alone, and say nothing."""
    raised: str = ""
    """The type of the exception that a refusal is for the caller: a class or a server must not end the program it is
    in. Empty where a refusal ends the program."""

    def refused(self) -> cst.BaseExpression:
        """The test whether there is no session."""
        good = "is_success" if self.client in (Client.HTTPX, Client.ASYNC_HTTPX) else "ok"
        return cst.parse_expression(f"not {self.answer}.{good}")

    def status(self) -> cst.BaseExpression:
        """The HTTP status of a refusal."""
        return cst.parse_expression(f"{self.answer}.{'status' if self.client in _AIOHTTP else 'status_code'}")

    def text(self) -> cst.BaseExpression:
        """What a refusal says."""
        return cst.parse_expression(f"await {self.answer}.text()" if self.client in _AIOHTTP else f"{self.answer}.text")


def client_for(migrating: Migrating, *, awaited: bool) -> Client:
    """The program's own HTTP client; requests, in a thread where the program must not wait, if it has none."""
    has = {name: _imports(migrating, name) for name in ("requests", "httpx", "aiohttp")}
    if not awaited:
        return Client.HTTPX if has["httpx"] and not has["requests"] else Client.REQUESTS
    if has["aiohttp"]:
        return Client.AIOHTTP
    return Client.ASYNC_HTTPX if has["httpx"] else Client.REQUESTS_IN_A_THREAD


def _imports(migrating: Migrating, library: str) -> bool:
    return any(
        isinstance(one.value, Library) and one.value.name.split(".")[0] == library
        for one in migrating.program.definitions()
        if isinstance(one.node, cst.ImportAlias)
    )


def post(
    migrating: Migrating,
    how: Post,
    *,
    url: cst.BaseExpression,
    headers: cst.BaseExpression,
    body: cst.BaseExpression,
    check: cst.If | None,
    near: cst.CSTNode,
) -> list[Statement]:
    """The POST, the end of the program where it is refused, and the session out of its answer.

    `check` is the program's own way of ending, asking already for `refused`; without one the program ends with the
    status and the text.
    """
    check = check if check is not None else refusal_check(migrating, how, near)
    nodes = {
        "URL": url,
        "HEADERS": headers,
        "BODY": body,
        "LIBRARY": migrating.use_module(_LIBRARY[how.client]),
        "ANSWER": cst.Name(how.answer),
        "SESSION": cst.Name(how.session),
        "HTTP": migrating.edits.edited(how.http),
    }
    if how.client is Client.REQUESTS_IN_A_THREAD:
        nodes["ASYNCIO"] = migrating.use_module("asyncio")
    written = statements(_POSTS[how.client].lstrip(), **nodes)
    if how.client in _AIOHTTP:
        return [_with_check(one, check) for one in written]
    document = statements("SESSION = ANSWER.json()", **nodes)
    return [*written, check, *document]


def refusal_check(migrating: Migrating, how: Post, near: cst.CSTNode) -> cst.If:
    """The test behind the POST, with what is done about a refusal that the program has no word of its own for."""
    quote = migrating.quote_at(near)
    said = f"f{quote}{{STATUS}}: {{TEXT}}{quote}"
    nodes = {"REFUSED": how.refused(), "STATUS": how.status(), "TEXT": how.text()}
    code = f"if REFUSED:\n    raise SystemExit({said})\n"
    if how.raised:
        code = f"if REFUSED:\n    raise {how.raised}({said})\n"
    elif how.in_thread:
        nodes["OS"] = migrating.use_module("os")
        code = f"if REFUSED:\n    print({said})\n    OS._exit(1)\n"
    (check,) = statements(code, **nodes)
    assert isinstance(check, cst.If)
    return check


class _PuttingCheck(cst.CSTTransformer):
    def __init__(self, check: cst.If) -> None:
        super().__init__()
        self._check = check

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.BaseStatement:
        match updated_node.body:
            case [cst.Expr(cst.Name("CHECK"))]:
                return self._check
        return updated_node


def _with_check(statement: Statement, check: cst.If) -> Statement:
    found = statement.visit(_PuttingCheck(check))
    assert isinstance(found, (cst.SimpleStatementLine, cst.BaseCompoundStatement))
    return found


def key_headers(migrating: Migrating, key: cst.BaseExpression, near: cst.CSTNode) -> cst.BaseExpression:
    """The POST's headers with the key."""
    session.KEY_HEADER.over(migrating.target)
    return cst.Dict([cst.DictElement(migrating.string(KEY_HEADER, near), key)])


def address_of(migrating: Migrating, name: str, near: cst.CSTNode) -> cst.BaseExpression:
    """The socket's address out of the POST's answer."""
    session.ADDRESS.over(migrating.target)
    key = session.ADDRESS.gladia[0].split(".")[-1]
    return expression("session[key]", session=cst.Name(name), key=migrating.string(key, near))


def library_of(client: Client) -> str:
    """The library that a client needs."""
    return _LIBRARY[client]
