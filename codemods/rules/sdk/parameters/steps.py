"""Parameters that a program sets one by one: `params = …`, then `params.max_turn_silence = 800`, `config["x"] = y`.

Where all of it stands in one block without a decision in between, it is one configuration, made where its last part is
set; what is read of it or handed on before that keeps it from being one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import libcst as cst

from codemods.analysis.arguments import Arguments
from codemods.analysis.values import DictDisplay, Known, LibraryObject, Value, constant, something
from codemods.migrating import Migrating

_SAME_EVERYWHERE = ("sample_rate",)
"""Parameters that both vendors call alike and count alike, so that a program may read them of either."""


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One parameter that is set after the configuration was made: where it lies inside, and what it is set to."""

    path: str
    value: cst.BaseExpression
    target: cst.BaseExpression
    statement: cst.CSTNode


class Steps:
    """The steps by which the configuration made at `site` is set; `trouble` says what cannot be followed."""

    def __init__(self, migrating: Migrating, site: cst.BaseExpression) -> None:
        self._migrating = migrating
        self._program = migrating.program
        self._site = site
        self.found: list[Step] = []
        self.trouble: tuple[cst.CSTNode, str] | None = None
        self._made = self._program.parents.get(site)
        self._read()

    @property
    def targets(self) -> set[cst.CSTNode]:
        """What the steps assign to."""
        return {one.target for one in self.found}

    def _read(self) -> None:
        refs = [node for node, value in self._program.values.items() if self._is_reference(node, value)]
        refs.sort(key=self._migrating.line)
        others: list[cst.CSTNode] = []
        for ref in refs:
            found = self._steps_at(ref)
            if found:
                self.found.extend(found)
            elif self._is_asked(ref):
                self.trouble = self.trouble or (ref, f"it is read: {self._migrating.code(self._program.parents[ref])}")
            elif self._migrating.line(ref) > 0 and not self._is_target_of_making(ref):
                others.append(ref)
        if not self.found:
            return
        block = self._program.parents.get(self._program.statement_of(self._site))
        if not isinstance(self._made, (cst.Assign, cst.AnnAssign)) or not isinstance(
            block, (cst.Module, cst.IndentedBlock)
        ):
            self.trouble = (self.found[0].target, f"it is set in several steps: {self._code(self.found[0])}")
            return
        last = self._migrating.line(self.found[-1].target)
        for step in self.found:
            if self._program.parents.get(step.statement) is not block or len(_lines(step.statement)) != 1:
                self.trouble = (step.target, f"it is set only sometimes, or elsewhere: {self._code(step)}")
        scope = self._program.scope_of(self._site)
        for ref in others:
            if self._program.scope_of(ref) is scope and self._migrating.line(ref) <= last:
                self.trouble = (ref, f"it is used before all of it is set: {self._migrating.code(ref)}")

    def _code(self, step: Step) -> str:
        return self._migrating.code(self._program.parents[self._program.parents[step.target]])

    def _is_reference(self, node: cst.CSTNode, value: Value) -> bool:
        if node is self._site or not isinstance(node, (cst.Name, cst.Attribute)):
            return False
        return any(getattr(one, "site", None) is self._site for one in something(value)) and isinstance(
            something(value)[0], (LibraryObject, DictDisplay)
        )

    def _is_target_of_making(self, ref: cst.CSTNode) -> bool:
        return self._program.statement_of(ref) is self._program.statement_of(self._site)

    # --- steps -----------------------------------------------------------------------------------

    def _steps_at(self, ref: cst.CSTNode) -> list[Step]:
        path: list[str] = []
        current: cst.CSTNode = ref
        parent = self._program.parents[current]
        while True:
            name = self._name_in(parent, current)
            if name is None:
                break
            path.append(name)
            current, parent = parent, self._program.parents[parent]
        statement = self._program.statement_of(ref)
        match parent:
            case cst.AssignTarget() if path and isinstance(self._program.parents[parent], cst.Assign):
                assign = self._program.parents[parent]
                assert isinstance(assign, cst.Assign) and isinstance(current, cst.BaseExpression)
                if len(assign.targets) == 1:
                    return [Step(".".join(path), assign.value, current, statement)]
            case cst.Call() if path and path[-1] == "update" and isinstance(self._program.parents[parent], cst.Expr):
                return self._update(parent, path[:-1], ref, statement)
        return []

    def _name_in(self, parent: cst.CSTNode, inner: cst.CSTNode) -> str | None:
        """The key or attribute by which `parent` reads what is inside `inner`."""
        match parent:
            case cst.Attribute(value, cst.Name(name)) if value is inner:
                return name
            case cst.Subscript(value, [cst.SubscriptElement(cst.Index(key))]) if value is inner:
                found = constant(self._program.value(key))
                return found if isinstance(found, str) else None
        return None

    def _update(self, call: cst.Call, path: list[str], ref: cst.CSTNode, statement: cst.CSTNode) -> list[Step]:
        """`config.update(sample_rate=8000)`, `config.update({"sample_rate": 8000})`."""
        assert isinstance(ref, cst.BaseExpression)
        arguments = Arguments.of(call)
        pairs: list[tuple[str, cst.BaseExpression]] = list(arguments.keywords.items())
        for one in arguments.positional:
            value = self._program.value(one)
            if not isinstance(value, DictDisplay) or value.site is not one:
                return []
            for entry in self._program.dictionaries[value.site].entries:
                if not isinstance(entry.key, Known) or not isinstance(entry.node, cst.DictElement):
                    return []
                pairs.append((str(entry.key.value), entry.value_node))
        if not arguments.complete:
            return []
        return [Step(".".join((*path, name)), value, ref, statement) for name, value in pairs]

    def _is_asked(self, ref: cst.CSTNode) -> bool:
        """Whether a part of the configuration is read that the other vendor calls otherwise."""
        parent = self._program.parents[ref]
        if isinstance(parent, cst.Attribute):
            called = isinstance(self._program.parents[parent], cst.Call)
            return parent.attr.value not in _SAME_EVERYWHERE if not called else parent.attr.value not in ("copy",)
        if isinstance(parent, cst.Subscript):
            return self._name_in(parent, ref) not in _SAME_EVERYWHERE
        return False

    # --- writing ---------------------------------------------------------------------------------

    def write(self, whole: Callable[[], cst.BaseExpression]) -> None:
        """Plans that the configuration is made where its last part is set."""
        edits, made = self._migrating.edits, self._made
        assert isinstance(made, (cst.Assign, cst.AnnAssign))
        first = self._program.statement_of(self._site)
        last = self.found[-1].statement
        for statement in (first, *(one.statement for one in self.found)):
            if statement is not last:
                edits.remove(statement)
        targets = [one.target for one in made.targets] if isinstance(made, cst.Assign) else [made.target]
        edits.watch(targets)

        def written(updated: cst.SimpleStatementLine) -> cst.SimpleStatementLine:
            named = made.with_changes(value=whole())
            if isinstance(made, cst.Assign):
                named = named.with_changes(targets=[cst.AssignTarget(edits.updated(one)) for one in targets])
            return updated.with_changes(body=[named])

        edits.rewrite(last, written)


def _lines(statement: cst.CSTNode) -> list[cst.BaseSmallStatement]:
    return list(statement.body) if isinstance(statement, cst.SimpleStatementLine) else []
