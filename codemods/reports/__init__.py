"""Reports of a run: one plain structure (`model`), and what renders it, by the ending of the file's name."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from shim.errors import BridgeError

if TYPE_CHECKING:
    from codemods.migrate_result import MigrateResult
    from codemods.reports.model import Report

ENDINGS = (".json", ".sarif", ".html", ".md")
_MARKS = (b"<title>sttbridge:", b'"name": "sttbridge",', b"## sttbridge: ")


def check_reports(paths: Sequence[Path]) -> None:
    """Raises BridgeError for a report that could not be written: of no known kind, or into no folder."""
    for path in paths:
        if path.suffix not in ENDINGS:
            raise BridgeError(f"--report {path}: there is no such kind of report", f"end it in {', '.join(ENDINGS)}")
        if not path.parent.is_dir():
            raise BridgeError(f"--report {path}: there is no folder {path.parent}", "make it first")


def is_report(content: bytes) -> bool:
    """Whether a file is a report of an earlier run, which names the vendor because the programs did."""
    return any(mark in content[:4000] for mark in _MARKS)


def write_reports(result: MigrateResult) -> list[BridgeError]:
    """Writes the reports that were asked for, and gives an error for each that could not be written."""
    paths = result.request.reports
    if not paths:
        return []
    from codemods.reports.model import report_of

    report = report_of(result)
    errors = []
    for path in paths:
        try:
            _replace(path, rendered(report, path.suffix))
        except OSError as error:
            errors.append(
                BridgeError(f"the report {path} could not be written: {error.strerror or error}", "mend that")
            )
    return errors


def rendered(report: Report, ending: str) -> str:
    """A report as the text of a file with that ending, one of `ENDINGS`."""
    match ending:
        case ".json":
            from codemods.reports.json_report import json_report

            return json_report(report)
        case ".sarif":
            from codemods.reports.sarif import sarif_report

            return sarif_report(report)
        case ".md":
            from codemods.reports.markdown import markdown_report

            return markdown_report(report)
        case _:
            from codemods.reports.page import page_report

            return page_report(report)


def _replace(path: Path, text: str) -> None:
    """Writes a report whole or not at all; what is there before is replaced."""
    if path.exists() and not path.is_file():
        # A pipe or a device, as /dev/stdout.
        path.write_text(text, encoding="utf-8")
        return
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        mask = os.umask(0)
        os.umask(mask)
        Path(name).chmod(0o666 & ~mask)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
