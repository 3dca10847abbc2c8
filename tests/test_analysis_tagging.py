"""What a program tells apart by a tag of its own: tuples and dictionaries that go through a queue. No vendor is named."""

from __future__ import annotations

import pytest

from codemods.analysis.values import UNKNOWN
from tests.analysis_questions import is_message_part, of_message

_TUPLES = "import queue\nq = queue.Queue()\nq.put(('turn', m))\nq.put(('note', print()))\n"
_DICTS = (
    "import queue\nq = queue.Queue()\nq.put({'kind': 'turn', 'data': m})\nq.put({'kind': 'note', 'data': print()})\n"
)


@pytest.mark.parametrize(
    "code",
    [
        _TUPLES + "kind, one = q.get()\nif kind == 'turn':\n    ask(one['a'])",
        _TUPLES + "kind, one = q.get()\nif kind in ('turn', 'other'):\n    ask(one['a'])",
        _TUPLES + "kind, one = q.get()\nif kind == 'note':\n    print()\nelse:\n    ask(one['a'])",
        _TUPLES + "kind, one = q.get()\nif kind != 'turn':\n    raise SystemExit\nask(one['a'])",
        _TUPLES + "pair = q.get()\nif pair[0] == 'turn':\n    ask(pair[1]['a'])",
        _TUPLES + "while True:\n    kind, one = q.get()\n    if kind == 'turn':\n        ask(one['a'])",
        _DICTS + "it = q.get()\nif it['kind'] == 'turn':\n    ask(it['data']['a'])",
        _DICTS + "it = q.get()\nkind = it.get('kind')\nif kind == 'turn':\n    ask(it['data']['a'])",
        # The function that reads is met before those that put.
        "import queue\nq = queue.Queue()\ndef read():\n    kind, one = q.get()\n    if kind == 'turn':\n"
        "        ask(one['a'])\nread()\nq.put(('note', print()))\nq.put(('turn', m))",
    ],
)
def test_a_tag_tells_what_is_there(code: str) -> None:
    assert is_message_part(of_message(code), "a")


@pytest.mark.parametrize(
    "code",
    [
        _TUPLES + "kind, one = q.get()\nask(one['a'])",
        _TUPLES + "kind, one = q.get()\nif kind == 'turn':\n    print()\nask(one['a'])",
        # What is got anew is not what was asked about.
        _TUPLES + "kind, one = q.get()\nif kind == 'turn':\n    other, one = q.get()\n    ask(one['a'])",
        _DICTS + "it = q.get()\nif it['kind'] == 'turn':\n    it = q.get()\n    ask(it['data']['a'])",
        # A tag that may have become another one says nothing.
        _DICTS.replace("q.put({'kind': 'note'", "n = {'kind': 'note'").replace(
            "print()})", "print()}\nn['kind'] = 'turn'\nq.put(n)"
        )
        + "it = q.get()\nif it['kind'] == 'turn':\n    ask(it['data']['a'])",
    ],
)
def test_where_no_tag_tells_it_may_be_anything(code: str) -> None:
    assert of_message(code) == UNKNOWN
