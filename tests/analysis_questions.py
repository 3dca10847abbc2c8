"""Small programs with the question "what is this expression?", for the tests of the analysis."""

from __future__ import annotations

from codemods.analysis.values import Frame, Known, Parsed, Value, alternatives
from tests.test_analysis import SESSION, asked, value

__all__ = ["ALL", "SESSION", "asked", "constants", "is_message_part", "of_message", "value"]

ALL = f"import asyncio\n{SESSION}\nm = json.loads(socket.recv())\n"
"""A program with a socket and one message `m` from it."""


def of_message(code: str) -> Value:
    """The value asked about in a program that has a message `m`."""
    return value(ALL + code)


def is_message_part(found: Value, *path: str | int) -> bool:
    """Whether a value is the place of that path in the session's message, and nothing else."""
    return all(
        isinstance(one, Parsed) and isinstance(one.document, Frame) and one.path == path for one in alternatives(found)
    )


def constants(found: Value) -> set[object]:
    """The constants that a value can be; empty where it can be anything else."""
    every = [one.value if isinstance(one, Known) else ... for one in alternatives(found)]
    return set() if ... in every else set(every)
