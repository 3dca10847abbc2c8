"""Gladia's Python SDK, with AssemblyAI doing the work.

    from shim.gladiaio_sdk import GladiaClient

is all that a program changes. Everything is the package `gladiaio_sdk` itself, under this name; only `GladiaClient` is
a subclass, whose live sessions go to a gateway in this process (`shim.drop_in`). Nothing of the vendor's is patched.
ASSEMBLYAI_API_KEY is the key that is used; the program's own is Gladia's, goes nowhere and may be missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shim.vendor_package import VendorPackage

_package = VendorPackage(__name__, "gladiaio_sdk", extra="gladia")

if TYPE_CHECKING:
    from gladiaio_sdk import *  # noqa: F403

    __version__: str
else:
    from gladiaio_sdk.client import GladiaClient as _VendorClient
    from gladiaio_sdk.version import SDK_VERSION

    from shim.gladiaio_sdk.client import GladiaClient

    __version__ = SDK_VERSION
    _package.show({_VendorClient: GladiaClient})
    __all__ = _package.names_of(_package.module)
    __getattr__ = _package.getter(_package.module)

    def __dir__() -> list[str]:
        return sorted({*globals(), *dir(_package.module)})
