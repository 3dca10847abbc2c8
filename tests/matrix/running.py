"""One program of the matrix before and after, on the emulators."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from codemods.verify.compare import ProgramRun, compare
from codemods.verify.run import run_program
from tests.matrix.combinations import Row
from tests.matrix.speech import transcript, write_speech

SPEED = 8.0
_REAL_BOUND = 60.0  # real seconds that a program may take: the machine may be busy
AT_ONCE = 3


@dataclass(frozen=True)
class Result:
    """Both runs of one row, and how they differ, in plain words."""

    row: Row
    before: ProgramRun
    after: ProgramRun
    differences: Sequence[str]


@dataclass(frozen=True)
class Spread:
    """A program over several files, before and after: the sources by module name, the program itself as the last."""

    before: Mapping[str, str]
    after: Mapping[str, str]


def run_row(row: Row, folder: Path, speech: Path) -> Result:
    """Runs a program against its vendor's emulator and, migrated, against the other's."""
    return run_spread(row, Spread({row.name: row.code}, {row.name: row.migration.code}), folder, speech)


def run_spread(row: Row, spread: Spread, folder: Path, speech: Path) -> Result:
    """The same for a row's program over several files."""
    runs = []
    for label, sources, vendor in (("before", spread.before, row.vendor), ("after", spread.after, row.vendor.other)):
        place = folder / f"{row.name}_{label}"
        place.mkdir(parents=True)
        for name, code in sources.items():
            script = place / f"{name}.py"
            script.write_text(code, encoding="utf-8")
        runs.append(
            run_program(
                script,
                vendor=vendor.value,
                speech=speech,
                transcript=transcript(),
                speed=SPEED,
                time_bound=_REAL_BOUND * SPEED,
                arguments=[str(speech)],
                folder=place,
            )
        )
    before, after = runs
    return Result(row, before, after, [*_wanting(before), *compare(before, after)])


def _wanting(before: ProgramRun) -> list[str]:
    """What the program itself lacks: a run that prints half proves half."""
    texts = tuple(transcript().text(one) for one in transcript().utterances)
    lines = []
    if before.transcripts != texts:
        lines.append(f"the program itself printed {before.transcripts}, not {texts}")
    if before.exit_status != 0 or before.ended_by == "killed":
        lines.append(f"the program itself ended with {before.exit_status}: {before.stderr[-600:]}")
    return lines


def run_rows(rows: Sequence[Row], told: Callable[[Result], None] = lambda _: None) -> Iterator[Result]:
    """Runs rows, several at once, and gives their results in order; `told` hears of each as it comes."""
    with TemporaryDirectory(prefix="sttbridge-matrix-") as name, ThreadPoolExecutor(AT_ONCE) as pool:
        folder = Path(name)
        speech = write_speech(folder / "speech.wav")
        for result in pool.map(lambda row: run_row(row, folder, speech), rows):
            told(result)
            yield result
