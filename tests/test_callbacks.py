"""Callbacks: what is posted, in which order, how often, and above all where to."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from gladiaio_sdk import LiveV2CallbackTranscriptMessage, create_live_v2_callback_message_from_json

from shim.bridges.actions import Post
from shim.clock import Clock
from shim.errors import BridgeError
from shim.gateway import callbacks
from shim.gateway.callback_addresses import CallbackAddresses
from shim.gateway.callbacks import ATTEMPTS, MOST_FAILURES, Callbacks, Outcome
from shim.gateway.settings import Settings
from shim.serving import LocalServer
from tests import assemblyai_gateways
from tests.compatibility.marks import covers, difference
from tests.emulated_services import connect, until_close, wait_for
from tests.gateways import SENTENCES, SPEECH, STOP, over_emulator, pieces

FAST = Clock(1000.0)


@dataclass
class Receiver:
    """A client's own server."""

    url: str = ""
    bodies: list[Any] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    """What it answers, one after the other; then 200."""
    location: str = ""

    async def answer(self, request: web.Request) -> web.Response:
        self.bodies.append(await request.json())
        self.headers.append({name.lower(): value for name, value in request.headers.items()})
        status = self.statuses.pop(0) if self.statuses else 200
        return web.Response(status=status, headers={"location": self.location} if self.location else {})

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/{path:.*}", self.answer)
        return app


@contextmanager
def receiver(*statuses: int) -> Iterator[Receiver]:
    made = Receiver(statuses=list(statuses))
    with LocalServer(made.app, name="receiver") as server:
        made.url = server.url
        yield made


class Names(AbstractResolver):
    """Names whose addresses change with each question."""

    def __init__(self, **answers: list[list[str]]) -> None:
        self.answers = answers
        self.asked = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked += 1
        answers = self.answers[host]
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        return [
            ResolveResult(hostname=host, host=address, port=port, family=socket.AF_INET, proto=0, flags=0)
            for address in addresses
        ]

    async def close(self) -> None:
        pass


def post_all(
    posts: list[Post], allow: tuple[str, ...] = (), names: Names | None = None, sessions: int = 1
) -> dict[Outcome, int]:
    """Posts and gives what became of it."""

    async def run() -> dict[Outcome, int]:
        posting = Callbacks(CallbackAddresses.read(allow), FAST, names)
        puts = [posting.for_session(f"session-{number}") for number in range(sessions)]
        for post in posts:
            for put in puts:
                put(post)
        async with asyncio.timeout(60):
            while sum(posting.outcomes.values()) < len(posts) * sessions:  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0.005)
        await posting.close()
        return dict(posting.outcomes)

    return asyncio.run(run())


def numbered(url: str, count: int) -> list[Post]:
    return [Post(url, json.dumps({"number": number})) for number in range(count)]


# --- how ---------------------------------------------------------------------------------------------


def test_in_order_and_again_where_it_may_help() -> None:
    with receiver(503, 200, 429, 500) as server:
        assert post_all(numbered(server.url, 3), ("127.0.0.1",)) == {Outcome.DELIVERED: 3}
        assert [body["number"] for body in server.bodies] == [0, 0, 1, 1, 1, 2]


def test_what_is_not_wanted_is_not_sent_again() -> None:
    with receiver(400, 404) as server:
        outcomes = post_all(numbered(server.url, 3), ("127.0.0.0/8",))
        assert outcomes == {Outcome.REFUSED: 2, Outcome.DELIVERED: 1}
        assert [body["number"] for body in server.bodies] == [0, 1, 2]


def test_a_server_that_always_fails_is_left_alone() -> None:
    with receiver(*[500] * 100) as server:
        outcomes = post_all(numbered(server.url, MOST_FAILURES + 2), ("127.0.0.1",))
        assert outcomes == {Outcome.FAILED: MOST_FAILURES, Outcome.DROPPED: 2}
        assert len(server.bodies) == MOST_FAILURES * ATTEMPTS


def test_nobody_there() -> None:
    with receiver() as server:
        gone = server.url
    assert post_all(numbered(gone, 1), ("127.0.0.1",)) == {Outcome.FAILED: 1}


def test_sessions_do_not_wait_for_each_other() -> None:
    with receiver() as server:
        assert post_all(numbered(server.url, 5), ("127.0.0.1",), sessions=4) == {Outcome.DELIVERED: 20}


def test_a_redirect_is_not_followed() -> None:
    with receiver() as inner, receiver(307, 302) as server:
        server.location = f"{inner.url}/secrets"
        assert post_all(numbered(server.url, 2), ("127.0.0.1",)) == {Outcome.REFUSED: 2}
        assert inner.bodies == []


# --- where to ----------------------------------------------------------------------------------------

NOWHERE = [
    "http://127.0.0.1:{port}/",
    "http://127.1:{port}/",
    "http://2130706433:{port}/",
    "http://0x7f.0.0.1:{port}/",
    "http://0177.0.0.1:{port}/",
    "http://0:{port}/",
    "http://0.0.0.0:{port}/",
    "http://１２７.0.0.1:{port}/",
    "http://[::1]:{port}/",
    "http://[::]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[::ffff:7f00:1]:{port}/",
    "http://[64:ff9b::7f00:1]:{port}/",
    "http://[2002:7f00:1::]:{port}/",
    "http://localhost:{port}/",
    "http://LocalHost:{port}/",
    "http://user:secret@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}\\@example.org/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[fd00:ec2::254]/",
    "http://168.63.129.16/",
    "http://100.100.100.200/",
    "http://10.0.0.1/",
    "http://192.168.1.1/",
    "http://172.16.0.1/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "file:///etc/passwd",
    "ftp://127.0.0.1/",
]


@pytest.mark.parametrize("address", NOWHERE)
def test_what_is_only_ours_is_not_posted_to(address: str) -> None:
    with receiver() as server:
        port = server.url.rpartition(":")[2]
        outcomes = post_all([Post(address.format(port=port), "{}")])
        assert outcomes == {Outcome.NOT_ALLOWED: 1}
        assert server.bodies == []


def test_a_name_of_ours_is_not_posted_to() -> None:
    with receiver() as server:
        names = Names(**{"hook.example": [["127.0.0.1"]]})
        url = server.url.replace("127.0.0.1", "hook.example")
        assert post_all([Post(url, "{}")], names=names) == {Outcome.NOT_ALLOWED: 1}
        assert server.bodies == []


def test_a_name_that_changes_its_address_gains_nothing() -> None:
    """What was judged is what is connected to; and each connection is judged."""
    with receiver() as server:
        names = Names(**{"hook.example": [["192.0.2.1", "127.0.0.1"], ["127.0.0.1"]]})
        url = server.url.replace("127.0.0.1", "hook.example")
        assert post_all([Post(url, "{}")], names=names) == {Outcome.NOT_ALLOWED: 1}
        assert server.bodies == []
        names = Names(**{"hook.example": [["127.0.0.1"], ["10.0.0.1"]]})
        outcomes = post_all(numbered(url, 2), ("127.0.0.1",), names)
        assert outcomes == {Outcome.DELIVERED: 1, Outcome.NOT_ALLOWED: 1}
        assert (len(server.bodies), names.asked) == (1, 2)


def test_what_is_allowed_is_posted_to() -> None:
    with receiver() as server:
        names = Names(**{"hook.intranet": [["127.0.0.1"]]})
        url = server.url.replace("127.0.0.1", "Hook.Intranet")
        assert post_all([Post(url, "{}")], ("hook.intranet",), names) == {Outcome.DELIVERED: 1}
        assert post_all([Post(url, "{}")], ("127.0.0.0/30",), names) == {Outcome.DELIVERED: 1}
        assert post_all([Post(url, "{}")], ("10.0.0.0/8", "other"), names) == {Outcome.NOT_ALLOWED: 1}


def test_public_addresses_are_allowed() -> None:
    allowed = CallbackAddresses()
    for address in ("93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:93.184.215.14"):
        assert allowed.permits("example.org", address)
    for address in ("no address", "fe80::1%eth0", "::", "100.64.0.1"):
        assert not allowed.permits("example.org", address)


@pytest.mark.parametrize("text", ["10.0.0.0/40", "host/path", "host:80", "1.2.3"])
def test_what_cannot_be_allowed(text: str) -> None:
    with pytest.raises(BridgeError, match="--callbacks-allow"):
        Settings("gladia", "assemblyai", callbacks=True, callbacks_allow=(text,))
    with pytest.raises(BridgeError, match="not enabled"):
        Settings("gladia", "assemblyai", callbacks_allow=("host",))


# --- what --------------------------------------------------------------------------------------------


def session(url: str, flags: dict[str, bool] | None = None, **settings: Any) -> list[Any]:
    """A whole session with a callback; gives what its socket was told."""
    body = {
        "callback": True,
        "callback_config": {"url": url, **(flags or {})},
        "messages_config": {"receive_final_transcripts": False},
    }
    with (
        over_emulator(callbacks=True, callbacks_allow=("127.0.0.1",), **settings) as (served, _service),
        connect(served.session(json.dumps(body).encode())) as client,
    ):
        for piece in pieces(SPEECH, 3200):
            client.send(piece)
        client.send(STOP)
        return until_close(client)[0]


@covers("gladia.parameter.callback")
def test_gladias_callbacks_have_flags_of_their_own() -> None:
    with receiver() as server:
        told = session(f"{server.url}/hook?secret=1")
        wait_for(lambda: server.bodies and server.bodies[-1]["event"] == "live.end_session")
        assert [message for message in told if message["type"] == "transcript"] == []
        events = [body["event"] for body in server.bodies]
        assert events == [
            "live.start_session",
            "live.start_recording",
            *["live.transcript"] * len(SENTENCES),
            "live.end_recording",
            "live.post_transcript",
            "live.post_final_transcript",
            "live.end_session",
        ]
        texts = [
            body["payload"]["data"]["utterance"]["text"] for body in server.bodies if body["event"] == "live.transcript"
        ]
        assert texts == [f" {sentence}" for sentence in SENTENCES]
        assert {body["id"] for body in server.bodies} == {told[0]["session_id"]}
        assert all(body["payload"]["type"] == body["event"].removeprefix("live.") for body in server.bodies)
        assert {headers["content-type"] for headers in server.headers} == {"application/json"}
        parsed = [create_live_v2_callback_message_from_json(json.dumps(body)) for body in server.bodies]
        assert isinstance(parsed[2], LiveV2CallbackTranscriptMessage)


def test_gladias_callbacks_as_they_are_asked_for() -> None:
    flags = {
        "receive_acknowledgments": True,
        "receive_partial_transcripts": True,
        "receive_speech_events": True,
        "receive_lifecycle_events": False,
        "receive_final_transcripts": False,
        "receive_post_processing_events": False,
    }
    with receiver() as server:
        session(server.url, flags)
        wait_for(lambda: [body["event"] for body in server.bodies].count("live.speech_end") == len(SENTENCES))
        wait_for(lambda: "live.stop_recording" in [body["event"] for body in server.bodies])
        events = {body["event"] for body in server.bodies}
        assert events == {
            "live.audio_chunk",
            "live.stop_recording",
            "live.speech_start",
            "live.speech_end",
            "live.transcript",
        }
        transcripts = [body["payload"]["data"] for body in server.bodies if body["event"] == "live.transcript"]
        assert transcripts and not any(data["is_final"] for data in transcripts)


def test_a_server_that_does_not_answer_holds_no_session_up(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(callbacks, "CLOSE_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        told = session(f"http://127.0.0.1:{silent.getsockname()[1]}/")
        assert told[-1]["type"] == "post_final_transcript"
    assert "the callbacks of 1 sessions are given up: the gateway ends" in caplog.text


@covers("gladia.parameter.callback")
@difference("D15")
def test_callbacks_that_are_not_enabled_are_refused() -> None:
    body = {"callback": True, "callback_config": {"url": "https://example.org/hook"}}
    with over_emulator() as (served, _service):
        status, _headers, answer = served.post(json.dumps(body).encode())
        assert status == 400
        assert answer["validation_errors"][0].startswith("callback must be false")
        assert "--callbacks" in answer["validation_errors"][0]


# --- AssemblyAI's one request at the end -------------------------------------------------------------


@covers(
    "assemblyai.parameter.webhook_url",
    "assemblyai.parameter.webhook_auth_header_name",
    "assemblyai.parameter.webhook_auth_header_value",
    "assemblyai.callback.session_id",
    "assemblyai.callback.messages",
)
def test_assemblyais_webhook_comes_once_at_the_end() -> None:
    with (
        receiver(503) as server,
        assemblyai_gateways.over_emulator(callbacks=True, callbacks_allow=("127.0.0.1",)) as (served, _service),
    ):
        asked = {
            "webhook_url": f"{server.url}/hook",
            "webhook_auth_header_name": "X-Secret",
            "webhook_auth_header_value": "a secret of the client's",
        }
        with served.begin(sample_rate=16000, **asked) as client:
            served.speak(client.send)
            assert server.bodies == []
            client.send(assemblyai_gateways.TERMINATE)
            told, code, _reason = until_close(client)
            assert code == 1000
        wait_for(lambda: len(server.bodies) == 2)
        assert server.bodies[0] == server.bodies[1]
        assert [headers["x-secret"] for headers in server.headers] == ["a secret of the client's"] * 2
        [begin] = {body["session_id"] for body in server.bodies}
        assert len(begin) == 36
        turns = server.bodies[1]["messages"]
        assert " ".join(turn["transcript"] for turn in turns) == " ".join(SENTENCES)
        assert turns == [said for said in told if said["type"] == "Turn" and said["end_of_turn"]][-len(turns) :]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"webhook_url": "ftp://example.org"}, "must be an http or https URL"),
        ({"webhook_url": "http://example.org", "webhook_auth_header_name": "Host"}, "no header of the client's own"),
        ({"webhook_url": "http://example.org", "webhook_auth_header_name": "a\r\nb"}, "no header of the client's own"),
        (
            {"webhook_url": "http://e.org", "webhook_auth_header_name": "a", "webhook_auth_header_value": "b\r\nc: d"},
            "a header cannot carry it",
        ),
    ],
)
def test_a_webhook_that_cannot_be_posted(asked: dict[str, str], words: str) -> None:
    with assemblyai_gateways.over_emulator(callbacks=True) as (served, _service):
        told, code, _reason = until_close(served.dial(sample_rate=16000, **asked))
        assert (code, told[-1]["type"]) == (3006, "Error")
        assert words in told[-1]["error"]


@covers("assemblyai.parameter.webhook_url")
@difference("D34")
def test_a_webhook_that_is_not_enabled_is_refused() -> None:
    with assemblyai_gateways.over_emulator() as (served, _service):
        told, code, _reason = until_close(served.dial(sample_rate=16000, webhook_url="https://example.org"))
        assert code == 3006
        assert "--callbacks" in told[-1]["error"]
