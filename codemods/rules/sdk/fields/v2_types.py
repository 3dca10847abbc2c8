"""Tests of what kind of transcript AssemblyAI's older API sent: partial and final were two classes.

Gladia's are one, with `is_final`: `isinstance(transcript, aai.RealtimeFinalTranscript)` asks for that.
"""

from __future__ import annotations

import libcst as cst

from codemods.analysis.handlers import types_of_classes
from codemods.analysis.values import Delivered, Known, Library, Parsed, Sequence, Value, something
from codemods.edits import expression
from codemods.findings import MESSAGE_NOT_FOLLOWED
from codemods.migrating import Migrating
from codemods.rules.sdk.imports import SdkImports
from codemods.vendors import assemblyai_sdk, assemblyai_v2_sdk
from shim.mapping import assemblyai_v2
from shim.mapping.paths import steps_of
from shim.mapping.row import Vendor

_FLAG = ".".join(str(step) for step in steps_of(assemblyai_v2.IS_FINAL.gladia[0])[1:])


class TranscriptKindRule:
    """Plans what becomes of these tests, of the sessions made at `sites`."""

    def __init__(self, migrating: Migrating, imports: SdkImports, sites: frozenset[cst.Call]) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._imports = imports
        self._sites = sites

    def plan(self) -> set[cst.CSTNode]:
        """Plans the edits; gives the nodes that go."""
        gone: set[cst.CSTNode] = set()
        for node in list(self._program.values):
            if node in gone:
                continue
            match node:
                case cst.Call(cst.Name("isinstance"), [cst.Arg(asked), cst.Arg(classes)]) if self._is_transcript(asked):
                    types = types_of_classes((assemblyai_sdk.Events(),), self._program.value(classes))
                    self._replace(node, asked, types, gone)
                case cst.Comparison(left, [cst.ComparisonTarget(operator, right)]) if self._is_type(left):
                    types = self._named(self._program.value(right))
                    if isinstance(operator, (cst.NotEqual, cst.NotIn)) and types is not None:
                        types = assemblyai_v2_sdk.TRANSCRIPTS - types
                    elif not isinstance(operator, (cst.Equal, cst.In)):
                        types = None
                    assert isinstance(left, cst.Attribute)
                    self._replace(node, left.value, types, gone)
        return gone

    def _is_of_a_session(self, value: Value, path: tuple[str, ...]) -> bool:
        return all(
            isinstance(one, Parsed)
            and isinstance(one.document, Delivered)
            and one.document.site in self._sites
            and one.path == path
            for one in something(value)
        )

    def _is_transcript(self, node: cst.BaseExpression) -> bool:
        return self._is_of_a_session(self._program.value(node), ())

    def _is_type(self, node: cst.BaseExpression) -> bool:
        return isinstance(node, cst.Attribute) and self._is_of_a_session(self._program.value(node), ("message_type",))

    def _named(self, value: Value) -> frozenset[str] | None:
        match value:
            case Known(str() as name):
                return frozenset((name,))
            case Library():
                found = assemblyai_v2_sdk.message_type(value)
                return frozenset((found,)) if found is not None else None
            case Sequence(_, elements):
                each = [self._named(one) for one in elements]
                return None if None in each else frozenset().union(*(one for one in each if one is not None))
        return None

    def _replace(
        self,
        test: cst.BaseExpression,
        asked: cst.BaseExpression,
        types: frozenset[str] | None,
        gone: set[cst.CSTNode],
    ) -> None:
        """Asks whether the transcript is final where a test asked for its kind."""
        final, partial = assemblyai_v2_sdk.FINAL_TYPE, assemblyai_v2_sdk.PARTIAL_TYPE
        known = types is not None and bool(types & assemblyai_v2_sdk.TRANSCRIPTS)
        if not known or types == assemblyai_v2_sdk.TRANSCRIPTS or types is None:
            self._migrating.report(MESSAGE_NOT_FOLLOWED, test, self._migrating.code(test))
            return
        (assemblyai_v2.FINAL if final in types else assemblyai_v2.PARTIAL).over(Vendor.GLADIA)
        assemblyai_v2.IS_FINAL.over(Vendor.GLADIA)
        form = f"value.{_FLAG}" if partial not in types else f"not value.{_FLAG}"
        self._migrating.edits.watch([asked])
        self._imports.handled.add(test)
        gone.update(one for one in self._program.nodes_in(test) if one is not asked)

        def written(_: cst.BaseExpression) -> cst.BaseExpression:
            found = expression(form, value=self._migrating.edits.updated(asked))
            around = self._program.parents[test]
            if isinstance(found, cst.UnaryOperation) and isinstance(around, (cst.Comparison, cst.UnaryOperation)):
                return found.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
            return found

        self._migrating.edits.rewrite(test, written)
