"""Where values come from: lists, queues, dictionaries and what is done to them. No vendor is named."""

from __future__ import annotations

import libcst as cst
import pytest

from codemods.analysis.dictionaries import DictionaryFacts
from codemods.analysis.program import Program
from codemods.analysis.values import UNKNOWN, Known
from tests.analysis_questions import asked, constants, is_message_part, of_message, value


@pytest.mark.parametrize(
    "code",
    [
        "a = []\na.append(m)\nfor x in a:\n    ask(x['a'])",
        "a = list()\na.append(m)\nask(a[0]['a'])",
        "a = [m]\nask(a[0]['a'])",
        "a = [m]\nb = a\nfor i, x in enumerate(b):\n    ask(x['a'])",
        "a = set()\na.add(m['a'])\nfor x in a:\n    ask(x)",
        "from collections import deque\na = deque(maxlen=9)\na.append(m)\nask(a.popleft()['a'])",
        "from collections import deque\na = deque([m])\nask(a.pop()['a'])",
        "a = []\na.extend([m])\nask(a.pop()['a'])",
        "a = []\na += [m]\nask(a[-1]['a'])",
        "a = []\na.insert(0, m)\nask(a[0]['a'])",
        "class C:\n    def __init__(self):\n        self.a = []\n    def put(self, x):\n        self.a.append(x)\n"
        "    def get(self):\n        for x in self.a:\n            ask(x['a'])\nc = C()\nc.put(m)\nc.get()",
        "import queue\nq = queue.Queue()\ndef put():\n    q.put(m)\ndef get():\n    ask(q.get()['a'])\nput()\nget()",
        "import queue\nq = queue.SimpleQueue()\nq.put_nowait(m)\nask(q.get_nowait()['a'])",
        "import queue, threading\nq = queue.Queue()\ndef work(q):\n    while True:\n        x = q.get()\n"
        "        if x is None:\n            break\n        ask(x['a'])\n"
        "threading.Thread(target=work, args=(q,)).start()\nq.put(m)\nq.put(None)",
        "q = asyncio.Queue()\nasync def put():\n    await q.put(m)\nasync def get():\n    x = await q.get()\n"
        "    ask(x['a'])",
        "q = asyncio.Queue()\nasync def get():\n    x = await asyncio.wait_for(q.get(), 3)\n    ask(x['a'])\n"
        "q.put_nowait(m)",
        "async def get(q):\n    ask((await q.get())['a'])\nasync def main():\n    q = asyncio.Queue()\n"
        "    await q.put(m)\n    await get(q)",
        "d = {'x': m}\nask(d['x']['a'])",
        "d = {}\nd['x'] = m\nask(d.get('x')['a'])",
        "d = {'k': m}\nfor x in d.values():\n    ask(x['a'])",
        "d = {'k': m}\nfor k, x in d.items():\n    ask(x['a'])",
        "a = [x for x in [m]]\nfor y in a:\n    ask(y['a'])",
        "a = tuple([m])\nask(a[0]['a'])",
        "def f(*args):\n    ask(args[0]['a'])\nf(m)",
        "def f(*args):\n    for x in args:\n        ask(x['a'])\nf(m, m)",
        "def f(x):\n    ask(x['a'])\na = (m,)\nf(*a)",
        "def f(**k):\n    ask(k['x']['a'])\nf(x=m)",
        "def f(x):\n    ask(x['a'])\nk = {'x': m}\nf(**k)",
        "def f(a):\n    ask(a)\nf(**m)",
        "x, *rest = [1, m]\nask(rest[0]['a'])",
        "*rest, x = [1, m]\nask(x['a'])",
        "(x, (y, z)) = (1, (2, m))\nask(z['a'])",
        "x = [*[1], m]\nask(x[1]['a'])",
        "for x, y in zip([1], [m]):\n    ask(y['a'])",
        "x = next(iter([m]))\nask(x['a'])",
        "for x in map(lambda y: y['a'], [m]):\n    ask(x)",
    ],
)
def test_what_containers_hold_is_followed(code: str) -> None:
    assert is_message_part(of_message(code), "a")


@pytest.mark.parametrize(
    "code",
    [
        "a = [1]\nmystery(a)\nask(a[0])",
        "a = [1]\na.extend(mystery())\nask(a[0])",
        "import random\na = [1, 2]\nrandom.shuffle(a)\nask(a[0])",
        "import queue\nq = queue.Queue()\nq.put(1)\nmystery(q)\nask(q.get())",
        "import queue\nq = queue.Queue()\nask(q.get())",
        "d = {'k': 1}\nmystery(d)\nask(d['k'])",
        "d = {'k': 1}\nd.update(mystery())\nask(d['k'])",
        "d = {'k': 1}\nd[mystery()] = 2\nask(d['k'])",
        "d = {'k': 1, **mystery()}\nask(d['k'])",
        "d = {'k': 1}\nask(d['z'])",
        "def f(**k):\n    ask(k['x'])\nf(**mystery())",
        "def f(x):\n    ask(x)\nf(*mystery())",
        "a = [1, 2]\na.sort(key=mystery)\na.append(mystery())\nask(a[0])",
        "d = dict(mystery())\nask(d['k'])",
        "x = [1]\nfor i in range(3):\n    x = [x]\nask(x[0][0][0][0][0][0][0][0][0])",
    ],
)
def test_what_unknown_code_may_change_is_unknown(code: str) -> None:
    assert value(code) == UNKNOWN


@pytest.mark.parametrize(
    "harmless",
    ["print(d)", "import json\njson.dumps(d)", "log.info('%s', d)", "client.post('/x', json=d)", "len(d)", "sorted(d)"],
)
def test_what_only_reads_a_dictionary_leaves_it_known(harmless: str) -> None:
    assert value(f"d = {{'k': 1}}\n{harmless}\nask(d['k'])") == Known(1)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("d = {'k': 1}\nd['k'] = 2\nask(d['k'])", {1, 2}),
        ("d = {'k': 1}\nask(d.get('z', 3))", {3}),
        ("d = {'k': 1}\nask(d.get('z'))", {None}),
        ("d = {'k': 1}\nask(d.get('k', 3))", {1}),
        ("d = {}\nif x:\n    d['k'] = 1\nask(d.get('k', 3))", {1, 3}),
        ("d = {}\nask(d.setdefault('k', 1))", {1}),
        ("d = {'k': 1}\nask(d.pop('k'))", {1}),
        ("d = {'k': 1}\nask(d.pop('z', 4))", {4}),
        ("d = {**{'k': 1}, 'k': 2}\nask(d['k'])", {2}),
        ("d = {'k': 2, **{'k': 1}}\nask(d['k'])", {1}),
        ("d = {'k': 1} | {'z': 2}\nask(d['z'])", {2}),
        ("d = dict({'k': 1}, z=2)\nask(d['k'])", {1}),
        ("d = dict([('k', 1)])\nask(d['k'])", {1}),
        ("d = {'k': 1}.copy()\nask(d['k'])", {1}),
        ("import copy\nd = copy.deepcopy({'k': 1})\nask(d['k'])", {1}),
        ("d = {'a': {}}\nd['a']['k'] = 1\nask(d['a']['k'])", {1}),
        ("d = {}\nd.update(k=1)\nask(d['k'])", {1}),
        ("d = {}\nd.update({'k': 1})\nask(d['k'])", {1}),
        ("d = {}\nd |= {'k': 1}\nask(d['k'])", {1}),
        ("d = {'a': 1, 'b': 2}\nask(d[x])", {1, 2}),
        ("def f(d):\n    d['k'] = 1\nd = {}\nf(d)\nask(d['k'])", {1}),
        ("a = [1, 2]\nask(a[x])", {1, 2}),
    ],
)
def test_dictionaries_hold_what_is_put_there(code: str, expected: set[object]) -> None:
    assert constants(value(code)) == expected


def test_copies_go_their_own_way() -> None:
    assert constants(value("a = {'k': 1}\nb = dict(a)\nb['k'] = 2\nask(a['k'])")) == {1}


# --- dictionary facts ----------------------------------------------------------------------------------


def facts_of(code: str) -> tuple[Program, DictionaryFacts]:
    """The facts of the dictionary that a program asks about, at that place."""
    program, _ = asked(code)
    (node,) = [
        one.args[0].value
        for one in program.values
        if isinstance(one, cst.Call) and isinstance(one.func, cst.Name) and one.func.value == "ask"
    ]
    found = program.dictionary_facts(program.value(node), used_at=node)
    assert found is not None
    return program, found


def plain(facts: DictionaryFacts) -> list[tuple[str, object, bool]]:
    """The facts as key, constant and certainty."""
    return [(one.key, getattr(one.value, "value", ...), one.certain) for one in facts.entries]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("d = {'a': 1}\nd['b'] = 2\nask(d)", [("a", 1, True), ("b", 2, True)]),
        ("d = {'a': 1}\nif x:\n    d['b'] = 2\nask(d)", [("a", 1, True), ("b", 2, False)]),
        ("d = {'a': 1}\nask(d)\nd['b'] = 2", [("a", 1, True), ("b", 2, False)]),
        ("def f():\n    d = {'a': 1}\n    if x:\n        return d\n    d['b'] = 2\n    ask(d)\nf()",
         [("a", 1, True), ("b", 2, False)]),
        ("a = {'a': 1}\nd = {**a, 'b': 2}\nask(d)", [("a", 1, True), ("b", 2, True)]),
        ("a = {'a': 1}\nd = a | {'a': 2}\nask(d)", [("a", 2, True)]),
        ("d = {'a': 1}\nd.update(b=2, **{'c': 3})\nask(d)", [("a", 1, True), ("b", 2, True), ("c", 3, True)]),
        ("d = {'a': 1}\nd.pop('a', None)\nask(d)", [("a", 1, False)]),
        ("d = {'a': 1}\ndel d['a']\nask(d)", [("a", 1, False)]),
        ("d = {'a': 1}\nd.clear()\nask(d)", [("a", 1, False)]),
        ("d = {'a': 1}\nd.setdefault('b', 2)\nask(d)", [("a", 1, True), ("b", 2, True)]),
        ("def f(d):\n    d['b'] = 2\nd = {'a': 1}\nf(d)\nask(d)", [("a", 1, True), ("b", 2, False)]),
        ("for x in y:\n    d = {'a': 1}\n    d['b'] = 2\n    ask(d)", [("a", 1, True), ("b", 2, True)]),
        ("with x:\n    d = {'a': 1}\n    with y:\n        d['b'] = 2\n    ask(d)", [("a", 1, True), ("b", 2, True)]),
        ("d = {'a': 1}\nx and d.update(b=2)\nask(d)", [("a", 1, True), ("b", 2, False)]),
        ("d = {'a': 1}\n[d.update(b=2) for x in y]\nask(d)", [("a", 1, True), ("b", 2, False)]),
        ("k = 'a'\nd = {k: 1}\nask(d)", [("a", 1, True)]),
        ("for k in ('a', 'b'):\n    d = {k: 1}\n    ask(d)", [("a", 1, False), ("b", 1, False)]),
    ],
)  # fmt: skip
def test_facts_tell_what_is_certain(code: str, expected: list[tuple[str, object, bool]]) -> None:
    _, facts = facts_of(code)
    found = plain(facts)
    assert facts.complete
    assert sorted(found, key=str) == sorted(expected, key=str)


@pytest.mark.parametrize(
    "code",
    [
        "d = {'a': 1, **mystery}\nask(d)",
        "d = {'a': 1}\nd.update(mystery)\nask(d)",
        "d = {'a': 1}\nd[mystery] = 1\nask(d)",
        "d = {'a': 1}\nmystery(d)\nask(d)",
        "d = {'a': 1} | mystery\nask(d)",
        "d = {'a': 1}\nmystery.d = d\nask(d)",
    ],
)
def test_facts_tell_where_they_end(code: str) -> None:
    _, facts = facts_of(code)
    assert not facts.complete and facts.gaps[0][1]


def test_facts_name_the_places() -> None:
    program, facts = facts_of("d = {'a': 1}\nd['b'] = 2\nd.update(c=3)\nd.pop('c')\nask(d)")
    code = program.module.code_for_node
    kinds = [type(one.node).__name__ for one in facts.entries]
    assert kinds == ["DictElement", "Subscript", "Arg"]
    assert [code(one.value_node) for one in facts.entries] == ["1", "2", "3"]
    assert [code(one.key_node) if one.key_node is not None else "" for one in facts.entries] == ["'a'", "'b'", ""]
    assert [name for name, _ in facts.removals] == ["c"]
    assert facts.keys == ("a", "b", "c") and len(facts.of("a")) == 1
