"""A session's parameters where an SDK takes them: an object of its class, or a dictionary."""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from codemods.analysis.values import DictDisplay, LibraryObject
from codemods.layout import Written
from codemods.migrating import Migrating
from codemods.rules.sdk.imports import SdkImports
from codemods.rules.sdk.parameters.given_parameters import GivenParameters
from codemods.rules.sdk.parameters.parameter_conversion import ParameterConversion
from codemods.rules.sdk.parameters.steps import Steps
from codemods.rules.sdk.parameters.written_parameters import WrittenParameters
from codemods.rules.sdk.parameters.written_values import WrittenValues
from codemods.vendors import assemblyai_sdk, gladia_sdk
from shim.mapping import assemblyai_v2, catalogue
from shim.mapping.row import Row, Section, Vendor


class SdkParametersRule:
    """Plans what becomes of one session's parameters. `imports` says what the target SDK's classes are called.

    `rows` are those of the parameters, of today's API unless others are given.
    """

    def __init__(self, migrating: Migrating, imports: SdkImports, rows: tuple[Row, ...] | None = None) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._rows = catalogue.rows(Section.PARAMETER) if rows is None else rows
        self._values = WrittenValues(migrating)
        self._given = GivenParameters(migrating, self._values, is_old=self._rows is assemblyai_v2.PARAMETERS)
        self._written = WrittenParameters(migrating, imports)
        self.inline = False
        """Whether the parameters stand where the session is opened: `tree` gives them then."""

    def tree(self) -> Written:
        """The parameters as a call of the target's class; asked for when the edits are applied."""
        return self._written.tree()

    def plan(self, node: cst.BaseExpression) -> bool:
        """Plans the edits of the parameters that an expression holds; False, with findings, where it cannot be done."""
        value = self._program.value(node)
        self._written.place = value.site if isinstance(value, LibraryObject) else node
        match value:
            case LibraryObject(made_by, site) if self._is_parameters(made_by):
                return self._plan_object(site, node)
            case LibraryObject(made_by, site) if self._is_from_dict(made_by) and len(site.args) == 1:
                return self._plan_from_dict(site, node)
            case DictDisplay(site) if self._migrating.source is Vendor.GLADIA:
                return self._plan_dictionary(site, node)
        self._given.give_up(node, self._migrating.code(node))
        return False

    def _is_parameters(self, made_by: str) -> bool:
        if self._migrating.source is Vendor.GLADIA:
            return gladia_sdk.name_of(made_by) == gladia_sdk.REQUEST
        return assemblyai_sdk.name_of(made_by) in (assemblyai_sdk.PARAMETERS, assemblyai_sdk.SESSION_PARAMETERS)

    def _plan_object(self, site: cst.Call, node: cst.BaseExpression) -> bool:
        starred = [argument for argument in site.args if argument.star]
        if len(starred) == 1 and len(site.args) == 1:
            value = self._program.value(starred[0].value)
            if isinstance(value, DictDisplay) and value.site is not starred[0].value:
                return self._plan_dictionary(value.site, None) and self._unpack(site, starred[0].value)
        self._given.read_call(site, "")
        steps = self._given.read_steps(site)
        if not self._given.readable or not self._translate(site):
            return False
        self._written.class_name()
        self._written.use_inner_classes()
        if site is node:
            self.inline = True
        else:
            self._put_in_place(site, steps, lambda: self._written.expression(self.tree(), site))
        return True

    def _put_in_place(self, site: cst.BaseExpression, steps: Steps, whole: Callable[[], cst.BaseExpression]) -> None:
        if steps.found:
            steps.write(whole)
        else:
            self._migrating.edits.rewrite(site, lambda _: whole())

    def _is_from_dict(self, made_by: str) -> bool:
        return gladia_sdk.name_of(made_by) == f"{gladia_sdk.REQUEST}.from_dict"

    def _plan_from_dict(self, site: cst.Call, node: cst.BaseExpression) -> bool:
        """`LiveV2InitRequest.from_dict(config)` becomes `RealTimeParameters(**config)`."""
        given = site.args[0].value
        value = self._program.value(given)
        if not isinstance(value, DictDisplay) or not self._plan_dictionary(value.site, None):
            self._given.give_up(given, self._migrating.code(site))
            return False
        name = self._written.class_name()
        self._migrating.edits.watch([given])
        self._migrating.edits.rewrite(site, lambda _: cst.parse_expression(f"{name}(**{self._values.code(given)})"))
        return True

    def _unpack(self, site: cst.Call, dictionary: cst.BaseExpression) -> bool:
        """`StreamingParameters(**config)` reads a dictionary with the other vendor's names now."""
        edits, name = self._migrating.edits, self._written.class_name()
        edits.watch([dictionary])
        if self._migrating.target is Vendor.ASSEMBLYAI:
            edits.replace(site.func, cst.parse_expression(name))
        else:

            def from_dict(_: cst.Call) -> cst.BaseExpression:
                return cst.parse_expression(f"{name}.from_dict({self._values.code(dictionary)})")

            edits.rewrite(site, from_dict)
        return True

    def _plan_dictionary(self, site: cst.BaseExpression, node: cst.BaseExpression | None) -> bool:
        if isinstance(site, cst.Call):
            self._given.read_call(site, "")
        else:
            self._given.read_dictionary(self._program.dictionaries[site], "", top=True)
        steps = self._given.read_steps(site)
        if not self._given.readable or not self._translate(site):
            return False
        if site is node:
            self._written.class_name()
            self.inline = True
        else:
            self._put_in_place(site, steps, lambda: self._written.expression(self._written.unnamed(), site))
        return True

    def _translate(self, near: cst.CSTNode) -> bool:
        conversion = ParameterConversion(self._migrating, self._given, self._written, self._values)
        return conversion.plan(self._rows, near)
