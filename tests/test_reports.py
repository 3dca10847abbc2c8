"""Reports of a run: valid, complete, and without the keys that stand in the programs."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from codemods.migrate_result import MigrateRequest
from codemods.migrate_run import run_migrate
from codemods.migration import Options
from codemods.reports import check_reports, is_report, rendered
from codemods.reports.colours import as_html, changed_parts, coloured_lines, escaped
from codemods.reports.markdown import MOST_TEXT
from codemods.reports.model import FileReport, FindingReport, Report
from codemods.reports.secrets import HIDDEN, secrets_in
from codemods.tally import Outcome, Tally
from shim.errors import BridgeError
from tests.codemod_checks import fixture

ROOT = Path(__file__).parent.parent
BEFORE = fixture("gladia_microphone.py")
AFTER = fixture("assemblyai_microphone.py")
PAIRS = ROOT / "fixtures" / "pairs" / "to_assemblyai"
KEY = "0f3c9a1e5b7d48f2a6c4e8d09b1f7a35"
WORD = "my-very-own-words"


def reported(folder: Path, *endings: str, status: int, **options: object) -> list[str]:
    """Runs migrate over a folder with a report of each ending; gives their texts."""
    paths = [folder.parent / f"report{ending}" for ending in endings]
    request = MigrateRequest([folder], "assemblyai", reports=paths, given=["--to", "assemblyai"], **options)  # type: ignore[arg-type]
    assert run_migrate(request) == status
    return [path.read_text(encoding="utf-8") for path in paths]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A migrated program, one that is left, and one that is none."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "live.py").write_text(BEFORE)
    (folder / "left <b>.py").write_text(f'KEY = "{WORD}"\nURL = "https://api.gladia.io/v2/live"\nprint(URL)\n')
    (folder / "broken.py").write_text("GLADIA = 1\ndef (:\n")
    return folder


def schema(path: Path) -> Any:
    found = json.loads(path.read_text(encoding="utf-8"))
    validator = jsonschema.validators.validator_for(found)
    validator.check_schema(found)
    return validator(found)


# --- JSON ----------------------------------------------------------------------------------------


def test_json_is_valid_and_adds_up(project: Path) -> None:
    (text,) = reported(project, ".json", status=2)
    document = json.loads(text)
    schema(ROOT / "docs" / "schemas" / "report-1.json").validate(document)
    assert sum(document["summary"]["outcomes"].values()) == document["summary"]["files"] == 3
    assert document["summary"]["outcomes"] == {"migrated": 1, "left": 1, "skipped": 1}
    needing = [one for file in document["files"] for one in file["findings"] if one["level"] != "information"]
    assert document["summary"]["issues"] == len(needing) > 0
    assert document["mode"] == "preview" and document["exitStatus"] == 2
    assert f"sttbridge migrate {project} --to assemblyai --write" in " ".join(document["nextSteps"])


def test_the_diff_of_a_report_can_be_applied(project: Path) -> None:
    document = json.loads(reported(project, ".json", status=2)[0])
    (diff,) = [file["diff"] for file in document["files"] if file["outcome"] == "migrated"]
    done = subprocess.run(
        ["git", "apply", "-p1", "--unsafe-paths", "--directory=/", "-"], input=diff, text=True, check=False
    )
    assert done.returncode == 0
    assert (project / "live.py").read_text() == AFTER


def test_a_run_that_wrote_says_so(project: Path) -> None:
    document = json.loads(reported(project, ".json", status=2, write=True)[0])
    assert [file["written"] for file in document["files"] if file["outcome"] == "migrated"] == [True]
    assert document["mode"] == "write"


# --- SARIF ---------------------------------------------------------------------------------------


def applied(before: str, replacements: list[dict[str, Any]]) -> str:
    """What an editor makes of a fix: from the end, so that the places before stay right."""
    lines = before.splitlines(keepends=True)
    starts = [sum(map(len, lines[:number])) for number in range(len(lines) + 1)]
    text = before
    for one in sorted(replacements, key=lambda one: -one["deletedRegion"]["startLine"]):
        region = one["deletedRegion"]
        start = starts[region["startLine"] - 1] + region["startColumn"] - 1
        end = starts[region["endLine"] - 1] + region["endColumn"] - 1
        text = text[:start] + one.get("insertedContent", {"text": ""})["text"] + text[end:]
    return text


def test_sarif_is_valid_and_its_fixes_migrate(project: Path) -> None:
    document = json.loads(reported(project, ".sarif", status=2)[0])
    schema(ROOT / "tests" / "schemas" / "sarif-2.1.0.json").validate(document)
    (run,) = document["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert all(rules[result["ruleIndex"]] == result["ruleId"] for result in run["results"])
    assert {"STB401", "STB101"} <= {result["ruleId"] for result in run["results"]}
    (fix,) = [fix for result in run["results"] for fix in result.get("fixes", [])]
    (change,) = fix["artifactChanges"]
    assert applied(BEFORE, change["replacements"]) == AFTER
    prints = [tuple(result["partialFingerprints"].values()) for result in run["results"]]
    assert len(set(prints)) == len(prints)


def test_sarif_names_no_page_that_is_not_there(project: Path) -> None:
    document = json.loads(reported(project, ".sarif", status=2)[0])
    for rule in document["runs"][0]["tool"]["driver"]["rules"]:
        if "helpUri" in rule:
            assert (ROOT / rule["helpUri"]).exists(), rule["helpUri"]


@pytest.mark.parametrize("ends", ["\n", ""])
def test_a_fix_reaches_the_end_of_a_file(tmp_path: Path, ends: str) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    before = 'import os\n\nprint(os.environ["GLADIA_API_KEY"])' + ends
    file = file_report(before, 'import os\n\nprint(os.environ["ASSEMBLYAI_API_KEY"])\nprint("x")' + ends)
    document = json.loads(rendered(report(file), ".sarif"))
    (fix,) = [fix for result in document["runs"][0]["results"] for fix in result.get("fixes", [])]
    assert applied(before, fix["artifactChanges"][0]["replacements"]) == "".join(file.after)


# --- Markdown and HTML ---------------------------------------------------------------------------


def file_report(before: str, after: str, *findings: FindingReport, path: str = "live.py") -> FileReport:
    """A file of a report, made without a run."""
    from codemods.reports.model import _edits

    old, new = tuple(before.splitlines(keepends=True)), tuple(after.splitlines(keepends=True))
    return FileReport(path, Outcome.MIGRATED, False, findings, old, new, tuple(_edits(old, new, False)), False)


def report(*files: FileReport) -> Report:
    """A report of some files."""
    tally = Tally(len(files), {Outcome.MIGRATED: len(files)}, 0)
    return Report("0.1.0", "gladia", "assemblyai", "preview", tally, files, (), (), 1)


def test_markdown_says_what_requires_attention_first(project: Path) -> None:
    (text,) = reported(project, ".md", status=2)
    attention, knowing, diff = (text.index(part) for part in ("### Requires attention", "Worth knowing", "```diff"))
    assert attention < knowing < diff
    assert "3 files: 1 to migrate, 1 left to you, 1 skipped" in text


def test_markdown_fits_into_a_comment() -> None:
    files = [file_report("x\n" * 3000, f"y{number}\n" * 3000, path=f"{number}.py") for number in range(20)]
    text = rendered(report(*files), ".md")
    assert len(text) < MOST_TEXT + 500 and "left out" in text


def test_a_fence_is_longer_than_any_in_the_diff() -> None:
    text = rendered(report(file_report("a\n", "````\n")), ".md")
    assert "`````diff" in text


def test_nothing_of_a_file_becomes_markup() -> None:
    evil = "</script><img src=x onerror=alert(1)>\"'&\x00\x1b[31m\u202e"
    finding = FindingReport("STB101", "information", evil, f"`{evil}`", evil, 1, "1")
    page = rendered(report(file_report(f"{evil}\n", "x\n", finding, path=f"{evil}.py")), ".html")
    assert "<img" not in page and page.count("</script>") == 1
    assert not any(character in page for character in "\x00\x1b\u202e")
    comment = rendered(report(file_report("a\n", "b\n", finding, path=evil)), ".md")
    assert "<img" not in re.sub(r"```.*```|`[^`\n]*`", "", comment, flags=re.DOTALL)


def test_the_page_needs_no_network(project: Path) -> None:
    (page,) = reported(project, ".html", status=2)
    assert "default-src 'none'" in page
    assert not any(word in page for word in ("<link", " src=", "@import", "url("))


def test_colours_lose_nothing() -> None:
    lines = BEFORE.splitlines(keepends=True)
    pieces = coloured_lines("live.py", lines)
    assert ["".join(text for _, text in row) for row in pieces] == [line.rstrip("\n") for line in lines]
    assert ("k", "import") in pieces[0]
    assert coloured_lines("live.py", []) == []


def test_what_changed_inside_a_line_is_marked() -> None:
    left, right = changed_parts('key = os.environ["OLD_KEY"]\n', 'key = os.environ["NEW_KEY"]\n')
    assert as_html([("", 'key = os.environ["OLD_KEY"]')], left) == (
        "key = os.environ[&quot;<mark>OLD_KEY</mark>&quot;]"
    )
    assert right == left
    assert changed_parts("completely = different()\n", "!!\n") == ([], [])
    assert escaped("<\x07>") == "&lt;␇&gt;"


# --- keys ----------------------------------------------------------------------------------------

KEYS = [
    'api_key = "%s"\n',
    'API_KEY: str = "%s"\n',
    'headers = {"X-Gladia-Key": "%s"}\n',
    'headers["Authorization"] = "Bearer %s"\n',
    'key = os.environ.get("GLADIA_API_KEY", "%s")\n',
    'key = os.getenv("GLADIA_API_KEY") or "%s"\n',
    'client = GladiaClient(api_key="%s")\n',
    'def start(api_key="%s"):\n    pass\n',
    'def start(*, token: str = "%s"):\n    pass\n',
    'URL = "wss://api.gladia.io/v2/live?token=%s&x=1"\n',
    'KEY = (\n    "%s"\n)\n',
    'if key == "%s":\n    pass\n',
    'class Settings:\n    gladia_key: str = Field(default="x", alias="y") or "%s"\n',
]


@pytest.mark.parametrize("line", KEYS)
def test_a_key_in_a_program_is_found(line: str) -> None:
    secrets = secrets_in(line % WORD)
    assert WORD not in secrets.hide(f"somewhere else: {WORD}")


@pytest.mark.parametrize(
    "line", ['x = "%s"\n', "# the key is %s\n", "def (: %s\n", '{"source": ["KEY = \\"%s\\"\\n"]}']
)
@pytest.mark.parametrize("key", [KEY, "3b1f2c4d-5e6f-4a7b-8c9d-0e1f2a3b4c5d"])
def test_what_has_the_shape_of_a_vendors_key_is_hidden_anywhere(line: str, key: str) -> None:
    assert key not in secrets_in(line % key).hide(line % key)


@pytest.mark.parametrize(
    "line",
    [
        'key = os.environ["GLADIA_API_KEY"]\n',
        'KEY_NAME = "GLADIA_API_KEY"\n',
        'api_key = "<YOUR_GLADIA_API_KEY>"\n',
        'headers = {"X-Gladia-Key": f"{key}"}\n',
        'headers = {"Authorization": f"Bearer {key}"}\n',
        'url = f"wss://x/v3/ws?token={token}"\n',
        'parser.add_argument("--api-key", help="the key of the service")\n',
    ],
)
def test_what_is_no_key_is_shown(line: str) -> None:
    assert secrets_in(line).hide(line) == line


def test_the_guides_script_is_shown_whole() -> None:
    assert secrets_in(BEFORE, AFTER).hide(BEFORE) == BEFORE


def test_no_report_shows_a_key_and_no_fix_writes_over_one(project: Path) -> None:
    before = BEFORE.replace("<YOUR_GLADIA_API_KEY>", KEY)
    assert before != BEFORE
    (project / "live.py").write_text(before)
    texts = reported(project, ".json", ".sarif", ".html", ".md", status=2)
    for text in texts:
        assert KEY not in text and WORD not in text
    assert all(HIDDEN in texts[number] for number in (0, 2, 3))
    results = json.loads(texts[1])["runs"][0]["results"]
    assert not any("fixes" in result for result in results)
    assert any("fixLeftOut" in result.get("properties", {}) for result in results)


# --- where they go -------------------------------------------------------------------------------


def test_a_report_of_no_kind_and_one_into_no_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BridgeError, match=r"no such kind of report; end it in \.json"):
        check_reports([tmp_path / "x.xml"])
    with pytest.raises(BridgeError, match="there is no folder"):
        check_reports([tmp_path / "nowhere" / "x.json"])


def test_an_earlier_report_is_no_file_of_the_project(project: Path) -> None:
    for ending, text in zip(
        (".json", ".sarif", ".html", ".md"), reported(project, ".json", ".sarif", ".html", ".md", status=2), strict=True
    ):
        assert is_report(text.encode())
        (project / f"old{ending}").write_text(text)
    document = json.loads(reported(project, ".json", status=2)[0])
    assert document["summary"]["files"] == 3


def test_a_caveat_waits_for_unsafe(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    script = folder / "live.py"
    (path,) = PAIRS.rglob("file_without_sleeping.before.py")
    before = path.read_text()
    script.write_text(before)
    document = json.loads(reported(folder, ".json", status=1, write=True)[0])
    assert document["summary"]["outcomes"] == {"unsafe": 1} and document["files"][0]["diff"]
    assert script.read_text() == before
    assert any("--unsafe --write" in step for step in document["nextSteps"])
    document = json.loads(reported(folder, ".json", status=1, write=True, options=Options(unsafe=True))[0])
    assert document["summary"]["outcomes"] == {"migrated": 1} and script.read_text() != before
