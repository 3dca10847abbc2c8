"""Programs that use Gladia's SDK, in the shapes that real ones have, moved to AssemblyAI's."""

from __future__ import annotations

from pathlib import Path

import pytest

from codemods.migration import Options, migrate_source
from codemods.sdk_version import version_for
from tests.codemod_checks import check_migration, codes

IMPORTS = """from gladiaio_sdk import (
    GladiaClient,
    GladiaClientOptions,
    LiveV2CustomVocabularyConfig,
    LiveV2EndedMessage,
    LiveV2InitRequest,
    LiveV2LanguageConfig,
    LiveV2MessagesConfig,
    LiveV2RealtimeProcessingConfig,
    LiveV2TranscriptMessage,
    LiveV2WebSocketMessage,
)

"""
CLIENT = 'client = GladiaClient(api_key="k")\n'
START = "session = client.live_v2().start_session(LiveV2InitRequest(sample_rate=16000))\n"
HANDLER = """
@session.on("message")
def on_message(message):
    if message.type == "transcript":
        print(message.data.utterance.text)

"""
STOP = "session.stop_recording()\nsession.join()\n"
SESSION = CLIENT + START + HANDLER


def migrated(code: str, **options: object) -> str:
    """The program after its migration, which must leave nothing for a person but the caveats."""
    migration = check_migration(IMPORTS + code, ruff=False)
    assert migration.changed, migration.findings
    return migration.code


def left(code: str, *kinds: str) -> None:
    """Checks that a program is left as it was, or gets a TODO, for these reasons."""
    migration = check_migration(IMPORTS + code)
    assert set(kinds) <= codes(migration), migration.findings
    assert migration.changed is not any(finding.kind.blocks for finding in migration.findings)


def test_a_session_is_a_client_that_connects_when_its_handlers_are_there() -> None:
    code = migrated(SESSION + "session.send_audio(b'')\n" + STOP)
    assert 'client = RealTimeTranscriber(RealTimeTranscriberOptions(api_key="k"))' in code
    assert "def on_message(client, event):\n    print(event.transcript)\n\n\n" in code
    assert code.index("def on_message") < code.index("client.on(RealTimeEvents.Turn, on_message)")
    assert code.index("client.on(") < code.index("client.connect(") < code.index("client.stream(b'')")
    assert code.endswith("client.stream(b'')\nclient.disconnect(terminate=True)\n")


def test_the_environments_key_is_written_out() -> None:
    code = migrated("client = GladiaClient()\n" + START + HANDLER)
    assert 'RealTimeTranscriberOptions(api_key=os.environ["ASSEMBLYAI_API_KEY"])' in code and "import os\n" in code


@pytest.mark.parametrize("region", ["eu-west", "us-west"])
def test_a_region_is_a_host(region: str) -> None:
    code = migrated(f'client = GladiaClient(api_key="k", region="{region}")\n' + START + HANDLER)
    assert f'api_host="streaming.{region[:2]}.assemblyai.com"' in code


def test_timeouts_are_kept_or_said_and_another_address_is_left() -> None:
    client = 'client = GladiaClient(api_key="k", ws_timeout=5, http_timeout=3, http_retry=None, '
    client += "ws_retry=None, live_timeouts=None)\n"
    migration = check_migration(IMPORTS + client + START + HANDLER, ruff=False)
    assert "connect_timeout=5" in migration.code and "STB103" in codes(migration)
    left('client = GladiaClient(api_key="k", api_url="http://localhost")\n' + START + HANDLER, "STB355")


def test_what_the_whole_configuration_becomes() -> None:
    code = migrated(
        CLIENT
        + "config = LiveV2InitRequest(\n"
        + '    encoding="wav/ulaw",\n    sample_rate=8000,\n    channels=1,\n    endpointing=0.3,\n'
        + '    language_config=LiveV2LanguageConfig(languages=["en", "fr"], code_switching=True),\n'
        + "    realtime_processing=LiveV2RealtimeProcessingConfig(\n        custom_vocabulary=True,\n"
        + '        custom_vocabulary_config=LiveV2CustomVocabularyConfig(vocabulary=["Kubernetes"]),\n    ),\n'
        + "    messages_config=LiveV2MessagesConfig(receive_partial_transcripts=True),\n)\n"
        + "session = client.live_v2().start_session(config)\n"
        + HANDLER
    )
    assert (
        "config = RealTimeParameters(\n"
        '    speech_model="universal-3-6-pro",\n'
        '    encoding="pcm_mulaw",\n'
        "    sample_rate=8000,\n"
        "    max_turn_silence=300,\n"
        "    min_turn_silence=300,\n"
        '    language_codes=["en", "fr"],\n'
        "    language_detection=True,\n"
        '    keyterms_prompt=["Kubernetes"],\n'
        "    include_partial_turns=True,\n"
        ")\n"
    ) in code
    assert "client.connect(config)\n" in code


def test_a_dictionary_stays_one() -> None:
    code = migrated(CLIENT + 'config = {"endpointing": 0.5}\nsession = client.live().start_session(config)\n' + HANDLER)
    assert '"max_turn_silence": 500,' in code and '"sample_rate": 16000,' in code
    assert "client.connect(RealTimeParameters(**config))" in code


def test_one_handler_of_messages_becomes_one_an_event() -> None:
    code = migrated(
        CLIENT
        + START
        + "@session.on('message')\n"
        + "def on_message(message: LiveV2WebSocketMessage):\n"
        + "    # All that comes\n"
        + "    if message.type == 'transcript' and message.data.is_final:\n"
        + "        utterance = message.data.utterance\n"
        + "        print(utterance.text, utterance.start, utterance.end * 1000)\n"
        + "    elif message.type == 'speech_start':\n        print(message.data.time)\n"
        + "    elif message.type == 'post_final_transcript':\n"
        + "        print(message.data.metadata.audio_duration)\n"
        + "    elif message.type == 'audio_chunk':\n        print('heard')\n"
    )
    assert (
        "def on_turn(client: RealTimeTranscriber, event: TurnEvent):\n"
        "    # All that comes\n"
        "    if event.end_of_turn:\n"
        "        print(event.transcript, event.words[0].start / 1000, event.words[-1].end)\n"
    ) in code
    assert "def on_speech_started(client: RealTimeTranscriber, event: SpeechStartedEvent):\n" in code
    assert "    print(event.timestamp / 1000)\n" in code
    assert "def on_termination(client: RealTimeTranscriber, event: TerminationEvent):\n" in code
    assert "heard" not in code
    for event in ("Turn, on_turn", "SpeechStarted, on_speech_started", "Termination, on_termination"):
        assert f"client.on(RealTimeEvents.{event})" in code


def test_a_handler_that_does_more_keeps_its_tests() -> None:
    code = migrated(
        CLIENT
        + START
        + "def heard(message):\n    print('.')\n"
        + "    if message.type in ('transcript', 'post_final_transcript'):\n        print(message.type)\n"
        + "session.on('message', heard)\n"
    )
    assert "if event.type in ('Turn', 'Termination'):" in code
    assert "client.on(RealTimeEvents.Turn, heard)\nclient.on(RealTimeEvents.Termination, heard)\n" in code


def test_an_early_return_and_isinstance_go_where_only_one_type_is_handled() -> None:
    guarded = "def a(m):\n    if m.type != 'transcript':\n        return\n\n    print(m.data.utterance.text)\n"
    asked = "def b(m):\n    if isinstance(m, LiveV2TranscriptMessage):\n        print(m.data.is_final)\n"
    code = migrated(CLIENT + START + guarded + asked + "session.on('message', a)\nsession.on('message', b)\n")
    assert "def a(client, event):\n    print(event.transcript)\n" in code
    assert "def b(client, event):\n    print(event.end_of_turn)\n" in code


def test_the_other_events() -> None:
    code = migrated(
        CLIENT
        + START
        + HANDLER
        + "@session.once('started')\ndef on_started(response):\n    print(response.id)\n\n"
        + "@session.on('connected')\ndef on_connected(_):\n    print('connected')\n\n"
        + "@session.once('ended')\ndef on_ended(ended: LiveV2EndedMessage):\n    print(ended.code)\n\n"
        + "session.on('error', print)\n"
    )
    assert "client.on(RealTimeEvents.Begin, on_started)\nclient.on(RealTimeEvents.Begin, on_connected)\n" in code
    assert "client.on(RealTimeEvents.Termination, on_ended)\nclient.on(RealTimeEvents.Error, on_ended)\n" in code
    assert 'print(getattr(event, "code", 1000))' in code
    assert "client.on(RealTimeEvents.Error, lambda client, error: print(error))" in code


def test_a_class_keeps_the_key_as_options() -> None:
    code = migrated(
        "class Live:\n"
        + "    def __init__(self, key):\n        self.client = GladiaClient(GladiaClientOptions(api_key=key))\n"
        + "        self.session = None\n\n"
        + "    def open(self):\n"
        + "        self.session = self.client.live().start_session(LiveV2InitRequest(sample_rate=16000))\n"
        + "        self.session.on('message', self.heard)\n        self.session.wait_until_ready(5)\n\n"
        + "    def heard(self, message):\n"
        + "        if isinstance(message, LiveV2TranscriptMessage):\n"
        + "            self.show(message.data.utterance, message.data.is_final)\n\n"
        + "    def show(self, utterance, final):\n        print(utterance.text, final)\n\n"
        + "    def feed(self, chunk):\n        if self.session:\n            self.session.send_audio(chunk)\n\n"
        + "    def close(self):\n        self.session.stop_recording()\n        self.session.join()\n"
    )
    assert "self.options = RealTimeTranscriberOptions(api_key=key)" in code
    assert "self.session = RealTimeTranscriber(self.options)\n" in code
    assert "self.session.on(RealTimeEvents.Turn, self.heard)\n        self.session.connect(" in code
    assert "def heard(self, client, event):\n        self.show(event, event.end_of_turn)\n" in code
    assert "print(utterance.transcript, final)" in code and "wait_until_ready" not in code
    assert code.endswith("def close(self):\n        self.session.disconnect(terminate=True)\n")


ASYNCHRONOUS = """import asyncio


async def main(chunks):
    client = GladiaClient(api_key="k")
    session = client.live_v2_async().start_session(LiveV2InitRequest(sample_rate=16000))
    finished = asyncio.Event()

    @session.on("message")
    async def on_message(message):
        if message.type == "transcript":
            print(message.data.utterance.text)

    @session.once("ended")
    def on_ended(_):
        finished.set()

    buffer = bytearray()
    for chunk in chunks:
        buffer.extend(chunk)
        session.send_audio(buffer[:3200])
    session.stop_recording()
    await finished.wait()
"""


def test_an_asynchronous_session_is_awaited_and_waits_by_itself() -> None:
    code = migrated(ASYNCHRONOUS)
    assert "client = AsyncRealTimeTranscriber(" in code and "await client.connect(" in code
    assert "await client.stream(bytes(buffer[:3200]))" in code
    assert code.endswith("    await client.disconnect(terminate=True)\n")
    assert "finished" not in code and "on_ended" not in code


def test_a_coroutine_in_a_plain_callback_is_left_but_for_signals() -> None:
    left(ASYNCHRONOUS + "\n    def callback(data):\n        session.send_audio(data)\n", "STB320")
    code = migrated(
        ASYNCHRONOUS.replace(
            "    buffer = ",
            "    asyncio.get_running_loop().add_signal_handler(2, session.stop_recording)\n    buffer = ",
        )
    )
    assert "add_signal_handler(2, lambda *_: asyncio.create_task(client.disconnect(terminate=True)))" in code


def test_ending_without_waiting_is_a_plain_disconnect() -> None:
    assert migrated(SESSION + "session.end_session()\n").endswith("client.disconnect()\n")


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (SESSION + "print(session.session_id)\n", "STB320"),
        (SESSION + "print(client.live_v2().get(session.session_id))\n", "STB310"),
        (SESSION + "session.join()\n", "STB320"),
        (SESSION + "session.off('message')\n", "STB322"),
        (CLIENT + START + HANDLER.replace("utterance.text", "utterance.channel"), "STB306"),
        (CLIENT + START + HANDLER.replace("print", "queue.put").replace(".data.utterance.text", ""), "STB312"),
        (CLIENT + START + HANDLER + "session.on('ending', print)\n", "STB321"),
        (CLIENT + "def f():\n    return client.live_v2().start_session({})\n", "STB320"),
        (CLIENT + START.replace("sample_rate=16000", "nonsense=1") + HANDLER, "STB305"),
    ],
)
def test_what_cannot_be_followed_is_left_and_said(code: str, kind: str) -> None:
    left(code, kind)


def test_a_client_of_the_module_and_sessions_of_functions_have_names_of_their_own() -> None:
    function = "def {}(data):\n    session = client.live_v2().start_session(LiveV2InitRequest(sample_rate=16000))\n"
    function += "    session.send_audio(data)\n    session.stop_recording()\n\n"
    code = migrated(CLIENT + function.format("a") + function.format("b"))
    assert 'options = RealTimeTranscriberOptions(api_key="k")\n' in code
    assert code.count("    client = RealTimeTranscriber(options)\n") == 2
    assert code.count("    client.stream(data)\n    client.disconnect(terminate=True)\n") == 2


def test_a_client_that_a_class_has_is_renamed_where_it_is_made() -> None:
    code = migrated(
        'class Live:\n    client = GladiaClient(api_key="k")\n\n    def run(self):\n'
        "        session = self.client.live_v2().start_session(LiveV2InitRequest(sample_rate=16000))\n"
        "        session.stop_recording()\n"
    )
    assert (
        '    options = RealTimeTranscriberOptions(api_key="k")\n' in code
        and "RealTimeTranscriber(self.options)" in code
    )


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (' if m.type == "transcript": print(m.data.utterance.text)\n', "    print(event.transcript)\n"),
        (
            ' if m.type == "transcript": print(m.data.utterance.text)\n'
            '    elif m.type == "speech_start": print("hm")\n',
            'def on_speech_started(client, event):\n    print("hm")\n',
        ),
        (
            ' if m.type != "transcript": return\n    print(m.data.utterance.text)\n',
            "def heard(client, event):\n    print(event.transcript)\n",
        ),
        (
            ' if m.type != "transcript" or not m.data.is_final:\n        return\n    print(m.data.utterance.text)\n',
            "    if not event.end_of_turn:\n        return\n    print(event.transcript)\n",
        ),
    ],
)
def test_tests_of_the_type_on_one_line_go_too(body: str, expected: str) -> None:
    assert expected in migrated(CLIENT + START + "@session.on('message')\ndef heard(m):\n   " + body + "\n" + STOP)


def test_a_lambda_need_not_ask_for_the_only_type() -> None:
    text = "print(m.data.utterance.text)"
    asked = f'session.on("message", lambda m: {text} if m.type == "transcript" else None)\n'
    assert "lambda client, event: print(event.transcript))\n" in migrated(CLIENT + START + asked)
    asked = asked.replace('"transcript"', '"transcript" and m.data.is_final')
    assert "print(event.transcript) if event.end_of_turn else None)\n" in migrated(CLIENT + START + asked)


def test_cases_of_a_match_are_events() -> None:
    handler = "def heard(m):\n    match m.type:\n        case 'transcript' if m.data.is_final:\n"
    handler += "            print(m.data.utterance.text)\n        case 'post_final_transcript':\n"
    handler += "            print('end')\n        case _:\n            pass\n\nsession.on('message', heard)\n"
    code = migrated(CLIENT + START + handler)
    assert "case 'Turn' if event.end_of_turn:\n            print(event.transcript)" in code
    assert "case 'Termination':" in code and "client.on(RealTimeEvents.Termination, heard)" in code
    left(
        CLIENT + START + handler.replace(" if m.data.is_final", "").replace("case _", "case 'end_recording'"), "STB321"
    )


def test_types_that_are_one_event_must_not_exclude_each_other() -> None:
    one = "    if m.type == 'post_transcript':\n        print('a')\n"
    other = "    {} m.type == 'end_recording':\n        print('b')\n\n"
    start = CLIENT + START + "@session.on('message')\ndef heard(m):\n"
    left(start + one + other.format("elif"), "STB321")
    assert migrated(start + one + other.format("if")).count("if event.type == 'Termination':") == 2


def test_ending_where_the_end_is_handled_waits_for_it() -> None:
    ended = "@session.once('ended')\ndef over(e):\n    print('over')\n\n"
    failed = "@session.on('error')\ndef failed(error):\n    session.end_session()\n\n"
    code = migrated(SESSION + ended + failed + "session.end_session()\n")
    assert code.endswith("client.disconnect(terminate=True)\n")
    assert "def failed(client, error):\n    client.disconnect()\n" in code
    for method in ("end_session", "stop_recording"):
        stopping = HANDLER.replace("print(message.data.utterance.text)", f"session.{method}()")
        left(CLIENT + START + stopping + ended, "STB320")


def test_only_lists_of_texts_get_the_blank() -> None:
    handler = "@session.on('message')\ndef heard(m):\n    parts = []\n    if m.type == 'transcript':\n"
    handler += "        parts.append(m.data.utterance.text)\n    print(''.join(parts))\n\n"
    other = "def other():\n    parts = ['a', 'b']\n    parts.append('c')\n    return ''.join(parts)\n"
    code = migrated(CLIENT + START + handler + other)
    assert "print(' '.join(parts))" in code and "return ''.join(parts)" in code


def test_a_text_that_is_added_under_a_condition_gets_its_blank() -> None:
    handler = "full = ''\n\n@session.on('message')\ndef heard(m):\n    global full\n    if m.type == 'transcript':\n"
    handler += "        full += m.data.utterance.text if m.data.is_final else ''\n\n"
    assert "full += ' ' + event.transcript if event.end_of_turn else ''" in migrated(CLIENT + START + handler)


def test_texts_that_are_joined_get_the_blank_that_gladias_begin_with() -> None:
    handler = (
        "texts = []\nfull = ''\n\n@session.on('message')\ndef heard(m):\n    global full\n"
        "    if m.type == 'transcript':\n        texts.append(m.data.utterance.text)\n"
        "        full += m.data.utterance.text\n        full = full + m.data.utterance.text\n"
        "        print(''.join(w.word for w in m.data.utterance.words))\n"
        "        words = [w.word for w in m.data.utterance.words]\n        print(''.join(words))\n\n"
    )
    code = migrated(CLIENT + START + handler + STOP + "print(''.join(texts))\n")
    assert "texts.append(event.transcript)\n        full += ' ' + event.transcript\n" in code
    assert "full = full + ' ' + event.transcript\n" in code
    assert "print(' '.join(w.text for w in event.words))" in code and "print(' '.join(words))" in code
    assert code.endswith("print(' '.join(texts))\n")
    mixed = migrated(CLIENT + START + handler + "texts.append('!')\n" + STOP + "print(''.join(texts))\n")
    assert "texts.append(' ' + event.transcript)\n" in mixed and mixed.endswith("print(''.join(texts))\n")
    stripped = handler.replace("append(m.data.utterance.text)", "append(m.data.utterance.text.strip())")
    assert "''.join(texts)" in migrated(CLIENT + START + stripped + STOP + "print(''.join(texts))\n")


def test_a_handler_that_another_class_overrides_is_left() -> None:
    classes = "class A:\n    def heard(self, m):\n        print(m.data.utterance.text)\n\n"
    classes += "class B(A):\n    def heard(self, m):\n        print('b')\n\n"
    left(classes + CLIENT + START + "session.on('message', A().heard)\n", "STB321")


def test_parameters_that_a_caller_gives_are_written_as_they_are() -> None:
    code = migrated(
        "def run(partials=False, endpointing=0.3, silence=None, languages=None, key='k'):\n"
        "    client = GladiaClient(api_key=key)\n"
        "    session = client.live_v2().start_session(LiveV2InitRequest(sample_rate=16000, endpointing=silence,\n"
        "        language_config={'languages': languages or []},\n"
        "        messages_config={'receive_partial_transcripts': partials}))\n    session.stop_recording()\n"
    )
    silence = "max_turn_silence=( max(100, round(silence * 1000)) if silence is not None else None ),"
    assert silence in " ".join(code.split())
    assert "language_codes=languages or []" in code and "include_partial_turns=partials" in code
    config = (
        "LiveV2InitRequest(language_config={'languages': ['en']}, messages_config={'receive_partial_transcripts': p})"
    )
    code = migrated(f"def run(p=False):\n    {CLIENT}    session = client.live_v2().start_session({config})\n")
    assert "universal-3-6-pro" in code, "u3-rt-pro sends few partials"


@pytest.mark.parametrize(
    ("parameter", "region", "config", "kind"),
    [
        ("region='eu-west'", "region", "None", "STB212"),
        ("region=None", "region", "None", "STB212"),
        ("config=None", "None", "config", "STB304"),
        ("config=None", "os.getenv('R', 'eu-west')", "None", "STB212"),
    ],
)
def test_what_a_caller_can_change_is_never_lost(parameter: str, region: str, config: str, kind: str) -> None:
    left(
        f"import os\n\ndef run({parameter}):\n    client = GladiaClient(api_key='k', region={region})\n"
        "    session = client.live_v2().start_session(\n"
        f"        LiveV2InitRequest(sample_rate=16000, language_config={config})\n    )\n    session.stop_recording()\n",
        kind,
    )


def test_an_awaited_wait_for_the_connection_goes() -> None:
    ready = "    await session.wait_until_ready()\n    buffer = bytearray()\n"
    code = migrated(ASYNCHRONOUS.replace("    buffer = bytearray()\n", ready))
    assert "wait_until_ready" not in code and "    await client.connect(" in code
    code = migrated(SESSION + "if not session.wait_until_ready():\n    raise SystemExit\n")
    assert "SystemExit" not in code and "wait_until_ready" not in code
    left(SESSION + "print(session.wait_until_ready())\n", "STB320")


def test_look_alikes_are_left_alone() -> None:
    own = (
        "class GladiaClient:\n    def live_v2(self):\n        return self\n\n"
        "    def start_session(self, config):\n        return self\n\n"
        "session = GladiaClient().live_v2().start_session({'sample_rate': 16000})\nsession.send_audio(b'')\n"
    )
    migration = check_migration(own, ruff=False)
    assert not migration.changed and not migration.findings


def test_the_names_suit_the_version_that_the_project_pins(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("assemblyai==0.64.33\n")
    version = version_for(tmp_path / "live.py")
    assert version == (0, 64, 33)
    migration = migrate_source(IMPORTS + SESSION, "assemblyai", Options(assemblyai_version=version))
    assert "client = StreamingClient(StreamingClientOptions(" in migration.code
    assert "StreamingEvents.Turn" in migration.code and "RealTime" not in migration.code
    assert "STB230" in codes(migration)
