"""A program of a user of Gladia's SDK, with threads. `SPEECH SCENARIO`: see `tests/sdk_runs.py`."""

import sys
import threading

from gladiaio_sdk import (
    GladiaClient,
    LiveV2InitRequest,
    LiveV2LanguageConfig,
    LiveV2MessagesConfig,
    LiveV2RealtimeProcessingConfig,
    LiveV2TranslationConfig,
)
from watched import SECONDS, frames, tell, watch_threads

watch_threads()
speech, scenario = sys.argv[1:]
translated = LiveV2RealtimeProcessingConfig(
    translation=True, translation_config=LiveV2TranslationConfig(target_languages=["fr"])
)
final, ended = threading.Event(), threading.Event()


def on_message(message):
    tell("message", message)
    if message.type == "transcript" and message.data.is_final:
        final.set()


def on_ended(message):
    tell("ended", message)
    ended.set()


client = GladiaClient(api_key="the key of the program")
session = client.live_v2().start_session(
    LiveV2InitRequest(
        sample_rate=16000,
        realtime_processing=translated if scenario == "refused" else None,
        language_config=LiveV2LanguageConfig(languages=["en"]),
        messages_config=LiveV2MessagesConfig(
            receive_partial_transcripts=True, receive_lifecycle_events=True, receive_acknowledgments=True
        ),
    )
)
for event in ("started", "connecting", "connected", "ending", "error"):
    session.on(event, lambda payload, event=event: tell(event, payload))
session.on("message", on_message)
session.on("ended", on_ended)

for frame in frames(speech):
    session.send_audio(frame)
if scenario == "whole":
    assert session.wait_until_ready(SECONDS)
    session.stop_recording()
elif scenario in ("end", "leave"):
    assert final.wait(SECONDS)
if scenario == "leave":
    sys.exit()
if scenario == "end":
    session.end_session()
assert ended.wait(SECONDS)
assert session.join(SECONDS)
tell("done")
