"""Raw programs for Gladia: a POST, then the socket whose address it gave."""

from __future__ import annotations

from tests.matrix.audio import AUDIO, Source
from tests.matrix.covering import Combination
from tests.matrix.gladia_configuration import CONFIGURATIONS
from tests.matrix.posting import HANDED_OVER, HTTP_LIBRARIES, STATUS_CHECKS, is_possible, opening
from tests.matrix.program import Program, indented
from tests.matrix.reading import GLADIA_READING
from tests.matrix.sending import GLADIA_SENDING, gladia_sender
from tests.matrix.shapes import SHAPES, Conversation, Function, write
from tests.matrix.sockets import SOCKETS

DIMENSIONS = {
    "POST": tuple(HTTP_LIBRARIES),
    "socket": tuple(SOCKETS),
    "configuration": tuple(CONFIGURATIONS),
    "status": STATUS_CHECKS,
    "handed over": HANDED_OVER,
    "reading": tuple(GLADIA_READING),
    "sending": GLADIA_SENDING,
    "audio": AUDIO,
    "shape": SHAPES,
}


def is_valid(choices: Combination) -> bool:
    """A POST by asyncio needs a program of asyncio; urllib has few checks."""
    fits = SOCKETS[choices["socket"]].is_async or not HTTP_LIBRARIES[choices["POST"]].is_async
    return fits and is_possible(choices["POST"], choices["status"])


def program(choices: Combination) -> str:
    """The source of the program with these choices."""
    library = SOCKETS[choices["socket"]]
    source = Source(choices["audio"], library.is_async)
    configuration = CONFIGURATIONS[choices["configuration"]]
    http = HTTP_LIBRARIES[choices["POST"]]

    def opened(key: str) -> Function:
        made = opening(choices["POST"], choices["status"], choices["handed over"], key, configuration.expression)
        return Function("open_session", made.body, made.result, http.is_async)

    made = opening(choices["POST"], choices["status"], choices["handed over"], "", configuration.expression)
    key = 'GLADIA_API_KEY = os.environ["GLADIA_API_KEY"]'
    text = Program(
        "Prints what is said, live.",
        {"import json", "import os", *configuration.imports, *made.imports},
        [key, 'BASE_URL = "https://api.gladia.io"', *configuration.constants],
        [*made.definitions, *configuration.definitions],
    )
    write(
        text,
        Conversation(
            library=library,
            source=source,
            sender=lambda ws, stopping: gladia_sender(choices["sending"], library, source, ws, stopping),
            reader=GLADIA_READING[choices["reading"]],
            opening=opened,
            url=made.url,
            headers=None,
            key="GLADIA_API_KEY",
        ),
        choices["shape"],
    )
    if made.caught:
        text.imports.add("import sys")
        text.start = f"try:\n{indented(text.start)}\nexcept {made.caught} as refused:\n    sys.exit(str(refused))"
    return text.text()
