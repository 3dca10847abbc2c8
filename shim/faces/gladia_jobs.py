"""Gladia's jobs as its clients meet them: `GET /v2/live`, and `GET`, `DELETE`, `PATCH` and `…/file` of one job.

Pure functions: the shell says which jobs there are. Refusals are `Refusal`s. Source: Gladia's OpenAPI document; the
texts of the refusals are ours, since the service's own are not public. A job is a session of its own key: to any
other key it is not there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from urllib.parse import urlencode

import msgspec

from shim.faces.gladia_request import Refusal
from shim.wire import gladia as wire
from shim.wire.gladia_jobs import CallbackFlags, Job, JobList, JobStatus

DEFAULT_LIMIT: Final = 20
LARGEST_NUMBER: Final = 2**31 - 1
"""The largest `offset` and `limit`."""
LARGEST_ANNOTATION: Final = 100_000
"""Bytes that `PATCH` takes."""
FILE_TYPE: Final = "application/octet-stream"

DONE_CALLS: Final = {"DELETE": 202, "PATCH": 204}
"""The statuses of the calls that answer without a body."""

_METADATA: Final = "custom_metadata"
_EMPTY_CONFIGS: Final[dict[str, dict[str, Any]]] = {
    "language_config": {"languages": [], "code_switching": False},
    "pre_processing": {"audio_enhancer": False, "speech_threshold": 0.6},
    "realtime_processing": {
        "custom_vocabulary": False,
        "custom_spelling": False,
        "translation": False,
        "named_entity_recognition": False,
        "sentiment_analysis": False,
    },
    "post_processing": {"summarization": False},
}


@dataclass(frozen=True)
class JobQuery:
    """Which jobs are asked for, newest first.

    `since` and `until` bound the time of creation, `[since, until)`. `statuses` empty: any. `metadata`: what the job's
    own must hold, as texts (see `metadata_texts`). `filters` is the query without offset and limit, for addresses.
    """

    offset: int = 0
    limit: int = DEFAULT_LIMIT
    since: datetime | None = None
    until: datetime | None = None
    statuses: frozenset[JobStatus] = frozenset()
    metadata: tuple[tuple[str, str], ...] = ()
    filters: tuple[tuple[str, str], ...] = ()

    def matches(self, created: datetime, status: JobStatus, metadata: Mapping[str, Any]) -> bool:
        """Whether a job is one of those asked for, on whatever page."""
        if self.since is not None and created < self.since:
            return False
        if self.until is not None and created >= self.until:
            return False
        if self.statuses and status not in self.statuses:
            return False
        return all(name in metadata and text in metadata_texts(metadata[name]) for name, text in self.metadata)


def read_job_query(pairs: Iterable[tuple[str, str]]) -> JobQuery:
    """Reads the query of `GET /v2/live` (names and values, decoded). Raises `Refusal` (400) with all that is wrong.

    `custom_metadata` comes as one JSON object, or as `custom_metadata[key]=value`. A name that is not known counts for
    nothing.
    """
    problems: list[str] = []
    numbers = {"offset": 0, "limit": DEFAULT_LIMIT}
    bounds: list[tuple[datetime | None, datetime | None]] = []
    statuses: set[JobStatus] = set()
    metadata: list[tuple[str, str]] = []
    filters: list[tuple[str, str]] = []
    for name, text in pairs:
        match name:
            case "offset" | "limit":
                numbers[name] = _number(name, text, 1 if name == "limit" else 0, problems)
                continue
            case "date":
                day = _day(name, text, problems)
                bounds.append((day, day + timedelta(days=1) if day is not None else None))
            case "after_date":
                bounds.append((_moment(name, text, problems), None))
            case "before_date":
                bounds.append((None, _moment(name, text, problems)))
            case "status" | "status[]":
                statuses |= _status(text, problems)
            case _ if name == _METADATA:
                metadata += _metadata_object(text, problems)
            case _ if name.startswith(f"{_METADATA}[") and name.endswith("]"):
                metadata.append((name.removeprefix(f"{_METADATA}[").removesuffix("]"), text))
            case _:
                continue
        filters.append((name, text))
    if problems:
        raise Refusal(400, "Bad request", problems)
    return JobQuery(
        offset=numbers["offset"],
        limit=numbers["limit"],
        since=max((since for since, _ in bounds if since is not None), default=None),
        until=min((until for _, until in bounds if until is not None), default=None),
        statuses=frozenset(statuses),
        metadata=tuple(metadata),
        filters=tuple(filters),
    )


def metadata_texts(value: Any) -> tuple[str, ...]:
    """The texts by which a value of `custom_metadata` is asked for: a query holds nothing but texts.

    A text is itself, anything else its JSON; `True`, `False` and `None` also as Python's SDK writes them.
    """
    if isinstance(value, str):
        return (value,)
    written = _canonical(value)
    return (written, str(value)) if value is None or isinstance(value, bool) else (written,)


def list_body(items: list[Job], query: JobQuery, address: str, *, has_more: bool) -> bytes:
    """The JSON of one page. `address` is that of the list, without a query."""

    def page(offset: int) -> str:
        return f"{address}?{urlencode([('offset', offset), ('limit', query.limit), *query.filters])}"

    after = page(query.offset + query.limit) if has_more else None
    return msgspec.json.encode(JobList(first=page(0), current=page(query.offset), next=after, items=items))


def job_body(job: Job) -> bytes:
    """The JSON of one job."""
    return msgspec.json.encode(job)


def raw(value: Any) -> msgspec.Raw:
    """A value as the JSON that a `Job` holds, whatever a client has put into it."""
    return msgspec.Raw(json.dumps(value, separators=(",", ":")).encode())


def request_params(request: wire.InitRequest) -> dict[str, Any]:
    """The request with the service's defaults, without its metadata, as a job shows it."""
    params: dict[str, Any] = msgspec.to_builtins(request)
    params.pop(_METADATA, None)
    for name, defaults in _EMPTY_CONFIGS.items():
        params[name] = {**defaults, **params[name]}
    if isinstance(request.callback_config, dict):
        params["callback_config"] = {
            **msgspec.to_builtins(callback_flags(request.callback_config)),
            **request.callback_config,
        }
    return params


def callback_flags(config: Mapping[str, Any]) -> CallbackFlags:
    """The flags of a `callback_config`, with their defaults."""
    return msgspec.convert({name: value for name, value in config.items() if name != "url"}, CallbackFlags)


def read_annotation(body: bytes) -> msgspec.Raw:
    """What `PATCH` stores with a job: a JSON object. Raises `Refusal` (400, 413)."""
    if len(body) > LARGEST_ANNOTATION:
        raise Refusal(413, f"the body is larger than {LARGEST_ANNOTATION} bytes")
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refusal(400, f"the body is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise Refusal(400, "the body must be a JSON object")
    return raw(value)


def no_such_job() -> Refusal:
    """No job has that id, or none of this key."""
    return Refusal(404, "live job not found")


def not_over_yet() -> Refusal:
    """A job whose session is still going on cannot be deleted."""
    return Refusal(403, "a live job can be deleted once its status is done or error")


def no_file(why: str) -> Refusal:
    """There is no audio of the job to be had; `why` says so to its owner."""
    return Refusal(404, f"live job has no audio file: {why}")


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _number(name: str, text: str, least: int, problems: list[str]) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 20:
        problems.append(f"{name} must be an integer number")
        return least
    number = int(text)
    if number < least:
        problems.append(f"{name} must not be less than {least}")
    elif number > LARGEST_NUMBER:
        problems.append(f"{name} must not be greater than {LARGEST_NUMBER}")
    return number


def _day(name: str, text: str, problems: list[str]) -> datetime | None:
    try:
        day = datetime.combine(date.fromisoformat(text), time(), UTC)
        if len(text) != len("2026-01-31") or day.year == date.max.year:
            raise ValueError
    except ValueError:
        problems.append(f"{name} must be a date (YYYY-MM-DD)")
        return None
    return day


def _moment(name: str, text: str, problems: list[str]) -> datetime | None:
    try:
        if "T" in text:
            text = text.replace(" ", "+")  # of a zone, which nobody has quoted
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        problems.append(f"{name} must be a valid ISO 8601 date string")
        return None


def _status(text: str, problems: list[str]) -> set[JobStatus]:
    try:
        return {JobStatus(text)}
    except ValueError:
        listed = ", ".join(JobStatus)
        problems.append(f"each value in status must be one of the following values: {listed}")
        return set()


def _metadata_object(text: str, problems: list[str]) -> list[tuple[str, str]]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        problems.append(f"{_METADATA} must be a JSON object")
        return []
    return [(name, metadata_texts(item)[0]) for name, item in value.items()]
