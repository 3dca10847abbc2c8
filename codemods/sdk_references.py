"""The references to a vendor's SDK in a program: names of its modules, and members of the objects that it gave.

Names are found by the imports, however they are written. Members (methods, options, fields of what handlers get) are
found by following values: `stop_recording` says something only where the object is a session of an SDK's.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Final

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

from codemods.analysis.fixpoint import analyse_files
from codemods.analysis.modules import Modules
from codemods.analysis.program import Program
from codemods.analysis.values import Delivered, LibraryObject, Parsed, Value, alternatives
from codemods.directions import event_libraries, vendor_packages
from codemods.references import Reference, Sort
from codemods.rules.remains.sweep import words_of
from codemods.staying import Staying
from shim.mapping import assemblyai_v2_sdk, catalogue, sdk
from shim.mapping.row import Section, Vendor

_PATH: Final = Path("program.py")


@cache
def members_of(vendor: Vendor) -> frozenset[str]:
    """The methods, options and fields that only this vendor's SDK has; the fields of its messages among them."""

    def members(side: Vendor) -> set[str]:
        paths = [path for row in catalogue.rows(Section.SDK) for path in row.of(side)]
        steps = {step.partition("(")[0] for path in paths for step in path.split(".")[1:]}
        return {step for step in steps if step.isidentifier()}

    return (frozenset(members(vendor)) | words_of(vendor)) - frozenset(members(vendor.other)) - words_of(vendor.other)


class _Followed:
    """Files that are analysed together, when that is asked for: an object of one may be made by another."""

    def __init__(self, codes: Mapping[Path, str], vendor: Vendor) -> None:
        self.codes = codes
        self._vendor = vendor

    @cached_property
    def modules(self) -> dict[Path, cst.Module]:
        return {path: cst.parse_module(code) for path, code in self.codes.items()}

    @cached_property
    def program(self) -> Program:
        return analyse_files(self.modules, Modules(self.modules, vendor_packages()), event_libraries())

    @cached_property
    def kept(self) -> set[cst.CSTNode]:
        return Staying(self.program, self._vendor).kept


def sdk_references(codes: Mapping[Path, str], vendor: Vendor) -> dict[Path, SdkReferences]:
    """What each file of a project says of a vendor's SDK; all of them must be valid Python."""
    followed = _Followed(codes, vendor)
    return {path: SdkReferences(code, vendor, path, followed) for path, code in codes.items()}


class SdkReferences:
    """What a program, whose code must be valid Python, says of a vendor's SDK."""

    def __init__(self, code: str, vendor: Vendor, path: Path = _PATH, followed: _Followed | None = None) -> None:
        self._code = code
        self._vendor = vendor
        self._path = path
        self._followed = followed if followed is not None else _Followed({path: code}, vendor)
        self._roots = {package.split(".")[0] for one in Vendor for package in sdk.PACKAGE.of(one)}

    @property
    def names(self) -> list[Reference]:
        """What is named of the modules for live sessions, in order: where it is imported, and where it is used."""
        found = {Reference(line, Sort.NAME, name) for line, _, name in self._named()}
        return sorted(found, key=lambda one: (one.line, one.sort, one.text))

    @property
    def members(self) -> list[Reference]:
        """What only this vendor's SDK has and is asked of an object that either SDK gave, in order."""
        if not any(self._imports_sdk(code) for code in self._followed.codes.values()):
            return []
        words = members_of(self._vendor)
        found = {
            Reference(self._lines[node].start.line, Sort.MEMBER, node.attr.value)
            for node in self._nodes
            if isinstance(node, cst.Attribute) and node.attr.value in words and self._is_of_sdk(node.value)
        }
        return sorted(found, key=lambda one: (one.line, one.sort, one.text))

    def _imports_sdk(self, code: str) -> bool:
        """Whether a program may import an SDK: one that only names its vendor's hosts need not be followed."""
        roots = "|".join(sorted(self._roots))
        return (
            re.search(rf"(?m)^\s*(?:import|from)\s.*\b(?:{roots})\b|\bimport_module\b|\b__import__\b", code) is not None
        )

    def is_kept(self, reference: Reference) -> bool:
        """Whether a reference belongs to calls that stay with this vendor: what they are made of, and its imports."""
        if reference.sort is Sort.NAME:
            return any((line, name) == (reference.line, reference.text) for line, _, name in self._named_and_kept)
        if reference.sort is Sort.PACKAGE:
            return reference.line in self._imports_kept
        if reference.sort is Sort.MEMBER:
            return (reference.line, reference.text) in self._names_kept
        return reference.line in self._lines_of_texts_kept

    @cached_property
    def _kept(self) -> list[cst.CSTNode]:
        return [node for node in self._nodes if node in self._followed.kept]

    @cached_property
    def _names_kept(self) -> set[tuple[int, str]]:
        return {(self._lines[node].start.line, node.value) for node in self._kept if isinstance(node, cst.Name)}

    @cached_property
    def _lines_of_texts_kept(self) -> set[int]:
        texts = [node for node in self._kept if isinstance(node, (cst.SimpleString, cst.FormattedStringText))]
        return {self._lines[node].start.line for node in texts}

    @cached_property
    def _named_and_kept(self) -> list[tuple[int, str, str]]:
        """The SDK's names that are used there, and their imports."""
        used = [one for one in self._named() if one[:2] in self._names_kept]
        return used + [one for one in self._named(imports_only=True) if one[1] in {local for _, local, _ in used}]

    @cached_property
    def _imports_kept(self) -> set[int]:
        """The lines of the imports of which something is used there."""
        names = {name for _, name in self._names_kept}
        return {
            node.lineno
            for node in ast.walk(ast.parse(self._code))
            if isinstance(node, (ast.Import, ast.ImportFrom))
            and any((one.asname or one.name).split(".")[0] in names for one in node.names)
        }

    # --- reading ---------------------------------------------------------------------------------

    def _named(self, *, imports_only: bool = False) -> Iterator[tuple[int, str, str]]:
        """Each name of the SDK: its line, the program's own name by which it is reached, and the SDK's name."""
        if not any(root in self._code for root in self._roots):
            return
        tree = ast.parse(self._code)
        reached: dict[str, str] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                reached |= {one.asname: one.name for one in node.names if one.asname}
                reached |= {(first := one.name.split(".")[0]): first for one in node.names if not one.asname}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                for one in node.names:
                    local, whole = one.asname or one.name, f"{node.module}.{one.name}"
                    reached[local] = whole
                    name = self._name(whole)
                    if name is not None:
                        yield one.lineno, local, name
        if imports_only:
            return
        for node in ast.walk(tree):
            chain = _chain(node)
            if chain and chain[0] in reached and isinstance(getattr(node, "ctx", None), ast.Load):
                name = self._name(".".join([reached[chain[0]], *chain[1:]]))
                if name is not None:
                    yield node.lineno, chain[0], name  # type: ignore[attr-defined]

    def _name(self, whole: str) -> str | None:
        """The SDK's name that a dotted name is; None where it is nothing for live sessions, or goes on behind it."""
        module, _, name = whole.rpartition(".")
        packages = sdk.PACKAGE.of(self._vendor)
        older = assemblyai_v2_sdk.CLIENT.of(self._vendor) if self._vendor is Vendor.ASSEMBLYAI else ()
        is_older = name in older and module == packages[0].split(".")[0]
        is_inside = any(module == one or module.startswith(f"{one}.") for one in packages)
        return name if is_older or is_inside else None

    @property
    def _module(self) -> cst.Module:
        return self._followed.modules[self._path]

    @property
    def _program(self) -> Program:
        return self._followed.program

    @cached_property
    def _nodes(self) -> list[cst.CSTNode]:
        return list(self._program.nodes_in(self._module))

    @cached_property
    def _lines(self) -> Mapping[cst.CSTNode, CodeRange]:
        return MetadataWrapper(self._module, unsafe_skip_copy=True).resolve(PositionProvider)

    def _is_of_sdk(self, owner: cst.BaseExpression) -> bool:
        return any(self._is_object(one) for one in alternatives(self._program.value(owner)))

    def _is_object(self, value: Value) -> bool:
        match value:
            case LibraryObject(made_by):
                return made_by.split(".")[0] in self._roots
            case Parsed(Delivered()) | Delivered():
                return True
        return False


def _chain(node: ast.AST) -> list[str]:
    """The names of `a.b.c`; none for anything else."""
    match node:
        case ast.Name(id=name):
            return [name]
        case ast.Attribute(value, attr):
            before = _chain(value)
            return [*before, attr] if before else []
    return []
