"""Parts of a configuration that are there from the first, where the program makes them when they are first needed.

`config.setdefault("realtime_processing", {})["sentiment_analysis"] = True` gives a part that may be there already. An
empty part asks for nothing, so it may as well always be there, and the entry is stored into it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.values import DictDisplay, JsonText, Known, Value
from codemods.edits import Edits
from codemods.simpler.written import Simpler
from codemods.vendors import gladia

_METHOD: Final = "setdefault"


def with_default_parts(program: Program) -> dict[cst.Module, Simpler]:
    """The files of a program that makes parts of a session's body when needed: all are there from the first."""
    plans: dict[cst.Module, Edits] = {}
    for display in dict.fromkeys(_displays(program)):
        calls = list(_calls(program, display))
        if not calls:
            continue
        edits = plans.setdefault(program.module_of(display), Edits())
        named = {_text(program, one.key) for one in display.elements if isinstance(one, cst.DictElement)}
        missing: dict[str, cst.BaseExpression] = {}
        for call, owner in calls:
            key = call.args[0].value
            edits.replace(call, cst.Subscript(owner, [cst.SubscriptElement(cst.Index(key))]))
            name = _text(program, key)
            if name is not None and name not in named:
                missing.setdefault(name, key)
        _add(display, [cst.DictElement(key, cst.Dict([])) for key in missing.values()], edits)
    return {module: Simpler(edits.apply(module).code, ()) for module, edits in plans.items() if edits}


def _displays(program: Program) -> Iterator[cst.Dict]:
    """The displays of the sessions' bodies."""
    for opening in gladia.openings(program):
        value: Value = program.value(opening.request.json or opening.request.data or opening.request.call)
        value = value.of if isinstance(value, JsonText) else value
        if isinstance(value, DictDisplay) and isinstance(value.site, cst.Dict):
            yield value.site


def _calls(program: Program, display: cst.Dict) -> Iterator[tuple[cst.Call, cst.BaseExpression]]:
    """The calls into which an entry is stored, each with what stands for the dictionary of a display there."""
    for node in program.nodes_in(program.module_of(display)):
        match node:
            case cst.AssignTarget(
                cst.Subscript(
                    cst.Call(
                        cst.Attribute(owner, cst.Name(method)), [cst.Arg(key, None), cst.Arg(cst.Dict([]), None)]
                    ) as call
                )
            ) if method == _METHOD and program.value(owner) == DictDisplay(display):
                if _text(program, key) is not None:
                    yield call, owner


def _text(program: Program, key: cst.BaseExpression) -> str | None:
    match program.value(key):
        case Known(str() as text, certain=True):
            return text
    return None


def _add(display: cst.Dict, elements: list[cst.DictElement], edits: Edits) -> None:
    if elements:
        edits.rewrite(display, lambda updated: updated.with_changes(elements=[*updated.elements, *elements]))
