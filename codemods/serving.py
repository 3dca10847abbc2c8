"""`sttbridge serve` and `sttbridge emulate`: the servers of the command line."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from shim.clock import Clock
from shim.errors import BridgeError
from shim.mapping import session
from shim.mapping.row import Vendor

_log = logging.getLogger("sttbridge")


@dataclass(frozen=True, slots=True)
class ServeRequest:
    """What the user asked of `serve`."""

    api: str
    over: str
    host: str
    port: int
    upstream: str | None
    public_url: str | None
    gateway_keys: frozenset[str]
    turns: str
    speed: float
    on_absent: str = "warn"
    grace: float = 30.0
    jobs: str | None = None
    keep_audio: bool = False
    retention: float = 30.0
    callbacks: bool = False
    callbacks_allow: tuple[str, ...] = ()
    metrics: bool = False


def default_upstream(over: str) -> str:
    """The vendor's own host."""
    return f"https://{session.HOST.of(Vendor.named(over))[0]}"


def default_place_for_jobs() -> tuple[str, str]:
    """Where `serve` keeps jobs unless it is told, and how the user is told of it: in the user's folder for what
    programs remember, or in memory where that cannot be."""
    from shim.jobs.store_url import MEMORY, default_url, open_store

    url = default_url()
    try:
        open_store(url).close()
    except BridgeError as error:
        return MEMORY, f"Jobs are kept in memory: {error.message} (--jobs says where else)"
    return url, f"Jobs are kept in {url.removeprefix('sqlite:///')} (--jobs says where else, --jobs off keeps none)"


def run_serve(request: ServeRequest) -> None:
    """Serves until Ctrl+C. Raises BridgeError for what cannot be served."""
    from shim.gateway.app import make_app
    from shim.gateway.preflight import check_upstream
    from shim.gateway.settings import Settings
    from shim.jobs.store_url import OFF
    from shim.serving import serve_until_interrupted

    api, over = Vendor.named(request.api), Vendor.named(request.over)
    if api is over:
        raise BridgeError(f"{api} over {over} is not possible", f"use --api {api} --over {api.other}")
    if request.turns not in ("keep", "target"):
        raise BridgeError(f"--turns takes keep or target, not {request.turns!r}", "leave it out for target")
    variable = session.KEY_VARIABLE.of(over)[0]
    upstream_key = os.environ.get(variable) or None
    if request.gateway_keys and upstream_key is None:
        raise BridgeError(f"gateway keys need the upstream's own key, and {variable} is not set", f"set {variable}")
    if upstream_key is not None and not request.gateway_keys and not _is_loopback(request.host):
        raise BridgeError(
            f"{variable} is set and {request.host} is open to others, who could use that key",
            f"give --gateway-key, unset {variable}, or listen on 127.0.0.1",
        )
    check_upstream(request.upstream or default_upstream(request.over))
    if api is not Vendor.GLADIA and (request.jobs or request.keep_audio):
        _log.warning("only Gladia's API has jobs: --jobs and --keep-audio have no effect")
    jobs, said = request.jobs or OFF, ""
    if api is Vendor.GLADIA and not request.jobs:
        jobs, said = default_place_for_jobs()
    settings = Settings(
        api=api.value,
        over=over.value,
        upstream=request.upstream,
        upstream_key=upstream_key,
        gateway_keys=request.gateway_keys,
        public_url=request.public_url,
        clock=Clock(request.speed),
        turns="keep" if request.turns == "keep" else "target",
        on_absent=request.on_absent,
        grace=request.grace,
        jobs=jobs,
        keep_audio=request.keep_audio and api is Vendor.GLADIA,
        retention=request.retention,
        callbacks=request.callbacks,
        callbacks_allow=request.callbacks_allow,
        metrics=request.metrics,
    )
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    names = f"{session.NAME.of(api)[0]}'s API over {session.NAME.of(over)[0]}"
    serve_until_interrupted(
        lambda: make_app(settings),
        request.host,
        request.port,
        on_listening=lambda url: print(
            *(f"{names} at {url} (Ctrl+C ends)", *filter(None, (said,))), sep="\n", flush=True
        ),
    )


@dataclass(frozen=True, slots=True)
class EmulateRequest:
    """What the user asked of `emulate`. `faults` are as they were written."""

    vendor: str
    port: int
    transcript: Path | None
    speech: Path | None
    key: str | None
    speed: float
    faults: tuple[str, ...] = ()


def run_emulator(request: EmulateRequest) -> None:
    """Serves an emulator until Ctrl+C. Raises BridgeError for what cannot be served."""
    from shim.emulator import EMULATORS
    from shim.emulator.emulation import Emulation
    from shim.emulator.faults import read_fault
    from shim.emulator.speech import default_speech, load_speech
    from shim.emulator.transcript import default_transcript, load_transcript
    from shim.serving import serve_until_interrupted

    named = Vendor.named(request.vendor)
    played = load_transcript(request.transcript) if request.transcript is not None else default_transcript()
    speech = default_speech() if request.transcript is None else None
    emulation = Emulation(
        played,
        key=request.key,
        clock=Clock(request.speed),
        speech=load_speech(request.speech) if request.speech is not None else speech,
        faults=[read_fault(fault) for fault in request.faults],
        on_fault=lambda line: print(line, flush=True),
    )
    make_app = EMULATORS[named.value]
    serve_until_interrupted(
        lambda: make_app(emulation),
        "127.0.0.1",
        request.port,
        on_listening=lambda url: print(
            f"{session.NAME.of(named)[0]}'s emulator at {url}: {len(played.utterances)} utterances (Ctrl+C ends)",
            flush=True,
        ),
    )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
