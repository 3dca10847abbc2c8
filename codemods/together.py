"""Planning files together: each part of a group is migrated whole or not at all."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from pathlib import Path
from typing import Final

import libcst as cst

from codemods.analysis.modules import Modules
from codemods.analysis.program import Program
from codemods.both_services import report_both
from codemods.directions import names_vendor, styles_towards
from codemods.findings import NAME_LOST, NO_SESSION, OTHER_API, OTHER_FILE_LEFT, TEST_OF_OLD, Finding, Kind
from codemods.lines import earlier_lines
from codemods.migrating import Migrating, PartTooSmall
from codemods.outcome import Migration, in_order, left_whole, outcome, untouched
from codemods.parts import Parts
from codemods.references import Sort, references_in
from codemods.rules.names.names_bound import names_bound, names_unbound
from codemods.rules.names.naming import NamingRule
from codemods.rules.remains.kept_calls import is_noted, report_other_uses_of_sdk, report_what_is_not_kept
from codemods.rules.remains.other_apis import uses_other_apis_only
from codemods.rules.remains.shared_keys import report_shared_keys
from codemods.rules.remains.sweep import speaks_to
from codemods.rules.remains.tests_left import Changed, report_tests_of_old
from shim.mapping import sdk
from shim.mapping.row import Vendor

NOTHING_SAID: Final[Mapping[Path, Sequence[Finding]]] = {}


class Together:
    """The files of a group on their way.

    `like` holds what is the same for all of them, `said` what is to be said of files whatever becomes of them. Findings
    of the kinds `holding` leave a part whole, though they do not block by themselves.
    """

    def __init__(
        self,
        program: Program,
        like: Migrating,
        modules: Modules,
        texts: Mapping[Path, str],
        *,
        unsafe: bool,
        said: Mapping[Path, Sequence[Finding]] = NOTHING_SAID,
        holding: Set[Kind] = frozenset(),
    ) -> None:
        self._program = program
        self._texts = texts
        self._like = like
        self._modules = modules
        self._unsafe = unsafe
        self._said = said
        self._holding = holding
        self._named = frozenset(
            module
            for module, path in program.files.items()
            if names_vendor(texts[path].encode("utf-8", "surrogatepass"), like.source)
        )
        self._parts = Parts(program, self._named)
        self._changed: dict[Path, Changed] = {}
        """The programs that were changed so far; tests come behind what they import."""

    def migrate(self) -> dict[Path, Migration]:
        """What becomes of each file."""
        planned: dict[tuple[cst.Module, ...], list[Migrating]] = {}
        while True:
            parts = self._parts.each()
            planned = {key: files for key, files in planned.items() if list(key) in parts}
            missing = [part for part in parts if tuple(part) not in planned]
            if not missing:
                break
            part = missing[0]
            try:
                files = planned[tuple(part)] = self._plan(part)
                is_whole = not self._parts.join_by_edits(part, files[0].edits)
            except PartTooSmall as error:
                is_whole = not self._parts.join((*part, error.module))
            if not is_whole:
                # The edits reach other files: all of them are planned again, together.
                planned.clear()
        found: dict[Path, Migration] = {}
        for files in planned.values():
            found.update(self._outcomes(files))
        return found

    def _plan(self, part: list[cst.Module]) -> list[Migrating]:
        like, program = self._like, self._program.part(part)
        first = replace(
            like, module=part[0], program=program, edits=type(like.edits)(), new_names={}, dropped=set(), gone=set()
        )
        group: dict[cst.Module, Migrating] = {}
        for module in part:
            group[module] = replace(first, module=module, findings=[], places={}, needed_imports=[], group=group)
            for finding in self._said.get(program.files[module], ()):
                group[module].say(finding)
        migrating = group[part[0]]
        met = [style for style in styles_towards(like.target) if style.is_met(migrating)]
        if met:
            NamingRule(migrating).plan()
            report_other_uses_of_sdk(migrating)
            for style in met:
                style.plan(migrating)
            if not report_both(migrating):
                report_shared_keys(migrating)
            report_what_is_not_kept(migrating)
        return list(group.values())

    # --- outcomes --------------------------------------------------------------------------------

    def _outcomes(self, files: list[Migrating]) -> dict[Path, Migration]:
        """What becomes of the files of a part: all of it is applied, or nothing."""
        touched = {self._program.module_of(node) for node in files[0].edits.nodes()}
        taking_part = [one for one in files if one.module in touched or one.findings or one.needed_imports]
        tests = [one for one in files if one.module in self._program.tests]
        results = {one.module: self._left(one) for one in files if one not in taking_part and one not in tests}
        blocking = [one for one in taking_part if any(finding.kind.blocks for finding in one.findings)]
        is_applied = len(files) == 1 or not blocking
        if is_applied:
            results |= {one.module: outcome(one, unsafe=self._unsafe) for one in taking_part if one not in tests}
        changed = self._changed | self._changes(results)
        for one in tests:
            if changed and is_applied:
                report_tests_of_old(one, changed, self._modules)
            if one.findings or one in taking_part:
                taking_part = list(dict.fromkeys([*taking_part, one]))
            if one not in taking_part:
                results[one.module] = self._left(one)
            elif is_applied:
                results[one.module] = outcome(one, unsafe=self._unsafe)
        if len(files) > 1:
            blocking = blocking or self._blocking(files, results)
            if blocking:
                results |= self._left_together(
                    [one for one in files if one in taking_part or one in blocking], blocking
                )
            elif any(one.unsafe for one in results.values()):
                results = {key: replace(one, unsafe=one.changed) for key, one in results.items()}
        elif results[files[0].module].changed and (lost := self._report_lost_names(files, results)):
            results |= self._left_together(files, lost)
        held = {one: self._held(results[one.module]) for one in taking_part}
        if any(held.values()):
            results |= self._left_together(taking_part, [one for one, findings in held.items() if findings])
            for one, findings in held.items():
                left = results[one.module]
                results[one.module] = replace(left, findings=in_order([*dict.fromkeys([*left.findings, *findings])]))
        self._changed |= self._changes({module: one for module, one in results.items() if not one.unsafe})
        return {self._program.files[module]: result for module, result in results.items()}

    def _changes(self, results: Mapping[cst.Module, Migration]) -> dict[Path, Changed]:
        """The programs among these that were changed, by their paths; tests are none."""
        changed = {module: one for module, one in results.items() if one.changed and module not in self._program.tests}
        paths = self._program.files
        return {paths[module]: Changed(self._texts[paths[module]], one.code) for module, one in changed.items()}

    def _left_together(self, files: list[Migrating], blocking: list[Migrating]) -> dict[cst.Module, Migration]:
        """Every file as it is: what blocks says why, what would have been changed says on what it waits."""
        touched = {self._program.module_of(node) for node in files[0].edits.nodes()}
        others = ", ".join(f"`{self._name(one)}`" for one in blocking)
        for one in files:
            one.findings[:] = [finding for finding in one.findings if finding.kind is not TEST_OF_OLD]
            if one.module in touched and one not in blocking:
                one.report(OTHER_FILE_LEFT, None, f"it works with {others}, where something is left to do by hand")
        return {one.module: left_whole(one) for one in files}

    def _held(self, result: Migration) -> list[Finding]:
        return [finding for finding in result.findings if finding.kind in self._holding]

    def _blocking(self, files: list[Migrating], results: dict[cst.Module, Migration]) -> list[Migrating]:
        """The files of a part that its new code would break, or that cannot be written after all."""
        blocking = [one for one in files if any(finding.kind.blocks for finding in results[one.module].findings)]
        if blocking or not any(one.changed for one in results.values()):
            return blocking
        for one in files:
            if one.module in self._program.tests:
                continue  # what a test says of the old service is said of it already
            code = results[one.module].code
            earlier = earlier_lines(one.text, code)
            left = [found for found in _uses_of_vendor(code, one.source) if earlier(found[0]) not in one.kept_lines]
            unbound = sorted(names_unbound(code) - names_unbound(one.text))
            if left:
                line, text = left[0]
                one.findings.append(Finding(NO_SESSION, line, f"`{text}` is used here, with what other files share"))
            elif unbound:
                one.report(NAME_LOST, None, f"`{unbound[0]}` would be used here and comes from another file")
            if left or unbound:
                blocking.append(one)
        return blocking or self._report_lost_names(files, results)

    def _left(self, file: Migrating) -> Migration:
        """A file that nothing is planned for: one that speaks to the vendor opens no session that is understood."""
        if file.module not in self._named:
            return Migration(self._texts[self._program.files[file.module]])
        speaks = speaks_to(file)
        is_test = file.module in self._program.tests
        if speaks is not None and not file.findings and not is_test:
            kind = OTHER_API if uses_other_apis_only(file) or is_noted(file) else NO_SESSION
            file.report(kind, speaks, file.code(speaks))
        return untouched(file, list(file.findings))

    def _name(self, file: Migrating) -> str:
        return self._program.files[file.module].name

    def _report_lost_names(self, files: list[Migrating], results: dict[cst.Module, Migration]) -> list[Migrating]:
        """Reports names that a file imports from another and would not find there any more."""
        paths = self._program.files
        new = {paths[module]: result.code for module, result in results.items()}
        lost: list[Migrating] = []
        for giver in files:
            path = paths[giver.module]
            gone = names_bound(giver.text) - names_bound(new[path])
            for module, importer in paths.items() if gone else ():
                code = new.get(importer, module.code)
                is_told = importer == path or module in self._program.tests  # a test has a TODO for it
                wanted = set() if is_told else self._names_taken(importer, code, path) & gone
                if wanted:
                    giver.report(NAME_LOST, None, f"`{sorted(wanted)[0]}`, which `{importer.name}` imports")
                    lost.append(giver)
        return lost

    def _names_taken(self, importer: Path, code: str, path: Path) -> set[str]:
        """The names that a file imports from another one."""
        found: set[str] = set()
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, ast.ImportFrom):
                target = self._modules.imported(importer, node.module or "", node.level)
                if target == path:
                    found.update(alias.name for alias in node.names)
        return found


def _uses_of_vendor(code: str, vendor: Vendor) -> list[tuple[int, str]]:
    """Where a program still speaks to a vendor: its hosts, and imports of its package, each with its line."""
    found = [(one.line, one.text) for one in references_in(code, vendor) if one.sort is Sort.HOST]
    roots = {package.split(".")[0] for package in sdk.PACKAGE.of(vendor)}
    for node in ast.walk(ast.parse(code)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module or ""]
        found.extend((node.lineno, name) for name in names if name.split(".")[0] in roots)  # type: ignore[attr-defined]
    return sorted(found)
