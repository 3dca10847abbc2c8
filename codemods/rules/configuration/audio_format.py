"""The format of the audio where only the running program knows it: its encoding, its bits, its channels.

AssemblyAI takes less than Gladia does. What is none of it has to fail where it is given: audio that is misunderstood
gives a wrong transcript without a word.
"""

from __future__ import annotations

from typing import Any

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.values import Known, alternatives
from codemods.edits import Statement, statements
from codemods.findings import FAILS_FOR_OTHERS, PARAMETER_DIFFERS
from codemods.migrating import Migrating
from codemods.rules.configuration.run_time_parameters import is_by_default, leave_out
from shim.mapping import parameters
from shim.mapping.row import ABSENT


def encoding_of_depth(
    migrating: Migrating, encoding: cst.BaseExpression | None, known_encoding: Any, depth: cst.BaseExpression
) -> cst.BaseExpression | None:
    """AssemblyAI's encoding where only the running program knows how many bits a sample has.

    `encoding` is Gladia's, if it is given, `known_encoding` its value (ABSENT if it is not given), None where that is
    not known either. What comes back is looked up by the bits; None where the bits decide nothing.
    """
    if known_encoding is not None and not _is_pcm(known_encoding):
        return None
    if known_encoding is None and encoding is not None:
        found = _looked_up(parameters.ENCODING_OF_BOTH, encoding, depth)
        if _are_chosen_together(migrating.program, encoding, depth):
            return None if _take_away(migrating, depth) else found
    else:
        found = _looked_up(parameters.ENCODING_OF_DEPTH.source, depth)
    bits = parameters.BIT_DEPTH
    kind = PARAMETER_DIFFERS if is_by_default(migrating, depth, bits) else FAILS_FOR_OTHERS
    text = f"AssemblyAI takes {bits}-bit PCM; other bits end in a KeyError here"
    migrating.report(kind, depth, f"`{parameters.ENCODING.gladia[1]}` {migrating.code(depth)}: {text}")
    return found


def _is_pcm(encoding: Any) -> bool:
    """Whether the bits of an encoding of Gladia's decide what it is at AssemblyAI."""
    convert = parameters.ENCODING.over_assemblyai.conversion.live
    return not parameters.needs_transcoding(encoding, ABSENT) and convert(encoding, ABSENT) == convert(ABSENT, ABSENT)


def _take_away(migrating: Migrating, depth: cst.BaseExpression) -> bool:
    """Plans that lines go which give a variable the bits, for nothing else; False where others would be left idle."""
    if not isinstance(depth, cst.Name):
        return True
    definitions = migrating.program.definitions_of(depth)
    statements_of = [one.statement for one in definitions if one.expression is not None and one.uses == [depth]]
    alone = [one for one in statements_of if isinstance(one, cst.SimpleStatementLine) and len(one.body) == 1]
    if len(alone) != len(definitions):
        return False
    for one in alone:
        migrating.at(one).edits.remove(one)
    return True


def _looked_up(source: str, *keys: cst.BaseExpression) -> cst.BaseExpression:
    """A lookup of the map's by other keys: `{…}[value]` by one, `{…}[value, depth]` by two."""
    template = cst.parse_expression(source)
    assert isinstance(template, cst.Subscript)
    return template.with_changes(slice=[cst.SubscriptElement(cst.Index(one)) for one in keys])


def _are_chosen_together(program: Program, encoding: cst.BaseExpression, depth: cst.BaseExpression) -> bool:
    """Whether each encoding comes with bits of its own that AssemblyAI takes: the encoding alone decides then."""
    pairs = _pairs(program, encoding, depth)
    return bool(pairs) and not any(parameters.needs_transcoding(*one) for one in pairs or ())


def _pairs(program: Program, first: cst.BaseExpression, second: cst.BaseExpression) -> list[tuple[Any, Any]] | None:
    """The constants that two expressions are at the same time; None where that is not known."""
    if isinstance(first, cst.IfExp) and isinstance(second, cst.IfExp) and first.test.deep_equals(second.test):
        sides = [_pairs(program, *one) for one in ((first.body, second.body), (first.orelse, second.orelse))]
        return None if sides[0] is None or sides[1] is None else sides[0] + sides[1]
    blocks = [_by_block(program, one) for one in (first, second)]
    if blocks[0] is not None and blocks[1] is not None:
        if blocks[0].keys() != blocks[1].keys():
            return None
        return [(value, blocks[1][block]) for block, value in blocks[0].items()]
    one, other = program.value(first), program.value(second)
    if isinstance(one, Known) and one.certain and isinstance(other, Known) and other.certain:
        return [(one.value, other.value)]
    return None


def _by_block(program: Program, node: cst.BaseExpression) -> dict[cst.CSTNode, Any] | None:
    """The constant that a name gets in each block which gives it one; None where there is but one, or another value."""
    found: dict[cst.CSTNode, Any] = {}
    for definition in program.reaching.get(node, ()) if isinstance(node, cst.Name) else ():
        block = program.parents.get(definition.statement) if definition.statement is not None else None
        if block is None or block in found or not isinstance(definition.value, Known) or not definition.value.certain:
            return None
        found[block] = definition.value.value
    return found if len(found) > 1 else None


def check_channels(migrating: Migrating, name: str, node: cst.BaseExpression) -> None:
    """Plans a test of Gladia's number of channels, which only the running program knows; says so where none stands."""
    if _plan_test(migrating, node):
        kind = PARAMETER_DIFFERS if is_by_default(migrating, node, 1) else FAILS_FOR_OTHERS
        text = f"`{name}` {migrating.code(node)}: AssemblyAI takes one channel; more end in a ValueError here"
        migrating.report(kind, node, text)
    elif is_by_default(migrating, node, 1):
        text = f"`{name}`: one, as long as no caller gives more: {parameters.CHANNELS.over_assemblyai.reason}"
        migrating.report(PARAMETER_DIFFERS, node, text)
    else:
        leave_out(migrating, parameters.CHANNELS, name, node)


def _plan_test(migrating: Migrating, node: cst.BaseExpression) -> bool:
    """Plans that a test of the channels stands before the statement that gives them; False where it has no place."""
    program, edits = migrating.program, migrating.at(node).edits
    statement = program.statement_of(node)
    if not isinstance(statement, (cst.SimpleStatementLine, cst.With)):
        return False
    if not isinstance(program.parents.get(statement), (cst.IndentedBlock, cst.Module)):
        return False
    around: cst.CSTNode = node
    while around is not statement:
        if isinstance(around, (cst.Lambda, cst.BaseComp, cst.IfExp, cst.BooleanOperation, cst.IndentedBlock)):
            return False  # it may not be asked for at all, or more than once
        around = program.parents[around]
    is_other = "not in (None, 1)" if Known(None) in alternatives(program.value(node)) else "!= 1"
    quote = migrating.quote_at(node)

    def test() -> list[Statement]:
        code = f"if channels {is_other}:\n    raise ValueError({quote}AssemblyAI takes one channel{quote})\n"
        return statements(code, channels=edits.edited(node))

    edits.add_before(statement, test)
    return True
