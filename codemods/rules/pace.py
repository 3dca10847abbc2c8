"""How fast audio is sent: AssemblyAI wants it about as fast as it was spoken, in frames of 50 ms and more."""

from __future__ import annotations

from typing import Final

import libcst as cst

from codemods.analysis.values import LibraryObject, something
from codemods.findings import FRAMES_UNKNOWN, SENT_TOO_FAST
from codemods.migrating import Migrating
from shim.mapping.row import Vendor

_FROM_FILES: Final = ("builtins.open().read", "wave.open().readframes", "io.BytesIO().read", "soundfile.read")
DECODING: Final = ("base64.b64decode", "pybase64.b64decode")
"""What gives audio that came in text, as telephone services send it."""


def check_pace(migrating: Migrating, audio: cst.BaseExpression, place: cst.Call) -> None:
    """Reports a recording that is sent in a loop without waiting, and frames whose length another service decides."""
    if migrating.target is not Vendor.ASSEMBLYAI:
        return
    for one in something(migrating.program.value(audio)):
        if not isinstance(one, LibraryObject):
            continue
        if one.made_by in _FROM_FILES and (loop := _loop_around(migrating, place)) is not None:
            if not _waits(migrating, loop, place):
                migrating.report(SENT_TOO_FAST, place, f"no waiting between two chunks: {migrating.code(place)}")
        elif one.made_by in DECODING:
            migrating.report(FRAMES_UNKNOWN, place, f"how long a frame lasts is not known: {migrating.code(place)}")


def _loop_around(migrating: Migrating, node: cst.CSTNode) -> cst.While | cst.For | None:
    parents = migrating.program.parents
    while node in parents and not isinstance(node, (cst.FunctionDef, cst.Lambda)):
        node = parents[node]
        if isinstance(node, (cst.While, cst.For)):
            return node
    return None


def _waits(migrating: Migrating, loop: cst.CSTNode, place: cst.Call) -> bool:
    """Whether a loop does anything that takes time, as far as that can be seen, beside sending."""
    for node in migrating.program.nodes_in(loop):
        if isinstance(node, cst.Await) and not migrating.program.is_inside(place, node):
            return True
        if isinstance(node, cst.Call):
            name = migrating.code(node.func).rpartition(".")[2]
            if name in ("sleep", "wait", "join", "get", "acquire"):
                return True
    return False
