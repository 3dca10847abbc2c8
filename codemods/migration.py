"""Migrating a module, or the modules of a project: texts in, texts and findings out. No file is touched here."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import libcst as cst

from codemods.analysis.fixpoint import analyse_files
from codemods.analysis.modules import Modules
from codemods.analysis.program import Program
from codemods.apart import as_it_was, files_of_sessions
from codemods.directions import event_libraries, is_possible, names_vendor, vendor_packages
from codemods.findings import NOT_LOSSLESS, SYNTAX_ERROR, TOO_DEEP, Finding, Kind
from codemods.groups import Run
from codemods.led_astray import led_astray
from codemods.lines import earlier_lines, later_lines
from codemods.migrating import Migrating
from codemods.nesting import is_nested_too_deeply
from codemods.outcome import Migration as Migration
from codemods.outcome import in_order
from codemods.rules.remains.comments import carried_along
from codemods.separating import separated
from codemods.simpler import FORMS, FORMS_TO_GLADIA, FURTHER_FORMS, LAST_FORMS
from codemods.simpler.written import Simpler
from codemods.staying import Staying
from codemods.through_shim import are_carried, done_by_shim, through_shim
from codemods.together import Together
from codemods.truer_findings import truer_findings
from shim.errors import BridgeError
from shim.mapping.row import Vendor

_ONLY: Final = Path("program.py")
"""The path of a text that came without one."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to migrate. `keep_turns` writes the source's silence out; `used_elsewhere` are names not to rename.

    `assemblyai_version` is the version of AssemblyAI's SDK that the new code is written for; None: the current one.
    `unsafe` takes edits with a caveat too; without it they come back marked `Migration.unsafe`, to be shown only.
    `fallback_shim` leads what cannot be rewritten, or not fully, through the shim where that does all of it.
    """

    keep_turns: bool = False
    used_elsewhere: frozenset[str] = frozenset()
    assemblyai_version: tuple[int, ...] | None = None
    unsafe: bool = False
    fallback_shim: bool = False


def target_named(name: str) -> Vendor:
    """The vendor to move to; raises BridgeError for an unknown one and for a direction that is not there yet."""
    target = Vendor.named(name)
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
    return migrate_group({_ONLY: code}, to, options)[_ONLY]


def migrate_project(
    sources: Mapping[Path, str],
    to: str,
    options: Options = Options(),  # immutable
) -> dict[Path, Migration]:
    """Migrates the Python files of a project to the vendor named `to`, those joined by imports together.

    `sources` are the texts of all its files, those without a vendor's name too: their paths say what imports mean.
    Nothing is read or written. Raises BridgeError for an unknown vendor. Each file comes back with what became of it.
    """
    run = Run(sources, target_named(to).other)
    found = {path: Migration(code) for path, code in sources.items()}
    for group in run.groups():
        found.update(migrate_group_of(run, group, to, options))
    return found


def migrate_group_of(run: Run, group: Sequence[Path], to: str, options: Options) -> dict[Path, Migration]:
    """Migrates one group of the files of a run."""
    outside = options.used_elsewhere | run.names_used_outside(group)
    texts = {path: run.sources[path] for path in group}
    return migrate_group(texts, to, replace(options, used_elsewhere=outside), run.sources)


def migrate_group(
    texts: Mapping[Path, str],
    to: str,
    options: Options = Options(),
    files: Iterable[Path] = (),  # immutable
) -> dict[Path, Migration]:
    """Migrates files together, as `codemods.groups` joins them: the imported before those that import them.

    `files` are the paths of all files of the run. What is tied by a session or by names is migrated whole or not at
    all; a file that cannot be parsed comes back with a finding, and the names in it stay everywhere.
    """
    target = target_named(to)
    found: dict[Path, Migration] = {}
    modules: dict[Path, cst.Module] = {}
    used_elsewhere = options.used_elsewhere
    for path, code in texts.items():
        parsed = _parsed(code)
        if isinstance(parsed, cst.Module):
            modules[path] = parsed
            continue
        is_named = names_vendor(code.encode("utf-8", "surrogatepass"), target.other)
        found[path] = Migration(code, (parsed,) if is_named else ())
        used_elsewhere |= frozenset(re.findall(r"\w+", code))
    if not modules:
        return found
    known = Modules({*files, *texts}, vendor_packages())
    group = _Group(modules, known, texts, target, options, used_elsewhere)
    results = found | group.migrate()
    if not options.fallback_shim:
        return through_shim(results, texts, known, target, wanted=False)
    astray = led_astray(group.analysed(), texts, target)
    holding = done_by_shim(results.values(), unsafe=options.unsafe) if astray is None else None
    if holding:
        held = replace(group, holding=holding).migrate()
        # What kept the new code from being whole is the reason, not what may be in the way without it.
        whole = found | {
            path: replace(one, findings=results[path].findings)
            if one.left_whole and any(finding.kind in holding for finding in results[path].findings)
            else one
            for path, one in held.items()
        }
        carried = through_shim(whole, texts, known, target, wanted=True)
        if are_carried(carried, [path for path, one in whole.items() if one.left_whole]):
            return carried
    return through_shim(results, texts, known, target, wanted=True, astray=astray)


@dataclass(frozen=True, slots=True)
class _Group:
    """The files of a group that could be parsed, and what holds for all of them."""

    modules: Mapping[Path, cst.Module]
    known: Modules
    texts: Mapping[Path, str]
    target: Vendor
    options: Options
    used_elsewhere: frozenset[str]
    holding: frozenset[Kind] = frozenset()
    """The kinds of findings that leave a part whole here, though they do not block by themselves."""

    def analysed(self) -> Program:
        """The program that the files are."""
        return analyse_files(self.modules, self.known, event_libraries())

    def migrate(self) -> dict[Path, Migration]:
        """What becomes of each file: from its simpler form, where it has one and all of it can go from there."""
        program = self.analysed()
        apart = self._apart(program)
        if apart is not None:
            return apart
        to_gladia = self.target is not Vendor.ASSEMBLYAI
        first = _Form(self, program, {}).simplified(FORMS_TO_GLADIA if to_gladia else FORMS)
        results = first.planned()
        if results is not None and not any(one.left_whole for one in results.values()):
            return results
        forms = [first]
        for next_forms in () if to_gladia else (FURTHER_FORMS, LAST_FORMS):
            further = forms[-1].simplified(next_forms)
            if further.group is forms[-1].group:
                continue
            forms.append(further)
            results = further.planned() or results
            if results is not None and not any(one.left_whole for one in results.values()):
                return results
        if results is not None and any(one.changed for one in results.values()):
            return results
        # Forms towards Gladia may hide what is wrong beside them, such as a token in a query that is written anew.
        telling = () if to_gladia else reversed(forms)
        told = next((told for form in telling if (told := form.told())), None)
        return told or results or self.planned(program, {})

    def with_texts(self, texts: Mapping[Path, str]) -> _Group:
        """The group with other texts for some of its files."""
        modules = {path: cst.parse_module(code) for path, code in texts.items()}
        return replace(self, modules={**self.modules, **modules}, texts={**self.texts, **texts})

    def moved(self, said: Sequence[Finding], path: Path, form: Simpler | None) -> list[Finding]:
        """What was said of a file, at its lines in the new form, and what is said of that."""
        if form is None:
            return list(said)
        later = later_lines(_unindented(self.texts[path]), _unindented(form.code))
        return [*(replace(one, line=later(one.line)) for one in said), *form.findings]

    def _apart(self, program: Program) -> dict[Path, Migration] | None:
        """What becomes of the files where the sessions share something with what stays: parted first, if they can."""
        staying = Staying(program, self.target.other)
        apart = separated(program, staying, self.target.other)
        if apart is None:
            return None
        results = self.with_texts(apart.texts).migrate()
        sessions = files_of_sessions(program, staying)
        return as_it_was(results, apart, self.texts, sessions, with_caveats=self.options.unsafe)

    def planned(self, program: Program, said: Mapping[Path, Sequence[Finding]]) -> dict[Path, Migration]:
        """What becomes of the files of a program of which some things are said already."""
        first = program.modules[0]
        options, outside = self.options, self.used_elsewhere
        like = Migrating(first, program, self.target, options.keep_turns, outside, options.assemblyai_version)
        like.staying = Staying(program, self.target.other)
        unsafe, holding = options.unsafe, self.holding
        return Together(program, like, self.known, self.texts, unsafe=unsafe, said=said, holding=holding).migrate()

    def as_it_was(self, path: Path, result: Migration, simpler: str) -> Migration:
        """What became of a file's simpler form, told of the file as it was."""
        earlier = earlier_lines(_unindented(self.texts[path]), _unindented(simpler))
        findings = [replace(one, line=earlier(one.line)) for one in result.findings]
        return replace(result, findings=in_order(findings))


@dataclass(frozen=True, slots=True)
class _Form:
    """A group in a simpler form: `group` and `program` as they are there, `said` of each file that has one."""

    group: _Group
    program: Program
    said: Mapping[Path, list[Finding]]
    origin: _Group | None = None
    tried: list[dict[Path, Migration]] = field(default_factory=list)
    """What became of the files in this form, once that was planned."""

    def simplified(self, forms: Iterable[Callable[[Program], Mapping[cst.Module, Simpler]]]) -> _Form:
        """The group in its form after these."""
        group, program, said = self.group, self.program, dict(self.said)
        for form in forms:
            found = _written_by(form, program, group.texts)
            if found:
                said = {path: group.moved(said.get(path, []), path, found.get(path)) for path in {*said, *found}}
                group = group.with_texts({path: one.code for path, one in found.items()})
                program = analyse_files(group.modules, group.known, event_libraries())
        return _Form(group, program, said, self.origin or self.group)

    def planned(self) -> dict[Path, Migration] | None:
        """What becomes of the files, told of them as they were; None where not all of it can go from here."""
        assert self.origin is not None
        old, new = self.origin.texts, self.group.texts
        gone = {one for path in self.said for one in _defined(old[path]) - _defined(new[path])}
        if gone & self.group.used_elsewhere:
            return None  # another file of the run may call what the simpler form does without
        results = self.group.planned(self.program, self.said)
        self.tried.append(results)
        if not all(results[path].changed for path in self.said):
            return None
        texts = self.group.texts
        return results | {path: self.origin.as_it_was(path, results[path], texts[path]) for path in self.said}

    def told(self) -> dict[Path, Migration] | None:
        """What keeps the files whole in this form, told of them as they were; None where that cannot be."""
        if self.origin is None or not self.said or not self.tried:
            return None
        return truer_findings(self.tried[-1], self.origin.texts, self.group.texts, self.said)


def _written_by(
    form: Callable[[Program], Mapping[cst.Module, Simpler]], program: Program, program_texts: Mapping[Path, str]
) -> dict[Path, Simpler]:
    """The files that a form changes, with their comments; none where what it would write is no program."""
    try:
        found = {program.files[module]: one for module, one in form(program).items()}
        for path, one in found.items():
            code, findings = carried_along(program_texts[path], one.code)
            cst.parse_module(code)
            found[path] = Simpler(code, (*one.findings, *findings))
    except (SyntaxError, cst.ParserSyntaxError):
        return {}
    return found


def _defined(code: str) -> set[str]:
    """The names of the functions, methods and classes of a program."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return {one.name for one in ast.walk(ast.parse(code)) if isinstance(one, kinds)}


def _unindented(code: str) -> str:
    """A text whose lines can be compared with those of another in which they stand further in or out."""
    return "\n".join(line.strip() for line in code.splitlines())


def _parsed(code: str) -> cst.Module | Finding:
    if is_nested_too_deeply(code):
        return Finding(TOO_DEEP, 0, "Python itself does not read it")
    try:
        module = cst.parse_module(code)
    except cst.ParserSyntaxError as error:
        return _syntax_error(code, error)
    if module.code != code:
        return Finding(NOT_LOSSLESS, 1, "LibCST would write this file back differently")
    return module


def _syntax_error(code: str, error: cst.ParserSyntaxError) -> Finding:
    """What is wrong with a program, in Python's own words where Python sees it too."""
    try:
        ast.parse(code)
    except SyntaxError as own:
        return Finding(SYNTAX_ERROR, own.lineno or error.raw_line, own.msg)
    except ValueError as own:
        return Finding(SYNTAX_ERROR, error.raw_line, str(own))
    return Finding(SYNTAX_ERROR, error.raw_line, f"LibCST: {error.message.strip().splitlines()[0]}")
