"""The files around the programs: which are found, which names of keys come, what is only said about the rest."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from codemods.migrate_result import MigrateRequest
from codemods.migrate_run import run_migrate
from codemods.migration import Options
from codemods.project_files import converted_document, find_project_files, is_project_file, read_project_files
from codemods.project_files.key_file import masked
from codemods.project_files.parameter_documents import parameters_in
from codemods.search import exclusion
from shim.errors import BridgeError
from shim.mapping.row import Vendor
from tests.project_runs import ASSEMBLYAI_PROGRAM, GLADIA_PROGRAM, GLADIA_SDK_PROGRAM, migrated_project, repository

SECRET = "9f2c-not-to-be-seen"
READS_KEY = "import os\n" + GLADIA_PROGRAM.replace('"<YOUR_GLADIA_API_KEY>"', 'os.environ["GLADIA_API_KEY"]')
"""Speaks to Gladia and can be migrated; its key comes from the environment."""
READS_REGION = READS_KEY.replace("json=config,", 'json=config, params={"region": os.environ["REGION"]},')
"""Chooses Gladia's region when it runs: it is migrated with a caveat."""
READS_LIMIT = READS_KEY + '\nprint(os.getenv("GLADIA_LIMIT", "5"))\n'
"""Reads a variable of its own as well, that is no key and has a default."""
UNFINISHED = (
    'import os\nimport requests\n\nKEY = os.environ["GLADIA_API_KEY"]\nrequests.post(address(), headers=h(KEY))\n'
)
"""A program that reads Gladia's key and cannot be migrated."""


def found_in(folder: Path, **more: object) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in find_project_files([folder], **more)]  # type: ignore[arg-type]


# --- finding -------------------------------------------------------------------------------------


def test_what_git_ignores_is_not_found_and_what_is_new_is(tmp_path: Path) -> None:
    repository(tmp_path, {".gitignore": "out/\n", "requirements.txt": "", ".github/workflows/ci.yml": "", "app.py": ""})
    for name in ("out/requirements.txt", "new.ipynb", "notes.txt", "data.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    assert found_in(tmp_path) == [".github/workflows/ci.yml", "new.ipynb", "requirements.txt"]


def test_outside_of_git_environments_and_caches_are_left_out(tmp_path: Path) -> None:
    for name in ("a/.env", "venv/x.json", "node_modules/y/package.json", ".cache/z.yml", ".github/workflows/ci.yml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    assert found_in(tmp_path) == [".github/workflows/ci.yml", "a/.env"]


def test_excluded_files_are_left_out(tmp_path: Path) -> None:
    repository(tmp_path, {"requirements.txt": "", "vendored/requirements.txt": "", ".env": ""})
    assert found_in(tmp_path, left_out=exclusion(["vendored/", ".env"], tmp_path)) == ["requirements.txt"]


def test_a_file_and_a_link_to_it_are_one(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("")
    (tmp_path / "requirements-dev.txt").symlink_to("requirements.txt")
    assert len(find_project_files([tmp_path, tmp_path / "requirements.txt"])) == 1


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("requirements/dev.in", True),
        ("docker/Dockerfile.prod", True),
        ("k8s/deploy.yaml", True),
        (".env.production", True),
        ("web/App.tsx", True),
        ("app.py", False),
        ("notes.txt", False),
        ("package-lock.json", False),
        ("speech.wav", False),
    ],
)
def test_kinds_are_told_by_the_name(name: str, is_one: bool) -> None:
    assert is_project_file(Path(name)) is is_one


def test_what_cannot_matter_is_not_read(tmp_path: Path) -> None:
    for name, text in (("a.md", "hello"), ("b.md", "Gladia"), ("requirements.txt", "x"), ("c.json", '{"a": 1}')):
        (tmp_path / name).write_text(text)
    contents = read_project_files(find_project_files([tmp_path]))
    assert sorted(path.name for path in contents) == ["b.md", "requirements.txt"]


# --- files with keys -----------------------------------------------------------------------------

KEYS = f"""\
# the service
DEBUG=1
export GLADIA_API_KEY={SECRET}
DATABASE_URL="postgres://u:{SECRET}@db/x"
#OLD_GLADIA_API_KEY={SECRET}
"""


def test_the_new_name_comes_below_the_old_line_and_without_its_value(tmp_path: Path) -> None:
    run = migrated_project(tmp_path, {"app.py": READS_KEY, ".env": KEYS})
    old = f"export GLADIA_API_KEY={SECRET}\n"
    assert run.text(".env") == KEYS.replace(old, old + "export ASSEMBLYAI_API_KEY=\n")
    assert run.codes(".env") == ["STB143:3"]


def test_a_variable_that_is_no_key_comes_as_a_comment_so_that_a_default_of_the_program_stays(tmp_path: Path) -> None:
    run = migrated_project(tmp_path, {"app.py": READS_LIMIT, ".env": "GLADIA_LIMIT=3\n"})
    assert run.text(".env") == "GLADIA_LIMIT=3\n# ASSEMBLYAI_LIMIT=\n"
    again = migrated_project(tmp_path / "again", {"app.py": READS_LIMIT, ".env": run.text(".env")})
    assert again.text(".env") == run.text(".env")


def test_no_value_is_ever_shown(tmp_path: Path) -> None:
    run = migrated_project(tmp_path, {"app.py": READS_KEY, ".env": KEYS, "app.env": KEYS})
    for name in (".env", "app.env"):
        file = run.files[name]
        assert file.secret and file.changes
        assert SECRET not in "".join(file.shown()) + repr(file.migration)
        assert "+export ASSEMBLYAI" not in file.shown()[0] and "export ASSEMBLYAI_API_KEY=\n" in file.shown()[1]


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("A=b", "A=***"),
        ("A = b # c", "A = ***"),
        ("export A='b'", "export A=***"),
        ("A=", "A="),
        ("# a comment", "# a comment"),
        ("# A=b", "# A=***"),
        ("MIIEvQIBADANBg", "***"),
        ("", ""),
    ],
)
def test_every_value_is_masked(line: str, shown: str) -> None:
    assert masked(f"{line}\r\n") == f"{shown}\r\n"


def test_the_command_shows_no_value_and_writes_all_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {
        "app.py": READS_KEY,
        ".env": KEYS,
        "requirements.txt": "gladiaio-sdk\n",
        "Dockerfile": f"ENV GLADIA_API_KEY={SECRET}",
    }
    repository(tmp_path, files)
    request = MigrateRequest([tmp_path], "assemblyai", options=Options(unsafe=True))
    assert run_migrate(request) == 1
    shown = capsys.readouterr().out
    assert "+export ASSEMBLYAI_API_KEY=\n" in shown and " export GLADIA_API_KEY=***\n" in shown and SECRET not in shown
    assert "+assemblyai>=1.1\n" in shown and "Dockerfile:1: STB341" in shown
    assert run_migrate(replace(request, write=True)) == 1, "the Dockerfile is left"
    assert SECRET not in capsys.readouterr().out
    assert "export ASSEMBLYAI_API_KEY=\n" in (tmp_path / ".env").read_text()
    (tmp_path / "Dockerfile").unlink()
    assert run_migrate(replace(request, check=True)) == 0


def test_a_preview_says_which_files_wait_for_programs_with_a_caveat(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {"app.py": READS_REGION, ".env": "GLADIA_API_KEY=\n", "Dockerfile": "ENV GLADIA_API_KEY=\n"}
    repository(tmp_path, files)
    assert run_migrate(MigrateRequest([tmp_path], "assemblyai")) == 1
    shown = " ".join(capsys.readouterr().out.split())
    assert "2 more files wait for them" in shown and f"{tmp_path}/.env, {tmp_path}/Dockerfile" in shown
    assert run_migrate(MigrateRequest([tmp_path], "assemblyai", options=Options(unsafe=True))) == 1
    assert "wait for them" not in capsys.readouterr().out


def test_an_example_is_renamed_where_its_value_is_a_placeholder(tmp_path: Path) -> None:
    example = "GLADIA_API_KEY=your-gladia-api-key\r\nPORT=80"
    files = {"app.py": READS_KEY, ".env.example": example, ".env.sample": f"GLADIA_API_KEY={SECRET}"}
    run = migrated_project(tmp_path, files)
    assert run.text(".env.example") == "ASSEMBLYAI_API_KEY=your-assemblyai-api-key\r\nPORT=80"
    assert run.text(".env.sample") == f"GLADIA_API_KEY={SECRET}\nASSEMBLYAI_API_KEY="


def test_nothing_is_renamed_while_a_program_reads_the_old_key(tmp_path: Path) -> None:
    files = {"app.py": READS_KEY, "old.py": UNFINISHED, ".env.example": "GLADIA_API_KEY=\n"}
    run = migrated_project(tmp_path, files)
    assert run.text(".env.example") == "GLADIA_API_KEY=\nASSEMBLYAI_API_KEY=\n"
    assert "old.py still reads" in run.said(".env.example")


def test_keys_stay_where_nothing_was_migrated(tmp_path: Path) -> None:
    run = migrated_project(tmp_path, {"old.py": UNFINISHED, ".env": KEYS, "Dockerfile": "ENV GLADIA_API_KEY=\n"})
    assert run.files == {}


def test_a_docstring_reads_no_key(tmp_path: Path) -> None:
    notes = 'def speak():\n    """Gladia: set GLADIA_API_KEY."""\n'
    run = migrated_project(tmp_path, {"app.py": READS_KEY, "notes.py": notes, ".env.example": "GLADIA_API_KEY=\n"})
    assert run.text(".env.example") == "ASSEMBLYAI_API_KEY=\n"


def test_a_name_that_is_there_already_is_enough(tmp_path: Path) -> None:
    run = migrated_project(tmp_path, {"app.py": GLADIA_PROGRAM, ".env": "GLADIA_API_KEY=a\nASSEMBLYAI_API_KEY=b\n"})
    assert run.files == {}


def test_variables_of_the_programs_own_are_renamed_with_it(tmp_path: Path) -> None:
    program = READS_KEY.replace('environ["GLADIA_API_KEY"]', 'environ["APP_GLADIA_TOKEN"]')
    files = {
        "app.py": program,
        ".env": "APP_GLADIA_TOKEN=a\nVITE_GLADIA_TOKEN=b\nGLADIATOR=c\n",
        "Dockerfile": "ARG APP_GLADIA_TOKEN\nARG GLADIATOR\n",
    }
    run = migrated_project(tmp_path, files)
    assert run.text(".env") == "APP_GLADIA_TOKEN=a\nAPP_ASSEMBLYAI_TOKEN=\nVITE_GLADIA_TOKEN=b\nGLADIATOR=c\n"
    assert run.codes("Dockerfile") == ["STB341:1"] and "`APP_ASSEMBLYAI_TOKEN`" in run.said("Dockerfile")


def test_an_ignored_file_with_keys_is_named_and_not_touched(tmp_path: Path) -> None:
    files = {".gitignore": ".env\n", "app.py": GLADIA_PROGRAM, "sub/app.py": "", ".env": KEYS, "sub/.env": "DEBUG=1\n"}
    run = migrated_project(tmp_path, files)
    assert (tmp_path / ".env").read_text() == KEYS
    assert run.codes(".env") == ["STB345:3"] and run.files[".env"].secret
    assert "sub/.env" not in run.files


def test_an_address_among_the_keys_is_named_by_its_variable(tmp_path: Path) -> None:
    files = {"app.py": GLADIA_PROGRAM, ".env": f"STT_URL=https://u:{SECRET}@api.gladia.io/v2/live\n"}
    run = migrated_project(tmp_path, files)
    assert run.codes(".env") == ["STB341:1"] and "`STT_URL`" in run.said(".env")
    assert SECRET not in run.said(".env")


# --- what is only said ---------------------------------------------------------------------------


def test_deployment_names_each_place_and_no_value(tmp_path: Path) -> None:
    files = {
        "app.py": READS_KEY,
        "Dockerfile": "FROM python\nRUN pip install \\\n    gladiaio-sdk\nENV GLADIA_API_KEY=x\n",
        "compose.yaml": f"services:\n  a:\n    environment:\n      - GLADIA_API_KEY={SECRET}\n",
        ".github/workflows/ci.yml": "env:\n  GLADIA_API_KEY: ${{ secrets.GLADIA_API_KEY }}\n",
        "infra/net.tf": 'allowed = ["api.gladia.io"]\n',
        "run.sh": "# sttbridge: ignore\nexport GLADIA_API_KEY=1 # sttbridge: ignore[STB341]\n",
    }
    run = migrated_project(tmp_path, files)
    assert run.codes("Dockerfile") == ["STB341:3", "STB341:4"]
    assert "`assemblyai>=1.1`" in run.said("Dockerfile") and "`ASSEMBLYAI_API_KEY`" in run.said("Dockerfile")
    assert run.codes("compose.yaml") == ["STB341:4"] and SECRET not in run.said("compose.yaml")
    assert run.codes(".github/workflows/ci.yml") == ["STB341:2"]
    assert "streaming.assemblyai.com" in run.said("infra/net.tf")
    assert "run.sh" not in run.files
    shown = [text for file in run.files.values() for text in (*file.shown(), file.migration.code) if file.secret]
    assert SECRET not in "".join(shown) and len(shown) == 3 * 4
    assert run.files["Dockerfile"].shown()[0].splitlines()[2:] == ["… gladiaio-sdk …", "… GLADIA_API_KEY …"]
    assert not any(file.changes for file in run.files.values())


def test_a_file_that_names_the_new_key_has_done_its_part(tmp_path: Path) -> None:
    text = "ENV GLADIA_API_KEY= ASSEMBLYAI_API_KEY=\n"
    assert migrated_project(tmp_path, {"app.py": READS_KEY, "Dockerfile": text}).files == {}


def test_files_with_dependencies_may_name_more_than_packages(tmp_path: Path) -> None:
    files = {
        "app.py": READS_KEY,
        "env.yaml": "env:\n  - name: GLADIA_API_KEY\n",
        "pyproject.toml": '[tool.poe.env]\nGLADIA_API_KEY = "gladiaio-sdk"\n',
    }
    run = migrated_project(tmp_path, files)
    assert run.codes("env.yaml") == ["STB341:2"]
    assert run.codes("pyproject.toml").count("STB341:2") == 2


def test_a_program_behind_the_shim_needs_the_new_key(tmp_path: Path) -> None:
    files = {"app.py": "import shim\n\nshim.install()\n" + UNFINISHED, ".env": "GLADIA_API_KEY=\n"}
    run = migrated_project(tmp_path, files)
    assert run.text(".env") == "GLADIA_API_KEY=\nASSEMBLYAI_API_KEY=\n"


def test_the_password_of_an_index_is_not_shown(tmp_path: Path) -> None:
    text = f"--index-url https://me:{SECRET}@example.org/simple\ngladiaio-sdk\n"
    run = migrated_project(tmp_path, {"app.py": GLADIA_SDK_PROGRAM, "requirements.txt": text})
    file = run.files["requirements.txt"]
    assert SECRET in run.text("requirements.txt") and file.secret
    assert SECRET not in "".join(file.shown()) + file.migration.code
    assert file.shown()[1] == "--index-url https://***@example.org/simple\nassemblyai>=1.1\n"


def test_documents_get_one_finding_that_only_informs(tmp_path: Path) -> None:
    readme = "# App\n\nWe use Gladia.\n\n    export GLADIA_API_KEY=…\n    pip install gladiaio-sdk\n"
    run = migrated_project(tmp_path, {"app.py": GLADIA_PROGRAM, "README.md": readme, "NOTES.rst": "Gladia is a firm\n"})
    assert run.codes("README.md") == ["STB144:3"] and "lines 5, 6" in run.said("README.md")
    assert "`Gladia` in prose: line 3" in run.said("README.md")
    assert "NOTES.rst" not in run.files, "prose that may be about anything is nobody's concern"


def test_prose_is_right_as_long_as_a_program_uses_the_old_service(tmp_path: Path) -> None:
    files = {"app.py": GLADIA_PROGRAM, "old.py": UNFINISHED, "README.md": "We use Gladia.\n"}
    assert "README.md" not in migrated_project(tmp_path, files).files


def test_a_comment_beside_keys_that_names_the_old_service_is_said(tmp_path: Path) -> None:
    env = f"# From Gladia's console, was {SECRET}\nGLADIA_API_KEY=\n# mail of the operator\nMAIL=\n"
    run = migrated_project(tmp_path, {"app.py": READS_KEY, ".env.example": env})
    assert run.codes(".env.example") == ["STB144:1", "STB143:2"]
    assert SECRET not in run.said(".env.example")


def test_the_vendors_name_alone_is_no_package(tmp_path: Path) -> None:
    files = {
        "app.py": ASSEMBLYAI_PROGRAM,
        "compose.yml": "image: example.org/assemblyai-worker\ncommand: assemblyai\n",
        "run.sh": "pip install assemblyai-haystack\necho assemblyai\npip install 'assemblyai>=1'\n",
    }
    run = migrated_project(tmp_path, files, to="gladia")
    assert "compose.yml" not in run.files
    assert run.codes("run.sh") == ["STB341:3"]


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        ("a.ts", 'import { GladiaClient } from "@gladiaio/sdk";\n', "`apiUrl`"),
        ("a.vue", "<script>\nconst c = require('@gladiaio/sdk')\n</script>\n", "`apiUrl`"),
        ("package.json", '{"dependencies": {"@gladiaio/sdk": "^2"}}\n', "`apiUrl`"),
        ("a.js", 'fetch("https://api.gladia.io/v2/live")\n', "`https://api.gladia.io`"),
        ("main.go", 'req.Header.Set("X-Gladia-Key", os.Getenv("GLADIA_API_KEY"))\n', "`https://api.gladia.io`"),
        ("main.rs", 'let package = "@gladiaio/sdk";\n', "`https://api.gladia.io`"),
        ("App.java", "import io.gladia.Client;\n", "`https://api.gladia.io`"),
    ],
)
def test_other_languages_get_the_gateways_recipe(tmp_path: Path, name: str, text: str, wanted: str) -> None:
    run = migrated_project(tmp_path, {name: text})
    assert [code.split(":")[0] for code in run.codes(name)] == ["STB343"]
    assert "sttbridge serve --api gladia --over assemblyai" in run.said(name) and wanted in run.said(name)


def test_the_javascript_sdk_of_assemblyai_needs_wss(tmp_path: Path) -> None:
    text = "import { AssemblyAI } from 'assemblyai'\n"
    run = migrated_project(
        tmp_path, {"a.mjs": text, "package.json": '{"dependencies": {"assemblyai": "4"}}'}, to="gladia"
    )
    assert "`websocketBaseUrl`" in run.said("a.mjs") and "wss" in run.said("a.mjs")
    assert "sttbridge serve --api assemblyai --over gladia" in run.said("package.json")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.ts", "// Gladia would be nice\nconst gladia = 1\n"),
        ("a.js", 'import x from "@gladiaio/sdk-fake"\nconst url = "https://api.gladia.io.example.org"\n'),
        ("package.json", '{"name": "gladia-demo", "dependencies": {"gladia": "1"}}'),
        ("page.html", "<p>Compared with Gladia</p>\n"),
        ("broken/package.json", "{"),
    ],
)
def test_other_languages_in_which_nothing_is_meant(tmp_path: Path, name: str, text: str) -> None:
    assert migrated_project(tmp_path, {name: text}).files == {}


def test_a_key_that_a_program_in_another_language_reads_stays(tmp_path: Path) -> None:
    files = {"app.py": READS_KEY, "web.ts": "process.env.GLADIA_API_KEY\n", ".env.example": "GLADIA_API_KEY=\n"}
    run = migrated_project(tmp_path, files)
    assert run.text(".env.example") == "GLADIA_API_KEY=\nASSEMBLYAI_API_KEY=\n"


def test_a_script_that_speaks_to_the_service_itself_reads_the_key(tmp_path: Path) -> None:
    script = 'curl -H "x-gladia-key: $GLADIA_API_KEY" https://api.gladia.io/v2/live\n'
    run = migrated_project(tmp_path, {"get.sh": script, ".env.example": "GLADIA_API_KEY=\n"})
    assert run.files == {}, "nothing of it was migrated"


def test_what_is_no_utf8_comes_back_byte_for_byte(tmp_path: Path) -> None:
    before = b"\xef\xbb\xbf# caf\xe9\r\ngladiaio-sdk\r\n"
    run = migrated_project(tmp_path, {"app.py": GLADIA_SDK_PROGRAM, "requirements.txt": before})
    assert run.files["requirements.txt"].result == before.replace(b"gladiaio-sdk", b"assemblyai>=1.1")


# --- configuration files -------------------------------------------------------------------------

LOADER = 'import json\n\nGLADIA = json.load(open("config/stt.json"))\nOTHER = "stt.yaml"\n'
BODY = {"encoding": "wav/pcm", "sample_rate": 16000, "language_config": {"languages": ["en"]}, "endpointing": 0.3}


def test_a_configuration_that_a_program_loads_is_shown_converted(tmp_path: Path) -> None:
    files = {
        "app.py": LOADER,
        "config/stt.json": json.dumps({"speech": {"live": BODY}}, indent=2),
        "config/unused.json": json.dumps(BODY),
        "stt.yaml": "live:\n  endpointing: 0.3\n  language_config:\n    languages: [en]\n",
    }
    run = migrated_project(tmp_path, files)
    assert run.codes("config/stt.json") == ["STB342:6"]
    for name in ("config/stt.json", "stt.yaml"):
        assert '"max_turn_silence": 300' in run.said(name) and "endpointing" in run.said(name)
    assert "config/unused.json" not in run.files


@pytest.mark.parametrize(
    "document",
    [
        '{"model": "x", "encoding": "wav/pcm", "sample_rate": 1}',
        '{"language_config": 1}',
        '{"language_config": {',
        "[]",
    ],
)
def test_documents_that_only_look_like_parameters(tmp_path: Path, document: str) -> None:
    files = {"app.py": LOADER, "config/stt.json": document, "stt.yaml": "a: [language_config, endpointing"}
    assert migrated_project(tmp_path, files).files == {}


def test_what_both_services_have_tells_nothing() -> None:
    shared = {"model": "x", "encoding": "wav/pcm", "sample_rate": 1}
    assert parameters_in(shared, Vendor.GLADIA) is None
    assert parameters_in([{"a": {**shared, "language_config": {}}}], Vendor.GLADIA) is not None


def test_a_document_is_converted_by_the_rows_both_ways() -> None:
    text, notes = converted_document({**BODY, "custom_metadata": {"a": 1}, "nonsense": 1}, Vendor.ASSEMBLYAI)
    values = json.loads(text)
    assert values["max_turn_silence"] == values["min_turn_silence"] == 300
    assert values["language_codes"] == ["en"] and values["include_partial_turns"] is False
    assert any("`custom_metadata`" in note for note in notes) and any("`nonsense`" in note for note in notes)
    back, notes = converted_document(
        {"sample_rate": 8000, "max_turn_silence": 700, "format_turns": True}, Vendor.GLADIA
    )
    values = json.loads(back)
    assert values["endpointing"] == 0.7 and values["sample_rate"] == 8000
    assert values["messages_config"]["receive_partial_transcripts"] is True


def test_values_that_no_conversion_reads_are_refused_with_a_next_step() -> None:
    with pytest.raises(BridgeError, match="could not be converted") as refused:
        converted_document({"endpointing": "soon"}, Vendor.ASSEMBLYAI)
    assert refused.value.next_step


def test_messages_that_tests_play_from_json_are_named(tmp_path: Path) -> None:
    final = '[\n  {"type": "transcript", "data": {"is_final": true, "utterance": {"text": "hello"}}}\n]\n'
    turn = '{"type": "Turn", "end_of_turn": true, "transcript": "hello"}'
    files = {"app.py": READS_KEY, "tests/data/final.json": final, "tests/data/turn.json": turn, "web/final.json": final}
    run = migrated_project(tmp_path, files | {"tests/data/other.json": '{"type": "transcript", "text": "hello"}'})
    assert run.codes("tests/data/final.json") == ["STB359:2"] and "`transcript`" in run.said("tests/data/final.json")
    assert not {"tests/data/turn.json", "tests/data/other.json", "web/final.json"} & run.files.keys()
    led = {"app.py": f"import shim\n\nshim.install(api='gladia', over='assemblyai')\n{READS_KEY}"}
    assert "tests/data/final.json" not in migrated_project(tmp_path / "led", files | led).files
