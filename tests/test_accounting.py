"""The account of every reference can fail: what a migration would forget is found, and what stays on purpose is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from codemods.accounting import Ending, accounts, project_accounts
from codemods.findings import STAYS_WITH_OLD
from codemods.migration import Migration, Options, migrate_project, migrate_source
from codemods.references import Sort
from codemods.sdk_references import SdkReferences
from shim.mapping.row import Vendor

PAIRS = Path(__file__).parent.parent / "fixtures" / "pairs"
BOTH = (PAIRS / "to_assemblyai" / "kept_calls" / "sdk_both.before.py").read_text(encoding="utf-8")
FROM_ASSEMBLYAI = """
import assemblyai as aai
from assemblyai.streaming import v3

client = v3.StreamingClient(v3.StreamingClientOptions(api_key="k"))
client.on(v3.StreamingEvents.Turn, lambda client, event: event.end_of_turn and print(event.transcript))
client.connect(v3.StreamingParameters(sample_rate=16000, speech_model="u3-rt-pro"))
client.stream(b"")
client.disconnect(terminate=True)
"""


def forgotten(before: str, migration: Migration, to: Vendor = Vendor.ASSEMBLYAI) -> set[str]:
    """What a migration would have forgotten."""
    return {one.reference.text for one in accounts(before, migration, to) if one.ending is Ending.FORGOTTEN}


def changed(migration: Migration, old: str, new: str) -> Migration:
    """The same with another text in its code."""
    assert old in migration.code
    return replace(migration, code=migration.code.replace(old, new))


def test_only_what_a_call_that_stays_is_made_of_may_stay_without_a_word() -> None:
    migration = migrate_source(BOTH, "assemblyai")
    assert migration.changed and not forgotten(BOTH, migration)
    left = changed(migration, "import GladiaClient", "import GladiaClient, LiveV2InitRequest")
    assert forgotten(BOTH, left) == {"LiveV2InitRequest"}
    left = changed(left, "    with open(", "    print(LiveV2InitRequest)\n    with open(")
    assert forgotten(BOTH, left) == {"LiveV2InitRequest"}


@pytest.mark.parametrize(
    ("new", "old"), [("session.stream(", "session.send_audio("), ("event.end_of_turn", "event.is_final")]
)
def test_a_member_that_no_rule_wrote_anew_is_found(new: str, old: str) -> None:
    migration = migrate_source(BOTH, "assemblyai")
    assert forgotten(BOTH, changed(migration, new, old)) == {old.partition(".")[2].strip("(")}


def test_a_member_of_the_programs_own_is_nobodys() -> None:
    own = "import gladiaio_sdk\n\nclass Own:\n    def send_audio(self): ...\n\nOwn().send_audio()\n"
    assert SdkReferences(own, Vendor.GLADIA).members == []


def test_names_are_found_however_they_are_imported() -> None:
    found = SdkReferences(FROM_ASSEMBLYAI, Vendor.ASSEMBLYAI)
    names = {"StreamingClient", "StreamingClientOptions", "StreamingEvents", "StreamingParameters", "Turn"}
    assert {one.text for one in found.names} == names and all(one.sort is Sort.NAME for one in found.names)
    assert {one.text for one in found.members} == {"end_of_turn", "connect", "stream", "disconnect"}
    for head, called in (
        ("import gladiaio_sdk", "gladiaio_sdk.GladiaClient()"),
        ("import gladiaio_sdk as sdk", "sdk.GladiaClient()"),
        ("from gladiaio_sdk import GladiaClient as Client", "Client()"),
    ):
        found = SdkReferences(f"{head}\nclient = {called}\n", Vendor.GLADIA)
        assert "GladiaClient" in {one.text for one in found.names if one.line == 2}
    older = SdkReferences("import assemblyai as aai\naai.RealtimeTranscriber\naai.Transcriber\n", Vendor.ASSEMBLYAI)
    assert [one.text for one in older.names] == ["RealtimeTranscriber"], "recordings are another service"


def test_an_sdk_whose_module_is_named_in_full_migrates_with_each_reference_accounted_for() -> None:
    migration = migrate_source(FROM_ASSEMBLYAI, "gladia")
    assert not forgotten(FROM_ASSEMBLYAI, migration, Vendor.GLADIA)
    assert {one.ending for one in accounts(FROM_ASSEMBLYAI, migration, Vendor.GLADIA)} <= {
        Ending.REWRITTEN,
        Ending.REWRITTEN_WITH_CAVEAT,
    }


RECORDINGS = "import assemblyai as aai\n\ntranscriber = aai.Transcriber()\n"
USES_BOTH = FROM_ASSEMBLYAI.replace("import assemblyai as aai", "from recordings import transcriber") + (
    "print(transcriber.transcribe('a.wav').text)\n"
)


def test_what_another_file_holds_is_accounted_for_where_it_is_used() -> None:
    before = {Path("recordings.py"): RECORDINGS, Path("app.py"): USES_BOTH}
    found = migrate_project(before, "gladia", Options(unsafe=True))
    app, held = found[Path("app.py")], found[Path("recordings.py")]
    assert app.changed and [one.kind for one in app.findings if one.kind.leaves_todo] == [STAYS_WITH_OLD]
    assert not held.changed and held.findings, "a file that goes on with the old service says so"
    accounted = project_accounts(before, found, Vendor.GLADIA)
    assert not any(one.ending is Ending.FORGOTTEN for each in accounted.values() for one in each)
    left = replace(app, code=app.code.replace("message.data.is_final", "message.end_of_turn"))
    accounted = project_accounts(before, {**found, Path("app.py"): left}, Vendor.GLADIA)
    assert {one.reference.text for one in accounted[Path("app.py")] if one.ending is Ending.FORGOTTEN} == {
        "end_of_turn"
    }
