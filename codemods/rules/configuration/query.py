"""The session's configuration: Gladia's request body becomes AssemblyAI's query parameters.

Each row of the map that the body touches, or whose default has to be written out, decides what stands in the
dictionary afterwards. Entries that stay the same stay as they were written.
"""

from __future__ import annotations

from typing import Any

import libcst as cst

from codemods.analysis.values import DictDisplay
from codemods.findings import (
    PARAMETER_ABSENT,
    PARAMETER_DIFFERS,
)
from codemods.migrating import Migrating
from codemods.rules.configuration.audio_format import check_channels, encoding_of_depth
from codemods.rules.configuration.growing_lists import filled_later
from codemods.rules.configuration.idle_settings import report_idle_setting
from codemods.rules.configuration.language_reads import reads_language
from codemods.rules.configuration.leaves import NOT_CONSTANT, ConfigurationLeaves, Leaf, Made, Place
from codemods.rules.configuration.object_parameters import ObjectParameters
from codemods.rules.configuration.query_differences import report_differences, report_types
from codemods.rules.configuration.run_time_parameters import leave_out, whatever
from codemods.rules.configuration.settings_kept import gives, is_setting
from codemods.rules.configuration.writing import ConfigurationWriter
from codemods.rules.configuration.written_in_query import WrittenInQuery, laid_out
from shim.mapping import languages, parameters
from shim.mapping.row import ABSENT, NOTHING, Fidelity, Row

_RETIRED = ("realtime_processing.words_accurate_timestamps", "numerals", "post_processing.chapterization")
"""Names that real programs send and the service ignores."""


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
        self._values = WrittenInQuery(migrating, configuration.site)
        self._objects = ObjectParameters(migrating, self._writer, migrating.quote_at(configuration.site))

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
            report_types(self._migrating)
            self._objects.report_idle(self._leaves)
        return self._leaves.complete

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
                    self._put(row, first, [laid_out(self._migrating, found)], True)
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
            written = self._values.at_run_time(row, whole, constants, context)
            if written is None:
                results = whatever(row, self._migrating.target, constants, NOT_CONSTANT, context)
                if row is parameters.CODE_SWITCHING and reads_language(self._migrating.program):
                    results = [True]
                if results is None:
                    leave_out(self._migrating, row, first.path, first.node, "may be None" if first.may_be_none else "")
                else:
                    self._put(row, first, results, False)
                    self._tell(row, first, context)
                    report_idle_setting(self._migrating, first.path, first.node)
                return
            self._put(row, first, written, True)
        else:
            results = way.conversion.live(*constants, *context)
            every = results if len(row.assemblyai) > 1 else (results,)
            if row is parameters.CODE_SWITCHING and reads_language(self._migrating.program):
                every = (True,)  # the language stands in messages only where it was asked for
            self._put(row, first, list(every), False, whole[-1])
        self._tell(row, first, context)

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
                written.append((name, self._values.constant(value, first.node, first)))
            elif last is not None and is_setting(last.node) and isinstance(value, list) and last.constant == value:
                written.append((name, self._values.constant(value, last.node, first)))
            else:
                written.append((name, self._values.constant(value, None, first)))
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

    def _is_written_out(self, name: str, value: Any) -> bool:
        """Whether a parameter stands in the dictionary from the start with the same value."""
        return name in self._written_out and self._written_out[name] == value

    def _tell(self, row: Row, first: Leaf | None, context: list[Any]) -> None:
        node = first.node if first is not None else None
        report_differences(self._migrating, row, node, self._configuration.site, context)


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
