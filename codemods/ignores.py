"""Comments that hide findings: `# sttbridge: ignore[STB101]`, at the end of a line or above its statement.

What hiding a finding means hangs on its level. Information is not shown. A caveat was looked at: the file is written
without `--unsafe`, as far as this caveat is concerned. What would leave a TODO leaves none, and the file counts as
finished. What leaves the file whole still does, for the rewrite would be as wrong as before; it is only not spoken of.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import libcst as cst

from codemods.findings import IGNORE_IDLE, IGNORE_WITHOUT_CODES, KINDS, Finding
from codemods.migrating import Migrating

_COMMENT: Final = re.compile(r"#\s*sttbridge:\s*ignore\b\s*(?:\[(?P<codes>[^\]]*)\])?")
_KNOWN: Final = frozenset(kind.code for kind in KINDS)


@dataclass(frozen=True, slots=True)
class _Ignore:
    """One comment: its line, whether it has the line for itself, and the codes it names."""

    line: int
    alone: bool
    codes: tuple[str, ...]


def is_ignore(comment: str) -> bool:
    """Whether a comment hides findings, or means to."""
    return _COMMENT.search(comment) is not None


class Ignores:
    """The comments of one program that hide findings, and which of their codes hid one."""

    def __init__(self, migrating: Migrating) -> None:
        code = migrating.text
        self._ignores = _ignores_in(code) if "sttbridge:" in code else []
        self._used: set[tuple[int, str]] = set()
        self.hidden: list[Finding] = []
        """What they hid so far."""
        self._heads = _statement_heads(migrating) if self._ignores else []
        comments = {one.line for one in self._ignores if one.alone}
        self._alone = comments | _comment_lines(code) if comments else set()

    def hides(self, finding: Finding) -> bool:
        """Whether a comment hides a finding."""
        found = [one for one in self._ignores if finding.kind.code in one.codes and self._is_at(one, finding.line)]
        self._used.update((one.line, finding.kind.code) for one in found)
        if found and finding not in self.hidden:
            self.hidden.append(finding)
        return bool(found)

    def shown(self, findings: Iterable[Finding]) -> list[Finding]:
        """The findings that nothing hides."""
        return [finding for finding in findings if not self.hides(finding)]

    def idle(self, *, only_unknown: bool = False) -> list[Finding]:
        """A finding for each code that hid nothing so far, and for each comment without codes.

        `only_unknown` leaves out codes that exist: of a file that is left whole, not every finding is known.
        """
        found: list[Finding] = []
        for one in self._ignores:
            if not one.codes:
                found.append(Finding(IGNORE_WITHOUT_CODES, one.line, "it hides nothing"))
            for code in one.codes:
                if code not in _KNOWN:
                    found.append(Finding(IGNORE_IDLE, one.line, f"there is no finding {code}"))
                elif (one.line, code) not in self._used and not only_unknown:
                    found.append(Finding(IGNORE_IDLE, one.line, f"there is no {code} at this statement"))
        return found

    def _is_at(self, ignore: _Ignore, line: int) -> bool:
        """Whether a comment stands at the statement that a line belongs to."""
        first, last = next(((first, last) for first, last in self._heads if first <= line <= last), (line, line))
        if first <= ignore.line <= last:
            return True
        return ignore.alone and ignore.line < first and all(one in self._alone for one in range(ignore.line, first))


def _ignores_in(code: str) -> list[_Ignore]:
    found: list[_Ignore] = []
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        match = _COMMENT.search(token.string) if token.type == tokenize.COMMENT else None
        if match is not None:
            codes = tuple(one.strip().upper() for one in (match["codes"] or "").split(",") if one.strip())
            found.append(_Ignore(token.start[0], not token.line[: token.start[1]].strip(), codes))
    return found


def _comment_lines(code: str) -> set[int]:
    """The lines that hold nothing but a comment."""
    return {number for number, line in enumerate(code.splitlines(), 1) if line.lstrip().startswith("#")}


def _statement_heads(migrating: Migrating) -> list[tuple[int, int]]:
    """First and last line of each statement, of a compound one without its block; the innermost first."""
    found: list[tuple[int, int]] = []
    waiting: list[cst.CSTNode] = [migrating.module]
    while waiting:
        node = waiting.pop()
        if isinstance(node, cst.SimpleStatementLine):
            found.append(migrating.lines(node))
            continue
        if isinstance(node, cst.BaseCompoundStatement):
            first, last = migrating.lines(node)
            body = migrating.line(node.body)
            block = node.body.body[0] if isinstance(node.body, cst.IndentedBlock) and node.body.body else None
            start = migrating.line(block) if block is not None else body
            found.append((first, max(first, start - 1) if block is not None else last))
        waiting.extend(migrating.program.children(node))
    return sorted(found, key=lambda lines: lines[1] - lines[0])
