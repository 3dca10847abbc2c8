"""Both directions as commands of LibCST's own tool, for those who run all their codemods by it.

Only the modules named for a direction import this one: `libcst.codemod` takes its time to load.
"""

from __future__ import annotations

from typing import ClassVar

import libcst as cst
from libcst.codemod import CodemodCommand, CodemodContext, SkipFile

from codemods.findings import Level
from codemods.migration import Options, migrate_source


class MigrateCommand(CodemodCommand):
    """Migrates the module it is given; the findings become warnings, edits with a caveat are not made."""

    TO: ClassVar[str]

    def __init__(self, context: CodemodContext) -> None:
        super().__init__(context)

    def transform_module_impl(self, tree: cst.Module) -> cst.Module:
        """The migrated module; raises SkipFile for one that stays as it is."""
        migration = migrate_source(tree.code, self.TO, Options())
        for finding in migration.findings:
            place = f"line {finding.line}: " if finding.line else ""
            self.warn(f"{place}{finding.kind.code} {finding.level}: {finding.kind.title}: {finding.text}")
        if any(finding.level is Level.SKIPPED for finding in migration.findings):
            raise SkipFile("it was not read as a program")
        if not migration.changed or migration.unsafe:
            return tree
        return cst.parse_module(migration.code, config=tree.config_for_parsing)
