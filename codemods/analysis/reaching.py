"""The definitions that reach a place, by name: a map that never changes, so that keeping one costs nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeVar, overload

_BITS: Final = 4
_WIDTH: Final = 1 << _BITS
_EMPTY: Final[tuple[Any, ...]] = (None,) * _WIDTH

Other = TypeVar("Other")
Found = frozenset[Any]


class Names:
    """Numbers the names of one analysis."""

    def __init__(self) -> None:
        self.number_of: dict[str, int] = {}
        self.names: list[str] = []

    def number(self, name: str) -> int:
        """The number of a name, the same each time."""
        found = self.number_of.get(name)
        if found is None:
            found = self.number_of[name] = len(self.names)
            self.names.append(name)
        return found


class Reaching(Mapping[str, Found]):
    """A tree of sixteen branches a level, by the numbers of the names.

    Another map with one name more shares all branches but those on the way to it. So a copy for each branch and each
    statement costs nothing, and where two paths meet only what differs between them is looked at: a file of ten
    thousand names and ten thousand statements would otherwise be a hundred million entries.
    """

    __slots__ = ("_height", "_names", "_root")

    def __init__(self, names: Names, root: tuple[Any, ...] = _EMPTY, height: int = 1) -> None:
        self._names = names
        self._root = root
        self._height = height

    def __getitem__(self, name: str) -> Found:
        found = self.get(name)
        if found is None:
            raise KeyError(name)
        return found

    @overload
    def get(self, name: str) -> Found | None: ...
    @overload
    def get(self, name: str, default: Found | Other) -> Found | Other: ...
    def get(self, name: str, default: Any = None) -> Any:
        """The definitions of a name that reach the place."""
        number = self._names.number_of.get(name)
        if number is None or number >> (_BITS * self._height):
            return default
        node: Any = self._root
        for level in range(self._height - 1, -1, -1):
            node = node[(number >> (_BITS * level)) & (_WIDTH - 1)]
            if node is None:
                return default
        return node

    def __iter__(self) -> Iterator[str]:
        for number, _ in _items(self._root, self._height, 0):
            yield self._names.names[number]

    def __len__(self) -> int:
        return sum(1 for _ in _items(self._root, self._height, 0))

    def with_definitions(self, name: str, definitions: Found) -> Reaching:
        """The map in which a name has these definitions."""
        number = self._names.number(name)
        root, height = self._root, self._height
        while number >> (_BITS * height):
            root, height = (root, *_EMPTY[1:]), height + 1
        return Reaching(self._names, _set(root, height, number, definitions), height)

    def merged(self, other: Reaching) -> Reaching:
        """Where two paths meet: the definitions of both."""
        if self._root is other._root:
            return self
        first, second, height = self._root, other._root, max(self._height, other._height)
        for _ in range(height - self._height):
            first = (first, *_EMPTY[1:])
        for _ in range(height - other._height):
            second = (second, *_EMPTY[1:])
        return Reaching(self._names, _merged(first, second, height), height)


def _items(node: Any, height: int, base: int) -> Iterator[tuple[int, Found]]:
    for index, child in enumerate(node):
        if child is None:
            continue
        number = (base << _BITS) | index
        if height == 1:
            yield number, child
        else:
            yield from _items(child, height - 1, number)


def _set(node: Any, height: int, number: int, value: Found) -> tuple[Any, ...]:
    node = node if node is not None else _EMPTY
    index = (number >> (_BITS * (height - 1))) & (_WIDTH - 1)
    child = value if height == 1 else _set(node[index], height - 1, number, value)
    return (*node[:index], child, *node[index + 1 :])


def _merged(first: Any, second: Any, height: int) -> Any:
    if first is second or second is None:
        return first
    if first is None:
        return second
    if height == 0:
        return first | second
    return tuple(_merged(one, other, height - 1) for one, other in zip(first, second, strict=True))
