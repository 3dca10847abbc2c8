"""A whole run of the tests uses every row of the map; one that is never used fails the run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings

from shim.mapping.catalogue import ALL_ROWS
from shim.mapping.row import used_rows

settings.register_profile("ci", derandomize=True, deadline=None)
settings.load_profile("ci")

_unused: set[str] = set()


@pytest.fixture(scope="session", autouse=True)
def own_state_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What programs of the tests remember does not go into the folder of whoever runs them."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


def _is_whole(config: pytest.Config) -> bool:
    """Whether nothing of the suite was left out."""
    chosen = config.option.keyword or config.option.markexpr or getattr(config.option, "lf", False)
    chosen = chosen or config.option.collectonly
    return not chosen and list(config.args) == list(config.getini("testpaths"))


def pytest_testnodedown(node: Any, error: object) -> None:
    """Gathers what the workers of a parallel run used."""
    used_rows.update(getattr(node, "workeroutput", {}).get("used_rows", ()))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fails a whole and otherwise good run that left a row out."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["used_rows"] = sorted(used_rows)
        return
    _unused.update({row.id for row in ALL_ROWS} - used_rows)
    if _unused and session.exitstatus == 0 and session.testscollected and _is_whole(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Names the rows that no test used."""
    if _unused and _is_whole(config):
        terminalreporter.section("rows of the map that no test used", red=True)
        for name in sorted(_unused):
            terminalreporter.line(name)
