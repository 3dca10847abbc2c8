"""Sending: base64 JSON audio becomes the bytes themselves, the stop is renamed, binary audio stays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import libcst as cst

from codemods.analysis.environment import Definition
from codemods.analysis.sockets import Send
from codemods.analysis.sound import CLIENT, sound
from codemods.analysis.values import (
    Base64,
    DictDisplay,
    Function,
    JsonText,
    Known,
    Library,
    Value,
    something,
)
from codemods.edits import expression
from codemods.findings import AUDIO_UNKNOWN, CHUNK_RESIZED, FRAMES_UNKNOWN, PAYLOAD_UNKNOWN, Finding
from codemods.migrating import Migrating, like
from codemods.rules.sending.audio_maker import AudioMaker
from codemods.rules.sending.open_sends import OpenSends
from codemods.rules.sending.unsent import take_away
from codemods.rules.sound.chunk_length import bring_into_range
from codemods.rules.sound.frame_buffer import FrameBuffer, over_socket
from codemods.rules.sound.last_piece import LastPiece, SessionAudio
from codemods.rules.sound.pace import check_pace
from codemods.rules.sound.sound_length import AudioFormat
from shim.mapping import catalogue, client_messages
from shim.mapping.paths import steps_of
from shim.mapping.row import Section

_TYPE: Final = "type"
_AUDIO: Final = steps_of(client_messages.AUDIO_JSON.gladia[0])


class SendingRule(OpenSends):
    """Plans what becomes of every frame that a program sends over a session's socket."""

    def __init__(
        self,
        migrating: Migrating,
        connects: Iterable[cst.Call],
        formats: Mapping[cst.Call, AudioFormat | None] = {},
        audios: Mapping[cst.Call, SessionAudio | None] = {},
    ) -> None:
        super().__init__(migrating, connects)
        self._formats = formats
        self._audios = audios
        self._complete = True
        self._sent_as_it_is: list[tuple[Send, cst.BaseExpression]] = []
        self._joined: set[cst.Call] = set()

    def plan(self) -> bool:
        """Plans the edits; False, with findings, where audio could not be followed."""
        self._plan_each()
        for send, audio in self._sent_as_it_is:
            self._keep_order(send, audio)
        return self._complete

    def _keep_order(self, send: Send, audio: cst.BaseExpression) -> None:
        """What is sent behind frames that are joined goes the same way, or it would overtake what is left of them."""
        of = self._audios.get(send.socket.connect)
        if send.socket.connect not in self._joined or of is None:
            return
        if not FrameBuffer(self._migrating, over_socket(self._program, send), of).keep_order(audio):
            text = f"frames that are still being joined come behind it: {self._migrating.code(send.call)}"
            self._migrating.report(FRAMES_UNKNOWN, send.call, text)

    def _plan_send(self, send: Send) -> None:
        payload = self._program.value(send.payload)
        if send.method == "send_json" and isinstance(payload, DictDisplay):
            payload = JsonText(send.call, payload)
        if isinstance(payload, JsonText):
            kind = self._type_of(payload.of)
            if kind is None:
                self._give_up(send, "the type of this message is only known when it runs")
            elif kind.value == _AUDIO[0]:
                self._send_audio(send, payload)
            else:
                self._rename(send, kind)
        elif isinstance(payload, Known) and isinstance(payload.value, str):
            self._rename_in_text(send, payload)
        elif isinstance(payload, Base64):
            self._give_up(send, "base64 is sent as it is")
        elif send.method == "send" and self._may_be_text(send):
            self._migrating.report(PAYLOAD_UNKNOWN, send.payload, self._migrating.code(send.call))
        else:
            client_messages.AUDIO_BINARY.over(self._migrating.target)
            left = self._minded(send, send.payload)
            if left is None:
                self._fill(send, send.payload)
            else:
                self._send_joined(send, send.payload, left)

    def _minded(self, send: Send, audio: cst.BaseExpression) -> Finding | None:
        """Brings the length of frames into range and looks at their pace; what is left is for a buffer."""
        of = self._formats.get(send.socket.connect)
        left = bring_into_range(self._migrating, audio, send.call, of)
        check_pace(self._migrating, audio, send.call, of)
        return left

    def _fill(self, send: Send, audio: cst.BaseExpression) -> None:
        """Fills the last piece of a recording up, where it is sent."""
        piece = LastPiece(self._migrating, audio, send.call, self._audios.get(send.socket.connect))
        argument = self._program.parents[send.payload]
        self._sent_as_it_is.append((send, audio))
        piece.check()
        if piece.can_be_short and isinstance(argument, cst.Arg):
            self._migrating.edits.rewrite_further(
                argument, lambda updated: updated.with_changes(value=piece.filled(updated.value))
            )

    def _may_be_text(self, send: Send) -> bool:
        """Whether a payload that is not followed could be JSON: only where the program makes JSON audio at all."""
        if self._is_said_to_be_bytes(send.payload) or self._is_sound(send.payload):
            return False
        return any(isinstance(value, Base64) for value in self._program.values.values())

    def _is_sound(self, payload: cst.BaseExpression) -> bool:
        """Whether a payload is audio whatever happens: read, recorded or decoded. A client's may be text."""
        pieces = [sound(one) for one in something(self._program.value(payload))]
        return all(one is not None and not one.read.made_by.startswith(CLIENT) for one in pieces)

    def _is_said_to_be_bytes(self, payload: cst.BaseExpression) -> bool:
        """Whether a payload is a parameter that the program annotates as bytes."""
        found = self._program.reaching.get(payload, ()) if isinstance(payload, cst.Name) else ()
        types = [
            one.node.annotation.annotation
            for one in found
            if isinstance(one.node, cst.Param) and one.node.annotation is not None
        ]
        return bool(found) and len(types) == len(found) and all(_is_bytes(one) for one in types)

    def _type_of(self, document: Value) -> Known | None:
        if not isinstance(document, DictDisplay):
            return None
        value = self._program.tables.get(document.site, _TYPE)
        return value if isinstance(value, Known) and isinstance(value.value, str) else None

    def _rename(self, send: Send, kind: Known) -> None:
        rows = catalogue.find(Section.CLIENT, self._migrating.source, (kind.value,))
        if not rows or not isinstance(kind.literal, cst.SimpleString):
            text = f"a message of type {kind.value!r} has no counterpart"
            self._complete = take_away(self._migrating, send.call, text) and self._complete
            return
        rows[0].over(self._migrating.target)
        self._migrating.edits.replace(kind.literal, like(kind.literal, rows[0].of(self._migrating.target)[0]))

    def _rename_in_text(self, send: Send, payload: Known) -> None:
        """A message written as JSON text in the source."""
        for row in catalogue.rows(Section.CLIENT):
            if not row.gladia or not row.assemblyai:
                continue
            name = row.of(self._migrating.source)[0]
            if f'"{name}"' in payload.value and isinstance(payload.literal, cst.SimpleString):
                row.over(self._migrating.target)
                text = payload.literal.raw_value.replace(name, row.of(self._migrating.target)[0])
                self._migrating.edits.replace(payload.literal, like(payload.literal, text))
                return
        self._give_up(send, f"this text has no counterpart: {self._migrating.code(send.payload)}")

    # --- audio -----------------------------------------------------------------------------------

    def _send_audio(self, send: Send, payload: JsonText) -> None:
        """Takes the JSON and base64 steps away, so that the bytes go out as they are."""
        encoded = self._encoded_in(payload.of)
        maker = AudioMaker(self._migrating, encoded) if encoded is not None else None
        given = maker.raw_of(send) if maker is not None else None
        if maker is not None and given is not None:
            left = self._minded(send, given)
            maker.remove()
            self._watch_and_send(send, given, given, left)
            client_messages.AUDIO_JSON.over(self._migrating.target)
            return
        if encoded is None and self._send_decoded(send, payload):
            return
        chain = self._chain_of(send, encoded) if encoded is not None else None
        if encoded is None or chain is None:
            if encoded is None or not self._send_decoded(send, payload):
                self._give_up(send, self._migrating.code(send.call))
            return
        raw = encoded.encoded
        left = self._minded(send, raw)
        kept: Definition | None = None
        holder = next((one for one in chain if self._program.is_inside(encoded.call, one.statement)), None)
        if self._program.is_inside(encoded.call, send.payload):
            sent: cst.BaseExpression = raw
        elif holder is None:
            chunk = self._chunk_expression(payload.of)
            given = self._given_to_encoder(chunk, encoded)
            sent = raw = given if given is not None else chunk
            if given is None and not self._encode_no_more(encoded):
                self._give_up(send, self._migrating.code(send.call))
                return
        elif isinstance(raw, cst.Name) and self._still_holds(raw, send, chain):
            sent = cst.Name(self._migrating.name(raw.value))
        else:
            kept = holder
            sent = cst.Name(self._migrating.name(holder.name))
        for definition in chain:
            self._drop(definition, encoded, keep=definition is kept)
        self._watch_and_send(send, raw, sent, left)
        client_messages.AUDIO_JSON.over(self._migrating.target)

    def _send_decoded(self, send: Send, payload: JsonText) -> bool:
        """Sends the bytes of audio that the program gets in base64 and passed on as it was."""
        node: cst.BaseExpression | None = None
        value: Value = payload.of
        for step in _AUDIO[1:]:
            entries = self._program.dictionaries[value.site].entries if isinstance(value, DictDisplay) else []
            found = [one for one in entries if one.key == Known(step)]
            if len(found) != 1:
                return False
            node, value = found[0].value_node, found[0].value
        if node is None or send.call in self._migrating.edits.rewrites:
            return False
        named = self._named_for_sending(send, node)
        if named is None and not self._program.is_inside(node, send.payload):
            return False
        if value == Known(""):
            # An empty chunk only keeps the session open, which AssemblyAI does by itself.
            return take_away(self._migrating, send.call, "an empty chunk of audio, which kept the session open")
        if named is not None:
            self._migrating.edits.remove(named)
        decoded = expression("base64.b64decode(node)", base64=self._migrating.use_module("base64"), node=node)
        client_messages.AUDIO_JSON.over(self._migrating.target)
        text = f"how long a frame lasts is not known: {self._migrating.code(send.call)}"
        if self._send_joined(send, decoded, Finding(FRAMES_UNKNOWN, 0, text)):
            return True
        edits, library = self._migrating.edits, self._program.connects[send.socket.connect].library
        edits.rewrite(send.payload, lambda _: edits.edited(decoded))
        if isinstance(send.call.func, cst.Attribute) and send.method != library.binary:
            edits.replace(send.call.func.attr, cst.Name(library.binary))
        return True

    def _named_for_sending(self, send: Send, audio: cst.BaseExpression) -> cst.SimpleStatementLine | None:
        """The statement in front of a send that gives the message a name for it alone."""
        program = self._program
        definitions = program.definitions_of(send.payload) if isinstance(send.payload, cst.Name) else []
        if len(definitions) != 1 or definitions[0].expression is None or definitions[0].uses != [send.payload]:
            return None
        statement, sending = definitions[0].statement, program.statement_of(send.call)
        block = program.parents[sending]
        if not program.is_inside(audio, definitions[0].expression) or not isinstance(block, cst.IndentedBlock):
            return None
        lines: list[cst.CSTNode] = list(block.body)
        is_next = statement in lines and lines.index(sending) == lines.index(statement) + 1
        is_alone = isinstance(statement, cst.SimpleStatementLine) and len(statement.body) == 1
        return statement if is_next and is_alone and isinstance(statement, cst.SimpleStatementLine) else None

    def _send_joined(self, send: Send, audio: cst.BaseExpression, left: Finding) -> bool:
        """Sends frames by way of a buffer where that has its place, or says what is `left` to a person."""
        of = self._audios.get(send.socket.connect)
        if of is not None and FrameBuffer(self._migrating, over_socket(self._program, send), of).plan(audio):
            self._migrating.report(CHUNK_RESIZED, send.call, "frames are joined until they last 50 ms")
            self._joined.add(send.socket.connect)
            return True
        self._migrating.report(left.kind, send.call, left.text)
        self._sent_as_it_is.append((send, audio))
        return False

    def _chunk_expression(self, document: Value) -> cst.BaseExpression:
        """The expression of the chunk in the message's dictionary, `str(…)` and `.decode()` around it taken off."""
        node: cst.BaseExpression | None = None
        value = document
        for step in _AUDIO[1:]:
            assert isinstance(value, DictDisplay)
            for entry in self._program.dictionaries[value.site].entries:
                if isinstance(entry.key, Known) and entry.key.value == step:
                    node, value = entry.value_node, entry.value
        assert node is not None
        while isinstance(node, cst.Call) and isinstance(node.func, (cst.Name, cst.Attribute)):
            inner = node.func.value if isinstance(node.func, cst.Attribute) else None
            if inner is not None and isinstance(self._program.value(inner), Base64):
                node = inner
            elif node.args and self._program.value(node.func) == Library("builtins.str"):
                node = node.args[0].value
            else:
                break
        return node

    def _given_to_encoder(self, chunk: cst.BaseExpression, encoded: Base64) -> cst.BaseExpression | None:
        """What a function that does nothing but encode is called with; with its last call it goes itself."""
        callee = self._program.value(chunk.func) if isinstance(chunk, cst.Call) else None
        if not isinstance(chunk, cst.Call) or not isinstance(callee, Function) or len(chunk.args) != 1:
            return None
        function, raw = callee.node, encoded.encoded
        if not isinstance(function, cst.FunctionDef) or not isinstance(raw, cst.Name):
            return None
        lines = [one for one in function.body.body if not _is_docstring(one)]
        names = [one.name.value for one in function.params.params]
        match lines:
            case [cst.SimpleStatementLine([cst.Return()])] if names == [raw.value]:
                pass
            case _:
                return None
        uses = [use for one in self._program.definitions() if one.node is function for use in one.uses]
        if len(uses) == 1:
            self._migrating.edits.remove(function)
        elif not self._encode_no_more(encoded):
            return None
        return chunk.args[0].value

    def _encode_no_more(self, encoded: Base64) -> bool:
        """In a function of the program's own that encodes and gives back, the encoding goes."""
        outermost: cst.BaseExpression = encoded.call
        while True:
            parent = self._program.parents[outermost]
            call = self._program.parents[parent]
            if isinstance(parent, cst.Attribute) and isinstance(call, cst.Call) and call.func is parent:
                outermost = call
            else:
                break
        if not isinstance(self._program.parents[outermost], cst.Return):
            return False
        function = self._program.scope_of(encoded.call)
        if not isinstance(function, cst.FunctionDef):
            return False
        if function.returns is not None:
            if not isinstance(function.returns.annotation, cst.Name):
                return False
            self._migrating.edits.replace(function.returns.annotation, cst.Name("bytes"))
        raw = encoded.encoded
        self._migrating.edits.watch([raw])
        self._migrating.edits.rewrite(outermost, lambda _: self._migrating.edits.updated(raw))
        return True

    def _watch_and_send(
        self, send: Send, raw: cst.BaseExpression, sent: cst.BaseExpression, left: Finding | None
    ) -> None:
        if left is not None and self._send_joined(send, sent, left):
            return
        edits, library = self._migrating.edits, self._program.connects[send.socket.connect].library
        edits.watch([raw])
        edits.rewrite(send.payload, lambda _: edits.updated(raw) if sent is raw else sent)
        if isinstance(send.call.func, cst.Attribute) and send.method != library.binary:
            edits.replace(send.call.func.attr, cst.Name(library.binary))
        if left is None:
            self._fill(send, raw)

    def _encoded_in(self, document: Value) -> Base64 | None:
        value: Value = document
        for step in _AUDIO[1:]:
            if not isinstance(value, DictDisplay):
                return None
            value = self._program.tables.get(value.site, str(step))
        return value if isinstance(value, Base64) else None

    def _chain_of(self, send: Send, encoded: Base64) -> list[Definition] | None:
        """The names that hold the encoded audio on its way to the socket; None where one is used for more."""
        found: list[Definition] = []
        for definition in self._program.definitions():
            if self._carries(definition.value, encoded):
                if definition.expression is None or not _stands_alone(definition):
                    return None
                found.append(definition)
        for definition in found:
            for use in definition.uses:
                on_the_way = self._program.is_inside(use, send.payload) or any(
                    self._program.is_inside(use, other.statement) for other in found
                )
                if not on_the_way or self._program.reaching.get(use) != frozenset((definition,)):
                    return None
        if not found and not self._program.is_inside(encoded.call, send.payload):
            return found if self._is_made_for_sending(encoded) else None
        return found

    def _is_made_for_sending(self, encoded: Base64) -> bool:
        """Whether what a function of the program encodes goes nowhere but into frames."""
        maker = self._program.scope_of(encoded.call)
        payloads = [send.payload for send in self._program.sends.values()]
        return all(
            self._program.is_inside(node, maker) or any(self._program.is_inside(node, one) for one in payloads)
            for node, value in self._program.values.items()
            if self._carries(value, encoded) and not isinstance(self._program.parents[node], cst.DictElement)
        )

    def _carries(self, value: Value, encoded: Base64) -> bool:
        match value:
            case Base64(call):
                return call is encoded.call
            case JsonText(_, of):
                return self._carries(of, encoded)
            case DictDisplay(site):
                entries = self._program.dictionaries[site].entries
                return any(self._carries(entry.value, encoded) for entry in entries)
        return False

    def _still_holds(self, raw: cst.Name, send: Send, chain: list[Definition]) -> bool:
        """Whether the raw audio's name holds it where the frame is sent, once the chain's statements are gone."""
        statement = self._program.statement_of(send.call)
        there = self._program.at_statement.get(statement, {}).get(raw.value, frozenset())
        before = self._program.reaching.get(raw, frozenset())
        remaining = frozenset(one for one in there if one not in chain)
        return remaining <= before and self._program.scope_of(raw) is self._program.scope_of(send.call)

    def _drop(self, definition: Definition, encoded: Base64, *, keep: bool) -> None:
        statement = definition.statement
        assert statement is not None
        if keep and definition.expression is not None:
            self._migrating.edits.watch([encoded.encoded])
            raw = encoded.encoded
            self._migrating.edits.rewrite(definition.expression, lambda _: self._migrating.edits.updated(raw))
            return
        self._migrating.edits.remove(statement)

    def _give_up(self, send: Send, text: str) -> None:
        self._complete = False
        self._migrating.report(AUDIO_UNKNOWN, send.call, text)


def _is_docstring(statement: cst.CSTNode) -> bool:
    match statement:
        case cst.SimpleStatementLine([cst.Expr(cst.SimpleString())]):
            return True
    return False


def _is_bytes(annotation: cst.BaseExpression) -> bool:
    return isinstance(annotation, cst.Name) and annotation.value in ("bytes", "bytearray", "memoryview")


def _stands_alone(definition: Definition) -> bool:
    statement = definition.statement
    if not isinstance(statement, cst.SimpleStatementLine) or len(statement.body) != 1:
        return False
    small = statement.body[0]
    return isinstance(small, cst.AnnAssign) or (isinstance(small, cst.Assign) and len(small.targets) == 1)
