"""AssemblyAI's realtime client, with Gladia doing the work.

    from shim.assemblyai.streaming.v3 import StreamingClient, StreamingEvents, StreamingParameters, …

Everything is `assemblyai.streaming.v3` itself, under this name; only the two clients are subclasses (each under both of
its names), whose sessions go to a gateway in this process (`shim.drop_in`). Nothing of the vendor's is patched.
GLADIA_API_KEY is the key that is used; the program's own is AssemblyAI's and goes nowhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assemblyai.streaming.v3 import *  # noqa: F403
else:
    from assemblyai.streaming import v3 as _vendor

    from shim.assemblyai import _package
    from shim.assemblyai.streaming.v3.async_client import AsyncRealTimeTranscriber
    from shim.assemblyai.streaming.v3.client import RealTimeTranscriber

    StreamingClient = RealTimeTranscriber
    AsyncStreamingClient = AsyncRealTimeTranscriber
    _package.show(
        {
            _vendor.RealTimeTranscriber: RealTimeTranscriber,
            _vendor.AsyncRealTimeTranscriber: AsyncRealTimeTranscriber,
        }
    )
    _package.complete(globals(), _vendor)
