"""Names of things of which the migration took the last use away: `event = message`, with nothing behind it.

So with what is only looked up: `channels = options.channels`, `channels = recording.getnchannels()`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import libcst as cst

from codemods.analysis.sound import SAID_OF_RECORDINGS

_ALIAS: Final = re.compile(r"^[ \t]+(\w+) = [\w.]+[\w.\"'()\[\]{}, ]*[ \t]*(?:#.*)?$", re.MULTILINE)
"""How such a statement looks: a cheap look before anything is walked."""


def without_unused_aliases(before: cst.Module, edited: cst.Module) -> cst.Module:
    """The edited module without the local names for what is looked up that nothing uses any more.

    What was unused before stays, and so does the only statement of a block.
    """
    names = set(_ALIAS.findall(edited.code))
    if not names:
        return edited
    going = dict(_unused(edited, names))
    known = {name for _, name in _unused(before, names)} if going else set()
    return edited.visit(_Removal({one for one, name in going.items() if name not in known}))


def _unused(module: cst.Module, names: set[str]) -> Iterator[tuple[cst.SimpleStatementLine, str]]:
    """The statements inside functions that give a thing one of these names, which nothing there mentions again."""
    for function in _functions(module):
        mentions: dict[str, int] = {}
        aliases: list[tuple[cst.SimpleStatementLine, str]] = []
        waiting: list[cst.CSTNode] = [function.body]
        while waiting:
            node = waiting.pop()
            if isinstance(node, cst.Name):
                mentions[node.value] = mentions.get(node.value, 0) + 1
            match node:
                case cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(cst.Name(name))], value)]):
                    if name in names and _is_looked_up(value):
                        aliases.append((node, name))
            waiting.extend(node.children)
        yield from ((node, name) for node, name in aliases if mentions[name] == 1 and "locals" not in mentions)


def _is_looked_up(value: cst.BaseExpression) -> bool:
    """Whether reading an expression does nothing: a name, an attribute, a field, what a recording says of itself."""
    match value:
        case cst.Name():
            return True
        case cst.Attribute(inner) | cst.Subscript(inner, [cst.SubscriptElement(cst.Index(cst.SimpleString()))]):
            return _is_looked_up(inner)
        case cst.Call(cst.Attribute(inner, cst.Name("get")), [cst.Arg(cst.SimpleString()), *others]) if all(
            _does_nothing(one.value) for one in others
        ):
            return _is_looked_up(inner)
        case cst.BooleanOperation(left, cst.Or(), right):
            return _is_looked_up(left) and _does_nothing(right)
        case cst.Call(cst.Attribute(cst.Name(), cst.Name(name)), []):
            return name in SAID_OF_RECORDINGS
    return False


def _does_nothing(default: cst.BaseExpression) -> bool:
    match default:
        case cst.SimpleString() | cst.Name() | cst.Integer() | cst.Float() | cst.List([]) | cst.Dict([]):
            return True
    return False


def _functions(module: cst.Module) -> Iterator[cst.FunctionDef]:
    """The functions of a module that stand in no other one."""
    waiting: list[cst.CSTNode] = [module]
    while waiting:
        node = waiting.pop()
        if isinstance(node, cst.FunctionDef):
            yield node
        elif not isinstance(node, (cst.BaseExpression, cst.BaseSmallStatement)):
            waiting.extend(node.children)


class _Removal(cst.CSTTransformer):
    def __init__(self, going: set[cst.SimpleStatementLine]) -> None:
        super().__init__()
        self._going = going

    def leave_IndentedBlock(
        self, original_node: cst.IndentedBlock, updated_node: cst.IndentedBlock
    ) -> cst.IndentedBlock:
        pairs = zip(original_node.body, updated_node.body, strict=True)
        left = [new for old, new in pairs if old not in self._going]
        if not left or len(left) == len(updated_node.body):
            return updated_node
        return updated_node.with_changes(body=left)
