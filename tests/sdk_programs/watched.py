"""What the programs beside this one share: they tell what their SDK tells them, a line of JSON each.

With each goes what of it is not typed as the SDK declares, and what nobody handles in any thread or task.
"""

import asyncio
import dataclasses
import json
import os
import sys
import threading
import time
import types
import typing
import wave

SECONDS = 30
"""A bound for what should take a second or two."""

_FRAME_SECONDS = 0.1 / float(os.environ.get("STTBRIDGE_SPEED", "1"))


def tell(event: str, payload: object = None) -> None:
    """One line: what happened, and with what."""
    line = {
        "event": event,
        "class": type(payload).__name__,
        "said": said(payload),
        "wrong": wrongly_typed(payload, type(payload), type(payload).__name__),
    }
    sys.stdout.write(json.dumps(line, default=str) + "\n")
    sys.stdout.flush()


def said(payload: object) -> object:
    """The payload as JSON holds it; of an error its text, code and status."""
    if isinstance(payload, BaseException):
        named = {name: getattr(payload, name, None) for name in ("code", "status")}
        return {"text": str(payload), **named}
    if dataclasses.is_dataclass(payload) and not isinstance(payload, type):
        return dataclasses.asdict(payload)
    dump = getattr(payload, "model_dump", None)
    return dump(mode="json") if dump else payload


def wrongly_typed(value: object, declared: object, place: str) -> list[str]:
    """The places in the value that are not as declared."""
    kind, arguments = typing.get_origin(declared), typing.get_args(declared)
    if kind in (typing.Union, types.UnionType):
        tried = [wrongly_typed(value, choice, place) for choice in arguments]
        return min(tried, key=len)
    if kind is typing.Literal:
        return [] if value in arguments else [f"{place} is {value!r}"]
    if kind is list:
        if not isinstance(value, list):
            return [f"{place} is {value!r}"]
        return [wrong for item in value for wrong in wrongly_typed(item, arguments[0], f"{place}[]")]
    if not isinstance(declared, type):
        return []
    if declared is float:  # JSON writes 1.0 and 1, and so does Python's typing
        return [] if isinstance(value, int | float) and not isinstance(value, bool) else [f"{place} is {value!r}"]
    if not isinstance(value, declared) or (declared is int and isinstance(value, bool)):
        return [f"{place} is {value!r}, not {declared.__name__}"]
    if dataclasses.is_dataclass(declared):
        hints = typing.get_type_hints(declared)
    else:
        hints = {name: field.annotation for name, field in getattr(declared, "model_fields", {}).items()}
    return [
        wrong
        for name, hint in hints.items()
        if name != "_unknown_fields"
        for wrong in wrongly_typed(getattr(value, name), hint, f"{place}.{name}")
    ]


def watch_threads() -> None:
    """Whatever nobody catches is told, too."""
    threading.excepthook = lambda unhandled: tell("unhandled", unhandled.exc_value)
    sys.unraisablehook = lambda unhandled: tell("unhandled", unhandled.exc_value)


def watch_tasks() -> None:
    """The same for the running loop."""
    handler = lambda _loop, context: tell("unhandled", context.get("exception") or context["message"])  # noqa: E731
    asyncio.get_running_loop().set_exception_handler(handler)


def microphone(path: str) -> typing.Iterator[bytes]:
    """The speech as a microphone gives it, at the speed of the run's clock."""
    for frame in frames(path):
        time.sleep(_FRAME_SECONDS)
        yield frame


async def async_microphone(path: str) -> typing.AsyncIterator[bytes]:
    """The same for asyncio."""
    for frame in frames(path):
        await asyncio.sleep(_FRAME_SECONDS)
        yield frame


def frames(path: str, milliseconds: int = 100) -> list[bytes]:
    """The speech in frames of this length."""
    with wave.open(path) as speech:
        audio = speech.readframes(speech.getnframes())
    size = 32 * milliseconds
    return [audio[first : first + size] for first in range(0, len(audio), size)]
