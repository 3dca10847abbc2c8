"""A query that a program joins by itself from a list, as the dictionary of its parameters.

`"&".join(f"{k}={v}" for k, v in pairs)` asks AssemblyAI for what `urlencode(params)` asks for, and so do
`urlencode(pairs)` and `"&".join(parts)` of parts such as `"sample_rate=16000"`. In a dictionary each parameter can be
read and moved; a list that grows (`pairs.append(("language_codes", code))` in a loop) is one parameter that is a list.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.values import DictDisplay, Known, UrlQuery, alternatives
from codemods.edits import Edits, expression
from codemods.rules.posting.address_maker import maker_at
from codemods.simpler.query_elements import joins
from codemods.simpler.query_pieces import Pair, drop_idle, is_repeated, made_of, pair_of, pairs_of_text
from codemods.simpler.written import Simpler, simpler
from codemods.vendors import assemblyai_sessions as sessions

_ENCODE = ("urllib.parse", "urlencode")


def with_queries_encoded(program: Program) -> dict[cst.Module, Simpler]:
    """The files of a program in which a session's query is joined from a list, with a dictionary that is encoded."""
    plans: dict[cst.Module, Edits] = {}
    for edition in (sessions.V3, sessions.V2):
        for opening in sessions.openings(program, edition):
            for node in made_of(program, opening.url):
                if isinstance(node, cst.Call) and node not in _planned(plans):
                    module = program.module_of(node)
                    _Query(program, node, plans.setdefault(module, Edits())).plan()
    return {module: _written(module, edits) for module, edits in plans.items() if edits}


def _planned(plans: dict[cst.Module, Edits]) -> set[cst.CSTNode]:
    return {node for edits in plans.values() for node in edits.rewrites}


def _written(module: cst.Module, edits: Edits) -> Simpler:
    needed = [_ENCODE] if encoder(module) is None else []
    return simpler(module, edits, needed)


def encoder(module: cst.Module) -> cst.BaseExpression | None:
    """The name by which a module can call `urlencode`; None where it has none yet."""
    for statement in module.body:
        for line in statement.body if isinstance(statement, cst.SimpleStatementLine) else ():
            match line:
                case cst.ImportFrom(cst.Attribute(cst.Name("urllib"), cst.Name("parse")), names) if not isinstance(
                    names, cst.ImportStar
                ):
                    for one in names:
                        if one.evaluated_name == _ENCODE[1]:
                            return cst.Name(one.evaluated_alias or _ENCODE[1])
                case cst.Import(names):
                    for one in names:
                        if one.evaluated_name == _ENCODE[0]:
                            return cst.parse_expression(f"{one.evaluated_alias or _ENCODE[0]}.{_ENCODE[1]}")
    return None


def encoded(module: cst.Module, of: cst.BaseExpression) -> cst.Call:
    """The call that makes a query of a dictionary."""
    return cst.Call(encoder(module) or cst.Name(_ENCODE[1]), [cst.Arg(of)])


class _Query:
    """One call that makes a query."""

    def __init__(self, program: Program, call: cst.Call, edits: Edits) -> None:
        self._program = program
        self._call = call
        self._edits = edits

    def plan(self) -> None:
        """Plans that the call encodes a dictionary, where what it is made of can be one."""
        source: cst.BaseExpression | None = None
        match self._call:
            case cst.Call(cst.Attribute(between, cst.Name("join")), [cst.Arg(of, star="")]) if self._program.value(
                between
            ) == Known("&"):
                source = self._joined(of)
            case cst.Call(_, [cst.Arg(of, star=""), *_]) if isinstance(self._program.value(self._call), UrlQuery):
                source = self._dictionary(of, texts=False)
                if source is None and self._is_dictionary(of):
                    self._plan_giving(of)
                    return
        if source is not None and not self._plan_giving(source):
            self._edits.replace(self._call, encoded(self._module, source))

    def _is_dictionary(self, of: cst.BaseExpression) -> bool:
        return all(isinstance(one, DictDisplay) for one in alternatives(self._program.value(of)))

    def _plan_giving(self, source: cst.BaseExpression) -> bool:
        """Plans that a function which gives the query gives the dictionary, and that its caller encodes it."""
        returned = self._program.parents[self._call]
        function = self._program.scope_of(self._call)
        if not isinstance(returned, cst.Return) or not isinstance(function, cst.FunctionDef):
            return False
        callers = [
            one
            for one in self._program.values
            if isinstance(one, cst.Call)
            and (maker := maker_at(self._program, one)) is not None
            and maker.function is function
        ]
        if len(callers) != 1 or not self._is_asked_once(function):
            return False
        (caller,) = callers
        module = self._program.module_of(caller)
        if module is not self._module:
            return False
        self._edits.replace(self._call, source)
        self._edits.replace(caller, encoded(module, caller))
        if function.returns is not None:
            annotation = cst.parse_expression("dict[str, object]")
            self._edits.replace(function.returns.annotation, annotation)
        return True

    @property
    def _module(self) -> cst.Module:
        return self._program.module_of(self._call)

    def _joined(self, of: cst.BaseExpression) -> cst.BaseExpression | None:
        match of:
            case cst.GeneratorExp(elt, loop) | cst.ListComp(elt, loop) if loop.inner_for_in is None:
                return self._paired(elt, loop)
        return self._dictionary(of, texts=True)

    def _paired(self, elt: cst.BaseExpression, loop: cst.CompFor) -> cst.BaseExpression | None:
        """The dictionary behind `f"{k}={v}" for k, v in …`."""
        match loop.target:
            case cst.Tuple([cst.Element(cst.Name(key)), cst.Element(cst.Name(value))]):
                pass
            case _:
                return None
        if not joins(self._program, elt, key, value):
            return None
        match loop.iter:
            case cst.Call(cst.Attribute(source, cst.Name("items")), []):
                of: cst.BaseExpression | None = source
            case _:
                of = self._dictionary(loop.iter, texts=False)
        if of is None or not loop.ifs:
            return of
        items = cst.Call(cst.Attribute(of, cst.Name("items")))
        kept = loop.with_changes(iter=items, asynchronous=None)
        return cst.DictComp(cst.Name(key), cst.Name(value), kept)

    # --- lists as dictionaries -------------------------------------------------------------------

    def _dictionary(self, of: cst.BaseExpression, *, texts: bool) -> cst.BaseExpression | None:
        """What is in the place of a list from now on; None, and nothing planned, where it cannot be a dictionary.

        `texts`: its elements are `"name=value"` each, and pairs otherwise.
        """
        if isinstance(of, cst.List | cst.Tuple):
            pairs = self._pairs(of.elements, texts=texts)
            return _display(of, pairs) if pairs is not None else None
        maker = maker_at(self._program, of)
        if maker is not None and isinstance(of, cst.Call) and self._is_asked_once(maker.function):
            return of if self._grown(maker.returned, self._call, texts=texts) else None
        return of if isinstance(of, cst.Name) and self._grown(of, self._call, texts=texts) else None

    def _is_asked_once(self, function: cst.FunctionDef) -> bool:
        name = function.name.value
        named = [
            one
            for module in self._program.modules
            for one in self._program.nodes_in(module)
            if isinstance(one, cst.Name) and one.value == name and one is not function.name
        ]
        return len(named) == 1

    def _grown(self, name: cst.BaseExpression, used: cst.CSTNode, *, texts: bool) -> bool:
        """Plans that a list under a name, and all that is put into it, is a dictionary."""
        if not isinstance(name, cst.Name):
            return False
        scope = self._program.scope_of(name)
        known = self._program.scopes.get(scope)
        definitions = known.definitions.get(name.value, []) if known is not None else []
        made = [one for one in definitions if not isinstance(one.statement, cst.SimpleStatementLine) or not _adds(one)]
        site = made[0].expression if len(made) == 1 else None
        if not isinstance(site, cst.List):
            return False
        pairs = self._pairs(site.elements, texts=texts)
        steps: dict[cst.CSTNode, list[_Step]] = {}
        for use in self._uses(name.value, scope):
            if use is made[0].node or use is name or self._program.is_inside(use, used):
                continue
            step = self._step(use, scope, texts=texts)
            if step is None:
                return False
            steps.setdefault(step.statement, []).append(step)
        if pairs is None or any(len(one) > 1 for one in steps.values()):
            return False
        keys = [self._name(one) for one in (*pairs, *(each for (step,) in steps.values() for each in step.pairs))]
        if None in keys or len(set(keys)) < len(keys):
            return False  # what is asked for twice is there once in a dictionary
        self._edits.replace(site, _display(site, pairs))
        self._drop_annotation(made[0].statement)
        for (step,) in steps.values():
            step.plan(self._edits, name.value)
        quoted = [one.of for one in (*pairs, *(each for (step,) in steps.values() for each in step.pairs))]
        gone = [made[0].statement, *steps]
        drop_idle(self._program, [one for one in quoted if one], [one for one in gone if one], self._edits)
        return True

    def _uses(self, name: str, scope: cst.CSTNode) -> list[cst.Name]:
        program = self._program
        return [
            node
            for node in program.nodes_in(scope)
            if isinstance(node, cst.Name)
            and node.value == name
            and not (isinstance(parent := program.parents[node], cst.Attribute) and parent.attr is node)
            and not (isinstance(parent, cst.Arg) and parent.keyword is node)
        ]

    def _drop_annotation(self, statement: cst.CSTNode | None) -> None:
        match statement:
            case cst.SimpleStatementLine([cst.AnnAssign() as line]):

                def plain(updated: cst.AnnAssign) -> cst.CSTNode:
                    assert updated.value is not None
                    return cst.Assign([cst.AssignTarget(updated.target)], updated.value)

                self._edits.rewrite(line, plain)

    def _step(self, use: cst.Name, scope: cst.CSTNode, *, texts: bool) -> _Step | None:
        """What a statement that a list's name stands in puts into it; None for any other use."""
        statement = self._program.statement_of(use)
        if not isinstance(statement, cst.SimpleStatementLine) or len(statement.body) != 1:
            return None
        match statement.body[0]:
            case cst.Expr(cst.Call(cst.Attribute(cst.Name() as owner, cst.Name("append")), [cst.Arg(element)])) if (
                owner is use
            ):
                given: Sequence[cst.BaseElement] = [cst.Element(element)]
            case cst.Expr(cst.Call(cst.Attribute(cst.Name() as owner, cst.Name("extend")), [cst.Arg(more)])) if (
                owner is use
            ):
                return self._several(statement, more, scope, texts=texts)
            case cst.AugAssign(cst.Name() as owner, cst.AddAssign(), more) if owner is use:
                return self._several(statement, more, scope, texts=texts)
            case _:
                return None
        pairs = self._pairs(given, texts=texts)
        if pairs is None:
            return None
        if is_repeated(self._program, statement, within=scope):
            return self._each(statement, pairs, scope)
        return _Step(statement, statement, pairs)

    def _several(
        self, statement: cst.SimpleStatementLine, more: cst.BaseExpression, scope: cst.CSTNode, *, texts: bool
    ) -> _Step | None:
        if is_repeated(self._program, statement, within=scope):
            return None
        match more:
            case cst.List(elements) | cst.Tuple(elements):
                pairs = self._pairs(elements, texts=texts)
                return _Step(statement, statement, pairs) if pairs is not None else None
            case cst.GeneratorExp(cst.Tuple([cst.Element(key), cst.Element(value)]), loop) | cst.ListComp(
                cst.Tuple([cst.Element(key), cst.Element(value)]), loop
            ) if self._is_constant(key):
                return _Step(statement, statement, [Pair(key, _list(value, loop))])
        return None

    def _each(self, statement: cst.SimpleStatementLine, pairs: list[Pair], scope: cst.CSTNode) -> _Step | None:
        """The one parameter that a loop over a list puts there once for each of its elements; None for other loops."""
        loop = self._program.parents.get(self._program.parents[statement])
        if not isinstance(loop, cst.For) or loop.orelse is not None or loop.asynchronous is not None:
            return None
        if len(loop.body.body) != 1 or len(pairs) != 1 or is_repeated(self._program, loop, within=scope):
            return None
        header = cst.CompFor(loop.target, loop.iter)
        return _Step(statement, loop, [Pair(pairs[0].key, _list(pairs[0].value, header))])

    def _name(self, pair: Pair) -> object:
        """A parameter's name; None where it is not known."""
        if pair.key not in self._program.values:
            return pair.key.evaluated_value if isinstance(pair.key, cst.SimpleString) else None
        value = self._program.value(pair.key)
        return value.value if isinstance(value, Known) else None

    def _is_constant(self, key: cst.BaseExpression) -> bool:
        return isinstance(self._program.value(key), Known)

    def _pairs(self, elements: Sequence[cst.BaseElement], *, texts: bool) -> list[Pair] | None:
        """The parameters that a list's elements are."""
        found: list[Pair] = []
        for element in elements:
            match element.value:
                case _ if isinstance(element, cst.StarredElement):
                    return None
                case cst.Tuple([cst.Element(key), cst.Element(value)]) if not texts:
                    found.append(pair_of(self._program, key, value))
                case cst.List([cst.Element(key), cst.Element(value)]) if not texts:
                    found.append(pair_of(self._program, key, value))
                case text if texts:
                    pairs = pairs_of_text(self._program, text)
                    if pairs is None or len(pairs) != 1:
                        return None
                    found.extend(pairs)
                case _:
                    return None
        keys = [self._program.value(one.key) for one in found if one.key in self._program.values]
        if any(not isinstance(one, Known) for one in keys):
            return None
        return found if len({one.value for one in keys if isinstance(one, Known)}) == len(keys) else None


@dataclass(frozen=True, slots=True)
class _Step:
    """What one statement puts into the list: `place` gives way to stores of the pairs."""

    statement: cst.CSTNode
    place: cst.CSTNode
    pairs: list[Pair]

    def plan(self, edits: Edits, name: str) -> None:
        """Plans the stores."""
        lines = []
        for pair in self.pairs:
            target = expression("params[key]", params=cst.Name(name), key=pair.key)
            assert isinstance(target, cst.BaseAssignTargetExpression)
            lines.append(cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(target)], pair.value)]))
        edits.insert_before(self.place, lambda: [*lines])
        edits.remove(self.place)


def _adds(definition: object) -> bool:
    """Whether a definition is `pairs += …`."""
    statement = getattr(definition, "statement", None)
    return isinstance(statement, cst.SimpleStatementLine) and isinstance(statement.body[0], cst.AugAssign)


def _list(value: cst.BaseExpression, loop: cst.CompFor) -> cst.BaseExpression:
    """The list of what a loop gives: `list(codes)` of `code for code in codes`."""
    match value, loop.target:
        case cst.Name(one), cst.Name(other) if one == other and not loop.ifs and loop.inner_for_in is None:
            return cst.Call(cst.Name("list"), [cst.Arg(loop.iter)])
    spaced = loop.with_changes(whitespace_before=cst.SimpleWhitespace(" "))
    return cst.ListComp(value, spaced)


def _display(site: cst.List | cst.Tuple, pairs: list[Pair]) -> cst.Dict:
    """The dictionary with a list's layout."""
    elements = [
        cst.DictElement(pair.key, pair.value, comma=getattr(element, "comma", cst.MaybeSentinel.DEFAULT))
        for element, pair in zip(site.elements, pairs, strict=True)
    ]
    if not isinstance(site, cst.List):
        return cst.Dict(elements)
    inside, behind = site.lbracket.whitespace_after, site.rbracket.whitespace_before
    return cst.Dict(
        elements,
        lbrace=cst.LeftCurlyBrace(whitespace_after=inside),
        rbrace=cst.RightCurlyBrace(whitespace_before=behind),
    )
