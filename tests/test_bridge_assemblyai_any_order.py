"""The bridge of an AssemblyAI session over Gladia: whatever the order of events, the accounts balance."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from shim.bridges.actions import (
    Action,
    CloseClient,
    CloseUpstream,
    ConnectUpstream,
    OpenUpstream,
    SendToClient,
    SendUpstream,
)
from tests.assemblyai_bridge_runs import (
    ANSWER,
    EMPTY_CHUNK,
    FORCE,
    KEEP_ALIVE,
    STOP,
    TERMINATE,
    Run,
    ack,
    end_recording,
    messages,
    refusal,
    speech_end,
    speech_start,
    transcript,
)

UPDATES = (
    {"session_heartbeat": True},
    {"session_heartbeat": False},
    {"acknowledge_silence": True},
    {"keyterms_prompt": ["a"]},
    {"filter_profanity": True},
)


class AnyOrder(RuleBasedStateMachine):
    """A client, Gladia and the clock do what they like; the accounts must balance all the time."""

    @initialize(
        partials=st.booleans(),
        labels=st.booleans(),
        model=st.sampled_from(["universal-streaming-english", "u3-rt-pro"]),
        patience=st.sampled_from([5, 3600]),
    )
    def come(self, partials: bool, labels: bool, model: str, patience: int) -> None:
        self.run_ = Run(
            include_partial_turns=partials, speaker_labels=labels, speech_model=model, inactivity_timeout=patience
        )
        self.pro, self.partials = model == "u3-rt-pro", partials
        self.asked = self.is_opening = self.upstream_open = self.was_stopped = False
        self.given = b""
        self.client_there = True
        self.client_ends = self.upstream_ends = 0
        self.heard: list[dict[str, Any]] = []
        self.current: list[bytes] = []  # what was sent on the socket that is open
        self.acknowledged = 0
        self.resent_from = 0
        self.number, self.text = 0, "Good"
        self.take(self.run_.tell("client_opened"))

    def take(self, actions: list[Action]) -> None:
        for action in actions:
            match action:
                case SendToClient():
                    assert self.client_there
                    self.heard += messages([action])
                case CloseClient():
                    assert self.client_there
                    self.client_there, self.client_ends = False, self.client_ends + 1
                case OpenUpstream():
                    assert not self.asked
                    self.asked = True
                case ConnectUpstream():
                    assert not self.upstream_open
                    self.is_opening = True
                case SendUpstream(frame):
                    assert self.upstream_open
                    if isinstance(frame, bytes):
                        assert not self.was_stopped
                        self.current.append(frame)
                    elif frame == STOP:
                        assert not self.was_stopped
                        self.was_stopped = True
                    else:
                        assert frame == EMPTY_CHUNK
                case CloseUpstream():
                    assert self.upstream_open
                    assert self.was_stopped
                    self.upstream_open, self.upstream_ends = False, self.upstream_ends + 1
                case _:
                    pass

    # What happens.

    @precondition(lambda self: self.client_there)
    @rule(samples=st.one_of(st.integers(780, 16_100), st.just(800)), value=st.integers(1, 255))
    def client_speaks(self, samples: int, value: int) -> None:
        audio = bytes([value]) * (2 * samples)
        over, errors = self.run_.bridge._over, len(self.heard)
        stopped = TERMINATE in self.said
        self.take(self.run_.tell("client_said", audio))
        if over is None and not stopped and not any(m["type"] == "Error" for m in self.heard[errors:]):
            self.given += audio

    @property
    def said(self) -> list[str]:
        return self.__dict__.setdefault("said_", [])

    @precondition(lambda self: self.client_there)
    @rule(frame=st.sampled_from([FORCE, FORCE, KEEP_ALIVE, TERMINATE, "no JSON"]))
    def client_says(self, frame: str) -> None:
        if self.run_.bridge._over is None:
            self.said.append(frame)
        self.take(self.run_.tell("client_said", frame))

    @precondition(lambda self: self.client_there)
    @rule(update=st.sampled_from(UPDATES))
    def client_updates(self, update: dict[str, Any]) -> None:
        self.take(self.run_.tell("client_said", json.dumps({"type": "UpdateConfiguration", **update})))

    @precondition(lambda self: self.client_there)
    @rule(code=st.sampled_from([1000, 1005, 1006]))
    def client_goes(self, code: int) -> None:
        self.client_there, self.client_ends = False, self.client_ends + 1
        self.take(self.run_.tell("client_closed", code))

    @rule()
    def gateway_ends(self) -> None:
        self.take(self.run_.tell("shut_down"))

    @rule(seconds=st.one_of(st.floats(0, 1), st.floats(0, 40)))
    def time_passes(self, seconds: float) -> None:
        self.take(self.run_.wait(seconds))

    @precondition(lambda self: self.asked)
    @rule(status=st.sampled_from([201, 201, 201, 401, 503]))
    def gladia_answers(self, status: int) -> None:
        self.asked = False
        self.take(self.run_.tell("upstream_answered", status, ANSWER if status == 201 else refusal(status)))

    @precondition(lambda self: self.asked or self.is_opening)
    @rule()
    def gladia_is_not_there(self) -> None:
        self.asked = self.is_opening = False
        self.take(self.run_.tell("upstream_refused", "its name is not known", 0))

    @precondition(lambda self: self.is_opening)
    @rule()
    def gladia_opens(self) -> None:
        self.is_opening, self.upstream_open = False, True
        self.resent_from, self.current, self.was_stopped = self.acknowledged, [], False
        self.take(self.run_.tell("upstream_opened"))

    @precondition(lambda self: self.upstream_open)
    @rule(share=st.floats(0, 1))
    def gladia_acknowledges(self, share: float) -> None:
        sent = self.resent_from + sum(map(len, self.current))
        self.acknowledged += int((sent - self.acknowledged) * share)
        self.take(self.run_.tell("upstream_said", ack(self.acknowledged)))

    @precondition(lambda self: self.upstream_open)
    @rule(more=st.sampled_from(["", " more", " and more"]), final=st.booleans(), skip=st.integers(0, 1))
    def gladia_hears(self, more: str, final: bool, skip: int) -> None:
        self.text += more
        start = 0.1234567 + 30 * self.number
        self.take(self.run_.tell("upstream_said", transcript(self.number, self.text, final=final, start=start)))
        if final:
            self.number, self.text = self.number + 1 + skip, "Next"

    @precondition(lambda self: self.upstream_open)
    @rule(starts=st.booleans(), time=st.floats(0, 100))
    def gladia_hears_a_voice(self, starts: bool, time: float) -> None:
        self.take(self.run_.tell("upstream_said", speech_start(time) if starts else speech_end(time)))

    @precondition(lambda self: self.upstream_open and self.was_stopped)
    @rule(duration=st.floats(0, 100))
    def gladia_ends(self, duration: float) -> None:
        self.take(self.run_.tell("upstream_said", end_recording(duration)))

    @precondition(lambda self: self.upstream_open)
    @rule(code=st.sampled_from([1000, 1006, 4408, 4504]))
    def gladia_goes(self, code: int) -> None:
        self.upstream_open = False
        self.take(self.run_.tell("upstream_closed", code, ""))

    @precondition(lambda self: self.upstream_open)
    @rule()
    def gladia_takes_what_was_written(self) -> None:
        for frame in self.current:
            self.take(self.run_.tell("upstream_wrote", len(frame)))

    # What must be true.

    @invariant()
    def every_byte_is_forwarded_once_or_held(self) -> None:
        sent = b"".join(self.current)
        held_from = self.resent_from + len(sent)
        assert self.given[self.resent_from : held_from] == sent
        if self.upstream_open:
            assert held_from == len(self.given)

    @invariant()
    def times_are_whole_and_begin_is_first(self) -> None:
        names = [message["type"] for message in self.heard]
        assert names.count("Begin") <= 1
        assert names.count("Warning") <= 1
        assert not names or names[0] in ("Begin", "Error")
        for message in self.heard:
            for name in ("timestamp", "audio_duration_seconds", "session_duration_seconds", "start_ms", "end_ms"):
                assert isinstance(message.get(name, 0), int)
            for word in message.get("words", []):
                assert isinstance(word["start"], int)
                assert isinstance(word["end"], int)

    @invariant()
    def turns_have_one_final_and_no_gaps(self) -> None:
        expected, started = 0, False
        for message in self.heard:
            if message["type"] == "SpeechStarted":
                assert self.pro
                assert not started
                started = True
            if message["type"] == "Turn":
                assert message["turn_order"] == expected
                assert started is self.pro
                assert self.partials or message["end_of_turn"]
                assert message["transcript"].strip()
                if message["end_of_turn"]:
                    expected, started = expected + 1, False

    @invariant()
    def there_is_one_end(self) -> None:
        names = [message["type"] for message in self.heard]
        assert self.client_ends <= 1
        assert self.upstream_ends <= 1
        assert names.count("Error") + names.count("Termination") <= 1
        assert not {"Error", "Termination"} & set(names[:-1])
        if "Termination" in names:
            assert not any(message["type"] == "Turn" and not message["end_of_turn"] for message in self.heard[-2:-1])
        if self.run_.bridge.is_over:
            assert not self.client_there
            assert self.run_.bridge.deadline() is None

    def teardown(self) -> None:
        """Whatever has happened: when the client goes, nothing of Gladia's stays open."""
        if not hasattr(self, "run_"):
            return
        if self.client_there:
            self.client_goes(1006)
        if self.asked:
            self.gladia_answers(201)
        if self.is_opening:
            self.gladia_opens()
        assert not self.upstream_open
        assert self.run_.bridge.is_over


AnyOrder.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestAnyOrder = AnyOrder.TestCase
