"""Local stand-ins for both services, driven by a transcript file.

`EMULATORS` gives the maker of each vendor's application by the vendor's name; nothing is loaded before it is asked
for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp import web

    from shim.emulator.emulation import Emulation

_VENDORS: Final = ("gladia", "assemblyai")


class _Emulators(Mapping[str, "Callable[[Emulation], web.Application]"]):
    """The makers by vendor; a vendor's module is loaded when its maker is looked up."""

    def __getitem__(self, vendor: str) -> Callable[[Emulation], web.Application]:
        if vendor not in _VENDORS:
            raise KeyError(vendor)
        maker: Callable[[Emulation], web.Application] = import_module(f"shim.emulator.{vendor}").make_app
        return maker

    def __iter__(self) -> Iterator[str]:
        return iter(_VENDORS)

    def __len__(self) -> int:
        return len(_VENDORS)


EMULATORS: Final[Mapping[str, Callable[[Emulation], web.Application]]] = _Emulators()
"""`make_app(emulation)` of each vendor: `EMULATORS["gladia"]`."""
