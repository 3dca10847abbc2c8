"""What `verify` says, as plain text of 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path

from codemods.verify.compare import ProgramRun, notes, status_text

_WIDTH = 80
_LAST_LINES = 6


def announcement(scripts: Sequence[Path], *, allow_network: bool = False) -> str:
    """What is about to be done, to be printed first: verify runs the user's own programs."""
    names = " and ".join(str(script) for script in scripts)
    network = (
        "They may connect anywhere (--allow-network)." if allow_network else "They can connect to this machine only."
    )
    return _filled(
        f"verify runs {names} on this machine, with a recorded voice for a microphone and a local emulator for "
        f"the vendor. The vendors' API keys are replaced. {network}"
    )


def report(runs: Sequence[ProgramRun], differences: Sequence[str]) -> str:
    """The runs, what each printed of the transcripts and how it ended, and whether they agree."""
    parts = []
    for run in runs:
        lines = [_filled(f"{run.label}: {status_text(run)}{_how(run)}")]
        said = [" ".join(texts) for texts in run.lines] or list(run.transcripts)
        lines += [_filled(text, indent="    ") for text in said] or ["    (no transcript)"]
        if run.had_traceback or run.exit_status != 0:
            last = (run.stderr.strip() or run.stdout.strip()).splitlines()
            lines += [f"    | {line}"[:_WIDTH] for line in last[-_LAST_LINES:]]
        parts.append("\n".join(lines))
    if differences:
        parts.append(
            "\n".join(
                ["They differ:" if len(runs) > 1 else "Not as expected:"]
                + [_filled(line, indent="  - ") for line in differences]
            )
        )
    else:
        count = len(runs[0].transcripts)
        parts.append(f"They agree: {count} {'transcript' if count == 1 else 'transcripts'}, the same end.")
        parts += [_filled(note) for one in runs[1:] for note in notes(runs[0], one)]
    return "\n\n".join(parts)


def _how(run: ProgramRun) -> str:
    traceback = ", with a traceback" if run.had_traceback else ""
    return (" after Ctrl+C" if run.ended_by == "interrupt" and run.exit_status >= 0 else "") + traceback


def _filled(text: str, indent: str = "") -> str:
    return textwrap.fill(
        text,
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=" " * len(indent),
        break_long_words=False,
        break_on_hyphens=False,
    )
