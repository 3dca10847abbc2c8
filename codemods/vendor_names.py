"""How the vendors write their own names."""

from typing import Final

VENDOR_NAMES: Final = {"gladia": "Gladia", "assemblyai": "AssemblyAI"}
