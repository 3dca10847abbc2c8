"""Classes of the program: their members, inheritance, properties, enumerations and context managers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import libcst as cst

from codemods.analysis.declared import as_declared
from codemods.analysis.evaluation import Evaluation, Handed
from codemods.analysis.libraries import awaited, entered, iterated
from codemods.analysis.values import (
    NOTHING,
    UNKNOWN,
    Class,
    EnumMember,
    Function,
    Instance,
    Known,
    Library,
    LibraryObject,
    Managed,
    Member,
    Super,
    Value,
    alternatives,
    join,
    join_all,
    replaceable,
    something,
)

_PLAIN_BASES: Final = (
    "builtins.object",
    "builtins.str",
    "builtins.int",
    "builtins.dict",
    "builtins.Exception",
    "builtins.RuntimeError",
    "builtins.ValueError",
    "abc.ABC",
    "typing.Protocol",
    "typing.Generic",
    "typing.NamedTuple",
    "typing.TypedDict",
    "typing_extensions.TypedDict",
    "enum.Enum",
    "enum.StrEnum",
    "enum.IntEnum",
    "pydantic.BaseModel",
    "pydantic_settings.BaseSettings",
    "msgspec.Struct",
    "threading.Thread",
)
"""Library classes that give their subclasses no attribute that a program of ours would ask for."""

_ENUMERATIONS: Final = ("enum.Enum", "enum.StrEnum", "enum.IntEnum", "enum.Flag", "enum.IntFlag")
_TEXTS: Final = ("enum.StrEnum", "enum.IntEnum", "builtins.str", "builtins.int")
_MOST_BASES: Final = 32


class ClassEvaluation(Evaluation):
    """Looks members up. An instance stands for every object of its class, and of the classes derived from it."""

    def note_class(self, node: cst.ClassDef, bases: tuple[Value, ...]) -> None:
        """Notes what a class is derived from."""
        if self.bases.get(node) == bases:
            return
        self.bases[node] = bases
        self.note_change(("bases", node))
        for base in bases:
            for one in alternatives(base):
                if isinstance(one, Class) and node not in self._derived.setdefault(one.node, []):
                    self._derived[one.node].append(node)
                    self.note_change(("derived", one.node))

    def lineage(self, node: cst.ClassDef) -> list[cst.ClassDef]:
        """A class and those of the program that it is derived from, the nearest first."""
        found: list[cst.ClassDef] = []
        waiting = [node]
        while waiting and len(found) < _MOST_BASES:
            current = waiting.pop(0)
            if current in found:
                continue
            found.append(current)
            self.note_read(("bases", current))
            inner = [
                one.node for base in self.bases.get(current, ()) for one in alternatives(base) if isinstance(one, Class)
            ]
            waiting[:0] = inner
        return found

    def derived_from(self, node: cst.ClassDef) -> list[cst.ClassDef]:
        """The classes of the program that are derived from one."""
        found: list[cst.ClassDef] = []
        waiting = [node]
        while waiting:
            current = waiting.pop()
            self.note_read(("derived", current))
            for other in self._derived.get(current, ()):
                if other not in found and other is not node and not self.is_apart(other):
                    found.append(other)
                    waiting.append(other)
        return found

    def library_bases(self, node: cst.ClassDef) -> set[str]:
        """The library classes that a class is derived from, by dotted name; empty text for what is not known."""
        found: set[str] = set()
        for each in self.lineage(node):
            for base in self.bases.get(each, ()):
                for one in alternatives(base):
                    if isinstance(one, Library):
                        found.add(one.name)
                    elif not isinstance(one, Class):
                        found.add("")
        return found

    # --- members ---------------------------------------------------------------------------------

    def methods_of(self, owner: Instance | Class, name: str) -> Iterator[Function]:
        """The functions that a method's name can mean: the inherited one, and those of derived classes in its place."""
        for value in self._definitions_of(owner, name):
            for one in alternatives(value):
                if isinstance(one, Function):
                    yield one

    def _definitions_of(self, owner: Instance | Class, name: str) -> Iterator[Value]:
        lineage = self.lineage(owner.node)
        if isinstance(owner, Super):
            lineage = lineage[1:]
        for each in lineage:
            value = self.value_in(self.functions.get(each), name)
            if value is not NOTHING:
                yield value
                break
        if type(owner) is Instance:
            for each in self.derived_from(owner.node):
                value = self.value_in(self.functions.get(each), name)
                if value is not NOTHING:
                    yield value

    def read_member(self, owner: Instance | Class, name: str) -> Value:
        """What reading an attribute of an object, or of a class, gives."""
        family = [*self.lineage(owner.node), *(self.derived_from(owner.node) if isinstance(owner, Instance) else ())]
        declared = (self.program.declared_attributes.get((each, name)) for each in family)
        annotation = next((one for one in declared if one is not None), None)
        return self.across(owner.node, as_declared(self.program, annotation, self._read_in(family, owner, name)))

    def _read_in(self, family: list[cst.ClassDef], owner: Instance | Class, name: str) -> Value:
        kept = join_all(self.read_cell((each, name)) for each in family)
        kept = join(kept, join_all(self.read_cell((each, "*")) for each in family))
        if name == "__class__" and isinstance(owner, Instance):
            return Class(owner.node)
        found: Value = kept
        is_field = isinstance(owner, Instance) and any(self.is_field(each, name) for each in family)
        for value in () if is_field else self._definitions_of(owner, name):
            found = join(found, self._bound(owner, name, value))
        enumerated = self._enumerated(owner, name, found)
        if enumerated is not None:
            return enumerated
        if found is not NOTHING:
            given = is_field and any(self.read_cell(("replaceable", each)) is not NOTHING for each in family)
            return join_all(map(replaceable, alternatives(found))) if given else found
        if self.has_library_method(owner.node, name):
            return Member(owner, name)
        if name == "__dict__":
            for each in family:
                self.grow_cell((each, "*"), UNKNOWN)
            return UNKNOWN
        strange = any(base not in _PLAIN_BASES for base in self.library_bases(owner.node))
        strange &= not any(name in self._attributes_set_in(each) for each in family)
        return UNKNOWN if self.settled or (strange and not isinstance(owner, Super)) else NOTHING

    def _attributes_set_in(self, node: cst.ClassDef) -> frozenset[str]:
        """The attributes that a class's own code sets on an object: what they hold may be still to come."""
        found = self._attributes_set.get(node)
        if found is None:
            targets = (one for one in self.program.nodes_in(node) if isinstance(one, (cst.AssignTarget, cst.AnnAssign)))
            found = frozenset(one.target.attr.value for one in targets if isinstance(one.target, cst.Attribute))
            self._attributes_set[node] = found
        return found

    def _bound(self, owner: Instance | Class, name: str, value: Value) -> Value:
        """A definition in a class as it is read: a method bound, a property called."""
        found: Value = NOTHING
        for one in alternatives(value):
            if not isinstance(one, Function):
                found = join(found, one)
            elif is_property(one.node) and isinstance(owner, Instance):
                self.program.called.add(one.node)
                found = join(found, self.call_function(one.node, Handed(), owner))
            elif isinstance(owner, Instance) or is_class_method(one.node):
                found = join(found, Member(owner, name))
            else:
                found = join(found, one)
        return found

    def is_enumeration(self, node: cst.ClassDef) -> bool:
        """Whether a class lists constants."""
        return any(name in _ENUMERATIONS for name in self.library_bases(node))

    def is_text_enumeration(self, node: cst.ClassDef) -> bool:
        """Whether the members of an enumeration are equal to their values."""
        return self.is_enumeration(node) and any(name in _TEXTS for name in self.library_bases(node))

    def _enumerated(self, owner: Instance | Class, name: str, found: Value) -> Value | None:
        """A member of an enumeration: its value where the two are equal."""
        if not isinstance(owner, Class) or not isinstance(found, Known) or not self.is_enumeration(owner.node):
            return None
        return found if self.is_text_enumeration(owner.node) else EnumMember(owner.node, name, found)

    def is_field(self, node: cst.ClassDef, name: str) -> bool:
        """Whether a name of a class is a field whose default is only what objects get that were not given another."""
        raise NotImplementedError

    def has_library_method(self, node: cst.ClassDef, name: str) -> bool:
        """Whether a class has a method of that name from a library that is known here."""
        raise NotImplementedError

    # --- protocols -------------------------------------------------------------------------------

    def call_method(self, owner: Instance | Class, name: str, handed: Handed) -> Value:
        """What calling a method of an object gives; NOTHING while no such method is known."""
        found: Value = NOTHING
        for function in self.methods_of(owner, name):
            found = join(found, self.call_function(function.node, handed, owner))
        return found

    def entered(self, value: Value) -> Value:
        """What `with value as name` binds; for the program's own context managers, what they hand over."""
        found: Value = NOTHING
        for one in something(value):
            found = join(found, self._entered(one))
        return found

    def _entered(self, value: Value) -> Value:
        match value:
            case Instance():
                result = self.call_method(value, "__enter__", Handed())
                result = join(result, awaited(self.call_method(value, "__aenter__", Handed())))
                for name in ("__exit__", "__aexit__"):
                    self.call_method(value, name, Handed((UNKNOWN, UNKNOWN, UNKNOWN)))
                return UNKNOWN if result is NOTHING and self.settled else result
            case Managed(result):
                return result
            case LibraryObject("contextlib.closing" | "contextlib.aclosing" | "contextlib.nullcontext", site):
                return self.program.values.get(site.args[0].value, NOTHING) if site.args else Known(None)
        return entered(value)

    def iterated(self, value: Value) -> Value:
        """What a loop over `value` binds; for the program's own iterators, what they give."""
        found: Value = NOTHING
        for one in something(value):
            if isinstance(one, Instance):
                inner = join(self.call_method(one, "__iter__", Handed()), self.call_method(one, "__aiter__", Handed()))
                for each in something(inner) if inner is not NOTHING else ():
                    if isinstance(each, Instance):
                        found = join(found, self.call_method(each, "__next__", Handed()))
                        found = join(found, awaited(self.call_method(each, "__anext__", Handed())))
                    else:
                        found = join(found, iterated(self.program, each))
                if inner is NOTHING and self.settled:
                    found = UNKNOWN
            else:
                found = join(found, iterated(self.program, one))
        return found


def decorated_with(function: cst.FunctionDef | cst.Lambda, *names: str) -> bool:
    """Whether a function stands under a decorator of one of these last names."""
    return isinstance(function, cst.FunctionDef) and any(
        getattr(getattr(one.decorator, "attr", one.decorator), "value", "") in names for one in function.decorators
    )


def is_property(function: cst.FunctionDef | cst.Lambda) -> bool:
    """Whether a function is called by reading an attribute."""
    return decorated_with(function, "property", "cached_property")


def is_static(function: cst.FunctionDef | cst.Lambda) -> bool:
    """Whether a method gets no object."""
    return isinstance(function, cst.Lambda) or decorated_with(function, "staticmethod")


def is_class_method(function: cst.FunctionDef | cst.Lambda) -> bool:
    """Whether a method gets its class."""
    return decorated_with(function, "classmethod")
