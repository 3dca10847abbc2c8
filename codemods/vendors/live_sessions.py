"""All live sessions of a program with one vendor, whatever opens them, and what each is given to be opened."""

from __future__ import annotations

from functools import cached_property
from typing import Final

import libcst as cst

from codemods.analysis.arguments import Arguments
from codemods.analysis.program import Program
from codemods.analysis.values import Library, LibraryObject, something
from codemods.vendors import assemblyai_sdk, assemblyai_sessions, gladia, gladia_sdk
from shim.mapping import sdk
from shim.mapping.row import Vendor

TOKEN_METHOD: Final = sdk.TEMPORARY_TOKEN.assemblyai[0].rpartition(".")[2].removesuffix("()")
_KEY_ARGUMENT: Final = sdk.API_KEY.assemblyai[0].rpartition(".")[2]


class LiveSessions:
    """The sessions of one program with one vendor."""

    def __init__(self, program: Program, vendor: Vendor) -> None:
        self._program = program
        self._vendor = vendor
        self.calls: set[cst.Call] = set()
        """The calls that open them: POSTs, connects, what makes a client of the SDK."""
        self.ways: list[cst.CSTNode] = []
        """The expressions of their addresses, headers and keys."""
        self.addresses: list[cst.BaseExpression] = []
        self.keys: list[cst.BaseExpression] = []
        self.written_keys: list[cst.BaseExpression] = []
        """Those keys that a program puts into a header itself."""
        self.sdk_keys: list[cst.BaseExpression] = []
        """Those that it gives to an SDK, to AssemblyAI's also by the setting that the package keeps."""
        self.parts: list[cst.CSTNode] = []
        """All that the calls are given."""
        if vendor is Vendor.GLADIA:
            self._read_gladia()
        else:
            self._read_assemblyai()

    def is_of_session(self, value: LibraryObject) -> bool:
        """Whether an object is a session of Gladia's SDK, or came out of one."""
        return gladia_sdk.is_session(value) or gladia_sdk.is_session_call(value.made_by)

    @cached_property
    def other_uses(self) -> list[cst.Call]:
        """The calls of the vendor's SDK that have to do with no session of these."""
        if self._vendor is Vendor.GLADIA:
            found = gladia_sdk.other_uses(self._program, list(gladia_sdk.starts(self._program)))
            calls = {one for one in found if isinstance(one, cst.Call)}
            return [one for one in calls if not self._goes_on(one, calls)]
        tokens = [one for client in assemblyai_sdk.creations(self._program) for one in self.tokens_of(client)]
        return [*tokens, *self.for_recordings]

    @cached_property
    def for_recordings(self) -> list[cst.Call]:
        """The calls of AssemblyAI's SDK that are about recordings."""
        calls = set(assemblyai_sdk.calls_for_recordings(self._program))
        return [one for one in calls if not self._goes_on(one, calls)]

    @cached_property
    def package_stays(self) -> bool:
        """Whether a program uses AssemblyAI's package, and so its key, for more than sessions."""
        return any(assemblyai_sdk.recordings_named(self._program))

    def _goes_on(self, call: cst.Call, calls: set[cst.Call]) -> bool:
        """Whether a call only gives what the next one in its chain is a method of."""
        attribute = self._program.parents[call]
        around = self._program.parents.get(attribute)
        return isinstance(attribute, cst.Attribute) and isinstance(around, cst.Call) and around in calls

    # --- Gladia ----------------------------------------------------------------------------------

    def _read_gladia(self) -> None:
        for opening in gladia.openings(self._program):
            self.calls.update(opening.request.written)
            self.calls.update(connect.call for connect in opening.connects)
            self.parts.extend(one.value for call in opening.request.written for one in call.args)
            if opening.request.url is not None:
                self.addresses.append(opening.request.url)
                self.ways.append(opening.request.url)
            if opening.request.headers is not None:
                self.ways.append(opening.request.headers)
            if opening.key is not None:
                self.written_keys.append(opening.key.value_node)
                self.keys.append(opening.key.value_node)
        for start in gladia_sdk.starts(self._program):
            self.calls.update((start.session.site, start.creation))
            self.keys.extend(argument.value for argument in start.creation.args)
            self.sdk_keys.extend(_key_given(start.creation))
            self.ways.extend((start.client, start.session.site.func, start.creation))
            self.parts.extend((start.session.site, start.creation))
        self.ways.extend(self.keys)

    # --- AssemblyAI ------------------------------------------------------------------------------

    def _read_assemblyai(self) -> None:
        for edition in (assemblyai_sessions.V3, assemblyai_sessions.V2):
            for opening in assemblyai_sessions.openings(self._program, edition):
                self._read_socket(opening)
        for client in assemblyai_sdk.creations(self._program):
            uses = self._uses_of(client)
            if not any(name == "connect" for _, name in uses) and any(name == TOKEN_METHOD for _, name in uses):
                continue
            self.calls.add(client.site)
            self.keys.extend(argument.value for argument in client.site.args)
            self.ways.append(client.site)
            self.ways.extend(node for node, name in uses if name != TOKEN_METHOD)
            self.parts.append(client.site)
            self.sdk_keys.extend(self._keys_of(client))
        self.ways.extend(self.keys)

    def _keys_of(self, client: LibraryObject) -> list[cst.BaseExpression]:
        """What a client, or its options, or the whole package is given as a key."""
        options = Arguments.of(client.site).get(0, "options")
        made = assemblyai_sdk.object_of(self._program.value(options), assemblyai_sdk.OPTIONS) if options else None
        found = [*_key_given(client.site), *(_key_given(made.site) if made is not None else ())]
        found = [one for one in found if not self._is_package_key(one)]
        # What stays for recordings keeps its key: the session gets one of its own.
        return found or ([] if self.package_stays else self._package_keys)

    def _is_package_key(self, key: cst.BaseExpression) -> bool:
        """Whether a key is what `aai.settings.api_key` is set to."""
        value = self._program.value(key)
        return isinstance(value, Library) and value.name in assemblyai_sdk.PACKAGE_KEYS

    @cached_property
    def _package_keys(self) -> list[cst.BaseExpression]:
        """What `aai.settings.api_key` is set to."""
        found: list[cst.BaseExpression] = []
        for module in self._program.modules:
            for node in self._program.nodes_in(module):
                match node:
                    case cst.Assign([cst.AssignTarget(cst.Attribute(owner, cst.Name(name)))], value):
                        of = self._program.value(owner)
                        if isinstance(of, Library) and f"{of.name}.{name}" in assemblyai_sdk.PACKAGE_KEYS:
                            found.append(value)
        return found

    def _read_socket(self, opening: assemblyai_sessions.Opening) -> None:
        self.calls.add(opening.connect.call)
        self.addresses.append(opening.url)
        self.ways.append(opening.url)
        self.parts.extend(argument.value for argument in opening.connect.call.args)
        if opening.headers is None:
            return
        self.ways.append(opening.headers.value)
        entry = assemblyai_sessions.key_entry(self._program, opening.headers.value)
        key = entry.value_node if entry else assemblyai_sessions.key_in_list(self._program, opening.headers.value)
        self.written_keys.extend([key] if key is not None else [])
        self.keys.extend([key] if key is not None else [])

    def _uses_of(self, client: LibraryObject) -> list[tuple[cst.BaseExpression, str]]:
        """The names and attributes that are a client, each with the method that is asked of it there, or nothing."""
        found: list[tuple[cst.BaseExpression, str]] = []
        for node, value in self._program.values.items():
            if not isinstance(node, (cst.Name, cst.Attribute, cst.Call)):
                continue
            if not any(isinstance(one, LibraryObject) and one.site is client.site for one in something(value)):
                continue
            parent = self._program.parents[node]
            is_owner = isinstance(parent, cst.Attribute) and parent.value is node
            if is_owner or not isinstance(node, cst.Call):
                found.append((node, parent.attr.value if is_owner and isinstance(parent, cst.Attribute) else ""))
        return found

    def tokens_of(self, client: LibraryObject) -> list[cst.Call]:
        """The calls that ask a client for a temporary token, also where a library makes them."""
        found: list[cst.Call] = []
        for node, name in self._uses_of(client):
            if name != TOKEN_METHOD:
                continue
            current: cst.CSTNode = node
            while not isinstance(current, cst.Call) or current is node:
                current = self._program.parents[current]
            found.append(current)
        return found


def _key_given(call: cst.Call) -> list[cst.BaseExpression]:
    """What a call of an SDK's is given by the name of the key, which is the same in both."""
    return [one.value for one in call.args if one.keyword is not None and one.keyword.value == _KEY_ARGUMENT]
