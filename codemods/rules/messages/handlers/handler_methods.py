"""Methods that are asked for by a message's type, `getattr(self, f"on_{kind}")`: their names hold the type."""

from __future__ import annotations

import libcst as cst

from codemods.analysis.named_choice import NamedChoice
from codemods.analysis.values import Class, Instance, something
from codemods.findings import FIELD_UNCLEAR, PARAMETER_DIFFERS
from codemods.migrating import Migrating
from codemods.rules.branches import only_tells, report_never_sent
from codemods.rules.messages.reading import Reading
from shim.mapping import catalogue, server_messages
from shim.mapping.row import Fidelity, Section


class HandlerMethods:
    """Renames the methods; those for what never comes go where they only tell of it."""

    def __init__(self, migrating: Migrating, reading: Reading) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._reading = reading
        self._complete = True
        self._done: set[cst.FunctionDef] = set()

    def plan(self) -> bool:
        """Plans the edits; False, with findings, where a method is asked for in ways that are not followed."""
        for call, choice in self._program.named_choices.items():
            if self._reading.message(choice.kind) is not None:
                self._rename_all(call, choice)
        return self._complete

    def _rename_all(self, call: cst.Call, choice: NamedChoice) -> None:
        names: dict[str, str] = {}
        for method in self._methods(choice):
            if method in self._done:
                continue
            self._done.add(method)
            kind = self._kind_of(choice, method.name.value)
            rows = self._reading.type_rows(kind) if kind is not None else []
            if kind is None or not rows:
                continue
            way = rows[0].over(self._migrating.target)
            why = self._reading.why_never_sent(kind)
            better = self._reading.same.better_of(kind, self._kinds(choice))
            if why is not None or better:
                text = f"`{kind}`: {why or f'one message stands for it and for `{better}`'}"
                self._take_out(method, kind, text)
                continue
            if way.codemod is Fidelity.APPROXIMATE:
                self._migrating.report(PARAMETER_DIFFERS, method, f"`{kind}`: {way.reason}")
            names[method.name.value] = choice.name_of(rows[0].of(self._migrating.target)[0])
            self._migrating.edits.replace(method.name, cst.Name(names[method.name.value]))
            self._migrating.gone.add(method.name)
        self._rename_uses(call, choice, names)

    def _kinds(self, choice: NamedChoice) -> list[str]:
        found = (self._kind_of(choice, one.name.value) for one in self._methods(choice))
        return [kind for kind in found if kind is not None]

    def _methods(self, choice: NamedChoice) -> list[cst.FunctionDef]:
        kinds = (choice.type_of(one.name.value, self._types()) for one in self._functions_of(choice))
        return [one for one, kind in zip(self._functions_of(choice), kinds, strict=True) if kind is not None]

    def _functions_of(self, choice: NamedChoice) -> list[cst.FunctionDef]:
        return [one for one in choice.owner.node.body.body if isinstance(one, cst.FunctionDef)]

    def _types(self) -> tuple[str, ...]:
        rows = catalogue.rows(Section.SERVER)
        return tuple(name for row in rows for name in row.of(self._migrating.source) if "." not in name)

    def _kind_of(self, choice: NamedChoice, name: str) -> str | None:
        return choice.type_of(name, self._types())

    def _take_out(self, method: cst.FunctionDef, kind: str, text: str) -> None:
        begins = server_messages.START_RECORDING.of(self._migrating.source)[0]
        if kind == begins and not only_tells(self._migrating, method.body):
            self._complete = False
            self._migrating.report(FIELD_UNCLEAR, method, f"{text}; it does more than tell it")
            return
        report_never_sent(self._migrating, method, text, method.body)
        if only_tells(self._migrating, method.body):
            self._migrating.edits.remove(method)
            self._migrating.gone.update(self._program.nodes_in(method))

    def _rename_uses(self, call: cst.Call, choice: NamedChoice, names: dict[str, str]) -> None:
        for module in self._program.modules:
            for node in self._program.nodes_in(module):
                if isinstance(node, cst.Attribute) and node.attr.value in names:
                    owners = something(self._program.value(node.value))
                    if all(isinstance(one, (Instance, Class)) and one.node is choice.owner.node for one in owners):
                        self._migrating.edits.replace(node.attr, cst.Name(names[node.attr.value]))
                    elif any(not isinstance(one, (Instance, Class)) for one in owners):
                        self._complete = False
                        text = f"`{node.attr.value}` is asked for here, too, of what could not be followed"
                        self._migrating.report(FIELD_UNCLEAR, node, text)
