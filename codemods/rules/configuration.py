"""The session's configuration: Gladia's request body becomes AssemblyAI's query parameters.

Each row of the map that the body touches, or whose default has to be written out, decides what stands in the
dictionary afterwards. Entries that stay the same stay as they were written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import libcst as cst

from codemods.analysis.program import Dictionary
from codemods.analysis.values import DictDisplay, Known, Sequence, Value, alternatives
from codemods.edits import expression
from codemods.findings import (
    COMMENT_WENT,
    CONFIGURATION_UNKNOWN,
    DEFAULT_DIFFERS,
    MODEL_CHOSEN,
    PARAMETER_ABSENT,
    PARAMETER_DIFFERS,
    SILENCE_LEFT_TO_SERVICE,
)
from codemods.migrating import Migrating
from shim.mapping import languages, parameters
from shim.mapping.row import ABSENT, Fidelity, Row

_NOT_CONSTANT = object()
_LINE_LENGTH = 80
_RETIRED = ("realtime_processing.words_accurate_timestamps", "numerals")
"""Names that real programs send and the service ignores."""


@dataclass(frozen=True, slots=True)
class _Leaf:
    """One value of the configuration: its node, its constant, and the entry of the outermost dictionary around it."""

    node: cst.BaseExpression
    constant: Any
    entry: cst.DictElement


class ConfigurationRule:
    """Plans what becomes of one configuration dictionary. `plan` says whether it could be read to its end."""

    def __init__(self, migrating: Migrating, dictionary: Dictionary) -> None:
        self._migrating = migrating
        self._dictionary = dictionary
        self._leaves: dict[str, _Leaf] = {}
        self._readable = True
        self._replacing: dict[cst.DictElement, list[tuple[str, cst.BaseExpression]]] = {}
        self._appended: list[tuple[str, cst.BaseExpression]] = []
        self._kept: set[cst.DictElement] = set()

    def plan(self) -> bool:
        """Plans the edits of the dictionary; False, with findings, where it cannot be done."""
        site = self._dictionary.site
        if not isinstance(site, cst.Dict):
            self._give_up(site, f"{self._migrating.code(site)} is not a dictionary display")
            return False
        for change in self._dictionary.changes:
            self._give_up(change, f"the configuration is changed after it was made: {self._migrating.code(change)}")
        self._flatten(self._dictionary, "", None)
        if self._readable:
            self._check_names()
            for row in parameters.ROWS:
                self._apply(row)
        if self._readable:
            self._migrating.edits.rewrite(site, self._rewritten)
        return self._readable

    def _give_up(self, node: cst.CSTNode, text: str) -> None:
        self._readable = False
        self._migrating.report(CONFIGURATION_UNKNOWN, node, text)

    # --- reading ---------------------------------------------------------------------------------

    def _flatten(self, dictionary: Dictionary, prefix: str, outermost: cst.DictElement | None) -> None:
        for entry in dictionary.entries:
            if not isinstance(entry.node, cst.DictElement) or not isinstance(entry.key, Known):
                self._give_up(entry.node, f"a key that is only known when it runs: {self._migrating.code(entry.node)}")
                continue
            element = outermost or entry.node
            path = f"{prefix}{entry.key.value}"
            if isinstance(entry.value, DictDisplay) and not _ends_at(path):
                if entry.value.site is not entry.value_node:
                    self._give_up(entry.node, f"`{path}` is made elsewhere: {self._migrating.code(entry.node)}")
                    continue
                self._flatten(self._migrating.program.dictionaries[entry.value.site], f"{path}.", element)
                continue
            if any(one == Known(None) for one in alternatives(entry.value)) and not _is_certain(entry.value):
                self._give_up(entry.node, f"`{path}` may be None: {self._migrating.code(entry.node)}")
            constant = self._constant(entry.value)
            self._leaves[path] = _Leaf(entry.value_node, constant, element)

    def _constant(self, value: Value) -> Any:
        """The value as a plain Python object, _NOT_CONSTANT where any part is not known."""
        program = self._migrating.program
        match value:
            case Known(certain=False):
                return _NOT_CONSTANT
            case Known():
                return ABSENT if value.value is None else value.value
            case Sequence(site, elements) if site not in program.changed_sequences:
                found = [self._constant(element) for element in elements]
                return _NOT_CONSTANT if any(one is _NOT_CONSTANT for one in found) else found
            case DictDisplay(site) if not program.dictionaries[site].changes:
                entries = program.dictionaries[site].entries
                if all(isinstance(entry.key, Known) for entry in entries):
                    values = {str(_key(entry.key)): self._constant(entry.value) for entry in entries}
                    return _NOT_CONSTANT if any(one is _NOT_CONSTANT for one in values.values()) else values
        return _NOT_CONSTANT

    def _check_names(self) -> None:
        """Every name of the configuration is one that a row speaks of, or belongs to a switch that is off."""
        spoken_of = {path for row in parameters.ROWS for path in row.gladia}
        for path, leaf in self._leaves.items():
            switch = path.split("_config.")[0]
            if path in spoken_of or path in _RETIRED:
                continue
            if switch != path and switch in spoken_of:
                if switch == parameters.VOCABULARY.gladia[0]:
                    self._migrating.report(PARAMETER_DIFFERS, leaf.node, f"`{path}` has no counterpart and went")
                continue
            self._give_up(leaf.node, f"`{path}` is no parameter of Gladia's that is known here")

    # --- converting ------------------------------------------------------------------------------

    def _apply(self, row: Row) -> None:
        way = row.over_assemblyai
        given = [self._leaves.get(path) for path in row.gladia]
        first = next((leaf for leaf in given if leaf is not None), None)
        constants = [leaf.constant if leaf is not None else ABSENT for leaf in given]
        if first is not None:
            row.over(self._migrating.target)
        if way.codemod is Fidelity.ABSENT:
            self._apply_absent(row, first, constants)
            return
        if row is parameters.ENCODING and not self._encoding_is_served(first, constants):
            return
        if row is parameters.ENDPOINTING and first is None and self._migrating.keep_turns:
            constants = [parameters.GLADIA_SILENCE_SECONDS]
        context = [self._context(path) for path in way.reads]
        if any(constant is _NOT_CONSTANT for constant in constants):
            assert first is not None
            if len(row.gladia) > 1 or not way.conversion.source:
                self._give_up(first.node, f"`{row.gladia[0]}` is only known when it runs")
                return
            self._put(row, first, [expression(way.conversion.source, value=first.node) for _ in row.assemblyai], True)
        elif row.assemblyai:
            results = way.conversion.live(*constants, *context)
            every = results if len(row.assemblyai) > 1 else (results,)
            self._put(row, first, list(every), False)
        self._explain(row, first, context)

    def _context(self, path: str) -> Any:
        leaf = self._leaves.get(path)
        return ABSENT if leaf is None or leaf.constant is _NOT_CONSTANT else leaf.constant

    def _apply_absent(self, row: Row, first: _Leaf | None, constants: list[Any]) -> None:
        if first is None or not constants[0]:
            return
        if row is parameters.CHANNELS and constants[0] == 1:
            return
        self._readable = False
        self._migrating.report(PARAMETER_ABSENT, first.node, f"`{row.gladia[0]}`: {row.over_assemblyai.reason}")

    def _encoding_is_served(self, first: _Leaf | None, constants: list[Any]) -> bool:
        if first is None:
            return True
        if any(constant is _NOT_CONSTANT for constant in constants):
            self._give_up(first.node, f"`{parameters.ENCODING.gladia[0]}` is only known when it runs")
            return False
        if parameters.needs_transcoding(*constants):
            self._readable = False
            self._migrating.report(
                PARAMETER_ABSENT,
                first.node,
                "AssemblyAI takes 16-bit PCM and mu-law; audio in another format would have to be converted first",
            )
            return False
        return True

    def _put(self, row: Row, first: _Leaf | None, values: list[Any], as_expressions: bool) -> None:
        written: list[tuple[str, cst.BaseExpression]] = []
        for name, value in zip(row.assemblyai, values, strict=True):
            if value is ABSENT:
                continue
            row.over(self._migrating.target)
            if as_expressions:
                written.append((name, value))
            elif first is not None and first.constant == value and len(row.gladia) == 1:
                written.append((name, self._as_parameter(value, first.node)))
            else:
                written.append((name, self._as_parameter(value, None)))
        if first is None:
            self._appended.extend(written)
            return
        unchanged = len(written) == 1 and row.gladia == row.assemblyai and written[0][1] is first.node
        if unchanged and first.entry.value is first.node:
            self._kept.add(first.entry)
        else:
            self._replacing.setdefault(first.entry, []).extend(written)

    def _as_parameter(self, value: Any, node: cst.BaseExpression | None) -> cst.BaseExpression:
        """A parameter's value as it stands in the dictionary that goes into the query: lists as JSON text."""
        if isinstance(value, list):
            written = node if node is not None else cst.parse_expression(literal_code(value, self._quote()))
            return expression("json.dumps(value)", json=self._migrating.use_module("json"), value=written)
        return node if node is not None else cst.parse_expression(literal_code(value, self._quote()))

    def _quote(self) -> str:
        return self._migrating.quote_at(self._dictionary.site)

    def _explain(self, row: Row, first: _Leaf | None, context: list[Any]) -> None:
        migrating, site = self._migrating, self._dictionary.site
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

    def _rewritten(self, updated: cst.Dict) -> cst.Dict:
        original = self._dictionary.site
        assert isinstance(original, cst.Dict)
        between = separator(original)
        last_comma = original.elements[-1].comma if original.elements else cst.MaybeSentinel.DEFAULT
        elements: list[cst.DictElement] = []
        for old, new in zip(original.elements, updated.elements, strict=True):
            assert isinstance(old, cst.DictElement) and isinstance(new, cst.DictElement)
            if old is original.elements[-1]:
                new = new.with_changes(comma=cst.MaybeSentinel.DEFAULT)
            if old in self._kept:
                elements.append(new)
            elif old in self._replacing:
                for index, (name, value) in enumerate(self._replacing[old]):
                    key = self._migrating.string(name, old)
                    if index == 0:
                        elements.append(new.with_changes(key=key, value=value))
                    else:
                        elements.append(cst.DictElement(key, value))
        elements.extend(
            cst.DictElement(self._migrating.string(name, original), value) for name, value in self._appended
        )
        placed: list[cst.DictElement] = []
        for index, element in enumerate(elements):
            last = index == len(elements) - 1
            comma = element.comma
            if last:
                comma = last_comma
            elif comma is cst.MaybeSentinel.DEFAULT:
                comma = between
            placed.append(element.with_changes(comma=comma))
        return _broken_where_long(updated.with_changes(elements=placed), self._migrating.module.default_indent)

    def lost_comments(self) -> None:
        """Reports the comments that stand beside or inside entries that go."""
        original = self._dictionary.site
        assert isinstance(original, cst.Dict)
        for element in original.elements:
            if isinstance(element, cst.DictElement) and element not in self._kept and not self._keeps_comma(element):
                for comment in comments_in(element):
                    self._migrating.report(COMMENT_WENT, element, comment)

    def _keeps_comma(self, element: cst.DictElement) -> bool:
        return element in self._replacing


def _broken_where_long(display: cst.Dict, indent: str) -> cst.Dict:
    """A display on one line, one entry a line where that line would be too long."""
    code = cst.Module([]).code_for_node(display)
    if "\n" in code or len(code) <= _LINE_LENGTH:
        return display
    inner = cst.ParenthesizedWhitespace(indent=True, last_line=cst.SimpleWhitespace(indent))
    outer = cst.ParenthesizedWhitespace(indent=True)
    elements = [one.with_changes(comma=cst.Comma(whitespace_after=inner)) for one in display.elements]
    elements[-1] = elements[-1].with_changes(comma=cst.Comma(whitespace_after=outer))
    return display.with_changes(elements=elements, lbrace=cst.LeftCurlyBrace(whitespace_after=inner))


def _ends_at(path: str) -> bool:
    return any(path == one for row in parameters.ROWS for one in row.gladia)


def _is_certain(value: Value) -> bool:
    return isinstance(value, Known) and value.certain


def _key(value: Value) -> Any:
    return value.value if isinstance(value, Known) else None


def separator(display: cst.Dict) -> cst.Comma:
    """The comma between two entries of a display, in the display's own style."""
    opening = display.lbrace.whitespace_after
    if isinstance(opening, cst.ParenthesizedWhitespace):
        plain = opening.with_changes(
            first_line=opening.first_line.with_changes(whitespace=cst.SimpleWhitespace(""), comment=None),
            empty_lines=[],
        )
        return cst.Comma(whitespace_after=plain)
    return cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))


def spread(display: cst.Dict, depth: int, indent: str) -> cst.Dict:
    """A dictionary with one entry a line, the entries `depth` steps further in than their statement."""
    inner = cst.ParenthesizedWhitespace(indent=True, last_line=cst.SimpleWhitespace(indent * depth))
    outer = cst.ParenthesizedWhitespace(indent=True, last_line=cst.SimpleWhitespace(indent * (depth - 1)))
    elements = [element.with_changes(comma=cst.Comma(whitespace_after=inner)) for element in display.elements]
    if not elements:
        return display
    elements[-1] = elements[-1].with_changes(comma=cst.Comma(whitespace_after=outer))
    return display.with_changes(elements=elements, lbrace=cst.LeftCurlyBrace(whitespace_after=inner))


def comments_in(node: cst.CSTNode) -> list[str]:
    """The comments inside a node."""
    found: list[str] = []
    waiting = [node]
    while waiting:
        current = waiting.pop(0)
        if isinstance(current, cst.Comment):
            found.append(current.value)
        waiting = [*current.children, *waiting]
    return found


def literal_code(value: Any, quote: str) -> str:
    """A constant as Python writes it, strings in the given quotes."""
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace(quote, f"\\{quote}")
        return f"{quote}{escaped}{quote}"
    if isinstance(value, list):
        return f"[{', '.join(literal_code(one, quote) for one in value)}]"
    return repr(value)
