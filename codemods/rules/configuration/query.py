"""The session's configuration: Gladia's request body becomes AssemblyAI's query parameters.

Each row of the map that the body touches, or whose default has to be written out, decides what stands in the
dictionary afterwards. Entries that stay the same stay as they were written.
"""

from __future__ import annotations

from typing import Any, Final

import libcst as cst

from codemods.analysis.values import DictDisplay, Library
from codemods.edits import expression
from codemods.findings import (
    DEFAULT_DIFFERS,
    MODEL_CHOSEN,
    PARAMETER_ABSENT,
    PARAMETER_DIFFERS,
    SILENCE_LEFT_TO_SERVICE,
    TYPE_OUTDATED,
)
from codemods.literals import literal_code
from codemods.migrating import Migrating
from codemods.rules.configuration.audio_format import check_channels, encoding_of_depth
from codemods.rules.configuration.dictionary_layout import spread
from codemods.rules.configuration.growing_lists import filled_later
from codemods.rules.configuration.idle_settings import report_idle_setting
from codemods.rules.configuration.language_reads import reads_language
from codemods.rules.configuration.leaves import NOT_CONSTANT, ConfigurationLeaves, Leaf, Made, Place
from codemods.rules.configuration.left_out import can_be_read_again, takes_none, unless_none, uses_of_value
from codemods.rules.configuration.object_parameters import ObjectParameters
from codemods.rules.configuration.object_reads import may_be_none
from codemods.rules.configuration.run_time_parameters import leave_out, whatever
from codemods.rules.configuration.settings_kept import gives, is_setting
from codemods.rules.configuration.tested_values import is_tested, switched_by
from codemods.rules.configuration.writing import ConfigurationWriter
from shim.mapping import languages, parameters
from shim.mapping.row import ABSENT, NOTHING, Fidelity, Row

_RETIRED = ("realtime_processing.words_accurate_timestamps", "numerals", "post_processing.chapterization")
"""Names that real programs send and the service ignores."""
_LISTS: Final = (parameters.LANGUAGES, parameters.VOCABULARY)
"""Rows whose values are lists: JSON texts in a query."""


class ConfigurationRule:
    """Plans what becomes of one configuration. `plan` says whether it could be read to its end."""

    def __init__(self, migrating: Migrating, configuration: DictDisplay, used_at: cst.CSTNode) -> None:
        self._migrating = migrating = migrating.at(configuration.site)
        self._configuration = configuration
        self._leaves = ConfigurationLeaves(migrating, configuration, used_at)
        self._main: Made | None = None
        self._written_out: dict[str, Any] = {}
        self._by_default = False
        self._writer = ConfigurationWriter(migrating)
        self._objects = ObjectParameters(migrating, self._writer, self._quote())

    def plan(self) -> bool:
        """Plans the edits of the configuration; False, with findings, where it cannot be done."""
        if not self._leaves.read():
            return False
        self._main = self._main_maker()
        if self._main is None:
            self._leaves.give_up(self._configuration.site, "nothing is put into the configuration where it is made")
            return False
        self._check_names()
        self._check_lists()
        for row in parameters.ROWS:
            self._apply(row)
        if self._leaves.complete:
            for made in dict.fromkeys([self._main, *self._leaves.makers.values()]):
                self._migrating.edits.rewrite(made, self._writer.rewriting(made, is_main=made is self._main))
            for store in self._leaves.stores:
                self._writer.rewrite_store(store)
            self._writer.rewrite_filters(self._configuration.site)
            self._report_types()
            self._objects.report_idle(self._leaves)
        return self._leaves.complete

    def _report_types(self) -> None:
        """Reports the classes that say how Gladia's document looks; nothing reads them when the program runs."""
        names = {path.split(".")[0] for row in parameters.ROWS for path in row.gladia}
        names -= {name for row in parameters.ROWS for name in row.assemblyai}
        program = self._migrating.program
        for node in program.scopes:
            if not isinstance(node, cst.ClassDef):
                continue
            bases = [program.value(base.value) for base in node.bases]
            if any(isinstance(one, Library) and one.name.endswith(".TypedDict") for one in bases):
                fields = {
                    one.target.value
                    for line in node.body.body
                    if isinstance(line, cst.SimpleStatementLine)
                    for one in line.body
                    if isinstance(one, cst.AnnAssign) and isinstance(one.target, cst.Name)
                }
                if fields & names:
                    self._migrating.report(TYPE_OUTDATED, node, f"class {node.name.value}")

    def _main_maker(self) -> Made | None:
        """What gets the parameters that are written out: the dictionary itself, or the first that it is made of."""
        site = self._configuration.site
        if isinstance(site, cst.Dict) or (isinstance(site, cst.Call) and _is_dict_call(site)):
            return site
        return next(iter(self._leaves.makers.values()), None)

    def _check_names(self) -> None:
        """Every name of the configuration is one that a row speaks of, or belongs to a switch that is off."""
        spoken_of = {path for row in parameters.ROWS for path in row.gladia}
        for leaf in list(self._leaves.all()):
            path = leaf.path
            switch = path.split("_config.")[0]
            if path in spoken_of or path in _RETIRED:
                continue
            if switch != path and switch in spoken_of:
                if switch == parameters.VOCABULARY.gladia[0]:
                    self._migrating.report(PARAMETER_DIFFERS, leaf.node, f"`{path}` has no counterpart and went")
                continue
            self._leaves.give_up(leaf.node, f"`{path}` is no parameter of Gladia's that is known here")

    def _check_lists(self) -> None:
        """No list of the configuration is filled further once it is in there."""
        for leaf in list(self._leaves.all()):
            filled = filled_later(self._migrating, leaf.node)
            if filled is not None:
                code = self._migrating.code(self._migrating.program.parents[filled])
                self._leaves.give_up(
                    leaf.node, f"`{leaf.path}` is filled further after the configuration has it: {code}"
                )

    # --- converting ------------------------------------------------------------------------------

    def _apply(self, row: Row) -> None:
        """Converts what a row is about: at once where it is always there, else at each place that may put it there."""
        found = {path: self._leaves.leaves.get(path, []) for path in row.gladia}
        every = [leaf for several in found.values() for leaf in several]
        if all(len(several) <= 1 and all(leaf.certain for leaf in several) for several in found.values()):
            self._convert(row, [next(iter(found[path]), None) for path in row.gladia])
            return
        if not any(leaf.certain for leaf in every):
            self._by_default = True
            self._convert(row, [None for _ in row.gladia])
            self._by_default = False
        group_of = self._group if self._are_apart(found) else self._block_of
        for group in dict.fromkeys(group_of(leaf) for leaf in every):
            here = [next((leaf for leaf in found[path] if group_of(leaf) is group), None) for path in row.gladia]
            always = [self._leaves.only(path) for path in row.gladia]
            self._convert(row, here, always)

    def _group(self, leaf: Leaf) -> cst.CSTNode:
        """What is put into the configuration together with a leaf: a display's entries, or one store."""
        return self._leaves.makers.get(leaf.place, leaf.place)

    def _block_of(self, leaf: Leaf) -> cst.CSTNode:
        """The same, where stores of one block belong together: a switch, and in the next line what it is about."""
        group = self._group(leaf)
        return self._migrating.program.parents[group] if isinstance(group, cst.SimpleStatementLine) else group

    def _are_apart(self, found: dict[str, list[Leaf]]) -> bool:
        """Whether some block stores a value more than once, or there is but one value to store."""
        blocks = [[self._block_of(leaf) for leaf in several] for several in found.values()]
        return len(found) == 1 or any(len(set(several)) < len(several) for several in blocks)

    def _convert(self, row: Row, given: list[Leaf | None], always: list[Leaf | None] | None = None) -> None:
        """Converts one set of a row's leaves; `always` are those that hold where `given` has none."""
        way = row.over_assemblyai
        first = next((leaf for leaf in given if leaf is not None), None)
        whole = [one or other for one, other in zip(given, always or given, strict=True)]
        constants = [leaf.constant if leaf is not None else ABSENT for leaf in whole]
        if first is not None:
            row.over(self._migrating.target)
        if way.codemod is Fidelity.ABSENT:
            self._apply_absent(row, first, constants)
            return
        if row is parameters.ENCODING:
            if whole[1] is not None and constants[1] is NOT_CONSTANT:
                known = None if constants[0] is NOT_CONSTANT else constants[0]
                found = encoding_of_depth(
                    self._migrating, whole[0].node if whole[0] is not None else None, known, whole[1].node
                )
                constants[1] = ABSENT
                if found is not None and first is not None:
                    self._put(row, first, [self._laid_out(found)], True)
                    self._objects.has_read(whole)
                    return
            if not self._encoding_is_served(first, constants):
                return
        if always is not None and given[0] is None and len(given) > 1:
            return  # what the row is about first stands elsewhere, and is converted there
        if row is parameters.ENDPOINTING and first is None and self._migrating.keep_turns:
            constants = [parameters.GLADIA_SILENCE_SECONDS]
        context = [self._context(path) for path in way.reads]
        constants = self._with_settings_open(row, whole, constants, context)
        if row is parameters.MODEL and not self._model_fits_every_language():
            return
        if way.conversion is NOTHING or not row.assemblyai:
            pass
        elif first is not None and isinstance(first.place, cst.Attribute):
            asks = reads_language(self._migrating.program)
            if not self._objects.put(row, whole, constants, context, reads_language=asks):
                self._leaves.give_up(first.node, f"`{row.gladia[0]}` is only known when it runs")
                return
        elif any(constant is NOT_CONSTANT for constant in constants):
            assert first is not None
            written = self._written_at_run_time(row, whole, constants, context)
            if written is None:
                results = whatever(row, self._migrating.target, constants, NOT_CONSTANT, context)
                if row is parameters.CODE_SWITCHING and reads_language(self._migrating.program):
                    results = [True]
                if results is None:
                    leave_out(self._migrating, row, first.path, first.node, "may be None" if first.may_be_none else "")
                else:
                    self._put(row, first, results, False)
                    self._explain(row, first, context)
                    report_idle_setting(self._migrating, first.path, first.node)
                return
            self._put(row, first, written, True)
        else:
            results = way.conversion.live(*constants, *context)
            every = results if len(row.assemblyai) > 1 else (results,)
            if row is parameters.CODE_SWITCHING and reads_language(self._migrating.program):
                every = (True,)  # the language stands in messages only where it was asked for
            self._put(row, first, list(every), False, whole[-1])
        self._explain(row, first, context)

    def _with_settings_open(
        self, row: Row, leaves: list[Leaf | None], constants: list[Any], context: list[Any]
    ) -> list[Any]:
        """The constants of a row, without that of a setting which can be converted where it is read."""
        conversion, last = row.over_assemblyai.conversion, leaves[-1]
        if last is None or not is_setting(last.node) or any(one is NOT_CONSTANT for one in constants):
            return constants
        found = conversion.live(*constants, *context)
        result = found[0] if len(row.assemblyai) > 1 else found
        source = conversion.source_beside(*context)
        if result is ABSENT or not gives(source, constants[-1], result) or result == constants[-1]:
            return constants
        return [*constants[:-1], NOT_CONSTANT]

    def _model_fits_every_language(self) -> bool:
        """Whether one model serves what the program may ask for; a language given on a condition may need another."""
        path = parameters.LANGUAGES.gladia[0]
        if self._leaves.only(path) is not None:
            return True
        for leaf in self._leaves.leaves.get(path, []):
            given = leaf.constant if isinstance(leaf.constant, list) else []
            if languages.assemblyai_model(ABSENT, given, True) == languages.EVERY_LANGUAGE_MODEL:
                self._leaves.give_up(leaf.node, f"`{path}` given here needs another model than it does otherwise")
                return False
        return True

    def _written_at_run_time(
        self, row: Row, leaves: list[Leaf | None], constants: list[Any], context: list[Any]
    ) -> list[cst.BaseExpression] | None:
        """What stands for a value that only the running program knows, for each of a row's parameters."""
        conversion = row.over_assemblyai.conversion
        value, source = self._at_run_time(row, leaves, constants), conversion.source_beside(*context)
        if value is None or not source:
            return None
        may_be_none = any(leaf is not None and leaf.may_be_none and leaf.node is value for leaf in leaves)
        asks_none = may_be_none and not takes_none(source)
        if (asks_none or uses_of_value(source) > 1) and not can_be_read_again(value):
            return None
        found = expression(source, value=value)
        written = [self._as_json(found, leaves[0]) if row in _LISTS else found for _ in row.assemblyai]
        if not asks_none:
            return written
        defaults = conversion.live(*(ABSENT for _ in constants), *context)
        every = defaults if len(row.assemblyai) > 1 else (defaults,)
        if row is parameters.SAMPLE_RATE:
            every = (parameters.GLADIA_SAMPLE_RATE,)  # AssemblyAI wants one
        return [
            unless_none(one, value, None if default is ABSENT else self._as_parameter(default, None, leaves[0]))
            for one, default in zip(written, every, strict=True)
        ]

    def _at_run_time(self, row: Row, leaves: list[Leaf | None], constants: list[Any]) -> cst.BaseExpression | None:
        """The one expression that a row's value depends on, where the program alone knows it."""
        if row is parameters.VOCABULARY:
            # The switch must be on for certain, or say whether there is anything; the list may hold what it will.
            program, switch, words = self._migrating.program, leaves[0], leaves[1]
            if words is None:
                return None
            if constants[0] is True:
                is_list = not may_be_none(program.value(words.node)) or is_tested(program, words.node)
                return words.node if is_list else None
            return switched_by(program, switch.node, words.node) if switch is not None else None
        if row is parameters.ENCODING:
            return leaves[0].node if leaves[0] is not None else None
        return leaves[0].node if len(leaves) == 1 and leaves[0] is not None else None

    def _context(self, path: str) -> Any:
        leaf = self._leaves.only(path)
        return ABSENT if leaf is None or leaf.constant is NOT_CONSTANT else leaf.constant

    def _apply_absent(self, row: Row, first: Leaf | None, constants: list[Any]) -> None:
        if first is None or not constants[0]:
            return
        if row is parameters.CHANNELS and constants[0] == 1:
            return
        if row is parameters.CHANNELS and constants[0] is NOT_CONSTANT:
            check_channels(self._migrating, first.path, first.node)
            return
        if constants[0] is NOT_CONSTANT:
            leave_out(self._migrating, row, first.path, first.node, "may be None" if first.may_be_none else "")
            return
        self._migrating.report(PARAMETER_ABSENT, first.node, f"`{row.gladia[0]}`: {row.over_assemblyai.reason}")

    def _encoding_is_served(self, first: Leaf | None, constants: list[Any]) -> bool:
        if first is None:
            return True
        if constants[0] is not NOT_CONSTANT and parameters.needs_transcoding(*constants):
            self._migrating.report(
                PARAMETER_ABSENT,
                first.node,
                "AssemblyAI takes 16-bit PCM and mu-law; audio in another format would have to be converted first",
            )
            return False
        return True

    def _put(
        self, row: Row, first: Leaf | None, values: list[Any], as_expressions: bool, last: Leaf | None = None
    ) -> None:
        """Writes what a row gives; `last` is the leaf of its last path, which stays where it says the same."""
        written: list[tuple[str, cst.BaseExpression]] = []
        for name, value in zip(row.assemblyai, values, strict=True):
            if value is ABSENT:
                continue
            row.over(self._migrating.target)
            if first is not None and not as_expressions and self._is_written_out(name, value):
                continue  # a condition would give what is given in any case
            if as_expressions:
                written.append((name, value))
            elif first is not None and first.constant == value and len(row.gladia) == 1:
                written.append((name, self._as_parameter(value, first.node, first)))
            elif last is not None and is_setting(last.node) and isinstance(value, list) and last.constant == value:
                written.append((name, self._as_parameter(value, last.node, first)))
            else:
                written.append((name, self._as_parameter(value, None, first)))
        if first is None:
            (self._writer.first if self._by_default else self._writer.appended).extend(written)
            if not as_expressions:
                self._written_out.update(zip(row.assemblyai, values, strict=True))
            return
        unchanged = len(written) == 1 and row.gladia == row.assemblyai and written[0][1] is first.node
        if unchanged and _value_at(first.place) is first.node:
            self._writer.kept.add(first.place)
        else:
            self._writer.replacing.setdefault(first.place, []).extend(written)

    def _laid_out(self, value: cst.BaseExpression) -> cst.BaseExpression:
        """A lookup in a dictionary, one entry a line where it is long; the parameters stand one a line themselves."""
        module = self._migrating.module
        if (
            isinstance(value, cst.Subscript)
            and isinstance(value.value, cst.Dict)
            and len(module.code_for_node(value)) > 80
        ):
            return value.with_changes(value=spread(value.value, 2, module.default_indent))
        return value

    def _is_written_out(self, name: str, value: Any) -> bool:
        """Whether a parameter stands in the dictionary from the start with the same value."""
        return name in self._written_out and self._written_out[name] == value

    def _as_parameter(self, value: Any, node: cst.BaseExpression | None, first: Leaf | None) -> cst.BaseExpression:
        """A parameter's value as it stands in the dictionary that goes into the query: lists as JSON text."""
        written = node if node is not None else cst.parse_expression(literal_code(value, self._quote()))
        return self._as_json(written, first) if isinstance(value, list) else written

    def _as_json(self, value: cst.BaseExpression, first: Leaf | None) -> cst.BaseExpression:
        place = first.place if first is not None else self._configuration.site
        json = self._migrating.at(place).use_module("json")
        return expression("json.dumps(value)", json=json, value=value)

    def _quote(self) -> str:
        return self._migrating.quote_at(self._configuration.site)

    def _explain(self, row: Row, first: Leaf | None, context: list[Any]) -> None:
        migrating, site = self._migrating, self._configuration.site
        way = row.over_assemblyai
        if row is parameters.MODEL:
            model = languages.assemblyai_model(ABSENT, *context)
            known = " ".join(context[0]) if context[0] else "no fixed language"
            migrating.report(
                MODEL_CHOSEN, site, f"`{row.assemblyai[0]}` {model}: {known}, partials {'on' if context[1] else 'off'}"
            )
        elif row is parameters.ENDPOINTING and first is None:
            if not migrating.keep_turns:
                migrating.report(
                    SILENCE_LEFT_TO_SERVICE,
                    site,
                    "a finished sentence ends after about 0.1 s of silence, an unfinished one up to 1 s later",
                )
        elif row is parameters.LONGEST_TURN and first is None:
            migrating.report(DEFAULT_DIFFERS, site, "Gladia ends an utterance after 5 s, AssemblyAI after 60 s")
        elif row is parameters.CODE_SWITCHING and first is None:
            return
        elif first is not None and way.codemod is Fidelity.APPROXIMATE:
            migrating.report(PARAMETER_DIFFERS, first.node, f"`{row.gladia[0]}`: {way.reason}")

    # --- writing ---------------------------------------------------------------------------------


def _is_dict_call(call: cst.Call) -> bool:
    return isinstance(call.func, cst.Name) and call.func.value == "dict"


def _value_at(place: Place) -> cst.BaseExpression | None:
    """What a place puts into the configuration, before it is looked into."""
    match place:
        case cst.SimpleStatementLine([cst.Assign(_, value)]):
            return value
        case cst.DictElement() | cst.Arg():
            return place.value
    return None
