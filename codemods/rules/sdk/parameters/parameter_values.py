"""The values of a session's parameters: what is constant in a program, and how conversions are written."""

from __future__ import annotations

from typing import Any, Final

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.values import DictDisplay, Known, LibraryObject, Sequence, Value
from codemods.vendors import assemblyai_sdk, gladia_sdk
from shim.mapping.row import ABSENT

NOT_CONSTANT: Final = object()
"""Stands for a value that only the running program knows."""


def constant_of(program: Program, value: Value) -> Any:
    """The value as a plain Python object, NOT_CONSTANT where any part is not known."""
    match assemblyai_sdk.enumerated(value):
        case Known(certain=False):
            return NOT_CONSTANT
        case Known(found):
            return ABSENT if found is None else found
        case Sequence(site, elements) if site not in program.changed_sequences:
            every = [constant_of(program, element) for element in elements]
            return NOT_CONSTANT if any(one is NOT_CONSTANT for one in every) else every
        case DictDisplay(site) if not program.dictionaries[site].changes:
            entries = program.dictionaries[site].entries
            if all(isinstance(entry.key, Known) for entry in entries):
                pairs = {str(getattr(entry.key, "value", "")): constant_of(program, entry.value) for entry in entries}
                return NOT_CONSTANT if any(one is NOT_CONSTANT for one in pairs.values()) else pairs
        case LibraryObject(made_by, site) if gladia_sdk.name_of(made_by) == gladia_sdk.VOCABULARY_ENTRY:
            fields = {argument.keyword.value: argument.value for argument in site.args if argument.keyword}
            term = constant_of(program, program.value(fields["value"])) if "value" in fields else NOT_CONSTANT
            return NOT_CONSTANT if term is NOT_CONSTANT else {"value": term}
    return NOT_CONSTANT


def each_of(source: str, count: int) -> list[str]:
    """The expression for each place that a conversion writes: one for all, or each its own."""
    tree = cst.parse_expression(source)
    if count > 1 and isinstance(tree, cst.Tuple) and not tree.lpar:
        return [cst.Module([]).code_for_node(one.value) for one in tree.elements]
    return [source] * count
