"""The process in which a verified program runs, as seen from outside.

It is a process group of its own, of which nothing is left in the end: neither when this process is interrupted
nor, thanks to the lifeline, when it is killed.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from codemods.verify.child import Orders
from codemods.verify.device import Device
from shim.errors import BridgeError
from shim.mapping.session import KEY_VARIABLE

KEY_VARIABLES = (*KEY_VARIABLE.gladia, *KEY_VARIABLE.assemblyai)
THROWAWAY_KEY = "sttbridge-verify-throwaway-key"
MICROPHONE_VARIABLE = "STTBRIDGE_VERIFY_MICROPHONE"
_PROXY_VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "ws_proxy", "wss_proxy", "ftp_proxy")

_AFTER_SIGTERM = 2.0  # real seconds
_MOST_OUTPUT = 50_000_000  # bytes


class Child:
    """The process of the program, and the files through which it speaks.

    Its microphone is the stand-in, which plays `speech`, or else `device`. It runs in the folder `runs_in`, or here.
    """

    def __init__(
        self, folder: Path, *, speed: float, speech: Path, device: Device | None = None, runs_in: Path | None = None
    ) -> None:
        self._folder = folder
        self._runs_in = runs_in
        self._speech = speech
        self._device = device
        self._device_is_done: Callable[[], bool] | None = None
        self._told = folder / "microphone"
        self._told.touch()
        self._microphone = {"speech": str(speech.absolute()), "speed": speed, "report": str(self._told)}
        self.trouble = folder / "trouble"
        self.lifeline, self._our_end = os.pipe()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def process(self) -> subprocess.Popen[bytes]:
        assert self._process is not None
        return self._process

    @property
    def exit_status(self) -> int:
        """Negative: the signal that ended it."""
        return self.process.wait()

    @contextlib.contextmanager
    def started(self, orders: Orders, *, allow_network: bool) -> Iterator[None]:
        """Starts it in a process group of its own; afterwards nothing of that group is left."""
        # By path and with -P: no folder of the user's is looked into for our packages.
        command = [sys.executable, "-P", str(Path(__file__).with_name("child.py")), orders.to_json()]
        try:
            with (self._folder / "stdout").open("wb") as stdout, (self._folder / "stderr").open("wb") as stderr:
                self._process = subprocess.Popen(
                    command,
                    stdin=subprocess.PIPE,
                    stdout=stdout,
                    stderr=stderr,
                    env=self._environment(allow_network=allow_network),
                    pass_fds=(self.lifeline,),
                    start_new_session=True,
                    cwd=self._runs_in,
                )
            yield
        finally:
            os.close(self.lifeline)
            if self._process is not None:
                self._signal(signal.SIGKILL)
                self._process.wait()
                assert self._process.stdin is not None
                self._process.stdin.close()
            os.close(self._our_end)

    def _environment(self, *, allow_network: bool) -> dict[str, str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("STTBRIDGE_")}
        if not allow_network:  # a proxy on this machine would lead out of it
            environment = {name: value for name, value in environment.items() if name.lower() not in _PROXY_VARIABLES}
        environment |= dict.fromkeys(KEY_VARIABLES, THROWAWAY_KEY)
        environment |= {"PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"}
        if self._device is None:
            return environment | {MICROPHONE_VARIABLE: json.dumps(self._microphone)}
        return environment | dict(self._device.environment)

    def has_ended(self, *, within: float) -> bool:
        """Whether it has ended, or does within so many real seconds."""
        try:
            self.process.wait(within)
        except subprocess.TimeoutExpired:
            return False
        return True

    def microphone(self, heard: float) -> list[str]:
        """What the microphone has told so far: `opened`, `ended`. `heard`: the seconds of audio that it has given.

        A device tells nothing itself: it is open when something was heard from it. Then it is played to.
        """
        if self._device is not None:
            if self._device_is_done is None:
                if not heard:
                    return []
                self._device_is_done = self._device.play(self._speech)
            return ["opened", "ended"] if self._device_is_done() else ["opened"]
        return self._told.read_text(encoding="utf-8").split()

    def said_too_much(self) -> bool:
        """Whether its output is so long that it would fill the disk."""
        return any((self._folder / name).stat().st_size > _MOST_OUTPUT for name in ("stdout", "stderr"))

    def interrupt(self) -> None:
        """Ctrl+C, as a terminal does it: to the whole group."""
        self._signal(signal.SIGINT)

    def kill(self) -> None:
        """SIGTERM, and SIGKILL where that is not heard."""
        self._signal(signal.SIGTERM)
        if not self.has_ended(within=_AFTER_SIGTERM):
            self._signal(signal.SIGKILL)
            self.process.wait()

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, number)

    def raise_its_trouble(self) -> None:
        """`BridgeError` with what kept the program from being started, if anything did."""
        if self.trouble.exists():
            raise BridgeError(**json.loads(self.trouble.read_text(encoding="utf-8")))

    def output(self) -> tuple[str, str]:
        """Standard output and standard error."""
        stdout, stderr = (
            (self._folder / name).read_bytes()[:_MOST_OUTPUT].decode("utf-8", "replace")
            for name in ("stdout", "stderr")
        )
        return stdout, stderr
