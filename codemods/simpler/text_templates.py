"""An address that is filled into a template, as the f-string that says the same.

`TEMPLATE.format(rate=16000)` and `"…%s…" % rate` put an address together whose pieces an f-string
shows where they stand.
"""

from __future__ import annotations

import re
from string import Formatter

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.values import Known, Text, Value, alternatives
from codemods.edits import Edits
from codemods.literals import f_string
from codemods.simpler.query_pieces import made_of
from codemods.simpler.written import Simpler
from codemods.vendors import assemblyai_sessions as sessions


def with_templates_filled(program: Program) -> dict[cst.Module, Simpler]:
    """The files of a program in which a session's address comes of a template, with f-strings."""
    plans: dict[cst.Module, Edits] = {}
    for edition in (sessions.V3, sessions.V2):
        for opening in sessions.openings(program, edition):
            for node in made_of(program, opening.url):
                edits = plans.setdefault(program.module_of(node), Edits())
                if node in edits.rewrites:
                    continue
                template = _template(program, node)
                pieces = _pieces(program, node, template.evaluated_value) if template is not None else None
                filled = _filled(template, pieces) if template is not None and pieces is not None else None
                if filled is not None:
                    edits.replace(node, filled)
                    _drop(program, node, edits)
    return {module: Simpler(edits.apply(module).code, ()) for module, edits in plans.items() if edits}


def _template(program: Program, node: cst.BaseExpression) -> cst.SimpleString | None:
    """The literal that an expression fills in, here or where a name gets it."""
    match node:
        case cst.Call(cst.Attribute(template, cst.Name("format"))) | cst.BinaryOperation(template, cst.Modulo()):
            pass
        case _:
            return None
    if isinstance(template, cst.Name | cst.Attribute):
        found = [one.expression for one in program.definitions_of(template)]
        template = found[0] if len(found) == 1 and found[0] is not None else template
    if not isinstance(template, cst.SimpleString) or "b" in template.prefix or len(template.quote) != 1:
        return None
    return template if isinstance(template.evaluated_value, str) else None


def _pieces(program: Program, node: cst.BaseExpression, text: object) -> list[str | cst.BaseExpression] | None:
    """The texts and expressions of a filled template; None where a field is laid out in a way of its own."""
    assert isinstance(text, str)
    if isinstance(node, cst.BinaryOperation):
        given = [one.value for one in node.right.elements] if isinstance(node.right, cst.Tuple) else [node.right]
        texts = re.split(r"%[sdi]", text)
        if not isinstance(node.right, cst.Tuple) and not all(map(_is_one, alternatives(program.value(node.right)))):
            return None  # a tuple fills in its elements, and not itself
        if len(texts) != len(given) + 1 or "%" in "".join(texts):
            return None
        found: list[str | cst.BaseExpression] = [texts[0]]
        for value, behind in zip(given, texts[1:], strict=True):
            found.extend((value, behind))
        return found
    assert isinstance(node, cst.Call)
    if any(one.star for one in node.args):
        return None
    positional = [one.value for one in node.args if one.keyword is None]
    named = {one.keyword.value: one.value for one in node.args if one.keyword is not None}
    found = []
    try:
        fields = list(Formatter().parse(text))
    except ValueError:
        return None
    at = 0
    for literal, name, layout, conversion in fields:
        found.append(literal)
        if name is None:
            continue
        if name == "" or name.isdecimal():
            index = at if name == "" else int(name)
            at += 1
            filled = positional[index] if index < len(positional) else None
        else:
            filled = named.get(name)
        if filled is None or layout or conversion:
            return None
        found.append(filled)
    return found


def _is_one(value: Value) -> bool:
    """Whether a value is surely no tuple."""
    return isinstance(value, Text) or (isinstance(value, Known) and not isinstance(value.value, tuple))


def _filled(template: cst.SimpleString, pieces: list[str | cst.BaseExpression]) -> cst.BaseExpression | None:
    written: list[str | cst.BaseExpression] = []
    for piece in pieces:
        if isinstance(piece, cst.SimpleString | cst.Integer) and isinstance(piece.evaluated_value, str | int):
            written.append(str(piece.evaluated_value))
        else:
            written.append(piece)
    return f_string(written, template.quote if template.quote == "'" else '"')


def _drop(program: Program, node: cst.BaseExpression, edits: Edits) -> None:
    """Removes the template's name where nothing else reads it."""
    match node:
        case cst.Call(cst.Attribute(cst.Name() as name)) | cst.BinaryOperation(cst.Name() as name):
            for one in program.definitions_of(name):
                statement = one.statement
                is_own = program.module_of(one.node) is program.module_of(node)
                if one.uses == [name] and is_own and isinstance(statement, cst.SimpleStatementLine):
                    edits.remove(statement)
