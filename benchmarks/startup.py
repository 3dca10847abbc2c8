"""Start-up: what `import shim` and `sttbridge --help` take, against an empty Python."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator

_ROUNDS = 7
_PROGRAMS = {
    "python -c pass": ["-c", "pass"],
    "import shim": ["-c", "import shim"],
    "import codemods": ["-c", "import codemods"],
    "sttbridge --help": ["-m", "codemods.cli", "--help"],
    "migrate_source, loaded": ["-c", "import codemods; codemods.migrate_source"],
    "shim.gateway.app, loaded": ["-c", "import shim.gateway.app"],
}


def _seconds(arguments: list[str]) -> float:
    best = float("inf")
    for _ in range(_ROUNDS):
        begun = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
        best = min(best, time.perf_counter() - begun)
    return best


def measure() -> Iterator[str]:
    """One line for each program: milliseconds, and how many times an empty Python."""
    yield "start-up"
    baseline = 0.0
    for name, arguments in _PROGRAMS.items():
        seconds = _seconds(arguments)
        baseline = baseline or seconds
        yield f"  {name:<28}{seconds * 1000:8.1f} ms   {seconds / baseline:5.1f} x"
