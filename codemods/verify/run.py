"""Runs one program against the local emulator of its vendor, or through the shim against another's.

The emulator runs in this process, the program in a child of its own, which ends with this one whatever
happens. The program's vendor keys are throwaways, its standard input stays open and silent.
"""

from __future__ import annotations

import os
import ssl
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import trustme

from codemods.vendor_names import VENDOR_NAMES
from codemods.verify.child import Orders
from codemods.verify.compare import ProgramRun, find_transcripts, transcript_lines
from codemods.verify.device import Device
from codemods.verify.process import Child
from codemods.verify.speech import Speech, load_speech
from shim.clock import Clock
from shim.emulator import EMULATORS
from shim.emulator.emulation import Emulation
from shim.emulator.transcript import Transcript, default_transcript
from shim.errors import BridgeError
from shim.guide import guide_file
from shim.mapping.row import Vendor
from shim.mapping.session import hosts_of
from shim.serving import LocalServer

# Every host that a program may have for its vendor: the vendors' references, 1.1.
HOSTS = {vendor.value: hosts_of(vendor) for vendor in Vendor}
_SILENCE = 2.0  # seconds of the run's clock after the speech, before the interrupt
_CATCHING_UP = 3.0  # real seconds that a program gets besides, to send what it has recorded
_ENDING_BY_ITSELF = 2.0  # real seconds besides, for a program without a microphone: it may be about to end
_ROUNDING = 0.1  # seconds of audio: a rest that a program did not send, sums of floats
_LOOK = 0.02  # real seconds between two looks at a running program

_EndedBy = Literal["itself", "interrupt", "killed"]


def run_program(
    script: Path,
    *,
    vendor: str,
    over: str | None = None,
    speech: Path | None = None,
    transcript: Transcript | None = None,
    speed: float = 8.0,
    key: str | None = None,
    allow_network: bool = False,
    time_bound: float = 240.0,
    arguments: Sequence[str] = (),
    folder: Path | None = None,
    _device: Device | None = None,
) -> ProgramRun:
    """Runs `script`, a program for `vendor`, and says what came of it.

    `over`: the program goes through the shim, and the emulator is that vendor's. `speech` (WAV) is what the
    microphone hears, `transcript` what the emulator makes of it; without them, the guide's. `key`: the only
    one that the emulator takes (any, if None). `time_bound`: seconds of the run's clock that the program may
    take beyond the length of the speech until it is interrupted, and as many from then on until it is killed.
    `folder`: where the program runs (here, if None); `script` is found from there then.
    `_device`, for tests: a real microphone in the place of the stand-in; `speed` must be 1 then.

    Raises `BridgeError` for a missing script, a speech that is no WAV file, a vendor or pair that there is
    not, and where the emulator or the shim cannot be started.
    """
    for name in (vendor, over):
        if name is not None and name not in HOSTS:
            raise BridgeError(f"there is no vendor {name!r}", f"known are: {', '.join(HOSTS)}")
    if os.name != "posix":
        raise BridgeError("verify needs a POSIX system", "run it on Linux or macOS")
    if _device is not None and speed != 1:
        raise ValueError(f"a real microphone records in real time, not at a speed of {speed:g}")
    speech = speech or guide_file("speech.wav")
    sound = load_speech(speech)
    transcript = transcript or default_transcript()
    clock = Clock(speed)
    emulation = Emulation(transcript=transcript, key=key, clock=clock)
    # The shim speaks to its upstream as it is told to; a program speaks to its vendor's hosts, by TLS.
    authority = trustme.CA() if over is None else None
    tls = _server_tls(authority, HOSTS[vendor]) if authority else None
    with (
        LocalServer(lambda: EMULATORS[over or vendor](emulation), tls=tls, name="sttbridge-emulator") as emulator,
        tempfile.TemporaryDirectory(prefix="sttbridge-verify-") as own_folder,
    ):
        child = Child(Path(own_folder), speed=speed, speech=speech, device=_device, runs_in=folder)
        orders = Orders(
            script=str(script),
            arguments=list(arguments),
            vendor=vendor,
            over=over,
            hosts=list(HOSTS[vendor]),
            address=emulator.host,
            port=emulator.port,
            authority=authority.cert_pem.bytes().decode() if authority else "",
            speed=speed,
            allow_network=allow_network,
            stand_in=_device is None,
            trouble=str(child.trouble),
            lifeline=child.lifeline,
        )
        with child.started(orders, allow_network=allow_network):
            ended_by = _attend(child, clock, sound, emulation, time_bound)
        child.raise_its_trouble()
        stdout, stderr = child.output()
    place = f"through the shim, over {VENDOR_NAMES[over]}" if over else f"on {VENDOR_NAMES[vendor]}"
    texts = [transcript.text(utterance) for utterance in transcript.utterances]
    return ProgramRun(
        label=f"{script.name} {place}",
        exit_status=child.exit_status,
        stdout=stdout,
        stderr=stderr,
        transcripts=find_transcripts(stdout, texts),
        had_traceback=has_traceback(stdout + stderr, is_interrupted=ended_by == "interrupt"),
        ended_by=ended_by,
        lines=transcript_lines(stdout, texts),
    )


def has_traceback(output: str, *, is_interrupted: bool) -> bool:
    """Whether a program has printed a traceback that tells of a fault.

    A thread that is cut off in the middle of sending by our interrupt prints one by chance: that one does not count.
    """
    if is_interrupted:
        output = output.partition("Exception in thread ")[0]
    return "Traceback (most recent call last)" in output


def _server_tls(authority: trustme.CA, hosts: Sequence[str]) -> ssl.SSLContext:
    """For a port that shows a certificate for these hosts."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*hosts).configure_cert(context)
    context.set_alpn_protocols(["http/1.1"])
    return context


def _attend(child: Child, clock: Clock, speech: Speech, emulation: Emulation, time_bound: float) -> _EndedBy:
    """Waits for the program's end; interrupts it once, when the speech is over; kills it if that is no use."""
    speech_ended: float | None = None
    interrupted: float | None = None
    while not child.has_ended(within=_LOOK):
        if child.said_too_much():
            child.kill()
            return "killed"
        now = clock.now()
        if interrupted is not None:
            if now >= interrupted + time_bound:
                child.kill()
                return "killed"
            continue
        heard = max((session.audio_seconds for session in list(emulation.sessions)), default=0.0)
        told = child.microphone(heard)
        has_microphone = "opened" in told
        if speech_ended is None and ("ended" in told or (not has_microphone and heard >= speech.seconds - _ROUNDING)):
            speech_ended = now
        if speech_ended is None:
            due = now >= speech.seconds + time_bound
        elif has_microphone:
            sent = heard >= speech.seconds + _SILENCE - _ROUNDING
            due = now >= speech_ended + _SILENCE + (0 if sent else clock.speed * _CATCHING_UP)
        else:
            due = now >= speech_ended + _SILENCE + clock.speed * _ENDING_BY_ITSELF
        if due:
            child.interrupt()
            interrupted = now
    return "itself" if interrupted is None else "interrupt"
