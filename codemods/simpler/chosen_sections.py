"""A section of a configuration that is only there where something holds, written so that it can be read.

`"pre_processing": {…} if noisy else None` puts in what `**({"pre_processing": {…}} if noisy else {})` does: null asks
Gladia for nothing. Of the SDK's objects the choice goes to what is in them: `Config(a=x) if noisy else None` asks for
what `Config(a=x if noisy else None)` does.
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.values import DictDisplay, JsonText, Known, LibraryObject, Value, something
from codemods.edits import Edits
from codemods.simpler.written import Simpler
from codemods.vendors import gladia, gladia_sdk

_ASKING = (
    *(cst.Name, cst.Attribute, cst.Comparison, cst.ComparisonTarget, cst.BooleanOperation, cst.UnaryOperation),
    *(cst.SimpleString, cst.Integer, cst.Float, cst.Subscript, cst.SubscriptElement, cst.Index),
)


def with_sections_chosen(program: Program) -> dict[cst.Module, Simpler]:
    """The files of a program in which a section is put in or None, with the choice where the parameters are."""
    plans: dict[cst.Module, Edits] = {}
    for opening in gladia.openings(program):
        value = program.value(opening.request.json or opening.request.data or opening.request.call)
        for element in _chosen_entries(program, value.of if isinstance(value, JsonText) else value):
            edits = plans.setdefault(program.module_of(element), Edits())
            edits.replace(element, _unpacked(program, element))
    for argument in _chosen_arguments(program):
        choice = argument.value
        assert isinstance(choice, cst.IfExp)
        chosen = _chosen(program, choice)
        assert isinstance(chosen, cst.Call)
        edits = plans.setdefault(program.module_of(argument), Edits())
        edits.replace(choice, _pushed(program, choice, chosen, chosen))
    return {module: Simpler(edits.apply(module).code, ()) for module, edits in plans.items() if edits}


def _chosen(program: Program, choice: cst.IfExp) -> cst.BaseExpression | None:
    """What is there where something is: the other one of the two is None."""
    if program.value(choice.orelse) == Known(None):
        return choice.body
    return choice.orelse if program.value(choice.body) == Known(None) else None


def _choosing(choice: cst.IfExp, chosen: cst.BaseExpression, value: cst.BaseExpression) -> cst.IfExp:
    """The same choice, of another value than was chosen."""
    if isinstance(value, cst.IfExp) and not value.lpar:
        value = value.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    branch = "body" if chosen is choice.body else "orelse"
    return choice.with_changes(lpar=[], rpar=[], **{branch: value})


# --- dictionaries ----------------------------------------------------------------------------------


def _chosen_entries(program: Program, value: Value) -> Iterator[cst.DictElement]:
    """The entries of a body, at any depth, that are a display or None."""
    for display in something(value):
        made = program.dictionaries.get(display.site) if isinstance(display, DictDisplay) else None
        for entry in made.entries if made is not None else ():
            if not isinstance(entry.node, cst.DictElement):
                continue
            if isinstance(entry.node.value, cst.IfExp):
                if isinstance(_chosen(program, entry.node.value), cst.Dict):
                    yield entry.node
            else:
                yield from _chosen_entries(program, entry.value)


def _unpacked(program: Program, element: cst.DictElement) -> cst.StarredDictElement:
    choice = element.value
    assert isinstance(choice, cst.IfExp)
    chosen = _chosen(program, choice)
    assert chosen is not None
    nothing = "orelse" if chosen is choice.body else "body"
    whole = cst.Dict([cst.DictElement(element.key, _on_one_line(program, chosen))])
    written = _choosing(choice, chosen, whole).with_changes(
        lpar=[cst.LeftParen()], rpar=[cst.RightParen()], **{nothing: cst.Dict([])}
    )
    return cst.StarredDictElement(written, comma=element.comma)


def _on_one_line(program: Program, node: cst.BaseExpression) -> cst.BaseExpression:
    """A display without its line breaks, which belong to the place where it stood; as it is where it holds comments."""
    if any(isinstance(one, cst.Comment) for one in program.nodes_in(node)):
        return node
    written = node.visit(_Joining())
    assert isinstance(written, cst.BaseExpression)
    return written


class _Joining(cst.CSTTransformer):
    def leave_Dict(self, original_node: cst.Dict, updated_node: cst.Dict) -> cst.Dict:
        comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
        elements = [one.with_changes(comma=comma) for one in updated_node.elements]
        if elements:
            elements[-1] = elements[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        return updated_node.with_changes(elements=elements, lbrace=cst.LeftCurlyBrace(), rbrace=cst.RightCurlyBrace())


# --- the SDK's objects -----------------------------------------------------------------------------


def _chosen_arguments(program: Program) -> Iterator[cst.Arg]:
    """The arguments of the request, and of what is in it, that are an object of the SDK's configuration or None."""
    for node, value in program.values.items():
        if not isinstance(node, cst.Call) or not isinstance(value, LibraryObject) or value.site is not node:
            continue
        if gladia_sdk.name_of(value.made_by) not in gladia_sdk.CONFIGURATION_CLASSES.values():
            continue
        for argument in node.args:
            choice = argument.value
            if not isinstance(choice, cst.IfExp) or not _only_asks(program, choice.test):
                continue
            if _is_section(program, _chosen(program, choice)):
                yield argument


def _is_section(program: Program, node: cst.BaseExpression | None) -> bool:
    """Whether a part of the configuration is made here, of named parameters."""
    if not isinstance(node, cst.Call) or any(one.keyword is None for one in node.args):
        return False
    value = program.value(node)
    return isinstance(value, LibraryObject) and (
        gladia_sdk.name_of(value.made_by) in gladia_sdk.CONFIGURATION_CLASSES.values()
    )


def _only_asks(program: Program, test: cst.BaseExpression) -> bool:
    """Whether a test may be made several times."""
    inside = [one for one in program.nodes_in(test) if isinstance(one, cst.BaseExpression)]
    return all(isinstance(one, _ASKING) for one in inside)


def _pushed(program: Program, choice: cst.IfExp, chosen: cst.Call, section: cst.Call) -> cst.Call:
    """A section with the choice in each of its arguments, down to where these are no sections any more."""
    arguments = []
    for argument in section.args:
        value = argument.value
        inner = (
            _pushed(program, choice, chosen, value)
            if isinstance(value, cst.Call) and _is_section(program, value)
            else _choosing(choice, chosen, value)
        )
        arguments.append(argument.with_changes(value=inner))
    return section.with_changes(args=arguments)
