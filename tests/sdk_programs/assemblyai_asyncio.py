"""A program of a user of AssemblyAI's SDK with asyncio, by its new names. `SPEECH SCENARIO`: see `sdk_runs.py`."""

import asyncio
import sys

from assemblyai.streaming.v3 import (
    AsyncRealTimeTranscriber,
    RealTimeEvents,
    RealTimeParameters,
    RealTimeSessionParameters,
    RealTimeTranscriberOptions,
)
from watched import SECONDS, async_microphone, frames, tell, watch_tasks, watch_threads

watch_threads()
speech, scenario = sys.argv[1:]


async def main():
    watch_tasks()
    partial, final, over = asyncio.Event(), asyncio.Event(), asyncio.Event()
    client = AsyncRealTimeTranscriber(RealTimeTranscriberOptions(api_key="the key of the program", connect_timeout=5.0))

    async def on_turn(client, turn):
        tell("Turn", turn)
        partial.set()
        if turn.end_of_turn:
            await client.set_params(RealTimeSessionParameters(format_turns=True))  # as in the vendor's guide
            final.set()

    def on_termination(client, termination):
        tell("Termination", termination)
        over.set()

    def on_error(client, error):
        tell("Error", error)
        over.set()

    client.on(RealTimeEvents.Turn, on_turn)
    client.on(RealTimeEvents.Termination, on_termination)
    client.on(RealTimeEvents.Error, on_error)
    for event in ("Begin", "SpeechStarted", "Warning"):
        client.on(RealTimeEvents[event], lambda client, payload, event=event: tell(event, payload))
    async with asyncio.timeout(SECONDS):
        await client.connect(
            RealTimeParameters(
                sample_rate=16000,
                speech_model="universal-3-6-pro",
                language_codes=["en"],
                max_turn_silence=400,
                **({"redact_pii": True} if scenario == "refused" else {}),
            )
        )
        tell("connected")
        if scenario == "force":
            await client.stream(frames(speech)[:14])
            await partial.wait()
            await client.force_endpoint()
            await final.wait()
            tell("forced")
        else:
            await client.keep_alive()
            await client.stream(async_microphone(speech))
        if scenario in ("end", "leave"):
            await final.wait()
        elif scenario in ("lost", "refused"):
            await over.wait()
        if scenario == "leave":
            sys.exit()
        await client.disconnect(terminate=scenario in ("whole", "force"))


asyncio.run(main())
tell("done")
