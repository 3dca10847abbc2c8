"""Where values come from: tables of handlers, subscripts that are only known to be numbers, the rest of an unpacking."""

from __future__ import annotations

import pytest

from codemods.analysis.values import UNKNOWN, Parsed, alternatives
from tests.analysis_questions import is_message_part, of_message

HANDLERS = "def on_a(x):\n    ask(x['v'])\ndef on_b(x):\n    pass\ntable = {'a': on_a, 'b': on_b, 'c': on_b}\n"


def _types(code: str) -> set[frozenset[str] | None]:
    return {one.types for one in alternatives(of_message(HANDLERS + code)) if isinstance(one, Parsed)}


@pytest.mark.parametrize(
    "call",
    [
        "table[m['type']](m)",
        "table.get(m['type'])(m)",
        "table.get(m.get('type'), on_b)(m)",
        "handler = table.get(m['type'])\nif handler is not None:\n    handler(m)",
        "kind = m['type']\nif kind in table:\n    table[kind](m)",
    ],
)
def test_a_handler_out_of_a_table_gets_messages_of_its_types(call: str) -> None:
    assert _types(call) == {frozenset(("a",))}


@pytest.mark.parametrize("call", ["table[m['kind']](m)", "table.get(m['type'], on_a)(m)", "on_a(m)"])
def test_another_way_to_a_handler_says_nothing_of_types(call: str) -> None:
    assert _types(call) == {None}


def test_a_table_that_is_changed_later_still_hands_messages_over() -> None:
    assert is_message_part(of_message(f"{HANDLERS}table['d'] = on_a\ntable[m['type']](m)"), "v")
    assert _types("table['d'] = on_a\ntable[m['type']](m)") <= {None, frozenset(("a", "d"))}


@pytest.mark.parametrize(
    ("code", "path"),
    [
        ("i = 1\nfor i, w in enumerate(m['words']):\n    ask(m['words'][i - 1]['at'])", ("words", "[]", "at")),
        ("first, *rest, last = m['words']\nask(last['at'])", ("words", "[]", "at")),
        ("first, *rest = m['words']\nask(first['at'])", ("words", 0, "at")),
        ("d = m.get('data') or {}\nask(d['text'])", ("data", "text")),
        ("d = m.get('data', {})\nask(d['text'])", ("data", "text")),
    ],
)
def test_parts_of_lists_and_of_what_may_be_empty(code: str, path: tuple[str | int, ...]) -> None:
    assert is_message_part(of_message(code), *path)


@pytest.mark.parametrize("code", ["k = input()\nask(m[k]['at'])", "first, *rest = m['words']\nask(rest[0])"])
def test_what_may_be_a_key_stays_unknown(code: str) -> None:
    assert of_message(code) == UNKNOWN
