"""Taking branches out of chains of `if` and `elif`, however many of one chain go."""

from __future__ import annotations

import libcst as cst

from codemods.migrating import Migrating


def drop_branch(migrating: Migrating, branch: cst.If) -> bool:
    """Plans that a branch goes, and says whether it can: an `else` cannot stand alone."""
    program, dropped = migrating.program, migrating.dropped
    head: cst.CSTNode = branch
    while isinstance(program.parents[head], cst.If):
        head = program.parents[head]
    assert isinstance(head, cst.If)
    first = head
    chain, tail = _chain(first)
    left = [one for one in chain if one not in dropped and one is not branch]
    if not left and tail is not None:
        return False
    dropped.add(branch)
    if not left:
        migrating.edits.remove(first)
    migrating.edits.rewrite(first, lambda updated: _without_branches(first, updated, dropped))
    return True


def _chain(head: cst.If) -> tuple[list[cst.If], cst.Else | None]:
    """The branches of a chain of `if` and `elif`, and its `else`."""
    found = [head]
    following = head.orelse
    while isinstance(following, cst.If):
        found.append(following)
        following = following.orelse
    return found, following


def _without_branches(head: cst.If, updated: cst.If, dropped: set[cst.If]) -> cst.If:
    """A chain without its dropped branches; the first that is left begins it."""
    originals, _ = _chain(head)
    branches, tail = _chain(updated)
    left: cst.If | cst.Else | None = tail
    for old, new in zip(reversed(originals), reversed(branches), strict=True):
        if old not in dropped:
            left = new.with_changes(orelse=left)
    if not isinstance(left, cst.If):
        return updated  # the whole chain is removed
    own = [] if head not in dropped else [line for line in left.leading_lines if line.comment is not None]
    return left.with_changes(leading_lines=[*updated.leading_lines, *own])
