"""What a finding means, at length: for `sttbridge explain` and for the pages of the documentation."""

from __future__ import annotations

import textwrap
from typing import Final

from codemods.finding_pages import PAGES, Page
from codemods.findings import KINDS, Kind, Level
from shim.errors import BridgeError

_WIDTH: Final = 80
_HIDE: Final = "# sttbridge: ignore[{code}]"
_BY_LEVEL: Final = {
    Level.INFORMATION: "Information: the file is rewritten, and this does not change the exit status.",
    Level.CAVEAT: "Caveat: the diff is shown, and the file is written with --unsafe only.",
    Level.MANUAL: "Left to a person: the whole file stays as it is.",
    Level.SKIPPED: "Skipped: the file was not read as a program.",
}
_OF_LEVEL: Final = {
    Level.INFORMATION: "done, and worth knowing",
    Level.CAVEAT: "shown, and written with --unsafe only",
    Level.MANUAL: "left to you",
    Level.SKIPPED: "not read as a program",
}
_LEAVES_TODO: Final = {
    Level.CAVEAT: "Caveat, and left to a person: the diff is shown, with a TODO at the place; the file is written with "
    "--unsafe only.",
    Level.MANUAL: "Left to a person: the file is rewritten, and a TODO stands at the place.",
}
_HIDDEN: Final = {
    Level.INFORMATION: "It is not shown then.",
    Level.CAVEAT: "The file is then written without --unsafe, as far as this caveat is concerned.",
    Level.MANUAL: "The file stays as it is all the same, and no longer counts as unfinished because of it.",
    Level.SKIPPED: "",
}
_NO_TODO: Final = {
    Level.CAVEAT: "No TODO is left then, and the file is written without --unsafe, as far as this caveat is concerned.",
    Level.MANUAL: "No TODO is left then, and the file no longer counts as unfinished because of it.",
}
_NOT_HIDDEN: Final = "It is about the file as a whole: leave the file out of the run."


def explain(code: str) -> str:
    """What the finding of that code means, in lines of at most 80 columns; the number alone will do.

    Raises BridgeError for a code that does not exist; it names the nearest.
    """
    wanted = code.strip().upper()
    wanted = f"STB{wanted}" if wanted.isdecimal() else wanted
    for kind in KINDS:
        if kind.code == wanted:
            return _as_text(kind)
    nearest = max((kind.code for kind in KINDS), key=lambda one: _alike(one, wanted))
    raise BridgeError(f"there is no finding {code!r}", f"the nearest is {nearest}; sttbridge explain lists all")


def listed() -> str:
    """Every code with its title, by level, in lines of at most 80 columns."""
    lines = []
    for level in Level:
        lines.append(f"{level.title()}: {_OF_LEVEL[level]}")
        kinds = sorted((kind for kind in KINDS if kind.level is level), key=lambda one: one.code)
        lines += [
            textwrap.fill(one.title, _WIDTH, initial_indent=f"  {one.code}  ", subsequent_indent=" " * 10)
            for one in kinds
        ]
        lines.append("")
    return "\n".join(lines).rstrip()


def _alike(code: str, wanted: str) -> int:
    """How many characters two codes begin with alike."""
    return next((at for at, (one, other) in enumerate(zip(code, wanted, strict=False)) if one != other), len(code))


def page(kind: Kind) -> str:
    """A finding's page, in Markdown."""
    text = PAGES[kind.code]
    lines = [f"# {kind.code}: {kind.title}", "", level_text(kind), "", "## What it means", "", text.meaning, ""]
    lines += _example(text)
    lines += ["## What to do", "", f"{_sentence(kind.recipe)}", "", "## How to hide it", "", *_hiding(kind)]
    return "\n".join(lines).rstrip() + "\n"


def index() -> str:
    """The page that lists all findings, in Markdown."""
    lines = [
        "# Findings",
        "",
        "Made from the code, as each finding's page is. `sttbridge explain` lists them, `sttbridge explain CODE` shows",
        "one. How to hide one: with a comment, `# sttbridge: ignore[STB202]`.",
    ]
    for level in Level:
        lines += ["", f"## {level.title()}", ""]
        of_level = sorted((kind for kind in KINDS if kind.level is level), key=lambda kind: kind.code)
        lines += ["| code | what | next step |", "|---|---|---|"]
        lines += [f"| [{kind.code}]({kind.code}.md) | {kind.title} | {kind.recipe} |" for kind in of_level]
    return "\n".join(lines) + "\n"


def level_text(kind: Kind) -> str:
    """What a finding of this kind means for its file."""
    return (_LEAVES_TODO if kind.leaves_todo else _BY_LEVEL)[kind.level]


def _as_text(kind: Kind) -> str:
    text = PAGES[kind.code]
    parts = [_filled(f"{kind.code}: {kind.title}"), _filled(level_text(kind)), _filled(text.meaning)]
    for name, code in (("Before", text.before), ("After", text.after)):
        if code:
            parts.append(f"{name}:\n\n{_indented(code)}")
    parts.append(_filled(f"What to do: {kind.recipe}."))
    parts.append("How to hide it:")
    parts.extend(line if line.startswith("    ") else _filled(line) for line in _hiding(kind) if line)
    return "\n\n".join(parts)


def _hiding(kind: Kind) -> list[str]:
    if kind.level is Level.SKIPPED:
        return [_NOT_HIDDEN]
    effect = (_NO_TODO if kind.leaves_todo else _HIDDEN)[kind.level]
    return [
        "With a comment at the end of a line of the statement, or on a line of its own above it:",
        "",
        f"    {_HIDE.format(code=kind.code)}",
        "",
        effect,
    ]


def _example(text: Page) -> list[str]:
    lines: list[str] = []
    for name, code in (("Before", text.before), ("After", text.after)):
        if code:
            lines += [f"{name}:", "", _indented(code), ""]
    return lines


def _indented(code: str) -> str:
    return textwrap.indent(code, "    ")


def _filled(text: str) -> str:
    return textwrap.fill(text, _WIDTH, break_long_words=False, break_on_hyphens=False)


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}." if text[:1].isalpha() else f"{text}."
