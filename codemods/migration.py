"""Migrating one module: source text in, source text and findings out. No file is touched here."""

from __future__ import annotations

from dataclasses import dataclass, field

import libcst as cst

from codemods.analysis.statements import analyse
from codemods.directions import event_libraries, is_possible, names_vendor, styles_towards
from codemods.findings import (
    NO_SESSION,
    NOT_LOSSLESS,
    SYNTAX_ERROR,
    VENDOR_STILL_NAMED,
    Finding,
    Level,
)
from codemods.migrating import Migrating
from codemods.rules.comments import report_lost_comments
from codemods.rules.imports import unused_imports, with_imports
from codemods.rules.naming import NamingRule
from codemods.rules.sweep import speaks_to, traces, words_left
from shim.errors import BridgeError
from shim.mapping.row import Vendor


@dataclass(frozen=True, slots=True)
class Migration:
    """What became of one module. `code` is the source as it was where nothing could be done."""

    code: str
    findings: tuple[Finding, ...] = ()
    changed: bool = False
    lines: tuple[int, ...] = field(default=())

    @property
    def unfinished(self) -> bool:
        """Whether something is left for a person."""
        return any(finding.needs_a_person for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Options:
    """How to migrate. `keep_turns` writes the source's silence out; `used_elsewhere` are names not to rename.

    `assemblyai_version` is the version of AssemblyAI's SDK that the new code is written for; None: the current one.
    """

    keep_turns: bool = False
    used_elsewhere: frozenset[str] = frozenset()
    assemblyai_version: tuple[int, ...] | None = None


def vendor_named(name: str) -> Vendor:
    """The vendor of that name; raises BridgeError for another."""
    try:
        return Vendor(name.lower())
    except ValueError:
        known = " or ".join(vendor.value for vendor in Vendor)
        raise BridgeError(f"there is no vendor {name!r}", f"use {known}") from None


def target_named(name: str) -> Vendor:
    """The vendor to move to; raises BridgeError for an unknown one and for a direction that is not there yet."""
    target = vendor_named(name)
    if not is_possible(target):
        possible = " or ".join(f"--to {vendor}" for vendor in Vendor if is_possible(vendor))
        raise BridgeError(f"only {possible} is possible yet", "the other direction comes with a later version")
    return target


def migrate_source(code: str, to: str, options: Options = Options()) -> Migration:  # immutable
    """Migrates the source of one module to the vendor named `to`.

    Raises BridgeError for an unknown vendor. A module that cannot be parsed, or whose session cannot be followed from
    its start to its messages, comes back as it was, with findings that say why and what to do.
    """
    target = target_named(to)
    if not names_vendor(code.encode("utf-8", "surrogatepass"), target.other):
        return Migration(code)
    try:
        module = cst.parse_module(code)
    except cst.ParserSyntaxError as error:
        return Migration(code, (Finding(SYNTAX_ERROR, error.raw_line, error.message.strip().split("\n")[0]),))
    if module.code != code:
        return Migration(code, (Finding(NOT_LOSSLESS, 1, "LibCST would write this file back differently"),))
    program = analyse(module, event_libraries())
    migrating = Migrating(
        module, program, target, options.keep_turns, options.used_elsewhere, options.assemblyai_version
    )
    return _migrated(migrating)


def _migrated(migrating: Migrating) -> Migration:
    module = migrating.module
    met = [style for style in styles_towards(migrating.target) if style.is_met(migrating)]
    if not met:
        return _left(migrating)
    NamingRule(migrating).plan()
    for style in met:
        style.plan(migrating)
    if not any(finding.level is Level.MANUAL for finding in migrating.findings):
        words_left(migrating)
    if any(finding.level is Level.MANUAL for finding in migrating.findings):
        # Half a migration would break the program: the whole file stays as it is.
        return Migration(module.code, _manual_first(migrating.findings))
    edited = migrating.edits.apply(module)
    before = unused_imports(module.code)
    needed = migrating.needed_imports
    edited = with_imports(edited, unneeded=set(), needed=needed)
    edited = with_imports(edited, unneeded=unused_imports(edited.code) - before, needed=[])
    code = edited.code
    report_lost_comments(migrating, code)
    return Migration(code, (*migrating.findings, *_traces(code, migrating)), changed=code != module.code)


def _traces(code: str, migrating: Migrating) -> list[Finding]:
    return [
        Finding(VENDOR_STILL_NAMED, trace.line, f"{'comment' if trace.in_comment else 'code'}: {trace.text[:70]}")
        for trace in traces(code, migrating.source)
    ]


def _left(migrating: Migrating) -> Migration:
    """A module that names the vendor and opens no session that is understood."""
    code = migrating.module.code
    findings = list(migrating.findings)
    speaks = speaks_to(migrating)
    if speaks is not None and not findings:
        findings.append(Finding(NO_SESSION, migrating.line(speaks), migrating.code(speaks)))
    return Migration(code, tuple(findings))


def _manual_first(findings: list[Finding]) -> tuple[Finding, ...]:
    return tuple(finding for finding in findings if finding.level is Level.MANUAL)
