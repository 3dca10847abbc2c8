"""How the vendors write their own names, by the words that the command and the reports use for them."""

from typing import Final

from shim.mapping.row import Vendor
from shim.mapping.session import NAME

VENDOR_NAMES: Final = {vendor.value: NAME.of(vendor)[0] for vendor in Vendor}
