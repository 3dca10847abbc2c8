"""Rows of how a session ends, well or badly: HTTP statuses and close codes."""

from __future__ import annotations

from typing import Final

from shim.mapping.row import EndRow, Section, Way, approximate, emulated, same


def _end(
    name: str,
    gladia: str,
    assemblyai: str,
    over_assemblyai: Way,
    over_gladia: Way,
    *,
    http_status: int = 0,
    gladia_close: int = 0,
    assemblyai_close: int = 0,
    text: str = "",
) -> EndRow:
    return EndRow(
        f"end.{name}",
        Section.END,
        (gladia,),
        (assemblyai,),
        over_assemblyai,
        over_gladia,
        http_status,
        gladia_close,
        assemblyai_close,
        text,
    )


_OUR_CODE = approximate("the vendor's own code for this is not known; this one makes its SDKs stop")

FINISHED: Final = _end("finished", "close 1000", "close 1000", same(), same(), gladia_close=1000, assemblyai_close=1000)
BAD_KEY: Final = _end(
    "bad_key",
    "HTTP 401",
    "Error 1008",
    same(),
    same(),
    http_status=401,
    gladia_close=4401,
    assemblyai_close=1008,
)
TOO_MANY: Final = _end(
    "too_many_sessions",
    "HTTP 429",
    "Error 3009",
    same(),
    same(),
    http_status=429,
    gladia_close=4429,
    assemblyai_close=3009,
)
BAD_PARAMETER: Final = _end(
    "bad_parameter",
    "HTTP 400",
    "Error 3006",
    same(),
    same(),
    http_status=400,
    gladia_close=4400,
    assemblyai_close=3006,
)
BAD_AUDIO: Final = _end(
    "bad_audio",
    "(no error)",
    "Error 3007",
    approximate("the shim brings audio into shape, so that this should not happen; if it does, Gladia has no code"),
    emulated("Gladia takes any length and pace; the shim checks them"),
    http_status=400,
    gladia_close=4400,
    assemblyai_close=3007,
)
BAD_MESSAGE: Final = _end(
    "bad_message",
    "close 4400",
    "Error 3006",
    _OUR_CODE,
    same(),
    gladia_close=4400,
    assemblyai_close=3006,
    text="the message is not one that this API defines",
)
EXPIRED: Final = _end(
    "too_long",
    "close 4410",
    "Error 3008",
    _OUR_CODE,
    same(),
    http_status=400,
    gladia_close=4410,
    assemblyai_close=3008,
    text="the session has lasted three hours",
)
SERVER_FAULT: Final = _end(
    "server_fault",
    "HTTP 503, close 4490",
    "Error 3005, close 1011",
    approximate("a code on which clients do not retry: the session behind it is gone"),
    same(),
    http_status=503,
    gladia_close=4490,
    assemblyai_close=3005,
)
LOST: Final = _end(
    "connection_lost",
    "close 4490",
    "close 1006",
    approximate("a code on which clients do not retry: the session behind it is gone"),
    same(),
    http_status=503,
    gladia_close=4490,
    assemblyai_close=1006,
    text="the connection to the service that does the work was lost",
)
SILENT: Final = _end(
    "no_audio",
    "close 4408",
    "(none by default)",
    emulated("AssemblyAI keeps a silent session open and bills it; the shim ends it after 30 s as Gladia does"),
    emulated("Gladia ends a session without audio after 30 s; the shim keeps it alive"),
    gladia_close=4408,
    text="no audio for 30 seconds",
)
JOB_OVER: Final = _end(
    "job_over",
    "close 4403",
    "(none)",
    emulated("AssemblyAI has no address to come back to; the shim answers for Gladia"),
    emulated("the shim never opens a finished job"),
    gladia_close=4403,
    text="the session has ended",
)
TOO_LARGE: Final = _end(
    "too_large",
    "close 1009",
    "close 1009",
    same(),
    same(),
    gladia_close=1009,
    assemblyai_close=1009,
)
GOING_AWAY: Final = _end(
    "going_away",
    "HTTP 503, close 1001",
    "close 1001",
    same(),
    same(),
    http_status=503,
    gladia_close=1001,
    assemblyai_close=1001,
    text="the gateway is shutting down",
)
"""The gateway itself ends. Gladia's SDKs do not come back after 1001."""

ROWS: Final = (
    FINISHED,
    BAD_KEY,
    TOO_MANY,
    BAD_PARAMETER,
    BAD_AUDIO,
    BAD_MESSAGE,
    EXPIRED,
    SERVER_FAULT,
    LOST,
    SILENT,
    JOB_OVER,
    TOO_LARGE,
    GOING_AWAY,
)

REFUSALS: Final = (BAD_KEY, TOO_MANY, BAD_PARAMETER, SERVER_FAULT)
"""Why a session is refused."""

_STATUSES: Final = (400, 401, 402, 403, 422, 429, 500, 502, 503, 504)
"""The HTTP statuses that programs ask for."""
_ERROR_CODES: Final = (1008, 1011, 3005, 3006, 3009)
"""AssemblyAI's codes for what is wrong before a session begins: its reference, 1.3."""


def end_of_assemblyai(code: int) -> EndRow:
    """The row of AssemblyAI's error or close code; what no row names is a server's fault.

    3006 says "bad parameter" before the session and "bad message" in it; both are the client's fault, and the
    first row tells both of Gladia's codes.
    """
    for row in ROWS:
        if code and row.assemblyai_close == code:
            return row
    return SERVER_FAULT


def end_of_gladia_status(status: int) -> EndRow:
    """The row of Gladia's refusal of a session by an HTTP status; what no row names is a server's fault."""
    if status in (402, 403):  # credit or plan: the key is known, and does not open a session
        return BAD_KEY
    for row in ROWS:
        if row.http_status == status:
            return row
    return BAD_PARAMETER if 400 <= status < 500 else SERVER_FAULT


def statuses_of(refusal: EndRow) -> tuple[int, ...]:
    """Gladia's HTTP statuses for a refusal, the row's own first."""
    others = (one for one in _STATUSES if end_of_gladia_status(one) is refusal and one != refusal.http_status)
    return (refusal.http_status, *others)


def error_codes_of(refusal: EndRow) -> tuple[int, ...]:
    """AssemblyAI's codes for a refusal, the row's own first."""
    others = (one for one in _ERROR_CODES if end_of_assemblyai(one) is refusal and one != refusal.assemblyai_close)
    return (refusal.assemblyai_close, *others)


def end_of_gladia_close(code: int) -> EndRow:
    """The row of a close code of Gladia's; what no row names is a lost connection."""
    for row in ROWS:
        if code and row.gladia_close == code:
            return row
    return LOST
