"""A vendor's whole package under another name, with some of its classes replaced by subclasses.

The package is not copied and not changed: every name is looked up in it when it is asked for, its submodules too
(`shim.gladiaio_sdk.v2.live.types` shows what `gladiaio_sdk.v2.live.types` holds). So classes are the vendor's own
objects, and `isinstance` holds across the two names. Only where a replaced class would come out, its subclass does.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.metadata import PackageNotFoundError, version
from types import ModuleType
from typing import Any


class VendorPackage(MetaPathFinder, Loader):
    """Shows the package `vendor` as `ours`.

    Raises ImportError where the vendor's package is not installed, or is older than `least`, naming the extra of
    sttbridge that brings it.
    """

    def __init__(self, ours: str, vendor: str, *, distribution: str, least: tuple[int, ...], extra: str) -> None:
        self._ours = ours
        self._vendor = vendor
        self._replaced: dict[type, type] = {}
        try:
            self.module = importlib.import_module(vendor)
        except ModuleNotFoundError as error:
            if error.name != vendor:
                raise
            problem = f"{ours} needs the package {vendor}, which is not installed"
            raise ImportError(f"{problem}; pip install 'sttbridge[{extra}]'", name=vendor) from None
        try:
            installed = version(distribution)
        except PackageNotFoundError:  # a copy without its metadata
            return
        if tuple(int(number) for number in re.findall(r"\d+", installed)[: len(least)]) < least:
            problem = f"{ours} needs {distribution} {'.'.join(map(str, least))} or later, and {installed} is installed"
            raise ImportError(f"{problem}; pip install -U 'sttbridge[{extra}]'", name=vendor)

    def show(self, replaced: Mapping[type, type]) -> None:
        """From now on the submodules are found, and each class that is a key comes out as its value."""
        self._replaced.update(replaced)
        # At the end: our own files come first. Nothing but names below ours is answered.
        sys.meta_path[:] = [finder for finder in sys.meta_path if not self._is_an_earlier(finder)]
        sys.meta_path.append(self)

    def _is_an_earlier(self, finder: object) -> bool:
        return isinstance(finder, VendorPackage) and finder._ours == self._ours

    def complete(self, own: dict[str, Any], theirs: ModuleType) -> None:
        """Gives a module of ours, by its globals, every name of the vendor's module that it has not itself."""
        own["__all__"] = list(getattr(theirs, "__all__", None) or [name for name in vars(theirs) if name[0] != "_"])
        own["__getattr__"] = self._getter(theirs)
        own["__dir__"] = lambda: sorted({*own, *dir(theirs)})

    def _getter(self, module: ModuleType) -> Callable[[str], object]:

        def __getattr__(name: str) -> object:
            try:
                value = getattr(module, name)
            except AttributeError:
                problem = f"module {self._our_name(module.__name__)!r} has no attribute {name!r}"
                raise AttributeError(problem) from None
            if isinstance(value, ModuleType) and value.__name__.startswith(f"{self._vendor}."):
                return importlib.import_module(self._our_name(value.__name__))
            return self._replaced.get(value, value) if isinstance(value, type) else value

        return __getattr__

    def _our_name(self, vendor_name: str) -> str:
        return self._ours + vendor_name.removeprefix(self._vendor)

    def _vendor_name(self, our_name: str) -> str:
        return self._vendor + our_name.removeprefix(self._ours)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None, /
    ) -> ModuleSpec | None:
        if not fullname.startswith(f"{self._ours}."):
            return None
        theirs = importlib.util.find_spec(self._vendor_name(fullname))
        if theirs is None:
            return None
        return ModuleSpec(fullname, self, is_package=theirs.submodule_search_locations is not None)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        theirs = importlib.import_module(self._vendor_name(module.__name__))
        module.__doc__ = theirs.__doc__
        self.complete(vars(module), theirs)
