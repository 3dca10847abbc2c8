"""`keyterms_prompt=words or None` for AssemblyAI, as the choice that it is: `words if words else None`."""

from __future__ import annotations

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.values import Known, LibraryObject
from codemods.edits import Edits
from codemods.simpler.written import Simpler, simpler
from codemods.vendors import assemblyai_sdk


def with_words_or_none(program: Program) -> dict[cst.Module, Simpler]:
    """The files of a program in which a parameter is something or None, with that as a conditional expression."""
    plans: dict[cst.Module, Edits] = {}
    for node, value in program.values.items():
        if not isinstance(node, cst.Call) or not isinstance(value, LibraryObject) or value.site is not node:
            continue
        if assemblyai_sdk.name_of(value.made_by) != assemblyai_sdk.PARAMETERS:
            continue
        for argument in node.args:
            match argument.value:
                case cst.BooleanOperation(cst.Name() | cst.Attribute() as given, cst.Or(), nothing):
                    if program.value(nothing) == Known(None):
                        edits = plans.setdefault(program.module_of(node), Edits())
                        edits.replace(argument.value, cst.IfExp(given, given, nothing))
    return {module: simpler(module, edits) for module, edits in plans.items()}
