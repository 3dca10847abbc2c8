"""The directions: for each target, the styles of program that can be moved there.

A style is one way in which programs speak to a vendor: its sockets themselves (raw), or its SDK. A module of a style
has `is_met(migrating)`, whether the program holds sessions of it, and `plan(migrating)`, which plans their edits and
findings. What a vendor's things look like and how they are written stands in `codemods.vendors`, what
corresponds to what in the map.
"""

from __future__ import annotations

import importlib
import re
from typing import Final, Protocol

from codemods.analysis.handlers import EventLibrary
from codemods.migrating import Migrating
from codemods.vendors import assemblyai_sdk, gladia_sdk
from shim.mapping import sdk, session
from shim.mapping.row import Vendor

_STYLES: Final[dict[Vendor, tuple[str, ...]]] = {
    Vendor.ASSEMBLYAI: ("raw_gladia_to_assemblyai", "sdk_gladia_to_assemblyai"),
    Vendor.GLADIA: ("raw_assemblyai_to_gladia", "raw_assemblyai_v2_to_gladia", "sdk_assemblyai_to_gladia"),
}


class Style(Protocol):
    """What a module of a style offers."""

    def is_met(self, migrating: Migrating) -> bool:
        """Whether the program holds sessions of this style."""
        ...

    def plan(self, migrating: Migrating) -> None:
        """Plans the edits of every session of this style, and says what is left."""
        ...


def styles_towards(target: Vendor) -> tuple[Style, ...]:
    """The styles of program that can be moved to a vendor."""
    return tuple(importlib.import_module(f"{__name__}.{name}") for name in _STYLES[target])


def event_libraries() -> tuple[EventLibrary, ...]:
    """What the analysis needs to know of the vendors' SDKs: what their objects hand to event handlers."""
    return (assemblyai_sdk.Events(), gladia_sdk.Events())


def vendor_packages() -> frozenset[str]:
    """The packages of the vendors' SDKs."""
    return frozenset(path.split(".")[0] for vendor in Vendor for path in sdk.PACKAGE.of(vendor))


def is_possible(target: Vendor) -> bool:
    """Whether any program can be moved to a vendor yet."""
    return bool(_STYLES[target])


_NOTES: Final = rb"TODO\(sttbridge|#\s*sttbridge:"
_NAMED: Final = {
    vendor: re.compile(rb"(?i:%s)|%s" % (session.NAME.of(vendor)[0].encode(), _NOTES)) for vendor in Vendor
}


def names_vendor(content: bytes, vendor: Vendor) -> bool:
    """Whether a file names a vendor anywhere, or holds a note for or of an earlier run.

    A search over its bytes, before anything is parsed.
    """
    return _NAMED[vendor].search(content) is not None
