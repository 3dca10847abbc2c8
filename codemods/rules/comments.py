"""Comments that a migration lost, whatever rule did it: each is said, so that nobody has to look for them."""

from __future__ import annotations

import io
import tokenize
from collections import Counter

from codemods.findings import COMMENT_WENT, Finding
from codemods.migrating import Migrating


def report_lost_comments(migrating: Migrating, code: str) -> None:
    """Adds a finding for each comment that stands in the old code, not in the new, and was not spoken of yet."""
    left = Counter(text for _, text in _comments(code))
    said = Counter(one.text for one in migrating.findings if one.kind is COMMENT_WENT)
    for line, text in _comments(migrating.module.code):
        if left[text] > 0:
            left[text] -= 1
        elif said[text] > 0:
            said[text] -= 1
        else:
            migrating.findings.append(Finding(COMMENT_WENT, line, text))


def _comments(code: str) -> list[tuple[int, str]]:
    tokens = tokenize.generate_tokens(io.StringIO(code).readline)
    return [(one.start[0], one.string) for one in tokens if one.type == tokenize.COMMENT]
