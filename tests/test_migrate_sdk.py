"""The guide's SDK programs: each way, there and back, and run against the emulators."""

from __future__ import annotations

from pathlib import Path

import pytest

from codemods.migration import migrate_source
from codemods.verify.verification import Conditions, verify_pair
from shim.guide import guide_file
from shim.mapping import catalogue
from shim.mapping.row import Section
from tests.codemod_checks import check_migration, codes, fixture

PAIRS = [
    ("assemblyai_sdk.py", "gladia_sdk.py", "gladia"),
    ("gladia_sdk.py", "assemblyai_sdk_again.py", "assemblyai"),
    ("assemblyai_sdk_async.py", "gladia_sdk_async.py", "gladia"),
    ("gladia_sdk_async.py", "assemblyai_sdk_async_again.py", "assemblyai"),
]


@pytest.mark.parametrize(("before", "after", "to"), PAIRS, ids=[after for _, after, _ in PAIRS])
def test_each_program_becomes_its_counterpart(before: str, after: str, to: str) -> None:
    migration = check_migration(fixture(before), to=to)
    assert migration.code == fixture(after)
    assert not migration.unfinished


@pytest.mark.parametrize(("before", "after", "to"), PAIRS, ids=[after for _, after, _ in PAIRS])
def test_both_programs_print_the_same_transcripts(before: str, after: str, to: str) -> None:
    result = verify_pair(guide_file(before), guide_file(after), Conditions())
    assert result.differences == [], result.runs
    assert len(result.runs[0].transcripts) == 3


def test_the_guides_set_params_goes_and_is_said() -> None:
    migration = check_migration(fixture("assemblyai_sdk.py"), to="gladia")
    assert "set_params" not in migration.code and "turn_is_formatted" not in migration.code
    assert "STB130" in codes(migration)


@pytest.mark.parametrize("name", ["assemblyai_sdk_again.py", "assemblyai_sdk_async_again.py"])
def test_there_and_back_again_and_there_is_the_same_program(name: str) -> None:
    there = migrate_source(fixture(name), "gladia")
    assert there.changed
    back = migrate_source(there.code, "assemblyai")
    assert back.code == fixture(name)


def test_the_guides_events_are_rows() -> None:
    named = {name for row in catalogue.rows(Section.SDK) for name in row.assemblyai}
    assert {"Transcript", "Open", "Close", "Error"} <= named


def test_fixtures_are_shipped() -> None:
    assert all(Path(guide_file(name)).is_file() for pair in PAIRS for name in pair[:2])


SPEECH = str(guide_file("speech.wav"))

FILE_TO_GLADIA = f'''
import threading
import time
import wave

from assemblyai.streaming.v3 import (
    RealTimeEvents,
    RealTimeParameters,
    RealTimeTranscriber,
    RealTimeTranscriberOptions,
    TurnEvent,
)


def audio():
    with wave.open({SPEECH!r}) as file:
        while chunk := file.readframes(1600):
            yield chunk
            time.sleep(0.1)


class Recorder:
    """Prints what a file says."""

    def __init__(self):
        self.over = threading.Event()
        self.client = RealTimeTranscriber(RealTimeTranscriberOptions(api_key="k"))
        self.client.on(RealTimeEvents.Begin, lambda client, event: print("begin", event.id, event.expires_at.year > 2000))
        self.client.on(RealTimeEvents.Turn, self.on_turn)
        self.client.on(RealTimeEvents.Termination, self.on_end)
        self.client.on(RealTimeEvents.Error, lambda client, error: print("error", error))

    def on_turn(self, client, event: TurnEvent):
        if event.end_of_turn:
            self.show(event)

    def show(self, turn):
        words = " ".join(word.text for word in turn.words)
        print(turn.turn_order, words == turn.transcript, turn.words[0].start > 100, turn.transcript)

    def on_end(self, client, event):
        self.over.set()

    def run(self):
        settings = {{"sample_rate": 16000, "max_turn_silence": 500, "speech_model": "u3-rt-pro"}}
        self.client.connect(RealTimeParameters(**settings))
        self.client.stream(audio())
        self.client.disconnect(terminate=True)


recorder = Recorder()
recorder.run()
print("over", recorder.over.is_set())
'''

FILE_TO_ASSEMBLYAI = f"""
import asyncio
import wave

from gladiaio_sdk import GladiaClient, LiveV2InitRequest, LiveV2MessagesConfig, LiveV2WebSocketMessage


async def main():
    gladia_client = GladiaClient(api_key="k")
    session = gladia_client.live_v2_async().start_session(
        LiveV2InitRequest(
            sample_rate=16000,
            messages_config=LiveV2MessagesConfig(receive_partial_transcripts=True),
        )
    )
    over = asyncio.Event()

    @session.on("message")
    async def on_message(message: LiveV2WebSocketMessage):
        if message.type == "transcript" and message.data.is_final:
            utterance = message.data.utterance
            print(f"[{{utterance.start:.1f}}-{{utterance.end:.1f}}] {{utterance.text.strip()}}")
        elif message.type == "post_final_transcript":
            print(message.data.metadata.audio_duration)

    @session.once("started")
    def on_started(response):
        print("started", response.id)

    @session.once("ended")
    def on_ended(ended):
        print("ended", ended.code)
        over.set()

    @session.on("error")
    def on_error(error):
        print("error", error)

    with wave.open({SPEECH!r}) as file:
        while chunk := file.readframes(1600):
            session.send_audio(bytearray(chunk))
            await asyncio.sleep(0.1)
    session.stop_recording()
    await over.wait()


asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("code", "to"), [(FILE_TO_GLADIA, "gladia"), (FILE_TO_ASSEMBLYAI, "assemblyai")], ids=["gladia", "assemblyai"]
)
def test_programs_that_send_a_file_end_as_they_did(code: str, to: str, tmp_path: Path) -> None:
    migration = check_migration(code, to=to, ruff=False)
    assert migration.changed, migration.findings
    before, after = tmp_path / "before.py", tmp_path / "after.py"
    before.write_text(code, encoding="utf-8")
    after.write_text(migration.code, encoding="utf-8")
    result = verify_pair(before, after, Conditions())
    assert result.differences == [], (result.runs, migration.code)
    first, second = (run.stdout for run in result.runs)
    assert "error" not in first + second, second
    if to == "gladia":
        assert first.endswith("over True\n") and second.endswith("over True\n")
        lines = [line for line in second.splitlines() if "train" in line]
        assert lines == ["1 True True The train to Paris leaves at nine."], second
    else:
        assert "ended 1000" in first and "ended 1000" in second and "[0.5-2.1]" in second


def test_a_refused_key_reaches_both_programs_handlers_and_both_end(tmp_path: Path) -> None:
    scripts = []
    for name, variable in (
        ("assemblyai_sdk_async.py", "ASSEMBLYAI_API_KEY"),
        ("gladia_sdk_async.py", "GLADIA_API_KEY"),
    ):
        script = tmp_path / name
        script.write_text(fixture(name).replace(f'os.environ["{variable}"]', '"wrong"'), encoding="utf-8")
        scripts.append(script)
    runs = verify_pair(scripts[0], scripts[1], Conditions(key="right")).runs
    assert [run.exit_status for run in runs] == [0, 0]
    assert all(run.stdout.startswith("Error: ") and run.ended_by == "itself" for run in runs), runs
