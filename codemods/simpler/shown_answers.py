"""What a program prints or logs of its POST as such: without it.

`log.info("answered %s", response.status_code)` tells of a request that is not made any more. What is told of a refusal
stays with what is done about that, and what is told of the session comes with the first message.
"""

from __future__ import annotations

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from codemods.analysis.program import Program
from codemods.analysis.values import HttpResponse, Library, ResponseField, alternatives
from codemods.edits import Edits
from codemods.findings import REQUEST_NOT_TOLD, Finding
from codemods.lines import later_lines
from codemods.rules.messages.showing import Showing
from codemods.simpler.written import Simpler, with_imports_in_order
from codemods.vendors import gladia
from codemods.vendors.gladia import Opening


def with_answers_not_shown(program: Program) -> dict[cst.Module, Simpler]:
    """The files of a program that tell of the answer to a session's POST, without what tells of it."""
    plans: dict[cst.Module, list[tuple[cst.SimpleStatementLine, cst.Call]]] = {}
    for opening in gladia.openings(program):
        told = _Told(program, opening)
        for node in program.nodes_in(program.scope_of(opening.request.call)):
            if isinstance(node, cst.SimpleStatementLine) and told.only_tells(node):
                plans.setdefault(program.module_of(node), []).append((node, opening.request.call))
    return {module: _written(module, told) for module, told in plans.items()}


class _Told:
    """Says which statements only tell of the answer to one POST."""

    def __init__(self, program: Program, opening: Opening) -> None:
        self._program = program
        self._request = opening.request
        self._block = self._block_of(program.statement_of(opening.request.call))
        self._showing = Showing(program)

    def only_tells(self, statement: cst.SimpleStatementLine) -> bool:
        """Whether a statement prints or logs the answer, its status or its text, whatever the answer was."""
        match statement.body:
            case [cst.Expr(cst.Call() as call)]:
                callees = alternatives(self._program.value(call.func))
                is_shown = all(self._showing.is_showing(call, one) for one in callees)
                is_always_met = self._block_of(statement) is self._block and not self._is_behind_test(statement)
                return is_shown and is_always_met and self._is_about_answer(call)
        return False

    def _is_behind_test(self, statement: cst.CSTNode) -> bool:
        """Whether the status was asked for already: what follows may be about a refusal alone."""
        while True:
            block = self._program.parents[statement]
            body = list(getattr(block, "body", ()))
            if any(self._asks(one) for one in body[: body.index(statement)] if isinstance(one, cst.If | cst.Match)):
                return True
            if block is self._block:
                return False
            statement = self._program.parents[block]

    def _asks(self, statement: cst.If | cst.Match) -> bool:
        asked = statement.test if isinstance(statement, cst.If) else statement.subject
        return any(self._is_of_answer(one) for one in self._program.nodes_in(asked))

    def _is_about_answer(self, call: cst.Call) -> bool:
        about = False
        for argument in call.args:
            for node in self._program.nodes_in(argument):
                if isinstance(node, cst.Await | cst.NamedExpr | cst.Yield) and not self._is_of_answer(node):
                    return False
                if isinstance(node, cst.Call) and not self._is_harmless(node):
                    return False
                value = self._program.value(node)
                if gladia.is_answer_of(value, self._request):
                    if not self._is_of_answer(node):
                        return False  # the document, or what stands in it
                    about = True
        return about

    def _is_of_answer(self, node: cst.CSTNode) -> bool:
        found = list(alternatives(self._program.value(node)))
        return bool(found) and all(
            isinstance(one, HttpResponse | ResponseField) and one.request is self._request.call for one in found
        )

    def _is_harmless(self, call: cst.Call) -> bool:
        """Whether a call only works out what is told."""
        if isinstance(self._program.value(call.func), Library):
            return True
        owner = call.func
        while isinstance(owner, cst.Attribute):
            owner = owner.value
            if self._is_of_answer(owner):
                return True  # `response.elapsed.total_seconds()`, `response.headers.get("server")`
        return False

    def _block_of(self, statement: cst.CSTNode) -> cst.CSTNode:
        """The block that a statement is always met in: out of the `with` and `try` around it."""
        block = self._program.parents[statement]
        around = self._program.parents.get(block)
        if isinstance(around, cst.With) or (isinstance(around, cst.Try) and around.body is block):
            return self._block_of(around)
        return block


def _written(module: cst.Module, told: list[tuple[cst.SimpleStatementLine, cst.Call]]) -> Simpler:
    """The module without these statements, each told at the request that it told of."""
    edits = Edits()
    for statement, _ in told:
        edits.remove(statement)
    new = edits.apply(module)
    code = with_imports_in_order(module, new)
    positions = MetadataWrapper(module, unsafe_skip_copy=True).resolve(PositionProvider)
    later = later_lines(module.code, code)
    findings = [
        Finding(REQUEST_NOT_TOLD, later(positions[request].start.line), module.code_for_node(statement).strip())
        for statement, request in told
    ]
    return Simpler(code, tuple(findings))
