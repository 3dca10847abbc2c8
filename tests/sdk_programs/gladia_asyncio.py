"""A program of a user of Gladia's SDK, with asyncio. `SPEECH SCENARIO`: see `tests/sdk_runs.py`."""

import asyncio
import sys

from gladiaio_sdk import (
    GladiaClient,
    LiveV2InitRequest,
    LiveV2LanguageConfig,
    LiveV2MessagesConfig,
    LiveV2RealtimeProcessingConfig,
    LiveV2TranslationConfig,
)
from watched import SECONDS, frames, tell, watch_tasks, watch_threads

watch_threads()
speech, scenario = sys.argv[1:]
translated = LiveV2RealtimeProcessingConfig(
    translation=True, translation_config=LiveV2TranslationConfig(target_languages=["fr"])
)


async def main():
    watch_tasks()
    connected, final, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()
    client = GladiaClient(api_key="the key of the program")
    session = client.live_v2_async().start_session(
        LiveV2InitRequest(
            sample_rate=16000,
            realtime_processing=translated if scenario == "refused" else None,
            language_config=LiveV2LanguageConfig(languages=["en"]),
            messages_config=LiveV2MessagesConfig(
                receive_partial_transcripts=True, receive_lifecycle_events=True, receive_acknowledgments=True
            ),
        )
    )

    async def on_message(message):
        tell("message", message)
        if message.type == "transcript" and message.data.is_final:
            final.set()

    @session.on("connected")
    def on_connected(message):
        tell("connected", message)
        connected.set()

    @session.on("ended")
    def on_ended(message):
        tell("ended", message)
        ended.set()

    for event in ("started", "connecting", "ending", "error"):
        session.on(event, lambda payload, event=event: tell(event, payload))
    session.on("message", on_message)
    for frame in frames(speech):
        session.send_audio(frame)
    async with asyncio.timeout(SECONDS):
        if scenario == "whole":
            await connected.wait()  # a stop before that is lost in this SDK
            session.stop_recording()
        elif scenario in ("end", "leave"):
            await final.wait()
        if scenario == "leave":
            sys.exit()
        if scenario == "end":
            session.end_session()
        await ended.wait()


asyncio.run(main())
tell("done")
