"""The page docs/compatibility.md: made of the map, the items and the tests that show them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from shim.mapping.row import EXACT, Fidelity, Vendor
from tests.compatibility.differences import DIFFERENCES
from tests.compatibility.item import TITLES, Item, Kind
from tests.compatibility.items import ITEMS

Tests = Mapping[str, Sequence[str]]

_HEAD: Final = """# What works through the shim

Made of the map, of the list of all that the two vendors' references name, and of the tests that show it. All of this
is about clients that nobody rewrote: a client of one vendor's API, the other vendor's service doing the work. Each test
speaks to a gateway over real sockets, with a strict local stand-in of the service behind it; nobody here could call the
vendors' own services. Where a reference is silent or contradicts itself, what was chosen is a guess, and the vendor's
own answer may be another.

- **exact**: a client cannot tell it from its vendor's own, as far as the reference says what that is;
- **emulated**: the shim makes it itself;
- **approximate**: it works, and differs in what is said beside it;
- **absent**: it is refused, said, or without effect; what harms in silence is refused unless `--on-absent` says
  otherwise.

Not part of it: what an account sets up in a vendor's dashboard (Gladia's webhooks), and the vendors' APIs of before.
"""

_NAMES: Final = {Vendor.GLADIA: "Gladia", Vendor.ASSEMBLYAI: "AssemblyAI"}
_WORDS: Final = (
    ("exact", EXACT),
    ("emulated", (Fidelity.EMULATED,)),
    ("approximate", (Fidelity.APPROXIMATE,)),
    ("absent", (Fidelity.ABSENT,)),
)


def page(covers: Tests, differences: Tests) -> str:
    """The whole page, given the tests that show each item and each difference."""
    parts = [_HEAD, _summary(), _known_differences(differences)]
    for vendor in Vendor:
        parts.append(f"## A client of {_NAMES[vendor]}, over {_NAMES[vendor.other]}\n")
        parts += [_table(vendor, kind, covers) for kind in Kind if kind is not Kind.SERVICE]
    parts.append(f"## {TITLES[Kind.SERVICE]}\n")
    parts += [_service(vendor, covers) for vendor in (Vendor.ASSEMBLYAI, Vendor.GLADIA)]
    return "\n".join(part for part in parts if part).rstrip() + "\n"


def _summary() -> str:
    lines = ["| | " + " | ".join(word for word, _ in _WORDS) + " | all |", "|---|" + "---|" * (len(_WORDS) + 1)]
    for vendor in Vendor:
        own = [item for item in ITEMS if item.vendor is vendor and item.kind is not Kind.SERVICE]
        counts = [sum(item.fidelity in fidelities for item in own) for _, fidelities in _WORDS]
        title = f"{_NAMES[vendor]}'s API over {_NAMES[vendor.other]}"
        lines.append(f"| {title} | " + " | ".join(map(str, (*counts, len(own)))) + " |")
    return "\n".join(lines) + "\n"


def _known_differences(tests: Tests) -> str:
    lines = ["## Known differences\n", "What a client can notice. Each has a test that shows it.\n"]
    for vendor in Vendor:
        lines += [f"### A client of {_NAMES[vendor]}\n", "| | what differs | tests |", "|---|---|---|"]
        lines += [
            f"| {number} | {what} | {_listed(tests.get(number, ()))} |"
            for number, (api, what) in DIFFERENCES.items()
            if api is vendor
        ]
        lines.append("")
    return "\n".join(lines)


def _table(vendor: Vendor, kind: Kind, tests: Tests) -> str:
    own = [item for item in ITEMS if item.vendor is vendor and item.kind is kind]
    if not own:
        return ""
    over = f"over {_NAMES[vendor.other]}"
    rows = [f"| `{item.name}` | {_word(item)} | {item.reason} | {_listed(tests.get(item.id, ()))} |" for item in own]
    return _written(TITLES[kind], f"| item | {over} | why | tests |", rows)


def _service(vendor: Vendor, tests: Tests) -> str:
    own = [item for item in ITEMS if item.vendor is vendor and item.kind is Kind.SERVICE]
    rows = [f"| `{item.name}` | {item.reason} | {_listed(tests.get(item.id, ()))} |" for item in own]
    title = f"{_NAMES[vendor]}, behind a client of {_NAMES[vendor.other]}"
    return _written(title, "| it says | what becomes of it | tests |", rows)


def _written(title: str, head: str, rows: Iterable[str]) -> str:
    return "\n".join([f"### {title}\n", head, "|---" * (head.count("|") - 1) + "|", *rows, ""])


def _word(item: Item) -> str:
    return next(word for word, fidelities in _WORDS if item.fidelity in fidelities)


def _listed(tests: Sequence[str]) -> str:
    return ", ".join(f"`{test}`" for test in tests)
