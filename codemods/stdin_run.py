"""`sttbridge migrate -`: a program from standard input, what became of it on standard output."""

from __future__ import annotations

import sys
from pathlib import Path

from codemods.migrate_result import COULD_NOT_WORK, MigrateRequest, MigrateResult
from codemods.migration import target_named
from codemods.preview import notice, shown_findings
from codemods.programs import migrate_one
from codemods.tally import outcome_of
from shim.errors import BridgeError

STANDARD_INPUT = Path("-")
"""The path that stands for it."""
_SHOWN = Path("<stdin>")


def run_stdin(request: MigrateRequest) -> int:
    """Migrates standard input to standard output; the findings go to standard error. Gives the exit status.

    What is not to be written (edits with a caveat, without --unsafe) leaves the program as it came. With --check
    nothing goes to standard output. Raises BridgeError for what cannot be asked.
    """
    from codemods.reports import check_reports, write_reports

    target_named(request.to)
    if len(request.paths) > 1:
        raise BridgeError("- stands for standard input and goes with no other path", "give it alone")
    if request.write or request.verify:
        raise BridgeError("standard input has no file to write or to run", "leave --write and --verify out")
    check_reports(request.reports)
    file = migrate_one(_SHOWN, sys.stdin.buffer.read(), request.to, request.options)
    result = MigrateResult(request, [file], 1, [])
    if not request.check:
        sys.stdout.buffer.write(file.result if file.is_written else file.content)
        sys.stdout.buffer.flush()
        if file.is_written:
            result.written.append(file)
    findings = shown_findings([file])
    if findings:
        print(findings, file=sys.stderr)
    print(f"{_SHOWN}: {outcome_of(file)}", file=sys.stderr)
    status = result.status
    for error in write_reports(result):
        print(notice(f"sttbridge: {error}"), file=sys.stderr)
        status = COULD_NOT_WORK
    return status
