"""A session's parameters where an SDK takes them: an object of its class, or a dictionary."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import libcst as cst

from codemods.analysis.program import Dictionary
from codemods.analysis.values import DictDisplay, Known, Library, LibraryObject, Value
from codemods.findings import (
    CONFIGURATION_UNKNOWN,
    PARAMETER_ABSENT,
    PARAMETER_DIFFERS,
)
from codemods.layout import Written, lay_out
from codemods.literals import literal_code
from codemods.migrating import Migrating
from codemods.rules.configuration.audio_format import check_channels, encoding_of_depth
from codemods.rules.configuration.body_values import ONE_LANGUAGE
from codemods.rules.configuration.idle_settings import report_idle_setting
from codemods.rules.configuration.language_reads import reads_language
from codemods.rules.configuration.left_out import takes_none
from codemods.rules.configuration.run_time_parameters import leave_out, whatever
from codemods.rules.configuration.sample_rates import report_rate
from codemods.rules.configuration.settings_kept import gives
from codemods.rules.sdk.imports import SdkImports
from codemods.rules.sdk.parameters.model_choices import ModelChoices
from codemods.rules.sdk.parameters.parameter_findings import ParameterFindings
from codemods.rules.sdk.parameters.parameter_values import NOT_CONSTANT, constant_of, each_of
from codemods.rules.sdk.parameters.steps import Steps
from codemods.rules.sdk.parameters.switched_vocabulary import vocabulary_code
from codemods.rules.sdk.parameters.switching import switching_code
from codemods.rules.sdk.parameters.written_values import WrittenValues
from codemods.vendors import assemblyai_sdk, gladia_sdk
from shim.mapping import assemblyai_parameters, assemblyai_v2, catalogue, parameters
from shim.mapping.row import ABSENT, Fidelity, Row, Section, Vendor

_PARTIALS = parameters.PARTIALS.gladia[0]
_SPEECH_MODEL = parameters.MODEL.assemblyai[0]
_LANGUAGE_CODES = parameters.LANGUAGES.assemblyai[0]
_WHATEVER: Final = (parameters.MODEL, parameters.CODE_SWITCHING)
"""Rows that may give the same whatever the value is that only the running program knows."""
Code = Callable[[], str]
"""Gives source once the edits inside it were made."""


@dataclass(frozen=True, slots=True)
class _Leaf:
    node: cst.BaseExpression
    constant: Any
    may_be_none: bool
    is_one_language: bool = False
    """Whether it is one language where a list of them is wanted."""


class SdkParametersRule:
    """Plans what becomes of one session's parameters. `imports` says what the target SDK's classes are called."""

    def __init__(self, migrating: Migrating, imports: SdkImports) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._imports = imports
        self._place: cst.CSTNode = migrating.module
        self._leaves: dict[str, _Leaf] = {}
        self._readable = True
        self._written: list[tuple[str, Code]] = []
        self._hangs_on_model: list[str] = []
        self._chosen_by_model = False
        self._values = WrittenValues(migrating)
        self._findings = ParameterFindings(migrating, self._context, self._is_unknown)
        self.inline = False
        """Whether the parameters stand where the session is opened: `tree` gives them then."""

    def plan(self, node: cst.BaseExpression) -> bool:
        """Plans the edits of the parameters that an expression holds; False, with findings, where it cannot be done."""
        value = self._program.value(node)
        self._place = value.site if isinstance(value, LibraryObject) else node
        match value:
            case LibraryObject(made_by, site) if self._is_parameters(made_by):
                return self._plan_object(site, node)
            case LibraryObject(made_by, site) if self._is_from_dict(made_by) and len(site.args) == 1:
                return self._plan_from_dict(site, node)
            case DictDisplay(site) if self._migrating.source is Vendor.GLADIA:
                return self._plan_dictionary(site, node)
        self._give_up(node, self._migrating.code(node))
        return False

    def _is_parameters(self, made_by: str) -> bool:
        if self._migrating.source is Vendor.GLADIA:
            return gladia_sdk.name_of(made_by) == gladia_sdk.REQUEST
        return assemblyai_sdk.name_of(made_by) in (assemblyai_sdk.PARAMETERS, assemblyai_sdk.SESSION_PARAMETERS)

    def _give_up(self, node: cst.CSTNode, text: str) -> None:
        self._readable = False
        self._migrating.report(CONFIGURATION_UNKNOWN, node, text)

    # --- reading ---------------------------------------------------------------------------------

    def _plan_object(self, site: cst.Call, node: cst.BaseExpression) -> bool:
        starred = [argument for argument in site.args if argument.star]
        if len(starred) == 1 and len(site.args) == 1:
            value = self._program.value(starred[0].value)
            if isinstance(value, DictDisplay) and value.site is not starred[0].value:
                return self._plan_dictionary(value.site, None) and self._unpack(site, starred[0].value)
        self._read_call(site, "")
        steps = self._read_steps(site)
        if not self._readable or not self._translate(site):
            return False
        self._class_name()
        self._use_inner_classes()
        if site is node:
            self.inline = True
        else:
            self._put_in_place(site, steps, lambda: self._expression(self.tree(), site))
        return True

    def _read_steps(self, site: cst.BaseExpression) -> Steps:
        """What is set after the configuration was made counts as if it had been made so."""
        steps = Steps(self._migrating, site)
        if steps.trouble is not None:
            place, text = steps.trouble
            self._give_up(place, f"the configuration is changed after it was made, and {text}")
        for step in steps.found:
            self._leaves.pop(step.path, None)
            self._read(step.path, step.value, self._program.value(step.value))
        return steps

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
            self._give_up(given, self._migrating.code(site))
            return False
        name = self._class_name()
        self._migrating.edits.watch([given])
        self._migrating.edits.rewrite(site, lambda _: cst.parse_expression(f"{name}(**{self._values.code(given)})"))
        return True

    def _unpack(self, site: cst.Call, dictionary: cst.BaseExpression) -> bool:
        """`StreamingParameters(**config)` reads a dictionary with the other vendor's names now."""
        edits, name = self._migrating.edits, self._class_name()
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
            self._read_call(site, "")
        else:
            self._read_dictionary(self._program.dictionaries[site], "", top=True)
        steps = self._read_steps(site)
        if not self._readable or not self._translate(site):
            return False
        if site is node:
            self._class_name()
            self.inline = True
        else:
            self._put_in_place(site, steps, lambda: self._expression(self._tree(""), site))
        return True

    def _read_call(self, call: cst.Call, prefix: str) -> None:
        for argument in call.args:
            value = self._program.value(argument.value)
            if argument.star == "**" and isinstance(value, DictDisplay) and value.site is argument.value:
                self._read_dictionary(self._program.dictionaries[value.site], prefix)
            elif argument.star or argument.keyword is None:
                self._give_up(argument, f"an argument without a name: {self._migrating.code(argument)}")
            else:
                self._read(f"{prefix}{argument.keyword.value}", argument.value, value)

    def _read_dictionary(self, dictionary: Dictionary, prefix: str, *, top: bool = False) -> None:
        for change in dictionary.changes if not top else ():
            self._give_up(change, f"the configuration is changed after it was made: {self._migrating.code(change)}")
        for entry in dictionary.entries:
            if not isinstance(entry.node, cst.DictElement) or not isinstance(entry.key, Known):
                self._give_up(entry.node, f"a key that is only known when it runs: {self._migrating.code(entry.node)}")
            else:
                self._read(f"{prefix}{entry.key.value}", entry.value_node, entry.value)

    def _read(self, path: str, node: cst.BaseExpression, value: Value) -> None:
        if self._migrating.source is Vendor.GLADIA and path in gladia_sdk.CONFIGURATION_CLASSES:
            match value:
                case LibraryObject(made_by, site) if gladia_sdk.name_of(made_by) == gladia_sdk.CONFIGURATION_CLASSES[
                    path
                ] and self._is_made_for(site, node):
                    self._read_call(site, f"{path}.")
                    return
                case DictDisplay(site) if self._is_made_for(site, node):
                    self._read_dictionary(self._program.dictionaries[site], f"{path}.")
                    return
                case Known(None, certain=True):
                    return
            self._give_up(node, f"`{path}` is made elsewhere: {self._migrating.code(node)}")
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
                if today in self._leaves:
                    return
            if constant is not NOT_CONSTANT and self._rows() is not assemblyai_v2.PARAMETERS:
                constant = assemblyai_parameters.read_value(path, constant)
            elif path == "endpointing":
                # What it means depends on the value.
                self._give_up(node, f"`{path}` is only known when it runs: {self._migrating.code(node)}")
                return
            is_one = path in ONE_LANGUAGE
            path = today
        self._leaves[path] = _Leaf(node, constant, may_be_none, is_one)

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

    def _rows(self) -> tuple[Row, ...]:
        """The rows of the parameters."""
        return catalogue.rows(Section.PARAMETER)

    def _name_of_today(self, path: str) -> str:
        """What AssemblyAI calls a parameter today."""
        return assemblyai_parameters.read_name(path)

    # --- converting ------------------------------------------------------------------------------

    def _translate(self, near: cst.CSTNode) -> bool:
        source = self._migrating.source
        rows = self._rows()
        spoken_of = {path for row in rows for path in row.of(source)}
        for path, leaf in self._leaves.items():
            if path not in spoken_of and not self._belongs_to_a_switch(path, spoken_of):
                self._findings.report_unknown(path, leaf.node, lets_go=rows is not assemblyai_v2.PARAMETERS)
        for row in rows:
            self._apply(row, near)
        model = self._leaves.get(parameters.MODEL.of(source)[0])
        if self._hangs_on_model:
            others = ", ".join(f"`{path}`" for path in self._hangs_on_model)
            why = f"is only known when it runs, and decides {others}"
            leave_out(self._migrating, parameters.MODEL, _SPEECH_MODEL, self._leaves[_SPEECH_MODEL].node, why)
        elif model is not None and model.constant is NOT_CONSTANT and not self._chosen_by_model:
            report_idle_setting(self._migrating, parameters.MODEL.of(source)[0], model.node)
        if source is Vendor.GLADIA and "sample_rate" not in self._leaves:
            self._written.append(("sample_rate", lambda: "16000"))
        return self._readable

    def _belongs_to_a_switch(self, path: str, spoken_of: set[str]) -> bool:
        switch = path.split("_config.")[0]
        return switch != path and switch in spoken_of

    def _apply(self, row: Row, near: cst.CSTNode) -> None:
        migrating, target = self._migrating, self._migrating.target
        way = row.way(target)
        given = [self._leaves.get(path) for path in row.of(migrating.source)]
        first = next((leaf for leaf in given if leaf is not None), None)
        constants = [leaf.constant if leaf is not None else ABSENT for leaf in given]
        if first is not None:
            row.over(target)
        if way.codemod is Fidelity.ABSENT:
            is_channels = row is parameters.CHANNELS
            if first is not None and is_channels and constants[0] is NOT_CONSTANT:
                check_channels(migrating, row.gladia[0], first.node)
            elif first is not None and constants[0] and not (is_channels and constants[0] == 1):
                name = row.of(migrating.source)[0]
                migrating.report(PARAMETER_ABSENT, first.node, f"`{name}`: {way.reason}")
            return
        written = row.of(target)
        if not written:
            if first is not None and way.codemod is Fidelity.APPROXIMATE:
                name = row.of(migrating.source)[0]
                migrating.report(PARAMETER_DIFFERS, first.node, f"`{name}`: {way.reason}")
            return
        if row is parameters.ENCODING and target is Vendor.ASSEMBLYAI and self._put_encoding(given, constants):
            return
        if row is parameters.ENCODING and not self._encoding_is_served(first, constants):
            return
        if row is parameters.SAMPLE_RATE and first is not None:
            report_rate(migrating, constants[0], first.node)
        if row is parameters.ENDPOINTING and first is None and migrating.keep_turns and target is Vendor.ASSEMBLYAI:
            constants = [parameters.GLADIA_SILENCE_SECONDS]
        context = [self._context(path) for path in way.reads]
        if any(constant is NOT_CONSTANT for constant in constants):
            leaves = [leaf for leaf in given if leaf is not None]
            same = whatever(row, target, constants, NOT_CONSTANT, context) if row in _WHATEVER else None
            if row is parameters.CODE_SWITCHING and target is Vendor.ASSEMBLYAI and reads_language(self._program):
                same = [True]
            if same is None:
                self._put_source(row, leaves)
            else:
                node = leaves[0].node
                self._values.take_away(node)
                self._put(row, written[0], same[0], leaves)
        elif self._put_switching(row, context) or self._put_by_model(row, constants):
            pass
        else:
            found = way.conversion.live(*constants, *context)
            results = found if len(written) > 1 else (found,)
            if row is parameters.CODE_SWITCHING and target is Vendor.ASSEMBLYAI and reads_language(self._program):
                results = (True,)
            for path, result in zip(written, results, strict=True):
                self._put(row, path, result, [leaf for leaf in given if leaf is not None])
        self._findings.explain(row, first.node if first is not None else None, near)

    def _put_by_model(self, row: Row, constants: list[Any]) -> bool:
        """Puts what hangs on a model that only the running program knows; False where nothing does, or nobody knows."""
        results = self._by_model(row, constants)
        if results is None:
            return False
        for path, result in zip(row.gladia, results, strict=True):
            if isinstance(result, cst.BaseExpression):
                row.over(self._migrating.target)
                code = self._migrating.module.code_for_node(result)
                self._written.append((path, lambda code=code: code))  # type: ignore[misc]
            else:
                self._put(row, path, result, [])
        return True

    def _by_model(self, row: Row, constants: list[Any]) -> list[Any] | None:
        """What a row gives for a model that only the running program knows; None for another one, or if nobody knows.

        That nobody knows is noted.
        """
        model, reads = self._leaves.get(_SPEECH_MODEL), row.over_gladia.reads
        if self._migrating.target is not Vendor.GLADIA or model is None or _SPEECH_MODEL not in reads:
            return None
        if not self._is_unknown(_SPEECH_MODEL):
            return None
        choices = ModelChoices(self._migrating, model.node, may_be_none=model.may_be_none)
        results = choices.results(row, constants, [self._context(path) for path in reads])
        if results is None:
            self._hangs_on_model.append(row.gladia[0])
        else:
            self._chosen_by_model |= any(isinstance(one, cst.BaseExpression) for one in results)
        return results

    def _put_switching(self, row: Row, context: list[Any]) -> bool:
        """Puts whether languages are switched between where only the running program knows which: unless it is one."""
        given = self._leaves.get(_LANGUAGE_CODES)
        if row is not parameters.CODE_SWITCHING or given is None or not self._is_unknown(_LANGUAGE_CODES):
            return False
        by_model = self._by_model(row, [ABSENT])
        by_default = by_model[0] if by_model else row.over_gladia.conversion.live(ABSENT, *context)
        is_one, may_be_none = given.is_one_language, given.may_be_none
        code = switching_code(self._values, given.node, by_default, is_one=is_one, may_be_none=may_be_none)
        if code is not None:
            row.over(self._migrating.target)
            self._written.append((row.gladia[0], code))
        return code is not None

    def _is_unknown(self, path: str) -> bool:
        leaf = self._leaves.get(path)
        return leaf is not None and leaf.constant is NOT_CONSTANT

    def _context(self, path: str) -> Any:
        leaf = self._leaves.get(path)
        if leaf is not None and leaf.constant is NOT_CONSTANT:
            # Partials that may be wanted take a model that sends them; a model that is not known may hear any language.
            return True if path == _PARTIALS else "" if path == _SPEECH_MODEL else ABSENT
        return ABSENT if leaf is None else leaf.constant

    def _encoding_is_served(self, first: _Leaf | None, constants: list[Any]) -> bool:
        if first is None:
            return True
        if any(constant is NOT_CONSTANT for constant in constants):
            return True  # it is looked up there, among the formats that are served
        if self._migrating.source is Vendor.GLADIA:
            served = not parameters.needs_transcoding(*constants)
        else:
            served = constants[0] in ("pcm_s16le", "pcm_mulaw")
        if not served:
            text = "this format has no counterpart; the audio would have to be converted first"
            self._migrating.report(PARAMETER_ABSENT, first.node, text)
        return served

    def _put_encoding(self, given: list[_Leaf | None], constants: list[Any]) -> bool:
        """Puts the encoding that hangs on bits which only the running program knows; False where those decide nothing.

        The constants are without these bits afterwards.
        """
        encoding, depth = given
        if depth is None or constants[1] is not NOT_CONSTANT:
            return False
        known = None if constants[0] is NOT_CONSTANT else constants[0]
        node = encoding.node if encoding is not None else None
        found = encoding_of_depth(self._migrating, node, known, depth.node)
        constants[1] = ABSENT
        if found is None:
            return False
        edits, code = self._migrating.edits, self._migrating.module.code_for_node
        self._written.append((parameters.ENCODING.assemblyai[0], lambda: code(edits.edited(found))))
        return True

    def _put_source(self, row: Row, given: list[_Leaf]) -> None:
        """A value that only the running program knows: the row's conversion is written out."""
        way, written = row.way(self._migrating.target), row.of(self._migrating.target)
        source = way.conversion.source_beside(*(self._context(path) for path in way.reads))
        single = len(given) == 1 and row.of(self._migrating.source)[0] in self._leaves
        if row is parameters.VOCABULARY and self._migrating.source is Vendor.GLADIA:
            nodes = (leaf.node if leaf is not None else None for leaf in map(self._leaves.get, row.gladia))
            code = vocabulary_code(self._migrating, self._values, *nodes)
            if code is not None:
                self._written.append((written[0], code))
                return
            source = ""
        if source and row is parameters.ENDPOINTING and len(given) == 2:
            self._put_longer(written[0], source, given)
            return
        if row is parameters.ENCODING and self._migrating.target is Vendor.ASSEMBLYAI:
            given, single = given[:1], True  # the bits decide nothing any more
        if not source or not single:
            self._give_up(given[0].node, f"`{row.of(self._migrating.source)[0]}` is only known when it runs")
            return
        node = given[0].node
        if given[0].is_one_language:
            source = "[value]"
        self._values.watch(node)
        expressions = each_of(source.replace("ABSENT", "None"), len(written))
        if not given[0].may_be_none or takes_none(source):
            for path, text in zip(written, expressions, strict=True):
                self._written.append((path, lambda text=text: self._values.converted(text, node)))  # type: ignore[misc]
            return
        if not isinstance(node, (cst.Name, cst.Attribute)) and not self._values.chooses_none(node):
            self._give_up(node, f"`{row.of(self._migrating.source)[0]}` may be None: {self._migrating.code(node)}")
            return
        by_model = self._by_model(row, [ABSENT for _ in row.of(self._migrating.source)])
        found = way.conversion.live(
            *[ABSENT for _ in row.of(self._migrating.source)], *[self._context(path) for path in way.reads]
        )
        defaults = by_model or (found if len(written) > 1 else (found,))
        for path, text, default in zip(written, expressions, defaults, strict=True):
            self._written.append((path, partial(self._values.where_given, text, node, default)))

    def _put_longer(self, path: str, source: str, given: list[_Leaf]) -> None:
        """Of two silences that only the running program knows, the longer one counts."""
        nodes = [one.node for one in given]
        if any(one.may_be_none for one in given):
            self._give_up(nodes[0], f"{self._migrating.code(nodes[0])} or {self._migrating.code(nodes[1])} may be None")
            return
        self._migrating.edits.watch(nodes)
        self._written.append(
            (path, lambda: source.replace("value", f"max({', '.join(self._values.code(one) for one in nodes)})"))
        )

    def _put(self, row: Row, path: str, result: Any, given: list[_Leaf]) -> None:
        if result is ABSENT:
            return
        row.over(self._migrating.target)
        for leaf in given:
            alike = leaf.constant == result and type(leaf.constant) is type(result)
            if alike and not self._is_of_sdk(leaf.node) and (len(given) == 1 or not isinstance(result, bool)):
                self._migrating.edits.watch([leaf.node])
                self._written.append((path, lambda node=leaf.node: self._values.code(node)))  # type: ignore[misc]
                return
        source = row.way(self._migrating.target).conversion.source
        if len(given) == 1 and self._is_setting(given[0]) and gives(source, given[0].constant, result):
            node = given[0].node
            self._migrating.edits.watch([node])
            self._written.append((path, lambda: self._values.converted(source, node)))
            return
        self._written.append((path, lambda: literal_code(result, self._migrating.file_quote)))

    def _is_setting(self, leaf: _Leaf) -> bool:
        """Whether a value is kept elsewhere under a name, where a person would change it."""
        return isinstance(leaf.node, (cst.Name, cst.Attribute)) and not self._is_of_sdk(leaf.node)

    def _is_of_sdk(self, node: cst.BaseExpression) -> bool:
        return isinstance(self._program.value(node), Library)

    # --- writing ---------------------------------------------------------------------------------

    def _use(self, name: str) -> str:
        """What a class of the target's SDK is called where the parameters are written."""
        return self._imports.at(self._place).use(name)

    def _class_name(self) -> str:
        gladia = self._migrating.target is Vendor.GLADIA
        return self._use(gladia_sdk.REQUEST if gladia else assemblyai_sdk.PARAMETERS)

    def _use_inner_classes(self) -> None:
        for path, _ in self._written if self._migrating.target is Vendor.GLADIA else ():
            parents = path.split(".")[:-1]
            for depth in range(1, len(parents) + 1):
                self._use(gladia_sdk.CONFIGURATION_CLASSES[".".join(parents[:depth])])

    def tree(self) -> Written:
        """The parameters as a call of the target's class; asked for when the edits are applied."""
        return self._tree(self._class_name())

    def _tree(self, called: str) -> Written:
        root = Written(called)
        for path, code in self._written:
            root.put(tuple(path.split(".")), code())
        if called:
            self._name_classes(root, "")
        return root

    def _expression(self, tree: Written, site: cst.BaseExpression) -> cst.BaseExpression:
        migrating = self._migrating
        text = lay_out(tree, migrating.column(site), migrating.indent_of(site), migrating.file_quote)
        return cst.parse_expression(text)

    def _name_classes(self, written: Written, path: str) -> None:
        for name, inner in written.arguments:
            if isinstance(inner, Written):
                place = f"{path}.{name}" if path else name
                inner.called = self._use(gladia_sdk.CONFIGURATION_CLASSES[place])
                self._name_classes(inner, place)
