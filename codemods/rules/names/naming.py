"""Names, placeholders and texts that say the old vendor's name."""

from __future__ import annotations

import re
from functools import cached_property, partial
from typing import Final

import libcst as cst

from codemods.analysis.environment import Definition
from codemods.analysis.libraries import ENDING
from codemods.analysis.values import (
    Class,
    Function,
    Instance,
    Library,
    LibraryObject,
    Member,
    OwnModule,
    Value,
    alternatives,
)
from codemods.findings import ENVIRONMENT_RENAMED, VENDOR_STILL_NAMED
from codemods.migrating import Migrating, like
from codemods.rules.names.annotations import names_in_texts, rename_in_text
from codemods.rules.names.import_order import reordered
from shim.mapping import sdk, session

PLACEHOLDER: Final = re.compile(r"^<[^<>]*>$|^\W*YOUR\b|^\W*YOUR[_-]|^x{3,}", re.IGNORECASE)
_DOTTED: Final = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+$")
_LOGGING: Final = ("debug", "info", "warning", "error", "critical", "exception", "log")

_OPTION: Final = re.compile(r"((?<![\w-])--[A-Za-z][\w-]*)")
_INSTALLING: Final = r"((?:pip3? install|uv add|poetry add)\b[^\n;&|]*?(?<![\w.-]))"
_END_OF_DISTRIBUTION: Final = r"(?:\[[\w,]*\])?(?![\w-])"
"""How a text says what to install: what stands before the name of a distribution, and what may be behind it."""


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
        rows = (sdk.REQUIREMENT.of(migrating.source)[0], sdk.REQUIREMENT.of(migrating.target)[0])
        self._distributions = tuple(re.split(r"[<>=]", one)[0] for one in rows)
        self._installing = re.compile(_INSTALLING + re.escape(self._distributions[0]) + _END_OF_DISTRIBUTION)

    def plan(self) -> None:
        """Plans the edits of names, environment variables, placeholders and texts."""
        self._rename_definitions()
        for literal in self._program.environment_names:
            text = str(literal.evaluated_value)
            if self._says(text) and literal not in self._migrating.kept:
                session.KEY_VARIABLE.over(self._migrating.target)
                self._migrating.edits.replace(literal, like(literal, self._with_new(text)))
                self._migrating.report(ENVIRONMENT_RENAMED, literal, self._what_became_of(text))
        for module in self._program.modules:
            self._rename_texts(module)

    def _what_became_of(self, variable: str) -> str:
        """What is said of an environment variable that is renamed here."""
        new, kept = self._with_new(variable), self._migrating.kept
        if any(one.evaluated_value == variable for one in self._program.environment_names if one in kept):
            return f"{self._new}'s key is read from {new}; {variable} stays for the rest of the program"
        return f"{variable} is {new} now"

    def _says(self, text: str) -> bool:
        return self._old.lower() in text.lower() and self._with_new(text) != text

    def _with_new(self, text: str) -> str:
        text = self._installing.sub(lambda found: f"{found[1]}{self._distributions[1]}", text)
        pieces = _OPTION.split(text)  # options of the command line keep their names, in texts too
        return "".join(one if _OPTION.fullmatch(one) else renamed(one, self._old, self._new) for one in pieces)

    # --- names -----------------------------------------------------------------------------------

    def _rename_definitions(self) -> None:
        by_name: dict[str, list[Definition]] = {}
        for definition in self._program.definitions():
            if self._says(definition.name) and not _is_of_a_library(definition):
                by_name.setdefault(definition.name, []).append(definition)
        for name in self._attributes:
            if any(self._is_own(one) for one in self._attributes[name]):
                by_name.setdefault(name, [])
        for name in self._fields:
            by_name.setdefault(name, [])
        for name, definitions in by_name.items():
            reason = self._why_not(name, definitions)
            attributes = [one for one in self._attributes.get(name, []) if self._is_own(one)]
            if reason is not None:
                places = [*(one.node for one in definitions), *attributes, *self._fields.get(name, [])]
                place = places[0]
                self._migrating.report(VENDOR_STILL_NAMED, place, f"`{name}` {reason}")
                continue
            if definitions:
                self._migrating.new_names[name] = self._with_new(name)
            imported = [node for node in self._imported.get(name, []) if node is not None]
            nodes = [*_nodes_of(definitions), *self._fields.get(name, []), *imported, *(one.attr for one in attributes)]
            for node in (*nodes, *(keyword for keyword, _ in self._keywords(name, definitions))):
                self._migrating.edits.replace(node, node.with_changes(value=self._with_new(name)))
            self._report_setting(name, definitions)
            for node in imported:
                self._keep_in_order(node)
            for literal in (*self._exported.get(name, []), *self._named_by_owner.get(name, [])):
                self._migrating.edits.replace(literal, like(literal, self._with_new(name)))
            for literal in self._annotated.get(name, ()) if definitions else ():
                rename_in_text(self._migrating.edits, literal, name, self._with_new(name))

    def _report_setting(self, name: str, definitions: list[Definition]) -> None:
        """A field of a class of settings is filled from the environment variable of its name."""
        for node in (*(one.node for one in definitions), *self._fields.get(name, [])):
            scope = self._program.scope_of(node)
            bases = [self._program.value(one.value) for one in scope.bases] if isinstance(scope, cst.ClassDef) else []
            if any(isinstance(one, Library) and one.name.rpartition(".")[2] == "BaseSettings" for one in bases):
                old, new = name.upper(), self._with_new(name).upper()
                self._migrating.report(ENVIRONMENT_RENAMED, node, f"the setting {old} is {new} now")

    def _keep_in_order(self, name: cst.Name) -> None:
        statement = self._program.parents.get(self._program.parents[name])
        if isinstance(statement, cst.ImportFrom):
            self._migrating.edits.rewrite(statement, partial(reordered, statement))

    @cached_property
    def _written(self) -> dict[str, int]:
        """How often each name stands in the files, attributes and keywords and imports left out."""
        counts: dict[str, int] = {}
        waiting: list[cst.CSTNode] = list(self._program.modules)
        while waiting:
            node = waiting.pop()
            if isinstance(node, cst.Name):
                counts[node.value] = counts.get(node.value, 0) + 1
            elif isinstance(node, (cst.Attribute, cst.Arg)):
                waiting.append(node.value)
                continue
            elif isinstance(node, (cst.Import, cst.ImportFrom)):
                continue
            waiting.extend(self._program.children(node))
        return counts

    @cached_property
    def _attributes(self) -> dict[str, list[cst.Attribute]]:
        """The attributes whose names say the vendor's, by name."""
        found: dict[str, list[cst.Attribute]] = {}
        for module in self._program.modules:
            for node in self._program.nodes_in(module):
                if isinstance(node, cst.Attribute) and self._says(node.attr.value):
                    found.setdefault(node.attr.value, []).append(node)
        return found

    @cached_property
    def _fields(self) -> dict[str, list[cst.Name]]:
        """The fields that classes declare without a value, as dataclasses do: `key: str`."""
        found: dict[str, list[cst.Name]] = {}
        for module in self._program.modules:
            for node in self._program.nodes_in(module):
                match node:
                    case cst.AnnAssign(cst.Name(name) as target, value=None) if self._says(name):
                        if isinstance(self._program.scope_of(node), cst.ClassDef):
                            found.setdefault(name, []).append(target)
        return found

    @cached_property
    def _imported(self) -> dict[str, list[cst.Name]]:
        """The names in imports from the program's other files, by what they are called there and here."""
        found: dict[str, list[cst.Name]] = {}
        for definition in self._program.definitions():
            alias = definition.node
            if not isinstance(alias, cst.ImportAlias) or definition.origin is None:
                continue
            if isinstance(alias.name, cst.Name):
                found.setdefault(alias.name.value, []).append(alias.name)
            if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
                found.setdefault(alias.asname.name.value, []).append(alias.asname.name)
        return found

    @cached_property
    def _exported(self) -> dict[str, list[cst.SimpleString]]:
        """The strings of `__all__`, by the names that they list."""
        found: dict[str, list[cst.SimpleString]] = {}
        for module in self._program.modules:
            for definition in self._program.scopes[module].definitions.get("__all__", ()):
                for node in self._program.nodes_in(definition.expression or definition.node):
                    if isinstance(node, cst.SimpleString):
                        found.setdefault(str(node.evaluated_value), []).append(node)
        return found

    @cached_property
    def _annotated(self) -> dict[str, list[cst.SimpleString]]:
        """The texts that are annotations, by the names in them."""
        return names_in_texts(self._program)

    @cached_property
    def _named_by_path(self) -> set[str]:
        """The last words of texts such as "app.stt.GladiaClient", by which tests replace things."""
        found: set[str] = set()
        for module in self._program.modules:
            for node in self._program.nodes_in(module):
                if isinstance(node, cst.SimpleString) and _DOTTED.match(node.raw_value):
                    found.add(node.raw_value.rpartition(".")[2])
        return found

    @cached_property
    def _named_by_owner(self) -> dict[str, list[cst.SimpleString]]:
        """The strings by which calls name something of a file or class of the program: `setattr(stt, "KEY", …)`."""
        found: dict[str, list[cst.SimpleString]] = {}
        for module in self._program.modules:
            for node in self._program.nodes_in(module):
                match node:
                    case cst.Call(args=[cst.Arg(value=owner), cst.Arg(value=cst.SimpleString() as literal), *_]):
                        if isinstance(self._program.value(owner), (OwnModule, Class, Instance)):
                            found.setdefault(str(literal.evaluated_value), []).append(literal)
        return found

    @cached_property
    def _looking_up(self) -> set[cst.Module]:
        """The files that get at their names by texts: nobody sees there which ones are used."""
        functions = [Library(f"builtins.{name}") for name in ("globals", "eval", "exec")]
        return {
            module
            for module in self._program.modules
            for node in self._program.nodes_in(module)
            if isinstance(node, cst.Call) and self._program.value(node.func) in functions
        }

    def _why_not(self, name: str, definitions: list[Definition]) -> str | None:
        if any(isinstance(one.node, cst.ImportAlias) and one.origin is None for one in definitions):
            return "is imported under this name"
        if name in self._named_by_path:
            return "stays: a text names it by its module, as for a patch"
        if name in self._migrating.used_elsewhere:
            return "is used in other files too"
        if any(self._program.module_of(one.node) in self._looking_up for one in definitions):
            return "stays: names are looked up when the program runs"
        nodes = {*_nodes_of(definitions), *self._fields.get(name, [])}
        if self._stays(name, definitions, nodes):
            return f"stays with what {self._old} still does here"
        if definitions and self._with_new(name) in self._written:
            return f"stays: `{self._with_new(name)}` is taken"
        unclear = [one for one in self._attributes.get(name, []) if not self._is_own(one) and not self._is_foreign(one)]
        of_objects = any(self._is_of_class(one) for one in definitions) or len(definitions) == 0
        keywords = self._keywords(name, definitions)
        if (
            len(nodes) != self._written.get(name, 0)
            or (of_objects and unclear)
            or not all(is_known for _, is_known in keywords)
        ):
            return "stays: not every use of it could be followed"
        return None

    def _stays(self, name: str, definitions: list[Definition], nodes: set[cst.Name]) -> bool:
        """Whether something is, or is made for, what stays with the old service."""
        staying = self._migrating.staying
        if staying is None:
            return False
        named = {*nodes, *self._attributes.get(name, ())}
        return not named.isdisjoint(staying.kept) or any(one.node in staying.speaking for one in definitions)

    def _is_of_class(self, definition: Definition) -> bool:
        return isinstance(self._program.scope_of(definition.node), cst.ClassDef)

    def _is_own(self, node: cst.Attribute) -> bool:
        """Whether an attribute belongs to the program's own classes, or is a name of one of its files."""
        if node in self._program.reaching_attributes:
            # An option of the command line is called what the user types: `--gladia-key` stays, and `args.gladia_key`.
            return all(scope is not self._program.options for scope, _ in self._program.reaching_attributes[node])
        return all(isinstance(one, (Instance, Class)) for one in alternatives(self._owner_of(node)))

    def _is_foreign(self, node: cst.Attribute) -> bool:
        """Whether an attribute belongs to a library's things, whatever they are called."""
        return all(isinstance(one, (Library, LibraryObject)) for one in alternatives(self._owner_of(node)))

    def _owner_of(self, node: cst.Attribute) -> Value:
        return self._program.value(node.value)

    def _keywords(self, name: str, definitions: list[Definition]) -> list[tuple[cst.Name, bool]]:
        """The keywords of calls that give these parameters, and whether what is called is known."""
        of_calls = any(isinstance(one.node, cst.Param) or self._is_of_class(one) for one in definitions)
        if not of_calls and name not in self._fields:
            return []
        found: list[tuple[cst.Name, bool]] = []
        for node in self._program.values:
            for argument in node.args if isinstance(node, cst.Call) else ():
                if argument.keyword is None or argument.keyword.value != name or not isinstance(node, cst.Call):
                    continue
                callees = list(alternatives(self._program.value(node.func)))
                if not any(isinstance(one, Library) for one in callees):
                    own = (Function, Class, Member)
                    found.append((argument.keyword, all(isinstance(one, own) for one in callees)))
        return found

    # --- texts -----------------------------------------------------------------------------------

    def _rename_texts(self, node: cst.CSTNode) -> None:
        waiting: list[cst.CSTNode] = [node]
        while waiting:
            current = waiting.pop()
            if current in self._migrating.kept or self._speaks(current):
                continue
            if isinstance(current, cst.SimpleString) and current not in self._program.environment_names:
                text = current.raw_value
                if self._says(text) and (PLACEHOLDER.search(text) or self._is_for_people(current)):
                    self._migrating.edits.replace(current, like(current, self._with_new(text)))
            elif (
                isinstance(current, cst.FormattedStringText)
                and self._says(current.value)
                and self._is_for_people(current)
            ):
                self._migrating.edits.replace(current, current.with_changes(value=self._with_new(current.value)))
            waiting.extend(self._program.children(current))

    def _speaks(self, node: cst.CSTNode) -> bool:
        """Whether a function speaks to the old service still: what it says of it stays true."""
        staying = self._migrating.staying
        return staying is not None and isinstance(node, cst.FunctionDef) and node in staying.speaking

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


def _nodes_of(definitions: list[Definition]) -> list[cst.Name]:
    """The names that definitions give and that read them."""
    return [node for one in definitions for node in (_name_node(one.node), *one.uses) if node is not None]


def _name_node(node: cst.CSTNode) -> cst.Name | None:
    match node:
        case cst.Name():
            return node
        case cst.Param(name) | cst.FunctionDef(name) | cst.ClassDef(name):
            return name
        case cst.ExceptHandler(name=cst.AsName(cst.Name() as name)):
            return name
    return None
