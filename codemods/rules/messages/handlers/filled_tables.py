"""Tables of handlers that the program fills as it runs: `HANDLERS["transcript"] = show`, `@on("transcript")`."""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst

from codemods.analysis.dictionaries import Dictionary, Entry
from codemods.analysis.program import Program
from codemods.analysis.values import Class, Function, Instance, Member, something


@dataclass(frozen=True, slots=True)
class Filled:
    """One place where a table gets a handler for a type: the type's name, and what puts it there.

    `by` is the statement, or the function under the decorator.
    """

    literal: cst.SimpleString
    by: cst.CSTNode


def filled_at(program: Program, table: Dictionary) -> list[Filled] | None:
    """The places that fill a table; None where the type of one is not written out."""
    found: list[Filled] = []
    for change in table.history.values():
        if change.gap or change.removed is not None or change.weak:
            return None
        for entry in change.entries:
            places = _places(program, entry)
            if places is None:
                return None
            found.extend(places)
    return found


def _places(program: Program, entry: Entry) -> list[Filled] | None:
    match entry.node:
        case cst.Subscript(_, [cst.SubscriptElement(cst.Index(cst.SimpleString() as literal))]):
            return [Filled(literal, program.statement_of(entry.node))]
        case cst.Subscript(_, [cst.SubscriptElement(cst.Index(cst.Name() as name))]):
            parameters = [one.node for one in program.reaching.get(name, ())]
            if len(parameters) == 1 and isinstance(parameters[0], cst.Param):
                return _of_calls(program, parameters[0])
    return None


def _of_calls(program: Program, parameter: cst.Param) -> list[Filled] | None:
    """What the calls of a function give one of its parameters."""
    function = program.scope_of(parameter)
    if not isinstance(function, cst.FunctionDef):
        return None
    at = [one.name.value for one in function.params.params].index(parameter.name.value)
    found: list[Filled] = []
    for call in list(program.values):
        if not isinstance(call, cst.Call):
            continue
        bound = _calls(program, call, function)
        if bound is None:
            continue
        given = [
            one.value for one in call.args if one.keyword is not None and one.keyword.value == parameter.name.value
        ]
        given += [one.value for index, one in enumerate(call.args) if one.keyword is None and index == at - bound]
        if len(given) != 1 or not isinstance(given[0], cst.SimpleString):
            return None
        holder = program.parents[call]
        by = program.parents[holder] if isinstance(holder, cst.Decorator) else program.statement_of(call)
        found.append(Filled(given[0], by))
    return found


def _calls(program: Program, call: cst.Call, function: cst.FunctionDef) -> int | None:
    """How many parameters a call leaves to Python, if it calls the function; None for another call."""
    for one in something(program.value(call.func)):
        match one:
            case Function(node) if node is function:
                return 0
            case Member(Instance(definition) | Class(definition), name) if name == function.name.value:
                if program.is_inside(function, definition):
                    return 1
    return None
