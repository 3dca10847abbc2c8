"""Pages that are made by a command are what the command makes now: STTBRIDGE_WRITE_DOCS=1 writes them."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from codemods import findings
from codemods.explain import explain, index, page
from codemods.finding_pages import PAGES
from codemods.findings import KINDS, Level
from codemods.mapping_table import mapping_text
from shim.errors import BridgeError

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


def test_every_finding_has_a_page() -> None:
    assert {kind.code for kind in KINDS} == set(PAGES), "a page in codemods/finding_pages.py for each kind"
    folder = DOCS / "findings"
    folder.mkdir(exist_ok=True)
    for kind in KINDS:
        held(folder / f"{kind.code}.md", page(kind))
    held(folder / "index.md", index())
    codes = {kind.code for kind in KINDS}
    assert {path.stem for path in folder.glob("STB*.md")} == codes, "pages of findings that are no more"


def test_every_finding_is_explained_in_80_columns() -> None:
    for kind in KINDS:
        assert max(map(len, explain(kind.code).splitlines())) <= 80, kind.code
        assert kind.recipe in " ".join(explain(kind.code.lower()).split())
    with pytest.raises(BridgeError) as refused:
        explain("STB1010")
    assert "STB101" in str(refused.value.next_step)


def test_every_finding_is_met_by_a_fixture_or_a_test() -> None:
    root = DOCS.parent
    texts = [path.read_text(encoding="utf-8") for path in (root / "fixtures").rglob("*findings.txt")]
    texts += [path.read_text(encoding="utf-8") for path in (root / "tests").glob("*.py")]
    met = {code for text in texts for code in re.findall(r"STB\d{3}|[A-Z]+(?:_[A-Z]+)+", text)}
    names = {id(kind): name for name, kind in vars(findings).items() if isinstance(kind, findings.Kind)}
    unmet = [kind.code for kind in KINDS if kind.code not in met and names[id(kind)] not in met]
    assert not unmet, "show each by a fixture or a test, or remove it"


def test_codes_are_unique_and_grouped_by_level() -> None:
    codes = [kind.code for kind in KINDS]
    assert len(set(codes)) == len(codes)
    hundreds = {Level.INFORMATION: "1", Level.CAVEAT: "2", Level.MANUAL: "3", Level.SKIPPED: "4"}
    assert all(kind.code[3] == hundreds[kind.level] for kind in KINDS)


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as they are made where Markdown is shown."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_link_of_the_pages_leads_somewhere() -> None:
    root = DOCS.parent
    for path in (root / "README.md", root / "CHANGELOG.md", *DOCS.glob("*.md"), *DOCS.glob("findings/*.md")):
        text = re.sub(r"`[^`\n]*`", "", path.read_text(encoding="utf-8"))
        for target, anchor in re.findall(r"\]\(([^)#:\s]*)(?:#([^)\s]*))?\)", text):
            there = path.parent / target if target else path
            assert there.exists(), f"{path.name}: {target}"
            assert not anchor or anchor in anchors(there), f"{path.name}: {target}#{anchor}"


def test_every_page_is_in_the_index() -> None:
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    missing = [path.name for path in DOCS.glob("*.md") if path.name != "README.md" and f"]({path.name})" not in index]
    assert not missing, "name them in docs/README.md"
