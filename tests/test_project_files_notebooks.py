"""Notebooks: the code cells are one program; what is not Python stays, and the JSON around the edits is not touched."""

from __future__ import annotations

import ast
import builtins
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codemods.migration import Options
from codemods.project_files import migrate_project_files, read_project_files
from codemods.project_files.notebook_json import cells_of, with_sources
from codemods.project_files.notebook_program import program_of
from tests.project_runs import (
    ASSEMBLYAI_PROGRAM,
    GLADIA_PROGRAM,
    GLADIA_SDK_PROGRAM,
    ProjectRun,
    migrated_project,
    repository,
    run_over,
)

OUTPUT = {"name": "stdout", "output_type": "stream", "text": ["ré/sult\n", "\u001b[1mgladia\u001b[0m\n"]}


def cell(source: str, kind: str = "code", **more: Any) -> dict[str, Any]:
    lines = re.findall(r"[^\n]*\n|[^\n]+", source)
    code = {"execution_count": 1, "outputs": [OUTPUT]} if kind == "code" else {}
    return {"cell_type": kind, **code, "metadata": {"tags": ["a"]}, "source": lines, **more}


def notebook(*cells: dict[str, Any] | str, language: str = "python", indent: int | None = 1) -> str:
    content = {
        "cells": [one if isinstance(one, dict) else cell(one) for one in cells],
        "metadata": {"kernelspec": {"display_name": "K", "language": language, "name": "k"}},
        "nbformat": 4,
        "nbformat_minor": 4,
    }
    return json.dumps(content, indent=indent, ensure_ascii=False) + "\n"


def in_cells(program: str) -> list[str]:
    """A program cut in cells where its functions and main part begin."""
    imports, _, rest = program.partition("\n# Constants\n")
    constants, mark, main = rest.partition("\nasync def main")
    return [imports.strip("\n"), constants.strip("\n"), (mark + main).strip("\n")]


def migrated(tmp_path: Path, text: str, to: str = "assemblyai", **files: str) -> ProjectRun:
    return migrated_project(tmp_path, {"a.ipynb": text, **files}, to)


def sources(text: str) -> list[str]:
    return [one.source for one in cells_of(text)]


def without_code(text: str) -> Any:
    """A notebook without the sources of its code cells."""
    content = json.loads(text)
    for one in content["cells"]:
        if one["cell_type"] == "code":
            del one["source"]
    return content


def test_cells_are_migrated_as_one_program(tmp_path: Path) -> None:
    first, second, third = in_cells(GLADIA_PROGRAM)
    before = notebook(cell("# Title of Gladia\n", "markdown"), first, second, "%matplotlib inline\n!ls *.wav", third)
    run = migrated(tmp_path, before)
    after = sources(run.text("a.ipynb"))
    assert "requests" not in after[1] and "from urllib.parse import urlencode" in after[1]
    assert "ASSEMBLYAI_API_KEY" in after[2] and after[3] == "%matplotlib inline\n!ls *.wav"
    assert "streaming.assemblyai.com" in after[2] + after[4]
    assert without_code(run.text("a.ipynb")) == without_code(before)
    assert after[0] == "# Title of Gladia\n"


def test_what_comes_out_is_what_the_module_alone_gives(tmp_path: Path) -> None:
    from codemods.migration import migrate_source

    run = migrated(tmp_path, notebook(GLADIA_PROGRAM.rstrip("\n")))
    assert sources(run.text("a.ipynb")) == [
        migrate_source(GLADIA_PROGRAM, "assemblyai", Options(unsafe=True)).code.rstrip("\n")
    ]


def test_lines_that_stay_keep_their_bytes(tmp_path: Path) -> None:
    source = "x = '\\u00e9 / <tag>'  # d\u00e9j\u00e0\n" + GLADIA_PROGRAM
    before = notebook("y = 1", source).replace('"x = ', '"\\u0078 = ').replace("/", "\\/")
    run = migrated(tmp_path, before)
    after = run.text("a.ipynb")
    assert json.loads(after)["cells"][1]["source"] != json.loads(before)["cells"][1]["source"]
    old, new = before.splitlines(), after.splitlines()
    assert [line for line in new if line in old and "\\u0078" in line], "an escape of the writer's own stays"
    kept = sum(line in old for line in new)
    assert kept > 100 and after.endswith("}\n")


@pytest.mark.parametrize("indent", [None, 0, 1, 4])
def test_every_form_of_json_is_kept(tmp_path: Path, indent: int | None) -> None:
    before = notebook(*in_cells(GLADIA_PROGRAM), indent=indent).rstrip("\n").replace("\n", "\r\n")
    after = migrated(tmp_path, before).text("a.ipynb")
    assert after != before
    assert after.replace("\r\n", "\n") == json.dumps(json.loads(after), indent=indent, ensure_ascii=False)
    assert "\n" not in after.replace("\r\n", "")


def test_a_source_that_is_one_string_stays_one(tmp_path: Path) -> None:
    content = json.loads(notebook(GLADIA_PROGRAM))
    content["cells"][0]["source"] = "".join(content["cells"][0]["source"])
    after = json.loads(migrated(tmp_path, json.dumps(content)).text("a.ipynb"))
    assert isinstance(after["cells"][0]["source"], str) and "ASSEMBLYAI" in after["cells"][0]["source"]


def test_findings_name_the_cell_and_its_line(tmp_path: Path) -> None:
    first, second, third = in_cells(GLADIA_PROGRAM)
    run = migrated(tmp_path, notebook("# nothing", first, second, "%%time\n" + third))
    places = {(one.cell, one.line) for one in run.files["a.ipynb"].migration.findings}
    lines = ("%%time\n" + third).splitlines()
    config = next(number for number, line in enumerate(lines, 1) if "config = {" in line)
    assert (4, config) in places, "the model that was chosen is said of the configuration"
    assert all(one.place.startswith("cell ") for one in run.files["a.ipynb"].migration.findings)


def test_a_cell_magic_stays_at_the_head_of_its_cell(tmp_path: Path) -> None:
    run = migrated(tmp_path, notebook("%%time\n" + GLADIA_PROGRAM))
    (after,) = sources(run.text("a.ipynb"))
    assert after.startswith("%%time\nimport asyncio\n") and "ASSEMBLYAI_API_KEY" in after


def test_magics_in_blocks_and_assignments_stay(tmp_path: Path) -> None:
    head = "files = !ls\nif files:\n    %cd -q data\n    !echo one \\\n      two\nlen?\n"
    run = migrated(tmp_path, notebook(head + GLADIA_PROGRAM))
    (after,) = sources(run.text("a.ipynb"))
    assert head in after and "ASSEMBLYAI_API_KEY" in after


def test_lines_that_only_look_like_magics_are_python(tmp_path: Path) -> None:
    source = 'text = """\n%pip install gladiaio-sdk\n"""\nz = (7\n  % 3)\n'
    run = migrated(tmp_path, notebook(source))
    assert run.text("a.ipynb") == notebook(source)


def test_install_commands_are_swapped(tmp_path: Path) -> None:
    before = notebook(
        "%pip install -q gladiaio-sdk pyaudio\n",
        "!pip3 install 'gladiaio_sdk>=2.1' requests  # for speech",
        "%%bash\nset -e\npip install --upgrade gladiaio-sdk==2.1 && ls",
        GLADIA_SDK_PROGRAM,
    )
    run = migrated(tmp_path, before)
    after = sources(run.text("a.ipynb"))
    assert after[0] == "%pip install -q assemblyai pyaudio\n"
    assert after[1] == '!pip3 install "assemblyai>=1.1" requests  # for speech'
    assert after[2] == '%%bash\nset -e\npip install --upgrade "assemblyai>=1.1" && ls'
    assert {code for code in run.codes("a.ipynb") if code.startswith("STB140")} == {
        "STB140:cell 1:1",
        "STB140:cell 2:1",
        "STB140:cell 3:3",
    }


def test_what_a_notebook_newly_imports_is_installed_by_it(tmp_path: Path) -> None:
    run = migrated(tmp_path, notebook("!pip install websocket-client", ASSEMBLYAI_PROGRAM), "gladia")
    assert sources(run.text("a.ipynb"))[0].startswith("!pip install websocket-client requests")


def test_a_notebook_can_be_given_the_shim(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    program = "# speech\nimport os\nfrom gladiaio_sdk import GladiaClient\nrun(GladiaClient())"
    path.write_text(notebook(cell("Speech", "markdown"), "!pip install gladiaio-sdk", program))
    options = Options(fallback_shim=True)
    (file,) = migrate_project_files(read_project_files([path]), [], "assemblyai", options)
    after = sources(file.result.decode())
    assert after[1] == "!pip install gladiaio-sdk sttbridge"
    assert 'shim.install(api="gladia", over="assemblyai")' in after[2] and after[2].startswith("# speech\nimport os\n")
    path.write_bytes(file.result)
    (again,) = migrate_project_files(read_project_files([path]), [], "assemblyai", options)
    assert not again.changes and not again.migration.unfinished


def test_edits_with_a_caveat_wait_for_unsafe(tmp_path: Path) -> None:
    pairs = Path(__file__).parent.parent / "fixtures" / "pairs"
    program = (pairs / "to_assemblyai" / "unsafe" / "pauses_the_player.before.py").read_text(encoding="utf-8")
    repository(tmp_path, {"a.ipynb": notebook(program), "requirements.txt": "gladiaio-sdk\n"})
    file = run_over(tmp_path, unsafe=False).files["a.ipynb"]
    assert file.changes and not file.is_written
    assert run_over(tmp_path, unsafe=True).files["a.ipynb"].is_written


def test_other_commands_that_name_the_old_service_are_said(tmp_path: Path) -> None:
    before = notebook("%env GLADIA_API_KEY=9f2c-secret", "%%writefile a.sh\ncurl https://api.gladia.io", GLADIA_PROGRAM)
    run = migrated(tmp_path, before)
    assert [code for code in run.codes("a.ipynb") if code.startswith("STB346")] == [
        "STB346:cell 1:1",
        "STB346:cell 2:2",
    ]
    file = run.files["a.ipynb"]
    assert "9f2c" not in run.said("a.ipynb") + "".join(file.shown()) and file.secret
    assert sources(run.text("a.ipynb"))[:2] == sources(before)[:2]


def test_a_notebook_that_cannot_be_finished_is_left_whole(tmp_path: Path) -> None:
    before = notebook("!pip install gladiaio-sdk", "from gladiaio_sdk import GladiaClient\nrun(GladiaClient())\n")
    run = migrated(tmp_path, before, **{"requirements.txt": "gladiaio-sdk\n"})
    assert run.text("a.ipynb") == before
    assert any(code.startswith("STB3") for code in run.codes("a.ipynb"))
    assert run.codes("requirements.txt") == ["STB142:1"], "the notebook is a program of the run"


def test_a_broken_cell_is_skipped_unless_it_names_the_service(tmp_path: Path) -> None:
    run = migrated(tmp_path / "one", notebook("def f(:\n  pass", GLADIA_PROGRAM))
    assert "STB145:cell 1:1" in run.codes("a.ipynb") and "ASSEMBLYAI_API_KEY" in sources(run.text("a.ipynb"))[1]
    before = notebook("x = 1\ngladia = (\n", GLADIA_PROGRAM)
    run = migrated(tmp_path / "two", before)
    assert run.text("a.ipynb") == before and run.codes("a.ipynb") == ["STB347:cell 1:2"]


def test_a_notebook_in_another_language_is_left_with_the_reason(tmp_path: Path) -> None:
    before = notebook('key <- Sys.getenv("GLADIA_API_KEY")', language="R")
    run = migrated(tmp_path, before)
    assert run.text("a.ipynb") == before
    assert run.codes("a.ipynb") == ["STB343:"] and "its language is r" in run.said("a.ipynb")


@pytest.mark.parametrize(
    "text",
    [
        "gladia {",
        '{"gladia": 1}',
        '{"cells": [], "metadata": {"name": "gladia"}, "nbformat": 4}',
        '{"worksheets": [], "metadata": {"name": "gladia"}, "nbformat": 3, "nbformat_minor": 0}',
    ],
)
def test_what_is_no_notebook_is_said(tmp_path: Path, text: str) -> None:
    run = migrated(tmp_path, text)
    assert run.text("a.ipynb") == text and run.codes("a.ipynb") == ["STB441:"]


def test_without_nbformat_a_notebook_is_skipped_with_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name == "nbformat":
            raise ImportError(name)
        return original(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    run = migrated(tmp_path, notebook(GLADIA_PROGRAM))
    assert run.codes("a.ipynb") == ["STB440:"] and not run.files["a.ipynb"].changes


@pytest.mark.parametrize(
    "text",
    [
        notebook(cell("Compared: Gladia, AssemblyAI", "markdown"), "gladia = 1"),
        notebook("!pip install gladiaio-sdk-fake", "x = 'https://api.gladia.example.org'"),
        notebook(cell("from gladiaio_sdk import GladiaClient", "raw")),
        notebook(),
    ],
)
def test_notebooks_in_which_nothing_may_change(tmp_path: Path, text: str) -> None:
    run = migrated(tmp_path, text)
    assert run.text("a.ipynb") == text
    assert not any(code.startswith(("STB3", "STB4")) for code in run.codes("a.ipynb"))


def test_a_program_without_its_markers_is_refused() -> None:
    cells = cells_of(notebook("x = 1\n!ls", "y = 2"))
    program = program_of(cells)
    unchanged = program.sources(program.code)
    assert unchanged == {1: "x = 1\n!ls", 2: "y = 2"}
    for lost in ('"sttbridge:cell:2"\n', "__sttbridge_hidden__(1, 2)\n"):
        assert lost in program.code
        assert program.sources(program.code.replace(lost, "")) is None
    assert program.sources(program.code + program.code) is None
    assert with_sources(notebook("x = 1"), {1: ""}, cells_of(notebook("x = 1"))).count('"source": []') == 1


_LINES = st.sampled_from(
    [
        "x = 1",
        "",
        "if x:",
        "    y = 2",
        "    !ls",
        "%cd a",
        "!echo a \\",
        "  b",
        "%%time",
        "%%bash",
        "# comment",
        '"""a',
        "%b",
        '"""',
        "len?",
        "z = !ls",
        "def f(:",
        "é = 'ü'",
        "\f",
        "\ttab",
    ]
)


@given(st.lists(st.lists(_LINES, max_size=6).map("\n".join), max_size=4), st.sampled_from([None, 0, 2]), st.booleans())
def test_what_is_not_changed_comes_back_as_it_was(cells: list[str], indent: int | None, escapes: bool) -> None:
    content = {"cells": [cell(one) for one in cells], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    text = json.dumps(content, indent=indent, ensure_ascii=escapes)
    found = cells_of(text)
    assert [one.source for one in found] == cells
    program = program_of(found)
    ast.parse(program.code)
    taken = program.sources(program.code)
    assert taken is not None and all(cells[number - 1] == source for number, source in taken.items())
    assert with_sources(text, taken, found) == text
    changed = {number: f"{source}\nnew = 'ö'" for number, source in taken.items()}
    assert json.loads(with_sources(text, changed, found)) == {
        **content,
        "cells": [cell(changed.get(number, source)) for number, source in enumerate(cells, 1)],
    }
