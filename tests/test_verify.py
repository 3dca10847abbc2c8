"""Programs run by verify: how they end, what they print, what they can reach."""

from __future__ import annotations

import fcntl
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from codemods.verify.compare import ProgramRun, compare
from codemods.verify.report import report
from codemods.verify.run import run_program
from codemods.verify.verification import Conditions, verify_pair, verify_shim
from shim.emulator.transcript import default_transcript
from shim.errors import BridgeError
from shim.guide import guide_file

TEXTS = tuple(default_transcript().text(utterance) for utterance in default_transcript().utterances)


def script(folder: Path, text: str, name: str = "program.py") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def run(folder: Path, text: str, **options: object) -> ProgramRun:
    return run_program(script(folder, text), **{"vendor": "gladia", **options})  # type: ignore[arg-type]


def wait_until(condition: Callable[[], bool]) -> None:
    for _ in range(3000):  # at most a minute
        if condition():
            return
        time.sleep(0.02)
    pytest.fail("it did not happen")


# Whole programs

# The same session without a microphone: the file is sent at once, and the program ends by itself.
SENDS_A_FILE = f"""
import json, sys, wave
import requests
from websockets.sync.client import connect

answer = requests.post(
    "https://api.gladia.io/v2/live", headers={{"x-gladia-key": "k"}}, json={{"sample_rate": 16000}}, timeout=10
)
answer.raise_for_status()
with wave.open({str(guide_file("speech.wav"))!r}) as file:
    audio = file.readframes(file.getnframes())
with connect(answer.json()["url"]) as socket:
    for at in range(0, len(audio), 6400):
        socket.send(audio[at : at + 6400])
    STOP
    for frame in socket:
        message = json.loads(frame)
        if message["type"] == "transcript":
            print(message["data"]["utterance"]["text"])
"""


def test_the_guides_script_is_heard_to_its_end() -> None:
    found = run_program(guide_file("gladia_microphone.py"), vendor="gladia")
    assert found.transcripts == TEXTS
    assert len(TEXTS) == 3
    assert (found.exit_status, found.ended_by, found.had_traceback) == (0, "interrupt", False)
    assert found.stdout.count("Ending the recording") == 1
    assert "post_final_transcript" in found.stdout
    assert found.label == "gladia_microphone.py on Gladia"
    assert compare(found, found) == []


def test_a_program_without_a_microphone_ends_by_itself(tmp_path: Path) -> None:
    found = run(tmp_path, SENDS_A_FILE.replace("STOP", """socket.send('{"type": "stop_recording"}')"""))
    assert (found.transcripts, found.exit_status, found.ended_by) == (TEXTS, 0, "itself"), found.stderr


def test_a_program_without_a_microphone_that_waits_is_interrupted(tmp_path: Path) -> None:
    found = run(tmp_path, SENDS_A_FILE.replace("STOP", "pass"))
    assert found.transcripts == TEXTS[: len(found.transcripts)]
    assert (found.exit_status, found.ended_by) == (-signal.SIGINT, "interrupt")
    assert "KeyboardInterrupt" in found.stderr


# AssemblyAI without a library of its own, the microphone by callback, Ctrl+C as an exception.
CALLS_BACK = """
import json
import pyaudio
from websockets.sync.client import connect

def receive():
    for frame in socket:
        message = json.loads(frame)
        if message["type"] == "Turn" and message["end_of_turn"]:
            print(message["transcript"])

def callback(data, frames, times, status):
    socket.send(data)
    return None, pyaudio.paContinue

URL = "wss://streaming.assemblyai.com/v3/ws?sample_rate=16000&speech_model=u3-rt-pro"
with connect(URL, additional_headers={"Authorization": "k"}) as socket:
    audio = pyaudio.PyAudio()
    stream = audio.open(
        format=pyaudio.paInt16, channels=1, rate=16000, input=True, frames_per_buffer=1600, stream_callback=callback
    )
    try:
        receive()
    except KeyboardInterrupt:
        stream.stop_stream()
        socket.send(json.dumps({"type": "Terminate"}))
        receive()
    stream.close()
    audio.terminate()
"""


def test_a_program_for_assemblyai_with_a_callback(tmp_path: Path) -> None:
    found = run(tmp_path, CALLS_BACK, vendor="assemblyai")
    assert (found.transcripts, found.exit_status, found.ended_by) == (TEXTS, 0, "interrupt"), found.stderr


def test_the_guides_script_agrees_with_itself_through_the_shim() -> None:
    found = verify_shim(guide_file("gladia_microphone.py"))
    assert found.agree, (found.differences, found.runs[1].stderr)
    assert [run.transcripts for run in found.runs] == [TEXTS, TEXTS]
    assert [run.exit_status for run in found.runs] == [0, 0]
    assert found.runs[1].label == "gladia_microphone.py through the shim, over AssemblyAI"


@pytest.mark.parametrize("over", [None, "assemblyai"])
def test_a_key_that_is_refused_is_seen(over: str | None) -> None:
    found = run_program(guide_file("gladia_microphone.py"), vendor="gladia", over=over, key="another one")
    assert found.ended_by == "itself"
    assert found.exit_status != 0
    assert "401" in found.stdout
    assert not found.had_traceback
    assert "another one" not in found.stdout + found.stderr


# How a program ends


def test_a_crash_is_a_status_and_a_traceback(tmp_path: Path) -> None:
    found = run(tmp_path, "print('begins')\nraise ValueError('broken')")
    assert (found.exit_status, found.had_traceback, found.ended_by) == (1, True, "itself")
    assert found.stdout == "begins\n"
    assert "ValueError: broken" in found.stderr
    assert "codemods" not in found.stderr  # the program's own frames only


def test_an_exit_is_a_status_without_a_traceback(tmp_path: Path) -> None:
    found = run(tmp_path, "import sys\nsys.exit(3)")
    assert (found.exit_status, found.had_traceback, found.ended_by) == (3, False, "itself")


# Ten seconds of audio are read and go nowhere; by then, whatever stands above has been done.
LISTENS = """
import pyaudio
microphone = pyaudio.PyAudio().open(format=pyaudio.paInt16, channels=1, rate=16000, input=True)
for _ in range(50):
    microphone.read(3200)
"""


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """For programs that send nothing: verify does not wait for what they have heard to arrive."""
    monkeypatch.setattr("codemods.verify.run._CATCHING_UP", 0.0)
    monkeypatch.setattr("codemods.verify.process._AFTER_SIGTERM", 0.5)


@pytest.mark.parametrize("deaf_to", ["SIGINT", "SIGINT, signal.SIGTERM"])
def test_a_program_that_never_ends_is_killed(tmp_path: Path, impatient: None, deaf_to: str) -> None:
    found = run(
        tmp_path,
        f"import signal\nfor number in (signal.{deaf_to},): signal.signal(number, signal.SIG_IGN)\n"
        f"print('here')\n{LISTENS}\nwhile True: signal.pause()\n",
        speed=64,
        time_bound=192,
    )
    assert (found.ended_by, found.stdout) == ("killed", "here\n")
    assert found.exit_status == (-signal.SIGKILL if "SIGTERM" in deaf_to else -signal.SIGTERM)
    assert "had to be killed" in report([found], compare(found, found))


def test_a_program_that_waits_for_ctrl_c_without_ever_speaking_gets_it(tmp_path: Path) -> None:
    found = run(
        tmp_path,
        "import signal\nsignal.signal(signal.SIGINT, lambda *_: exit(7))\nwhile True: signal.pause()\n",
        speed=64,
        time_bound=192,
    )
    assert (found.exit_status, found.ended_by) == (7, "interrupt")


def test_ctrl_c_comes_once(tmp_path: Path, impatient: None) -> None:
    found = run(
        tmp_path,
        "import signal, time\ncaught = []\nsignal.signal(signal.SIGINT, lambda *_: caught.append(1))\n"
        f"{LISTENS}\nwhile not caught: signal.pause()\n"
        "deadline = time.monotonic() + 0.5\nwhile time.monotonic() < deadline: pass\nprint(len(caught))\n",
        speed=64,
    )
    assert (found.stdout, found.ended_by) == ("1\n", "interrupt")


def test_endless_output_does_not_fill_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("codemods.verify.process._MOST_OUTPUT", 100_000)
    found = run(tmp_path, "while True: print('x' * 1000)")
    assert found.ended_by == "killed"
    assert len(found.stdout) == 100_000


def test_what_the_program_starts_does_not_outlive_it(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    run(tmp_path, STARTS_A_HOLDER.format(lock=str(lock)))
    assert lock.exists()
    wait_until(lambda: free(lock))


HOLDER = "import fcntl, time; f = open({lock!r}, 'w'); fcntl.flock(f, fcntl.LOCK_EX); print('held', flush=True)"
STARTS_A_HOLDER = f"""
import subprocess, sys
code = "{HOLDER}\\nwhile True: time.sleep(1000)"
print(subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True).stdout.readline())
"""


def free(lock: Path) -> bool:
    """Whether no process holds the lock: also true when the holder is dead and nobody has asked for its status."""
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_orphan_is_left_when_verify_itself_is_ended(tmp_path: Path, end: signal.Signals) -> None:
    lock = tmp_path / "lock"
    program = script(tmp_path, HOLDER.format(lock=str(lock)) + "\nwhile True: time.sleep(1000)")
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys\nfrom pathlib import Path\nfrom codemods.verify.run import run_program\n"
            "run_program(Path(sys.argv[1]), vendor='gladia', speed=1)",
            str(program),
        ],
        stderr=subprocess.PIPE,
    )
    try:
        wait_until(lambda: lock.exists() and not free(lock))
        parent.send_signal(end)
        assert parent.wait(60) != 0
        wait_until(lambda: free(lock))
    finally:
        parent.kill()
        parent.communicate()


# What a program finds around it


def test_keys_and_settings_are_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GLADIA_API_KEY", "ASSEMBLYAI_API_KEY", "STTBRIDGE_DISABLE", "HTTPS_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "the real one")
    monkeypatch.setenv("KEPT", "as it is")
    found = run(tmp_path, "import json, os\nprint(json.dumps(dict(os.environ)))")
    environment = json.loads(found.stdout)
    assert environment["GLADIA_API_KEY"] == environment["ASSEMBLYAI_API_KEY"] != "the real one"
    assert environment["KEPT"] == "as it is"
    assert "the real one" not in environment.values()
    assert [name for name in environment if name.startswith("STTBRIDGE_")] == ["STTBRIDGE_VERIFY_MICROPHONE"]


def test_a_program_is_itself(tmp_path: Path) -> None:
    found = run(
        tmp_path,
        "import sys, threading\nprint(__name__, sys.argv[1:], sys.path[0], threading.active_count())",
        arguments=["--flag", "a b"],
    )
    assert found.stdout == f"__main__ ['--flag', 'a b'] {tmp_path} 1\n"


def test_sleeps_are_shortened(tmp_path: Path) -> None:
    found = run(
        tmp_path,
        "import asyncio, time\ntime.sleep(3600)\nasyncio.run(asyncio.sleep(3600))",
        speed=14400,
        time_bound=14400 * 300,
    )
    assert (found.exit_status, found.ended_by) == (0, "itself")


def test_reading_the_keyboard_waits_as_for_a_person(tmp_path: Path) -> None:
    found = run(tmp_path, "input('Enter to stop')", speed=64, time_bound=100)
    assert (found.ended_by, found.exit_status) == ("interrupt", -signal.SIGINT)


# The events are raised by hand, so that a test never reaches for another machine.
REACHES = """
import asyncio, socket, sys
def attempt(event, *arguments):
    try:
        sys.audit(event, *arguments)
        print("let through")
    except OSError as error:
        print(type(error).__name__)
plain, six, local = socket.socket(), socket.socket(socket.AF_INET6), socket.socket(socket.AF_UNIX)
"""


@pytest.mark.parametrize(
    ("event", "arguments", "passes"),
    [
        ("socket.connect", "plain, ('127.0.0.1', 9)", True),
        ("socket.connect", "plain, ('127.8.9.1', 9)", True),
        ("socket.connect", "plain, ('localhost', 9)", True),
        ("socket.connect", "six, ('::1', 9, 0, 0)", True),
        ("socket.connect", "six, ('::ffff:127.0.0.1', 9, 0, 0)", True),
        ("socket.connect", "local, '/run/something'", True),
        ("socket.connect", "plain, ('192.0.2.1', 9)", False),
        ("socket.connect", "plain, ('10.0.0.1', 9)", False),
        ("socket.connect", "plain, ('example.org', 443)", False),
        ("socket.connect", "six, ('2001:db8::1', 9, 0, 0)", False),
        ("socket.connect", "six, ('::ffff:192.0.2.1', 9, 0, 0)", False),
        ("socket.sendto", "plain, ('192.0.2.1', 53)", False),
        ("socket.getaddrinfo", "'localhost', 443, 0, 0, 0", True),
        ("socket.getaddrinfo", "None, 443, 0, 0, 0", True),
        ("socket.getaddrinfo", "socket.gethostname(), 443, 0, 0, 0", True),
        ("socket.getaddrinfo", "b'example.org', 443, 0, 0, 0", False),
        ("socket.gethostbyname", "'example.org'", False),
    ],
)
def test_only_this_machine_can_be_reached(tmp_path: Path, event: str, arguments: str, passes: bool) -> None:
    code = f"from codemods.verify.network import keep_on_this_machine\n{REACHES}\nkeep_on_this_machine()\n"
    found = subprocess.run(
        [sys.executable, "-c", f"{code}attempt({event!r}, {arguments})"], capture_output=True, text=True, check=True
    )
    assert found.stdout == ("let through\n" if passes else "ConnectionNotAllowed\n")
    assert ("--allow-network" in found.stderr) is not passes


REACHES_OUT = """
import asyncio, requests, uvloop

async def below():
    await asyncio.get_running_loop().create_connection(asyncio.Protocol, "example.net", 443)

for attempt in (lambda: requests.get("https://example.org", timeout=5), lambda: uvloop.run(below())) * 2:
    try:
        attempt()
    except OSError as error:
        print("refused:", "--allow-network" in str(error))
"""


def test_a_program_that_reaches_out_is_told_so(tmp_path: Path) -> None:
    found = run(tmp_path, REACHES_OUT)
    assert found.stdout == "refused: True\n" * 4, found.stderr
    assert found.stderr.count("cannot connect to example.org") == 1
    assert found.stderr.count("cannot connect to example.net") == 1


def test_a_program_may_reach_out_when_it_is_allowed_to(tmp_path: Path) -> None:
    found = run(tmp_path, REACHES + "attempt('socket.connect', plain, ('192.0.2.1', 9))", allow_network=True)
    assert (found.stdout, found.stderr) == ("let through\n", "")


def test_a_folder_with_its_own_shim_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("shim", "codemods"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise RuntimeError('taken for ours')")
    (tmp_path / "pyaudio_settings.py").write_text("RATE = 16000")
    text = guide_file("gladia_microphone.py").read_text(encoding="utf-8").replace("16_000", "pyaudio_settings.RATE")
    program = script(tmp_path, f"import pyaudio_settings\n{text}")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    found = run_program(Path(program.name), vendor="gladia", speed=16)
    assert (found.transcripts, found.exit_status) == (TEXTS, 0), found.stderr
    assert f"sttbridge: {tmp_path / 'shim'} is hidden by sttbridge's own package" in found.stderr


# What cannot be run


def test_bad_input_is_one_clear_line(tmp_path: Path) -> None:
    program = script(tmp_path, "print('never runs')")
    text = tmp_path / "text.wav"
    text.write_text("no WAV")
    with pytest.raises(BridgeError, match=r"nothing\.py: No such file"):
        run_program(tmp_path / "nothing.py", vendor="gladia")
    with pytest.raises(BridgeError, match="is a folder"):
        run_program(tmp_path, vendor="gladia")
    with pytest.raises(BridgeError, match=r"text\.wav is not a PCM WAV file"):
        run_program(program, vendor="gladia", speech=text)
    with pytest.raises(BridgeError, match="no vendor 'glodia'"):
        run_program(program, vendor="glodia")
    with pytest.raises(BridgeError, match="is not possible"):
        run_program(program, vendor="gladia", over="gladia")
    with pytest.raises(BridgeError, match="speed"):
        run_program(program, vendor="gladia", speed=0)
    with pytest.raises(BridgeError, match="a speech was given without its transcript"):
        verify_shim(guide_file("gladia_microphone.py"), Conditions(speech=text))
    with pytest.raises(BridgeError, match="is not a transcript"):
        verify_shim(guide_file("gladia_microphone.py"), Conditions(speech=text, transcript=text))


# Both together


def test_two_programs_that_agree(tmp_path: Path) -> None:
    other = script(tmp_path, guide_file("gladia_microphone.py").read_text(encoding="utf-8").replace("Final:", "*"))
    found = verify_pair(guide_file("gladia_microphone.py"), other, Conditions(speed=16))
    assert found.agree, found.differences
    assert [run.transcripts for run in found.runs] == [TEXTS, TEXTS]


def test_a_program_that_says_less_differs(tmp_path: Path) -> None:
    text = guide_file("gladia_microphone.py").read_text(encoding="utf-8")
    other = script(tmp_path, text.replace('print(f"Final: {text}")', "print(text[:5])"))
    found = verify_pair(guide_file("gladia_microphone.py"), other, Conditions(speed=16))
    assert found.differences == [
        f'transcript {number}: only the first has "{text}"' for number, text in enumerate(TEXTS, 1)
    ]


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def open_files() -> int:
        folder = Path("/proc/self/fd")
        return len(list(folder.iterdir())) if folder.exists() else 0

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    run(tmp_path, "print('ran')")
    before = open_files()
    run(tmp_path, "print('ran')")
    assert open_files() == before
    assert list((tmp_path / "temporary").iterdir()) == []
