"""The text of a program: imports in order, definitions below one another."""

from __future__ import annotations

import sys
import textwrap
from dataclasses import dataclass, field


def indented(text: str, levels: int = 1) -> str:
    """`text` so many levels of four spaces to the right."""
    return textwrap.indent(text.strip("\n"), "    " * levels)


@dataclass
class Program:
    """A program in the making: `imports` are whole lines, `definitions` whole top-level statements."""

    summary: str
    imports: set[str] = field(default_factory=set)
    constants: list[str] = field(default_factory=list)
    definitions: list[str] = field(default_factory=list)
    start: str = ""

    def text(self) -> str:
        """The source."""
        imports = _merged(self.imports)
        standard = [line for line in imports if _module(line) in sys.stdlib_module_names]
        foreign = [line for line in imports if _module(line) not in sys.stdlib_module_names]
        head = [f'"""{self.summary}"""', *("\n".join(_plain_first(lines)) for lines in (standard, foreign) if lines)]
        constants = ["\n".join(self.constants)] if self.constants else []
        blocks = [text.strip("\n") for text in self.definitions]
        guard = f'if __name__ == "__main__":\n{indented(self.start)}'
        return "\n\n\n".join(["\n\n".join([*head, *constants]), *blocks, guard]) + "\n"


def _merged(lines: set[str]) -> list[str]:
    """One line for the names from one module, in the order of the alphabet."""
    names: dict[str, set[str]] = {}
    for line in lines:
        head, imports, rest = line.partition(" import ")
        names.setdefault(head if imports else line, set()).update(rest.split(", ") if imports else ())
    return [f"{head} import {', '.join(sorted(given))}" if given else head for head, given in sorted(names.items())]


def _module(line: str) -> str:
    return line.split()[1].partition(".")[0]


def _plain_first(lines: list[str]) -> list[str]:
    """`import x` before `from x import y`."""
    return sorted(lines, key=lambda line: not line.startswith("import "))
