"""Programs on AssemblyAI's SDK."""

from __future__ import annotations

from tests.matrix.audio import AUDIO, Source
from tests.matrix.covering import Combination
from tests.matrix.program import Program, indented

DIMENSIONS = {
    "client": ("threads", "asyncio"),
    "shape": ("functions", "class"),
    "handlers": ("by name", "nested", "lambda"),
    "parameters": ("inline", "by name", "dictionary", "from a function"),
    "reading": ("nested", "early", "formatted"),
    "sending": ("per chunk", "generator"),
    "audio": AUDIO,
}

_REQUEST = 'sample_rate=SAMPLE_RATE, encoding="pcm_s16le", format_turns=True'
_GIVEN_RATE = _REQUEST.replace("SAMPLE_RATE", "rate")
_PARAMETERS = {
    "inline": ("", f"StreamingParameters({_REQUEST})"),
    "by name": (f"PARAMETERS = StreamingParameters({_REQUEST}, max_turn_silence=1200)", "PARAMETERS"),
    "dictionary": (
        'OPTIONS = {"sample_rate": SAMPLE_RATE, "encoding": "pcm_s16le", "format_turns": True}',
        "StreamingParameters(**OPTIONS)",
    ),
    "from a function": (
        f"def parameters(rate: int) -> StreamingParameters:\n    return StreamingParameters({_GIVEN_RATE})",
        "parameters(SAMPLE_RATE)",
    ),
}
_READING = {
    "nested": """\
if event.end_of_turn:
    if event.transcript:
        print(event.transcript)
""",
    "early": """\
if not event.end_of_turn:
    return
first, last = event.words[0], event.words[-1]
print(f"[{first.start / 1000:6.2f} - {last.end / 1000:6.2f}] {event.transcript}")
""",
    "formatted": """\
if event.end_of_turn and event.turn_is_formatted:
    print(event.transcript)
""",
}


def is_valid(choices: Combination) -> bool:
    """A lambda holds one expression."""
    return not (choices["handlers"] == "lambda" and choices["reading"] == "early")


def program(choices: Combination) -> str:
    """The source of the program with these choices."""
    is_async = choices["client"] == "asyncio"
    source = Source(choices["audio"], is_async)
    before, request = _PARAMETERS[choices["parameters"]]
    names = {_client(choices), "StreamingClientOptions", "StreamingEvents", "StreamingParameters"}
    if choices["handlers"] != "lambda":
        names |= {"BeginEvent", "StreamingError", "TurnEvent"}
    text = Program(
        "Prints what is said, live.",
        {"import os", f"from assemblyai.streaming.v3 import {', '.join(sorted(names))}", *source.imports},
        [*source.constants, *([before] if before and not before.startswith("def") else [])],
        [before] if before.startswith("def") else [],
    )
    text.imports.add("import asyncio" if is_async else "import threading")
    write = _class if choices["shape"] == "class" else _functions
    write(text, choices, source, request)
    if "threading." not in text.text():
        text.imports.discard("import threading")
    return text.text()


def _client(choices: Combination) -> str:
    return "AsyncStreamingClient" if choices["client"] == "asyncio" else "StreamingClient"


def _handlers(choices: Combination, client: str, place: str) -> tuple[list[str], list[str], list[str]]:
    """Definitions beside the function, definitions in it, and the lines that register them."""
    own = "self, " if place else ""
    head = "async def" if choices["client"] == "asyncio" else "def"
    first = f"client: {_client(choices)}, "
    began = f'{head} on_begin({own}{first}event: BeginEvent):\n    print(f"Session started: {{event.id}}")'
    turn = f"{head} on_turn({own}{first}event: TurnEvent):\n{indented(_READING[choices['reading']])}"
    failed = f'{head} on_error({own}{first}error: StreamingError):\n    print(f"Error occurred: {{error}}")'
    events = {"Begin": "on_begin", "Turn": "on_turn", "Error": "on_error"}
    if choices["handlers"] == "lambda":
        test = "event.end_of_turn" + (" and event.turn_is_formatted" if choices["reading"] == "formatted" else "")
        lines = [f"{client}.on(StreamingEvents.Turn, lambda _, event: print(event.transcript) if {test} else None)"]
        lines.append(f'{client}.on(StreamingEvents.Error, lambda _, error: print("Error:", error))')
        return [], [], lines
    if choices["handlers"] == "nested":
        inner = [one.replace("(self, ", "(") for one in (began, turn, failed)]
        return [], inner, [f"{client}.on(StreamingEvents.{event}, {name})" for event, name in events.items()]
    lines = [f"{client}.on(StreamingEvents.{event}, {place}{name})" for event, name in events.items()]
    return [began, turn, failed], [], lines


def _body(choices: Combination, source: Source, request: str, client: str, place: str) -> tuple[list[str], str]:
    """Definitions beside the main function, and its body."""
    wait = "await " if source.is_async else ""
    beside, inside, registered = _handlers(choices, client, place)
    options = 'StreamingClientOptions(api_key=os.environ["ASSEMBLYAI_API_KEY"])'
    lines = [f"{client} = {_client(choices)}({options})", *(f"\n{one}\n" for one in inside), *registered]
    lines.append(f"{wait}{client}.connect({request})")
    if source.is_microphone:
        kind = "asyncio" if source.is_async else "threading"
        lines.append(f"stopping = {kind}.Event()")
        lines.append(
            "asyncio.get_running_loop().add_signal_handler(signal.SIGINT, stopping.set)"
            if source.is_async
            else "signal.signal(signal.SIGINT, lambda *_: stopping.set())"
        )
    if choices["sending"] == "generator":
        loop = source.loop("data", "stopping", lambda chunk: f"yield {chunk}")
        given = "stopping" if source.is_microphone else ""
        own = ", ".join(one for one in ("self" if place else "", given) if one)
        beside.append(f"{'async ' if source.is_async else ''}def audio_chunks({own}):\n{indented(loop)}")
        lines.append(f"{wait}{client}.stream({place}audio_chunks({given}))")
    else:
        lines.append(source.loop("data", "stopping", lambda chunk: f"{wait}{client}.stream({chunk})").strip("\n"))
    lines.append(f"{wait}{client}.disconnect(terminate=True)")
    return beside, "\n".join(lines)


def _functions(text: Program, choices: Combination, source: Source, request: str) -> None:
    beside, body = _body(choices, source, request, "client", "")
    head = "async def main() -> None:" if source.is_async else "def main() -> None:"
    text.definitions += [*beside, f"{head}\n{indented(body)}"]
    text.start = "asyncio.run(main())" if source.is_async else "main()"


def _class(text: Program, choices: Combination, source: Source, request: str) -> None:
    beside, body = _body(choices, source, request, "self.client", "self.")
    head = "async def run(self) -> None:" if source.is_async else "def run(self) -> None:"
    methods = ["def __init__(self):\n    self.client = None", *beside, f"{head}\n{indented(body)}"]
    inside = "\n\n".join(indented(method) for method in methods)
    text.definitions.append(f'class Captions:\n    """One live session."""\n\n{inside}')
    text.start = "asyncio.run(Captions().run())" if source.is_async else "Captions().run()"
