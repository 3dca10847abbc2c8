"""The report as JSON, for programs; `docs/schemas/report-1.json` says what stands where."""

from __future__ import annotations

import json
from typing import Any, Final

from codemods.reports.model import FileReport, FindingReport, Report

VERSION: Final = 1
"""Raised when a reader of the old form would misread the new one; fields may be added without that."""


def json_report(report: Report) -> str:
    """The report as a JSON document, indented, with a newline at its end."""
    document = {
        "version": VERSION,
        "tool": {"name": "sttbridge", "version": report.version},
        "from": report.source,
        "to": report.target,
        "mode": report.mode,
        "exitStatus": report.exit_status,
        "summary": {
            "text": report.summary,
            "files": report.tally.searched,
            "outcomes": {outcome.name.lower(): number for outcome, number in report.tally.outcomes.items()},
            "issues": report.tally.issues,
        },
        "keysHidden": report.hides_keys,
        "problems": list(report.problems),
        "nextSteps": list(report.next_steps),
        "files": [_file(file) for file in report.files],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _file(file: FileReport) -> dict[str, Any]:
    return {
        "path": file.path,
        "outcome": file.outcome.name.lower(),
        "written": file.is_written,
        "added": file.added,
        "removed": file.removed,
        "keysHidden": file.hides_keys,
        "findings": [_finding(one) for one in file.findings],
        "diff": file.diff(),
    }


def _finding(finding: FindingReport) -> dict[str, Any]:
    return {
        "code": finding.code,
        "level": finding.level,
        "line": finding.line,
        "place": finding.place,
        "title": finding.title,
        "text": finding.text,
        "recipe": finding.recipe,
        "page": finding.page,
    }
