"""Pages that are made by a command are what the command makes now: STTBRIDGE_WRITE_DOCS=1 writes them."""

from __future__ import annotations

import os
import re
from pathlib import Path

from codemods.findings import KINDS, Level
from codemods.mapping_table import mapping_text

DOCS = Path(__file__).parent.parent / "docs"
HEAD = """# What corresponds to what

Made by `sttbridge mapping --format markdown`. Each cell says how faithful the row is: same, converted (the value
changes), emulated (the shim makes it itself), approximate (works, with a finding), absent (refused or reported).
Where the codemod achieves something else than the shim, it stands in parentheses.

"""


def held(path: Path, text: str) -> None:
    """The page is this text; it is written first where that is asked for."""
    if os.environ.get("STTBRIDGE_WRITE_DOCS"):
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, f"{path.name} is old: run the tests with STTBRIDGE_WRITE_DOCS=1"


def test_the_map_as_a_page() -> None:
    held(DOCS / "mapping.md", HEAD + mapping_text("markdown").rstrip() + "\n")


def test_every_finding_is_on_the_page() -> None:
    lines = ["| code | level | what | next step |", "|---|---|---|---|"]
    kinds = sorted(KINDS, key=lambda kind: kind.code)
    lines += [f"| {one.code} | {one.level} | {one.title} | {one.recipe} |" for one in kinds]
    page = DOCS / "migrating.md"
    old = page.read_text(encoding="utf-8")
    new = re.sub(
        r"(<!-- findings: [^\n]*-->\n).*(<!-- end of findings -->)",
        lambda found: f"{found[1]}\n" + "\n".join(lines) + f"\n\n{found[2]}",
        old,
        flags=re.DOTALL,
    )
    assert new.count("STB101") >= 1
    held(page, new)


def test_codes_are_unique_and_grouped_by_level() -> None:
    codes = [kind.code for kind in KINDS]
    assert len(set(codes)) == len(codes)
    hundreds = {Level.INFORMATION: "1", Level.CAVEAT: "2", Level.MANUAL: "3", Level.SKIPPED: "4"}
    assert all(kind.code[3] == hundreds[kind.level] for kind in KINDS)


def test_every_link_of_the_pages_leads_somewhere() -> None:
    for page in (DOCS.parent / "README.md", *DOCS.glob("*.md")):
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
