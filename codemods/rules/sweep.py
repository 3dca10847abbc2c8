"""The last look: whatever still names the old vendor is said, whatever the rules did."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass

from shim.mapping import session
from shim.mapping.row import Vendor


@dataclass(frozen=True, slots=True)
class Trace:
    """A token of the migrated code that names the old vendor. `line` counts from 1 in that code."""

    line: int
    text: str
    in_comment: bool


def traces(code: str, vendor: Vendor) -> Iterator[Trace]:
    """The tokens of a program that name a vendor: names, strings and comments."""
    name = session.NAME.of(vendor)[0].lower()
    if name not in code.lower():
        return
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        named = name in token.string.lower()
        if named and token.type not in (tokenize.NEWLINE, tokenize.NL, tokenize.INDENT, tokenize.DEDENT):
            yield Trace(token.start[0], " ".join(token.string.split()), token.type == tokenize.COMMENT)
