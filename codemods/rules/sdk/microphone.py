"""AssemblyAI's `extras.MicrophoneStream`, gone since assemblyai 1.0, becomes the PyAudio stream that it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import libcst as cst

from codemods.analysis.arguments import Arguments
from codemods.analysis.environment import Definition
from codemods.analysis.values import Library, LibraryObject, constant, something
from codemods.edits import Statement, statements
from codemods.findings import SDK_NOT_FOLLOWED
from codemods.migrating import Migrating
from codemods.rules.sdk import session_name as naming
from codemods.rules.sdk.handing_on import functions_called, taker_of
from codemods.rules.sdk.imports import SdkImports
from codemods.vendors import assemblyai_sdk
from shim.mapping import sdk
from shim.mapping.row import Vendor

_DEFAULT_RATE = 44100


class MicrophoneRule:
    """Plans what becomes of microphones: of one that a session streams, and of those that a program reads itself."""

    def __init__(self, migrating: Migrating, imports: SdkImports) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._imports = imports

    def plan(self, call: cst.Call, audio: cst.BaseExpression, session: str) -> bool:
        """Plans the loop for `client.stream(microphone)`, a line of its own; False where it cannot be followed.

        `session` is the expression for the session, whose `send_audio` gets what is recorded.
        """
        body = self.body(audio, session)
        if body is None:
            return False
        statement = self._program.statement_of(call)
        self._migrating.edits.insert_after(statement, body)
        self._migrating.edits.remove(statement)
        return True

    def body(self, audio: cst.BaseExpression, session: str) -> Callable[[], list[Statement]] | None:
        """The statements that record and send, 100 ms at a time, until Ctrl+C or the end of the session."""
        site = self._site(audio)
        if site is None:
            return None
        if site is audio or self._take_variable(audio, site):
            opened = self._opening(site, None)
            names = self._names()
            return lambda: [*opened(names), *self._loop(site, names[1], session)]
        if not isinstance(audio, (cst.Name, cst.Attribute)) or not self._plan_object(site):
            return None
        name = self._migrating.module.code_for_node(audio)
        return lambda: self._loop(site, name, session)

    def plan_others(self) -> None:
        """Plans the microphones that the program reads itself, or says why not."""
        for value in list(self._program.values.values()):
            if isinstance(value, LibraryObject) and value.made_by in assemblyai_sdk.MICROPHONES:
                site = value.site
                if site not in self._imports.handled and not self._plan_object(site):
                    self._migrating.report(SDK_NOT_FOLLOWED, site, self._migrating.code(site))
        for node, value in list(self._program.values.items()):
            if not isinstance(node, (cst.Name, cst.Attribute)) or not isinstance(value, Library):
                continue
            if value.name in assemblyai_sdk.MICROPHONES and self._is_in_annotation(node):
                self._imports.handled.add(node)
                pyaudio = self._migrating.at(node).use_module("pyaudio")
                self._migrating.edits.replace(node, cst.Attribute(pyaudio, cst.Name("Stream")))

    def _is_in_annotation(self, node: cst.CSTNode) -> bool:
        parent = self._program.parents.get(node)
        while parent is not None and not isinstance(parent, (cst.BaseStatement, cst.Call, cst.Attribute)):
            if isinstance(parent, cst.Annotation):
                return True
            parent = self._program.parents.get(parent)
        return False

    # --- one that is kept ------------------------------------------------------------------------

    def _plan_object(self, site: cst.Call) -> bool:
        """Plans `stream = MicrophoneStream(…)` and what the program does with it: loops over it, closes it."""
        if site in self._imports.handled:
            return True
        made = self._program.parents[site]
        statement = self._program.statement_of(site)
        if isinstance(made, (cst.For, cst.From)):
            return self._plan_unnamed(site, made)
        if not isinstance(made, cst.Assign) or len(made.targets) != 1 or len(getattr(statement, "body", ())) != 1:
            return False
        target = made.targets[0].target
        loops: list[cst.For] = []
        for node, value in self._program.values.items():
            if not isinstance(node, (cst.Name, cst.Attribute)):
                continue
            parent = self._program.parents[node]
            if self._site_of(value) is not site:
                is_taken = isinstance(parent, (cst.For, cst.Arg)) and not self._keeps_its_meaning(parent)
                if is_taken and any(self._site_of(one) is site for one in something(value)):
                    return False  # this microphone, or something else
                continue
            if isinstance(parent, cst.For) and parent.iter is node and parent.orelse is None:
                if not self._is_readable_at(site, node):
                    return False
                loops.append(parent)
            elif not self._keeps_its_meaning(parent) and not self._goes_to_functions(node):
                return False
        opened = self._opening(site, target)
        names = self._names()
        edits = self._migrating.edits
        edits.watch([target])
        edits.insert_after(statement, lambda: opened(names))
        edits.remove(statement)
        for loop in loops:
            self._read_in_loop(loop, site, self._migrating.module.code_for_node(loop.iter))
        return True

    def _plan_unnamed(self, site: cst.Call, made: cst.For | cst.From) -> bool:
        """`for chunk in MicrophoneStream(…):` and `yield from MicrophoneStream(…)`: opened in front of the reading."""
        statement = made if isinstance(made, cst.For) else self._program.statement_of(made)
        if isinstance(made, cst.For) and made.orelse is None:
            opened, names = self._opening(site, None), self._names()
            self._read_in_loop(made, site, names[1])
        elif isinstance(statement, cst.SimpleStatementLine) and self._is_yielded_alone(made, statement):
            opened, names = self._opening(site, None), self._names()
            chunk, read = naming.free_name(self._migrating, "chunk", "recorded"), self._read(site, names[1])
            code = f"while True:\n{_reading(chunk, read, '    ')}    yield {chunk}\n"
            self._migrating.edits.insert_after(statement, lambda: list(cst.parse_module(code).body))
            self._migrating.edits.remove(statement)
        else:
            return False
        self._migrating.edits.insert_before(statement, lambda: opened(names))
        return True

    def _is_yielded_alone(self, made: cst.CSTNode, statement: cst.SimpleStatementLine) -> bool:
        """Whether a line is `yield from …` and nothing else."""
        match statement.body:
            case [cst.Expr(cst.Yield(value))]:
                return value is made
        return False

    def _keeps_its_meaning(self, parent: cst.CSTNode) -> bool:
        """Whether a use of a microphone is one that a PyAudio stream has too, or is planned by itself."""
        match parent:
            case cst.Attribute(_, cst.Name(name)):
                return name in ("close", "read")
            case cst.Arg():
                call = self._program.parents[parent]
                return isinstance(call, cst.Call) and getattr(getattr(call.func, "attr", None), "value", "") == "stream"
            case cst.If() | cst.UnaryOperation() | cst.BooleanOperation() | cst.Comparison() | cst.AssignTarget():
                return True
        return False

    def _goes_to_functions(self, ref: cst.BaseExpression) -> bool:
        """Whether functions of the program get a microphone, by parameters that it is followed through."""
        call = taker_of(self._program, ref) if isinstance(self._program.parents[ref], cst.Arg) else None
        functions = functions_called(self._program, call) if call is not None else []
        return bool(functions) and all(
            isinstance(one, cst.FunctionDef)
            and not isinstance(one.params.star_arg, cst.Param)
            and one.params.star_kwarg is None
            for one in functions
        )

    def _read_in_loop(self, loop: cst.For, site: cst.Call, microphone: str) -> None:
        """`for chunk in microphone:` reads chunk by chunk; Ctrl+C while it reads ends the loop, as it did."""
        read = self._read(site, microphone)

        def reading(updated: cst.For) -> cst.While:
            first = statements(_reading("chunk", read), chunk=updated.target)
            body = updated.body
            if isinstance(body, cst.SimpleStatementSuite):
                inner: Any = cst.IndentedBlock([*first, cst.SimpleStatementLine(list(body.body))])
            else:
                inner = body.with_changes(body=[*first, *body.body])
            return cst.While(cst.Name("True"), inner, leading_lines=updated.leading_lines)

        self._migrating.edits.rewrite(loop, reading)

    # --- one that is streamed --------------------------------------------------------------------

    def _site(self, audio: cst.BaseExpression) -> cst.Call | None:
        found = something(self._program.value(audio))
        return self._site_of(found[0]) if len(found) == 1 else None

    def _site_of(self, value: Any) -> cst.Call | None:
        if isinstance(value, LibraryObject) and value.made_by in assemblyai_sdk.MICROPHONES:
            return value.site
        return None

    def _take_variable(self, audio: cst.BaseExpression, site: cst.Call) -> bool:
        """A variable or `with` that holds the microphone for this call alone goes."""
        if not isinstance(audio, cst.Name):
            return False
        definitions = naming.definitions_at(self._migrating, audio)
        if any(one.uses != [audio] or one.statement is None for one in definitions):
            return False
        if any(self._is_tried_alone(one, audio) for one in definitions):
            return False
        for definition in definitions:
            statement = definition.statement
            if definition.expression is site and isinstance(statement, cst.SimpleStatementLine):
                if not self._names_are_visible(site, audio):
                    return False
                self._migrating.edits.remove(statement)
            elif not self._unwrap(definition, site):
                return False
        return True

    def _is_tried_alone(self, definition: Definition, audio: cst.Name) -> bool:
        """Whether a `try` is around where the microphone is opened, and not around where it is streamed."""
        tried = self._tries_around(definition.node)
        return not tried <= self._tries_around(audio)

    def _tries_around(self, node: cst.CSTNode) -> set[cst.CSTNode]:
        """The blocks of `try` statements that a node of a function stands in."""
        found: set[cst.CSTNode] = set()
        current: cst.CSTNode | None = node
        while current is not None and not isinstance(current, (cst.FunctionDef, cst.Module)):
            parent = self._program.parents.get(current)
            if isinstance(parent, cst.Try) and parent.body is current:
                found.add(current)
            current = parent
        return found

    def _unwrap(self, definition: Definition, site: cst.Call) -> bool:
        """`with MicrophoneStream(…) as microphone:` around what is streamed."""
        match definition.statement:
            case cst.With([cst.WithItem(item)], cst.IndentedBlock()) as around if item is site:
                self._migrating.edits.unwrap(around)
                return True
        return False

    def _loop(self, site: cst.Call, microphone: str, session: str) -> list[Statement]:
        lines = ["try:"]
        if "." in session:
            # Another session may take the attribute while this one is fed.
            name = naming.free_name(self._migrating, "session", "live_session")
            lines, session = [f"{name} = {session}", "try:"], name
        lines += [
            f'    while {session}.status != "ended":'.replace('"', self._migrating.file_quote),
            f"        {session}.send_audio({self._read(site, microphone)})",
            "except KeyboardInterrupt:",
            "    pass",
        ]
        return list(cst.parse_module("\n".join(lines) + "\n").body)

    # --- PyAudio ---------------------------------------------------------------------------------

    def _names(self) -> tuple[str, str]:
        first = naming.free_name(self._migrating, "audio", "py_audio")
        return first, naming.free_name(self._migrating, "microphone", "audio_stream")

    def _opening(
        self, site: cst.Call, target: cst.BaseExpression | None
    ) -> Callable[[tuple[str, str]], list[Statement]]:
        """The statements that open the microphone, into `target` or into a variable of their own."""
        arguments = Arguments.of(site)
        rate, device = arguments.get(0, "sample_rate"), arguments.get(1, "device_index")
        self._imports.handled.add(site)
        sdk.MICROPHONE.over(Vendor.GLADIA)
        module = self._migrating.module
        here = self._migrating.at(site)
        # The SDK imports PyAudio when a microphone is opened: who never opens one need not have it.
        is_optional = here.imported_as("pyaudio") is None and all(map(self._is_choice, self._sites_beside(site)))
        pyaudio = "pyaudio" if is_optional else module.code_for_node(here.use_module("pyaudio"))
        hertz = self._hertz(rate)
        chosen = [f"    input_device_index={self._edited(device)},"] if device is not None else []

        def opened(names: tuple[str, str]) -> list[Statement]:
            audio, microphone = names
            if target is not None:
                microphone = module.code_for_node(self._migrating.edits.edited(target))
            lines = [
                *(["import pyaudio"] if is_optional else []),
                f"{audio} = {pyaudio}.PyAudio()",
                f"{microphone} = {audio}.open(",
                f"    format={pyaudio}.paInt16,",
                "    channels=1,",
                f"    rate={hertz},",
                "    input=True,",
                f"    frames_per_buffer={self._frames(rate)},",
                *chosen,
                ")",
            ]
            return list(cst.parse_module("\n".join(lines) + "\n").body)

        return opened

    def _sites_beside(self, site: cst.Call) -> list[cst.Call]:
        """The places of a file that open a microphone: one import is enough for all of them."""
        here = self._migrating.at(site).module
        sites = (self._site_of(value) for value in list(self._program.values.values()))
        return [one for one in dict.fromkeys(sites) if one is not None and self._migrating.at(one).module is here]

    def _is_choice(self, node: cst.CSTNode) -> bool:
        """Whether a function opens the microphone only in a branch: the program works without it, too."""
        current: cst.CSTNode | None = node
        chosen = False
        while current is not None and not isinstance(current, (cst.Module, cst.ClassDef)):
            if isinstance(current, cst.FunctionDef):
                return chosen
            chosen = chosen or isinstance(current, (cst.If, cst.Else, cst.Match))
            current = self._program.parents.get(current)
        return False

    def _hertz(self, rate: cst.BaseExpression | None) -> str:
        return self._edited(rate) if rate is not None else str(_DEFAULT_RATE)

    def _frames(self, rate: cst.BaseExpression | None) -> str:
        """How many frames 100 ms are."""
        known = constant(self._program.value(rate)) if rate is not None else _DEFAULT_RATE
        return str(known // 10) if isinstance(rate, cst.Integer) or rate is None else f"{self._hertz(rate)} // 10"

    def _read(self, site: cst.Call, microphone: str) -> str:
        rate = Arguments.of(site).get(0, "sample_rate")
        return f"{microphone}.read({self._frames(rate)}, exception_on_overflow=False)"

    def _is_readable_at(self, site: cst.Call, node: cst.CSTNode) -> bool:
        return self._names_are_visible(site, node)

    def _names_are_visible(self, site: cst.Call, node: cst.CSTNode) -> bool:
        """Whether what the microphone was opened with can be read at another place."""
        given = [name for one in site.args for name in self._program.nodes_in(one.value) if isinstance(name, cst.Name)]
        for name in given:
            for definition in naming.definitions_at(self._migrating, name):
                place = self._program.scope_of(definition.node)
                if not naming.is_visible(self._migrating, place, node) or self._is_hidden(name.value, place, node):
                    return False
        return True

    def _is_hidden(self, name: str, place: cst.CSTNode, node: cst.CSTNode) -> bool:
        """Whether a function between the scope `place` and a node has a variable of its own of that name."""
        scope = self._program.scope_of(node)
        while scope is not place:
            if scope in self._program.scopes and name in self._program.scopes[scope].definitions:
                return True
            scope = self._program.scope_of(scope)
        return False

    def _edited(self, node: cst.BaseExpression) -> str:
        return self._migrating.module.code_for_node(self._migrating.edits.edited(node))


def _reading(name: str, read: str, indent: str = "") -> str:
    """The lines that read one chunk in a loop; Ctrl+C meanwhile ends it, as it ended a `MicrophoneStream`."""
    lines = ("try:", f"    {name} = {read}", "except KeyboardInterrupt:", "    break")
    return "".join(f"{indent}{line}\n" for line in lines)
