"""What a program sends to AssemblyAI's API of before v3: base64 audio in JSON, which Gladia takes under other names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.sockets import Send
from codemods.analysis.values import DictDisplay, JsonText, Known, Value
from codemods.findings import AUDIO_UNKNOWN
from codemods.migrating import like
from codemods.rules.configuration.query_parameters import Parameter
from codemods.rules.sending.open_sends import OpenSends
from codemods.rules.sending.unsent import take_away
from shim.mapping import assemblyai_v2 as v2
from shim.mapping.paths import steps_of

_TYPE: Final = "type"


def _display_of(program: Program, send: Send) -> cst.BaseExpression | None:
    """The dictionary that a frame is made of, where it is one."""
    value: Value = program.value(send.payload)
    if isinstance(value, JsonText):
        value = value.of
    return value.site if isinstance(value, DictDisplay) else None


def silence_set(program: Program, connects: Iterable[cst.Call]) -> tuple[Send, Parameter] | None:
    """The message that sets the silence which ends an utterance to a constant, where one alone does that."""
    calls = frozenset(connects)
    found: list[tuple[Send, Parameter]] = []
    for send in program.sends.values():
        site = _display_of(program, send) if send.socket.connect in calls else None
        match site:
            case cst.Dict([cst.DictElement(key, value)]) if program.value(key) == Known(v2.SILENCE.assemblyai[0]):
                constant = program.value(value)
                if isinstance(constant, Known) and constant.certain:
                    found.append((send, Parameter(v2.SILENCE.assemblyai[0], value, None)))
    return found[0] if len(found) == 1 else None


class V2SendingRule(OpenSends):
    """Plans what becomes of every frame that these sessions are sent; `done` are those that are planned already."""

    def plan(self) -> None:
        """Plans the edits, and says what cannot be sent any more."""
        self._plan_each()

    def plan_stop(self, send: Send) -> bool:
        """Plans the edits of a frame that does nothing but end a session; False for any other."""
        site, payload = _display_of(self._program, send), self._program.value(send.payload)
        match site:
            case cst.Dict([cst.DictElement(key)]) if self._program.value(key) == Known(v2.TERMINATE.assemblyai[0]):
                self._plan_display(send, site)
                return True
        if isinstance(payload, Known) and f'"{v2.TERMINATE.assemblyai[0]}"' in str(payload.value):
            self._plan_text(send, payload)
            return isinstance(payload.literal, cst.SimpleString)
        return False

    def _plan_send(self, send: Send) -> None:
        site = _display_of(self._program, send)
        if isinstance(site, cst.Dict):
            self._plan_display(send, site)
            return
        payload = self._program.value(send.payload)
        if isinstance(payload, Known) and isinstance(payload.value, str):
            self._plan_text(send, payload)
        elif isinstance(payload, JsonText):
            self._give_up(send)

    def _plan_display(self, send: Send, site: cst.Dict) -> None:
        keys = [self._program.value(one.key) for one in site.elements if isinstance(one, cst.DictElement)]
        names = [key.value for key in keys if isinstance(key, Known)]
        match names:
            case [v2_name] if v2_name == v2.AUDIO.assemblyai[0]:
                v2.AUDIO.over(self._migrating.target)
                self._migrating.edits.rewrite(site, self._audio)
            case [v2_name] if v2_name == v2.TERMINATE.assemblyai[0]:
                v2.TERMINATE.over(self._migrating.target)
                self._migrating.edits.rewrite(site, self._stop)
            case [v2_name] if v2_name in (v2.FORCE_END.assemblyai[0], v2.SILENCE.assemblyai[0]):
                row = v2.FORCE_END if v2_name == v2.FORCE_END.assemblyai[0] else v2.SILENCE
                reason = row.over(self._migrating.target).reason
                why = reason if row is v2.FORCE_END else "a Gladia session keeps the silence that it began with"
                take_away(self._migrating, send.call, f"`{v2_name}`: {why}")
            case _:
                self._give_up(send)

    def _audio(self, updated: cst.Dict) -> cst.Dict:
        kind, outer, inner = (str(step) for step in steps_of(v2.AUDIO.gladia[0]))
        (element,) = updated.elements
        string, near = self._migrating.string, self._migrating.module
        chunk = cst.Dict([cst.DictElement(string(inner, near), element.value)])
        first = cst.DictElement(string(_TYPE, near), string(kind, near))
        return updated.with_changes(elements=[first, cst.DictElement(string(outer, near), chunk)])

    def _stop(self, updated: cst.Dict) -> cst.Dict:
        string, near = self._migrating.string, self._migrating.module
        return updated.with_changes(
            elements=[cst.DictElement(string(_TYPE, near), string(v2.TERMINATE.gladia[0], near))]
        )

    def _plan_text(self, send: Send, payload: Known) -> None:
        literal = payload.literal
        if f'"{v2.TERMINATE.assemblyai[0]}"' in payload.value and isinstance(literal, cst.SimpleString):
            v2.TERMINATE.over(self._migrating.target)
            quote = '\\"' if literal.quote == '"' else '"'
            text = f'{{"{_TYPE}": "{v2.TERMINATE.gladia[0]}"}}'.replace('"', quote)
            self._migrating.edits.replace(literal, like(literal, text))
        else:
            self._give_up(send)

    def _give_up(self, send: Send) -> None:
        self._migrating.report(AUDIO_UNKNOWN, send.call, self._migrating.code(send.call))
