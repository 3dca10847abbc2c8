"""Analysing a program: its units are run on abstract values, again and again until nothing changes."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from collections.abc import Sequence as AbstractSequence
from pathlib import Path
from typing import Final

import libcst as cst

from codemods.analysis.declared import as_declared, declared_socket, may_be_given, names_socket
from codemods.analysis.environment import Scope
from codemods.analysis.handlers import EventLibrary
from codemods.analysis.modules import Modules
from codemods.analysis.own_tests import is_test_file
from codemods.analysis.program import Program
from codemods.analysis.statements import StatementEvaluation
from codemods.analysis.values import (
    NOTHING,
    UNKNOWN,
    Class,
    Function,
    Instance,
    Known,
    Member,
    alternatives,
    join,
)

_DEEPEST: Final = 6000
"""How deeply the evaluation may go: a text joined of hundreds of pieces is a chain of as many expressions."""


def analyse(module: cst.Module, libraries: tuple[EventLibrary, ...] = ()) -> Program:
    """Works out what each expression of a module can be; `libraries` say what handlers of theirs are called with."""
    return _run_deeply(_Analysis([module], libraries))


def analyse_files(
    files: Mapping[Path, cst.Module], modules: Modules, libraries: tuple[EventLibrary, ...] = ()
) -> Program:
    """Works out what each expression of several files can be, together; `modules` are the files of the whole run.

    It is quickest where files come behind those that they import.
    """
    analysis = _Analysis(list(files.values()), libraries)
    analysis.modules = modules
    analysis.module_at = dict(files)
    analysis.program.files = {module: path for path, module in files.items()}
    analysis.tests = frozenset(module for path, module in files.items() if is_test_file(path, module))
    analysis.program.tests = analysis.tests if len(analysis.tests) < len(files) else frozenset()
    return _run_deeply(analysis)


def _run_deeply(analysis: _Analysis) -> Program:
    """Runs an analysis with room for long chains; of a program that is deeper still, nothing is known."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, _DEEPEST))
    try:
        return analysis.run()
    except RecursionError:
        analysis.program.values.clear()
        return analysis.program
    finally:
        sys.setrecursionlimit(limit)


class _Analysis(StatementEvaluation):
    def __init__(self, modules: AbstractSequence[cst.Module], libraries: tuple[EventLibrary, ...]) -> None:
        super().__init__(modules[0], libraries)
        self._all = modules
        self._classes: list[cst.ClassDef] = []
        self._evaluated_in: dict[cst.CSTNode, list[cst.BaseExpression]] = {}
        for module in modules:
            self._parents(module)
            self.program.scopes[module] = Scope(module, None)

    def _parents(self, node: cst.CSTNode) -> None:
        waiting = [node]
        while waiting:
            parent = waiting.pop()
            for child in self.program.children(parent):
                self.program.parents[child] = parent
                waiting.append(child)

    def run(self) -> Program:
        """Runs the modules, then each function met, again and again until nothing changes."""
        for module in self._all:
            self.put_to_work(module)
        self.run_again()
        # What nobody here even names is called from outside first: it may be what calls the others.
        self._take_missing_parameters_as_unknown(self._named_functions())
        self.run_again()
        if self._take_sockets_as_declared(all_of_them=False):
            self.run_again()
        self.settled = self.program.is_settled = True
        self._take_missing_parameters_as_unknown(set())
        self.run_again()
        if self._take_sockets_as_declared(all_of_them=True):
            self.run_again()
        self.complete = True
        self.run_again()
        self._sort_what_was_found()
        if self.is_endless:
            self.program.values.clear()
        return self.program

    def run_unit(self, unit: cst.CSTNode) -> None:
        # What the last run found is forgotten: it may have known less.
        for node in self._evaluated_in.get(unit, ()):
            self.program.values.pop(node, None)
            self.program.reaching.pop(node, None)  # type: ignore[call-overload]
        self.evaluated = self._evaluated_in[unit] = []
        if isinstance(unit, cst.FunctionDef | cst.Lambda):
            self._run_function(unit)
        elif isinstance(unit, cst.Module):
            self._run_block(unit.body, self.environment_of(self.program.scopes[unit]))
            self.note_names(unit)

    def _sort_what_was_found(self) -> None:
        """Puts the values into the order of the units, and tells each definition its uses."""
        program = self.program
        order = [node for unit in self.units for node in self._evaluated_in.get(unit, ())]
        program.values = {node: program.values[node] for node in order if node in program.values}
        for node in order:
            if isinstance(node, cst.Name):
                for definition in program.reaching.get(node, ()):
                    definition.uses.append(node)

    def _named_functions(self) -> set[cst.CSTNode]:
        """The functions that the module names anywhere but where it defines them."""
        found: set[cst.CSTNode] = set()
        for node, value in self.program.values.items():
            if not isinstance(node, (cst.Name, cst.Attribute, cst.Lambda)):
                continue
            for one in alternatives(value):
                if isinstance(one, Function):
                    found.add(one.node)
                elif isinstance(one, Member) and isinstance(one.owner, Instance | Class):
                    found.update(each.node for each in self.methods_of(one.owner, one.name))
        return found

    def _take_missing_parameters_as_unknown(self, but_of: set[cst.CSTNode]) -> None:
        """Functions that nothing here calls are called by others, with anything; all but the given ones."""
        for definition in self.definitions.values():
            parameter = definition.node
            if not isinstance(parameter, cst.Param) or self.program.scope_of(parameter) in but_of:
                continue
            if definition.value is NOTHING and names_socket(self.program, parameter.annotation):
                continue  # looked at when it is known which sockets the file opens
            if definition.value is NOTHING:
                definition.value = as_declared(self.program, parameter.annotation, UNKNOWN)
            elif definition.value == Known(None):
                definition.value = join(definition.value, may_be_given(self.program, parameter))

    def _take_sockets_as_declared(self, *, all_of_them: bool) -> bool:
        """Parameters that nobody gives and an annotation calls a client's socket; whether there were any.

        Those of which it is not known yet which socket they are wait, unless `all_of_them` are taken.
        """
        found = False
        for definition in self.definitions.values():
            parameter = definition.node
            if definition.value is not NOTHING or not isinstance(parameter, cst.Param):
                continue
            if names_socket(self.program, parameter.annotation):
                value = declared_socket(self.program, parameter)
                if all_of_them or value != UNKNOWN:
                    definition.value, found = value, True
        return found
