"""The parameters of AssemblyAI's handlers, `(client, event)`, become those of Gladia's, which get one value each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

import libcst as cst

from codemods.analysis.values import Delivered, LibraryObject, Parsed, Value, something
from codemods.findings import FAILS_TODAY, PARAMETER_DIFFERS
from codemods.migrating import Migrating
from codemods.rules.sdk.handlers import functions as sdk_handlers
from codemods.rules.sdk.handlers.failing import is_error_alone, missing_value
from codemods.rules.sdk.handlers.functions import Handler
from codemods.rules.sdk.handlers.given import Given, given_for, values_given
from codemods.rules.sdk.handlers.type_guard import asks_every_time, guard
from codemods.rules.sdk.imports import SdkImports
from codemods.vendors import assemblyai_sdk, gladia_sdk
from shim.mapping import sdk
from shim.mapping.row import Vendor


class Place(Protocol):
    """Where the session is kept."""

    def session_at(self, ref: cst.BaseExpression) -> str | None:
        """How the session is read where a use of the client stands; None where it cannot be."""
        ...

    def give_to(self, handler: cst.CSTNode) -> None:
        """Takes in that a handler is given the session where it was given the client."""
        ...


class HandlerFunctions:
    """Plans the parameters of the handlers of one client.

    `own` are the places where the program reads what it keeps on the client, `session_uses` those where the session is
    needed, `gone` the functions that go, `give_up` takes the place and the text of what cannot be followed.
    """

    def __init__(
        self,
        migrating: Migrating,
        client: LibraryObject,
        imports: SdkImports,
        gone: set[cst.CSTNode],
        give_up: Callable[[cst.CSTNode, str], None],
    ) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._client = client
        self._imports = imports
        self._gone = gone
        self._give_up = give_up
        self.own: frozenset[cst.BaseExpression] = frozenset()
        self.session_uses: frozenset[cst.BaseExpression] = frozenset()
        self.keep_client: set[cst.CSTNode] = set()
        """Functions that are handed the client."""
        self.keep_session: set[cst.CSTNode] = set()
        """Functions that are handed the session, which has no name where they stand."""
        self.sorted_out: set[cst.CSTNode] = set()
        """Functions of several events that do not ask for the type themselves: where they are registered is asked."""

    def plan(
        self,
        function: cst.FunctionDef | cst.Lambda,
        handlers: list[tuple[Handler, str]],
        place: Place,
        *,
        may_bind: bool,
    ) -> None:
        """Plans one function's, the handlers that it is with their events; `may_bind` where the session can be bound.

        It can where handlers are registered on the session themselves, and not where a list keeps them until then.
        """
        given = [given_for(self._program, self._client, name, handler) for handler, name in handlers]
        handler = handlers[0][0]
        if len({one.given_from for one, _ in handlers}) > 1:
            self._give_up(function, "it is registered in several ways")
            return
        count = values_given(self._program, handler.registration)
        parameters = handler.parameters(count)
        assert parameters is not None
        if not parameters:
            self._add_parameter(function, handler)
            return
        if count == 2 and self._uses_of(parameters[0]) & self.own:
            # What the program keeps on the client is read: the client is handed in where the handler is registered.
            self._bind(function, self.keep_client)
            handler = replace(handler, given_from=handler.given_from + 1)
            parameters, count = parameters[1:], 1
        elif count == 2 and may_bind and self._needs_session(parameters[0], place):
            self._bind(function, self.keep_session)
            place.give_to(function)
            self._annotate_session(parameters[0])
            handler = replace(handler, given_from=handler.given_from + 1)
            parameters, count = parameters[1:], 1
        self._rewrite(function, handler, parameters, count, given)

    def _rewrite(
        self,
        function: cst.FunctionDef | cst.Lambda,
        handler: Handler,
        parameters: list[cst.Param],
        count: int,
        given: list[Given],
    ) -> None:
        """Plans that `count` parameters become the one for what Gladia's session gives."""
        event = parameters[-1]
        for parameter in parameters:
            definition = sdk_handlers.definition_of(self._program, parameter)
            if definition is not None and definition.uses and not self._is_known(definition.value):
                self._give_up(parameter, f"`{parameter.name.value}` is given other things too")
        kinds = {one.message_type for one in given if one.message_type}
        wanted = given[0].parameter if len(given) == 1 else "message"
        keeps = wanted == "error" or (len(given) == 1 and given[0].event == "ended" and not self._uses_of(event))
        name = event.name.value
        if keeps and given[0].event == "ended":
            name = sdk_handlers.rename_parameter(self._migrating, event, "_ended")
        elif not keeps:
            name = sdk_handlers.rename_parameter(self._migrating, event, wanted)
        annotation = self._annotation(event, given)
        if function.params.star_arg is not cst.MaybeSentinel.DEFAULT:
            self._give_up(function, "it takes any number of arguments")
            return
        at = handler.given_from
        self._imports.handled.update(parameters)
        sdk_handlers.rewrite_parameters(
            self._migrating,
            function,
            lambda every: [*every[:at], sdk_handlers.annotated(name, annotation), *every[at + count :]],
        )
        if is_error_alone(self._program, handler.registration) is not None:
            self._migrating.report(FAILS_TODAY, function, missing_value(function))
        for one in given:
            if one.event == "error":
                row = sdk.ERROR_EVENT.over(Vendor.GLADIA)
                self._migrating.report(PARAMETER_DIFFERS, function, f"`error`: {row.reason}")
        if len(given) == 1 and kinds and not guard(self._migrating, function, name, given[0].message_type):
            self._give_up(function, self._migrating.code(function))
        if len(given) > 1 and kinds and not asks_every_time(self._program, function, frozenset(self._gone)):
            self.sorted_out.add(function)

    def _add_parameter(self, function: cst.FunctionDef | cst.Lambda, handler: Handler) -> None:
        """The end of a session is told with a code and a reason at Gladia, and with nothing in the older API."""
        at = handler.given_from
        sdk_handlers.rewrite_parameters(
            self._migrating,
            function,
            lambda every: [*every[:at], sdk_handlers.annotated("_ended", None), *every[at:]],
        )

    # --- what is bound where a handler is registered ---------------------------------------------

    def _bind(self, function: cst.CSTNode, kept: set[cst.CSTNode]) -> None:
        kept.add(function)
        if self._migrating.imported_as("functools.partial") is None is self._migrating.imported_as("functools"):
            self._migrating.needed_imports.append(("functools", ""))

    def _needs_session(self, parameter: cst.Param, place: Place) -> bool:
        """Whether a handler uses the client as what is the session from now on, and cannot see that from where it is.

        A client's parameter that can be several things is left to what says so.
        """
        definition = sdk_handlers.definition_of(self._program, parameter)
        if definition is None or not self._is_known(definition.value):
            return False
        needed = [one for one in self._uses_of(parameter) if one in self.session_uses]
        return any(place.session_at(one) is None for one in needed)

    def _annotate_session(self, parameter: cst.Param) -> None:
        """A parameter that was annotated as the client, or as its class, is annotated as the session."""
        if parameter.annotation is None:
            return
        annotation = parameter.annotation.annotation
        asynchronous = assemblyai_sdk.CLIENTS.get(assemblyai_sdk.name_of(self._client.made_by) or "", False)
        module, name = gladia_sdk.SESSION_CLASSES[asynchronous]
        self._imports.handled.update((annotation, parameter.annotation))
        self._migrating.edits.replace(annotation, self._migrating.at(parameter).use_function(module, name))

    # --- values ----------------------------------------------------------------------------------

    def _is_known(self, value: Value) -> bool:
        found = something(value)
        if len({one.site for one in found if isinstance(one, LibraryObject)}) > 1:
            # The client of several: which one's session it would be is not known.
            return False
        return all(
            one == self._client or (isinstance(one, Parsed) and isinstance(one.document, Delivered)) for one in found
        )

    def _uses_of(self, parameter: cst.Param) -> set[cst.BaseExpression]:
        definition = sdk_handlers.definition_of(self._program, parameter)
        return set(definition.uses) if definition is not None else set()

    def _annotation(self, event: cst.Param, given: list[Given]) -> str | None:
        if event.annotation is None:
            return None
        if len({one.annotation for one in given}) > 1:
            return None
        name = given[0].annotation
        return name if name == "Exception" else self._imports.at(event).use(name)
