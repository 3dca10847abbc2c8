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
    """Done, but the program may behave differently afterwards: the file is written with `--unsafe` only."""
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
    leaves_todo: bool = False
    """Something is left to a person, and the file is rewritten all the same: a TODO stands at the place."""

    @property
    def blocks(self) -> bool:
        """Whether the whole file stays as it is because of it."""
        return self.level is Level.MANUAL and not self.leaves_todo


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding at one place. `line` counts from 1; 0 stands for the whole file."""

    kind: Kind
    line: int
    text: str
    cell: int = 0
    """The cell of a notebook, from 1, in which `line` counts; 0: it is no notebook."""
    document: str = ""
    """The path of the file that a configuration is loaded from, as the program writes it; empty for none."""

    @property
    def place(self) -> str:
        """What follows the path and a colon: `12`, `cell 3:5`; empty for the whole file."""
        if self.cell:
            return f"cell {self.cell}:{self.line}"
        return str(self.line) if self.line else ""

    @property
    def level(self) -> Level:
        """The level of its kind."""
        return self.kind.level

    @property
    def needs_a_person(self) -> bool:
        """Whether something is left to do or to look at."""
        return self.level is not Level.INFORMATION


def _kind(code: str, level: Level, title: str, recipe: str, *, leaves_todo: bool = False) -> Kind:
    return Kind(code, level, title, recipe, leaves_todo)


MODEL_CHOSEN: Final = _kind(
    "STB101",
    Level.INFORMATION,
    "a model was chosen",
    "set `speech_model` to another one where you know better: u3-rt-pro, universal-3-6-pro or whisper-rt",
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
    "the two services differ in this",
    "compare the transcripts of your own audio",
)
DEFAULT_DIFFERS: Final = _kind(
    "STB104",
    Level.INFORMATION,
    "a default of the two services differs",
    "decide whether what the program has now suits",
)
WHOLE_MESSAGE: Final = _kind(
    "STB105",
    Level.INFORMATION,
    "a whole message is printed, stored or passed on",
    "make sure that whoever reads it knows the new service's fields",
)
ENVIRONMENT_RENAMED: Final = _kind(
    "STB106",
    Level.INFORMATION,
    "an environment variable was renamed",
    "set the new variable wherever the program runs",
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
    "a header of the old request was removed",
    "add it to the handshake's headers if the service needs it",
)
REQUEST_NOT_TOLD: Final = _kind(
    "STB118",
    Level.INFORMATION,
    "a line that only told of the old request's answer was removed",
    "nothing to do; print the first message (`Begin`) where you want to see that the session is open",
)
BRANCH_NEVER_MET: Final = _kind(
    "STB153",
    Level.INFORMATION,
    "code that only tells of a message that the new service never sends",
    "nothing to do, unless somebody waits for what it tells",
)
IGNORE_IDLE: Final = _kind(
    "STB150",
    Level.INFORMATION,
    "a comment that hides findings hides nothing",
    "delete the code from it, or move it to the statement that it is about",
)
IGNORE_WITHOUT_CODES: Final = _kind(
    "STB151",
    Level.INFORMATION,
    "a comment to hide findings names no codes",
    "name them: # sttbridge: ignore[STB101]",
)
GUARD_MOVED: Final = _kind(
    "STB110",
    Level.INFORMATION,
    "a `try` around the old request was removed",
    "guard the connect itself where a line that cannot be reached should be handled as well",
)
CARRIED_BY_SHIM: Final = _kind(
    "STB152",
    Level.INFORMATION,
    "the program runs through the shim",
    "set the new service's key where the program runs, and install sttbridge there; migrate it by hand some day",
)
NOT_CARRIED: Final = _kind(
    "STB161",
    Level.INFORMATION,
    "the shim cannot carry this program",
    "put what needs the old service itself into a program of its own and run this again, or do by hand what is left",
)
TYPE_OUTDATED: Final = _kind(
    "STB111",
    Level.INFORMATION,
    "a type describes the old service's documents",
    "describe the new ones there, or take the type away; nothing reads it when the program runs",
)
FIELD_IDLE: Final = _kind(
    "STB112",
    Level.INFORMATION,
    "settings decide nothing any more",
    "delete them, if nothing else reads them",
)
OTHER_API: Final = _kind(
    "STB114",
    Level.INFORMATION,
    "another API of the old service is used, and stays",
    "keep the old service's key for it",
)
CHUNK_RESIZED: Final = _kind(
    "STB115",
    Level.INFORMATION,
    "audio is read in chunks of another length",
    "any length from 50 to 1000 ms will do; shorter ones are heard sooner",
)
LENGTH_OF_OTHERS: Final = _kind(
    "STB117",
    Level.INFORMATION,
    "how long a message with audio lasts is decided elsewhere",
    "send 50 to 1000 ms in each: join shorter frames, and fill the last piece of a recording up with silence",
)
KEY_STAYS: Final = _kind(
    "STB113",
    Level.INFORMATION,
    "the key comes from where it came from",
    "put the new service's key there before the program runs: the old one would be sent to the new service",
)
ADDRESS_STAYS: Final = _kind(
    "STB116",
    Level.INFORMATION,
    "the service's address comes from where it came from",
    "put the new service's address there before the program runs, or unset it: the new key would go to the old service",
)
DOCSTRING_REPLACED: Final = _kind(
    "STB155",
    Level.INFORMATION,
    "a docstring described what went, and was replaced",
    "say there what the function does now, if the new one says too little",
)
COMMENT_MOVED: Final = _kind(
    "STB154",
    Level.INFORMATION,
    "a comment stands above the statement that has its code's place",
    "delete it if it says nothing of the new code",
)
SESSION_EACH_PASS: Final = _kind(
    "STB156",
    Level.INFORMATION,
    "each connection of a loop opens a session of its own",
    "make the POST once, in front of the loop, where a lost session should be taken up again: Gladia's address can be "
    "opened again until the session ends",
)
REFUSALS_JOINED: Final = _kind(
    "STB158",
    Level.INFORMATION,
    "a refusal that had a branch of its own is treated as any other",
    "go by the text of the refusal where the program has to tell it apart",
)
FIELD_OF_NEITHER: Final = _kind(
    "STB159",
    Level.INFORMATION,
    "a field is asked for that neither service has in this message",
    "delete it, if nobody remembers what it was for",
)
REFUSAL_NUMBER: Final = _kind(
    "STB162",
    Level.INFORMATION,
    "the number of a refusal is the new service's own",
    "look whether what is given the number expects the old service's, in other files too",
)
REFUSAL_PASSES: Final = _kind(
    "STB163",
    Level.INFORMATION,
    "what met a refused session as a closed socket does not meet it any more",
    "do there what should be done about a refusal where the POST is made",
)
REFUSAL_TRIED_AGAIN: Final = _kind(
    "STB164",
    Level.INFORMATION,
    "a refused session is tried again that was not",
    "end the attempts behind the POST for the statuses that no further attempt changes",
)
PAYLOAD_UNKNOWN: Final = _kind(
    "STB201",
    Level.CAVEAT,
    "it could not be worked out what is sent here",
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
    "a message is waited for that the new service never sends",
    "remove the branch, or do its work where the final transcript is handled",
)
FIELD_NEVER_GIVEN: Final = _kind(
    "STB221",
    Level.CAVEAT,
    "a field that the new service does not send is what the program takes for a missing one",
    "nothing to do where the program can do without it; else take it from elsewhere",
)
BLANK_ASKED_FOR: Final = _kind(
    "STB223",
    Level.CAVEAT,
    "the program counts on the blank that the old service's texts begin with",
    "look whether it still does what was meant: the new service's texts begin with a word",
)
COMMENT_WENT: Final = _kind(
    "STB205",
    Level.CAVEAT,
    "a comment goes with the code it describes",
    "put it back if it says something about the new code",
)
SESSION_STARTS_OVER: Final = _kind(
    "STB206",
    Level.CAVEAT,
    "connecting again opens a new session",
    "ids and times start again there; add an offset of your own if the program needs them to run on",
)
SESSION_GOES_ON: Final = _kind(
    "STB210",
    Level.CAVEAT,
    "connecting again goes on with the same session",
    "ids and times run on there, and a session that has ended cannot be opened again; where each connection should be "
    "a session of its own, connect in a `while` loop and make the POST in there",
)
RETRY_WENT: Final = _kind(
    "STB211",
    Level.CAVEAT,
    "a POST that was tried again went, and with it the trying",
    "a refusal comes as the first message now: where it should be tried again, put the loop or the decorator around "
    "the connect; else settings of the trying (attempts, delays) that nothing reads any more can go",
)
SESSION_ID_OWN: Final = _kind(
    "STB219",
    Level.CAVEAT,
    "the session's id is one of the program's own",
    "nothing to do where it only names the session here; what is asked of the service needs the id of `Begin`",
)
OLD_FORM_KEPT: Final = _kind(
    "STB213",
    Level.CAVEAT,
    "a message leaves the program in the old service's form",
    "let its readers take the new service's fields and remove the function, or keep it; they no longer get messages "
    "that only the old service sends",
)
REFUSAL_CAUGHT: Final = _kind(
    "STB218",
    Level.CAVEAT,
    "a refused session is met where only the socket was before",
    "look whether a refusal is told there, and ends what it should end",
)
REGION_AT_RUN_TIME: Final = _kind(
    "STB212",
    Level.CAVEAT,
    "the region is chosen when the program runs, and the new service is asked for it in another way",
    "choose it there: AssemblyAI has streaming.eu.assemblyai.com and streaming.us.assemblyai.com, Gladia's POST "
    "?region=eu-west and ?region=us-west",
    leaves_todo=True,
)
FAILS_FOR_OTHERS: Final = _kind(
    "STB220",
    Level.CAVEAT,
    "a setting is converted when the program runs, and raises an error there for what the new service does not take",
    "nothing to do where the settings in use are those that it takes; else convert the audio before it is sent",
)
KEY_OF_ITS_OWN: Final = _kind(
    "STB222",
    Level.CAVEAT,
    "a session no longer gets its key from where it got it",
    "set the variable wherever the program runs; where each caller has a key of its own, hand the new one in as well",
)
FAILS_TODAY: Final = _kind(
    "STB217",
    Level.CAVEAT,
    "this fails with the old service's SDK as it is, and does not with the new one",
    "look whether the new code does what was meant; the old one never did",
)
SENT_TOO_FAST: Final = _kind(
    "STB207",
    Level.CAVEAT,
    "a recording is sent faster than it would be spoken",
    "sleep as long as each chunk lasts; AssemblyAI ends a session that is ahead of the clock (3007)",
)
FRAMES_UNKNOWN: Final = _kind(
    "STB208",
    Level.CAVEAT,
    "how long a frame of audio lasts is only known when it runs",
    "join frames until they last 50 ms or more: telephone services and browsers send 20 ms, over which AssemblyAI ends "
    "the session",
)
RATE_NOT_TAKEN: Final = _kind(
    "STB209",
    Level.CAVEAT,
    "the audio has a sample rate that Gladia refuses",
    "record at, or convert to, 8000, 16000, 32000, 44100 or 48000 Hz; or add --fallback shim, which converts it",
)
NO_SESSION: Final = _kind(
    "STB301",
    Level.MANUAL,
    "no session of this program could be followed from its start to its messages",
    "migrate it by hand, or let the shim carry it: --fallback shim",
)
SESSION_SPREAD: Final = _kind(
    "STB302",
    Level.MANUAL,
    "the session is opened in one place and its socket in another",
    "bring the POST and the connect into one function and run this again, or add --fallback shim",
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
    "write it as one dictionary with constant keys and run this again, or add --fallback shim",
)
SESSION_HANDED_OVER: Final = _kind(
    "STB315",
    Level.MANUAL,
    "the session's address is handed to a client that is not part of this program",
    "give the client a temporary token (GET /v3/token) with which it opens AssemblyAI's socket itself: both ends "
    "change together; or serve Gladia's API to it: sttbridge serve",
)
FIRST_API: Final = _kind(
    "STB316",
    Level.MANUAL,
    "Gladia's first realtime API (v1) is used",
    "bring the program to Gladia's live API v2 first (POST /v2/live, then the socket), and run this again; or write "
    "the new socket by hand: settings in the address, audio as binary frames, `Turn` messages",
)
KEY_SHARED: Final = _kind(
    "STB318",
    Level.MANUAL,
    "the key of a session goes somewhere else as well",
    "read the key for that place under a name of its own, and run this again",
)
BOTH_SERVICES: Final = _kind(
    "STB317",
    Level.MANUAL,
    "the program opens sessions of both services",
    "delete what speaks to the service that goes; or give the file that is to be moved by itself",
)
PARAMETER_ABSENT: Final = _kind(
    "STB305",
    Level.MANUAL,
    "a parameter that the new service does not have was removed",
    "do its work in the program, do without it, or keep to the old service for this",
    leaves_todo=True,
)
PARAMETER_AT_RUN_TIME: Final = _kind(
    "STB356",
    Level.MANUAL,
    "a parameter hangs on what only the running program knows",
    "give it in the new service's own values (sttbridge mapping), or do without it",
    leaves_todo=True,
)
FIELD_ABSENT: Final = _kind(
    "STB306",
    Level.MANUAL,
    "a field that the new service does not send is still read",
    "take it from elsewhere or do without",
    leaves_todo=True,
)
CHECK_UNKNOWN: Final = _kind(
    "STB307",
    Level.MANUAL,
    "a test of the POST's answer could not be moved",
    "end the program in an `if` of its own where the POST failed, and run this again",
)
REFUSAL_NOT_TOLD_APART: Final = _kind(
    "STB360",
    Level.MANUAL,
    "a refusal that the new service does not tell apart has a branch of its own",
    "go by the text of the refusal, or do the same about all of them",
    leaves_todo=True,
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
    "a request that the new service does not have",
    "store yourself what you need later, or let the shim carry the program: --fallback shim",
)
ADDRESS_UNKNOWN: Final = _kind(
    "STB311",
    Level.MANUAL,
    "it could not be seen where the service's address or key comes from",
    "write the address as a constant of this file, and the key as a header of the request, and run this again",
)
ADDRESS_FROM_ELSEWHERE: Final = _kind(
    "STB361",
    Level.MANUAL,
    "the service's address comes from where it could not be seen",
    "put the new service's address there; until then the new key would be sent to the old address",
    leaves_todo=True,
)
MESSAGE_NOT_FOLLOWED: Final = _kind(
    "STB312",
    Level.MANUAL,
    "a message goes where it could not be followed",
    "read what you need of it before it goes on, and run this again; or add --fallback shim",
)
WORD_LEFT: Final = _kind(
    "STB313",
    Level.MANUAL,
    "a field or message of the old service is read from something that could not be followed",
    "bring the reading to where the message is received, and run this again; or add --fallback shim",
)
FIRST_MESSAGE: Final = _kind(
    "STB314",
    Level.MANUAL,
    "what is done at the first message could not be moved",
    "there is no first message any more: do it after the session is opened, and run this again",
)
FIELD_UNCLEAR: Final = _kind(
    "STB350",
    Level.MANUAL,
    "a reading of a message could not be followed",
    "read one field of one type of message at a time, and run this again; or add --fallback shim",
)
MESSAGE_ABSENT: Final = _kind(
    "STB351",
    Level.MANUAL,
    "a message that the new service does not know is no longer sent",
    "do without it, or keep to the old service for this",
    leaves_todo=True,
)
MESSAGE_UNKNOWN: Final = _kind(
    "STB352",
    Level.MANUAL,
    "a message is sent that the new service does not know",
    "send it in a statement of its own, or do without it, and run this again; or add --fallback shim",
)
OWN_WORD: Final = _kind(
    "STB160",
    Level.INFORMATION,
    "a word of the old service's messages is said by somebody else here, and stays",
    "nothing to do, as long as the program's own clients, or the other service, go on saying it",
)
NEITHER_SENDS: Final = _kind(
    "STB157",
    Level.INFORMATION,
    "code waits for a message that neither service sends",
    "delete it, if nobody remembers what it was for",
)
WAITS_FOR_ABSENT: Final = _kind(
    "STB353",
    Level.MANUAL,
    "what is done at a message that the new service never sends stays as it is",
    "delete it, or do its work where the final transcript is handled",
    leaves_todo=True,
)
SDK_NOT_FOLLOWED: Final = _kind(
    "STB320",
    Level.MANUAL,
    "a use of the SDK could not be followed",
    "open, use and close the session in one function or one class, by plain calls, and run this again; or add "
    "--fallback shim",
)
HANDLER_NOT_FOLLOWED: Final = _kind(
    "STB321",
    Level.MANUAL,
    "an event handler could not be followed",
    "register a function of this file by a plain call, use it for that alone, and run this again; or add "
    "--fallback shim",
)
CALL_ABSENT: Final = _kind(
    "STB322",
    Level.MANUAL,
    "a call that the new service's SDK does not have",
    "do without it and run this again, or add --fallback shim",
)
TOKEN_ABSENT: Final = _kind(
    "STB323",
    Level.MANUAL,
    "temporary tokens, which Gladia does not have",
    "open the session on the server and hand its url to the client: both ends change together",
)
METHOD_OF_NOBODY: Final = _kind(
    "STB324",
    Level.MANUAL,
    "a method is called that the old service's SDK does not have, so that the program fails there as it is",
    "delete the call, or write what was meant",
    leaves_todo=True,
)
OPTION_ABSENT: Final = _kind(
    "STB355",
    Level.MANUAL,
    "an option that the new service's client does not have",
    "remove it if the program can do without, and run this again; or add --fallback shim",
)
REFERENCE_LEFT: Final = _kind(
    "STB354",
    Level.MANUAL,
    "the old service's address, header, key or package is still used",
    "change it by hand, or delete what uses it",
    leaves_todo=True,
)
STAYS_WITH_OLD: Final = _kind(
    "STB358",
    Level.MANUAL,
    "a call that the new service's live API does not have stays with the old service",
    "keep the old service's key for it, do its work another way, or do without it",
    leaves_todo=True,
)
TEST_OF_OLD: Final = _kind(
    "STB359",
    Level.MANUAL,
    "a test plays the old service, or expects it",
    "let it play and expect the new service (sttbridge mapping), or delete it",
    leaves_todo=True,
)
TODO_OPEN: Final = _kind(
    "STB357",
    Level.MANUAL,
    "a TODO of an earlier run is still open",
    "do what it says, and delete the comment",
    leaves_todo=True,
)
BRANCH_WENT: Final = _kind(
    "STB130",
    Level.INFORMATION,
    "code for turns that are not formatted yet was removed",
    "nothing to do: Gladia's transcripts are always formatted",
)
CLOSE_CODE: Final = _kind(
    "STB131",
    Level.INFORMATION,
    "a close code is tested that the new service does not use",
    "look which of the new service's codes the branch should be for, and whether it should also be taken where "
    "opening the session is refused",
)
SDK_TOO_OLD: Final = _kind(
    "STB230",
    Level.CAVEAT,
    "the project's version of the SDK does not know the chosen model",
    "raise it: assemblyai>=1.1",
)
DEPENDENCY_REPLACED: Final = _kind(
    "STB140",
    Level.INFORMATION,
    "a dependency was replaced",
    "install the project's dependencies again",
)
DEPENDENCY_ADDED: Final = _kind(
    "STB141",
    Level.INFORMATION,
    "a dependency was added",
    "install the project's dependencies again",
)
DEPENDENCY_STAYS: Final = _kind(
    "STB142",
    Level.INFORMATION,
    "a dependency on the old service's package stays",
    "remove it once no program uses it any more, or run this again then",
)
KEY_NAME_ADDED: Final = _kind(
    "STB143",
    Level.INFORMATION,
    "the new service's name of a variable was added, without a value",
    "put what belongs to the new service there; the old line can go once nothing uses it",
)
NAMED_IN_TEXT: Final = _kind(
    "STB144",
    Level.INFORMATION,
    "a text names the old service",
    "say there what the program uses now",
)
CELL_SKIPPED: Final = _kind(
    "STB145",
    Level.INFORMATION,
    "a cell is not valid Python and was left as it is",
    "look whether it has to do with the service",
)
DEPENDENCY_UNUSED: Final = _kind(
    "STB146",
    Level.INFORMATION,
    "a dependency that a program imported is not imported any more",
    "take it out, or move it to what the tests need, unless another package needs it",
)
OTHER_FILE_LEFT: Final = _kind(
    "STB332",
    Level.MANUAL,
    "the file stays as it is because another one that it works with does",
    "do what is said of the other file, and run this again",
)
NAME_LOST: Final = _kind(
    "STB333",
    Level.MANUAL,
    "a name that another file imports would go",
    "import it where it is used, or do without it there, and run this again",
)
LOCK_AGAIN: Final = _kind(
    "STB340",
    Level.MANUAL,
    "a lock file does not fit the dependencies any more",
    "lock again with the project's own tool",
)
NAMED_IN_SETTINGS: Final = _kind(
    "STB341",
    Level.MANUAL,
    "a file that builds or runs the project names the old service",
    "change it by hand, and run this again",
)
CONFIGURATION_FILE: Final = _kind(
    "STB342",
    Level.MANUAL,
    "a configuration file holds the old service's parameters",
    "put the converted document in their place",
)
OTHER_LANGUAGE: Final = _kind(
    "STB343",
    Level.MANUAL,
    "a program in another language speaks to the old service",
    "serve the old service's API over the new one, and lead the program there",
)
DEPENDENCY_LEFT: Final = _kind(
    "STB344",
    Level.MANUAL,
    "a dependency has to be changed by hand",
    "change it by hand, and run this again",
)
KEY_FILE_IGNORED: Final = _kind(
    "STB345",
    Level.MANUAL,
    "a file with keys that git ignores names the old service's key",
    "add the new service's key to it yourself; ignored files are not touched",
)
COMMAND_LEFT: Final = _kind(
    "STB346",
    Level.MANUAL,
    "a command in a notebook names the old service",
    "change it by hand, and run this again",
)
CELL_BROKEN: Final = _kind(
    "STB347",
    Level.MANUAL,
    "a cell that names the old service is not valid Python",
    "mend the cell and run this again",
)
NOTEBOOK_KEY_LEFT: Final = _kind(
    "STB348",
    Level.MANUAL,
    "a notebook reads the old service's key and imports a program that was moved",
    "read the new service's key there, unless it is for something else",
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
TIMED_OUT: Final = _kind(
    "STB406",
    Level.SKIPPED,
    "following the file took too long",
    "bring the code that speaks to the service into a file of its own, or allow more time with --timeout",
)
CRASHED: Final = _kind(
    "STB407",
    Level.SKIPPED,
    "the process that followed the file came to an end",
    "see whether there was memory enough, and run this again; report it if it happens again",
)
TOO_DEEP: Final = _kind(
    "STB408",
    Level.SKIPPED,
    "the file is nested too deeply to be followed",
    "bring the code that speaks to the service into a file of its own, and run this again",
)

NOTEBOOKS_NOT_INSTALLED: Final = _kind(
    "STB440",
    Level.SKIPPED,
    "notebooks cannot be read without nbformat",
    "pip install 'sttbridge[notebooks]', and run this again",
)
NOTEBOOK_INVALID: Final = _kind(
    "STB441",
    Level.SKIPPED,
    "the file is not a notebook that can be migrated",
    "open and save it with Jupyter, and run this again",
)
PROJECT_FILE_INVALID: Final = _kind(
    "STB442",
    Level.SKIPPED,
    "the file is not valid, so that its dependencies cannot be read",
    "mend it and run this again",
)

KINDS: Final = tuple(kind for kind in list(globals().values()) if isinstance(kind, Kind))
"""Every kind of finding."""
