"""The callbacks of a Gladia session, played: one POST a message, in their order, to this machine only."""

from __future__ import annotations

import asyncio
from typing import Final

import aiohttp
import msgspec

from shim.faces import gladia as face
from shim.faces.gladia_jobs import callback_flags
from shim.wire import gladia as wire
from shim.wire.codec import encode
from shim.wire.gladia_jobs import CallbackBody

_PATIENCE: Final = 10.0  # real seconds that a receiver may take


def callback_of(session_id: str, request: wire.InitRequest) -> Callback | None:
    """The callback that a session asks for; None where it asks for none."""
    config = request.callback_config
    if not request.callback or not isinstance(config, dict) or not config.get("url"):
        return None
    flags = msgspec.convert(msgspec.to_builtins(callback_flags(config)), wire.MessagesConfig)
    return Callback(session_id, str(config["url"]), flags)


class Callback:
    """Posts what its flags let through. A receiver that fails is not tried again (ours: whether the service does is
    not known)."""

    def __init__(self, session_id: str, url: str, flags: wire.MessagesConfig) -> None:
        self._id = session_id
        self._url = url
        self._flags = flags
        self._waiting: asyncio.Queue[str] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    def tell(self, message: wire.ServerMessage | wire.StartSession) -> None:
        """Posts a message after those before it, without waiting for it."""
        if not face.is_wanted(message, self._flags):
            return
        payload = msgspec.Raw(encode(message).encode())
        self._waiting.put_nowait(encode(CallbackBody(id=self._id, event=f"live.{message.type}", payload=payload)))
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._post_all())

    async def stop(self) -> None:
        """Posts nothing more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _post_all(self) -> None:
        timeout = aiohttp.ClientTimeout(total=_PATIENCE)
        async with aiohttp.ClientSession(timeout=timeout, headers={"content-type": "application/json"}) as http:
            while True:
                body = await self._waiting.get()
                try:
                    async with http.post(self._url, data=body.encode(), allow_redirects=False):
                        pass
                except (aiohttp.ClientError, OSError, TimeoutError):
                    continue  # the receiver's own affair
