"""AssemblyAI's Python SDK: how its things are recognised, and how each of its versions calls them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.values import (
    Delivered,
    Known,
    Library,
    LibraryObject,
    Parsed,
    Value,
    something,
)
from codemods.vendors import assemblyai_v2_sdk
from shim.mapping import sdk

MODULE: Final = sdk.PACKAGE.assemblyai[0]
_MODULES: Final = (
    f"{MODULE}.",
    f"{MODULE}.client.",
    f"{MODULE}.async_client.",
    f"{MODULE}.models.",
)
_NEW_NAMES: Final = {
    "StreamingClient": "RealTimeTranscriber",
    "AsyncStreamingClient": "AsyncRealTimeTranscriber",
    "StreamingClientOptions": "RealTimeTranscriberOptions",
    "StreamingParameters": "RealTimeParameters",
    "StreamingSessionParameters": "RealTimeSessionParameters",
    "StreamingEvents": "RealTimeEvents",
    "StreamingError": "RealTimeError",
    "StreamingErrorCodes": "RealTimeErrorCodes",
}
"""The names before 1.0, which stay valid, and those from 1.0 on."""

CLIENTS: Final = {"RealTimeTranscriber": False, "AsyncRealTimeTranscriber": True}
"""The classes that hold a session, and whether their methods are awaited."""

METHODS: Final = frozenset(
    (
        *("on", "connect", "stream", "disconnect", "set_params"),
        *("force_endpoint", "keep_alive", "create_temporary_token"),
    )
)
"""The methods of both."""

MEANT: Final = {"send_audio": "stream", "send": "stream", "stream_audio": "stream", "close": "disconnect"}
"""Methods that programs call and neither has, which fails, by the one that is meant."""

OPTIONS: Final = "RealTimeTranscriberOptions"
PARAMETERS: Final = "RealTimeParameters"
SESSION_PARAMETERS: Final = "RealTimeSessionParameters"
MICROPHONES: Final = ("assemblyai.extras.MicrophoneStream",)

EVENT_CLASSES: Final = {
    "BeginEvent": "Begin",
    "TurnEvent": "Turn",
    "TerminationEvent": "Termination",
    "SpeechStartedEvent": "SpeechStarted",
    "WarningEvent": "Warning",
    "HeartbeatEvent": "Heartbeat",
    "SilenceEvent": "Silence",
    "SpeakerRevisionEvent": "SpeakerRevision",
    "LLMGatewayResponseEvent": "LLMGatewayResponse",
    "RealTimeError": "Error",
}
"""The classes of events by the event whose handlers get them."""

CLASSES_FOR: Final = {
    "LiveV2InitRequest": "RealTimeParameters",
    "LiveV2InitResponse": "BeginEvent",
    "LiveV2TranscriptMessage": "TurnEvent",
    "LiveV2PostFinalTranscriptMessage": "TerminationEvent",
    "LiveV2PostTranscriptMessage": "TerminationEvent",
    "LiveV2EndRecordingMessage": "TerminationEvent",
    "LiveV2SpeechStartMessage": "SpeechStartedEvent",
    "LiveV2WebSocketMessage": "EventMessage",
    "GladiaClient": "RealTimeTranscriberOptions",
    "GladiaClientOptions": "RealTimeTranscriberOptions",
    "HttpError": "RealTimeError",
    "LiveV2Word": "Word",
    "LiveV2Session": "RealTimeTranscriber",
    "LiveV2AsyncSession": "AsyncRealTimeTranscriber",
}
"""The classes that stand for Gladia's where a program only names one."""

EXPORTS: Final = (
    *(*_NEW_NAMES, *_NEW_NAMES.values()),
    *("AsyncChannelStreamer", "ChannelAttributionOptions", "ChannelStreamer", "attribute_turn"),
    *(
        "BeginEvent",
        "EventMessage",
        "HeartbeatEvent",
        "LLMGatewayResponseEvent",
        "SilenceEvent",
        "SpeakerRevisionEvent",
    ),
    *("SpeakerRevisionItem", "SpeechStartedEvent", "TerminationEvent", "TurnEvent", "WarningEvent", "Word"),
    *(
        "DualChannelTurnEvent",
        "DualChannelWord",
        "Encoding",
        "EnergyVad",
        "NoiseSuppressionModel",
        "SessionConfiguration",
    ),
    *("SpeechModel", "StreamingMode", "StreamingPiiPolicy", "StreamingPiiSubstitution"),
    *("VadDetector", "VadFrame", "VadResult"),
)
"""What `from assemblyai.streaming.v3 import *` brings, by the `__all__` of its version 1.8."""

_ENUMERATIONS: Final = {
    "SpeechModel": "-",
    "NoiseSuppressionModel": "-",
    "Encoding": "_",
    "AudioEncoding": "_",
    "StreamingMode": "_",
    "StreamingPiiSubstitution": "_",
    "StreamingPiiPolicy": "_",
}
"""The enumerations of parameter values, and what stands in a value where its name has `_`."""


def name_of(dotted: str) -> str | None:
    """What the SDK calls this today, by the dotted name that a program uses; None for another library's."""
    for module in sorted(_MODULES, key=len, reverse=True):
        if dotted.startswith(module):
            first, dot, rest = dotted[len(module) :].partition(".")
            return f"{_NEW_NAMES.get(first, first)}{dot}{rest}"
    return None


PACKAGE_KEYS: Final = ("assemblyai.settings.api_key", "assemblyai.api_key")
"""The places where the package keeps one key for all of its parts."""

_FOR_SESSIONS: Final = ("streaming", "extras", "settings", "api_key")
"""The parts of the package that programs use for their sessions."""
_QUESTIONS: Final = "lemur"
"""The part of a transcript that questions about it are asked of."""


def is_of_recordings(name: str) -> bool:
    """Whether a dotted name is of the package's other parts: recordings, questions about them."""
    package, _, rest = name.replace("()", "").partition(".")
    first = rest.split(".")[0]
    return (
        package == "assemblyai"
        and bool(rest)
        and first not in _FOR_SESSIONS
        and assemblyai_v2_sdk.name_of(f"{package}.{rest}") is None
    )


def recordings_named(program: Program) -> Iterator[cst.Name | cst.Attribute]:
    """The names of the package's other parts that a program says, each as long as it is written."""
    for node, value in program.values.items():
        if not isinstance(node, (cst.Name, cst.Attribute)) or not isinstance(value, Library):
            continue
        parent = program.parents[node]
        is_longer = isinstance(parent, cst.Attribute) and isinstance(program.value(parent), Library)
        if is_of_recordings(value.name) and not is_longer:
            yield node


def calls_for_recordings(program: Program) -> Iterator[cst.Call]:
    """The calls that ask for a recording's transcript, or something about one: methods of the package's other parts.

    What only makes an object of one of its classes asks for nothing yet.
    """
    for node in program.values:
        if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
            owner = node.func.value
            if isinstance(owner, cst.Attribute) and owner.attr.value == _QUESTIONS:
                owner = owner.value  # `transcript.lemur.task(…)`
            method, owners = node.func.attr.value, something(program.value(owner))
            # What may also be a live session's client is that where its method is asked for.
            of_session = method in METHODS | assemblyai_v2_sdk.METHODS and any(
                client_of(one) is not None for one in owners
            )
            if not of_session and any(_asks(one, method) for one in owners):
                yield node


def _asks(owner: Value, method: str) -> bool:
    """Whether a method of an object, or of a class, is one of the package's other parts."""
    match owner:
        case LibraryObject(made_by=name):
            return is_of_recordings(name)
        case Library(name):
            return is_of_recordings(name) and not method[:1].isupper()
    return False


def is_of_sdk(value: Value) -> bool:
    """Whether a value is the package, or a module, class or constant of it."""
    return any(
        isinstance(one, Library) and (one.name == "assemblyai" or one.name.startswith("assemblyai."))
        for one in something(value)
    )


def written_name(name: str, version: tuple[int, ...] | None) -> str:
    """What the SDK of that version calls something; None stands for the current version."""
    if version is not None and version < (1,):
        return {new: old for old, new in _NEW_NAMES.items()}.get(name, name)
    return name


_NAMED: Final = r"(?<![\w.-])assemblyai(?:\[[^\]]*\])?\s*"
_PINNED: Final = re.compile(rf"{_NAMED}(?:==|~=|<=)\s*(?P<version>\d+(?:\.\d+)*)", re.IGNORECASE)
_BELOW: Final = re.compile(rf"{_NAMED}[^\n\"';#]*?<\s*(?P<version>\d+(?:\.\d+)*)", re.IGNORECASE)


def pinned_version(requirements: str) -> tuple[int, ...] | None:
    """The version of the SDK that a requirements file or pyproject.toml holds a project to; None where it does not.

    `<1` holds it below that version, which gives `(0,)`; `>=` holds it to nothing, as a newer one may be installed.
    """
    found = _PINNED.search(requirements)
    if found is not None:
        return tuple(int(part) for part in found["version"].split("."))
    below = _BELOW.search(requirements)
    if below is not None and tuple(int(part) for part in below["version"].split(".")) <= (1, 0, 0):
        return (0,)
    return None


def name_of_any(dotted: str) -> str | None:
    """What the SDK of either API calls this."""
    return name_of(dotted) or assemblyai_v2_sdk.name_of(dotted)


def object_of(value: Value, *names: str) -> LibraryObject | None:
    """The object of one of these classes of the SDK that a value is, where it is one and nothing else."""
    found = [one for one in something(value) if isinstance(one, LibraryObject) and name_of_any(one.made_by) in names]
    return found[0] if len(found) == 1 and len(something(value)) == 1 else None


def client_of(value: Value) -> LibraryObject | None:
    """The client that a value is."""
    return object_of(value, *CLIENTS, assemblyai_v2_sdk.CLIENT)


def creations(program: Program) -> Iterator[LibraryObject]:
    """The clients that a program makes, in the order of its source."""
    for node, value in program.values.items():
        if isinstance(node, cst.Call) and isinstance(value, LibraryObject) and value.site is node:
            client = client_of(value)
            if client is not None:
                yield client


def heirs(program: Program) -> Iterator[cst.ClassDef]:
    """The classes of a program that are made of the SDK's clients, so that their objects are clients themselves."""
    for node in list(program.scopes):
        for base in node.bases if isinstance(node, cst.ClassDef) else ():
            value = program.value(base.value)
            name = name_of_any(value.name) if isinstance(value, Library) else None
            if isinstance(node, cst.ClassDef) and (name in CLIENTS or name == assemblyai_v2_sdk.CLIENT):
                yield node


def event_of(value: Value) -> str | None:
    """The name of the event that `RealTimeEvents.Turn` is."""
    if isinstance(value, Library):
        enumeration, _, name = (name_of(value.name) or "").partition(".")
        return name if enumeration == "RealTimeEvents" and name else None
    return None


def enumerated(value: Value) -> Value:
    """The constant behind a member of one of the SDK's enumerations; other values as they are."""
    if isinstance(value, Library):
        enumeration, _, name = (name_of_any(value.name) or "").partition(".")
        if enumeration in _ENUMERATIONS and name:
            return Known("medical-v1" if name == "medical" else name.replace("_", _ENUMERATIONS[enumeration]))
    return value


class Events:
    """What AssemblyAI's clients hand to handlers: the client, and the event's object."""

    def owns(self, name: str) -> bool:
        """Whether it is the streaming SDK's."""
        return name.startswith(MODULE) or assemblyai_v2_sdk.name_of(name) is not None

    def exports(self, module: str) -> tuple[str, ...]:
        """What the streaming module has in its `__all__`, under today's names and those before 1.0."""
        return EXPORTS if module == MODULE else ()

    def registers(self, owner: LibraryObject, method: str) -> bool:
        """Whether it is a client's `on`."""
        return method == "on" and name_of(owner.made_by) in CLIENTS

    def gives(self, owner: LibraryObject, event: Value) -> tuple[Value, ...]:
        """The client and the event."""
        name = event_of(event)
        types = frozenset((name,)) if name is not None else None
        return owner, Parsed(Delivered(owner.site), owner.site, (), types)

    def types_of(self, name: str) -> frozenset[str]:
        """The event whose class this is."""
        found = EVENT_CLASSES.get(name_of(name) or "")
        if found is None:
            return assemblyai_v2_sdk.CLASSES.get(assemblyai_v2_sdk.name_of(name) or "", frozenset())
        return frozenset((found,))

    def handlers_of_class(self, name: str) -> tuple[str, ...]:
        """The arguments of a class that are handlers."""
        return assemblyai_v2_sdk.takes_handlers(name)

    def gives_argument(self, owner: LibraryObject, argument: str) -> tuple[Value, ...]:
        """What a handler that was given as an argument is called with."""
        types = assemblyai_v2_sdk.TYPES.get(argument)
        return (Parsed(Delivered(owner.site), owner.site, (), types),) if types is not None else ()
