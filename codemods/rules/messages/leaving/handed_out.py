"""Which expressions are handed to code that is not in the program, looked at before anything is planned.

What a session has to be asked for hangs on it: whoever reads whole messages elsewhere may read every field of them,
and meets every message that comes.
"""

from __future__ import annotations

from functools import cached_property
from typing import Final

import libcst as cst

from codemods.analysis.libraries import DECODING
from codemods.analysis.program import Program
from codemods.analysis.values import UNKNOWN, Library, Stream, Value, something
from codemods.rules.messages.leaving.own_functions import function_of
from codemods.rules.messages.showing import Showing

_STAYING: Final = ("builtins.", "asyncio.", "logging.", "copy.")
"""Libraries that keep what they are given to themselves, or give it back."""
_SAME_THING: Final = ("json.dumps", "builtins.dict", "builtins.list")
_OF_ALL_FIELDS: Final = ("items", "values", "keys", "copy")
_PASSED_ON: Final = (
    cst.Arg,
    cst.DictElement,
    cst.StarredDictElement,
    cst.Element,
    cst.Dict,
    cst.List,
    cst.Tuple,
    cst.Await,
    cst.FormattedStringExpression,
    cst.FormattedString,
)


class HandedOut:
    """Says of expressions whether they go, as they are or inside of something, to code that nobody here can see."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._showing = Showing(program)

    def is_handed_out(self, node: cst.CSTNode, seen: frozenset[cst.CSTNode] = frozenset()) -> bool:
        """Whether an expression is given to a library's or an unknown function, or to whoever calls the program.

        `seen` are the functions whose results are being looked at.
        """
        current = node
        while True:
            parent = self._program.parents.get(current)
            match parent:
                case cst.Attribute(attr=cst.Name(name)) if name in _OF_ALL_FIELDS:
                    return isinstance(self._program.parents[parent], cst.Call)
                case cst.Call(cst.Attribute(attr=cst.Name("append"))) if isinstance(current, cst.Arg):
                    return True  # gathered, and nobody asked what it is
                case cst.Call() if isinstance(current, cst.Arg):
                    callee = self._program.value(parent.func)
                    if self._gives_back(callee):
                        current = parent  # a text or a copy of it is the same thing here
                        continue
                    return self._takes(parent, callee)
                case cst.Return() | cst.Yield():
                    function = self._program.scope_of(parent)
                    if function not in self._program.called:
                        return True
                    calls = self._calls.get(function, ()) if function not in seen else ()
                    return any(self.is_handed_out(one, seen | {function}) for one in calls)
                case _ if isinstance(parent, _PASSED_ON):
                    current = parent
                case _:
                    return False

    @cached_property
    def _calls(self) -> dict[cst.CSTNode, list[cst.Call]]:
        """The calls of the program's generators, by function; those alone, as other results are values themselves."""
        found: dict[cst.CSTNode, list[cst.Call]] = {}
        for node, value in self._program.values.items():
            if isinstance(node, cst.Call) and any(isinstance(one, Stream) for one in something(value)):
                for callee in something(self._program.value(node.func)):
                    function = function_of(callee)
                    if function is not None:
                        found.setdefault(function, []).append(node)
        return found

    def _gives_back(self, callee: Value) -> bool:
        names = [one.name for one in something(callee) if isinstance(one, Library)]
        return bool(names) and all(name in _SAME_THING or name.startswith("copy.") for name in names)

    def _takes(self, call: cst.Call, callee: Value) -> bool:
        if callee == UNKNOWN:
            return not self._showing.is_showing(call, callee)
        return any(
            isinstance(one, Library)
            and one.name not in DECODING
            and not one.name.startswith(_STAYING)
            and not self._showing.is_showing(call, one)
            for one in something(callee)
        )
