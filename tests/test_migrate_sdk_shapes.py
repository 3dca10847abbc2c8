"""Programs on AssemblyAI's SDK that are not the guide's: what is handed over, kept elsewhere, set in steps."""

from __future__ import annotations

import re

import pytest
from gladiaio_sdk import LiveV2EndedMessage

from codemods.rules.sdk.handlers.early_end import as_told_of_end
from tests.codemod_checks import check_migration, codes
from tests.test_migrate_sdk_to_gladia import CLIENT, CONNECT, HANDLER, IMPORTS, SESSION, STOP, migrated

INSIDE = (
    "    client = StreamingClient(StreamingClientOptions(api_key='k'))\n    client.on(StreamingEvents.Turn, on_turn)\n"
)
ON_TURN = "def on_turn(client, event):\n    print(event.transcript)\n\n"
OPEN = f"{ON_TURN}def open_one():\n{INSIDE}    {CONNECT}"


def left(code: str, kind: str, imports: str = IMPORTS) -> None:
    """Checks that a program stays as it is, for this reason."""
    migration = check_migration(imports + code, to="gladia", ruff=False)
    assert not migration.changed and kind in codes(migration), migration.findings


@pytest.mark.parametrize(
    ("handed", "expected"),
    [
        ("pool.submit(client.stream, bytes(2))", "pool.submit(session.send_audio, bytes(2))"),
        ("threading.Timer(1, client.disconnect).start()", "threading.Timer(1, session.end_session).start()"),
        (
            "threading.Thread(target=client.disconnect, args=(True,)).start()",
            "session.stop_recording()\nthreading.Thread(target=session.join).start()",
        ),
        (
            "threading.Thread(target=client.disconnect, kwargs={'terminate': True}, daemon=True).start()",
            "session.stop_recording()\nthreading.Thread(target=session.join, daemon=True).start()",
        ),
        (
            "loop.run_in_executor(None, functools.partial(client.disconnect, terminate=True))",
            "session.stop_recording()\nloop.run_in_executor(None, session.join)",
        ),
        (
            "loop.run_in_executor(None, lambda: client.disconnect(terminate=True))",
            "session.stop_recording()\nloop.run_in_executor(None, session.join)",
        ),
        ("pool.submit(client.keep_alive)", 'pool.submit(lambda: session.send_audio(b""))'),
    ],
)
def test_what_a_library_calls_is_the_sessions(handed: str, expected: str) -> None:
    assert expected in migrated("import functools\nimport threading\n\n" + SESSION + handed + "\n")


def test_an_iterable_that_a_thread_streams_gets_a_function() -> None:
    generator = "def audio():\n    yield b''\n\n"
    code = migrated(
        "import threading\n\n"
        + generator
        + SESSION
        + "threading.Thread(target=client.stream, args=(audio(),)).start()\n"
    )
    assert (
        'def send_audio():\n    for chunk in audio():\n        if session.status == "ended":\n            return\n'
        in code
    )
    assert "threading.Thread(target=send_audio).start()" in code


def test_a_client_that_is_given_back_is_a_session_there() -> None:
    code = migrated(f"{OPEN}    return client\n\none = open_one()\none.stream(b'')\n" + STOP.replace("client", "one"))
    assert "    return session\n" in code and "one.send_audio(b'')\none.stop_recording()\none.join()\n" in code


@pytest.mark.parametrize(
    ("keeping", "reading"),
    [
        ("clients[user] = client", "clients[user]"),
        ("clients[user] = client", "clients.get(user)"),
        ("clients.append(client)", "clients.pop()"),
    ],
)
def test_clients_in_a_container_are_sessions_in_it(keeping: str, reading: str) -> None:
    made = "clients = []\n" if "append" in keeping else "clients = {}\n"
    function = f"{OPEN}    {keeping}\n".replace("open_one()", "open_one(user)")
    code = migrated(f"{made}{function}\ndef send(user, chunk: bytes):\n    {reading}.stream(chunk)\n")
    assert keeping.replace("= client", "= session").replace("(client)", "(session)") in code
    assert f"{reading}.send_audio(chunk)" in code


def test_a_container_that_is_handed_away_is_left() -> None:
    left(f"from mine import keep\n{OPEN}    keep(client)\n", "STB320")


def test_clients_in_a_container_that_others_get_are_left() -> None:
    kept = OPEN.replace("open_one()", "open_one(user)") + "    clients[user] = client\n"
    left(f"from mine import watch\nclients = {{}}\nwatch(clients)\n{kept}\nclients['a'].stream(b'')\n", "STB320")


def test_a_client_that_is_kept_before_it_is_connected_is_kept_behind_that() -> None:
    early = OPEN.replace("    client.connect", "    clients['a'] = client\n    client.connect")
    code = migrated(f"clients = {{}}\n{early}\nclients['a'].stream(b'')\n")
    assert code.index("start_session(") < code.index("clients['a'] = ") < code.index("clients['a'].send_audio(b'')")


@pytest.mark.parametrize(
    "kept", ["    clients['a'] = client\n    show(clients['a'])\n", "    if True:\n        clients['a'] = client\n"]
)
def test_a_client_that_is_asked_for_before_it_is_connected_is_left(kept: str) -> None:
    early = OPEN.replace("    client.connect", f"{kept}    client.connect")
    left(f"def show(one):\n    print(one)\n\nclients = {{}}\n{early}\nclients['a'].stream(b'')\n", "STB320")


def test_a_stop_that_handlers_and_others_ask_for_waits_in_the_main_thread_alone() -> None:
    handler = "def stop():\n    client.disconnect(terminate=True)\n\ndef on_turn(client, event):\n    stop()\n\n"
    code = CLIENT + handler + "client.on(StreamingEvents.Turn, on_turn)\n" + CONNECT
    waits = "    if threading.current_thread() is threading.main_thread():\n        session.join()\n"
    assert f"    session.stop_recording()\n{waits}" in migrated(code + "stop()\n")
    assert "join" not in migrated(code), "on the session's own thread nothing may wait for it"


@pytest.mark.parametrize(
    "step",
    [
        "if rate:\n    params.max_turn_silence = 800\n    print(rate)\n",
        "if check():\n    params.max_turn_silence = 800\n",
        "params.max_turn_silence = 400\nif rate:\n    params.max_turn_silence = 800\n",
        "for name in ('a', 'b'):\n    params.prompt = name\n",
        "print(params.max_turn_silence)\nparams.max_turn_silence = 800\n",
        "check(params)\nparams.max_turn_silence = 800\n",
    ],
)
def test_parameters_that_are_set_at_times_only_are_left(step: str) -> None:
    before = "from mine import check, rate\nparams = StreamingParameters(sample_rate=16000)\n" + step
    left(before + CLIENT + HANDLER + "client.connect(params)\n", "STB304")


def test_a_dictionary_that_is_updated_is_one_configuration() -> None:
    steps = "config = {'sample_rate': 16000}\nconfig.update(max_turn_silence=800)\nconfig['encoding'] = 'pcm_mulaw'\n"
    code = migrated(steps + CLIENT + HANDLER + "client.connect(StreamingParameters(**config))\n")
    assert "config = {\n" in code and "'endpointing': 0.8," in code and "update" not in code
    assert code.count("config[") == 0 and "'encoding': 'wav/ulaw'" in code


def test_a_parameter_that_the_program_reads_back_is_left() -> None:
    steps = "config = {'sample_rate': 16000, 'max_turn_silence': 800}\nprint(config['max_turn_silence'])\n"
    left(steps + CLIENT + HANDLER + "client.connect(StreamingParameters(**config))\n", "STB304")


@pytest.mark.parametrize(
    "decorator",
    [
        "def log(f):\n    def inner(client, event):\n        f(client, event)\n    return inner\n\n@log\n",
        "from mine import log\n\n@log\n",
    ],
)
def test_a_handler_under_a_decorator_that_names_its_parameters_is_left(decorator: str) -> None:
    migration = check_migration(
        IMPORTS + decorator + ON_TURN + SESSION.replace(HANDLER, "client.on(StreamingEvents.Turn, on_turn)\n"),
        to="gladia",
        ruff=False,
    )
    assert not migration.changed and "STB321" in codes(migration), migration.findings


def test_a_table_of_handlers_goes_with_its_loop() -> None:
    table = "for event, handler in ((StreamingEvents.Turn, on_turn), (StreamingEvents.Error, on_error)):\n"
    functions = ON_TURN + "def on_error(client, error):\n    print(error)\n\n"
    code = migrated(functions + CLIENT + table + "    client.on(event, handler)\n" + CONNECT)
    assert 'session.on("message", on_turn)\nsession.on("error", on_error)\n' in code and "for event" not in code


def test_a_table_that_is_used_for_more_is_left() -> None:
    table = "TABLE = {StreamingEvents.Turn: on_turn}\nprint(TABLE)\n"
    left(ON_TURN + table + CLIENT + "for e, h in TABLE.items():\n    client.on(e, h)\n" + CONNECT, "STB320")


@pytest.mark.parametrize("key", ["aai.settings.api_key", "aai.api_key"])
def test_the_packages_key_is_put_where_it_is_read(key: str) -> None:
    head = f"import os\nimport assemblyai as aai\n{key} = os.environ['ASSEMBLYAI_API_KEY']\n"
    code = migrated(head + IMPORTS + SESSION.replace('api_key="k"', f"api_key={key}"), "")
    assert "GladiaClient(api_key=os.environ['GLADIA_API_KEY'])" in code and "aai" not in code


def test_a_package_that_transcribes_files_too_keeps_its_key() -> None:
    head = "import os\nimport assemblyai as aai\naai.settings.api_key = os.environ['ASSEMBLYAI_API_KEY']\n"
    live = SESSION.replace('api_key="k"', "api_key=aai.settings.api_key")
    code = migrated(head + IMPORTS + live + "print(aai.Transcriber().transcribe('a.wav').text)\n", "")
    assert "aai.settings.api_key = os.environ['ASSEMBLYAI_API_KEY']" in code and "aai.Transcriber()" in code
    assert re.search(r"GladiaClient\(api_key=os.environ\[.GLADIA_API_KEY.\]\)", code)
    assert "TODO(sttbridge STB358)" in code


def test_a_microphone_that_is_used_otherwise_is_left() -> None:
    head = "import assemblyai as aai\n" + IMPORTS
    left(SESSION + "stream = aai.extras.MicrophoneStream()\nprint(stream)\nclient.stream(stream)\n", "STB320", head)


OLD = "import assemblyai as aai\n\naai.settings.api_key = 'k'\n\n\ndef on_data(t):\n    print(t.text)\n\n"


def old(arguments: str, more: str = "") -> str:
    """A program on the SDK of the API before v3."""
    return f"{OLD}transcriber = aai.RealtimeTranscriber(sample_rate=16000, {arguments})\ntranscriber.connect()\n{more}"


def test_a_test_of_the_kind_of_transcript_asks_whether_it_is_final() -> None:
    for test, expected in (
        ("isinstance(t, aai.RealtimeFinalTranscript)", "message.data.is_final"),
        ("isinstance(t, aai.RealtimePartialTranscript)", "not message.data.is_final"),
        ("t.message_type == 'FinalTranscript'", "message.data.is_final"),
        ("t.message_type != aai.RealtimeMessageTypes.final_transcript", "not message.data.is_final"),
    ):
        code = migrated(
            old("on_data=on_data").replace("    print(t.text)", f"    if {test}:\n        print(t.text)"), ""
        )
        assert f'if message.type == "transcript" and {expected}:' in code.replace("'", '"'), code


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("on_data=on_data", "endpointing=0.7"),
        ("on_data=on_data, end_utterance_silence_threshold=400", "endpointing=0.4"),
        ("on_data=on_data, disable_partial_transcripts=True", "receive_partial_transcripts=False"),
        ("on_data=on_data, encoding=aai.AudioEncoding.pcm_mulaw", 'encoding="wav/ulaw"'),
        ("on_data=on_data, on_error=print", 'session.on("error", print)'),
        ("on_data=on_data, on_close=lambda: print('over')", "session.once(\"ended\", lambda _ended: print('over'))"),
        ("on_data=on_data, on_open=None", 'session.on("message", on_data)'),
    ],
)
def test_the_older_class_is_a_client_a_request_and_handlers(arguments: str, expected: str) -> None:
    code = migrated(old(arguments, "transcriber.stream(b'')\ntranscriber.close()\n"), "")
    assert expected in code.replace("'wav", '"wav') or expected.replace('"', "'") in code, code
    assert "send_audio(b'')" in code and "join()" in code


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        ("on_data=on_data, token='t'", "STB323"),
        ("**options", "STB304"),
        ("on_data=on_data, on_error=handle", "STB321"),
    ],
)
def test_what_of_the_older_class_is_not_known_is_left(arguments: str, kind: str) -> None:
    left("from mine import handle, options\n" + old(arguments), kind, "")


@pytest.mark.parametrize("handler", ["told.append", "lambda error: told.append(error)", "end.append"])
def test_an_early_end_reaches_the_handler_of_errors_and_a_good_one_does_not(handler: str) -> None:
    told: list[Exception] = []
    tell = eval(as_told_of_end(handler), {"told": told, "end": told})
    for code in (1000, 1006, 3008, 4408):
        tell(LiveV2EndedMessage(code=code, reason="why"))
    assert [one.args for one in told] == [(4408, "why")]
