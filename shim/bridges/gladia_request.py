"""What a Gladia session asks for, as AssemblyAI's parameters; and how Gladia refuses a session."""

from __future__ import annotations

from shim.bridges.actions import RefuseRequest
from shim.faces.gladia import SessionRequest
from shim.mapping import ends, parameters
from shim.mapping.row import EndRow, Vendor
from shim.mapping.translation import translate_parameters
from shim.wire.assemblyai import QueryValue

_BAD_REQUEST = "Bad request"


def upstream_parameters(session: SessionRequest, *, keep_turns: bool) -> tuple[dict[str, QueryValue], list[str]]:
    """AssemblyAI's parameters for a session, and what it asks for that cannot be served, in Gladia's words.

    Partials are always asked for; the bridge needs them and filters them itself. `keep_turns`: Gladia's own silence
    also where the client set none; otherwise AssemblyAI's own ends a turn there.
    """
    given = dict(session.given)
    if keep_turns and given.get("endpointing") is None:
        given["endpointing"] = parameters.GLADIA_SILENCE_SECONDS
    translated = translate_parameters(given, Vendor.ASSEMBLYAI)
    complaints = [f"{row.gladia[0]} must be false: {row.over_assemblyai.reason}" for row in translated.unserved]
    return {**translated.values, parameters.PARTIALS.assemblyai[0]: True}, complaints


def refusal(row: EndRow, *texts: str) -> RefuseRequest:
    """The answer to a POST whose session has ended before it began; the texts are what is wrong."""
    if row.http_status == ends.BAD_PARAMETER.http_status:
        return RefuseRequest(row.http_status, _BAD_REQUEST, texts)
    return RefuseRequest(row.http_status or ends.SERVER_FAULT.http_status, "; ".join(texts))


def end_for_client(code: int) -> EndRow:
    """The end that AssemblyAI's error or close code means: always one after which Gladia's clients stay away."""
    row = ends.end_of_assemblyai(code)
    return row if 4400 <= row.gladia_close < 4500 and row.http_status else ends.LOST
