"""The bridge of a Gladia session over AssemblyAI: whatever the order of events, the accounts balance.

The client is as Gladia's SDKs are: it keeps what was not acknowledged to it and sends that again when it comes back.
What was said to it and not read is lost with its socket, as are frames for AssemblyAI that had not left.
"""

from __future__ import annotations

import json
import random
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from shim.audio import SampleFormat, to_s16
from shim.bridges.actions import (
    AcceptRequest,
    Action,
    BeginJob,
    CloseClient,
    CloseUpstream,
    JobFinished,
    KeepAudio,
    OpenUpstream,
    PingClient,
    RefuseClient,
    RefuseRequest,
    ReplaceClient,
    SendToClient,
    SendUpstream,
)
from tests.bridge_runs import BEGIN, STOP, TERMINATE, TERMINATION, Run, audio_chunk, messages, turn

NOISE = random.Random(7).randbytes(700_000)
FORMATS = {8: SampleFormat.U8, 16: SampleFormat.S16, 24: SampleFormat.S24}
EXPECTED = {depth: to_s16(NOISE[: len(NOISE) // 6 * 6], form) for depth, form in FORMATS.items()}
RATE = 16_000


class AnyOrder(RuleBasedStateMachine):
    """A client, an upstream and the clock do what they like; the accounts must balance all the time."""

    @initialize(
        partials=st.booleans(), depth=st.sampled_from([8, 16, 24]), is_running=st.sampled_from([True] * 5 + [False])
    )
    def ask(self, partials: bool, depth: int, is_running: bool) -> None:
        body = {"bit_depth": depth, "messages_config": {"receive_partial_transcripts": partials}}
        self.run_ = Run(body, keeps_audio=True)
        self.run_.answers_close = False
        self.depth, self.partials = depth, partials
        # The client.
        self.given = 0
        self.acked = self.unread_acks = 0
        self.inbox: list[SendToClient | PingClient] = []
        self.closing = 0
        self.attached = self.has_stopped = self.said_goodbye = self.was_lost = False
        self.heard_stop = False
        self.finals: list[dict[str, Any]] = []
        self.open_ids: dict[str, bool] = {}
        self.told: list[tuple[int, int]] = []
        # AssemblyAI.
        self.wants_upstream = self.upstream_open = self.begun = self.terminated = self.upstream_closes = False
        self.first = 0
        self.sent: list[bytes] = []
        self.written = self.order = 0
        self.heard_samples = self.most_written = 0
        self.spoken = 0
        # Both.
        self.answers = self.client_ends = 0
        self.refused = False
        self.job_heard = self.job_audio = self.jobs_begun = 0
        self.job_ends: list[JobFinished] = []
        self.take(self.run_.tell("request_received"))
        if is_running:
            self.upstream_opens()
            self.upstream_begins()
            self.client_comes(piece=1000)

    def take(self, actions: list[Action]) -> None:
        for action in actions:
            match action:
                case SendToClient() | PingClient():
                    assert self.attached
                    self.inbox.append(action)
                case CloseClient(code, _reason):
                    assert self.attached
                    assert code == 1000 or 4400 <= code < 4500
                    self.attached, self.client_ends = False, self.client_ends + 1
                    self.closing = code
                case ReplaceClient():
                    self.inbox.clear()
                    self.closing = 0
                case OpenUpstream():
                    assert not self.wants_upstream
                    assert not self.upstream_open
                    self.wants_upstream, self.upstream_closes = True, False
                case SendUpstream(frame):
                    assert self.upstream_open
                    assert self.begun
                    assert not self.terminated
                    if isinstance(frame, bytes):
                        self.sent.append(frame)
                    elif frame == TERMINATE:
                        self.terminated = True
                case CloseUpstream():
                    self.upstream_closes = self.upstream_open or self.wants_upstream
                    self.upstream_open = self.wants_upstream = self.begun = False
                case AcceptRequest() | RefuseRequest():
                    self.answers += 1
                    self.refused = isinstance(action, RefuseRequest)
                case _:
                    pass

    # The client.

    def hear(self, message: dict[str, Any]) -> None:
        data = message.get("data")
        if message["type"] == "audio_chunk":
            first, end = data["byte_range"]
            assert first <= end <= self.given
            assert end >= self.acked, "acknowledgements never go down"
            assert first <= self.acked, "nor is anything left out"
            self.acked = end
        if message["type"] == "transcript":
            assert self.partials or data["is_final"]
            if data["is_final"]:
                known = {final["id"]: final for final in self.finals}
                if data["id"] in known:
                    assert self.was_lost, "a final comes twice only where a line broke"
                    assert known[data["id"]] == data
                else:
                    self.finals.append(data)

    def client_reads_all(self) -> None:
        while self.inbox:
            self.client_reads_one()

    def client_reads_one(self) -> None:
        match self.inbox.pop(0):
            case SendToClient() as action:
                self.hear(messages([action])[0])
            case PingClient(mark):
                if self.attached:
                    self.take(self.run_.tell("client_ponged", mark))

    @precondition(lambda self: self.closing)
    @rule(arrives=st.sampled_from([True, True, False]))
    def client_is_closed(self, arrives: bool) -> None:
        code, self.closing = self.closing, 0
        if arrives:
            self.client_reads_all()
        else:
            self.inbox.clear()
            self.was_lost = True
        self.take(self.run_.tell("client_closed", code if arrives else 1006))

    @precondition(lambda self: self.inbox)
    @rule(count=st.integers(1, 8))
    def client_reads(self, count: int) -> None:
        for _ in range(min(count, len(self.inbox))):
            if self.inbox:
                self.client_reads_one()

    def speak(self, first: int, end: int, *, as_json: bool) -> None:
        audio = NOISE[first:end]
        self.take(self.run_.tell("client_said", audio_chunk(audio) if as_json else audio))

    @precondition(lambda self: self.attached and self.given < 500_000)
    @rule(size=st.one_of(st.integers(0, 400), st.integers(0, 60_000)), as_json=st.booleans())
    def client_speaks(self, size: int, as_json: bool) -> None:
        first = self.given
        if not self.has_stopped:
            self.given += size
        self.speak(first, first + size, as_json=as_json)

    @precondition(lambda self: self.attached and self.given < 500_000)
    @rule(seconds=st.floats(0.1, 3), writes=st.integers(0, 40), reads=st.integers(0, 40))
    def they_talk(self, seconds: float, writes: int, reads: int) -> None:
        """What mostly happens: audio comes and goes on, and the client reads."""
        self.client_speaks(int(seconds * RATE) * (self.depth // 8), False)
        self.time_passes(seconds)
        if self.upstream_open:
            self.upstream_writes(writes)
        self.client_reads(reads)

    @precondition(lambda self: self.attached and self.begun)
    @rule(
        steps=st.lists(
            st.sampled_from(["talk", "talk", "partial", "final", "line", "upstream"]), min_size=4, max_size=9
        )
    )
    def a_call_with_faults(self, steps: list[str]) -> None:
        """A stretch of a session, long enough for one fault to follow another."""
        for step in steps:
            if step == "talk" and self.attached and self.given < 500_000:
                self.they_talk(1.5, 40, 3)
            elif step in ("partial", "final") and self.begun:
                self.upstream_hears(step == "final", "Hello.")
            elif step == "line" and self.attached:
                self.the_line_breaks(1.0, 50_000)
            elif step == "upstream" and self.begun:
                self.the_upstream_breaks(1.0)
            self.all_is_well()

    def all_is_well(self) -> None:
        self.every_byte_goes_out_once()
        self.acknowledgements_are_not_ahead()
        self.there_is_one_end()
        self.finals_are_in_order_and_complete()
        self.there_is_one_job()

    @precondition(lambda self: self.attached)
    @rule(seconds=st.floats(0, 20), piece=st.integers(5000, 300_000))
    def the_line_breaks(self, seconds: float, piece: int) -> None:
        self.client_goes(1006)
        self.time_passes(seconds)
        self.client_comes(piece)

    @precondition(lambda self: self.upstream_open and self.begun)
    @rule(seconds=st.floats(0, 3))
    def the_upstream_breaks(self, seconds: float) -> None:
        self.upstream_goes(1006)
        self.time_passes(seconds)
        if self.wants_upstream:
            self.upstream_opens()
            self.upstream_begins()

    @precondition(lambda self: self.attached and not self.has_stopped)
    @rule(really=st.sampled_from([True, False, False, False]))
    def client_stops(self, really: bool) -> None:
        if not really:
            return
        self.has_stopped = True
        self.take(self.run_.tell("client_said", STOP))

    @precondition(lambda self: self.answers and not self.refused and not self.run_.bridge.is_over)
    @rule(piece=st.integers(5000, 300_000))
    def client_comes(self, piece: int) -> None:
        was_there, self.attached = self.attached, True
        self.was_lost = self.was_lost or was_there
        found = self.run_.tell("client_opened")
        if any(isinstance(action, RefuseClient) for action in found):
            self.attached = False
            self.take(found)
            return
        self.take(found)
        end = self.given
        for first in range(self.acked, end, piece):
            if self.attached:
                self.speak(first, min(first + piece, end), as_json=False)

    @precondition(lambda self: self.attached)
    @rule(code=st.sampled_from([1000, 1001, 1005, 1006, 1006, 1006, 1006, 1006, 1009]))
    def client_goes(self, code: int) -> None:
        self.attached = False
        if code in (1000, 1001):
            self.client_reads_all()
            self.has_stopped = self.said_goodbye = True
        else:
            self.was_lost = True
        self.inbox.clear()
        self.take(self.run_.tell("client_closed", code))

    @rule(seconds=st.one_of(st.floats(0, 1), st.floats(0, 1), st.floats(0, 40)))
    def time_passes(self, seconds: float) -> None:
        self.take(self.run_.wait(seconds))

    # AssemblyAI.

    @precondition(lambda self: self.wants_upstream)
    @rule()
    def upstream_opens(self) -> None:
        self.wants_upstream, self.upstream_open = False, True
        self.begun = self.terminated = False
        self.sent, self.written, self.order = [], 0, 0
        self.first, self.spoken = self.heard_samples, 0
        self.take(self.run_.tell("upstream_opened"))

    @precondition(lambda self: self.wants_upstream)
    @rule(status=st.sampled_from([0, 429, 503]))
    def upstream_refuses(self, status: int) -> None:
        self.wants_upstream = False
        self.take(self.run_.tell("upstream_refused", "why", status))

    @precondition(lambda self: self.upstream_open and not self.begun)
    @rule()
    def upstream_begins(self) -> None:
        self.begun = True
        self.take(self.run_.tell("upstream_said", BEGIN))

    @precondition(lambda self: self.upstream_open and self.written < len(self.sent))
    @rule(count=st.integers(1, 10))
    def upstream_writes(self, count: int) -> None:
        for frame in self.sent[self.written : self.written + count]:
            self.written += 1
            self.most_written = max(self.most_written, self.first + self.written_samples)
            self.take(self.run_.tell("upstream_wrote", len(frame)))

    @property
    def written_samples(self) -> int:
        return sum(map(len, self.sent[: self.written])) // 2

    @precondition(lambda self: self.upstream_open and self.begun)
    @rule(final=st.booleans(), words=st.sampled_from(["", "[Silence]", "Hello.", "Hello there."]))
    def upstream_hears(self, final: bool, words: str) -> None:
        count = len(words.split())
        # Nothing is understood that has not come, nor anything twice.
        room = self.written_samples * 1000 // RATE - self.spoken
        if "[" not in words and room < count * 200:
            return
        start = self.spoken / 1000
        self.take(self.run_.tell("upstream_said", turn(self.order, words, final=final, start=start)))
        if final:
            self.order += 1
            if words and "[" not in words:
                self.spoken += count * 200
                self.heard_samples = max(self.heard_samples, self.first + self.spoken * RATE // 1000)

    @precondition(lambda self: self.upstream_open and self.terminated)
    @rule()
    def upstream_terminates(self) -> None:
        self.take(self.run_.tell("upstream_said", TERMINATION))

    @precondition(lambda self: self.upstream_open)
    @rule(code=st.sampled_from([1000, 1006, 1006, 1006, 1011, 1011, 3005, 3006]))
    def upstream_goes(self, code: int) -> None:
        self.upstream_open = self.begun = False
        self.take(self.run_.tell("upstream_closed", code))

    @precondition(lambda self: self.upstream_closes)
    @rule()
    def upstream_is_closed(self) -> None:
        self.upstream_closes = False
        self.take(self.run_.tell("upstream_closed", 1000))

    # What must be true.

    @invariant()
    def every_byte_goes_out_once(self) -> None:
        width = self.depth // 8
        expected = EXPECTED[self.depth][2 * self.first : self.given // width * 2]
        joined = b"".join(self.sent)
        common = min(len(expected), len(joined))
        assert joined[:common] == expected[:common]
        assert not any(joined[common:])  # padding
        assert len(joined) <= len(expected) or self.terminated or not self.begun
        assert all(1600 <= len(frame) <= 32_000 for frame in self.sent)

    @invariant()
    def acknowledgements_are_not_ahead(self) -> None:
        assert self.acked <= self.given
        assert self.acked <= self.most_written * (self.depth // 8) or self.has_stopped

    @invariant()
    def there_is_one_end(self) -> None:
        assert self.answers <= 1
        assert self.client_ends <= 1 or self.was_lost
        if self.run_.bridge.is_over:
            assert self.answers == 1
            assert not self.attached
            assert not self.upstream_open
            assert not self.wants_upstream
            assert self.run_.bridge.deadline() is None

    @invariant()
    def finals_are_in_order_and_complete(self) -> None:
        numbers = [int(final["id"].removeprefix("00_")) for final in self.finals]
        assert numbers == list(range(len(numbers)))
        times = [time for final in self.finals for time in (final["utterance"]["start"], final["utterance"]["end"])]
        assert times == sorted(times)

    @invariant()
    def there_is_one_job(self) -> None:
        """What was granted leaves one job behind: its audio is what was given, each byte once."""
        new, self.job_heard = self.run_.job[self.job_heard :], len(self.run_.job)
        for action in new:
            match action:
                case KeepAudio(audio):
                    assert audio == NOISE[self.job_audio : self.job_audio + len(audio)]
                    self.job_audio += len(audio)
                case BeginJob():
                    self.jobs_begun += 1
                case JobFinished():
                    self.job_ends.append(action)
        assert self.job_audio <= self.given
        assert self.jobs_begun <= 1
        assert len(self.job_ends) == (self.run_.bridge.is_over and not self.refused) or not self.run_.bridge.is_over
        assert len(self.job_ends) <= 1
        for end in self.job_ends:
            assert (end.result is None) is (end.error_code is not None)
            assert end.error_code is None or 400 <= end.error_code <= 599
            width = self.depth // 8
            assert self.job_audio == round(end.seconds * RATE * width) // width * width
            if end.result is not None:
                kept = [json.loads(message) for message in end.result.messages]
                finals = [said["data"] for said in kept if said["type"] == "transcript" and said["data"]["is_final"]]
                assert finals[: len(self.finals)] == self.finals

    def teardown(self) -> None:
        """Whatever has happened, the session ends if nobody does anything any more."""
        if not hasattr(self, "run_"):
            return
        for _ in range(14):
            self.take(self.run_.wait(40))
            self.client_reads_all()
            if self.closing:
                self.client_is_closed(True)
            if self.upstream_open:
                self.upstream_writes(1000)
            if self.wants_upstream and self.answers:
                self.upstream_refuses(0)
            if self.upstream_closes:
                self.upstream_is_closed()
        if self.answers or self.upstream_open:
            assert self.run_.bridge.is_over


AnyOrder.TestCase.settings = settings(max_examples=150, stateful_step_count=50, deadline=None)
TestAnyOrder = AnyOrder.TestCase
