"""Projects in which a rewrite that looks right would be wrong: keys that go elsewhere, names in texts, two services."""

from __future__ import annotations

from pathlib import Path

import pytest

from codemods.findings import BOTH_SERVICES, KEY_SHARED, KEY_STAYS, OTHER_FILE_LEFT, VENDOR_STILL_NAMED, WORD_LEFT
from codemods.hosts import api_host_in, is_api_address
from codemods.migration import Migration, Options, migrate_group, migrate_project, migrate_source
from shim.mapping.row import Vendor

GLADIA_STREAM = """\
import json
import os
import requests
import websocket


class GladiaStream:
    def texts(self):
        response = requests.post(
            "https://api.gladia.io/v2/live",
            headers={"X-Gladia-Key": KEY},
            json={"encoding": "wav/pcm", "sample_rate": 16000},
            timeout=3,
        )
        response.raise_for_status()
        socket = websocket.create_connection(response.json()["url"])
        while True:
            message = json.loads(socket.recv())
            if message["type"] == "transcript" and message["data"]["is_final"]:
                yield message["data"]["utterance"]["text"]
"""
WITH_OWN_KEY = GLADIA_STREAM.replace("KEY}", 'os.environ["GLADIA_API_KEY"]}')


def migrated(files: dict[str, str], to: str = "assemblyai") -> dict[str, Migration]:
    """Migrates files together, all edits taken."""
    results = migrate_project({Path(name): code for name, code in files.items()}, to, Options(unsafe=True))
    return {path.as_posix(): migration for path, migration in results.items()}


def kinds(migration: Migration) -> list[object]:
    """The kinds of a migration's findings."""
    return [finding.kind for finding in migration.findings]


def test_a_key_of_another_file_that_goes_to_somebody_else() -> None:
    files = {
        "config.py": 'import os\n\nGLADIA_API_KEY = os.environ["GLADIA_API_KEY"]\n',
        "stream.py": "from config import GLADIA_API_KEY\n" + GLADIA_STREAM.replace("KEY}", "GLADIA_API_KEY}"),
        "upload.py": 'import requests\nimport config\n\nrequests.post("https://files.example/upload", '
        'headers={"Authorization": config.GLADIA_API_KEY}, timeout=3)\n',
    }
    parted = migrated(files)
    assert not parted["upload.py"].changed and parted["stream.py"].changed
    assert "ASSEMBLYAI_API_KEY" in parted["stream.py"].code and "GLADIA_API_KEY" not in parted["stream.py"].code
    assert parted["config.py"].code == files["config.py"] + files["config.py"].splitlines(keepends=True)[-1].replace(
        "GLADIA", "ASSEMBLYAI"
    )
    nameless = {**files, "config.py": files["config.py"].replace('"GLADIA_API_KEY"', '"SPEECH_KEY"')}
    found = migrated(nameless)
    assert not any(migration.changed for migration in found.values())
    assert KEY_SHARED in {kind for one in found.values() for kind in kinds(one)}
    assert OTHER_FILE_LEFT in {kind for one in found.values() for kind in kinds(one)}
    del files["upload.py"]
    assert all(migration.changed for migration in migrated(files).values())


def test_a_name_that_a_test_finds_by_a_text_stays() -> None:
    patching = 'from unittest import mock\n\nwith mock.patch("stream.GladiaStream.texts"):\n    pass\n'
    got = 'import importlib\n\nmade = getattr(importlib.import_module("stream"), "GladiaStream")()\n'
    for other in (patching, got):
        found = migrated({"stream.py": WITH_OWN_KEY, "test_stream.py": other})
        assert "class GladiaStream:" in found["stream.py"].code
        assert found["stream.py"].changed and not found["test_stream.py"].changed
    alone = migrated({"stream.py": WITH_OWN_KEY, "other.py": 'print("GladiaStream")\n'})
    assert "class AssemblyAIStream:" in alone["stream.py"].code


def test_a_file_with_only_news_in_a_part_that_stays_is_given_back() -> None:
    latencies = "ASSEMBLYAI_LATENCY = 0.42\nGLADIA_LATENCY = 1.49\n"
    stream = f"from latencies import GLADIA_LATENCY\n{WITH_OWN_KEY}\n\nprint(GLADIA_LATENCY)\n"
    left = stream.replace('json={"encoding": "wav/pcm", "sample_rate": 16000}', "json=input()")
    group = {Path("latencies.py"): latencies, Path("stream.py"): left}
    found = migrate_group(group, "assemblyai")
    assert {path: migration.code for path, migration in found.items()} == group
    done = migrated({"latencies.py": latencies, "stream.py": stream})
    assert done["stream.py"].changed and "GLADIA_LATENCY" in done["stream.py"].code
    assert VENDOR_STILL_NAMED in kinds(done["latencies.py"])


def test_a_service_beside_the_other_is_left_by_itself_only_in_one_program() -> None:
    other = 'import websocket\n\nsocket = websocket.create_connection("wss://streaming.assemblyai.com/v3/ws")\n'
    both = migrate_source(f"{WITH_OWN_KEY}\n\n{other}", "assemblyai")
    assert not both.changed and kinds(both) == [BOTH_SERVICES]
    assert "line " in both.findings[0].text
    apart = migrated({"stream.py": WITH_OWN_KEY, "other.py": other})
    assert apart["stream.py"].changed


def test_a_key_that_says_nothing_of_its_service() -> None:
    named = migrate_source(WITH_OWN_KEY, "assemblyai", Options(unsafe=True))
    nameless = migrate_source(WITH_OWN_KEY.replace("GLADIA_API_KEY", "STT_KEY"), "assemblyai", Options(unsafe=True))
    assert named.changed and KEY_STAYS not in kinds(named)
    assert nameless.changed and kinds(nameless).count(KEY_STAYS) == 1


def test_a_text_that_is_run_as_code_and_reads_a_message() -> None:
    reading = "exec(\"print(message['data']['is_final'])\")\n                yield message"
    code = WITH_OWN_KEY.replace("yield message", reading)
    assert kinds(migrate_source(code, "assemblyai")) == [WORD_LEFT]
    harmless = code.replace("message['data']['is_final']", "1 + 1")
    assert migrate_source(harmless, "assemblyai", Options(unsafe=True)).changed


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("https://api.gladia.io/v2/live", "api.gladia.io"),
        ("API.gladia.io", "api.gladia.io"),
        ("wss://user@api.gladia.io:443/x", "api.gladia.io"),
        ("\0api.gladia.io\0", "api.gladia.io"),
        ("https://api.gladia.io.example.com/v2/live", None),
        ("https://my-api.gladia.io.test", None),
        ("https://docs.gladia.io/api-reference", None),
        ("https://proxy.example/api.gladia.io/v2/live", None),
    ],
)
def test_an_address_of_gladia(text: str, host: str | None) -> None:
    assert api_host_in(text, Vendor.GLADIA) == host


def test_addresses_of_assemblyai() -> None:
    for host in ("streaming.assemblyai.com", "streaming.eu.assemblyai.com", "api.assemblyai.com"):
        assert is_api_address(f"wss://{host}/v3/ws", Vendor.ASSEMBLYAI)
    for text in (
        "https://www.assemblyai.com/docs",
        "wss://tts.us.assemblyai.com",
        "see wss://streaming.assemblyai.com",
    ):
        assert not is_api_address(text, Vendor.ASSEMBLYAI)


def test_a_socket_at_a_host_that_nobody_knows() -> None:
    code = (
        "# AssemblyAI\nimport json\nimport os\nfrom websockets.sync.client import connect\n"
        'with connect(os.environ["BASE"] + "/v3/ws", additional_headers={"Authorization": os.environ["KEY"]}) as ws:\n'
        '    for raw in ws:\n        if json.loads(raw)["type"] == "TYPE":\n            print(raw)\n'
    )
    chat = migrate_source(code.replace("TYPE", "Message"), "gladia", Options(unsafe=True))
    assert not chat.changed and not chat.findings
    turns = code.replace("print(raw)", "print(1)")
    assert migrate_source(turns.replace("TYPE", "Turn"), "gladia", Options(unsafe=True)).findings
