"""Classes made of AssemblyAI's client (`class Listener(StreamingClient)`) as classes that hold a client of their own.

Gladia has two objects, a client and the session that it starts, so nothing can be both by inheritance. A class that
holds AssemblyAI's client, and has the methods that others call on its objects, does the same and can be planned.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import libcst as cst

from codemods.analysis.program import Program
from codemods.analysis.values import Function, Instance, Library, Super, something
from codemods.edits import Edits, Statement
from codemods.simpler.written import Simpler
from codemods.vendors import assemblyai_sdk, assemblyai_v2_sdk

_FORWARDED: Final = {
    "connect": "def connect(self, params):\n    self.{held}.connect(params)",
    "stream": "def stream(self, data):\n    self.{held}.stream(data)",
    "disconnect": (
        "def disconnect(self, terminate=False):\n    if terminate:\n        self.{held}.disconnect(terminate=True)\n"
        "    else:\n        self.{held}.disconnect()"
    ),
    "keep_alive": "def keep_alive(self):\n    self.{held}.keep_alive()",
}
"""Methods of the client that others may call on an object of the class, with what stands for each."""

_FORWARDED_OLD: Final = {
    "connect": "def connect(self):\n    self.{held}.connect()",
    "stream": _FORWARDED["stream"],
    "close": "def close(self):\n    self.{held}.close()",
}
"""The same of the older API."""

_OTHERS: Final = (
    "on",
    "set_params",
    "force_endpoint",
    "create_temporary_token",
    "force_end_utterance",
    "configure_end_utterance_silence_threshold",
)
"""The client's methods that others call on the client itself, by way of the object that holds it."""

_METHODS: Final = frozenset((*_FORWARDED, *_FORWARDED_OLD, *_OTHERS))


def with_held_clients(program: Program) -> dict[cst.Module, Simpler]:
    """The files of a program in which a class is made of AssemblyAI's client, with a client in the class instead."""
    edits: dict[cst.Module, Edits] = {}
    for scope in list(program.scopes.values()):
        if isinstance(scope.node, cst.ClassDef):
            rule = _Heir(program, scope.node, edits.setdefault(program.module_of(scope.node), Edits()))
            rule.plan()
    return {module: Simpler(planned.apply(module).code, ()) for module, planned in edits.items() if planned}


@dataclass(frozen=True, slots=True, eq=False)
class _Use:
    """One use of an object of the class: an attribute. `inside`: in one of its own methods."""

    node: cst.Attribute
    inside: bool
    of_super: bool

    @property
    def name(self) -> str:
        return self.node.attr.value


class _Heir:
    """One class of a program."""

    def __init__(self, program: Program, node: cst.ClassDef, edits: Edits) -> None:
        self._program = program
        self._node = node
        self._edits = edits
        self._is_old = False
        self._is_awaited = False

    def plan(self) -> None:
        """Plans the edits, where the class is made of the client alone and all that is done with it can be seen."""
        if not self._is_made_of_client() or not isinstance(self._node.body, cst.IndentedBlock):
            return
        uses = self._uses()
        creation = self._creation()
        if creation is None or not self._can_hold(uses) or self._is_base():
            return
        held = self._free_name()
        base = self._node.bases[0].value
        none = cst.MaybeSentinel.DEFAULT
        self._edits.rewrite(self._node, lambda updated: updated.with_changes(bases=[], lpar=none, rpar=none))
        owner, call = creation
        made = cst.Attribute(cst.Name(owner), cst.Name(held))

        def held_client(updated: cst.Expr) -> cst.Assign:
            assert isinstance(updated.value, cst.Call)
            start = 1 if not _is_super(call) else 0
            return cst.Assign(
                [cst.AssignTarget(made)],
                cst.Call(
                    base,
                    updated.value.args[start:],
                    whitespace_before_args=updated.value.whitespace_before_args,
                ),
            )

        self._edits.rewrite(self._program.parents[call], held_client)
        defined = self._defined()
        for use in uses:
            if use.inside and use.name in _METHODS and (use.of_super or use.name not in defined):
                owner_name = use.node.value if not use.of_super else cst.Name(self._own_name(use.node) or "self")
                inner = cst.Attribute(owner_name, cst.Name(held))
                self._edits.rewrite(use.node, lambda updated, inner=inner: updated.with_changes(value=inner))  # type: ignore[misc]
            elif self._is_of_held(use) and use.name not in defined:
                self._edits.rewrite(use.node, partial(_of_held, held))
        for handler, function in self._handlers().items():
            self._give_object(handler, function)
        method = self._program.scope_of(call)
        forwarded = self._forwarded(uses, defined)
        if forwarded:
            self._edits.insert_after(method, lambda: [self._method(name, held) for name in forwarded])

    # --- reading ---------------------------------------------------------------------------------

    def _is_made_of_client(self) -> bool:
        if len(self._node.bases) != 1 or self._node.keywords or self._node.decorators:
            return False
        base = self._program.value(self._node.bases[0].value)
        name = assemblyai_sdk.name_of_any(base.name) if isinstance(base, Library) else None
        self._is_old = name == assemblyai_v2_sdk.CLIENT
        self._is_awaited = assemblyai_sdk.CLIENTS.get(name or "", False)
        return self._is_old or name in assemblyai_sdk.CLIENTS

    def _is_base(self) -> bool:
        """Whether another class of the program is made of this one."""
        return any(
            isinstance(node, cst.ClassDef)
            and any(_is_class(self._program.value(one.value), self._node) for one in node.bases)
            for node in self._program.scopes
        )

    def _uses(self) -> list[_Use]:
        found: list[_Use] = []
        given = {use for function in self._handlers().values() for use in self._uses_of_client(function)}
        for module in self._program.modules:
            for node in self._program.nodes_in(module):
                if not isinstance(node, cst.Attribute):
                    continue
                inside = self._program.is_inside(node, self._node)
                if inside and _is_super(node):
                    found.append(_Use(node, inside, True))
                elif self._is_object(node.value) or node.value in given:
                    found.append(_Use(node, inside, False))
        return found

    def _handlers(self) -> dict[cst.Arg, cst.FunctionDef | cst.Lambda | None]:
        """The handlers that others register on objects of the class, with their functions: None for one not known."""
        found: dict[cst.Arg, cst.FunctionDef | cst.Lambda | None] = {}
        for module in self._program.modules:
            for node in self._program.nodes_in(module):
                match node:
                    case cst.Call(cst.Attribute(client, cst.Name("on")), [_, handler]) if self._is_outside(client):
                        values = something(self._program.value(handler.value))
                        one = values[0] if len(values) == 1 else None
                        found[handler] = one.node if isinstance(one, Function) else None
        return found

    def _is_outside(self, client: cst.BaseExpression) -> bool:
        return self._is_object(client) and not self._program.is_inside(client, self._node)

    def _uses_of_client(self, function: cst.FunctionDef | cst.Lambda | None) -> list[cst.CSTNode]:
        """Where a handler uses the object that it is given with each event."""
        if function is None:
            return []
        every = [*function.params.posonly_params, *function.params.params]
        return [use for one in self._program.definitions() if every and one.node is every[0] for use in one.uses]

    def _is_object(self, node: cst.BaseExpression) -> bool:
        if isinstance(node, cst.Name) and self._own_name(node) == node.value:
            return True
        values = something(self._program.value(node))
        return any(
            isinstance(one, Instance) and not isinstance(one, Super) and one.node is self._node for one in values
        )

    def _own_name(self, node: cst.CSTNode) -> str | None:
        """What the object is called where a node stands, in a method of the class."""
        current: cst.CSTNode | None = node
        while current is not None and current is not self._node:
            if isinstance(current, cst.FunctionDef) and current in self._methods().values():
                names = [*current.params.posonly_params, *current.params.params]
                return names[0].name.value if names else None
            current = self._program.parents.get(current)
        return None

    def _methods(self) -> dict[str, cst.FunctionDef]:
        return {one.name.value: one for one in self._node.body.body if isinstance(one, cst.FunctionDef)}

    def _creation(self) -> tuple[str, cst.Call] | None:
        """The call that makes the client that the object is, a line of `__init__`, and the object's name there."""
        method = self._methods().get("__init__")
        if method is None or method.decorators:
            return None
        own = self._own_name(method.body)
        found = [
            one
            for one in self._program.nodes_in(method)
            if isinstance(one, cst.Call)
            and isinstance(one.func, cst.Attribute)
            and one.func.attr.value == "__init__"
            and (_is_super(one.func) or self._is_made_of(one.func.value))
        ]
        line = self._program.parents[found[0]] if len(found) == 1 else None
        statement = self._program.parents.get(line) if line is not None else None
        if own is None or not isinstance(line, cst.Expr) or not isinstance(statement, cst.SimpleStatementLine):
            return None
        return (own, found[0]) if self._program.parents[statement] is method.body else None

    def _is_made_of(self, node: cst.BaseExpression) -> bool:
        return self._program.value(node) == self._program.value(self._node.bases[0].value)

    def _defined(self) -> set[str]:
        """The attributes that the class's objects have of its own, or are given by others."""
        defined = set(self._program.scopes[self._node].definitions)
        for use in self._uses():
            parent = self._program.parents[use.node]
            if isinstance(parent, (cst.AssignTarget, cst.AnnAssign, cst.AugAssign)):
                defined.add(use.name)
        return defined

    def _can_hold(self, uses: list[_Use]) -> bool:
        """Whether the objects are used by what the class has, and by the client's methods that can be had anew."""
        defined = self._defined()
        forwarded = _FORWARDED_OLD if self._is_old else _FORWARDED
        for use in uses:
            if use.of_super:
                if use.name != "__init__" and use.name not in _METHODS:
                    return False
            elif use.name in defined:
                continue
            elif use.name not in _METHODS or (not use.inside and use.name not in (*forwarded, *_OTHERS)):
                return False
        return all(one is not None for one in self._handlers().values())

    def _forwarded(self, uses: list[_Use], defined: set[str]) -> list[str]:
        """The methods that the class needs: those that others call, or all where no other file of the run was given."""
        outside = {use.name for use in uses if not use.inside and not self._is_of_held(use)}
        inside = {use.name for use in uses if use.inside and not use.of_super}
        seen = any(not use.inside for use in uses)
        found: list[str] = []
        for name in _FORWARDED_OLD if self._is_old else _FORWARDED:
            wanted = name in outside or (not seen and name not in inside and (self._is_old or name != "connect"))
            if wanted and name not in defined and name != "keep_alive":
                found.append(name)
        return found

    def _is_of_held(self, use: _Use) -> bool:
        """Whether others ask it of the held client: the object has no method for it, or it sends a microphone."""
        if use.inside:
            return False
        call = self._program.parents[use.node]
        if use.name == "stream" and isinstance(call, cst.Call) and len(call.args) == 1:
            sound = something(self._program.value(call.args[0].value))
            return any(getattr(one, "made_by", "") in assemblyai_sdk.MICROPHONES for one in sound)
        return use.name in _OTHERS

    def _free_name(self) -> str:
        module = self._program.module_of(self._node)
        taken = self._defined() | {
            one.attr.value for one in self._program.nodes_in(module) if isinstance(one, cst.Attribute)
        }
        wanted = ("transcriber" if self._is_old else "client", "sdk_client", "held_client")
        return next(one for one in (*wanted, "own_held_client") if one not in taken)

    # --- writing ---------------------------------------------------------------------------------

    def _give_object(self, handler: cst.Arg, function: cst.FunctionDef | cst.Lambda | None) -> None:
        """A handler that uses the object which it is given is given that, not the client that the object holds."""
        call = self._program.parents[handler]
        if not self._uses_of_client(function) or not isinstance(call, cst.Call):
            return
        assert isinstance(call.func, cst.Attribute)
        owner = call.func.value

        def adapted(updated: cst.Arg) -> cst.Arg:
            called = cst.Call(updated.value, [cst.Arg(owner), cst.Arg(cst.Name("event"))])
            taken = cst.Parameters([cst.Param(cst.Name("_")), cst.Param(cst.Name("event"))])
            return updated.with_changes(value=cst.Lambda(taken, called))

        self._edits.rewrite(handler, adapted)

    def _method(self, name: str, held: str) -> Statement:
        code = (_FORWARDED_OLD if self._is_old else _FORWARDED)[name].format(held=held)
        if self._is_awaited:
            code = code.replace("def ", "async def ").replace(f"self.{held}.", f"await self.{held}.")
        statement = cst.parse_statement(code)
        assert isinstance(statement, cst.FunctionDef)
        return statement.with_changes(leading_lines=[cst.EmptyLine(indent=False)])


def _of_held(held: str, updated: cst.Attribute) -> cst.Attribute:
    return updated.with_changes(value=cst.Attribute(updated.value, cst.Name(held)))


def _is_super(node: cst.CSTNode) -> bool:
    """Whether it is an attribute of `super()`, or a call of one."""
    if isinstance(node, cst.Call):
        node = node.func
    match node:
        case cst.Attribute(cst.Call(cst.Name("super"))):
            return True
    return False


def _is_class(value: Any, node: cst.ClassDef) -> bool:
    return any(getattr(one, "node", None) is node for one in something(value))
