"""Dependencies of a project: the vendor's package is swapped where no program uses the old one any more."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codemods.project_files.conda_environment import migrate_conda_environment
from codemods.project_files.dependencies import Wanted
from codemods.project_files.pipfile import migrate_pipfile
from codemods.project_files.pyproject import migrate_pyproject
from codemods.project_files.requirements_file import migrate_requirements
from codemods.project_files.setup_cfg import migrate_setup_cfg
from tests.project_runs import (
    ASSEMBLYAI_PROGRAM,
    ASSEMBLYAI_SDK_PROGRAM,
    GLADIA_PROGRAM,
    GLADIA_SDK_PROGRAM,
    migrated_project,
    repository,
    run_over,
)

SWAP = Wanted("gladiaio-sdk", "assemblyai>=1.1")
STAYS = Wanted("gladiaio-sdk", "assemblyai>=1.1", (Path("old.py"),), True)
NOTHING_MOVED = Wanted("gladiaio-sdk", "assemblyai>=1.1", (Path("old.py"),), False)
NEEDS = Wanted("gladiaio-sdk", "assemblyai>=1.1", (), True, ("requests>=2", "websockets"))

LEFT_WHOLE = """\
from gladiaio_sdk import GladiaClient

client = GladiaClient(api_key="k")
session = client.live_v2().start_session(load_settings())
session.on("message", handlers[0])
"""
"""A program whose session cannot be followed."""


def test_a_requirements_file_keeps_everything_but_the_one_line(tmp_path: Path) -> None:
    before = """\
# what the service runs on
-r base.txt
-e ./libs/audio
--index-url https://example.org/simple
aiohttp[speedups]>=3.9 ; python_version >= "3.9"
Gladiaio_SDK[extra]==2.1.0 ; python_version >= "3.9"  # speech
websockets>=15
"""
    run = migrated_project(
        tmp_path, {"app.py": GLADIA_SDK_PROGRAM, "requirements.txt": before, "base.txt": "gladiaio-sdk\n"}
    )
    assert run.text("requirements.txt") == before.replace("Gladiaio_SDK[extra]==2.1.0", "assemblyai>=1.1")
    assert run.codes("requirements.txt") == ["STB140:6"]
    assert "[extra]" in run.said("requirements.txt")
    assert "base.txt" not in run.files, "a file that is no requirements file by its name is nobody's"


def test_both_stay_as_long_as_a_program_uses_the_old_one(tmp_path: Path) -> None:
    run = migrated_project(
        tmp_path,
        {"app.py": GLADIA_SDK_PROGRAM, "old.py": LEFT_WHOLE, "requirements.txt": "gladiaio-sdk==2.1\nrequests"},
    )
    assert run.text("requirements.txt") == "gladiaio-sdk==2.1\nassemblyai>=1.1\nrequests"
    assert sorted(run.codes("requirements.txt")) == ["STB141:1", "STB142:1"]
    assert "old.py still imports it" in run.said("requirements.txt")


def test_nothing_is_touched_where_no_program_could_be_migrated(tmp_path: Path) -> None:
    run = migrated_project(tmp_path, {"old.py": LEFT_WHOLE, "requirements.txt": "gladiaio-sdk==2.1\n"})
    assert run.text("requirements.txt") == "gladiaio-sdk==2.1\n"
    assert run.codes("requirements.txt") == ["STB142:1"]


def test_a_result_that_is_only_shown_moves_no_dependency(tmp_path: Path) -> None:
    repository(tmp_path, {"app.py": GLADIA_SDK_PROGRAM, "requirements.txt": "gladiaio-sdk\n"})
    run = run_over(tmp_path)
    assert run.files["requirements.txt"].changes
    from codemods.migration import Options
    from codemods.programs import migrate_files
    from codemods.project_files import migrate_project_files, read_project_files

    programs = list(migrate_files([tmp_path / "app.py"], "assemblyai", Options(unsafe=True)))
    contents = read_project_files([tmp_path / "requirements.txt"])
    (file,) = migrate_project_files(contents, programs, "assemblyai", is_written=lambda _: False)
    assert not file.changes and [one.kind.code for one in file.migration.findings] == ["STB142"]


def test_what_a_migrated_program_newly_imports_is_added_where_it_belongs(tmp_path: Path) -> None:
    run = migrated_project(
        tmp_path,
        {
            "services/stt/app.py": ASSEMBLYAI_PROGRAM,
            "services/stt/requirements.txt": "websocket-client>=1.8\r\npyaudio",
            "services/web/requirements.txt": "flask\n",
            "services/web/app.py": "import flask\n",
        },
        to="gladia",
    )
    assert run.text("services/stt/requirements.txt") == "websocket-client>=1.8\r\npyaudio\r\nrequests"
    assert run.codes("services/stt/requirements.txt") == ["STB141:2"]
    assert "services/web/requirements.txt" not in run.files


def test_a_constraint_is_swapped_and_nothing_is_added_to_it() -> None:
    assert migrate_requirements("gladiaio-sdk==2.1\nidna==3\n", SWAP)[0] == "assemblyai>=1.1\nidna==3\n"


def test_no_package_is_named_twice() -> None:
    after, findings = migrate_requirements("assemblyai==1.8\ngladiaio-sdk==2.1\ngladiaio.sdk\n", SWAP)
    assert after == "assemblyai==1.8\n"
    assert [one.line for one in findings] == [2, 3]


@pytest.mark.parametrize(
    "text",
    [
        "gladiaio-sdk @ git+https://example.org/fork.git\n",
        "-e git+https://example.org/fork.git#egg=gladiaio-sdk\n",
    ],
)
def test_a_fork_is_left_to_a_person(text: str) -> None:
    after, findings = migrate_requirements(text, SWAP)
    assert after == text
    assert [one.kind.code for one in findings] == ["STB344"]


def test_a_file_with_hashes_is_a_lock_file() -> None:
    text = "gladiaio-sdk==2.1.0 \\\n    --hash=sha256:00\nidna==3.4 \\\n    --hash=sha256:11\n"
    after, findings = migrate_requirements(text, SWAP)
    assert after == text
    assert [(one.kind.code, one.line) for one in findings] == [("STB340", 1)]


@pytest.mark.parametrize(
    "text",
    [
        "gladiaio-sdk-extras==1\nmy-gladiaio-sdk\n",
        "# gladiaio-sdk was here\nassemblyai>=1.1\n",
        "-c constraints/gladiaio-sdk.txt\n./vendor/gladiaio-sdk\n",
        "",
    ],
)
def test_requirements_in_which_nothing_may_change(text: str) -> None:
    assert migrate_requirements(text, SWAP) == (text, [])


PYPROJECT = """\
[project]
name = "app"
dependencies = [
    "aiohttp>=3", # web
    # speech
    'gladiaio-sdk>=2.1; sys_platform != "win32"', # stt
]

[project.optional-dependencies]
stt = ["gladiaio-sdk", "pyaudio"]

[dependency-groups]
test = ["pytest", {include-group = "lint"}, "gladiaio_sdk==2.1"]

[tool.uv]
dev-dependencies = ["gladiaio-sdk"]

[tool.pdm.dev-dependencies]
dev = ["gladiaio-sdk"]

[tool.other]
gladiaio-sdk = "1"
"""


def test_every_list_of_a_pyproject_is_swapped_and_its_comments_stay() -> None:
    after, findings = migrate_pyproject(PYPROJECT, SWAP)
    wanted = PYPROJECT.replace("'gladiaio-sdk>=2.1; sys", "'assemblyai>=1.1; sys")
    for old in ('"gladiaio-sdk"', '"gladiaio_sdk==2.1"'):
        wanted = wanted.replace(old, '"assemblyai>=1.1"')
    assert after == wanted
    assert [one.kind.code for one in findings] == ["STB140"] * 5 + ["STB341"]
    assert findings[-1].line == 22, "what another tool has there is only named"
    findings = findings[:-1]
    assert findings[0].line == 6
    assert migrate_pyproject(after, SWAP)[0] == after


def test_what_is_needed_joins_the_projects_own_dependencies() -> None:
    after, findings = migrate_pyproject(PYPROJECT, NEEDS)
    assert '    "requests>=2",\n' in after and '    "websockets",\n' in after
    assert [one.kind.code for one in findings].count("STB141") == 2
    assert migrate_pyproject(after, NEEDS)[0] == after


def test_windows_line_ends_stay() -> None:
    before = PYPROJECT.replace("\n", "\r\n")
    after, _ = migrate_pyproject(before, NEEDS)
    assert after.count("\n") == after.count("\r\n") == PYPROJECT.count("\n") + 2


POETRY = """\
[tool.poetry]
name = "app"

[tool.poetry.dependencies]
python = "^3.11"
gladiaio-sdk = "^2.1"  # speech
pyaudio = "*"

[tool.poetry.group.dev.dependencies]
"gladiaio_sdk" = '2.1.0'

[build-system]
requires = ["poetry-core"]
"""


def test_poetrys_tables_are_swapped_in_place() -> None:
    after, findings = migrate_pyproject(POETRY, SWAP)
    assert after == POETRY.replace('gladiaio-sdk = "^2.1"', 'assemblyai = ">=1.1"').replace(
        "\"gladiaio_sdk\" = '2.1.0'", "assemblyai = '>=1.1'"
    )
    assert [(one.kind.code, one.line) for one in findings] == [("STB140", 6), ("STB140", 10)]
    assert migrate_pyproject(after, SWAP) == (after, [])


def test_poetry_keeps_both_and_gets_what_is_needed() -> None:
    after, _ = migrate_pyproject(POETRY, STAYS)
    assert 'gladiaio-sdk = "^2.1"  # speech\nassemblyai = ">=1.1"\npyaudio' in after
    after, _ = migrate_pyproject(POETRY, NEEDS)
    assert 'pyaudio = "*"\nrequests = ">=2"\nwebsockets = "*"\n\n[tool' in after.replace("\r", "")
    assert migrate_pyproject(after, NEEDS) == (after, [])


def test_a_dependency_of_poetrys_with_conditions_and_its_extra_are_swapped() -> None:
    text = """\
[tool.poetry.dependencies]
gladiaio-sdk = { version = "^2", optional = true }  # speech

[tool.poetry.extras]
stt = ["gladiaio-sdk", "pyaudio"]

[[tool.mypy.overrides]]
module = "gladiaio_sdk.*"
"""
    after, findings = migrate_pyproject(text, SWAP)
    assert 'assemblyai = { version = ">=1.1", optional = true }  # speech\n' in after
    assert 'stt = ["assemblyai", "pyaudio"]' in after
    assert [(one.kind.code, one.line) for one in findings] == [("STB140", 2), ("STB341", 8)]


def test_a_dependency_of_poetrys_that_is_more_than_a_version_is_left_to_a_person() -> None:
    text = '[tool.poetry.dependencies]\ngladiaio-sdk = { git = "https://example.org/fork.git" }\n'
    after, findings = migrate_pyproject(text, SWAP)
    assert after == text and [one.kind.code for one in findings] == ["STB344"]


def test_a_pyproject_that_is_no_toml_is_said() -> None:
    text = '[project\ndependencies = ["gladiaio-sdk"]\n'
    after, findings = migrate_pyproject(text, SWAP)
    assert after == text and [one.kind.code for one in findings] == ["STB442"]


SETUP_CFG = """\
[metadata]
name = app
description = speech by gladiaio-sdk

[options]
install_requires =
    # speech
    gladiaio-sdk>=2.1 ; python_version >= "3.9"
    requests
[options.extras_require]
stt = gladiaio-sdk
dev =
    pytest
    gladiaio-sdk==2.1  # pinned
"""


def test_setup_cfg_is_edited_line_by_line() -> None:
    after, findings = migrate_setup_cfg(SETUP_CFG, SWAP)
    assert after == SETUP_CFG.replace("    gladiaio-sdk>=2.1", "    assemblyai>=1.1").replace(
        "stt = gladiaio-sdk", "stt = assemblyai>=1.1"
    ).replace("    gladiaio-sdk==2.1", "    assemblyai>=1.1")
    assert [one.line for one in findings] == [8, 11, 14]
    assert migrate_setup_cfg(after, SWAP) == (after, [])
    needed, _ = migrate_setup_cfg(SETUP_CFG, NEEDS)
    assert "    requests\n    websockets\n[options.extras" in needed
    both, _ = migrate_setup_cfg(SETUP_CFG, STAYS)
    assert '    gladiaio-sdk>=2.1 ; python_version >= "3.9"\n    assemblyai>=1.1\n' in both


CONDA = """\
name: app
dependencies:
  - python=3.11  # ours
  - conda-forge::requests=2.32
  - pip
  - pip:
      - "gladiaio-sdk==2.1"  # speech
      - pyaudio
variables:
  A: gladiaio-sdk
"""


def test_the_pip_list_of_an_environment_is_swapped() -> None:
    after, findings = migrate_conda_environment(CONDA, SWAP)
    assert after == CONDA.replace('"gladiaio-sdk==2.1"', '"assemblyai>=1.1"')
    assert [one.line for one in findings] == [7]
    after, _ = migrate_conda_environment(CONDA, NEEDS)
    assert "      - pyaudio\n      - websockets\nvariables" in after, "requests comes by conda"
    assert migrate_conda_environment(after, NEEDS) == (after, [])


def test_a_pipfile_is_swapped_in_every_category() -> None:
    before = '[[source]]\nname = "x"\n\n[packages]\ngladiaio-sdk = "*"\n\n[dev-packages]\ngladiaio-sdk = "==2.1"\n'
    after, _ = migrate_pipfile(before, NEEDS)
    assert '[packages]\nassemblyai = ">=1.1"\nrequests = ">=2"\nwebsockets = "*"\n' in after
    assert after.endswith('[dev-packages]\nassemblyai = ">=1.1"\n')
    assert migrate_pipfile(after, NEEDS) == (after, [])


@pytest.mark.parametrize(
    ("migrate", "text"),
    [
        (migrate_pyproject, PYPROJECT),
        (migrate_pyproject, POETRY),
        (migrate_setup_cfg, SETUP_CFG),
        (migrate_conda_environment, CONDA),
        (migrate_requirements, "gladiaio-sdk\n"),
    ],
)
def test_the_old_package_stays_everywhere_while_it_is_used(migrate, text) -> None:  # type: ignore[no-untyped-def]
    after, findings = migrate(text, NOTHING_MOVED)
    assert after == text
    assert {one.kind.code for one in findings} == {"STB142"}


_TEXTS = st.text(
    st.sampled_from("ab-=.,;#[]\"'\\ \t\r\n:@{}>1") | st.characters(exclude_categories=["Cs"]), max_size=60
)


@given(_TEXTS, _TEXTS, st.sampled_from(["", "gladiaio-sdk", "gladiaio-sdk==2.1", "[options]\ninstall_requires =\n  x"]))
@pytest.mark.parametrize(
    "migrate",
    [migrate_pyproject, migrate_setup_cfg, migrate_conda_environment, migrate_requirements, migrate_pipfile],
)
def test_any_text_is_read_and_a_second_time_changes_nothing(migrate, before: str, after: str, name: str) -> None:  # type: ignore[no-untyped-def]
    text = f"{before}{name}{after}"
    for wanted in (SWAP, STAYS, NOTHING_MOVED):
        once, findings = migrate(text, wanted)
        assert migrate(once, wanted)[0] == once
        assert once == text or findings, "nothing changes without a word"
        assert all(0 <= one.line <= text.count("\n") + text.count("\r") + 20 for one in findings)


def test_lock_files_are_named_beside_what_changed(tmp_path: Path) -> None:
    files = {
        "app.py": GLADIA_SDK_PROGRAM,
        "pyproject.toml": '[project]\nname = "a"\ndependencies = ["gladiaio-sdk"]\n',
        "uv.lock": '[[package]]\nname = "gladiaio-sdk"\nversion = "2.1"\n',
        "other/poetry.lock": '[[package]]\nname = "requests"\n',
    }
    run = migrated_project(tmp_path, files)
    assert run.codes("uv.lock") == ["STB340:2"] and "`uv lock`" in run.said("uv.lock")
    assert "other/poetry.lock" not in run.files
    assert run_over(tmp_path).codes("uv.lock") == ["STB340:2"], "until somebody locks again"
    (tmp_path / "uv.lock").write_text('[[package]]\nname = "assemblyai"\n')
    assert run_over(tmp_path).files == {}


def test_a_lock_file_is_for_the_members_below_it(tmp_path: Path) -> None:
    member = '[project]\nname = "a"\ndependencies = ["gladiaio-sdk"]\n'
    files = {
        "packages/a/app.py": GLADIA_SDK_PROGRAM,
        "packages/a/pyproject.toml": member,
        "uv.lock": '[[package]]\nname = "gladiaio-sdk"\n',
        "other/uv.lock": '[[package]]\nname = "idna"\n',
    }
    run = migrated_project(tmp_path, files)
    assert run.codes("uv.lock") == ["STB340:2"] and "other/uv.lock" not in run.files


def test_a_locked_requirements_file_lacks_what_is_new(tmp_path: Path) -> None:
    locked = "# This file was autogenerated by uv via the following command:\nwebsocket-client==1.8\n"
    files = {"app.py": ASSEMBLYAI_PROGRAM, "requirements.in": "websocket-client\n", "requirements.txt": locked}
    run = migrated_project(tmp_path, files, to="gladia")
    assert run.text("requirements.in") == "websocket-client\nrequests\n"
    assert run.text("requirements.txt") == locked and run.codes("requirements.txt") == ["STB340:"]


def test_a_setup_script_is_left_to_a_person(tmp_path: Path) -> None:
    setup = 'from setuptools import setup\n\nsetup(name="a", install_requires=["gladiaio-sdk>=2"])\n'
    run = migrated_project(tmp_path, {"setup.py": setup, "app.py": GLADIA_PROGRAM})
    assert run.codes("setup.py") == ["STB344:3"]
    assert (tmp_path / "setup.py").read_text() == setup


def test_the_other_direction_swaps_the_other_way(tmp_path: Path) -> None:
    run = migrated_project(
        tmp_path,
        {
            "app.py": ASSEMBLYAI_SDK_PROGRAM,
            "requirements.txt": "assemblyai-haystack==1\nassemblyai[extras]==1.8.0\n",
            "pyproject.toml": "[tool.ruff]\nline-length = 100\n",
        },
        to="gladia",
    )
    assert run.text("requirements.txt").startswith("assemblyai-haystack==1\ngladiaio-sdk>=2.2\n")
    assert "pyproject.toml" not in run.files


def test_a_program_that_keeps_the_package_for_something_else_keeps_it(tmp_path: Path) -> None:
    prerecorded = 'import assemblyai as aai\n\nprint(aai.Transcriber().transcribe("a.wav").text)\n'
    run = migrated_project(
        tmp_path,
        {"app.py": ASSEMBLYAI_SDK_PROGRAM, "batch.py": prerecorded, "requirements.txt": "assemblyai\n"},
        to="gladia",
    )
    assert run.text("requirements.txt").startswith("assemblyai\ngladiaio-sdk>=2.2\n")


def test_a_package_in_a_list_of_its_own_is_swapped_there(tmp_path: Path) -> None:
    run = migrated_project(
        tmp_path,
        {
            "app.py": GLADIA_SDK_PROGRAM,
            "requirements.txt": "-r requirements/stt.txt\npyaudio\n",
            "requirements/stt.txt": "gladiaio-sdk\n",
        },
    )
    assert run.text("requirements/stt.txt") == "assemblyai>=1.1\n"
    assert "requirements.txt" not in run.files


# --- what no program imports any more ------------------------------------------------------------

USES_REQUESTS_IN_TESTS = "import requests\n\n\ndef test_server():\n    assert requests\n"


def test_a_library_that_only_the_post_needed_is_said_and_stays(tmp_path: Path) -> None:
    before = "websockets>=15\nrequests>=2  # the session\n"
    run = migrated_project(
        tmp_path, {"app.py": GLADIA_PROGRAM, "requirements.txt": before, "constraints.txt": "requests==2.32\n"}
    )
    assert run.text("requirements.txt").startswith(before)
    assert "STB146:2" in run.codes("requirements.txt")
    assert "constraints.txt" not in run.files


def test_a_library_that_another_program_imports_is_not_spoken_of(tmp_path: Path) -> None:
    files = {"app.py": GLADIA_PROGRAM, "site.py": "import requests\n", "requirements.txt": "requests\n"}
    assert "STB146" not in " ".join(migrated_project(tmp_path, files).codes("requirements.txt"))


def test_a_library_that_tests_still_import_belongs_to_them(tmp_path: Path) -> None:
    project = """\
[project]
name = "captions"
keywords = ["requests"]
dependencies = [
    "requests[socks]>=2",
]

[project.optional-dependencies]
dev = ["requests", "pytest"]
"""
    run = migrated_project(
        tmp_path,
        {
            "app.py": GLADIA_PROGRAM,
            "tests/test_app.py": USES_REQUESTS_IN_TESTS,
            "pyproject.toml": project,
            "requirements-dev.txt": "requests\n",
        },
    )
    assert run.codes("pyproject.toml") == ["STB146:5"]
    assert "tests/test_app.py" in run.said("pyproject.toml")
    assert "requirements-dev.txt" not in run.files
