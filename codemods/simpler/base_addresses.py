"""A POST whose client knows the service's address: written at the POST as a whole, which is where it is looked for.

An address that is an object of a library is written as the text that it is.
"""

from __future__ import annotations

import libcst as cst

from codemods.analysis.http_requests import HttpRequest
from codemods.analysis.program import Program
from codemods.analysis.values import Known
from codemods.edits import Edits
from codemods.rules.opening.address_objects import as_text, is_address_object
from codemods.simpler.kept_values import kept_on_self
from codemods.simpler.written import Simpler, simpler
from codemods.vendors import gladia
from codemods.vendors.http_clients import base_of, client_of


def with_whole_addresses(program: Program) -> dict[cst.Module, Simpler]:
    """The files of a program in which a session's POST gives a path alone, with the whole address there."""
    plans: dict[cst.Module, Edits] = {}
    for opening in gladia.openings(program):
        _plan(program, opening.request, plans)
    return {module: _written(module, edits) for module, edits in plans.items() if edits}


def _plan(program: Program, request: HttpRequest, plans: dict[cst.Module, Edits]) -> None:
    if request.url is not None and is_address_object(program, request.url):
        text = as_text(program, request.url)
        if text is not None:
            plans.setdefault(program.module_of(request.call), Edits()).replace(request.url, text)
        return
    client = client_of(program, request.call)
    given = base_of(program, client) if client is not None else None
    if client is None or given is None or request.url is None:
        return
    whole: cst.BaseExpression | None
    own = plans.setdefault(program.module_of(request.call), Edits())
    if isinstance(request.url, cst.Name):
        path = gladia.text_of(program.value(request.url))
        whole = _behind(program, request, given.value, own) if path.startswith("/") else None
    elif isinstance(request.url, cst.SimpleString):
        path = request.url.raw_value
        whole = _whole(program, request, given.value, path, own)
    else:
        return
    if "://" in path or whole is None:
        return
    own.replace(request.url, whole)
    others = [one for one in program.requests if client_of(program, one) is client and one is not request.call]
    if not others:
        # Whatever else is done with the client, it asks for nothing by a path.
        edits = plans.setdefault(program.module_of(client), Edits())
        edits.rewrite(client, lambda updated: _without(updated, list(client.args).index(given)))


def _whole(
    program: Program, request: HttpRequest, base: cst.BaseExpression, path: str, edits: Edits
) -> cst.BaseExpression | None:
    """The base with the path, where the base can be had at the POST; None where it cannot."""
    value = program.value(base)
    text = gladia.text_of(value)
    if not text.startswith("https://"):
        return None
    slash = "" if text.endswith("/") else "/"
    rest = path.lstrip("/")
    if isinstance(base, cst.SimpleString) and isinstance(value, Known):
        quoted = request.url if isinstance(request.url, cst.SimpleString) else base
        return quoted.with_changes(value=f"{quoted.quote}{base.raw_value}{slash}{rest}{quoted.quote}")
    here = program.at_statement.get(program.statement_of(request.call), {})
    for name in (one for one in program.nodes_in(base) if isinstance(one, cst.Name) and one in program.reaching):
        is_same = here.get(name.value) == program.reaching[name] or name.value == "self"
        is_of_module = all(isinstance(program.scope_of(one.node), cst.Module) for one in program.reaching[name])
        if not is_same and not (is_of_module and name.value not in here):
            kept = kept_on_self(program, base, request.call, edits)
            if kept is None:
                return None
            base = kept
            break
    if isinstance(base, (cst.Name, cst.Attribute)):
        return cst.FormattedString([cst.FormattedStringExpression(base), cst.FormattedStringText(f"{slash}{rest}")])
    if isinstance(base, cst.FormattedString):
        return base.with_changes(parts=[*base.parts, cst.FormattedStringText(f"{slash}{rest}")])
    return None


def _behind(
    program: Program, request: HttpRequest, base: cst.BaseExpression, edits: Edits
) -> cst.BaseExpression | None:
    """The base with a path that has a name, such as a parameter's."""
    assert request.url is not None
    whole = _whole(program, request, base, "", edits)
    match whole:
        case cst.FormattedString([*parts, cst.FormattedStringText("/")]):
            return whole.with_changes(parts=[*parts, cst.FormattedStringExpression(request.url)])
        case cst.SimpleString() if whole.raw_value.endswith("/"):
            quote = whole.quote
            text = cst.FormattedStringText(whole.raw_value[:-1])
            return cst.FormattedString([text, cst.FormattedStringExpression(request.url)], f"f{quote}", quote)
    return None


def _without(call: cst.Call, at: int) -> cst.Call:
    arguments = [one for index, one in enumerate(call.args) if index != at]
    if arguments and at == len(arguments):
        arguments[-1] = arguments[-1].with_changes(comma=call.args[-1].comma)
    return call.with_changes(args=arguments)


def _written(module: cst.Module, edits: Edits) -> Simpler:
    return simpler(module, edits)
