"""What a gateway is told: which API it serves, over which service, with whose keys."""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from shim.clock import Clock
from shim.errors import BridgeError
from shim.faces import assemblyai, gladia
from shim.gateway.callback_addresses import CallbackAddresses
from shim.jobs.store_url import MEMORY, OFF, check_url
from shim.mapping.on_absent import Handling, OnAbsent, read_on_absent

POSSIBLE = {("gladia", "assemblyai"): assemblyai.HOST, ("assemblyai", "gladia"): gladia.HOST}
"""The pairs of API and service that there is a bridge for, with the service's own host."""

TURNS = ("target", "keep")

GRACE_VARIABLE = "STTBRIDGE_GRACE"
_LONGEST_GRACE = 3600
LONGEST_RETENTION = 36_500


@dataclass(frozen=True)
class Settings:
    """A gateway's settings; wrong ones raise BridgeError.

    `upstream` is the base URL of the service (None: its own host), `upstream_key` its key (None: the client's key is
    passed on). `gateway_keys`: clients must show one of these, and the upstream's key is `upstream_key`. `public_url`
    is the base URL by which clients reach the gateway (None: as each request says). `turns` "keep": silences that the
    client did not set are its own vendor's, "target": the service's. `grace`: for
    how many real seconds a client that was cut off is waited for. `on_absent`: what becomes of what the service lacks,
    as `shim.mapping.on_absent` reads it. `jobs`: where jobs are kept, as `shim.jobs.store_url` reads it; `keep_audio`:
    the sessions' audio too; `retention`: for how many days after their end. `callbacks`: what clients ask
    to be posted is posted, to public addresses and to the hosts and networks of `callbacks_allow`. `metrics`: whether
    `GET /metrics` is answered.
    """

    api: str
    over: str
    upstream: str | None = None
    upstream_key: str | None = field(default=None, repr=False)
    gateway_keys: frozenset[str] = field(default=frozenset(), repr=False)
    public_url: str | None = None
    clock: Clock = field(default_factory=Clock)
    turns: str = "target"
    grace: float = field(default_factory=lambda: read_grace(os.environ.get(GRACE_VARIABLE, "").strip() or "30"))
    on_absent: str = Handling.WARN
    jobs: str = field(default=MEMORY, repr=False)
    keep_audio: bool = False
    retention: float = 30.0
    callbacks: bool = False
    callbacks_allow: tuple[str, ...] = ()
    metrics: bool = False

    def __post_init__(self) -> None:
        if (self.api, self.over) not in POSSIBLE:
            possible = ", ".join(f"api={api!r} over={over!r}" for api, over in POSSIBLE)
            raise BridgeError(f"api={self.api!r} over={self.over!r} is not possible", f"possible is: {possible}")
        if self.turns not in TURNS:
            raise BridgeError(f"turns={self.turns!r} is not possible", f"possible is: {', '.join(TURNS)}")
        read_grace(str(self.grace))
        read_on_absent(self.on_absent)
        check_url(self.jobs)
        if self.callbacks_allow and not self.callbacks:
            raise BridgeError("--callbacks-allow is given, and callbacks are not enabled", "give --callbacks, too")
        CallbackAddresses.read(self.callbacks_allow)
        if self.keep_audio and self.jobs == OFF:
            raise BridgeError(
                "audio is to be kept with jobs, and no jobs are kept", "leave --keep-audio or --jobs off out"
            )
        if not 0 < self.retention <= LONGEST_RETENTION:
            raise BridgeError(
                f"a retention of {self.retention:g} days is not possible", f"give up to {LONGEST_RETENTION}"
            )
        if self.gateway_keys and not self.upstream_key:
            raise BridgeError("gateway keys are given, but no key for the upstream", "put it into its variable")
        for key in (*self.gateway_keys, self.upstream_key or "x"):
            if not is_plain_key(key):
                raise BridgeError("a key holds characters that no header can carry", "check it for blanks and quotes")
        base_url(self.upstream or "", "--upstream")
        base_url(self.public_url or "", "--public-url")

    @property
    def absence(self) -> OnAbsent:
        """What becomes of what the service lacks."""
        return read_on_absent(self.on_absent)

    @property
    def callback_addresses(self) -> CallbackAddresses:
        """Where callbacks may go to."""
        return CallbackAddresses.read(self.callbacks_allow)

    @property
    def upstream_url(self) -> str:
        """The base URL of the service, without a slash at its end."""
        return base_url(self.upstream or f"wss://{POSSIBLE[self.api, self.over]}", "--upstream")

    @property
    def upstream_host(self) -> str:
        """Host, and port if one is given, as logs name the service: nothing secret."""
        return host_of(self.upstream_url)

    def upstream_key_for(self, shown: str | None) -> str:
        """The key for the upstream, given the one that a client has shown. Raises the face's Refusal (401)."""
        gladia.check_key(shown, None)
        key = self.key_behind(shown or "")
        if key is None:
            raise gladia.Refusal(401, gladia.UNKNOWN_KEY)
        return key

    def key_behind(self, shown: str) -> str | None:
        """The key for the upstream, given the one that a client has shown; None if that opens nothing here."""
        key = shown.encode(errors="surrogateescape")
        # Every key is compared, each in constant time: how long it takes tells nothing about any of them.
        known = [hmac.compare_digest(key, allowed.encode()) for allowed in self.gateway_keys]
        if self.gateway_keys and not any(known):
            return None
        return self.upstream_key or (shown if is_plain_key(shown) else None)


def read_grace(text: str) -> float:
    """For how many real seconds a client that was cut off is waited for. Raises BridgeError for what is no time."""
    try:
        grace = float(text)
    except ValueError:
        grace = -1.0
    if not 0 <= grace <= _LONGEST_GRACE:
        raise BridgeError(
            f"--grace ({GRACE_VARIABLE}) takes 0 to {_LONGEST_GRACE} seconds, not {text!r}", "30 is usual"
        )
    return grace


def base_url(url: str, option: str) -> str:
    """A base URL without a slash at its end ("" stays ""); BridgeError, naming the option, if it is none."""
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("ws", "wss", "http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid or parts.query or parts.fragment or parts.username is not None:
        raise BridgeError(
            f"{option}: {_without_secrets(url)!r} is not a base URL",
            "give ws://HOST:PORT, wss://HOST, http://HOST:PORT or https://HOST",
        )
    return url.rstrip("/")


def host_of(url: str) -> str:
    """Host and port of a base URL."""
    return urlsplit(url).netloc


def is_plain_key(key: str) -> bool:
    """Whether a key can be sent in a header: visible ASCII."""
    return bool(key) and all(0x21 <= ord(character) <= 0x7E for character in key)


_SHORTEST_SECRET = 8  # a shorter key, as in tests, is found in ordinary words


def without(key: str) -> Callable[[str], str]:
    """What takes a key out of a text that is to be logged."""
    return lambda text: text.replace(key, "[key]") if len(key) >= _SHORTEST_SECRET else text


def _without_secrets(url: str) -> str:
    """What of a URL may be shown: no user name and password, no query."""
    start = url.partition("?")[0].partition("#")[0]
    scheme, separator, rest = start.rpartition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}"
