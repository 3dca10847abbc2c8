"""Which files of a run are followed together: those that name a vendor, and those that values reach through imports."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

from codemods.analysis.modules import Modules
from codemods.counterparts import counterparts
from codemods.directions import names_vendor, vendor_packages
from shim.mapping.row import Vendor
from shim.mapping.session import hosts_of

MOST_CODE: Final = 700_000
"""How much code is followed together, in characters; files of a larger group are followed each by itself."""
_STEPS_UP: Final = 2
_STEPS_DOWN: Final = 2
"""How far from a file that names the vendor values are followed through files that do not."""
_SPEAKING: Final = frozenset(("websocket", "websockets", "aiohttp", "requests", "httpx", "urllib", "urllib3", "http"))

_IMPORT: Final = re.compile(
    r"(?:^|[;:])[ \t]*(?:from[ \t]*(?P<dots>\.*)[ \t]*(?P<source>[\w.]*)[ \t]+import[ \t]*"
    r"(?P<names>\([^)]*\)|(?:[^\n\\]|\\\r?\n)*)|import[ \t]+(?P<modules>(?:[^\n\\;]|\\\r?\n)*))",
    re.M,
)
_NAME_IN_TEXT: Final = re.compile(
    r"[\"']([A-Za-z_]\w*(?:[.:][A-Za-z_]\w*)+)[\"']|(?:attr|object)\([^\n]*?,\s*[\"']([A-Za-z_]\w*)[\"']"
)
"""A name that stands in a text behind its module, or by itself in a call that gets at names."""
_MODULE_IN_TEXT: Final = re.compile(r"[\"'](\.*)([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)[\"']")
"""What may be a module that is imported by its name."""
_CONFTEST: Final = "conftest.py"
_NO_PROGRAM: Final = re.compile(r"(?:__init__|conftest|test_.*|.*_test)\.py$")


@dataclass(frozen=True, slots=True)
class Imported:
    """One import as written: the dots before the module, its dotted name, and the names taken from it."""

    level: int
    source: str
    names: tuple[str, ...] = ()


def imports_in(code: str) -> list[Imported]:
    """The imports of a file, as far as a search over its text can tell; what only looks like one does no harm."""
    found: list[Imported] = []
    for match in _IMPORT.finditer(code):
        if match["modules"] is not None:
            found.extend(Imported(0, name) for name in _names(match["modules"]))
        elif match["dots"] or match["source"]:
            found.append(Imported(len(match["dots"]), match["source"], tuple(_names(match["names"]))))
    if "import_module" in code:
        found.extend(Imported(len(dots), name) for dots, name in _MODULE_IN_TEXT.findall(code))
    return found


def _names(text: str) -> Iterable[str]:
    plain = re.sub(r"#[^\n]*", "", text).replace("\\", " ").strip(" \t\r\n()")
    for part in plain.split(","):
        words = part.split()
        if words and re.fullmatch(r"[\w.]+|\*", words[0]):
            yield words[0]


def groups(sources: Mapping[Path, str], source: Vendor) -> list[list[Path]]:
    """The files of a run that are to be followed, each list together, the imported before those that import them.

    `sources` are all Python files of the run and their texts; `source` is the vendor that the programs are moved from.
    A file that is in no group has nothing to do with the vendor.
    """
    return Run(sources, source).groups()


def programs_among(sources: Mapping[Path, str], changed: Collection[Path], source: Vendor) -> list[Path]:
    """The files of a run that can be started by themselves and use a changed file, directly or indirectly.

    Those are the files that no other file imports or that say what they do as a program (`__main__`), but no tests, and
    no modules of a package that import relatively.
    """
    run = Run(sources, source)
    imported = {target for path in sources for target in run.imported_by(path)}
    found: list[Path] = []
    for path in sources:
        is_started = "__main__" in sources[path] or path not in imported
        if not is_started or _NO_PROGRAM.match(path.name) or any(one.level for one in imports_in(sources[path])):
            continue
        used, waiting = {path}, [path]
        while waiting:
            further = [one for one in run.imported_by(waiting.pop()) if one not in used]
            used.update(further)
            waiting.extend(further)
        if used.intersection(changed):
            found.append(path)
    return found


@dataclass(eq=False)
class Run:
    """All Python files of a run with their texts, and the vendor that the programs are moved from."""

    sources: Mapping[Path, str]
    source: Vendor
    left_out: Mapping[Path, str] = field(default_factory=dict)
    """Files that cannot be followed: what they import keeps its names."""
    _written: dict[Path, list[Imported]] = field(default_factory=dict)
    _targets: dict[Path, list[Path]] = field(default_factory=dict)
    _beside: dict[Path, list[Path]] = field(default_factory=dict)
    """The files that do for the other service what these do for the vendor; see `counterparts`."""

    @cached_property
    def modules(self) -> Modules:
        """The files of the run, as imports find them."""
        return Modules(self.sources, vendor_packages())

    def groups(self) -> list[list[Path]]:
        """See `groups`."""
        named = [path for path, code in self.sources.items() if self._names_vendor(code)]
        if not named:
            return []
        if len(self.sources) == 1:
            return [named]
        chosen = self._reached(named)
        order = {path: index for index, path in enumerate(self.sources)}
        for path in named:
            # What is chosen between is looked at together, so that one is not made the same as the other.
            beside = counterparts(path, self.sources, self.source)
            self._beside[path] = [one for one in beside if self._names_target(one)]
            chosen.update(self._beside[path])
        found: list[list[Path]] = []
        for group in self._joined(sorted(chosen, key=order.__getitem__)):
            size = sum(len(self.sources[path]) for path in group)
            kept = [path for path in group if path in set(named)]
            if size <= MOST_CODE:
                found.append(group)
            elif len(kept) > 1 and sum(len(self.sources[path]) for path in kept) <= MOST_CODE:
                found.extend(self._joined(kept))
            else:
                found.extend([path] for path in kept)
        return found

    def names_used_outside(self, group: Sequence[Path]) -> frozenset[str]:
        """The words of files that import something of a group, name the vendor too, and are not followed with it.

        Of files that import nothing of it, those that texts say: `patch("stt.Client")`, `getattr(module, "Client")`.
        """
        inside = set(group)
        # What a text names in a file that is followed is not renamed with it.
        said = (match[2] for path in group for match in _NAME_IN_TEXT.finditer(self.sources[path]) if match[2])
        found: set[str] = set(said) if any("import_module" in self.sources[path] for path in group) else set()
        for path, code in (*self.sources.items(), *self.left_out.items()):
            if path in inside or not self._names_vendor(code):
                continue
            imports = inside.intersection(self.imported_by(path))
            parts = [code] if imports else [match[1] or match[2] for match in _NAME_IN_TEXT.finditer(code)]
            found.update(word for part in parts for word in re.findall(r"\w+", part))
        return frozenset(found)

    def _names_vendor(self, code: str) -> bool:
        return names_vendor(code.encode("utf-8", "surrogatepass"), self.source)

    def _names_target(self, path: Path) -> bool:
        return names_vendor(self.sources[path].encode("utf-8", "surrogatepass"), self.source.other)

    def _imports(self, path: Path) -> list[Imported]:
        if path not in self._written:
            code = self.sources[path] if path in self.sources else self.left_out[path]
            self._written[path] = imports_in(code)
        return self._written[path]

    def imported_by(self, path: Path) -> list[Path]:
        """The files of the run that a file imports."""
        if path not in self._targets:
            # What runs tests gives each of them what stands in the `conftest.py` of its folder and of those above it.
            beside = [folder / _CONFTEST for folder in path.parents] if _NO_PROGRAM.match(path.name) else []
            found = dict.fromkeys(one for one in beside if one in self.sources and one != path)
            for one in self._imports(path):
                target = self.modules.imported(path, one.source, one.level) if one.source or one.level else None
                if target is None:
                    handed = [self.modules.behind(one.source, name) for name in one.names]
                    found.update((each, None) for each in handed if each is not None and each in self.sources)
                    continue
                members = [self.modules.member(target, name) for name in one.names if name != "*"]
                for each in (target, *members):
                    if each in self.sources and each != path and each is not None:
                        found[each] = None
            self._targets[path] = list(found)
        return self._targets[path]

    def _reached(self, named: list[Path]) -> set[Path]:
        """The named files, with those that import what speaks to the vendor, and those that all of these import.

        Constants and functions come from what a file imports, messages go to what imports it and from there down again.
        """
        importers: dict[Path, list[Path]] = {}
        for path in self.sources:
            for target in self.imported_by(path):
                importers.setdefault(target, []).append(path)
        best: dict[Path, set[tuple[int, int]]] = {}
        waiting: deque[tuple[Path, int, int]] = deque()
        for path in named:
            speaks = self._speaks(path)
            waiting.append((path, _STEPS_UP if speaks else 0, _STEPS_DOWN))
            if not speaks and self._names_host(path):
                # Addresses in a file of settings: who imports them and speaks to services may use them.
                users = [one for one in importers.get(path, ()) if self._uses_network(one)]
                waiting.extend((one, _STEPS_UP, _STEPS_DOWN) for one in users)
        while waiting:
            path, up, down = waiting.popleft()
            known = best.setdefault(path, set())
            if any(up <= other_up and down <= other_down for other_up, other_down in known):
                continue
            known.add((up, down))
            # A package's own file only hands on.
            step = 0 if path.name == "__init__.py" else 1
            if up - step >= 0 and up > 0:
                waiting.extend((one, up - step, down) for one in importers.get(path, ()))
            if down - step >= 0 and down > 0:
                waiting.extend((one, 0, down - step) for one in self.imported_by(path))
        return set(best)

    def _speaks(self, path: Path) -> bool:
        """Whether a file does more than hold names: it, or what it imports, uses a library that speaks to services."""
        return any(self._uses_network(file) for file in (path, *self.imported_by(path)))

    def _uses_network(self, path: Path) -> bool:
        libraries = _SPEAKING | vendor_packages()
        return any(one.source.split(".")[0] in libraries for one in self._imports(path))

    def _names_host(self, path: Path) -> bool:
        return any(host in self.sources[path] for host in hosts_of(self.source))

    def _joined(self, paths: list[Path]) -> list[list[Path]]:
        """The paths in groups joined by imports; each group with the imported first."""
        inside = set(paths)
        neighbours: dict[Path, list[Path]] = {path: [] for path in paths}
        for path in paths:
            for target in (*self.imported_by(path), *self._beside.get(path, ())):
                if target in inside:
                    neighbours[path].append(target)
                    neighbours[target].append(path)
        found: list[list[Path]] = []
        seen: set[Path] = set()
        for path in paths:
            if path in seen:
                continue
            members: set[Path] = set()
            waiting = [path]
            while waiting:
                one = waiting.pop()
                if one not in members:
                    members.add(one)
                    waiting.extend(neighbours[one])
            seen |= members
            found.append(self._imported_first([one for one in paths if one in members]))
        return found

    def _imported_first(self, group: list[Path]) -> list[Path]:
        inside, placed = set(group), dict[Path, None]()
        begun: set[Path] = set()
        for first in group:
            waiting = [(first, False)]
            while waiting:
                path, is_done = waiting.pop()
                if is_done:
                    placed[path] = None
                elif path not in begun:
                    begun.add(path)
                    waiting.append((path, True))
                    waiting.extend((one, False) for one in self.imported_by(path) if one in inside)
        return list(placed)
