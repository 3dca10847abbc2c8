"""`sttbridge verify`: two programs compared, or one with itself through the shim."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from codemods.verify.compare import ProgramRun, compare
from codemods.verify.run import run_program
from codemods.verify.vendor import shim_of, vendor_of
from shim.emulator.transcript import load_transcript
from shim.errors import BridgeError

_OTHER = {"gladia": "assemblyai", "assemblyai": "gladia"}


@dataclass(frozen=True)
class Conditions:
    """Under which both programs are run; see `codemods.verify.run.run_program` for each.

    `speech` and `transcript` belong together: both or neither (the guide's).
    """

    speech: Path | None = None
    transcript: Path | None = None
    speed: float = 8.0
    key: str | None = None
    allow_network: bool = False
    time_bound: float = 240.0


@dataclass(frozen=True)
class Verification:
    """Two runs and how they differ, in plain words."""

    runs: tuple[ProgramRun, ProgramRun]
    differences: list[str]

    @property
    def agree(self) -> bool:
        """Whether nothing differs."""
        return not self.differences


def verify_pair(before: Path, after: Path, conditions: Conditions | None = None) -> Verification:
    """Runs both programs, each against the emulator of the vendor that it speaks to, and compares them.

    A program that installs the shim itself runs against the emulator of the vendor that does the work.

    Raises `BridgeError` where a program, the speech or the transcript cannot be used.
    """
    conditions = conditions or Conditions()
    old = vendor_of(before)
    vendors = old, vendor_of(after, instead_of=old)
    return _compared(
        _run(before, vendors[0], None, conditions),
        _run(after, vendors[1], shim_of(after, vendors[1]), conditions),
    )


def verify_shim(program: Path, conditions: Conditions | None = None) -> Verification:
    """Runs the program against its vendor's emulator, and through the shim against the other's.

    Raises `BridgeError` where the program, the speech or the transcript cannot be used, or where the shim
    does not go from its vendor to the other.
    """
    conditions = conditions or Conditions()
    vendor = vendor_of(program)
    return _compared(
        _run(program, vendor, None, conditions),
        _run(program, vendor, _OTHER[vendor], conditions),
    )


def _compared(a: ProgramRun, b: ProgramRun) -> Verification:
    return Verification((a, b), compare(a, b))


def _run(script: Path, vendor: str, over: str | None, conditions: Conditions) -> ProgramRun:
    if (conditions.speech is None) != (conditions.transcript is None):
        given, missing = ("speech", "transcript") if conditions.speech else ("transcript", "speech")
        raise BridgeError(f"a {given} was given without its {missing}", "give both, or neither for the guide's")
    return run_program(
        script,
        vendor=vendor,
        over=over,
        speech=conditions.speech,
        transcript=load_transcript(conditions.transcript) if conditions.transcript else None,
        speed=conditions.speed,
        key=conditions.key,
        allow_network=conditions.allow_network,
        time_bound=conditions.time_bound,
    )
