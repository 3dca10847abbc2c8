"""The client of `shim.assemblyai.streaming.v3`: AssemblyAI's own, whose sessions go to the gateway in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
from assemblyai.streaming.v3 import RealTimeParameters
from assemblyai.streaming.v3.client import RealTimeTranscriber as _RealTimeTranscriber

from shim.assemblyai.streaming.v3.led import TOKEN_SECONDS, gateway_of, led, remember, token_request


class RealTimeTranscriber(_RealTimeTranscriber):
    """AssemblyAI's client with Gladia behind it.

    Every option keeps its meaning: timeouts, retries, and the region, which is in `api_host`. AssemblyAI's own hosts
    there lead to the gateway; another `api_host` is used as it is.
    """

    def connect(self, params: RealTimeParameters) -> None:
        """As the vendor's; BridgeError when GLADIA_API_KEY is not set."""
        gateway = gateway_of(self._options)
        asked = self._options
        if gateway is not None:
            self._options = led(asked, gateway)
        try:
            super().connect(params)
        finally:
            self._options = asked

    def create_temporary_token(self, expires_in_seconds: int, max_session_duration_seconds: int | None = None) -> str:
        """As the vendor's. The token is the gateway's: it opens sessions of clients in this process."""
        gateway = gateway_of(self._options)
        if gateway is None:
            return super().create_temporary_token(expires_in_seconds, max_session_duration_seconds)
        with httpx.Client(trust_env=False, timeout=TOKEN_SECONDS) as http:
            answer = http.get(**token_request(gateway, expires_in_seconds, max_session_duration_seconds))
        answer.raise_for_status()
        return remember(answer.json()["token"])


StreamingClient = RealTimeTranscriber

if not TYPE_CHECKING:  # the vendor's other names in this module
    from assemblyai.streaming.v3 import client as _vendor

    from shim.assemblyai import _package

    _package.complete(globals(), _vendor)
