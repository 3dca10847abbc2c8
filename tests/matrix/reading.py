"""The dimension of reading: how a message's text becomes a printed line."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Reader:
    """What is done with the text of one message; `{raw}` is that text, `{leave}` ends the handling of this one."""

    body: str
    definitions: tuple[str, ...] = ()
    imports: frozenset[str] = field(default_factory=frozenset)

    def of(self, raw: str, leave: str) -> str:
        """The statements for one message."""
        return self.body.replace("«raw»", raw).replace("«leave»", leave)


GLADIA_READING = {
    "chained": Reader("""\
content = json.loads(«raw»)
if content["type"] == "transcript" and content["data"]["is_final"]:
    text = content["data"]["utterance"]["text"].strip()
    print(f"Final: {text}")
if content["type"] == "post_final_transcript":
    print("################ End of session ################")
"""),
    "nested": Reader("""\
message = json.loads(«raw»)
message_type = message.get("type")
if message_type == "transcript":
    data = message.get("data", {})
    utterance = data.get("utterance", {})
    if data.get("is_final"):
        print(utterance.get("text", "").strip())
elif message_type == "error":
    print("error:", message)
"""),
    "early": Reader("""\
message = json.loads(«raw»)
if message["type"] != "transcript":
    «leave»
data = message["data"]
if not data["is_final"]:
    «leave»
utterance = data["utterance"]
text = utterance["text"].strip()
print(f"[{utterance['start']:6.2f} - {utterance['end']:6.2f}] {text}")
"""),
    "match": Reader("""\
message = json.loads(«raw»)
match message["type"]:
    case "transcript" if message["data"]["is_final"]:
        print(message["data"]["utterance"]["text"].strip())
    case "post_final_transcript":
        print("-- the end --")
    case _:
        pass
"""),
    "table": Reader(
        """\
event = json.loads(«raw»)
handler = HANDLERS.get(event["type"])
if handler is not None:
    handler(event)
""",
        (
            """\
def on_transcript(event):
    data = event["data"]
    if data["is_final"]:
        print(data["utterance"]["text"].strip())
""",
            """\
def on_summary(event):
    print("complete")


HANDLERS = {"transcript": on_transcript, "post_final_transcript": on_summary}
""",
        ),
    ),
    "model": Reader(
        """\
message = json.loads(«raw»)
if message["type"] == "transcript":
    line = Line.of(message["data"])
    if line.final:
        print(line.text)
""",
        (
            """\
@dataclass
class Line:
    text: str
    final: bool
    start: float

    @classmethod
    def of(cls, data):
        utterance = data["utterance"]
        return cls(utterance["text"].strip(), data["is_final"], utterance["start"])
""",
        ),
        frozenset({"from dataclasses import dataclass"}),
    ),
}

ASSEMBLYAI_READING = {
    "chained": Reader("""\
event = json.loads(«raw»)
if event["type"] == "Turn" and event["end_of_turn"]:
    print(event["transcript"])
"""),
    "nested": Reader("""\
data = json.loads(«raw»)
msg_type = data.get("type")
if msg_type == "Begin":
    print(f"Session began: ID={data.get('id')}")
elif msg_type == "Turn":
    transcript = data.get("transcript", "")
    if data.get("turn_is_formatted"):
        print(transcript)
elif msg_type == "Termination":
    print(f"Session terminated: {data.get('audio_duration_seconds', 0)} s")
"""),
    "early": Reader("""\
event = json.loads(«raw»)
if event.get("type") != "Turn":
    «leave»
if not event.get("end_of_turn"):
    «leave»
text = event.get("transcript", "").strip()
if not text:
    «leave»
words = event["words"]
print(f"[{words[0]['start'] / 1000:6.2f} - {words[-1]['end'] / 1000:6.2f}] {text}")
"""),
    "match": Reader("""\
event = json.loads(«raw»)
match event["type"]:
    case "Turn" if event["end_of_turn"]:
        print(event["transcript"])
    case "Termination":
        print("-- the end --")
    case _:
        pass
"""),
    "table": Reader(
        """\
event = json.loads(«raw»)
handler = HANDLERS.get(event["type"])
if handler is not None:
    handler(event)
""",
        (
            """\
def on_begin(event):
    print("session", event["id"])
""",
            """\
def on_turn(event):
    if event["end_of_turn"] and event["turn_is_formatted"]:
        print(event["transcript"])


HANDLERS = {"Begin": on_begin, "Turn": on_turn}
""",
        ),
    ),
    "model": Reader(
        """\
event = json.loads(«raw»)
if event["type"] == "Turn":
    line = Line.of(event)
    if line.final:
        print(line.text)
""",
        (
            """\
@dataclass
class Line:
    text: str
    final: bool
    order: int

    @classmethod
    def of(cls, turn):
        return cls(turn["transcript"], turn["end_of_turn"], turn["turn_order"])
""",
        ),
        frozenset({"from dataclasses import dataclass"}),
    ),
}
