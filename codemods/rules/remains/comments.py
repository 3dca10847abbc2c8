"""Comments whose code went: each is carried to what stands there now, or said, whatever rule did it.

A comment inside a branch or function that went is about nothing any more; a lost comment makes the edit unsafe. One
beside a statement or an entry that went is put above the statement that has its place.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import libcst as cst

from codemods.findings import COMMENT_MOVED, COMMENT_WENT, Finding
from codemods.ignores import is_ignore
from codemods.lines import first_line_of_statement, later_lines
from codemods.migrating import Migrating


def with_comments(migrating: Migrating, code: str) -> str:
    """The new code with the comments that it has lost, as far as there is a place for them; a finding for each."""
    _report_left_behind(migrating)
    corrected = migrating.corrected_comments()
    lost = [one for one in _lost(migrating.text, code) if one[0] not in corrected]
    if not lost:
        return code
    blocks = _blocks_that_went(migrating)
    carried, findings = _carried(code, lost, later_lines(migrating.text, code), blocks)
    for one in findings:
        if one.kind is COMMENT_MOVED:
            _say_once(migrating, one)
        else:
            migrating.findings.append(one)
    return carried


def carried_along(before: str, after: str) -> tuple[str, list[Finding]]:
    """A simpler form of a program with the comments that it has lost, and a finding for each, at its new lines."""
    lost = _lost(before, after)
    if not lost:
        return after, []
    code, findings = _carried(after, lost, later_lines(_unindented(before), _unindented(after)), [])
    later = later_lines(_unindented(before), _unindented(code))
    return code, [replace(one, line=later(one.line)) for one in findings]


def _unindented(code: str) -> str:
    return "\n".join(line.strip() for line in code.splitlines())


def _carried(
    code: str, lost: list[tuple[int, str]], later: Callable[[int], int], blocks: list[tuple[int, int]]
) -> tuple[str, list[Finding]]:
    """Code with lost comments above what stands in their place, but for those of blocks that went."""
    tree = ast.parse(code)
    lines = code.splitlines(keepends=True)
    findings: list[Finding] = []
    places: list[tuple[int, str]] = []
    for line, text in lost:
        at = first_line_of_statement(tree, later(line))
        if at is None or any(first <= line <= last for first, last in blocks):
            findings.append(Finding(COMMENT_WENT, line, text))
        else:
            findings.append(Finding(COMMENT_MOVED, line, text))
            places.append((at, text))
    # From the last, so that places hold; of those with one place, the last goes in first as well.
    places.sort(key=_place)
    for at, text in reversed(places):
        head = lines[at - 1]
        indent, end = head[: len(head) - len(head.lstrip())], "\r\n" if head.endswith("\r\n") else "\n"
        lines.insert(at - 1, f"{indent}{text}{end}")
    return "".join(lines), findings


def _report_left_behind(migrating: Migrating) -> None:
    """Reports the comments above branches that went as a whole: each stands above whatever follows now."""
    for branch in migrating.dropped & migrating.edits.removed:
        if migrating.at(branch) is not migrating or not isinstance(branch, cst.If):
            continue
        for above, line in enumerate(reversed(branch.leading_lines), 1):
            if line.comment is not None and not is_ignore(line.comment.value):
                _say_once(migrating, Finding(COMMENT_MOVED, migrating.line(branch) - above, line.comment.value))


def _say_once(migrating: Migrating, finding: Finding) -> None:
    if finding not in migrating.findings:
        migrating.findings.append(finding)


def _place(comment: tuple[int, str]) -> int:
    return comment[0]


def _lost(before: str, after: str) -> list[tuple[int, str]]:
    """The comments that stand in the old code and not in the new, with their lines in the old."""
    left = Counter(text for _, text in _comments(after))
    found: list[tuple[int, str]] = []
    for line, text in _comments(before):
        if left[text] > 0:
            left[text] -= 1
        elif not is_ignore(text):
            found.append((line, text))
    return found


def _comments(code: str) -> list[tuple[int, str]]:
    tokens = tokenize.generate_tokens(io.StringIO(code).readline)
    return [(one.start[0], one.string) for one in tokens if one.type == tokenize.COMMENT]


def _blocks_that_went(migrating: Migrating) -> list[tuple[int, int]]:
    """First and last line of every branch, function and class that went."""
    edits = migrating.edits
    found: list[tuple[int, int]] = []
    for node in (*migrating.dropped, *(edits.removed - edits.moved), *edits.taken_out):
        is_here = migrating.at(node) is migrating
        if is_here and isinstance(node, cst.If):
            found.append((migrating.line(node), migrating.lines(node.body)[1]))
        elif is_here and isinstance(node, (cst.BaseCompoundStatement, cst.MatchCase)):
            found.append(migrating.lines(node))
    return found
