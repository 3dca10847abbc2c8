"""The dimensions of the POST: the HTTP library, the check of its status, and what is handed over."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.matrix.program import indented

ADDRESS = "https://api.gladia.io/v2/live"


@dataclass(frozen=True)
class HttpLibrary:
    """One library's words for a POST and for reading its answer."""

    imports: frozenset[str]
    opening: str  # `with` lines around the answer, `{headers}`, `{body}`; ends with `as response:` or binds it
    inside: int  # how deep the answer's use stands
    ok: str
    status: str
    text: str
    answer: str
    raising: str
    failure: str  # what `raising` raises
    any_failure: str  # what the call itself may raise
    is_async: bool = False
    extra: frozenset[str] = field(default_factory=frozenset)


HTTP_LIBRARIES = {
    "requests": HttpLibrary(
        imports=frozenset({"import requests"}),
        opening="""\
response = requests.post(
    f"{BASE_URL}/v2/live",
    headers={headers},
    json={body},
    timeout=10,
)""",
        inside=0,
        ok="response.ok",
        status="response.status_code",
        text="response.text",
        answer="response.json()",
        raising="response.raise_for_status()",
        failure="requests.HTTPError",
        any_failure="requests.RequestException",
    ),
    "requests, session": HttpLibrary(
        imports=frozenset({"import requests"}),
        opening="""\
with requests.Session() as http:
    http.headers.update({headers})
    response = http.post(f"{BASE_URL}/v2/live", json={body}, timeout=10)""",
        inside=1,
        ok="response.ok",
        status="response.status_code",
        text="response.text",
        answer="response.json()",
        raising="response.raise_for_status()",
        failure="requests.exceptions.HTTPError",
        any_failure="requests.exceptions.RequestException",
    ),
    "httpx": HttpLibrary(
        imports=frozenset({"import httpx"}),
        opening="""\
response = httpx.post(f"{BASE_URL}/v2/live", headers={headers}, json={body}, timeout=10.0)""",
        inside=0,
        ok="response.is_success",
        status="response.status_code",
        text="response.text",
        answer="response.json()",
        raising="response.raise_for_status()",
        failure="httpx.HTTPStatusError",
        any_failure="httpx.HTTPError",
    ),
    "httpx, asyncio": HttpLibrary(
        imports=frozenset({"import httpx"}),
        opening="""\
async with httpx.AsyncClient(timeout=10.0) as http:
    response = await http.post(f"{BASE_URL}/v2/live", headers={headers}, json={body})""",
        inside=1,
        ok="response.is_success",
        status="response.status_code",
        text="response.text",
        answer="response.json()",
        raising="response.raise_for_status()",
        failure="httpx.HTTPStatusError",
        any_failure="httpx.HTTPError",
        is_async=True,
    ),
    "aiohttp": HttpLibrary(
        imports=frozenset({"import aiohttp"}),
        opening="""\
async with (
    aiohttp.ClientSession() as http,
    http.post(f"{BASE_URL}/v2/live", headers={headers}, json={body}) as response,
):""",
        inside=1,
        ok="response.ok",
        status="response.status",
        text="await response.text()",
        answer="await response.json()",
        raising="response.raise_for_status()",
        failure="aiohttp.ClientResponseError",
        any_failure="aiohttp.ClientError",
        is_async=True,
    ),
    "urllib": HttpLibrary(
        imports=frozenset({"import urllib.request"}),
        opening="""\
request = urllib.request.Request(
    f"{BASE_URL}/v2/live",
    data=json.dumps({body}).encode(),
    headers={headers},
    method="POST",
)
with urllib.request.urlopen(request, timeout=10) as response:""",
        inside=1,
        ok="response.status < 300",
        status="response.status",
        text="response.read().decode()",
        answer="json.load(response)",
        raising="",
        failure="urllib.error.HTTPError",
        any_failure="urllib.error.URLError",
        extra=frozenset({"import urllib.error"}),
    ),
}

STATUS_CHECKS = ("none", "not ok", "compared", "raise_for_status", "tried", "own exception")
HANDED_OVER = ("the answer", "its url", "its url, id shown", "url and id")


@dataclass(frozen=True)
class Opening:
    """The body of the function that opens a session, and what the caller has of its result."""

    body: str
    imports: frozenset[str]
    definitions: tuple[str, ...]
    result: str  # its annotation
    url: str  # the address in `{session}`
    caught: str = ""  # what the program catches at its start, `{error}`


def is_possible(http: str, status: str) -> bool:
    """urllib raises by itself: there is no other check than to try it."""
    return http != "urllib" or status in ("none", "tried", "compared")


def opening(http: str, status: str, handed_over: str, key: str, configuration: str) -> Opening:
    """POSTs the configuration and gives what is handed over."""
    library = HTTP_LIBRARIES[http]
    headers = f'{{"X-Gladia-Key": {key}}}'
    if http == "urllib":
        headers = f'{{"X-Gladia-Key": {key}, "Content-Type": "application/json"}}'
    posted = library.opening.replace("{headers}", headers).replace("{body}", configuration)
    given, result, url = _given(library, handed_over)
    check, definitions, caught = _check(library, status)
    body = f"{posted}\n{indented(f'{check}{given}', library.inside)}"
    imports = library.imports | ({"import sys"} if "sys." in check else set())
    if status == "tried":
        imports |= library.extra | {"import sys"}
        inner = f"{posted}\n{indented(f'{check}{given}', library.inside)}"
        stop = 'sys.exit(f"Gladia refused the session: {error}")'
        body = f"try:\n{indented(inner)}\nexcept {library.any_failure} as error:\n    {stop}"
    return Opening(body, frozenset(imports), definitions, result, url, caught)


def _given(library: HttpLibrary, handed_over: str) -> tuple[str, str, str]:
    if handed_over == "the answer":
        return f"return {library.answer}", "dict", '{session}["url"]'
    if handed_over == "its url":
        answer = library.answer if not library.answer.startswith("await") else f"({library.answer})"
        return f'return {answer}["url"]', "str", "{session}"
    if handed_over == "its url, id shown":
        return f'answer = {library.answer}\nprint("session", answer["id"])\nreturn answer["url"]', "str", "{session}"
    lines = f'answer = {library.answer}\nprint("session", answer["id"])\nreturn answer["id"], answer["url"]'
    return lines, "tuple[str, str]", "{session}[1]"


def _check(library: HttpLibrary, status: str) -> tuple[str, tuple[str, ...], str]:
    """The lines of the check, what they need at the top, and the exception that the program catches at its start."""
    refused = f'f"Gladia refused the session: {{{library.status}}} {{{library.text}}}"'
    if status == "not ok":
        return f"if not {library.ok}:\n    print({refused}, file=sys.stderr)\n    sys.exit(1)\n", (), ""
    if status == "compared":
        return f"if {library.status} not in (200, 201):\n    raise RuntimeError({refused})\n", (), ""
    if status == "raise_for_status" or (status == "tried" and library.raising):
        return f"{library.raising}\n", (), ""
    if status == "own exception":
        own = 'class SessionRefused(Exception):\n    """Gladia did not open the session."""\n'
        return f"if {library.status} != 201:\n    raise SessionRefused({refused})\n", (own,), "SessionRefused"
    return "", (), ""
