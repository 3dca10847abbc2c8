"""The guide's script: migrated whole, and nothing else in it touched."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from codemods.findings import Level
from codemods.migration import migrate_source
from codemods.rules.remains.sweep import traces
from shim.mapping import catalogue
from shim.mapping.row import Section, Vendor
from tests.codemod_checks import check_migration, codes, fixture

BEFORE = fixture("gladia_microphone.py")
AFTER = fixture("assemblyai_microphone.py")


def test_the_guides_script_becomes_the_fixture() -> None:
    assert check_migration(BEFORE).code == AFTER


def test_only_information_is_left_to_say() -> None:
    migration = migrate_source(BEFORE, "assemblyai")
    assert {finding.level for finding in migration.findings} == {Level.INFORMATION}
    assert codes(migration) == {"STB101", "STB102", "STB103", "STB104", "STB105"}


def test_no_trace_of_gladia_is_left() -> None:
    assert list(traces(AFTER, Vendor.GLADIA)) == []
    assert "gladia" not in AFTER.lower()
    assert "v2/live" not in AFTER
    types = {path for row in catalogue.rows(Section.SERVER) for path in row.gladia if "." not in path}
    # `transcript` and `error` are fields' names at AssemblyAI: only a test of the type would be Gladia's.
    assert '"type"] == "transcript"' not in AFTER and '"type"] == "error"' not in AFTER
    for name in (types - {"transcript", "error"}) | {"audio_chunk", "stop_recording", "x-gladia-key"}:
        assert not re.search(rf"""["']{name}["']""", AFTER, re.IGNORECASE), name


def test_lines_that_mean_nothing_to_the_vendors_stay_as_they_are() -> None:
    kept = [line for line in BEFORE.splitlines() if "pyaudio" in line or line.lstrip().startswith("#")]
    after = AFTER.splitlines()
    assert kept and all(line in after for line in kept)
    assert [line for line in after if line in kept] == kept, "and their order"


def test_turns_keep_writes_the_silence_out() -> None:
    from codemods.migration import Options

    migration = migrate_source(BEFORE, "assemblyai", Options(keep_turns=True))
    assert '"max_turn_silence": 100,' in migration.code and '"min_turn_silence": 100,' in migration.code
    assert "STB102" not in codes(migration)


def test_preview_writes_nothing_and_write_writes_once(tmp_path: Path) -> None:
    script = tmp_path / "live.py"
    script.write_text(BEFORE)
    command = [sys.executable, "-m", "codemods.cli", "migrate", str(script), "--to", "assemblyai"]
    preview = subprocess.run(command, capture_output=True, text=True, check=False)
    assert preview.returncode == 1
    assert '+        if content["type"] == "Turn"' in preview.stdout
    assert "1 file: 1 to migrate." in preview.stdout and "--write" in preview.stdout
    assert script.read_text() == BEFORE

    check = subprocess.run([*command, "--check"], capture_output=True, text=True, check=False)
    assert check.returncode == 1 and "@@" not in check.stdout
    assert script.read_text() == BEFORE

    written = subprocess.run([*command, "--write"], capture_output=True, text=True, check=False)
    assert written.returncode == 0
    assert script.read_text() == AFTER

    again = subprocess.run([*command, "--write"], capture_output=True, text=True, check=False)
    assert again.returncode == 0 and "1 file: nothing to do." in again.stdout
    assert script.read_text() == AFTER


def test_chunks_that_the_service_would_not_take_get_another_size_and_it_is_said() -> None:
    for frames, becomes in ((320, 1600), (800, 800), (16000, 16000), (48000, 8000)):
        code = BEFORE.replace("FRAMES_PER_BUFFER = 3200", f"FRAMES_PER_BUFFER = {frames}")
        migration = migrate_source(code, "assemblyai")
        assert f"FRAMES_PER_BUFFER = {becomes}\n" in migration.code
        assert ("STB115" in codes(migration)) is (frames != becomes), frames
