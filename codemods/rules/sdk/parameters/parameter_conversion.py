"""The parameters that a program gives become the target's, row by row of the map."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

import libcst as cst

from codemods.analysis.values import Library
from codemods.findings import PARAMETER_ABSENT, PARAMETER_DIFFERS
from codemods.literals import literal_code
from codemods.migrating import Migrating
from codemods.rules.configuration.audio_format import check_channels, encoding_of_depth
from codemods.rules.configuration.language_reads import reads_language
from codemods.rules.configuration.left_out import takes_none
from codemods.rules.configuration.run_time_parameters import whatever
from codemods.rules.configuration.sample_rates import report_rate
from codemods.rules.configuration.settings_kept import gives
from codemods.rules.sdk.parameters.given_parameters import GivenParameter, GivenParameters
from codemods.rules.sdk.parameters.hanging_on_model import HangingOnModel
from codemods.rules.sdk.parameters.parameter_findings import ParameterFindings
from codemods.rules.sdk.parameters.parameter_values import NOT_CONSTANT, each_of
from codemods.rules.sdk.parameters.switched_vocabulary import vocabulary_code
from codemods.rules.sdk.parameters.switching import switching_code
from codemods.rules.sdk.parameters.written_parameters import WrittenParameters
from codemods.rules.sdk.parameters.written_values import WrittenValues
from shim.mapping import assemblyai_v2, parameters
from shim.mapping.row import ABSENT, Fidelity, Row, Vendor

_LANGUAGE_CODES: Final = parameters.LANGUAGES.assemblyai[0]
_WHATEVER: Final = (parameters.MODEL, parameters.CODE_SWITCHING)
"""Rows that may give the same whatever the value is that only the running program knows."""


class ParameterConversion:
    """Puts what `given` becomes into `written`; `values` writes what only the running program knows."""

    def __init__(
        self, migrating: Migrating, given: GivenParameters, written: WrittenParameters, values: WrittenValues
    ) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._given = given
        self._written = written
        self._values = values
        self._model = HangingOnModel(migrating, given)
        self._findings = ParameterFindings(migrating, given.context, given.is_unknown)

    def plan(self, rows: tuple[Row, ...], near: cst.CSTNode) -> bool:
        """Goes through the rows; False, with findings, where one cannot be written. `near` is where findings go
        that belong to no parameter."""
        source = self._migrating.source
        spoken_of = {path for row in rows for path in row.of(source)}
        for path, given in self._given.by_path.items():
            if path not in spoken_of and not self._belongs_to_a_switch(path, spoken_of):
                self._findings.report_unknown(path, given.node, lets_go=rows is not assemblyai_v2.PARAMETERS)
        for row in rows:
            self._apply(row, near)
        self._model.tell()
        if source is Vendor.GLADIA and "sample_rate" not in self._given.by_path:
            self._written.put("sample_rate", lambda: "16000")
        return self._given.readable

    def _belongs_to_a_switch(self, path: str, spoken_of: set[str]) -> bool:
        switch = path.split("_config.")[0]
        return switch != path and switch in spoken_of

    def _apply(self, row: Row, near: cst.CSTNode) -> None:
        migrating, target = self._migrating, self._migrating.target
        way = row.way(target)
        given = [self._given.by_path.get(path) for path in row.of(migrating.source)]
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
        context = [self._given.context(path) for path in way.reads]
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
        results = self._model.results(row, constants)
        if results is None:
            return False
        for path, result in zip(row.gladia, results, strict=True):
            if isinstance(result, cst.BaseExpression):
                row.over(self._migrating.target)
                code = self._migrating.module.code_for_node(result)
                self._written.put(path, lambda code=code: code)  # type: ignore[misc]
            else:
                self._put(row, path, result, [])
        return True

    def _put_switching(self, row: Row, context: list[Any]) -> bool:
        """Puts whether languages are switched between where only the running program knows which: unless it is one."""
        given = self._given.by_path.get(_LANGUAGE_CODES)
        if row is not parameters.CODE_SWITCHING or given is None or not self._given.is_unknown(_LANGUAGE_CODES):
            return False
        by_model = self._model.results(row, [ABSENT])
        by_default = by_model[0] if by_model else row.over_gladia.conversion.live(ABSENT, *context)
        is_one, may_be_none = given.is_one_language, given.may_be_none
        code = switching_code(self._values, given.node, by_default, is_one=is_one, may_be_none=may_be_none)
        if code is not None:
            row.over(self._migrating.target)
            self._written.put(row.gladia[0], code)
        return code is not None

    def _encoding_is_served(self, first: GivenParameter | None, constants: list[Any]) -> bool:
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

    def _put_encoding(self, given: list[GivenParameter | None], constants: list[Any]) -> bool:
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
        self._written.put(parameters.ENCODING.assemblyai[0], lambda: code(edits.edited(found)))
        return True

    def _put_source(self, row: Row, given: list[GivenParameter]) -> None:
        """A value that only the running program knows: the row's conversion is written out."""
        way, written = row.way(self._migrating.target), row.of(self._migrating.target)
        source = way.conversion.source_beside(*(self._given.context(path) for path in way.reads))
        single = len(given) == 1 and row.of(self._migrating.source)[0] in self._given.by_path
        if row is parameters.VOCABULARY and self._migrating.source is Vendor.GLADIA:
            nodes = (leaf.node if leaf is not None else None for leaf in map(self._given.by_path.get, row.gladia))
            code = vocabulary_code(self._migrating, self._values, *nodes)
            if code is not None:
                self._written.put(written[0], code)
                return
            source = ""
        if source and row is parameters.ENDPOINTING and len(given) == 2:
            self._put_longer(written[0], source, given)
            return
        if row is parameters.ENCODING and self._migrating.target is Vendor.ASSEMBLYAI:
            given, single = given[:1], True  # the bits decide nothing any more
        if not source or not single:
            self._given.give_up(given[0].node, f"`{row.of(self._migrating.source)[0]}` is only known when it runs")
            return
        node = given[0].node
        if given[0].is_one_language:
            source = "[value]"
        self._values.watch(node)
        expressions = each_of(source.replace("ABSENT", "None"), len(written))
        if not given[0].may_be_none or takes_none(source):
            for path, text in zip(written, expressions, strict=True):
                self._written.put(path, lambda text=text: self._values.converted(text, node))  # type: ignore[misc]
            return
        if not isinstance(node, (cst.Name, cst.Attribute)) and not self._values.chooses_none(node):
            self._given.give_up(
                node, f"`{row.of(self._migrating.source)[0]}` may be None: {self._migrating.code(node)}"
            )
            return
        by_model = self._model.results(row, [ABSENT for _ in row.of(self._migrating.source)])
        found = way.conversion.live(
            *[ABSENT for _ in row.of(self._migrating.source)], *[self._given.context(path) for path in way.reads]
        )
        defaults = by_model or (found if len(written) > 1 else (found,))
        for path, text, default in zip(written, expressions, defaults, strict=True):
            self._written.put(path, partial(self._values.where_given, text, node, default))

    def _put_longer(self, path: str, source: str, given: list[GivenParameter]) -> None:
        """Of two silences that only the running program knows, the longer one counts."""
        nodes = [one.node for one in given]
        if any(one.may_be_none for one in given):
            self._given.give_up(
                nodes[0], f"{self._migrating.code(nodes[0])} or {self._migrating.code(nodes[1])} may be None"
            )
            return
        self._migrating.edits.watch(nodes)
        self._written.put(
            path, lambda: source.replace("value", f"max({', '.join(self._values.code(one) for one in nodes)})")
        )

    def _put(self, row: Row, path: str, result: Any, given: list[GivenParameter]) -> None:
        if result is ABSENT:
            return
        row.over(self._migrating.target)
        for leaf in given:
            alike = leaf.constant == result and type(leaf.constant) is type(result)
            if alike and not self._is_of_sdk(leaf.node) and (len(given) == 1 or not isinstance(result, bool)):
                self._migrating.edits.watch([leaf.node])
                self._written.put(path, lambda node=leaf.node: self._values.code(node))  # type: ignore[misc]
                return
        source = row.way(self._migrating.target).conversion.source
        if len(given) == 1 and self._is_setting(given[0]) and gives(source, given[0].constant, result):
            node = given[0].node
            self._migrating.edits.watch([node])
            self._written.put(path, lambda: self._values.converted(source, node))
            return
        self._written.put(path, lambda: literal_code(result, self._migrating.file_quote))

    def _is_setting(self, leaf: GivenParameter) -> bool:
        """Whether a value is kept elsewhere under a name, where a person would change it."""
        return isinstance(leaf.node, (cst.Name, cst.Attribute)) and not self._is_of_sdk(leaf.node)

    def _is_of_sdk(self, node: cst.BaseExpression) -> bool:
        return isinstance(self._program.value(node), Library)
