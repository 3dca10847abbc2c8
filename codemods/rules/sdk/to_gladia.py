"""One AssemblyAI client of a program that uses the SDK becomes a Gladia client and the session that it starts."""

from __future__ import annotations

from typing import Any

import libcst as cst

from codemods.analysis.values import Class, Instance, LibraryObject, something
from codemods.edits import Statement, statements
from codemods.findings import FAILS_TODAY, TOKEN_ABSENT
from codemods.layout import Written, lay_out
from codemods.migrating import Migrating
from codemods.rules.sdk import session_name as naming
from codemods.rules.sdk.calls_to_gladia import CallsToGladia, is_terminating
from codemods.rules.sdk.containers import is_kept, is_never_read, is_stored
from codemods.rules.sdk.followed import Followed
from codemods.rules.sdk.handing_on import HandingOn, is_parameter, registering_functions, taker_of
from codemods.rules.sdk.handlers import functions as sdk_handlers
from codemods.rules.sdk.handlers.failing import is_error_alone, missing_value
from codemods.rules.sdk.handlers.handlers_to_gladia import HandlersToGladia
from codemods.rules.sdk.handlers.running import runs_only_in
from codemods.rules.sdk.imports import SdkImports
from codemods.rules.sdk.kept_request import kept_request
from codemods.rules.sdk.method_use import MethodUse, use_of
from codemods.rules.sdk.own_attributes import own_attributes
from codemods.rules.sdk.parameters.options_to_gladia import OptionsToGladia
from codemods.rules.sdk.parameters.package_key import PackageKey
from codemods.rules.sdk.parameters.parameter_rule import SdkParametersRule
from codemods.rules.sdk.parameters.v2_parameters import OldParametersRule
from codemods.rules.sdk.session_place import SessionPlace
from codemods.rules.sdk.succession import Succession
from codemods.vendors import assemblyai_sdk, assemblyai_v2_sdk
from shim.mapping import assemblyai_v2_sdk as v2
from shim.mapping import sdk
from shim.mapping.row import Vendor


class TranscriberRule(Followed):
    """Plans what becomes of one client. `plan` says whether it could be followed; if not, findings say why."""

    def __init__(
        self,
        migrating: Migrating,
        client: LibraryObject,
        imports: SdkImports,
        package_key: PackageKey,
        gone: frozenset[cst.CSTNode],
        handlers: dict[cst.CSTNode, set[tuple[str, int]]],
    ) -> None:
        super().__init__(migrating)
        self._client = client
        self._imports = imports
        self._package_key = package_key
        self._gone = gone
        self._asynchronous = assemblyai_sdk.CLIENTS.get(assemblyai_sdk.name_of(client.made_by) or "", False)
        self._is_old = assemblyai_v2_sdk.is_client(client)
        self._uses: list[MethodUse] = []
        self._refs: list[cst.BaseExpression] = []
        self._passed: list[tuple[cst.BaseExpression, cst.Call]] = []
        self._handlers = HandlersToGladia(migrating, client, imports, handlers)
        self._place: SessionPlace | Succession | None = None

    @property
    def succeeded(self) -> bool:
        """Whether the session is in the client's place wherever that was kept."""
        return isinstance(self._place, Succession)

    @property
    def gone(self) -> frozenset[cst.CSTNode]:
        """Nodes that go with the handlers that have no counterpart."""
        return frozenset(self._handlers.gone)

    def plan(self) -> bool:
        """Plans the edits; False, with findings, where the client is not one that can be followed."""
        self._find_uses()
        connect = self._only_connect()
        if connect is None:
            return False
        place = self._place = self._find_place(connect)
        if place is None or not self.complete or not self._plan_client():
            return False
        if self._handlers.need_client and isinstance(place, Succession):
            self._give_up(
                connect.ref, "things of the program's own are kept on the client, whose place the session takes"
            )
            return False
        # The client may be made in another file than the one where it connects and the session gets its name.
        self._migrating, self._imports = self._migrating.at(connect.call), self._imports.at(connect.call)
        entered = self._entered()
        if entered is not None:
            self._leave_entered(entered, connect, place)
        registrations = [one for one in self._program.registrations.values() if one.owner.site is self._client.site]
        registering = registering_functions(self._program, self._passed, self._uses)
        if not self._handlers.plan(registrations, connect.call, registering, place):
            return False
        if not self._plan_connect(connect, place):
            return False
        calls = CallsToGladia(
            self._migrating,
            place,
            self._handlers,
            self._imports,
            asynchronous=self._asynchronous,
            old=self._is_old,
        )
        for use in self._uses:
            if use.call not in self._gone:
                calls.plan(use)
        if isinstance(place, SessionPlace):
            handing_on = HandingOn(self._migrating, place, self._imports, self._uses, self._gone)
            for ref, call in self._passed:
                reason = handing_on.plan(self._client, ref, call, connect.call, asynchronous=self._asynchronous)
                if reason:
                    self._give_up(ref, reason)
        return self.complete and calls.complete

    # --- reading ---------------------------------------------------------------------------------

    def _find_uses(self) -> None:
        every = list(self._program.registrations.values())
        errors = {one for one in (is_error_alone(self._program, each) for each in every) if one is not None}
        own = own_attributes(self._program, self._client)
        self._handlers.give_client_to(own)
        for node, value in self._program.values.items():
            if node in self._gone or not isinstance(node, (cst.Name, cst.Attribute, cst.Subscript, cst.Call)):
                continue
            if isinstance(node, cst.Name) and self._is_one_of(node, errors):
                # It is called the error, and would be given the client.
                continue
            if node is self._client.site or not self._is_client(value) or node in own:
                continue
            if isinstance(node, cst.Call) and not isinstance(self._program.parents[node], cst.Attribute):
                # What a function of the program gives is met where it is kept.
                continue
            self._refs.append(node)
            if len([one for one in something(value) if assemblyai_sdk.client_of(one) is not None]) > 1:
                self._give_up(node, f"{self._code(node)} can be several things")
                continue
            use = use_of(self._program, node)
            if use is not None:
                self._uses.append(use)
            elif not self._is_other_use(node):
                self._give_up(node, self._why_failing(node) or self._code(self._program.parents[node]))

    def _is_one_of(self, name: cst.Name, parameters: set[cst.Param]) -> bool:
        return any(one.node in parameters for one in naming.definitions_at(self._migrating, name))

    def _why_failing(self, node: cst.CSTNode) -> str:
        """That a handler has no place for the event, where a node stands in one that is given the client alone."""
        function = self._program.scope_of(node)
        for one in self._program.registrations.values():
            handler = sdk_handlers.handler_of(self._program, one)
            if handler is not None and handler.function is function and handler.parameters(2) is None:
                return missing_value(function)
        return ""

    def _is_client(self, value: Any) -> bool:
        """Whether a value is this client; one that is other things too cannot be followed."""
        found = [one for one in something(value) if isinstance(one, LibraryObject)]
        return any(one.site is self._client.site for one in found)

    def _is_other_use(self, ref: cst.BaseExpression) -> bool:
        """Whether a use that is no method's is one that keeps its meaning: a test, a name for it, an argument."""
        parent = self._program.parents[ref]
        taker = taker_of(self._program, ref)
        if taker is not None:
            self._passed.append((ref, taker))
            return True
        if is_kept(self._program, ref, self._client):
            return True
        match parent:
            case cst.If() | cst.IfExp() | cst.UnaryOperation() | cst.BooleanOperation() | cst.Comparison():
                return True
            case cst.Assign(targets):
                return all(self._is_followed(one.target) for one in targets)
            case cst.Return() | cst.ComparisonTarget() | cst.Expr() | cst.AssignTarget() | cst.NamedExpr():
                return True
            case cst.AnnAssign() | cst.Del():
                return True
        return False

    def _is_followed(self, target: cst.BaseExpression) -> bool:
        """Whether what is kept there is known to be the client where it is read."""
        if isinstance(target, cst.Name):
            return True
        if isinstance(target, cst.Subscript):
            return is_stored(self._program, target, self._client)
        return isinstance(target, cst.Attribute) and (
            self._is_of_object(target) or is_never_read(self._migrating, target)
        )

    def _is_of_object(self, target: cst.Attribute) -> bool:
        return all(isinstance(one, (Instance, Class)) for one in something(self._program.value(target.value)))

    def _only_connect(self) -> MethodUse | None:
        connects = [one for one in self._uses if one.name == "connect" and one.call not in self._gone]
        self._uses = [one for one in self._uses if one.name != "connect"]
        if len(connects) == 1 and self._is_statement(connects[0].call):
            return connects[0]
        if connects:
            text = "the client is connected in several places in this file"
            self._give_up(connects[-1].call, text if len(connects) > 1 else self._code(connects[0].call))
            return None
        tokens = [one for one in self._uses if one.name == "create_temporary_token"]
        for use in tokens:
            reason = sdk.TEMPORARY_TOKEN.over(Vendor.GLADIA).reason
            self._migrating.report(TOKEN_ABSENT, use.call, f"`{use.name}`: {reason}")
        if not tokens:
            text = "the client is never connected here, and AssemblyAI's hears nothing before that"
            self._give_up(self._client.site, text)
        return None

    def _is_statement(self, call: cst.Call) -> bool:
        """Whether a call, awaited or not, is a whole line of a block."""
        expression = self._awaited(call)
        line = self._program.parents[expression]
        statement = self._program.parents[line]
        block = self._program.parents.get(statement)
        return (
            isinstance(line, cst.Expr)
            and isinstance(statement, cst.SimpleStatementLine)
            and len(statement.body) == 1
            and isinstance(block, (cst.IndentedBlock, cst.Module))
        )

    def _awaited(self, call: cst.Call) -> cst.BaseExpression:
        parent = self._program.parents[call]
        return parent if isinstance(parent, cst.Await) else call

    def _plan_client(self) -> bool:
        options = OptionsToGladia(self._migrating, self._client, self._imports, self._package_key)
        if self._is_old:
            v2.CLIENT.over(Vendor.GLADIA)
            return options.plan_old()
        (sdk.ASYNC_CLIENT if self._asynchronous else sdk.CLIENT).over(Vendor.GLADIA)
        return options.plan()

    # --- a client that is entered ----------------------------------------------------------------

    def _entered(self) -> cst.With | None:
        """The `async with AsyncStreamingClient(…) as client:` that makes the client, which ends it, too."""
        item = self._program.parents[self._client.site]
        around = self._program.parents.get(item)
        match around:
            case cst.With([cst.WithItem(asname=cst.AsName(cst.Name()))], cst.IndentedBlock()) if self._asynchronous:
                block = self._program.parents[around]
                return around if isinstance(block, (cst.Module, cst.IndentedBlock)) else None
        return None

    def _leave_entered(self, around: cst.With, connect: MethodUse, place: SessionPlace | Succession) -> None:
        """The client is made in front of what was done with it; the session is ended behind that."""
        edits, site = self._migrating.edits, self._client.site
        asname = around.items[0].asname
        assert asname is not None
        edits.watch([site])
        edits.unwrap(around)

        def made() -> list[Statement]:
            name = self._migrating.module.code_for_node(edits.edited(asname.name))
            line = statements(f"{name} = made", made=edits.updated(site))
            return [one.with_changes(leading_lines=around.leading_lines) for one in line]

        edits.insert_before(around, made)
        last = around.body.body[-1]
        session, ended = place.name_at_start(connect.ref), place.ended_at(connect.ref)
        if not self._is_ended_in(last):
            sdk.STOP.over(Vendor.GLADIA)
            edits.insert_after(around, lambda: statements(f"{session}.stop_recording()\nawait {ended}.wait()"))

    def _is_ended_in(self, last: cst.CSTNode) -> bool:
        """Whether the last statement of the block of an entered client disconnects it."""
        return any(one.name == "disconnect" and self._program.is_inside(one.call, last) for one in self._uses)

    # --- the session -----------------------------------------------------------------------------

    def _is_waited_for(self, entered: cst.With | None, handlers: frozenset[cst.CSTNode]) -> bool:
        """Whether something waits for the session to end: a disconnect outside of handlers, or a block at its end."""
        if entered is not None and not self._is_ended_in(entered.body.body[-1]):
            return True
        return any(
            one.name == "disconnect"
            and is_terminating(self._migrating, one)
            and runs_only_in(self._program, self._program.scope_of(one.call), handlers) is not True
            for one in self._uses
        )

    def _find_place(self, connect: MethodUse) -> SessionPlace | Succession | None:
        """Where the session is kept: in the client's place where that serves, else beside it."""
        entered = self._entered()
        of_client = ("on", "set_params", "force_endpoint", "create_temporary_token")
        used = frozenset(one.ref for one in self._uses if one.name not in of_client and one.call not in self._gone)
        used |= frozenset(ref for ref, _ in self._passed)
        used |= frozenset(one.ref for one in self._uses if one.name == "on" and is_parameter(self._migrating, one.ref))
        handlers = [
            sdk_handlers.handler_of(self._program, one)
            for one in self._program.registrations.values()
            if one.owner.site is self._client.site
        ]
        functions = frozenset(one.function for one in handlers if one is not None)
        self._handlers.give_session_to(used)
        waits = self._asynchronous and self._is_waited_for(entered, functions)
        going = frozenset(one.ref for one in self._uses if one.name in of_client and one.name != "on")
        try:
            if Succession.is_needed(self._migrating, self._client, connect.ref, self._refs):
                return Succession(self._migrating, self._client, connect, self._refs, functions, asynchronous=waits)
            kept = (cst.Assign, cst.AnnAssign, cst.Return)
            if entered is None and not isinstance(self._program.parents[self._client.site], kept):
                self._give_up(self._client.site, self._code(self._program.parents[self._client.site]))
            made = self._client.site
            return SessionPlace(
                self._migrating, connect.ref, used, functions, made=made, asynchronous=waits, going=going
            )
        except ValueError as error:
            self._give_up(connect.ref, f"{self._code(connect.ref)}: {error}")
            return None

    def _plan_connect(self, connect: MethodUse, place: SessionPlace | Succession) -> bool:
        migrating, edits = self._migrating, self._migrating.edits
        call, client = connect.call, connect.ref
        given = connect.arguments.get(0, "params")
        session_name = place.name_at_start(client)
        rule = self._parameters_at(connect)
        if session_name is None or rule is None:
            if session_name is None or (given is None and not self._is_old):
                self._give_up(call, self._code(call))
            return False
        kept = self._keep_parameters(connect, place, rule) if self._is_old else None
        factory = (sdk.ASYNC_CLIENT if self._asynchronous else sdk.CLIENT).gladia[0].split(".")[1]
        if given is not None and not self._is_old:
            self._imports.handled.update(self._parameter_calls(given))
            edits.watch([given])
        edits.watch([client])
        line = self._program.parents[self._awaited(call)]
        statement = self._program.parents[line]

        def rewritten(_: cst.Expr) -> cst.Assign:
            target = migrating.module.code_for_node(edits.updated(client))
            parameters: str | Written = kept or (rule.tree() if rule.inline or given is None else "")
            if not rule.inline and given is not None:
                parameters = migrating.module.code_for_node(edits.updated(given))
            start = Written(f"{target}.{factory}.start_session", [("", parameters)])
            indent, left = migrating.indent_of(call), f"{session_name} = "
            text = lay_out(start, indent + len(left), indent, migrating.file_quote)
            return cst.Assign([cst.AssignTarget(cst.parse_expression(session_name))], cst.parse_expression(text))  # type: ignore[arg-type]

        edits.rewrite(line, rewritten)
        sdk_handlers.keep_blank_lines(migrating, statement)
        event = place.ended_at(client)
        if event is not None:
            migrating.needed_imports.append(("asyncio", "")) if migrating.imported_as("asyncio") is None else None
        self._handlers.rewrite_in_place(session_name, place)
        if self._handlers.has_statements(event):
            edits.insert_after(statement, lambda: self._handlers.statements(session_name, event))
        return self.complete

    def _parameters_at(self, connect: MethodUse) -> SdkParametersRule | None:
        """The session's parameters, planned; None where they could not be."""
        if self._is_old:
            rule = OldParametersRule(self._migrating, self._imports)
            v2.CONNECT.over(Vendor.GLADIA)
            return rule if rule.plan_session(self._client.site) else None
        given = connect.arguments.get(0, "params")
        today = SdkParametersRule(self._migrating, self._imports)
        if given is None or not today.plan(given):
            return None
        if assemblyai_sdk.object_of(self._program.value(given), assemblyai_sdk.SESSION_PARAMETERS) is not None:
            text = "parameters for `set_params` have no sample rate, and AssemblyAI opens no session without one"
            self._migrating.report(FAILS_TODAY, given, f"{self._code(given)}: {text}")
        sdk.START.over(Vendor.GLADIA)
        sdk.PARAMETERS.over(Vendor.GLADIA)
        return today

    def _keep_parameters(
        self, connect: MethodUse, place: SessionPlace | Succession, rule: SdkParametersRule
    ) -> str | None:
        """The name at the connect of a request that is kept where the older class is made; None where it needs none."""
        try:
            return kept_request(self._migrating, self._client, connect, place, rule)
        except ValueError as error:
            self._give_up(self._client.site, str(error))
            return None

    def _parameter_calls(self, given: cst.BaseExpression) -> list[cst.CSTNode]:
        value = self._program.value(given)
        return [value.site] if isinstance(value, LibraryObject) else [given]
