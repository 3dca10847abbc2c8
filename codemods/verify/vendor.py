"""Which vendor a program speaks to."""

from __future__ import annotations

import ast
from pathlib import Path

from codemods.vendor_names import VENDOR_NAMES
from shim.errors import BridgeError
from shim.mapping.row import Vendor
from shim.mapping.session import HOST

_HOSTS = {vendor.value: ".".join(HOST.of(vendor)[0].split(".")[-2:]) for vendor in Vendor}
"""The vendors' domains: a program may have any host below them."""
_PACKAGES = {"gladia": "gladiaio_sdk", "assemblyai": "assemblyai"}


def vendor_of(script: Path, *, instead_of: str | None = None) -> str:
    """`gladia` or `assemblyai`: whose host stands in a string, or whose SDK is imported, in the script or in
    the modules beside it that it imports.

    `instead_of` is the vendor that a migrated program spoke to before: it may still name that for what stayed there.

    Raises `BridgeError` for a script that cannot be read or parsed, and where neither or both are found.
    """
    folder = script.resolve().parent
    seen: set[Path] = set()
    waiting = [script.resolve()]
    found: set[str] = set()
    while waiting and not found:  # the nearest file that names one decides
        step, waiting = waiting, []
        for path in step:
            seen.add(path)
            tree = _tree(path, shown_as=script if path == script.resolve() else path)
            found |= _vendors_in(tree)
            waiting.extend(neighbour for neighbour in _neighbours(path, tree, folder) if neighbour not in seen)
    if len(found) == 2:
        found.discard(instead_of or "")
    if len(found) == 1:
        return found.pop()
    if found:
        raise BridgeError(f"{script} speaks to Gladia and to AssemblyAI", "give a program that speaks to one")
    raise BridgeError(f"{script} speaks neither to Gladia nor to AssemblyAI", "give a program that does")


def shim_of(script: Path, vendor: str) -> str | None:
    """Over whom the script itself leads its vendor's API, by a `shim.install(api=…, over=…)`; None where it does not.

    Raises `BridgeError` for a script that cannot be read or parsed.
    """
    for node in ast.walk(_tree(script, shown_as=script)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "install":
            given = {one.arg: one.value.value for one in node.keywords if isinstance(one.value, ast.Constant)}
            if given.get("api") == vendor and given.get("over") in VENDOR_NAMES:
                return str(given["over"])
    return None


def _tree(path: Path, *, shown_as: Path) -> ast.Module:
    try:
        return ast.parse(path.read_bytes(), str(path))
    except OSError as error:
        reason = error.strerror or str(error)
        raise BridgeError(f"cannot read the script {shown_as}: {reason}", "give a readable Python file") from None
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        place = f"{shown_as}, line {line}" if line else f"{shown_as}"
        raise BridgeError(f"{place}: this is not Python: {error}", "give a Python program that runs") from None


def _imports(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = [node.module] if node.module else []
            names.update(parts or [alias.name for alias in node.names])
    return names


def _vendors_in(tree: ast.Module) -> set[str]:
    imported = {name.partition(".")[0] for name in _imports(tree)}
    texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return {
        vendor
        for vendor in VENDOR_NAMES
        if _PACKAGES[vendor] in imported or any(_HOSTS[vendor] in text for text in texts)
    }


def _neighbours(path: Path, tree: ast.Module, folder: Path) -> list[Path]:
    """The files in the script's folder, or in a package there, that the file at `path` imports."""
    bases: set[Path] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            bases.update(folder.joinpath(*alias.name.split(".")) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            # One dot is the file's own package, each further one the package around it.
            start = path.parents[min(node.level, len(path.parents)) - 1] if node.level else folder
            base = start.joinpath(*node.module.split(".")) if node.module else start
            bases.update((base, *(base / alias.name for alias in node.names)))
    paths = [path for base in sorted(bases) for path in (base.with_suffix(".py"), base / "__init__.py")]
    return [path.resolve() for path in paths if path.is_file()]
