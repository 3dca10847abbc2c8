"""Whether an address leads to a vendor's API: its host itself, and nothing that only holds or resembles its name."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from shim.mapping import session
from shim.mapping.row import Vendor

UNKNOWN_PART: Final = "\0"
"""What stands in an address for a part that is not known."""


@cache
def _pattern(vendor: Vendor) -> re.Pattern[str]:
    domain = ".".join(session.HOST.of(vendor)[0].split(".")[-2:])
    # AssemblyAI's older API and its recordings are at a host that is called like Gladia's.
    services = "|".join(sorted({session.HOST.of(one)[0].split(".")[0] for one in Vendor}))
    return re.compile(
        rf"(?:^|://|[@\0])((?:{services})(?:\.[\w-]+)*\.{re.escape(domain)})(?=$|[/:?#\0])", re.IGNORECASE
    )


def api_host_in(text: str, vendor: Vendor) -> str | None:
    """The host of a vendor's API that a piece of an address names, a region's too; None where there is none.

    The vendor's other sites, such as its documentation, do not count. A part that is not known stands as a NUL.
    """
    found = _pattern(vendor).search(text.strip())
    return found[1].lower() if found is not None else None


def is_api_address(text: str, vendor: Vendor) -> bool:
    """Whether a text is an address at a vendor's API, or the beginning of one: a text that only speaks of it is not."""
    return "://" in text and not re.search(r"\s", text.strip()) and api_host_in(text, vendor) is not None


def is_api_host(text: str, vendor: Vendor) -> bool:
    """Whether a text is the host of a vendor's API, a region's too, and nothing else."""
    return api_host_in(text, vendor) == text.strip().lower()
