"""Programs on Gladia's SDK."""

from __future__ import annotations

from tests.matrix.audio import AUDIO, Source
from tests.matrix.covering import Combination
from tests.matrix.program import Program, indented

DIMENSIONS = {
    "client": ("threads", "asyncio"),
    "shape": ("functions", "class"),
    "handlers": ("decorators", "by name", "one for all", "lambda"),
    "parameters": ("inline", "by name", "dictionary", "from a function"),
    "reading": ("nested", "early", "match"),
    "audio": AUDIO,
}

_REQUEST = 'encoding="wav/pcm", sample_rate=SAMPLE_RATE, bit_depth=16, channels=CHANNELS'
_GIVEN_RATE = _REQUEST.replace("SAMPLE_RATE", "rate")
_LANGUAGES = 'language_config=LiveV2LanguageConfig(languages=["en"])'
_PARAMETERS = {
    "inline": ("", f"LiveV2InitRequest({_REQUEST})"),
    "by name": (f"REQUEST = LiveV2InitRequest({_REQUEST}, {_LANGUAGES})", "REQUEST"),
    "dictionary": (
        'PARAMETERS = {"encoding": "wav/pcm", "sample_rate": SAMPLE_RATE, "bit_depth": 16, "channels": CHANNELS}',
        "LiveV2InitRequest(**PARAMETERS)",
    ),
    "from a function": (
        f"def live_request(rate: int) -> LiveV2InitRequest:\n    return LiveV2InitRequest({_GIVEN_RATE})",
        "live_request(SAMPLE_RATE)",
    ),
}
_READING = {
    "nested": """\
if message.type == "transcript":
    if message.data.is_final:
        print(message.data.utterance.text.strip())
""",
    "early": """\
if message.type != "transcript" or not message.data.is_final:
    return
utterance = message.data.utterance
print(f"[{utterance.start:6.2f} - {utterance.end:6.2f}] {utterance.text.strip()}")
""",
    "match": """\
match message.type:
    case "transcript" if message.data.is_final:
        print(message.data.utterance.text.strip())
    case "post_final_transcript":
        print("-- the end --")
""",
}


def is_valid(choices: Combination) -> bool:
    """A decorator on a session needs its name, which a class has on `self` only; a lambda holds one expression."""
    return not (choices["handlers"] == "lambda" and choices["reading"] != "nested")


def program(choices: Combination) -> str:
    """The source of the program with these choices."""
    is_async = choices["client"] == "asyncio"
    source = Source(choices["audio"], is_async)
    before, request = _PARAMETERS[choices["parameters"]]
    names = {"GladiaClient", "LiveV2InitRequest", "LiveV2InitResponse", "LiveV2WebSocketMessage"}
    if "LiveV2LanguageConfig" in before:
        names.add("LiveV2LanguageConfig")
    if choices["handlers"] in ("lambda", "one for all"):
        names.discard("LiveV2InitResponse")
    if choices["handlers"] == "lambda":
        names.discard("LiveV2WebSocketMessage")
    text = Program(
        "Prints what is said, live.",
        {"import os", f"from gladiaio_sdk import {', '.join(sorted(names))}", *source.imports},
        [*source.constants, *([before] if before and not before.startswith("def") else [])],
        [before] if before.startswith("def") else [],
    )
    text.imports.add("import asyncio" if is_async else "import threading")
    if not source.is_microphone and not is_async:
        text.imports.add("import time")
    if choices["shape"] == "class":
        _class(text, choices, source, request)
    else:
        _functions(text, choices, source, request)
    if "threading." not in text.text():
        text.imports.discard("import threading")
    return text.text()


def _started(choices: Combination) -> str:
    live = "live_v2_async" if choices["client"] == "asyncio" else "live_v2"
    return f'GladiaClient(api_key=os.environ["GLADIA_API_KEY"]).{live}().start_session'


def _handlers(choices: Combination, session: str, place: str) -> tuple[list[str], str]:
    """Definitions of the handlers (methods where `place` is `self.`) and the lines that register them."""
    own = "self, " if place else ""
    message = f"def on_message({own}message: LiveV2WebSocketMessage):\n{indented(_READING[choices['reading']])}"
    began = f'def on_started({own}response: LiveV2InitResponse):\n    print(f"Session {{response.id}} started")'
    failed = f'def on_error({own}error: Exception):\n    print(f"Error: {{error}}")'
    match choices["handlers"]:
        case "by name":
            lines = [f'{session}.once("started", {place}on_started)', f'{session}.on("message", {place}on_message)']
            lines.append(f'{session}.on("error", {place}on_error)')
            return [began, message, failed], "\n".join(lines)
        case "one for all":
            lines = [f'{session}.on("{event}", {place}on_message)' for event in ("message",)]
            lines.append(f'{session}.on("error", {place}on_error)')
            return [message.replace(" -> None", ""), failed], "\n".join(lines)
        case "lambda":
            printed = "print(message.data.utterance.text.strip())"
            test = 'message.type == "transcript" and message.data.is_final'
            lines = [f'{session}.on("message", lambda message: {printed} if {test} else None)']
            lines.append(f'{session}.on("error", lambda error: print("Error:", error))')
            return [], "\n".join(lines)
    plain = [began, message, failed]
    if place:
        plain = [one.replace("(self, ", "(") for one in plain]
    lines = [f'@{session}.once("started")\n{plain[0]}', f'@{session}.on("message")\n{plain[1]}']
    return [], "\n\n".join([*lines, f'@{session}.on("error")\n{plain[2]}\n'])


def _ended(choices: Combination, session: str) -> tuple[str, str]:
    """The lines before the audio and after it that see to the end."""
    if choices["client"] == "asyncio":
        return (
            f'ended = asyncio.Event()\n{session}.once("ended", lambda _: ended.set())',
            f"{session}.stop_recording()\nawait ended.wait()",
        )
    return "", f"{session}.stop_recording()\n{session}.join()"


def _streamed(choices: Combination, source: Source, session: str, stopping: str) -> str:
    loop = source.loop("chunk", stopping, lambda chunk: f"{session}.send_audio({chunk})")
    if not source.is_microphone:
        return loop.strip("\n")
    kind, listen = "threading", f"signal.signal(signal.SIGINT, lambda *_: {stopping}.set())"
    if source.is_async:
        kind, listen = "asyncio", f"asyncio.get_running_loop().add_signal_handler(signal.SIGINT, {stopping}.set)"
    return f"{stopping} = {kind}.Event()\n{listen}\n{loop}".strip("\n")


def _functions(text: Program, choices: Combination, source: Source, request: str) -> None:
    definitions, registered = _handlers(choices, "session", "")
    before, after = _ended(choices, "session")
    body = [f"session = {_started(choices)}({request})", registered, before]
    body += [_streamed(choices, source, "session", "stopping"), after]
    head = "async def main() -> None:" if source.is_async else "def main() -> None:"
    text.definitions += [*definitions, f"{head}\n{indented(chr(10).join(one for one in body if one))}"]
    text.start = "asyncio.run(main())" if source.is_async else "main()"


def _class(text: Program, choices: Combination, source: Source, request: str) -> None:
    definitions, registered = _handlers(choices, "self.session", "self.")
    before, after = _ended(choices, "self.session")
    first = "def __init__(self):\n    self.session = None"
    body = [f"self.session = {_started(choices)}({request})", registered, before]
    body += [_streamed(choices, source, "self.session", "stopping"), after]
    head = "async def run(self) -> None:" if source.is_async else "def run(self) -> None:"
    methods = [first, *definitions, f"{head}\n{indented(chr(10).join(one for one in body if one))}"]
    inside = "\n\n".join(indented(method) for method in methods)
    text.definitions.append(f'class Captions:\n    """One live session."""\n\n{inside}')
    text.start = "asyncio.run(Captions().run())" if source.is_async else "Captions().run()"
