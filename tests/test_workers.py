"""Work in several processes: in order, and what goes wrong in one costs its own group only."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from codemods import workers
from codemods.files import FileMigration
from codemods.group import Group, migrate_group
from codemods.migration import Options, migrate_source
from codemods.nesting import is_nested_too_deeply
from codemods.workers import Work, default_jobs, migrate_groups
from tests.codemod_checks import fixture

BEFORE = fixture("gladia_microphone.py").encode()
AFTER = fixture("assemblyai_microphone.py").encode()
PATIENCE = 60.0


class Deed:
    """A group's contents that do something where they are unpickled, in the worker: `what` is called there."""

    def __init__(self, what: Any, *arguments: Any) -> None:
        self.call = (what, arguments)

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return self.call


def group(name: str, content: bytes = BEFORE) -> Group:
    return Group({Path(name): content}, Options())


def doing(name: str, what: Any, *arguments: Any) -> Group:
    """A group during whose arrival in a worker something is done there."""
    made = group(name)
    object.__setattr__(made, "options", Deed(what, *arguments))
    return made


def done(groups: list[Group], *, jobs: int = 2, timeout: float = PATIENCE) -> list[list[FileMigration]]:
    return list(migrate_groups(Work(groups, "assemblyai", jobs, timeout), lambda group: None))


def codes(files: list[FileMigration]) -> set[str]:
    return {finding.kind.code for file in files for finding in file.migration.findings}


@pytest.fixture(autouse=True)
def worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "WORTH_A_WORKER", 1)


def test_results_come_in_the_order_of_the_groups_and_each_is_announced() -> None:
    groups = [group(f"{number}.py", BEFORE + b"# more\n" * number) for number in range(5)]
    announced: list[Group] = []
    found = list(migrate_groups(Work(groups, "assemblyai", 2, PATIENCE), announced.append))
    assert [file.path.name for files in found for file in files] == [f"{number}.py" for number in range(5)]
    assert all(files[0].result.startswith(AFTER.rstrip()) for files in found)
    assert sorted(map(id, announced)) == sorted(map(id, groups))


def test_little_work_starts_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "WORTH_A_WORKER", 1_000_000)
    monkeypatch.setattr(workers, "_Pool", None)
    assert [files[0].result for files in done([group("a.py"), group("b.py")])] == [AFTER, AFTER]


def test_a_process_that_ends_costs_its_group_only() -> None:
    found = done([group("a.py"), doing("b.py", os._exit, 7), group("c.py")])
    assert [codes(files) == {"STB407"} for files in found] == [False, True, False]
    assert "status 7" in found[1][0].migration.findings[0].text
    assert found[1][0].result == BEFORE and found[2][0].result == AFTER


def test_a_process_that_is_stuck_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_GRACE", 0.2)
    found = done([doing("a.py", time.sleep, 600), group("b.py", b"# gladia\n")], timeout=3.0)
    assert codes(found[0]) == {"STB406"} and codes(found[1]) == set()


def test_a_group_that_takes_too_long_interrupts_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    def for_ever(*_: object) -> None:
        while True:
            time.sleep(0.01)

    monkeypatch.setattr("codemods.group.migrate_together", for_ever)
    before = signal.getsignal(signal.SIGALRM)
    assert codes(migrate_group(group("a.py"), "assemblyai", 0.05)) == {"STB406"}
    assert signal.getsignal(signal.SIGALRM) == before


def test_where_no_process_can_start_this_one_does_it(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def __init__(self, **_: object) -> None: ...

        def start(self) -> None:
            raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr("multiprocessing.context.SpawnContext.Process", Broken)
    assert [files[0].result for files in done([group("a.py"), group("b.py")])] == [AFTER, AFTER]


def test_nothing_is_left_when_the_caller_goes() -> None:
    found = migrate_groups(Work([group("a.py"), group("b.py")], "assemblyai", 2, PATIENCE), lambda group: None)
    next(found)
    found.close()  # type: ignore[attr-defined]
    import multiprocessing

    assert multiprocessing.active_children() == []


@pytest.mark.parametrize(
    "code", ["x = " + "(" * 5000 + ")" * 5000, "x = " + "-" * 50_000 + "1", "x = a" + ".b" * 20_000]
)
def test_what_is_nested_too_deeply_does_not_end_the_process(code: str) -> None:
    (finding,) = migrate_source(f"{code}\n# gladia\n", "assemblyai").findings
    assert finding.kind.code == "STB408"


def test_what_is_only_wrong_or_new_is_not_too_deep() -> None:
    assert not any(map(is_nested_too_deeply, ("def (:\n", "x = '\\d'\n", "x = '\0'\n", "def f[T](): pass\n")))


def test_jobs_are_the_cores_and_at_most_eight() -> None:
    assert 1 <= default_jobs() <= 8
