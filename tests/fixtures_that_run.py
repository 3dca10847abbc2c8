"""Fixtures that run by themselves, before and after: `python -m tests.fixtures_that_run` looks which ones do.

A program of `fixtures/pairs` that is given a recording (as its argument and as its microphone) and prints all that is
said in it can be run as it is and migrated, on the emulators. The names of those that say the same stand in
`fixtures/pairs/run.txt`, which the command writes: the tests run what stands there. Many others are parts of programs,
or need a caller or a library.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from codemods.verify.compare import ProgramRun, compare
from codemods.verify.run import run_program
from shim.mapping.row import Vendor
from tests.matrix.speech import transcript, write_speech

PAIRS = Path(__file__).parent.parent / "fixtures" / "pairs"
LIST = PAIRS / "run.txt"
_BEFORE, _AFTER = ".before.py", ".after.py"
_SPEED = 8.0
_REAL_BOUND = 60.0  # real seconds that a program may take: the machine may be busy
_AT_ONCE = 3


@dataclass(frozen=True)
class Outcome:
    """What became of one fixture: `runs` by itself as it is, and what differs once it is migrated."""

    name: str
    runs: bool
    differences: Sequence[str] = ()


def listed() -> list[str]:
    """The fixtures that run by themselves: direction/topic/name."""
    return LIST.read_text(encoding="utf-8").split()


def all_names() -> list[str]:
    """Every fixture that is rewritten."""
    found = (path for path in sorted(PAIRS.glob(f"*/*/*{_BEFORE}")))
    names = [str(path.relative_to(PAIRS)).removesuffix(_BEFORE) for path in found]
    return [name for name in names if (PAIRS / f"{name}{_AFTER}").exists()]


def is_told(name: str) -> bool:
    """Whether a finding says that a fixture may differ, or is led through the shim: that asks the real service."""
    findings = PAIRS / f"{name}.findings.txt"
    codes = findings.read_text(encoding="utf-8").split() if findings.exists() else []
    options = PAIRS / f"{name}.options.txt"
    is_led = options.exists() and "fallback_shim" in options.read_text(encoding="utf-8")
    return is_led or any(code.startswith(("STB2", "STB3")) for code in codes)


def run_fixture(name: str, folder: Path, speech: Path) -> Outcome:
    """Runs a fixture on the emulator of its vendor and, migrated, on the other's."""
    target = Vendor(name.split("/")[0].removeprefix("to_"))
    before = _run(PAIRS / f"{name}{_BEFORE}", target.other, folder, speech)
    texts = tuple(transcript().text(one) for one in transcript().utterances)
    if before.transcripts != texts or before.exit_status != 0 or before.ended_by == "killed":
        return Outcome(name, runs=False)
    after = _run(PAIRS / f"{name}{_AFTER}", target, folder, speech)
    differences = list(compare(before, after))
    if differences:
        differences.append(after.stderr[-600:])
    return Outcome(name, runs=True, differences=differences)


def _run(program: Path, vendor: Vendor, folder: Path, speech: Path) -> ProgramRun:
    place = folder / "_".join(program.parts[-3:]) / vendor.value
    place.mkdir(parents=True)
    script = place / "program.py"
    script.write_bytes(program.read_bytes())
    return run_program(
        script,
        vendor=vendor.value,
        speech=speech,
        transcript=transcript(),
        speed=_SPEED,
        time_bound=_REAL_BOUND * _SPEED,
        arguments=[str(speech)],
        folder=place,
    )


def run_fixtures(names: Sequence[str]) -> Iterator[Outcome]:
    """Runs fixtures, several at once, and gives what became of each, in order."""
    with TemporaryDirectory(prefix="sttbridge-fixtures-") as folder, ThreadPoolExecutor(_AT_ONCE) as pool:
        speech = write_speech(Path(folder) / "speech.wav")
        yield from pool.map(lambda name: run_fixture(name, Path(folder), speech), names)


def main(names: Sequence[str]) -> None:
    """Runs every fixture and writes the list of those that agree; exits with 1 where one differs without being told."""
    found = []
    for outcome in run_fixtures(names or all_names()):
        found.append(outcome)
        if outcome.runs:
            print(outcome.name, "; ".join(outcome.differences) or "agrees", flush=True)
    if not names:
        agreeing = [one.name for one in found if one.runs and not one.differences]
        LIST.write_text("".join(f"{name}\n" for name in agreeing), encoding="utf-8")
    print(f"{sum(one.runs for one in found)} of {len(found)} fixtures run by themselves.")
    sys.exit(any(one.differences and not is_told(one.name) for one in found))


if __name__ == "__main__":
    main(sys.argv[1:])
