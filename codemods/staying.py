"""What stays with the old service when its sessions go: calls that the new service has nothing for.

Recordings, jobs, tokens, a gateway of the house that takes the same key: such a call goes on with its own vendor, by
its own address and key, if nothing of it hangs on the session. What it is made of is *kept*: no rule may change it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import libcst as cst

from codemods.analysis.origins import Origins, OriginSearch, Place, Way
from codemods.analysis.program import Program
from codemods.analysis.values import (
    UNKNOWN,
    Delivered,
    Frame,
    HttpResponse,
    Library,
    LibraryObject,
    Parsed,
    ResponseField,
    Value,
    alternatives,
)
from codemods.hosts import api_host_in
from codemods.vendors import assemblyai_sdk, gladia
from codemods.vendors.live_sessions import LiveSessions
from shim.mapping import assemblyai_v2, sdk, session
from shim.mapping.row import Vendor

_STARTING: Final = "subprocess."
"""Where the library's functions begin that start another program, which may be given a key."""
_CONSTANTS: Final = ("None", "True", "False")
_IDENTITIES: Final = frozenset(
    path.split(".")[-1]
    for row in (session.SESSION_ID, assemblyai_v2.SESSION_ID)
    for path in (*row.gladia, *row.assemblyai)
)
"""The fields of messages that name a session."""


@dataclass(frozen=True, slots=True, eq=False)
class Stay:
    """One thing that stays: where it is, and the expressions that it is given."""

    node: cst.CSTNode
    parts: tuple[cst.CSTNode, ...]
    is_vendors: bool
    """Whether it speaks to the old vendor itself; otherwise it only may be given the vendor's key."""


class Staying:
    """What stays of one program, and what it shares with the sessions that go."""

    def __init__(self, program: Program, source: Vendor) -> None:
        self._program = program
        self._source = source
        self._search = OriginSearch(program)
        self.sessions = LiveSessions(program, source)

    @cached_property
    def stays(self) -> list[Stay]:
        """All that stays. Without a session nothing goes that could be somebody else's."""
        if not self.sessions.calls:
            return list(self._of_vendor())
        return [*self._of_vendor(), *(part for one in self._elsewhere() if (part := self._with_key(one)) is not None)]

    def _with_key(self, stay: Stay) -> Stay | None:
        """Something that stays, with those of its parts alone that a session's key may be in."""
        parts = tuple(one for one in stay.parts if self._may_have_key(self._made_of(stay, [one])))
        return replace(stay, parts=parts) if parts else None

    @cached_property
    def _asked(self) -> set[cst.Call]:
        return {one.node for one in self.stays if one.is_vendors and isinstance(one.node, cst.Call)}

    @cached_property
    def _origins(self) -> dict[Stay, Origins]:
        return {one: self._made_of(one, one.parts) for one in self.stays}

    def _made_of(self, stay: Stay, parts: Iterable[cst.CSTNode]) -> Origins:
        """What something that stays is made of: of a table of many vendors' keys, others have their own entries."""
        return self._search.of(parts, self._is_of_session, parts_alone=True, entries_alone=not stay.is_vendors)

    @cached_property
    def ways(self) -> Origins:
        """What the addresses, headers and keys of the sessions are made of: what is rewritten of them.

        What a query only gives a value, such as a sample rate, is nobody's own.
        """
        return self.ways_without(frozenset())

    def ways_without(self, places: Set[cst.CSTNode]) -> Origins:
        """What the addresses, headers and keys of the sessions are made of, but for what is behind some places."""
        return self._search.of(self.sessions.ways, without={*places, *_query_values(self._program)})

    @cached_property
    def keys(self) -> Origins:
        """What the keys of the sessions are made of."""
        return self._search.of(self.sessions.keys, entries_alone=True)

    @cached_property
    def _given(self) -> Origins:
        """What the sessions are given, their configurations too."""
        return self._search.of(self.sessions.parts)

    @cached_property
    def kept(self) -> set[cst.CSTNode]:
        """The nodes that must stay as they are; what a session shares is among them."""
        found: set[cst.CSTNode] = set()
        for origins in self._origins.values():
            found |= origins.nodes
            found.update(origins.places)
            found.update(one for one in self._set_here if one.evaluated_value in origins.variables(self._program))
        if self._source is Vendor.ASSEMBLYAI and self.sessions.calls:
            for named in assemblyai_sdk.recordings_named(self._program):
                found.update(self._program.nodes_in(named))
        if (self._have_own_keys or not self.sessions.calls) and any(one.is_vendors for one in self.stays):
            found.update(self._variables_of_others())
        return found | set(self._guards(found)) if found else found

    @property
    def _have_own_keys(self) -> bool:
        """Whether each session's key comes from variables of the new vendor's alone."""
        new = session.NAME.of(self._source.other)[0].lower()
        keys = [*self.sessions.written_keys, *self.sessions.sdk_keys]
        variables = [self._search.of([one]).variables(self._program) for one in keys]
        return bool(keys) and all(each and all(new in one.lower() for one in each) for each in variables)

    def _variables_of_others(self) -> Iterator[cst.SimpleString]:
        """The old vendor's variables that no session reads, by whatever way they reach what stays."""
        old = session.NAME.of(self._source)[0].lower()
        for one in self._program.environment_names:
            if one not in self.ways.nodes and old in str(one.evaluated_value).lower():
                yield one

    @cached_property
    def speaking(self) -> set[cst.CSTNode]:
        """The functions and classes in which something stays that speaks to the old vendor."""
        found: set[cst.CSTNode] = set()
        for stay in self.stays:
            current = stay.node
            while stay.is_vendors and current in self._program.parents:
                current = self._program.parents[current]
                if isinstance(current, (cst.FunctionDef, cst.ClassDef)):
                    found.add(current)
        return found

    def shared_places(self, ways: Origins | None = None) -> dict[cst.CSTNode, Place]:
        """The places by which a session and something that stays get an address, a header or a key.

        `ways` is what the sessions' are made of, where that is not all of it.
        """
        ways = ways if ways is not None else self.ways
        found: dict[cst.CSTNode, Place] = {}
        for origins in self._origins.values():
            found.update({node: place for node, place in origins.places.items() if node in ways.places})
        return found

    def is_shared_with_vendor_alone(self, place: cst.CSTNode) -> bool:
        """Whether all that stays and is given what a place holds is the old vendor's own: requests, its package."""
        sharing = [one for one, origins in self._origins.items() if place in origins.places]
        return all(one.is_vendors or isinstance(one.node, cst.Assign) for one in sharing)

    def stay_of(self, node: cst.CSTNode) -> Stay | None:
        """What stays and is made of a node."""
        return next((one for one, origins in self._origins.items() if node in origins.nodes), None)

    def stay_at(self, node: cst.CSTNode) -> Stay | None:
        """What stays at a node."""
        return next((one for one in self.stays if one.node is node), None)

    def why_not(self, stay: Stay) -> str | None:
        """Why something cannot stay while the sessions go; None where it can."""
        origins = self._origins[stay]
        if any(self._names_session(self._program.value(node)) for node in origins.ends):
            return "it asks for the session that goes"
        if any(self._is_given_by(self._program.value(node), stay) for node in self._given.nodes):
            return "the session is opened with what it gives"
        given = [one for one in origins.places.values() if one.way is Way.PARAMETER and one.node in self.ways.places]
        if given:
            return f"`{given[0].name}`, which a caller gives, is the session's too"
        name = self._shared_name(origins)
        return f"`{name}` is the session's too" if name is not None else None

    def is_answer(self, value: Value) -> bool:
        """Whether a value came with the answer to a request that stays."""
        return _is_answer(value, self._asked)

    def shared_name(self, stay: Stay) -> str | None:
        """What a session and something that stays have both, of what must not go to both; None for nothing."""
        return self._shared_name(self._origins[stay])

    # --- reading ---------------------------------------------------------------------------------

    def _of_vendor(self) -> Iterator[Stay]:
        requests = {one.call: one for one in self._program.requests.values()}
        own = {
            call: one
            for call, one in requests.items()
            if call not in self.sessions.calls and self._is_of_vendor(self._url(one.url))
        }
        while True:
            # What asks at an address that such a request gave is the vendor's too.
            more = {
                call: one
                for call, one in requests.items()
                if call not in own
                and call not in self.sessions.calls
                and any(_is_answer(value, set(own)) for value in alternatives(self._url(one.url)))
            }
            if not more:
                break
            own |= more
        for one in own.values():
            arguments = [argument.value for call in one.written for argument in call.args]
            yield Stay(one.call, (*arguments, one.call.func), True)
        for use in self.sessions.other_uses:
            stay = Stay(use, tuple(self._program.children(use)), True)
            if self.sessions.calls and use in self.sessions.for_recordings:
                # The package gives the key itself; which recording is meant is no matter of the session's.
                stay = self._with_key(stay) or replace(stay, parts=())
            yield stay

    def _url(self, url: cst.BaseExpression | None) -> Value:
        return self._program.value(url) if url is not None else UNKNOWN

    def _is_of_vendor(self, url: Value) -> bool:
        return any(api_host_in(gladia.text_of(one), self._source) is not None for one in alternatives(url))

    def _elsewhere(self) -> Iterator[Stay]:
        """The places that give values to somebody else."""
        program = self._program
        for request in program.requests.values():
            url = self._url(request.url)
            # An address that another answer gives is the same service's: its request is spoken of already.
            is_own = isinstance(url, Parsed) or self._is_of_vendor(url)
            if not is_own and request.call not in self.sessions.calls:
                yield Stay(request.call, tuple(one.value for call in request.written for one in call.args), False)
        for connect in program.connects.values():
            if connect.call not in self.sessions.calls:
                yield Stay(connect.call, tuple(argument.value for argument in connect.call.args), False)
        variables = {str(literal.evaluated_value) for literal in program.environment_names}
        keeps_sdk = self.sessions.package_stays or not any(assemblyai_sdk.creations(program))
        for node in (node for module in program.modules for node in program.nodes_in(module)):
            match node:
                case cst.Call(func, args):
                    callee = program.value(func)
                    if isinstance(callee, Library) and callee.name.startswith(_STARTING):
                        yield Stay(node, tuple(argument.value for argument in args), False)
                case cst.DictElement(cst.SimpleString(evaluated_value=str() as key), value) if key in variables:
                    # A variable that is handed on under its own name, as for a program that is started.
                    if key in self._search.of([value]).variables(program):
                        yield Stay(node.value, (value,), False)
                case cst.Assign([cst.AssignTarget(cst.Attribute(owner))], value) if keeps_sdk:
                    if _is_of_sdk(program.value(owner)):
                        yield Stay(node, (value,), False)

    # --- what is shared --------------------------------------------------------------------------

    def _may_have_key(self, origins: Origins) -> bool:
        """Whether something is given what a session's key is made of."""
        shares = not origins.places.keys().isdisjoint(self.keys.places.keys())
        variables = self.keys.variables(self._program) | {session.KEY_VARIABLE.of(self._source)[0]}
        return shares or not origins.variables(self._program).isdisjoint(variables)

    @cached_property
    def _set_here(self) -> list[cst.SimpleString]:
        """The names of the environment variables where the program sets them itself."""
        parents = self._program.parents
        return [
            name
            for name in self._program.environment_names
            if isinstance(parents[parents[parents[parents[name]]]], cst.AssignTarget)
        ]

    def _shared_name(self, origins: Origins) -> str | None:
        for node, place in origins.places.items():
            if node in self.ways.places:
                return place.name
        for one in sorted(origins.variables(self._program) & self.keys.variables(self._program)):
            if any(name.evaluated_value == one for name in self._set_here):
                return one
            if any(node in self.ways.nodes for node in self._variable_nodes(one, origins)):
                return one
        for node in origins.nodes & self.ways.nodes:
            if isinstance(node, cst.SimpleString):
                return str(node.evaluated_value)
            if isinstance(node, cst.FormattedStringText):
                return node.value
        name = session.NAME.of(self._source)[0].lower()
        both = origins.variables(self._program) & self.keys.variables(self._program)
        # A variable with the vendor's name is renamed where the session reads it, and there alone.
        return next((one for one in sorted(both) if name not in one.lower()), None)

    def _variable_nodes(self, name: str, origins: Origins) -> list[cst.SimpleString]:
        names = self._program.environment_names
        return [one for one in names if one in origins.nodes and one.evaluated_value == name]

    def _is_of_session(self, value: Value) -> bool:
        """Whether a value came out of a session that goes, or is one."""
        calls = self.sessions.calls
        for one in alternatives(value):
            match one:
                case Parsed(HttpResponse(call)) | ResponseField(call) | HttpResponse(call) if call in calls:
                    return True
                case Parsed(Frame(connect=call)) | Frame(connect=call) if call in calls:
                    return True
                case Parsed(Delivered()):
                    return True
                case LibraryObject() if self.sessions.is_of_session(one):
                    return True
        return False

    def _names_session(self, value: Value) -> bool:
        """Whether a value of a session names it, or is the session itself: what was said in it is a mere text."""
        for one in alternatives(value):
            match one:
                case Parsed(Frame() | Delivered(), path=path) if not _IDENTITIES.intersection(path):
                    continue
                case Frame():
                    continue
            return True
        return False

    def _is_given_by(self, value: Value, stay: Stay) -> bool:
        if not isinstance(stay.node, cst.Call):
            return False
        return any(
            _is_answer(one, {stay.node}) or (isinstance(one, LibraryObject) and one.site is stay.node)
            for one in alternatives(value)
        )

    def _guards(self, kept: set[cst.CSTNode]) -> Iterator[cst.CSTNode]:
        """The tests whether what is kept is there, with what they say where it is not."""
        for node in (node for module in self._program.modules for node in self._program.nodes_in(module)):
            if isinstance(node, cst.If) and node.orelse is None:
                places = names_of_guard(self._search, node)
                if places and places <= kept:
                    yield from self._program.nodes_in(node)


def names_of_guard(search: OriginSearch, statement: cst.If) -> set[cst.CSTNode]:
    """The places that a test reads, where it reads names alone: `if not KEY:`, `if KEY is None:`."""
    found: set[cst.CSTNode] = set()
    for node in search.program.nodes_in(statement.test):
        if isinstance(node, cst.Call):
            return set()
        if isinstance(node, (cst.Name, cst.Attribute)):
            places = search.read_by(node)
            is_part = isinstance(search.program.parents[node], cst.Attribute)
            if not places and not is_part and isinstance(node, cst.Name) and node.value not in _CONSTANTS:
                return set()
            found.update(one.node for one in places)
    return found


def _query_values(program: Program) -> Iterator[cst.CSTNode]:
    """What stands behind the `?` of the addresses that are written in a program."""
    for node in (node for module in program.modules for node in program.nodes_in(module)):
        is_query = False
        for part in node.parts if isinstance(node, cst.FormattedString) else ():
            if is_query and isinstance(part, cst.FormattedStringExpression):
                yield part
            is_query |= isinstance(part, cst.FormattedStringText) and "?" in part.value


def _is_answer(value: Value, calls: set[cst.Call]) -> bool:
    match value:
        case Parsed(HttpResponse(call)) | ResponseField(call) | HttpResponse(call):
            return call in calls
    return False


def _is_of_sdk(value: object) -> bool:
    roots = {path.split(".")[0] for vendor in Vendor for path in sdk.PACKAGE.of(vendor)}
    return isinstance(value, Library) and value.name.split(".")[0] in roots
