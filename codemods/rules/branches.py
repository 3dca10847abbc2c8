"""Taking branches out of chains of `if` and `elif`, however many of one chain go."""

from __future__ import annotations

from collections.abc import Iterable

import libcst as cst

from codemods.analysis.values import Library, LibraryObject, Member
from codemods.findings import BRANCH_NEVER_MET, NEVER_SENT
from codemods.migrating import Migrating


def report_never_sent(migrating: Migrating, node: cst.CSTNode, text: str, body: cst.CSTNode | None) -> None:
    """Says that a message never comes: for a person to look at, unless its branch only prints or logs."""
    kind = BRANCH_NEVER_MET if body is not None and only_tells(migrating, body) else NEVER_SENT
    migrating.report(kind, node, text)


def where_it_went(migrating: Migrating, body: cst.CSTNode | None) -> str:
    """What became of a branch that is taken out of its chain, for the end of a finding's text."""
    statements = body.body if isinstance(body, cst.IndentedBlock) else ()
    if any(one in migrating.behind_post for one in statements):
        return "the branch is taken where the POST is refused now, and not where the socket closes later"
    return "the branch went"


def only_tells(migrating: Migrating, body: cst.CSTNode) -> bool:
    """Whether a block, or a lambda's expression, does nothing but print, log or pass on."""
    if isinstance(body, cst.BaseExpression):
        return _tells(migrating, cst.Expr(body))
    if not isinstance(body, (cst.IndentedBlock, cst.SimpleStatementSuite)):
        return False
    smalls: list[cst.CSTNode] = []
    for statement in body.body:
        smalls.extend(statement.body if isinstance(statement, cst.SimpleStatementLine) else (statement,))
    return all(_tells(migrating, small) for small in smalls)


def _tells(migrating: Migrating, small: cst.CSTNode) -> bool:
    match small:
        case cst.Pass() | cst.Continue() | cst.Return(None):
            return True
        case cst.Expr(cst.Call(function)):
            value = migrating.program.value(function)
            if value == Library("builtins.print"):
                return True
            owner = value.owner if isinstance(value, Member) else value
            made_by = owner.made_by if isinstance(owner, LibraryObject) else getattr(owner, "name", "")
            return made_by.split(".")[0] == "logging"
    return False


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


def drop_false(migrating: Migrating, test: cst.BaseExpression) -> bool:
    """Plans that a test goes which never holds, and with it what it decides alone; False where it decides more."""
    program = migrating.program
    parent = program.parents[test]
    match parent:
        case cst.BooleanOperation(left, cst.Or(), right):
            is_left = left is test
            parentheses = {"lpar": parent.lpar, "rpar": parent.rpar}
            other = right if is_left else left

            def kept(updated: cst.BooleanOperation) -> cst.BaseExpression:
                found = updated.right if is_left else updated.left
                return found if found.lpar or not parent.lpar else found.with_changes(**parentheses)

            if other in migrating.gone:
                return drop_false(migrating, parent)
            migrating.edits.rewrite_further(parent, kept)
            migrating.gone.update(program.nodes_in(test))
            return True
        case cst.BooleanOperation(_, cst.And(), _):
            return drop_false(migrating, parent)
        case cst.Element() if _is_any(migrating, program.parents[parent]):
            migrating.edits.take_out(parent)
            display = program.parents[parent]
            if isinstance(display, (cst.List, cst.Tuple)) and display.elements[-1] is parent:
                migrating.edits.rewrite_further(display, _without_last_comma)
            migrating.gone.update(program.nodes_in(test))
            return True
        case cst.If() if parent.test is test:
            if not drop_branch(migrating, parent):
                return False
            migrating.gone.update(program.nodes_in(parent.test))
            migrating.gone.update(program.nodes_in(parent.body))
            return True
    return False


def _without_last_comma(display: cst.List | cst.Tuple) -> cst.BaseExpression:
    last = display.elements[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
    return display.with_changes(elements=[*display.elements[:-1], last])


def _is_any(migrating: Migrating, display: cst.CSTNode) -> bool:
    """Whether a list or tuple of tests is what `any(…)` is asked of, and more than one test is left in it."""
    if not isinstance(display, (cst.List, cst.Tuple)):
        return False
    left = [one for one in display.elements if one not in migrating.edits.taken_out]
    argument = migrating.program.parents[display]
    call = migrating.program.parents[argument]
    is_any = isinstance(call, cst.Call) and migrating.program.value(call.func) == Library("builtins.any")
    return is_any and len(left) > (2 if isinstance(display, cst.Tuple) else 1)


def drop_case(migrating: Migrating, case: cst.MatchCase) -> bool:
    """Plans that a case of a `match` goes, and says whether it can: one has to be left."""
    match = migrating.program.parents[case]
    assert isinstance(match, cst.Match)
    left = [one for one in match.cases if one is not case and one not in migrating.edits.taken_out]
    if not left:
        return False
    migrating.edits.take_out(case)
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


def remove_statements(migrating: Migrating, statements: Iterable[cst.BaseStatement]) -> None:
    """Plans that statements go, and with them an `if` that is left with nothing to do and asks for nothing else."""
    program = migrating.program
    going: set[cst.CSTNode] = set(statements)
    found = True
    while found:
        found = False
        for one in list(going):
            block = program.parents.get(one)
            branch = program.parents.get(block) if block is not None else None
            if (
                isinstance(branch, cst.If)
                and branch not in going
                and branch.orelse is None
                and not isinstance(program.parents[branch], cst.If)
                and not any(isinstance(node, cst.Call) for node in program.nodes_in(branch.test))
                and isinstance(block, cst.IndentedBlock)
                and all(each in going for each in block.body)
            ):
                going.add(branch)
                found = True
    for one in going:
        migrating.edits.remove(one)


def does_nothing(body: cst.BaseSuite | None) -> bool:
    """Whether a branch only passes its message over."""
    smalls = [
        small
        for statement in (body.body if body is not None else ())
        for small in (statement.body if isinstance(statement, cst.SimpleStatementLine) else (statement,))
    ]
    return all(isinstance(small, (cst.Pass, cst.Continue, cst.Return)) for small in smalls)
