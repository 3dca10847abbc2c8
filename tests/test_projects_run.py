"""Projects of fixtures that are run: what several files did together, they still do as they became."""

from __future__ import annotations

from pathlib import Path

import pytest

from codemods.verify.run import run_program
from shim.guide import guide_file

PROJECTS = Path(__file__).parent.parent / "fixtures" / "projects"


@pytest.mark.parametrize(
    ("project", "script"),
    [
        ("to_assemblyai/captions_command", "run.py"),
        ("to_assemblyai/dictation_by_parts", "main.py"),
        ("to_gladia/captions_command", "main.py"),
    ],
)
def test_a_project_says_the_same(project: str, script: str) -> None:
    to = Path(project).parts[0].removeprefix("to_")
    source = "gladia" if to == "assemblyai" else "assemblyai"
    arguments = [str(guide_file("speech.wav"))]
    before = run_program(PROJECTS / project / "before" / script, vendor=source, arguments=arguments)
    after = run_program(PROJECTS / project / "after" / script, vendor=to, arguments=arguments)
    assert len(before.transcripts) == 3, before.stderr
    assert after.transcripts == before.transcripts, after.stderr
    assert (after.exit_status, after.had_traceback) == (before.exit_status, before.had_traceback) == (0, False)
