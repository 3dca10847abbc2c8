"""Calls that set, take away or test environment variables, also for a while, as tests do: which names they say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import libcst as cst

from codemods.analysis.arguments import Arguments
from codemods.analysis.program import Program
from codemods.analysis.values import Function, Instance, Known, Library, Member, Value

_ENVIRONMENT: Final = "os.environ"
_NAMED_FIRST: Final = ("os.environ.pop", "os.environ.setdefault", "os.environ.__contains__", "os.putenv", "os.unsetenv")
_OF_FIXTURES: Final = ("setenv", "delenv")
"""What pytest's `monkeypatch` has for it, whatever the fixture is called."""


def note_variables(program: Program, node: cst.Call, callee: Value, arguments: Arguments) -> None:
    """Notes the names of environment variables that a call says as texts."""
    program.environment_names.update(_names(program, node, callee, arguments))


def _names(program: Program, node: cst.Call, callee: Value, arguments: Arguments) -> Iterator[cst.SimpleString]:
    first, second = ([*arguments.positional, None, None])[:2]
    match callee:
        case Library(name) if name in _NAMED_FIRST:
            yield from _texts(first)
            return
        case Library("os.environ.update"):
            yield from _texts(first)
            return
        case Function() | Member(Instance()):
            return
    if isinstance(node.func, cst.Attribute) and node.func.attr.value in _OF_FIXTURES:
        yield from _texts(arguments.get(0, "name"))
    elif first is not None and _is_environment(program.values.get(first)):
        # `patch.dict(os.environ, {…})`, `monkeypatch.setitem(os.environ, "…", …)`
        yield from _texts(second)


def _is_environment(value: Value | None) -> bool:
    return value in (Library(_ENVIRONMENT), Known(_ENVIRONMENT))


def _texts(node: cst.BaseExpression | None) -> Iterator[cst.SimpleString]:
    """A text itself, or the keys of a dictionary that is written there."""
    match node:
        case cst.SimpleString():
            yield node
        case cst.Dict(elements):
            for one in elements:
                if isinstance(one, cst.DictElement) and isinstance(one.key, cst.SimpleString):
                    yield one.key
