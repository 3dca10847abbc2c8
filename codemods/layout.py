"""How a call is laid out over one line or several, as a formatter would."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import libcst as cst

LINE_LENGTH: Final = 88


@dataclass(slots=True)
class Written:
    """A call, or a dictionary where `called` is empty: its arguments by keyword ("" for a positional one)."""

    called: str
    arguments: list[tuple[str, str | Written]] = field(default_factory=list)

    def put(self, path: tuple[str, ...], value: str | Written) -> None:
        """Puts a value at a place inside; dictionaries are made where nothing is."""
        name, *rest = path
        if not rest:
            self.arguments.append((name, value))
            return
        for known, inner in self.arguments:
            if known == name and isinstance(inner, Written):
                inner.put(tuple(rest), value)
                return
        inner = Written("")
        self.arguments.append((name, inner))
        inner.put(tuple(rest), value)


def lay_out(written: str | Written, column: int, indent: int, quote: str = '"', behind: int = 1) -> str:
    """The source of a call that begins at `column` in a statement indented by `indent`.

    Lines behind the first are indented relative to the statement. `behind` is what still follows on the last line.
    """
    if isinstance(written, str):
        return written
    on_one_line = _on_one_line(written, quote)
    if "\n" not in on_one_line and column + len(on_one_line) + behind <= LINE_LENGTH:
        return on_one_line
    opening, closing = (f"{written.called}(", ")") if written.called else ("{", "}")
    inside = on_one_line[len(opening) : -1] if written.called else on_one_line[1:-1]
    if "\n" not in inside and indent + 4 + len(inside) <= LINE_LENGTH:
        # What is between the brackets fits into one line of its own.
        return f"{opening}\n    {inside}\n{closing}"
    lines = [opening]
    for name, value in written.arguments:
        prefix = _prefix(written, name, quote)
        inner = lay_out(value, indent + 4 + len(prefix), indent + 4, quote)
        is_long = indent + 4 + len(prefix) + len(inner) + 1 > LINE_LENGTH
        if isinstance(value, str) and is_long and "\n" not in inner:
            inner = _choice_over_lines(inner).replace("\n", "\n    ")
        elif isinstance(value, Written):
            inner = inner.replace("\n", "\n    ")
        # A formatter puts no comma behind a single argument without a name.
        comma = "" if len(written.arguments) == 1 and not name else ","
        lines.append(f"    {prefix}{inner}{comma}")
    return "\n".join([*lines, closing])


def _choice_over_lines(code: str) -> str:
    """A choice with one alternative a line; any other expression as it is."""
    tree = cst.parse_expression(code)
    if not isinstance(tree, cst.IfExp) or tree.lpar:
        return code
    lines, text_of = ["("], cst.Module([]).code_for_node
    otherwise: cst.BaseExpression = tree
    word = ""
    while isinstance(otherwise, cst.IfExp) and not otherwise.lpar:
        lines += [f"    {word}{text_of(otherwise.body)}", f"    if {text_of(otherwise.test)}"]
        otherwise, word = otherwise.orelse, "else "
    return "\n".join([*lines, f"    {word}{text_of(otherwise)}", ")"])


def _prefix(written: Written, name: str, quote: str) -> str:
    if not name:
        return ""
    return f"{name}=" if written.called else f"{quote}{name}{quote}: "


def _on_one_line(written: Written, quote: str) -> str:
    inner = ", ".join(
        f"{_prefix(written, name, quote)}{_on_one_line(value, quote) if isinstance(value, Written) else value}"
        for name, value in written.arguments
    )
    return f"{written.called}({inner})" if written.called else f"{{{inner}}}"
