"""The bridge of a Gladia session over AssemblyAI: whatever the order of events, the accounts balance."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from shim.audio import SampleFormat, to_s16
from shim.bridges.actions import (
    AcceptRequest,
    Action,
    CloseClient,
    CloseUpstream,
    RefuseClient,
    RefuseRequest,
    SendToClient,
    SendUpstream,
)
from tests.bridge_runs import (
    BEGIN,
    STOP,
    TERMINATE,
    TERMINATION,
    Run,
    audio_chunk,
    messages,
    turn,
)


class AnyOrder(RuleBasedStateMachine):
    """A client, an upstream and the clock do what they like; the accounts must balance all the time."""

    @initialize(partials=st.booleans(), depth=st.sampled_from([8, 16, 24]))
    def ask(self, partials: bool, depth: int) -> None:
        self.run_ = Run({"bit_depth": depth, "messages_config": {"receive_partial_transcripts": partials}})
        self.depth, self.partials = depth, partials
        self.given = b""
        self.received = 0
        self.counted = 0
        self.acknowledged = 0
        self.written = 0
        self.sent: list[bytes] = []
        self.text_upstream: list[str] = []
        self.answers = self.client_ends = self.upstream_ends = 0
        self.attached = self.upstream_open = self.begun = self.stopped = False
        self.order = self.finals = 0
        self.ids: list[tuple[str, bool]] = []
        self.refused = self.was_away = False
        self.take(self.run_.tell("request_received"))

    def take(self, actions: list[Action]) -> None:
        for action in actions:
            match action:
                case SendToClient():
                    assert self.attached
                    self.hear(messages([action])[0])
                case CloseClient(code, _reason):
                    assert self.attached
                    assert code == 1000 or 4400 <= code < 4500
                    self.attached, self.client_ends = False, self.client_ends + 1
                case SendUpstream(frame):
                    assert self.upstream_open
                    assert self.begun
                    if isinstance(frame, bytes):
                        assert TERMINATE not in self.text_upstream
                        self.sent.append(frame)
                    else:
                        self.text_upstream.append(frame)
                case CloseUpstream():
                    self.upstream_ends += 1
                    self.upstream_open = False
                case AcceptRequest() | RefuseRequest():
                    self.answers += 1
                    self.refused = isinstance(action, RefuseRequest)
                case _:
                    pass

    def hear(self, message: dict[str, Any]) -> None:
        data = message.get("data")
        if message["type"] == "audio_chunk":
            first, end = data["byte_range"]
            assert first == self.acknowledged <= end
            self.acknowledged = end
        if message["type"] == "transcript":
            self.ids.append((data["id"], data["is_final"]))
            assert self.partials or data["is_final"]

    # What happens.

    @precondition(lambda self: self.attached)
    @rule(size=st.one_of(st.integers(0, 400), st.integers(0, 200_000)), as_json=st.booleans())
    def client_speaks(self, size: int, as_json: bool) -> None:
        audio = bytes((self.counted + index) % 249 for index in range(size))
        self.counted += size
        if not self.stopped:
            self.given += audio
            self.received += size
        self.take(self.run_.tell("client_said", audio_chunk(audio) if as_json else audio))

    @precondition(lambda self: self.attached)
    @rule()
    def client_stops(self) -> None:
        self.stopped = True
        self.take(self.run_.tell("client_said", STOP))

    @precondition(lambda self: self.answers and not self.refused)
    @rule()
    def client_comes(self) -> None:
        found = self.run_.tell("client_opened")
        if not any(isinstance(action, RefuseClient) for action in found):
            assert not self.attached
            self.attached = True
        self.take(found)

    @precondition(lambda self: self.attached)
    @rule(code=st.sampled_from([1000, 1000, 1005, 1006]))
    def client_goes(self, code: int) -> None:
        self.attached = False
        self.stopped = True
        self.take(self.run_.tell("client_closed", code))

    @rule(seconds=st.one_of(st.floats(0, 1), st.floats(0, 40)))
    def time_passes(self, seconds: float) -> None:
        self.take(self.run_.wait(seconds))

    @precondition(lambda self: not self.upstream_open and not self.upstream_ends and not self.refused)
    @rule()
    def upstream_opens(self) -> None:
        self.upstream_open = True
        self.take(self.run_.tell("upstream_opened"))

    @precondition(lambda self: self.upstream_open and not self.begun)
    @rule()
    def upstream_begins(self) -> None:
        self.begun = True
        self.take(self.run_.tell("upstream_said", BEGIN))

    @precondition(lambda self: self.written < len(self.sent))
    @rule(count=st.integers(1, 10))
    def upstream_writes(self, count: int) -> None:
        for frame in self.sent[self.written : self.written + count]:
            self.written += 1
            self.take(self.run_.tell("upstream_wrote", len(frame)))

    @precondition(lambda self: self.begun and self.upstream_open)
    @rule(final=st.booleans(), text=st.sampled_from(["", "Hello.", "[Silence]"]))
    def upstream_hears(self, final: bool, text: str) -> None:
        self.was_away = self.was_away or not self.attached
        self.take(self.run_.tell("upstream_said", turn(self.order, text, final=final)))
        self.order += final

    @precondition(lambda self: self.upstream_open and TERMINATE in self.text_upstream)
    @rule()
    def upstream_terminates(self) -> None:
        self.take(self.run_.tell("upstream_said", TERMINATION))

    @precondition(lambda self: self.upstream_open)
    @rule(code=st.sampled_from([1000, 1006, 3005]))
    def upstream_goes(self, code: int) -> None:
        self.upstream_open = False
        self.upstream_ends += 1
        self.take(self.run_.tell("upstream_closed", code))

    # What must be true.

    @invariant()
    def every_byte_goes_out_once(self) -> None:
        width = self.depth // 8
        whole = self.given[: len(self.given) // width * width]
        formats = {8: SampleFormat.U8, 16: SampleFormat.S16, 24: SampleFormat.S24}
        expected = to_s16(whole, formats[self.depth])
        joined = b"".join(self.sent)
        common = min(len(expected), len(joined))
        assert joined[:common] == expected[:common]
        assert not any(joined[common:])  # padding
        assert len(joined) <= len(expected) or TERMINATE in self.text_upstream
        assert all(1600 <= len(frame) <= 32_000 for frame in self.sent)
        if TERMINATE in self.text_upstream and not self.upstream_ends:
            assert len(joined) >= len(expected)

    @invariant()
    def acknowledgements_are_not_ahead(self) -> None:
        samples = sum(map(len, self.sent[: self.written])) // 2
        assert self.acknowledged <= self.received
        everything = TERMINATE in self.text_upstream and self.written == len(self.sent)
        assert self.acknowledged <= samples * (self.depth // 8) or everything

    @invariant()
    def there_is_one_end(self) -> None:
        assert self.answers <= 1
        assert self.client_ends <= 1
        assert self.upstream_ends <= 1
        assert self.text_upstream.count(TERMINATE) <= 1
        if self.run_.bridge.is_over:
            assert self.answers == 1
            assert not self.attached
            assert not self.upstream_open
            assert self.run_.bridge.deadline() is None

    @invariant()
    def ids_are_stable_and_without_gaps(self) -> None:
        expected = 0
        for identifier, is_final in self.ids:
            number = int(identifier.removeprefix("00_"))
            assert number >= expected
            assert number == expected or self.was_away  # nobody heard the finals between
            expected = number + is_final

    def teardown(self) -> None:
        """Whatever has happened, the session ends if nobody does anything any more."""
        if hasattr(self, "run_"):
            for _ in range(12):
                if self.attached:
                    self.stopped = True
                self.take(self.run_.wait(40))
                self.upstream_writes_all()
            if self.upstream_open or self.upstream_ends:
                assert self.run_.bridge.is_over

    def upstream_writes_all(self) -> None:
        for frame in self.sent[self.written :]:
            self.written += 1
            self.take(self.run_.tell("upstream_wrote", len(frame)))


AnyOrder.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestAnyOrder = AnyOrder.TestCase
