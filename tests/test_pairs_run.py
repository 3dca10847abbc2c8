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
