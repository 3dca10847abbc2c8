"""Programs that speak to AssemblyAI's socket themselves, moved to Gladia: what each shape of them becomes."""

from __future__ import annotations

import ast
import json
import textwrap
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codemods.findings import Level
from codemods.migration import migrate_source
from codemods.rules.remains.sweep import traces
from codemods.verify.run import run_program
from codemods.verify.verification import verify_pair
from shim.guide import guide_file
from shim.mapping import assemblyai_messages, assemblyai_parameters
from shim.mapping.row import Row, Vendor
from shim.mapping.translation import translate_parameters
from tests.codemod_checks import check_migration, codes, fixture

WEBSOCKET_APP = fixture("assemblyai_websocket_app.py")
MICROPHONE = fixture("assemblyai_microphone.py")


def migrated(before: str, **options: Any) -> str:
    """The program moved to Gladia, which must leave nothing for a person."""
    migration = check_migration(textwrap.dedent(before), to="gladia", **options)
    manual = [finding for finding in migration.findings if finding.kind.blocks]
    assert not manual, manual
    assert migration.changed
    assert "assemblyai" not in migration.code.lower()
    return migration.code


# Whole programs


def test_the_websocket_app_becomes_the_fixture() -> None:
    assert check_migration(WEBSOCKET_APP, to="gladia").code == fixture("gladia_websocket_app.py")
    assert list(traces(fixture("gladia_websocket_app.py"), Vendor.ASSEMBLYAI)) == []


def test_only_information_is_left_to_say_of_the_websocket_app() -> None:
    migration = migrate_source(WEBSOCKET_APP, "gladia")
    assert {finding.level for finding in migration.findings} == {Level.INFORMATION}


def test_the_websocket_app_behaves_the_same() -> None:
    found = verify_pair(guide_file("assemblyai_websocket_app.py"), guide_file("gladia_websocket_app.py"))
    assert found.agree, (found.differences, [run.stdout + run.stderr for run in found.runs])
    assert len(found.runs[0].transcripts) == 3


def test_the_guides_script_there_and_back_behaves_the_same(tmp_path: Path) -> None:
    back = tmp_path / "back.py"
    back.write_text(migrated(MICROPHONE), encoding="utf-8")
    found = verify_pair(guide_file("gladia_microphone.py"), back)
    assert found.agree, (found.differences, found.runs[1].stderr)
    assert len(found.runs[1].transcripts) == 3


def test_a_refusal_ends_the_program_with_the_status_and_the_text() -> None:
    found = run_program(guide_file("gladia_websocket_app.py"), vendor="gladia", key="another one")
    assert (found.ended_by, found.exit_status, found.had_traceback) == ("itself", 1, False)
    assert "401" in found.stderr and "gladia user not found" in found.stderr
    assert "another one" not in found.stdout + found.stderr


WITH_SILENCES = MICROPHONE.replace(
    '"include_partial_turns": False,',
    '"include_partial_turns": False,\n        "max_turn_silence": 700,\n        "min_turn_silence": 700,',
)


def test_there_and_back_is_the_same_text_where_nothing_is_lost() -> None:
    there = migrated(WITH_SILENCES)
    assert check_migration(there).code == WITH_SILENCES


# Programs in the codemod's own style

_NAMES = st.sampled_from(["websocket", "ws", "socket", "connection"])
_MESSAGES = st.sampled_from(["content", "message", "event"])
_READS = st.sampled_from(
    [
        'print({message}["transcript"].strip())',
        'if {message}["end_of_turn"]:\n                print({message}["transcript"].strip())',
        'for word in {message}["words"]:\n                print(word["confidence"])',
        'print({message}.get("end_of_turn"))',
    ]
)


@st.composite
def own_style(draw: st.DrawFn) -> str:
    """A program as the codemod itself writes it for AssemblyAI, of rows that say the same on both sides."""
    socket, message = draw(_NAMES), draw(_MESSAGES)
    language = draw(st.sampled_from(["en", "es", "de", "fr", "pt", "it"]))
    silence = draw(st.integers(100, 10_000))
    read = draw(_READS).format(message=message)
    rate = draw(st.sampled_from([8000, 16000, 44100]))
    return f'''import asyncio
import json
import os
from urllib.parse import urlencode

from websockets.asyncio.client import connect


async def main(chunks):
    config = {{
        "encoding": "pcm_s16le",
        "sample_rate": {rate},
        "language_codes": json.dumps(["{language}"]),
        "speech_model": "u3-rt-pro",
        "include_partial_turns": False,
        "max_turn_silence": {silence},
        "min_turn_silence": {silence},
    }}

    async with connect(
        f"wss://streaming.assemblyai.com/v3/ws?{{urlencode(config)}}",
        additional_headers={{"Authorization": os.environ["ASSEMBLYAI_API_KEY"]}},
    ) as {socket}:
        begin = json.loads(await {socket}.recv())
        if begin["type"] != "Begin":
            print(f"{{begin['error_code']}}: {{begin['error']}}")
            exit(1)

        print(begin["id"])
        for chunk in chunks:
            await {socket}.send(chunk)
        await {socket}.send(json.dumps({{"type": "Terminate"}}))
        async for frame in {socket}:
            {message} = json.loads(frame)
            if {message}["type"] == "Turn":
                {read.replace("            ", "                ")}
            if {message}["type"] == "Termination":
                print("the end")


asyncio.run(main([]))
'''


@settings(max_examples=30)
@given(own_style())
def test_programs_of_its_own_style_come_back_as_the_same_text(program: str) -> None:
    there = migrate_source(program, "gladia")
    assert there.changed and not there.unfinished, there.findings
    back = migrate_source(there.code, "assemblyai")
    assert back.code == program


# The opening

SESSION = """
import json
{imports}
from urllib.parse import urlencode
{library}

def run(audio):
    {connect}
    for frame in ws:
        message = json.loads(frame)
        if message["type"] == "Turn":
            print(message["transcript"])
"""


def session(connect: str, library: str = "from websockets.sync.client import connect", imports: str = "") -> str:
    return SESSION.format(connect=connect.replace("\n", "\n    "), library=library, imports=imports)


URL = "wss://streaming.assemblyai.com/v3/ws"
HEADERS = 'additional_headers={"Authorization": "k"}'


@pytest.mark.parametrize(
    ("connect", "url"),
    [
        (
            f"ws = connect(f\"{URL}?{{urlencode({{'sample_rate': 8000}})}}\", {HEADERS})",
            '"https://api.gladia.io/v2/live"',
        ),
        (f'ws = connect("{URL}?" + urlencode(dict(sample_rate=8000) or {{"a": 1}}), {HEADERS})', None),
        (
            f'ws = connect("{URL}" + "?" + urlencode({{"sample_rate": 8000}}), {HEADERS})',
            '"https://api.gladia.io/v2/live"',
        ),
        (f'ws = connect("{URL}?sample_rate=8000", {HEADERS})', '"https://api.gladia.io/v2/live"'),
        (f'p = {{"sample_rate": 8000}}\nurl = f"{URL}?{{urlencode(p)}}"\nws = connect(url, {HEADERS})', "url"),
        (f'base = "{URL}"\nws = connect(f"{{base}}?sample_rate={{8000}}", {HEADERS})', "base"),
        (
            f'ws = connect("{URL}?{{}}".format(urlencode({{"sample_rate": 8000}})), {HEADERS})',
            '"https://api.gladia.io/v2/live"',
        ),
    ],
)
def test_the_address_loses_its_query_and_the_body_gets_it(connect: str, url: str | None) -> None:
    before = session(connect)
    if url is None:
        migration = check_migration(before, to="gladia")
        assert codes(migration) & {"STB304", "STB311"} and migration.code == before
        return
    code = migrated(before)
    (post,) = [one for one in ast.walk(ast.parse(code)) if is_call(one, "post")]
    assert ast.unparse(post.args[0]).replace("'", '"') == url
    assert '"sample_rate": 8000' in code.replace("'", '"') and "v3/ws" not in code and "urlencode(" not in code
    assert 'connect(session["url"])' in code


def is_call(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == name


@pytest.mark.parametrize(
    ("host", "region"), [("streaming.eu.assemblyai.com", "eu-west"), ("streaming.us.assemblyai.com", "us-west")]
)
def test_a_region_is_kept(host: str, region: str) -> None:
    code = migrated(session(f'ws = connect("wss://{host}/v3/ws?sample_rate=8000", {HEADERS})'))
    assert f'"https://api.gladia.io/v2/live?region={region}"' in code
    apart = f'HOST = "{host}"\nws = connect(f"wss://{{HOST}}/v3/ws?sample_rate=8000", {HEADERS})'
    code = migrated(session(apart))
    assert 'HOST = "api.gladia.io"' in code and f'f"https://{{HOST}}/v2/live?region={region}"' in code


@pytest.mark.parametrize(
    ("headers", "written"),
    [
        ('additional_headers={"Authorization": KEY}', 'headers={"X-Gladia-Key": KEY}'),
        ('additional_headers={"authorization": KEY, "User-Agent": "me"}', 'headers={"X-Gladia-Key": KEY}'),
        ('additional_headers=[("Authorization", KEY)]', 'headers={"X-Gladia-Key": KEY}'),
        ('extra_headers={"Authorization": KEY}', 'headers={"X-Gladia-Key": KEY}'),
        ("additional_headers=HEADERS", "headers=HEADERS"),
    ],
)
def test_the_key_moves_to_the_post(headers: str, written: str) -> None:
    imports = 'KEY = "k"\nHEADERS = {"Authorization": KEY}\n' if "HEADERS" in headers else 'KEY = "k"\n'
    code = migrated(session(f'ws = connect("{URL}?sample_rate=8000", {headers}, open_timeout=5)', imports=imports))
    assert written in code and "Authorization" not in code
    assert 'connect(session["url"], open_timeout=5)' in code


@pytest.mark.parametrize("given", ['["Authorization: " + KEY]', '[f"Authorization: {KEY}"]', '{"Authorization": KEY}'])
def test_the_key_of_websocket_client_moves_to_the_post(given: str) -> None:
    code = migrated(
        session(
            f'ws = websocket.create_connection("{URL}?sample_rate=8000", header={given})',
            "import websocket",
            'KEY = "k"\n',
        )
    )
    assert 'headers={"X-Gladia-Key": KEY}' in code and 'create_connection(session["url"])' in code


ASYNCHRONOUS = """
import asyncio
import json
{imports}
from websockets.asyncio.client import connect

async def run(audio):
    async with connect("wss://streaming.assemblyai.com/v3/ws?sample_rate=8000", additional_headers={{"Authorization": "k"}}) as ws:
        async for frame in ws:
            message = json.loads(frame)
            if message["type"] == "Turn":
                print(message["transcript"])
"""


@pytest.mark.parametrize(
    ("imports", "written"),
    [
        ("", "response = await asyncio.to_thread(\n        requests.post,"),
        ("import requests", "response = await asyncio.to_thread(\n        requests.post,"),
        ("import httpx", "async with httpx.AsyncClient() as client:\n        response = await client.post("),
        (
            "import aiohttp",
            "async with aiohttp.ClientSession() as client:\n        async with client.post(",
        ),
    ],
)
def test_the_post_is_written_with_the_programs_own_client(imports: str, written: str) -> None:
    code = migrated(ASYNCHRONOUS.format(imports=imports), ruff=not imports)
    assert written in code
    assert 'raise ConnectionError(f"{response.status' in code


def test_the_post_is_written_with_httpx_where_the_program_has_it() -> None:
    code = migrated(session(f'ws = connect("{URL}?sample_rate=8000", {HEADERS})', imports="import httpx"))
    assert "response = httpx.post(" in code and "if not response.is_success:" in code


def test_a_thread_ends_the_program_too() -> None:
    before = session(f'ws = connect("{URL}?sample_rate=8000", {HEADERS})', imports="import threading")
    code = migrated(before + "\nthreading.Thread(target=run, args=(b'',)).start()\n")
    assert (
        'if not response.ok:\n        print(f"{response.status_code}: {response.text}")\n        os._exit(1)\n'
    ) in code and "import os" in code


def test_names_that_are_taken_are_left_alone() -> None:
    before = session(
        f'response = session = 1\nws = connect("{URL}?sample_rate=8000", {HEADERS})\nprint(response, session)'
    )
    code = migrated(before)
    assert "session_response = requests.post(" in code and 'connect(session_data["url"])' in code


WITH_AIOHTTP = """
import asyncio
import json
import wave

import aiohttp

API_KEY = "k"


async def receive(ws):
    async for message in ws:
        if message.type == aiohttp.WSMsgType.TEXT:
            data = json.loads(message.data)
            if data["type"] == "Turn" and data["end_of_turn"]:
                print(data["transcript"])


async def main():
    with wave.open("SPEECH") as file:
        audio = file.readframes(file.getnframes()) + bytes(64000)
    async with aiohttp.ClientSession() as http:
        async with http.ws_connect(
            "wss://streaming.assemblyai.com/v3/ws?sample_rate=16000&speech_model=u3-rt-pro",
            headers={"Authorization": API_KEY},
        ) as ws:
            heard = asyncio.create_task(receive(ws))
            for at in range(0, len(audio), 6400):
                await ws.send_bytes(audio[at : at + 6400])
                await asyncio.sleep(0.2)
            await ws.send_json({"type": "Terminate"})
            await heard


asyncio.run(main())
""".replace("SPEECH", str(guide_file("speech.wav")))


def test_a_program_on_aiohttp_behaves_the_same(tmp_path: Path) -> None:
    before, after = tmp_path / "before.py", tmp_path / "after.py"
    before.write_text(WITH_AIOHTTP, encoding="utf-8")
    after.write_text(migrated(WITH_AIOHTTP), encoding="utf-8")
    assert "async with http.post(" in after.read_text(encoding="utf-8")
    found = verify_pair(before, after)
    assert found.agree, (found.differences, [run.stderr for run in found.runs])
    assert " ".join(found.runs[0].transcripts).count("Alice") == 1


def test_a_client_that_is_not_there_before_is_not_asked() -> None:
    before = WITH_AIOHTTP.replace(
        "aiohttp.ClientSession() as http:\n        async with http.ws_connect(",
        "aiohttp.ClientSession() as http, http.ws_connect(",
    )
    code = migrated(before.replace("            headers", "        headers"), ruff=False)
    assert "async with aiohttp.ClientSession() as client:" in code and "client.post(" in code


# The parameters


def body_of(parameters: dict[str, Any], **constants: str) -> dict[str, Any]:
    """What the parameters become, as the program would send it."""
    written = repr(parameters)
    for name, code in constants.items():
        written = written.replace(f"'${name}'", code)
    code = migrated(session(f'p = {written}\nws = connect(f"{URL}?{{urlencode(p)}}", {HEADERS})'))
    function = next(one for one in ast.parse(code).body if isinstance(one, ast.FunctionDef))
    assign = next(one for one in function.body if isinstance(one, ast.Assign))
    value: dict[str, Any] = eval(ast.unparse(assign.value), {"json": json})
    return value


KEPT = {"maximum_duration_without_endpointing": 60, "messages_config": {"receive_partial_transcripts": True}}
SIX = {"languages": ["en", "es", "de", "fr", "pt", "it"], "code_switching": True}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            {"sample_rate": 16000},
            {"sample_rate": 16000, "endpointing": 1.28, "language_config": {"code_switching": True}},
        ),
        ({"speech_model": "u3-rt-pro"}, {"endpointing": 1.0, "language_config": SIX}),
        (
            {"speech_model": "universal-streaming-english"},
            {"endpointing": 1.28, "language_config": {"languages": ["en"]}},
        ),
        ({"speech_model": "universal-3-5-pro", "mode": "min_latency"}, {"endpointing": 0.64}),
        ({"format_turns": True}, {"endpointing": 1.28, "language_config": {"languages": ["en"]}}),
        ({"end_of_turn_confidence_threshold": 0, "min_turn_silence": 300}, {"endpointing": 0.3}),
        ({"max_turn_silence": 700, "min_turn_silence": 900}, {"endpointing": 0.9}),
        ({"max_turn_silence": "2400"}, {"endpointing": 2.4}),
        ({"encoding": "pcm_mulaw", "sample_rate": 8000}, {"encoding": "wav/ulaw", "bit_depth": 8, "sample_rate": 8000}),
        ({"encoding": "pcm_s16le"}, {"encoding": "wav/pcm", "bit_depth": 16}),
        (
            {"language_codes": "$codes", "language_detection": True},
            {"language_config": {"languages": ["en", "fr"], "code_switching": True}},
        ),
        ({"language_code": "de"}, {"language_config": {"languages": ["de"]}}),
        ({"include_partial_turns": "false"}, {"messages_config": {"receive_partial_transcripts": False}}),
        (
            {"keyterms_prompt": "$terms"},
            {
                "realtime_processing": {
                    "custom_vocabulary": True,
                    "custom_vocabulary_config": {"vocabulary": ["Zürich"]},
                }
            },
        ),
        (
            {"keyterms": "$terms"},
            {
                "realtime_processing": {
                    "custom_vocabulary": True,
                    "custom_vocabulary_config": {"vocabulary": ["Zürich"]},
                }
            },
        ),
        ({"voice_focus": "far-field"}, {"pre_processing": {"audio_enhancer": True}}),
        ({"speech_model": "u3-rt-pro", "vad_threshold": 0.15}, {"pre_processing": {"speech_threshold": 0.3}}),
        ({"speaker_labels": True}, {"maximum_duration_without_endpointing": 10, "endpointing": 0.768}),
        # What a guide's table names, and older names.
        ({"model": "u3-rt-pro"}, {"language_config": SIX}),
        ({"interim_results": False}, {"messages_config": {"receive_partial_transcripts": False}}),
        ({"language": "fr"}, {"language_config": {"languages": ["fr"]}}),
        ({"encoding": "linear16"}, {"encoding": "wav/pcm", "bit_depth": 16}),
        ({"endpointing": 0.5}, {"endpointing": 0.5}),
        ({"endpointing": 500}, {"endpointing": 0.5}),
        ({"min_end_of_turn_silence_when_confident": 5000}, {"endpointing": 5.0}),
        ({"noise_suppression_model": "near-field"}, {"pre_processing": {"audio_enhancer": True}}),
    ],
    ids=lambda one: "-".join(one),
)
def test_parameters_keep_what_they_meant(given: dict[str, Any], expected: dict[str, Any]) -> None:
    body = body_of(given, codes='json.dumps(["en", "fr"])', terms='json.dumps(["Zürich"])')
    assert body.items() >= {"model": "solaria-1", **KEPT, **expected}.items()
    if "encoding" not in expected:
        assert "encoding" not in body, "a default of both is not written out"


def test_live_parameters_are_read_by_the_same_names() -> None:
    translated = translate_parameters(
        {
            "model": "universal-streaming-english",
            "interim_results": False,
            "language": "fr",
            "encoding": "linear16",
            "endpointing": 0.5,
            "redact_pii": True,
            "speaker_labels": False,
            "mode": "balanced",
        },
        Vendor.GLADIA,
    )
    assert translated.values == {
        "model": "solaria-1",
        "encoding": "wav/pcm",
        "bit_depth": 16,
        "endpointing": 0.5,
        "maximum_duration_without_endpointing": 60,
        "language_config": {"languages": ["fr"], "code_switching": False},
        "messages_config": {"receive_partial_transcripts": False},
    }
    assert [row.id for row in translated.unserved] == ["parameter.redact_pii"]


def test_entries_keep_their_places_and_comments() -> None:
    before = session(
        "p = {\n"
        '    "sample_rate": RATE,  # as recorded\n'
        '    "keyterms_prompt": json.dumps(TERMS),\n'
        '    "speech_model": "u3-rt-pro",\n'
        '    "language_codes": json.dumps(["en"]),\n'
        "}\n"
        f'ws = connect(f"{URL}?{{urlencode(p)}}", {HEADERS})',
        imports="import sys\nRATE = int(sys.argv[1])\nTERMS = sys.argv[2:]\n",
    )
    code = migrated(before)
    assert (
        "    p = {\n"
        '        "sample_rate": RATE,  # as recorded\n'
        '        "realtime_processing": {"custom_vocabulary": bool(TERMS), "custom_vocabulary_config": '
        '{"vocabulary": TERMS}},\n'
        '        "model": "solaria-1",\n'
        '        "language_config": {"languages": ["en"]},\n'
        '        "endpointing": 1.0,\n'
        '        "maximum_duration_without_endpointing": 60,\n'
        '        "messages_config": {"receive_partial_transcripts": True},\n'
        "    }\n"
    ) in code


@pytest.mark.parametrize(
    ("last", "written", "went"),
    [
        ('"format_turns": True,  # why', '"language_config": {"languages": ["en"]},\n        "messages_config"', True),
        ('"include_partial_turns": False,  # why', '"receive_partial_transcripts": False},  # why\n', False),
        ('"speech_model": "u3-rt-pro",  # why', '"model": "solaria-1",  # why\n', False),
    ],
)
def test_a_comment_beside_the_last_entry_stays_beside_it(last: str, written: str, went: bool) -> None:
    before = session(
        f'p = {{\n    "sample_rate": 8000,\n    {last}\n}}\nws = connect(f"{URL}?{{urlencode(p)}}", {HEADERS})'
    )
    migration = check_migration(before, to="gladia")
    assert written in migration.code
    assert "# why" in migration.code and ("STB154" in codes(migration)) is went


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ('{"sample_rate": 16000, "redact_pii": True}', "STB305"),
        ('{"encoding": "opus"}', "STB305"),
        ('{"redact_pii_policies": "[]", "redact_pii_sub": "hash"}', "STB305"),
        ('{"token": "t"}', "STB323"),
        ("BASE", "STB304"),
        ("make()", "STB304"),
    ],
)
def test_what_cannot_be_read_or_served_leaves_the_file_whole(parameters: str, code: str) -> None:
    before = session(
        f'ws = connect("{URL}?" + urlencode({parameters}), {HEADERS})',
        imports="from elsewhere import BASE, FORMAT, MODEL, make\n",
    )
    migration = check_migration(before, to="gladia")
    assert code in codes(migration) and (migration.code == before) is (code != "STB305")


@pytest.mark.parametrize(
    ("parameters", "written", "todo"),
    [
        ('{"encoding": FORMAT}', '{"pcm_s16le": "wav/pcm", "pcm_mulaw": "wav/ulaw"}[FORMAT]', ""),
        ('{"encoding": FORMAT}', '"bit_depth": 8 if FORMAT == "pcm_mulaw" else 16', ""),
        ('{"speech_model": MODEL}', '"code_switching": MODEL != "universal-streaming-english"', ""),
        ('{"speech_model": MODEL}', '"endpointing": 1.0 if MODEL == "u3-rt-pro" else 1.28', ""),
        ("{**MODEL}", '"model": "solaria-1"', "`**MODEL` is only known when it runs"),
        ('{"vad_threshold": MODEL}', '"speech_threshold": round(min(MODEL * 3, 1 - (1 - MODEL) / 2), 3)', ""),
        ('{"vad_threshold": FORMAT()}', '"model": "solaria-1"', "`vad_threshold` is only known when it runs: FORMAT()"),
        ('{"voice_focus": MODEL}', '"audio_enhancer": bool(MODEL)', ""),
        ('{"keyterms_prompt": MODEL}', '"model": "solaria-1"', "`keyterms_prompt` may be a list or its text: MODEL"),
    ],
)
def test_what_is_only_known_when_it_runs_is_converted_there_or_left_at_its_line(
    parameters: str, written: str, todo: str
) -> None:
    before = session(
        f'ws = connect("{URL}?" + urlencode({parameters}), {HEADERS})', imports="from elsewhere import FORMAT, MODEL\n"
    )
    migration = check_migration(before, to="gladia")
    said = [one.text for one in migration.findings if one.kind.code == "STB356"]
    assert written in migration.code and "MODEL," not in migration.code
    assert (todo in said[0] and "TODO(sttbridge STB356)" in migration.code) if todo else not said


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        *((row.assemblyai[0], 3, "STB103") for row in assemblyai_parameters.HINTS),
        *((row.assemblyai[0], 30, "STB305") for row in assemblyai_parameters.KEPT_BY_SHIM),
        *((row.assemblyai[0], 1, "STB305") for row in assemblyai_parameters.MISSED),
        ("noise_suppression_threshold", 0.5, "STB103"),
        ("format_turns", True, "STB103"),
        ("nonsense", 1, "STB103"),
    ],
)
def test_what_gladia_lacks_goes_and_is_said(name: str, value: object, code: str) -> None:
    value = "balanced" if name == "mode" else value
    before = session(
        f'p = {{"sample_rate": 8000, "{name}": {value!r}}}\nws = connect(f"{URL}?{{urlencode(p)}}", {HEADERS})'
    )
    migration = check_migration(before, to="gladia")
    assert f'"{name}"' not in migration.code
    assert any(finding.kind.code == code and f"`{name}`" in finding.text for finding in migration.findings)


def test_a_key_that_changes_must_not_be_read_elsewhere() -> None:
    before = session(
        f'p = {{"sample_rate": 8000, "max_turn_silence": 300}}\nprint(p["max_turn_silence"])\n'
        f'ws = connect(f"{URL}?{{urlencode(p)}}", {HEADERS})'
    )
    migration = check_migration(before, to="gladia")
    assert "STB304" in codes(migration) and migration.code == before


# Messages


def reading(branch: str, imports: str = "") -> str:
    return f"""
import json
{imports}
from websockets.sync.client import connect

with connect("{URL}?sample_rate=8000", {HEADERS}) as ws:
    for frame in ws:
        message = json.loads(frame)
        kind = message.get("type")
{textwrap.indent(textwrap.dedent(branch), "        ")}
"""


def branch_of(before: str, imports: str = "") -> str:
    """What the branches become."""
    code = migrated(reading(before, imports))
    return textwrap.dedent(code.partition('message.get("type")\n')[2]).strip()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('message["transcript"]', 'message["data"]["utterance"]["text"].strip()'),
        ('message.get("transcript", "")', 'message["data"]["utterance"].get("text", "").strip()'),
        ('message["transcript"].strip()', 'message["data"]["utterance"]["text"].strip()'),
        ('message["end_of_turn"]', 'message["data"]["is_final"]'),
        ('message["turn_is_formatted"]', 'message["data"]["is_final"]'),
        ('message["turn_order"]', 'int(message["data"]["id"].rpartition("_")[2])'),
        ('message["words"][0]["start"]', 'round(message["data"]["utterance"]["words"][0]["start"] * 1000)'),
        ('message["words"][-1]["end"] / 1000', 'message["data"]["utterance"]["words"][-1]["end"]'),
        ('message["language_code"]', 'message["data"]["utterance"]["language"]'),
        (
            '[word["text"] for word in message["words"]]',
            '[word["word"].strip() for word in message["data"]["utterance"]["words"]]',
        ),
    ],
)
def test_the_fields_of_a_turn(before: str, after: str) -> None:
    found = branch_of(f'if kind == "Turn":\n    print({before})')
    assert found == f'if kind == "transcript":\n    print({after})'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            'if kind == "Termination":\n    print(message["audio_duration_seconds"])\n    break',
            'if kind == "post_final_transcript":\n'
            '    print(round(message["data"]["metadata"]["audio_duration"]))\n    break',
        ),
        (
            'if kind == "Termination":\n    print(message.get("session_duration_seconds"))',
            'if kind == "post_final_transcript":\n    print(round(message["data"]["metadata"]["audio_duration"]))',
        ),
        (
            'if kind == "SpeechStarted":\n    print(message["timestamp"])',
            'if kind == "speech_start":\n    print(round(message["data"]["time"] * 1000))',
        ),
        (
            'if kind in ("Turn", "Termination"):\n    print(message)',
            'if kind in ("transcript", "post_final_transcript"):\n    print(message)',
        ),
        (
            'if kind == "Error":\n    print(message["error"])\nelif kind == "Heartbeat":\n    pass\n'
            'elif kind == "Turn":\n    print("turn")\nelif kind == "Warning":\n    print(message["warning"])',
            'if kind == "transcript":\n    print("turn")',
        ),
        (
            'if kind == "Turn" and message["end_of_turn"] and not message["turn_is_formatted"]:\n    print("plain")\n'
            'elif kind == "Turn" and message["end_of_turn"] and message["turn_is_formatted"]:\n    print("formatted")',
            'if kind == "transcript" and message["data"]["is_final"]:\n    print("formatted")',
        ),
        (
            'match kind:\n    case "Turn" if message["end_of_turn"]:\n        print("end")',
            'match kind:\n    case "transcript" if message["data"]["is_final"]:\n        print("end")',
        ),
    ],
)
def test_types_and_branches(before: str, after: str) -> None:
    assert branch_of(before) == after


@pytest.mark.parametrize("row", assemblyai_messages.ROWS, ids=lambda row: row.id)
def test_what_only_assemblyai_sends_or_takes_is_never_dropped_in_silence(row: Row) -> None:
    kind, _, field = row.assemblyai[0].partition(".")
    if row in assemblyai_messages.CONTROLS:
        before = reading(f'ws.send(json.dumps({{"type": "{kind}"}}))')
    elif field:
        path = field.replace("words[].", 'words"][0]["')
        before = reading(f'if kind == "{kind}":\n    print(message["{path}"])')
    else:
        before = reading(f'if kind == "Turn":\n    print("turn")\nif kind == "{kind}":\n    print("here")')
    migration = check_migration(before, to="gladia")
    said = [
        finding
        for finding in migration.findings
        if finding.kind.code in ("STB103", "STB153", "STB203", "STB306", "STB351")
    ]
    assert row is assemblyai_messages.IS_FORMATTED or any(
        row.over_gladia.reason.split("; the shim")[0] in one.text for one in said
    )


def test_a_branch_that_stands_behind_the_post_is_not_said_to_have_gone() -> None:
    before = Path(__file__).parents[1] / "fixtures/pairs/to_gladia/raw_ends/refused_by_a_branch.before.py"
    told = [one.text for one in migrate_source(before.read_text(), "gladia").findings if "`Error`" in one.text]
    assert told and all("where the POST is refused now" in one and "went" not in one for one in told)


@pytest.mark.parametrize("field", ["end_of_turn_confidence", "speaker_label", "utterance", "nonsense"])
def test_a_field_without_a_counterpart_gets_a_todo(field: str) -> None:
    before = reading(f'if kind == "Turn":\n    print(message["{field}"])')
    migration = check_migration(before, to="gladia")
    assert "STB306" in codes(migration) and f'print(message["{field}"])' in migration.code


# The first message


def test_a_branch_for_the_beginning_is_done_behind_the_post() -> None:
    before = reading(
        """
        if kind == "Begin":
            # who we are
            session_id = message["id"]
            print(f"{session_id} until {datetime.fromtimestamp(message['expires_at'])}")
        elif kind == "Turn":
            print("turn")
        """,
        "from datetime import datetime",
    )
    code = migrated(before)
    assert (
        'with connect(session["url"]) as ws:\n'
        "    # who we are\n"
        '    session_id = session["id"]\n'
        '    print(f"{session_id} until {datetime.fromtimestamp(int('
        "datetime.fromisoformat(session['created_at'].replace('Z', '+00:00')).timestamp()) + 10800)}\")\n\n"
        "    for frame in ws:\n"
    ) in code
    assert 'kind = message.get("type")\n\n        if kind == "transcript":' in code


def test_a_first_message_that_is_read_by_itself_is_the_posts_answer() -> None:
    before = session(
        f'ws = connect("{URL}?sample_rate=8000", {HEADERS})\n'
        "begin = json.loads(ws.recv())\n"
        'if begin["type"] != "Begin":\n'
        '    raise RuntimeError(begin["error"])\n'
        'print(begin["id"], begin)'
    )
    code = migrated(before)
    assert "if not response.ok:\n        raise RuntimeError(response.text)\n    begin = response.json()\n" in code
    assert 'ws = connect(begin["url"])\n    print(begin["id"], begin)' in code
    assert ".recv()" not in code


@pytest.mark.parametrize("check", ['assert begin["type"] == "Begin"\n', ""])
def test_a_first_message_that_is_not_tested(check: str) -> None:
    before = session(
        f'ws = connect("{URL}?sample_rate=8000", {HEADERS})\nbegin = json.loads(ws.recv())\n{check}print(begin["id"])'
    )
    code = migrated(before)
    assert "raise ConnectionError(" in code and "assert" not in code and 'print(begin["id"])' in code


WITH_CALLBACKS = """
import json
import threading
import websocket

ready = threading.Event()
session_id = None

def pump(ws):
    ws.send(b"audio", websocket.ABNF.OPCODE_BINARY)

def on_open(app):
    print("open")

def on_message(ws, text):
    global session_id
    message = json.loads(text)
    if message["type"] == "Begin":
        {begin}
    elif message["type"] == "Turn":
        print(message["transcript"])

def main():
    app = websocket.WebSocketApp(
        "wss://streaming.assemblyai.com/v3/ws?sample_rate=16000",
        header={{"Authorization": "k"}},
        on_open=on_open,
        on_message=on_message,
    )
    app.run_forever()
"""


def with_callbacks(begin: str) -> str:
    return WITH_CALLBACKS.format(begin=begin.replace("\n", "\n        "))


def test_what_needs_the_socket_is_done_when_it_is_open() -> None:
    code = migrated(
        with_callbacks('print(message["id"])\nthread = threading.Thread(target=pump, args=(ws,))\nthread.start()')
    )
    assert (
        "def on_open(app):\n    thread = threading.Thread(target=pump, args=(app,))\n    thread.start()\n\n"
        '    print("open")'
    ) in code
    assert 'session = response.json()\n    print(session["id"])\n' in code


def test_a_global_is_declared_where_it_is_set() -> None:
    code = migrated(with_callbacks('session_id = message["id"]\nready.set()'))
    assert 'session = response.json()\n    global session_id\n    session_id = session["id"]\n    ready.set()\n' in code


@pytest.mark.parametrize(
    "begin",
    [
        'if message["id"]:\n    return',
        "ws.send(message)",
        "local = 1\nprint(local, text)",
    ],
)
def test_what_cannot_be_moved_leaves_the_file_whole(begin: str) -> None:
    before = with_callbacks(begin)
    migration = check_migration(before, to="gladia", ruff=False)
    assert "STB314" in codes(migration) and migration.code == before


def test_a_field_of_begin_that_the_answer_does_not_have_moves_under_a_todo() -> None:
    code = check_migration(with_callbacks('print(message["configuration"])'), to="gladia", ruff=False).code
    todo, reading = code.index("# TODO(sttbridge STB306)"), code.index('print(session["configuration"])')
    assert code.index("session = response.json()") < todo < reading < code.index("websocket.WebSocketApp(")


def test_a_class_and_its_methods_are_followed() -> None:
    before = """
        import json
        import threading
        import websocket

        class Listener:
            URL = "wss://streaming.assemblyai.com/v3/ws?sample_rate=16000"

            def __init__(self, key):
                self.key = key
                self.id = None

            def start(self):
                self.ws = websocket.WebSocketApp(self.URL, header=[f"Authorization: {self.key}"])
                self.ws.on_message = self.heard
                threading.Thread(target=self.ws.run_forever).start()

            def heard(self, ws, text):
                event = json.loads(text)
                if event["type"] == "Begin":
                    self.id = event["id"]
                if event["type"] == "Turn":
                    self.turn(event)

            def turn(self, event):
                if event["end_of_turn"]:
                    print(self.id, event["transcript"])

            def stop(self):
                self.ws.send(json.dumps({"type": "KeepAlive"}))
                self.ws.send(json.dumps({"type": "UpdateConfiguration", "format_turns": True}))
                self.ws.send('{"type": "Terminate"}')
        """
    code = migrated(before)
    assert 'URL = "https://api.gladia.io/v2/live"' in code
    assert 'headers={"X-Gladia-Key": self.key}' in code
    assert 'self.id = session["id"]\n' in code and "Begin" not in code
    assert 'print(self.id, event["data"]["utterance"]["text"].strip())' in code
    assert 'self.ws.send(json.dumps({"type": "audio_chunk", "data": {"chunk": ""}}))' in code
    assert "UpdateConfiguration" not in code and '\'{"type": "stop_recording"}\'' in code


# What is left for a person


@pytest.mark.parametrize(
    ("before", "code"),
    [
        (session(f'ws = connect("{URL}?sample_rate=8000")'), "STB302"),
        (session(f'ws = connect("{URL}?sample_rate=8000", additional_headers=make())'), "STB302"),
        (session(f'ws = connect("{URL}?sample_rate=8000", {HEADERS}); print(ws)'), "STB309"),
        (
            session(
                f'ws = connect("{URL}?sample_rate=8000", {HEADERS})\nws.send(json.dumps({{"type": "ForceEndpoint"}}))'
            ),
            "STB351",
        ),
        (
            session(
                f'ws = connect("{URL}?sample_rate=8000", {HEADERS})\n'
                'ws.send(json.dumps({"type": "UpdateConfiguration", "max_turn_silence": 1}))'
            ),
            "STB351",
        ),
        (
            session(
                'token = requests.get("https://streaming.assemblyai.com/v3/token", headers={"Authorization": "k"}).json()\n'
                f'ws = connect("{URL}?sample_rate=8000&token=" + token["token"])',
                imports="import requests",
            ),
            "STB323",
        ),
    ],
)
def test_what_cannot_be_followed_leaves_the_file_whole(before: str, code: str) -> None:
    migration = check_migration(before, to="gladia", ruff=False)
    assert code in codes(migration), migration.findings
    assert (migration.code == before) is (code != "STB351")


def test_another_services_socket_is_left_alone() -> None:
    before = session('ws = connect("wss://example.org/v3/ws?assemblyai=no", additional_headers={"Authorization": "k"})')
    assert migrate_source(before, "gladia").code == before


# --- defaults, regions and settings that are somewhere else ---------------------------------------

_PARAMETRISED = """
import json
from urllib.parse import urlencode
from websockets.sync.client import connect

def run(key, silence=800):
    query = urlencode({"sample_rate": 16000, "speech_model": "u3-rt-pro", "max_turn_silence": silence})
    with connect(f"wss://streaming.assemblyai.com/v3/ws?{query}", additional_headers={"Authorization": key}) as ws:
        for raw in ws:
            message = json.loads(raw)
            if message["type"] == "Turn":
                print(message["transcript"])
"""


def test_a_parameter_with_a_default_stays_a_parameter() -> None:
    migration = check_migration(_PARAMETRISED, to="gladia")
    assert '"endpointing": silence / 1000' in migration.code
    assert "urlencode" not in migration.code and "query" not in migration.code
    assert "silence=800):\n    response = requests.post(" in migration.code


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("silence=800", 'silence=800, host="streaming.eu.assemblyai.com"', "STB311"),
        ("additional_headers", 'params={"encoding": "pcm_mulaw"}, additional_headers', "STB302"),
    ],
    ids=["a region from outside", "settings beside the address"],
)
def test_what_only_the_caller_knows_is_left(old: str, new: str, code: str) -> None:
    program = _PARAMETRISED.replace(old, new)
    if "host=" in new:
        program = program.replace("wss://streaming.assemblyai.com", "wss://{host}")
    migration = check_migration(program, to="gladia")
    assert not migration.changed and code in {finding.kind.code for finding in migration.findings}


def test_the_address_of_another_of_the_vendors_services_stays() -> None:
    voices = 'VOICES = "wss://tts.us.assemblyai.com"\n'
    migration = check_migration(voices + _PARAMETRISED, to="gladia")
    assert migration.changed and voices in migration.code
    assert "STB311" in codes(check_migration('LATER = "wss://streaming.assemblyai.com"\n' + _PARAMETRISED, to="gladia"))


def test_a_parameter_that_may_be_none_is_left_at_its_line() -> None:
    migration = check_migration(_PARAMETRISED.replace("silence=800", "silence=None"), to="gladia")
    assert "TODO(sttbridge STB356): `max_turn_silence` may be None: silence" in migration.code
    assert '"endpointing"' not in migration.code


def test_two_regions_are_never_made_one_in_silence() -> None:
    program = _PARAMETRISED.replace(
        "    query", '    host = "streaming.eu.assemblyai.com" if eu else "streaming.assemblyai.com"\n    query'
    )
    migration = check_migration(program.replace("wss://streaming.assemblyai.com", "wss://{host}"), to="gladia")
    assert migration.unsafe and "TODO(sttbridge STB212): data stays in `eu-west` only where" in migration.code


def test_every_name_of_the_guides_table_is_read() -> None:
    program = _PARAMETRISED.replace(
        '{"sample_rate": 16000, "speech_model": "u3-rt-pro", "max_turn_silence": silence}',
        '{"model": "u3-rt-pro", "encoding": "linear16", "sample_rate": 16000, "channels": 1, "interim_results": True,'
        ' "endpointing": 800, "language": "fr"}',
    )
    code = check_migration(program, to="gladia").code
    for entry in (
        '"model": "solaria-1"',
        '"encoding": "wav/pcm"',
        '"bit_depth": 16',
        '"sample_rate": 16000',
        '"channels": 1',
        '"messages_config": {"receive_partial_transcripts": True}',
        '"endpointing": 0.8',
        '"maximum_duration_without_endpointing": 60',
        '"languages": ["fr"]',
    ):
        assert entry in code, entry
