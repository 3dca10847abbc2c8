"""The vendors' other APIs: recordings, language models, accounts. A program of these alone has nothing to migrate."""

from __future__ import annotations

from typing import Final

import libcst as cst

from codemods.migrating import Migrating
from shim.mapping import assemblyai_v2, sdk, session
from shim.mapping.row import Vendor

_OF_SOCKETS: Final = ("wss://", "ws://")
_LIVE: Final = {
    Vendor.GLADIA: (session.PATH.gladia[0], "live", "/audio-transcription"),
    Vendor.ASSEMBLYAI: (
        session.PATH.assemblyai[0],
        session.HOST.assemblyai[0].split(".")[0],
        assemblyai_v2.PATH.assemblyai[0],
        "/v3/token",
        "realtime",
    ),
}
"""Words of addresses that have to do with live sessions."""
_OTHERS: Final = {
    Vendor.GLADIA: ("/pre-recorded", "/upload", "/transcription", "/audio/text", "/video/text"),
    Vendor.ASSEMBLYAI: ("/transcript", "/upload", "/lemur"),
}
"""The paths of other APIs: where none of them is named, nobody knows what is asked for."""


def uses_other_apis_only(migrating: Migrating) -> bool:
    """Whether a program that names a vendor's host opens no socket, names another API and nothing of the live one."""
    program = migrating.program
    packages = {path.split(".")[0] for path in sdk.PACKAGE.of(migrating.source)}
    imports = (node for module in program.modules for node in program.nodes_in(module))
    if program.connects or program.sends or any(_imports(node, packages) for node in imports):
        return False
    marks = (*_OF_SOCKETS, *_LIVE[migrating.source])
    texts = [text for text in _texts(migrating) if " " not in text]
    is_other = any(path in text for text in texts for path in _OTHERS[migrating.source])
    return is_other and not any(mark in text for text in texts for mark in marks)


def is_of_other_api(address: str, source: Vendor) -> bool:
    """Whether a vendor's address, or a piece of it, is of one of these APIs."""
    return any(path in address for path in _OTHERS[source])


def _imports(node: cst.CSTNode, packages: set[str]) -> bool:
    """Whether a statement imports one of these packages, or something of it."""
    code = cst.Module([]).code_for_node(node).split() if isinstance(node, (cst.Import, cst.ImportFrom)) else []
    return len(code) > 1 and code[1].rstrip(",").split(".")[0] in packages


def _texts(migrating: Migrating) -> list[str]:
    """The texts of a program that its documentation is no part of."""
    program = migrating.program
    found: list[str] = []
    for module in program.modules:
        for node in program.nodes_in(module):
            match node:
                case cst.SimpleString() if not isinstance(program.parents.get(node), cst.Expr):
                    found.append(str(node.evaluated_value))
                case cst.FormattedStringText(text):
                    found.append(text)
    return found
