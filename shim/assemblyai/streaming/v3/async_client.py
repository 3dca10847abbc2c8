"""The async client of `shim.assemblyai.streaming.v3`, for asyncio: see `client`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx
from assemblyai.streaming.v3 import RealTimeParameters
from assemblyai.streaming.v3.async_client import AsyncRealTimeTranscriber as _AsyncRealTimeTranscriber

from shim.assemblyai.streaming.v3.led import TOKEN_SECONDS, gateway_of, led, remember, token_request


class AsyncRealTimeTranscriber(_AsyncRealTimeTranscriber):
    """AssemblyAI's asyncio client with Gladia behind it; options as for `RealTimeTranscriber`."""

    async def connect(self, params: RealTimeParameters) -> None:
        """As the vendor's; BridgeError when GLADIA_API_KEY is not set."""
        # In a thread: the first use starts the gateway, which would hold the loop up.
        gateway = await asyncio.to_thread(gateway_of, self._options)
        asked = self._options
        if gateway is not None:
            self._options = led(asked, gateway)
        try:
            await super().connect(params)
        finally:
            self._options = asked

    async def create_temporary_token(
        self, expires_in_seconds: int, max_session_duration_seconds: int | None = None
    ) -> str:
        """As the vendor's. The token is the gateway's: it opens sessions of clients in this process."""
        gateway = await asyncio.to_thread(gateway_of, self._options)
        if gateway is None:
            return await super().create_temporary_token(expires_in_seconds, max_session_duration_seconds)
        async with httpx.AsyncClient(trust_env=False, timeout=TOKEN_SECONDS) as http:
            answer = await http.get(**token_request(gateway, expires_in_seconds, max_session_duration_seconds))
        answer.raise_for_status()
        return remember(answer.json()["token"])


AsyncStreamingClient = AsyncRealTimeTranscriber

if not TYPE_CHECKING:  # the vendor's other names in this module
    from assemblyai.streaming.v3 import async_client as _vendor

    from shim.assemblyai import _package

    _package.complete(globals(), _vendor)
