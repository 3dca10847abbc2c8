"""AssemblyAI's Python SDK, with Gladia doing the realtime work.

    from shim.assemblyai.streaming.v3 import StreamingClient

is all that a program changes (or `import shim.assemblyai as aai`). Everything is the package `assemblyai` itself, under
this name; only the clients of `streaming.v3` are subclasses. What is not realtime stays AssemblyAI's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shim.vendor_package import VendorPackage

_package = VendorPackage(__name__, "assemblyai", distribution="assemblyai", least=(1, 0), extra="assemblyai")

if TYPE_CHECKING:
    from assemblyai import *  # noqa: F403
else:
    # `streaming` is loaded when it is asked for, as in the vendor's package: it needs websockets.
    _package.show({})
    from shim.assemblyai.__version__ import __version__  # noqa: F401  (as there: the text, not the module of that name)

    _package.complete(globals(), _package.module)
