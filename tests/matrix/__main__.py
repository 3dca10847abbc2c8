"""`python -m tests.matrix` runs the whole matrix and writes docs/matrix.md.

With `--findings` it runs nothing: it writes the findings of today's migrations into the page that is there.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from codemods.migration import Migration
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


def row_start(row: Row, migration: Migration) -> str:
    """A line of a table without what running the program has shown: its choices, and the findings of its migration."""
    codes = ", ".join(sorted({finding.kind.code for finding in migration.findings}))
    return f"| {row.number} | {' | '.join(row.choices.values())} | {codes} |"


def row_text(result: Result) -> str:
    """One line of a table."""
    said = "DIFFERS" if result.differences else "agrees"
    if not result.differences and notes(result.before, result.after):
        said += f", in {len(result.after.lines)} for {len(result.before.lines)} lines"
    return f"{row_start(result.row, result.row.migration)} {said} |"


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


def with_findings_of_today(text: str) -> str:
    """The page with the findings that migrating gives now; what running showed stays."""
    for row in MIGRATED:
        start = row_start(row, row.migration)
        before_codes = re.escape(start.rstrip("|").rpartition("|")[0])
        text = re.sub(rf"^{before_codes}\|[^|\n]*\|", lambda _, start=start: start, text, flags=re.MULTILINE)
    return text


def main(rows: list[Row] | None = None) -> None:
    """Runs every program and writes the page; exits with 1 where one differs."""
    results = []
    for result in run_rows(rows or MIGRATED):
        results.append(result)
        print(result.row.name, "; ".join(result.differences) or "agrees", flush=True)
    PAGE.write_text(page(results), encoding="utf-8")
    sys.exit(any(one.differences for one in results))


if __name__ == "__main__":
    if "--findings" in sys.argv[1:]:
        PAGE.write_text(with_findings_of_today(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        main()
