"""The process in which `sttbridge verify` runs a program. Started by `codemods.verify.run`, not by hand.

Before the program starts: the vendor's hosts are led to the emulator (or the shim is installed), the sleeps
are shortened, the stand-in `pyaudio` is put on the path (or not), the network is closed but for loopback.
"""

from __future__ import annotations

import sys
from pathlib import Path

if __name__ == "__main__":
    # A folder named shim or codemods in PYTHONPATH must not be taken for ours: ours are loaded first, once.
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    for package in ("shim", "codemods"):
        __import__(package)
    del sys.path[0]

import _thread
import json
import os
import signal
import ssl
from dataclasses import asdict, dataclass
from typing import Self

from codemods.verify.network import keep_on_this_machine
from shim.errors import BridgeError
from shim.program import run_program, shorten_sleeps

STAND_IN = Path(__file__).parent / "stand_in"


@dataclass(frozen=True)
class Orders:
    """What the parent wants, handed over as the one argument of this process, in JSON."""

    script: str
    arguments: list[str]
    vendor: str
    over: str | None
    hosts: list[str]  # the vendor's, led to the emulator when `over` is None
    address: str  # of the emulator
    port: int
    authority: str  # PEM of the throwaway authority of the emulator's port, when `over` is None
    speed: float
    allow_network: bool
    stand_in: bool  # the stand-in `pyaudio` goes before any other
    trouble: str  # path of the file that says why the program could not be started
    lifeline: int  # file descriptor that is at its end when the parent is gone

    def to_json(self) -> str:
        """For the command line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """What `to_json` gave."""
        return cls(**json.loads(text))


def main() -> None:
    """Prepares this process as ordered and runs the program in it."""
    orders = Orders.from_json(sys.argv[1])
    os.set_inheritable(orders.lifeline, False)
    # Not a `threading.Thread`: the program's own list of threads stays as it would be.
    _thread.start_new_thread(_end_with_the_parent, (orders.lifeline,))
    try:
        _prepare(orders)
        run_program(orders.script, orders.arguments, module=False)
    except BridgeError as error:
        trouble = {"message": error.message, "next_step": error.next_step}
        Path(orders.trouble).write_text(json.dumps(trouble), encoding="utf-8")
        sys.exit(2)


def _prepare(orders: Orders) -> None:
    if not orders.allow_network:
        keep_on_this_machine()
    if orders.over is not None:
        from shim.in_process import install

        upstream = f"http://{orders.address}:{orders.port}"
        # An emulator is in no region: that a program names one is no reason not to run it here.
        install(
            api=orders.vendor, over=orders.over, upstream=upstream, speed=orders.speed, on_absent="warn,region=ignore"
        )
    else:
        from shim.redirect import Redirection

        trusting = ssl.create_default_context(cadata=orders.authority)
        routes = {host: lambda: (orders.address, orders.port) for host in orders.hosts}
        Redirection(routes, trusting).install()
    shorten_sleeps(orders.speed)
    if orders.stand_in:
        sys.path.insert(0, str(STAND_IN))


def _end_with_the_parent(lifeline: int) -> None:
    """Nothing is ever written: reading ends when the parent has ended, however it did."""
    while os.read(lifeline, 1):
        pass
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
