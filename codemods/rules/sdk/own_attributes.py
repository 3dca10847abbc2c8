"""What a program keeps on the SDK's client, which has nothing of that name: `client.queue = asyncio.Queue()`.

Python lets it; so it may stay on the new SDK's client. A handler that reads it there is handed that client.
"""

from __future__ import annotations

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.values import LibraryObject
from codemods.vendors import assemblyai_sdk, assemblyai_v2_sdk


def own_attributes(program: Program, client: LibraryObject) -> frozenset[cst.BaseExpression]:
    """The references to a client that only read or set an attribute of the program's own."""
    found = [
        (node, parent.attr.value, isinstance(program.parents[parent], (cst.AssignTarget, cst.AnnAssign)))
        for node, value in program.values.items()
        if value == client
        and isinstance(node, (cst.Name, cst.Attribute))
        and isinstance(parent := program.parents[node], cst.Attribute)
        and parent.value is node
    ]
    of_sdk = assemblyai_sdk.METHODS | assemblyai_v2_sdk.METHODS
    own = {name for _, name, is_set in found if is_set} - of_sdk
    return frozenset(node for node, name, _ in found if name in own)
