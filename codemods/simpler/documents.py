"""A session's id and address that leave a function as a pair or as an object, handed on as the answer's document.

At the new service the id comes later than the address, so nothing can hold both that is made before. The document is
what is followed from function to function; a pair that is taken apart, or an object with these two fields, says no
more than that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.values import Class, HttpResponse, Instance, Known, Parsed, Value, alternatives
from codemods.edits import Edits, Statement
from codemods.rules.names.elsewhere import calls_of
from codemods.simpler.written import Simpler, simpler
from codemods.vendors import gladia
from shim.mapping import session

_FIELDS: Final = tuple(row.gladia[0].split(".")[1:] for row in (session.SESSION_ID, session.ADDRESS))
_NAMES: Final = ("session", "session_info", "live_session", "answer")
_VALIDATING: Final = ("model_validate", "parse_obj")


def with_documents(program: Program) -> dict[cst.Module, Simpler]:
    """The files of a program in which an id goes with its address, with the document in the place of both."""
    found: dict[cst.Module, Simpler] = {}
    for opening in gladia.openings(program):
        module = program.module_of(opening.request.call)
        if module in found or len(program.modules) > 1:
            continue
        edits = Edits()
        answer = HttpResponse(opening.request.call)
        _split(program, answer, edits)
        if not edits:
            _replace_pairs(program, answer, edits)
        if not edits:
            _replace_objects(program, answer, edits)
        if edits:
            found[module] = simpler(module, edits)
    return found


def _field_of(value: Value, answer: HttpResponse) -> str | None:
    """The name of the field of an answer's document that a value is, if it is one of the two."""
    match value:
        case Parsed(document, _, (str(name),)) if document == answer and [name] in _FIELDS:
            return name
    return None


def _read(program: Program, at: cst.CSTNode, document: cst.BaseExpression, name: str) -> cst.Subscript:
    """A field of a document, as it can be written in the place of a node: inside an f-string with the other quotes."""
    quote, current = '"', program.parents.get(at)
    while current is not None:
        if isinstance(current, cst.FormattedString):
            quote = "'" if current.end.endswith('"') else '"'
        current = program.parents.get(current)
    key = cst.SimpleString(f"{quote}{name}{quote}")
    return cst.Subscript(document, [cst.SubscriptElement(cst.Index(key))])


# --- two at once -----------------------------------------------------------------------------------


def _split(program: Program, answer: HttpResponse, edits: Edits) -> None:
    """`session_id, url = data["id"], data["url"]` as two statements."""
    for node in program.nodes_in(program.module_of(answer.request)):
        match node:
            case cst.SimpleStatementLine(
                [
                    cst.Assign(
                        [cst.AssignTarget(cst.Tuple(targets))],
                        cst.Tuple(values),
                    )
                ]
            ) if len(targets) == len(values) and any(
                _field_of(program.value(one.value), answer) is not None for one in values
            ):
                pass
            case _:
                continue
        if not all(isinstance(one.value, (cst.Name, cst.Attribute)) for one in targets):
            continue
        made = [
            cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(one.value)], given.value)])  # type: ignore[arg-type]
            for one, given in zip(targets, values, strict=True)
        ]
        edits.remove(node)
        edits.insert_after(node, lambda made=made: made)  # type: ignore[misc]


# --- pairs ---------------------------------------------------------------------------------------


def _replace_pairs(program: Program, answer: HttpResponse, edits: Edits) -> None:
    """Functions that give the id and the address as a tuple, which their callers take apart at once."""
    for scope in program.scopes.values():
        function = scope.node
        if isinstance(function, cst.FunctionDef):
            pair = _pair_of(program, function, answer)
            if pair is not None:
                pair.plan(program, edits)
                return


@dataclass(frozen=True, slots=True, eq=False)
class _Pair:
    function: cst.FunctionDef
    returning: cst.Return
    names: tuple[str, ...]
    """The fields, as the tuple has them."""
    document: cst.BaseExpression
    callers: tuple[cst.SimpleStatementLine, ...]

    def plan(self, program: Program, edits: Edits) -> None:
        """Plans the edits: the document is returned, and read by the callers."""
        assert isinstance(self.returning.value, cst.Tuple)
        edits.replace(self.returning.value, self.document)
        if self.function.returns is not None:
            edits.replace(self.function.returns.annotation, cst.Name("dict"))
        for element, name in zip(self.returning.value.elements, self.names, strict=True):
            self._take_name_away(program, element.value, name, edits)
        for caller in self.callers:
            _take_apart(program, caller, self.names, edits)

    def _take_name_away(self, program: Program, node: cst.BaseExpression, name: str, edits: Edits) -> None:
        """What a field was called in the function is read from the document where it is used otherwise."""
        definitions = program.definitions_of(node) if isinstance(node, cst.Name) else []
        match definitions, definitions[0].statement if definitions else None:
            case [definition], cst.SimpleStatementLine([cst.Assign([_])]) as statement if _is_only(program, definition):
                edits.remove(statement)
                for use in definition.uses:
                    if use is not node:
                        edits.replace(use, _read(program, use, self.document, name))


def _take_apart(program: Program, caller: cst.SimpleStatementLine, names: Sequence[str], edits: Edits) -> None:
    """Plans that a statement that takes a pair apart gives a name to the document, out of which is read later on."""
    assign = caller.body[0]
    assert isinstance(assign, cst.Assign)
    targets = assign.targets[0].target
    assert isinstance(targets, (cst.Tuple, cst.List))
    document = cst.Name(_free_name(program, program.scope_of(caller)))
    edits.replace(targets, document)
    statements: list[Any] = []
    for one, name in zip(targets.elements, names, strict=True):
        definition = next((it for it in program.definitions() if it.node is one.value), None)
        if isinstance(one.value, cst.Name) and definition is not None and _is_only(program, definition):
            for use in definition.uses:
                edits.replace(use, _read(program, use, document, name))
        elif isinstance(one.value, (cst.Name, cst.Attribute)):
            value = _read(program, caller, document, name)
            statements.append(cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(one.value)], value)]))
    if statements:
        edits.insert_after(caller, lambda: statements)


def _is_only(program: Program, definition: Any) -> bool:
    """Whether nothing else gives a name of a function its value, and the uses are the function's own."""
    scope = program.scope_of(definition.node)
    others = program.scopes[scope].definitions.get(definition.name, ()) if scope in program.scopes else ()
    return len(list(others)) == 1 and all(program.scope_of(use) is scope for use in definition.uses)


def _pair_of(program: Program, function: cst.FunctionDef, answer: HttpResponse) -> _Pair | None:
    returns = [
        one
        for one in program.nodes_in(function.body)
        if isinstance(one, cst.Return) and program.scope_of(one) is function and one.value is not None
    ]
    pairs = [one for one in returns if isinstance(one.value, cst.Tuple)]
    if len(pairs) != 1 or len(returns) != 1:
        return None
    (returning,) = pairs
    assert isinstance(returning.value, cst.Tuple)
    names = [_field_of(program.value(one.value), answer) for one in returning.value.elements]
    if sorted(str(one) for one in names) != sorted(name for (name,) in _FIELDS):
        return None
    document = _document_at(program, function, answer)
    if document is None:
        return None
    callers: list[cst.SimpleStatementLine] = []
    for call in calls_of(program, function):
        parent = program.parents[call]
        parent = program.parents[parent] if isinstance(parent, cst.Await) else parent
        match parent, program.statement_of(call):
            case cst.Assign([cst.AssignTarget(cst.Tuple(targets) | cst.List(targets))]), cst.SimpleStatementLine(
                [_]
            ) as statement if len(targets) == len(names):
                callers.append(statement)
            case _:
                return None
    return _Pair(function, returning, tuple(str(one) for one in names), document, tuple(callers)) if callers else None


def _document_at(program: Program, function: cst.FunctionDef, answer: HttpResponse) -> cst.BaseExpression | None:
    """What a function calls the answer's document."""
    for node in program.nodes_in(function.body):
        if isinstance(node, cst.Name) and _is_document(program.value(node), answer):
            return cst.Name(node.value)
    return None


def _is_document(value: Value, answer: HttpResponse) -> bool:
    return isinstance(value, Parsed) and value.document == answer and value.path == ()


def _free_name(program: Program, scope: cst.CSTNode) -> str:
    taken = {one.value for one in program.nodes_in(scope) if isinstance(one, cst.Name)}
    return next((name for name in _NAMES if name not in taken), "session_of_gladia")


# --- objects -------------------------------------------------------------------------------------


@dataclass(eq=False, slots=True)
class _Record:
    """A class of the program whose one object holds an id and an address."""

    program: Program
    answer: HttpResponse
    definition: cst.ClassDef
    display: cst.Call
    fields: Mapping[str, str]
    """The answer's field by the class's."""
    document: cst.BaseExpression
    _names: set[str] = field(default_factory=set)

    def plan(self, edits: Edits) -> bool:
        """Plans the edits; False, with nothing planned, where the object is used for more."""
        program, planned = self.program, dict[cst.CSTNode, cst.CSTNode]()
        apart: list[cst.CSTNode] = []
        for node, value in program.values.items():
            if Class(self.definition) in alternatives(value) and not self._is_named_rightly(node, planned):
                return False
            if Instance(self.definition) not in alternatives(value) or node is self.display:
                continue
            parent = program.parents[node]
            if isinstance(parent, cst.Await):
                continue
            match parent:
                case cst.Attribute(base, cst.Name(name)) if base is node and name in self.fields:
                    if isinstance(program.parents[parent], cst.AssignTarget):
                        return False
                    planned[parent] = _read(program, node, node, self.fields[name])
                case cst.Assign([cst.AssignTarget(cst.Tuple(targets))]) if len(targets) == len(self.fields):
                    apart.append(program.statement_of(parent))
                case cst.Assign(targets) if any(isinstance(one.target, (cst.Tuple, cst.List)) for one in targets):
                    return False
                case cst.Assign() | cst.AnnAssign() | cst.AssignTarget() | cst.Return() | cst.Await():
                    pass
                case cst.Arg() if _flows(program, parent):
                    pass
                case cst.Attribute() if parent in program.values and Instance(self.definition) in alternatives(
                    program.value(parent)
                ):
                    pass
                case _:
                    return False
        for module in program.modules:
            for one in program.nodes_in(module):
                if isinstance(one, cst.Annotation) and self._names_class(one):
                    planned[one.annotation] = _retyped(one.annotation, self.definition.name.value)
        if any(not isinstance(one, cst.SimpleStatementLine) or len(one.body) != 1 for one in apart):
            return False
        for old, new in planned.items():
            edits.replace(old, new)
        for statement in apart:
            _take_apart(program, statement, [*self.fields.values()], edits)  # type: ignore[arg-type]
        edits.replace(self.display, self.document)
        edits.remove(self.definition)
        return True

    def _is_named_rightly(self, node: cst.CSTNode, planned: dict[cst.CSTNode, cst.CSTNode]) -> bool:
        """Whether the class is named where its object is made, where it is defined or in an annotation."""
        program = self.program
        if node is self.definition or node is self.definition.name or program.is_inside(node, self.display):
            return True
        current: cst.CSTNode | None = node
        while current is not None and not isinstance(current, (Statement, cst.Param)):
            if isinstance(current, cst.Annotation):
                return True
            current = program.parents.get(current)
        return isinstance(current, cst.Param)

    def _names_class(self, annotation: cst.Annotation) -> bool:
        name = self.definition.name.value
        nodes = self.program.nodes_in(annotation)
        return any(isinstance(one, cst.Name) and one.value == name for one in nodes) or any(
            isinstance(one, cst.SimpleString) and one.raw_value == name for one in nodes
        )


class _Retyping(cst.CSTTransformer):
    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        return cst.Name("dict") if updated_node.value == self._name else updated_node

    def leave_SimpleString(self, original_node: cst.SimpleString, updated_node: cst.SimpleString) -> cst.BaseExpression:
        return cst.Name("dict") if updated_node.raw_value == self._name else updated_node


def _retyped(annotation: cst.BaseExpression, name: str) -> cst.BaseExpression:
    found = annotation.visit(_Retyping(name))
    assert isinstance(found, cst.BaseExpression)
    return found


def _flows(program: Program, argument: cst.Arg) -> bool:
    """Whether a value is an argument of a function of the program, in which its uses are seen anyway."""
    call = program.parents[argument]
    return isinstance(call, cst.Call) and argument.value in program.followed


def _replace_objects(program: Program, answer: HttpResponse, edits: Edits) -> None:
    """Objects that hold the id and the address of a session, and nothing else that is ever read."""
    for record in _records(program, answer):
        if record.plan(edits):
            return


def _records(program: Program, answer: HttpResponse) -> Iterator[_Record]:
    made: dict[cst.ClassDef, list[cst.Call]] = {}
    for node, value in program.values.items():
        match node, value:
            case cst.Call(func), Instance(definition) if program.value(func) == Class(definition):
                made.setdefault(definition, []).append(node)
            case cst.Call(cst.Attribute(func)), Instance(definition) if _validates(node) is not None:
                if program.value(func) == Class(definition):
                    made.setdefault(definition, []).append(node)
    for definition, displays in made.items():
        if len(displays) != 1 or any(isinstance(one, cst.FunctionDef) for one in definition.body.body):
            continue
        (display,) = displays
        fields = _fields_of(program, definition, display, answer)
        function = program.scope_of(display)
        document = None
        if fields is not None and isinstance(function, cst.FunctionDef):
            document = _written_document(display) or _document_at(program, function, answer)
        if fields is not None and document is not None:
            yield _Record(program, answer, definition, display, fields, document)


def _written_document(display: cst.Call) -> cst.BaseExpression | None:
    """The document in `Model(**document)` or `Model.model_validate(document)`."""
    match display.args:
        case [cst.Arg(star="**", value=value)]:
            return value
    return _validates(display)


def _validates(node: cst.CSTNode) -> cst.BaseExpression | None:
    """What a call of pydantic's makes a model of."""
    match node:
        case cst.Call(cst.Attribute(attr=cst.Name(name)), [cst.Arg(value, keyword=None, star="")]):
            return value if name in _VALIDATING else None
    return None


def _fields_of(
    program: Program, definition: cst.ClassDef, display: cst.Call, answer: HttpResponse
) -> Mapping[str, str] | None:
    """Which field of the answer each of the class's is; None where the object is made of anything else."""
    declared = {
        small.target.value: small.value
        for line in definition.body.body
        for small in getattr(line, "body", ())
        if isinstance(small, cst.AnnAssign) and isinstance(small.target, cst.Name)
    }
    whole = _written_document(display)
    if whole is not None:
        is_of_answer = _is_document(program.value(whole), answer)
        return {name: name for name in declared if [name] in _FIELDS} if is_of_answer else None
    found: dict[str, str] = {}
    for at, argument in enumerate(display.args):
        name = argument.keyword.value if argument.keyword is not None else (list(declared)[at : at + 1] or [""])[0]
        read = _field_of(program.value(argument.value), answer)
        if argument.star or name not in declared:
            return None
        if read is not None:
            found[name] = read
        elif not isinstance(program.value(argument.value), (Known, Parsed)):
            return None
    return {name: found[name] for name in declared if name in found} if len(found) == len(_FIELDS) else None
