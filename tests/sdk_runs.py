"""Runs a program of `tests/sdk_programs` over an emulator, unmodified through `shim.install` or by a drop-in.

Scenarios: `whole` sends the speech and stops; `end` ends its session after the first final, without waiting for more;
`leave` exits there without a word; `lost` waits for the end without a stop; `refused` asks for what cannot be served;
`force` ends the first turn itself (AssemblyAI only).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shim.emulator.emulation import Emulation
from shim.guide import guide_file
from tests.emulated_services import KEY, wait_for

PROGRAMS = Path(__file__).with_name("sdk_programs")
SPEED = 10.0
SECONDS = 60  # a bound: a program that does not exit fails
WAYS = ("install", "drop-in")
API = {"gladia": "gladiaio_sdk", "assemblyai": "assemblyai"}
"""The packages of the vendors' SDKs."""


@dataclass
class Run:
    """A program that has run to its end."""

    lines: list[dict[str, Any]]
    status: int
    stderr: str

    def events(self, *names: str) -> list[dict[str, Any]]:
        """The lines of these events, or of all."""
        return [line for line in self.lines if not names or line["event"] in names]

    @property
    def wrongly_typed(self) -> list[str]:
        return [wrong for line in self.lines for wrong in line["wrong"]]

    def check_nothing_went_wrong(self, logged: str | None = "") -> None:
        """It exited by itself, well, and nobody was left with an exception or a field of a wrong type.

        `logged` is the end of the one line that the gateway's log may have; None: that is the test's to look at.
        """
        assert self.status == 0, self.stderr
        if logged is not None:
            self.check_logged(logged)
        assert self.events("unhandled") == []
        assert self.wrongly_typed == []

    def check_logged(self, logged: str) -> None:
        """Standard error has one line that ends so, or nothing."""
        lines = self.stderr.splitlines()
        assert len(lines) == bool(logged) and all(line.endswith(logged) for line in lines), self.stderr


def program_text(name: str, way: str, api: str, over: str, patience: tuple[float, ...] | None = None) -> str:
    """The program as it is, after `shim.install`; or with nothing changed but the package in its imports."""
    text = (PROGRAMS / f"{name}.py").read_text(encoding="utf-8")
    package = API[api]
    if patience is not None:
        modules = "import shim.bridges.assemblyai_upstream as _a, shim.bridges.gladia_upstream as _g"
        patient = f"{modules}; _a.OPEN_AGAIN_AFTER = _g.OPEN_AGAIN_AFTER = {patience}"
        text = text.replace("\nimport sys", f"\n{patient}\nimport sys", 1)
    if way == "drop-in":
        changed = text.replace(f"\nfrom {package}", f"\nfrom shim.{package}")
        assert changed != text
        return changed
    install = f"shim.install({api!r}, {over!r}, os.environ['STTBRIDGE_UPSTREAM'], {SPEED})"
    return f"import os, shim; {install}\n{text}"


@contextmanager
def started(
    folder: Path,
    name: str,
    way: str,
    upstream: str,
    *,
    key: str = KEY,
    scenario: str = "whole",
    patience: tuple[float, ...] | None = None,
) -> Iterator[subprocess.Popen[str]]:
    """The running program; killed at the end of the block if it has not exited.

    `patience`: after which times (seconds) a lost upstream is opened again; None: as the shim does.
    """
    api = name.split("_")[0]
    over = "assemblyai" if api == "gladia" else "gladia"
    script = folder / "program.py"
    script.write_text(program_text(name, way, api, over, patience), encoding="utf-8")
    environment = {
        **os.environ,
        f"{over.upper()}_API_KEY": key,
        "STTBRIDGE_UPSTREAM": f"ws://{upstream}",
        "STTBRIDGE_SPEED": str(SPEED),
        "PYTHONPATH": str(PROGRAMS),
    }
    environment.pop(f"{api.upper()}_API_KEY", None)
    command = [sys.executable, str(script), str(guide_file("speech.wav")), scenario]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder, env=environment
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def until(process: subprocess.Popen[str], wanted: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
    """The running program's lines up to the first that is wanted."""
    lines: list[dict[str, Any]] = []
    assert process.stdout is not None
    for text in process.stdout:
        lines.append(json.loads(text))
        if wanted(lines[-1]):
            return lines
    raise AssertionError(f"the program ended without it: {lines}")


def finished(process: subprocess.Popen[str], first: list[dict[str, Any]] | None = None) -> Run:
    """What the program tells until it exits, after the lines that were read before."""
    output, errors = process.communicate(timeout=SECONDS)
    lines = [json.loads(line) for line in output.splitlines()]
    return Run([*(first or ()), *lines], process.returncode, errors)


def run(folder: Path, name: str, way: str, upstream: str, *, key: str = KEY, scenario: str = "whole") -> Run:
    """A whole run of a program."""
    with started(folder, name, way, upstream, key=key, scenario=scenario) as process:
        return finished(process)


def wait_until_nothing_is_open(service: Emulation) -> None:
    """The service has seen every session end, and holds no socket."""
    wait_for(lambda: service.open_sockets == 0 and service.open_sessions == 0)
