"""Rows of opening a session: hosts, paths, keys, and what the two first answers carry."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from shim.mapping.row import Conversion, Row, Section, Vendor, approximate, converted, emulated, never_met, same

SESSION_LENGTH_SECONDS: Final = 3 * 60 * 60
"""The longest session of both services."""

HOST: Final = Row("session.host", Section.SESSION, ("api.gladia.io",), ("streaming.assemblyai.com",), same(), same())
"""The vendors' hosts; both speak TLS on port 443."""

SCHEME: Final = Row("session.scheme", Section.SESSION, ("https://",), ("wss://",), same(), same())
"""How the address that a program holds begins: Gladia's is the POST's, AssemblyAI's the socket's."""

PATH: Final = Row("session.path", Section.SESSION, ("/v2/live",), ("/v3/ws",), same(), same())
"""Where a session is opened: by a POST (Gladia) or by the WebSocket itself (AssemblyAI)."""

KEY_HEADER: Final = Row("session.key_header", Section.SESSION, ("x-gladia-key",), ("Authorization",), same(), same())
"""The header that carries the key: on the POST (Gladia), on the handshake (AssemblyAI). Any case."""

KEY_VARIABLE: Final = Row(
    "session.key_variable", Section.SESSION, ("GLADIA_API_KEY",), ("ASSEMBLYAI_API_KEY",), same(), same()
)
"""The environment variable and the usual name of the key."""

NAME: Final = Row("session.name", Section.SESSION, ("Gladia",), ("AssemblyAI",), same(), same())
"""The vendor's name as it stands in names, placeholders and texts."""

REGION_HOSTS: Final = {"eu-west": "streaming.eu.assemblyai.com", "us-west": "streaming.us.assemblyai.com"}
"""AssemblyAI's hosts by Gladia's names of the regions."""

REGION: Final = Row(
    "session.region",
    Section.SESSION,
    ("region",),
    ("host",),
    converted(Conversion(REGION_HOSTS.get)),
    converted(Conversion({host: region for region, host in REGION_HOSTS.items()}.get)),
    harmful_in_silence=True,
)
"""A promise about where data stays: Gladia's query parameter of the POST, AssemblyAI's host."""

SESSION_ID: Final = Row(
    "session.id",
    Section.SESSION,
    ("init.id",),
    ("Begin.id",),
    emulated(
        "the id exists before the socket at Gladia and after it at AssemblyAI: reads move behind the first message"
    ),
    emulated(
        "Gladia's id comes with the answer to the POST; the shim gives one of its own where that takes half a second"
    ),
)


def _created_at(expires_at: int) -> str:
    moment = datetime.fromtimestamp(expires_at - SESSION_LENGTH_SECONDS, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _expires_at(created_at: str) -> int:
    moment = datetime.fromisoformat(created_at.replace("Z", "+00:00"))
    return int((moment + timedelta(seconds=SESSION_LENGTH_SECONDS)).timestamp())


_EXPIRES_AT: Final = 'int(datetime.fromisoformat(value.replace("Z", "+00:00")).timestamp()) + 10800'

CREATED_AT: Final = Row(
    "session.created_at",
    Section.SESSION,
    ("init.created_at",),
    ("Begin.expires_at",),
    approximate(
        "AssemblyAI says when the session expires, which is three hours after it began",
        Conversion(_created_at),
    ),
    approximate(
        "Gladia says when the session began; it may last three hours",
        Conversion(_expires_at, _EXPIRES_AT, ("datetime.datetime",)),
    ),
)

ADDRESS: Final = Row(
    "session.url",
    Section.SESSION,
    ("init.url",),
    ("url",),
    emulated(
        "AssemblyAI has no address a session: the socket is opened at the vendor's host with the settings in its query",
    ),
    emulated("Gladia's address comes from its POST"),
)


JOBS: Final = Row(
    "session.jobs",
    Section.SESSION,
    ("GET /v2/live", "GET /v2/live/:id", "DELETE /v2/live/:id", "GET /v2/live/:id/file", "PATCH /v2/live/:id"),
    (),
    emulated("AssemblyAI keeps nothing of a session; the shim keeps jobs itself"),
    never_met(),
)
"""What is left of a session when it is over."""


def hosts_of(vendor: Vendor) -> tuple[str, ...]:
    """Every host that a program may have for its vendor, the default first."""
    more = tuple(REGION_HOSTS.values()) if vendor is Vendor.ASSEMBLYAI else ()
    return (*HOST.of(vendor), *more)


ROWS: Final = (
    HOST,
    SCHEME,
    PATH,
    KEY_HEADER,
    KEY_VARIABLE,
    NAME,
    REGION,
    SESSION_ID,
    CREATED_AT,
    ADDRESS,
    JOBS,
)
