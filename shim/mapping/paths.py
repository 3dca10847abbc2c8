"""Reading and writing the values that a row's paths name, in nested dictionaries and in typed messages."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from msgspec import UNSET

from shim.mapping.row import ABSENT

_STEP = re.compile(r"([^.\[\]]+)|\[(-?\d*)\]")

EACH = "[]"
"""The step that stands for every element of a list."""

Step = str | int
"""A key or field name, a position in a list, or EACH."""


def steps_of(path: str) -> tuple[Step, ...]:
    """The steps of a dotted path: `Turn.words[-1].end` gives `("Turn", "words", -1, "end")`."""
    steps: list[Step] = []
    for name, position in _STEP.findall(path):
        if name:
            steps.append(name)
        else:
            steps.append(int(position) if position else EACH)
    return tuple(steps)


def reader(steps: tuple[Step, ...]) -> Callable[[Any], Any]:
    """A function that reads the value at `steps` of a dictionary or structure; ABSENT where there is none."""
    if not steps:
        return lambda value: value
    first, rest = steps[0], reader(steps[1:])
    last = len(steps) == 1

    if first == EACH:
        return lambda value: [rest(element) for element in value]

    def read(value: Any) -> Any:
        if isinstance(first, int):
            found = value[first] if value else ABSENT
        elif isinstance(value, dict):
            found = value.get(first, ABSENT)
        else:
            found = getattr(value, first, ABSENT)
        if found is ABSENT or found is UNSET or found is None:
            return ABSENT
        return found if last else rest(found)

    return read


def write(target: dict[str, Any], steps: tuple[Step, ...], value: Any) -> None:
    """Puts a value at `steps` of nested dictionaries, making those that are missing."""
    *parents, name = steps
    for step in parents:
        target = target.setdefault(str(step), {})
    target[str(name)] = value
