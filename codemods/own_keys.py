"""A key of a session's own, from the new service's variable: where the old one cannot be had twice.

A key that a caller, a parser of arguments or an object that nobody sees gives, or that is written in the program, stays
for what stays with the old vendor; the session reads its own where it read that one.
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from codemods.analysis.origins import OriginSearch, Place, Way
from codemods.analysis.program import Program
from codemods.analysis.values import DictDisplay, Function, Instance, Library, LibraryObject, Unknown, alternatives
from codemods.findings import ENVIRONMENT_RENAMED, KEY_OF_ITS_OWN, Finding
from codemods.rules.names.naming import renamed
from codemods.source_lines import SourceLines
from codemods.staying import Staying
from shim.mapping import session
from shim.mapping.row import Vendor

_READER = "os"


class OwnKeys:
    """What the sessions of one program read in place of a key that stays."""

    def __init__(self, program: Program, staying: Staying, source: Vendor) -> None:
        self._program = program
        self._staying = staying
        self._search = OriginSearch(program)
        self._old = session.NAME.of(source)[0]
        self._new = session.NAME.of(source.other)[0]
        variables = sorted(staying.keys.variables(program))
        named = [one for one in variables if self._says_old(one)]
        self.variable = renamed(named[0], self._old, self._new) if named else session.KEY_VARIABLE.of(source.other)[0]

    def is_for(self, place: Place) -> bool:
        """Whether what a place holds is a key, and the vendor's own alone stay with it: it is the old key for sure."""
        return place.node in self._staying.keys.places and self._staying.is_shared_with_vendor_alone(place.node)

    def read(self, node: cst.Name | cst.Attribute) -> cst.BaseExpression | None:
        """The whole expression by which a session's key is read at a place; None where more than the key is read.

        All of `args.key`, `key.strip()` and `key or os.getenv("KEY")`.
        """
        parents, current = self._program.parents, node
        found: cst.BaseExpression = current
        while True:
            around = parents[found]
            match around:
                case cst.Attribute(value) if value is found:
                    found = around
                case cst.Subscript(value) if value is found:
                    found = around
                case cst.Call(func) if func is found:
                    found = around
                case cst.BooleanOperation(operator=cst.Or()) | cst.IfExp():
                    found = around
                case _:
                    break
        holds_more = any(
            isinstance(one, (DictDisplay, Function, Instance)) for one in alternatives(self._program.value(found))
        )
        return found if found in self._staying.keys.nodes and not holds_more else None

    def text(self, expression: cst.BaseExpression) -> str:
        """What is read in place of an expression: its own reading of the vendor's variable, or the new one plainly."""
        for one in _choices(expression):
            names = [name for name in self._program.environment_names if self._program.is_inside(name, one)]
            if one is not expression and names and all(self._says_old(str(name.evaluated_value)) for name in names):
                return renamed(self._program.module_of(expression).code_for_node(one), self._old, self._new)
        quote = "'" if self._is_in_text(expression, '"') else '"'
        return f"{_READER}.environ[{quote}{self.variable}{quote}]"

    def finding(self, place: Place, line: int) -> Finding:
        """What is said of a session that has a key of its own."""
        origins = self._search.of([place.node, *([place.expression] if place.expression is not None else [])])
        parameters = [one for one in origins.places.values() if one.way is Way.PARAMETER]
        if isinstance(place.node, cst.Param):
            given = self._search.given_for(place.node)
            origins = self._search.of(given)
            parameters = [place, *(one for one in origins.places.values() if one.way is Way.PARAMETER)]
        is_given = any(self._search.is_handed_in(one) for one in parameters)
        value = self._program.value(place.expression) if place.expression is not None else None
        variables = sorted(one for one in origins.variables(self._program) if self._says_old(one))
        is_read_alone = place.way not in (Way.OTHER, Way.UNSEEN) and not isinstance(value, (LibraryObject, Unknown))
        if variables and not is_given and is_read_alone:
            said = f"{self._new}'s key is read from {self.variable}; {variables[0]} stays for the rest of the program"
            return Finding(ENVIRONMENT_RENAMED, line, said)
        which = f"`{place.name}`, which a caller gives," if is_given else f"what `{place.name}` gives"
        return Finding(
            KEY_OF_ITS_OWN, line, f"{self._new}'s key is read from {self.variable}; {which} stays {self._old}'s"
        )

    def import_reader(self, module: cst.Module, lines: SourceLines) -> bool:
        """Sees to it that a module can read variables. False where the name is something else's, or has no place."""
        definitions = self._program.scopes[module].definitions.get(_READER, ())
        if definitions:
            return all(one.value == Library(_READER) for one in definitions)
        plain = [
            statement
            for statement in module.body
            if isinstance(statement, cst.SimpleStatementLine) and isinstance(statement.body[0], cst.Import)
        ]
        if not plain:
            return False
        behind = _before_by_name(plain)
        if behind is not None:
            lines.add_behind(behind, f"import {_READER}")
        else:
            lines.add_before(plain[0], f"import {_READER}")
        return True

    def _says_old(self, name: str) -> bool:
        return self._old.lower() in name.lower()

    def _is_in_text(self, node: cst.CSTNode, quote: str) -> bool:
        """Whether a node stands in an f-string of this quote, which it must not hold before Python 3.12."""
        current: cst.CSTNode | None = node
        while current is not None and not isinstance(current, cst.BaseStatement):
            if isinstance(current, cst.FormattedString) and quote in current.start:
                return True
            current = self._program.parents.get(current)
        return False


def _choices(expression: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    """The expressions of which `a or b` and `a if c else b` give one."""
    match expression:
        case cst.BooleanOperation(left, cst.Or(), right):
            yield from (*_choices(left), *_choices(right))
        case cst.IfExp(_, body, orelse):
            yield from (*_choices(body), *_choices(orelse))
        case _:
            yield expression


def _before_by_name(plain: list[cst.SimpleStatementLine]) -> cst.SimpleStatementLine | None:
    """The last of the first imports of a module that come before the one that is wanted, by their names."""
    found = None
    for statement in plain:
        first = statement.body[0]
        assert isinstance(first, cst.Import)
        if first.names[0].evaluated_name > _READER:
            break
        found = statement
    return found
