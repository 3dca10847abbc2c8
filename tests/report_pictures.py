"""The pictures of the report in the documentation: `python -m tests.report_pictures` writes docs/images/.

A run over `tests.documented_project`, looked at in headless Chromium, light and dark.
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from codemods.migrate_result import MigrateRequest
from codemods.migrate_run import run_migrate
from tests.documented_project import lay

FOLDER: Final = Path(__file__).parent.parent / "docs" / "images"
LARGEST: Final = 200_000
"""Bytes of a picture, at most."""
_FILE: Final = ".top, .summary, #findings, .heading, .file:not([data-file='live.py']) { display: none !important }"
_FINDINGS: Final = ".top, .summary, #files { display: none !important }"
PICTURES: Final = {
    "report-summary": ("", "", (1180, 720)),
    "report-findings": (_FINDINGS, "#level=manual,caveat,skipped", (1180, 760)),
    "report-file": (_FILE, "", (1180, 900)),
}
"""By a picture's name: what is out of sight, how the page is asked to filter, width and height in pixels."""
THEMES: Final = {"light": "1", "dark": "0"}
_BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")


def make(folder: Path) -> list[Path]:
    """Writes every picture into a folder. Raises RuntimeError where there is no Chromium or it fails."""
    browser = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if browser is None:
        raise RuntimeError("there is no chromium here: apt-get install chromium")
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    with tempfile.TemporaryDirectory() as name:
        page = _report(Path(name))
        for picture, (style, fragment, size) in PICTURES.items():
            address = f"{_cropped(page, style).as_uri()}{fragment}"
            for theme, scheme in THEMES.items():
                target = folder / f"{picture}-{theme}.png"
                _take(browser, address, target, size, scheme, Path(name) / "profile")
                made.append(target)
    return made


def _report(folder: Path) -> Path:
    page = folder / "report.html"
    project = lay(folder / "project")
    with contextlib.chdir(project), contextlib.redirect_stdout(io.StringIO()):
        run_migrate(MigrateRequest([Path()], "assemblyai", reports=[page], given=("--to", "assemblyai")))
    return page


def _cropped(page: Path, style: str) -> Path:
    """The page with some of it out of sight, as one would scroll to the rest."""
    cropped = page.with_name("cropped.html")
    cropped.write_text(page.read_text(encoding="utf-8").replace("</style>", f"{style}</style>", 1), encoding="utf-8")
    return cropped


def _take(browser: str, address: str, target: Path, size: tuple[int, int], scheme: str, profile: Path) -> None:
    command = [
        browser,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--hide-scrollbars",
        f"--user-data-dir={profile}",
        f"--blink-settings=preferredColorScheme={scheme}",
        f"--window-size={size[0]},{size[1]}",
        "--virtual-time-budget=2000",
        f"--screenshot={target}",
        address,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100, env=dict(os.environ))
    if done.returncode or not target.is_file():
        raise RuntimeError(f"chromium took no picture: {done.stderr[-500:]}")


def main() -> int:
    """Writes the documentation's pictures."""
    for path in make(FOLDER):
        size = path.stat().st_size
        print(f"{path.name}: {size / 1000:.0f} kB")
        if size > LARGEST:
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
