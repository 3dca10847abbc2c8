"""Which words `filter_profanity` masks, and what it leaves alone."""

import pytest

from shim.faces.profanity import masked


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("damn", "***"),
        ("Damn, that is BULLSHIT!", "***, that is ***!"),
        ("fucking", "***"),
        ("What the hell?", "What the ***?"),
        ("«shit»", "«***»"),
        ("", ""),
    ],
)
def test_masked(text: str, shown: str) -> None:
    assert masked(text) == shown


@pytest.mark.parametrize("text", ["Scunthorpe", "class", "hello", "assassin", "shell", "Dick", "cocktail", "damnation"])
def test_a_word_that_only_holds_one(text: str) -> None:
    assert masked(text) == text
