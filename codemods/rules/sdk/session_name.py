"""What the two objects of a Gladia session are called in a program that had one object for both."""

from __future__ import annotations

import re
from typing import Final

import libcst as cst

from codemods.analysis.environment import Definition
from codemods.analysis.values import Instance, something
from codemods.migrating import Migrating
from codemods.vendors import assemblyai_sdk

_VENDOR: Final = re.compile(r"assembly_?ai|assembly|(?<![a-z])aai(?![a-z])", re.IGNORECASE)


def _gladia(found: re.Match[str]) -> str:
    text = found.group()
    return "GLADIA" if text.isupper() else "Gladia" if text[0].isupper() else "gladia"


def client_name(name: str) -> str:
    """The name of a Gladia client, from the name that AssemblyAI's had."""
    renamed = _VENDOR.sub(_gladia, name)
    return renamed if "client" in renamed.lower() else "client"


def session_name(client: str) -> str:
    """The name of the session that a client of this name starts."""
    for old, new in (("client", "session"), ("Client", "Session"), ("CLIENT", "SESSION")):
        if old in client:
            return client.replace(old, new)
    return "session"


def identifiers(migrating: Migrating) -> set[str]:
    """Every name that stands in the files that are planned together."""
    return {one.value for one in migrating.nodes() if isinstance(one, cst.Name)}


def free_name(migrating: Migrating, *wanted: str) -> str:
    """The first of these names that the file does not have, else the last with a number."""
    taken = identifiers(migrating)
    for name in wanted:
        if name not in taken:
            return name
    number = 2
    while f"{wanted[-1]}{number}" in taken:
        number += 1
    return f"{wanted[-1]}{number}"


def is_free_in(migrating: Migrating, scope: cst.CSTNode, new: str, old: str) -> bool:
    """Whether no other client of the scope, or its session, is called `new` from now on; takes the name for `old`."""
    return migrating.names_given.setdefault((scope, new), old) == old


def free_session_name(migrating: Migrating, scope: cst.CSTNode, old: str, client: str) -> str:
    """The name of the session of a client that was called `old`, beside what else is in the scope."""
    taken = identifiers(migrating)
    wanted = [session_name(client), "live_session"]
    wanted += [f"{wanted[0]}{number}" for number in range(2, len(taken) + len(migrating.names_given) + 3)]
    return next(one for one in wanted if one not in taken and is_free_in(migrating, scope, one, old))


def names_beside_others(migrating: Migrating, old: str, client: cst.CSTNode) -> tuple[str, ...]:
    """What a client of this name could be called, best first: where several are made in one scope, by its own name."""
    program = migrating.program
    others = [
        one for one in assemblyai_sdk.creations(program) if program.scope_of(one.site) is program.scope_of(client)
    ]
    better = better_names(old)
    if len(others) > 1 and better and "client" not in old.lower():
        return (f"{_VENDOR.sub(_gladia, old)}_client", *better)
    return better


def owner_of(migrating: Migrating, attribute: cst.Attribute) -> cst.ClassDef | None:
    """The class of the program whose object an attribute belongs to."""
    found = [one.node for one in something(migrating.program.value(attribute.value)) if isinstance(one, Instance)]
    return found[0] if len(found) == 1 else None


def self_name(migrating: Migrating, node: cst.CSTNode, owner: cst.ClassDef) -> str | None:
    """What an object of a class is called in its methods, where a node stands inside one."""
    program = migrating.program
    current: cst.CSTNode | None = node
    while current is not None:
        if isinstance(current, cst.FunctionDef) and current.params.params:
            block = program.parents[current]
            if program.parents.get(block) is owner:
                return current.params.params[0].name.value
        current = program.parents.get(current)
    return None


def is_visible(migrating: Migrating, place: cst.CSTNode, node: cst.CSTNode) -> bool:
    """Whether a variable of the scope `place` can be read where a node stands."""
    program = migrating.program
    scope = program.scope_of(node)
    while scope is not place:
        if isinstance(scope, cst.Module):
            return False
        scope = program.scope_of(scope)
    return True


def rename_variable(migrating: Migrating, old: str, new: str) -> bool:
    """Plans another name for a variable that is defined by assignments alone; False where that is not certain."""
    program = migrating.program
    definitions = [one for one in program.definitions() if one.name == old]
    scopes = {program.scope_of(one.node) for one in definitions}
    if not all(is_free_in(migrating, one, new, old) for one in scopes):
        return False
    if old in migrating.new_names or old in migrating.used_elsewhere or new in identifiers(migrating):
        return False
    nodes: set[cst.CSTNode] = set()
    for one in definitions:
        if not isinstance(one.node, cst.Name):
            return False
        nodes |= {one.node, *one.uses}
    written = [
        one
        for one in program.nodes_in(migrating.module)
        if isinstance(one, cst.Name) and one.value == old and not _is_only_a_label(migrating, one)
    ]
    if set(written) != nodes:
        return False
    for node in written:
        migrating.edits.replace(node, node.with_changes(value=new))
    migrating.new_names[old] = new
    return True


def client_of_session(name: str) -> str:
    """The name of a client, from the name of a session."""
    for old, new in (("session", "client"), ("Session", "Client"), ("SESSION", "CLIENT")):
        if old in name:
            return name.replace(old, new)
    return name


def force_name(migrating: Migrating, old: str, new: str, freed: str | None) -> bool:
    """Plans a name for a variable in place of the one planned before; `freed` is a name whose variable goes."""
    program = migrating.program
    definitions = [one for one in program.definitions() if one.name == old]
    taken = identifiers(migrating) - ({freed} if freed else set())
    nodes = {node for one in definitions for node in (one.node, *one.uses)}
    written = {
        one
        for one in program.nodes_in(migrating.module)
        if isinstance(one, cst.Name) and one.value == old and not _is_only_a_label(migrating, one)
    }
    if new in taken or written != nodes or old in migrating.used_elsewhere:
        return False
    for node in written:
        migrating.edits.rewrites[node] = lambda _: cst.Name(new)
    migrating.new_names[old] = new
    return True


def _is_only_a_label(migrating: Migrating, name: cst.Name) -> bool:
    """Whether a name is an attribute's or a keyword's, not a variable's."""
    parent = migrating.program.parents.get(name)
    if isinstance(parent, cst.Attribute):
        return parent.attr is name
    return isinstance(parent, cst.Arg) and parent.keyword is name


def rename_attribute(migrating: Migrating, owner: cst.ClassDef, old: str, new: str) -> bool:
    """Plans another name for an attribute of a class's objects; False where that is not certain."""
    if old in migrating.used_elsewhere or new in identifiers(migrating):
        return False
    if not is_free_in(migrating, owner, new, old):
        return False
    every = [one for one in migrating.nodes() if isinstance(one, cst.Attribute) and one.attr.value == old]
    if any(owner_of(migrating, one) is not owner for one in every):
        return False
    # `client = GladiaClient(…)` in the class itself.
    definitions = migrating.program.scopes[owner].definitions.get(old, ())
    in_class = {node for one in definitions for node in (one.node, *one.uses)}
    for node in migrating.program.nodes_in(owner):
        if not isinstance(node, cst.Name) or node.value != old or _is_only_a_label(migrating, node):
            continue
        if migrating.program.scope_of(node) is owner and node not in in_class:
            if not isinstance(migrating.program.parents[node], cst.AnnAssign):
                return False
            in_class.add(node)
    names = [one.attr for one in every]
    for found in in_class:
        if not isinstance(found, cst.Name):
            return False
        names.append(found)
    for name in names:
        migrating.edits.rewrites[name] = lambda _: cst.Name(new)
    return True


def better_names(name: str) -> tuple[str, ...]:
    """What a client of this name could be called instead, best first; nothing where the name says what it is."""
    wanted = client_name(name)
    return () if wanted == name else (wanted, "gladia_client")


def definitions_at(migrating: Migrating, name: cst.Name) -> frozenset[Definition]:
    """The definitions that a name can have its value from."""
    return migrating.program.reaching.get(name, frozenset())
