"""Calls that stay with the old service beside sessions that go: each part keeps to its own vendor, by its own key."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from codemods.migration import Options, migrate_project
from codemods.verify.verification import verify_pair
from tests.codemod_checks import check_migration, codes, fixture

FIXTURES = Path(__file__).parent.parent / "fixtures" / "pairs"
KEYS = {"GLADIA_API_KEY": "key-of-gladia", "ASSEMBLYAI_API_KEY": "key-of-assemblyai"}

RECORDER = """
import sys, runpy, requests

class Answer:
    ok, status_code, text = True, 201, ""
    def __init__(self, url): self.url = url
    def __enter__(self): return self
    def __exit__(self, *_): pass
    def json(self): return {"id": "i", "url": "wss://api.gladia.io/v2/live?token=t", "result_url": self.url,
        "status": "done", "audio_url": "a", "upload_url": "u", "text": "t", "response": "r", "token": "t",
        "result": {"transcription": {"full_transcript": "t"}}}
    def raise_for_status(self): pass
    def iter_content(self, size): return iter(())

def asked(url, headers, **_):
    keys = [value for name, value in headers.items() if name.lower() in ("x-gladia-key", "authorization")]
    print(url.split("/")[2], *keys)
    return Answer(url)

requests.get = requests.post = requests.delete = asked

import websockets.sync.client, websocket

def connected(url, additional_headers=None, header=None, **_):
    if additional_headers or header:
        asked(url, additional_headers or header)
    raise SystemExit

websockets.sync.client.connect = websocket.create_connection = connected
"""
"""Stands in for the libraries: says which host is given which key."""

HOSTS = {"gladia": "key-of-gladia", "assemblyai": "key-of-assemblyai"}


def keys_given(program: str, call: str, folder: Path) -> list[tuple[str, str]]:
    """The hosts that a program speaks to while a call runs, each with the key that it is given."""
    (folder / "program.py").write_text(program, encoding="utf-8")
    (folder / "recording.wav").write_bytes(b"\0" * 32)
    code = f"{RECORDER}\nimport program\nprogram.{call}\n"
    found = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={**os.environ, **KEYS},
        input=b"",
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert not found.returncode, found.stderr.decode()
    return [(one.split()[0], one.split()[1]) for one in found.stdout.decode().splitlines() if len(one.split()) == 2]


@pytest.mark.parametrize(
    ("name", "call", "hosts"),
    [
        ("to_assemblyai/kept_calls/key_in_arguments", "listen(program.ASSEMBLYAI_KEY)", {"streaming.assemblyai.com"}),
        (
            "to_assemblyai/kept_calls/key_in_arguments",
            "download('j', program.KEY, open('out.wav', 'wb'))",
            {"api.gladia.io"},
        ),
        (
            "to_assemblyai/kept_calls/recordings_beside_live",
            "transcribe_recording(program.Path('recording.wav'))",
            {"api.gladia.io"},
        ),
        ("to_assemblyai/kept_calls/tabs_and_crlf", "status('j')", {"api.gladia.io"}),
        ("to_assemblyai/kept_calls/tabs_and_crlf", "captions()", {"streaming.assemblyai.com"}),
        ("to_gladia/kept_calls/v2_token_for_others", "app_token()", {"api.assemblyai.com"}),
        ("to_gladia/kept_calls/v2_token_for_others", "requests.post(program.URL, headers={})", set()),
        ("to_gladia/kept_calls/transcripts_beside", "ticker()", {"api.gladia.io"}),
        ("to_gladia/kept_calls/transcripts_beside", "Archive().ask('t', 'q')", {"api.assemblyai.com"}),
    ],
)
def test_no_vendor_is_given_the_others_key(name: str, call: str, hosts: set[str], tmp_path: Path) -> None:
    program = (FIXTURES / f"{name}.after.py").read_bytes().decode()
    found = keys_given(program, call, tmp_path)
    assert {host for host, _ in found} == hosts
    for host, key in found:
        assert key == HOSTS[host.split(".")[-2]], (host, key)


def test_a_program_with_recordings_beside_it_behaves_the_same(tmp_path: Path) -> None:
    before = fixture("gladia_microphone.py").replace(
        "async def main():",
        "def recording(audio_url):\n"
        '    return requests.post(f"{GLADIA_API_URL}/v2/pre-recorded", headers={"X-Gladia-Key": GLADIA_API_KEY}, '
        'json={"audio_url": audio_url}).json()\n\nasync def main():',
    )
    old, new = tmp_path / "old.py", tmp_path / "new.py"
    old.write_text(before, encoding="utf-8")
    migration = check_migration(before)
    assert 'ASSEMBLYAI_API_KEY = "<YOUR_ASSEMBLYAI_API_KEY>"' in migration.code and "STB358" in codes(migration)
    new.write_text(migration.code, encoding="utf-8")
    found = verify_pair(old, new)
    assert found.agree, (found.differences, [run.stdout + run.stderr for run in found.runs])


PROGRAM = """import os
import requests
from websockets.sync.client import connect

{key}


def recorded(url):
    headers = {{"X-Gladia-Key": KEY}}
    return requests.post("https://api.gladia.io/v2/pre-recorded", headers=headers, json={{"audio_url": url}})


def live():
    headers = {{"X-Gladia-Key": KEY}}
    answer = requests.post("https://api.gladia.io/v2/live", headers=headers, json={{"sample_rate": 16000}})
    answer.raise_for_status()
    with connect(answer.json()["url"]) as socket:
        for frame in socket:
            print(frame)
"""


@pytest.mark.parametrize(
    "key",
    [
        pytest.param('KEY = "0123456789abcdef"', id="a key that is written in the program"),
        pytest.param('KEY = os.environ["SPEECH_KEY"]', id="a variable that says nothing of the vendor"),
        pytest.param('KEY = input("Gladia key: ")', id="a key that somebody types"),
        pytest.param('KEY = open("gladia.key").read()', id="a key out of a file"),
        pytest.param('KEY = os.environ["GLADIA_API_KEY"]; DEBUG = False', id="two statements in a line"),
        pytest.param('for KEY in [os.environ["GLADIA_API_KEY"]]:\n    pass', id="a name of a loop"),
        pytest.param('KEY, DEBUG = os.environ["GLADIA_API_KEY"], False', id="a name that is unpacked"),
    ],
)
def test_a_key_that_cannot_be_had_twice_stays_and_the_session_reads_its_own(key: str) -> None:
    migration = check_migration(PROGRAM.format(key=key), options=Options(unsafe=True), ruff=False)
    assert migration.changed and {"STB222", "STB358"} <= codes(migration)
    assert key in migration.code and '"X-Gladia-Key": KEY' in migration.code
    assert '"Authorization": os.environ["ASSEMBLYAI_API_KEY"]' in migration.code


def test_a_key_whose_other_name_is_taken_leaves_the_file_whole() -> None:
    key = 'KEY = os.environ["GLADIA_API_KEY"]\nASSEMBLYAI_KEY = "of the archive"'
    migration = check_migration(PROGRAM.format(key=key), ruff=False)
    assert migration.left_whole and {"STB310"} <= codes(migration), migration.findings
    assert any("`KEY`" in one.text and "session's too" in one.text for one in migration.findings)


def test_what_is_said_is_said_of_the_lines_as_they_were() -> None:
    before = PROGRAM.format(key='KEY = os.environ["GLADIA_API_KEY"]').replace("print(frame)", 'print("x")')
    migration = check_migration(before, ruff=False)
    said = {one.kind.code: before.splitlines()[one.line - 1] for one in migration.findings}
    assert "pre-recorded" in said["STB358"] and said["STB106"].startswith("KEY = ") and "v2/live" in said["STB101"]


def test_a_comment_can_hide_what_stays() -> None:
    before = PROGRAM.format(key='KEY = os.environ["GLADIA_API_KEY"]').replace("print(frame)", 'print("x")')
    before = before.replace("    return requests", "    # sttbridge: ignore[STB358]\n    return requests")
    migration = check_migration(before, ruff=False)
    assert migration.changed and "STB358" not in codes(migration) and "TODO" not in migration.code


def test_a_session_that_cannot_go_changes_nothing_anywhere() -> None:
    sources = {
        Path("config.py"): 'import os\n\nGLADIA_API_KEY = os.environ["GLADIA_API_KEY"]\n',
        Path("recordings.py"): "import requests\n\nfrom config import GLADIA_API_KEY\n\n\ndef recorded(url):\n"
        '    headers = {"x-gladia-key": GLADIA_API_KEY}\n'
        '    return requests.post("https://api.gladia.io/v2/pre-recorded", headers=headers, json={"audio_url": url})\n',
        Path("live.py"): PROGRAM.format(key="from config import GLADIA_API_KEY as KEY\nimport queue").replace(
            "print(frame)", "queue.Queue().put(__import__('json').loads(frame)['data'])"
        ),
    }
    found = migrate_project(sources, "assemblyai", Options(unsafe=True))
    assert {path: one.code for path, one in found.items()} == sources
