"""What the pages show of the tool's output is what it prints: each command, run on the documented project.

A block that is shown begins with `$` and the command. `…` on a line of its own stands for any number of lines.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from codemods.cli import app
from tests.documented_project import lay, shown_in

ROOT = Path(__file__).parent.parent
PAGES = ("README.md", "docs/migrating.md")
CHECKED = ("sttbridge migrate", "sttbridge explain")
"""Commands that print the same on every machine, and are done at once."""


def commands(page: str) -> Iterator[tuple[str, list[str]]]:
    """The commands of a page's blocks, in order, each with the lines that are shown of its output."""
    text = (ROOT / page).read_text(encoding="utf-8")
    for block in re.findall(r"(?:^    \$ .*\n(?:^(?:    .*)?\n)*)+", text, re.MULTILINE):
        for part in re.split(r"^    \$ ", block, flags=re.MULTILINE)[1:]:
            command, *shown = [line.removeprefix("    ") for line in part.rstrip().splitlines()]
            yield command, shown


@pytest.mark.parametrize("page", PAGES)
def test_what_is_shown_is_what_is_printed(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(lay(tmp_path / "project"))
    checked = 0
    for command, shown in commands(page):
        typed = command.split("  #")[0]
        if not typed.startswith(CHECKED) or not shown:
            continue
        done = CliRunner().invoke(app, shlex.split(typed)[1:])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        missing = shown_in(shown, done.stdout.splitlines())
        assert not missing, f"{page}: `{typed}` does not print {missing!r} there:\n{done.stdout}"
        checked += 1
    assert checked, "no output is shown"


def test_lines_are_compared_in_order() -> None:
    output = ["one", "two", "three"]
    assert shown_in(["one", "…", "three"], output) == ""
    assert shown_in(["…", "two"], output) == ""
    assert shown_in(["one", "three"], output) == "three"
    assert shown_in(["…", "two", "…", "one"], output) == "one"


@pytest.mark.parametrize("page", ["migrating.md"])
def test_the_pictures_are_there_light_and_dark_and_small(page: str) -> None:
    folder = ROOT / "docs" / "images"
    named = set(re.findall(r"images/([\w-]+)-light\.png", (ROOT / "docs" / page).read_text(encoding="utf-8")))
    assert named == {"report-summary", "report-findings", "report-file"}
    for name in named:
        for theme in ("light", "dark"):
            picture = folder / f"{name}-{theme}.png"
            assert picture.read_bytes()[:4] == b"\x89PNG" and picture.stat().st_size < 200_000
