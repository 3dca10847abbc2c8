"""Projects of several files: which are followed together, what is left together, and that the results run."""

from __future__ import annotations

import shutil
from pathlib import Path
from textwrap import dedent

import pytest

from codemods import groups as groups_module
from codemods.findings import NAME_LOST, NO_SESSION, OTHER_FILE_LEFT, SYNTAX_ERROR, TOO_LARGE
from codemods.group import LARGEST_FILE
from codemods.groups import Imported, groups, imports_in, programs_among
from codemods.migrate_result import MigrateRequest
from codemods.migrate_run import run_migrate
from codemods.migration import Migration, Options, migrate_project
from codemods.programs import migrate_files
from codemods.rules.names.names_bound import names_bound, names_unbound
from codemods.verify.side_by_side import side_by_side
from codemods.verify.verification import verify_pair
from shim.errors import BridgeError
from shim.mapping.row import Vendor
from tests.test_project_fixtures import PROJECTS, sources_in

POST = """
import json
import requests
from websockets.sync.client import connect

def run(key, chunks, show):
    answer = requests.post(
        "https://api.gladia.io/v2/live",
        headers={"X-Gladia-Key": key},
        json={"encoding": "wav/pcm", "sample_rate": 16000, "bit_depth": 16, "channels": 1},
        timeout=10,
    )
    if not answer.ok:
        raise SystemExit(answer.text)
    with connect(answer.json()["url"]) as socket:
        for chunk in chunks:
            socket.send(chunk)
        socket.send(json.dumps({"type": "stop_recording"}))
        for frame in socket:
            message = json.loads(frame)
            if message["type"] == "transcript" and message["data"]["is_final"]:
                show(message["data"]["utterance"]["text"].strip())
"""
BATCH = "import requests\nrequests.post('https://api.gladia.io/v2/pre-recorded', headers={'x-gladia-key': 'k'})\n"
KEY = "GLADIA_API_KEY = 'k'"


PLAIN = Options()


def project(files: dict[str, str], options: Options = PLAIN) -> dict[str, Migration]:
    """What becomes of a project on its way to AssemblyAI, by paths as texts."""
    sources = {Path(path): dedent(code) for path, code in files.items()}
    return {path.as_posix(): one for path, one in migrate_project(sources, "assemblyai", options).items()}


def grouped(files: dict[str, str]) -> list[list[str]]:
    """The groups of a project, sorted."""
    sources = {Path(path): code for path, code in files.items()}
    return sorted(sorted(path.as_posix() for path in group) for group in groups(sources, Vendor.GLADIA))


# --- groups ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import a.b as c, d", [Imported(0, "a.b"), Imported(0, "d")]),
        ("from a import b as c, d", [Imported(0, "a", ("b", "d"))]),
        ("from ..a import (  # why\n    b,\n    c as d,  # so\n)", [Imported(2, "a", ("b", "c"))]),
        ("from . import b", [Imported(1, "", ("b",))]),
        ("from a import *", [Imported(0, "a", ("*",))]),
        ("from a import b, \\\n    c", [Imported(0, "a", ("b", "c"))]),
        ("try: import a\nexcept ImportError: pass", [Imported(0, "a")]),
        ("x = 1; import a", [Imported(0, "a")]),
        ("important = 1\nfrom_a = 2", []),
    ],
)
def test_imports_are_found_in_the_text(code: str, expected: list[Imported]) -> None:
    assert imports_in(code) == expected


def test_what_a_file_imports_comes_first() -> None:
    sources = {Path("app.py"): "import stt\n" + KEY, Path("stt.py"): "import config\n" + POST, Path("config.py"): KEY}
    assert groups(sources, Vendor.GLADIA) == [[Path("config.py"), Path("stt.py"), Path("app.py")]]


def test_files_without_the_vendor_are_taken_along_only_where_values_can_go() -> None:
    found = grouped(
        {
            "stt.py": POST + "import config",
            "config.py": "import paths",
            "paths.py": "import far",
            "far.py": "import further",
            "further.py": "",
            "app.py": "import stt, handlers",
            "handlers.py": "",
            "main.py": "import app",
            "above.py": "import main",
            "other.py": "import config, helpers",
            "helpers.py": "",
        }
    )
    assert found == [["app.py", "config.py", "handlers.py", "main.py", "paths.py", "stt.py"]]


def test_a_file_of_names_does_not_bring_everybody_who_imports_it() -> None:
    files = {"config.py": KEY, "a.py": "import config", "b.py": "import config", "stt.py": POST + "import config"}
    assert grouped(files) == [["config.py", "stt.py"]]


def test_addresses_in_a_file_of_settings_bring_those_who_speak_to_them() -> None:
    files = {"config.py": "URL = 'https://api.gladia.io/v2/live'", "a.py": "import config, requests", "b.py": "import config", "c.py": "import a"}  # fmt: skip
    assert grouped(files) == [["a.py", "c.py", "config.py"]]


def test_two_programs_of_one_folder_stay_apart() -> None:
    assert grouped({"a.py": POST, "b.py": POST, "c.py": "import json"}) == [["a.py"], ["b.py"]]
    assert grouped({"c.py": "import json"}) == []


def test_a_group_that_is_too_large_is_followed_file_by_file(monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"a.py": POST + "import b, c", "b.py": KEY, "c.py": "x = 1\n" * 1000}
    assert grouped(files) == [["a.py", "b.py", "c.py"]]
    monkeypatch.setattr(groups_module, "MOST_CODE", 3000)
    assert grouped(files) == [["a.py", "b.py"]]
    monkeypatch.setattr(groups_module, "MOST_CODE", 100)
    assert grouped(files) == [["a.py"], ["b.py"]]


def test_the_programs_that_use_a_changed_file() -> None:
    sources = {
        Path("stt.py"): POST,
        Path("service.py"): "import stt\nif __name__ == '__main__':\n    stt.run()",
        Path("app.py"): "import service",
        Path("test_app.py"): "import app",
        Path("p/__init__.py"): "",
        Path("p/inside.py"): "from . import x\nimport stt",
        Path("other.py"): "import json",
    }
    assert programs_among(sources, [Path("stt.py")], Vendor.GLADIA) == [Path("service.py")]
    del sources[Path("test_app.py")]
    assert programs_among(sources, [Path("stt.py")], Vendor.GLADIA) == [Path("service.py"), Path("app.py")]


# --- all or nothing ----------------------------------------------------------------------------------


def kinds(migration: Migration) -> set[str]:
    """The codes of a migration's findings."""
    return {finding.kind.code for finding in migration.findings}


def test_what_stays_in_one_file_stays_in_those_that_work_with_it() -> None:
    handed_on = POST.replace("json.loads(frame)", "json.loads(frame)\n            TABLE[message['type']](message)")
    key = "from config import GLADIA_API_KEY\n"
    found = project({"config.py": KEY, "live.py": key + POST, "alone.py": POST, "other.py": key + handed_on})
    assert [path for path, one in found.items() if one.changed] == ["alone.py"]
    assert OTHER_FILE_LEFT.code in kinds(found["live.py"]) and OTHER_FILE_LEFT.code in kinds(found["config.py"])
    (finding,) = found["config.py"].findings
    assert "`other.py`" in finding.text


def test_a_file_with_recordings_only_holds_nobody_back_and_loses_no_name_that_it_uses() -> None:
    key, own = "from config import GLADIA_API_KEY\n", BATCH.replace("'k'", "GLADIA_API_KEY")
    found = project(
        {"config.py": KEY, "live.py": key + POST + "run(GLADIA_API_KEY, [], print)\n", "batch.py": key + BATCH}
    )
    assert found["live.py"].changed and "GLADIA_API_KEY" not in found["batch.py"].code, "an import that nothing used"
    found = project(
        {"config.py": KEY, "live.py": key + POST + "run(GLADIA_API_KEY, [], print)\n", "batch.py": key + own}
    )
    assert [path for path, one in found.items() if one.changed] == ["live.py"]
    assert 'run(os.environ["ASSEMBLYAI_API_KEY"], [], print)' in found["live.py"].code
    found = project({"config.py": KEY, "live.py": POST, "batch.py": key + own})
    assert found["live.py"].changed and not found["config.py"].changed and not found["batch.py"].changed


@pytest.mark.parametrize("is_followed", [True, False])
def test_a_key_that_a_file_hands_on_is_not_renamed_by_halves(is_followed: bool) -> None:
    found = project(
        {
            "live.py": POST if is_followed else POST.replace("json.loads(frame)", "json.loads(frame)\n            TABLE[message['type']](message)"),
            "helper.py": "import live\ndef go(key):\n    live.run(key, [], print)",
            "main.py": "import os, helper\nhelper.go(os.environ['GLADIA_API_KEY'])",
        }
    )  # fmt: skip
    changed = {path for path, one in found.items() if one.changed}
    assert changed == ({"live.py", "main.py"} if is_followed else set())


def test_a_file_that_goes_on_with_the_old_service_keeps_the_shared_key() -> None:
    speech = "import config\nimport gladiaio_sdk\nprint(gladiaio_sdk, config.KEY)"
    key = "import os\nKEY = os.environ['GLADIA_API_KEY']"
    found = project({"config.py": key, "live.py": POST + "import config\nrun(config.KEY, [], print)", "speech.py": speech})  # fmt: skip
    assert not any(one.changed for one in found.values())
    assert kinds(found["speech.py"]) == {NO_SESSION.code}


def test_what_needs_unsafe_in_one_file_needs_it_in_all_of_the_part() -> None:
    live = POST.replace("    if not answer.ok:", "    # Gladia says why.\n    if not answer.ok:")
    sources = {"keys.py": KEY, "live.py": live.replace("key,", "GLADIA_API_KEY,") + "from keys import GLADIA_API_KEY"}
    found = project(sources)
    assert all(one.changed for one in found.values())
    assert len({one.unsafe for one in found.values()}) == 1
    assert not any(one.unsafe for one in project(sources, Options(unsafe=True)).values())


def test_names_in_a_file_that_cannot_be_parsed_stay_everywhere() -> None:
    user = "from config import GLADIA_API_KEY\nrun(GLADIA_API_KEY, [], print)\n"
    found = project({"config.py": KEY, "live.py": POST + user, "broken.py": user + "def half(:"})
    assert kinds(found["broken.py"]) == {SYNTAX_ERROR.code}
    assert found["live.py"].changed and "GLADIA_API_KEY" in found["live.py"].code
    assert not found["config.py"].changed


def test_names_in_a_file_that_is_too_large_stay_everywhere(tmp_path: Path) -> None:
    user = "from config import GLADIA_API_KEY\nrun(GLADIA_API_KEY, [], print)\n"
    files = {"config.py": KEY, "live.py": POST + user, "huge.py": user + "#" * LARGEST_FILE}
    for name, code in files.items():
        (tmp_path / name).write_text(code)
    found = {one.path.name: one for one in migrate_files([tmp_path / name for name in files], "assemblyai")}
    assert kinds(found["huge.py"].migration) == {TOO_LARGE.code}
    assert b"GLADIA_API_KEY" in found["live.py"].result and found["live.py"].changes


def test_a_name_is_renamed_wherever_it_goes() -> None:
    found = project(
        {
            "p/__init__.py": "from .config import GLADIA_KEY, gladia_url as url\n__all__ = ['GLADIA_KEY', 'url']",
            "p/config.py": "GLADIA_KEY = 'k'\ndef gladia_url():\n    return 1",
            "live.py": POST + "import p\nimport p.config as c\nrun(p.GLADIA_KEY, c.gladia_url(), c.GLADIA_KEY)",
        }
    )
    assert found["p/config.py"].code.startswith("ASSEMBLYAI_KEY = 'k'\ndef assemblyai_url()")
    assert "import ASSEMBLYAI_KEY, assemblyai_url as url" in found["p/__init__.py"].code
    assert "__all__ = ['ASSEMBLYAI_KEY', 'url']" in found["p/__init__.py"].code
    assert "run(p.ASSEMBLYAI_KEY, c.assemblyai_url(), c.ASSEMBLYAI_KEY)" in found["live.py"].code


def test_a_name_that_a_test_replaces_by_its_path_stays() -> None:
    check = "from unittest.mock import patch\nimport live\nwith patch('live.GLADIA_KEY', 'x'):\n    live.run('k', [], print)"
    found = project({"live.py": POST + "GLADIA_KEY = 'k'\nGLADIA_NAME = 'n'", "test_live.py": check})
    assert "GLADIA_KEY" in found["live.py"].code and "ASSEMBLYAI_NAME" in found["live.py"].code


def test_what_moves_to_another_file_is_imported_there() -> None:
    api = """
    import requests

    KEY = "k"

    class Refused(Exception):
        pass

    def create(config):
        answer = requests.post("https://api.gladia.io/v2/live", headers={"X-Gladia-Key": KEY}, json=config, timeout=9)
        if not answer.ok:
            raise Refused(answer.text)
        return answer.json()["url"]
    """
    live = """
    from websockets.sync.client import connect

    import api

    def run(show):
        with connect(api.create({"encoding": "wav/pcm", "sample_rate": 16000, "bit_depth": 16})) as socket:
            socket.send(b"1")
            for frame in socket:
                show(len(frame))
    """
    found = project({"api.py": api, "live.py": live}, Options(unsafe=True))
    assert found["live.py"].changed and "import json\n" in found["live.py"].code
    assert '{"Authorization": api.KEY}' in found["live.py"].code and "raise api.Refused(" in found["live.py"].code


def test_an_attribute_that_is_not_followed_everywhere_keeps_its_name() -> None:
    found = project(
        {
            "config.py": "class Settings:\n    gladia_key = 'k'\n\ndef settings(way):\n    return way()",
            "live.py": POST + "import config\nrun(config.settings(unknown).gladia_key, [], config.Settings.gladia_key)",
        }
    )
    assert found["live.py"].changed and not found["config.py"].changed
    assert "config.Settings.gladia_key" in found["live.py"].code


def test_a_name_that_would_be_missing_leaves_the_files_as_they_are() -> None:
    assert names_bound("import a.b\nfrom c import d as e\nx: int = 1\ndef f(y): pass") == {"a", "e", "x", "f", "y"}
    assert names_unbound("print(x, [y for y in z])") == {"x", "z"}
    assert names_unbound("from a import *\nprint(x)") == set()
    assert NAME_LOST.blocks and OTHER_FILE_LEFT.blocks


def test_an_import_that_was_not_given_is_named() -> None:
    found = migrate_project(sources_in(PROJECTS / "to_assemblyai" / "settings_not_given" / "before"), "assemblyai")
    (finding,) = found[Path("live.py")].findings
    assert "`BASE_URL` comes from `.settings`: give that file as well" in finding.text


def test_the_vendor_must_be_known() -> None:
    with pytest.raises(BridgeError):
        migrate_project({}, "nobody")


# --- running them --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "program",
    [
        "to_assemblyai/settings_module/{}/captions.py",
        "to_assemblyai/package_relative/{}/run.py",
        "to_gladia/client_class/{}/main.py",
        "to_gladia/sdk_client_and_handlers/{}/live.py",
    ],
)
def test_the_migrated_project_says_the_same(program: str) -> None:
    found = verify_pair(PROJECTS / program.format("before"), PROJECTS / program.format("after"))
    assert found.differences == [] and len(found.runs[0].transcripts) == 3


def test_both_versions_have_what_lies_around_them(tmp_path: Path) -> None:
    for path, text in {"a/app.py": "old", "a/data.txt": "data", "b/lib.py": "lib", "b/__pycache__/lib.pyc": ""}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    changed = {tmp_path / "b" / "lib.py": (b"lib", b"new")}
    with side_by_side(tmp_path / "a" / "app.py", changed) as (before, after):
        assert before.read_text() == after.read_text() == "old"
        assert (after.parent / "data.txt").read_text() == "data"
        assert (before.parents[1] / "b" / "lib.py").read_text() == "lib"
        assert (after.parents[1] / "b" / "lib.py").read_text() == "new"
        assert not (after.parents[1] / "b" / "__pycache__").exists()
    assert not before.exists()


def test_migrate_takes_the_whole_group_to_verify(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "project"
    shutil.copytree(PROJECTS / "to_assemblyai" / "post_helper" / "before", folder)
    options = Options(unsafe=True)
    status = run_migrate(MigrateRequest([folder], "assemblyai", write=True, verify=True, options=options))
    said = capsys.readouterr()
    assert status == 0, said
    assert said.out.count("They agree") == 1, "the one program is run, not the files that it imports"
    assert sources_in(folder) == sources_in(PROJECTS / "to_assemblyai" / "post_helper" / "after")


def test_a_folder_that_mixes_migratable_and_other_files(tmp_path: Path) -> None:
    before = PROJECTS / "to_assemblyai" / "shared_rate_batch" / "before"
    shutil.copytree(before, tmp_path / "project")
    status = run_migrate(MigrateRequest([tmp_path / "project"], "assemblyai", write=True))
    assert status == 0
    assert sources_in(tmp_path / "project") == sources_in(PROJECTS / "to_assemblyai" / "shared_rate_batch" / "after")
