"""From what was typed and what the project's settings say to one request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from codemods.migrate_result import MigrateRequest
from codemods.migration import Options
from codemods.programs import TIMEOUT, Effort
from codemods.search import exclusion
from codemods.settings import FALLBACKS, TURNS, project_settings
from shim.errors import BridgeError


@dataclass(frozen=True, slots=True)
class Typed:
    """The options of a command line that are more than a switch; None: not typed."""

    to: str | None = None
    unsafe: bool | None = None
    fallback: str | None = None
    turns: str | None = None
    exclude: tuple[str, ...] = ()
    reports: tuple[Path, ...] = ()
    jobs: int | None = None
    timeout: float = TIMEOUT

    def options(self) -> list[str]:
        """The options as they were typed, for a command to type next; reports are not asked for twice."""
        typed: list[str] = []
        for name, value in (("--to", self.to), ("--fallback", self.fallback), ("--turns", self.turns)):
            typed += [name, value] if value is not None else []
        if self.unsafe is not None:
            typed.append("--unsafe" if self.unsafe else "--no-unsafe")
        for pattern in self.exclude:
            typed += ["--exclude", pattern]
        if self.jobs is not None:
            typed += ["--jobs", str(self.jobs)]
        if self.timeout != TIMEOUT:
            typed += ["--timeout", f"{self.timeout:g}"]
        return typed


def request_for(
    paths: Sequence[Path], typed: Typed, *, write: bool, check: bool, force: bool, verify: bool
) -> MigrateRequest:
    """The request that a command line makes, where it is silent by the settings of the project.

    Raises BridgeError for a value that is none, settings that are not valid, and where nobody says the vendor.
    """
    project = project_settings([path for path in paths if path != Path("-")])
    settings = project.settings
    to = typed.to or settings.to
    if to is None:
        raise BridgeError(
            "nothing says which vendor to move to",
            "give --to gladia or --to assemblyai, or set `to` in [tool.sttbridge]",
        )
    turns = _one_of("--turns", typed.turns or settings.turns or "target", TURNS)
    fallback = _one_of("--fallback", typed.fallback or settings.fallback or "none", FALLBACKS)
    jobs = typed.jobs if typed.jobs is not None else settings.jobs
    if jobs is not None and jobs < 1:
        raise BridgeError(f"--jobs takes a whole number from 1, not {jobs}", "leave it out for the number of cores")
    if not 0 < typed.timeout <= 86_400:
        raise BridgeError(f"--timeout takes seconds above 0, not {typed.timeout:g}", f"{TIMEOUT:g} is the default")
    unsafe = typed.unsafe if typed.unsafe is not None else bool(settings.unsafe)
    by_settings = exclusion(settings.exclude or (), project.folder)
    by_options = exclusion(typed.exclude, Path.cwd())
    return MigrateRequest(
        paths=paths,
        to=to,
        write=write,
        check=check,
        force=force,
        verify=verify,
        options=Options(keep_turns=turns == "keep", unsafe=unsafe, fallback_shim=fallback == "shim"),
        effort=Effort(jobs, typed.timeout),
        reports=typed.reports,
        left_out=lambda path: by_settings(path) or by_options(path),
        given=[*typed.options(), *(["--force"] if force else [])],
    )


def _one_of(option: str, value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise BridgeError(f"{option} takes {' or '.join(known)}, not {value!r}", f"leave it out for {known[-1]}")
    return value
