"""Sample rates that Gladia's live sessions refuse."""

from __future__ import annotations

import libcst as cst

from codemods.findings import RATE_NOT_TAKEN
from codemods.migrating import Migrating
from shim.faces.gladia import SAMPLE_RATES
from shim.mapping.row import Vendor


def report_rate(migrating: Migrating, rate: object, node: cst.CSTNode) -> None:
    """Reports a rate (Hz) that Gladia refuses; one that is only known when the program runs may be any."""
    if migrating.target is Vendor.GLADIA and isinstance(rate, int) and rate not in SAMPLE_RATES:
        migrating.report(RATE_NOT_TAKEN, node, f"{rate} Hz")
