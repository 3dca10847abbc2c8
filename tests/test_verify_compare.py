"""What verify makes of two runs: which vendor, which transcripts, whether they agree, what is printed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from codemods.verify.compare import ProgramRun, compare, find_transcripts, notes, transcript_lines
from codemods.verify.report import announcement, report
from codemods.verify.run import has_traceback
from codemods.verify.vendor import vendor_of
from shim.errors import BridgeError

_TRACEBACK = "Traceback (most recent call last):\n  ..."


def script(folder: Path, text: str, name: str = "program.py") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


# Which vendor


@pytest.mark.parametrize(
    ("text", "vendor"),
    [
        ("URL = 'https://api.gladia.io'", "gladia"),
        ("import gladiaio_sdk", "gladia"),
        ("from gladiaio_sdk.client import X", "gladia"),
        ("f'wss://streaming.assemblyai.com/v3/ws?{x}'", "assemblyai"),
        ("from assemblyai.streaming.v3 import StreamingClient", "assemblyai"),
        ("# was https://api.gladia.io\nURL = 'wss://streaming.eu.assemblyai.com/v3/ws'", "assemblyai"),
        ("import settings", "gladia"),
        ("from deep.er import URL", "gladia"),
    ],
)
def test_the_vendor_is_seen_in_the_program(tmp_path: Path, text: str, vendor: str) -> None:
    script(tmp_path, "URL = 'https://api.gladia.io'", "settings.py")
    (tmp_path / "deep").mkdir()
    script(tmp_path / "deep", "import settings", "er.py")
    assert vendor_of(script(tmp_path, text)) == vendor


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("print('hello')", "neither"),
        ("import gladiaio_sdk, assemblyai", "to Gladia and to AssemblyAI"),
        ("import gladiaio_sdk\nthis is no python", "line 2"),
    ],
)
def test_a_program_without_one_vendor_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(BridgeError, match=message):
        vendor_of(script(tmp_path, text))


def test_a_program_that_is_not_there_has_no_vendor(tmp_path: Path) -> None:
    with pytest.raises(BridgeError, match=r"nothing\.py: No such file"):
        vendor_of(tmp_path / "nothing.py")


# What it said

SAID = ["Yes.", "Yes. I will.", "One (1) more?"]


@pytest.mark.parametrize(
    ("stdout", "expected"),
    [
        ("", []),
        ("Final: Yes.\n>>> Yes. I will.\n", ["Yes.", "Yes. I will."]),
        ("Yes. I will.", ["Yes. I will."]),
        ("Yes.\nYes.\n", ["Yes.", "Yes."]),
        ("a Yes. b One (1) more? c Yes.", ["Yes.", "One (1) more?", "Yes."]),
        ("MYes.\nyes.\nYes.x", []),
        ("Yes.\rOne (1) more?", ["Yes.", "One (1) more?"]),
        ("\rYes.\rYes.\r     \rYes.\n", ["Yes."]),
        ("Yes.\rYes. One (1) more?\nYes.", ["Yes.", "One (1) more?", "Yes."]),
        ('{"text": "Yes."}\n', []),
        ('Got: {"text": "Yes."} Yes.', ["Yes."]),
        ('{\n  "text": "Yes.",\n  "more": [\n    "Yes. I will."\n  ]\n}\nYes.\n', ["Yes."]),
        ('["Yes."]', []),
        ("{'text': 'Yes.'}", ["Yes."]),
        ("[Final] Yes.", ["Yes."]),
        ("[1] Yes. {not json Yes.", ["Yes.", "Yes."]),
        ("[" * 20000 + "Yes.", ["Yes."]),
        ('Yes.\n{"text": "Yes.", "more": [', ["Yes."]),
    ],
)
def test_transcripts_are_texts_in_lines(stdout: str, expected: list[str]) -> None:
    assert list(find_transcripts(stdout, SAID)) == expected


def test_without_utterances_there_are_no_transcripts() -> None:
    assert find_transcripts("anything", []) == ()


# Whether two agree


def ran(
    *transcripts: str, status: int = 0, traceback: bool = False, ended_by: str = "interrupt", stderr: str = ""
) -> ProgramRun:
    return ProgramRun("p.py on X", status, "", stderr, transcripts, traceback, ended_by)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (ran("A.", "B."), ran("A.", "B."), []),
        (ran("A."), ran("A.", ended_by="itself"), []),
        (ran(), ran(), ["nothing to compare: neither run printed a transcript"]),
        (ran("A.", "B."), ran("A."), ['transcript 2: only the first has "B."']),
        (ran(), ran("A."), ['transcript 1: only the second has "A."']),
        (ran("A."), ran("B."), ['transcript 1: the first has "A.", the second "B."']),
        (ran("A."), ran("A.", status=1), ["the first ended with status 0, the second ended with status 1"]),
        (ran("A."), ran("A.", status=-2), ["the first ended with status 0, the second was ended by SIGINT"]),
        (
            ran("A."),
            ran("A.", status=-9, ended_by="killed"),
            ["the first ended with status 0, the second did not end and had to be killed"],
        ),
        (ran("A.", traceback=True), ran("A."), ["only the first printed a traceback"]),
        (
            ran(status=1, traceback=True),
            ran(status=2),
            [
                "nothing to compare: neither run printed a transcript",
                "the first ended with status 1, the second ended with status 2",
                "only the first printed a traceback",
            ],
        ),
    ],
)
def test_differences_are_said_in_words(a: ProgramRun, b: ProgramRun, expected: list[str]) -> None:
    assert compare(a, b) == expected


# What is printed


def test_it_says_first_what_it_will_run() -> None:
    text = announcement([Path("before.py"), Path("after.py")])
    assert "before.py and after.py" in text
    assert "this machine only" in text
    assert "--allow-network" in announcement([Path("a.py")], allow_network=True)


def test_the_report_fits_the_terminal() -> None:
    runs = [ran("A long text. " * 20, "B."), ran(status=1, traceback=True, stderr="x" * 200 + "\nValueError: broken")]
    text = report(runs, compare(*runs))
    assert max(map(len, text.splitlines())) <= 80
    assert "| ValueError: broken" in text
    assert "They differ:" in text
    assert "(no transcript)" in text
    assert "They agree: 1 transcript," in report([ran("A."), ran("A.")], [])


def test_turns_that_hold_several_utterances_are_said() -> None:
    texts = ["One.", "Two."]
    assert transcript_lines("One.\nTwo.\n", texts) == (("One.",), ("Two.",))
    assert transcript_lines("> One. Two.\nnothing\n", texts) == (("One.", "Two."),)
    apart = replace(ran(*texts), lines=(("One.",), ("Two.",)))
    together = replace(ran(*texts), lines=(("One.", "Two."),))
    assert compare(apart, together) == [] and notes(apart, apart) == []
    assert "2 and 1 lines" in notes(apart, together)[0]


@pytest.mark.parametrize(
    ("output", "is_interrupted", "found"),
    [
        (f"Exception in thread Thread-1 (send):\n{_TRACEBACK}", True, False),
        (f"Exception in thread Thread-1 (send):\n{_TRACEBACK}", False, True),
        (f"{_TRACEBACK}\nException in thread Thread-1 (send):\n{_TRACEBACK}", True, True),
        ("error: \n", True, False),
    ],
)
def test_a_thread_that_an_interrupt_cuts_off_prints_a_traceback_by_chance(
    output: str, is_interrupted: bool, found: bool
) -> None:
    assert has_traceback(output, is_interrupted=is_interrupted) is found
