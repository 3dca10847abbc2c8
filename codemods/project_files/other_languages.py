"""Programs in other languages: they are not rewritten; the gateway serves them the old service's API.

Which option of the JavaScript SDKs names the service is a row of the map.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import PurePath
from typing import Final

from codemods.findings import OTHER_LANGUAGE, Finding
from codemods.project_files.mentions import host_pattern
from codemods.project_files.program_uses import key_variable
from shim.mapping import sdk, session
from shim.mapping.row import Vendor

_JAVASCRIPT: Final = (
    *(".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs"),
    *(".vue", ".svelte", ".astro", ".html", ".htm", ".json"),
)
_IMPORT: Final = re.compile(
    r"^\s*(import|from|use|using|require|include|require_once|#include|@import|@file)\b|require\(|import\(|<script"
)


def other_language_findings(text: str, path: PurePath, target: Vendor) -> list[Finding]:
    """One finding for a program in another language that speaks to the old service, with the gateway's recipe."""
    places = list(_places(text, target.other))
    if not places:
        return []
    return [Finding(OTHER_LANGUAGE, places[0][0], f"{_named(places)}; {gateway_recipe(text, path, target)}")]


def npm_findings(text: str, target: Vendor) -> list[Finding]:
    """What is said about a `package.json` that names the old service's JavaScript SDK: it stays, with the gateway."""
    try:
        document = json.loads(text)
    except ValueError:
        return []
    name = sdk.JAVASCRIPT_PACKAGE.of(target.other)[0]
    tables = ("dependencies", "devDependencies", "peerDependencies", "optionalDependencies")
    if not isinstance(document, dict) or not any(name in (document.get(table) or {}) for table in tables):
        return []
    sdk.JAVASCRIPT_PACKAGE.over(target)
    line = next((n for n, one in enumerate(text.splitlines(), 1) if json.dumps(name) in one), 0)
    return [Finding(OTHER_LANGUAGE, line, f"`{name}` stays; {gateway_recipe(text, PurePath('x.json'), target)}")]


def speaks_to(text: str, vendor: Vendor) -> bool:
    """Whether a text in any language names a vendor's host, key or package."""
    return any(_places(text, vendor))


def names_host(text: str, target: Vendor) -> bool:
    """Whether a text names a host of the old service."""
    return any(name in session.hosts_of(target.other) for _, name in _places(text, target.other))


def uses_old_key(text: str, target: Vendor) -> bool:
    """Whether a program in another language reads the old service's key."""
    return any(name == key_variable(target.other) for _, name in _places(text, target.other))


def gateway_recipe(text: str, path: PurePath, target: Vendor) -> str:
    """How a program in another language is led to the new service."""
    old = target.other
    serve = f"run `sttbridge serve --api {old.value} --over {target.value}`"
    package = sdk.JAVASCRIPT_PACKAGE.of(old)[0]
    if path.suffix in _JAVASCRIPT and f'"{package}"' in text.replace("'", '"'):
        sdk.JAVASCRIPT_ADDRESS.over(target)
        name, option = sdk.JAVASCRIPT_ADDRESS.of(old)[0].split(".")
        return f"{serve} and give `{name}` its address as `{option}`{_address(old)}"
    return f"{serve} and put its address in the place of `{session.SCHEME.of(old)[0]}{session.HOST.of(old)[0]}`"


def _address(vendor: Vendor) -> str:
    if vendor is Vendor.GLADIA:
        return ', such as "http://127.0.0.1:8700"'
    path = session.PATH.of(vendor)[0]
    return f', such as "wss://stt.example.org{path}": it takes nothing but wss, with a certificate that Node trusts'


def _named(places: list[tuple[int, str]]) -> str:
    names = ", ".join(f"`{name}`" for name in dict.fromkeys(name for _, name in places))
    return f"it names {names}"


def _places(text: str, vendor: Vendor) -> Iterator[tuple[int, str]]:
    """Lines that name a vendor's host, key or package, by what they name."""
    name = session.NAME.of(vendor)[0]
    package = sdk.JAVASCRIPT_PACKAGE.of(vendor)[0]
    words: tuple[str, ...] = (key_variable(vendor),)
    header = session.KEY_HEADER.of(vendor)[0]
    if name.lower() in header:
        words = (*words, header)
    exact = [
        *((host, host_pattern(host)) for host in session.hosts_of(vendor)),
        *((word, re.compile(rf"(?<![\w-]){re.escape(word)}(?![\w-])", re.IGNORECASE)) for word in words),
    ]
    quoted = re.compile(rf"[\"'`(]{re.escape(package)}(/[\w./-]*)?[\"'`)]")
    imported = re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])", re.IGNORECASE)
    for number, line in enumerate(text.splitlines(), 1):
        found = [one for one, pattern in exact if pattern.search(line)]
        if quoted.search(line):
            found.append(package)
        elif not found and _IMPORT.search(line) and imported.search(line):
            found.append(name)
        for one in found:
            yield number, one
