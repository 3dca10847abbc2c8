"""Names in annotations that are written as texts: `-> "GladiaConfig"`, `list["GladiaConfig"]`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import libcst as cst

from codemods.analysis.program import Program
from codemods.edits import Edits


def names_in_texts(program: Program) -> dict[str, list[cst.SimpleString]]:
    """The texts that stand as annotations, by the names in them; a `Literal["…"]` is a value and none."""
    found: dict[str, list[cst.SimpleString]] = {}
    for module in program.modules:
        for node in program.nodes_in(module):
            if isinstance(node, cst.Annotation):
                for text in _texts(program, node.annotation):
                    for name in _names(text):
                        found.setdefault(name, []).append(text)
    return found


def _texts(program: Program, node: cst.CSTNode) -> Iterator[cst.SimpleString]:
    match node:
        case cst.SimpleString():
            yield node
        case cst.Subscript(cst.Name("Literal") | cst.Attribute(attr=cst.Name("Literal"))):
            return
        case _:
            for child in program.children(node):
                yield from _texts(program, child)


def _names(text: cst.SimpleString) -> set[str]:
    if text.prefix or not isinstance(text.evaluated_value, str):
        return set()
    try:
        tree = ast.parse(text.evaluated_value, mode="eval")
    except (SyntaxError, ValueError):
        return set()
    return {one.id for one in ast.walk(tree) if isinstance(one, ast.Name)}


def rename_in_text(edits: Edits, text: cst.SimpleString, old: str, new: str) -> None:
    """Plans another name in such a text, beside others that may change in it."""

    def renamed(updated: cst.CSTNode) -> cst.CSTNode:
        assert isinstance(updated, cst.SimpleString)
        code = str(updated.evaluated_value)
        places = [
            (one.lineno, one.col_offset)
            for one in ast.walk(ast.parse(code, mode="eval"))
            if isinstance(one, ast.Name) and one.id == old
        ]
        encoded = code.encode()
        for _, at in sorted(places, reverse=True):
            encoded = encoded[:at] + new.encode() + encoded[at + len(old.encode()) :]
        return updated.with_changes(value=f"{updated.quote}{encoded.decode()}{updated.quote}")

    edits.rewrite_further(text, renamed)
