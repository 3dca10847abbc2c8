"""The marks by which a test says what of the references it shows."""

from __future__ import annotations

import pytest


def covers(*items: str) -> pytest.MarkDecorator:
    """The test shows these items, over real sockets; see `items.ITEMS` for their names."""
    return pytest.mark.covers(*items)


def difference(*numbers: str) -> pytest.MarkDecorator:
    """The test shows these known differences; see `differences.DIFFERENCES` for their numbers."""
    return pytest.mark.difference(*numbers)
