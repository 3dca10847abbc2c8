"""What a name of one file of the program is called in another, for code that moves there."""

from __future__ import annotations

from collections.abc import Iterable

import libcst as cst

from codemods.analysis.environment import Definition
from codemods.analysis.program import Program
from codemods.analysis.values import Library, OwnModule
from codemods.migrating import Migrating


def name_at(migrating: Migrating, name: cst.Name, target: cst.CSTNode) -> cst.BaseExpression | None:
    """An expression that gives at `target`, in another file, what a name of a file's top level gives where it stands.

    It is imported there where it is not yet; None where that is not possible.
    """
    program = migrating.program
    definitions = list(program.reaching.get(name, ()))
    there = migrating.at(target)
    if not definitions:
        return None
    library = library_at(definitions, there)
    if library is not None:
        return library
    origins = set(program.behind_imports(definitions))
    for definition in _of_top_level(there):
        if definition.origin is not None and set(program.behind_imports([definition])) == origins:
            return cst.Name(migrating.name(definition.name))
    homes = {program.module_of(one.node) for one in origins}
    names = {one.name for one in origins}
    if len(homes) != 1 or len(names) != 1:
        return None
    (home,), (own,) = homes, names
    if home is there.module:
        return cst.Name(migrating.name(own))
    for definition in _of_top_level(there):
        if isinstance(definition.value, OwnModule) and definition.value.path == program.files.get(home):
            return cst.Attribute(cst.Name(migrating.name(definition.name)), cst.Name(migrating.name(own)))
    return _imported(migrating, name, own, home, there)


def names_written(program: Program, name: str) -> list[cst.Name]:
    """Where a name is written in the program, but for imports of it: those that nothing uses go by themselves."""
    return [
        node
        for module in program.modules
        for node in program.nodes_in(module)
        if isinstance(node, cst.Name)
        and node.value == name
        and not isinstance(program.parents.get(node), cst.ImportAlias)
    ]


def library_at(definitions: Iterable[Definition], there: Migrating) -> cst.BaseExpression | None:
    """The name of a library's module or function, which any file can import: at the top, for all that is in it."""
    (definition, *others) = definitions
    if others or not isinstance(definition.value, Library) or not isinstance(definition.node, cst.ImportAlias):
        return None
    module, _, function = definition.value.name.rpartition(".")
    if not module:
        return there.use_module(function)
    is_module = there.program.parents.get(definition.node)
    return there.use_function(module, function) if isinstance(is_module, cst.ImportFrom) else None


def _imported(
    migrating: Migrating, name: cst.Name, own: str, home: cst.Module, there: Migrating
) -> cst.BaseExpression | None:
    program = migrating.program
    new = migrating.name(own)
    taken = {one.value for one in program.nodes_in(there.module) if isinstance(one, cst.Name)}
    source = _source_for(migrating, name, home, there)
    if source is None or own in taken or new in taken or there.module in _imports_of(migrating, home):
        return None
    there.needed_imports.append((source, new))
    return cst.Name(new)


def _imports_of(migrating: Migrating, module: cst.Module) -> set[cst.Module]:
    """The files that a file imports, directly or indirectly: importing it from one of them would go in a circle."""
    program = migrating.program
    at = {path: one for one, path in program.files.items()}
    found: set[cst.Module] = set()
    waiting = [module]
    while waiting:
        scope = program.scopes.get(waiting.pop())
        for definition in (one for each in scope.definitions.values() for one in each) if scope is not None else ():
            target: cst.CSTNode | None = definition.origin[0].node if definition.origin is not None else None
            if isinstance(definition.value, OwnModule):
                target = at.get(definition.value.path)
            if isinstance(target, cst.Module) and target not in found:
                found.add(target)
                waiting.append(target)
    return found


def _source_for(migrating: Migrating, name: cst.Name, home: cst.Module, there: Migrating) -> str | None:
    """How the other file writes the module that has the name: as it does itself, or as its neighbour does."""
    program = migrating.program
    here = migrating.at(name)
    for place in (there, here):
        if place is here and program.files[here.module].parent != program.files[there.module].parent:
            continue
        for definition in _of_top_level(place):
            if definition.origin is None or not isinstance(definition.node, cst.ImportAlias):
                continue
            scope, _ = definition.origin
            statement = program.parents.get(definition.node)
            if scope.node is home and isinstance(statement, cst.ImportFrom) and statement.module is not None:
                return "." * len(statement.relative) + place.module.code_for_node(statement.module)
    return None


def _of_top_level(place: Migrating) -> list[Definition]:
    scope = place.program.scopes[place.module]
    return [one for definitions in scope.definitions.values() for one in definitions]
