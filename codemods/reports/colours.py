"""Source with syntax colours, line by line, as HTML: which parts changed inside a line is marked, too."""

from __future__ import annotations

import difflib
import html
import itertools
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_for_filename
from pygments.lexers.python import PythonLexer
from pygments.lexers.special import TextLexer
from pygments.token import Comment, Keyword, Name, Number, Operator, String, _TokenType
from pygments.util import ClassNotFound

_CLASSES: Final = (
    (Comment, "c"),
    (Keyword, "k"),
    (Operator.Word, "k"),
    (String, "s"),
    (Number, "m"),
    (Name.Function, "f"),
    (Name.Class, "f"),
    (Name.Decorator, "d"),
    (Name.Builtin, "b"),
    (Name.Tag, "k"),
)
_ALIKE: Final = 0.5
"""How much two lines must have in common for their differences to be marked."""
_LARGEST: Final = 300_000
"""Characters beyond which a file is shown without colours."""

Piece = tuple[str, str]
"""A class, empty for none, and a text."""


def coloured_lines(path: str, lines: Sequence[str]) -> list[list[Piece]]:
    """The lines of a file in pieces of one colour each, without their newlines."""
    source = "".join(lines)
    if len(source) > _LARGEST:
        return [[("", line.rstrip("\n"))] for line in lines]
    rows: list[list[Piece]] = [[]]
    for kind, text in _lexer(path).get_tokens(source):
        name = _class_of(kind)
        for number, part in enumerate(text.split("\n")):
            if number:
                rows.append([])
            if part:
                rows[-1].append((name, part))
    # Whatever a lexer makes of a text, a line of the report is a line of the file.
    rows, texts = rows[: len(lines)], [line.rstrip("\n") for line in lines]
    return rows if ["".join(part for _, part in row) for row in rows] == texts else [[("", text)] for text in texts]


def _lexer(path: str) -> Lexer:
    options: dict[str, Any] = {"stripnl": False, "ensurenl": False}
    try:
        return get_lexer_for_filename(path, **options)
    except ClassNotFound:
        return PythonLexer(**options) if path == "<stdin>" else TextLexer(**options)


def _class_of(kind: _TokenType) -> str:
    return next((name for token, name in _CLASSES if kind is token or kind[: len(token)] == token), "")


def changed_parts(before: str, after: str) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Which ranges of two lines differ; none where they have too little in common to compare."""
    words = re.compile(r"\w+|\s+|.")
    old, new = words.findall(before.rstrip("\n")), words.findall(after.rstrip("\n"))
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    if len(old) + len(new) > 400 or matcher.ratio() < _ALIKE:
        return [], []
    left: list[tuple[int, int]] = []
    right: list[tuple[int, int]] = []
    for kind, i1, i2, j1, j2 in matcher.get_opcodes():
        if kind != "equal":
            left += [_range(old, i1, i2)] * (i2 > i1)
            right += [_range(new, j1, j2)] * (j2 > j1)
    return left, right


def _range(words: Sequence[str], start: int, end: int) -> tuple[int, int]:
    first = sum(map(len, words[:start]))
    return first, first + sum(map(len, words[start:end]))


def as_html(pieces: Sequence[Piece], marks: Sequence[tuple[int, int]] = ()) -> str:
    """A line's pieces as HTML, the marked ranges of its characters in `<mark>`."""
    written: list[str] = []
    for name, text, marked in _split(pieces, marks):
        part = escaped(text)
        part = f'<span class="{name}">{part}</span>' if name else part
        written.append(f"<mark>{part}</mark>" if marked else part)
    return "".join(written)


def _split(pieces: Sequence[Piece], marks: Sequence[tuple[int, int]]) -> Iterator[tuple[str, str, bool]]:
    at = 0
    for name, text in pieces:
        cuts = sorted({at, at + len(text), *(cut for mark in marks for cut in mark if at < cut < at + len(text))})
        for start, end in itertools.pairwise(cuts):
            yield name, text[start - at : end - at], any(first <= start < last for first, last in marks)
        at += len(text)


_CONTROLS: Final = {code: 0x2400 + code for code in range(32) if code not in (9, 10)} | {0x7F: 0x2421}


def escaped(text: str) -> str:
    """A text for HTML: no markup, no control characters, nothing that turns the direction of writing."""
    visible = re.sub("[\u202a-\u202e\u2066-\u2069\ud800-\udfff]", "�", text.translate(_CONTROLS))
    return html.escape(visible, quote=True)


def prose(text: str) -> str:
    """A sentence for HTML: what stands between backticks as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escaped(text))
