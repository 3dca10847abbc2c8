"""A microphone that real PyAudio records from, on a machine without one.

PulseAudio runs as a process of its own with nothing but a null sink, whose monitor is the default source; ALSA, which
PortAudio records from, is led to it by an `.asoundrc`. It needs no D-Bus, no session and no rights: its home and its
runtime folder are temporary. What is played into the sink is what the microphone hears, in real time.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from codemods.verify.device import Device

_ASOUNDRC = "pcm.!default { type pulse }\nctl.!default { type pulse }\n"
_PROGRAMS = ("pulseaudio", "pactl", "paplay")
_PLUGIN_FOLDERS = ("/usr/lib", "/usr/lib64", "/usr/local/lib")
_PLUGIN = "alsa-lib/libasound_module_pcm_pulse.so"
_TO_INSTALL = "apt-get install portaudio19-dev pulseaudio pulseaudio-utils libasound2-plugins; pip install pyaudio"


def missing() -> str | None:
    """What this machine lacks for a virtual microphone, and how to get it; None if nothing."""
    lacking = [program for program in _PROGRAMS if shutil.which(program) is None]
    if not any(True for folder in _PLUGIN_FOLDERS for _found in Path(folder).glob(f"**/{_PLUGIN}")):
        lacking.append("ALSA's pulse plugin")
    # In a process of its own: it is PortAudio's own library that may be missing, and this process may have a stand-in.
    if subprocess.run([sys.executable, "-c", "import pyaudio._portaudio"], capture_output=True, timeout=60).returncode:
        lacking.append("pyaudio")
    return f"no virtual microphone without {', '.join(lacking)} ({_TO_INSTALL})" if lacking else None


class VirtualMicrophone:
    """A running one. `environment` is what a process needs to record from it or to play into it."""

    def __init__(self, folder: Path) -> None:
        self.environment = {
            "HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder / ".config"),
            "XDG_RUNTIME_DIR": str(folder / "run"),
            "PULSE_SERVER": f"unix:{folder / 'run/pulse/native'}",
        }
        self._players: list[subprocess.Popen[bytes]] = []

    @property
    def device(self) -> Device:
        """For `codemods.verify.run.run_program`."""
        return Device(self.environment, self.play)

    def play(self, speech: Path) -> Callable[[], bool]:
        """Plays a WAV file to whoever records; gives what says whether it is over."""
        assert self.ask("list", "short", "source-outputs").strip(), "nobody records from the virtual microphone"
        player = subprocess.Popen(["paplay", "-d", "mic", str(speech)], env=self._whole_environment())
        self._players.append(player)
        return lambda: player.poll() is not None

    def ask(self, *arguments: str) -> str:
        """What `pactl` answers."""
        command = ["pactl", *arguments]
        return subprocess.run(
            command, env=self._whole_environment(), capture_output=True, text=True, check=True, timeout=20
        ).stdout

    def played(self) -> list[int | None]:
        """The exit status of each player, in order; None for one that is still at it."""
        return [player.poll() for player in self._players]

    def start(self, log: Path) -> subprocess.Popen[bytes]:
        """Starts PulseAudio and waits, within a bound, until it answers."""
        command = ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "-L", "module-native-protocol-unix"]
        command += ["-L", "module-null-sink sink_name=mic rate=16000 channels=1"]
        with log.open("wb") as output:
            server = subprocess.Popen(command, env=self._whole_environment(), stdout=output, stderr=output)
        pause = threading.Event()
        for _attempt in range(400):
            try:
                self.ask("set-default-source", "mic.monitor")
            except subprocess.CalledProcessError:
                if server.poll() is not None:
                    break
                pause.wait(0.05)
            else:
                return server
        end(server)
        raise AssertionError(f"PulseAudio did not start:\n{log.read_text(errors='replace')}")

    def stop_playing(self) -> None:
        """Ends the players that are still at it."""
        for player in self._players:
            end(player)

    def _whole_environment(self) -> dict[str, str]:
        return {**os.environ, **self.environment}


def end(process: subprocess.Popen[bytes]) -> None:
    """Ends a process of ours."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def virtual_microphone() -> Iterator[VirtualMicrophone]:
    """One that nothing is left of."""
    with ExitStack() as stack:
        # Not pytest's folder: the path of a socket may have about a hundred characters only.
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sttbridge-", ignore_cleanup_errors=True)))
        (folder / ".asoundrc").write_text(_ASOUNDRC)
        (folder / "run").mkdir(mode=0o700)
        microphone = VirtualMicrophone(folder)
        stack.callback(end, microphone.start(folder / "log"))
        stack.callback(microphone.stop_playing)
        yield microphone
