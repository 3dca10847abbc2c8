"""The parameters of a session of AssemblyAI's older API: arguments of the class that holds it."""

from __future__ import annotations

import libcst as cst

from codemods.findings import TOKEN_ABSENT
from codemods.rules.sdk.parameters.parameter_rule import SdkParametersRule
from shim.mapping import assemblyai_v2, assemblyai_v2_sdk
from shim.mapping.row import Row, Vendor

_NOT_OF_SESSION = ("client", *assemblyai_v2_sdk.HANDLERS)


class OldParametersRule(SdkParametersRule):
    """Plans the parameters of one `RealtimeTranscriber`."""

    def plan_session(self, site: cst.Call) -> bool:
        """Plans the edits; False, with findings, where the parameters cannot be read."""
        self._place = site
        for argument in site.args:
            if argument.star or argument.keyword is None:
                self._give_up(argument, f"an argument without a name: {self._migrating.code(argument)}")
                continue
            name = argument.keyword.value
            if name == "token":
                reason = assemblyai_v2.TOKEN.over(Vendor.GLADIA).reason
                self._migrating.report(TOKEN_ABSENT, argument, f"`{name}`: {reason}")
                self._readable = False
            elif name not in _NOT_OF_SESSION:
                self._read(name, argument.value, self._program.value(argument.value))
        if not self._readable or not self._translate(site):
            return False
        self._class_name()
        self._use_inner_classes()
        self.inline = True
        return True

    def _rows(self) -> tuple[Row, ...]:
        return assemblyai_v2.PARAMETERS

    def _name_of_today(self, path: str) -> str:
        return path
