"""What a program gives for a session's parameters: an expression for each path, and the constant that it is, if any."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import libcst as cst

from codemods.analysis.program import Dictionary
from codemods.analysis.values import DictDisplay, Known, Library, LibraryObject, Value
from codemods.findings import CONFIGURATION_UNKNOWN
from codemods.migrating import Migrating
from codemods.rules.configuration.body_values import ONE_LANGUAGE
from codemods.rules.sdk.parameters.parameter_values import NOT_CONSTANT, constant_of
from codemods.rules.sdk.parameters.steps import Steps
from codemods.rules.sdk.parameters.written_values import WrittenValues
from codemods.vendors import gladia_sdk
from shim.mapping import assemblyai_parameters, catalogue, parameters
from shim.mapping.row import ABSENT, Vendor

_PARTIALS: Final = parameters.PARTIALS.gladia[0]
_SPEECH_MODEL: Final = parameters.MODEL.assemblyai[0]


@dataclass(frozen=True, slots=True)
class GivenParameter:
    """One parameter as it is given; `constant` is NOT_CONSTANT where only the running program knows the value."""

    node: cst.BaseExpression
    constant: Any
    may_be_none: bool
    is_one_language: bool = False
    """Whether it is one language where a list of them is wanted."""


class GivenParameters:
    """Reads the parameters of one session, by their paths today; what cannot be read is reported.

    `is_old`: whether they are those of AssemblyAI's API of before v3, which have other names and meanings.
    """

    def __init__(self, migrating: Migrating, values: WrittenValues, *, is_old: bool) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._values = values
        self._is_old = is_old
        self.by_path: dict[str, GivenParameter] = {}
        self.readable = True
        """Whether all of it could be read so far."""

    def give_up(self, node: cst.CSTNode, text: str) -> None:
        """Says why the parameters cannot be read; nothing is planned then."""
        self.readable = False
        self._migrating.report(CONFIGURATION_UNKNOWN, node, text)

    def is_unknown(self, path: str) -> bool:
        """Whether a parameter is given that only the running program knows."""
        given = self.by_path.get(path)
        return given is not None and given.constant is NOT_CONSTANT

    def context(self, path: str) -> Any:
        """The value of a parameter for a row that reads it beside its own; ABSENT where none is given."""
        given = self.by_path.get(path)
        if given is not None and given.constant is NOT_CONSTANT:
            # Partials that may be wanted take a model that sends them; a model that is not known may hear any language.
            return True if path == _PARTIALS else "" if path == _SPEECH_MODEL else ABSENT
        return ABSENT if given is None else given.constant

    def read_steps(self, site: cst.BaseExpression) -> Steps:
        """What is set after the configuration was made counts as if it had been made so."""
        steps = Steps(self._migrating, site)
        if steps.trouble is not None:
            place, text = steps.trouble
            self.give_up(place, f"the configuration is changed after it was made, and {text}")
        for step in steps.found:
            self.by_path.pop(step.path, None)
            self.read(step.path, step.value, self._program.value(step.value))
        return steps

    def read_call(self, call: cst.Call, prefix: str) -> None:
        """Reads the arguments of a call; `prefix` is the path of the part that it makes, with a dot, or nothing."""
        for argument in call.args:
            value = self._program.value(argument.value)
            if argument.star == "**" and isinstance(value, DictDisplay) and value.site is argument.value:
                self.read_dictionary(self._program.dictionaries[value.site], prefix)
            elif argument.star or argument.keyword is None:
                self.give_up(argument, f"an argument without a name: {self._migrating.code(argument)}")
            else:
                self.read(f"{prefix}{argument.keyword.value}", argument.value, value)

    def read_dictionary(self, dictionary: Dictionary, prefix: str, *, top: bool = False) -> None:
        """Reads a dictionary's entries; what changes the outermost one (`top`) later is read by `read_steps`."""
        for change in dictionary.changes if not top else ():
            self.give_up(change, f"the configuration is changed after it was made: {self._migrating.code(change)}")
        for entry in dictionary.entries:
            if not isinstance(entry.node, cst.DictElement) or not isinstance(entry.key, Known):
                self.give_up(entry.node, f"a key that is only known when it runs: {self._migrating.code(entry.node)}")
            else:
                self.read(f"{prefix}{entry.key.value}", entry.value_node, entry.value)

    def read(self, path: str, node: cst.BaseExpression, value: Value) -> None:
        """Reads one parameter, or the parts of one that is made of several."""
        if self._migrating.source is Vendor.GLADIA and path in gladia_sdk.CONFIGURATION_CLASSES:
            match value:
                case LibraryObject(made_by, site) if gladia_sdk.name_of(made_by) == gladia_sdk.CONFIGURATION_CLASSES[
                    path
                ] and self._is_made_for(site, node):
                    self.read_call(site, f"{path}.")
                    return
                case DictDisplay(site) if self._is_made_for(site, node):
                    self.read_dictionary(self._program.dictionaries[site], f"{path}.")
                    return
                case Known(None, certain=True):
                    return
            self.give_up(node, f"`{path}` is made elsewhere: {self._migrating.code(node)}")
            return
        is_one, constant = False, constant_of(self._program, value)
        if isinstance(value, Library) and self._values.parameters(node):
            # A member of an enumeration that is only a parameter's default.
            constant = NOT_CONSTANT
        may_be_none = constant is NOT_CONSTANT and self._values.may_be_none(node, value)
        if self._migrating.source is Vendor.ASSEMBLYAI:
            today = self._name_of_today(path)
            if today != path:
                catalogue.by_id()[f"parameter.read.{path}"].over(self._migrating.target)
                if today in self.by_path:
                    return
            if constant is not NOT_CONSTANT and not self._is_old:
                constant = assemblyai_parameters.read_value(path, constant)
            elif path == "endpointing":
                # What it means depends on the value.
                self.give_up(node, f"`{path}` is only known when it runs: {self._migrating.code(node)}")
                return
            is_one = path in ONE_LANGUAGE
            path = today
        self.by_path[path] = GivenParameter(node, constant, may_be_none, is_one)

    def _is_made_for(self, site: cst.BaseExpression, node: cst.BaseExpression) -> bool:
        """Whether a part is written where it is used, or in a variable of that block for this use alone, which goes."""
        if site is node:
            return True
        for definition in self._program.reaching.get(node, ()) if isinstance(node, cst.Name) else ():
            statement = definition.statement
            if (
                definition.expression is site
                and definition.uses == [node]
                and isinstance(statement, cst.SimpleStatementLine)
                and len(statement.body) == 1
                and self._program.parents[statement] is self._program.parents.get(self._program.statement_of(node))
            ):
                self._migrating.edits.remove(statement)
                return True
        return False

    def _name_of_today(self, path: str) -> str:
        """What AssemblyAI calls a parameter today."""
        return path if self._is_old else assemblyai_parameters.read_name(path)
