"""JSON beside tests that holds the old service's messages: tests play it, the moved program reads others."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Final

from codemods.analysis.own_tests import TEST_FOLDERS
from codemods.findings import TEST_OF_OLD, Finding
from codemods.project_files.program_uses import Programs
from codemods.rules.remains.sweep import types_of, words_of
from shim.mapping import session
from shim.mapping.row import Vendor

_TYPE: Final = re.compile(rb'"type"\s*:\s*"(\w+)"')
_KEY: Final = re.compile(rb'"(\w+)"\s*:')
_MOST_SAID: Final = 4


def may_hold_messages(content: bytes, path: PurePath) -> bool:
    """Whether a file that stands among tests holds a vendor's messages: a search over its bytes."""
    return _is_among_tests(path) and any(_types_in(content, vendor) for vendor in Vendor)


def message_findings(text: str, path: PurePath, programs: Programs) -> list[Finding]:
    """What is said about messages of the old service that are kept among the tests of programs that left it.

    Programs that the shim carries get the old service's messages still.
    """
    source = programs.target.other
    uses = [one.used_after for one in programs.every]
    has_key = any(one.uses_key_of(programs.target) for one in uses)
    moved = has_key or any(one.after != one.before for one in programs.every)
    if not _is_among_tests(path) or not moved or any(one.uses_shim for one in uses):
        return []
    content = text.encode("utf-8", "surrogateescape")
    types = _types_in(content, source)
    if not types:
        return []
    first = next(one for one in _TYPE.finditer(content) if one[1].decode() in types)
    shown = ", ".join(f"`{one}`" for one in types[:_MOST_SAID])
    shown += ", …" if len(types) > _MOST_SAID else ""
    vendor = session.NAME.of(source)[0]
    line = content.count(b"\n", 0, first.start()) + 1
    return [Finding(TEST_OF_OLD, line, f"it holds messages of {vendor}'s sessions: {shown}")]


def _is_among_tests(path: PurePath) -> bool:
    return path.suffix == ".json" and not TEST_FOLDERS.isdisjoint(path.parts[-4:-1])


def _types_in(content: bytes, vendor: Vendor) -> list[str]:
    """The types of a vendor's messages in a document, where one of them, or a field, is this vendor's alone."""
    types = [one.decode() for one in _TYPE.findall(content)]
    keys = {one.decode() for one in _KEY.findall(content)}
    if not any("_" in one and (one in keys or one in types) for one in words_of(vendor)):
        return []
    return list(dict.fromkeys(one for one in types if one in types_of(vendor)))
