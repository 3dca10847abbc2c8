"""What the shim would lead away from the old service and not answer: a program that needs it is not led at all.

`install()` leads hosts. Gladia's live sessions and its recordings are on one host, so a request for a recording would
reach the shim, which has sessions only: 404. AssemblyAI's recordings are on a host of their own, which is not led.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from codemods.analysis.program import Program
from codemods.analysis.values import LibraryObject, alternatives
from codemods.rules.remains.other_apis import is_of_other_api
from codemods.staying import Staying
from codemods.vendors import gladia, gladia_sdk
from shim.mapping.row import Vendor

_NOT_LIVE: Final = ("/v2/pre-recorded", "/v2/transcription", "/v2/upload")
"""Such requests where they are only named: who makes them, and how, is not followed everywhere."""


def led_astray(program: Program, texts: Mapping[Path, str], to: Vendor) -> str | None:
    """What of a program the shim would lead to itself and not answer, with its place; None for nothing."""
    if to.other is not Vendor.GLADIA:
        return None
    for stay in Staying(program, to.other).stays:
        if stay.is_vendors and isinstance(stay.node, cst.Call) and _is_of_other_api(program, stay.node):
            module = program.module_of(stay.node)
            line = MetadataWrapper(module, unsafe_skip_copy=True).resolve(PositionProvider)[stay.node].start.line
            code = " ".join(cst.Module([]).code_for_node(stay.node.func).split())
            return f"`{code}(…)` in line {line} of `{program.files[module].name}`"
    for path, text in texts.items():
        named = next((name for name in _NOT_LIVE if name in text), None)
        if named is not None:
            return f"`{named}`, which `{path.name}` names,"
    return None


def _is_of_other_api(program: Program, call: cst.Call) -> bool:
    request = program.requests.get(call)
    if request is not None and request.url is not None:
        urls = alternatives(program.value(request.url))
        return any(is_of_other_api(gladia.text_of(one), Vendor.GLADIA) for one in urls)
    value = program.value(call)
    parts = value.made_by.replace("()", "").split(".") if isinstance(value, LibraryObject) else []
    return gladia_sdk.CLIENT in parts and not gladia_sdk.FACTORIES.keys() & set(parts)
