"""A table of functions from which a message's type chooses: each function is called with messages of its own types."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import libcst as cst

from codemods.analysis.evaluation import Handed
from codemods.analysis.narrowing import TYPE_PATH
from codemods.analysis.program import Program
from codemods.analysis.values import NOTHING, DictDisplay, Known, Parsed, Value, alternatives, something


def handed_to_chosen(program: Program, call: cst.Call, callee: Value, handed: Handed) -> Handed:
    """What a call hands over, messages with the types under which the table that was asked holds `callee`.

    The table is asked in the call itself, `handlers[message["type"]](message)`, or where the called name got its value.
    """
    access = _access(program, call.func)
    if access is None:
        return handed
    owner, key, default = access
    kind = program.values.get(key, NOTHING)
    if not isinstance(kind, Parsed) or kind.path != TYPE_PATH:
        return handed
    if default is not None and callee in alternatives(program.values.get(default, NOTHING)):
        return handed
    types = frozenset(_keys_of(program, program.values.get(owner, NOTHING), callee))
    if not types:
        return handed

    def narrowed(value: Value) -> Value:
        if isinstance(value, Parsed) and value.path == () and value.origin is kind.origin:
            return replace(value, types=types if value.types is None else (types & value.types) or types)
        return value

    return replace(
        handed,
        positional=tuple(narrowed(one) for one in handed.positional),
        keywords={name: narrowed(one) for name, one in handed.keywords.items()},
    )


def _access(
    program: Program, called: cst.BaseExpression
) -> tuple[cst.BaseExpression, cst.BaseExpression, cst.BaseExpression | None] | None:
    """The table, the key and the default, where what is called comes out of a table."""
    if isinstance(called, cst.Name):
        found = [one.expression for one in program.reaching.get(called, ())]
        if len(found) != 1 or found[0] is None:
            return None
        called = found[0]
    match called:
        case cst.Subscript(owner, [cst.SubscriptElement(cst.Index(key))]):
            return owner, key, None
        case cst.Call(cst.Attribute(owner, cst.Name("get")), [cst.Arg(key)]):
            return owner, key, None
        case cst.Call(cst.Attribute(owner, cst.Name("get")), [cst.Arg(key), cst.Arg(default)]):
            return owner, key, default
    return None


def _keys_of(program: Program, table: Value, callee: Value) -> Iterator[str]:
    """The keys under which tables hold a function; none where one of the tables is not known to its end."""
    for one in something(table):
        facts = program.tables.facts(one.site) if isinstance(one, DictDisplay) else None
        if facts is None or not facts.complete:
            return
        for fact in facts.entries:
            if callee in [each for each in alternatives(fact.value) if each != Known(None)]:
                yield fact.key
