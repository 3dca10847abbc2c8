"""The HTML report in a real browser: it works without a server, and its filters really hide what does not match."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from codemods.migrate_result import MigrateRequest
from codemods.migrate_run import run_migrate
from tests.codemod_checks import fixture

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
IS_REQUIRED = bool(os.environ.get("STTBRIDGE_REQUIRE_CHROMIUM"))
pytestmark = pytest.mark.skipif(
    CHROMIUM is None and not IS_REQUIRED, reason="there is no chromium here: apt-get install chromium"
)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a run over a program that is migrated, one that is left, and one that is none."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "live.py").write_text(fixture("gladia_microphone.py"))
    (folder / "left.py").write_text('URL = "https://api.gladia.io/v2/live"\nprint(URL)\n')
    (folder / "broken.py").write_text("GLADIA = 1\ndef (:\n")
    path = tmp_path_factory.mktemp("report") / "report.html"
    run_migrate(MigrateRequest([folder], "assemblyai", reports=[path]))
    return path


def shown(page: Path, fragment: str, tmp_path: Path, *options: str) -> str:
    """The page as the browser has it after its scripts ran."""
    assert CHROMIUM is not None, "STTBRIDGE_REQUIRE_CHROMIUM is set, and there is no chromium"
    done = subprocess.run(
        [
            CHROMIUM,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            f"--user-data-dir={tmp_path / 'profile'}",
            "--virtual-time-budget=2000",
            *options,
            "--dump-dom",
            f"{page.as_uri()}{fragment}",
        ],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def rows(document: str) -> tuple[list[str], list[str]]:
    """The codes of the rows of the table of findings that are shown, and of those that are hidden."""
    table = document[document.index('<table class="findings">') :]
    table = table[: table.index("</table>")]
    found: tuple[list[str], list[str]] = ([], [])
    for tag in re.findall(r"<tr data-level[^>]*>", table):
        code = re.search(r'data-code="(\w+)"', tag)
        assert code is not None
        found[" hidden" in tag].append(code[1])
    return found


def files(document: str) -> dict[str, bool]:
    """The files, and whether each is shown."""
    tags = re.findall(r'<details class="file"[^>]*>', document)
    return {re.findall(r'data-file="[^"]*?([\w.]+)"', tag)[0]: " hidden" not in tag for tag in tags}


def test_everything_is_shown_first(page: Path, tmp_path: Path) -> None:
    document = shown(page, "", tmp_path)
    visible, hidden = rows(document)
    assert {"STB101", "STB301", "STB401"} <= set(visible) and not hidden
    assert files(document) == {"broken.py": True, "left.py": True, "live.py": True}
    assert re.search(r'<html[^>]* data-theme="light"', document)


def test_a_fragment_sets_the_filters_and_they_hide_rows_and_files(page: Path, tmp_path: Path) -> None:
    document = shown(page, "#level=manual&code=STB301", tmp_path)
    visible, hidden = rows(document)
    assert set(visible) == {"STB301"} and {"STB101", "STB401"} <= set(hidden)
    assert files(document) == {"broken.py": False, "left.py": True, "live.py": False}
    assert re.search(r'id="shown"[^>]*>1 of \d+ findings<', document)
    beside = re.findall(r'<(?:tr|div) class="finding" data-level="(\w+)"[^>]*?( hidden="")?>', document)
    assert {level for level, is_hidden in beside if not is_hidden} == {"manual"}


def test_text_and_nothing_found(page: Path, tmp_path: Path) -> None:
    visible, _ = rows(shown(page, "#text=SILENCE", tmp_path))
    assert visible == ["STB102"]
    document = shown(page, "#text=no+such+words", tmp_path)
    assert rows(document)[0] == [] and not any(files(document).values())
    assert re.search(r'<p class="nothing" id="none">', document), "it says so"


def test_a_link_to_a_line_opens_its_file_and_dark_is_dark(page: Path, tmp_path: Path) -> None:
    closed = tmp_path / "closed.html"
    closed.write_text(re.sub(r'(<details class="file"[^>]*) open>', r"\1>", page.read_text()))
    number = re.findall(r'<details class="file" id="(f\d+)" data-file="[^"]*live.py"', closed.read_text())[0]
    document = shown(closed, f"#{number}-l23", tmp_path, "--blink-settings=preferredColorScheme=0")
    opened = [tag for tag in re.findall(r'<details class="file"[^>]*>', document) if " open" in tag]
    assert len(opened) == 1 and f'id="{number}"' in opened[0]
    assert re.search(r'<html[^>]* data-theme="dark"', document)
