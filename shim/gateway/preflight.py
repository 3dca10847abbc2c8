"""A look at the upstream before a program is started over it: is anything there?"""

from __future__ import annotations

import http.client
import ssl
from urllib.parse import urlsplit

from shim.errors import BridgeError
from shim.gateway.settings import base_url, host_of

_NEXT_STEP = "check --upstream and the network"


def check_upstream(url: str, timeout: float = 5.0) -> None:
    """One plain GET to the base URL `url`; any HTTP status is fine. `timeout` is in real seconds.

    Blocks. Raises BridgeError if nothing answers HTTP there, or if TLS fails.
    """
    parts = urlsplit(base_url(url, "--upstream"))
    host = host_of(url)
    connection: http.client.HTTPConnection
    if parts.scheme in ("wss", "https"):
        context = ssl.create_default_context()
        connection = http.client.HTTPSConnection(parts.hostname or "", parts.port, timeout=timeout, context=context)
    else:
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout)
    try:
        connection.request("GET", f"{parts.path}/")
        connection.getresponse()
    except TimeoutError:
        raise BridgeError(f"the upstream {host} does not answer within {timeout:g} s", _NEXT_STEP) from None
    except ssl.SSLError as error:
        reason = getattr(error, "verify_message", "") or error.reason or "TLS failed"
        raise BridgeError(f"the upstream {host} cannot be trusted: {reason}", _NEXT_STEP) from None
    except http.client.HTTPException as error:
        raise BridgeError(f"the upstream {host} does not speak HTTP: {type(error).__name__}", _NEXT_STEP) from None
    except OSError as error:
        raise BridgeError(f"the upstream {host} cannot be reached: {error.strerror or error}", _NEXT_STEP) from None
    finally:
        connection.close()
