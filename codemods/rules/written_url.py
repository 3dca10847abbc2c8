"""An address as it is written: its pieces, and what is left of it without its query."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from codemods.migrating import like


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
                    yield part.value.replace("{{", "{").replace("}}", "}")
                elif isinstance(part, cst.FormattedStringExpression):
                    yield part.expression
        case cst.BinaryOperation(left, cst.Add(), right):
            yield from pieces_of(left)
            yield from pieces_of(right)
        case _:
            yield url


def can_be_cut(url: cst.BaseExpression) -> bool:
    """Whether the way an address is put together is one whose query can be taken off."""
    match url:
        case cst.SimpleString() | cst.FormattedString() | cst.Name() | cst.Attribute() | cst.Call():
            return not isinstance(url, cst.Call)
        case cst.ConcatenatedString(left, right) | cst.BinaryOperation(left, cst.Add(), right):
            return can_be_cut(left) and (can_be_cut(right) or isinstance(right, cst.Call))
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
            is_empty = isinstance(behind, cst.SimpleString) and behind.raw_value == ""
            return (before if is_empty else url.with_changes(left=before, right=behind)), True
    return url, False


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
