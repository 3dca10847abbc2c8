"""Classes of the SDK where a program only names them: in annotations, in `isinstance`, in patterns, behind `except`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial

import libcst as cst

from codemods.analysis.values import Library
from codemods.migrating import Migrating, like
from codemods.rules.sdk.imports import SdkImports
from shim.mapping import sdk


class ClassRule:
    """Plans the other SDK's class for each of the old one's that a program names. `classes` has both names."""

    def __init__(
        self,
        migrating: Migrating,
        imports: SdkImports,
        name_of: Callable[[str], str | None],
        classes: Mapping[str, str | tuple[str, str]],
    ) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._imports = imports
        self._name_of = name_of
        self._classes = classes

    def plan(self) -> None:
        """Plans the edits."""
        self._plan_quoted()
        for node, value in list(self._program.values.items()):
            if not isinstance(node, (cst.Name, cst.Attribute)) or not isinstance(value, Library):
                continue
            target = self._classes.get(self._name_of(value.name) or "")
            if target is None or self._imports.is_handled(node) or not self._is_only_named(node):
                continue
            self._imports.handled.add(node)
            self._migrating.edits.replace(node, self._written(node, target))

    def _written(self, node: cst.CSTNode, target: str | tuple[str, str]) -> cst.BaseExpression:
        """A class as the new code names it; one that the SDK's package has not itself comes with its module."""
        if isinstance(target, tuple):
            return self._migrating.at(node).use_function(*target)
        if target == "Exception":
            sdk.ERROR_CLASS.over(self._migrating.target)
            return cst.Name(target)
        if target == "str":
            # Gladia's events are plain strings.
            return cst.Name(target)
        return cst.Name(self._imports.at(node).use(target))

    def _plan_quoted(self) -> None:
        """Classes in annotations that are written as strings: `"queue.Queue[TurnEvent]"`."""
        for node in self._migrating.nodes():
            if not isinstance(node, cst.SimpleString) or not self._is_in_annotation(node):
                continue
            text = node.raw_value
            for definitions in self._program.scopes[self._program.module_of(node)].definitions.values():
                for one in definitions:
                    if isinstance(one.value, Library):
                        pattern = rf"(?<![\w.]){re.escape(one.name)}(?P<rest>(?:\.\w+)*)(?!\w)"
                        text = re.sub(pattern, partial(self._requoted, node, one.value.name), text)
            if text != node.raw_value:
                self._migrating.edits.replace(node, like(node, text))

    def _requoted(self, node: cst.SimpleString, library: str, found: re.Match[str]) -> str:
        target = self._classes.get(self._name_of(f"{library}{found['rest']}") or "")
        if target is None:
            return found.group()
        return self._migrating.module.code_for_node(self._written(node, target))

    def _is_in_annotation(self, node: cst.CSTNode) -> bool:
        parent = self._program.parents.get(node)
        while parent is not None and not isinstance(parent, (cst.BaseStatement, cst.Call, cst.Module)):
            if isinstance(parent, cst.Annotation):
                return True
            parent = self._program.parents.get(parent)
        return False

    def _is_only_named(self, node: cst.CSTNode) -> bool:
        parent = self._program.parents.get(node)
        while parent is not None and not isinstance(parent, (cst.BaseStatement, cst.Call, cst.Attribute, cst.Module)):
            if isinstance(parent, (cst.Annotation, cst.ExceptHandler, cst.MatchClass)):
                return True
            parent = self._program.parents.get(parent)
        if isinstance(parent, cst.Call):
            return isinstance(parent.func, cst.Name) and parent.func.value == "isinstance"
        return False
