"""Whoever is called back over HTTP: keeps what it was told, and answers as a test has it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any


@dataclass
class Calls:
    """What came, in its order; header names are in lower case."""

    bodies: list[Any] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)


@contextmanager
def receiver(*statuses: int) -> Iterator[tuple[str, Calls]]:
    """Its address, and its calls. It answers each status once and the last (or 200) from then on."""
    calls = Calls()
    left = list(statuses) or [200]

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["content-length"]))
            calls.headers.append({name.lower(): value for name, value in self.headers.items()})
            calls.bodies.append(json.loads(content))
            self.send_response(left.pop(0) if len(left) > 1 else left[0])
            self.end_headers()

        def log_message(self, *_arguments: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/hook", calls
        finally:
            server.shutdown()
            thread.join()
