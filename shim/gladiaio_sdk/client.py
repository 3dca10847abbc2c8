"""The client of `shim.gladiaio_sdk`: Gladia's own, whose live sessions go to the gateway in this process."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import gladiaio_sdk.client as _vendor
from gladiaio_sdk.client_options import GladiaClientOptions

from shim.drop_in import gateway_for
from shim.mapping.row import Vendor
from shim.mapping.session import hosts_of

_HOSTS = frozenset(hosts_of(Vendor.GLADIA))


class GladiaClient(_vendor.GladiaClient):
    """Gladia's client with AssemblyAI behind its live sessions.

    Every option keeps its meaning: timeouts, retries, headers, `region`. The addresses of Gladia's own hosts in
    `api_url` lead to the gateway; another `api_url` is used as it is. Pre-recorded transcription stays Gladia's own.

    `live`, `live_v2`, `live_async` and `live_v2_async` raise BridgeError when ASSEMBLYAI_API_KEY is not set.
    """

    if not TYPE_CHECKING:  # for type checkers these are the vendor's, with all their options

        def live_v2(self, *args: Any, **kwargs: Any) -> Any:
            return super().live_v2(self._led(*args, **kwargs))

        def live_v2_async(self, *args: Any, **kwargs: Any) -> Any:
            return super().live_v2_async(self._led(*args, **kwargs))

        live = live_v2
        live_async = live_v2_async

    def _led(self, options: GladiaClientOptions | None = None, /, **changes: Any) -> GladiaClientOptions:
        """The options that were given here or to the client, with the gateway's address and key."""
        asked = options or dataclasses.replace(self.options, **changes)
        gateway = gateway_for("gladia", "assemblyai", asked.api_url, _HOSTS) if asked.api_url else None
        return asked if gateway is None else dataclasses.replace(asked, api_url=gateway.url, api_key=gateway.key)


if not TYPE_CHECKING:  # the vendor's other names in this module
    from shim.gladiaio_sdk import _package

    _package.complete(globals(), _vendor)
