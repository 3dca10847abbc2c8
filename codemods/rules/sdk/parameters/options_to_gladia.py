"""The options of an AssemblyAI client become those of a Gladia client."""

from __future__ import annotations

from typing import Any

import libcst as cst

from codemods.analysis.arguments import Arguments
from codemods.analysis.values import Known, LibraryObject, constant, is_certain
from codemods.findings import (
    OPTION_ABSENT,
    PARAMETER_DIFFERS,
    REGION_AT_RUN_TIME,
    TOKEN_ABSENT,
)
from codemods.layout import Written, lay_out
from codemods.migrating import Migrating
from codemods.rules.sdk.followed import Followed
from codemods.rules.sdk.imports import SdkImports
from codemods.rules.sdk.parameters.package_key import PackageKey
from codemods.vendors import assemblyai_sdk, gladia_sdk
from shim.mapping import sdk, session
from shim.mapping.row import ABSENT, Vendor


class OptionsToGladia(Followed):
    """Plans what becomes of the call that makes a client, and of its options."""

    def __init__(
        self, migrating: Migrating, client: LibraryObject, imports: SdkImports, package_key: PackageKey
    ) -> None:
        super().__init__(migrating)
        self._client = client
        self._imports = imports
        self._package_key = package_key

    def plan(self) -> bool:
        """`StreamingClient(StreamingClientOptions(api_key=…))` becomes `GladiaClient(api_key=…)`."""
        arguments = Arguments.of(self._client.site)
        options = arguments.get(0, "options")
        written = Written(self._imports.at(self._client.site).use(gladia_sdk.CLIENT))
        nodes: list[tuple[str, cst.BaseExpression | str]] = []
        sdk.OPTIONS.over(Vendor.GLADIA)
        if options is not None:
            made = assemblyai_sdk.object_of(self._program.value(options), assemblyai_sdk.OPTIONS)
            if made is None or any(one.keyword is None for one in made.site.args):
                self._give_up(options, self._code(options))
                return False
            given = {one.keyword.value: one.value for one in made.site.args if one.keyword is not None}
            if made.site is not options:
                return self._plan_options_elsewhere(made.site, given, options)
            nodes = self._options(given)
        if "api_key" in arguments.keywords:
            key = arguments.keywords["api_key"]
            nodes = [
                ("api_key", self._package_key.code_of(key, key) or key),
                *(one for one in nodes if one[0] != "api_key"),
            ]
        if not arguments.complete:
            self._give_up(self._client.site, self._code(self._client.site))
        self._write_options(self._client.site, written, nodes)
        return self.complete

    def plan_old(self) -> bool:
        """`aai.RealtimeTranscriber(…)`, which reads the package's key, becomes `GladiaClient(api_key=…)`."""
        site = self._client.site
        key = self._package_key.code_of(None, site)
        if key is None:
            return False
        sdk.API_KEY.over(Vendor.GLADIA)
        self._write_options(site, Written(self._imports.at(site).use(gladia_sdk.CLIENT)), [("api_key", key)])
        return self.complete

    def _plan_options_elsewhere(
        self, site: cst.Call, given: dict[str, cst.BaseExpression], options: cst.BaseExpression
    ) -> bool:
        self._write_options(site, Written(self._imports.at(site).use(gladia_sdk.OPTIONS)), self._options(given))
        self._imports.handled.add(self._client.site.func)
        client = self._imports.at(self._client.site).use(gladia_sdk.CLIENT)
        self._migrating.edits.replace(self._client.site.func, cst.Name(client))
        return self.complete

    def _write_options(
        self, site: cst.Call, written: Written, nodes: list[tuple[str, cst.BaseExpression | str]]
    ) -> None:
        migrating = self._migrating
        migrating.edits.watch([node for _, node in nodes if not isinstance(node, str)])
        self._imports.handled.add(site)

        def rewritten(_: cst.Call) -> cst.BaseExpression:
            for name, node in nodes:
                if not isinstance(node, str):
                    node = migrating.module.code_for_node(migrating.edits.updated(node))
                written.arguments.append((name, node))
            text = lay_out(written, migrating.column(site), migrating.indent_of(site), migrating.file_quote)
            return cst.parse_expression(text)

        migrating.edits.rewrite(site, rewritten)

    def _options(self, given: dict[str, cst.BaseExpression]) -> list[tuple[str, cst.BaseExpression | str]]:
        found: list[tuple[str, cst.BaseExpression | str]] = []
        tuning = {row.assemblyai[0].split(".")[1]: row for row in sdk.TUNING if row.assemblyai}
        for name, node in given.items():
            value = self._program.value(node)
            if value == Known(None) and is_certain(value):
                continue
            if name == "api_key":
                sdk.API_KEY.over(Vendor.GLADIA)
                found.append((name, self._package_key.code_of(node, node) or node))
            elif name == "api_host":
                found.extend(self._region(node, constant(value) if is_certain(value) else None))
            elif name == "connect_timeout":
                found.append(("ws_timeout", node))
                self._report(PARAMETER_DIFFERS, node, f"`{name}`: {sdk.CONNECT_TIMEOUT.over(Vendor.GLADIA).reason}")
            elif name in tuning:
                self._report(PARAMETER_DIFFERS, node, f"`{name}`: {tuning[name].over(Vendor.GLADIA).reason}")
            elif name == "token":
                self._report(TOKEN_ABSENT, node, f"`{name}`: {sdk.TOKEN.over(Vendor.GLADIA).reason}")
            else:
                self._report(PARAMETER_DIFFERS, node, f"`{name}` is no option of AssemblyAI's, whose class lets it go")
        return found

    def _region(self, node: cst.BaseExpression, host: Any) -> list[tuple[str, cst.BaseExpression | str]]:
        if not isinstance(host, str):
            self._report(REGION_AT_RUN_TIME, node, f"the host is only known when it runs: {self._code(node)}")
            return []
        plain = host.removeprefix("wss://").rstrip("/")
        region = sdk.HOST.live(Vendor.GLADIA, plain)
        if region is not ABSENT:
            quote = self._migrating.file_quote
            return [("region", f"{quote}{region}{quote}")]
        if plain != session.HOST.assemblyai[0]:
            self._report(OPTION_ABSENT, node, f"`api_host` {self._code(node)}: only AssemblyAI's own hosts are known")
        return []
