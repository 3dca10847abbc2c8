"""Where a gateway may post to for a client: whoever opens a session names the address, so not to what is only ours.

The names are resolved when a connection is made, and the addresses that were judged are those that are connected to: a
name that changes its address between two questions gains nothing.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from shim.errors import BridgeError

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_CARRIES_IPV4: Final = ipaddress.IPv6Network("64:ff9b::/96")
"""What a translator between the two makes IPv4 of."""
_METADATA: Final = frozenset(map(ipaddress.ip_address, ("168.63.129.16", "169.254.169.254", "100.100.100.200")))
"""Where clouds tell a machine its secrets. The first of them is an address like any other."""


class NotAllowed(OSError):
    """A callback would go where none may go."""


@dataclass(frozen=True)
class CallbackAddresses:
    """Public addresses are allowed, and what stands in these."""

    hosts: frozenset[str] = frozenset()
    networks: tuple[_Network, ...] = ()

    @classmethod
    def read(cls, allowed: Iterable[str]) -> CallbackAddresses:
        """From hosts, addresses and networks (CIDR). Raises BridgeError for what is none of these."""
        hosts: set[str] = set()
        networks: list[_Network] = []
        for text in filter(None, (text.strip() for text in allowed)):
            try:
                networks.append(ipaddress.ip_network(text.strip("[]"), strict=False))
            except ValueError:
                if "/" in text or ":" in text or text.replace(".", "").isdigit():
                    raise BridgeError(
                        f"--callbacks-allow: {text!r} is no host and no network",
                        "give a name, or an address as 10.1.0.0/16",
                    ) from None
                hosts.add(text.lower().rstrip("."))
        return cls(frozenset(hosts), tuple(networks))

    def permits(self, host: str, address: str) -> bool:
        """Whether a callback to a host may go to an address of it."""
        try:
            found = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return False
        if host.lower().rstrip(".") in self.hosts or any(found in network for network in self.networks):
            return True
        return _is_public(found)

    def judge(self, scheme: str, host: str) -> None:
        """Raises NotAllowed for the scheme and host of a URL where the host is an address that callbacks may not go to,
        or a way to write one: aiohttp connects to these without asking a resolver.
        """
        if scheme not in ("http", "https") or not host:
            raise NotAllowed("that is no URL of a server")
        looks_like_address = ":" in host or host.replace(".", "").isdigit()
        if looks_like_address and not self.permits(host, host):
            raise NotAllowed("that address is not a public one")


def _is_public(address: _Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _CARRIES_IPV4:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return _is_public(inner)
    if address in _METADATA or address.is_multicast or address.is_reserved or address.is_unspecified:
        return False
    return address.is_global
