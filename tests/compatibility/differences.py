"""The known differences between a vendor's own service and the shim over the other vendor: what a client can notice.

A number is never given twice; a difference that is gone leaves its number unused.
"""

from __future__ import annotations

from typing import Final

from shim.mapping.row import Vendor

_G, _A = Vendor.GLADIA, Vendor.ASSEMBLYAI

DIFFERENCES: Final[dict[str, tuple[Vendor, str]]] = {
    "D1": (_G, "A key that the service does not know is refused with 401 in AssemblyAI's words, not Gladia's."),
    "D2": (_G, "`speech_start` comes with the turn's first text, not when the voice begins."),
    "D3": (_G, "An `endpointing` under 0.1 s is 0.1 s; without one, AssemblyAI's own silence ends a turn."),
    "D4": (
        _G,
        "Of a vocabulary the first 100 terms of at most 50 characters count; intensities and pronunciations do not.",
    ),
    "D5": (_G, "More than ten languages are no hint at all: the language is detected."),
    "D6": (_G, "Translation is refused by default: some clients hold each final back until its translation comes."),
    "D7": (_G, "Entities, sentiments and the summary come as add-ons that have failed (501)."),
    "D8": (_G, "A service that is lost for good is told by close 4490, after which clients do not come back."),
    "D9": (_G, "A minute without any text is no end: 4504 is never said."),
    "D10": (_G, "A partial names the configured language, the last final's, or `en`: AssemblyAI tells it on finals."),
    "D11": (_G, "A region is refused where the gateway was given an upstream, which need not be there."),
    "D12": (_G, "402 and 403 are not told apart from 401: AssemblyAI has one code for all three."),
    "D13": (_G, "There is no `GET /openapi.json`."),
    "D14": (_G, "The audio of a job is kept only where the gateway was told to (`--keep-audio`)."),
    "D15": (_G, "Callbacks are refused unless the gateway was told to post them (`--callbacks`)."),
    "D16": (_G, "Bad messages are closed with 4400, a socket that another replaces with 4409: both codes are ours."),
    "D17": (
        _G,
        "Where a line is cut in pure silence and acknowledgements are lost with it, that silence may be heard twice: "
        "nobody can tell which moment of it is sent again.",
    ),
    "D20": (_A, "Every final is formatted, also where `format_turns` is off; with it there is one final, not a pair."),
    "D21": (_A, "`end_of_turn_confidence` is 1.0 on finals and 0.0 on partials; `language_confidence` is 1.0."),
    "D22": (_A, "No speaker labels: one `Warning` names what has no effect, and words have no `speaker`."),
    "D23": (_A, "An `UpdateConfiguration` of key terms, languages or silences has no effect; one `Warning` names it."),
    "D24": (
        _A,
        "`ForceEndpoint` ends the turn by its latest partial, up to 0.7 s later; late words open the next turn.",
    ),
    "D25": (_A, "opus, ogg_opus and aac are refused (3006)."),
    "D26": (_A, "Redaction of personal data is refused (3006) by default: nobody would redact."),
    "D27": (_A, "Profanities are masked by a list of words."),
    "D28": (_A, "Audio at a rate that Gladia does not take is resampled."),
    "D29": (_A, "A finished sentence ends by the longest silence, not by `min_turn_silence`."),
    "D30": (_A, "A refusal may come after `Begin`, where Gladia takes more than half a second for it."),
    "D31": (_A, "`SpeechStarted` has no `confidence`."),
    "D32": (_A, "The empty final that universal-streaming sends after `Terminate` does not come."),
    "D33": (_A, "Languages that Gladia does not know are left out, and named in the `Warning`."),
    "D34": (_A, "A webhook is refused unless the gateway was told to post it (`--callbacks`)."),
    "D35": (_A, "The code (1) and the text of a `Warning` are ours: the service's own are not public."),
    "D36": (
        _A,
        "Names of a migration guide that the service does not know (`interim_results`, `linear16` …) are read.",
    ),
}
