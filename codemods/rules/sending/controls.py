"""What an AssemblyAI program sends beside audio and the end: KeepAlive, ForceEndpoint, UpdateConfiguration.

Gladia has none of the three. An empty chunk keeps a session open, a wish for formatted turns is always met, and the
rest cannot be done without.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import libcst as cst

from codemods.analysis.sockets import Send
from codemods.analysis.values import DictDisplay, JsonText, Known, OneOf, Value
from codemods.findings import MESSAGE_ABSENT, PARAMETER_DIFFERS
from codemods.migrating import like
from codemods.rules.sending.open_sends import OpenSends
from codemods.rules.sending.unsent import take_away
from codemods.rules.sending.v2_sending import V2SendingRule
from shim.mapping import assemblyai_messages as messages
from shim.mapping import assemblyai_parameters, client_messages
from shim.mapping.paths import steps_of

_AUDIO: Final = steps_of(client_messages.AUDIO_JSON.gladia[0])
_TYPE: Final = "type"


class ControlRule(OpenSends):
    """Plans what becomes of these messages; what it has planned, `migrating.gone` holds."""

    def plan(self) -> None:
        """Plans the edits, and says what cannot be done."""
        self._plan_each()

    def _plan_send(self, send: Send) -> None:
        if V2SendingRule(self._migrating, self._calls).plan_stop(send):
            self._migrating.gone.add(send.call)
            text = f"{self._migrating.code(send.payload)} ended sessions of AssemblyAI's API of before v3 alone"
            self._migrating.report(PARAMETER_DIFFERS, send.call, f"{text}; this session is ended by it now")
            return
        payload = self._program.value(send.payload)
        site: cst.BaseExpression | None = None
        match payload:
            case JsonText(_, DictDisplay(display)) | DictDisplay(display):
                site = display
                kind = self._program.tables.get(display, _TYPE)
                name = kind.value if isinstance(kind, Known) else None
            case Known(str() as text):
                name = next((row.assemblyai[0] for row in messages.CONTROLS if f'"{row.assemblyai[0]}"' in text), None)
            case JsonText(_, OneOf(choices)):
                self._take_choices_away(send, choices)
                return
            case _:
                return
        for row in messages.CONTROLS:
            if row.assemblyai[0] != name:
                continue
            self._migrating.gone.add(send.call)
            way = row.over(self._migrating.target)
            if row is messages.KEEP_ALIVE and self._keep_alive(send, site, payload):
                self._migrating.report(PARAMETER_DIFFERS, send.call, f"`{name}`: {way.reason}")
            elif row is messages.UPDATE_CONFIGURATION and self._asks_for_formatting(send, site):
                self._migrating.edits.remove(self._program.statement_of(send.call))
                reason = assemblyai_parameters.FORMAT_TURNS.over(self._migrating.target).reason
                self._migrating.report(PARAMETER_DIFFERS, send.call, f"`{name}` with `format_turns` went: {reason}")
            else:
                take_away(self._migrating, send.call, f"`{name}`: {way.reason}")

    def _take_choices_away(self, send: Send, choices: Collection[Value]) -> None:
        """Takes a send away that sends one of several messages, such as what comes out of a queue: all of them orders
        that Gladia does not know."""
        rows = {row.assemblyai[0]: row for row in messages.CONTROLS if row is not messages.KEEP_ALIVE}
        sites = {one.site: self._program.tables.get(one.site, _TYPE) for one in choices if isinstance(one, DictDisplay)}
        names = {site: str(kind.value) for site, kind in sites.items() if isinstance(kind, Known)}
        if len(names) != len(choices) or not rows.keys() >= set(names.values()):
            return
        self._migrating.gone.add(send.call)
        reasons = {site: f"`{name}`: {rows[name].over(self._migrating.target).reason}" for site, name in names.items()}
        if take_away(self._migrating, send.call, "; ".join(sorted(reasons.values()))):
            for site, reason in reasons.items():
                self._migrating.report(MESSAGE_ABSENT, site, reason)

    def _keep_alive(self, send: Send, site: cst.BaseExpression | None, payload: object) -> bool:
        """Plans an empty chunk of audio in its place."""
        _, outer, inner = (str(step) for step in _AUDIO)
        if isinstance(site, cst.Dict) and len(site.elements) == 1:
            self._migrating.edits.rewrite(site, lambda updated: self._empty_chunk(updated, outer, inner))
            return True
        if isinstance(payload, Known) and isinstance(payload.literal, cst.SimpleString):
            quote = payload.literal.quote
            if quote.startswith("'"):
                text = f'{{"{_TYPE}": "{_AUDIO[0]}", "{outer}": {{"{inner}": ""}}}}'
                self._migrating.edits.replace(payload.literal, like(payload.literal, text))
                return True
        return False

    def _empty_chunk(self, display: cst.Dict, outer: str, inner: str) -> cst.Dict:
        string = self._migrating.string
        near = self._migrating.module
        (kind,) = display.elements
        chunk = cst.Dict([cst.DictElement(string(inner, near), string("", near))])
        kind = kind.with_changes(value=string(str(_AUDIO[0]), near), comma=cst.MaybeSentinel.DEFAULT)
        return display.with_changes(elements=[kind, cst.DictElement(string(outer, near), chunk)])

    def _asks_for_formatting(self, send: Send, site: cst.BaseExpression | None) -> bool:
        """Whether an update only asks for what Gladia always does, in a statement that does nothing else."""
        statement = self._program.statement_of(send.call)
        if site is None or not self._program.is_inside(site, statement):
            return False
        entries = self._program.dictionaries[site].entries
        wanted = {str(one.key.value): one.value for one in entries if isinstance(one.key, Known)}
        wanted.pop(_TYPE, None)
        if list(wanted) != ["format_turns"] or wanted["format_turns"] != Known(True) or len(entries) != 2:
            return False
        match statement:
            case cst.SimpleStatementLine([cst.Expr(cst.Await(call) | call)]):
                return call is send.call
        return False
