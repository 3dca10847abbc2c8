"""Code written for Gladia or AssemblyAI, carried unchanged over the other one's service.

    import shim

    shim.install(api="gladia", over="assemblyai")

Importing this loads nothing else; `install` does.
"""

TYPE_CHECKING = False  # as in typing, which would be the only import here
if TYPE_CHECKING:
    from shim.in_process import Installation, install, uninstall

    __version__: str

__all__ = ["Installation", "__version__", "install", "uninstall"]


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import version

        return version("sttbridge")
    if name in __all__:
        from shim import in_process

        return getattr(in_process, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
