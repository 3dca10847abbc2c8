"""What the codemod says of what it does not do: TODOs, caveats, comments that hide findings, the account of it all."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from codemods.accounting import Ending, accounts
from codemods.findings import CARRIED_BY_SHIM, Finding, Level
from codemods.migrating import without_the_shim
from codemods.migration import Migration, Options, migrate_project, migrate_source
from codemods.outcome import Migration as Outcome
from codemods.references import Sort, references_in
from codemods.todos import MARK, todos_in
from shim.mapping import catalogue
from shim.mapping.row import Section, Vendor
from tests.codemod_checks import check_migration, codes

HEAD = '''"""Live."""
import asyncio
import json
import os

import requests
import websockets

'''
PROGRAM = (
    HEAD
    + """CONFIG = {{
    "sample_rate": 16000,
    "language_config": {{"languages": ["en"]}},{config}
}}


def open_session():
    response = requests.post(
        "https://api.gladia.io/v2/live",
        headers={{"X-Gladia-Key": os.environ["GLADIA_API_KEY"]}},
        json=CONFIG,
        timeout=10,
    )
    response.raise_for_status()
    return response.json()["url"]


async def main(audio):
    async with websockets.connect(open_session()) as ws:
        for chunk in audio:
            await ws.send(chunk)
        await ws.send(json.dumps({{"type": "stop_recording"}}))
        async for frame in ws:
            message = json.loads(frame)
            {reading}


asyncio.run(main([]))
"""
)
READING = 'if message["type"] == "transcript":\n                print(message["data"]["utterance"]["text"])'
TRANSLATION = '\n    "realtime_processing": {"translation": True},'


def program(config: str = "", reading: str = READING) -> str:
    """A program for Gladia, with more entries in its configuration, or another body of its loop."""
    return PROGRAM.format(config=config, reading=reading)


def carried(code: str, to: str = "assemblyai") -> Migration:
    """What becomes of a program with `--fallback shim`."""
    return check_migration(code, to=to, options=Options(fallback_shim=True))


# TODOs


def test_a_todo_keeps_the_file_unfinished_until_it_is_deleted() -> None:
    migration = check_migration(program(TRANSLATION))
    assert migration.changed and migration.unfinished and not migration.unsafe
    [todo] = todos_in(migration.code)
    assert todo.code == "STB305" and todo.text.startswith("`realtime_processing.translation`: AssemblyAI's")
    again = migrate_source(migration.code, "assemblyai")
    assert not again.changed and again.unfinished
    [finding] = again.findings
    assert finding.kind.code == "STB357" and finding.line == todo.line and todo.text in finding.text
    done = "".join(
        line
        for number, line in enumerate(migration.code.splitlines(keepends=True), 1)
        if not todo.line <= number <= todo.last_line
    )
    assert migrate_source(done, "assemblyai").findings == ()


@pytest.mark.parametrize(
    ("reading", "above"),
    [
        ('print(message["data"]["nonsense"])', "print("),
        ('if message["data"]["nonsense"]: print(1)', "if "),
        (
            'if frame:\n                pass\n            elif message["data"]["nonsense"]:\n                pass',
            "elif ",
        ),
        (
            'print(\n                "a",\n                message["data"]["nonsense"],\n            )',
            'message["data"]',
        ),
        ('value = 1 + \\\n                message["data"]["nonsense"]\n            print(value)', "value = "),
        ('@print\n            def inner(x=message["data"]["nonsense"]):\n                pass', "@print"),
        ('while message["data"]["nonsense"]:\n                break', "while "),
        ('text = """\n"""; print(text, message["data"]["nonsense"])', "text = "),
    ],
)
def test_a_todo_stands_above_its_statement(reading: str, above: str) -> None:
    migration = check_migration(program(reading=reading), ruff=False)
    lines = migration.code.splitlines()
    [todo] = [one for one in todos_in(migration.code) if one.code == "STB306"]
    following = lines[todo.last_line]
    assert following.lstrip().startswith(above), migration.code
    indent = len(following) - len(following.lstrip())
    assert all(len(line) - len(line.lstrip()) == indent for line in lines[todo.line - 1 : todo.last_line])
    assert all(len(line) <= 100 for line in lines[todo.line - 1 : todo.last_line])


def test_a_todo_that_begins_with_a_long_word_is_read_back() -> None:
    reading = 'content = message\n            print(content["data"]["transcription"]["subtitles_of_all"])'
    migration = check_migration(program(reading=reading))
    assert [todo.code for todo in todos_in(migration.code)] == ["STB306"]


def test_a_todo_of_a_statement_that_goes_stands_at_what_follows() -> None:
    code = program(reading='data = message["data"]\n            if data["nonsense"]:\n                print(1)')
    migration = check_migration(code)
    assert f"# {MARK} STB306" in migration.code


def test_a_reading_that_can_be_of_several_messages_leaves_the_file_whole() -> None:
    migration = check_migration(program(reading='print("transcript" < message["type"])'))
    assert "STB350" in codes(migration) and not migration.changed


def test_a_message_that_the_service_does_not_know_is_no_longer_sent() -> None:
    code = program().replace(
        '        await ws.send(json.dumps({"type": "stop_recording"}))\n',
        '        await ws.send(json.dumps({"type": "configure"}))\n'
        '        await ws.send(json.dumps({"type": "stop_recording"}))\n',
    )
    migration = check_migration(code)
    assert '"configure"' not in migration.code and "STB351" in codes(migration)
    kept = code.replace(
        'await ws.send(json.dumps({"type": "configure"}))', 'done = await ws.send(json.dumps({"type": "configure"}))'
    )
    assert check_migration(kept).code == kept and "STB352" in codes(check_migration(kept))


def test_a_branch_for_what_never_comes_is_left_with_one_todo() -> None:
    branch = (
        READING
        + '\n            elif message["type"] == "translation":\n                data = message["data"]\n'
        + '                print(data["translated_utterance"]["text"], data["target_language"])'
    )
    migration = check_migration(program(reading=branch))
    assert [todo.code for todo in todos_in(migration.code)] == ["STB353"]
    assert '== "translation"' in migration.code


# Caveats

WORKS_AT_A_PAUSE = 'if message["type"] == "speech_end":\n                pauses.append(1)\n            el' + READING


def test_edits_with_a_caveat_are_for_show_until_they_are_allowed() -> None:
    code = program(reading=WORKS_AT_A_PAUSE)
    shown = check_migration(code, ruff=False)
    assert shown.changed and shown.unsafe and "STB203" in codes(shown)
    written = check_migration(code, ruff=False, options=Options(unsafe=True))
    assert written.code == shown.code and not written.unsafe and written.unfinished


def test_a_branch_that_only_tells_is_no_caveat() -> None:
    migration = check_migration(program(reading=WORKS_AT_A_PAUSE.replace("pauses.append(1)", 'print("pause")')))
    assert "STB153" in codes(migration) and not migration.unsafe


def test_a_comment_is_carried_to_what_has_the_place_of_its_code() -> None:
    migration = check_migration(program('\n    "bit_depth": 16,  # little endian'))
    assert "# little endian\n" in migration.code and not migration.unsafe
    commented = program().replace("    response.raise_for_status()\n", "    response.raise_for_status()  # the key\n")
    migration = check_migration(commented)
    assert "# the key\n" in migration.code and not migration.unsafe


def test_a_comment_in_a_branch_that_goes_is_a_caveat() -> None:
    branch = (
        'if message["type"] == "audio_chunk":\n                # heard\n                continue\n            '
        + READING
    )
    migration = check_migration(program(reading=branch))
    assert "# heard" not in migration.code and migration.unsafe
    assert [one.text for one in migration.findings if one.kind.code == "STB205"] == ["# heard"]


# Comments that hide findings


def test_a_hidden_caveat_lets_the_file_be_written() -> None:
    reading = "# sttbridge: ignore[STB203]\n            " + WORKS_AT_A_PAUSE
    migration = check_migration(program(reading=reading), ruff=False)
    assert migration.changed and not migration.unsafe and "STB203" not in codes(migration)
    assert [finding.kind.code for finding in migration.hidden] == ["STB203"]


def test_a_hidden_todo_is_not_left() -> None:
    migration = check_migration(program(f"{TRANSLATION}  # sttbridge: ignore[STB305]"))
    assert migration.changed and MARK not in migration.code and not migration.unfinished


def test_what_blocks_still_blocks_when_it_is_hidden() -> None:
    code = program(reading="HANDLERS[message['type']](message)  # sttbridge: ignore[STB312]")
    migration = check_migration(code, ruff=False)
    assert migration.code == code and migration.left_whole and not migration.unfinished
    assert [one.ending for one in accounts(code, migration, Vendor.ASSEMBLYAI)] == [Ending.SKIPPED] * 3


@pytest.mark.parametrize(
    ("comment", "found"),
    [
        ("# sttbridge: ignore[STB305]", set()),
        ("#sttbridge:ignore[ stb305 , STB101 ]", {"STB150"}),
        ("# sttbridge: ignore[STB999]", {"STB150", "STB305"}),
        ("# sttbridge: ignore", {"STB151", "STB305"}),
        ("# sttbridge: ignore[]", {"STB151", "STB305"}),
        ("# noqa  # sttbridge: ignore[STB305]", set()),
        ('"# sttbridge: ignore[STB305]"', {"STB305"}),
    ],
)
def test_comments_name_what_they_hide(comment: str, found: set[str]) -> None:
    entry = f"\n    # a line of its own above the entry, which is inside the statement{TRANSLATION}"
    entry += f'\n    "custom_metadata": {{"a": {comment}}},' if comment.startswith('"') else f"  {comment}"
    looked_at = {"STB305", "STB150", "STB151"}
    migration = check_migration(program(entry))
    assert codes(migration) & looked_at - ({"STB150"} if "STB101" in comment else set()) == found - (
        {"STB150"} if "STB101" in comment else set()
    )


@pytest.mark.parametrize(
    ("before", "hides"),
    [
        ("# sttbridge: ignore[STB305]\nCONFIG", True),
        ("# sttbridge: ignore[STB305]\n# of the captions\nCONFIG", True),
        ("# sttbridge: ignore[STB305]\n\nCONFIG", False),
        ("# sttbridge: ignore[STB305]\nOTHER = 1\nCONFIG", False),
        ("OTHER = 1  # sttbridge: ignore[STB305]\nCONFIG", False),
    ],
)
def test_a_comment_above_a_statement_is_directly_above_it(before: str, hides: bool) -> None:
    migration = check_migration(program(TRANSLATION).replace("CONFIG", before, 1))
    assert ("STB305" not in codes(migration)) is hides
    assert ("STB150" in codes(migration)) is not hides


def test_a_comment_at_a_compound_statement_hides_nothing_in_its_block() -> None:
    code = program(reading='if frame:  # sttbridge: ignore[STB306]\n                print(message["data"]["nonsense"])')
    assert {"STB306", "STB150"} <= codes(check_migration(code))


def test_a_file_that_never_says_a_vendors_name_may_have_an_idle_comment() -> None:
    assert codes(migrate_source("x = 1  # sttbridge: ignore[STB101]\n", "gladia")) == {"STB150"}


# The account


def test_references_are_those_of_the_map() -> None:
    code = (
        program()
        + '"""https://api.gladia.io says so"""\n# api.gladia.io\nGladia = "gladia"\nimport gladiaio_sdk.live\n'
    )
    code += 'wss = "wss://api.gladia.io/x"; other = "api.gladia.io.example.org"; header = ["x-gladia-key: " + KEY]\n'
    found = references_in(code, Vendor.GLADIA)
    assert [one.sort for one in found] == [
        Sort.HOST,
        Sort.VARIABLE,
        Sort.HEADER,
        Sort.PACKAGE,
        Sort.HEADER,
        Sort.HOST,
    ] or {one.sort for one in found} == set(Sort)
    assert len(found) == 6 and references_in(code, Vendor.ASSEMBLYAI) == []


def test_each_reference_ends_somewhere() -> None:
    def endings(code: str) -> set[Ending]:
        return {one.ending for one in accounts(code, migrate_source(code, "assemblyai"), Vendor.ASSEMBLYAI)}

    assert endings(program()) == {Ending.REWRITTEN}
    assert endings(program(reading=WORKS_AT_A_PAUSE)) == {Ending.REWRITTEN_WITH_CAVEAT}
    assert endings(program(reading="HANDLERS[message['type']](message)")) == {Ending.LEFT}
    assert endings('import os\nKEY = os.environ["GLADIA_API_KEY"]\n') <= {
        Ending.SKIPPED,
        Ending.REWRITTEN,
    }
    forgotten = Outcome(program().replace("CONFIG", "SETTINGS"), changed=True)
    assert {one.ending for one in accounts(program(), forgotten, Vendor.ASSEMBLYAI)} == {Ending.FORGOTTEN}


def test_what_no_rule_knew_gets_a_todo() -> None:
    code = program() + '\n\ndef ping():\n    return health.of("wss://api.gladia.io/health")\n'
    migration = check_migration(code)
    if migration.changed:
        assert "STB354" in codes(migration) and f"    # {MARK} STB354" in migration.code
    else:
        assert migration.left_whole


# The shim instead

DISPATCH = program(reading="HANDLERS[message['type']](message)").replace("CONFIG = ", "HANDLERS = {}\nCONFIG = ", 1)
LINES = '\nimport shim\n\nshim.install(api="gladia", over="assemblyai")\n'


def test_the_shim_is_installed_before_what_could_connect() -> None:
    migration = carried(DISPATCH)
    assert migration.code == DISPATCH.replace("import os\n", f"import os\n{LINES}", 1)
    [finding] = migration.findings
    assert finding.kind is CARRIED_BY_SHIM and "ASSEMBLYAI_API_KEY" in finding.text and "STB312 in line" in finding.text
    assert migration.code.splitlines()[finding.line - 1] == "import shim"


@pytest.mark.parametrize(
    ("head", "lines"),
    [
        ("", 'import shim\n\nshim.install(api="gladia", over="assemblyai")\n\n'),
        ("#!/usr/bin/env python\n# ours\n", f"#!/usr/bin/env python\n# ours\n{LINES}\n"),
        ('"""Doc."""\n', f'"""Doc."""\n{LINES}\n'),
        (
            '"""Doc."""\nfrom __future__ import annotations\n\n',
            f'"""Doc."""\nfrom __future__ import annotations\n{LINES}\n',
        ),
    ],
)
def test_where_the_line_stands(head: str, lines: str) -> None:
    body = DISPATCH.removeprefix(HEAD)
    start = "import requests, json, asyncio, os\nimport websockets\n\n"
    assert carried(head + start + body).code == lines + start + body
    crlf = (head + start + body).replace("\n", "\r\n")
    assert carried(crlf).code == (lines + start + body).replace("\n", "\r\n")


def test_a_program_with_another_shim_gets_another_name() -> None:
    code = DISPATCH.replace("HANDLERS = {}", "HANDLERS = {}\nshim = 1")
    assert "import shim as sttbridge_shim\n\nsttbridge_shim.install(" in carried(code).code


def test_what_has_the_shim_stays_as_it_is() -> None:
    code = program().replace("import requests\n", f"{LINES.lstrip()}\nimport requests\n", 1)
    for options in (Options(), Options(fallback_shim=True)):
        migration = check_migration(code, options=options)
        assert migration.code == code and codes(migration) == {"STB152"} and not migration.unfinished


def test_a_program_that_uses_more_of_the_service_is_not_led_there() -> None:
    code = DISPATCH + '\nrequests.post("https://api.gladia.io/v2/pre-recorded", json={})\n'
    migration = carried(code)
    assert migration.code == code and migration.unfinished


def test_what_can_be_rewritten_gets_no_shim() -> None:
    assert "import shim" not in carried(program()).code


def test_the_file_that_a_program_begins_with_gets_the_shim() -> None:
    sources = {
        Path("app/main.py"): "from app.live import main\n\nif __name__ == '__main__':\n    main([])\n",
        Path("app/__init__.py"): "",
        Path("app/live.py"): DISPATCH.replace("asyncio.run(main([]))\n", ""),
    }
    found = migrate_project(sources, "assemblyai", Options(fallback_shim=True))
    assert found[Path("app/main.py")].code.startswith('import shim\n\nshim.install(api="gladia", over="assemblyai")\n')
    assert not found[Path("app/live.py")].changed
    assert {one.level for result in found.values() for one in result.findings} == {Level.INFORMATION}
    again = migrate_project({path: one.code for path, one in found.items()}, "assemblyai", Options(fallback_shim=True))
    assert not any(result.changed for result in again.values())


def test_findings_speak_of_the_services_and_not_of_the_shim() -> None:
    for section in (Section.SESSION, Section.PARAMETER, Section.CLIENT, Section.SERVER):
        for row in catalogue.rows(section):
            for way in (row.over_assemblyai, row.over_gladia):
                said = without_the_shim(way.reason)
                is_older_api = row.id.startswith("v2.")
                assert is_older_api or ("shim" not in said and bool(said) == bool(way.reason)), row.id


def test_findings_are_in_the_order_of_their_lines() -> None:
    migration = check_migration(program(TRANSLATION) + "# Gladia\n")
    lines = [finding.line for finding in migration.findings]
    assert lines == sorted(lines) and len(set(lines)) > 3
    ast.parse(migration.code)


def test_a_finding_needs_a_person_or_does_not() -> None:
    assert Finding(CARRIED_BY_SHIM, 1, "x").needs_a_person is False
