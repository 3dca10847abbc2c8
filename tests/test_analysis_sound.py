"""Where pieces of sound come from, whatever is done to their form; and how long they last."""

from __future__ import annotations

import pytest

from codemods.analysis.sound import sound
from codemods.analysis.values import UNKNOWN, OwnModule, Sound
from codemods.rules.sound.sound_length import AudioFormat, chunk_of, is_cut_elsewhere
from tests.analysis_questions import asked, value

SPEECH = AudioFormat(16000, 2)
SOUNDDEVICE = "import sounddevice as sd\nimport numpy as np\nimport queue\nq = queue.Queue()\n"
OPENED = "sd.InputStream(samplerate=16000, blocksize=320, callback=heard)"


def piece(code: str) -> Sound:
    """The sound that a program asks about."""
    found = sound(value(code))
    assert found is not None
    return found


def milliseconds(code: str, of: AudioFormat | None = SPEECH) -> float | None:
    """How long the piece lasts that a program asks about."""
    program, values = asked(code)
    (found,) = values.values()
    chunk = chunk_of(program, found, of)
    return None if chunk is None else chunk.milliseconds


@pytest.mark.parametrize(
    "form",
    [
        "indata",
        "bytes(indata)",
        "indata.copy()",
        "indata[:, 0]",
        "indata[:, 0].tobytes()",
        "(indata * 32767).astype(np.int16).tobytes()",
        "np.clip(indata, -1, 1)",
        "(np.clip(indata[:, 0], -1.0, 1.0) * 32767).astype('int16').flatten().tobytes()",
    ],
)
def test_what_a_microphone_hands_over_lasts_as_long_in_any_form(form: str) -> None:
    code = f"{SOUNDDEVICE}def heard(indata, frames, time, status):\n    ask({form})\n{OPENED}"
    assert piece(code).read.made_by == "sounddevice.InputStream.callback"
    assert milliseconds(code) == 20


def test_a_queue_carries_it_from_the_callback() -> None:
    for put in ("q.put(bytes(indata))", "loop.call_soon_threadsafe(q.put_nowait, bytes(indata))"):
        code = f"{SOUNDDEVICE}def heard(indata, frames, time, status):\n    {put}\n{OPENED}\n"
        head = "import asyncio\nloop = asyncio.new_event_loop()\n"
        assert milliseconds(f"{head}{code}def send():\n    while chunk := q.get():\n        ask(chunk)\nsend()") == 20


@pytest.mark.parametrize("form", ["indata + earlier", "len(indata)", "np.concatenate([indata, earlier])"])
def test_what_is_put_together_is_not_a_piece_any_more(form: str) -> None:
    code = f"{SOUNDDEVICE}earlier = input()\ndef heard(indata, frames, time, status):\n    ask({form})\n{OPENED}"
    assert not isinstance(value(code), Sound)


@pytest.mark.parametrize(
    ("code", "lasts"),
    [
        ("f = open('a', 'rb')\nask(f.read(640))", 20),
        ("f = open('a', 'rb')\nask(bytes(f.read(640)))", 20),
        ("import subprocess\np = subprocess.Popen(['ffmpeg'], stdout=-1)\nask(p.stdout.read(3200))", 100),
        ("audio = open('a', 'rb').read()\nfor i in range(0, len(audio), 640):\n    ask(audio[i:i + 640])", 20),
        ("audio = open('a', 'rb').read()\nfor i in range(9):\n    ask(audio[i * 640:(i + 1) * 640])", 20),
        ("audio = open('a', 'rb').read()\nat = 0\nend = min(at + 640, len(audio))\nask(audio[at:end])", 20),
        ("import wave\nw = wave.open('a')\nask(w.readframes(w.getframerate() // 50))", 20),
        ("import wave\nw = wave.open('a')\nrate = w.getframerate()\nask(w.readframes(int(rate * 0.02)))", 20),
        ("import soundfile as sf\nfor b in sf.blocks('a', blocksize=320):\n    ask(b.tobytes())", 20),
        ("from pydub import AudioSegment\na = AudioSegment.from_file('a')\nask(a[0:0 + 20].raw_data)", 20),
        ("import sounddevice as sd\nwith sd.InputStream(8000) as s:\n    x, _ = s.read(160)\n    ask(x)", 20),
        ("import pyaudio, asyncio\ns = pyaudio.PyAudio().open(rate=16000)\n"
         "async def f():\n    ask(await asyncio.to_thread(s.read, 320))", 20),
        ("from functools import partial\nf = open('a', 'rb')\nfor c in iter(partial(f.read, 640), b''):\n    ask(c)", 20),
        ("f = open('a', 'rb')\nfor c in iter(lambda: f.read(640), b''):\n    ask(c)", 20),
        ("import aiofiles\nasync def f():\n    async with aiofiles.open('a') as a:\n        ask(await a.read(640))", 20),
        ("kept = bytearray()\nkept.extend(input())\nask(bytes(kept[:640]))", 20),
        ("f = open('a', 'rb')\nn = int(input())\nask(f.read(n))", None),
        ("audio = open('a', 'rb').read()\nask(audio[44:])", None),
    ],
)  # fmt: skip
def test_how_long_a_piece_lasts(code: str, lasts: float | None) -> None:
    assert milliseconds(code) == lasts


def test_frames_of_a_file_last_as_its_rate_says() -> None:
    code = "import wave\nw = wave.open('a')\nask(w.readframes({}))"
    assert milliseconds(code.format(480), None) is None
    assert milliseconds(code.format("w.getframerate() // 10"), None) == 100


@pytest.mark.parametrize(
    ("code", "others"),
    [
        ("import fastapi\nasync def f(client):\n    ask(await client.receive_bytes())", True),
        ("import websockets\nasync def f(client):\n    async for m in client:\n        ask(m)\nwebsockets.serve(f)", True),
        ("import asyncio\nasync def f():\n    p = await asyncio.create_subprocess_exec('x')\n"
         "    ask(await p.stdout.read(640))", True),
        ("import base64\nask(base64.b64decode(input()))", True),
        ("f = open('a', 'rb')\nkept = [f.read(640)]\nkept.append(f.read(640))\nask(b''.join(kept))", False),
        ("f = open('a', 'rb')\nkept = []\nwhile True:\n    kept.append(f.read(640))\n    ask(b''.join(kept))", True),
        ("import sounddevice as sd\ndef f(x, n, t, s):\n    ask(x)\nsd.InputStream(samplerate=16000, callback=f)", True),
        ("import sounddevice as sd\ndef f(x, n, t, s):\n    ask(x)\n"
         "sd.InputStream(samplerate=16000, blocksize=320, callback=f)", False),
        ("ask(open('a', 'rb').read(640))", False),
    ],
)  # fmt: skip
def test_whether_others_decide_how_long(code: str, others: bool) -> None:
    program, values = asked(code)
    (found,) = values.values()
    assert is_cut_elsewhere(program, found) is others


def test_a_module_that_is_imported_by_a_name_that_nobody_knows() -> None:
    found = value("import importlib\nask(importlib.import_module(input()))")
    assert not isinstance(found, OwnModule)
    assert value("def f(x):\n    ask(x)") == UNKNOWN
