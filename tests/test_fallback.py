"""`--fallback shim`: programs that cannot be fully rewritten, and which of them the shim cannot carry."""

from __future__ import annotations

from pathlib import Path

import pytest

from codemods.migration import Migration, Options, migrate_project
from tests.codemod_checks import check_migration, codes
from tests.test_honesty import DISPATCH, TRANSLATION, carried, program

INSTALL = 'shim.install(api="gladia", over="assemblyai")'
ABSENT = 'print(message["data"]["nonsense"])'
IN_PIECES = """
API = "https://api.gladia.io/v2"

def transcribe(file):
    return requests.post(f"{API}/pre-recorded", headers={"X-Gladia-Key": "k"}, json={"audio_url": file})
"""
FROM_ASSEMBLYAI = """
import json
from urllib.parse import urlencode

from websockets.sync.client import connect

def run(key, chunks):
    url = "wss://streaming.assemblyai.com/v3/ws?" + urlencode({"sample_rate": RATE, "speech_model": "u3-rt-pro"})
    with connect(url, additional_headers={"Authorization": key}) as ws:
        for chunk in chunks:
            ws.send(chunk)
        ws.send(json.dumps({"type": "Terminate"}))
        for frame in ws:
            message = json.loads(frame)
            if message["type"] == "Turn" and message["end_of_turn"]:
                print(message["transcript"])
"""


def test_a_program_that_would_get_a_todo_gets_the_shim_where_that_does_it() -> None:
    assert codes(check_migration(program(reading=ABSENT))) >= {"STB306"}
    migration = carried(program(reading=ABSENT))
    assert INSTALL in migration.code and "TODO" not in migration.code and not migration.unfinished
    [finding] = migration.findings
    assert finding.kind.code == "STB152" and "not rewritten: STB306 in line " in finding.text


def test_a_todo_that_a_comment_hides_is_no_reason_for_the_shim() -> None:
    hidden = program(reading=f"{ABSENT}  # sttbridge: ignore[STB306]")
    assert INSTALL not in carried(hidden).code and carried(hidden).changed


def test_what_the_shim_lacks_too_is_rewritten_with_its_todo() -> None:
    migration = carried(program(TRANSLATION, ABSENT))
    assert INSTALL not in migration.code and {"STB305", "STB306"} <= codes(migration)


def test_files_that_work_with_one_that_gets_the_shim_stay_with_it() -> None:
    url = '"https://api.gladia.io/v2/live"'
    sources = {
        Path("settings.py"): f"GLADIA_URL = {url}\n",
        Path("live.py"): "from settings import GLADIA_URL\n" + program(reading=ABSENT).replace(url, "GLADIA_URL"),
    }
    assert migrate_project(sources, "assemblyai")[Path("settings.py")].changed
    found = migrate_project(sources, "assemblyai", Options(fallback_shim=True))
    assert INSTALL in found[Path("live.py")].code
    assert not found[Path("settings.py")].changed and not any(one.unfinished for one in found.values())
    assert all(codes(one) == {"STB152"} for one in found.values())


def test_the_reason_is_what_the_new_code_lacked() -> None:
    url = '"https://api.gladia.io/v2/live"'
    code = program().replace(url, "f\"https://api.gladia.io/v2/live?region={os.environ['REGION']}\"")
    assert check_migration(code).unsafe
    [finding] = carried(code).findings
    assert "not rewritten: STB212 in line" in finding.text


def test_a_rate_that_gladia_refuses_is_carried_as_its_recipe_says_unless_the_caveat_is_taken() -> None:
    code = FROM_ASSEMBLYAI.replace("RATE", "24000")
    assert codes(check_migration(code, to="gladia")) >= {"STB209"}
    assert "import shim" in carried(code, to="gladia").code
    taken = check_migration(code, to="gladia", options=Options(fallback_shim=True, unsafe=True))
    assert "import shim" not in taken.code and taken.changed


@pytest.mark.parametrize("reading", [ABSENT, None])
def test_what_would_be_led_astray_keeps_a_program_from_the_shim(reading: str | None) -> None:
    code = (program(reading=reading) if reading else DISPATCH) + IN_PIECES
    migration = carried(code)
    assert "import shim" not in migration.code and migration.unfinished
    assert migration.code == check_migration(code).code, "what it would be without the fallback"
    line = code[: code.index("requests.post(f")].count("\n") + 1
    [said] = [one.text for one in migration.findings if one.kind.code == "STB161"]
    assert said.startswith(f"`requests.post(…)` in line {line} of `program.py` would be led to the shim")


def test_recordings_on_a_host_of_their_own_are_not_led() -> None:
    code = DISPATCH_OF_ASSEMBLYAI + '\nrequests.post("https://api.assemblyai.com/v2/transcript", headers={}, json={})\n'
    assert 'shim.install(api="assemblyai", over="gladia")' in carried(code, to="gladia").code


DISPATCH_OF_ASSEMBLYAI = "import requests\n" + FROM_ASSEMBLYAI.replace("RATE", "16000").replace(
    "message = json.loads(frame)", 'message = json.loads(frame)\n            table[message["type"]](message)'
)


def test_a_module_of_the_programs_own_named_shim_is_said() -> None:
    sources = {Path("shim.py"): "", Path("live.py"): "import shim\n" + DISPATCH}
    found: dict[Path, Migration] = migrate_project(sources, "assemblyai", Options(fallback_shim=True))
    assert "STB161" in codes(found[Path("live.py")]) and not found[Path("live.py")].changed
