"""`python -m tests.matrix` runs the whole matrix and writes docs/matrix.md."""

from __future__ import annotations

import sys
from pathlib import Path

from codemods.verify.compare import notes
from tests.matrix.combinations import LIMITS, MIGRATED, Row
from tests.matrix.running import Result, run_rows

PAGE = Path(__file__).parent.parent.parent / "docs" / "matrix.md"
_ABOUT = """# Programs of many styles, run

Made by `python -m tests.matrix`; the tests run the same. Each program is made from one choice of every dimension, and
every two choices that go together stand in at least one program. It is run as it is against its vendor's emulator and,
migrated by the codemod, against the other's, with two seconds of speech. They agree where the transcripts, their order
and the exit status are the same; the same words may come in fewer turns, which is said.
"""


def row_text(result: Result) -> str:
    """One line of a table."""
    codes = ", ".join(sorted({finding.kind.code for finding in result.row.migration.findings}))
    said = "DIFFERS" if result.differences else "agrees"
    if not result.differences and notes(result.before, result.after):
        said += f", in {len(result.after.lines)} for {len(result.before.lines)} lines"
    choices = " | ".join(result.row.choices.values())
    return f"| {result.row.number} | {choices} | {codes} | {said} |"


def page(results: list[Result]) -> str:
    """The whole page."""
    parts = [_ABOUT]
    for title, rows in _groups(results):
        names = list(rows[0].row.choices)
        parts.append(f"## {title}: {len(rows)} programs\n")
        parts.append(f"| | {' | '.join(names)} | findings | migrated |\n|{'---|' * (len(names) + 3)}")
        parts[-1] += "\n" + "\n".join(row_text(one) for one in rows) + "\n"
    parts.append("## Left to a person\n")
    parts.append("With one of these choices a program is left whole, with the finding that says what to do.\n")
    parts.append("| program for | choice | finding | why |\n|---|---|---|---|")
    parts[-1] += "".join(f"\n| {one.vendor} | {one.text} | {one.code} | {one.reason} |" for one in LIMITS) + "\n"
    return "\n".join(parts)


def _groups(results: list[Result]) -> list[tuple[str, list[Result]]]:
    families: dict[tuple[str, str], list[Result]] = {}
    for one in results:
        how = "the API itself" if one.row.family == "raw" else "the SDK"
        families.setdefault((f"{one.row.vendor} → {one.row.vendor.other}", how), []).append(one)
    return [(f"{direction}, {how}", rows) for (direction, how), rows in families.items()]


def main(rows: list[Row] | None = None) -> None:
    """Runs every program and writes the page; exits with 1 where one differs."""
    results = []
    for result in run_rows(rows or MIGRATED):
        results.append(result)
        print(result.row.name, "; ".join(result.differences) or "agrees", flush=True)
    PAGE.write_text(page(results), encoding="utf-8")
    sys.exit(any(one.differences for one in results))


if __name__ == "__main__":
    main()
