"""The key that AssemblyAI's package keeps for all of its parts: `aai.settings.api_key = …`.

Where a program uses the package for its sessions alone, the setting goes, and what reads it gets what it was set to.
Where it also transcribes recordings or asks questions of them, the package stays for that, with its key; Gladia's key
is read beside it.
"""

from __future__ import annotations

import libcst as cst

from codemods.analysis.values import Library
from codemods.findings import ENVIRONMENT_RENAMED, SDK_NOT_FOLLOWED
from codemods.migrating import Migrating
from codemods.rules.sdk import session_name as naming
from codemods.rules.sdk.imports import SdkImports
from codemods.vendors import assemblyai_sdk
from shim.mapping import session
from shim.mapping.row import Vendor


class PackageKey:
    """Plans what becomes of the package's own key."""

    def __init__(self, migrating: Migrating, imports: SdkImports) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._imports = imports
        self._stores: list[cst.Assign] = []
        self._reads: list[cst.BaseExpression] = []
        self._others: list[cst.BaseExpression] = []
        """What the program uses of the package beside its sessions."""
        self._read()

    @property
    def package_stays(self) -> bool:
        """Whether the program uses the package for more than sessions."""
        return bool(self._others)

    def plan(self) -> None:
        """Plans the edits of the statements that set the key; what reads it asks for `code_of`."""
        self._imports.kept.update(self._others)
        for store in self._stores:
            statement = self._program.parents[store]
            self._imports.handled.add(statement)
            if not self.package_stays and isinstance(statement, cst.SimpleStatementLine) and len(statement.body) == 1:
                self._migrating.edits.remove(statement)
        if self.package_stays:
            self._migrating.kept_lines.update(self._migrating.line(one) for one in self._stores)
            targets = [node for one in self._stores for node in self._program.nodes_in(one.targets[0])]
            self._imports.kept.update(node for node in targets if isinstance(node, (cst.Name, cst.Attribute)))

    def code_of(self, node: cst.BaseExpression | None, at: cst.CSTNode) -> str | None:
        """The code for Gladia's key at a place where AssemblyAI's is the expression `node`.

        `node` is None where it is the package's own. None where the expression serves as it is.
        """
        if node is not None and node not in self._reads:
            return self._beside(node) if not self._migrating.kept.isdisjoint(self._program.nodes_in(node)) else None
        if self.package_stays or (node is None and not self._stores):
            return self._beside(node)
        values = [one.value for one in self._stores]
        if self._is_of_environment(values) and not self._is_readable_at(values[0], at):
            # It is set in another file: here the same variable is read.
            self._imports.handled.update(self._reads)
            return self._beside(None)
        if len(values) != 1 or not self._is_readable_at(values[0], at):
            self._migrating.report(SDK_NOT_FOLLOWED, at, "the key is set where it cannot be read from here")
            return None
        self._imports.handled.update(self._reads)
        return self._migrating.module.code_for_node(self._migrating.edits.edited(values[0]))

    # --- reading ---------------------------------------------------------------------------------

    def _read(self) -> None:
        for node in self._migrating.nodes():
            if isinstance(node, cst.Assign) and len(node.targets) == 1:
                target = node.targets[0].target
                if isinstance(target, cst.Attribute) and self._name(target) in assemblyai_sdk.PACKAGE_KEYS:
                    self._stores.append(node)
        targets = {one.targets[0].target for one in self._stores}
        for node, value in self._program.values.items():
            if not isinstance(node, (cst.Name, cst.Attribute)) or node in targets or not isinstance(value, Library):
                continue
            if value.name in assemblyai_sdk.PACKAGE_KEYS:
                self._reads.append(node)
        self._others.extend(assemblyai_sdk.recordings_named(self._program))

    def _name(self, target: cst.Attribute) -> str:
        value = self._program.value(target.value)
        return f"{value.name}.{target.attr.value}" if isinstance(value, Library) else ""

    def _is_readable_at(self, value: cst.BaseExpression, node: cst.CSTNode) -> bool:
        """Whether an expression means the same at another place, and may be asked as often as it is then."""
        for name in self._program.nodes_in(value):
            for definition in naming.definitions_at(self._migrating, name) if isinstance(name, cst.Name) else ():
                scope = self._program.scope_of(definition.node)
                if not naming.is_visible(self._migrating, scope, node):
                    return False
        asks = any(isinstance(one, cst.Call) for one in self._program.nodes_in(value))
        return not asks or len(self._reads) <= 1 or bool(self._environment_names(value))

    def _is_of_environment(self, values: list[cst.BaseExpression]) -> bool:
        """Whether the key is what the vendor's own variable holds, also by way of a name that is set to that once."""
        read = [self._behind(one) for one in values]
        names = [str(name.evaluated_value) for one in read for name in self._environment_names(one)]
        return names == [session.KEY_VARIABLE.of(Vendor.ASSEMBLYAI)[0]]

    def _behind(self, value: cst.BaseExpression) -> cst.BaseExpression:
        """What a local variable was set to, where it is set in one place and to nothing else."""
        if not isinstance(value, cst.Name):
            return value
        definitions = naming.definitions_at(self._migrating, value)
        expressions = [one.expression for one in definitions]
        first = expressions[0] if len(expressions) == 1 else None
        asks = isinstance(first, cst.Subscript) or (isinstance(first, cst.Call) and len(first.args) == 1)
        return first if first is not None and asks else value

    def _environment_names(self, node: cst.CSTNode) -> list[cst.SimpleString]:
        names = self._program.environment_names
        return [one for one in self._program.nodes_in(node) if isinstance(one, cst.SimpleString) and one in names]

    # --- a package that stays --------------------------------------------------------------------

    def _beside(self, node: cst.BaseExpression | None) -> str | None:
        """Gladia's key, from a variable of its own."""
        old, new = (session.KEY_VARIABLE.of(vendor)[0] for vendor in (Vendor.ASSEMBLYAI, Vendor.GLADIA))
        if node is not None:
            self._imports.handled.add(node)
            text = self._migrating.module.code_for_node(node)
            found = self._environment_names(node)
            if len(found) == 1 and str(found[0].evaluated_value) == old:
                self._report(node, new)
                return text.replace(old, new)
        self._report(node, new)
        quote = self._migrating.file_quote
        return f"{self._migrating.module.code_for_node(self._migrating.use_module('os'))}.environ[{quote}{new}{quote}]"

    def _report(self, node: cst.CSTNode | None, name: str) -> None:
        text = f"Gladia's key is read from {name}; AssemblyAI's stays for the rest of the program"
        place = node if node is not None else (self._stores[0] if self._stores else None)
        self._migrating.report(ENVIRONMENT_RENAMED, place, text if self.package_stays else f"the key is {name} now")
