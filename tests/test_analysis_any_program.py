"""The analysis takes any program: random ones, the standard library's own files, deep and long ones."""

from __future__ import annotations

import sysconfig
from pathlib import Path

import hypothesmith
import libcst as cst
import pytest
from hypothesis import HealthCheck, given, settings

from codemods.analysis.fixpoint import analyse
from codemods.analysis.values import Known
from tests.test_analysis import asked, value

LIBRARY = Path(sysconfig.get_path("stdlib"))
SAMPLE = (
    "asyncio/tasks.py",
    "asyncio/base_events.py",
    "concurrent/futures/thread.py",
    "contextlib.py",
    "dataclasses.py",
    "enum.py",
    "functools.py",
    "http/client.py",
    "json/decoder.py",
    "queue.py",
    "socketserver.py",
    "test/test_patma.py",
    "test/test_scope.py",
    "typing.py",
    "unittest/mock.py",
)


@pytest.mark.parametrize("name", SAMPLE)
def test_files_of_the_standard_library_are_analysed(name: str) -> None:
    path = LIBRARY / name
    if not path.exists():
        pytest.skip("this Python comes without it")
    assert analyse(cst.parse_module(path.read_bytes())).values


@given(code=hypothesmith.from_grammar())
@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_random_programs_are_analysed(code: str) -> None:
    try:
        module = cst.parse_module(code)
    except (cst.ParserSyntaxError, UnicodeEncodeError):
        return
    analyse(module)


@pytest.mark.parametrize(
    "code",
    [
        "x = " + " + ".join(["'a'"] * 900),
        "x = " + "(" * 90 + "1" + ")" * 90,
        "if a:\n    pass\n" + "".join(f"elif a == {n}:\n    x = {n}\n" for n in range(900)),
        "x = a" + ".b" * 900,
        "x = a" + "()" * 900,
        "x = " + "[" * 90 + "]" * 90,
        "x = [1]\n" + "x = [x, x]\n" * 300,
        "def f(x):\n    return f([x])\nf(1)",
        "x = []\nwhile a:\n    x = [*x, 1, x]\n    def f():\n        global x\n        x = [*x, x]",
        "def f(x):\n    return {'a': f(x)}\nf(1)",
        "class A:\n    def f(self):\n        self.x = [self.x, A()]\n",
        "x = {}\nx['x'] = x\nfor k, v in x.items():\n    x.update(v)\ny = x | x",
        "a = {**b}\nb = {**a}\nc = dict(a, **b)\na.update(c)",
        "class A(B): pass\nclass B(A): pass\nA().f(B().g)",
        "from functools import partial\nf = partial(partial, partial)\nf(f)()",
        "def deco(f):\n    return deco(f)\n@deco\ndef g(): pass\ng()",
        "import queue\nq = queue.Queue()\nq.put(q)\nq.get().get()",
        "def f(*a, **k):\n    return f(*a, a, k=k, **k)\nf(1, x=2)",
        "async def f():\n    return f()\nasync def g():\n    return await (await f())",
    ],
)
def test_deep_and_circular_programs_end(code: str) -> None:
    program = analyse(cst.parse_module(code))
    assert program.propagation is not None and not program.propagation.is_endless


def test_a_file_of_ten_thousand_names_is_followed_to_its_end() -> None:
    lines = [f"x{n} = f(x{n - 1})\nif x{n}:\n    y{n} = {n}" for n in range(1, 3334)]
    assert value("\n".join(["x0 = 0", *lines, "z = 5", "ask(z)"])) == Known(5)


def test_work_grows_with_the_file_and_not_faster() -> None:
    """Counts the runs of functions, not seconds: each is to run a few times, however many there are."""
    runs = []
    for count in (100, 400):
        lines = [
            f"class C{n}:\n    def __init__(self, a):\n        self.a = a\n    def f(self, x):\n"
            f"        return C{(n * 7 + 1) % count}(self.a)\n"
            for n in range(count)
        ]
        program, _ = asked("\n".join([*lines, "ask(C0(1).f(2))"]))
        assert program.propagation is not None
        runs.append(program.propagation.all_runs / count)
    assert runs[1] < 1.5 * runs[0]
