"""Parameters that are only set where something holds, as parameters that are None where it does not.

`if terms: params.keyterms_prompt = terms` does what `params.keyterms_prompt = terms if terms else None` does: a
parameter of AssemblyAI's SDK that is None is not given. So what is made by decisions can be read as one configuration.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.values import DictDisplay, Known, LibraryObject, Value
from codemods.edits import Edits, Statement
from codemods.simpler.written import Simpler
from codemods.vendors import assemblyai_sdk

_DECIDING = (
    *(cst.Name, cst.Attribute, cst.Comparison, cst.ComparisonTarget, cst.BooleanOperation, cst.UnaryOperation),
    *(cst.SimpleString, cst.Integer, cst.Float),
)


def with_chosen_parameters(program: Program) -> dict[cst.Module, Simpler]:
    """The files of a program in which parameters are set by decisions, as they are with the decisions in the values."""
    sites = _configurations(program)
    edits: dict[cst.Module, Edits] = {}
    for module in program.modules if sites else ():
        for node in program.nodes_in(module):
            if isinstance(node, cst.If) and not isinstance(program.parents.get(node), cst.If):
                steps = _Choice(program, node, sites).steps()
                if steps:
                    planned = edits.setdefault(module, Edits())
                    planned.insert_after(node, lambda steps=steps: steps)  # type: ignore[misc]
                    planned.remove(node)
    return {module: Simpler(planned.apply(module).code, ()) for module, planned in edits.items()}


def _configurations(program: Program) -> dict[cst.CSTNode, set[str]]:
    """What parameters are made of, by the place that makes it: the objects and the dictionaries that they unpack.

    With each are the names that it is made with.
    """
    found: dict[cst.CSTNode, set[str]] = {}
    for node, value in program.values.items():
        if not isinstance(node, cst.Call) or not isinstance(value, LibraryObject) or value.site is not node:
            continue
        if assemblyai_sdk.name_of(value.made_by) != assemblyai_sdk.PARAMETERS:
            continue
        found[node] = {one.keyword.value for one in node.args if one.keyword is not None}
        for argument in node.args:
            unpacked = program.value(argument.value) if argument.star == "**" else None
            if isinstance(unpacked, DictDisplay) and unpacked.site in program.dictionaries:
                entries = program.dictionaries[unpacked.site].entries
                keys = [one.key.value for one in entries if isinstance(one.key, Known)]
                found[unpacked.site] = {one for one in keys if isinstance(one, str)}
    return found


@dataclass(frozen=True, slots=True)
class _Step:
    """One parameter that a branch sets: what is assigned to, and what."""

    target: cst.BaseAssignTargetExpression
    value: cst.BaseExpression


class _Choice:
    """One `if`, with its branches."""

    def __init__(self, program: Program, node: cst.If, sites: dict[cst.CSTNode, set[str]]) -> None:
        self._program = program
        self._node = node
        self._sites = sites
        self._site: cst.CSTNode | None = None

    def steps(self) -> list[Statement]:
        """The statements that stand for the `if`, one for each parameter; none where it does more than set some."""
        branches = self._branches()
        names = list(dict.fromkeys(name for _, steps in branches or () for name in steps))
        if branches is None or not names or self._site is None:
            return []
        if not self._is_beside() or any(self._is_set_before(name) for name in names):
            return []
        return [self._statement(name, branches) for name in names]

    # --- reading ---------------------------------------------------------------------------------

    def _branches(self) -> list[tuple[cst.BaseExpression | None, dict[str, _Step]]] | None:
        """The tests, None for the last `else`, and what is set where each holds; None where more is done."""
        found: list[tuple[cst.BaseExpression | None, dict[str, _Step]]] = []
        current: cst.If | cst.Else | None = self._node
        while current is not None:
            steps = self._set_in(current.body)
            test = current.test if isinstance(current, cst.If) else None
            if steps is None or (test is not None and not self._only_asks(test)):
                return None
            found.append((test, steps))
            current = current.orelse if isinstance(current, cst.If) else None
        return found

    def _only_asks(self, test: cst.BaseExpression) -> bool:
        inside = [one for one in self._program.nodes_in(test) if isinstance(one, cst.BaseExpression)]
        return all(isinstance(one, _DECIDING) for one in inside)

    def _set_in(self, block: cst.BaseSuite) -> dict[str, _Step] | None:
        found: dict[str, _Step] = {}
        statements: Sequence[cst.CSTNode] = block.body
        for statement in statements:
            match statement:
                case cst.SimpleStatementLine([cst.Pass()]):
                    continue
                case cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(target)], value)]):
                    name = self._parameter(target)
                    if name is None or name in found:
                        return None
                    found[name] = _Step(target, value)
                case _:
                    return None
        return found

    def _parameter(self, target: cst.BaseAssignTargetExpression) -> str | None:
        """The parameter that `params.x` or `config["x"]` is, of the one configuration that the whole `if` is about."""
        name: object = None
        match target:
            case cst.Attribute(cst.Name() as owner, cst.Name(name)):
                pass
            case cst.Subscript(cst.Name() as owner, [cst.SubscriptElement(cst.Index(cst.SimpleString() as key))]):
                name = key.evaluated_value
            case _:
                return None
        value: Value = self._program.value(owner)
        site = value.site if isinstance(value, (LibraryObject, DictDisplay)) else None
        if site not in self._sites or (self._site is not None and site is not self._site):
            return None
        self._site = site
        return name if isinstance(name, str) else None

    def _is_beside(self) -> bool:
        """Whether the configuration is made in the block that the `if` stands in, so that nothing else decides."""
        program = self._program
        assert self._site is not None
        return program.parents.get(program.statement_of(self._site)) is program.parents.get(self._node)

    def _is_set_before(self, name: str) -> bool:
        """Whether the parameter has another value where nothing is chosen."""
        assert self._site is not None
        if name in self._sites[self._site]:
            return True
        return any(
            isinstance(one, cst.AssignTarget)
            and not self._program.is_inside(one, self._node)
            and self._parameter(one.target) == name
            for one in self._program.nodes_in(self._program.scope_of(self._node))
        )

    # --- writing ---------------------------------------------------------------------------------

    def _statement(self, name: str, branches: list[tuple[cst.BaseExpression | None, dict[str, _Step]]]) -> Statement:
        value: cst.BaseExpression = cst.Name("None")
        target: cst.BaseAssignTargetExpression | None = None
        for test, steps in reversed(branches):
            step = steps.get(name)
            target = step.target if step is not None else target
            chosen = step.value if step is not None else cst.Name("None")
            if test is None:
                value = chosen
            elif not (isinstance(chosen, cst.Name) and chosen.value == "None" and chosen.deep_equals(value)):
                value = cst.IfExp(test, _operand(chosen), _operand(value))
        assert target is not None
        return cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(target)], value)])


def _operand(node: cst.BaseExpression) -> cst.BaseExpression:
    """An expression as a part of a conditional one."""
    if isinstance(node, (cst.IfExp, cst.Lambda, cst.NamedExpr)) and not node.lpar:
        return node.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    return node
