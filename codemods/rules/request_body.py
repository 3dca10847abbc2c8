"""The session's configuration: AssemblyAI's query parameters become Gladia's request body.

Each row of the map that the query touches, or whose default has to be written out, decides what stands in the
dictionary afterwards. Entries that stay the same stay as they were written.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import libcst as cst

from codemods.analysis.program import Dictionary
from codemods.analysis.values import DictDisplay, JsonText, Known, Sequence, Value, alternatives
from codemods.edits import expression
from codemods.findings import (
    CONFIGURATION_UNKNOWN,
    PARAMETER_ABSENT,
    PARAMETER_DIFFERS,
    PARAMETER_WENT,
    Kind,
)
from codemods.migrating import Migrating
from codemods.rules.body_display import BodyDisplay, Place
from codemods.rules.configuration import literal_code
from shim.faces import assemblyai_parameters as service
from shim.mapping import assemblyai_parameters, languages, parameters
from shim.mapping.paths import steps_of
from shim.mapping.row import ABSENT, Fidelity, Row

_NOT_CONSTANT: Final = object()
_PROBES: Final = (ABSENT, "u3-rt-pro", "universal-streaming-english", "universal-3-6-pro")
"""What a parameter that is only known when the program runs may be: a row that gives the same for all needs no more."""

_OWN_DEFAULTS: Final = {
    "encoding": "wav/pcm",
    "bit_depth": 16,
    "language_config.languages": [],
    "language_config.code_switching": False,
}
"""What Gladia does by itself: not written where the program did not ask for it either."""

_STREAMING: Final = service.US_MODELS


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of the query: its name, the expression of its value, and the entry where there is one."""

    name: str
    node: cst.BaseExpression
    entry: cst.DictElement | None


class RequestBodyRule:
    """Plans what becomes of one session's parameters. `plan` says whether they could be read to their end.

    `site` is the place that findings are reported for; the display itself where there is one.
    """

    def __init__(
        self,
        migrating: Migrating,
        site: cst.BaseExpression,
        given: Iterable[Parameter] | None,
    ) -> None:
        self._migrating = migrating
        self._site = site
        self._near = site if isinstance(site, cst.Dict) else migrating.module
        self._readable = True
        self._refused = False
        self._given = list(given) if given is not None else self._entries(site)
        self._by_name: dict[str, Parameter] = {}
        self._root = Place()
        self._unchanged: set[str] = set()

    def plan(self) -> bool:
        """Plans the body; False, with findings, where it cannot be done."""
        if not self._readable:
            return False
        for one in self._given:
            self._by_name.setdefault(assemblyai_parameters.read_name(one.name), one)
        for row in (*parameters.ROWS, *assemblyai_parameters.ROWS):
            if row.assemblyai and self._readable:
                self._apply(row)
        self._say_unknown_names()
        return self._readable and not self._refused

    def stays(self, name: str) -> bool:
        """Whether a parameter is under the same name in the body, with the same value."""
        return name in self._unchanged

    # --- reading ---------------------------------------------------------------------------------

    def _entries(self, site: cst.BaseExpression) -> list[Parameter]:
        dictionary = self._migrating.program.dictionaries.get(site)
        if dictionary is None or not isinstance(site, cst.Dict):
            self._give_up(site, f"{self._migrating.code(site)} is not a dictionary display")
            return []
        return self._entries_of(dictionary)

    def _entries_of(self, dictionary: Dictionary) -> list[Parameter]:
        found: list[Parameter] = []
        for change in dictionary.changes:
            self._give_up(change, f"the configuration is changed after it was made: {self._migrating.code(change)}")
        for entry in dictionary.entries:
            if not isinstance(entry.node, cst.DictElement) or not isinstance(entry.key, Known):
                self._give_up(entry.node, f"a key that is only known when it runs: {self._migrating.code(entry.node)}")
                continue
            found.append(Parameter(str(entry.key.value), entry.value_node, entry.node))
        return found

    def _report(self, kind: Kind, node: cst.CSTNode, text: str) -> None:
        """Reports at a node, or at the address for a value that stood in its text."""
        at = node if self._migrating.line(node) else self._site
        self._migrating.report(kind, at, text)

    def _give_up(self, node: cst.CSTNode, text: str) -> None:
        self._readable = False
        self._report(CONFIGURATION_UNKNOWN, node, text)

    def _constant(self, name: str) -> Any:
        """A parameter as the service reads it, ABSENT where it is not given, _NOT_CONSTANT where it is not known."""
        given = self._by_name.get(name)
        if given is None:
            return ABSENT
        found = self._plain(self._migrating.program.value(given.node))
        if found is _NOT_CONSTANT or found is ABSENT:
            return found
        read = assemblyai_parameters.read_value(given.name, found)
        if isinstance(read, str):
            try:
                return service.read_value(name, read)
            except (service.Refusal, KeyError):
                return read
        return read

    def _plain(self, value: Value) -> Any:
        program = self._migrating.program
        match value:
            case Known(certain=False):
                return _NOT_CONSTANT
            case Known():
                return ABSENT if value.value is None else value.value
            case JsonText(_, of):
                return self._plain(of)
            case Sequence(site, elements) if site not in program.changed_sequences:
                found = [self._plain(element) for element in elements]
                return _NOT_CONSTANT if any(one is _NOT_CONSTANT for one in found) else found
            case DictDisplay(site) if not program.dictionaries[site].changes:
                entries = program.dictionaries[site].entries
                values = [self._plain(entry.value) for entry in entries]
                return _NOT_CONSTANT if any(one is _NOT_CONSTANT for one in values) else dict(enumerate(values))
        return _NOT_CONSTANT

    # --- converting ------------------------------------------------------------------------------

    def _apply(self, row: Row) -> None:
        way = row.over_gladia
        given = [self._by_name.get(name) for name in row.assemblyai]
        first = next((one for one in given if one is not None), None)
        constants = [self._constant(name) for name in row.assemblyai]
        if any(one.name == row.assemblyai[0] for one in self._given):
            row.over(self._migrating.target)
        if row in assemblyai_parameters.ROWS:
            self._apply_only_assemblyais(row, first, constants[0])
            return
        if row is parameters.ENCODING and not self._encoding_is_served(first, constants[0]):
            return
        context = [self._constant(name) for name in way.reads]
        if constants[0] is _NOT_CONSTANT:
            assert first is not None
            value = self._migrating.program.value((given[0] or first).node)
            if any(one == Known(None) for one in alternatives(value)):
                self._give_up(first.node, f"`{first.name}` may be None: {self._migrating.code(first.node)}")
                return
            self._put_expression(row, given[0] or first)
        else:
            # A second value that is not known only steers the first.
            constants = [ABSENT if one is _NOT_CONSTANT else one for one in constants]
            results = self._results(row, constants, context)
            if results is None:
                return
            for path, result in zip(row.gladia, results, strict=True):
                self._put_constant(row, path, result, first, constants[0])
        self._explain(row, first, context)

    def _results(self, row: Row, constants: list[Any], context: list[Any]) -> list[Any] | None:
        """What the row gives; None, with a finding, where it hangs on what is only known when the program runs."""
        found: list[list[Any]] = []
        for probe in _PROBES:
            tried = [probe if one is _NOT_CONSTANT else one for one in context]
            result = row.over_gladia.conversion.live(*constants, *tried)
            every = list(result) if len(row.gladia) > 1 else [result]
            if every not in found:
                found.append(every)
        if len(found) > 1:
            names = [name for name, one in zip(row.over_gladia.reads, context, strict=True) if one is _NOT_CONSTANT]
            self._give_up(self._by_name[names[0]].node, f"`{names[0]}` decides `{row.gladia[0]}`, and is not known")
            return None
        return found[0]

    def _put_constant(self, row: Row, path: str, result: Any, first: Parameter | None, given: Any) -> None:
        if result is ABSENT:
            return
        if first is None and path in _OWN_DEFAULTS and _OWN_DEFAULTS[path] == result:
            return
        if path == "language_config.code_switching" and result is False and first is None:
            return
        row.over(self._migrating.target)
        value = self._value(result, first, given)
        self._put(path, value, first)
        if first is not None and value is first.node and path == first.name:
            self._unchanged.add(first.name)

    def _value(self, result: Any, first: Parameter | None, given: Any) -> cst.BaseExpression:
        """The result as code: the program's own expression where it says the same."""
        if first is not None and type(result) is type(given) and result == given:
            known = self._migrating.program.value(first.node)
            if isinstance(known, JsonText) and isinstance(result, list):
                return known.call.args[0].value
            if isinstance(known, Known) and type(known.value) is type(result) and known.value == result:
                return first.node
            if isinstance(known, Sequence) and isinstance(result, list):
                return first.node
        return cst.parse_expression(literal_code(result, self._migrating.quote_at(self._near)))

    def _put_expression(self, row: Row, given: Parameter) -> None:
        """Writes a value that only the running program knows, by the conversion's source."""
        source = row.over_gladia.conversion.source or ("value" if row.over_gladia.codemod is Fidelity.SAME else "")
        if not source:
            self._give_up(given.node, f"`{given.name}` is only known when it runs")
            return
        known = self._migrating.program.value(given.node)
        node = known.call.args[0].value if isinstance(known, JsonText) else given.node
        row.over(self._migrating.target)
        written = expression(source, value=node)
        several = isinstance(written, cst.Tuple) and len(row.gladia) > 1
        values = [one.value for one in written.elements] if several and isinstance(written, cst.Tuple) else [written]
        for path, value in zip(row.gladia, values, strict=True):
            self._put(path, value, given)
            if value is given.node and path == given.name:
                self._unchanged.add(given.name)

    def _put(self, path: str, value: cst.BaseExpression, given: Parameter | None) -> None:
        anchor = given.entry if given is not None else None
        order = float("inf") if given is None else self._given.index(given)
        place = self._root
        for step in steps_of(path):
            place = place.inside.setdefault(str(step), Place(anchor, order))
            place.anchor, place.order = place.anchor or anchor, min(place.order, order)
        place.value = value

    # --- what only one side has ------------------------------------------------------------------

    def _encoding_is_served(self, first: Parameter | None, encoding: Any) -> bool:
        if encoding is ABSENT or encoding in ("pcm_s16le", "pcm_mulaw"):
            return True
        assert first is not None
        if encoding is _NOT_CONSTANT:
            self._give_up(first.node, "`encoding` is only known when it runs")
        else:
            self._refuse(first, "Gladia's live sessions take PCM and mu-law; audio in this format has to be decoded")
        return False

    def _apply_only_assemblyais(self, row: Row, first: Parameter | None, constant: Any) -> None:
        """Says what becomes of a parameter that Gladia has no place for; a switch that is off needs no word."""
        if first is None:
            return
        reason = f"`{first.name}`: {row.over_gladia.reason}"
        if row in assemblyai_parameters.REFUSED:
            if constant is not ABSENT and constant is not False:
                self._refuse(first, row.over_gladia.reason)
        elif row is assemblyai_parameters.TOKEN:
            self._refuse(first, row.over_gladia.reason)
        elif constant is ABSENT or constant is False:
            return
        elif row in (*assemblyai_parameters.HINTS, assemblyai_parameters.FORMAT_TURNS):
            self._report(PARAMETER_DIFFERS, first.node, reason)
        else:
            self._report(PARAMETER_WENT, first.node, reason)

    def _refuse(self, given: Parameter, reason: str) -> None:
        self._refused = True
        self._report(PARAMETER_ABSENT, given.node, f"`{given.name}`: {reason}")

    def _say_unknown_names(self) -> None:
        every = {name for row in (*parameters.ROWS, *assemblyai_parameters.ROWS) for name in row.assemblyai}
        for one in self._given:
            if one.name not in every:
                self._report(
                    PARAMETER_DIFFERS, one.node, f"`{one.name}` is no parameter of AssemblyAI's, which ignored it"
                )

    def _explain(self, row: Row, first: Parameter | None, context: list[Any]) -> None:
        place = first.node if first is not None else self._site
        if row is parameters.MODEL:
            model = self._constant("speech_model")
            named = "no model" if model is ABSENT else "its model" if model is _NOT_CONSTANT else f"`{model}`"
            self._report(PARAMETER_DIFFERS, place, f"`model` {languages.GLADIA_MODEL}: the program asked for {named}")
            if model in _STREAMING and self._constant("format_turns") is not True:
                self._report(PARAMETER_DIFFERS, place, "the text comes with punctuation and capitals now")
        elif row is parameters.ENDPOINTING:
            self._report(PARAMETER_DIFFERS, place, f"`endpointing`: {row.over_gladia.reason}")
        elif row is parameters.LANGUAGES and first is None:
            if context[0] is ABSENT and any(one is not ABSENT for one in context[1:]):
                self._report(
                    PARAMETER_DIFFERS, place, "`languages` English: the default when such parameters were written"
                )
        elif first is not None and row.over_gladia.codemod is Fidelity.APPROXIMATE:
            self._report(PARAMETER_DIFFERS, place, f"`{first.name}`: {row.over_gladia.reason}")

    # --- writing ---------------------------------------------------------------------------------

    def rewrite_display(self) -> None:
        """Plans the edit of the display that the parameters were read from."""
        BodyDisplay(self._migrating, self._site, self._root, self._unchanged).plan_rewrite()

    def body(self) -> cst.BaseExpression:
        """The body as a new dictionary, for parameters that stood in no dictionary."""
        return BodyDisplay(self._migrating, self._site, self._root, self._unchanged).written()
