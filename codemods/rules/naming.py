"""Names, placeholders and texts that say the old vendor's name."""

from __future__ import annotations

import re
from typing import Final

import libcst as cst

from codemods.analysis.environment import Definition
from codemods.analysis.libraries import ENDING
from codemods.analysis.values import Class, Instance, Library, LibraryObject, alternatives
from codemods.findings import ENVIRONMENT_RENAMED, VENDOR_STILL_NAMED
from codemods.migrating import Migrating, like
from shim.mapping import session

_PLACEHOLDER: Final = re.compile(r"^<[^<>]*>$|^\W*YOUR\b|^\W*YOUR[_-]|^x{3,}", re.IGNORECASE)
_LOGGING: Final = ("debug", "info", "warning", "error", "critical", "exception", "log")


def renamed(text: str, old: str, new: str) -> str:
    """The text with one vendor's name for the other's, in each of the three cases that names are written in."""
    return text.replace(old.upper(), new.upper()).replace(old.lower(), new.lower()).replace(old, new)


class NamingRule:
    """Plans new names for what the program itself named after the vendor. Runs before every other rule."""

    def __init__(self, migrating: Migrating) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._old = session.NAME.of(migrating.source)[0]
        self._new = session.NAME.of(migrating.target)[0]
        session.NAME.over(migrating.target)

    def plan(self) -> None:
        """Plans the edits of names, environment variables, placeholders and texts."""
        self._rename_definitions()
        self._rename_attributes()
        for literal in self._program.environment_names:
            text = str(literal.evaluated_value)
            if self._says(text):
                session.KEY_VARIABLE.over(self._migrating.target)
                self._migrating.edits.replace(literal, like(literal, self._with_new(text)))
                self._migrating.report(ENVIRONMENT_RENAMED, literal, f"{text} is {self._with_new(text)} now")
        self._rename_texts(self._migrating.module)

    def _says(self, text: str) -> bool:
        return self._old.lower() in text.lower() and renamed(text, self._old, self._new) != text

    def _with_new(self, text: str) -> str:
        return renamed(text, self._old, self._new)

    # --- names -----------------------------------------------------------------------------------

    def _rename_definitions(self) -> None:
        by_name: dict[str, list[Definition]] = {}
        for definition in self._program.definitions():
            if self._says(definition.name) and not _is_of_a_library(definition):
                by_name.setdefault(definition.name, []).append(definition)
        written = self._names_written()
        for name, definitions in by_name.items():
            nodes = [node for one in definitions for node in (_name_node(one.node), *one.uses) if node is not None]
            reason = self._why_not(name, definitions, len(set(nodes)), written)
            if reason is not None:
                self._migrating.report(VENDOR_STILL_NAMED, definitions[0].node, f"`{name}` {reason}")
                continue
            self._migrating.new_names[name] = self._with_new(name)
            for node in nodes:
                self._migrating.edits.replace(node, node.with_changes(value=self._with_new(name)))
            for keyword in self._keywords(name, definitions):
                self._migrating.edits.replace(keyword, keyword.with_changes(value=self._with_new(name)))

    def _names_written(self) -> dict[str, int]:
        """How often each name stands in the module, attributes and keywords left out."""
        counts: dict[str, int] = {}
        waiting: list[cst.CSTNode] = [self._migrating.module]
        while waiting:
            node = waiting.pop()
            if isinstance(node, cst.Name):
                counts[node.value] = counts.get(node.value, 0) + 1
            elif isinstance(node, (cst.Attribute, cst.Arg)):
                waiting.append(node.value)
                continue
            elif isinstance(node, (cst.Import, cst.ImportFrom)):
                continue
            waiting.extend(node.children)
        return counts

    def _why_not(self, name: str, definitions: list[Definition], planned: int, written: dict[str, int]) -> str | None:
        if any(isinstance(one.node, cst.ImportAlias) for one in definitions):
            return "is imported under this name"
        if name in self._migrating.used_elsewhere:
            return "is used in other files too"
        if self._with_new(name) in written:
            return f"stays: `{self._with_new(name)}` is taken"
        if planned != written.get(name, 0):
            return "stays: not every use of it could be followed"
        return None

    def _keywords(self, name: str, definitions: list[Definition]) -> list[cst.Name]:
        """The keywords of calls that give these parameters."""
        if not any(isinstance(one.node, cst.Param) for one in definitions):
            return []
        return [
            argument.keyword
            for node in self._program.values
            if isinstance(node, cst.Call)
            for argument in node.args
            if argument.keyword is not None
            and argument.keyword.value == name
            and not isinstance(self._program.value(node), LibraryObject)
        ]

    def _rename_attributes(self) -> None:
        """Attributes of the program's own classes."""
        for node in list(self._program.values):
            if isinstance(node, cst.Attribute):
                self._rename_attribute(node)
        waiting: list[cst.CSTNode] = [self._migrating.module]
        while waiting:
            current = waiting.pop()
            if isinstance(current, cst.AssignTarget) and isinstance(current.target, cst.Attribute):
                self._rename_attribute(current.target)
            waiting.extend(current.children)

    def _rename_attribute(self, node: cst.Attribute) -> None:
        name = node.attr.value
        if not self._says(name) or name in self._migrating.used_elsewhere:
            return
        if all(isinstance(one, (Instance, Class)) for one in alternatives(self._program.value(node.value))):
            self._migrating.edits.replace(node.attr, node.attr.with_changes(value=self._with_new(name)))

    # --- texts -----------------------------------------------------------------------------------

    def _rename_texts(self, node: cst.CSTNode) -> None:
        waiting: list[cst.CSTNode] = [node]
        while waiting:
            current = waiting.pop()
            if isinstance(current, cst.SimpleString) and current not in self._program.environment_names:
                text = current.raw_value
                if self._says(text) and (_PLACEHOLDER.search(text) or self._is_for_people(current)):
                    self._migrating.edits.replace(current, like(current, self._with_new(text)))
            elif (
                isinstance(current, cst.FormattedStringText)
                and self._says(current.value)
                and self._is_for_people(current)
            ):
                self._migrating.edits.replace(current, current.with_changes(value=self._with_new(current.value)))
            waiting.extend(current.children)

    def _is_for_people(self, node: cst.CSTNode) -> bool:
        """Whether a text is printed, logged or raised, and holds no address."""
        text = node.raw_value if isinstance(node, cst.SimpleString) else getattr(node, "value", "")
        if "://" in text or session.HOST.of(self._migrating.source)[0] in text:
            return False
        current: cst.CSTNode = self._program.parents[node]
        while not isinstance(current, (cst.BaseStatement, cst.BaseSmallStatement, cst.Call, cst.Module)):
            current = self._program.parents[current]
        if not isinstance(current, cst.Call):
            return isinstance(current, cst.Raise)
        callee = self._program.value(current.func)
        if isinstance(callee, Library) and (callee.name in ENDING or callee.name == "builtins.print"):
            return True
        if isinstance(current.func, cst.Attribute) and current.func.attr.value in _LOGGING:
            return True
        return isinstance(self._program.parents[current], cst.Raise)


def _is_of_a_library(definition: Definition) -> bool:
    """Whether a name is one that a library gave: what is left of it is said at the end."""
    return isinstance(definition.node, cst.ImportAlias) and isinstance(definition.value, Library)


def _name_node(node: cst.CSTNode) -> cst.Name | None:
    match node:
        case cst.Name():
            return node
        case cst.Param(name) | cst.FunctionDef(name) | cst.ClassDef(name):
            return name
        case cst.ExceptHandler(name=cst.AsName(cst.Name() as name)):
            return name
    return None
