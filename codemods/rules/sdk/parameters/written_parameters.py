"""A session's parameters as the target's SDK takes them: each path with its code, under the classes they belong to."""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from codemods.layout import Written, lay_out
from codemods.migrating import Migrating
from codemods.rules.sdk.imports import SdkImports
from codemods.vendors import assemblyai_sdk, gladia_sdk
from shim.mapping.row import Vendor

Code = Callable[[], str]
"""Gives source once the edits inside it were made."""


class WrittenParameters:
    """The parameters of one session that are to be written; `imports` says what the target SDK's classes are called."""

    def __init__(self, migrating: Migrating, imports: SdkImports) -> None:
        self._migrating = migrating
        self._imports = imports
        self._written: list[tuple[str, Code]] = []
        self.place: cst.CSTNode = migrating.module
        """Where the parameters are written, which decides what a class is called there."""

    def put(self, path: str, code: Code) -> None:
        """Has a parameter written; `code` gives its source once the edits inside it were made."""
        self._written.append((path, code))

    def _use(self, name: str) -> str:
        """What a class of the target's SDK is called where the parameters are written."""
        return self._imports.at(self.place).use(name)

    def class_name(self) -> str:
        """What the class of the parameters is called; it is imported."""
        gladia = self._migrating.target is Vendor.GLADIA
        return self._use(gladia_sdk.REQUEST if gladia else assemblyai_sdk.PARAMETERS)

    def use_inner_classes(self) -> None:
        """Has the classes of the parts imported."""
        for path, _ in self._written if self._migrating.target is Vendor.GLADIA else ():
            parents = path.split(".")[:-1]
            for depth in range(1, len(parents) + 1):
                self._use(gladia_sdk.CONFIGURATION_CLASSES[".".join(parents[:depth])])

    def tree(self) -> Written:
        """The parameters as a call of the target's class; asked for when the edits are applied."""
        return self._tree(self.class_name())

    def unnamed(self) -> Written:
        """The parameters as a dictionary; asked for when the edits are applied."""
        return self._tree("")

    def _tree(self, called: str) -> Written:
        root = Written(called)
        for path, code in self._written:
            root.put(tuple(path.split(".")), code())
        if called:
            self._name_classes(root, "")
        return root

    def expression(self, tree: Written, site: cst.BaseExpression) -> cst.BaseExpression:
        """The parameters as source in the place of `site`."""
        migrating = self._migrating
        text = lay_out(tree, migrating.column(site), migrating.indent_of(site), migrating.file_quote)
        return cst.parse_expression(text)

    def _name_classes(self, written: Written, path: str) -> None:
        for name, inner in written.arguments:
            if isinstance(inner, Written):
                place = f"{path}.{name}" if path else name
                inner.called = self._use(gladia_sdk.CONFIGURATION_CLASSES[place])
                self._name_classes(inner, place)
