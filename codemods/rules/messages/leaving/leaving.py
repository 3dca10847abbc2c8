"""Messages that leave the program: a function of the program's own gives them the form that their readers know.

Whoever reads a message where the analysis does not follow (a browser, a callback of a caller's, a file that others
load) reads the old vendor's fields. So everything that is followed is rewritten, and everything that is not gets the
old form: no reader is left with half of each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property, partial

import libcst as cst

from codemods.analysis.containers import contents
from codemods.analysis.values import (
    EACH,
    UNKNOWN,
    DictDisplay,
    Frame,
    JsonText,
    Parsed,
    Sequence,
    Stream,
    Value,
    alternatives,
    something,
)
from codemods.edits import Statement, expression, statements
from codemods.findings import OLD_FORM_KEPT
from codemods.migrating import Migrating
from codemods.rules.messages.carriers import Carriers
from codemods.rules.messages.leaving.old_form import OldForm
from codemods.rules.messages.leaving.own_functions import function_of
from codemods.rules.messages.own_fields import OwnFields
from codemods.rules.messages.places import MessagePlaces, general
from shim.mapping import session
from shim.mapping.row import Row


class Leaving:
    """Plans the old form of what leaves the program; `rows` are those of what the sessions receive.

    `whole` is what a whole message is called in the names of functions.
    """

    def __init__(
        self,
        migrating: Migrating,
        places: MessagePlaces,
        carriers: Carriers,
        rows: tuple[Row, ...],
        whole: str = "message",
    ) -> None:
        self._whole = whole
        self._migrating = migrating
        self._program = migrating.program
        self._places = places
        self._carriers = carriers
        self._own = OwnFields(migrating, places)
        self._form = OldForm(places, rows, migrating.source)
        self._given: set[cst.CSTNode] = set()
        self._names: dict[tuple[cst.Module, object], str] = {}
        self._kinds: dict[str, set[str]] = {}
        """By the function for whole messages: the types that come to it."""

    @property
    def is_used(self) -> bool:
        """Whether anything leaves in the old form."""
        return bool(self._given)

    def plan(self, node: cst.BaseExpression, value: Value) -> bool:
        """Plans that what `node` gives leaves in the old form; False, and nothing planned, where that cannot be."""
        if node in self._given:
            return True
        if self._is_read_behind(node) or self._reader_escapes():
            return False
        found = self._parts(node, value)
        messages = [self._listed(one) or self._message(one) for one in found]
        if not found or any(one is None or self._own.is_inside(one.path) for one in messages):
            return False
        for one in found:
            if one not in self._given:
                self._give(one)
        return True

    # --- what leaves ------------------------------------------------------------------------------

    def _listed(self, node: cst.BaseExpression) -> Parsed | None:
        """What each element is of a list that the program fills with messages; None for anything else."""
        lists = list(alternatives(self._program.value(node)))
        if len(lists) != 1 or not isinstance(lists[0], Sequence) or not isinstance(lists[0].site, cst.List):
            return None
        each = contents(self._program, lists[0])
        if not all(isinstance(one, Parsed) for one in alternatives(each)):
            return None
        found = self._places.message(each)
        return found if found is not None and self._form.kinds_of(found) else None

    def _parts(self, node: cst.BaseExpression, value: Value) -> list[cst.BaseExpression]:
        """The expressions of messages in what leaves: itself, or what stands in a display that nobody here reads."""
        if (whole := self._whose_type(node)) is not None:
            return [whole]
        if all(isinstance(one, (Parsed, Frame)) for one in alternatives(value)) or self._listed(node) is not None:
            return [node]
        found: list[cst.BaseExpression] = []
        for one in alternatives(value):
            if isinstance(one, Stream):
                given = self._yielded(node)
                values = [(each, self._program.value(each)) for each in given]
                yielded = [self._parts(each, held) for each, held in values if self._carriers.carries(held)]
                if not yielded or not all(yielded):
                    return []
                found += [each for several in yielded for each in several]
                continue
            if isinstance(one, JsonText):
                made_of = one.call.args[0].value if one.call.args else None
                if made_of is None or self._is_read_again(one):
                    return []
                parts = self._parts(made_of, self._program.value(made_of))
                if not parts:
                    return []
                found += parts
                continue
            if not isinstance(one, (DictDisplay, Sequence)) or self._is_taken_from(one):
                return []
            inside = self._elements(one, node)
            if inside is None:
                return []
            for element in inside:
                if self._carriers.carries(self._program.value(element)):
                    parts = self._parts(element, self._program.value(element))
                    if not parts:
                        return []
                    found += parts
        return found

    def _whose_type(self, node: cst.BaseExpression) -> cst.Name | None:
        """The message whose type an expression reads: `message` of `message["type"]`; None for anything else."""
        match node:
            case cst.Subscript(cst.Name() as owner) | cst.Call(cst.Attribute(cst.Name() as owner, cst.Name("get"))):
                read, whole = (self._places.message(self._program.value(one)) for one in (node, owner))
                is_type = read is not None and read.path == self._places.type_path
                return owner if is_type and whole is not None and not whole.path else None
        return None

    def _yielded(self, node: cst.BaseExpression) -> list[cst.BaseExpression]:
        """What a generator of the program's own yields, where it is called at a node and nowhere else."""
        callees = something(self._program.value(node.func)) if isinstance(node, cst.Call) else ()
        function = function_of(callees[0]) if len(callees) == 1 else None
        if not isinstance(function, cst.FunctionDef) or not isinstance(node, cst.Call):
            return []
        named = (one for one in self._program.values if isinstance(one, (cst.Name, cst.Attribute)))
        if any(function_of(one) is function for use in named if use is not node.func for one in self._meant(use)):
            return []
        inside = (one for one in self._program.nodes_in(function) if isinstance(one, cst.Yield))
        yielded = [one.value for one in inside if self._program.scope_of(one) is function]
        found = [one for one in yielded if isinstance(one, cst.BaseExpression)]
        return found if len(found) == len(yielded) else []

    def _meant(self, use: cst.Name | cst.Attribute) -> tuple[Value, ...]:
        """What a name is read for; nothing where it is the name of a definition or part of an attribute."""
        parent = self._program.parents.get(use)
        is_defined = isinstance(parent, cst.FunctionDef) and parent.name is use
        is_part = isinstance(parent, cst.Attribute) and parent.attr is use
        return () if is_defined or is_part else something(self._program.value(use))

    def _elements(
        self, display: DictDisplay | Sequence, used_at: cst.BaseExpression
    ) -> list[cst.BaseExpression] | None:
        """What stands in a display, as far as it is written in one; None where more may be put there."""
        site = display.site
        match site:
            case cst.Dict(elements) if all(isinstance(one, cst.DictElement) for one in elements):
                facts = self._program.dictionary_facts(display, used_at)
                written = [one.value for one in elements]
                is_whole = facts is not None and not facts.gaps and len(facts.entries) == len(written)
                return written if is_whole else None
            case cst.List(elements) | cst.Tuple(elements) if site not in self._program.changed_sequences:
                return [one.value for one in elements]
        return None

    def _is_taken_from(self, display: DictDisplay | Sequence) -> bool:
        """Whether the program itself takes a message out of a display: that one would be of the new form."""
        for node, value in self._program.values.items():
            match node:
                case cst.Subscript(owner) | cst.Call(
                    cst.Attribute(owner, cst.Name("get" | "pop" | "values" | "items"))
                ):
                    pass
                case cst.For(iter=owner):
                    pass
                case _:
                    continue
            held = alternatives(self._program.value(owner))
            is_this = any(getattr(one, "site", None) is display.site for one in held)
            if is_this and (isinstance(node, cst.For) or self._carriers.carries(value)):
                return True
        return False

    def _is_read_again(self, text: JsonText) -> bool:
        """Whether the program itself reads a text that it made of a message."""
        return any(
            isinstance(node, cst.Call) and node is not text.call and self._carriers.carries(value)
            for node, value in self._program.values.items()
            if isinstance(node, cst.Call)
            for one in node.args
            if text in alternatives(self._program.value(one.value))
        )

    def _message(self, node: cst.BaseExpression) -> Parsed | None:
        """The place of the messages that leaves at an expression; None where the old form cannot be written."""
        value = self._program.value(node)
        if self._is_text(node):
            document = next(iter(alternatives(value)))
            assert isinstance(document, Frame)
            whole = self._places.message(Parsed(document, node))
        elif all(isinstance(one, Parsed) for one in alternatives(value)):
            whole = self._places.message(value)
        else:
            return None
        return whole if whole is not None and self._form.kinds_of(whole) else None

    def _is_text(self, node: cst.BaseExpression) -> bool:
        """Whether an expression is the text of a message, not the message read, nor a library's object around it."""
        found = list(alternatives(self._program.value(node)))
        if len(found) != 1 or not isinstance(found[0], Frame):
            return False
        if not self._program.connects[found[0].connect].library.wrapped:
            return True
        is_data = isinstance(node, cst.Attribute) and node.attr.value == "data"
        return is_data or (isinstance(node, cst.Await) and "receive_str" in self._migrating.code(node))

    def _is_read_behind(self, node: cst.BaseExpression) -> bool:
        """Whether what the message is given to gives it back, and it is followed from there."""
        current = self._program.parents[node]
        while not isinstance(current, (cst.Call, cst.BaseSmallStatement, cst.BaseCompoundStatement)):
            current = self._program.parents[current]
        value = self._program.value(current)
        is_text = all(isinstance(one, JsonText) for one in something(value))
        return isinstance(current, cst.Call) and not is_text and self._carriers.carries(value)

    def _reader_escapes(self) -> bool:
        """Whether a function that is called here with messages of the new form may be called by others as well."""
        program = self._program
        for node, value in program.values.items():
            if not isinstance(node, (cst.Name, cst.Attribute)) or node in program.followed:
                continue
            function = next((function_of(one) for one in something(value) if function_of(one) is not None), None)
            if function not in self._readers:
                continue
            argument = program.parents[node]
            call = program.parents.get(argument)
            if isinstance(argument, cst.Arg) and isinstance(call, cst.Call) and program.value(call.func) == UNKNOWN:
                return True
        return False

    @cached_property
    def _readers(self) -> set[cst.CSTNode]:
        """The program's functions that are called with messages."""
        taking = (one for one in self._program.definitions() if self._carriers.carries(one.value))
        parameters = (
            one.node if isinstance(one.node, cst.Param) else self._program.parents[one.node] for one in taking
        )
        return {self._program.scope_of(one) for one in parameters if isinstance(one, cst.Param)}

    # --- what is written --------------------------------------------------------------------------

    def _give(self, node: cst.BaseExpression) -> None:
        listed = self._listed(node)
        message = listed or self._message(node)
        assert message is not None
        self._given.add(node)
        migrating = self._migrating.at(node)
        migrating.in_old_form.add(node)
        name = self._function(node, message)
        if listed is not None:
            each = f"[{name}(each) for each in value]"
            migrating.edits.rewrite_further(node, lambda updated: expression(each, value=updated))
        elif self._is_text(node):
            template = f"dumps({name}(loads(text)))"
            functions = {
                one: expression(f"json.{one}", json=migrating.use_module("json")) for one in ("dumps", "loads")
            }
            migrating.edits.rewrite_further(node, lambda updated: expression(template, text=updated, **functions))
        else:
            migrating.edits.rewrite_further(node, lambda updated: expression(f"{name}(value)", value=updated))
        self._without_copy(node, migrating)
        self._report(node, message, name)

    def give_as(
        self,
        node: cst.BaseExpression,
        message: Parsed,
        written: Callable[[cst.BaseExpression, str], cst.BaseExpression],
    ) -> None:
        """Plans that what `node` makes of a whole message has the old form.

        `written` gives the new expression, of the node with its other edits and the name of the function.
        """
        self._given.add(node)
        migrating = self._migrating.at(node)
        migrating.in_old_form.add(node)
        name = self._function(node, message)
        migrating.edits.rewrite_further(node, lambda updated: written(updated, name))
        self._report(node, message, name)

    def _report(self, node: cst.BaseExpression, message: Parsed, name: str) -> None:
        migrating = self._migrating.at(node)
        missing = self._form.missing(message)
        vendor = session.NAME.of(migrating.source)[0]
        text = f"{migrating.code(node)} leaves in {vendor}'s form, by `{name}`"
        text += f", without {_listed(missing)}" if missing else ""
        unsent, others = self._form.unsent_types(message), self._form.other_types(message)
        told = [f"{_listed(unsent)} do not come any more"] if unsent else []
        told += [f"{_listed(others)} leave as they are"] if others else []
        added = self._own.added_behind(message.path, node)
        told += [f"{_listed(added)} would not be in it where that is put there afterwards"] if added else []
        migrating.report(OLD_FORM_KEPT, node, "; ".join((text, *told, *self._form.differences(message))))

    def _without_copy(self, node: cst.BaseExpression, migrating: Migrating) -> None:
        """`utterance.copy()`: the old form is a new dictionary already."""
        match self._program.parents[node]:
            case cst.Attribute(attr=cst.Name("copy")) as method:
                call = self._program.parents[method]
                if isinstance(call, cst.Call) and not call.args:
                    migrating.edits.rewrite(call, lambda updated: updated.func.value)

    def _function(self, node: cst.BaseExpression, message: Parsed) -> str:
        """The name of the function that gives the old form, which the module is given once."""
        module = self._program.module_of(node)
        path = general(message.path)
        kinds = self._form.kinds_of(message)
        key = (module, (path, tuple(kinds) if path else ()))
        if key not in self._names:
            migrating = self._migrating.at(node)
            what = _word_for(message) or self._whole
            taken = {one.value for one in self._program.nodes_in(module) if isinstance(one, cst.Name)}
            taken |= set(self._names.values())
            name = next(one for one in (f"legacy_{what}", f"{what}_in_former_form") if one not in taken)
            self._names[key] = name
            written = partial(self._definition, migrating, message, name, what)
            migrating.edits.add_before(self._place(module, node), written)
        self._kinds.setdefault(self._names[key], set()).update(kinds)
        return self._names[key]

    def _definition(self, migrating: Migrating, message: Parsed, name: str, argument: str) -> list[Statement]:
        own = self._own.names_at(message.path)
        code = self._form.function(message, name, argument, self._kinds[name], own)
        code = _with_single_quotes(code) if migrating.file_quote == "'" else code
        blank = cst.EmptyLine(indent=False)
        return [one.with_changes(leading_lines=[blank, blank]) for one in statements(code)]

    def _place(self, module: cst.Module, node: cst.BaseExpression) -> cst.CSTNode:
        """The statement of the module that the function comes before: its first definition, or the one that uses it."""
        used: cst.CSTNode = node
        while self._program.parents[used] is not module:
            used = self._program.parents[used]
        return next(one for one in module.body if one is used or isinstance(one, (cst.FunctionDef, cst.ClassDef)))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{one}`" for one in names)


def _word_for(message: Parsed) -> str:
    """What a part of a message is called: `utterance`, `words`, `word`; nothing for a whole one."""
    path = general(message.path)
    if not path:
        return ""
    return str(path[-2]).removesuffix("s") if path[-1] == EACH else str(path[-1])


def _with_single_quotes(code: str) -> str:
    """A function with the other quotes around its texts, as its file has them."""
    parts = code.split('"""')
    parts[2] = parts[2].translate(str.maketrans("\"'", "'\""))
    return '"""'.join(parts)
