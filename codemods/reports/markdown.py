"""The report as Markdown, short enough to be a comment of a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from codemods.reports.model import FileReport, FindingReport, Report
from codemods.vendor_names import VENDOR_NAMES

MOST_TEXT: Final = 60_000
"""Characters; a comment on GitHub holds 65,536."""
_PLAIN: Final = re.compile(r"([\\*_\[\]|#~])")
_NEEDS_A_PERSON: Final = ("manual", "caveat", "skipped")


def markdown_report(report: Report) -> str:
    """The report: summary, table of files, what requires attention, then the diffs as far as they fit."""
    text = "\n".join(_head(report))
    for file in report.files:
        part = "\n".join(_diff(file))
        if len(text) + len(part) > MOST_TEXT:
            return f"{text}\nSome diffs are left out here: they would be too long for a comment.\n"
        text += part
    return text


def _head(report: Report) -> Iterator[str]:
    yield f"## sttbridge: {VENDOR_NAMES[report.source]} → {VENDOR_NAMES[report.target]}"
    yield f"\n**{report.summary}**\n"
    for problem in report.problems:
        yield f"- ❌ {_escaped(problem)}"
    if report.files:
        yield "\n| file | what becomes of it | lines | to look at |\n|---|---|---|---|"
        for file in report.files[:200]:
            count = sum(one.level in _NEEDS_A_PERSON for one in file.findings)
            lines = f"+{file.added} −{file.removed}" if file.edits else ""
            yield f"| {_code(file.path)} | {file.outcome.value} | {lines} | {count or ''} |"
        if len(report.files) > 200:
            yield f"\n… and {len(report.files) - 200} files more."
    issues = [(file, one) for file in report.files for one in file.findings if one.level in _NEEDS_A_PERSON]
    if issues:
        yield "\n### Requires attention\n"
        for file, finding in issues[:200]:
            yield _finding(file, finding)
        if len(issues) > 200:
            yield f"- … and {len(issues) - 200} more"
    notes = [(file, one) for file in report.files for one in file.findings if one.level == "information"]
    if notes:
        yield f"\n<details><summary>Worth knowing ({len(notes)})</summary>\n"
        for file, finding in notes[:100]:
            yield _finding(file, finding)
        yield "\n</details>"
    if report.hides_keys:
        yield "\nKeys that stand in the files are hidden in this report."
    commands = [step for step in report.next_steps if "`" not in step]
    if commands:
        yield "\n" + "\n".join(f"    {step}" for step in commands)
    yield ""


def _finding(file: FileReport, finding: FindingReport) -> str:
    place = f"{file.path}:{finding.place}" if finding.place else file.path
    text = _escaped(f"{finding.title}: {finding.text}")
    return f"- {_code(place)} **{finding.code}** ({finding.level}) {text}<br>→ {_escaped(finding.recipe)}"


def _diff(file: FileReport) -> Iterator[str]:
    diff = file.diff()
    if not diff:
        return
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", diff)), default=0))
    yield f"\n<details><summary>{_html(file.path)} (+{file.added} −{file.removed})</summary>\n"
    yield f"{fence}diff\n{diff}{fence}\n\n</details>\n"


def _code(text: str) -> str:
    """A text as inline code; a bar would end a table's cell."""
    fence = "`" * (1 + max((len(run) for run in re.findall(r"`+", text)), default=0))
    space = " " if "`" in text else ""
    return f"{fence}{space}{text}{space}{fence}".replace("|", "\\|").replace("\n", " ")


def _escaped(text: str) -> str:
    """A text without Markdown of its own, but for the code between backticks that findings are written with."""
    parts = re.split(r"(`[^`\n]+`)", text.replace("\n", " "))
    return "".join(part if index % 2 else _html(_PLAIN.sub(r"\\\1", part)) for index, part in enumerate(parts))


def _html(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("@", "&#64;")
