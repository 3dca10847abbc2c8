"""The parameters of a session of AssemblyAI's older API: arguments of the class that holds it."""

from __future__ import annotations

import libcst as cst

from codemods.findings import TOKEN_ABSENT
from codemods.migrating import Migrating
from codemods.rules.sdk.imports import SdkImports
from codemods.rules.sdk.parameters.parameter_rule import SdkParametersRule
from shim.mapping import assemblyai_v2, assemblyai_v2_sdk
from shim.mapping.row import Vendor

_NOT_OF_SESSION = ("client", *assemblyai_v2_sdk.HANDLERS)


class OldParametersRule(SdkParametersRule):
    """Plans the parameters of one `RealtimeTranscriber`."""

    def __init__(self, migrating: Migrating, imports: SdkImports) -> None:
        super().__init__(migrating, imports, assemblyai_v2.PARAMETERS)

    def plan_session(self, site: cst.Call) -> bool:
        """Plans the edits; False, with findings, where the parameters cannot be read."""
        self._written.place = site
        for argument in site.args:
            if argument.star or argument.keyword is None:
                self._given.give_up(argument, f"an argument without a name: {self._migrating.code(argument)}")
                continue
            name = argument.keyword.value
            if name == "token":
                reason = assemblyai_v2.TOKEN.over(Vendor.GLADIA).reason
                self._migrating.report(TOKEN_ABSENT, argument, f"`{name}`: {reason}")
                self._given.readable = False
            elif name not in _NOT_OF_SESSION:
                self._given.read(name, argument.value, self._program.value(argument.value))
        if not self._given.readable or not self._translate(site):
            return False
        self._written.class_name()
        self._written.use_inner_classes()
        self.inline = True
        return True
