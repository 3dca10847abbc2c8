"""The report as SARIF 2.1.0, for code scanning and editors (OASIS, Static Analysis Results Interchange Format)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Any, Final
from urllib.parse import quote

from codemods.findings import KINDS, Level
from codemods.reports.model import Edit, FileReport, FindingReport, Report
from codemods.vendor_names import VENDOR_NAMES

_LEVELS: Final = {
    Level.INFORMATION: "note",
    Level.CAVEAT: "warning",
    Level.MANUAL: "error",
    Level.SKIPPED: "error",
}
_REWRITE: Final = "STB000"
"""The rule of the results that carry the edits of a file: no finding, but what the run is for."""


def sarif_report(report: Report) -> str:
    """The report as a SARIF log with one run, indented, with a newline at its end."""
    rules = _rules(report)
    index = {rule["id"]: number for number, rule in enumerate(rules)}
    results = [result for file in report.files for result in _results(report, file)]
    for result in results:
        result["ruleIndex"] = index[result["ruleId"]]
    run = {
        "tool": {"driver": {"name": "sttbridge", "version": report.version, "rules": rules}},
        "invocations": [
            {
                "executionSuccessful": not report.problems,
                "exitCode": report.exit_status,
                "toolExecutionNotifications": [
                    {"level": "error", "message": {"text": problem}} for problem in report.problems
                ],
            }
        ],
        "columnKind": "unicodeCodePoints",
        "artifacts": [{"location": _location(file.path)} for file in report.files],
        "results": results,
    }
    document = {
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _rules(report: Report) -> list[dict[str, Any]]:
    title = f"code for {VENDOR_NAMES[report.source]} that can be written for {VENDOR_NAMES[report.target]}"
    rules: list[dict[str, Any]] = [
        {"id": _REWRITE, "shortDescription": {"text": title}, "defaultConfiguration": {"level": "note"}}
    ]
    for kind in sorted(KINDS, key=lambda kind: kind.code):
        page = f"docs/findings/{kind.code}.md"
        rules.append(
            {
                "id": kind.code,
                "shortDescription": {"text": kind.title},
                "help": {"text": kind.recipe, "markdown": f"{kind.recipe}\n\n[{kind.code}]({page})"},
                "helpUri": page,
                "defaultConfiguration": {"level": _LEVELS[kind.level]},
                "properties": {"level": kind.level.value},
            }
        )
    return rules


def _results(report: Report, file: FileReport) -> Iterable[dict[str, Any]]:
    for finding in file.findings:
        yield _finding(file, finding)
    if file.edits and not file.is_written:
        yield _rewrite(report, file)


def _finding(file: FileReport, finding: FindingReport) -> dict[str, Any]:
    text = f"{finding.title}: {finding.text}"
    place = f"{finding.place}: " if finding.place.startswith("cell") else ""
    region = {"region": _region(file, finding.line)} if finding.line else {}
    return {
        "ruleId": finding.code,
        "level": _LEVELS[Level(finding.level)],
        "message": {"text": f"{place}{text}. Next: {finding.recipe}"},
        "locations": [{"physicalLocation": {"artifactLocation": _location(file.path), **region}}],
        "partialFingerprints": {"finding/v1": _fingerprint(finding.code, file.path, finding.text)},
    }


def _region(file: FileReport, line: int) -> dict[str, Any]:
    line = min(line, max(len(file.before), 1))
    text = file.before[line - 1].rstrip("\n") if file.before else ""
    start = len(text) - len(text.lstrip()) + 1
    return {
        "startLine": line,
        "startColumn": start,
        "endLine": line,
        "endColumn": max(len(text) + 1, start),
        "snippet": {"text": text},
    }


def _rewrite(report: Report, file: FileReport) -> dict[str, Any]:
    target = VENDOR_NAMES[report.target]
    result = {
        "ruleId": _REWRITE,
        "level": "note",
        "message": {"text": f"sttbridge writes this for {target} ({file.outcome.value})"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": _location(file.path),
                    "region": {"startLine": max(min(file.edits[0].start, len(file.before)), 1)},
                }
            }
        ],
        "partialFingerprints": {"finding/v1": _fingerprint(_REWRITE, file.path, "")},
    }
    if any(edit.hides_key for edit in file.edits):
        # Applied, it would write what stands for the key over the key.
        result["properties"] = {"fixLeftOut": "a key stands in the lines to be replaced"}
    else:
        replacements = [_replacement(file, edit) for edit in file.edits]
        change = {"artifactLocation": _location(file.path), "replacements": replacements}
        result["fixes"] = [{"description": {"text": f"Write it for {target}"}, "artifactChanges": [change]}]
    return result


def _replacement(file: FileReport, edit: Edit) -> dict[str, Any]:
    end = edit.start + len(edit.before)
    region = {"startLine": edit.start, "startColumn": 1, "endLine": end, "endColumn": 1}
    if edit.before and end > len(file.before) and not edit.before[-1].endswith("\n"):
        region |= {"endLine": end - 1, "endColumn": len(edit.before[-1]) + 1}
    replacement: dict[str, Any] = {"deletedRegion": region}
    if edit.after:
        replacement["insertedContent"] = {"text": "".join(edit.after)}
    return replacement


def _location(path: str) -> dict[str, Any]:
    if PurePosixPath(path).is_absolute():
        return {"uri": PurePosixPath(path).as_uri()}
    return {"uri": quote(path), "uriBaseId": "%SRCROOT%"}


def _fingerprint(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:32]
