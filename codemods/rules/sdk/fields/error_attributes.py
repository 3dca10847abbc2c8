"""What a program reads of the SDKs' errors beside their text, which is all that both have."""

from __future__ import annotations

from typing import Final

import libcst as cst

from codemods.analysis.values import Known, Library, Parsed
from codemods.edits import expression
from codemods.findings import FAILS_TODAY, FIELD_OF_NEITHER, PARAMETER_DIFFERS
from codemods.migrating import Migrating
from codemods.rules.absent.prepared import PreparedReads
from codemods.rules.refusal_numbers import RefusalNumbers
from codemods.rules.sdk.fields.uses import MessageUses
from shim.mapping import sdk, session

_TEXT: Final = "message"
"""What programs take an error's text to be called; no error of either SDK has such an attribute."""


class ErrorAttributes:
    """Plans the reads of errors' attributes."""

    def __init__(self, migrating: Migrating, uses: MessageUses, prepared: PreparedReads) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._uses = uses
        self._prepared = prepared

    def plan(self, node: cst.BaseExpression, message: Parsed) -> bool:
        """Plans what becomes of a read; False, and nothing, where it has no counterpart."""
        if message.path == (_TEXT,):
            return self._text_is_read(node)
        return self._code_is_read(node, message)

    def _text_is_read(self, node: cst.BaseExpression) -> bool:
        """`error.message` raises at either service; what stands for it where it is missing is what it always was."""
        code, source = self._migrating.code(node), session.NAME.of(self._migrating.source)[0]
        match node:
            case cst.Attribute():
                text = f"{code}: {source}'s errors have no such attribute; it is the error's text from now on"
                self._migrating.report(FAILS_TODAY, node, text)
                self._migrating.edits.rewrite(node, lambda updated: expression("str(error)", error=updated.value))
                return True
            case cst.Call(function, [_, _, cst.Arg(default)]) if self._program.value(function) == Library(
                "builtins.getattr"
            ):
                self._migrating.report(FIELD_OF_NEITHER, node, code)
                self._prepared.put(node, default)
                return True
        return False

    def _code_is_read(self, node: cst.BaseExpression, message: Parsed) -> bool:
        """`error.code` in a log or a text, and where it is compared: there the other vendor's numbers are asked for."""
        name = sdk.ERROR_CODE.of(self._migrating.source)[0].split(".")[1]
        if message.path != (name,):
            return False
        match node:
            case cst.Attribute(owner):
                pass
            case cst.Call(function, [cst.Arg(owner), _, cst.Arg(default)]) if self._program.value(function) == Library(
                "builtins.getattr"
            ) and self._program.value(default) == Known(None):
                pass
            case _:
                return False
        way = sdk.ERROR_CODE.over(self._migrating.target)
        numbers = RefusalNumbers(self._migrating)
        source = way.conversion.source.replace('"', self._migrating.quote_at(node))
        if numbers.is_compared(node):
            numbers.plan(node, expression(source.replace("None", "0"), value=owner))
            return True
        if not self._uses.is_shown(node):
            return False
        self._migrating.report(PARAMETER_DIFFERS, node, f"{self._migrating.code(node)}: {way.reason}")
        self._migrating.edits.replace(node, expression(source, value=owner))
        return True
