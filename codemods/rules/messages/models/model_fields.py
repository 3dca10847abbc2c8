"""What a model of the program's own is made of, written for the other vendor's message."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

import libcst as cst

from codemods.analysis.models import Field, ModelEvaluation
from codemods.analysis.values import EACH, Class, Known, Library, Parsed, Step
from codemods.edits import expression, in_parentheses
from codemods.findings import PARAMETER_DIFFERS
from codemods.migrating import Migrating
from codemods.rules.messages.places import general
from codemods.rules.messages.reading import Reading
from shim.mapping.paths import steps_of
from shim.mapping.row import Fidelity, Row

_TYPE: Final[tuple[Step, ...]] = ("type",)
INDENT: Final = "    "
_EMPTY: Final = {"str": '""', "bool": "False", "int": "0", "float": "0.0"}
"""What a field gets that has to be there, and that nothing reads."""


class Unclear(Exception):
    """A field that nothing can be given for, with the reason."""


class ModelFields:
    """Writes the dictionary that a model is made of."""

    def __init__(self, migrating: Migrating, reading: Reading) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._reading = reading
        self.taken: list[str] = []
        """The only types that the model at hand takes, where it does not say so itself."""

    def of(self, model: cst.ClassDef) -> dict[str, Field]:
        """The fields of a class that holds data; none for another class."""
        evaluation = self._program.propagation
        return evaluation.fields_of(model) if isinstance(evaluation, ModelEvaluation) else {}

    def literals(self, field: Field) -> list[cst.SimpleString]:
        """The texts that the annotation of a field allows it."""
        match field.annotation:
            case cst.Subscript(named) if self._last_name(named) == "literal":
                return [node for node in self._program.nodes_in(field.annotation) if isinstance(node, cst.SimpleString)]
        return []

    def _last_name(self, node: cst.BaseExpression) -> str:
        value = self._program.value(node)
        return value.name.rpartition(".")[2].lower() if isinstance(value, Library) else ""

    def display(
        self, model: cst.ClassDef, place: Parsed, base: cst.BaseExpression, already: tuple[Step, ...], depth: int
    ) -> str:
        """The dictionary, as source; `base` stands for `place`, and is at the path `already` of the other's message."""
        evaluation = self._program.propagation
        has_type = any((one.alias,) == _TYPE for one in self.of(model).values())
        if isinstance(evaluation, ModelEvaluation) and evaluation.is_opaque(model) and has_type:
            raise Unclear(f"code of `{model.name.value}`'s own may change what its fields hold")
        lines = []
        for field in self.of(model).values():
            inner = place.step(field.alias)
            assert isinstance(inner, Parsed)
            written = self._written(field, field.annotation, inner, base, already, depth + 1)
            if written is not None:
                lines.append(f"{INDENT * (depth + 1)}{self.string(field.alias, model)}: {written},\n")
        return "{\n" + "".join(lines) + INDENT * depth + "}"

    def string(self, text: str, near: cst.CSTNode) -> str:
        return self._migrating.string(text, near).value

    def _written(
        self,
        field: Field,
        annotation: cst.BaseExpression,
        place: Parsed,
        base: cst.BaseExpression,
        already: tuple[Step, ...],
        depth: int,
    ) -> str | None:
        """What a field gets, as source; None where it keeps its default."""
        if place.path == _TYPE:
            for literal in self.literals(field):
                self._reading.rename_types(literal, Known(literal.evaluated_value, literal))
            return self._code(_access(base, ("type",), lambda text: self._migrating.string(text, field.node)))
        model, is_list = self._model_in(annotation)
        rows = self._reading.rows_of(place)
        has_fields = bool(self._reading.fields_below(general(place.path)))
        if model is not None and has_fields and not is_list:
            display = self.display(model, place, base, already, depth)
            return self._for_types(display, place, base, field)
        if model is not None and rows is not None and is_list:
            return self._list_of(model, rows[0], place, base, already, field, depth)
        if rows is None and has_fields:
            return self._code(base)  # the whole of it, which is the message itself now
        return self._leaf(field, rows[0] if rows else None, base, already, place)

    def _for_types(self, display: str, place: Parsed, base: cst.BaseExpression, field: Field) -> str:
        """A part of a message that only some types have, where the model is for others too."""
        kinds = {
            str(steps_of(one)[0])
            for row in self._reading.fields_below(general(place.path))
            for one in row.of(self._migrating.source)
        }
        if place.types is not None and place.types <= kinds:
            return display
        names = [row.of(self._migrating.target) for kind in sorted(kinds) for row in self._reading.type_rows(kind)[:1]]
        targets = sorted({name[0] for name in names if name})
        if not targets:
            raise Unclear(f"`{field.name}` is part of messages that never come")
        if not self._may_be_none(field):
            # The model takes no other message: those go to it as they are, and are refused as they were.
            self.taken = targets if not self.taken else [one for one in self.taken if one in targets]
            return display
        strings = [self.string(one, field.node) for one in targets]
        test = f"== {strings[0]}" if len(strings) == 1 else f"in ({', '.join(strings)})"
        kind = self._code(_access(base, ("type",), lambda text: self._migrating.string(text, field.node)))
        return f"{display} if {kind} {test} else None"

    def _list_of(
        self,
        model: cst.ClassDef,
        row: Row,
        place: Parsed,
        base: cst.BaseExpression,
        already: tuple[Step, ...],
        field: Field,
        depth: int,
    ) -> str:
        target = row.of(self._migrating.target)
        if not target:
            raise Unclear(f"`{field.name}` has no counterpart")
        path = steps_of(target[0])[1:]
        of = _access(base, path[len(already) :], lambda text: self._migrating.string(text, field.node))
        name = singular(str(path[-1]))
        element = place.step(EACH)
        assert isinstance(element, Parsed)
        display = self.display(model, element, cst.Name(name), (*path, EACH), depth + 1)
        indent = INDENT * depth
        return f"[\n{indent}{INDENT}{display}\n{indent}{INDENT}for {name} in {self._code(of)}\n{indent}]"

    def _leaf(
        self, field: Field, row: Row | None, base: cst.BaseExpression, already: tuple[Step, ...], place: Parsed
    ) -> str | None:
        target = row.of(self._migrating.target) if row is not None else ()
        way = row.over(self._migrating.target) if row is not None else None
        source = way.conversion.source if way is not None else ""
        if not target and source:
            return source
        if not target or way is None or not source or not self._is_here(target[0], place):
            return self._without(field, way.reason if way is not None else "")
        if way.codemod is Fidelity.APPROXIMATE:
            self._migrating.report(PARAMETER_DIFFERS, field.node, f"`{field.name}`: {way.reason}")
        path = steps_of(target[0])[1:][len(already) :]
        if EACH in path:
            path = path[: path.index(EACH)]
        near = field.node
        if way.codemod is Fidelity.APPROXIMATE and source == "value" and len(path) == 1:
            # Not every message has it: an object is made of those without it, too.
            get = expression("base.get(key)", base=base, key=self._migrating.string(str(path[0]), near))
            assert isinstance(get, cst.Call)
            if not self._may_be_none(field) and self._last_name(field.annotation) == "str":
                get = get.with_changes(args=[*get.args, cst.Arg(self._migrating.string("", near))])
            return self._code(get)
        return self._plain(base, path, source, near)

    def _is_here(self, target: str, place: Parsed) -> bool:
        """Whether a field stands in the message that takes the place of its own."""
        if place.types is None:
            return True
        kind = str(steps_of(target)[0])
        targets = {
            name
            for one in place.types
            for row in self._reading.type_rows(one)[:1]
            for name in row.of(self._migrating.target)
        }
        return not targets or kind in targets

    def _plain(self, base: cst.BaseExpression, path: tuple[Step, ...], source: str, near: cst.CSTNode) -> str:
        read = _access(base, path, lambda text: self._migrating.string(text, near))
        return self._code(expression(self._migrating.source_at(source, near), value=read))

    def _without(self, field: Field, reason: str) -> str | None:
        """What a field gets that the other vendor does not send: its default, or nothing that anybody reads."""
        if self._is_read(field):
            raise Unclear(f"`{field.name}` is read: {reason or 'it has no counterpart'}")
        if field.default is not None and not self._is_required(field.default):
            return None
        empty = "None" if self._may_be_none(field) else _EMPTY.get(self._last_name(field.annotation))
        if empty is None:
            raise Unclear(f"`{field.name}` has no counterpart")
        name = f"`{field.name}`: {reason or 'it has no counterpart'}"
        self._migrating.report(PARAMETER_DIFFERS, field.node, f"{name}; nothing reads it here")
        return empty

    def _is_required(self, default: cst.BaseExpression) -> bool:
        """Whether `Field(...)` gives a field no default."""
        match default:
            case cst.Ellipsis():
                return True
            case cst.Call(_, args):
                given = [one for one in args if one.keyword is None]
                names = {one.keyword.value for one in args if one.keyword is not None}
                if given:
                    return isinstance(given[0].value, cst.Ellipsis)
                return not names & {"default", "default_factory", "factory"}
        return False

    def _is_read(self, field: Field) -> bool:
        return any(
            isinstance(node, cst.Attribute) and node.attr.value == field.name
            for module in self._program.modules
            for node in self._program.nodes_in(module)
        )

    def _may_be_none(self, field: Field) -> bool:
        text = self._migrating.module.code_for_node(field.annotation)
        return "None" in text or "Optional" in text

    def _model_in(self, annotation: cst.BaseExpression) -> tuple[cst.ClassDef | None, bool]:
        """The model that a field holds, and whether it holds a list of them."""
        match annotation:
            case cst.BinaryOperation(left, cst.BitOr(), right):
                for one in (left, right):
                    found = self._model_in(one)
                    if found[0] is not None:
                        return found
            case cst.Subscript(outer, [cst.SubscriptElement(cst.Index(inner)), *_]):
                name = self._last_name(outer)
                if name in ("optional", "annotated"):
                    return self._model_in(inner)
                if name in ("list", "sequence", "tuple"):
                    return self._model_in(inner)[0], True
            case cst.SimpleString():
                return None, False
        value = self._program.value(annotation)
        if isinstance(value, Class) and self.of(value.node):
            return value.node, False
        return None, False

    def _code(self, node: cst.BaseExpression) -> str:
        return cst.Module([]).code_for_node(node)


def _access(
    base: cst.BaseExpression, path: Iterable[Step], string: Callable[[str], cst.SimpleString]
) -> cst.BaseExpression:
    found = base
    for step in path:
        key = cst.parse_expression(str(step)) if isinstance(step, int) else string(step)
        found = cst.Subscript(in_parentheses(found), [cst.SubscriptElement(cst.Index(key))])
    return found


def singular(name: str) -> str:
    return name[:-1] if name.endswith("s") and len(name) > 1 else name
