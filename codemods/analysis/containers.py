"""What a program's own containers hold: dictionaries, lists, sets, queues, by the place that makes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import libcst as cst

from codemods.analysis.dictionaries import Change, Entry
from codemods.analysis.values import (
    NOTHING,
    UNKNOWN,
    Awaitable,
    DictDisplay,
    Known,
    LibraryObject,
    Nothing,
    Parsed,
    Sequence,
    Stream,
    Value,
    join,
    join_all,
    kept_at,
    something,
)

if TYPE_CHECKING:
    from codemods.analysis.arguments import Arguments
    from codemods.analysis.program import Program

QUEUES: Final = {
    "asyncio.Queue": True,
    "asyncio.LifoQueue": True,
    "asyncio.PriorityQueue": True,
    "queue.Queue": False,
    "queue.LifoQueue": False,
    "queue.SimpleQueue": False,
    "queue.PriorityQueue": False,
    "multiprocessing.Queue": False,
    "multiprocessing.SimpleQueue": False,
}
"""Queues, and whether `put` and `get` are awaited."""

_BAGS: Final = ("collections.deque", "builtins.list", "builtins.set", "builtins.frozenset", "builtins.tuple")
"""Classes whose objects hold what they are made of and what is added."""

_ADDING: Final = {"append": 0, "appendleft": 0, "add": 0, "insert": 1, "put": 0, "put_nowait": 0}
"""Methods that put one thing into a container, and which argument it is."""
_EXTENDING: Final = ("extend", "extendleft", "update")
_TAKING: Final = ("pop", "popleft", "get", "get_nowait")
CHANGING: Final = ("remove", "clear", "pop", "sort", "reverse")
"""Methods after which a list is not what its display says, though nothing new is in it."""
_HARMLESS: Final = (
    "remove",
    "discard",
    "clear",
    "reverse",
    "rotate",
    "sort",
    "index",
    "count",
    "qsize",
    "empty",
    "full",
    "task_done",
    "join",
    "close",
    "shutdown",
)


def is_container(value: Value) -> bool:
    """Whether a value is a list, set, deque or queue that the program made."""
    return isinstance(value, Sequence) or (
        isinstance(value, LibraryObject) and (value.made_by in QUEUES or value.made_by in _BAGS)
    )


def contents(program: Program, value: Value) -> Value:
    """What an element of a container can be: NOTHING while nothing has been put there."""
    match value:
        case Sequence(site, elements):
            return join(join_all(elements), program.read_cell(("contents", site)))
        case LibraryObject(_, site):
            return program.read_cell(("contents", site))
    return UNKNOWN


def puts_in(name: str) -> bool:
    """Whether a method of a list, set, deque or queue puts its arguments into it."""
    return name in _ADDING or name in _EXTENDING


def is_followed_method(name: str) -> bool:
    """Whether what a method of a container or dictionary does to what is in it is known, and what it gives too."""
    return puts_in(name) or name in (*_TAKING, *_HARMLESS, "copy", "items", "values", "keys", "setdefault", "popitem")


def values_in(program: Program, site: cst.BaseExpression) -> list[Value]:
    """What can be in the dictionary made at `site`, as far as it is known."""
    dictionary = program.dictionaries.get(site)
    if dictionary is None:
        return []
    changed = (entry for change in dictionary.history.values() for entry in change.entries)
    return [entry.value for entry in (*dictionary.entries, *changed) if not entry.merges]


def put_into(program: Program, container: Value, value: Value) -> None:
    """Notes that a value is put into a container, by a call that the program makes."""
    match container:
        case Sequence(site):
            program.changed_sequences.add(site)
            program.grow_cell(("contents", site), kept_at(value, site))
        case LibraryObject(_, site) if is_container(container):
            program.grow_cell(("contents", site), kept_at(value, site))


def put_by(program: Program, container: Value, method: str, given: tuple[Value, ...]) -> None:
    """Notes what a method of a container puts there, where a library is to call it with these values."""
    if method in _ADDING and _ADDING[method] < len(given):
        put_into(program, container, given[_ADDING[method]])


def elements_of(program: Program, value: Value) -> Value:
    """What each round of a loop over a value gets, where the value is a container or a dictionary."""
    match value:
        case DictDisplay():
            facts = program.dictionary_facts(value)
            return UNKNOWN if facts is None or not facts.complete else join_all(Known(key) for key in facts.keys)
        case Sequence():
            return contents(program, value)
        case LibraryObject() if is_container(value):
            return contents(program, value)
    return UNKNOWN


def new_bag(program: Program, node: cst.Call, name: str, value: Value | None) -> Value:
    """What `list(value)`, `deque(value)` and the like give."""
    made = LibraryObject(name, node)
    for one in something(value) if value is not None else ():
        match one:
            case Parsed() | Stream():
                if name not in ("collections.deque",):
                    return one
                put_into(program, made, one.step("[]") if isinstance(one, Parsed) else one.element)
            case Nothing():
                return NOTHING
            case _:
                put_into(program, made, elements_of(program, one))
    return made


def call_container(program: Program, node: cst.Call, owner: Value, name: str, arguments: Arguments) -> Value:
    """What calling a list's, set's, deque's or queue's method gives."""
    values = [program.values.get(one, NOTHING) for one in arguments.positional]
    awaited = isinstance(owner, LibraryObject) and QUEUES.get(owner.made_by, False) and not name.endswith("_nowait")
    result: Value = UNKNOWN
    if name in _ADDING and arguments.complete:
        at = _ADDING[name]
        put_into(program, owner, values[at] if at < len(values) else UNKNOWN)
        result = Known(None)
    elif name in _EXTENDING:
        for value in values or [UNKNOWN]:
            for one in something(value):
                put_into(program, owner, _each(program, one))
        result = Known(None)
    elif name in _TAKING:
        return _maybe_awaited(_taken(program, owner), awaited)
    elif name == "copy":
        return owner
    elif name not in _HARMLESS:
        put_into(program, owner, UNKNOWN)
    return _maybe_awaited(result, awaited)


def _taken(program: Program, owner: Value) -> Value:
    found = contents(program, owner)
    return UNKNOWN if found is NOTHING and program.is_settled else found


def _maybe_awaited(value: Value, awaited: bool) -> Value:
    return Awaitable(value) if awaited else value


def _each(program: Program, value: Value) -> Value:
    match value:
        case Nothing():
            return value
        case Parsed():
            return value.step("[]")
        case Stream(element):
            return element
        case DictDisplay() | Sequence() | LibraryObject():
            return elements_of(program, value)
    return UNKNOWN


# --- dictionaries ------------------------------------------------------------------------------------


def dictionary_of_call(program: Program, call: cst.Call) -> Value:
    """The dictionary that `dict(…)` makes: of keywords, of another dictionary, of pairs."""
    entries: list[Entry] = []
    for argument in call.args:
        value = program.values.get(argument.value, NOTHING)
        if argument.keyword is not None:
            entries.append(Entry(Known(argument.keyword.value), argument, argument.value, value))
        elif argument.star == "**" or not argument.star:
            entries.extend(_entries_in(program, argument, argument.value, value))
        else:
            return UNKNOWN
    return program.tables.keep(call, entries)


def _entries_in(program: Program, node: cst.CSTNode, value_node: cst.BaseExpression, value: Value) -> list[Entry]:
    """The entries that a dictionary, or a list of pairs, brings in."""
    if isinstance(value, Sequence) and value.site not in program.changed_sequences:
        entries = []
        for pair, written in zip(value.elements, getattr(value.site, "elements", ()), strict=False):
            match pair, getattr(written, "value", None):
                case Sequence(_, (key, inner)), cst.Tuple([_, cst.Element(inner_node)]) | cst.List(
                    [_, cst.Element(inner_node)]
                ):
                    entries.append(Entry(key, node, inner_node, inner))
                case _:
                    entries.append(Entry(UNKNOWN, node, value_node, UNKNOWN))
        return entries
    return [Entry(UNKNOWN, node, value_node, value, merges=True)]


def merged_dictionary(
    program: Program, site: cst.BaseExpression, parts: tuple[tuple[cst.BaseExpression, Value], ...]
) -> Value:
    """The dictionary that `a | b` or a copy makes."""
    entries = [Entry(UNKNOWN, node, node, value, merges=True) for node, value in parts]
    return program.tables.keep(site, entries)


def store(program: Program, site: cst.BaseExpression, key: Value, value: Value, target: cst.Subscript) -> None:
    """Notes `dictionary[key] = value`; the value's own expression is known where the statement is a plain one."""
    statement = program.parents.get(program.parents.get(target, target))
    value_node = statement.value if isinstance(statement, cst.Assign | cst.AugAssign) else None
    entry = Entry(key, target, value_node if value_node is not None else target, kept_at(value, site))
    program.tables.change(site, Change(target, (entry,)))


def remove(program: Program, site: cst.BaseExpression, key: Value, node: cst.CSTNode) -> None:
    """Notes `del dictionary[key]`."""
    program.tables.change(site, Change(node, removed=key))


def merge_into(
    program: Program, site: cst.BaseExpression, node: cst.CSTNode, value_node: cst.BaseExpression, value: Value
) -> None:
    """Notes that another dictionary's entries come into one, by `|=`."""
    program.tables.change(site, Change(node, tuple(_entries_in(program, node, value_node, value))))


def escapes(program: Program, value: Value, node: cst.CSTNode) -> None:
    """Notes that a value is handed, at `node`, to code that is not seen here and may change it."""
    for one in something(value):
        match one:
            case DictDisplay(site):
                program.tables.change(site, Change(node, gap="unknown code may change it"))
            case Sequence() | LibraryObject() if is_container(one):
                put_into(program, one, UNKNOWN)


def call_dictionary(
    program: Program, node: cst.Call, site: cst.BaseExpression, name: str, arguments: Arguments
) -> Value:
    """What calling a dictionary's method gives."""
    first = arguments.positional[0] if arguments.positional else None
    key = program.values.get(first, NOTHING) if first is not None else UNKNOWN
    match name:
        case "get" | "pop" | "setdefault":
            return _read_by_method(program, node, site, name, key, arguments)
        case "update":
            entries: list[Entry] = []
            for argument in node.args:
                value = program.values.get(argument.value, NOTHING)
                if argument.keyword is not None:
                    entries.append(Entry(Known(argument.keyword.value), argument, argument.value, value))
                else:
                    entries.extend(_entries_in(program, node, argument.value, value))
            gap = "" if not any(one.star == "*" for one in node.args) else "it is updated with what is not known"
            program.tables.change(site, Change(node, tuple(entries), gap=gap))
            return Known(None)
        case "clear" | "popitem":
            program.tables.change(site, Change(node, removed=UNKNOWN))
            return UNKNOWN
        case "copy":
            return merged_dictionary(program, node, ((node.func, DictDisplay(site)),))
        case "items":
            return Stream(Sequence(node, (UNKNOWN, _any_value(program, site))))
        case "values":
            return Stream(_any_value(program, site))
    return UNKNOWN


def _any_value(program: Program, site: cst.BaseExpression) -> Value:
    return program.tables.any_value(site)


def _read_by_method(
    program: Program, node: cst.Call, site: cst.BaseExpression, name: str, key: Value, arguments: Arguments
) -> Value:
    default_node = arguments.get(1, "default")
    default = program.values.get(default_node, NOTHING) if default_node is not None else Known(None)
    if name == "pop":
        program.tables.change(site, Change(node, removed=key))
        default = default if default_node is not None else NOTHING
    elif name == "setdefault":
        entry = Entry(key, node, default_node if default_node is not None else node, default)
        program.tables.change(site, Change(node, (entry,), weak=True))
    if not isinstance(key, Known) or not isinstance(key.value, str):
        if key is NOTHING:
            return NOTHING
        found = _any_value(program, site)
        if found is NOTHING:
            return UNKNOWN if program.is_settled else NOTHING
        return join(found, default)
    found = program.tables.get(site, key.value)
    facts = program.tables.facts(site)
    if facts.pending or not facts.complete:
        return found
    is_there = any(fact.certain for fact in facts.of(key.value))
    if found is NOTHING and default is NOTHING:
        return UNKNOWN if program.is_settled else NOTHING
    return found if is_there else join(found, default)
