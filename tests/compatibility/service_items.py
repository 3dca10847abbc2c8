"""What each vendor may say as the service behind the shim, and what becomes of it."""

from __future__ import annotations

from typing import Final

from shim.mapping.row import Fidelity, Vendor
from tests.compatibility.item import Item, Kind

_BECOMES: Final = {
    Vendor.ASSEMBLYAI: {
        "Begin": "the session is granted",
        "SpeechStarted": "`speech_start`",
        "Turn": "`transcript`, with `speech_start` and `speech_end` where they are due",
        "Termination": "the messages of the end",
        "Error": "the status or close code of the same end",
        "Warning, Heartbeat, Silence, SpeakerRevision, LLMGatewayResponse": "read over: the client's vendor has none",
        "an unknown type": "read over, and logged",
        "what is no message": "the session goes on",
        "1000 before the end": "the session is opened again",
        "1006": "the session is opened again",
        "1008": "401, or 4401",
        "1009": "the session is opened again",
        "1011": "the session is opened again; 503 if it comes at once",
        "1012, 1013, 4000": "the session is opened again; 503 if it comes at once",
        "3005": "the session is opened again; 503 if it comes at once",
        "3006": "400, or 4400",
        "3007": "400, or 4400",
        "3008": "400, or 4410",
        "3009": "429, or 4429",
        "HTTP 401": "401",
        "HTTP 403": "401",
        "HTTP 429": "429",
        "HTTP 5xx": "503",
        "nothing at all": "201 after two seconds, and 4490 if it goes on",
    },
    Vendor.GLADIA: {
        "start_recording": "read over",
        "audio_chunk": "audio that is safe is forgotten",
        "speech_start": "`SpeechStarted`, with the turn's first text",
        "speech_end": "read over: the `Turn` says it",
        "transcript": "`Turn`",
        "stop_recording": "read over",
        "end_recording": "`Termination`, and close 1000",
        "translation, named_entity_recognition, sentiment_analysis": "read over: nothing asks for them",
        "post_transcript, post_summarization, post_final_transcript, end_session": "read over: the end is said before",
        "an unknown type": "read over, and logged",
        "what is no message": "the session goes on",
        "HTTP 400": "`Error` 3006",
        "HTTP 401": "`Error` 1008",
        "HTTP 402": "`Error` 1008",
        "HTTP 403": "`Error` 1008",
        "HTTP 404": "`Error` 3006",
        "HTTP 422": "`Error` 3006",
        "HTTP 429": "`Error` 3009",
        "HTTP 5xx": "asked again, once; then `Error` 3005",
        "1000 before the stop": "`Error` 3005",
        "1001": "`Error` 3005: the session is over there",
        "1006": "the same address is opened again, and what was not acknowledged is sent again",
        "1009": "the same address is opened again",
        "1011": "the same address is opened again",
        "4400": "`Error` 3005: nothing that the client has done",
        "4403": "`Error` 3005",
        "4408": "never, since the shim keeps the session alive; `Error` 3005 if it comes",
        "4410": "`Error` 3008",
        "4500": "the same address is opened again",
        "4504": "the same address is opened again",
        "the upgrade refused": "tried again where that can help; else `Error` 3005",
        "nothing at all": "`Begin` after half a second",
    },
}

ITEMS: Final = tuple(
    Item(vendor, Kind.SERVICE, name, said=Fidelity.CONVERTED, said_reason=becomes)
    for vendor, said in _BECOMES.items()
    for name, becomes in said.items()
)
