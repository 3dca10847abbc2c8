"""A configuration that a program loads from a file: the finding names the file, and a run shows what it holds."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from codemods.files import FileMigration
from codemods.findings import CONFIGURATION_UNKNOWN, Finding
from codemods.migrate_result import MigrateRequest
from codemods.migrate_run import run_migrate
from codemods.migration import Options, migrate_source
from codemods.outcome import Migration
from codemods.project_files.finding_files import documents_beside
from codemods.project_files.loaded_configuration import with_converted_documents
from shim.mapping.row import Vendor

POSTED = """\
import json
import os
import pathlib

import requests
import yaml
from websockets.sync.client import connect

HERE = pathlib.Path(__file__).parent
{loads}

response = requests.post(
    "https://api.gladia.io/v2/live", headers={{"X-Gladia-Key": os.environ["GLADIA_API_KEY"]}}, json={body}, timeout=10
)
response.raise_for_status()
with connect(response.json()["url"]) as socket:
    for message in socket:
        content = json.loads(message)
        if content["type"] == "transcript":
            print(content["data"]["utterance"]["text"])
"""
BODY = '{\n  "encoding": "wav/pcm",\n  "sample_rate": 16000,\n  "endpointing": 0.3,\n  "bit_depth": 16\n}\n'

READS = {
    "json.load(open())": ('CONFIG = json.load(open("gladia.json"))', "CONFIG"),
    "with open": ('with open("gladia.json") as file:\n    CONFIG = json.load(file)', "CONFIG"),
    "in the call": ("", 'json.loads(pathlib.Path("gladia.json").read_text())'),
    "path of a name": ('FILE = HERE / "gladia.json"\nCONFIG = json.loads(FILE.read_text())', "CONFIG"),
    "one key of it": ('CONFIG = json.load(open(os.path.join(HERE, "gladia.json")))', 'CONFIG["live"]'),
    "copied": ('CONFIG = json.load(open("gladia.json"))', '{**CONFIG, "channels": 1}'),
    "a function": (
        'def load(path):\n    with open(path) as file:\n        return json.load(file)\n\nCONFIG = load("gladia.json")',
        "CONFIG",
    ),
    "an object": (
        "class Settings:\n    def __init__(self):\n"
        '        self.live = json.loads((HERE / "gladia.json").read_text())\n\nsettings = Settings()',
        "settings.live",
    ),
    "a method": (
        'class Settings:\n    def load(self):\n        return json.load(open("gladia.json"))\n\nsettings = Settings()',
        "settings.load()",
    ),
    "yaml": ('CONFIG = yaml.safe_load(open("gladia.json"))', "CONFIG"),
}


def unread(loads: str, body: str) -> Finding:
    """The finding over the configuration of a program that loads it so."""
    found = migrate_source(POSTED.format(loads=loads, body=body), "assemblyai").findings
    (finding,) = (one for one in found if one.kind is CONFIGURATION_UNKNOWN)
    return finding


@pytest.mark.parametrize("name", READS)
def test_the_finding_names_the_file(name: str) -> None:
    finding = unread(*READS[name])
    assert finding.document == "gladia.json"
    assert "it is loaded from `gladia.json`" in finding.text


@pytest.mark.parametrize(
    "loads",
    [
        "CONFIG = json.load(open(os.environ['CONFIG']))",
        'CONFIG = json.load(open("a.json" if os.name == "nt" else "b.json"))',
        'CONFIG = json.loads(requests.get("https://example.org/live.json").text)["a"]',
        'CONFIG = json.loads(open("a.json").read() + open("b.json").read())',
        'CONFIG = make_configuration("gladia.json")',
    ],
)
def test_what_is_not_loaded_from_one_constant_file_names_none(loads: str) -> None:
    finding = unread(loads, "CONFIG")
    assert finding.document == "" and "loaded from" not in finding.text


def test_each_of_two_files_is_named() -> None:
    loads = 'CONFIG = {**json.load(open("a.json")), **json.load(open("b.json"))}'
    found = migrate_source(POSTED.format(loads=loads, body="CONFIG"), "assemblyai").findings
    assert {one.document for one in found} == {"a.json", "b.json"}


def program_at(path: Path, document: str) -> FileMigration:
    """What became of a program whose configuration comes from a document."""
    finding = Finding(CONFIGURATION_UNKNOWN, 3, "it is not known", document=document)
    return FileMigration(path, b"", b"", Migration("", (finding,)))


def said(document: str, files: dict[str, str], program: str = "src/app.py") -> str:
    contents = {Path(name): text.encode() for name, text in files.items()}
    (file,) = with_converted_documents([program_at(Path(program), document)], contents, Vendor.ASSEMBLYAI)
    (finding,) = file.migration.findings
    return finding.text


def test_the_document_beside_the_program_is_shown_before_one_elsewhere() -> None:
    other = BODY.replace("0.3", "0.9")
    text = said("gladia.json", {"gladia.json": other, "src/gladia.json": BODY})
    assert '"max_turn_silence": 300' in text and "line 5 there" in text


def test_a_document_is_found_by_its_last_steps_if_there_is_one_only() -> None:
    assert "300" in said("config/gladia.json", {"config/gladia.json": BODY})
    assert said("gladia.json", {"a/gladia.json": BODY, "b/gladia.json": BODY}) == "it is not known"


@pytest.mark.parametrize("document", ["/etc/gladia.json", "../gladia.json", "other.json"])
def test_documents_that_are_elsewhere_add_nothing(document: str) -> None:
    assert said(document, {"src/gladia.json": BODY, "gladia.json": BODY}) == "it is not known"


@pytest.mark.parametrize("content", ["{", "[]", '{"debug": true, "api_key": "secret"}'])
def test_documents_without_parameters_add_nothing(content: str) -> None:
    assert said("gladia.json", {"src/gladia.json": content}) == "it is not known"


def test_only_documents_beside_the_program_are_read(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "gladia.json").write_text(BODY)
    assert documents_beside([program_at(tmp_path / "src/app.py", "../gladia.json")]) == {}
    assert documents_beside([program_at(tmp_path / "app.py", "missing.json")]) == {}
    assert list(documents_beside([program_at(tmp_path / "app.py", "gladia.json")])) == [tmp_path / "gladia.json"]


def test_a_run_over_the_program_alone_shows_the_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "app.py").write_text(POSTED.format(loads=READS["with open"][0], body="CONFIG"))
    (tmp_path / "gladia.json").write_text(BODY.replace("{", '{\n  "api_key": "9f2c-not-to-be-seen",', 1))
    run_migrate(MigrateRequest([tmp_path / "app.py"], "assemblyai", options=Options()))
    shown = " ".join(capsys.readouterr().out.split())
    assert "it is loaded from `gladia.json`" in shown and '"max_turn_silence": 300' in shown
    assert "9f2c" not in shown


def test_a_query_from_a_file_towards_gladia(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = """\
        import json
        import os
        from urllib.parse import urlencode

        import yaml
        from websockets.sync.client import connect

        with open("settings.yaml") as file:
            PARAMETERS = yaml.safe_load(file)["speech"]

        url = f"wss://streaming.assemblyai.com/v3/ws?{urlencode(PARAMETERS)}"
        with connect(url, additional_headers={"Authorization": os.environ["ASSEMBLYAI_API_KEY"]}) as socket:
            for message in socket:
                content = json.loads(message)
                if content["type"] == "Turn" and content["end_of_turn"]:
                    print(content["transcript"])
        """
    (tmp_path / "app.py").write_text(textwrap.dedent(program))
    (tmp_path / "settings.yaml").write_text("speech:\n  sample_rate: 16000\n  max_turn_silence: 300\n")
    run_migrate(MigrateRequest([tmp_path], "gladia", options=Options()))
    shown = " ".join(capsys.readouterr().out.split())
    assert "it is loaded from `settings.yaml`; line 3 there, converted: " in shown
    assert shown.count('"endpointing": 0.3') == 2, "at the program and at the file"
