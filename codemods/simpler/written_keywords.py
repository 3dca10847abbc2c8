"""Options that a function takes as `**options`, written as the parameters that its callers give.

`def build(**overrides)` says nothing of what is asked for; where all that call it give the same few by name,
`def build(*, endpointing, sample_rate)` does, and each use of the options as a whole is a display of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import libcst as cst

from codemods.analysis.arguments import Arguments
from codemods.analysis.program import Program
from codemods.analysis.values import DictDisplay, Function, JsonText, Member, alternatives
from codemods.edits import Edits
from codemods.rules.names.elsewhere import calls_of
from codemods.simpler.inlined_posts import is_only_called
from codemods.simpler.query_pieces import made_of
from codemods.simpler.written import Simpler
from codemods.vendors import assemblyai_sessions as sessions
from codemods.vendors import gladia
from codemods.vendors.gladia import Opening


def with_keywords_written(program: Program) -> dict[cst.Module, Simpler]:
    """The files of a program in which a session's body is made of such options, with these as parameters."""
    plans: dict[cst.Module, Edits] = {}
    for opening in gladia.openings(program):
        for function in dict.fromkeys(_functions(program, opening)):
            if isinstance(function.params.star_kwarg, cst.Param):
                _plan(program, function, plans.setdefault(program.module_of(function), Edits()))
    return {module: Simpler(edits.apply(module).code, ()) for module, edits in plans.items() if edits}


def with_query_keywords_written(program: Program) -> dict[cst.Module, Simpler]:
    """The same for what an AssemblyAI session's query is made of."""
    plans: dict[cst.Module, Edits] = {}
    seen: set[cst.CSTNode] = set()
    for opening in (one for edition in (sessions.V3, sessions.V2) for one in sessions.openings(program, edition)):
        for node in made_of(program, opening.url):
            function = program.scope_of(node) if isinstance(node, cst.Call) else None
            if not isinstance(function, cst.FunctionDef) or function in seen:
                continue
            seen.add(function)
            if isinstance(function.params.star_kwarg, cst.Param):
                _plan(program, function, plans.setdefault(program.module_of(function), Edits()))
    return {module: Simpler(edits.apply(module).code, ()) for module, edits in plans.items() if edits}


def _functions(program: Program, opening: Opening) -> Iterator[cst.FunctionDef]:
    """The functions in which a session's body is made or changed, and that of its POST."""
    body = opening.request.json or opening.request.data
    value = program.value(body) if body is not None else None
    value = value.of if isinstance(value, JsonText) else value
    places: list[cst.CSTNode] = [opening.request.call]
    if isinstance(value, DictDisplay):
        places.extend([value.site, *program.dictionaries[value.site].changes])
    for place in places:
        scope = program.scope_of(place)
        if isinstance(scope, cst.FunctionDef):
            yield scope


def _plan(program: Program, function: cst.FunctionDef, edits: Edits) -> None:
    parameter = function.params.star_kwarg
    names = _given(program, function)
    definitions = [one for one in program.definitions() if one.node is parameter]
    if not isinstance(parameter, cst.Param) or not names or len(definitions) != 1:
        return
    uses = definitions[0].uses
    if set(names) & (_read(program, function) | _bound(program, function)) or _is_changed_by_others(program, uses):
        return
    if not all(isinstance(use, cst.Name) and _can_be_written(program, use) for use in uses):
        return
    for use in uses:
        _write(program, use, names, edits)
    edits.rewrite(function.params, lambda updated: _with_parameters(updated, names))


def _given(program: Program, function: cst.FunctionDef) -> list[str]:
    """The names that every call of a function gives beside its own parameters; empty where they are not the same."""
    calls = calls_of(program, function)
    if not calls or not is_only_called(program, function, calls, imported=True):
        return []
    plain = [*function.params.posonly_params, *function.params.params, *function.params.kwonly_params]
    own = {one.name.value for one in plain}
    found = [[name for name in Arguments.of(call).keywords if name not in own] for call in calls]
    is_known = all(Arguments.of(call).complete for call in calls)
    return found[0] if is_known and all(set(one) == set(found[0]) for one in found) else []


def _read(program: Program, function: cst.FunctionDef) -> set[str]:
    """The names that a function, or one inside of it, reads: a parameter of one of these would be another thing."""
    return {
        one.value
        for one in program.nodes_in(function.body)
        if isinstance(one, cst.Name)
        and not (isinstance(parent := program.parents[one], cst.Attribute) and parent.attr is one)
        and not (isinstance(parent, cst.Arg) and parent.keyword is one)
    }


def _is_changed_by_others(program: Program, uses: Sequence[cst.CSTNode]) -> bool:
    """Whether options may be changed under another name, or by a function, and read again after that."""
    if len(uses) < 2:
        return False
    return any(
        isinstance(parent, cst.Assign | cst.AnnAssign)
        or (
            isinstance(parent, cst.Arg)
            and not parent.star
            and isinstance(call := program.parents[parent], cst.Call)
            and any(isinstance(one, Function | Member) for one in alternatives(program.value(call.func)))
        )
        for parent in (program.parents[use] for use in uses)
    )


def _bound(program: Program, function: cst.FunctionDef) -> set[str]:
    """The names that a function gives values of its own."""
    return set(program.scopes[function].definitions)


def _can_be_written(program: Program, use: cst.Name) -> bool:
    """Whether options are only read as a whole: handed on, taken over, asked whether there are any."""
    parent = program.parents[use]
    match parent:
        case cst.If(test, orelse=None) if test is use and isinstance(parent.body, cst.IndentedBlock):
            return True
        case cst.Arg() | cst.StarredDictElement() | cst.DictElement() | cst.Return():
            return True
        case cst.Assign(value=value) | cst.AnnAssign(value=value):
            return value is use
        case cst.BinaryOperation(operator=cst.BitOr()):
            return True
        case cst.AugAssign(operator=cst.BitOrAssign(), value=value):
            return value is use
    return False


def _write(program: Program, use: cst.Name, names: Sequence[str], edits: Edits) -> None:
    parent = program.parents[use]
    around = program.parents[parent]
    display = _displayed(names)
    match parent:
        case cst.If():
            edits.unwrap(parent)  # there always are some
        case cst.Arg(star="**") if isinstance(around, cst.Call):
            edits.rewrite_further(around, lambda updated: _with_keywords(updated, use.value, names))
        case cst.StarredDictElement():
            edits.rewrite_further(around, lambda updated: _with_entries(updated, use.value, display))
        case _:
            edits.replace(use, display)


def _displayed(names: Sequence[str]) -> cst.Dict:
    return cst.Dict([cst.DictElement(cst.SimpleString(f'"{name}"'), cst.Name(name)) for name in names])


def _with_keywords(updated: Any, options: str, names: Sequence[str]) -> Any:
    """The call with the options by name in the place of `**options`."""
    given: list[cst.Arg] = []
    equal = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
    for one in updated.args:
        if one.star == "**" and isinstance(one.value, cst.Name) and one.value.value == options:
            found = [cst.Arg(cst.Name(name), cst.Name(name), equal) for name in names]
            found[-1] = found[-1].with_changes(comma=one.comma, whitespace_after_arg=one.whitespace_after_arg)
            given.extend(found)
        else:
            given.append(one)
    return updated.with_changes(args=given)


def _with_entries(updated: Any, options: str, display: cst.Dict) -> Any:
    """The display with the options' entries in the place of `**options`."""
    elements: list[cst.BaseDictElement] = []
    for one in updated.elements:
        if isinstance(one, cst.StarredDictElement) and isinstance(one.value, cst.Name) and one.value.value == options:
            found = list(display.elements)
            found[-1] = found[-1].with_changes(comma=one.comma)
            elements.extend(found)
        else:
            elements.append(one)
    return updated.with_changes(elements=elements)


def _with_parameters(updated: Any, names: Sequence[str]) -> Any:
    own = [*updated.kwonly_params, *(cst.Param(cst.Name(name)) for name in names)]
    is_starred = isinstance(updated.star_arg, (cst.Param, cst.ParamStar))
    star = updated.star_arg if is_starred else cst.ParamStar()
    params = list(updated.params)
    return updated.with_changes(params=params, star_arg=star, kwonly_params=own, star_kwarg=None)
