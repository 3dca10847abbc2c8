"""One Gladia session of a program that uses the SDK becomes an AssemblyAI client.

What was the session stays where it was and is a client from then on; it connects once its handlers are registered. The
GladiaClient goes, or stays as the options where the session is started elsewhere.
"""

from __future__ import annotations

import libcst as cst

from codemods.analysis.values import (
    Class,
    Function,
    Instance,
    LibraryObject,
    Member,
    something,
)
from codemods.edits import Statement
from codemods.layout import Written, lay_out
from codemods.migrating import Migrating
from codemods.rules.sdk import session_name as naming
from codemods.rules.sdk.calls_to_assemblyai import Calls, CallsToAssemblyAI, event_of, in_coroutine
from codemods.rules.sdk.containers import is_kept, is_stored
from codemods.rules.sdk.followed import Followed
from codemods.rules.sdk.handlers import functions as sdk_handlers
from codemods.rules.sdk.handlers.ended import EndedRule
from codemods.rules.sdk.handlers.handlers_to_assemblyai import HandlersToAssemblyAI
from codemods.rules.sdk.imports import SdkImports
from codemods.rules.sdk.method_use import MethodUse, use_of
from codemods.rules.sdk.parameters.options_to_assemblyai import OptionsToAssemblyAI
from codemods.rules.sdk.parameters.parameter_rule import SdkParametersRule
from codemods.vendors import assemblyai_sdk
from codemods.vendors.gladia_sdk import Start
from shim.mapping import sdk
from shim.mapping.row import Vendor

_OVER = Vendor.ASSEMBLYAI


class SessionRule(Followed):
    """Plans what becomes of one session. `plan` says whether it could be followed; if not, findings say why."""

    def __init__(self, migrating: Migrating, start: Start, starts: list[Start], imports: SdkImports) -> None:
        super().__init__(migrating)
        self._start = start
        alone = sum(one.creation is start.creation for one in starts) == 1
        self._options = OptionsToAssemblyAI(migrating, start, imports, alone=alone)
        self._imports = imports
        self._handlers = HandlersToAssemblyAI(migrating, start, imports)
        self._handed_over: list[MethodUse] = []
        self._calls: Calls = {}
        self._planned = CallsToAssemblyAI(migrating, self._calls, self._handed_over, start)

    @property
    def gone(self) -> frozenset[cst.CSTNode]:
        """Nodes that go with tests of the message's type."""
        return frozenset(self._handlers.gone)

    def plan(self) -> bool:
        """Plans the edits; False, with findings, where the session is not one that can be followed."""
        if not self._find_target():
            return False
        self._find_uses()
        registrations = [one for one in self._program.registrations.values() if one.owner == self._start.session]
        stops = [call for name in ("stop_recording", "end_session") for _, call in self._calls.get(name, ())]
        ended = EndedRule(self._migrating, stops).plan(registrations) if self.complete else []
        end_is_handled = any(event_of(self._program, one) == "ended" for one in registrations if one not in ended)
        self._planned.know_handlers(registrations, end_is_handled=end_is_handled)
        if not self.complete or not self._handlers.plan(registrations, self._statement(), ended):
            return False
        if not self._plan_start():
            return False
        for name, calls in self._calls.items():
            for _, call in calls:
                self._planned.plan(name, call)
                self._check_order(name, call)
        self._planned.keep_order()
        for use in self._handed_over:
            self._planned.plan_handed_over(use)
        return self.complete and self._planned.complete

    def _check_order(self, name: str, call: cst.Call) -> None:
        """Nothing may be asked of the session before its handlers are registered: it connects only then."""
        if name in ("on", "once", "add_listener", "wait_until_ready") or call.func in self._migrating.edits.removed:
            return
        scope = self._program.scope_of(self._start.session.site)
        last = self._migrating.line(self._handlers.last_statement)
        if self._program.scope_of(call) is scope and self._migrating.line(call) < last:
            self._give_up(call, f"{self._code(call)} comes before the handlers are registered")

    # --- reading ---------------------------------------------------------------------------------

    def _statement(self) -> cst.CSTNode:
        return self._program.statement_of(self._start.session.site)

    def _find_target(self) -> bool:
        """What the session is assigned to."""
        line = self._program.parents[self._start.session.site]
        statement = self._statement()
        block = self._program.parents.get(statement)
        match line:
            case cst.Assign([cst.AssignTarget(cst.Name() | cst.Attribute() as target)]):
                self._target: cst.BaseExpression = target
            case cst.AnnAssign(cst.Name() | cst.Attribute() as target):
                self._target = target
            case _:
                self._give_up(self._start.session.site, self._code(line))
                return False
        if not isinstance(block, (cst.Module, cst.IndentedBlock)) or not isinstance(statement, cst.SimpleStatementLine):
            self._give_up(line, self._code(line))
            return False
        return True

    def _find_uses(self) -> None:
        for node, value in self._program.values.items():
            if not isinstance(node, (cst.Name, cst.Attribute, cst.Subscript, cst.Call)):
                continue
            if isinstance(node, cst.Call) and not isinstance(self._program.parents[node], cst.Attribute):
                # What a call gives is met where it is kept.
                continue
            objects = [one for one in something(value) if isinstance(one, LibraryObject)]
            if self._start.session not in objects:
                continue
            if len(something(value)) > 1:
                self._give_up(node, f"{self._code(node)} can be several things")
                continue
            parent = self._program.parents[node]
            around = self._program.parents.get(parent)
            use = use_of(self._program, node)
            if use is not None and use.function is parent:
                self._handed_over.append(use)
                continue
            if is_kept(self._program, node, self._start.session):
                continue
            match parent:
                case cst.Attribute() if isinstance(around, cst.Call) and around.func is parent:
                    name = self._planned.as_meant(parent.attr.value, around)
                    self._calls.setdefault(name, []).append((node, around))
                case cst.Attribute() if isinstance(around, cst.Arg) and parent.attr.value == "stop_recording":
                    self._planned.hand_over(parent, around)
                case cst.Arg() if isinstance(around, cst.Call) and self._is_of_program(around):
                    continue
                case cst.If() | cst.UnaryOperation() | cst.BooleanOperation() | cst.Comparison() | cst.Return():
                    continue
                case cst.Assign(targets) if all(self._is_followed(one.target) for one in targets):
                    continue
                case cst.Expr() | cst.AssignTarget() | cst.AnnAssign() | cst.ComparisonTarget() | cst.NamedExpr():
                    continue
                case _:
                    self._give_up(node, self._code(parent))

    def _is_followed(self, target: cst.BaseExpression) -> bool:
        """Whether what is kept there is known to be the session where it is read."""
        if isinstance(target, cst.Subscript):
            return is_stored(self._program, target, self._start.session)
        if isinstance(target, cst.Attribute):
            return all(isinstance(one, (Instance, Class)) for one in something(self._program.value(target.value)))
        return isinstance(target, cst.Name)

    def _is_of_program(self, call: cst.Call) -> bool:
        callees = something(self._program.value(call.func))
        return all(
            isinstance(one, (Function, Class)) or (isinstance(one, Member) and isinstance(one.owner, Instance))
            for one in callees
        )

    # --- opening ---------------------------------------------------------------------------------

    def _plan_start(self) -> bool:
        migrating, edits = self._migrating, self._migrating.edits
        site = self._start.session.site
        if self._start.configuration is None:
            self._give_up(site, "the session is started without a configuration")
            return False
        parameters = SdkParametersRule(migrating, self._imports)
        if not parameters.plan(self._start.configuration):
            return False
        options = self._options.plan()
        if options is None or not self._take_live_client_away():
            return False
        for row in (sdk.START, sdk.PARAMETERS, sdk.OPTIONS):
            row.over(_OVER)
        (sdk.ASYNC_CLIENT if self._start.asynchronous else sdk.CLIENT).over(_OVER)
        classes = assemblyai_sdk.CLIENTS.items()
        name = next(one for one, awaited in classes if awaited is self._start.asynchronous)
        client_class = self._imports.at(site).use(name)
        self._imports.handled.update(self._configuration_nodes())
        edits.watch([self._start.configuration])
        target = self._renamed_target()

        def created(_: cst.Call) -> cst.BaseExpression:
            written = Written(client_class, [("", options())])
            indent = migrating.indent_of(site)
            text = lay_out(written, indent + len(target) + 3, indent, migrating.file_quote)
            return cst.parse_expression(text)

        edits.rewrite(site, created)
        sdk_handlers.keep_blank_lines(migrating, self._statement())
        last = self._handlers.last_statement
        configuration = self._start.configuration

        def connecting() -> list[Statement]:
            given = parameters.tree() if parameters.inline else self._given(configuration)
            indent = migrating.indent_of(site)
            prefix = "await " if self._start.asynchronous else ""
            call = lay_out(Written(f"{prefix}{target}.connect", [("", given)]), indent, indent, migrating.file_quote)
            statements = [*self._handlers.statements(target), cst.parse_statement(call)]
            if self._follows_function(last):
                blank = [cst.EmptyLine(indent=False)] * (2 if indent == 0 else 1)
                statements[0] = statements[0].with_changes(leading_lines=blank)
            return statements

        edits.insert_after(last, connecting)
        if self._start.asynchronous and not in_coroutine(self._program, site):
            self._give_up(site, "the session is started outside of a coroutine")
        return self.complete

    def _follows_function(self, last: cst.CSTNode) -> bool:
        """Whether a function stands above what is inserted behind a statement."""
        block = self._program.parents[last]
        assert isinstance(block, (cst.Module, cst.IndentedBlock))
        body = list(block.body)
        at = next(index for index, one in enumerate(body) if one is last)
        while at > 0 and body[at] in self._migrating.edits.removed:
            at -= 1
        return isinstance(body[at], (cst.FunctionDef, cst.ClassDef))

    def _given(self, configuration: cst.BaseExpression) -> str | Written:
        code = self._migrating.module.code_for_node(self._migrating.edits.updated(configuration))
        value = self._program.value(configuration)
        if isinstance(value, LibraryObject):
            return code
        return Written(self._imports.at(self._start.session.site).use(assemblyai_sdk.PARAMETERS), [("", f"**{code}")])

    def _configuration_nodes(self) -> list[cst.CSTNode]:
        assert self._start.configuration is not None
        value = self._program.value(self._start.configuration)
        if isinstance(value, LibraryObject):
            return [value.site]
        self._imports.at(self._start.session.site).use(assemblyai_sdk.PARAMETERS)
        return [self._start.configuration]

    def _renamed_target(self) -> str:
        """What the session is called from now on: a client, by the name that the GladiaClient had."""
        migrating, target = self._migrating, self._target
        if isinstance(target, cst.Attribute):
            return migrating.module.code_for_node(target.with_changes(attr=self._renamed_attribute(target)))
        assert isinstance(target, cst.Name)
        old = target.value
        freed = self._options.client_variable
        wanted = migrating.name(freed) if freed else naming.client_of_session(old)
        taken = {new for name, new in migrating.new_names.items() if name not in (old, freed)}
        if freed is None and wanted in migrating.new_names:
            # What was called `client` is called `options` from now on.
            freed = wanted
        if wanted not in taken and naming.force_name(migrating, old, wanted, freed):
            return wanted
        return migrating.name(old)

    def _renamed_attribute(self, target: cst.Attribute) -> cst.Name:
        planned = self._migrating.edits.rewrites.get(target.attr)
        found = planned(target.attr) if planned is not None else target.attr
        assert isinstance(found, cst.Name)
        return found

    def _take_live_client_away(self) -> bool:
        """`live = client.live_v2()` in a statement of its own goes, and so does what keeps it on an object."""
        func = self._start.session.site.func
        assert isinstance(func, cst.Attribute)
        program, kept = self._migrating.program, self._migrating.program.value(func.value)
        if not isinstance(kept, LibraryObject) or func.value is kept.site:
            return True
        statement = program.statement_of(kept.site)
        match statement:
            case cst.SimpleStatementLine(
                [cst.Assign([cst.AssignTarget(target)], made) | cst.AnnAssign(target, _, cst.BaseExpression() as made)]
            ):
                is_named = made is kept.site and isinstance(target, (cst.Name, cst.Attribute))
            case _:
                is_named = False
        uses = [one for one, value in program.values.items() if value == kept and one is not kept.site]
        parents = [program.parents[one] for one in uses if not isinstance(program.parents[one], cst.AssignTarget)]
        if not is_named or not all(
            isinstance(one, cst.Attribute) and one.attr.value == func.attr.value for one in parents
        ):
            self._give_up(func.value, self._code(func))
            return False
        self._migrating.edits.remove(statement)
        return True
