"""`import shim` loads nothing: a program that only might use it pays nothing."""

import subprocess
import sys

import pytest


def loaded_after(program: str) -> set[str]:
    """The modules that a fresh interpreter has loaded after this program, beyond those of an empty one."""
    show = "\nimport sys; print(*sorted(sys.modules))"
    seen = []
    for source in ("", program):
        done = subprocess.run(
            [sys.executable, "-c", source + show], capture_output=True, text=True, timeout=60, check=True
        )
        seen.append(set(done.stdout.split()))
    return seen[1] - seen[0]


def test_importing_shim_loads_only_shim() -> None:
    assert loaded_after("import shim") == {"shim"}


def test_its_names_are_there_without_being_loaded() -> None:
    program = "import shim\nassert {'install', 'uninstall', '__version__'} <= set(dir(shim))\n"
    assert loaded_after(program) == {"shim"}


def test_a_name_that_is_used_is_loaded_then() -> None:
    loaded = loaded_after("import shim\nassert callable(shim.install) and callable(shim.uninstall)\n")
    assert "shim.in_process" in loaded
    # Not even then what only a running gateway needs.
    assert loaded.isdisjoint({"aiohttp", "trustme", "cryptography", "msgspec", "libcst", "rich"})


def test_a_gateway_loads_no_database_unless_jobs_are_kept_in_one() -> None:
    program = (
        "from shim.gateway.app import make_app\n"
        "from shim.gateway.settings import Settings\n"
        "make_app(Settings('gladia', 'assemblyai'))\n"
    )
    loaded = loaded_after(program)
    assert "aiohttp" in loaded
    assert loaded.isdisjoint({"sqlalchemy", "psycopg", "prometheus_client"})


def test_switched_off_it_stays_light() -> None:
    program = (
        "import os, shim\n"
        "os.environ['STTBRIDGE_DISABLE'] = '1'\n"
        "assert not shim.install(api='gladia', over='assemblyai').active\n"
    )
    assert loaded_after(program).isdisjoint({"aiohttp", "trustme", "cryptography", "uvloop"})


def test_the_version_is_the_distributions() -> None:
    from importlib.metadata import version

    import shim

    assert shim.__version__ == version("sttbridge")


def test_an_unknown_name_is_an_attribute_error() -> None:
    import shim

    with pytest.raises(AttributeError, match="module 'shim' has no attribute 'instal'"):
        shim.instal  # noqa: B018
