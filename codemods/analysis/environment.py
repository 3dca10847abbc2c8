"""Names, the definitions that reach a place, and the scopes that hold them."""

from __future__ import annotations

from dataclasses import dataclass, field

import libcst as cst

from codemods.analysis.reaching import Names, Reaching
from codemods.analysis.values import NOTHING, Value, join


@dataclass(eq=False, slots=True)
class Definition:
    """One place that gives a name a value: an assignment, parameter, import, `with … as`, loop or `def`.

    `node` is the node that defines (a target, a parameter, an alias), `statement` the statement around it, `expression`
    the whole right-hand side where the name gets exactly that.
    """

    name: str
    node: cst.CSTNode
    statement: cst.CSTNode | None
    expression: cst.BaseExpression | None = None
    value: Value = NOTHING
    uses: list[cst.Name] = field(default_factory=list)
    scope: Scope | None = None
    origin: tuple[Scope, str] | None = None
    """Where an import from a file of the program gets it: that file's scope, and the name there."""


@dataclass(eq=False, slots=True)
class Scope:
    """A module, class, function, lambda or comprehension, with every definition of each of its names."""

    node: cst.CSTNode
    parent: Scope | None
    definitions: dict[str, list[Definition]] = field(default_factory=dict)
    set_elsewhere: dict[str, frozenset[Definition]] = field(default_factory=dict)
    """Definitions of names of this scope that other code makes, at any time: `global`, `nonlocal`, `module.name`."""
    elsewhere: dict[str, str] = field(default_factory=dict)
    """Names declared `global` or `nonlocal`, and which of the two."""

    def value_of(self, name: str) -> Value:
        """What a name of this scope can be for code that runs at any time."""
        value: Value = NOTHING
        for definition in self.definitions.get(name, ()):
            value = join(value, definition.value)
        return value


@dataclass(slots=True)
class Environment:
    """What holds at one place of one scope: the definitions that reach it, and what tests have told.

    `types` maps the origin of a parsed document to the types it can have here.
    """

    scope: Scope
    reaching: Reaching = field(default_factory=lambda: Reaching(Names()))
    types: dict[cst.CSTNode, frozenset[str]] = field(default_factory=dict)
    left_out: dict[cst.CSTNode, frozenset[cst.CSTNode]] = field(default_factory=dict)
    """The displays that a name, or names that something was unpacked into, cannot hold here: see `tagging.py`."""

    def copy(self) -> Environment:
        """A copy that can go its own way."""
        return Environment(self.scope, self.reaching, dict(self.types), dict(self.left_out))

    def define(self, definition: Definition) -> None:
        """A new definition replaces those of its name that reached this place."""
        self.reaching = self.reaching.with_definitions(definition.name, frozenset((definition,)))
        self.left_out.pop(definition.node, None)


def merge(first: Environment | None, second: Environment | None) -> Environment | None:
    """What holds where two paths meet; None stands for a path that cannot be taken."""
    if first is None or second is None:
        return first or second
    types = {origin: first.types[origin] | second.types[origin] for origin in first.types.keys() & second.types.keys()}
    left_out = {
        one: first.left_out[one] & second.left_out[one] for one in first.left_out.keys() & second.left_out.keys()
    }
    return Environment(first.scope, first.reaching.merged(second.reaching), types, left_out)
