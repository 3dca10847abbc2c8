"""The parameters in the text of a query, and the expressions that a session's address is made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote_plus

import libcst as cst

from codemods.analysis.environment import Definition
from codemods.analysis.program import Program
from codemods.analysis.values import Class, Instance, Library
from codemods.edits import Edits
from codemods.literals import f_string, literal_code
from codemods.rules.names.given_arguments import given_for
from codemods.rules.posting.address_maker import maker_at
from codemods.rules.posting.written_url import pieces_of

_QUOTING = ("urllib.parse.quote", "urllib.parse.quote_plus")


@dataclass(frozen=True, slots=True)
class Pair:
    """One parameter: its name and its value, each an expression. `of` is the name that the value was written for."""

    key: cst.BaseExpression
    value: cst.BaseExpression
    of: Definition | None = None


def made_of(program: Program, url: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    """The expressions that an address is put together from, here or where names, attributes and functions get them."""
    waiting: list[cst.CSTNode] = [url]
    seen: set[cst.CSTNode] = set()
    while waiting:
        node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        maker = maker_at(program, node) if isinstance(node, cst.Call | cst.Name | cst.Attribute) else None
        if maker is not None:
            waiting.append(maker.returned)
        if isinstance(node, cst.BaseExpression):
            yield node
        match node:
            case cst.Name():
                for one in program.definitions_of(node):
                    waiting.extend([one.expression] if one.expression is not None else [])
                    if isinstance(one.node, cst.Param):
                        waiting.extend(given_for(program, one.node))
            case cst.Attribute(owner, name):
                value = program.value(owner)
                if isinstance(value, Instance | Class):
                    waiting.extend(program.attribute_expressions.get((value.node, name.value), ()))
                waiting.extend(one.expression for one in program.definitions_of(node) if one.expression is not None)
            case cst.Call():
                pass
            case _:
                waiting.extend(program.children(node))


def pair_of(program: Program, key: cst.BaseExpression, value: cst.BaseExpression) -> Pair:
    """A parameter whose value stands in no text any more: what was quoted for the query is given as it is."""
    of = None
    if isinstance(value, cst.Name):
        found = program.definitions_of(value)
        is_own = len(found) == 1 and program.scope_of(found[0].node) is program.scope_of(value)
        made = found[0].expression if is_own else None
        if made is not None and _quoted(program, made) is not None:
            of, value = found[0], made
    return Pair(key, _quoted(program, value) or value, of)


def _quoted(program: Program, node: cst.BaseExpression) -> cst.BaseExpression | None:
    """What a call of `quote` is about."""
    match node:
        case cst.Call(function, [cst.Arg(of), *_]) if any(program.value(function) == Library(one) for one in _QUOTING):
            return of
    return None


def drop_idle(program: Program, definitions: Iterable[Definition], gone: Iterable[cst.CSTNode], edits: Edits) -> None:
    """Removes the names that only those statements needed which go, and what only these names needed."""
    places = set(gone)
    waiting = list(definitions)
    seen: set[Definition] = set()
    while waiting:
        one = waiting.pop()
        statement = one.statement
        if one in seen or not isinstance(statement, cst.SimpleStatementLine) or len(statement.body) != 1:
            continue
        if not isinstance(statement.body[0], cst.Assign) or len(statement.body[0].targets) != 1:
            continue
        if all(program.statement_of(use) in places for use in one.uses):
            seen.add(one)
            edits.remove(statement)
            places.add(statement)
            names = (name for name in program.nodes_in(statement.body[0].value) if isinstance(name, cst.Name))
            waiting.extend(each for name in names for each in program.reaching.get(name, ()) if each.uses)


def is_repeated(program: Program, statement: cst.CSTNode, *, within: cst.CSTNode) -> bool:
    """Whether a statement stands in a loop of a function, or of the module."""
    current = program.parents.get(statement)
    while current is not None and current is not within:
        if isinstance(current, cst.For | cst.While):
            return True
        current = program.parents.get(current)
    return False


def pairs_of_text(program: Program, text: cst.BaseExpression) -> list[Pair] | None:
    """The parameters of a query's text or of a piece of one, `?` and `&` at its ends left out; None for other text."""
    return pairs_of(program, pieces_of(text))


def pairs_of(program: Program, pieces: Iterable[str | cst.BaseExpression]) -> list[Pair] | None:
    """The same for texts and expressions that stand one behind the other."""
    found: list[Pair] = []
    for part in _parted(pieces):
        if not part:
            continue
        first = part[0]
        if not isinstance(first, str) or "=" not in first:
            return None
        name, _, rest = first.partition("=")
        value = _value([*([rest] if rest else []), *part[1:]])
        if value is None:
            return None
        found.append(pair_of(program, cst.SimpleString(literal_code(unquote_plus(name), '"')), value))
    return found


def _parted(pieces: Iterable[str | cst.BaseExpression]) -> list[list[str | cst.BaseExpression]]:
    """The pieces of each parameter."""
    found: list[list[str | cst.BaseExpression]] = [[]]
    for piece in pieces:
        if not isinstance(piece, str):
            found[-1].append(piece)
            continue
        for index, text in enumerate(piece.replace("?", "&").split("&")):
            if index:
                found.append([])
            if text:
                found[-1].append(text)
    return found


def _value(pieces: list[str | cst.BaseExpression]) -> cst.BaseExpression | None:
    match pieces:
        case [cst.BaseExpression() as only]:
            return only
        case [*texts] if all(isinstance(one, str) for one in texts):
            return cst.SimpleString(literal_code(unquote_plus("".join(str(one) for one in texts)), '"'))
    return f_string([unquote_plus(one) if isinstance(one, str) else one for one in pieces])
