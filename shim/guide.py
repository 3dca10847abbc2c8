"""The guide's material: the script, the speech and what is said in it.

It lies in `fixtures/guide` of a checkout and is shipped in the wheel as `shim/guide_files`.
"""

from __future__ import annotations

from pathlib import Path

from shim.errors import BridgeError

_SHIPPED = Path(__file__).parent / "guide_files"
_CHECKOUT = Path(__file__).parent.parent / "fixtures" / "guide"


def guide_file(name: str) -> Path:
    """Where a file of the guide's material lies, such as `speech.wav`, `transcript.json` or
    `gladia_microphone.py`.

    Raises `BridgeError` when the installation has no such file.
    """
    for folder in (_SHIPPED, _CHECKOUT):
        path = folder / name
        if path.is_file():
            return path
    raise BridgeError(
        f"the guide's file {name} is not part of this installation",
        "install sttbridge again, or run it from its checkout",
    )
