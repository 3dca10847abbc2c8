"""Dictionaries made of an object's fields, such as `asdict(config)`: each field is read by itself instead.

The class and whoever else reads its objects stay as they are; what the other vendor gets is written where the
dictionary was made, from `config.sample_rate`, `config.language_config.languages` and so on.
"""

from __future__ import annotations

from collections.abc import Iterable

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.values import Known, Value, alternatives
from codemods.findings import FIELD_IDLE
from codemods.migrating import Migrating


def read_of(
    program: Program, site: cst.BaseExpression, key: str, value: Value, inside: cst.Attribute | None
) -> cst.Attribute | None:
    """The expression that reads one entry's field of the object that the dictionary at `site` is made of.

    `inside` reads the object itself, where it is a field of another one. None where the object has no name, so that
    it would be made once for each field. The expression is known to the program as any other.
    """
    dumped = program.dumped.get(site)
    owner = inside if inside is not None else dumped.owner if dumped is not None else None
    if dumped is None or owner is None or key not in dumped.names or not _is_a_name(owner):
        return None
    read = cst.Attribute(owner, cst.Name(dumped.names[key]))
    program.values[read] = value
    program.parents[read] = inside if inside is not None else site
    return read


def report_idle_fields(
    migrating: Migrating, reads: Iterable[tuple[str, cst.BaseExpression]], written: Iterable[cst.BaseExpression]
) -> None:
    """Says which fields of an object decide nothing any more: of `reads`, name and node, those not in `written`."""
    program = migrating.program
    used = {node for one in written for node in program.nodes_in(one)}
    idle: dict[cst.CSTNode, list[str]] = {}
    for name, node in reads:
        made = node
        while isinstance(made, cst.Attribute) and made in program.parents:
            made = program.parents[made]  # type: ignore[assignment]  # a call, in the end
        if isinstance(node, cst.Attribute) and made in program.dumped and node not in used:
            idle.setdefault(made, []).append(f"`{name}`")
    for place, names in idle.items():
        migrating.report(FIELD_IDLE, place, f"{', '.join(names)} of {migrating.code(place)}")


def may_be_none(value: Value) -> bool:
    """Whether a field may be None."""
    return Known(None) in alternatives(value)


def given(reads: tuple[cst.Attribute, ...]) -> cst.BaseExpression:
    """The test that none of these is None."""
    tests = [cst.Comparison(one, [cst.ComparisonTarget(cst.IsNot(), cst.Name("None"))]) for one in reads]
    found: cst.BaseExpression = tests[0]
    for test in tests[1:]:
        found = cst.BooleanOperation(found, cst.And(), test)
    return found


def _is_a_name(node: cst.BaseExpression) -> bool:
    while isinstance(node, cst.Attribute):
        node = node.value
    return isinstance(node, cst.Name)
