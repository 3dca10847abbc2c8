"""Tests of a message's type against several types, of which some are never sent: `kind in ("audio_chunk", …)`."""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from codemods.analysis.values import Known, Sequence, Value
from codemods.findings import PARAMETER_DIFFERS
from codemods.migrating import Migrating
from codemods.rules.branches import drop_branch, report_never_sent, where_it_went


def without_absent_types(migrating: Migrating, types: Sequence, is_absent: Callable[[str], str | None]) -> list[Value]:
    """The types of a list that are sent, once the edits for the others are planned.

    `is_absent` gives the reason why a type is never sent, None for one that is. A branch for such types alone goes;
    from a longer list they are taken out. Where neither can be done, the list is given back as it is.
    """
    reasons = {one: _reason(one, is_absent) for one in types.elements}
    kept = [one for one, reason in reasons.items() if reason is None]
    site = types.site
    if len(kept) == len(types.elements) or not isinstance(site, (cst.Tuple, cst.List, cst.Set)):
        return list(types.elements)
    if kept:
        _say_what_is_lost(migrating, site, reasons)
        literals = {one.literal for one in kept if isinstance(one, Known)}
        migrating.edits.rewrite(site, lambda updated: _with_elements_of(site, updated, literals))
        migrating.gone.update(
            node for one in site.elements if one.value not in literals for node in migrating.program.nodes_in(one)
        )
        return kept
    branch = migrating.program.parents[migrating.program.parents[migrating.program.parents[site]]]
    target = migrating.program.parents[site]
    is_plain = isinstance(target, cst.ComparisonTarget) and isinstance(target.operator, cst.In)
    if not is_plain or not isinstance(branch, cst.If) or not drop_branch(migrating, branch):
        return list(types.elements)
    migrating.gone.update(migrating.program.nodes_in(branch.test))
    migrating.gone.update(migrating.program.nodes_in(branch.body))
    if not _does_nothing(branch.body):
        reason = next(one for one in reasons.values() if one is not None)
        end = where_it_went(migrating, branch.body)
        report_never_sent(migrating, site, f"{migrating.code(site)}: {reason}; {end}", branch.body)
    return []


def _say_what_is_lost(migrating: Migrating, site: cst.CSTNode, reasons: dict[Value, str | None]) -> None:
    """A branch that is for several types goes on for the others; it is no longer taken for those that never come."""
    branch = migrating.program.parents[migrating.program.parents[migrating.program.parents[site]]]
    if isinstance(branch, cst.If) and _does_nothing(branch.body):
        return
    others = [one.value for one in reasons if isinstance(one, Known)]  # one of them may stand for the same message
    for one, reason in reasons.items():
        if isinstance(one, Known) and reason is not None and reason not in others:
            migrating.report(PARAMETER_DIFFERS, site, f"`{one.value}`: {reason}")


def _reason(value: Value, is_absent: Callable[[str], str | None]) -> str | None:
    return is_absent(value.value) if isinstance(value, Known) and isinstance(value.value, str) else None


def _with_elements_of(
    original: cst.Tuple | cst.List | cst.Set,
    updated: cst.Tuple | cst.List | cst.Set,
    literals: set[cst.BaseExpression | cst.FormattedStringText | None],
) -> cst.BaseExpression:
    elements = [new for old, new in zip(original.elements, updated.elements, strict=True) if old.value in literals]
    last = elements[-1]
    if isinstance(last, cst.Element):
        is_single = isinstance(updated, cst.Tuple) and len(elements) == 1
        comma = cst.Comma() if is_single else original.elements[-1].comma
        elements[-1] = last.with_changes(comma=comma)
    return updated.with_changes(elements=elements)


def _does_nothing(body: cst.BaseSuite) -> bool:
    return all(
        isinstance(one, cst.SimpleStatementLine)
        and all(isinstance(small, (cst.Pass, cst.Continue, cst.Return)) for small in one.body)
        for one in body.body
    )
