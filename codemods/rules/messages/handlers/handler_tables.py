"""Tables of handlers by the type of message, `{"transcript": self.on_transcript, …}`: their keys are types."""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from codemods.analysis.dictionaries import Dictionary, Entry
from codemods.analysis.values import DictDisplay, Function, Instance, Known, Member, Value, something
from codemods.findings import PARAMETER_DIFFERS
from codemods.migrating import Migrating, like
from codemods.rules.branches import only_tells, report_never_sent
from codemods.rules.messages.following import is_table_access
from codemods.rules.messages.handlers.filled_tables import Filled, filled_at
from codemods.rules.names.own_imports import names_written
from shim.mapping import server_messages
from shim.mapping.row import Fidelity, Row


class HandlerTables:
    """Renames the keys of tables that messages' types choose from.

    `why_never_sent` says of a type why the other vendor never sends it, `rows_of` gives a type's rows, `give_up` is
    called with the place and the reason where a table cannot be followed.
    """

    def __init__(
        self,
        migrating: Migrating,
        why_never_sent: Callable[[str], str | None],
        rows_of: Callable[[str], list[Row]],
        give_up: Callable[[cst.CSTNode, str], None],
    ) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._why_never_sent = why_never_sent
        self._rows_of = rows_of
        self._give_up = give_up
        self._done: set[cst.CSTNode] = set()

    def chosen_from(self, node: cst.CSTNode) -> DictDisplay | None:
        """The table that the type read at `node` chooses an entry of, if it does."""
        parent = self._program.parents[node]
        access: cst.CSTNode | None = None
        match parent:
            case cst.Index():
                access = self._program.parents[self._program.parents[parent]]
            case cst.Arg():
                access = self._program.parents[parent]
        if not isinstance(access, (cst.Subscript, cst.Call)) or not is_table_access(self._program, access):
            return None
        owner = access.value if isinstance(access, cst.Subscript) else getattr(access.func, "value", None)
        found = something(self._program.value(owner)) if owner is not None else ()
        return found[0] if len(found) == 1 and isinstance(found[0], DictDisplay) else None

    def rename(self, table: Value, node: cst.CSTNode) -> None:
        """Plans the edits of a table's keys, once; entries for what never comes go."""
        if not isinstance(table, DictDisplay) or table.site in self._done:
            return
        self._done.add(table.site)
        dictionary = self._program.dictionaries.get(table.site)
        filled = filled_at(self._program, dictionary) if dictionary is not None else None
        if dictionary is None or filled is None or not all(map(_is_written, dictionary.entries)):
            self._give_up(node, f"the table's keys are not written out in one place: {self._migrating.code(node)}")
            return
        for entry in self._leading(dictionary):
            self._rename_key(entry)
        self._rename_filled(filled)
        site = dictionary.site
        if isinstance(site, cst.Dict) and site.elements and site.elements[-1] in self._migrating.edits.taken_out:
            self._migrating.edits.rewrite_further(site, lambda updated: _ending_as(site, updated))

    def _rename_filled(self, filled: list[Filled]) -> None:
        """Plans the edits of a table that is filled as the program runs, place by place."""
        target = self._migrating.target
        names = [str(one.literal.evaluated_value) for one in filled]
        for one, name in zip(filled, names, strict=True):
            why, rows = self._why_never_sent(name), self._rows_of(name)
            if not rows:
                self._give_up(one.literal, f"`{name}` is no type of message that is known here")
                continue
            way, to = rows[0].over(target), rows[0].of(target)
            is_worse = way.codemod is Fidelity.APPROXIMATE and any(
                self._rows_of(other)[0].of(target) == to for other in names if other != name and self._rows_of(other)
            )
            if why is None and not is_worse:
                self._migrating.edits.replace(one.literal, like(one.literal, to[0]))
                if way.codemod is Fidelity.APPROXIMATE:
                    self._migrating.report(PARAMETER_DIFFERS, one.literal, f"`{name}`: {way.reason}")
                continue
            text = f"`{name}`: {why or f'one message, `{to[0]}`, stands for two'}"
            self._take_out_filled(one, name, text)

    def _take_out_filled(self, filled: Filled, name: str, text: str) -> None:
        handler = self._filled_handler(filled)
        body = handler.body if handler is not None else None
        tells = body is not None and only_tells(self._migrating, body)
        if name == server_messages.START_RECORDING.of(self._migrating.source)[0] and not tells:
            self._give_up(filled.by, f"{text}; its handler does more than tell it")
            return
        match filled.by:
            case cst.FunctionDef(name=cst.Name(function)):
                others = [one for one in self._program.definitions() if one.node is filled.by and one.uses]
                goes = not others and len(filled.by.decorators) == 1
                text = text if goes else f"{text}; `{function}` is used elsewhere, too"
            case cst.SimpleStatementLine(small):
                goes = len(small) == 1
            case _:
                goes = False
        if not goes:
            self._give_up(filled.by, text)
            return
        report_never_sent(self._migrating, filled.by, text, body)
        self._migrating.edits.remove(filled.by)
        self._migrating.gone.update(self._program.nodes_in(filled.by))

    def _filled_handler(self, filled: Filled) -> cst.FunctionDef | cst.Lambda | None:
        """The one function that is put into the table there."""
        if isinstance(filled.by, cst.FunctionDef):
            return filled.by
        values = (self._program.value(node) for node in self._program.nodes_in(filled.by) if self._is_given(node))
        found = [handler for value in values if (handler := self._handler(value)) is not None]
        return found[0] if len(found) == 1 else None

    def _is_given(self, node: cst.CSTNode) -> bool:
        parent = self._program.parents[node]
        return isinstance(parent, cst.Arg) or (isinstance(parent, cst.Assign) and parent.value is node)

    def _leading(self, dictionary: Dictionary) -> list[Entry]:
        """The entries that stay; of two whose messages become one, the one that corresponds better."""
        by_target: dict[str, Entry] = {}
        for entry in dictionary.entries:
            name = _name(entry)
            why, rows = self._why_never_sent(name), self._rows_of(name)
            if why is not None:
                self._take_out(entry, f"`{name}`: {why}")
            elif not rows:
                self._give_up(entry.node, f"`{name}` is no type of message that is known here")
            else:
                target = rows[0].of(self._migrating.target)[0]
                earlier = by_target.get(target)
                if earlier is None or self._fidelity(earlier) is Fidelity.APPROXIMATE:
                    by_target[target] = entry
                worse = earlier if by_target[target] is entry else entry
                if worse is not None:
                    self._take_out(worse, f"`{_name(worse)}`: one message, `{target}`, stands for two")
        return list(by_target.values())

    def _fidelity(self, entry: Entry) -> Fidelity:
        return self._rows_of(_name(entry))[0].way(self._migrating.target).codemod

    def _rename_key(self, entry: Entry) -> None:
        row = self._rows_of(_name(entry))[0]
        way = row.over(self._migrating.target)
        literal = _literal(entry)
        assert literal is not None
        self._migrating.edits.replace(literal, like(literal, row.of(self._migrating.target)[0]))
        if way.codemod is Fidelity.APPROXIMATE:
            self._migrating.report(PARAMETER_DIFFERS, literal, f"`{_name(entry)}`: {way.reason}")

    def _take_out(self, entry: Entry, text: str) -> None:
        handler = self._handler(entry.value)
        tells = handler is not None and only_tells(self._migrating, handler.body)
        if _name(entry) == server_messages.START_RECORDING.of(self._migrating.source)[0] and not tells:
            self._give_up(entry.node, f"{text}; its handler does more than tell it")
            return
        report_never_sent(self._migrating, entry.node, text, handler.body if handler is not None else None)
        self._migrating.edits.take_out(entry.node)
        self._migrating.gone.update(self._program.nodes_in(entry.node))
        if isinstance(handler, cst.FunctionDef) and tells and self._is_only_here(handler, entry):
            self._migrating.edits.remove(handler)
            self._migrating.gone.update(self._program.nodes_in(handler))

    def _handler(self, value: Value) -> cst.FunctionDef | cst.Lambda | None:
        match value:
            case Function(function):
                return function
            case Member(Instance(definition), name):
                for one in definition.body.body:
                    if isinstance(one, cst.FunctionDef) and one.name.value == name:
                        return one
        return None

    def _is_only_here(self, handler: cst.FunctionDef, entry: Entry) -> bool:
        """Whether nothing but the table's entry uses a handler."""
        return not any(
            node is not handler.name and not self._program.is_inside(node, entry.node)
            for node in names_written(self._program, handler.name.value)
        )


def _ending_as(original: cst.Dict, updated: cst.Dict) -> cst.Dict:
    """A display whose last entry went, with the end that it had."""
    if not updated.elements:
        return cst.Dict([])
    last = updated.elements[-1].with_changes(comma=original.elements[-1].comma)
    return updated.with_changes(elements=[*updated.elements[:-1], last])


def _name(entry: Entry) -> str:
    assert isinstance(entry.key, Known)
    return str(entry.key.value)


def _literal(entry: Entry) -> cst.SimpleString | None:
    key = entry.node.key if isinstance(entry.node, cst.DictElement) else None
    return key if isinstance(key, cst.SimpleString) else None


def _is_written(entry: Entry) -> bool:
    return isinstance(entry.key, Known) and _literal(entry) is not None
