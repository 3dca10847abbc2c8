"""What a program is told of a parameter that is converted, and not quite the same at AssemblyAI."""

from __future__ import annotations

from typing import Any

import libcst as cst

from codemods.analysis.values import Library
from codemods.findings import (
    DEFAULT_DIFFERS,
    MODEL_CHOSEN,
    PARAMETER_DIFFERS,
    SILENCE_LEFT_TO_SERVICE,
    TYPE_OUTDATED,
)
from codemods.migrating import Migrating
from shim.mapping import languages, parameters
from shim.mapping.row import ABSENT, Fidelity, Row


def report_differences(
    migrating: Migrating,
    row: Row,
    first: cst.CSTNode | None,
    site: cst.CSTNode,
    context: list[Any],
    *,
    knows_languages: bool = True,
) -> None:
    """Reports them for one row: `first` gives it, at `site` where none does; `context` is what else the row reads.

    `knows_languages`: whether the languages are those of the context, and not only known when the program runs.
    """
    way = row.over_assemblyai
    if row is parameters.MODEL:
        model = languages.assemblyai_model(ABSENT, *context)
        known = " ".join(context[0]) if context[0] else "no fixed language"
        if not knows_languages:
            known = "languages that are only known when it runs"
        text = f"`{row.assemblyai[0]}` {model}: {known}, partials {'on' if context[1] else 'off'}"
        migrating.report(MODEL_CHOSEN, site, text)
    elif row is parameters.ENDPOINTING and first is None:
        if not migrating.keep_turns:
            text = "a finished sentence ends after about 0.1 s of silence, an unfinished one up to 1 s later"
            migrating.report(SILENCE_LEFT_TO_SERVICE, site, text)
    elif row is parameters.LONGEST_TURN and first is None:
        migrating.report(DEFAULT_DIFFERS, site, "Gladia ends an utterance after 5 s, AssemblyAI after 60 s")
    elif first is not None and way.codemod is Fidelity.APPROXIMATE:
        migrating.report(PARAMETER_DIFFERS, first, f"`{row.gladia[0]}`: {way.reason}")


def report_types(migrating: Migrating) -> None:
    """Reports the classes that say how Gladia's document looks; nothing reads them when the program runs."""
    names = {path.split(".")[0] for row in parameters.ROWS for path in row.gladia}
    names -= {name for row in parameters.ROWS for name in row.assemblyai}
    program = migrating.program
    for node in program.scopes:
        if not isinstance(node, cst.ClassDef):
            continue
        bases = [program.value(base.value) for base in node.bases]
        if any(isinstance(one, Library) and one.name.endswith(".TypedDict") for one in bases):
            fields = {
                one.target.value
                for line in node.body.body
                if isinstance(line, cst.SimpleStatementLine)
                for one in line.body
                if isinstance(one, cst.AnnAssign) and isinstance(one.target, cst.Name)
            }
            if fields & names:
                migrating.report(TYPE_OUTDATED, node, f"class {node.name.value}")
