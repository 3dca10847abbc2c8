"""Binding: what assignments, loops, `with`, deletions and patterns give names, attributes and elements."""

from __future__ import annotations

from collections.abc import Sequence as AbstractSequence

import libcst as cst

from codemods.analysis.callbacks import socket_callback
from codemods.analysis.containers import escapes, is_container, merge_into, put_into, remove, store
from codemods.analysis.environment import Environment
from codemods.analysis.importing import ImportEvaluation
from codemods.analysis.values import (
    EACH,
    NOTHING,
    UNKNOWN,
    Class,
    DictDisplay,
    Instance,
    Known,
    Library,
    LibraryObject,
    Nothing,
    OwnModule,
    Parsed,
    Sequence,
    Socket,
    Text,
    Unknown,
    Value,
    alternatives,
    join,
    something,
    text_of,
)


class BindingEvaluation(ImportEvaluation):
    """Gives targets their values."""

    def bind(self, target: cst.CSTNode, value: Value, environment: Environment) -> None:
        self._bind(target, value, environment, None)

    def _bind(
        self, target: cst.CSTNode, value: Value, environment: Environment, expression: cst.BaseExpression | None
    ) -> None:
        match target:
            case cst.Name(name):
                self.define(environment, name, target, value, expression)
            case cst.Tuple(elements) | cst.List(elements):
                environment.left_out.pop(target, None)
                self._unpack(elements, value, environment)
            case cst.StarredElement(inner):
                self._bind(inner, value, environment, None)
            case cst.Attribute():
                self._bind_attribute(target, value, environment, expression)
            case cst.Subscript(owner, slices):
                holder = self.evaluate(owner, environment)
                key: Value = UNKNOWN
                for part in slices:
                    if isinstance(part.slice, cst.Index):
                        key = self.evaluate(part.slice.value, environment)
                for one in alternatives(holder):
                    match one:
                        case DictDisplay(site):
                            store(self.program, site, key, value, target)
                        case Sequence() | LibraryObject():
                            put_into(self.program, one, value)
                        case Library("os.environ"):
                            self._note_variable(slices)
                        case Unknown():
                            escapes(self.program, value, target)

    def _note_variable(self, slices: AbstractSequence[cst.SubscriptElement]) -> None:
        """Notes the name of an environment variable that the program sets."""
        match slices:
            case [cst.SubscriptElement(cst.Index(cst.SimpleString() as name))]:
                self.program.environment_names.add(name)

    def note_declared(self, target: cst.CSTNode, annotation: cst.Annotation, environment: Environment) -> None:
        """Notes an attribute's annotation: `self.session: ClientSession = …`, or a name in a class."""
        match target:
            case cst.Attribute(owner, cst.Name(name)):
                for one in alternatives(self.evaluate(owner, environment)):
                    if isinstance(one, Instance):
                        self.program.declared_attributes.setdefault((one.node, name), annotation)
            case cst.Name(name) if isinstance(environment.scope.node, cst.ClassDef):
                self.program.declared_attributes.setdefault((environment.scope.node, name), annotation)

    def _bind_attribute(
        self, target: cst.Attribute, value: Value, environment: Environment, expression: cst.BaseExpression | None
    ) -> None:
        holder = self.evaluate(target.value, environment)
        name = target.attr.value
        for one in alternatives(holder):
            match one:
                case Instance(definition) | Class(definition):
                    self._keep_attribute(definition, name, value, expression)
                case OwnModule():
                    self.bind_in_own_module(one, target, value, expression)
                case Socket(connect):
                    called_with = socket_callback(connect, name)
                    if called_with is not None:
                        self.call_back(value, called_with)
                case LibraryObject("types.SimpleNamespace", site):
                    self.grow_cell((site, name), value)
                case Unknown():
                    escapes(self.program, value, target)

    def _unpack(self, elements: AbstractSequence[cst.BaseElement], value: Value, environment: Environment) -> None:
        """Gives each target of an unpacking its part; several values for the one unpacked give several for each."""
        given: list[Value] = [NOTHING] * len(elements)
        for one in something(value):
            parts = self._parts(elements, one)
            given = [join(known, part) for known, part in zip(given, parts, strict=True)]
        for element, part in zip(elements, given, strict=True):
            self._bind(element.value, part, environment, None)

    def _parts(self, elements: AbstractSequence[cst.BaseElement], value: Value) -> list[Value]:
        count = len(elements)
        starred = next((at for at, one in enumerate(elements) if isinstance(one, cst.StarredElement)), None)
        if value is NOTHING:
            return [NOTHING] * count
        if isinstance(value, Instance):
            fields = list(self.fields_of(value.node))
            if len(fields) == count and starred is None:
                return [self.read_member(value, name) for name in fields]
        if isinstance(value, Sequence) and value.site not in self.program.changed_sequences:
            inner = value.elements
            if starred is None and len(inner) == count:
                return list(inner)
            if starred is not None and len(inner) >= count - 1:
                behind = count - starred - 1
                middle = inner[starred : len(inner) - behind]
                rest = elements[starred].value
                return [*inner[:starred], Sequence(rest, middle), *inner[len(inner) - behind :]]
        if isinstance(value, Parsed):
            before = count if starred is None else starred
            others = [UNKNOWN if at == starred else value.step(EACH) for at in range(before, count)]
            return [*(value.step(at) for at in range(before)), *others]
        each = self.iterated(value)
        if starred is None:
            return [each] * count
        return [UNKNOWN if at == starred else each for at in range(count)]

    def _keep_attribute(
        self, owner: cst.ClassDef, name: str, value: Value, expression: cst.BaseExpression | None
    ) -> None:
        stored = self.program.attribute_expressions.setdefault((owner, name), [])
        if expression is not None and expression not in stored:
            stored.append(expression)
        self.grow_cell((owner, name), value)

    def _augment(self, node: cst.AugAssign, environment: Environment) -> None:
        value = self.evaluate(node.value, environment)
        held = self.evaluate(node.target, environment)
        result: Value = NOTHING
        for one in alternatives(held):
            match one, node.operator:
                case DictDisplay(site), cst.BitOrAssign():
                    merge_into(self.program, site, node, node.value, value)
                    result = join(result, one)
                case ((Sequence() | LibraryObject()), cst.AddAssign()) if is_container(one):
                    put_into(self.program, one, self.iterated(value))
                    result = join(result, one)
                case Known(str(text)), cst.AddAssign() if "://" in text:
                    # An address that is put together in steps; other texts may grow without an end.
                    result = join(result, text_of((one, value)))
                case Text((Known(str(text)), *_)), cst.AddAssign() if "://" in text:
                    more = () if one.parts[-1] == UNKNOWN else (UNKNOWN,)
                    result = join(result, text_of((one, *more)))  # in a loop it comes to an end
                case Nothing(), _:
                    continue
                case _:
                    result = UNKNOWN
        self._bind(node.target, result, environment, None)

    def _delete(self, target: cst.BaseExpression, environment: Environment) -> None:
        match target:
            case cst.Tuple(elements) | cst.List(elements):
                for element in elements:
                    self._delete(element.value, environment)
            case cst.Subscript(owner, slices):
                key: Value = UNKNOWN
                for part in slices:
                    if isinstance(part.slice, cst.Index):
                        key = self.evaluate(part.slice.value, environment)
                for one in alternatives(self.evaluate(owner, environment)):
                    if isinstance(one, DictDisplay):
                        remove(self.program, one.site, key, target)
                    elif isinstance(one, Sequence):
                        self.program.changed_sequences.add(one.site)
            case _:
                self.evaluate(target, environment)
