"""Pairs of fixtures that are run: the program as it was and as it became say the same of the same recording."""

from __future__ import annotations

from pathlib import Path

import pytest

from codemods.verify.run import run_program
from shim.guide import guide_file

PAIRS = Path(__file__).parent.parent / "fixtures" / "pairs" / "to_assemblyai"


@pytest.mark.parametrize(
    "name",
    [
        "opening/post_in_a_function",
        "aiohttp/post_and_socket",
        "sockets/sync_client",
        "status/own_exception",
        "chunk_sizes/file_paced",
        "audio/pipe_as_it_comes",
        "audio/paced_by_the_clock_20_ms",
        "audio/slices_of_bytes",
    ],
)
def test_a_pair_says_the_same(name: str) -> None:
    arguments = [str(guide_file("speech.wav"))]
    before = run_program(PAIRS / f"{name}.before.py", vendor="gladia", arguments=arguments)
    after = run_program(PAIRS / f"{name}.after.py", vendor="assemblyai", arguments=arguments)
    assert len(before.transcripts) == 3, before.stderr
    assert after.transcripts == before.transcripts, after.stderr
    assert (after.exit_status, after.had_traceback) == (before.exit_status, before.had_traceback) == (0, False)


@pytest.mark.parametrize("name", ["opening/post_in_a_function", "status/own_exception"])
def test_a_wrong_key_ends_both_with_a_message(name: str) -> None:
    arguments = [str(guide_file("speech.wav"))]
    for side, vendor, code in (("before", "gladia", "401"), ("after", "assemblyai", "1008")):
        run = run_program(PAIRS / f"{name}.{side}.py", vendor=vendor, arguments=arguments, key="another")
        assert run.exit_status != 0 and code in run.stdout + run.stderr
        assert not run.had_traceback and run.transcripts == ()


@pytest.mark.parametrize(
    ("name", "exit_status"),
    [
        ("to_assemblyai/status/in_front_of_the_try", 1),  # neither takes a wrong key for a lost line, again and again
        ("to_assemblyai/status/each_told_apart", 2),
        ("to_gladia/raw_ends/refused_by_a_branch", 2),
    ],
)
def test_a_wrong_key_ends_both_the_same(name: str, exit_status: int) -> None:
    gladia_first = name.startswith("to_assemblyai")
    for side, is_gladia in (("before", gladia_first), ("after", not gladia_first)):
        vendor = "gladia" if is_gladia else "assemblyai"
        program = PAIRS.parent / f"{name}.{side}.py"
        run = run_program(program, vendor=vendor, arguments=[str(guide_file("speech.wav"))], key="another")
        assert (run.exit_status, run.ended_by) == (exit_status, "itself"), run.stderr
        assert run.stdout + run.stderr and run.transcripts == ()
