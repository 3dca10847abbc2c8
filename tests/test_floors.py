"""The house: a file imports only from lower floors, and the lower rooms are without I/O, clocks and threads."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FLOORS = (
    ("codemods/cli.py", 6),
    ("codemods/", 5),
    ("shim/__init__.py", 4),
    ("shim/redirect.py", 4),
    ("shim/no_proxy.py", 4),
    ("shim/in_process.py", 4),
    ("shim/program.py", 4),
    ("shim/drop_in.py", 4),
    ("shim/vendor_package.py", 4),
    ("shim/gladiaio_sdk/", 4),
    ("shim/assemblyai/", 4),
    ("shim/gateway/", 3),
    ("shim/jobs/", 3),
    ("shim/emulator/", 3),
    ("shim/bridges/", 2),
    ("shim/faces/", 2),
    ("shim/audio.py", 1),
    ("shim/audio_channels.py", 1),
    ("shim/audio_chunks.py", 1),
    ("shim/audio_return.py", 1),
    ("shim/audio_wav.py", 1),
    ("shim/client_audio.py", 1),
    ("shim/audio_rates.py", 1),
    ("shim/clock.py", 1),
    ("shim/serving.py", 1),
    ("shim/tls_in_threads.py", 1),
    ("shim/served_socket.py", 1),
    ("shim/guide.py", 1),
    ("shim/errors.py", 0),
    ("shim/wire/", 0),
    ("shim/mapping/", 0),
)
WITHOUT_IO = (
    "shim/wire/",
    "shim/mapping/",
    "shim/audio.py",
    "shim/audio_channels.py",
    "shim/audio_chunks.py",
    "shim/audio_return.py",
    "shim/audio_wav.py",
    "shim/client_audio.py",
    "shim/audio_rates.py",
    "shim/bridges/",
    "shim/faces/",
)
IO_MODULES = {"asyncio", "socket", "ssl", "threading", "time", "aiohttp", "websockets", "selectors", "subprocess"}
STRANGERS = (("shim/gateway/", "shim.emulator"), ("shim/emulator/", "shim.gateway"))
"""Rooms of one floor that know nothing of each other."""
_EXAMPLES = {"config.py", "app.py", "stt.py", "settings.py"}
"""Files of programs that the pages tell of."""


def floor_of(place: str) -> int | None:
    """The floor of a file, by the longest place that it stands in."""
    found = [
        (len(start), floor)
        for start, floor in FLOORS
        if place == start or (start[-1] == "/" and place.startswith(start))
    ]
    return max(found)[1] if found else None


def sources() -> list[Path]:
    return sorted(path for folder in ("shim", "codemods") for path in (ROOT / folder).rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    """Every module that a file imports, at any place in it, those for type checking left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            waiting.extend(node.orelse)
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        waiting.extend(ast.iter_child_nodes(node))


def place_of(module: str) -> str | None:
    """The file of one of our modules."""
    if module.split(".")[0] not in ("shim", "codemods"):
        return None
    path = ROOT.joinpath(*module.split("."))
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.is_file():
            return candidate.relative_to(ROOT).as_posix()
    return None


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_file_imports_only_from_lower_floors(path: Path) -> None:
    place = path.relative_to(ROOT).as_posix()
    own = floor_of(place)
    assert own is not None, f"{place} stands on no floor: add it to FLOORS and to docs/design.md"
    for module in imported(path):
        other = place_of(module)
        if other is None or other == "shim/__init__.py":
            continue
        floor = floor_of(other)
        assert floor is not None and floor <= own, f"{place} (floor {own}) imports {other} (floor {floor})"
        for room, stranger in STRANGERS:
            assert not (place.startswith(room) and module.startswith(stranger)), f"{place} imports {module}"


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_lower_rooms_are_without_io_clocks_and_threads(path: Path) -> None:
    place = path.relative_to(ROOT).as_posix()
    if any(place == start or (start[-1] == "/" and place.startswith(start)) for start in WITHOUT_IO):
        assert not {module.split(".")[0] for module in imported(path)} & IO_MODULES


def test_every_file_stands_in_the_table_of_the_design() -> None:
    table = [line for line in (ROOT / "docs/design.md").read_text(encoding="utf-8").splitlines() if line[:1] == "|"]
    named = set(re.findall(r"`([^`]+)`", "\n".join(table)))
    for path in sources():
        package, room, *inside = path.relative_to(ROOT).parts
        name = f"{room}/" if inside else room
        assert room == "__init__.py" or named & {name, f"{package}/{name}"}, f"docs/design.md lacks {package}/{name}"


def test_the_pages_about_the_house_name_files_that_are_there() -> None:
    files = {path.relative_to(ROOT).as_posix() for path in (*sources(), Path(__file__))}
    for page in ("design.md", "analysis.md"):
        text = (ROOT / "docs" / page).read_text(encoding="utf-8")
        for name in re.findall(r"`([\w/]+\.py)`", text):
            assert name in _EXAMPLES or any(f"/{one}".endswith(f"/{name}") for one in files), f"{page} names {name}"


def test_the_check_sees_what_it_is_to_see(tmp_path: Path) -> None:
    offender = tmp_path / "offender.py"
    offender.write_text("def f():\n    from codemods import cli\n    import time\n")
    assert {"codemods", "codemods.cli", "time"} <= set(imported(offender))
    assert floor_of("shim/wire/gladia.py") == 0 and floor_of("codemods/cli.py") == 6
    assert floor_of("codemods/rules/opening/opening_rule.py") == 5
