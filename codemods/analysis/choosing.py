"""A table of functions from which a message's type chooses: each function is called with messages of its own types."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import libcst as cst

from codemods.analysis.evaluation import Handed
from codemods.analysis.narrowing import TYPE_PATH
from codemods.analysis.program import Program
from codemods.analysis.values import NOTHING, DictDisplay, Known, Member, Parsed, Value, alternatives, something


def handed_to_chosen(program: Program, call: cst.Call, callee: Value, handed: Handed) -> Handed:
    """What a call hands over, messages with the types under which the table that was asked holds `callee`.

    The table is asked in the call itself, `handlers[message["type"]](message)`, or where the called name got its value.
    """
    made = _made(program, call.func)
    if isinstance(made, cst.Call) and made in program.named_choices and isinstance(callee, Member):
        choice = program.named_choices[made]
        asked = choice.type_of(callee.name)
        return _narrowed(handed, choice.kind, frozenset((asked,))) if asked is not None else handed
    access = _access(made) if made is not None else None
    if access is None:
        return handed
    owner, key, default = access
    # An empty text for a type that is missing chooses nothing: `handlers.get(message.get("type") or "")`.
    kinds = [one for one in something(program.values.get(key, NOTHING)) if one != Known("")]
    kind = kinds[0] if len(kinds) == 1 else NOTHING
    if not isinstance(kind, Parsed) or kind.path != TYPE_PATH:
        return handed
    if default is not None and callee in alternatives(program.values.get(default, NOTHING)):
        return handed
    types = frozenset(_keys_of(program, program.values.get(owner, NOTHING), callee))
    return _narrowed(handed, kind, types) if types and "" not in types else handed


def _narrowed(handed: Handed, kind: Parsed, types: frozenset[str]) -> Handed:
    """What is handed over, the message whose type `kind` is taken for one of these types."""

    def narrowed(value: Value) -> Value:
        if isinstance(value, Parsed) and value.path == () and value.origin is kind.origin:
            return replace(value, types=types if value.types is None else (types & value.types) or types)
        return value

    return replace(
        handed,
        positional=tuple(narrowed(one) for one in handed.positional),
        keywords={name: narrowed(one) for name, one in handed.keywords.items()},
    )


def _made(program: Program, called: cst.BaseExpression) -> cst.BaseExpression | None:
    """What gives what is called: the expression itself, or the one that its name got."""
    if isinstance(called, cst.Name):
        found = [one.expression for one in program.reaching.get(called, ())]
        return found[0] if len(found) == 1 else None
    return called


def _access(
    called: cst.BaseExpression,
) -> tuple[cst.BaseExpression, cst.BaseExpression, cst.BaseExpression | None] | None:
    """The table, the key and the default, where what is called comes out of a table."""
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
