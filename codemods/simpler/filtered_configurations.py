"""A configuration out of which a comprehension takes what is None, filled by tests instead.

`{k: v for k, v in config.items() if v is not None}` leaves out what was not asked for; so does a configuration that is
given each of these only `if … is not None`, and there it can be seen what is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.values import UNKNOWN, DictDisplay, JsonText, Known, Value, alternatives
from codemods.edits import Edits, Statement, expression
from codemods.rules.configuration.dictionary_layout import comments_in, spread
from codemods.simpler.written import Simpler
from codemods.vendors import gladia

_NAMES = ("config", "session_config", "live_config", "configuration")


def with_filters_written(program: Program) -> dict[cst.Module, Simpler]:
    """The files of a program in which a session's body is filtered so, with tests for what may be None."""
    plans: dict[cst.Module, Edits] = {}
    for opening in gladia.openings(program):
        body = opening.request.json or opening.request.data
        value = program.value(body) if body is not None else None
        value = value.of if isinstance(value, JsonText) else value
        for comprehension, site in program.filtered.items():
            if not isinstance(value, DictDisplay) or value.site is not site or not isinstance(site, cst.Dict):
                continue
            found = _filter_of(program, comprehension, site)
            if found is not None:
                found.plan(plans.setdefault(program.module_of(site), Edits()))
    return {module: Simpler(edits.apply(module).code, ()) for module, edits in plans.items() if edits}


@dataclass(frozen=True, slots=True, eq=False)
class _Filter:
    """One comprehension, the display that it takes from, and the name that this has, if it has one."""

    comprehension: cst.DictComp
    display: cst.Dict
    made: cst.SimpleStatementLine
    """The statement that gives the display its name; that of the comprehension where it has none."""
    name: cst.Name
    is_named: bool
    again: cst.SimpleStatementLine | None
    """The statement by which what is left gets the name that everything had."""
    optional: tuple[cst.DictElement, ...]
    indent: str

    def plan(self, edits: Edits) -> None:
        """Plans the edits."""
        optional = self.optional
        kept = [one for one in self.display.elements if one not in optional]
        if kept:
            kept[-1] = kept[-1].with_changes(comma=self.display.elements[-1].comma)
        display = self.display.with_changes(elements=kept)
        tests = [self._test(one) for one in optional]
        if not self.is_named:
            if not comments_in(display):
                plain = cst.RightCurlyBrace(cst.SimpleWhitespace(""))
                display = spread(display, 1, self.indent).with_changes(rbrace=plain)
            first = cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(self.name)], display)])
            edits.insert_before(self.made, lambda: [first, *tests])
            edits.replace(self.comprehension, self.name)
            return
        edits.replace(self.display, display)
        if tests:
            edits.insert_after(self.made, lambda: [*tests])
        if self.again is not None:
            edits.remove(self.again)
        else:
            edits.replace(self.comprehension, self.name)

    def _test(self, entry: cst.DictElement) -> Statement:
        """`if value is not None: config[key] = value`."""
        store = expression("config[key]", config=self.name, key=entry.key)
        assert isinstance(store, cst.BaseAssignTargetExpression)
        body = cst.IndentedBlock(
            [cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(store)], entry.value)])],
        )
        return cst.If(expression("value is not None", value=entry.value), body)


def _filter_of(program: Program, comprehension: cst.DictComp, display: cst.Dict) -> _Filter | None:
    if not _leaves_none_out(comprehension):
        return None
    entries = [one for one in display.elements if isinstance(one, cst.DictElement)]
    if len(entries) != len(display.elements):
        return None
    optional = tuple(one for one in entries if _may_be_none(program.value(one.value)))
    if not all(isinstance(one.value, (cst.Name, cst.Attribute)) for one in optional):
        return None
    owner = _owner(comprehension)
    statement = program.statement_of(comprehension)
    if owner is display and isinstance(statement, cst.SimpleStatementLine):
        nodes = (one for module in program.modules for one in program.nodes_in(module))
        taken = {one.value for one in nodes if isinstance(one, cst.Name)}
        name = cst.Name(next((one for one in _NAMES if one not in taken), "gladia_config"))
        indent = program.module_of(display).default_indent
        return _Filter(comprehension, display, statement, name, False, None, optional, indent)
    return _of_name(program, comprehension, display, owner, optional)


def _of_name(
    program: Program,
    comprehension: cst.DictComp,
    display: cst.Dict,
    owner: cst.BaseExpression | None,
    optional: tuple[cst.DictElement, ...],
) -> _Filter | None:
    definitions = program.definitions_of(owner) if isinstance(owner, cst.Name) else []
    if len(definitions) != 1 or definitions[0].expression is not display or not isinstance(owner, cst.Name):
        return None
    made = definitions[0].statement
    if not isinstance(made, cst.SimpleStatementLine) or len(made.body) != 1 or len(definitions[0].uses) != 1:
        return None
    taking = program.statement_of(comprehension)
    if program.scope_of(made) is not program.scope_of(taking):
        return None
    again = None
    match taking:
        case cst.SimpleStatementLine(
            [cst.Assign([cst.AssignTarget(cst.Name(name))], value)] | [cst.AnnAssign(cst.Name(name), _, value)]
        ) if name == owner.value and value is comprehension:
            again = taking
    return _Filter(comprehension, display, made, cst.Name(owner.value), True, again, optional, "")


def _owner(comprehension: cst.DictComp) -> cst.BaseExpression | None:
    """The dictionary whose items a comprehension takes."""
    match comprehension.for_in.iter:
        case cst.Call(cst.Attribute(owner, cst.Name("items"))):
            return owner
    return None


def _leaves_none_out(comprehension: cst.DictComp) -> bool:
    """Whether a comprehension keeps all but what is None."""
    match comprehension.for_in.ifs, comprehension.value:
        case (
            [cst.CompIf(cst.Comparison(cst.Name(tested), [cst.ComparisonTarget(cst.IsNot(), cst.Name("None"))]))],
            cst.Name(value),
        ):
            return tested == value
    return False


def _may_be_none(value: Value) -> bool:
    found = list(alternatives(value))
    return Known(None) in found or UNKNOWN in found
