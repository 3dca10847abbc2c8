"""A connect whose options are put together elsewhere, with those options written where it stands.

`connect(url, **options)`, where the options depend on the library's version, and two connects of which a test of that
version chooses one, differ in nothing but the name under which the handshake's headers are given. Gladia's socket takes
none, so that one connect with headers under any of the names says all there is to say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field

import libcst as cst

from codemods.analysis.dictionaries import Entry
from codemods.analysis.program import Program
from codemods.analysis.sockets import Connect
from codemods.analysis.values import DictDisplay, Function, Instance, Known, Member, Value, alternatives
from codemods.edits import Edits
from codemods.simpler.written import Simpler, simpler
from codemods.vendors import assemblyai_sessions as sessions
from codemods.vendors.assemblyai_sessions import HEADER_KEYWORDS

_HEADERS = "headers"
"""What stands for every name under which headers are given."""


def with_connects_written(program: Program) -> dict[cst.Module, Simpler]:
    """The files of a program in which a session's connect has such options, with them written at the connect."""
    plans: dict[cst.Module, Edits] = {}
    for edition in (sessions.V3, sessions.V2):
        openings = list(sessions.openings(program, edition))
        statements = {program.statement_of(one.connect.call): one.connect for one in openings}
        for opening in openings:
            edits = plans.setdefault(program.module_of(opening.connect.call), Edits())
            if not _plan_choice(program, opening.connect, statements, edits):
                _plan_options(program, opening.connect, edits)
    found = {}
    for module, edits in plans.items():
        if edits.rewrites or edits.unwrapped:
            found[module] = simpler(module, edits)
    return found


# --- two connects, of which one is made ------------------------------------------------------------------


def _plan_choice(program: Program, connect: Connect, statements: Mapping[cst.CSTNode, Connect], edits: Edits) -> bool:
    """One connect in the place of an `if` whose branches make the same one under different names for its headers."""
    statement = program.statement_of(connect.call)
    branch = program.parents.get(program.parents.get(statement, statement))
    if not isinstance(branch, cst.If) or not isinstance(branch.orelse, cst.Else):
        return False
    other = branch.orelse.body.body
    if len(branch.body.body) != 1 or len(other) != 1 or branch.body.body[0] is not statement:
        return False
    if other[0] not in statements or isinstance(program.parents.get(branch), cst.If):
        return False
    if not isinstance(statement, cst.SimpleStatementLine | cst.With):
        return False
    if _without_names(statement) != _without_names(other[0]):
        return False

    def chosen(updated: cst.If) -> cst.BaseStatement:
        (one,) = updated.body.body
        assert isinstance(one, cst.SimpleStatementLine | cst.With)
        return one.with_changes(leading_lines=[*updated.leading_lines, *one.leading_lines])

    edits.rewrite(branch, chosen)
    _drop_names(program, set(program.nodes_in(branch.test)), edits)
    return True


def _without_names(statement: cst.CSTNode) -> str:
    """A statement's code with one name for all under which headers are given."""
    plain = statement.with_changes(leading_lines=[]) if hasattr(statement, "leading_lines") else statement
    code = cst.Module([]).code_for_node(plain)
    for keyword in HEADER_KEYWORDS:
        code = code.replace(f"{keyword}=", f"{_HEADERS}=")
    return " ".join(code.split())


# --- options from elsewhere ----------------------------------------------------------------------------


@dataclass(slots=True)
class _Options:
    """What `**options` stands for: expressions by keyword, and what nothing else needs."""

    given: dict[str, cst.BaseExpression] = field(default_factory=dict)
    idle: list[cst.CSTNode] = field(default_factory=list)


def _plan_options(program: Program, connect: Connect, edits: Edits) -> None:
    starred = [one for one in connect.call.args if one.star == "**"]
    if len(starred) != 1 or any(one.star == "*" for one in connect.call.args):
        return
    (argument,) = starred
    found = _Reader(program, connect, argument.value).options()
    if found is None:
        return
    given = found.given

    def written(updated: cst.Call) -> cst.Call:
        arguments: list[cst.Arg] = []
        for original, new in zip(connect.call.args, updated.args, strict=True):
            if original is not argument:
                arguments.append(new)
                continue
            for name, value in given.items():
                keyword = connect.library.headers if name == _HEADERS else name
                equal = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
                arguments.append(cst.Arg(value, cst.Name(keyword), equal, comma=new.comma))
            if given:
                arguments[-1] = arguments[-1].with_changes(whitespace_after_arg=new.whitespace_after_arg)
        if arguments:
            arguments = [one.with_changes(comma=_comma(one)) if one is not arguments[-1] else one for one in arguments]
        return updated.with_changes(args=arguments)

    edits.rewrite(connect.call, written)
    for node in found.idle:
        edits.remove(node)
    _drop_empty(program, found.idle, edits)
    _drop_unread(program, found, edits)


def _comma(argument: cst.Arg) -> cst.Comma:
    if isinstance(argument.comma, cst.Comma):
        return argument.comma
    return cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))


def _drop_empty(program: Program, idle: Sequence[cst.CSTNode], edits: Edits) -> None:
    """Removes the `if`s of which nothing is left."""
    for node in idle:
        branch = program.parents.get(program.parents.get(node, node))
        branch = program.parents.get(branch) if isinstance(branch, cst.Else) else branch
        if not isinstance(branch, cst.If) or isinstance(program.parents.get(branch), cst.If):
            continue
        blocks: list[cst.BaseSuite] = []
        current: cst.If | cst.Else | None = branch
        while current is not None:
            blocks.append(current.body)
            current = current.orelse if isinstance(current, cst.If) else None
        if all(one in edits.removed for block in blocks for one in block.body):
            edits.remove(branch)


def _drop_unread(program: Program, options: _Options, edits: Edits) -> None:
    """Removes the names that only what went has read, such as the one of the headers' keyword."""
    kept = {node for one in options.given.values() for node in program.nodes_in(one)}
    gone = {node for one in (*options.idle, *edits.removed) for node in program.nodes_in(one)} - kept
    _drop_names(program, gone, edits)


def _drop_names(program: Program, gone: Set[cst.CSTNode], edits: Edits) -> None:
    """Removes the names that nothing else reads than what is gone."""
    for definition in program.definitions():
        statement = definition.statement
        match statement:
            case cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(cst.Name())])]):
                if definition.uses and all(use in gone for use in definition.uses):
                    edits.remove(statement)


class _Reader:
    """Reads what `**options` stands for at one connect."""

    def __init__(self, program: Program, connect: Connect, node: cst.BaseExpression) -> None:
        self._program = program
        self._connect = connect
        self._node = node

    def options(self) -> _Options | None:
        """The options; None where they cannot be told, or are more than a handshake's headers under several names."""
        maker = self._maker()
        if maker is not None and _does_more(self._program, maker):
            return None
        values = list(alternatives(self._program.value(self._node)))
        found = _Options()
        each: list[dict[str, list[cst.BaseExpression]]] = []
        for value in values:
            read = self._read(value)
            if read is None:
                return None
            each.append(read)
        names = list(dict.fromkeys(name for one in each for name in one))
        for name in names:
            given = [node for one in each for node in one.get(name, ())]
            if len({_code(node) for node in given}) != 1 or any(name not in one for one in each):
                return None
            translated = self._translated(given[0])
            if translated is None:
                return None
            found.given[name] = translated
        if any(one.keyword is not None and one.keyword.value in found.given for one in self._connect.call.args):
            return None
        idle = self._idle(values)
        if idle is None:
            return None
        found.idle = idle
        return found

    def _read(self, value: Value) -> dict[str, list[cst.BaseExpression]] | None:
        """What one dictionary gives, by keyword; headers under whatever name it is."""
        if not isinstance(value, DictDisplay):
            return None
        dictionary = self._program.dictionaries.get(value.site)
        if dictionary is None or any(one.gap or one.removed is not None for one in dictionary.history.values()):
            return None
        found: dict[str, list[cst.BaseExpression]] = {}
        stored = [entry for change in dictionary.history.values() for entry in change.entries]
        for entry in (*dictionary.entries, *stored):
            names = self._names(entry)
            if names is None or entry.value_node is entry.node:
                return None
            is_headers = names <= set(HEADER_KEYWORDS)
            if entry in stored and not is_headers:
                return None  # whether it is given hangs on a test
            if not is_headers and len(names) != 1:
                return None
            found.setdefault(_HEADERS if is_headers else names.pop(), []).append(entry.value_node)
        return found

    def _names(self, entry: Entry) -> set[str] | None:
        known = [one.value for one in alternatives(entry.key) if isinstance(one, Known)]
        texts = {one for one in known if isinstance(one, str)}
        return texts if texts and len(known) == len(list(alternatives(entry.key))) and not entry.merges else None

    def _maker(self) -> cst.FunctionDef | None:
        """The function of the program that gives the options."""
        if not isinstance(self._node, cst.Call):
            return None
        match self._program.value(self._node.func):
            case Function(cst.FunctionDef() as node):
                return node
            case Member(Instance(definition), name):
                for one in definition.body.body:
                    if isinstance(one, cst.FunctionDef) and one.name.value == name:
                        return one
        return None

    def _translated(self, value: cst.BaseExpression) -> cst.BaseExpression | None:
        """An expression as it is written at the connect; None where a name in it means something else there."""
        program, place = self._program, self._program.scope_of(self._connect.call)
        given = self._given()
        here = program.at_statement.get(program.statement_of(self._connect.call), {})
        replaced: dict[cst.CSTNode, cst.BaseExpression] = {}
        for name in program.nodes_in(value):
            if not isinstance(name, cst.Name) or name not in program.reaching:
                continue
            reaching = program.reaching[name]
            if name.value in given and all(isinstance(one.node, cst.Param) for one in reaching):
                replaced[name] = given[name.value]
            elif program.scope_of(name) is place:
                if name.value in here and here[name.value] != reaching:
                    return None
            elif not all(one.scope is not None and isinstance(one.scope.node, cst.Module) for one in reaching):
                if any(isinstance(one, Instance) for one in alternatives(program.value(name))) and name.value == "self":
                    continue
                return None
        if not replaced:
            return value
        edits = Edits()
        for node, by in replaced.items():
            edits.replace(node, by)
        return edits.edited(value)

    def _given(self) -> dict[str, cst.BaseExpression]:
        """The arguments of the call that gives the options, by the parameters that get them."""
        maker = self._maker()
        if maker is None or not isinstance(self._node, cst.Call):
            return {}
        names = [one.name.value for one in maker.params.params]
        if isinstance(self._program.scope_of(maker), cst.ClassDef):
            names = names[1:]
        found: dict[str, cst.BaseExpression] = {}
        for index, argument in enumerate(self._node.args):
            if argument.keyword is not None:
                found[argument.keyword.value] = argument.value
            elif not argument.star and index < len(names):
                found[names[index]] = argument.value
        return found

    def _idle(self, values: Sequence[Value]) -> list[cst.CSTNode] | None:
        """What nothing needs once the options are written at the connect; None where they have another use."""
        program, maker = self._program, self._maker()
        if maker is not None:
            uses = [
                one
                for module in program.modules
                for one in program.nodes_in(module)
                if isinstance(one, cst.Name) and one.value == maker.name.value and one is not maker.name
            ]
            return [maker] if len(uses) == 1 else []
        if not isinstance(self._node, cst.Name):
            return [] if isinstance(self._node, cst.Dict | cst.IfExp) else None
        sites = [one.site for one in values if isinstance(one, DictDisplay)]
        found: list[cst.CSTNode] = []
        for site in sites:
            dictionary = program.dictionaries[site]
            found.extend(program.statement_of(one) for one in (site, *dictionary.changes))
        definitions = [one for one in program.definitions() if one.expression in sites]
        uses = [use for one in definitions for use in one.uses if use is not self._node]
        others = [use for use in uses if program.statement_of(use) not in found]
        is_plain = all(isinstance(one, cst.SimpleStatementLine) and len(one.body) == 1 for one in found)
        return list(dict.fromkeys(found)) if is_plain and not others else []


def _does_more(program: Program, function: cst.FunctionDef) -> bool:
    """Whether a function does something beside giving what it gives: what it prints, stores or counts would go."""
    statements = [one for one in program.nodes_in(function.body) if isinstance(one, cst.Expr)]
    return any(not isinstance(one.value, cst.SimpleString | cst.ConcatenatedString) for one in statements)


def _code(node: cst.BaseExpression) -> str:
    return cst.Module([]).code_for_node(node)
