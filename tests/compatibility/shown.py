"""Which tests show which items and differences: read from the marks of every test, without running any."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

_TESTS: Final = Path(__file__).parent.parent
_OVER_SOCKETS: Final = ("tests.gateways", "tests.assemblyai_gateways", "tests.sdk_runs", "tests.job_gateways")
"""A file of tests that imports one of these has gateways on real sockets; only such a file shows an item."""


@cache
def shown(mark: str) -> dict[str, tuple[str, ...]]:
    """The tests (as `file::test`) that show each item or difference, by the names that `mark` gives."""
    found: dict[str, list[str]] = {}
    for path in _marked_files():
        for test, function in _tests_of(importlib.import_module(f"tests.{path.stem}")):
            for name, case in _names(function, mark):
                found.setdefault(name, []).append(f"{path.stem}::{test}{case}")
    return {name: tuple(dict.fromkeys(tests)) for name, tests in found.items()}


def cases_of_one_name() -> list[str]:
    """Tests with two sets of parameters of one name: a reader could not tell which is meant."""
    found = []
    for path in _marked_files():
        for test, function in _tests_of(importlib.import_module(f"tests.{path.stem}")):
            for own in getattr(function, "pytestmark", ()):
                names = [one.id for one in own.args[1] if getattr(one, "id", None)] if own.name == "parametrize" else []
                found += [f"{path.stem}::{test}[{name}]" for name in set(names) if names.count(name) > 1]
    return found


def files_without_sockets() -> list[str]:
    """The names of files that mark tests though they hold no gateway on real sockets."""
    return [path.name for path in _marked_files() if not any(f"from {name} " in _text(path) for name in _OVER_SOCKETS)]


def _marked_files() -> list[Path]:
    return [path for path in sorted(_TESTS.glob("test_*.py")) if "from tests.compatibility.marks import" in _text(path)]


@cache
def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _tests_of(holder: Any) -> Iterator[tuple[str, Callable[..., Any]]]:
    for name, value in vars(holder).items():
        if getattr(value, "__module__", holder.__name__) != (getattr(holder, "__module__", None) or holder.__name__):
            continue
        if name.startswith("Test") and inspect.isclass(value):
            yield from ((f"{name}::{test}", function) for test, function in _tests_of(value))
        elif name.startswith("test_") and callable(value):
            yield name, value


def _names(function: Any, mark: str) -> Iterator[tuple[str, str]]:
    """The arguments of a test's marks, and those of its parameter sets, each with the set's own name if it has one."""
    for own in getattr(function, "pytestmark", ()):
        if own.name == mark:
            yield from ((name, "") for name in own.args)
        elif own.name == "parametrize":
            yield from _of_parameters(own.args[1], mark)


def _of_parameters(sets: Iterable[Any], mark: str) -> Iterator[tuple[str, str]]:
    for one in sets:
        case = f"[{one.id}]" if getattr(one, "id", None) else ""
        for own in getattr(one, "marks", ()):
            found = own.mark if isinstance(own, pytest.MarkDecorator) else own
            if found.name == mark:
                yield from ((name, case) for name in found.args)
