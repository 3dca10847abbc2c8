"""Tests of the programs that are migrated: what they give a program is an example, and what they say of the old
service is left to a person."""

from __future__ import annotations

from pathlib import Path

import libcst as cst
import pytest

from codemods.analysis.fixpoint import analyse, analyse_files
from codemods.analysis.modules import Modules
from codemods.analysis.own_tests import is_test_file
from codemods.analysis.program import Program
from codemods.analysis.values import Known
from codemods.findings import TEST_OF_OLD
from codemods.migration import Migration, Options, migrate_project
from codemods.todos import todos_in

PROGRAM = """
import json, os, requests, websocket

def opened():
    response = requests.post("https://api.gladia.io/v2/live", headers={"X-Gladia-Key": os.environ["GLADIA_API_KEY"]},
                             json={"sample_rate": 16000, "encoding": "wav/pcm"})
    response.raise_for_status()
    return response.json()["url"]

def text_of(raw):
    message = json.loads(raw)
    return message["data"]["utterance"]["text"] if message["type"] == "transcript" else None

def listen(show):
    ws = websocket.create_connection(opened())
    ws.send(json.dumps({"type": "stop_recording"}))
    for raw in ws:
        show(text_of(raw))
"""
TEST = """
import json, stt

def test_text():
    assert stt.text_of(json.dumps({"type": "transcript", "data": {"utterance": {"text": "a"}}})) == "a"

def test_nothing():
    assert stt.listen
"""


def project(files: dict[str, str], *, unsafe: bool = True) -> dict[str, Migration]:
    """What becomes of the files, by their names."""
    sources = {Path(name): code for name, code in files.items()}
    return {str(path): one for path, one in migrate_project(sources, "assemblyai", Options(unsafe=unsafe)).items()}


def analysed(files: dict[str, str]) -> Program:
    modules = {Path(name): cst.parse_module(code) for name, code in files.items()}
    return analyse_files(modules, Modules(modules))


def given(program: Program, name: str) -> object:
    """What a parameter of this name is where it is read."""
    return next(v for n, v in program.values.items() if isinstance(n, cst.Name) and n.value == name)


@pytest.mark.parametrize(
    ("name", "code", "is_test"),
    [
        ("tests/test_stt.py", "def test_it(): ...", True),
        ("stt_test.py", "import pytest", True),
        ("tests/helpers.py", "from unittest.mock import patch", True),
        ("conftest.py", "import pytest", True),
        ("test/live.py", "class TestLive:\n    def test_it(self): ...", True),
        ("test_microphone.py", "import stt\nstt.listen(print)", False),
        ("stt.py", "import pytest\ndef test_it(): ...", False),
        ("tests/data.py", "A = 1", False),
        ("tests/test_more.py", "from .pytest import x", False),
    ],
)
def test_a_file_of_tests_is_called_so_and_holds_some(name: str, code: str, is_test: bool) -> None:
    assert is_test_file(Path(name), cst.parse_module(code)) is is_test


def test_what_a_test_gives_is_an_example_and_what_a_program_gives_is_not() -> None:
    program = "def f(value):\n    print(value)\n    return value\n"
    test = "import own, pytest\ndef test_it():\n    result = own.f('example')\n    print(result)\n    own.KEY = 'k'\n"
    assert given(analysed({"own.py": program, "test_own.py": test}), "value") != Known("example")
    other = analysed({"own.py": f"{program}f('real')\n", "test_own.py": test})
    assert getattr(given(other, "value"), "value", None) == "real"
    assert not isinstance(given(other, "result"), Known), "neither does a test know what a program gives"
    same = analysed({"own.py": program, "microphone.py": test})
    assert getattr(given(same, "value"), "value", None) == "example", "any other file is of the program"


@pytest.mark.parametrize(
    "statement",
    [
        "os.environ['NAME'] = 'x'",
        "os.environ.setdefault('NAME', 'x')",
        "os.environ.pop('NAME', None)",
        "os.environ.update({'NAME': 'x'})",
        "os.putenv('NAME', 'x')",
        "monkeypatch.setenv('NAME', 'x')",
        "monkeypatch.delenv('NAME', raising=False)",
        "monkeypatch.setitem(os.environ, 'NAME', 'x')",
        "patch.dict(os.environ, {'NAME': 'x'}).start()",
        "patch.dict('os.environ', {'NAME': 'x'}).start()",
        "mocker.patch.dict(os.environ, {'NAME': 'x'})",
    ],
)
def test_the_names_of_variables_that_are_set_are_known(statement: str) -> None:
    code = f"import os\nfrom unittest.mock import patch\ndef test_it(monkeypatch, mocker):\n    {statement}\n"
    assert {one.evaluated_value for one in analyse(cst.parse_module(code)).environment_names} == {"NAME"}
    own = "class Own:\n    def setenv(self, name): ...\nOwn().setenv('NAME')\nprint({'NAME': 1})\n"
    assert not analyse(cst.parse_module(own)).environment_names


def test_a_program_is_moved_whatever_its_tests_play_and_a_test_says_what_is_left() -> None:
    alone = project({"stt.py": PROGRAM})["stt.py"]
    found = project({"stt.py": PROGRAM, "tests/test_stt.py": TEST})
    assert found["stt.py"].code == alone.code != PROGRAM
    test = found["tests/test_stt.py"]
    assert [one.kind for one in test.findings] == [TEST_OF_OLD]
    (todo,) = todos_in(test.code)
    assert test.code.splitlines()[todo.last_line].startswith("def test_text"), "a test that says nothing has none"


def test_tests_of_a_program_that_stays_are_as_they_were() -> None:
    found = project({"stt.py": PROGRAM.replace("show(text_of(raw))", "show[raw]"), "tests/test_stt.py": TEST})
    assert not any(one.changed for one in found.values())
    assert not any(finding.kind is TEST_OF_OLD for one in found.values() for finding in one.findings)


def test_tests_wait_for_a_program_whose_edits_are_only_shown() -> None:
    sending = 'ws.send_binary(open("a", "rb").read(320))'
    caveat = PROGRAM.replace("    for raw", f"    {sending}\n    for raw")
    found = project({"stt.py": caveat, "tests/test_stt.py": TEST}, unsafe=False)
    assert found["stt.py"].unsafe and not found["tests/test_stt.py"].changed


def test_a_name_that_only_a_test_imports_may_go() -> None:
    found = project(
        {"stt.py": PROGRAM, "test_stt.py": "from stt import requests\ndef test_it():\n    assert requests\n"}
    )
    assert found["stt.py"].changed and "`requests`" in found["test_stt.py"].findings[0].text
    other = project({"stt.py": PROGRAM, "more.py": "from stt import requests\nprint(requests)\n"})
    assert not other["stt.py"].changed, "a program would not start any more"


@pytest.mark.parametrize(
    "statement",
    [
        "patch('stt.requests.post')",
        "patch.object(stt.requests, 'post')",
        "monkeypatch.setattr(stt.requests, 'post', None)",
        "monkeypatch.setattr(requests, 'post', None)",
        "patch('requests.post')",
        "print(stt.requests.codes)",
    ],
)
def test_what_a_test_replaces_and_is_in_use_no_more_is_said(statement: str) -> None:
    test = f"import requests\nfrom unittest.mock import patch\nimport stt\ndef test_it(monkeypatch):\n    {statement}\n"
    (finding,) = project({"stt.py": PROGRAM, "test_stt.py": test})["test_stt.py"].findings
    assert finding.kind is TEST_OF_OLD and "`requests" in finding.text
    kept = test.replace("stt.requests", "stt.json").replace("requests", "json").replace("'post'", "'loads'")
    assert not project({"stt.py": PROGRAM, "test_stt.py": kept.replace(".post'", ".loads'")})["test_stt.py"].findings
