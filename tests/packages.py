"""Public packages that speak to either vendor, migrated: `python -m tests.packages` writes docs/packages.md.

Each package is downloaded in the version named here, without what it depends on, into a folder that goes
afterwards; nothing of it is installed or run. A copy of it is migrated in each direction that fits, and what must hold
of any program is checked. `check_package` does that for a folder that is there already.
"""

from __future__ import annotations

import py_compile
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from codemods.accounting import Ending, accounts
from codemods.directions import names_vendor
from codemods.files import FileMigration, replace_file
from codemods.findings import KINDS, Level
from codemods.group import decoded
from codemods.migration import Options
from codemods.programs import Effort, migrate_files
from codemods.search import search
from codemods.tally import Outcome, outcome_of
from shim.mapping.row import Vendor

PAGE = Path(__file__).parent.parent / "docs" / "packages.md"

PACKAGES = (
    "assemblyai==1.8.2",
    "bolna==0.11.9",
    "getpatter==0.7.0",
    "gladiaio-sdk==2.2.1",
    "livekit-plugins-assemblyai==1.8.9",
    "livekit-plugins-gladia==1.8.9",
    "pipecat-ai==1.14.0",
    "videosdk-plugins-assemblyai==1.0.19",
    "videosdk-plugins-gladia==1.0.30",
    "vision-agents-plugins-assemblyai==0.6.9",
    "vocode==0.1.113",
    "wirtual-plugins-assemblyai==0.0.1",
)

_ABOUT = """# Public packages, migrated

Made by `python -m tests.packages`, which downloads the packages from the index that pip is set to, in the versions that
are named here. The tests run the same checks over the two vendors' SDKs where they are installed; the other packages
are checked by the command only.

Each row is a copy of a package, migrated with `--unsafe` in one direction. Of every run it is checked that no file
makes the codemod fail or take too long, that each reference to the old vendor is accounted for, that everything written
compiles, that a file with something that blocks is left byte for byte as it was, and that a second run changes nothing.
"Naming it" are the files that name the old vendor anywhere; most of the rest is not even parsed. The time is that of
the processor, in one process.

These packages are frameworks, voice agents and SDKs: they wrap a vendor for others and take every option from their
callers, so that much of them is known only when they run. "With TODOs" are the files that were rewritten all the same:
a TODO stands at each value that could not be converted beforehand, at each field and order that the other service does
not have. "Left" are those whose session could not be followed to its end, and those that cannot be right without them.
"Migrated" are mostly the files around them, which only carry a class's new name on. The vendors' own SDKs are left by
intention.

"""


@dataclass(frozen=True, slots=True)
class PackageRun:
    """One package migrated in one direction; `seconds` are the processor's in the first run, in one process."""

    package: str
    to: Vendor
    files: int
    naming: int
    seconds: float
    outcomes: Counter[Outcome]
    findings: Counter[str]
    reasons: Counter[str]
    """The codes that left files whole, by the number of files."""
    problems: tuple[str, ...]
    """What should have held and did not."""

    @property
    def row(self) -> str:
        """Its line of the table."""
        numbers = [self.outcomes[one] for one in (Outcome.MIGRATED, Outcome.WITH_TODOS, Outcome.LEFT, Outcome.SKIPPED)]
        codes = ", ".join(f"{code} × {number}" for code, number in sorted(self.findings.items())) or "none"
        cells = [
            self.package.replace("==", " "),
            f"{self.to.other} → {self.to}",
            *map(str, (self.files, self.naming)),
            f"{self.seconds:.1f} s",
            *map(str, numbers),
            codes,
            "; ".join(self.problems) or "all hold",
        ]
        return f"| {' | '.join(cells)} |"


HEAD = (
    "| package | direction | files | naming it | time | migrated | with TODOs | left | skipped | findings | checks |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|"
)


def check_package(package: str, folder: Path, to: Vendor) -> PackageRun:
    """Migrates the programs of a folder, writes them, and looks at what must hold; the folder is a copy to be spent."""
    programs = search([folder]).programs
    contents = {path: path.read_bytes() for path in programs}
    began = time.process_time()
    files = list(migrate_files(programs, to.value, Options(unsafe=True), effort=Effort(jobs=1)))
    seconds = time.process_time() - began
    problems = [problem for file in files for problem in _problems(file, to)]
    for file in files:
        if file.is_written:
            replace_file(file)
    problems += _problems_written(files, programs, to)
    left = [file for file in files if outcome_of(file) is Outcome.LEFT]
    return PackageRun(
        package,
        to,
        len(programs),
        sum(names_vendor(content, to.other) for content in contents.values()),
        seconds,
        Counter(outcome_of(file) for file in files),
        Counter(finding.kind.code for file in files for finding in file.migration.findings),
        Counter(
            code for file in left for code in {one.kind.code for one in file.migration.findings if one.kind.blocks}
        ),
        tuple(problem.replace(str(folder), package) for problem in problems),
    )


def _problems(file: FileMigration, to: Vendor) -> Iterator[str]:
    findings = file.migration.findings
    for finding in findings:
        if finding.level is Level.SKIPPED:
            yield f"{file.path}: skipped: {finding.text}"
    if file.changes and any(finding.kind.blocks for finding in findings):
        yield f"{file.path}: half a migration"
    if any(finding.level is Level.SKIPPED for finding in findings):
        return
    for account in accounts(decoded(file.content)[0], file.migration, to):
        if account.ending is Ending.FORGOTTEN:
            yield f"{file.path}:{account.reference.line}: forgotten: {account.reference.text}"


def _problems_written(files: list[FileMigration], programs: tuple[Path, ...], to: Vendor) -> Iterator[str]:
    for file in files:
        if file.is_written:
            try:
                py_compile.compile(str(file.path), cfile=str(file.path.with_suffix(".compiled")), doraise=True)
            except py_compile.PyCompileError as error:
                yield f"{file.path}: {error.msg}"
    if not any(file.is_written for file in files):
        # Nothing was written: a second run would be the first one.
        return
    for again in migrate_files(programs, to.value, Options(unsafe=True), effort=Effort(jobs=1)):
        if again.changes:
            yield f"{again.path}: a second run changes it"


def directions_of(folder: Path) -> list[Vendor]:
    """The vendors that the programs of a folder can be moved to: those whose other one is named there."""
    texts = [path.read_bytes() for path in search([folder]).programs]
    return [to for to in Vendor if any(names_vendor(text, to.other) for text in texts)]


def _downloaded(package: str, folder: Path) -> Path:
    """A package's wheel, unpacked. Raises SystemExit where there is none to be had."""
    # Nothing of it is run, so that the Python that it asks for does not matter.
    options = ["-qq", "--no-deps", "--ignore-requires-python", "--only-binary", ":all:", "--dest", str(folder)]
    done = subprocess.run([sys.executable, "-m", "pip", "download", *options, package], check=False)
    wheels = list(folder.glob("*.whl"))
    if done.returncode or len(wheels) != 1:
        raise SystemExit(f"{package} could not be downloaded: set pip's index and run this again")
    unpacked = folder / "unpacked"
    with zipfile.ZipFile(wheels[0]) as wheel:
        wheel.extractall(unpacked)
    return unpacked


def reasons_table(runs: list[PackageRun]) -> str:
    """Why files were left whole, the most frequent reason first."""
    reasons: Counter[str] = sum((run.reasons for run in runs), Counter())
    titles = {kind.code: kind.title for kind in KINDS}
    lines = ["| reason | files |", "|---|---|"]
    ordered = sorted(reasons.items(), key=lambda one: (-one[1], one[0]))
    return "\n".join([*lines, *(f"| [{code}](findings/{code}.md) {titles[code]} | {n} |" for code, n in ordered)])


def main() -> None:
    """Downloads and checks every package and writes the page; the status is 1 where something did not hold."""
    runs: list[PackageRun] = []
    print(HEAD)
    for package in PACKAGES:
        with tempfile.TemporaryDirectory() as name:
            unpacked = _downloaded(package, Path(name))
            for to in directions_of(unpacked):
                folder = Path(name) / to.value
                shutil.copytree(unpacked, folder)
                runs.append(check_package(package, folder, to))
                print(runs[-1].row, flush=True)
    table = "\n".join(run.row for run in runs)
    why = "## Why files were left as they are\n\nA file can have several reasons.\n"
    PAGE.write_text(f"{_ABOUT}{HEAD}\n{table}\n\n{why}\n{reasons_table(runs)}\n", encoding="utf-8")
    raise SystemExit(any(run.problems for run in runs))


if __name__ == "__main__":
    main()
