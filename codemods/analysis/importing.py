"""Imports: what they bind, from libraries and from the other files of the program."""

from __future__ import annotations

from pathlib import Path

import libcst as cst

from codemods.analysis.environment import Environment, Scope
from codemods.analysis.expressions import ExpressionEvaluation
from codemods.analysis.handlers import EventLibrary
from codemods.analysis.modules import Modules
from codemods.analysis.values import (
    NOTHING,
    UNKNOWN,
    Known,
    Library,
    OwnModule,
    Sequence,
    Value,
    alternatives,
    join,
)


class ImportEvaluation(ExpressionEvaluation):
    """Gives imported names their values. `modules` says which file an import means; without it none does."""

    modules: Modules | None = None

    def __init__(self, module: cst.Module, libraries: tuple[EventLibrary, ...]) -> None:
        super().__init__(module, libraries)
        self.module_at: dict[Path, cst.Module] = {}
        self._names_met: dict[cst.CSTNode, int] = {}
        """How many names each module had when it was last run; none for one that was not run yet."""

    def note_names(self, module: cst.Module) -> None:
        """Notes that a module was run: the names that it has now are all that it has."""
        number = len(self.program.scopes[module].definitions)
        if self._names_met.get(module) != number:
            self._names_met[module] = number
            self.note_change(("names", module))

    def _import(self, node: cst.Import, environment: Environment) -> None:
        for alias in node.names:
            dotted = _dotted(alias.name)
            if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
                self.define(environment, alias.asname.name.value, alias, self._module(dotted, environment))
            else:
                first = dotted.split(".")[0]
                self.define(environment, first, alias, self._module(first, environment))

    def _module(self, dotted: str, environment: Environment) -> Value:
        path = self._path_of(environment.scope)
        found = self.modules.imported(path, dotted) if self.modules is not None and path is not None else None
        return OwnModule(found) if found is not None else Library(dotted)

    def _import_from(self, node: cst.ImportFrom, environment: Environment) -> None:
        dotted = _dotted(node.module) if node.module is not None else ""
        path = self._path_of(environment.scope)
        source: Path | None = None
        if self.modules is not None and path is not None:
            source = self.modules.imported(path, dotted, len(node.relative))
        if isinstance(node.names, cst.ImportStar):
            if source is not None:
                self._import_everything(source, node.names, environment)
            elif not node.relative:
                for name in (name for library in self.libraries for name in library.exports(dotted)):
                    self.define(environment, name, node.names, Library(f"{dotted}.{name}"))
            return
        for alias in node.names:
            name = _dotted(alias.name)
            bound = alias.asname.name if alias.asname is not None else alias.name
            if not isinstance(bound, cst.Name):
                continue
            if source is not None:
                definition = self.define(environment, bound.value, alias, self._name_in(source, name))
                scope = self._scope_at(source)
                if scope is not None and name in scope.definitions:
                    definition.origin = (scope, name)
            else:
                # A relative import of a file that was not given: nothing is known of it.
                behind = self.modules.behind(dotted, name) if self.modules is not None else None
                value: Value = UNKNOWN if node.relative else Library(f"{dotted}.{name}")
                value = OwnModule(behind) if behind is not None else value
                self.define(environment, bound.value, alias, value)

    def _import_everything(self, source: Path, star: cst.ImportStar, environment: Environment) -> None:
        scope = self._scope_at(source)
        for name in self._public_names(scope) if scope is not None else ():
            assert scope is not None
            definition = self.define(environment, name, star, self._name_in(source, name))
            definition.origin = (scope, name)

    def _public_names(self, scope: Scope) -> list[str]:
        """The names that `import *` takes: those of `__all__`, else those without an underscore."""
        self.note_read(("names", scope.node))
        listed = self.value_in(scope, "__all__") if "__all__" in scope.definitions else None
        if listed is None:
            return [name for name in scope.definitions if not name.startswith("_")]
        if not isinstance(listed, Sequence) or listed.site in self.program.changed_sequences:
            return []
        named = {one.value for one in listed.elements if isinstance(one, Known)}
        return [name for name in scope.definitions if name in named]

    def imported_by_name(self, name: Value, call: cst.Call) -> Value | None:
        """See `Evaluation`. Relative names are taken as those of the importing file's own package."""
        path = self.program.files.get(self.program.module_of(call))
        if self.modules is None or path is None:
            return None
        found: Value = NOTHING
        for one in alternatives(name):
            if one is NOTHING:
                continue
            text = one.value if isinstance(one, Known) and isinstance(one.value, str) else ""
            dotted = text.lstrip(".")
            file = self.modules.imported(path, dotted, len(text) - len(dotted)) if dotted else None
            if file is None:
                return None
            found = join(found, OwnModule(file))
        return found

    # --- the other files -------------------------------------------------------------------------

    def read_own_module(self, module: OwnModule, node: cst.Attribute) -> Value:
        """The value of a name of another file that is read as an attribute of it."""
        name = node.attr.value
        scope = self._scope_at(module.path)
        if scope is not None and name in scope.definitions:
            self.program.reaching_attributes.setdefault(node, set()).add((scope, name))
        return self._name_in(module.path, name)

    def bind_in_own_module(
        self, module: OwnModule, target: cst.Attribute, value: Value, expression: cst.BaseExpression | None
    ) -> None:
        """Notes that a name of another file is set from outside: `config.KEY = …`."""
        scope = self._scope_at(module.path)
        if scope is not None and not self.is_apart(scope.node):
            self.program.reaching_attributes.setdefault(target, set()).add((scope, target.attr.value))
            definition = self.define(self.environment_of(scope), target.attr.value, target, value, expression)
            known = scope.set_elsewhere.get(target.attr.value, frozenset())
            if definition not in known:
                scope.set_elsewhere[target.attr.value] = known | {definition}
                self.note_change((scope, target.attr.value))

    def _name_in(self, path: Path, name: str) -> Value:
        """What a name of a file, or of a package, can be for code that runs at any time."""
        scope = self._scope_at(path)
        if scope is not None:
            if name in scope.definitions:
                return self.across(scope.node, self.value_in(scope, name))
            self.note_read(("names", scope.node))
            if scope.node not in self._names_met:
                return NOTHING
        member = self.modules.member(path, name) if self.modules is not None else None
        if member is not None:
            return OwnModule(member)
        if scope is None:
            return UNKNOWN
        return UNKNOWN if self.settled else NOTHING

    def _scope_at(self, path: Path) -> Scope | None:
        """The scope of a file that is followed."""
        module = self.module_at.get(path)
        return self.program.scopes.get(module) if module is not None else None

    def _path_of(self, scope: Scope) -> Path | None:
        current = scope
        while current.parent is not None:
            current = current.parent
        return self.program.files.get(current.node) if isinstance(current.node, cst.Module) else None


def _dotted(node: cst.BaseExpression) -> str:
    if isinstance(node, cst.Attribute):
        return f"{_dotted(node.value)}.{node.attr.value}"
    return node.value if isinstance(node, cst.Name) else ""
