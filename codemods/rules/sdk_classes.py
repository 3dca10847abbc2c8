"""Classes of the SDK where a program only names them: in annotations, in `isinstance`, behind `except`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import libcst as cst

from codemods.analysis.values import Library
from codemods.migrating import Migrating
from codemods.rules.sdk_imports import SdkImports
from shim.mapping import sdk


class ClassRule:
    """Plans the other SDK's class for each of the old one's that a program names. `classes` has both names."""

    def __init__(
        self,
        migrating: Migrating,
        imports: SdkImports,
        name_of: Callable[[str], str | None],
        classes: Mapping[str, str],
    ) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._imports = imports
        self._name_of = name_of
        self._classes = classes

    def plan(self) -> None:
        """Plans the edits."""
        for node, value in list(self._program.values.items()):
            if not isinstance(node, (cst.Name, cst.Attribute)) or not isinstance(value, Library):
                continue
            target = self._classes.get(self._name_of(value.name) or "")
            if target is None or self._imports.is_handled(node) or not self._is_only_named(node):
                continue
            if target == "Exception":
                sdk.ERROR_CLASS.over(self._migrating.target)
            name = target if target == "Exception" else self._imports.use(target)
            self._imports.handled.add(node)
            self._migrating.edits.replace(node, cst.Name(name))

    def _is_only_named(self, node: cst.CSTNode) -> bool:
        parent = self._program.parents.get(node)
        while parent is not None and not isinstance(parent, (cst.BaseStatement, cst.Call, cst.Attribute, cst.Module)):
            if isinstance(parent, (cst.Annotation, cst.ExceptHandler)):
                return True
            parent = self._program.parents.get(parent)
        if isinstance(parent, cst.Call):
            return isinstance(parent.func, cst.Name) and parent.func.value == "isinstance"
        return False
