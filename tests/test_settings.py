"""`[tool.sttbridge]`: what it may say, how it is corrected, and that the command line wins."""

from __future__ import annotations

from pathlib import Path

import pytest

from codemods.migrate_options import Typed, request_for
from codemods.migrate_result import MigrateRequest
from codemods.settings import Settings, project_settings
from shim.errors import BridgeError


def project(folder: Path, text: str) -> Path:
    (folder / "pyproject.toml").write_text(text)
    inner = folder / "src" / "app"
    inner.mkdir(parents=True)
    (inner / "live.py").write_text("pass\n")
    return inner


def requested(path: Path, typed: Typed = Typed()) -> MigrateRequest:  # noqa: B008 - immutable
    return request_for([path], typed, write=False, check=False, force=False, verify=False)


def test_every_setting_is_read(tmp_path: Path) -> None:
    inner = project(
        tmp_path,
        "[project]\nname = 'x'\n[tool.sttbridge]\nto = 'gladia'\nexclude = ['tests/']\nunsafe = true\n"
        "turns = 'keep'\nfallback = 'shim'\njobs = 3\n",
    )
    found = project_settings([inner])
    assert found.folder == tmp_path
    assert found.settings == Settings("gladia", ("tests/",), True, "keep", "shim", 3)
    request = requested(inner)
    assert (request.to, request.effort.jobs) == ("gladia", 3)
    assert request.options.unsafe and request.options.keep_turns and request.options.fallback_shim
    assert request.left_out(tmp_path / "src" / "tests" / "x.py") and not request.left_out(inner / "live.py")
    assert request.given == [], "what the settings say need not be typed again"


def test_the_command_line_wins(tmp_path: Path) -> None:
    inner = project(tmp_path, "[tool.sttbridge]\nto = 'gladia'\nunsafe = true\nturns = 'keep'\nfallback = 'shim'\n")
    typed = Typed(to="assemblyai", unsafe=False, fallback="none", turns="target", exclude=("a b.py",), jobs=1)
    request = requested(inner, typed)
    assert request.to == "assemblyai" and request.effort.jobs == 1
    assert not (request.options.unsafe or request.options.keep_turns or request.options.fallback_shim)
    assert request.given[:2] == ["--to", "assemblyai"] and "--no-unsafe" in request.given


def test_the_nearest_file_with_the_table_holds(tmp_path: Path) -> None:
    inner = project(tmp_path, "[tool.sttbridge]\nto = 'gladia'\n")
    (inner / "pyproject.toml").write_text("[project]\nname = 'part'\n")
    assert project_settings([inner / "live.py"]).settings.to == "gladia"
    (inner / "pyproject.toml").write_text("[tool.sttbridge]\nto = 'assemblyai'\n")
    assert project_settings([inner / "live.py"]).settings.to == "assemblyai"
    assert project_settings([inner, tmp_path]).settings.to == "gladia", "that of the folder that holds both"


def test_the_search_ends_at_the_repository(tmp_path: Path) -> None:
    inner = project(tmp_path, "[tool.sttbridge]\nto = 'gladia'\n")
    (inner / ".git").mkdir()
    assert project_settings([inner]).settings == Settings()


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("to = 'gladia'\nunsave = true", r"pyproject\.toml:3: .*no setting 'unsave'; known are to, exclude"),
        ("unsafe = 'yes'", r"pyproject\.toml:2: unsafe .* takes true or false, not 'yes'"),
        ("jobs = 0", "jobs .* takes a whole number from 1, not 0"),
        ("jobs = true", "jobs .* takes a whole number"),
        ("exclude = 'tests'", "exclude .* takes a list of patterns"),
        ("exclude = [1]", "exclude .* takes a list of patterns"),
        ("turns = 'stay'", "turns .* takes keep or target, not 'stay'"),
        ("fallback = 'no'", "fallback .* takes shim or none"),
        ("to = 3", "to .* takes gladia or assemblyai"),
        ("to = ", "not valid TOML"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, table: str, said: str) -> None:
    inner = project(tmp_path, f"[tool.sttbridge]\n{table}\n")
    with pytest.raises(BridgeError, match=said):
        project_settings([inner])


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (Typed(), "nothing says which vendor"),
        (Typed(to="gladia", jobs=0), "--jobs takes"),
        (Typed(to="gladia", turns="no"), "--turns takes keep or target"),
        (Typed(to="gladia", fallback="no"), "--fallback takes shim or none"),
        (Typed(to="gladia", timeout=0.0), "--timeout takes"),
        (Typed(to="gladia", exclude=("!",)), "--exclude"),
    ],
)
def test_an_option_that_is_wrong_is_said(tmp_path: Path, typed: Typed, said: str) -> None:
    with pytest.raises(BridgeError, match=said):
        requested(tmp_path, typed)
