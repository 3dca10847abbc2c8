"""Writing a request body: a dictionary in the place of another, entry by entry, or a new one."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, field
from typing import Final

import libcst as cst

from codemods.analysis.values import UrlQuery
from codemods.migrating import Migrating
from codemods.rules.configuration.dictionary_layout import choice_over_lines, comments_in, separator, spread

_LONGEST_DISPLAY: Final = 88
"""A longer dictionary stands on several lines, in columns."""

_LONGEST_CHOICE: Final = 72
"""A longer choice stands on a line for each alternative."""


@dataclass(eq=False, slots=True)
class Place:
    """A place of the request body: a value, or what lies inside it.

    `anchor` is the entry whose place it takes, `origin` the value of the parameter that it comes from, which need not
    stand in a display; `order` is the parameter's place among those given.
    """

    anchor: cst.DictElement | None = None
    order: float = float("inf")
    value: cst.BaseExpression | None = None
    inside: dict[str, Place] = field(default_factory=dict)
    origin: cst.BaseExpression | None = None

    def values(self) -> list[cst.BaseExpression]:
        """Everything that is written here."""
        own = [] if self.value is None else [self.value]
        return [*own, *(one for inner in self.inside.values() for one in inner.values())]


class BodyDisplay:
    """Writes the body at `root` for the dictionary, or the address, at `site`.

    `unchanged` are the names whose entries stay as they were. `of` is the dictionary of the body, where the one at
    `site` is only taken into it: what has no entry of old stands in the former. `left_out` are elements that go.
    """

    def __init__(
        self,
        migrating: Migrating,
        site: cst.BaseExpression,
        root: Place,
        unchanged: Set[str],
        of: cst.BaseExpression | None = None,
        left_out: Set[cst.CSTNode] = frozenset(),
    ) -> None:
        self._left_out = left_out
        self._migrating = migrating
        self._site = site
        self._is_whole = of is None or of is site
        # A display inside an f-string leaves it, and needs no other quotes any more.
        self._near = migrating.module
        self._root = root
        self._unchanged = unchanged
        self._leaves_text = _is_in_text(migrating, site)
        around = migrating.program.parents.get(site)
        call = migrating.program.parents.get(around) if isinstance(around, cst.Arg) else None
        # What is written straight into the call that makes the query goes into the POST's call, one step further in;
        # a function of its own returns it.
        self._is_of_query = call is not None and isinstance(migrating.program.value(call), UrlQuery)
        goes_further = self._is_of_query and self._is_opened_beside()
        self._depth = 2 if goes_further or not isinstance(site, (cst.Dict, cst.Call)) else 1

    def _is_opened_beside(self) -> bool:
        """Whether the query goes to where the socket is opened: it is no function of its own that makes it."""
        program = self._migrating.program
        place = program.scope_of(self._site)
        return isinstance(place, cst.Module) or any(program.scope_of(call) is place for call in program.connects)

    def plan_rewrite(self) -> None:
        """Plans the edit of the display."""
        if isinstance(self._site, cst.Dict):
            self._migrating.edits.rewrite(self._site, self._rewritten)
        elif isinstance(self._site, cst.Call):
            self._migrating.edits.rewrite(self._site, lambda _: self._of_call())

    def _of_call(self) -> cst.BaseExpression:
        """The dictionary in the place of a `dict(…)` call."""
        given = {argument.value for argument in self._site.args} if isinstance(self._site, cst.Call) else set()
        inside = {
            name: place
            for name, place in sorted(self._root.inside.items(), key=lambda one: one[1].order)
            if place.origin in given
            or (place.origin is not None and self._migrating.program.parents.get(place.origin) is self._site)
            or (place.origin is None and self._is_whole)
        }
        return spread(self._display(Place(inside=inside), 1), 1, self._migrating.module.default_indent)

    def written(self) -> cst.BaseExpression:
        """The body as a new dictionary."""
        self._root.inside = dict(sorted(self._root.inside.items(), key=lambda one: one[1].order))
        return spread(self._display(self._root), 2, self._migrating.module.default_indent)

    def _rewritten(self, updated: cst.Dict) -> cst.Dict:
        original = self._site
        assert isinstance(original, cst.Dict)
        between = separator(original)
        last_comma = original.elements[-1].comma if original.elements else cst.MaybeSentinel.DEFAULT
        anchored: dict[cst.DictElement, list[tuple[str, Place]]] = {}
        appended: list[tuple[str, Place]] = []
        for name, place in self._root.inside.items():
            if place.anchor is not None:
                anchored.setdefault(place.anchor, []).append((name, place))
            elif self._is_whole and place.origin is None:
                appended.append((name, place))
        elements: list[cst.BaseDictElement] = []
        for old, new in zip(original.elements, updated.elements, strict=True):
            if old in self._left_out:
                continue
            if not isinstance(old, cst.DictElement) or not isinstance(new, cst.DictElement):
                elements.append(new)  # another dictionary, rewritten where it is made
                continue
            if old is original.elements[-1]:
                new = new.with_changes(comma=cst.MaybeSentinel.DEFAULT)
            for index, (name, place) in enumerate(anchored.get(old, ())):
                if index == 0 and place.value is old.value and name in self._unchanged:
                    elements.append(new.with_changes(key=self._key(name)) if self._leaves_text else new)
                elif index == 0:
                    elements.append(new.with_changes(key=self._key(name), value=self._code_of(place)))
                else:
                    elements.append(cst.DictElement(self._key(name), self._code_of(place)))
        elements.extend(cst.DictElement(self._key(name), self._code_of(place)) for name, place in appended)
        placed: list[cst.BaseDictElement] = []
        for index, element in enumerate(elements):
            comma = element.comma
            if index == len(elements) - 1:
                comma = last_comma
            elif comma is cst.MaybeSentinel.DEFAULT:
                comma = between
            placed.append(element.with_changes(comma=comma))
        last = original.elements[-1] if original.elements else None
        of_last = sum(place.anchor is last for place in self._root.inside.values() if last is not None)
        result = self._with_last_comment(updated, placed, of_last, len(appended))
        code = cst.Module([]).code_for_node(result)
        if "\n" in code and self._is_of_query and not comments_in(result):
            plain = result.with_changes(rbrace=cst.RightCurlyBrace())
            return spread(plain, self._depth, self._migrating.module.default_indent)
        was_on_one_line = "\n" not in cst.Module([]).code_for_node(original)
        if ("\n" in code and not was_on_one_line) or ("\n" not in code and len(code) <= _LONGEST_DISPLAY):
            return result
        # Given to the call that made the query, it stands inside the POST's call from now on.
        is_given = isinstance(self._migrating.program.parents[original], cst.Arg)
        depth = 2 if is_given and self._is_opened_beside() else 1
        return spread(result, depth, self._migrating.module.default_indent)

    def _with_last_comment(
        self, updated: cst.Dict, elements: list[cst.BaseDictElement], of_last: int, behind: int
    ) -> cst.Dict:
        """The dictionary with its new entries; a comment beside the last one of old stays beside what it became."""
        tail = updated.rbrace.whitespace_before
        if not isinstance(tail, cst.ParenthesizedWhitespace) or tail.first_line.comment is None:
            return updated.with_changes(elements=elements)
        if of_last and of_last + behind == 1:
            return updated.with_changes(elements=elements)
        line, plain = tail.first_line, cst.TrailingWhitespace()
        if of_last:
            at = len(elements) - behind - of_last
            comma = elements[at].comma
            assert isinstance(comma, cst.Comma) and isinstance(comma.whitespace_after, cst.ParenthesizedWhitespace)
            above = comma.whitespace_after.with_changes(first_line=line)
            elements[at] = elements[at].with_changes(comma=comma.with_changes(whitespace_after=above))
        brace = updated.rbrace.with_changes(whitespace_before=tail.with_changes(first_line=plain))
        return updated.with_changes(elements=elements, rbrace=brace)

    def _key(self, name: str) -> cst.SimpleString:
        return self._migrating.string(name, self._near)

    def _code_of(self, place: Place, depth: int | None = None) -> cst.BaseExpression:
        if place.value is None:
            return self._display(place, depth)
        value = self._migrating.edits.edited(place.value)
        is_own = place.value not in self._migrating.program.parents
        if isinstance(value, cst.IfExp) and is_own and len(cst.Module([]).code_for_node(value)) > _LONGEST_CHOICE:
            return choice_over_lines(value, depth - 1 if depth else self._depth, self._migrating.module.default_indent)
        return value

    def _display(self, place: Place, depth: int | None = None) -> cst.Dict:
        """What stands at a place, its entries `depth` steps further in than the statement where they are long."""
        depth = depth or self._depth + (place is not self._root)
        entries = ((self._key(name), self._code_of(one, depth + 1)) for name, one in place.inside.items())
        made = cst.Dict([cst.DictElement(key, value) for key, value in entries])
        if place is self._root or len(cst.Module([]).code_for_node(made)) <= _LONGEST_DISPLAY:
            return made
        return spread(made, depth, self._migrating.module.default_indent)


def _is_in_text(migrating: Migrating, node: cst.CSTNode) -> bool:
    """Whether a node stands inside an f-string, whose quotes it cannot use."""
    current: cst.CSTNode | None = node
    while current is not None and not isinstance(current, (cst.FormattedString, cst.BaseStatement)):
        current = migrating.program.parents.get(current)
    return isinstance(current, cst.FormattedString)
