"""A program of a user of AssemblyAI's SDK with threads, by its old names. `SPEECH SCENARIO`: see `sdk_runs.py`."""

import sys
import threading

from assemblyai.streaming.v3 import (
    StreamingClient,
    StreamingClientOptions,
    StreamingEvents,
    StreamingParameters,
    StreamingSessionParameters,
)
from watched import SECONDS, frames, microphone, tell, watch_threads

watch_threads()
speech, scenario = sys.argv[1:]
partial, final, over = threading.Event(), threading.Event(), threading.Event()


def on_turn(client, turn):
    tell("Turn", turn)
    partial.set()
    if turn.end_of_turn:
        client.set_params(StreamingSessionParameters(format_turns=True))  # as in the vendor's guide
        final.set()


def on_end(event):
    def handler(client, payload):
        assert isinstance(client, StreamingClient)
        tell(event, payload)
        over.set()

    return handler


client = StreamingClient(StreamingClientOptions(api_key="the key of the program", connect_timeout=5.0))
client.on(StreamingEvents.Turn, on_turn)
client.on(StreamingEvents.Termination, on_end("Termination"))
client.on(StreamingEvents.Error, on_end("Error"))
for event in ("Begin", "SpeechStarted", "Warning"):
    client.on(StreamingEvents[event], lambda client, payload, event=event: tell(event, payload))
client.connect(
    StreamingParameters(
        sample_rate=16000,
        speech_model="universal-3-6-pro",
        language_codes=["en"],
        max_turn_silence=400,
        format_turns=True,
        **({"redact_pii": True} if scenario == "refused" else {}),
    )
)
tell("connected")
if scenario == "force":
    client.stream(frames(speech)[:14])
    assert partial.wait(SECONDS)
    client.force_endpoint()
    assert final.wait(SECONDS)
    tell("forced")
else:
    client.keep_alive()
    client.stream(microphone(speech))
if scenario == "end":
    assert final.wait(SECONDS)
elif scenario in ("lost", "refused"):
    assert over.wait(SECONDS)
client.disconnect(terminate=scenario in ("whole", "force"))
tell("done")
