"""Second names that nothing uses any more after the edits."""

from __future__ import annotations

import libcst as cst
import pytest

from codemods.rules.names.unused_aliases import without_unused_aliases


def left_of(before: str, after: str) -> str:
    return without_unused_aliases(cst.parse_module(before), cst.parse_module(after)).code


BEFORE = "def show(message):\n    event = message\n    print(event['a'])\n"


def test_a_name_that_lost_its_last_use_goes() -> None:
    after = "def show(message):\n    event = message\n    print(1)\n"
    assert left_of(BEFORE, after) == "def show(message):\n    print(1)\n"


@pytest.mark.parametrize(
    "after",
    [
        BEFORE,
        "event = message\nprint(1)\n",
        "def show(message):\n    event = message\n",
        "def show(message):\n    event = message\n    print(locals())\n",
        "def show(message):\n    global event\n    event = message\n    print(1)\n",
        "def show(message):\n    event = message\n\n    def later():\n        return event\n\n    return later\n",
        "def show(message):\n    event = message.copy()\n    print(1)\n",
        "class A:\n    event = message\n    other = 1\n",
    ],
)
def test_what_is_used_or_may_be_stays(after: str) -> None:
    assert left_of(BEFORE, after) == after


def test_what_was_unused_before_stays() -> None:
    before = "def show(message):\n    event = message\n    print(1)\n"
    assert left_of(before, before.replace("1", "2")) == before.replace("1", "2")
