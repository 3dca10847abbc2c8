"""Programs that use AssemblyAI's SDK, in the shapes that real ones have, moved to Gladia's."""

from __future__ import annotations

import pytest

from codemods.vendors.assemblyai_sdk import pinned_version, written_name
from tests.codemod_checks import check_migration, codes

IMPORTS = """from assemblyai.streaming.v3 import (
    AsyncStreamingClient,
    BeginEvent,
    Encoding,
    RealTimeTranscriber,
    SpeechModel,
    SpeechStartedEvent,
    StreamingClient,
    StreamingClientOptions,
    StreamingError,
    StreamingEvents,
    StreamingParameters,
    StreamingSessionParameters,
    TerminationEvent,
    TurnEvent,
    WarningEvent,
)

"""
CLIENT = 'client = StreamingClient(StreamingClientOptions(api_key="k"))\n'
CONNECT = "client.connect(StreamingParameters(sample_rate=16000))\n"
HANDLER = "def on_turn(client, event):\n    print(event.transcript)\n\nclient.on(StreamingEvents.Turn, on_turn)\n"
SESSION = CLIENT + HANDLER + CONNECT
STOP = "client.disconnect(terminate=True)\n"


def migrated(code: str, imports: str = IMPORTS) -> str:
    """The program after its migration, which must leave nothing for a person but the caveats."""
    migration = check_migration(imports + code, to="gladia", ruff=False)
    assert migration.changed, migration.findings
    return migration.code


def left(code: str, *kinds: str) -> None:
    """Checks that a program is left as it was, or gets a TODO, for these reasons."""
    migration = check_migration(IMPORTS + code, to="gladia")
    assert set(kinds) <= codes(migration), migration.findings
    assert migration.changed is not any(finding.kind.blocks for finding in migration.findings)


def test_a_client_becomes_a_client_and_its_session() -> None:
    code = migrated(SESSION + "client.stream(b'')\n" + STOP)
    assert 'client = GladiaClient(api_key="k")' in code
    assert "session = client.live_v2().start_session(\n    LiveV2InitRequest(\n" in code
    assert "session.send_audio(b'')\nsession.stop_recording()\nsession.join()\n" in code
    assert code.index("start_session") < code.index('session.on("message", on_turn)') < code.index("send_audio")


@pytest.mark.parametrize(
    ("host", "option"),
    [
        ("streaming.assemblyai.com", ""),
        ("streaming.eu.assemblyai.com", ', region="eu-west"'),
        ("streaming.us.assemblyai.com", ', region="us-west"'),
    ],
)
def test_a_host_is_a_region(host: str, option: str) -> None:
    client = f'client = StreamingClient(StreamingClientOptions(api_key="k", api_host="{host}"))\n'
    assert f'GladiaClient(api_key="k"{option})' in migrated(client + HANDLER + CONNECT)


def test_an_unknown_host_is_left() -> None:
    left(
        'client = StreamingClient(StreamingClientOptions(api_key="k", api_host="localhost:1"))\n' + HANDLER + CONNECT,
        "STB355",
    )


def test_timeouts_are_kept_or_said() -> None:
    options = 'StreamingClientOptions(api_key="k", connect_timeout=5, terminate_timeout=3, max_connection_retries=1, '
    options += "connection_retry_delay=1)"
    migration = check_migration(
        f"{IMPORTS}client = StreamingClient({options})\n{HANDLER}{CONNECT}", to="gladia", ruff=False
    )
    assert 'GladiaClient(api_key="k", ws_timeout=5)' in migration.code
    assert sum("only tunes" in finding.text for finding in migration.findings) == 3


def test_options_and_parameters_in_variables_stay_in_variables() -> None:
    code = migrated(
        'options = StreamingClientOptions(api_key="k")\n'
        'params = StreamingParameters(sample_rate=8000, encoding=Encoding.pcm_mulaw, language_codes=["en", "fr"])\n'
        "client = StreamingClient(options)\n" + HANDLER + "client.connect(params)\n"
    )
    assert 'options = GladiaClientOptions(api_key="k")\n' in code
    assert "client = GladiaClient(options)\n" in code
    assert "session = client.live_v2().start_session(params)\n" in code
    assert 'encoding="wav/ulaw",\n    bit_depth=8,\n    sample_rate=8000,' in code
    assert 'LiveV2LanguageConfig(languages=["en", "fr"], code_switching=True)' in code


def test_the_newer_names_and_the_key_alone_are_read_too() -> None:
    assert 'client = GladiaClient(api_key="k")' in migrated(
        'client = RealTimeTranscriber(api_key="k")\n' + HANDLER + CONNECT
    )


def test_parameters_out_of_a_dictionary() -> None:
    code = migrated(
        CLIENT
        + HANDLER
        + 'config = {"sample_rate": 16000, "keyterms_prompt": ["Kubernetes"], "max_turn_silence": 700}\n'
        + "client.connect(StreamingParameters(**config))\n"
    )
    assert "start_session(LiveV2InitRequest.from_dict(config))" in code
    assert '"endpointing": 0.7,' in code and '"custom_vocabulary_config": {"vocabulary": ["Kubernetes"]}' in code


def test_what_only_the_running_program_knows_is_converted_in_the_source() -> None:
    code = migrated(
        "def run(rate, silence):\n    "
        + "    ".join((CLIENT + 'client.on(StreamingEvents.Turn, lambda c, e: print("x"))\n').splitlines(True))
        + "    client.connect(StreamingParameters(sample_rate=rate, max_turn_silence=silence))\n"
    )
    assert "sample_rate=rate," in code and "endpointing=silence / 1000," in code


@pytest.mark.parametrize("parameter", ["redact_pii=True", "speaker_labels=True", 'prompt="x"'])
def test_parameters_without_a_counterpart_are_left(parameter: str) -> None:
    left(CLIENT + HANDLER + f"client.connect(StreamingParameters(sample_rate=16000, {parameter}))\n", "STB305")


def test_fields_and_their_units() -> None:
    code = migrated(
        CLIENT
        + "def on_turn(client, event):\n"
        + "    print(event.turn_order, event.words[0].start, event.words[-1].end / 1000, event.language_code)\n"
        + "    for word in event.words:\n"
        + "        print(word.text, word.start / 1000, word.confidence)\n"
        + "client.on(StreamingEvents.Turn, on_turn)\n"
        + CONNECT
    )
    assert 'int(message.data.id.rpartition("_")[2])' in code
    assert "round(message.data.utterance.start * 1000), message.data.utterance.end, " in code
    assert "message.data.utterance.language)" in code
    assert "for word in message.data.utterance.words:\n" in code
    assert "print(word.word.strip(), word.start, word.confidence)" in code


def test_begin_is_started_and_speech_is_a_message() -> None:
    code = migrated(
        CLIENT
        + "client.on(StreamingEvents.Begin, lambda client, event: print(event.id, event.expires_at))\n"
        + "client.on(StreamingEvents.SpeechStarted, lambda client, event: print(event.timestamp))\n"
        + CONNECT
    )
    assert "session.once(\n" not in code
    assert (
        "lambda response: print(response.id, datetime.fromisoformat(response.created_at) + timedelta(hours=3))" in code
    )
    assert 'lambda message: print(round(message.data.time * 1000)) if message.type == "speech_start" else None' in code


def test_a_termination_that_is_not_read_is_the_end() -> None:
    code = migrated(CLIENT + 'client.on(StreamingEvents.Termination, lambda c, e: print("over"))\n' + CONNECT)
    assert 'session.once("ended", lambda _ended: print("over"))' in code


def test_one_handler_of_several_events_stays_one() -> None:
    code = migrated(
        CLIENT
        + "def on_event(client, event):\n"
        + "    if isinstance(event, TurnEvent):\n        print(event.transcript)\n"
        + "    elif isinstance(event, TerminationEvent):\n        print(event.audio_duration_seconds)\n"
        + "client.on(StreamingEvents.Turn, on_event)\nclient.on(StreamingEvents.Termination, on_event)\n"
        + CONNECT
    )
    assert "if isinstance(message, LiveV2TranscriptMessage):" in code
    assert "elif isinstance(message, LiveV2PostFinalTranscriptMessage):" in code
    assert code.count('session.on("message", on_event)') == 1


CLASS = '''import functools


class Captions:
    def __init__(self, api_key: str):
        self.transcriber = StreamingClient(StreamingClientOptions(api_key=api_key))
        self.transcriber.on(StreamingEvents.Turn, self.on_turn)
        self.transcriber.on(StreamingEvents.Error, functools.partial(self.on_error, "live"))

    def start(self):
        self.transcriber.connect(StreamingParameters(sample_rate=16000, format_turns=True))

    def on_turn(self, client: StreamingClient, event: TurnEvent) -> None:
        """Keeps what was said."""
        if event.end_of_turn and event.turn_is_formatted:
            print(event.transcript)
        if "goodbye" in event.transcript.lower():
            client.disconnect(terminate=True)

    def on_error(self, what, client, error: StreamingError):
        print(what, error)

    def feed(self, chunk: bytes):
        self.transcriber.stream(chunk)

    def stop(self):
        self.transcriber.disconnect(terminate=True)
'''


def test_handlers_that_are_methods_move_to_where_the_session_starts() -> None:
    code = migrated(CLASS)
    start = code[code.index("def start(self)") : code.index("def on_turn")]
    assert 'self.gladia_session.on("message", self.on_turn)' in start
    assert 'self.gladia_session.on("error", functools.partial(self.on_error, "live"))' in start
    assert "def on_turn(self, message: LiveV2WebSocketMessage) -> None:" in code
    assert '"""Keeps what was said."""\n        if message.type != "transcript":\n            return\n' in code
    assert "if message.data.is_final:" in code
    assert "def on_error(self, what, error: Exception):" in code
    assert "self.gladia_session.send_audio(chunk)" in code


def test_a_handler_stops_without_waiting_for_itself() -> None:
    code = migrated(CLASS)
    handler = code[code.index("def on_turn") : code.index("def on_error")]
    assert "self.gladia_session.stop_recording()" in handler and "join" not in handler
    assert "self.gladia_session.stop_recording()\n        self.gladia_session.join()" in code[code.index("def stop") :]


def test_a_program_of_threads_keeps_its_session_in_the_module() -> None:
    code = migrated(
        CLIENT
        + "def on_turn(client, event):\n    print(event.transcript)\n"
        + "def pump(chunks):\n    for chunk in chunks:\n        client.stream(chunk)\n"
        + "def main(chunks):\n    client.on(StreamingEvents.Turn, on_turn)\n    "
        + CONNECT
        + "    pump(chunks)\n    "
        + STOP
    )
    assert "def main(chunks):\n    global session\n    session = client.live_v2()" in code
    assert "        session.send_audio(chunk)\n" in code


def test_a_client_that_is_handed_on_is_the_session_there() -> None:
    code = migrated(
        "def send(target, file):\n    while chunk := file.read(3200):\n        target.stream(chunk)\n"
        + SESSION
        + "send(client, open('a', 'rb'))\n"
        + STOP
    )
    assert "target.send_audio(chunk)" in code and "send(session, open('a', 'rb'))" in code


def test_an_iterable_becomes_a_loop() -> None:
    generator = "def audio():\n    yield b''\n"
    code = migrated(generator + SESSION + "client.stream(audio())\n" + STOP)
    assert "for chunk in audio():\n    session.send_audio(chunk)\n" in code


def test_a_list_and_an_iterator_become_loops() -> None:
    code = migrated(SESSION + "client.stream([b'', b''])\nclient.stream(iter(lambda: b'', b''))\n")
    assert "for chunk in [b'', b'']:\n    session.send_audio(chunk)\n" in code
    assert "for chunk in iter(lambda: b'', b''):\n    session.send_audio(chunk)\n" in code


def test_events_are_followed_through_an_event_loop() -> None:
    code = migrated(
        """class App:
    def __init__(self, loop):
        self.loop = loop
        self.client = StreamingClient(StreamingClientOptions(api_key="k"))
        self.client.on(StreamingEvents.Turn, self.on_turn)
        self.client.connect(StreamingParameters(sample_rate=16000))

    def on_turn(self, _, event):
        self.loop.call_soon_threadsafe(self.show, event)

    def show(self, turn):
        print(turn.transcript)
"""
    )
    assert "call_soon_threadsafe(self.show, message)" in code
    assert "print(turn.data.utterance.text.strip())" in code


def test_a_lambda_that_hands_all_on_and_a_nested_request_for_formatting() -> None:
    code = migrated(
        """class Transcriber:
    def __init__(self):
        self.client = StreamingClient(StreamingClientOptions(api_key="k"))
        self.client.on(StreamingEvents.Turn, lambda client, event: self.on_turn(client, event))
        self.client.connect(StreamingParameters(sample_rate=16000))

    def on_turn(self, client: StreamingClient, event: TurnEvent):
        if event.end_of_turn:
            print(event.transcript)
            if not event.turn_is_formatted:
                client.set_params(StreamingSessionParameters(format_turns=True))
        else:
            print("...")
"""
    )
    assert 'lambda message: self.on_turn(self.session, message) if message.type == "transcript" else None' in code
    assert (
        "    def on_turn(self, client: LiveV2Session, event: LiveV2TranscriptMessage):\n"
        "        if event.data.is_final:\n"
        "            print(event.data.utterance.text.strip())\n"
        "        else:\n"
    ) in code


def test_handlers_behind_the_connect_stay_there() -> None:
    code = migrated(CLIENT + CONNECT + "print('connected')\n" + HANDLER)
    assert code.endswith('session.on("message", on_turn)\n') and code.count("on_turn)") == 1


def test_a_client_without_handlers() -> None:
    assert "session = client.live_v2()" in migrated(CLIENT + CONNECT + "client.stream(b'')\n")


def test_comments_of_what_went_are_kept_and_said() -> None:
    migration = check_migration(
        IMPORTS + SESSION.replace("sample_rate=16000)", "sample_rate=16000  # hertz\n)"), to="gladia", ruff=False
    )
    assert [finding.text for finding in migration.findings if finding.kind.code == "STB154"] == ["# hertz"]
    assert "# hertz\n" in migration.code


def test_what_may_be_an_iterable_is_said() -> None:
    migration = check_migration(
        IMPORTS + "def run(data):\n    client.stream(data)\n" + SESSION, to="gladia", ruff=False
    )
    assert "session.send_audio(data)" in migration.code and "STB201" in codes(migration)


ASYNCHRONOUS = """import asyncio


async def microphone():
    yield b""


async def main():
    client = AsyncStreamingClient(StreamingClientOptions(api_key="k"))

    async def on_turn(client, event):
        print(event.transcript)

    client.on(StreamingEvents.Turn, on_turn)
    await client.connect(StreamingParameters(sample_rate=16000))
    await client.stream(b"")
    await client.stream(microphone())
    await client.keep_alive()
    await client.disconnect(terminate=True)


asyncio.run(main())
"""


def test_an_asynchronous_program_waits_for_an_event_of_its_own() -> None:
    code = migrated(ASYNCHRONOUS)
    assert "session = client.live_v2_async().start_session(" in code
    assert "    ended = asyncio.Event()\n" in code
    assert '    session.on("error", print)\n    session.once("ended"' in code
    assert '    session.once("ended", lambda _: ended.set())\n    session.send_audio(b"")\n' in code
    assert "    async for chunk in microphone():\n        session.send_audio(chunk)\n" in code
    assert "    session.stop_recording()\n    await ended.wait()\n" in code


def test_closing_without_the_end_does_not_wait() -> None:
    assert migrated(SESSION + "client.disconnect()\n").endswith("session.end_session()\n")


def test_a_microphone_stream_is_written_out() -> None:
    code = migrated(
        SESSION + "client.stream(aai.extras.MicrophoneStream(sample_rate=16000))\n" + STOP,
        "import assemblyai as aai\n" + IMPORTS,
    )
    assert "import pyaudio\n" in code and "MicrophoneStream" not in code and "assemblyai" not in code
    assert "        session.send_audio(microphone.read(1600, exception_on_overflow=False))\n" in code
    assert "except KeyboardInterrupt:\n    pass\nsession.stop_recording()\n" in code


@pytest.mark.parametrize("event", ["Heartbeat", "Silence", "SpeakerRevision", "LLMGatewayResponse"])
def test_lambdas_for_what_never_comes_go_and_are_said(event: str) -> None:
    handler = f"client.on(StreamingEvents.{event}, lambda client, event: print(event.type))\n"
    migration = check_migration(IMPORTS + CLIENT + HANDLER + handler + CONNECT, to="gladia", ruff=False)
    assert event not in migration.code and "STB203" in codes(migration), migration.findings


def test_the_errors_class_is_exception() -> None:
    code = migrated(
        CLIENT
        + "def on_error(client, error):\n    if isinstance(error, StreamingError):\n        print(error)\n"
        + "client.on(StreamingEvents.Error, on_error)\n"
        + CONNECT
    )
    assert "def on_error(error):\n    if isinstance(error, Exception):" in code


def test_handlers_for_what_never_comes_go_and_are_said() -> None:
    migration = check_migration(
        IMPORTS
        + CLIENT
        + HANDLER
        + "def on_warning(client, event: WarningEvent):\n    print(event.warning)\n\n"
        + "client.on(StreamingEvents.Warning, on_warning)\n"
        + CONNECT,
        to="gladia",
        ruff=False,
    )
    assert "on_warning" not in migration.code and "STB153" in codes(migration)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (SESSION + "client.force_endpoint()\n", "STB351"),
        (SESSION + "client.set_params(StreamingSessionParameters(max_turn_silence=300))\n", "STB351"),
        (
            CLIENT.replace("client", "minter")
            + "client = StreamingClient(StreamingClientOptions(token=minter.create_temporary_token(60)))\n"
            + HANDLER
            + CONNECT,
            "STB323",
        ),
        ('client = StreamingClient(StreamingClientOptions(token="t"))\n' + HANDLER + CONNECT, "STB323"),
        (CLIENT + HANDLER.replace("transcript", "end_of_turn_confidence") + CONNECT, "STB306"),
        (CLIENT + HANDLER.replace("print(event.transcript)", "queue.put(event)") + CONNECT, "STB312"),
        (CLIENT + HANDLER + CONNECT + CONNECT, "STB320"),
        ("with StreamingClient(StreamingClientOptions(api_key='k')) as client:\n    pass\n", "STB320"),
        (SESSION + "from audio import microphone\nclient.stream(microphone())\n", "STB320"),
        (SESSION + "def show(e):\n    print(e.transcript)\n\n" + "show(on_turn)\n", "STB321"),
        (SESSION + "from audio import load\npool.submit(client.stream, load())\n", "STB320"),
        (CLIENT + HANDLER.replace("print(event.transcript)", "show(event)") + CONNECT, "STB312"),
        (CLIENT + HANDLER + CONNECT + "from mine import keep\nkeep([client])\n", "STB320"),
        (CLIENT + HANDLER + CONNECT + "on_turn(client, None)\n", "STB321"),
        (CLIENT + "from handlers import on_turn\nclient.on(StreamingEvents.Turn, on_turn)\n" + CONNECT, "STB321"),
        (CLIENT + "for e in StreamingEvents:\n    client.on(e, print)\n" + CONNECT, "STB321"),
    ],
)
def test_what_cannot_be_followed_is_left_and_said(code: str, kind: str) -> None:
    left(code, kind)


def test_a_lambda_that_chooses_keeps_its_choice() -> None:
    turn = "client.on(StreamingEvents.Turn, lambda c, e: print(e.transcript) if e.end_of_turn else {})\n"
    code = migrated(CLIENT + turn.format("None") + CONNECT)
    assert 'if message.type == "transcript" and message.data.is_final else None)' in code
    code = migrated(CLIENT + turn.format("print('.')") + CONNECT)
    assert (
        "(print(message.data.utterance.text.strip()) if message.data.is_final else print('.')) if message.type" in code
    )


def test_a_handler_on_one_line_asks_for_its_type() -> None:
    code = migrated(CLIENT + "def a(c, e): print(e.transcript)\n\nclient.on(StreamingEvents.Turn, a)\n" + CONNECT)
    assert 'def a(message):\n    if message.type != "transcript":\n        return\n    print(message.data' in code


def test_a_handler_that_asks_for_its_type_asks_once() -> None:
    handler = "def a(c, e):\n    if e.type == 'Turn' and e.end_of_turn:\n        print(e.transcript)\n\n"
    code = migrated(CLIENT + handler + "client.on(StreamingEvents.Turn, a)\n" + CONNECT)
    assert "    if message.type == 'transcript' and message.data.is_final:\n        print(message.data" in code


def test_the_guard_stands_below_a_global() -> None:
    handler = (
        "def a(c, e):\n    global last\n    print(e.transcript)\n    last = 1\n\nclient.on(StreamingEvents.Turn, a)\n"
    )
    code = migrated(CLIENT + handler + CONNECT)
    assert '    global last\n    if message.type != "transcript":\n        return\n' in code


def test_a_handler_that_another_class_overrides_is_left() -> None:
    classes = "class A:\n    def heard(self, c, e):\n        raise NotImplementedError\n\n"
    classes += "class B(A):\n    def heard(self, c, e):\n        print(e.transcript)\n\n"
    left(classes + CLIENT + "client.on(StreamingEvents.Turn, B().heard)\n" + CONNECT, "STB321")


def test_parameters_that_a_caller_gives_are_written_as_they_are() -> None:
    code = migrated(
        "def run(terms=None, silence: int | None = None, partials=True):\n"
        "    client = StreamingClient(StreamingClientOptions(api_key='k'))\n"
        "    client.connect(StreamingParameters(sample_rate=16000, keyterms_prompt=terms, max_turn_silence=silence,\n"
        "        include_partial_turns=partials))\n    client.disconnect(terminate=True)\n"
    )
    assert "endpointing=silence / 1000 if silence is not None else 1.28" in code
    assert "custom_vocabulary=bool(terms)" in code and "vocabulary=terms or []" in code
    assert "receive_partial_transcripts=partials" in code


@pytest.mark.parametrize(
    ("options", "parameters", "kind"),
    [
        ("api_host=given", "", "STB212"),
        ("api_host=os.getenv('H', 'streaming.eu.assemblyai.com')", "", "STB212"),
        ("api_host=os.getenv('H', 'streaming.assemblyai.com')", "", "STB212"),
        ("", "redact_pii=given", "STB305"),
        ("", "keyterms_prompt=os.getenv('T', None)", "STB304"),
    ],
)
@pytest.mark.parametrize("default", ["None", "False", "'streaming.assemblyai.com'"])
def test_what_a_caller_can_change_is_never_lost(options: str, parameters: str, kind: str, default: str) -> None:
    left(
        f"import os\n\ndef run(given={default}):\n"
        f"    client = StreamingClient(StreamingClientOptions(api_key='k', {options}))\n"
        f"    client.connect(StreamingParameters(sample_rate=16000, {parameters}))\n"
        "    client.disconnect(terminate=True)\n",
        kind,
    )


def test_what_a_model_that_a_caller_chooses_implies_is_chosen_by_it() -> None:
    code = migrated(
        "def run(given=None):\n    client = StreamingClient(StreamingClientOptions(api_key='k'))\n"
        "    client.connect(StreamingParameters(sample_rate=16000, speech_model=given))\n"
        "    client.disconnect(terminate=True)\n",
    )
    assert "endpointing=1.0 if given == 'u3-rt-pro' else 1.28" in code and "STB356" not in code
    assert "code_switching=given != 'universal-streaming-english'" in code


@pytest.mark.parametrize(
    "code",
    [
        "# like assemblyai's\nfrom mine import StreamingClient, StreamingParameters\n"
        'client = StreamingClient("k")\nclient.on("Turn", print)\nclient.connect(StreamingParameters(sample_rate=1))\n',
        "# assemblyai\nclass StreamingClient:\n    def connect(self, params): ...\n\nStreamingClient().connect(1)\n",
    ],
)
def test_look_alikes_are_left_alone(code: str) -> None:
    migration = check_migration(code, to="gladia", ruff=False)
    assert not migration.changed and not migration.findings


def test_a_client_by_a_star_import_is_known() -> None:
    code = "from assemblyai.streaming.v3 import *\nclient = StreamingClient(StreamingClientOptions(api_key='k'))\n"
    migration = check_migration(code, to="gladia", ruff=False)
    assert not migration.changed and codes(migration) == {"STB320"}, "it is never connected"


@pytest.mark.parametrize(
    ("requirements", "version"),
    [
        ("assemblyai==0.46.0\n", (0, 46, 0)),
        ('dependencies = ["assemblyai[extras]~=0.64.3"]', (0, 64, 3)),
        ("assemblyai>=1.2", None),
        ("assemblyai>=0.40,<1", (0,)),
        ("assemblyai", None),
        ("gladiaio-sdk==2.2.0", None),
    ],
)
def test_pins_are_read(requirements: str, version: tuple[int, ...] | None) -> None:
    assert pinned_version(requirements) == version


def test_names_suit_the_version() -> None:
    assert written_name("RealTimeTranscriber", (0, 64, 3)) == "StreamingClient"
    assert written_name("RealTimeTranscriber", (1, 0, 0)) == "RealTimeTranscriber"
    assert written_name("TurnEvent", None) == "TurnEvent"
