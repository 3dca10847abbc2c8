"""Writing a request body: a dictionary in the place of another, entry by entry, or a new one."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, field
from typing import Final

import libcst as cst

from codemods.findings import COMMENT_WENT
from codemods.migrating import Migrating
from codemods.rules.configuration import comments_in, separator, spread

_LONGEST_DISPLAY: Final = 88
"""A longer dictionary stands on several lines, in columns."""


@dataclass(eq=False, slots=True)
class Place:
    """A place of the request body: a value, or what lies inside it.

    `anchor` is the entry whose place it takes, `order` the parameter's place among those given.
    """

    anchor: cst.DictElement | None = None
    order: float = float("inf")
    value: cst.BaseExpression | None = None
    inside: dict[str, Place] = field(default_factory=dict)


class BodyDisplay:
    """Writes the body at `root` for the dictionary, or the address, at `site`.

    `unchanged` are the names whose entries stay as they were.
    """

    def __init__(self, migrating: Migrating, site: cst.BaseExpression, root: Place, unchanged: Set[str]) -> None:
        self._migrating = migrating
        self._site = site
        self._near = site if isinstance(site, cst.Dict) else migrating.module
        self._root = root
        self._unchanged = unchanged

    def plan_rewrite(self) -> None:
        """Plans the edit of the display, and says which comments go with their entries."""
        if isinstance(self._site, cst.Dict):
            self._lost_comments(self._site)
            self._migrating.edits.rewrite(self._site, self._rewritten)

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
            (anchored.setdefault(place.anchor, []) if place.anchor else appended).append((name, place))
        elements: list[cst.DictElement] = []
        for old, new in zip(original.elements, updated.elements, strict=True):
            assert isinstance(old, cst.DictElement) and isinstance(new, cst.DictElement)
            if old is original.elements[-1]:
                new = new.with_changes(comma=cst.MaybeSentinel.DEFAULT)
            for index, (name, place) in enumerate(anchored.get(old, ())):
                if index == 0 and place.value is old.value and name in self._unchanged:
                    elements.append(new)
                elif index == 0:
                    elements.append(new.with_changes(key=self._key(name), value=self._code_of(place)))
                else:
                    elements.append(cst.DictElement(self._key(name), self._code_of(place)))
        elements.extend(cst.DictElement(self._key(name), self._code_of(place)) for name, place in appended)
        placed: list[cst.DictElement] = []
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
        if "\n" in code or len(code) <= _LONGEST_DISPLAY:
            return result
        # Given to the call that made the query, it stands inside the POST's call from now on.
        depth = 2 if isinstance(self._migrating.program.parents[original], cst.Arg) else 1
        return spread(result, depth, self._migrating.module.default_indent)

    def _with_last_comment(
        self, updated: cst.Dict, elements: list[cst.DictElement], of_last: int, behind: int
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

    def _code_of(self, place: Place) -> cst.BaseExpression:
        if place.value is None:
            return self._display(place)
        return self._migrating.edits.edited(place.value)

    def _display(self, place: Place) -> cst.Dict:
        return cst.Dict([cst.DictElement(self._key(name), self._code_of(one)) for name, one in place.inside.items()])

    def _lost_comments(self, original: cst.Dict) -> None:
        """Reports the comments that stand beside entries that go."""
        kept = {place.anchor for place in self._root.inside.values()}
        if original.elements and original.elements[-1] not in kept:
            for comment in comments_in(original.rbrace):
                self._migrating.report(COMMENT_WENT, original.elements[-1], comment)
        for element in original.elements:
            if isinstance(element, cst.DictElement) and element not in kept:
                for comment in comments_in(element):
                    self._migrating.report(COMMENT_WENT, element, comment)
