"""The vendors' SDKs, migrated as any package; `python -m tests.packages` does so with packages that it downloads."""

from __future__ import annotations

import importlib
import re
import shutil
from pathlib import Path

import pytest

from codemods.findings import KINDS
from codemods.tally import Outcome
from shim.mapping.row import Vendor
from tests.packages import PACKAGES, PAGE, check_package, directions_of


@pytest.mark.parametrize(("name", "to"), [("gladiaio_sdk", Vendor.ASSEMBLYAI), ("assemblyai", Vendor.GLADIA)])
def test_the_sdk_itself(name: str, to: Vendor, tmp_path: Path) -> None:
    installed = importlib.import_module(name).__file__
    assert installed is not None
    copy = tmp_path / "copy" / name
    shutil.copytree(Path(installed).parent, copy, ignore=shutil.ignore_patterns("__pycache__"))
    before = {path: path.read_bytes() for path in copy.rglob("*.py")}
    assert directions_of(copy) == [to]
    run = check_package(name, copy, to)
    assert run.problems == ()
    assert run.files == len(before) > run.naming > 0
    assert sum(run.outcomes.values()) <= run.files and run.outcomes[Outcome.LEFT] > 0
    assert set(run.outcomes) <= {Outcome.LEFT, Outcome.NOTHING}, "an SDK opens sessions for others: nothing is known"
    assert {path: path.read_bytes() for path in copy.rglob("*.py")} == before


def test_what_does_not_hold_is_said(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text('import requests\nrequests.post("https://api.gladia.io/v2/live"\n')
    run = check_package("broken", tmp_path, Vendor.ASSEMBLYAI)
    assert len(run.problems) == 1 and run.problems[0].startswith("broken/broken.py: skipped: ")
    assert "broken/broken.py" in run.row and "| 1 | STB401 × 1 |" in run.row


def test_the_page_has_every_package_and_every_check_holds() -> None:
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if " → " in line]
    assert {row.split(" | ")[0].removeprefix("| ") for row in rows} == {one.replace("==", " ") for one in PACKAGES}
    assert all(row.endswith("| all hold |") for row in rows)


def test_the_page_says_why_files_were_left_in_the_words_of_today() -> None:
    titles = {kind.code: kind.title for kind in KINDS if kind.blocks}
    reasons = [line.split(" | ")[0] for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| [")]
    codes = [reason[3:9] for reason in reasons]
    assert reasons == [f"| [{code}](findings/{code}.md) {titles[code]}" for code in codes] and codes
    assert all((PAGE.parent / "findings" / f"{code}.md").is_file() for code in codes)


def test_the_page_names_findings_that_there_are_and_its_words_are_true_of_its_rows() -> None:
    text = PAGE.read_text(encoding="utf-8")
    cells = [line.split(" | ") for line in text.splitlines() if " → " in line]
    assert set(re.findall(r"STB\d{3}", text)) <= {kind.code for kind in KINDS}
    assert any(int(row[6]) for row in cells), "some files are rewritten with TODOs"
    assert all(row[5:7] == ["0", "0"] for row in cells if row[0].split()[1] in ("assemblyai", "gladiaio-sdk"))
