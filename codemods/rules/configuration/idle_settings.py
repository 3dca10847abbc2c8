"""Settings that decide nothing any more: whoever changes one changes what the program did, and does so in vain.

Gladia has one live model, and AssemblyAI's is chosen by what a session asks for: a model that an environment variable
or a caller names is asked for by nobody.
"""

from __future__ import annotations

from collections.abc import Iterable

import libcst as cst

from codemods.findings import FIELD_IDLE
from codemods.migrating import Migrating
from codemods.rules.configuration.settings_kept import is_setting


def report_idle_setting(
    migrating: Migrating, name: str, node: cst.BaseExpression, written: Iterable[cst.BaseExpression] = ()
) -> None:
    """Says that a setting, given as the parameter `name`, decides nothing; unless what is written reads it still."""
    if not is_setting(node) or not migrating.line(node):
        return
    nodes = (inner for one in written for inner in migrating.program.nodes_in(one))
    if not any(isinstance(one, cst.BaseExpression) and one.deep_equals(node) for one in nodes):
        migrating.report(FIELD_IDLE, node, f"`{name}`: {migrating.code(node)}")
