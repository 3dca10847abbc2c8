"""Runs somebody's program inside this process, as `python SCRIPT` or `python -m MODULE` would.

What was installed before (a redirection, a gateway, shorter sleeps) then holds for the program too. The
program gets its own `sys.argv`, `sys.path[0]` and `__main__`, and ends as it would by itself: the same exit
status, and a traceback that shows its own frames only.

Not the same: a process started by `multiprocessing` with `spawn`, or any other subprocess, is a plain Python
again, without what was installed here.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import importlib.machinery
import importlib.util
import io
import operator
import os
import runpy
import signal
import sys
import time
import types
from pathlib import Path
from typing import Any, SupportsIndex

import shim.clock  # here, so that the clock takes hold of the real sleeps before they are shortened
from shim.errors import BridgeError

_OUR_PACKAGES = ("shim", "codemods")


def run_program(target: str, args: list[str], *, module: bool) -> None:
    """Runs the script at `target` (or, with `module`, the module of that name) with `args` to its end.

    Returns when the program ran to its end. `SystemExit` passes through. Any other exception of the program
    is printed as the interpreter prints it and becomes `SystemExit(1)`; after `KeyboardInterrupt` the process
    ends by SIGINT, as Python's own does.

    Raises `BridgeError` where there is no such script or module.
    """
    if module:
        folder = Path.cwd()
        _put_first_on_path(str(folder))
        _check_module(target)
    else:
        _check_script(target)
        folder = Path(os.path.realpath(target)).parent
        _put_first_on_path(str(folder))
    _notice_hidden_packages(folder)
    ending = _EndBySignal()
    try:
        if module:
            sys.argv = [target, *args]
            runpy.run_module(target, run_name="__main__", alter_sys=True)
        else:
            sys.argv = [target, *args]
            _run_script(target)
    except SystemExit:
        raise
    except BaseException as error:
        _print_as_the_interpreter_does(error)
        if isinstance(error, KeyboardInterrupt):
            ending.wanted = True
            raise SystemExit(128 + signal.SIGINT) from None
        raise SystemExit(1) from None


def shorten_sleeps(speed: float) -> None:
    """From now on `time.sleep` and `asyncio.sleep` take a `speed`-th of what they are asked for.

    Timeouts (`asyncio.wait_for`, `Event.wait`, sockets) are left alone, and so are the sleeps of other
    frameworks and those that a module took by `from time import sleep` before this call.

    Raises `BridgeError` for a speed that is not above 0.
    """
    shim.clock.Clock(speed)
    if speed == 1:
        return
    real_sleep, real_asyncio_sleep = time.sleep, asyncio.sleep

    def sleep(seconds: float | SupportsIndex, /) -> None:
        real_sleep((seconds if isinstance(seconds, float) else operator.index(seconds)) / speed)

    async def asyncio_sleep(delay: float, result: Any = None) -> Any:
        return await real_asyncio_sleep(delay / speed, result)

    time.sleep = sleep
    asyncio.sleep = asyncio_sleep


def _check_script(target: str) -> None:
    path = Path(target)
    if path.is_dir():
        raise BridgeError(f"{target} is a folder, not a script", "give the path of a Python file")
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        reason = error.strerror or str(error)
        raise BridgeError(f"cannot read the script {target}: {reason}", "give a readable Python file") from None


def _check_module(target: str) -> None:
    try:
        found = importlib.util.find_spec(target) if not target.startswith(".") else None
        if found is not None and found.submodule_search_locations is not None:
            target = f"{target}.__main__"  # a package is run by it
            found = importlib.util.find_spec(target)
    except ModuleNotFoundError as error:
        # The parent package may be missing; or something that the parent imports, which running will show.
        if not (error.name and f"{target}.".startswith(f"{error.name}.")):
            return
        found = None
    except ValueError:
        found = None
    except Exception:
        return  # the parent package's own trouble: running it shows it as Python does
    if found is None:
        raise BridgeError(f"no module named {target}", "look at the name, and at the folder you start from")


def _put_first_on_path(folder: str) -> None:
    """`sys.path[0]` is the program's folder; under `python -P` there is no such entry yet."""
    if sys.flags.safe_path or not sys.path:
        sys.path.insert(0, folder)
    else:
        sys.path[0] = folder


def _notice_hidden_packages(folder: Path) -> None:
    """A program's own `shim` or `codemods` cannot be told from ours by name: says which one it will get."""
    for name in _OUR_PACKAGES:
        ours = Path(__file__).parent.parent / name
        for theirs in (folder / name, folder / f"{name}.py"):
            with contextlib.suppress(OSError):
                if not theirs.exists() or theirs.resolve() == ours.resolve():
                    continue
                if name in sys.modules:
                    what = f"is hidden by sttbridge's own package: `import {name}` will not find it"
                else:
                    what = f"hides sttbridge's own package: `import {name}` will find yours"
                print(f"sttbridge: {theirs} {what}; rename it if the program needs it", file=sys.stderr)


def _run_script(target: str) -> None:
    path = str(Path(target).absolute())
    main = types.ModuleType("__main__")
    main.__dict__.update(
        __file__=path,
        __cached__=None,
        __loader__=importlib.machinery.SourceFileLoader("__main__", path),
        __builtins__=sys.modules["builtins"],
    )
    # It stays: threads that go on after the last line, and pickle, look for it there.
    sys.modules["__main__"] = main
    with io.open_code(path) as file:
        source = file.read()
    code = compile(source, path, "exec", dont_inherit=True)
    exec(code, main.__dict__)


def _print_as_the_interpreter_does(error: BaseException) -> None:
    """By `sys.excepthook`, which the program may have set, and without the frames of this file."""
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename == __file__:
        frames = frames.tb_next
    sys.excepthook(type(error), error.with_traceback(frames), frames)


class _EndBySignal:
    """A process that Ctrl+C ended dies by SIGINT, so that a shell's loop around it ends too.

    Registered before the program's own exit functions, it is run after them.
    """

    def __init__(self) -> None:
        self.wanted = False
        atexit.register(self.end)

    def end(self) -> None:
        if not self.wanted or os.name != "posix":
            return
        in_process = sys.modules.get("shim.in_process")
        if in_process is not None:  # its own exit function may come after this one, which is the end
            in_process.uninstall()
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):
                stream.flush()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
