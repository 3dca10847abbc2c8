"""Parameters of which only the running program knows the value: what is still known of them, and what is left to do."""

from __future__ import annotations

from typing import Any, Final

import libcst as cst

from codemods.analysis.values import Known
from codemods.findings import PARAMETER_AT_RUN_TIME
from codemods.migrating import Migrating
from shim.mapping.row import ABSENT, Fidelity, Row, Vendor

_PROBES: Final = (ABSENT, True, False, "", "en", 0.5)
"""What a value may be: a row that gives the same for all of them does not look at it."""


def whatever(
    row: Row, target: Vendor, constants: list[Any], not_constant: object, context: list[Any]
) -> list[Any] | None:
    """What a row gives where the value makes no difference to it, a result for each of its paths; None where it does.

    `constants` are the values, `not_constant` those that are not known, `context` what else the row reads.
    """
    convert = row.way(target).conversion.live
    found: list[Any] = []
    for probe in _PROBES:
        try:
            result = convert(*(probe if one is not_constant else one for one in (*constants, *context)))
        except (TypeError, ValueError, AttributeError):
            return None  # the row looks at its value
        if result not in found:
            found.append(result)
    if len(found) != 1:
        return None
    return list(found[0]) if len(row.of(target)) > 1 else [found[0]]


def leave_out(migrating: Migrating, row: Row, name: str, node: cst.BaseExpression, why: str = "") -> None:
    """Reports that a parameter went, since its value cannot be converted before the program runs.

    `why` says what is not known of the value; nothing of it is known where it is empty.
    """
    way, new = row.way(migrating.target), " and ".join(f"`{one}`" for one in row.of(migrating.target))
    is_lost = way.codemod is Fidelity.ABSENT or not new
    becomes = (f"; {way.reason}" if way.reason else "") if is_lost else f"; it is {new} from now on"
    reason = why or "is only known when it runs"
    migrating.report(PARAMETER_AT_RUN_TIME, node, f"`{name}` {reason}: {migrating.code(node)}{becomes}")


def is_by_default(migrating: Migrating, node: cst.BaseExpression, wanted: object) -> bool:
    """Whether a value is the one that is wanted as long as no caller gives another."""
    value = migrating.program.value(node)
    return isinstance(value, Known) and value.value == wanted
