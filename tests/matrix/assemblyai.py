"""Raw programs for AssemblyAI: a socket whose address says everything."""

from __future__ import annotations

from tests.matrix.assemblyai_address import ADDRESSES, KEY_CHOICES
from tests.matrix.audio import AUDIO, Source
from tests.matrix.covering import Combination
from tests.matrix.program import Program
from tests.matrix.reading import ASSEMBLYAI_READING
from tests.matrix.sending import ASSEMBLYAI_SENDING, assemblyai_sender
from tests.matrix.shapes import SHAPES, Conversation, write
from tests.matrix.sockets import SOCKETS

DIMENSIONS = {
    "address": tuple(ADDRESSES),
    "socket": tuple(SOCKETS),
    "key": tuple(KEY_CHOICES),
    "end": ("plain", "told"),
    "reading": tuple(ASSEMBLYAI_READING),
    "sending": ASSEMBLYAI_SENDING,
    "audio": AUDIO,
    "shape": SHAPES,
}


def is_valid(choices: Combination) -> bool:
    """Every choice goes with every other."""
    return bool(choices)


def program(choices: Combination) -> str:
    """The source of the program with these choices."""
    library = SOCKETS[choices["socket"]]
    source = Source(choices["audio"], library.is_async)
    address = ADDRESSES[choices["address"]]
    key = KEY_CHOICES[choices["key"]]
    needs_os = any("os." in line for line in (*address.constants, *key.constants, *key.definitions))
    text = Program(
        "Prints what is said, live.",
        {"import json", *({"import os"} if needs_os else set()), *address.imports, *key.imports},
        [*key.constants, *address.constants],
        [*key.definitions, *address.definitions],
    )
    write(
        text,
        Conversation(
            library=library,
            source=source,
            sender=lambda ws, stopping: assemblyai_sender(choices["sending"], library, source, ws, stopping),
            reader=ASSEMBLYAI_READING[choices["reading"]],
            opening=None,
            url=address.expression,
            headers=key.headers,
            key="",
            tells_close=choices["end"] == "told",
        ),
        choices["shape"],
    )
    return text.text()
