"""`sttbridge demo`: the guide's script migrated, and the proof that all three ways say the same."""

from __future__ import annotations

import tempfile
from pathlib import Path

from codemods.migration import migrate_source
from codemods.preview import diff
from codemods.verify.compare import ProgramRun, compare
from codemods.verify.run import run_program
from shim.guide import guide_file

GUIDE_SCRIPT = "gladia_microphone.py"
"""The microphone script of AssemblyAI's migration guide, its Gladia side, as it is."""


def run_demo(speed: float = 8.0) -> int:
    """Prints the diff and the table; gives 0 where all rows agree, else 1."""
    from rich.console import Console

    console = Console()
    script = guide_file(GUIDE_SCRIPT)
    code = script.read_text(encoding="utf-8")
    migration = migrate_source(code, "assemblyai")
    print(diff(Path(GUIDE_SCRIPT), code, migration.code), end="")
    print()
    with tempfile.TemporaryDirectory() as folder:
        migrated = Path(folder) / "assemblyai_microphone.py"
        migrated.write_text(migration.code, encoding="utf-8")
        with console.status("running the original on Gladia's emulator"):
            runs = [("original on Gladia", run_program(script, vendor="gladia", speed=speed))]
        with console.status("running the migrated script on AssemblyAI's emulator"):
            runs.append(("migrated on AssemblyAI", run_program(migrated, vendor="assemblyai", speed=speed)))
        with console.status("running the original through the shim on AssemblyAI's emulator"):
            run = run_program(script, vendor="gladia", over="assemblyai", speed=speed)
            runs.append(("original, through the shim, on AssemblyAI", run))
    return _print_table(runs)


def _print_table(runs: list[tuple[str, ProgramRun]]) -> int:
    from rich.console import Console
    from rich.table import Table

    original = runs[0][1]
    table = Table(show_lines=True, width=80 if not Console().is_terminal else None)
    for column in ("run", "transcripts", "status", "agrees"):
        table.add_column(column, overflow="fold")
    every = True
    for label, run in runs:
        differences = [] if run is original else compare(original, run)
        said = bool(original.transcripts)
        agrees = said and not differences
        every = every and agrees
        table.add_row(label, "\n".join(run.transcripts) or "(none)", str(run.exit_status), "yes" if agrees else "NO")
    Console().print(table)
    for label, run in runs[1:]:
        for difference in compare(original, run):
            print(f"{label}: {difference}")
    print("All three agree." if every else "They do not agree.")
    return 0 if every else 1
