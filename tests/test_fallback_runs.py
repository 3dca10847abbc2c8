"""A program that was given the shim runs: against the other vendor's emulator, with what the original prints."""

from __future__ import annotations

from pathlib import Path

from codemods.verify.vendor import shim_of
from codemods.verify.verification import Conditions, verify_pair

FIXTURES = Path(__file__).parent.parent / "fixtures" / "pairs" / "to_assemblyai" / "fallback"


def test_a_program_with_the_shim_does_what_it_did() -> None:
    before, after = (FIXTURES / f"handlers_by_decorator.{part}.py" for part in ("before", "after"))
    assert shim_of(before, "gladia") is None and shim_of(after, "gladia") == "assemblyai"
    found = verify_pair(before, after, Conditions(speed=8))
    assert found.agree, (found.differences, [run.stderr for run in found.runs])
    assert [run.exit_status for run in found.runs] == [0, 0] and found.runs[1].transcripts
    assert "AssemblyAI" in found.runs[1].label and "utterances" in found.runs[1].stdout
