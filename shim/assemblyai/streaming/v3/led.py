"""What both clients of `shim.assemblyai` do to be led to the gateway in this process."""

from __future__ import annotations

from collections import deque
from typing import Any

from assemblyai.streaming.v3 import RealTimeTranscriberOptions

from shim.drop_in import Gateway, gateway_for
from shim.mapping.row import Vendor
from shim.mapping.session import hosts_of

HOSTS = frozenset(hosts_of(Vendor.ASSEMBLYAI))
TOKEN_SECONDS = 30.0
"""Real seconds in which the gateway answers the request for a token."""

_tokens: deque[str] = deque(maxlen=1000)  # the last ones: they live ten minutes at most


def gateway_of(options: RealTimeTranscriberOptions) -> Gateway | None:
    """The gateway for a client with these options; None where it is to stay as it is. Raises as `gateway_for`."""
    return gateway_for("assemblyai", "gladia", options.api_host, HOSTS)


def led(options: RealTimeTranscriberOptions, gateway: Gateway) -> RealTimeTranscriberOptions:
    """The same options, with the gateway's address and key.

    A token that this process's gateway has given out is shown as it is: it may have expired, or limit the session.
    Any other is the vendor's and goes nowhere, like the program's key.
    """
    token = options.token if options.token in _tokens else None
    address = gateway.url.replace("http://", "ws://", 1)
    return options.model_copy(update={"api_host": address, "api_key": gateway.key, "token": token})


def token_request(
    gateway: Gateway, expires_in_seconds: int, max_session_duration_seconds: int | None
) -> dict[str, Any]:
    """The arguments of the GET that asks the gateway for a token."""
    query = {"expires_in_seconds": expires_in_seconds}
    if max_session_duration_seconds is not None:
        query["max_session_duration_seconds"] = max_session_duration_seconds
    return {"url": f"{gateway.url}/v3/token", "params": query, "headers": {"Authorization": gateway.key}}


def remember(token: str) -> str:
    """Notes a token that a gateway of this process has given out."""
    _tokens.append(token)
    return token
