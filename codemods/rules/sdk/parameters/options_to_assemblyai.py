"""The options of a Gladia client become those of an AssemblyAI client."""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from codemods.analysis.arguments import Arguments
from codemods.analysis.values import Known, LibraryObject, constant, is_certain, something
from codemods.findings import (
    OPTION_ABSENT,
    PARAMETER_ABSENT,
    PARAMETER_DIFFERS,
    REGION_AT_RUN_TIME,
)
from codemods.layout import Written, lay_out
from codemods.migrating import Migrating
from codemods.rules.sdk import session_name as naming
from codemods.rules.sdk.followed import Followed
from codemods.rules.sdk.imports import SdkImports
from codemods.vendors import assemblyai_sdk, gladia_sdk
from codemods.vendors.gladia_sdk import Start
from shim.mapping import sdk, session
from shim.mapping.row import Vendor

_OVER = Vendor.ASSEMBLYAI


class OptionsToAssemblyAI(Followed):
    """Plans what becomes of the GladiaClient of one session: it goes, or stays as the options alone.

    `alone`: whether the client starts no other session.
    """

    def __init__(self, migrating: Migrating, start: Start, imports: SdkImports, *, alone: bool) -> None:
        super().__init__(migrating)
        self._start = start
        self._imports = imports
        self._alone = alone
        self.client_variable: str | None = None
        """The variable that held the client, where it is free now."""

    def plan(self) -> Callable[[], str | Written] | None:
        """A function that gives the options' source once the edits are applied; None where they cannot be read."""
        migrating, edits = self._migrating, self._migrating.edits
        creation = self._start.creation
        self.client_variable = None
        is_here = self._migrating.at(creation) is self._migrating
        if is_here and self._migrating.line(creation) > self._migrating.line(self._start.session.site):
            self._give_up(creation, f"{self._code(creation)} stands behind what uses it")
            return None
        elsewhere = self._options_elsewhere(creation)
        if elsewhere is not None:
            return self._keep_options_elsewhere(*elsewhere)
        given = self._given_options(creation)
        if given is None:
            return None
        nodes = self._converted_options(given)
        if not self.complete:
            return None
        edits.watch([node for _, node in nodes if isinstance(node, cst.CSTNode)])
        options_class = self._imports.at(self._start.session.site).use(assemblyai_sdk.OPTIONS)
        self._imports.handled.add(creation)

        def tree() -> Written:
            return Written(options_class, [(name, self._option_code(node)) for name, node in nodes])

        if creation is self._start.client:
            return tree
        if self._can_move(creation):
            return tree
        place = self._start.client
        edits.watch([place])

        def kept(_: cst.Call) -> cst.BaseExpression:
            text = lay_out(tree(), migrating.column(creation), migrating.indent_of(creation), migrating.file_quote)
            return cst.parse_expression(text)

        edits.rewrite(creation, kept)
        self._rename_kept(place)
        return lambda: migrating.module.code_for_node(edits.updated(place))

    def _options_elsewhere(self, creation: cst.Call) -> tuple[cst.BaseExpression, cst.Call] | None:
        """Options that are made in a statement of their own: where they are read, and where they are made."""
        given = Arguments.of(creation).get(0, "options")
        value = self._program.value(given) if given is not None else None
        if given is not None and isinstance(value, LibraryObject) and value.site is not given:
            return (given, value.site) if gladia_sdk.name_of(value.made_by) == gladia_sdk.OPTIONS else None
        return None

    def _keep_options_elsewhere(self, read: cst.BaseExpression, site: cst.Call) -> Callable[[], str | Written] | None:
        """`GladiaClient(options)` becomes `RealTimeTranscriber(options)`."""
        migrating, edits = self._migrating, self._migrating.edits
        nodes = self._converted_options(Arguments.of(site).keywords)
        if not self.complete:
            self._give_up(site, self._code(site))
            return None
        creation, place = self._start.creation, self._start.client
        stays = creation is not place and not self._can_move(creation)
        if stays:
            # The client that is kept for later is the options alone.
            edits.watch([place])
            edits.rewrite(creation, lambda updated: updated.args[0].value)
            self._rename_kept(place)
        edits.watch([read, *(node for _, node in nodes if isinstance(node, cst.CSTNode))])
        options_class = self._imports.at(site).use(assemblyai_sdk.OPTIONS)
        self._imports.handled.update((site, self._start.creation))

        def written(_: cst.Call) -> cst.BaseExpression:
            made = Written(options_class, [(name, self._option_code(node)) for name, node in nodes])
            text = lay_out(made, migrating.column(site), migrating.indent_of(site), migrating.file_quote)
            return cst.parse_expression(text)

        edits.rewrite(site, written)
        return lambda: migrating.module.code_for_node(edits.updated(place if stays else read))

    def _rename_kept(self, place: cst.BaseExpression) -> None:
        """What was the client is called what it is now."""
        if isinstance(place, cst.Attribute):
            owner = naming.owner_of(self._migrating, place)
            if owner is not None:
                naming.rename_attribute(self._migrating, owner, place.attr.value, "options")
        elif isinstance(place, cst.Name):
            naming.rename_variable(self._migrating, place.value, "options")

    def _option_code(self, node: cst.BaseExpression | str) -> str:
        if isinstance(node, str):
            return node
        return self._migrating.module.code_for_node(self._migrating.edits.updated(node))

    def _given_options(self, creation: cst.Call) -> dict[str, cst.BaseExpression] | None:
        arguments = Arguments.of(creation)
        calls = [creation]
        if arguments.positional:
            value = self._program.value(arguments.positional[0])
            if (
                not isinstance(value, LibraryObject)
                or gladia_sdk.name_of(value.made_by) != gladia_sdk.OPTIONS
                or value.site is not arguments.positional[0]
            ):
                self._give_up(creation, self._code(creation))
                return None
            calls.insert(0, value.site)
        found: dict[str, cst.BaseExpression] = {}
        for call in calls:
            given = Arguments.of(call)
            if not given.complete:
                self._give_up(call, self._code(call))
                return None
            found.update(given.keywords)
        return found

    def _converted_options(self, given: dict[str, cst.BaseExpression]) -> list[tuple[str, cst.BaseExpression | str]]:
        found: list[tuple[str, cst.BaseExpression | str]] = []
        tuning = {row.gladia[0].split(".")[1]: row for row in sdk.TUNING if row.gladia}
        if "api_key" not in given:
            system = self._migrating.module.code_for_node(self._migrating.use_module("os"))
            quote = self._migrating.file_quote
            session.KEY_VARIABLE.over(_OVER)
            found.append(("api_key", f"{system}.environ[{quote}{session.KEY_VARIABLE.assemblyai[0]}{quote}]"))
        for name, node in given.items():
            value = self._program.value(node)
            if name == "api_key":
                sdk.API_KEY.over(_OVER)
                found.append((name, node))
            elif name == "region":
                if value == Known(None) and is_certain(value):
                    continue
                host = sdk.HOST.live(_OVER, constant(value)) if is_certain(value) else None
                if host is None and is_certain(value) and isinstance(constant(value), str):
                    self._report(OPTION_ABSENT, node, f"`{name}` {self._code(node)} is not a region known here")
                elif host is None:
                    self._report(REGION_AT_RUN_TIME, node, f"the region is only known when it runs: {self._code(node)}")
                else:
                    found.append(("api_host", f"{self._migrating.file_quote}{host}{self._migrating.file_quote}"))
            elif name == "ws_timeout":
                found.append(("connect_timeout", node))
                self._report(PARAMETER_DIFFERS, node, f"`{name}`: {sdk.CONNECT_TIMEOUT.over(_OVER).reason}")
            elif name in tuning:
                self._report(PARAMETER_DIFFERS, node, f"`{name}`: {tuning[name].over(_OVER).reason}")
            elif name == "api_url":
                self._report(OPTION_ABSENT, node, f"`{name}`: {sdk.API_URL.over(_OVER).reason}")
                self.complete = False
            else:
                self._report(PARAMETER_ABSENT, node, f"`{name}` is no option that is known here")
        return found

    def _can_move(self, creation: cst.Call) -> bool:
        """Whether the client's statement can go, as its options can stand where the session is started."""
        client = self._start.client
        line = self._program.parents[creation]
        statement = self._program.statement_of(creation)
        reads = [
            node
            for node, value in self._program.values.items()
            if isinstance(node, (cst.Name, cst.Attribute))
            and any(isinstance(one, LibraryObject) and one.site is creation for one in something(value))
        ]
        plain = isinstance(line, cst.Assign) and len(line.targets) == 1
        if reads != [client] or not self._alone or not plain or creation is client:
            return False
        if self._program.scope_of(creation) is not self._program.scope_of(self._start.session.site):
            return False
        there = self._program.at_statement.get(self._program.statement_of(self._start.session.site), {})
        for node in self._program.nodes_in(creation):
            reaching = self._program.reaching.get(node) if isinstance(node, cst.Name) else None
            if reaching is not None and isinstance(node, cst.Name) and reaching != there.get(node.value, reaching):
                return False
        self._migrating.edits.remove(statement)
        if isinstance(client, cst.Name):
            self.client_variable = client.value
        return True
