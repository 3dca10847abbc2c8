"""What a program does where a good answer to its POST is not what it should be: without it.

`if not isinstance(url, str): raise …`, `except json.JSONDecodeError`, `answer["url"] if isinstance(answer, dict) else
None`: there is no answer any more that could be parsed wrongly or have no address.
"""

from __future__ import annotations

from typing import Final

import libcst as cst

from codemods.analysis.libraries import ENDING
from codemods.analysis.program import Program
from codemods.analysis.values import HttpResponse, Known, Library, Parsed, ResponseField, Step, alternatives, something
from codemods.edits import Edits
from codemods.simpler.written import Simpler, simpler
from codemods.vendors import gladia
from codemods.vendors.gladia import Opening

_OF_PARSING: Final = ("ValueError", "JSONDecodeError", "KeyError", "TypeError", "ContentTypeError", "DecodingError")
_READING: Final = ("url", "id")
_DOCUMENT_CLASSES: Final = (
    "builtins.dict",
    "builtins.object",
    "collections.abc.Mapping",
    "typing.Mapping",
    "typing.Dict",
)
_TEXT_CLASSES: Final = ("builtins.str", "builtins.object")
_SCHEME: Final = "wss://"
"""What the address of a session begins with."""


def with_answers_trusted(program: Program) -> dict[cst.Module, Simpler]:
    """The files of a program that look whether the answer is one, with what they do where it is."""
    plans: dict[cst.Module, Edits] = {}
    for opening in gladia.openings(program):
        trusting = _Trusting(program, opening)
        for module in program.modules:
            edits = Edits()
            for node in program.nodes_in(module):
                trusting.plan(node, edits)
            if edits and module not in plans:
                plans[module] = edits
    return {module: _written(module, edits) for module, edits in plans.items()}


class _Trusting:
    """Plans the edits for the answer to one POST."""

    def __init__(self, program: Program, opening: Opening) -> None:
        self._program = program
        self._opening = opening

    def plan(self, node: cst.CSTNode, edits: Edits) -> None:
        """Plans what becomes of one node, if it looks whether the answer is one."""
        match node:
            case cst.Try():
                self._plan_try(node, edits)
            case cst.IfExp(test=test) if self._truth(test) is not None:
                edits.rewrite(node, lambda updated: updated.body if self._truth(test) else updated.orelse)
            case cst.If(test=test, orelse=None) if self._is_about_answer(test) and self._leaves(node.body):
                if self._truth(test) is False and not isinstance(self._program.parents[node], cst.If):
                    edits.remove(node)

    # --- handlers --------------------------------------------------------------------------------

    def _plan_try(self, node: cst.Try, edits: Edits) -> None:
        is_parsed = any(
            isinstance(one, cst.Call) and self._is_document(one) for one in self._program.nodes_in(node.body)
        )
        going = [one for one in node.handlers if self._is_of_parsing(one) and self._may_go(node, one)]
        if not is_parsed or not going or self._program.is_inside(self._opening.request.call, node.body):
            return
        if len(going) == len(node.handlers) and node.orelse is None and node.finalbody is None:
            edits.unwrap(node)
        elif len(going) < len(node.handlers):
            kept = [index for index, one in enumerate(node.handlers) if one not in going]
            edits.rewrite(
                node, lambda updated: updated.with_changes(handlers=[updated.handlers[index] for index in kept])
            )

    def _is_of_parsing(self, handler: cst.ExceptHandler) -> bool:
        """Whether a handler is for a text that is no answer."""
        if handler.type is None or not self._leaves(handler.body):
            return False
        types = [one.value for one in handler.type.elements] if isinstance(handler.type, cst.Tuple) else [handler.type]
        values = [self._program.value(one) for one in types]
        return all(isinstance(one, Library) and one.name.rpartition(".")[2] in _OF_PARSING for one in values)

    def _may_go(self, node: cst.Try, handler: cst.ExceptHandler) -> bool:
        """Whether nothing else comes to a handler: the answer alone is read there, or it tells of the answer itself."""
        tells = any(self._is_of_answer(one) for one in self._program.nodes_in(handler.body))
        only = all(
            isinstance(one, cst.SimpleStatementLine)
            and any(self._is_of_answer(inner) for inner in self._program.nodes_in(one))
            for one in node.body.body
        )
        return tells or only

    # --- tests -----------------------------------------------------------------------------------

    def _truth(self, test: cst.BaseExpression) -> bool | None:
        """What a test of a good answer comes to; None where it is about something else as well."""
        match test:
            case cst.UnaryOperation(cst.Not(), inner):
                found = self._truth(inner)
                return None if found is None else not found
            case cst.BooleanOperation(left, operator, right):
                sides = (self._truth(left), self._truth(right))
                decisive = isinstance(operator, cst.Or)
                return decisive if decisive in sides else None if None in sides else not decisive
            case cst.Call(func, [cst.Arg(given), cst.Arg(kind)]) if self._is_library(func, "isinstance"):
                return self._is_of(given, kind)
            case cst.Call(cst.Attribute(owner, cst.Name("startswith")), [cst.Arg(beginning)]):
                return self._begins(owner, beginning)
            case cst.Comparison(cst.SimpleString() as key, [cst.ComparisonTarget(operator, right)]):
                is_there = key.evaluated_value in _READING and self._is_document(right)
                return isinstance(operator, cst.In) if is_there and isinstance(operator, cst.In | cst.NotIn) else None
            case cst.Comparison(left, [cst.ComparisonTarget(operator, cst.Name("None"))]):
                is_sought = isinstance(operator, cst.IsNot | cst.NotEqual)
                return is_sought if self._is_part(left) else None
        return True if self._is_part(test) else None

    def _is_library(self, function: cst.BaseExpression, name: str) -> bool:
        return self._program.value(function) == Library(f"builtins.{name}")

    def _is_of(self, given: cst.BaseExpression, kind: cst.BaseExpression) -> bool | None:
        """Whether a part of the answer is of a class, or of one of several; None where that is not known."""
        paths = self._paths(given)
        kinds = [one.value for one in kind.elements] if isinstance(kind, cst.Tuple) else [kind]
        names = [self._program.value(one) for one in kinds]
        if len(paths) != 1 or not all(isinstance(one, Library) for one in names):
            return None
        classes = [one.name for one in names if isinstance(one, Library)]
        own = _DOCUMENT_CLASSES if paths == {()} else _TEXT_CLASSES
        if any(one in own for one in classes):
            return True
        return False if all(one.startswith("builtins.") for one in classes) else None

    def _begins(self, owner: cst.BaseExpression, beginning: cst.BaseExpression) -> bool | None:
        """Whether the answer's address begins so; None where that is not known."""
        texts = [one.value for one in beginning.elements] if isinstance(beginning, cst.Tuple) else [beginning]
        known = [one.value for each in texts if isinstance(one := self._program.value(each), Known)]
        if self._paths(owner) != {("url",)} or len(known) != len(texts):
            return None
        return any(isinstance(one, str) and _SCHEME.startswith(one) for one in known)

    def _paths(self, node: cst.BaseExpression) -> set[tuple[Step, ...]]:
        """The places in the document that an expression is, if it is nothing else and no piece of one."""
        if not self._is_part(node):
            return set()
        return {one.path for one in alternatives(self._program.value(node)) if isinstance(one, Parsed)}

    def _is_about_answer(self, test: cst.BaseExpression) -> bool:
        """Whether a test looks into the form of the answer: what else is asked is asked of it by other rules."""
        return any(
            isinstance(one, cst.Call | cst.Comparison | cst.BooleanOperation) for one in self._program.nodes_in(test)
        )

    def _is_part(self, node: cst.BaseExpression) -> bool:
        """Whether an expression is the document, or its address or id."""
        if _is_slice(node):
            return False
        found = list(alternatives(self._program.value(node)))  # None among them is asked for with reason
        paths = ((), *((name,) for name in _READING))
        return bool(found) and all(
            isinstance(one, Parsed) and one.document == HttpResponse(self._opening.request.call) and one.path in paths
            for one in found
        )

    def _is_document(self, node: cst.BaseExpression) -> bool:
        found = [one for one in something(self._program.value(node)) if isinstance(one, Parsed)]
        return any(one.path == () and one.document == HttpResponse(self._opening.request.call) for one in found)

    def _is_of_answer(self, node: cst.CSTNode) -> bool:
        return isinstance(node, cst.BaseExpression) and any(
            isinstance(one, HttpResponse | ResponseField | Parsed) and gladia.is_answer_of(one, self._opening.request)
            for one in alternatives(self._program.value(node))
        )

    def _leaves(self, body: cst.BaseSuite) -> bool:
        """Whether a block leaves the function or the program, and opens nothing."""
        if any(self._program.is_inside(one.call, body) for one in self._opening.connects):
            return False
        last = body.body[-1] if body.body else None
        match last:
            case cst.SimpleStatementLine([*_, cst.Raise() | cst.Return()]):
                return True
            case cst.SimpleStatementLine([*_, cst.Expr(cst.Call(func))]):
                value = self._program.value(func)
                return isinstance(value, Library) and value.name in ENDING
        return False


def _is_slice(node: cst.BaseExpression) -> bool:
    """Whether an expression takes a piece of another, which may be empty where that is not."""
    return isinstance(node, cst.Subscript) and any(isinstance(one.slice, cst.Slice) for one in node.slice)


def _written(module: cst.Module, edits: Edits) -> Simpler:
    return simpler(module, edits)
