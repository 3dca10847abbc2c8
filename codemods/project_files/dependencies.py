"""What a run does to a list of dependencies, whatever the file that holds it.

The old service's SDK is replaced where no program of the run imports it any more; as long as one does, it stays and the
new one comes beside it. Nothing else is ever taken away.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from codemods.findings import DEPENDENCY_ADDED, DEPENDENCY_REPLACED, DEPENDENCY_STAYS, Finding
from codemods.project_files.program_uses import Programs, sdk_distribution, sdk_requirement, shown_paths
from shim.mapping.row import Vendor


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a run wants of the dependencies in one file."""

    old: str
    """The normalised name of the old service's SDK."""
    new: str
    """The new one, as a requirements file names it."""
    old_users: tuple[Path, ...] = ()
    """The programs that still import the old one."""
    new_is_used: bool = True
    needed: tuple[str, ...] = ()
    """What the programs that belong to the file newly import, as requirements."""

    @property
    def new_name(self) -> str:
        """The normalised name of the new service's SDK."""
        return name_in(self.new) or ""


def wanted_by(programs: Programs, needed: Sequence[str] = ()) -> Wanted:
    """What a run wants, by what its programs use after it."""
    return Wanted(
        sdk_distribution(programs.target.other),
        sdk_requirement(programs.target),
        tuple(programs.with_old_package),
        programs.need_new_package,
        tuple(needed),
    )


def names_old(text: str, target: Vendor) -> bool:
    """Whether a text names the distribution of the old service's SDK, however it is spelled."""
    pattern = re.escape(sdk_distribution(target.other)).replace(r"\-", "[-_.]+")
    return re.search(rf"(?<![\w.@/-]){pattern}(?![\w-]|\.\w)", text, re.IGNORECASE) is not None


class Step(Enum):
    """What becomes of one dependency of a list."""

    KEEP = auto()
    REPLACE = auto()
    REMOVE = auto()
    ADD_BELOW = auto()


def name_in(requirement: str) -> str | None:
    """The normalised name in a requirement; None for what is none."""
    try:
        return canonicalize_name(Requirement(requirement).name)
    except InvalidRequirement:
        return None


def steps(names: Sequence[str | None], wanted: Wanted) -> list[Step]:
    """What becomes of each dependency of one list, by their normalised names."""
    result = [Step.KEEP] * len(names)
    places = [index for index, name in enumerate(names) if name == wanted.old]
    if not places:
        return result
    has_new = wanted.new_name in names
    if wanted.old_users:
        if wanted.new_is_used and not has_new:
            result[places[0]] = Step.ADD_BELOW
        return result
    for index in places:
        result[index] = Step.REMOVE
    if not has_new:
        result[places[0]] = Step.REPLACE
    return result


def swapped(requirement: str, new: str) -> str:
    """The new requirement in the place of an old one; what stands behind a `;` stays as it was written."""
    _, mark, condition = requirement.partition(";")
    blanks = requirement.partition(";")[0]
    return f"{new}{blanks[len(blanks.rstrip()) :]}{mark}{condition}" if mark else new


def step_finding(step: Step, line: int, old: str, wanted: Wanted) -> Finding:
    """What is said about one dependency; `old` is how it stood there."""
    old = " ".join(old.split())
    if step is Step.ADD_BELOW:
        return Finding(DEPENDENCY_ADDED, line, f"`{wanted.new}`, beside `{old}`")
    if step is Step.REMOVE:
        return Finding(DEPENDENCY_REPLACED, line, f"`{old}` went: `{wanted.new_name}` is there already")
    extras = re.search(r"\[[^\]]+\]", old.partition(";")[0])
    lost = f"; what its extras {extras[0]} brought has to be named by itself" if extras else ""
    return Finding(DEPENDENCY_REPLACED, line, f"`{old}` is `{wanted.new}` now{lost}")


def stays_finding(line: int, wanted: Wanted) -> Finding:
    """Why the old package stays."""
    return Finding(DEPENDENCY_STAYS, line, f"`{wanted.old}`: {shown_paths(wanted.old_users)} still imports it")


def added_finding(line: int, requirement: str) -> Finding:
    """What is said about a dependency that a migrated program newly needs."""
    return Finding(DEPENDENCY_ADDED, line, f"`{requirement}`: a migrated program imports it now")


def missing(needed: Sequence[str], names: Sequence[str | None]) -> list[str]:
    """Those of the needed requirements that a list does not have yet."""
    return [one for one in needed if name_in(one) not in names]


def original_line(line: int, now: str, before: str) -> int:
    """The line of an earlier text that a line of a later one came from, or that it stands behind; 0 stays 0."""
    if now == before or line == 0:
        return line
    matcher = difflib.SequenceMatcher(None, before.splitlines(), now.splitlines(), autojunk=False)
    for _, start, end, now_start, now_end in matcher.get_opcodes():
        if now_start < line <= now_end:
            return max(1, min(start + line - now_start, end))
    return line
