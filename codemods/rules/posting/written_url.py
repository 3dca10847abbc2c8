"""An address as it is written: its pieces, and what is left of it without its query."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import parse_qsl

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.values import Class, Instance, Known, alternatives
from codemods.findings import ADDRESS_UNKNOWN, CONFIGURATION_UNKNOWN, REGION_AT_RUN_TIME
from codemods.migrating import Migrating, like
from codemods.rules.configuration.query_parameters import Parameter
from codemods.rules.names.given_arguments import given_for
from codemods.rules.opening.address_pieces import AddressPieces, Literal, text_of_literal
from codemods.rules.posting.address_head import before_query
from codemods.rules.posting.address_maker import AddressMaker, maker_at
from codemods.vendors import assemblyai_sessions as sessions
from codemods.vendors import gladia_opening as gladia
from codemods.vendors.assemblyai_sessions import Opening
from shim.mapping import session

_SEVERAL: Final = "several"


class WrittenAddress:
    """One session's address: where it is written, and what becomes of it."""

    def __init__(self, migrating: Migrating, opening: Opening) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._opening = opening
        self._maker: AddressMaker | None = None

    @property
    def maker(self) -> AddressMaker | None:
        """The function of the program's own that gives the address, if one does."""
        self.written(self._opening.url)
        return self._maker

    def written(self, url: cst.BaseExpression) -> cst.BaseExpression:
        """The expression that makes the address: behind a name, attribute or function, where there is one alone."""
        seen: set[cst.CSTNode] = set()
        while url not in seen:
            seen.add(url)
            maker = maker_at(self._program, url)
            if maker is not None and (self._maker is None or self._maker.function is maker.function):
                self._maker = self._maker or maker
                url = maker.returned
                continue
            found = self._held_by(url)
            if len(found) != 1 or found[0] is None:
                return url
            url = found[0]
        return url

    def _held_by(self, url: cst.BaseExpression) -> list[cst.BaseExpression | None]:
        """The expressions that a name or an attribute gets its value from; none for any other expression."""
        match url:
            case cst.Name():
                return self._given(url)
            case cst.Attribute() if url in self._program.reaching_attributes:
                return [one.expression for one in self._program.definitions_of(url)]
            case cst.Attribute(owner, attribute):
                value = self._program.value(owner)
                of_class = value.node if isinstance(value, (Instance, Class)) else None
                return (
                    list(self._program.attribute_expressions.get((of_class, attribute.value), ())) if of_class else []
                )
        return []

    def _choices(self, node: cst.BaseExpression) -> list[cst.BaseExpression]:
        """The expressions of which a name or a setting holds one: `host = EU if in_eu else US`, in whatever words."""
        return [one for one in self._held_by(node) if one is not None]

    def _given(self, node: cst.BaseExpression) -> list[cst.BaseExpression | None]:
        """The expressions that a name gets its value from: for a parameter its default, and what calls give."""
        found: list[cst.BaseExpression | None] = []
        for one in self._program.definitions_of(node):
            if isinstance(one.node, cst.Param):
                found.extend(given_for(self._program, one.node) or [None])
            else:
                found.append(one.expression)
        return found

    def plan(self) -> bool:
        """Plans that the address loses its query and names Gladia; False, with a finding, where it cannot be cut."""
        url = self._opening.url
        written = self.written(url)
        if not can_be_cut(written):
            self._migrating.report(
                CONFIGURATION_UNKNOWN, url, f"the address is put together here: {self._migrating.code(written)}"
            )
            return False
        spanning = AddressPieces(self._program, written, self._migrating.source).spanning()
        if spanning is None:
            self._migrating.report(ADDRESS_UNKNOWN, url, self._migrating.code(written))
            return False
        region = self._one_region(url, written)
        if region is _SEVERAL:
            self._migrating.report(
                ADDRESS_UNKNOWN, url, "where data stays is only known when it runs; the two regions are not the same"
            )
            return False
        if not isinstance(written, cst.SimpleString):
            self._migrating.edits.rewrite(written, without_query)
        self._rewrite_literals(written, region, spanning)
        return True

    def _one_region(self, url: cst.BaseExpression, written: cst.BaseExpression) -> str | None:
        """The region that the address asks for; _SEVERAL where it can ask for more than one, or for another."""
        values = [self._program.value(node) for node in (url, written)]
        literals: list[Literal] = []
        waiting: list[cst.CSTNode] = [written]
        seen: set[cst.CSTNode] = set()
        while waiting:
            current = waiting.pop()
            if current in seen:
                continue
            seen.add(current)
            if self._opening.query is not None and current is self._opening.query.call:
                waiting.extend(_address_in(current))
                continue
            if isinstance(current, (cst.SimpleString, cst.FormattedStringText)):
                literals.append(current)
            elif isinstance(current, (cst.Name, cst.Attribute)):
                values.append(self._program.value(current))
                made = self.written(current)
                waiting.extend([made] if made is not current else self._choices(current))
                continue
            waiting.extend(current.children)
        asked = [(one, text_of_literal(one)) for one in literals]
        regions = {one: gladia.region_of(text) for one, text in asked if sessions.names_host(text)}
        found = set(regions.values())
        uncertain = any(isinstance(one, Known) and not one.certain for one in values)
        if uncertain and found - {None}:
            return _SEVERAL
        if len(found) > 1:
            self._leave_regions_out(regions)
            return None
        return found.pop() if found else None

    def _leave_regions_out(self, regions: Mapping[Literal, str | None]) -> None:
        """Reports the regions of which the program chooses one when it runs: Gladia has one address for all."""
        session.REGION.over(self._migrating.target)
        for literal, region in regions.items():
            if region is not None:
                text = f"data stays in `{region}` only where the POST's address ends with `?region={region}`"
                self._migrating.report(REGION_AT_RUN_TIME, literal, text)

    def _rewrite_literals(self, node: cst.BaseExpression, region: str | None, spanning: Mapping[Literal, str]) -> None:
        """Brings every literal of the address, here or where a name got it, to Gladia."""
        waiting = before_query(self._program, node)
        seen: set[cst.CSTNode] = set()
        query = self._opening.query
        while waiting:
            current = waiting.pop()
            if current in seen:
                continue
            seen.add(current)
            if query is not None and current is query.call:
                waiting.extend(_address_in(current))
                continue
            match current:
                case cst.SimpleString() if isinstance(current.evaluated_value, str):
                    text = gladia.address(spanning.get(current, current.raw_value), region)
                    if current is not node and not self._program.is_inside(current, node):
                        text = head_of(text, region)
                    if current is node:
                        text = path_alone(text)
                    if text != current.raw_value:
                        self._migrating.edits.replace(current, like(current, text))
                case cst.FormattedStringText(value):
                    value = spanning.get(current, value)
                    self._migrating.edits.replace(current, current.with_changes(value=gladia.address(value, region)))
                case cst.Name() | cst.Attribute():
                    made = self.written(current)
                    for one in [made] if made is not current else self._choices(current):
                        waiting.extend(before_query(self._program, one))
                    continue
            waiting.extend(current.children)


def head_of(text: str, region: str | None) -> str:
    """An address without a query, other than the region asked for."""
    head, mark, query = text.partition("?")
    return text if mark and region is not None and query.endswith(region) else head


def pieces_of(url: cst.BaseExpression) -> Iterator[str | cst.BaseExpression]:
    """The texts and expressions that an address is put together from."""
    match url:
        case cst.SimpleString() if isinstance(url.evaluated_value, str):
            yield url.evaluated_value
        case cst.ConcatenatedString(left, right):
            yield from pieces_of(left)
            yield from pieces_of(right)
        case cst.FormattedString(parts):
            for part in parts:
                if isinstance(part, cst.FormattedStringText):
                    yield _text_of(url, part)
                elif isinstance(part, cst.FormattedStringExpression):
                    yield part.expression
        case cst.BinaryOperation(left, cst.Add(), right):
            yield from pieces_of(left)
            yield from pieces_of(right)
        case _:
            yield url


def _text_of(url: cst.FormattedString, part: cst.FormattedStringText) -> str:
    """What a piece of an f-string says, which may hold escapes."""
    text = part.value.replace("{{", "{").replace("}}", "}")
    if "\\" not in text or "r" in url.start.lower():
        return text
    return str(ast.literal_eval(f"{url.start.lower().replace('f', '')}{text}{url.end}"))


def strange_in_query(url: cst.BaseExpression) -> cst.BaseExpression | None:
    """A piece of an address's query that is no value of one parameter, but may hold any of them."""
    text = ""
    for piece in pieces_of(url):
        if isinstance(piece, str):
            text += piece
        elif "?" in text and not text.endswith("="):
            return piece
        else:
            text += "\0"
    return None


def hidden_query(program: Program, url: cst.BaseExpression) -> cst.BaseExpression | None:
    """A piece of an address that holds parameters of its query which are not written where the address is."""
    for piece in pieces_of(url):
        if isinstance(piece, cst.Name | cst.Attribute):
            texts = [sessions.address_text(one) for one in alternatives(program.value(piece))]
            if any("=" in text.partition("?")[2] for text in texts):
                return piece
    return None


def can_be_cut(url: cst.BaseExpression) -> bool:
    """Whether the way an address is put together is one whose query can be taken off."""
    match url:
        case cst.SimpleString() | cst.FormattedString() | cst.Name() | cst.Attribute():
            return True
        case cst.Call():
            return _is_address_object(url)
        case cst.ConcatenatedString(left, right) | cst.BinaryOperation(left, cst.Add(), right):
            return can_be_cut(left) and (can_be_cut(right) or isinstance(right, cst.Call))
    return False


def _address_in(call: cst.CSTNode) -> list[cst.CSTNode]:
    """The address in a call that puts a query to it; none in one that makes the query alone."""
    match call:
        case cst.Call(cst.Attribute(owner, cst.Name("with_query" | "update_query"))):
            return [owner]
        case cst.Call(_, [first, *_]) if isinstance(call, cst.Call) and _is_address_object(call):
            return [first.value]
    return []


def _is_address_object(url: cst.Call) -> bool:
    """Whether a call makes an address as an object: `URL(…)`, `str(url)`, `url.with_query(…)`."""
    match url.func:
        case cst.Attribute(owner, cst.Name("with_query" | "update_query")):
            return can_be_cut(owner)
        case cst.Name("URL" | "str") | cst.Attribute(_, cst.Name("URL")):
            return bool(url.args) and can_be_cut(url.args[0].value)
    return False


def without_query(url: cst.BaseExpression) -> cst.BaseExpression:
    """An address put together as before, without what stands behind its question mark (Gladia's region stays)."""
    return _cut(url)[0]


def _cut(url: cst.BaseExpression) -> tuple[cst.BaseExpression, bool]:
    """The address without its query, and whether it had one."""
    match url:
        case cst.SimpleString() if isinstance(url.evaluated_value, str):
            text = path_alone(url.raw_value)
            return (like(url, text), text != url.raw_value or "?" in url.raw_value)
        case cst.FormattedString(parts):
            kept: list[cst.BaseFormattedStringContent] = []
            for part in parts:
                if isinstance(part, cst.FormattedStringText) and "?" in part.value:
                    text = path_alone(part.value)
                    return _plain(url, [*kept, part.with_changes(value=text)] if text else kept), True
                kept.append(part)
            return url, False
        case cst.ConcatenatedString(left, right) | cst.BinaryOperation(left, cst.Add(), right):
            before, had = _cut(left)
            if had:
                return before, True
            behind, had = _cut(right)
            if not had:
                return url, False
            if not _is_empty(behind):
                return url.with_changes(left=before, right=behind), True
            return (_plain(before, list(before.parts)) if isinstance(before, cst.FormattedString) else before), True
        case cst.Call(cst.Attribute(owner, cst.Name("with_query" | "update_query"))):
            return _cut(owner)[0], True
        case cst.Call(_, [first, *rest]):
            inner, had = _cut(first.value)
            arguments = [one for one in rest if one.keyword is None or one.keyword.value != "params"]
            had = had or len(arguments) != len(rest)
            only = first.with_changes(value=inner, comma=first.comma if arguments else cst.MaybeSentinel.DEFAULT)
            return url.with_changes(args=[only, *arguments]), had
    return url, False


def _is_empty(url: cst.BaseExpression) -> bool:
    """Whether nothing is left of a piece of an address."""
    match url:
        case cst.SimpleString():
            return url.raw_value == ""
        case cst.FormattedString(parts):
            return not parts
    return False


def path_alone(text: str) -> str:
    head, _, query = text.partition("?")
    asked = next((one for one in query.split("&") if one.startswith("region=")), None)
    region = asked.split("?")[0] if asked else None
    return f"{head}?{region}" if region else head


def _plain(url: cst.FormattedString, parts: list[cst.BaseFormattedStringContent]) -> cst.BaseExpression:
    """An f-string of what is left of it; a plain string or expression where that says the same."""
    match parts:
        case [cst.FormattedStringExpression(only, conversion=None, format_spec=None)]:
            return only
        case [cst.FormattedStringText(text)] if "{" not in text and "}" not in text:
            return cst.SimpleString(f"{url.start.replace('f', '').replace('F', '')}{text}{url.end}")
    return url.with_changes(parts=parts)


def parameters_in(program: Program, url: cst.BaseExpression) -> Iterator[Parameter]:
    """The parameters of a query that is written out, its values literals or expressions of an f-string."""
    text = ""
    expressions: list[cst.BaseExpression] = []
    for piece in pieces_of(url):
        if isinstance(piece, str):
            text += piece
        else:
            text += f"\0{len(expressions)}\0"
            expressions.append(piece)
    for name, value in parse_qsl(text.partition("?")[2], keep_blank_values=True):
        if value.startswith("\0") and value.endswith("\0") and value.count("\0") == 2:
            yield Parameter(name, expressions[int(value.strip("\0"))], None)
        else:
            node = cst.SimpleString(repr(value))
            program.values[node] = Known(value, node)
            program.parents[node] = url
            yield Parameter(name, node, None)
