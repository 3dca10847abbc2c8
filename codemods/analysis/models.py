"""Classes that hold data: dataclasses, attrs, pydantic, msgspec, NamedTuple, TypedDict. What their fields hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import libcst as cst

from codemods.analysis.arguments import Arguments
from codemods.analysis.classes import ClassEvaluation
from codemods.analysis.containers import merged_dictionary, new_bag
from codemods.analysis.dictionaries import Dumped, Entry
from codemods.analysis.evaluation import Handed
from codemods.analysis.libraries import parse_json
from codemods.analysis.values import (
    NOTHING,
    UNKNOWN,
    Class,
    DictDisplay,
    EnumMember,
    Instance,
    Known,
    Library,
    LibraryObject,
    Parsed,
    Sequence,
    Stream,
    Value,
    alternatives,
    join,
    join_all,
    replaceable,
    something,
)

_DECORATORS: Final = (
    "dataclasses.dataclass",
    "attr.s",
    "attr.attrs",
    "attr.define",
    "attr.frozen",
    "attrs.define",
    "attrs.frozen",
    "attrs.mutable",
    "pydantic.dataclasses.dataclass",
)
_SETTINGS: Final = ("pydantic_settings.BaseSettings", "pydantic.BaseSettings")
_CONVERTING: Final = ("pydantic.BaseModel", "msgspec.Struct", *_SETTINGS)
"""Bases whose classes also make objects of the parts of a document that they are made of."""
_BASES: Final = (*_CONVERTING, "typing.NamedTuple")
_TYPED_DICTS: Final = ("typing.TypedDict", "typing_extensions.TypedDict")
_FIELDS: Final = ("dataclasses.field", "pydantic.Field", "attrs.field", "attr.ib", "attr.field", "msgspec.field")
_VALIDATORS: Final = ("field_validator", "model_validator", "validator", "root_validator")
_VALIDATING: Final = ("model_validate", "parse_obj", "model_construct", "from_dict")
_VALIDATING_TEXT: Final = ("model_validate_json", "parse_raw")
_DUMPING: Final = ("model_dump", "dict", "_asdict")
_COPYING: Final = ("model_copy", "copy", "_replace")
_METHODS: Final = (*_VALIDATING, *_VALIDATING_TEXT, *_DUMPING, *_COPYING)
_DUMPING_FUNCTIONS: Final = ("dataclasses.asdict", "attr.asdict", "attrs.asdict", "msgspec.structs.asdict")
_REPLACING_FUNCTIONS: Final = (
    "dataclasses.replace",
    "copy.replace",
    "attr.evolve",
    "attrs.evolve",
    "msgspec.structs.replace",
)
_DEEPEST: Final = 4


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """One field of a class that holds data; `alias` is its name in documents."""

    name: str
    alias: str
    node: cst.AnnAssign
    annotation: cst.BaseExpression
    default: cst.BaseExpression | None


class ModelEvaluation(ClassEvaluation):
    """Fills the fields of objects. The objects of one class are not told apart."""

    def fields_of(self, node: cst.ClassDef) -> dict[str, Field]:
        """The fields of a class that holds data, those of its bases first; none for another class."""
        if not self._is_model(node):
            return {}
        found: dict[str, Field] = {}
        for each in reversed(self.lineage(node)):
            for statement in each.body.body:
                for small in statement.body if isinstance(statement, cst.SimpleStatementLine) else ():
                    match small:
                        case cst.AnnAssign(cst.Name(name), cst.Annotation(annotation), value) if name != "model_config":
                            found[name] = Field(name, self._alias(name, value), small, annotation, value)
        return found

    def _is_model(self, node: cst.ClassDef) -> bool:
        if any(name in _BASES for name in self.library_bases(node)):
            return True
        return any(self._names_decorator(one.decorator) for each in self.lineage(node) for one in each.decorators)

    def _names_decorator(self, decorator: cst.BaseExpression) -> bool:
        named = decorator.func if isinstance(decorator, cst.Call) else decorator
        value = self.program.values.get(named, NOTHING)
        return isinstance(value, Library) and value.name in _DECORATORS

    def _converts(self, node: cst.ClassDef) -> bool:
        return any(name in _CONVERTING for name in self.library_bases(node))

    def is_opaque(self, node: cst.ClassDef) -> bool:
        """Whether a class's own code may change what its fields are given, or what they are called in documents."""
        for each in self.lineage(node):
            if any(one.keyword is not None and one.keyword.value == "rename" for one in each.keywords):
                return True
            for statement in each.body.body:
                if isinstance(statement, cst.FunctionDef):
                    if statement.name.value in ("__new__", "__attrs_post_init__", "model_post_init"):
                        return True
                    for one in statement.decorators:
                        named = one.decorator.func if isinstance(one.decorator, cst.Call) else one.decorator
                        last = getattr(getattr(named, "attr", named), "value", "")
                        if last in _VALIDATORS:
                            return True
                elif isinstance(statement, cst.SimpleStatementLine):
                    match statement.body[0]:
                        case cst.Assign([cst.AssignTarget(cst.Name("model_config"))], value):
                            if _names_aliases(value):
                                return True
                elif isinstance(statement, cst.ClassDef) and _names_aliases(statement):
                    return True
        return False

    def _alias(self, name: str, default: cst.BaseExpression | None) -> str:
        if isinstance(default, cst.Call):
            for argument in default.args:
                if argument.keyword is not None and argument.keyword.value in ("alias", "validation_alias", "name"):
                    value = self.program.values.get(argument.value, NOTHING)
                    if isinstance(value, Known) and isinstance(value.value, str):
                        return value.value
        return name

    def is_field(self, node: cst.ClassDef, name: str) -> bool:
        return any(isinstance(one, cst.AnnAssign) for one in self._own_names(node, name)) and self._is_model(node)

    def has_library_method(self, node: cst.ClassDef, name: str) -> bool:
        return name in _METHODS and self._is_model(node)

    def _own_names(self, node: cst.ClassDef, name: str) -> list[cst.CSTNode]:
        scope = self.functions.get(node)
        definitions = scope.definitions.get(name, ()) if scope is not None else ()
        return [self.program.parents[one.node] for one in definitions if one.node in self.program.parents]

    # --- making objects --------------------------------------------------------------------------

    def make(self, definition: cst.ClassDef, handed: Handed) -> Value:
        """An object of a class; its `__init__`, or its fields, get what is handed over."""
        made = Instance(definition)
        initialisers = list(self.methods_of(Class(definition), "__init__"))
        for one in initialisers:
            self.call_function(one.node, handed, made)
        if initialisers:
            return made
        fields = self.fields_of(definition)
        opaque = self.is_opaque(definition) if fields else False
        for index, field in enumerate(fields.values()):
            given, node = self._given(field, index, handed)
            value = self._default(definition, field) if given is None else given
            if given is None:
                self.grow_cell(("defaulted", definition, field.name), Known(True))
            if given is not None and self._converts(definition):
                value = self._converted(field.annotation, given)
                if value != given and node is not None:
                    self.program.followed.discard(node)
            self._fill(definition, field, UNKNOWN if opaque else value, node if given is not None else None)
        self.call_method(made, "__post_init__", Handed())
        return made

    def _given(self, field: Field, index: int, handed: Handed) -> tuple[Value | None, cst.BaseExpression | None]:
        for name in (field.alias, field.name):
            if name in handed.keywords:
                return handed.keywords[name], handed.nodes.get(name)
        if index < len(handed.positional):
            return handed.positional[index], handed.nodes.get(index)
        rest = join(handed.more, handed.others)
        if rest is NOTHING:
            return None, None
        found = [one.step(field.alias) if isinstance(one, Parsed) else one for one in something(rest)]
        return join_all(found), None

    def _fill(self, definition: cst.ClassDef, field: Field, value: Value, node: cst.BaseExpression | None) -> None:
        self.grow_cell((definition, field.name), value)
        if node is not None:
            stored = self.program.attribute_expressions.setdefault((definition, field.name), [])
            if node not in stored:
                stored.append(node)

    def _default(self, definition: cst.ClassDef, field: Field) -> Value:
        """What a field holds that was not given."""
        if field.default is None:
            return NOTHING
        value = self.program.values.get(field.default, NOTHING)
        if isinstance(value, LibraryObject) and value.made_by in _FIELDS and value.site is field.default:
            value = self._default_of_field(value.site)
        settings = any(name in _SETTINGS for name in self.library_bases(definition))
        return replaceable(value) if settings else value

    def _default_of_field(self, call: cst.Call) -> Value:
        arguments = Arguments.of(call)
        given = arguments.keywords.get("default")
        if given is None and arguments.positional:
            given = arguments.positional[0]
        if given is not None:
            return UNKNOWN if isinstance(given, cst.Ellipsis) else self.program.values.get(given, NOTHING)
        factory_node = arguments.keywords.get("default_factory") or arguments.keywords.get("factory")
        if factory_node is None:
            return NOTHING
        factory = self.program.values.get(factory_node, NOTHING)
        match factory:
            case Library("builtins.dict"):
                return self.program.tables.keep(call, [])
            case Library("builtins.list" | "builtins.set" | "collections.deque" as name):
                return new_bag(self.program, call, name, None)
            case Library():
                return UNKNOWN
        return self.call_value(factory, Handed())

    def _converted(self, annotation: cst.BaseExpression, value: Value, depth: int = _DEEPEST) -> Value:
        """What a model keeps of a part of a document, by the annotation of its field."""
        if depth == 0:
            return UNKNOWN
        match annotation:
            case cst.BinaryOperation(left, cst.BitOr(), right):
                return join_all(self._converted(one, value, depth) for one in (left, right) if not _is_none(one))
            case cst.Subscript(outer, [cst.SubscriptElement(cst.Index(inner)), *_]):
                name = self.program.values.get(outer, NOTHING)
                last = name.name.rpartition(".")[2].lower() if isinstance(name, Library) else ""
                if last in ("optional", "annotated"):
                    return self._converted(inner, value, depth)
                if last in ("list", "sequence"):
                    if not isinstance(value, Parsed):
                        return value
                    element = self._converted(inner, value.step("[]"), depth - 1)
                    return value if element == value.step("[]") else Stream(element)
                return value if last in ("dict", "literal", "union") else UNKNOWN
        of = self.program.values.get(annotation, NOTHING)
        if isinstance(of, Class) and self.fields_of(of.node):
            found: Value = NOTHING
            for one in alternatives(value):
                found = join(found, self.made_of(of.node, one, depth - 1) if isinstance(one, Parsed) else one)
            return found
        if isinstance(of, Class) and not self.is_text_enumeration(of.node):
            return UNKNOWN
        if isinstance(value, Known) and isinstance(of, Library) and of.name.startswith("builtins."):
            kind = type(value.value).__name__
            return value if of.name == f"builtins.{kind}" or value.value is None else UNKNOWN
        return value

    def made_of(self, definition: cst.ClassDef, document: Value, depth: int = _DEEPEST) -> Value:
        """An object whose fields are read from a document, or from a dictionary."""
        fields = self.fields_of(definition)
        if not fields:
            return UNKNOWN
        opaque = self.is_opaque(definition)
        for field in fields.values():
            value: Value = NOTHING
            for one in something(document):
                match one:
                    case Parsed():
                        part = one.step(field.alias)
                    case DictDisplay(site):
                        found = self.program.tables.get(site, field.alias)
                        part = self._default(definition, field) if found is NOTHING else found
                    case _:
                        part = one if one is NOTHING else UNKNOWN
                value = join(value, self._converted(field.annotation, part, depth))
            self._fill(definition, field, UNKNOWN if opaque else value, None)
        return Instance(definition)

    def make_without_initialiser(self, node: cst.Call, definition: cst.ClassDef, arguments: Arguments) -> Value | None:
        """What calling a class gives that makes no object of its own: an enumeration, a TypedDict. None for others."""
        first = arguments.positional[0] if arguments.positional else None
        if self.is_enumeration(definition):
            value = self.program.values.get(first, NOTHING) if first is not None else UNKNOWN
            # A member is told from others by its value.
            return value if not isinstance(value, EnumMember) else value.value
        if any(name in _TYPED_DICTS for name in self.library_bases(definition)):
            entries = []
            for argument in node.args:
                value = self.program.values.get(argument.value, NOTHING)
                if argument.keyword is not None:
                    entries.append(Entry(Known(argument.keyword.value), argument, argument.value, value))
                else:
                    entries.append(Entry(UNKNOWN, argument, argument.value, value, merges=True))
            return self.program.tables.keep(node, entries)
        return None

    # --- methods and functions -------------------------------------------------------------------

    def call_model(self, node: cst.Call, owner: Instance | Class, name: str, arguments: Arguments) -> Value | None:
        """What a method gives that a class has from its library; None for a method of the program's own."""
        if any(True for _ in self.methods_of(owner, name)):
            return None
        fields = self.fields_of(owner.node)
        if not fields:
            return None
        values = [self.program.values.get(one, NOTHING) for one in arguments.positional]
        if isinstance(owner, Class) and values:
            if name in _VALIDATING:
                return self.made_of(owner.node, values[0])
            if name in _VALIDATING_TEXT:
                document = join_all(parse_json(node, one) for one in something(values[0]))
                return self.made_of(owner.node, document)
        if isinstance(owner, Instance):
            if name in _DUMPING:
                return self._dumped(node, owner, fields)
            if name in _COPYING:
                return self._copied(node, owner, fields, arguments)
        return None

    def call_model_library(self, node: cst.Call, name: str, arguments: Arguments) -> Value | None:
        """What a library's function on objects gives; None for other functions."""
        values = [self.program.values.get(one, NOTHING) for one in arguments.positional]
        first = values[0] if values else NOTHING
        match name:
            case "typing.cast" | "typing_extensions.cast" if len(values) > 1:
                self.program.followed.add(arguments.positional[1])
                return values[1]
            case "copy.copy" | "copy.deepcopy" if values:
                return self._copy(node, arguments.positional[0], first)
            case "msgspec.convert" if len(values) > 1 or "type" in arguments.keywords:
                return self._of_type(arguments.get(1, "type"), first)
            case "msgspec.json.decode" if values:
                document = join_all(parse_json(node, one) for one in something(first))
                given = arguments.keywords.get("type")
                return document if given is None else self._of_type(given, document)
            case "dacite.from_dict" | "dacite.core.from_dict":
                data = arguments.get(1, "data")
                value = self.program.values.get(data, NOTHING) if data is not None else UNKNOWN
                return self._of_type(arguments.get(0, "data_class"), value)
        owners = [one for one in something(first) if isinstance(one, Instance)]
        if len(owners) == 1 and len(something(first)) == 1:
            fields = self.fields_of(owners[0].node)
            if fields and name in _DUMPING_FUNCTIONS:
                return self._dumped(node, owners[0], fields)
            if fields and name in _REPLACING_FUNCTIONS:
                return self._copied(node, owners[0], fields, arguments)
        return None

    def _of_type(self, node: cst.BaseExpression | None, document: Value) -> Value:
        of = self.program.values.get(node, NOTHING) if node is not None else UNKNOWN
        if isinstance(of, Class):
            return self.made_of(of.node, document)
        return NOTHING if NOTHING in (of, document) else UNKNOWN

    def _copy(self, node: cst.Call, argument: cst.BaseExpression, value: Value) -> Value:
        found: Value = NOTHING
        for one in something(value):
            if isinstance(one, DictDisplay):
                one = merged_dictionary(self.program, node, ((argument, one),))
            elif isinstance(one, Sequence) and one.site in self.program.changed_sequences:
                one = UNKNOWN
            elif isinstance(one, Parsed):
                self.program.followed.add(argument)  # a copy is read as the document is
            found = join(found, one)
        return found

    def _copied(self, node: cst.Call, owner: Instance, fields: dict[str, Field], arguments: Arguments) -> Value:
        """An object like another one, with some fields given anew."""
        update = arguments.keywords.get("update")
        for name, given in arguments.keywords.items():
            if name in fields:
                self._fill(owner.node, fields[name], self.program.values.get(given, NOTHING), given)
        if update is not None or not arguments.complete:
            value = self.program.values.get(update, NOTHING) if update is not None else UNKNOWN
            for field in fields.values():
                part = self.program.tables.get(value.site, field.name) if isinstance(value, DictDisplay) else UNKNOWN
                self._fill(owner.node, field, part, None)
        return Instance(owner.node)

    def _dumped(self, node: cst.Call, owner: Instance, fields: dict[str, Field]) -> Value:
        """The dictionary of an object's fields."""
        arguments = Arguments.of(node)
        named = {key: self.program.values.get(one, NOTHING) for key, one in arguments.keywords.items()}
        if any(key not in ("exclude_none", "by_alias", "mode", "exclude_unset", "exclude_defaults") for key in named):
            return UNKNOWN
        positional = [one.value for one in node.args if one.keyword is None]
        of = positional[0] if positional else getattr(node.func, "value", None)
        return self._table(node, owner, fields, named, of)

    def _table(
        self,
        site: cst.BaseExpression,
        owner: Instance,
        fields: dict[str, Field],
        named: dict[str, Value],
        of: cst.BaseExpression | None,
        depth: int = _DEEPEST,
    ) -> Value:
        by_alias = named.get("by_alias") == Known(True)
        some = any(named.get(key, Known(False)) != Known(False) for key in ("exclude_unset", "exclude_defaults"))
        without_none = named.get("exclude_none", Known(False)) != Known(False)
        entries: list[Entry] = []
        names: dict[str, str] = {}
        for field in fields.values():
            value = self.read_member(owner, field.name)
            inner = [one for one in something(value) if isinstance(one, Instance)]
            if depth and len(inner) == 1 == len(something(value)) and (parts := self.fields_of(inner[0].node)):
                assert isinstance(field.node.target, cst.Name)
                table = self._table(field.node.target, inner[0], parts, named, None, depth - 1)
                value = join(table, Known(None)) if Known(None) in alternatives(value) else table
            may_go = some or (without_none and (value == UNKNOWN or Known(None) in alternatives(value)))
            node, value_node = self._written(owner.node, field)
            key = field.alias if by_alias else field.name
            names[key] = field.name
            entries.append(Entry(Known(key), node, value_node, value, certain=not may_go))
        self.program.dumped[site] = Dumped(of, names, not some, without_none)
        return self.program.tables.keep(site, entries)

    def _written(self, definition: cst.ClassDef, field: Field) -> tuple[cst.CSTNode, cst.BaseExpression]:
        """Where a field's value is written: the one argument that gives it, else its default."""
        given = self.program.attribute_expressions.get((definition, field.name), [])
        given = [one for one in given if one is not field.default]
        if len(given) == 1 and self.read_cell(("defaulted", definition, field.name)) is NOTHING:
            return self.program.parents.get(given[0], given[0]), given[0]
        default = field.default if field.default is not None else field.annotation
        return field.node, default


def _names_aliases(node: cst.CSTNode) -> bool:
    return "alias_generator" in cst.Module([]).code_for_node(node)


def _is_none(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Name) and node.value == "None"
