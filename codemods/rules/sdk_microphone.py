"""AssemblyAI's `extras.MicrophoneStream`, gone since assemblyai 1.0, becomes the PyAudio loop that it was."""

from __future__ import annotations

import libcst as cst

from codemods.analysis.libraries import Arguments
from codemods.analysis.values import LibraryObject, constant, something
from codemods.edits import Statement
from codemods.migrating import Migrating
from codemods.rules import sdk_session_name as naming
from codemods.rules.sdk_imports import SdkImports
from shim.mapping import sdk
from shim.mapping.row import Vendor

_DEFAULT_RATE = 44100


class MicrophoneRule:
    """Plans the loop for one `client.stream(MicrophoneStream(…))`."""

    def __init__(self, migrating: Migrating, imports: SdkImports) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._imports = imports

    def plan(self, call: cst.Call, audio: cst.BaseExpression, send: str) -> bool:
        """Plans the edits; False where the microphone is used for more than this. `send` is the method that sends."""
        found = [one for one in something(self._program.value(audio)) if isinstance(one, LibraryObject)]
        if len(found) != 1:
            return False
        site = found[0].site
        if site is not audio and not self._take_variable(audio, site):
            return False
        arguments = Arguments.of(site)
        rate, device = arguments.get(0, "sample_rate"), arguments.get(1, "device_index")
        given = [one for one in (rate, device) if one is not None]
        self._migrating.edits.watch(given)
        self._imports.handled.add(site)
        sdk.MICROPHONE.over(Vendor.GLADIA)
        pyaudio = self._migrating.module.code_for_node(self._migrating.use_module("pyaudio"))
        names = [naming.free_name(self._migrating, *wanted) for wanted in (("audio",), ("microphone", "audio_stream"))]
        statement = self._program.statement_of(call)
        edits = self._migrating.edits
        edits.insert_after(statement, lambda: self._loop(pyaudio, names, rate, device, send, statement))
        edits.remove(statement)
        return True

    def _take_variable(self, audio: cst.BaseExpression, site: cst.Call) -> bool:
        """A variable that holds the microphone for this call alone goes."""
        if not isinstance(audio, cst.Name):
            return False
        for definition in naming.definitions_at(self._migrating, audio):
            if definition.expression is not site or definition.uses != [audio] or definition.statement is None:
                return False
            self._migrating.edits.remove(definition.statement)
        return True

    def _loop(
        self,
        pyaudio: str,
        names: list[str],
        rate: cst.BaseExpression | None,
        device: cst.BaseExpression | None,
        send: str,
        statement: cst.CSTNode,
    ) -> list[Statement]:
        """The statements, each 100 ms of audio sent as it is read, until Ctrl+C."""
        audio, microphone = names
        hertz = self._code(rate) if rate is not None else str(_DEFAULT_RATE)
        known = constant(self._program.value(rate)) if rate is not None else _DEFAULT_RATE
        chunk = str(known // 10) if isinstance(rate, cst.Integer) or rate is None else f"{hertz} // 10"
        chosen = [f"    input_device_index={self._code(device)},"] if device is not None else []
        lines = [
            f"{audio} = {pyaudio}.PyAudio()",
            f"{microphone} = {audio}.open(",
            f"    format={pyaudio}.paInt16,",
            "    channels=1,",
            f"    rate={hertz},",
            "    input=True,",
            f"    frames_per_buffer={chunk},",
            *chosen,
            ")",
            "try:",
            "    while True:",
            f"        {send}({microphone}.read({chunk}, exception_on_overflow=False))",
            "except KeyboardInterrupt:",
            "    pass",
        ]
        return list(cst.parse_module("\n".join(lines) + "\n").body)

    def _code(self, node: cst.BaseExpression) -> str:
        return self._migrating.module.code_for_node(self._migrating.edits.updated(node))
