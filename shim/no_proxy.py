"""The proxy variables of the environment, for hosts that must be reached without a proxy."""

import os
import sys
from collections.abc import Iterable

_NAMES = ("no_proxy", "NO_PROXY")
_PLATFORM: str = sys.platform


class NoProxy:
    """Keeps the led hosts in `no_proxy` and `NO_PROXY`: through a proxy they could not be led.

    Libraries read either spelling, and some prefer the small one, so both get what was in force plus the
    hosts. What the program itself writes there meanwhile stays. Programs that this one starts inherit the
    variables. Not reached: a proxy given in code, and an httpx client made before (it read them then).
    """

    def __init__(self) -> None:
        self._hosts: list[str] = []
        self._before: dict[str, str | None] = {}
        self._written: dict[str, str] = {}

    def cover(self, hosts: Iterable[str]) -> None:
        """`hosts` are all that are led now; none restores the variables as they were."""
        for name in _NAMES:
            current = os.environ.get(name)
            if name not in self._written:
                self._before[name] = current
            elif current != self._written[name]:
                self._before[name] = self._without_ours(current)
        self._hosts = sorted(hosts)
        self._written.clear()
        in_force = self._before["no_proxy"] or self._before["NO_PROXY"] or ""
        if self._hosts and in_force.strip() != "*" and not _proxies_are_the_systems():
            value = ",".join([in_force, *self._hosts] if in_force else self._hosts)
            self._written = dict.fromkeys(_NAMES, value)
        for name in _NAMES:
            wanted = self._written.get(name, self._before[name])
            if wanted is None:
                os.environ.pop(name, None)
            elif wanted != os.environ.get(name):
                os.environ[name] = wanted

    def _without_ours(self, value: str | None) -> str | None:
        if value is None:
            return None
        return ",".join(part for part in value.split(",") if part.strip() not in self._hosts)


def _proxies_are_the_systems() -> bool:
    """On Windows and macOS, any of these variables switches the system's proxy settings off, for every host."""
    if _PLATFORM not in ("win32", "darwin"):
        return False
    names = [name.lower() for name, value in os.environ.items() if value]
    return not any(name.endswith("_proxy") and name != "no_proxy" for name in names)
