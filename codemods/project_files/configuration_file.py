"""JSON, YAML and TOML that a program loads: a session's parameters in them are shown converted, not rewritten.

Whether a file is read by this program alone, and what else is made of it, cannot be seen from here.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from codemods.findings import CONFIGURATION_FILE, Finding
from codemods.project_files.parameter_documents import converted_document, parameters_in, telling_keys
from codemods.project_files.program_uses import Programs
from shim.errors import BridgeError
from shim.mapping.row import Vendor

LARGEST_DOCUMENT = 1_000_000
"""Larger files are data, in bytes."""


def may_hold_parameters(content: bytes) -> bool:
    """Whether a file can hold a session's parameters: a search over its bytes, before anything is parsed."""
    keys = {key for vendor in Vendor for key in telling_keys(vendor)}
    return len(content) <= LARGEST_DOCUMENT and any(key.encode() in content for key in keys)


def configuration_findings(text: str, path: PurePath, programs: Programs) -> list[Finding]:
    """What is said about a configuration file that a program of the run names."""
    if len(text) > LARGEST_DOCUMENT or not programs.loads(path.name):
        return []
    found = converted_configuration(text, path, programs.target)
    if found is None:
        return []
    if found.document is None:
        return [Finding(CONFIGURATION_FILE, found.line, "; ".join(found.notes))]
    said = f"; {'; '.join(found.notes)}" if found.notes else ""
    return [Finding(CONFIGURATION_FILE, found.line, f"converted, they are {found.document}{said}")]


@dataclass(frozen=True, slots=True)
class ConvertedConfiguration:
    """A session's parameters in a file, converted. `line` counts from 1; `document` is JSON, None where it failed."""

    line: int
    document: str | None
    notes: Sequence[str]
    """What there is to say about it; why it failed."""


def converted_configuration(text: str, path: PurePath, target: Vendor) -> ConvertedConfiguration | None:
    """The parameters of the old service's session in a file as `target` takes them; None where it holds none."""
    found = parameters_in(_document(text, path), target.other)
    if found is None:
        return None
    keys = telling_keys(target.other)
    line = next((n for n, one in enumerate(text.splitlines(), 1) if any(key in one for key in keys)), 1)
    try:
        document, notes = converted_document(found, target)
    except BridgeError as error:
        return ConvertedConfiguration(line, None, [f"{error}"])
    return ConvertedConfiguration(line, document, notes)


def _document(text: str, path: PurePath) -> Any:
    """What a file holds; None where it is not valid."""
    try:
        match path.suffix:
            case ".json":
                return json.loads(text)
            case ".toml":
                return tomllib.loads(text)
            case _:
                return _yaml(text)
    except (ValueError, RecursionError):
        return None


def _yaml(text: str) -> Any:
    import yaml  # type: ignore[import-untyped]

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return None
