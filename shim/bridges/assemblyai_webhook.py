"""The one request that AssemblyAI makes to a client's own server after a session: its finished turns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from shim.bridges.actions import Post
from shim.faces.assemblyai import webhook_body
from shim.faces.assemblyai_parameters import invalid
from shim.mapping.assemblyai_parameters import WEBHOOK
from shim.mapping.row import Vendor
from shim.wire import assemblyai

MOST_TURNS: Final = 20_000
_HEADER_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,256}")
_HEADER_VALUE: Final = re.compile(r"[\x21-\x7e]([\x20-\x7e]{0,4094}[\x21-\x7e])?")
_NOT_THE_CLIENTS: Final = frozenset(
    ("host", "content-length", "content-type", "transfer-encoding", "connection", "upgrade", "expect", "te", "trailer")
)
"""What says how a request is to be read; a client that could set it could make two requests of one."""
_JSON: Final = ("content-type", "application/json")


class Webhook:
    """Keeps the finished turns of one session for the request at its end."""

    def __init__(self, session_id: str, given: Mapping[str, Any]) -> None:
        """`given`: what the client asks for. Raises the face's `Refusal` (3006) for what cannot be posted."""
        self._session_id = session_id
        url, name, value = (given.get(row.assemblyai[0]) for row in WEBHOOK)
        self._url = str(url or "")
        if self._url and not self._url.lower().startswith(("http://", "https://")):
            raise invalid(WEBHOOK[0].assemblyai[0], "Value error, it must be an http or https URL")
        if name and (not _HEADER_NAME.fullmatch(str(name)) or str(name).lower() in _NOT_THE_CLIENTS):
            raise invalid(WEBHOOK[1].assemblyai[0], "Value error, that is no header of the client's own")
        if value and not _HEADER_VALUE.fullmatch(str(value)):
            raise invalid(WEBHOOK[2].assemblyai[0], "Value error, a header cannot carry it")
        self._headers = (_JSON, *([(str(name), str(value or ""))] if name else []))
        self._turns: list[assemblyai.Turn] = []

    def heard(self, messages: Iterable[Any]) -> None:
        """What the client is told."""
        if self._url:
            finished = [said for said in messages if isinstance(said, assemblyai.Turn) and said.end_of_turn]
            self._turns += finished[: MOST_TURNS - len(self._turns)]

    def at_end(self) -> list[Post]:
        """The session has ended; the request is due once."""
        if not self._url:
            return []
        url, self._url = self._url, ""
        WEBHOOK[0].over(Vendor.GLADIA)
        return [Post(url, webhook_body(self._session_id, self._turns), self._headers)]
