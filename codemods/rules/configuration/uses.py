"""Where a program uses its configuration: what it reads for itself would have other names and values afterwards."""

from __future__ import annotations

from typing import Final

import libcst as cst

from codemods.analysis.program import Dictionary
from codemods.analysis.values import (
    Class,
    DictDisplay,
    Function,
    Instance,
    JsonText,
    Known,
    Member,
    alternatives,
    constant,
    is_certain,
)
from codemods.findings import CONFIGURATION_UNKNOWN
from codemods.migrating import Migrating
from shim.mapping import parameters
from shim.mapping.row import Fidelity

_LOGGING: Final = ("debug", "info")


_IN_TEXTS: Final = (cst.Call, cst.Arg, cst.Name, cst.FormattedString, cst.FormattedStringExpression)
"""What may stand between a value and the call that prints or logs it."""


class ConfigurationUses:
    """Looks at the uses of one configuration beside the POST at `request`."""

    def __init__(self, migrating: Migrating, request: cst.Call) -> None:
        self._migrating = migrating
        self._program = migrating.program
        made = self._program.requests.get(request)
        self._request: list[cst.CSTNode] = [*made.written] if made is not None else [request]
        text = self._program.value(made.data) if made is not None and made.data is not None else None
        if isinstance(text, JsonText):
            self._request.append(text.call)

    def is_read_elsewhere(self, configuration: Dictionary) -> bool:
        """Whether the program reads the configuration for itself, too, and would meet other names and values."""
        facts = self._program.dictionary_facts(DictDisplay(configuration.site))
        sites = {configuration.site, *(fact.site for fact in (facts.entries if facts is not None else ()))}
        uses = [(node, one) for one in sites for node in self.of(self._program.dictionaries[one])]
        for node, site in uses:
            in_request = any(self._program.is_inside(node, one) for one in self._request)
            if in_request or self._is_changed_at(node, self._program.dictionaries[site]):
                continue
            if not self._reads_what_stays(node) and not self._is_shown(node) and not self._reads_constant(node):
                self._migrating.report(
                    CONFIGURATION_UNKNOWN,
                    node,
                    f"it is used for more than the POST: {self._migrating.code(self._program.parents[node])}",
                )
                return True
        return False

    def _is_changed_at(self, node: cst.CSTNode, configuration: Dictionary) -> bool:
        """Whether a use of the configuration only puts something into it, or merges it into another."""
        parent = self._program.parents[node]
        around = self._program.parents[parent]
        call = self._program.parents[around]
        if isinstance(parent, cst.StarredDictElement) or (
            # `base | more`, `dict(base)`, `base.copy()`, `copy(base)`: what comes of it is looked at by itself.
            isinstance(parent, (cst.BinaryOperation, cst.Arg, cst.Attribute, cst.IfExp, cst.BooleanOperation))
            and any(isinstance(self._program.value(one), DictDisplay) for one in (parent, around, call))
        ):
            return True
        match around:
            case cst.Call(cst.Attribute(owner, cst.Name("update"))) if isinstance(parent, cst.Arg):
                if isinstance(self._program.value(owner), DictDisplay):
                    return True  # `config.update(overrides)`: the same
        while isinstance(parent, (cst.Subscript, cst.Attribute)):
            parent, node = self._program.parents[parent], parent
            if node in configuration.changes or parent in configuration.changes:
                return True
        return isinstance(parent, cst.AssignTarget)

    def _is_shown(self, node: cst.CSTNode) -> bool:
        """Whether the configuration is only printed or logged."""
        current = node
        while isinstance(current, (cst.BaseExpression, cst.Arg, cst.BaseFormattedStringContent)):
            if isinstance(current, cst.Call) and current is not node:
                name = self._migrating.code(current.func)
                if name not in ("print", "json.dumps") and name.rpartition(".")[2] not in _LOGGING:
                    return False
            elif not isinstance(current, _IN_TEXTS):
                return False
            current = self._program.parents[current]
        return isinstance(current, cst.Expr)

    def _reads_what_stays(self, node: cst.CSTNode) -> bool:
        """Whether a use of the configuration reads a parameter that has the same name and value afterwards."""
        read = self._program.parents[node]
        if not isinstance(read, cst.Subscript) or isinstance(self._program.parents[read], (cst.AssignTarget, cst.Del)):
            return False
        part = read.slice[0].slice
        key = self._program.value(part.value) if isinstance(part, cst.Index) else None
        return isinstance(key, Known) and any(
            row.gladia == row.assemblyai == (key.value,) and row.over_assemblyai.codemod is Fidelity.SAME
            for row in parameters.ROWS
        )

    def _reads_constant(self, node: cst.CSTNode) -> bool:
        """Whether a use of the configuration reads a number that nothing can change: it is written there instead."""
        read = self._program.parents[node]
        if not isinstance(read, cst.Subscript) or read.value is not node:
            return False
        if isinstance(self._program.parents[read], (cst.AssignTarget, cst.AugAssign, cst.Del)):
            return False
        value = self._program.value(read)
        if not is_certain(value) or type(constant(value)) not in (int, float):
            return False
        self._migrating.edits.replace(read, cst.parse_expression(repr(constant(value))))
        return True

    def of(self, dictionary: Dictionary) -> list[cst.CSTNode]:
        """Where a dictionary is read or handed on; giving it a name is neither."""
        return [
            node
            for node, value in self._program.values.items()
            if value == DictDisplay(dictionary.site)
            and node is not dictionary.site
            and not isinstance(self._program.parents[node], (cst.Assign, cst.AnnAssign, cst.AssignTarget, cst.Return))
            and not self._is_handed_on(node)
        ]

    def _is_handed_on(self, node: cst.CSTNode) -> bool:
        """Whether a value is an argument of a function of the program, in which its uses are seen anyway."""
        argument = self._program.parents[node]
        call = self._program.parents[argument]
        if not isinstance(argument, cst.Arg) or not isinstance(call, cst.Call) or argument.star:
            # A call or an await that gives the value: what is done with it is a use, the call itself is none.
            return isinstance(node, cst.Call) and isinstance(argument, (cst.Await, cst.Arg))
        callees = alternatives(self._program.value(call.func))
        return all(isinstance(one, (Function, Class, Member)) for one in callees) and not any(
            isinstance(one, Member) and not isinstance(one.owner, Instance) for one in callees
        )
