"""What a Gladia session asks for, as AssemblyAI's parameters; and how Gladia refuses a session."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from shim.bridges.actions import Note, RefuseRequest, Topic
from shim.faces.gladia import SessionRequest
from shim.mapping import ends, parameters
from shim.mapping.on_absent import Handling, OnAbsent, way_out
from shim.mapping.row import EndRow, Row, Vendor
from shim.mapping.translation import translate_parameters
from shim.wire.assemblyai import QueryValue

_BAD_REQUEST = "Bad request"


@dataclass(frozen=True, slots=True)
class AskedFor:
    """What AssemblyAI is asked for in a session's place, and what becomes of the rest.

    `complaints`: what it is refused for, in Gladia's words. `failing`: the parameters whose add-ons are said to have
    failed. `left_out`: the names of those that nobody is told about.
    """

    parameters: dict[str, QueryValue]
    complaints: tuple[str, ...]
    failing: tuple[Row, ...]
    left_out: tuple[str, ...]


def upstream_parameters(
    session: SessionRequest, *, keep_turns: bool, on_absent: OnAbsent, served: Collection[Row] = ()
) -> AskedFor:
    """AssemblyAI's parameters for a session, and what becomes of what it cannot give.

    Partials are always asked for; the bridge needs them and filters them itself. `keep_turns`: Gladia's own silence
    also where the client set none; otherwise AssemblyAI's own ends a turn there. `served`: what the gateway
    does itself.
    """
    given = dict(session.given)
    if keep_turns and given.get("endpointing") is None:
        given["endpointing"] = parameters.GLADIA_SILENCE_SECONDS
    translated = translate_parameters(given, Vendor.ASSEMBLYAI)
    absent = [row for row in translated.unserved if row not in served]
    return AskedFor(
        {**translated.values, parameters.PARTIALS.assemblyai[0]: True},
        complaints=tuple(
            f"{row.gladia[0]} must be false: {row.over_assemblyai.reason} ({way_out(row)})"
            for row in absent
            if on_absent.of(row) is Handling.STRICT
        ),
        failing=tuple(row for row in absent if on_absent.of(row) is Handling.WARN),
        left_out=tuple(row.gladia[0] for row in absent if on_absent.of(row) is Handling.IGNORE),
    )


def notes_of(asked: AskedFor) -> list[Note]:
    """What is logged of what a session asks for and does not get."""
    failing = ", ".join(row.gladia[0] for row in asked.failing)
    left_out = ", ".join(asked.left_out)
    notes = [Note(Topic.ABSENT, failing)] if failing else []
    return [*notes, *([Note(Topic.NOT_APPLIED, left_out)] if left_out else [])]


def refusal(row: EndRow, *texts: str) -> RefuseRequest:
    """The answer to a POST whose session has ended before it began; the texts are what is wrong."""
    if row.http_status == ends.BAD_PARAMETER.http_status:
        return RefuseRequest(row.http_status, _BAD_REQUEST, texts)
    return RefuseRequest(row.http_status or ends.SERVER_FAULT.http_status, "; ".join(texts))


def end_for_client(code: int) -> EndRow:
    """The end that AssemblyAI's error or close code means: always one after which Gladia's clients stay away."""
    row = ends.end_of_assemblyai(code)
    return row if 4400 <= row.gladia_close < 4500 and row.http_status else ends.LOST
