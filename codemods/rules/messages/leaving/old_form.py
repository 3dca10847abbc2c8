"""The old vendor's form of a message of the new one's: a function of the program, written from the rows of the map."""

from __future__ import annotations

from collections.abc import Iterable, Set
from collections.abc import Sequence as AbstractSequence
from dataclasses import dataclass, field
from typing import Any, Final, get_args, get_origin

import msgspec

from codemods.analysis.values import EACH, Parsed, Step
from codemods.rules.messages.places import ANY, MessagePlaces, general
from shim.mapping import server_messages
from shim.mapping.paths import steps_of
from shim.mapping.row import Fidelity, Row, Vendor
from shim.wire import assemblyai, gladia

_WITH_BLANK: Final = dict.fromkeys((server_messages.TURN_TEXT, server_messages.WORD_TEXT), '" " + value')
"""Where the program's own reads take the plain text, readers elsewhere get it as Gladia sends it."""
_WIDTH: Final = 100


def _structs_of(union: Any) -> dict[str, Any]:
    """The messages of a union, by their types."""
    return {str(field.default): one for one in get_args(union) for field in _fields_of(one) if field.name == "type"}


def _fields_of(struct: Any) -> tuple[msgspec.structs.FieldInfo, ...]:
    return msgspec.structs.fields(struct)


_MESSAGES: Final = {
    Vendor.GLADIA: _structs_of(gladia.ServerMessage),
    Vendor.ASSEMBLYAI: _structs_of(assemblyai.ServerMessage) | _structs_of(assemblyai.OptionalServerMessage),
}
"""The messages that each vendor sends, by their types."""
_ON_REQUEST: Final = frozenset(row.gladia[0] for row in server_messages.LIFECYCLE) | frozenset(
    _structs_of(assemblyai.OptionalServerMessage)
)
"""Types that only come where a session asks for them."""


@dataclass(slots=True)
class _Part:
    """A place of the old form: the expression of a field, or the parts inside of it, of each element or of one."""

    source: str = ""
    inside: dict[str, _Part] = field(default_factory=dict)
    over: str = ""
    """The list of which each element is a part of this form; empty where it is no list."""


class OldForm:
    """Writes what stands at a place of the old vendor's messages, as expressions over the new vendor's.

    `places` are those of the sessions' messages; `source` is the old vendor, `rows` are the rows of what it sends.
    """

    def __init__(self, places: MessagePlaces, rows: Iterable[Row], source: Vendor) -> None:
        self._places = places
        self._rows = tuple(rows)
        self._source = source
        self._target = source.other

    def kinds_of(self, message: Parsed) -> list[str]:
        """The types of the old messages that have a place and a counterpart, the best of each counterpart's first.

        A part of a message can only be given back where it can be of one type alone.
        """
        path = general(message.path)
        if not path:
            return [kind for kind in self._translated() if message.types is None or kind in message.types]
        kinds = {str(steps_of(one)[0]) for row in self._places.fields_below(path) for one in row.of(self._source)}
        kinds = kinds if message.types is None else kinds & message.types
        having = [kind for kind in self._translated() if kind in kinds and self._fields(kind, path)]
        return having if len(kinds) == 1 else []

    def missing(self, message: Parsed) -> list[str]:
        """The fields of such a place that the new service has nothing for, the outermost of those inside each other."""
        path = general(message.path)
        there = {kind: [steps for _, steps in self._fields(kind, path)] for kind in self.kinds_of(message)}
        given = {steps[-1] for found in there.values() for steps in found}
        missing: dict[str, None] = {}
        for kind, found in there.items():
            every = [steps for _, steps in self._rows_inside(kind, path)]
            every += [one[len(path) :] for one in _paths_in(_MESSAGES[self._source][kind]) if one[: len(path)] == path]
            for steps in every:
                around = [steps[:at] for at in range(1, len(steps) + 1)]
                lost = next((one for one in around if not any(has[: len(one)] == one for has in found)), None)
                if lost and lost not in (("type",), (EACH,)):
                    name = str(lost[-1])
                    missing[f"{kind}.{name}" if name in given else name] = None
        return list(missing)

    def other_types(self, message: Parsed) -> list[str]:
        """The types that only the new service sends and that leave as they are: their readers do not know them."""
        if general(message.path) or message.types is not None:
            return []
        acknowledgments = [row.gladia[0] for row in server_messages.ACKNOWLEDGMENTS]  # they are switched off
        known = {self._counterpart(kind) for kind in self._translated()}
        return [one for one in self._unasked(self._target) if one not in known and one not in acknowledgments]

    def unsent_types(self, message: Parsed) -> list[str]:
        """The types that the old service sends unasked and that do not come any more."""
        if general(message.path):
            return []
        kinds = [one for one in self._unasked(self._source) if message.types is None or one in message.types]
        return [one for one in kinds if one not in self._translated()]

    def _unasked(self, vendor: Vendor) -> list[str]:
        """The types that a vendor sends to a session which asks for nothing besides: those that the rows know."""
        rows = [row.of(vendor)[0] for row in self._rows if row.of(vendor)]
        known = dict.fromkeys(one for one in rows if "." not in one)
        return [one for one in known if one in _MESSAGES[vendor] and one not in _ON_REQUEST]

    def differences(self, message: Parsed) -> list[str]:
        """What the rows say of the fields that only stand for those of the old service."""
        path, way = general(message.path), self._target
        rows = [row for kind in self.kinds_of(message) for row, _ in self._fields(kind, path)]
        return list(dict.fromkeys(row.way(way).reason for row in rows if row.way(way).codemod is Fidelity.APPROXIMATE))

    def function(
        self, message: Parsed, name: str, argument: str, kinds: Set[str], own: AbstractSequence[str] = ()
    ) -> str:
        """The function that gives a place of a message in the old form, as source.

        `argument` is its parameter, `kinds` are the types of the old messages that come to it, `own` the fields that
        the program has put there.
        """
        lines = [
            f"def {name}({argument}):",
            f'    """The form that readers outside of this program know{self._units()}."""',
        ]
        path = general(message.path)
        names = ", ".join(f'"{one}"' for one in own) + ("," if len(own) == 1 else "")
        lines += [f"    own = {{name: {argument}[name] for name in ({names}) if name in {argument}}}"] if own else []
        further = " | own" if own else ""
        if path:
            (kind,) = kinds
            bases = {self._places.target_of(message): argument}
            lines += self._listed(kind, path, bases, 4)
            return "\n".join([*lines, f"    return {_written(self._part(kind, path, bases), 4)}{further}", ""])
        for kind in (one for one in self._translated() if one in kinds):
            bases = {(): argument}
            lines += [f'    if {argument}["type"] == "{self._counterpart(kind)}":', *self._listed(kind, (), bases, 8)]
            part = self._part(kind, (), bases)
            part.inside = {"type": _Part(f'"{kind}"'), **part.inside}
            lines.append(f"        return {_written(part, 8)}{further}")
        return "\n".join([*lines, f"    return {argument}", ""])

    def _listed(self, kind: str, path: tuple[Step, ...], bases: dict[tuple[Step, ...], str], indent: int) -> list[str]:
        """A line that names the list which several fields are made of, where there is one; it is added to `bases`."""
        lists = []
        for row, _ in self._fields(kind, path):
            target = steps_of(row.of(self._target)[0])[1:] if row.of(self._target) else ()
            at = next((at for at, one in enumerate(target) if isinstance(one, int) or one == EACH), 0)
            lists += [target[:at]] if at and target[:at] not in bases else []
        if len(set(lists)) != 1 or not any(isinstance(one, int) for one in self._steps(kind, path)):
            return []
        line = f"{' ' * indent}{lists[0][-1]} = {_read(lists[0], bases)}"
        bases[lists[0]] = str(lists[0][-1])
        return [line]

    def _steps(self, kind: str, path: tuple[Step, ...]) -> list[Step]:
        """Every step of the new vendor's that the fields of a place are read by."""
        found = self._fields(kind, path)
        return [one for row, _ in found for target in row.of(self._target) for one in steps_of(target)]

    def _units(self) -> str:
        return ": times in seconds" if self._source is Vendor.GLADIA else ": times in milliseconds"

    # --- what there is ----------------------------------------------------------------------------

    def _translated(self) -> list[str]:
        """The types that the old vendor sends and that have a counterpart: one for each type of the new vendor's."""
        best: dict[str, str] = {}
        for kind in sorted(_MESSAGES[self._source]):
            if self._places.why_never_sent(kind) is None and self._places.type_rows(kind):
                target = self._counterpart(kind)
                if target not in best or self._worth(kind) > self._worth(best[target]):
                    best[target] = kind
        order = [row.of(self._source)[:1] for row in self._rows]
        return sorted(best.values(), key=lambda kind: order.index((kind,)))

    def _counterpart(self, kind: str) -> str:
        return self._places.type_rows(kind)[0].of(self._target)[0]

    def _worth(self, kind: str) -> tuple[bool, bool, float]:
        """How well a type stands for its counterpart: it came unasked, by name, by how many of its fields there are."""
        every = [row for row in self._rows for one in row.of(self._source) if steps_of(one)[0] == kind and "." in one]
        row = self._places.type_rows(kind)[0]
        share = sum(bool(self._source_of(one, kind)) for one in every) / max(len(every), 1)
        return kind not in _ON_REQUEST, row.way(self._target).codemod is Fidelity.SAME, share

    def _fields(self, kind: str, path: tuple[Step, ...]) -> list[tuple[Row, tuple[Step, ...]]]:
        """The rows of the fields inside a place of messages of a type that have a source, with their steps there."""
        return [(row, steps) for row, steps in self._rows_inside(kind, path) if self._source_of(row, kind)]

    def _rows_inside(self, kind: str, path: tuple[Step, ...]) -> list[tuple[Row, tuple[Step, ...]]]:
        """The rows of all fields inside a place of messages of a type; those of a position in a list are no fields."""
        found = []
        for row in self._rows:
            for one in row.of(self._source) if row.is_met(self._target) else ():
                of_kind, *steps = steps_of(one)
                is_field = len(steps) > len(path) and not any(isinstance(step, int) for step in steps)
                if is_field and tuple(steps)[: len(path)] == path and of_kind in (kind, ANY):
                    found.append((row, tuple(steps)[len(path) :]))
        return found

    def _source_of(self, row: Row, kind: str) -> str:
        """The expression over `value` that gives a row's field in the old form's messages of a type."""
        targets = row.of(self._target)
        if targets and steps_of(targets[0])[0] != self._counterpart(kind):
            return ""
        source = row.way(self._target).conversion.source
        return _WITH_BLANK.get(row, source) if self._source is Vendor.GLADIA else source

    # --- what is written --------------------------------------------------------------------------

    def _part(self, kind: str, path: tuple[Step, ...], bases: dict[tuple[Step, ...], str]) -> _Part:
        """What stands at a place; `bases` are the names of the new message's places that there are."""
        whole = _Part()
        for row, steps in self._fields(kind, path):
            target = steps_of(row.of(self._target)[0])[1:] if row.of(self._target) else ()
            around, known = whole, dict(bases)
            for step in steps:
                if step == EACH:
                    listed = target[: len(target) - 1 - target[::-1].index(EACH)]
                    around.over, around.source = _read(listed, known), ""
                    known = {(*listed, EACH): "word"}
                else:
                    around = around.inside.setdefault(str(step), _Part())
            if steps[-1] != EACH and not around.over:
                around.source = self._expression(row, kind, target, known) if target else self._source_of(row, kind)
        return whole

    def _expression(self, row: Row, kind: str, target: tuple[Step, ...], bases: dict[tuple[Step, ...], str]) -> str:
        source = self._source_of(row, kind)
        listed = next((target[:at] for at, one in enumerate(target) if isinstance(one, int)), None)
        is_optional = row.way(self._target).codemod is Fidelity.APPROXIMATE and source == "value"
        if EACH in target and not any(len(base) > target.index(EACH) for base in bases):
            listed = target = target[: target.index(EACH)]
        read = _read(target, bases, is_optional=is_optional)
        found = source.replace("value", read.replace('"', "'") if source.startswith('f"') else read)
        return f"{found} if {_read(listed, bases)} else 0.0" if listed is not None else found


def _paths_in(struct: Any) -> list[tuple[Step, ...]]:
    """The paths of the fields that are always there in a message, those of the elements of lists with EACH."""
    found: list[tuple[Step, ...]] = []
    for one in (one for one in _fields_of(struct) if one.required):
        found.append((one.encode_name,))
        for kind in (one.type, *get_args(one.type)):
            listed = get_args(kind)[:1] if get_origin(kind) is list else ()
            inner = listed[0] if listed else kind
            if isinstance(inner, type) and issubclass(inner, msgspec.Struct):
                steps = (one.encode_name, EACH) if listed or get_origin(one.type) is list else (one.encode_name,)
                found += [(*steps, *path) for path in _paths_in(inner)]
    return found


def _read(target: tuple[Step, ...], bases: dict[tuple[Step, ...], str], *, is_optional: bool = False) -> str:
    """The expression of a place of the new vendor's message, from the nearest name that there is."""
    base = max((one for one in bases if target[: len(one)] == one), key=len)
    found = bases[base]
    rest = target[len(base) :]
    for at, step in enumerate(rest):
        key = str(step) if isinstance(step, int) else f'"{step}"'
        found = f"{found}.get({key})" if is_optional and at == len(rest) - 1 else f"{found}[{key}]"
    return found


def _written(part: _Part, indent: int) -> str:
    """A part as an expression that begins at a column, in lines of its own where it is long."""
    if not part.inside:
        return part.source
    short = ", ".join(f'"{name}": {_written(one, 0)}' for name, one in part.inside.items())
    whole = f"[{{{short}}} for word in {part.over}]" if part.over else f"{{{short}}}"
    if len(whole) + indent + 24 <= _WIDTH and "\n" not in whole and len(part.inside) < 4:
        return whole
    around = " " * indent
    inner = indent + 8 if part.over else indent + 4
    lines = [f'{" " * inner}"{name}": {_written(one, inner)},' for name, one in part.inside.items()]
    if not part.over:
        return "\n".join(["{", *lines, f"{around}}}"])
    within = " " * (indent + 4)
    return "\n".join(["[", f"{within}{{", *lines, f"{within}}}", f"{within}for word in {part.over}", f"{around}]"])
