"""Temporary tokens of AssemblyAI's streaming v3: `GET /v3/token`, and which session a token opens.

A token may open several sessions until it expires, as the service was seen to allow. All durations are seconds.
No clock here: what time it is, is handed in. Source: the token specification, answers recorded live.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from shim.faces.assemblyai_parameters import LONGEST_SESSION_SECONDS, Refusal

TOKEN_PATH: Final = "/v3/token"
EXPIRED_TOKEN: Final = "Unauthorized Connection: Signature has expired"

_EXPIRES: Final = "expires_in_seconds"
_LONGEST: Final = "max_session_duration_seconds"
_RANGES: Final = {_EXPIRES: (1, 600), _LONGEST: (60, LONGEST_SESSION_SECONDS)}
_PREFIX: Final = "AQI"
_RANDOM_BYTES: Final = 1948  # as text, with the prefix, about the 2600 characters of the real ones
_REMEMBERED: Final = 3600.0
"""Seconds for which an expired token is still told from one that never was."""


class HttpRefusal(Exception):
    """An HTTP answer that is an error: `status` and the JSON `body`."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body


@dataclass(frozen=True)
class TokenRequest:
    """What a token was asked for: until when it opens sessions, and how long they may last. `key` is the one shown."""

    key: str = field(repr=False)
    expires_in_seconds: int
    max_session_duration_seconds: int = LONGEST_SESSION_SECONDS


def read_token_request(query: Mapping[str, str], authorization: str | None) -> TokenRequest:
    """Reads the request for a token; `authorization` is the header, with or without `Bearer`.

    Raises `HttpRefusal` (422) that lists everything that is wrong, as FastAPI does.
    """
    wrong: list[dict[str, Any]] = []
    numbers: dict[str, int] = {}
    for name, (least, most) in _RANGES.items():
        text = query.get(name)
        if text is None:
            if name == _EXPIRES:
                wrong.append(_missing("query", name))
            continue
        try:
            number = int(text)
        except ValueError:
            message = "Input should be a valid integer, unable to parse string as an integer"
            wrong.append({"type": "int_parsing", "loc": ["query", name], "msg": message, "input": text})
            continue
        if number < least:
            wrong.append(_out_of_range(name, text, "greater", "ge", least))
        elif number > most:
            wrong.append(_out_of_range(name, text, "less", "le", most))
        numbers[name] = number
    shown = (authorization or "").strip()
    if shown.lower().startswith("bearer "):
        shown = shown[len("bearer ") :].strip()
    if not shown:
        wrong.append(_missing("header", "authorization"))
    if wrong:
        raise HttpRefusal(422, json.dumps({"detail": wrong}, separators=(",", ":")).encode())
    return TokenRequest(shown, **numbers)


def _missing(place: str, name: str) -> dict[str, Any]:
    return {"type": "missing", "loc": [place, name], "msg": "Field required", "input": None}


def _out_of_range(name: str, text: str, direction: str, short: str, limit: int) -> dict[str, Any]:
    return {
        "type": f"{direction}_than_equal",
        "loc": ["query", name],
        "msg": f"Input should be {direction} than or equal to {limit}",
        "input": text,
        "ctx": {short: limit},
    }


def wrong_token_key() -> HttpRefusal:
    """What a request for a token gets whose key is wrong (the status is the specification's)."""
    return HttpRefusal(401, b'{"error":"Invalid API key"}')


def token_answer(token: str, request: TokenRequest) -> bytes:
    """The body of the 200."""
    answer = {"token": token, "expires_in_seconds": request.expires_in_seconds}
    return json.dumps(answer, separators=(",", ":")).encode()


@dataclass(frozen=True)
class _Issued:
    request: TokenRequest
    expires: float


class TokenBook:
    """The tokens that were given out. `now` is the seconds of one clock, the same in every call."""

    def __init__(self) -> None:
        self._issued: dict[str, _Issued] = {}

    def issue(self, request: TokenRequest, now: float) -> str:
        """A new token for the request."""
        for token in [token for token, issued in self._issued.items() if now > issued.expires + _REMEMBERED]:
            del self._issued[token]
        token = _PREFIX + secrets.token_urlsafe(_RANDOM_BYTES)
        self._issued[token] = _Issued(request, now + request.expires_in_seconds)
        return token

    def opens(self, shown: str | None, now: float) -> TokenRequest | None:
        """What the token that a client shows was asked for; None for what is no token of this book.

        Raises `Refusal` (1008) for a token that has expired.
        """
        issued = self._issued.get((shown or "").strip())
        if issued is None:
            return None
        if now >= issued.expires:
            raise Refusal(1008, EXPIRED_TOKEN)
        return issued.request
