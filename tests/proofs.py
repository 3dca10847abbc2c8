"""The guides' programs, each way they can run: `python -m tests.proofs` writes docs/proofs.md.

A pair is a program and what the codemod makes of it. The program, the migrated one, and the program unmigrated through
the shim are run against the emulators with the same speech.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from codemods.migration import migrate_source
from codemods.tally import counted
from codemods.verify.compare import ProgramRun, compare, notes
from codemods.verify.run import run_program
from shim.guide import guide_file
from shim.mapping.row import Vendor

PAGE = Path(__file__).parent.parent / "docs" / "proofs.md"
_ABOUT = """# The guides' programs, run

Made by `python -m tests.proofs`; the tests run the same. Each program of the guides, made whole, is run as it is
against its vendor's emulator; migrated by the codemod, against the other's; and as it is through the shim, over the
other vendor. They agree where the transcripts, their order and the exit status are the same. Where the silence that
ends a turn is another, the same words can come in fewer turns, which is said.

"""


@dataclass(frozen=True, slots=True)
class Pair:
    """A program of the guides: its file, its vendor, and in which style it is written."""

    program: str
    vendor: Vendor
    style: str

    @property
    def code(self) -> str:
        """Its source."""
        return guide_file(self.program).read_text(encoding="utf-8")

    def original(self) -> ProgramRun:
        """Run as it is, on its vendor's emulator."""
        return run_program(guide_file(self.program), vendor=self.vendor)

    def migrated(self, folder: Path) -> ProgramRun:
        """Migrated now, and run on the other vendor's emulator."""
        script = folder / f"migrated_{self.program}"
        script.write_text(migrate_source(self.code, self.vendor.other.value).code, encoding="utf-8")
        return run_program(script, vendor=self.vendor.other)

    def shimmed(self) -> ProgramRun:
        """Run as it is, through the shim, over the other vendor's emulator."""
        return run_program(guide_file(self.program), vendor=self.vendor, over=self.vendor.other)


PAIRS = (
    Pair("gladia_microphone.py", Vendor.GLADIA, "requests and websockets, asyncio"),
    Pair("assemblyai_microphone.py", Vendor.ASSEMBLYAI, "websockets, asyncio"),
    Pair("assemblyai_websocket_app.py", Vendor.ASSEMBLYAI, "websocket-client with callbacks"),
    Pair("gladia_websocket_app.py", Vendor.GLADIA, "requests, websocket-client with callbacks"),
    Pair("assemblyai_sdk.py", Vendor.ASSEMBLYAI, "the vendor's SDK"),
    Pair("gladia_sdk.py", Vendor.GLADIA, "the vendor's SDK"),
    Pair("assemblyai_sdk_async.py", Vendor.ASSEMBLYAI, "the vendor's SDK, asyncio"),
    Pair("gladia_sdk_async.py", Vendor.GLADIA, "the vendor's SDK, asyncio"),
)


def row(pair: Pair, original: ProgramRun, migrated: ProgramRun | None, shimmed: ProgramRun) -> str:
    """The pair's line of the table."""

    def agrees(run: ProgramRun | None) -> str:
        if run is None:
            return "left to a person"
        if compare(original, run):
            return "DIFFERS"
        return "agrees" if not notes(original, run) else f"agrees, in {counted(len(run.lines), 'turn')}"

    name = f"[{pair.program}](../fixtures/guide/{pair.program})"
    direction = f"{pair.vendor} → {pair.vendor.other}"
    turns = counted(len(original.lines), "turn")
    said = f"{len(original.transcripts)} transcripts in {turns}, status {original.exit_status}"
    return f"| {name} | {pair.style} | {direction} | {said} | {agrees(migrated)} | {agrees(shimmed)} |"


def main() -> None:
    """Runs every pair and writes the page."""
    import tempfile

    lines = ["| program | style | direction | as it is | migrated | through the shim |", "|---|---|---|---|---|---|"]
    for pair in PAIRS:
        with tempfile.TemporaryDirectory() as folder:
            changed = migrate_source(pair.code, pair.vendor.other.value).changed
            migrated = pair.migrated(Path(folder)) if changed else None
            lines.append(row(pair, pair.original(), migrated, pair.shimmed()))
        print(lines[-1])
    PAGE.write_text(_ABOUT + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
