"""Gladia's Python SDK, with AssemblyAI doing the work.

    from shim.gladiaio_sdk import GladiaClient

is all that a program changes. Everything is the package `gladiaio_sdk` itself, under this name; only `GladiaClient` is
a subclass, whose live sessions go to a gateway in this process (`shim.drop_in`). Nothing of the vendor's is patched.
ASSEMBLYAI_API_KEY is the key that is used; the program's own is Gladia's, goes nowhere and may be missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shim.vendor_package import VendorPackage

_package = VendorPackage(__name__, "gladiaio_sdk", distribution="gladiaio-sdk", least=(1, 0), extra="gladia")

if TYPE_CHECKING:
    from gladiaio_sdk import *  # noqa: F403
    from gladiaio_sdk.v2.live.generated_types import *  # noqa: F403
    from gladiaio_sdk.v2.prerecorded.generated_types import *  # type: ignore[assignment]  # noqa: F403

    __version__: str
else:
    from gladiaio_sdk.client import GladiaClient as _VendorClient
    from gladiaio_sdk.version import SDK_VERSION

    from shim.gladiaio_sdk.client import GladiaClient

    __version__ = SDK_VERSION
    _package.show({_VendorClient: GladiaClient})
    _package.complete(globals(), _package.module)
