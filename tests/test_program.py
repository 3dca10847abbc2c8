"""A program run inside this process behaves as it does under `python SCRIPT` and `python -m MODULE`."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import shim.program
from shim.errors import BridgeError
from shim.program import run_program, shorten_sleeps

RUNNER = """
import sys
from shim.program import run_program
kind, target, *args = sys.argv[1:]
run_program(target, args, module=kind == "module")
"""


def start(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )


def directly(folder: Path, kind: str, target: str, *args: str) -> subprocess.CompletedProcess[str]:
    return start([*(["-m"] if kind == "module" else []), target, *args], folder)


def inside(folder: Path, kind: str, target: str, *args: str) -> subprocess.CompletedProcess[str]:
    return start(["-c", RUNNER, kind, target, *args], folder)


def assert_same(folder: Path, kind: str, target: str, *args: str) -> subprocess.CompletedProcess[str]:
    wanted, found = directly(folder, kind, target, *args), inside(folder, kind, target, *args)
    assert (found.returncode, found.stdout, found.stderr) == (wanted.returncode, wanted.stdout, wanted.stderr)
    return found


SHOWS_ITSELF = """
import sys, pickle, threading, time
import neighbour

class Thing:
    pass

def later():
    threading.main_thread().join()
    print("still", sys.modules["__main__"].Thing is Thing)

print(sys.argv, sys.path[0], __name__, __file__, __package__, neighbour.NAME)
print(sys.modules["__main__"].__dict__ is globals(), type(pickle.loads(pickle.dumps(Thing()))) is Thing)
print(__builtins__.len is len, __loader__.get_filename())
threading.Thread(target=later).start()
"""


def test_a_script_finds_itself_as_under_python(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "neighbour.py").write_text("NAME = 'next door'")
    (tmp_path / "inner" / "show.py").write_text(SHOWS_ITSELF)
    found = assert_same(tmp_path, "script", "inner/show.py", "--flag", "a b")
    assert "next door" in found.stdout
    assert "still True" in found.stdout


def test_a_linked_script_finds_its_real_neighbours(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "neighbour.py").write_text("NAME = 'next door'")
    (tmp_path / "inner" / "show.py").write_text(SHOWS_ITSELF)
    (tmp_path / "link.py").symlink_to(tmp_path / "inner" / "show.py")
    assert "next door" in assert_same(tmp_path, "script", "link.py").stdout


def test_a_module_finds_itself_as_under_python(tmp_path: Path) -> None:
    package = tmp_path / "pack"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "other.py").write_text("NAME = 'inside'")
    (package / "run.py").write_text(
        "import sys\nfrom . import other\nprint(sys.argv, sys.path[0], other.NAME)\n"
        "print(__name__, __package__, __spec__.name)"
    )
    (package / "__main__.py").write_text("import sys\nprint('main', sys.argv)")
    assert "inside" in assert_same(tmp_path, "module", "pack.run", "x").stdout
    assert "main" in assert_same(tmp_path, "module", "pack", "y").stdout


@pytest.mark.parametrize(
    "ending",
    [
        "pass",
        "import sys; sys.exit(3)",
        "import sys; sys.exit('that is why')",
        "exit()",
        "import atexit, os; atexit.register(print, 'last'); raise SystemExit(4)",
        "def fail():\n    raise ValueError('no')\nfail()",
        "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise KeyError('x') from e",
        "this is no python",
        "import sys\nsys.excepthook = lambda *a: print('mine', a[0].__name__, a[2].tb_lineno)\nraise ValueError",
        "import nothing_of_that_name",
    ],
)
def test_a_script_ends_as_under_python(tmp_path: Path, ending: str) -> None:
    script = tmp_path / "ends.py"
    script.write_text(f"print('begins')\n{ending}\n")
    assert_same(tmp_path, "script", "ends.py")


def test_ctrl_c_ends_the_process_by_the_signal(tmp_path: Path) -> None:
    (tmp_path / "stopped.py").write_text(
        "import atexit, os, signal\natexit.register(print, 'said good-bye')\n"
        "os.kill(os.getpid(), signal.SIGINT)\nwhile True: pass\n"
    )
    found = assert_same(tmp_path, "script", "stopped.py")
    assert found.returncode == -signal.SIGINT
    assert found.stdout == "said good-bye\n"
    assert "KeyboardInterrupt" in found.stderr


@pytest.mark.parametrize(
    ("kind", "target", "message"),
    [
        ("script", "nothing.py", "nothing.py"),
        ("script", "folder", "is a folder"),
        ("module", "nothing_of_that_name", "no module named nothing_of_that_name"),
        ("module", "folder.nothing", "no module named folder.nothing"),
        ("module", "folder", "no module named folder.__main__"),
        ("module", "..odd", r"no module named \.\.odd"),
    ],
)
def test_what_is_not_there_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, target: str, message: str
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "__init__.py").write_text("")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    with pytest.raises(BridgeError, match=message):
        run_program(target, [], module=kind == "module")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_script_is_named(tmp_path: Path) -> None:
    script = tmp_path / "closed.py"
    script.write_text("pass")
    script.chmod(0)
    with pytest.raises(BridgeError, match=r"closed\.py: Permission denied"):
        run_program(str(script), [], module=False)


def test_a_failing_parent_package_is_the_programs_own_trouble(tmp_path: Path) -> None:
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "__init__.py").write_text("raise RuntimeError('broken inside')")
    (tmp_path / "pack" / "run.py").write_text("")
    found = inside(tmp_path, "module", "pack.run")
    assert found.returncode == 1
    assert "RuntimeError: broken inside" in found.stderr


def test_a_folder_named_shim_beside_the_script_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "shim").mkdir()
    (tmp_path / "codemods.py").write_text("")
    (tmp_path / "runs.py").write_text("print('ran')")
    found = inside(tmp_path, "script", str(tmp_path / "runs.py"))
    assert found.stdout == "ran\n"
    first, second = found.stderr.splitlines()
    assert str(tmp_path / "shim") in first
    assert "hidden by" in first
    assert str(tmp_path / "codemods.py") in second
    assert "hides" in second


def test_our_own_packages_beside_the_script_are_not_noticed(tmp_path: Path) -> None:
    checkout = Path(shim.program.__file__).parent.parent
    (tmp_path / "shim").symlink_to(checkout / "shim")
    (tmp_path / "runs.py").write_text("print('ran')")
    assert inside(tmp_path, "script", str(tmp_path / "runs.py")).stderr == ""


class Taken(Exception):
    """Instead of sleeping: how long was asked for."""


def test_sleeps_are_shortened(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []

    async def asyncio_sleep(delay: float, result: object = None) -> object:
        slept.append(delay)
        return result

    monkeypatch.setattr(time, "sleep", slept.append)
    monkeypatch.setattr(asyncio, "sleep", asyncio_sleep)
    shorten_sleeps(4)
    time.sleep(2)
    time.sleep(0.5)
    assert asyncio.run(asyncio.sleep(8, "given back")) == "given back"
    asyncio.run(asyncio.sleep(0))
    assert slept == [0.5, 0.125, 2, 0]
    with pytest.raises(TypeError):
        time.sleep("1")  # type: ignore[arg-type]


def test_real_time_leaves_the_sleeps_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    before = time.sleep, asyncio.sleep
    monkeypatch.setattr(time, "sleep", before[0])
    monkeypatch.setattr(asyncio, "sleep", before[1])
    shorten_sleeps(1)
    assert (time.sleep, asyncio.sleep) == before


@pytest.mark.parametrize("speed", [0, -1, float("nan"), float("inf")])
def test_a_speed_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, speed: float) -> None:
    monkeypatch.setattr(time, "sleep", time.sleep)
    monkeypatch.setattr(asyncio, "sleep", asyncio.sleep)
    with pytest.raises(BridgeError, match="speed"):
        shorten_sleeps(speed)
