"""What is only shown: printed, logged, raised. Nobody's program reads anything in it."""

from __future__ import annotations

from typing import Final

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.values import Class, Function, Library, Value, something

_SHOWING_CALLS: Final = frozenset(
    ("builtins.print", "builtins.str", "builtins.repr", "json.dumps", "pprint.pprint", "pprint.pformat", "logging.log")
)
_TEXT_CALLS: Final = frozenset(("builtins.str", "builtins.repr", "json.dumps", "pprint.pformat"))
"""What makes a text of a message, to be put somewhere."""
_STORING: Final = ("write", "writelines", "append", "encode", "put", "put_nowait")
_LISTING: Final = ("builtins.list", "builtins.sorted", "builtins.tuple")
_LOGGING: Final = ("debug", "info", "warning", "error", "critical", "exception", "log")


class Showing:
    """Says of a program's calls which of them show what they are given."""

    def __init__(self, program: Program) -> None:
        self._program = program

    def is_shown(self, node: cst.CSTNode) -> bool:
        """Whether an expression is only made to be printed or logged, as it is or in a list."""
        argument = self._program.parents[node]
        call = self._program.parents.get(argument)
        if not isinstance(argument, cst.Arg) or not isinstance(call, cst.Call):
            return False
        callees = something(self._program.value(call.func))
        if all(isinstance(one, Library) and one.name in _LISTING for one in callees):
            return self.is_shown(call)
        return all(self.is_showing(call, one) and not self.is_sent_on(call, one) for one in callees)

    def is_showing(self, call: cst.Call, callee: Value) -> bool:
        """Whether a call prints, logs or raises what it is given, or makes a text of it."""
        if isinstance(callee, Library) and callee.name in _SHOWING_CALLS:
            return True
        if isinstance(self._program.parents[call], cst.Raise):
            return True  # an exception of the program's or of Python's: it is shown to whoever meets it
        return isinstance(call.func, cst.Attribute) and call.func.attr.value in _LOGGING

    def _is_default(self, call: cst.Call) -> bool:
        """Whether a text is the default of a `.get(…)`: `message.get("error", str(message))`."""
        return isinstance(call.func, cst.Attribute) and call.func.attr.value == "get" and len(call.args) == 2

    def is_storing(self, call: cst.Call) -> bool:
        """Whether a call puts a text away: into a file, a list, a queue."""
        return isinstance(call.func, cst.Attribute) and call.func.attr.value in _STORING

    def is_sent_on(self, call: cst.Call, callee: Value) -> bool:
        """Whether the text that is made of a message goes to somebody who is not here, and may read anything in it."""
        if not isinstance(callee, Library) or callee.name not in _TEXT_CALLS:
            return False
        current: cst.CSTNode = call
        while not isinstance(current, (cst.Arg, cst.BaseSmallStatement, cst.BaseCompoundStatement, cst.Module)):
            current = self._program.parents[current]
        taker = self._program.parents[current]
        if not isinstance(current, cst.Arg) or not isinstance(taker, cst.Call):
            return False
        if self.is_storing(taker) or self._is_default(taker):
            return False
        return any(
            not isinstance(one, (Function, Class, Library)) and not self.is_showing(taker, one)
            for one in something(self._program.value(taker.func))
        )
