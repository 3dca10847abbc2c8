"""Models of the program's own that messages are made into: pydantic, dataclasses, msgspec, attrs.

The models stay what they are, and so do those who read them. What they are made of is written anew: a function beside
the model gives, of the other vendor's message, the fields that the model has.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

import libcst as cst

from codemods.analysis.models import ModelEvaluation
from codemods.analysis.values import EACH, Class, Frame, Library, Member, Parsed, Step, something
from codemods.edits import Statement, statements
from codemods.findings import FIELD_UNCLEAR
from codemods.migrating import Migrating
from codemods.rules.messages.models.model_fields import INDENT, ModelFields, Unclear, singular
from codemods.rules.messages.places import general
from codemods.rules.messages.reading import Reading
from shim.mapping import session

_TYPE: Final[tuple[Step, ...]] = ("type",)
_OF_DOCUMENT: Final = ("model_validate", "parse_obj", "from_dict")
_OF_TEXT: Final = ("model_validate_json", "parse_raw")


@dataclass(frozen=True, slots=True)
class _Made:
    """One call that makes objects of a document: `argument` is the document, a frame's text where `is_text`."""

    call: cst.Call
    argument: cst.Arg
    model: cst.ClassDef
    is_text: bool = False


class MessageModels:
    """Plans the calls that make objects of the program's own of messages and their parts."""

    def __init__(self, migrating: Migrating, reading: Reading) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._reading = reading
        self._fields = ModelFields(migrating, reading)
        self._functions: dict[tuple[cst.ClassDef, tuple[Step, ...]], str] = {}
        self._complete = True
        self.read: set[cst.CSTNode] = set()
        """The documents that such calls get."""

    def plan(self) -> bool:
        """Plans the edits; False, with findings, where a field has no counterpart."""
        calls = [node for node in self._program.values if isinstance(node, cst.Call)]
        for call in calls:
            made = self._made(call)
            if made is not None and call not in self._migrating.gone:
                try:
                    self._plan(made)
                except Unclear as reason:
                    self._complete = False
                    self._migrating.report(FIELD_UNCLEAR, call, str(reason))
        return self._complete

    # --- what is met -----------------------------------------------------------------------------

    def _made(self, call: cst.Call) -> _Made | None:
        callees = something(self._program.value(call.func))
        if len(callees) != 1:
            return None
        by_keyword = {one.keyword.value: one for one in call.args if one.keyword is not None}
        plain = [one for one in call.args if one.keyword is None and not one.star]
        match callees[0]:
            case Member(Class(model), name) if name in (*_OF_DOCUMENT, *_OF_TEXT) and plain:
                if self._is_own(model, name):
                    return None
                return self._of(call, plain[0], model, is_text=name in _OF_TEXT)
            case Class(model) if len(call.args) == 1 and call.args[0].star == "**":
                return self._of(call, call.args[0], model)
            case Library("msgspec.convert" | "msgspec.json.decode" as name) if plain:
                given = by_keyword.get("type") or (plain[1] if len(plain) > 1 else None)
                typed = self._class(given)
                return self._of(call, plain[0], typed, is_text="json" in name) if typed is not None else None
            case Library("dacite.from_dict" | "dacite.core.from_dict"):
                of, data = by_keyword.get("data_class"), by_keyword.get("data")
                of, data = of or (plain[0] if plain else None), data or (plain[1] if len(plain) > 1 else None)
                typed = self._class(of)
                return self._of(call, data, typed) if typed is not None and data is not None else None
        return None

    def _is_own(self, model: cst.ClassDef, name: str) -> bool:
        """Whether the program has written a method itself: what it does with a message is followed there."""
        evaluation = self._program.propagation
        return isinstance(evaluation, ModelEvaluation) and any(True for _ in evaluation.methods_of(Class(model), name))

    def _class(self, argument: cst.Arg | None) -> cst.ClassDef | None:
        value = self._program.value(argument.value) if argument is not None else None
        return value.node if isinstance(value, Class) else None

    def _of(self, call: cst.Call, argument: cst.Arg, model: cst.ClassDef, *, is_text: bool = False) -> _Made | None:
        value = self._program.value(argument.value)
        if not self._fields.of(model) or any(True for _ in self._initialisers(model)):
            return None
        if is_text:
            found = all(isinstance(one, Frame) and self._is_ours(one, call) for one in something(value))
            return _Made(call, argument, model, is_text=True) if found else None
        place = self._reading.message(value)
        if place is None or not self._reading.fields_below(general(place.path)):
            return None
        return _Made(call, argument, model)

    def _is_ours(self, frame: Frame, call: cst.Call) -> bool:
        return self._reading.message(Parsed(frame, call)) is not None

    def _initialisers(self, model: cst.ClassDef) -> Iterable[cst.FunctionDef]:
        for one in model.body.body:
            if isinstance(one, cst.FunctionDef) and one.name.value in ("__init__", "__new__"):
                yield one

    # --- the call --------------------------------------------------------------------------------

    def _plan(self, made: _Made) -> None:
        place = self._place(made)
        name = self._function(made.model, place)
        argument = made.argument.value
        self.read.add(argument)
        call = cst.Call(cst.Name(name), [cst.Arg(argument)])
        if not made.is_text:
            self._migrating.edits.rewrite_further(argument, lambda updated: call.with_changes(args=[cst.Arg(updated)]))
            return
        loads = cst.Attribute(self._migrating.use_module("json"), cst.Name("loads"))
        document = call.with_changes(args=[cst.Arg(cst.Call(loads, [cst.Arg(argument)]))])
        self._migrating.edits.replace(argument, document)
        match made.call.func:
            case cst.Attribute(cst.BaseExpression() as owner, cst.Name("model_validate_json")):
                self._migrating.edits.replace(made.call.func, cst.Attribute(owner, cst.Name("model_validate")))
            case cst.Attribute(cst.BaseExpression() as owner, cst.Name("parse_raw")):
                self._migrating.edits.replace(made.call.func, cst.Attribute(owner, cst.Name("parse_obj")))
            case cst.Attribute(cst.Attribute(cst.BaseExpression() as owner, cst.Name("json")), cst.Name("decode")):
                self._migrating.edits.replace(made.call.func, cst.Attribute(owner, cst.Name("convert")))
            case _:
                raise Unclear(f"{self._migrating.code(made.call)} reads the text itself")

    def _place(self, made: _Made) -> Parsed:
        value = self._program.value(made.argument.value)
        if made.is_text:
            frame = something(value)[0]
            assert isinstance(frame, Frame)
            return Parsed(frame, made.call, (), self._types_of(made.model))
        place = self._reading.message(value)
        assert place is not None
        return place if place.types is not None else replace(place, types=self._types_of(made.model))

    def _types_of(self, model: cst.ClassDef) -> frozenset[str] | None:
        """The types of message that a model is for, as the annotation of its field for the type says."""
        for field in self._fields.of(model).values():
            if (field.alias,) == _TYPE:
                return frozenset(str(one.evaluated_value) for one in self._fields.literals(field)) or None
        return None

    # --- the function ----------------------------------------------------------------------------

    def _function(self, model: cst.ClassDef, place: Parsed) -> str:
        key = (model, general(place.path))
        known = self._functions.get(key)
        if known is not None:
            return known
        parameter = "message" if place.path == () else singular(str([one for one in place.path if one != EACH][-1]))
        base = cst.Name(parameter)
        display = self._fields.display(model, place, base, self._reading.target_of(place), 1)
        taken, self._fields.taken = self._fields.taken, []
        name = self._free_name(model)
        self._functions[key] = name
        to = session.NAME.of(self._migrating.target)[0]
        what = "message" if place.path == () else parameter
        code = (
            f"def {name}({parameter}: dict) -> dict:\n"
            f'{INDENT}"""The fields of `{model.name.value}` in {to}\'s {what}."""\n'
            f"{INDENT}return {display}\n"
        )
        if taken and place.path == ():
            strings = [self._fields.string(one, model) for one in taken]
            test = f"!= {strings[0]}" if len(strings) == 1 else f"not in ({', '.join(strings)})"
            kind = self._fields.string("type", model)
            guard = f"{INDENT}if {parameter}[{kind}] {test}:\n{INDENT * 2}return {parameter}\n"
            code = code.replace(f"{INDENT}return", f"{guard}{INDENT}return", 1)
        migrating = self._migrating.at(model)
        lines = [cst.EmptyLine(indent=False), cst.EmptyLine(indent=False)]

        def written() -> list[Statement]:
            return [one.with_changes(leading_lines=lines) for one in statements(code)]

        outermost: cst.CSTNode = model
        while not isinstance(self._program.parents[outermost], cst.Module):
            outermost = self._program.parents[outermost]
        migrating.edits.add_after(outermost, written)
        return name

    def _free_name(self, model: cst.ClassDef) -> str:
        name = f"{re.sub(r'(?<!^)(?=[A-Z])', '_', model.name.value).lower().strip('_')}_fields"
        taken = {
            node.value
            for module in self._program.modules
            for node in self._program.nodes_in(module)
            if isinstance(node, cst.Name)
        }
        while name in taken or name in self._functions.values():
            name = f"{name}_of_message"
        return name
