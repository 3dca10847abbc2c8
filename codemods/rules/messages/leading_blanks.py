"""The blank that Gladia's texts and words begin with, written where a program puts them together.

AssemblyAI's have none: put together as they come they would run into one another. Where a text stands for itself (in a
line of its own, a log, a comparison) the blank meant nothing, and none is written.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import libcst as cst

from codemods.analysis.containers import elements_of
from codemods.analysis.values import Known, Library, LibraryObject, Sequence, Stream, Value, alternatives, something
from codemods.edits import expression
from codemods.findings import BLANK_ASKED_FOR
from codemods.migrating import Migrating
from codemods.rules.messages.blanks_asked_for import asks_for_blank
from codemods.rules.messages.templates import parts_of_format, parts_of_percent
from codemods.rules.messages.texts_in_between import TextsInBetween
from shim.mapping.row import Vendor

_ENDING_OTHERWISE: Final = ("upper", "lower", "casefold", "title", "swapcase", "rstrip", "removesuffix")
"""Methods of texts that leave the beginning as it is."""
_FILLING: Final = ("append", "appendleft", "add", "insert", "put", "put_nowait")
_HOLDING: Final = (
    cst.AnnAssign,
    cst.Arg,
    cst.Assign,
    cst.AugAssign,
    cst.DictElement,
    cst.NamedExpr,
    cst.Return,
)
"""Where a text stands as the value of something."""
_OPENED_BY: Final = ".:;!?)]>"
"""Signs behind which a text begins with a blank, besides letters and digits."""


class LeadingBlanks:
    """Plans the blanks of one program's texts. `is_text` says of one value whether it is a text of the service's."""

    def __init__(self, migrating: Migrating, is_text: Callable[[Value], bool]) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._is_text = is_text
        self._done: set[cst.CSTNode] = set()
        self._joins_are_planned = False
        self._filled: set[cst.CSTNode] = set()
        """Joins, and the places that make what they join, whose texts get the blank where they are put in."""
        self._in_between = TextsInBetween(migrating, is_text, self._depends_on_beginning, _as_it_begins)

    def plan(self, node: cst.BaseExpression) -> None:
        """Plans the edits for one place that reads a text or gives it on."""
        if self._migrating.target is not Vendor.ASSEMBLYAI or isinstance(node, (cst.IfExp, cst.BooleanOperation)):
            return
        self._plan_joins()
        whole = self._with_methods(node)
        if asks_for_blank(self._program, whole, self._is_text):
            code = self._migrating.code(whole)
            self._migrating.report(BLANK_ASKED_FOR, whole, f"{code} does not begin with a blank any more")
        around = self._program.parents[whole]
        if isinstance(around, cst.Subscript) and around.value is whole and _is_cut(around):
            self._plan_cut(around)
        elif not _is_cut(whole) and (self._is_put_together(whole) or self._is_given_on(whole)):
            self._write(whole)

    def _is_given_on(self, node: cst.BaseExpression) -> bool:
        """Whether a text that is not followed any further gets its blank here, because of where it goes from here."""
        parent = self._program.parents[node]
        if isinstance(parent, cst.IfExp) and parent.test is not node:
            return self._in_between.is_one(parent) or self._is_given_on(parent)
        return self._in_between.is_one(node)

    def _depends_on_beginning(self, node: cst.BaseExpression) -> bool:
        """Whether a read, with what methods make of it, is put together, or its beginning cut off."""
        whole = self._with_methods(node)
        around = self._program.parents[whole]
        is_cut = isinstance(around, cst.Subscript) and around.value is whole and _is_cut(around)
        return is_cut or self._is_put_together(whole)

    # --- where the blank is part of the text that comes out ----------------------------------------------------

    def _is_put_together(self, node: cst.BaseExpression) -> bool:
        parent = self._program.parents[node]
        match parent:
            case cst.AugAssign(operator=cst.AddAssign()):
                return True
            case cst.BinaryOperation(operator=cst.Add()) if parent.right is node:
                return self._goes_on(parent.left, node)
            case cst.IfExp() if parent.test is not node:
                return self._is_put_together(parent)
            case cst.FormattedStringExpression(conversion=None, format_spec=None):
                return self._goes_on_in_a_text(parent)
            case cst.GeneratorExp() | cst.ListComp() if parent.elt is node:
                return self._is_joined_at_once(parent)
            case cst.Element():
                return self._is_further_element(parent)
            case cst.Arg(star=""):
                return self._is_written_on(parent) or self._is_formatted_on(parent)
        return False

    def _is_further_element(self, element: cst.Element) -> bool:
        """Whether an element is not the first of a list that is joined, or fills a text right behind another."""
        around = self._program.parents[element]
        if not isinstance(around, (cst.List, cst.Tuple)):
            return False
        at = next(i for i, one in enumerate(around.elements) if one is element)
        parent = self._program.parents[around]
        match parent:
            case cst.BinaryOperation(template, cst.Modulo()) if parent.right is around:
                return self._stands_close(template, at, parts_of_percent)
        return at > 0 and around in self._filled

    def _is_formatted_on(self, argument: cst.Arg) -> bool:
        """Whether `str.format` puts an argument right behind another."""
        call = self._program.parents[argument]
        match call:
            case cst.Call(cst.Attribute(template, cst.Name("format"))) if argument.keyword is None:
                at = next(i for i, one in enumerate(call.args) if one is argument)
                return self._stands_close(template, at, parts_of_format)
        return False

    def _stands_close(self, template: cst.BaseExpression, at: int, parts: Callable[[str], list[str]]) -> bool:
        """Whether nothing stands in a template between its field of that number and the one before."""
        value = self._program.value(template)
        if not isinstance(value, Known) or not isinstance(value.value, str):
            return False
        before = parts(value.value)
        return 0 < at < len(before) and not before[at]

    def _goes_on(self, before: cst.BaseExpression, node: cst.BaseExpression) -> bool:
        """Whether what stands in front of a text is something that it continues."""
        last = before
        while isinstance(last, cst.BinaryOperation) and isinstance(last.operator, cst.Add):
            last = last.right
        value = self._program.value(last)
        if isinstance(value, Known):
            return _opens(value.value) and not isinstance(last, cst.SimpleString)
        return not isinstance(last, cst.FormattedString)

    def _goes_on_in_a_text(self, part: cst.FormattedStringExpression) -> bool:
        """Whether a text stands right behind another in an f-string, or behind what the f-string adds to."""
        around = self._program.parents[part]
        if not isinstance(around, cst.FormattedString):
            return False
        at = next((i for i, one in enumerate(around.parts) if one is part), 0)
        before = around.parts[at - 1] if at else None
        if not isinstance(before, cst.FormattedStringExpression):
            return False
        if any(self._is_text(one) for one in something(self._program.value(before.expression))):
            return True
        match self._program.parents[around]:
            case cst.Assign(targets):
                return any(one.target.deep_equals(before.expression) for one in targets)
        return False

    def _is_written_on(self, argument: cst.Arg) -> bool:
        """Whether an argument is printed or written without an end of its own, or put where a text is made of all."""
        call = self._program.parents[argument]
        if not isinstance(call, cst.Call) or argument.keyword is not None:
            return False
        if self._prints(call, "end"):
            return call.args[0] is argument
        match call.func:
            case cst.Attribute(receiver, cst.Name("write")):
                return len(call.args) == 1 and not self._ends_lines(receiver)
            case cst.Attribute(container, cst.Name(method)) if method in _FILLING:
                return call.args[-1] is argument and not self._filled.isdisjoint(self._sites(container))
        return False

    def _prints(self, call: cst.Call, option: str) -> bool:
        """Whether a call prints with nothing for an option: behind what it prints (`end`), or in between (`sep`)."""
        given = [one.value for one in call.args if one.keyword is not None and one.keyword.value == option]
        nothing = any(self._program.value(one) == Known("") for one in given)
        return nothing and self._program.value(call.func) == Library("builtins.print")

    def _ends_lines(self, receiver: cst.BaseExpression) -> bool:
        """Whether a program writes the ends of lines, or blanks, by calls of their own to the same file."""
        for node in self._migrating.nodes():
            match node:
                case cst.Call(cst.Attribute(other, cst.Name("write")), [cst.Arg(written)]):
                    value = self._program.value(written)
                    text = value.value if isinstance(value, Known) else None
                    if isinstance(text, str) and text[-1:].isspace() and other.deep_equals(receiver):
                        return True
        return False

    def _write(self, node: cst.BaseExpression) -> None:
        """Puts the blank in front of a text, at the node around it."""
        parent = self._program.parents[node]
        if node in self._done:
            return
        self._done.add(node)
        edits, blank = self._migrating.edits, self._migrating.string(" ", node)
        match parent:
            case (
                cst.AugAssign()
                | cst.Arg()
                | cst.Assign()
                | cst.AnnAssign()
                | cst.NamedExpr()
                | cst.DictElement()
                | cst.Element()
                | cst.Return()
            ):
                edits.rewrite_further(
                    parent, lambda updated: updated.with_changes(value=expression("a + b", a=blank, b=updated.value))
                )
            case cst.BinaryOperation():
                edits.rewrite_further(
                    parent,
                    lambda updated: updated.with_changes(left=cst.BinaryOperation(updated.left, cst.Add(), blank)),
                )
            case cst.IfExp():
                side = "body" if parent.body is node else "orelse"
                edits.rewrite_further(
                    parent,
                    lambda updated: updated.with_changes(
                        **{side: expression("a + b", a=blank, b=getattr(updated, side))}
                    ),
                )
            case cst.GeneratorExp() | cst.ListComp():
                edits.rewrite_further(
                    parent, lambda updated: updated.with_changes(elt=expression("a + b", a=blank, b=updated.elt))
                )
            case cst.FormattedStringExpression():
                around = self._program.parents[parent]
                assert isinstance(around, cst.FormattedString)
                at = next(i for i, one in enumerate(around.parts) if one is parent) - len(around.parts)
                edits.rewrite_further(around, lambda updated: _with_a_blank(updated, at))

    # --- lists that are joined ---------------------------------------------------------------------------------

    def _plan_joins(self) -> None:
        """Makes a blank of the separator of `"".join(…)` where nothing but texts is joined.

        Not where the beginning of what comes out is cut off: there each text gets its own, as where lists hold other
        things besides.
        """
        if self._joins_are_planned:
            return
        self._joins_are_planned = True
        for node in self._migrating.nodes():
            match node:
                case cst.Call(cst.Attribute(separator, cst.Name("join")), [cst.Arg(joined)]):
                    pass
                case cst.Call() if self._prints(node, "sep"):
                    self._filled |= {node, *(site for one in node.args if one.star for site in self._sites(one.value))}
                    continue
                case cst.Call(func, [cst.Arg(adding), cst.Arg(added), *_]) if self._program.value(func) == Library(
                    "functools.reduce"
                ) and self._program.value(adding) == Library("operator.add"):
                    self._filled |= {node, *self._sites(added)}
                    continue
                case _:
                    continue
            if self._program.value(separator) != Known(""):
                continue
            elements = list(something(self._elements(joined)))
            others = [one for one in elements if not self._is_text(one)]
            is_written = isinstance(separator, cst.SimpleString)
            if elements and not others and is_written and not self._is_cut_behind(node):
                self._migrating.edits.replace(separator, self._migrating.string(" ", separator))
            elif len(others) in (0, len(elements)) or not all(_is_a_gap(one) for one in others):
                self._filled |= {node, *self._sites(joined)}

    def _elements(self, joined: cst.BaseExpression) -> Value:
        value = self._program.value(joined)
        return value.element if isinstance(value, Stream) else elements_of(self._program, value)

    def _sites(self, container: cst.BaseExpression) -> set[cst.CSTNode]:
        """The places that make what a container can be."""
        found: set[cst.CSTNode] = set()
        for one in alternatives(self._program.value(container)):
            match one:
                case Sequence(site) | LibraryObject(_, site):
                    found.add(site)
        return found

    def _is_joined_at_once(self, texts: cst.GeneratorExp | cst.ListComp) -> bool:
        """Whether a comprehension is joined where it stands, by a join that does not put the blank itself."""
        argument = self._program.parents[texts]
        call = self._program.parents.get(argument)
        return isinstance(argument, cst.Arg) and call in self._filled

    # --- beginnings that are cut off ---------------------------------------------------------------------------

    def _with_methods(self, node: cst.BaseExpression) -> cst.BaseExpression:
        """A text with what is behind it that leaves its beginning as it is: `text.upper()`, `text[:50]`."""
        while True:
            attribute = self._program.parents.get(node)
            call = self._program.parents.get(attribute) if attribute is not None else None
            match attribute, call:
                case cst.Attribute(cst.BaseExpression() as value, cst.Name(method)), cst.Call(func) if (
                    value is node and func is attribute and method in _ENDING_OTHERWISE
                ):
                    node = call
                case cst.Subscript(value, [cst.SubscriptElement(cst.Slice(lower=None, step=None))]), _ if value is node:
                    node = attribute
                case _:
                    return node

    def _is_cut_behind(self, join: cst.Call) -> bool:
        """Whether the first letter of what a join gives is cut off, where it stands or by the name that it gets."""
        parent = self._program.parents[join]
        uses = [parent]
        for definition in self._program.definitions():
            if definition.expression is join:
                uses.extend(self._program.parents[one] for one in definition.uses)
        return any(_is_cut(one) for one in uses)

    def _plan_cut(self, node: cst.Subscript) -> None:
        """`text[1:]`, which takes the blank away: nothing is left to take. What is asked for first stays a question."""
        match node.slice:
            case [cst.SubscriptElement(cst.Slice(lower=cst.Integer() as lower, upper=None, step=None))]:
                first = lower.evaluated_value
            case _:
                return
        if first != 1 or self._is_asked_for(node) or node in self._done:
            return
        self._done.add(node)
        self._migrating.edits.rewrite_further(node, lambda updated: updated.value)

    def _is_asked_for(self, node: cst.CSTNode) -> bool:
        """Whether a test around a place asks for a blank."""
        current: cst.CSTNode | None = node
        while current is not None:
            if isinstance(current, (cst.If, cst.IfExp)):
                asked = [one for one in self._program.nodes_in(current.test) if isinstance(one, cst.SimpleString)]
                if any(one.evaluated_value == " " for one in asked):
                    return True
            current = self._program.parents.get(current)
        return False


def _as_it_begins(node: cst.BaseExpression) -> cst.BaseExpression:
    """What an expression begins with: `text` of `text.upper()` and of `text[:50]`."""
    match node:
        case cst.Call(cst.Attribute(inner, cst.Name(method))) if method in _ENDING_OTHERWISE:
            return _as_it_begins(inner)
        case cst.Subscript(inner, [cst.SubscriptElement(cst.Slice(lower=None, step=None))]):
            return _as_it_begins(inner)
    return node


def _opens(text: object) -> bool:
    """Whether a text that stands behind another begins with a blank of its own."""
    return isinstance(text, str) and bool(text) and (text[-1].isalnum() or text[-1] in _OPENED_BY)


def _is_cut(node: cst.CSTNode) -> bool:
    """Whether an expression leaves out the beginning of what it is of: `text[1:]`."""
    match node:
        case cst.Subscript(slice=[cst.SubscriptElement(cst.Slice(lower=cst.Integer() as lower))]):
            return lower.evaluated_value > 0
    return False


def _is_a_gap(value: Value) -> bool:
    """Whether a value is nothing but blanks or ends of lines."""
    return isinstance(value, Known) and isinstance(value.value, str) and value.value.isspace()


def _with_a_blank(text: cst.FormattedString, at: int) -> cst.FormattedString:
    """An f-string with a blank in front of a part, which is counted from the end."""
    at += len(text.parts)
    return text.with_changes(parts=[*text.parts[:at], cst.FormattedStringText(" "), *text.parts[at:]])
