"""Values that come from other files: the analysis asked about small projects. No vendor is named in any of them."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import libcst as cst
import pytest

from codemods.analysis.fixpoint import analyse_files
from codemods.analysis.modules import Modules
from codemods.analysis.program import Program
from codemods.analysis.values import (
    UNKNOWN,
    DictDisplay,
    Frame,
    Known,
    Library,
    Parsed,
    Socket,
    Value,
    alternatives,
)

SOCKET = """
import json
from websockets.sync.client import connect

def open_socket():
    return connect("wss://example.org")

def messages():
    with connect("wss://example.org") as socket:
        for frame in socket:
            yield json.loads(frame)
"""


def analysed(files: dict[str, str]) -> Program:
    """The facts of several files together, by their paths."""
    modules = {Path(path): cst.parse_module(dedent(code)) for path, code in files.items()}
    return analyse_files(modules, Modules(modules))


def asked(files: dict[str, str]) -> dict[str, Value]:
    """The values of the arguments of all calls `ask(…)`, by their source."""
    program = analysed(files)
    return {
        program.module_of(node).code_for_node(node.args[0].value): program.value(node.args[0].value)
        for node in program.values
        if isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value == "ask"
    }


def value(files: dict[str, str]) -> Value:
    """The value of the one expression that the files ask about."""
    (only,) = asked(files).values()
    return only


@pytest.mark.parametrize(
    "files",
    [
        {"config.py": "A = 'x'", "app.py": "from config import A\nask(A)"},
        {"app.py": "from config import A\nask(A)", "config.py": "A = 'x'"},
        {"config.py": "A = 'x'", "app.py": "from config import A as B\nask(B)"},
        {"config.py": "A = 'x'", "app.py": "import config\nask(config.A)"},
        {"config.py": "A = 'x'", "app.py": "import config as c\nask(c.A)"},
        {"config.py": "A = 'x'", "app.py": "def f():\n    from config import A\n    ask(A)\nf()"},
        {"config.py": "A = 'x'", "app.py": "from config import *\nask(A)"},
        {"config.py": "A = 'x'\n_B = 1\n__all__ = ['A']", "app.py": "from config import *\nask(A)"},
        {"p/__init__.py": "", "p/config.py": "A = 'x'", "p/app.py": "from .config import A\nask(A)"},
        {"p/__init__.py": "", "p/config.py": "A = 'x'", "p/app.py": "from . import config\nask(config.A)"},
        {"p/config.py": "A = 'x'", "p/app.py": "from p import config\nask(config.A)"},
        {"p/__init__.py": "", "p/config.py": "A = 'x'", "p/q/__init__.py": "", "p/q/app.py": "from ..config import A\nask(A)"},
        {"p/__init__.py": "", "p/config.py": "A = 'x'", "p/app.py": "from p.config import A\nask(A)"},
        {"p/__init__.py": "", "p/config.py": "A = 'x'", "app.py": "import p.config\nask(p.config.A)"},
        {"p/__init__.py": "", "p/config.py": "A = 'x'", "app.py": "import p.config as c\nask(c.A)"},
        {"p/__init__.py": "", "p/config.py": "A = 'x'", "app.py": "from p import config\nask(config.A)"},
        {"p/__init__.py": "from .config import A", "p/config.py": "A = 'x'", "app.py": "from p import A\nask(A)"},
        {"p/__init__.py": "from .config import *", "p/config.py": "A = 'x'", "app.py": "import p\nask(p.A)"},
        {"p/__init__.py": "from .config import A as B", "p/config.py": "A = 'x'", "app.py": "import p\nask(p.B)"},
        {"p/config.py": "A = 'x'", "app.py": "from p.config import A\nask(A)"},
        {"p/config.py": "A = 'x'", "app.py": "from p import config\nask(config.A)"},
        {"src/p/__init__.py": "", "src/p/config.py": "A = 'x'", "tests/app.py": "from p.config import A\nask(A)"},
        {"src/p/__init__.py": "", "src/p/config.py": "A = 'x'", "src/p/app.py": "from p.config import A\nask(A)"},
        {"p/__init__.py": "", "p/config.py": "A = 'x'", "p/app.py": "from config import A\nask(A)"},
        {"config.py": "A = 'x'", "tools/app.py": "from config import A\nask(A)"},
        {"a.py": "import b\nA = 'x'\ndef f():\n    return b.B", "b.py": "import a\nB = a.A\nask(a.f())"},
        {"config.py": "class Settings:\n    A = 'x'", "app.py": "from config import Settings\nask(Settings.A)"},
        {"config.py": "class Settings:\n    A = 'x'\nsettings = Settings()", "app.py": "from config import settings\nask(settings.A)"},
        {"config.py": "class S:\n    def __init__(self, a):\n        self.a = a", "app.py": "import config\nask(config.S('x').a)"},
        {"helper.py": "def f(a):\n    return a", "app.py": "from helper import f\nask(f('x'))"},
        {"helper.py": "def f(a):\n    ask(a)", "app.py": "import helper\nhelper.f('x')"},
        {"helper.py": "def f(call):\n    call('x')", "app.py": "import helper\ndef g(a):\n    ask(a)\nhelper.f(g)"},
        {"helper.py": "def f():\n    yield 'x'", "app.py": "import helper\nfor a in helper.f():\n    ask(a)"},
    ],
)  # fmt: skip
def test_a_constant_of_another_file(files: dict[str, str]) -> None:
    assert value(files) == Known("x")


@pytest.mark.parametrize(
    "files",
    [
        {"app.py": "from .config import A\nask(A)"},
        {"config.py": "B = 'x'", "app.py": "from config import A\nask(A)"},
        {"config.py": "B = 'x'", "app.py": "import config\nask(config.A)"},
        {"config.py": "A = 'x'", "app.py": "import config\nconfig.A = whatever\nask(config.A)"},
        {"config.py": "A = 'x'", "app.py": "from config import A\nimport config\nconfig.A = whatever\ndef f():\n    ask(A)\nf()"},
        {"config.py": "_A = 'x'", "app.py": "from config import *\nask(_A)"},
        {"config.py": "A = 'x'\n__all__ = ['B']", "app.py": "from config import *\nask(A)"},
        {"config.py": "def f(a):\n    ask(a)", "app.py": "import config\nconfig.f('x')\nconfig.f(whatever)"},
        {"config.py": "def __getattr__(name):\n    return 1", "app.py": "import config\nask(config.A)"},
    ],
)  # fmt: skip
def test_what_cannot_be_known_stays_unknown(files: dict[str, str]) -> None:
    assert value(files) == UNKNOWN


def test_a_file_that_is_not_of_the_run_is_a_library() -> None:
    assert value({"app.py": "from config import A\nask(A)"}) == Library("config.A")
    assert value({"app.py": "import config as c\nask(c.A)"}) == Library("config.A")


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        # A package's own file of a library's name is not what `import` finds.
        ({"p/__init__.py": "", "p/json.py": "loads = 1", "p/app.py": "import json\nask(json.loads)"}, "json.loads"),
        ({"p/__init__.py": "", "p/requests.py": "", "p/app.py": "import requests\nask(requests.get)"}, "requests.get"),
        ({"websockets/app.py": "import websockets\nask(websockets.connect)"}, "websockets.connect"),
        ({"requests.py": "import requests\nask(requests.get)"}, "requests.get"),
    ],
)
def test_a_library_is_not_taken_for_a_file_beside(files: dict[str, str], expected: str) -> None:
    assert value(files) == Library(expected)


def test_the_nearest_of_two_modules_of_one_name() -> None:
    files = {"a/config.py": "A = 'a'", "b/config.py": "A = 'b'", "b/app.py": "from config import A\nask(A)"}
    assert value(files) == Known("b")


def test_a_class_whose_socket_sits_on_self() -> None:
    files = {
        "client.py": SOCKET + "\nclass Client:\n    def open(self):\n        self.socket = open_socket()\n",
        "app.py": "from client import Client\nclient = Client()\nclient.open()\nask(client.socket)\nask(client.socket.recv())",
    }
    found = asked(files)
    assert isinstance(found["client.socket"], Socket) and isinstance(found["client.socket.recv()"], Frame)


def test_a_generator_of_messages() -> None:
    found = value({"stt.py": SOCKET, "app.py": "import stt\nfor one in stt.messages():\n    ask(one['data']['text'])"})
    assert isinstance(found, Parsed) and found.path == ("data", "text")


def test_a_handler_of_a_third_file() -> None:
    files = {
        "stt.py": SOCKET + "\ndef run(handle):\n    for message in messages():\n        handle(message)\n",
        "handlers.py": "def show(message):\n    ask(message['type'])",
        "app.py": "import stt\nfrom handlers import show\nstt.run(show)",
    }
    found = value(files)
    assert isinstance(found, Parsed) and found.path == ("type",)


def test_a_dictionary_that_another_file_changes() -> None:
    files = {"config.py": "C = {'a': 1}", "app.py": "from config import C\nC['b'] = 2\nask(C)"}
    program = analysed(files)
    found = value(files)
    assert isinstance(found, DictDisplay)
    (dictionary,) = program.dictionaries.values()
    assert any(isinstance(one, cst.Subscript) for one in dictionary.changes)


def test_definitions_are_followed_through_imports() -> None:
    program = analysed(
        {"config.py": "A = 'x'", "p.py": "from config import A", "app.py": "from p import A\nimport p\nask((A, p.A))"}
    )
    nodes = [node for node in program.values if isinstance(node, (cst.Name, cst.Attribute))]
    read = [one for one in nodes if program.module_of(one).code.startswith("from p")]
    homes = {program.files[program.module_of(one.node)] for node in read for one in program.definitions_of(node)}
    assert homes == {Path("config.py"), Path("app.py")} or homes == {Path("config.py")}


def test_a_part_of_the_files_has_the_values_of_the_others() -> None:
    program = analysed({"config.py": "A = 'x'\nB = 'y'", "app.py": "from config import A\nask(A)"})
    part = program.part([program.modules[1]])
    texts = [value.value for value in part.values.values() if isinstance(value, Known)]
    assert texts == ["x"] and part.modules == [program.modules[1]]


NAMED = {"p/__init__.py": "", "p/one.py": "ADDRESS = 'wss://one'", "p/two.py": "ADDRESS = 'wss://two'"}


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import importlib\nask(importlib.import_module('p.one').ADDRESS)", {"wss://one"}),
        ("from importlib import import_module\nask(import_module('p.one').ADDRESS)", {"wss://one"}),
        (
            "import importlib\nMODULES = {'a': 'p.one', 'b': 'p.two'}\n"
            "ask(importlib.import_module(MODULES[input()]).ADDRESS)",
            {"wss://one", "wss://two"},
        ),
    ],
)
def test_a_module_that_is_imported_by_its_name(code: str, expected: set[str]) -> None:
    (found,) = asked(NAMED | {"main.py": code}).values()
    assert {one.value for one in alternatives(found) if isinstance(one, Known)} == expected


def test_the_settings_that_django_hands_out() -> None:
    code = "from django.conf import settings\nask(settings.ADDRESS)"
    one = {"config/settings.py": "ADDRESS = 'wss://one'", "app.py": code}
    assert asked(one) == {"settings.ADDRESS": Known("wss://one")}
    two = one | {"other/settings.py": "ADDRESS = 'wss://two'"}
    assert asked(two)["settings.ADDRESS"] != Known("wss://one"), "which of the two is used, nobody here knows"
