"""Gladia's Python SDK: how its things are recognised, and which classes its configuration is written with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import libcst as cst

from codemods.analysis.arguments import Arguments
from codemods.analysis.program import Program
from codemods.analysis.values import Delivered, Known, Library, LibraryObject, Parsed, Value, something
from shim.mapping import sdk

MODULE: Final = sdk.PACKAGE.gladia[0]
_MODULES: Final = (
    f"{MODULE}.",
    f"{MODULE}.client.",
    f"{MODULE}.client_options.",
    f"{MODULE}.v2.live.",
    f"{MODULE}.v2.live.types.",
    f"{MODULE}.v2.live.session.",
    f"{MODULE}.v2.live.async_session.",
    f"{MODULE}.v2.live.generated_types.",
)
CLIENT: Final = "GladiaClient"
OPTIONS: Final = "GladiaClientOptions"
REQUEST: Final = "LiveV2InitRequest"
VOCABULARY_ENTRY: Final = "LiveV2CustomVocabularyEntry"
FACTORIES: Final = {"live": False, "live_v2": False, "live_async": True, "live_v2_async": True}
"""The client's methods that give a live client, and whether it is the asynchronous one."""

_SESSION: Final = re.compile(r"^(?P<client>[\w.]+)\(\)\.(?P<factory>\w+)\(\)\.start_session$")

CONFIGURATION_CLASSES: Final = {
    "": REQUEST,
    "language_config": "LiveV2LanguageConfig",
    "pre_processing": "LiveV2PreProcessingConfig",
    "realtime_processing": "LiveV2RealtimeProcessingConfig",
    "realtime_processing.custom_vocabulary_config": "LiveV2CustomVocabularyConfig",
    "realtime_processing.custom_spelling_config": "LiveV2CustomSpellingConfig",
    "realtime_processing.translation_config": "LiveV2TranslationConfig",
    "post_processing": "LiveV2PostProcessingConfig",
    "post_processing.summarization_config": "LiveV2SummarizationConfig",
    "messages_config": "LiveV2MessagesConfig",
    "callback_config": "LiveV2CallbackConfig",
}
"""The class that stands at each place of a session's configuration."""

MESSAGE_CLASSES: Final = {
    "LiveV2TranscriptMessage": "transcript",
    "LiveV2PostFinalTranscriptMessage": "post_final_transcript",
    "LiveV2PostTranscriptMessage": "post_transcript",
    "LiveV2SpeechStartMessage": "speech_start",
    "LiveV2SpeechEndMessage": "speech_end",
    "LiveV2StartSessionMessage": "start_session",
    "LiveV2StartRecordingMessage": "start_recording",
    "LiveV2EndRecordingMessage": "end_recording",
    "LiveV2EndSessionMessage": "end_session",
    "LiveV2AudioChunkAckMessage": "audio_chunk",
    "LiveV2StopRecordingAckMessage": "stop_recording",
    "LiveV2TranslationMessage": "translation",
    "LiveV2NamedEntityRecognitionMessage": "named_entity_recognition",
    "LiveV2SentimentAnalysisMessage": "sentiment_analysis",
    "LiveV2PostSummarizationMessage": "post_summarization",
    "LiveV2InitResponse": "init",
    "LiveV2EndedMessage": "ended",
    "LiveV2EndingMessage": "ending",
    "LiveV2ConnectedMessage": "connected",
    "LiveV2ConnectingMessage": "connecting",
}
"""The classes of what handlers get, by the type of message, or by the event where there is no message."""

CLASSES_FOR: Final = {
    "RealTimeTranscriber": "GladiaClient",
    "AsyncRealTimeTranscriber": "GladiaClient",
    "RealTimeTranscriberOptions": "GladiaClientOptions",
    "RealTimeParameters": "LiveV2InitRequest",
    "RealTimeError": "Exception",
    "RealTimeEvents": "str",
    "BeginEvent": "LiveV2InitResponse",
    "TurnEvent": "LiveV2TranscriptMessage",
    "TerminationEvent": "LiveV2PostFinalTranscriptMessage",
    "SpeechStartedEvent": "LiveV2SpeechStartMessage",
    "Word": "LiveV2Word",
    "EventMessage": "LiveV2WebSocketMessage",
    "RealtimeTranscriber": "GladiaClient",
    "RealtimeError": "Exception",
    "RealtimeTranscript": "LiveV2TranscriptMessage",
    "RealtimePartialTranscript": "LiveV2TranscriptMessage",
    "RealtimeFinalTranscript": "LiveV2TranscriptMessage",
    "RealtimeSessionOpened": "LiveV2InitResponse",
    "RealtimeWord": "LiveV2Word",
}
"""The classes that stand for AssemblyAI's where a program only names one."""

SESSION_CLASSES: Final = {
    False: (f"{MODULE}.v2.live.session", "LiveV2Session"),
    True: (f"{MODULE}.v2.live.async_session", "LiveV2AsyncSession"),
}
"""The classes of sessions, asynchronous or not, and the modules that have them."""

METHODS: Final = frozenset(
    (
        *("on", "once", "off", "add_listener", "remove_listener", "remove_all_listeners", "listens_to", "emit"),
        *("send_audio", "stop_recording", "end_session", "join", "wait_until_ready", "get_session_id"),
    )
)
"""The methods of sessions."""

MEANT: Final = {"close": "end_session", "disconnect": "end_session", "stop": "stop_recording", "send": "send_audio"}
"""Methods that programs call and no session has, which fails, by the one that is meant."""

ANY_MESSAGE: Final = "LiveV2WebSocketMessage"
_GIVEN: Final = {"started": "init"}
"""The events whose handlers get something that is called otherwise."""


def name_of(dotted: str) -> str | None:
    """What the SDK calls this, by the dotted name that a program uses; None for another library's."""
    for module in sorted(_MODULES, key=len, reverse=True):
        if dotted.startswith(module):
            return dotted[len(module) :]
    return None


def is_of_sdk(value: Value) -> bool:
    """Whether a value is the package, or a module, class or constant of it."""
    return any(
        isinstance(one, Library) and (one.name == MODULE or one.name.startswith(f"{MODULE}."))
        for one in something(value)
    )


def is_client(value: LibraryObject) -> bool:
    """Whether an object is a GladiaClient."""
    return name_of(value.made_by) == CLIENT


def is_session(value: LibraryObject) -> bool:
    """Whether an object is a live session."""
    return factory_of(value) is not None


def factory_of(session: LibraryObject) -> str | None:
    """The client's method through which a session was started."""
    found = _SESSION.match(session.made_by)
    if found is None or name_of(found["client"]) != CLIENT:
        return None
    return found["factory"] if found["factory"] in FACTORIES else None


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """One place where a session is started: `client.live_v2().start_session(configuration)`."""

    session: LibraryObject
    client: cst.BaseExpression
    """The expression for the GladiaClient."""
    creation: cst.Call
    """The call that made it."""
    configuration: cst.BaseExpression | None
    asynchronous: bool


def starts(program: Program) -> Iterator[Start]:
    """The sessions that a program starts, in the order of its source."""
    for node, value in program.values.items():
        if not (isinstance(node, cst.Call) and isinstance(value, LibraryObject) and value.site is node):
            continue
        factory = factory_of(value)
        if factory is None or not isinstance(node.func, cst.Attribute):
            continue
        live = program.value(node.func.value)
        live_call = live.site if isinstance(live, LibraryObject) else None
        if live_call is None or not isinstance(live_call.func, cst.Attribute):
            continue
        client = live_call.func.value
        made = [one for one in something(program.value(client)) if isinstance(one, LibraryObject) and is_client(one)]
        if len(made) == 1:
            configuration = Arguments.of(node).get(0, "options")
            yield Start(value, client, made[0].site, configuration, FACTORIES[factory])


def other_uses(program: Program, starts: list[Start]) -> Iterator[cst.CSTNode]:
    """What a program does with its clients beside starting these sessions: jobs, files, the pre-recorded API."""
    known = {start.session.site for start in starts}
    for node, value in program.values.items():
        if not isinstance(node, cst.Call) or not isinstance(value, LibraryObject) or value.site is not node:
            continue
        client, _, calls = value.made_by.partition("().")
        if name_of(client) == CLIENT and calls and node not in known:
            is_factory = calls in FACTORIES and any(_is_factory_of(program, node, start) for start in starts)
            if not is_factory and not is_session_call(value.made_by):
                yield node


def is_session_call(made_by: str) -> bool:
    """Whether a call is one of a session's methods."""
    return "().start_session()." in made_by


def _is_factory_of(program: Program, call: cst.Call, start: Start) -> bool:
    func = start.session.site.func
    live = program.value(func.value) if isinstance(func, cst.Attribute) else None
    return isinstance(live, LibraryObject) and live.site is call


class Events:
    """What Gladia's sessions hand to handlers: one message, whatever its type, or what the event is about."""

    def owns(self, name: str) -> bool:
        """Whether it is the SDK's."""
        return name.startswith(f"{MODULE}.")

    def exports(self, module: str) -> tuple[str, ...]:
        """Nothing that is known: its package has a class for every part of every request."""
        return ()

    def registers(self, owner: LibraryObject, method: str) -> bool:
        """Whether it is a session's `on` or `once`."""
        return method in ("on", "once", "add_listener") and is_session(owner)

    def gives(self, owner: LibraryObject, event: Value) -> tuple[Value, ...]:
        """The message."""
        name = event.value if isinstance(event, Known) else None
        types = None if name == "message" else frozenset((_GIVEN.get(str(name), str(name)),))
        return (Parsed(Delivered(owner.site), owner.site, (), types),)

    def handlers_of_class(self, name: str) -> tuple[str, ...]:
        """No class of Gladia's takes handlers."""
        return ()

    def gives_argument(self, owner: LibraryObject, argument: str) -> tuple[Value, ...]:
        """Nothing, as no class takes handlers."""
        return ()

    def types_of(self, name: str) -> frozenset[str]:
        """The type of message whose class this is."""
        found = MESSAGE_CLASSES.get(name_of(name) or "")
        return frozenset((found,)) if found is not None else frozenset()
