"""Texts that a method changed, on their way to where the program puts texts together.

What `text.upper()` gives is no text of the service's any more to the analysis. Where it gets a name, an attribute or an
entry of a dictionary first, the place that puts it together is found from its other end: by what that place reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property

import libcst as cst

from codemods.analysis.origins import OriginSearch
from codemods.analysis.values import DictDisplay, Known, Value, alternatives
from codemods.migrating import Migrating
from codemods.rules.messages.leaving.own_functions import function_of


class TextsInBetween:
    """Knows which expressions of one program are given to a name or an entry whose reads depend on how they begin.

    `is_text` says of a value whether it is a text of the service's as it came: those are followed to their reads.
    `depends` says of a read whether it, with what methods make of it, is put together, or its beginning cut off.
    """

    def __init__(
        self,
        migrating: Migrating,
        is_text: Callable[[Value], bool],
        depends: Callable[[cst.BaseExpression], bool],
        beginning: Callable[[cst.BaseExpression], cst.BaseExpression],
    ) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._is_text = is_text
        self._depends = depends
        self._beginning = beginning
        self._origins = OriginSearch(migrating.program)

    def is_one(self, node: cst.BaseExpression) -> bool:
        """Whether an expression is given to something whose reads depend on how it begins."""
        return node in self._given

    @cached_property
    def _given(self) -> set[cst.BaseExpression]:
        reads = [one for one in self._migrating.nodes() if isinstance(one, cst.BaseExpression)]
        waiting = [one for one in reads if self._is_followed(one) and self._depends(one)]
        found: set[cst.BaseExpression] = set()
        while waiting:
            for one in self._sources(waiting.pop()):
                if one not in found:
                    found.add(one)
                    inner = self._beginning(one)
                    if self._is_followed(inner):
                        waiting.append(inner)
        return found

    def _is_followed(self, node: cst.BaseExpression) -> bool:
        """Whether an expression reads something that the program was given, and that is no text as it came."""
        if not isinstance(node, (cst.Name, cst.Attribute, cst.Subscript, cst.Call)) or node not in self._program.values:
            return False
        return not any(self._is_text(one) for one in alternatives(self._program.value(node)))

    def _sources(self, node: cst.BaseExpression) -> Iterable[cst.BaseExpression]:
        """What an expression was given, one step back."""
        match node:
            case cst.Name() | cst.Attribute():
                for place in self._origins.read_by(node):
                    if place.expression is not None:
                        yield place.expression
                    elif isinstance(place.node, cst.Param):
                        given = self._origins.given_for(place.node)
                        yield from (one for one in given if isinstance(one, cst.BaseExpression))
            case cst.Subscript(owner, [cst.SubscriptElement(cst.Index(key))]):
                yield from self._entries(owner, key)
            case cst.Call(cst.Attribute(owner, cst.Name("get")), [cst.Arg(key), *_]):
                yield from self._entries(owner, key)
            case cst.Call(func):
                for one in alternatives(self._program.value(func)):
                    function = function_of(one)
                    if isinstance(function, cst.FunctionDef):
                        yield from self._returned(function)

    def _entries(self, owner: cst.BaseExpression, key: cst.BaseExpression) -> Iterable[cst.BaseExpression]:
        known = self._program.value(key)
        name = known.value if isinstance(known, Known) else None
        for one in alternatives(self._program.value(owner)):
            facts = self._program.dictionary_facts(one) if isinstance(one, DictDisplay) else None
            if facts is not None and isinstance(name, str):
                yield from (fact.value_node for fact in facts.of(name))

    def _returned(self, function: cst.FunctionDef) -> Iterable[cst.BaseExpression]:
        for node in self._program.nodes_in(function):
            match node:
                case cst.Return(cst.BaseExpression() as value) if self._program.scope_of(node) is function:
                    yield value
