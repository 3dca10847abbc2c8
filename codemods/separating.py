"""Parting what a session shares with something that stays: each gets an address, headers and a key of its own.

The program as it was and the one that comes out do the same, but for the names: beside each constant, attribute or
function that both parts use stands a second one, for the session alone, which reads the new service's key the same way
as the old one is read. What is then migrated shares nothing any more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import libcst as cst

from codemods.analysis.environment import Definition
from codemods.analysis.libraries import ENDING
from codemods.analysis.origins import OriginSearch, Place, Way
from codemods.analysis.program import Program
from codemods.analysis.values import Class, DictDisplay, Library, LibraryObject, Unknown, alternatives
from codemods.findings import ENVIRONMENT_RENAMED, Finding
from codemods.hosts import api_host_in
from codemods.own_keys import OwnKeys
from codemods.rules.names.naming import PLACEHOLDER, renamed
from codemods.source_lines import SourceLines
from codemods.staying import Staying, names_of_guard
from shim.mapping import session
from shim.mapping.row import Vendor

_PLAIN_DECORATORS = ("property", "staticmethod", "classmethod", "cached_property")


@dataclass(frozen=True, slots=True)
class Separated:
    """The new texts of the files that were changed, and for each of their lines the one that it comes from, from 1."""

    texts: dict[Path, str]
    lines: dict[Path, list[int]]
    findings: dict[Path, list[Finding]]
    """What is to be said of it, at the lines of the texts as they were."""


class _CannotPart(Exception):
    """What is shared cannot be had twice."""


def separated(program: Program, staying: Staying, source: Vendor) -> Separated | None:
    """The program with what its sessions share with what stays in two; None where it shares nothing, or cannot."""
    shared = staying.shared_places()
    if not shared:
        return None
    try:
        return _Separation(program, staying, source, shared).made()
    except _CannotPart:
        return None


@dataclass
class _Separation:
    program: Program
    staying: Staying
    source: Vendor
    shared: Mapping[cst.CSTNode, Place]
    """The places that are had twice."""
    _lines: dict[cst.Module, SourceLines] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._search = OriginSearch(self.program)
        self._old = session.NAME.of(self.source)[0]
        self._new = session.NAME.of(self.source.other)[0]
        self._own = OwnKeys(self.program, self.staying, self.source)
        self._given: dict[cst.CSTNode, Place] = {}
        """The places of keys that stay and cannot be had twice: the sessions read the new service's variable."""
        self._read: dict[cst.CSTNode, Place] = {}
        """The expressions by which a session's key is read from one of those, each with it."""
        self._ways = self.staying.ways

    def made(self) -> Separated:
        """The new texts; raises _CannotPart."""
        statements = self._statements()
        for place in self.shared.values():
            self._names[place.name] = self._free_name(place.name)
        moved = self._uses(statements)
        for statement, place in statements.items():
            if self._is_in_copy(statement, statements):
                continue
            self._copy(statement, self._tokens(statement), self._blank_lines(statement, place))
        for node in moved:
            self._of(node).replace(*self._moved(node))
        self._import_names(one for one in moved if not self._is_given(one))
        self._export_names()
        for guard in self._guards():
            if self._is_in_copy(guard, statements):
                continue
            self._copy(guard, self._tokens(guard) | self._said(guard), 0)
        files = self.program.files
        changed = {files[module]: lines for module, lines in self._lines.items()}
        findings: dict[Path, list[Finding]] = {}
        for statement in statements:
            found = findings.setdefault(files[self.program.module_of(statement)], [])
            found.extend(self._findings(statement))
        for read, place in self._read.items():
            said = findings.setdefault(files[self.program.module_of(read)], [])
            said.append(self._own.finding(place, self._of(read).line(read)))
        return Separated(
            {path: lines.text for path, lines in changed.items()},
            {path: lines.origins for path, lines in changed.items()},
            findings,
        )

    def _findings(self, statement: cst.CSTNode) -> Iterator[Finding]:
        """What is said of the variables that are read beside those that stay."""
        for node, text in self._tokens(statement).items():
            if isinstance(node, cst.SimpleString) and node in self.program.environment_names:
                new = text.strip("\"'")
                old = str(node.evaluated_value)
                said = f"{self._new}'s key is read from {new}; {old} stays for the rest of the program"
                yield Finding(ENVIRONMENT_RENAMED, self._of(statement).line(node), said)

    # --- what is had twice -----------------------------------------------------------------------

    def _statements(self) -> dict[cst.CSTNode, Place]:
        """The statements that are had twice, each with its place; notes what cannot be. Raises _CannotPart."""
        while True:
            found: dict[cst.CSTNode, Place] = {}
            given = len(self._given)
            for place in self.shared.values():
                try:
                    found[self._statement(place)] = place
                except _CannotPart:
                    if not self._own.is_for(place):
                        raise
                    self._given[place.node] = place
            if len(self._given) == given:
                return found
            self._ways = self.staying.ways_without(self._given.keys())
            shared = self.staying.shared_places(self._ways)
            self.shared = {node: place for node, place in shared.items() if node not in self._given}

    def _is_in_copy(self, statement: cst.CSTNode, statements: Iterable[cst.CSTNode]) -> bool:
        """Whether a statement stands in a function that is had twice as a whole."""
        functions = [one for one in statements if isinstance(one, cst.FunctionDef)]
        return any(one is not statement and self.program.is_inside(statement, one) for one in functions)

    def _is_given(self, node: cst.Name | cst.Attribute) -> bool:
        """Whether a name or an attribute reads a key that stays and cannot be had twice."""
        return not self._ways.uses.get(node, set()).isdisjoint(self._given)

    def _moved(self, node: cst.Name | cst.Attribute) -> tuple[cst.CSTNode, str]:
        """What is written otherwise where a session reads something that stays, and how; raises _CannotPart."""
        if not self._is_given(node):
            return _token(node), self._second(_token(node))
        places = self._ways.uses[node]
        read = self._own.read(node)
        lines = self._of(node)
        if read is None or not places <= self._given.keys() or not lines.is_on_one_line(read):
            raise _CannotPart
        if read not in self._read and not self._own.import_reader(self.program.module_of(node), lines):
            raise _CannotPart
        self._read.setdefault(read, self._given[next(iter(places))])
        return read, self._own.text(read)

    def _statement(self, place: Place) -> cst.CSTNode:
        """The statement that gives a place its value; raises _CannotPart where there cannot be a second one."""
        program, node = self.program, place.node
        if place.way in (Way.PARAMETER, Way.UNSEEN, Way.OTHER):
            raise _CannotPart
        statement = node if isinstance(node, cst.FunctionDef) else program.statement_of(node)
        if not isinstance(program.parents.get(statement), (cst.Module, cst.IndentedBlock)):
            raise _CannotPart
        match statement:
            case cst.FunctionDef():
                names = [one.decorator for one in statement.decorators]
                if not all(isinstance(one, cst.Name) and one.value in _PLAIN_DECORATORS for one in names):
                    raise _CannotPart
            case cst.SimpleStatementLine([cst.Assign([_]) | cst.AnnAssign()]):
                if place.way is Way.FIELD and not self._is_setting(node):
                    raise _CannotPart
            case _:
                raise _CannotPart
        if self._is_changed_in_place(place) or self._is_given_by_callers(place):
            raise _CannotPart
        if place.expression is not None:
            value = program.value(place.expression)
            if isinstance(value, DictDisplay) and program.dictionaries[value.site].changes:
                raise _CannotPart
        if node in self.staying.keys.places:
            self._check_key(place, statement)
        return statement

    def _is_given_by_callers(self, place: Place) -> bool:
        """Whether a field is one that whoever makes the object may give: the second one would not be given."""
        owner = self.program.scope_of(place.node)
        if not isinstance(owner, cst.ClassDef) or isinstance(place.node, cst.FunctionDef):
            return False
        for module in self.program.modules:
            for node in self.program.nodes_in(module):
                match node:
                    case cst.Arg(keyword=cst.Name(name)) if name == place.name:
                        return True
                    case cst.Call(func, args) if any(one.keyword is None for one in args):
                        if owner in self._classes(func):
                            return True
        return False

    def _classes(self, callee: cst.BaseExpression) -> list[cst.ClassDef]:
        return [one.node for one in alternatives(self.program.value(callee)) if isinstance(one, Class)]

    def _is_changed_in_place(self, place: Place) -> bool:
        """Whether a place holds an object that a statement does something to, which a second one would not get."""
        if place.expression is None or not isinstance(self.program.value(place.expression), (LibraryObject, Unknown)):
            return False
        for node, places in self.staying.ways.uses.items():
            if place.node not in places:
                continue
            for one in self._other_uses(node):
                if one in self.staying.ways.uses:
                    continue
                receiver = self.program.parents[one]
                called = self.program.parents[receiver] if isinstance(receiver, cst.Attribute) else receiver
                if isinstance(called, cst.Call) and isinstance(self.program.parents[called], cst.Expr):
                    return True
        return False

    def _other_uses(self, node: cst.Name | cst.Attribute) -> list[cst.Name | cst.Attribute]:
        """Every place that says what a name or an attribute says."""
        name = _token(node).value
        return [
            one
            for module in self.program.modules
            for one in self.program.nodes_in(module)
            if isinstance(one, type(node)) and _token(one).value == name
        ]

    def _is_setting(self, node: cst.CSTNode) -> bool:
        """Whether a field is one of a class of settings, which reads the variable of its name."""
        owner = self.program.scope_of(node)
        bases = [self.program.value(one.value) for one in owner.bases] if isinstance(owner, cst.ClassDef) else []
        return any(isinstance(one, Library) and one.name.rpartition(".")[2] == "BaseSettings" for one in bases)

    def _check_key(self, place: Place, statement: cst.CSTNode) -> None:
        """A key of the new service can only be read where the old one is read under the vendor's name."""
        if place.way is Way.FIELD:
            if self._old.lower() not in place.name.lower():
                raise _CannotPart
            return
        for node in self.program.nodes_in(statement):
            if node not in self.staying.keys.nodes or not isinstance(node, (cst.SimpleString, cst.FormattedStringText)):
                continue
            if isinstance(node, cst.SimpleString) and (not node.raw_value or PLACEHOLDER.search(node.raw_value)):
                continue
            is_read = isinstance(node, cst.SimpleString) and self._is_variable(node)
            if not is_read or self._old.lower() not in node.value.lower():
                raise _CannotPart

    def _second(self, name: cst.Name) -> str:
        """The second name of something that is read under its first one."""
        if name.value not in self._names:
            raise _CannotPart  # an import calls it otherwise
        return self._names[name.value]

    def _free_name(self, name: str) -> str:
        """The second name of something that is shared."""
        wanted = renamed(name, self._old, self._new)
        if wanted == name:
            bare = name.lstrip("_")
            prefix = self._new.upper() if bare.isupper() else self._new.lower()
            wanted = f"{name[: len(name) - len(bare)]}{prefix}_{bare}"
        for module in self.program.modules:
            if any(isinstance(node, cst.Name) and node.value == wanted for node in self.program.nodes_in(module)):
                raise _CannotPart
        return wanted

    # --- what reads it ---------------------------------------------------------------------------

    def _uses(self, statements: Mapping[cst.CSTNode, Place]) -> list[cst.Name | cst.Attribute]:
        """The names and attributes by which the sessions read what is shared, outside of what is copied."""
        found: list[cst.Name | cst.Attribute] = []
        stays = self.staying.kept
        shared = self.shared.keys() | self._given.keys()
        for node, places in self._ways.uses.items():
            if not places & shared:
                continue
            if any(self.program.is_inside(node, statement) for statement in statements):
                continue
            if not places <= shared or node in stays:
                raise _CannotPart
            found.append(node)
        return found

    def _tokens(self, statement: cst.CSTNode) -> dict[cst.CSTNode, str]:
        """What is written otherwise in the copy of a statement: second names, the new service's variables."""
        found: dict[cst.CSTNode, str] = {}
        for node in self.program.nodes_in(statement):
            if node in self.shared:
                token = node.name if isinstance(node, cst.FunctionDef) else _token(node)
                found[token] = self._second(token)
            elif isinstance(node, (cst.Name, cst.Attribute)) and self._is_given(node):
                read, text = self._moved(node)
                found[read] = text
            elif isinstance(node, (cst.Name, cst.Attribute)):
                places = {one.node for one in self._search.read_by(node)} | self.staying.ways.uses.get(node, set())
                if places & self.shared.keys():
                    found[_token(node)] = self._second(_token(node))
            elif isinstance(node, cst.SimpleString) and (self._is_variable(node) or PLACEHOLDER.search(node.raw_value)):
                found[node] = renamed(node.value, self._old, self._new)
        inside = {one for node in found if node in self._read for one in self.program.nodes_in(node) if one is not node}
        return {node: text for node, text in found.items() if node not in inside}

    def _is_variable(self, node: cst.SimpleString) -> bool:
        text = str(node.evaluated_value)
        return node in self.program.environment_names or re.fullmatch(r"[A-Z][A-Z0-9_]*", text) is not None

    def _said(self, statement: cst.CSTNode) -> dict[cst.CSTNode, str]:
        """The texts of a statement, with the new service's name."""
        texts = (cst.SimpleString, cst.FormattedStringText)
        return {
            node: renamed(node.value, self._old, self._new)
            for node in self.program.nodes_in(statement)
            if isinstance(node, texts) and api_host_in(node.value.strip("\"'"), self.source) is None
        }

    def _guards(self) -> list[cst.If]:
        """The statements that look whether what is had twice is there."""
        return [
            node
            for module in self.program.modules
            for node in self.program.nodes_in(module)
            if isinstance(node, cst.If)
            and node.orelse is None
            and isinstance(self.program.parents[node], (cst.Module, cst.IndentedBlock))
            and (places := names_of_guard(self._search, node))
            and places <= self.shared.keys()
            and self._ends(node)
        ]

    def _ends(self, guard: cst.If) -> bool:
        """Whether a test ends the program, or the function with an exception: it can be made of two names then."""
        body = guard.body.body
        match body[-1] if body else None:
            case cst.Raise() | cst.SimpleStatementLine([*_, cst.Raise()]):
                return True
            case cst.Expr(cst.Call(func)) | cst.SimpleStatementLine([*_, cst.Expr(cst.Call(func))]):
                callee = self.program.value(func)
                return isinstance(callee, Library) and callee.name in ENDING
        return False

    # --- text ------------------------------------------------------------------------------------

    def _of(self, node: cst.CSTNode) -> SourceLines:
        module = self.program.module_of(node)
        return self._lines.setdefault(module, SourceLines(module))

    def _copy(self, statement: cst.CSTNode, tokens: Mapping[cst.CSTNode, str], blank_lines: int) -> None:
        comment = partial(renamed, old=self._old, new=self._new)
        self._of(statement).copy(statement, tokens, blank_lines, comment)

    def _blank_lines(self, statement: cst.CSTNode, place: Place) -> int:
        if place.way is not Way.FUNCTION:
            return 0
        return 2 if isinstance(self.program.parents[statement], cst.Module) else 1

    def _import_names(self, moved: Iterable[cst.Name | cst.Attribute]) -> None:
        """Imports the second names where the first ones are imported."""
        names = [node for node in moved if isinstance(node, cst.Name)]
        imported: dict[cst.ImportAlias, list[cst.Name]] = {}
        definitions: dict[cst.ImportAlias, Definition] = {}
        for name in names:
            for definition in self.program.reaching.get(name, ()):
                if isinstance(definition.node, cst.ImportAlias):
                    imported.setdefault(definition.node, []).append(name)
                    definitions[definition.node] = definition
        for alias, uses in imported.items():
            definition = definitions[alias]
            origin = definition.origin
            direct = origin[0].definitions.get(origin[1], ()) if origin is not None else ()
            if alias.asname is not None or not direct or any(one.node not in self.shared for one in direct):
                raise _CannotPart
            new = self._names[definition.name]
            if {*definition.uses} <= {*uses}:
                self._of(alias).replace(alias.name, new)
            else:
                self._of(alias).add_import(self.program, alias, new)

    def _export_names(self) -> None:
        """Writes the second names into `__all__`, beside the first ones."""
        for place in self.shared.values():
            module = self.program.module_of(place.node)
            if self.program.scope_of(place.node) is not module:
                continue
            for definition in self.program.scopes[module].definitions.get("__all__", ()):
                for node in self.program.nodes_in(definition.statement) if definition.statement is not None else ():
                    if isinstance(node, cst.SimpleString) and node.evaluated_value == place.name:
                        second = node.value.replace(place.name, self._names[place.name])
                        self._of(node).replace(node, f"{node.value}, {second}")


def _token(node: cst.CSTNode) -> cst.Name:
    """The name that a name or an attribute ends with."""
    token = node.attr if isinstance(node, cst.Attribute) else node
    assert isinstance(token, cst.Name)
    return token
