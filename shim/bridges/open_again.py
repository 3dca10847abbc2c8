"""When a service that was lost is called again."""

from __future__ import annotations

from typing import Final

OPEN_AGAIN_AFTER: Final = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Real seconds before each attempt to open a lost session again; after the last one it is given up."""
