"""Which files of a program are its tests: what they give the program is an example, and no value that it meets."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import libcst as cst

_NAMES: Final = re.compile(r"(?:test_.*|.*_tests?|tests?|conftest)\.py")
TEST_FOLDERS: Final = frozenset(("tests", "test"))
"""What folders of tests are called."""
_FRAMEWORKS: Final = frozenset(("pytest", "unittest"))


def is_test_file(path: Path, module: cst.Module) -> bool:
    """Whether a file holds tests: by its name or folder, and by what stands in it.

    A program that somebody has called `test_microphone.py` is none: it neither imports what runs tests nor has any.
    """
    is_called_so = _NAMES.fullmatch(path.name) is not None or not TEST_FOLDERS.isdisjoint(path.parts[-3:-1])
    return is_called_so and any(_is_of_tests(one) for one in _statements(module))


def _statements(module: cst.Module) -> list[cst.CSTNode]:
    found: list[cst.CSTNode] = []
    for one in module.body:
        found.extend(one.body if isinstance(one, cst.SimpleStatementLine) else [one])
    return found


def _is_of_tests(statement: cst.CSTNode) -> bool:
    match statement:
        case cst.Import(names):
            return any(one.evaluated_name.split(".")[0] in _FRAMEWORKS for one in names)
        case cst.ImportFrom(module=cst.Name(name) | cst.Attribute(cst.Name(name)), relative=()):
            return name in _FRAMEWORKS
        case cst.FunctionDef(cst.Name(name)):
            return name.startswith("test_")
        case cst.ClassDef(cst.Name(name), cst.IndentedBlock(body)):
            inner = [one for one in body if isinstance(one, cst.FunctionDef)]
            return name.startswith("Test") and any(one.name.value.startswith("test_") for one in inner)
    return False
