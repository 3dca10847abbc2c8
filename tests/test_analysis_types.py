"""What tests of a message's type tell, and how far it holds. No vendor is named."""

from __future__ import annotations

import pytest

from codemods.analysis.values import Parsed
from tests.analysis_questions import of_message


@pytest.mark.parametrize(
    ("code", "types"),
    [
        ("if m['type'] == 'x':\n    ask(m['a'])", {"x"}),
        ("if m.get('message_type') == 'x':\n    ask(m['a'])", {"x"}),
        ("kind = m.get('type') or m.get('message_type')\nif kind in ('x', 'y'):\n    ask(m['a'])", {"x", "y"}),
        # One text that is parsed twice is one message.
        ("raw = socket.recv()\nif json.loads(raw)['type'] == 'x':\n    ask(json.loads(raw)['a'])", {"x"}),
        # A loop that reads no other message leaves what is known of this one.
        ("if m['type'] == 'x':\n    for word in m['words']:\n        print(word)\n    ask(m['a'])", {"x"}),
        ("if m['type'] == 'x':\n    while go():\n        ask(m['a'])", {"x"}),
    ],
)
def test_what_a_test_told_holds(code: str, types: set[str]) -> None:
    found = of_message(code)
    assert isinstance(found, Parsed) and found.types == types


@pytest.mark.parametrize(
    "code",
    [
        "ask(m['a'])",
        "if m['a'] == 'x':\n    ask(m['a'])",
        "if m['type'] == 'x':\n    print()\nask(m['a'])",
        # Each round of a loop has a message of its own.
        "while go():\n    n = json.loads(socket.recv())\n    ask(n['a'])\n    if n['type'] != 'x':\n        continue",
        "raw = socket.recv()\nif json.loads(raw)['type'] == 'x':\n    raw = socket.recv()\n    ask(json.loads(raw)['a'])",
        "def take():\n    return json.loads(socket.recv())\nn = take()\nif n['type'] == 'x':\n    while go():\n"
        "        n = take()\n        ask(n['a'])",
    ],
)
def test_what_no_test_told_is_any_type(code: str) -> None:
    found = of_message(code)
    assert isinstance(found, Parsed) and found.types is None
