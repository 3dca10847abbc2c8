"""Every item of the two references."""

from __future__ import annotations

from typing import Final

from tests.compatibility import assemblyai_items, gladia_items, service_items
from tests.compatibility.item import Item

ITEMS: Final[tuple[Item, ...]] = (*gladia_items.ITEMS, *assemblyai_items.ITEMS, *service_items.ITEMS)
