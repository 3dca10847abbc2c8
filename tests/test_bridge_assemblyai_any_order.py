"""The bridge of an AssemblyAI session over Gladia: whatever the order of events, the accounts balance.

Gladia is as its reference says: it counts bytes over all sockets of a session, acknowledges what it has counted, and
has forgotten the rest when a socket is lost. Acknowledgements and frames that were under way are lost with it. Its
finals can come twice, once on the socket that was lost and once on the next.
"""

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
    STOP_ACK,
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
        patience=st.sampled_from([5, 3600, 3600, 3600]),
        is_running=st.sampled_from([True] * 5 + [False]),
    )
    def come(self, partials: bool, labels: bool, model: str, patience: int, is_running: bool) -> None:
        self.run_ = Run(
            include_partial_turns=partials, speaker_labels=labels, speech_model=model, inactivity_timeout=patience
        )
        self.pro, self.partials = model == "u3-rt-pro", partials
        self.asked = self.is_opening = self.upstream_open = self.was_stopped = self.is_leaving = False
        self.posts = 0
        self.given = b""
        self.client_there = True
        self.client_ends = self.upstream_ends = 0
        self.heard: list[dict[str, Any]] = []
        self.current: list[bytes] = []  # what was sent on the socket that is open
        self.counted = 0  # by Gladia
        self.taken = 0  # of the frames on the socket that is open
        self.unread_acks: list[int] = []
        self.stop_counts = False
        self.sockets = 0
        self.wants_ack = False
        self.is_sure = True  # whether Gladia can have heard nothing twice
        self.heard_by_gladia = b""
        self.number, self.text = 0, "Good"
        self.take(self.run_.tell("client_opened"))
        if is_running:
            self.gladia_answers(201)
            self.gladia_opens()

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
                    self.asked, self.posts = True, self.posts + 1
                    assert self.posts <= 2
                case ConnectUpstream():
                    assert not self.upstream_open
                    assert not self.is_opening
                    assert not self.is_leaving
                    self.is_opening = True
                case SendUpstream(frame):
                    assert self.upstream_open
                    if isinstance(frame, bytes):
                        assert not self.was_stopped
                        assert len(frame) <= 512 * 1024
                        self.current.append(frame)
                    elif frame == STOP:
                        assert not self.was_stopped
                        self.was_stopped = True
                    else:
                        assert frame == EMPTY_CHUNK
                        self.wants_ack = True
                case CloseUpstream():
                    assert self.upstream_open
                    assert self.was_stopped or self.stop_counts
                    self.upstream_open, self.is_leaving = False, True
                    self.upstream_ends += 1
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
        found: list[str] = self.__dict__.setdefault("said_", [])
        return found

    @precondition(lambda self: self.client_there)
    @rule(frame=st.sampled_from([FORCE, FORCE, KEEP_ALIVE, "", "", "", TERMINATE, "no JSON"]))
    def client_says(self, frame: str) -> None:
        if not frame:
            return
        if self.run_.bridge._over is None:
            self.said.append(frame)
        self.take(self.run_.tell("client_said", frame))

    @precondition(lambda self: self.client_there)
    @rule(update=st.sampled_from(UPDATES))
    def client_updates(self, update: dict[str, Any]) -> None:
        self.take(self.run_.tell("client_said", json.dumps({"type": "UpdateConfiguration", **update})))

    @precondition(lambda self: self.client_there)
    @rule(code=st.sampled_from([1000, 1005, 1006, 0, 0, 0, 0]))
    def client_goes(self, code: int) -> None:
        if not code:
            return
        self.client_there, self.client_ends = False, self.client_ends + 1
        self.take(self.run_.tell("client_closed", code))

    @rule(really=st.sampled_from([False, False, False, False, True]))
    def gateway_ends(self, really: bool) -> None:
        if not really:
            return
        self.take(self.run_.tell("shut_down"))

    @rule(seconds=st.one_of(st.floats(0, 1), st.floats(0, 40)))
    def time_passes(self, seconds: float) -> None:
        was_asking = self.is_asking_where_to_go_on
        self.take(self.run_.wait(seconds))
        if was_asking and not self.is_asking_where_to_go_on and self.upstream_open:
            self.is_sure = False  # nobody has answered: what was not acknowledged goes out again

    @property
    def is_asking_where_to_go_on(self) -> bool:
        return self.run_.bridge._gladia._state.name == "FINDING"

    @precondition(lambda self: self.asked)
    @rule(status=st.sampled_from([201, 201, 201, 201, 401, 503, 503]))
    def gladia_answers(self, status: int) -> None:
        self.asked = False
        self.take(self.run_.tell("upstream_answered", status, ANSWER if status == 201 else refusal(status)))

    @precondition(lambda self: self.asked or self.is_opening)
    @rule(status=st.sampled_from([0, 0, 403, 503]))
    def gladia_is_not_there(self, status: int) -> None:
        self.asked = self.is_opening = False
        self.take(self.run_.tell("upstream_refused", "its name is not known", status))

    @precondition(lambda self: self.is_opening)
    @rule()
    def gladia_opens(self) -> None:
        self.is_opening, self.upstream_open = False, True
        self.current, self.taken, self.was_stopped, self.wants_ack = [], 0, False, False
        self.sockets += 1
        self.take(self.run_.tell("upstream_opened"))

    @precondition(lambda self: self.upstream_open)
    @rule(share=st.sampled_from([0, 0.3, 0.7, 1]), arrives=st.booleans())
    def gladia_counts(self, share: float, arrives: bool) -> None:
        """Gladia takes some of what is under way, and acknowledges that; what it says may be read later, or never."""
        sent = b"".join(self.current)[self.taken :]
        some = sent[: int(len(sent) * share)]
        self.heard_by_gladia += some
        self.taken, self.counted = self.taken + len(some), self.counted + len(some)
        self.stop_counts = self.stop_counts or (self.was_stopped and share == 1)
        self.wants_ack = False
        self.unread_acks.append(self.counted)
        if arrives:
            self.acknowledgements_arrive()

    @precondition(lambda self: self.upstream_open and self.unread_acks)
    @rule()
    def acknowledgements_arrive(self) -> None:
        while self.unread_acks and self.upstream_open:
            self.take(self.run_.tell("upstream_said", ack(self.unread_acks.pop(0))))

    @precondition(lambda self: self.upstream_open and self.was_stopped and self.stop_counts)
    @rule()
    def gladia_acknowledges_the_stop(self) -> None:
        self.acknowledgements_arrive()
        if self.upstream_open:
            self.take(self.run_.tell("upstream_said", STOP_ACK))

    @precondition(lambda self: self.upstream_open and self.client_there)
    @rule(
        steps=st.lists(
            st.sampled_from(["speak", "speak", "count", "partial", "final", "line", "lost ack"]),
            min_size=4,
            max_size=10,
        ),
        code=st.sampled_from([1001, 1006, 1011, 4500, 4504]),
        seconds=st.sampled_from([0.0, 0.6, 3.0]),
    )
    def a_call_with_faults(self, steps: list[str], code: int, seconds: float) -> None:
        """A stretch of a session, long enough for one fault to follow another."""
        for step in steps:
            if step == "speak" and self.client_there:
                self.time_passes(0.5)
                if self.client_there:
                    self.client_speaks(8000, len(self.given) % 251 + 1)
            elif step in ("count", "lost ack") and self.upstream_open:
                self.gladia_counts(0.7, step == "count")
            elif step in ("partial", "final") and self.upstream_open:
                self.gladia_hears(" more", step == "final", 0)
            elif step == "line" and self.upstream_open:
                self.gladia_goes(code)
                self.time_passes(seconds)
                if self.is_opening:
                    self.gladia_opens()
                if self.upstream_open and self.wants_ack:
                    self.gladia_counts(0, True)
            self.all_is_well()

    @precondition(lambda self: self.upstream_open and self.client_there)
    @rule(share=st.sampled_from([0.3, 1]))
    def an_acknowledgement_is_lost_with_the_line(self, share: float) -> None:
        self.time_passes(0.5)
        if self.client_there:
            self.client_speaks(8000, len(self.given) % 251 + 1)
        if self.upstream_open:
            self.gladia_counts(share, False)
            self.gladia_goes(1006)
        self.time_passes(0)
        if self.is_opening:
            self.gladia_opens()
        if self.upstream_open and self.wants_ack:
            self.gladia_counts(0, True)

    def all_is_well(self) -> None:
        self.every_byte_is_heard_once_or_held()
        self.times_are_whole_and_begin_is_first()
        self.turns_have_one_final_and_no_gaps()
        self.there_is_one_end()

    @precondition(lambda self: self.upstream_open)
    @rule(more=st.sampled_from(["", " more", " and more"]), final=st.booleans(), skip=st.integers(0, 1))
    def gladia_hears(self, more: str, final: bool, skip: int) -> None:
        self.text += more
        start = 0.1234567 + 30 * self.number
        self.take(self.run_.tell("upstream_said", transcript(self.number, self.text, final=final, start=start)))
        if final and self.upstream_open and skip:  # it is not sure that it was heard, and says it again
            self.take(self.run_.tell("upstream_said", transcript(self.number, self.text, final=True, start=start)))
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
    @rule(code=st.sampled_from([1000, 1001, 1006, 1006, 1011, 4403, 4408, 4500, 4504, 4504]))
    def gladia_goes(self, code: int) -> None:
        """What was under way is lost, in both directions."""
        self.upstream_open = False
        self.unread_acks = []
        self.take(self.run_.tell("upstream_closed", code, ""))

    @precondition(lambda self: self.is_leaving)
    @rule(code=st.sampled_from([1000, 1005, 1006]))
    def gladia_answers_the_close(self, code: int) -> None:
        """Or it does not: then it has not read the stop either."""
        self.is_leaving = False
        if code == 1006:
            self.upstream_ends -= 1
        self.take(self.run_.tell("upstream_closed", code, ""))

    @precondition(lambda self: self.upstream_open)
    @rule()
    def gladia_takes_what_was_written(self) -> None:
        for frame in self.current:
            self.take(self.run_.tell("upstream_wrote", len(frame)))

    # What must be true.

    @invariant()
    def every_byte_is_heard_once_or_held(self) -> None:
        if self.is_sure:
            assert self.given.startswith(self.heard_by_gladia)
            under_way = b"".join(self.current)[self.taken :] if self.upstream_open else b""
            assert self.given[self.counted :].startswith(under_way)
            if self.upstream_open and not self.is_asking_where_to_go_on and not self.stop_counts:
                assert self.counted + len(under_way) == len(self.given)

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
        if not self.is_opening:
            self.time_passes(10)
        if self.is_opening:
            self.gladia_opens()
        assert not self.upstream_open
        if self.is_leaving:
            self.gladia_answers_the_close(1000)
        assert self.run_.bridge.is_over


AnyOrder.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestAnyOrder = AnyOrder.TestCase
