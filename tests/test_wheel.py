"""The wheel, used outside of the checkout: data files, types and the command are in it."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.documented_project import shown_in

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)],
        check=True,
        capture_output=True,
    )
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder), str(wheel)],
        check=True,
        capture_output=True,
    )
    return folder


def run(installed: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Runs Python away from the checkout, with the installed wheel in front of the checkout's own packages."""
    environment = {**os.environ, "PYTHONPATH": str(installed), "COLUMNS": "80"}
    return subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, cwd=installed.parent, env=environment, check=False
    )


def test_what_is_in_it(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"shim/py.typed", "codemods/py.typed"} <= names
    for name in ("gladia_microphone.py", "assemblyai_microphone.py", "speech.wav", "transcript.json"):
        assert f"shim/guide_files/{name}" in names
    assert "codemods/verify/stand_in/pyaudio.py" in names
    assert {"codemods/reports/schemas/report-1.json", "codemods/reports/assets/page.css"} <= names
    assert "codemods/reports/assets/page.js" in names
    assert not any(name.startswith(("tests/", "fixtures/", "benchmarks/")) for name in names)
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_it_is_what_is_imported(installed: Path) -> None:
    done = run(installed, "-c", "import shim, codemods; print(shim.__file__); print(codemods.__file__)")
    assert all(line.startswith(str(installed)) for line in done.stdout.splitlines()), done


def test_the_demo_runs_from_it(installed: Path) -> None:
    done = run(installed, "-m", "codemods.cli", "demo")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "All three agree." in done.stdout
    readme = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    shown = [line.removeprefix("    ") for line in readme]
    begin, end = (next(at for at, line in enumerate(shown) if part in line) for part in ("┃ run", "All three agree."))
    assert not shown_in(["…", *shown[begin : end + 1]], done.stdout.splitlines()), done.stdout
