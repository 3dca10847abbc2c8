"""What a gateway counts, for Prometheus. No label holds anything that a client can choose freely."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from aiohttp import web

from shim.bridges.actions import Note, Topic
from shim.errors import BridgeError
from shim.faces.gladia import CLOSE_REPLACED
from shim.gateway.settings import Settings
from shim.mapping import ends
from shim.mapping.catalogue import ALL_ROWS
from shim.mapping.row import Section

PATH: Final = "/metrics"
_OTHER: Final = "other"
_ABSENT: Final = (Topic.ABSENT, Topic.NOT_APPLIED)
_FEATURES: Final = frozenset(
    name for row in ALL_ROWS if row.section is Section.PARAMETER for name in (*row.gladia, *row.assemblyai)
)
_CODES: Final = frozenset(
    (
        *range(1000, 1016),
        CLOSE_REPLACED,
        *(code for row in ends.ROWS for code in (row.gladia_close, row.assemblyai_close) if code),
    )
)


class Metrics:
    """One gateway's counters. Used in its event loop."""

    def __init__(self, labels: Mapping[str, str]) -> None:
        """`labels`: which API over which service. Raises BridgeError where prometheus-client is not installed."""
        try:
            import prometheus_client as prometheus
        except ModuleNotFoundError:
            raise BridgeError("--metrics needs prometheus-client", "pip install 'sttbridge[metrics]'") from None
        self._registry = prometheus.CollectorRegistry()
        self._content_type = prometheus.exposition.CONTENT_TYPE_LATEST
        self._render: Callable[[], bytes] = lambda: prometheus.generate_latest(self._registry)
        names, values = list(labels), list(labels.values())

        def counter(name: str, text: str, *more: str) -> prometheus.Counter:
            return prometheus.Counter(f"sttbridge_{name}", text, [*names, *more], registry=self._registry)

        self._values = values
        self._open = prometheus.Gauge("sttbridge_open_sessions", "Sessions now.", names, registry=self._registry)
        self._sessions = counter("sessions", "Sessions that were asked for.")
        self._refused = counter("refused_requests", "HTTP requests that were refused, by status.", "status")
        self._resumes = counter("resumes", "Clients that came back to their session.")
        self._closes = counter("client_closes", "Ends of clients' sockets, by code.", "code")
        self._audio = counter("audio_seconds", "Audio of the sessions that have ended.")
        self._notes = counter("notes", "What sessions had to log, by topic.", "topic")
        self._absent = counter("absent_features", "What sessions asked for and the service lacks.", "feature")
        self._callbacks = counter("callbacks", "Requests to clients' own servers, by what became of them.", "outcome")
        self._store = counter("job_store_failures", "What the job store has failed to do.")
        for topic in Topic:
            self._notes.labels(*values, topic.value)
        for plain in (self._open, self._sessions, self._resumes, self._audio, self._store):
            plain.labels(*values)

    def session_began(self) -> None:
        """A session was asked for."""
        self._sessions.labels(*self._values).inc()
        self._open.labels(*self._values).inc()

    def session_ended(self, audio_seconds: float) -> None:
        """A session has ended, and nothing of it is open."""
        self._open.labels(*self._values).dec()
        self._audio.labels(*self._values).inc(max(0.0, audio_seconds))

    def request_refused(self, status: int) -> None:
        """An HTTP request was answered with an error."""
        self._refused.labels(*self._values, str(status)).inc()

    def client_came_back(self) -> None:
        """A session's client has opened another socket."""
        self._resumes.labels(*self._values).inc()

    def client_closed(self, code: int) -> None:
        """A client's socket has ended; 1006 without a close frame."""
        self._closes.labels(*self._values, str(code) if code in _CODES else _OTHER).inc()

    def noted(self, note: Note) -> None:
        """A session has something to log."""
        self._notes.labels(*self._values, note.topic.value).inc()
        if note.topic in _ABSENT:
            for name in note.text.split(", "):
                feature = name.partition(" ")[0]
                self._absent.labels(*self._values, feature if feature in _FEATURES else _OTHER).inc()

    def callback(self, outcome: str) -> None:
        """One request to a client's own server is done with."""
        self._callbacks.labels(*self._values, outcome).inc()

    def job_store_failed(self) -> None:
        """The job store has failed to do something."""
        self._store.labels(*self._values).inc()

    def add_to(self, app: web.Application) -> None:
        """Adds `GET /metrics`."""
        app.router.add_get(PATH, self._show, allow_head=False)

    async def _show(self, _request: web.Request) -> web.Response:
        return web.Response(body=self._render(), headers={"content-type": self._content_type})


def metrics_of(settings: Settings) -> Metrics | None:
    """A gateway's counters; None where nobody asks for them."""
    return Metrics({"api": settings.api, "over": settings.over}) if settings.metrics else None
