"""What the codemod has to say beside its edits: the findings, each kind with a stable code."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Level(StrEnum):
    """How much a finding asks of a person."""

    INFORMATION = "information"
    """Done; worth knowing."""
    CAVEAT = "caveat"
    """Done, and somebody should look whether it suits."""
    MANUAL = "manual"
    """Left for a person."""
    SKIPPED = "skipped"
    """The file was not read as a program."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of finding: its code, level and what to do about it."""

    code: str
    level: Level
    title: str
    recipe: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding at one place. `line` counts from 1; 0 stands for the whole file."""

    kind: Kind
    line: int
    text: str

    @property
    def level(self) -> Level:
        """The level of its kind."""
        return self.kind.level

    @property
    def needs_a_person(self) -> bool:
        """Whether something is left to do or to look at."""
        return self.level is not Level.INFORMATION


def _kind(code: str, level: Level, title: str, recipe: str) -> Kind:
    return Kind(code, level, title, recipe)


MODEL_CHOSEN: Final = _kind(
    "STB101",
    Level.INFORMATION,
    "a model was chosen",
    "set `speech_model` to another one where you know better; the newest is universal-3-6-pro",
)
SILENCE_LEFT_TO_SERVICE: Final = _kind(
    "STB102",
    Level.INFORMATION,
    "the silence that ends a turn is the service's own",
    "set `max_turn_silence` and `min_turn_silence` (ms), or migrate with --turns keep",
)
PARAMETER_DIFFERS: Final = _kind(
    "STB103",
    Level.INFORMATION,
    "a parameter corresponds only roughly",
    "compare the transcripts of your own audio",
)
DEFAULT_DIFFERS: Final = _kind(
    "STB104",
    Level.INFORMATION,
    "a default differs and was not written out",
    "decide whether the other service's default suits",
)
WHOLE_MESSAGE: Final = _kind(
    "STB105",
    Level.INFORMATION,
    "a whole message is used",
    "whoever reads it meets the other service's fields",
)
ENVIRONMENT_RENAMED: Final = _kind(
    "STB106",
    Level.INFORMATION,
    "an environment variable was renamed",
    "set the new variable wherever the program runs",
)
COMMENT_WENT: Final = _kind(
    "STB107",
    Level.INFORMATION,
    "a comment went with the code it described",
    "put it back if it says something about the new code",
)
VENDOR_STILL_NAMED: Final = _kind(
    "STB108",
    Level.INFORMATION,
    "the old service is still named",
    "rename it if it is about this code",
)
HEADER_DROPPED: Final = _kind(
    "STB109",
    Level.INFORMATION,
    "a header of the old request went",
    "add it to the handshake's headers if the service needs it",
)
PAYLOAD_UNKNOWN: Final = _kind(
    "STB201",
    Level.CAVEAT,
    "what is sent here is not known",
    "binary audio may stay as it is; JSON with base64 audio must become the bytes themselves",
)
CHUNK_LENGTH: Final = _kind(
    "STB202",
    Level.CAVEAT,
    "a chunk of audio is shorter than 50 ms or longer than 1000 ms",
    "read chunks of 50 to 1000 ms; AssemblyAI ends the session over others",
)
NEVER_SENT: Final = _kind(
    "STB203",
    Level.CAVEAT,
    "a message that the other service never sends is waited for",
    "remove the branch, or do its work where the final transcript is handled",
)
PARAMETER_WENT: Final = _kind(
    "STB204",
    Level.CAVEAT,
    "a parameter without a counterpart went",
    "look whether the program can do without it; the shim does more of them: sttbridge run",
)
NO_SESSION: Final = _kind(
    "STB301",
    Level.MANUAL,
    "no session of this program could be followed from its start to its messages",
    "migrate by hand, or run the program through the shim: sttbridge run",
)
SESSION_SPREAD: Final = _kind(
    "STB302",
    Level.MANUAL,
    "the session is opened in one place and its socket in another",
    "bring the POST and the connect into one function and run this again, or use the shim",
)
SESSION_USED_ELSEWHERE: Final = _kind(
    "STB303",
    Level.MANUAL,
    "the answer to the POST is used for more than the socket",
    "there is no POST any more: take what you need from the first message (`Begin`), then run this again",
)
CONFIGURATION_UNKNOWN: Final = _kind(
    "STB304",
    Level.MANUAL,
    "the session's configuration could not be read",
    "write it as one dictionary with constant keys and run this again, or use the shim",
)
PARAMETER_ABSENT: Final = _kind(
    "STB305",
    Level.MANUAL,
    "a parameter has no counterpart",
    "remove it if the program can do without, and run this again; or keep to the old service",
)
FIELD_ABSENT: Final = _kind(
    "STB306",
    Level.MANUAL,
    "a field or message has no counterpart",
    "take it from elsewhere or do without, and run this again; or use the shim, which makes it up",
)
CHECK_UNKNOWN: Final = _kind(
    "STB307",
    Level.MANUAL,
    "a test of the POST's answer could not be moved",
    "end the program in an `if` of its own where the POST failed, and run this again",
)
AUDIO_UNKNOWN: Final = _kind(
    "STB308",
    Level.MANUAL,
    "audio sent as JSON could not be followed back to its bytes",
    "send the bytes themselves, and run this again",
)
STATEMENT_SHARED: Final = _kind(
    "STB309",
    Level.MANUAL,
    "a statement that must go shares its line with others",
    "write one statement a line, and run this again",
)
REQUEST_ABSENT: Final = _kind(
    "STB310",
    Level.MANUAL,
    "a request has no counterpart",
    "the other service has no such request; store what you need yourself, or use the shim",
)
ADDRESS_UNKNOWN: Final = _kind(
    "STB311",
    Level.MANUAL,
    "the service's address or key is made elsewhere",
    "write the address as a constant of this file, and the key as a header of the request, and run this again",
)
MESSAGE_NOT_FOLLOWED: Final = _kind(
    "STB312",
    Level.MANUAL,
    "a message goes where it could not be followed",
    "read what you need of it before it goes on, and run this again; or use the shim",
)
WORD_LEFT: Final = _kind(
    "STB313",
    Level.MANUAL,
    "a field or message of the old service is read from something that could not be followed",
    "bring the reading to where the message is received, and run this again; or use the shim",
)
FIRST_MESSAGE: Final = _kind(
    "STB314",
    Level.MANUAL,
    "what is done at the first message could not be moved",
    "there is no first message any more: do it after the session is opened, and run this again",
)
SDK_NOT_FOLLOWED: Final = _kind(
    "STB320",
    Level.MANUAL,
    "a use of the SDK could not be followed",
    "open, use and close the session in one function or one class, by plain calls, and run this again; or use the shim",
)
HANDLER_NOT_FOLLOWED: Final = _kind(
    "STB321",
    Level.MANUAL,
    "an event handler could not be followed",
    "register a function of this file by a plain call, use it for that alone, and run this again; or use the shim",
)
CALL_ABSENT: Final = _kind(
    "STB322",
    Level.MANUAL,
    "a call of the SDK has no counterpart",
    "do without it and run this again, or use the shim",
)
TOKEN_ABSENT: Final = _kind(
    "STB323",
    Level.MANUAL,
    "temporary tokens have no counterpart",
    "open the session on the server and hand its url to the client: both ends change together",
)
BRANCH_WENT: Final = _kind(
    "STB130",
    Level.INFORMATION,
    "code for turns that are not formatted yet went",
    "nothing to do: Gladia's transcripts are always formatted",
)
SDK_TOO_OLD: Final = _kind(
    "STB230",
    Level.CAVEAT,
    "the project's version of the SDK does not know the chosen model",
    "raise it: assemblyai>=1.1",
)
SYNTAX_ERROR: Final = _kind(
    "STB401", Level.SKIPPED, "the file is not valid Python", "mend the syntax error and run this again"
)
UNREADABLE: Final = _kind(
    "STB402", Level.SKIPPED, "the file could not be read", "check its permissions and its encoding"
)
NOT_LOSSLESS: Final = _kind(
    "STB403",
    Level.SKIPPED,
    "the file would not be written back byte for byte",
    "remove the form feed or lone carriage return at its beginning",
)
FAILED: Final = _kind(
    "STB404",
    Level.SKIPPED,
    "sttbridge failed on this file",
    "please report it with the file, or the smallest part of it that fails",
)

TOO_LARGE: Final = _kind(
    "STB405",
    Level.SKIPPED,
    "the file is too large to be followed in reasonable time",
    "bring the code that speaks to the service into a file of its own, and run this again",
)

KINDS: Final = tuple(kind for kind in list(globals().values()) if isinstance(kind, Kind))
"""Every kind of finding."""
