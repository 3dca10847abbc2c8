"""A vocabulary of Gladia's SDK that only the running program knows: a list, and the switch that says if it counts."""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from codemods.analysis.values import Known, LibraryObject
from codemods.migrating import Migrating
from codemods.rules.sdk.parameters.written_values import WrittenValues
from codemods.vendors import gladia_sdk
from shim.mapping import parameters
from shim.mapping.row import Vendor


def vocabulary_code(
    migrating: Migrating, values: WrittenValues, switch: cst.BaseExpression | None, words: cst.BaseExpression | None
) -> Callable[[], str] | None:
    """What gives the code of AssemblyAI's key terms once edits are made: None where the vocabulary is off.

    None where that cannot be said: entries may be objects of the SDK's own, which only their class could read.
    """
    program = migrating.program
    if switch is None or words is None or _has_entries_of_sdk(migrating):
        return None
    tests: list[cst.BaseExpression] = []
    given = [_unless_none(migrating, one, tests) for one in (switch, words)]
    switched, listed = given
    if isinstance(listed, cst.IfExp) or isinstance(switched, cst.IfExp):
        return None
    if program.value(switched) != Known(True):
        tests.append(_asked(switched))
    if not tests and values.may_be_none(listed, program.value(listed)):
        tests.append(listed)
    for node in (*tests, listed):
        values.watch(node)
    row = parameters.VOCABULARY
    source = row.way(Vendor.ASSEMBLYAI).conversion.source

    def code() -> str:
        asked = list(dict.fromkeys(_operand(values, one, len(tests)) for one in tests))
        text = values.converted(source, listed)
        return f"{text} if {' and '.join(asked)} else None" if asked else text

    return code


def _has_entries_of_sdk(migrating: Migrating) -> bool:
    """Whether the program makes entries of the SDK's class, with intensities of their own."""
    values = migrating.program.values.values()
    return any(
        isinstance(one, LibraryObject) and gladia_sdk.name_of(one.made_by) == gladia_sdk.VOCABULARY_ENTRY
        for one in values
    )


def _unless_none(migrating: Migrating, node: cst.BaseExpression, tests: list[cst.BaseExpression]) -> cst.BaseExpression:
    """What is given where something is, with the tests of that put into `tests`."""
    while isinstance(node, cst.IfExp) and migrating.program.value(node.orelse) == Known(None):
        tests.append(node.test)
        node = node.body
    return node


def _asked(switch: cst.BaseExpression) -> cst.BaseExpression:
    """What a switch asks: `bool(words)` asks for what `words` does."""
    match switch:
        case cst.Call(cst.Name("bool"), [cst.Arg(asked)]):
            return asked
    return switch


def _operand(values: WrittenValues, node: cst.BaseExpression, how_many: int) -> str:
    text = values.code(node)
    is_loose = isinstance(node, (cst.BooleanOperation, cst.IfExp)) and not node.lpar
    return f"({text})" if is_loose and how_many > 1 else text
