"""Sound: which calls give pieces of it, and what changes their form and not how long they last.

The microphone's callback, the pipe from ffmpeg, the frames that another WebSocket brings: how long one message with
audio lasts is decided there, and not where it is sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import libcst as cst

from codemods.analysis.values import UNKNOWN, Known, LibraryObject, Sequence, Sound, Value, something

RECORDED: Final = (
    "builtins.open().read",
    "io.BytesIO().read",
    "io.FileIO().read",
    "pathlib.Path().read_bytes",
    "pathlib.Path().open().read",
    "aiofiles.open().read",
)
"""Reads of a file or of bytes, by their number."""
PIPED: Final = (
    *(
        f"{process}().stdout.{read}"
        for process in ("subprocess.Popen", "asyncio.create_subprocess_exec", "asyncio.create_subprocess_shell")
        for read in ("read", "read1", "readexactly")
    ),
    "sys.stdin.buffer.read",
    "sys.stdin.buffer.read1",
)
"""Reads of what another program writes, ffmpeg mostly."""
PIPED_AS_IT_COMES: Final = tuple(
    one for one in PIPED if one.endswith(".read1") or (one.startswith("asyncio") and one.endswith(".read"))
)
"""Those of them that give what there is, at most so many bytes."""
IN_FRAMES: Final = ("wave.open().readframes", "soundfile.SoundFile().read", "soundfile.SoundFile().buffer_read")
"""Reads of a file by the number of its frames."""
SAID_OF_RECORDINGS: Final = ("getnchannels", "getframerate", "getsampwidth", "getnframes", "getcomptype")
"""Methods of an open file that say what is in it, and do nothing else."""
IN_BLOCKS: Final = ("soundfile.blocks", "soundfile.SoundFile().blocks")
"""What a loop gets pieces of so many frames from."""
WHOLE: Final = ("soundfile.read", "pydub.AudioSegment.from_file", "pydub.AudioSegment.from_wav")
"""Whole recordings, of which programs cut pieces."""
OPENED: Final = "pyaudio.PyAudio().open"
MICROPHONES: Final[Mapping[str, tuple[str, str]]] = {
    OPENED: ("rate", "frames_per_buffer"),
    "sounddevice.InputStream": ("samplerate", "blocksize"),
    "sounddevice.RawInputStream": ("samplerate", "blocksize"),
    "sounddevice.Stream": ("samplerate", "blocksize"),
    "sounddevice.RawStream": ("samplerate", "blocksize"),
}
"""What opens a microphone: its keywords for samples a second, and for the frames of one piece."""
_CALLED_BACK: Final = ".callback"
CALLED_BACK: Final = tuple(f"{one}{_CALLED_BACK}" for one in MICROPHONES)
"""What a microphone hands to its callback; the call is the one that opens it."""
READ: Final = tuple(f"{one}().read" for one in MICROPHONES)
"""Reads of a microphone, by the number of frames."""
SERVING: Final = (
    "websockets.serve",
    "websockets.server.serve",
    "websockets.legacy.server.serve",
    "websockets.asyncio.server.serve",
    "websockets.sync.server.serve",
)
"""What calls its first argument with the socket of each client that comes."""
CLIENT: Final = "websockets.ServerConnection"
FROM_OTHERS: Final = (
    CLIENT,
    f"{CLIENT}().recv",
    "starlette.websockets.WebSocket().receive_bytes",
    "starlette.websockets.WebSocket().iter_bytes",
    "aiohttp.web.WebSocketResponse",
    "av.AudioResampler().resample",
    "av.audio.resampler.AudioResampler().resample",
    "base64.b64decode",
    "pybase64.b64decode",
)
"""What gives the frames that another program or service cut."""
OWN_BUFFER: Final = "builtins.bytearray"
"""What programs gather sound in, to cut pieces of a length of their own."""
_AWAITED: Final = (
    "aiofiles.open().read",
    *PIPED,
    "asyncio.create_subprocess_exec",
    "asyncio.create_subprocess_shell",
    *FROM_OTHERS,
)
_ITERATED: Final = (*IN_BLOCKS, *FROM_OTHERS)
_SOURCES: Final = frozenset(
    (*RECORDED, *PIPED, *IN_FRAMES, *IN_BLOCKS, *WHOLE, *CALLED_BACK, *READ, *FROM_OTHERS),
)
_PARTS: Final = ("data", "raw_data", "T", "real")
"""Attributes that hold the same sound."""
_BYTES_OF_SEGMENT: Final = "raw_data"
"""The attribute of pydub's segments that holds their bytes; the segments themselves are cut by milliseconds."""
_KEEPING: Final = {
    "tobytes": True,
    "astype": True,
    "copy": False,
    "flatten": False,
    "ravel": False,
    "squeeze": False,
    "reshape": False,
    "clip": True,
    "round": True,
    "mean": True,
    "tolist": True,
    "to_ndarray": True,
    "byteswap": True,
    "set_frame_rate": True,
    "set_channels": True,
    "set_sample_width": True,
    "view": False,
}
"""Methods that give the same sound, and whether its bytes become others."""
_SAME: Final = ("builtins.bytes", "builtins.bytearray", "builtins.memoryview", "numpy.frombuffer", "numpy.array")
_CONVERTING: Final = (
    "numpy.clip",
    "numpy.int16",
    "numpy.multiply",
    "numpy.mean",
    "numpy.squeeze",
    "numpy.ravel",
    "numpy.asarray",
    "numpy.round",
    "numpy.rint",
    "audioop.lin2lin",
    "audioop.lin2ulaw",
    "audioop.ulaw2lin",
    "audioop.alaw2lin",
    "audioop.lin2alaw",
    "audioop.tomono",
    "audioop.mul",
    "audioop.bias",
)
_RESAMPLING: Final = (
    "audioop.ratecv",
    "scipy.signal.resample",
    "scipy.signal.resample_poly",
    "librosa.resample",
    "resampy.resample",
    "soxr.resample",
)
"""What gives another number of samples that last as long."""
_WITH_STATE: Final = "audioop.ratecv"
"""One of them, which gives a pair: the sound, and what the next call wants to know."""
_MOST_BYTES: Final = 1 << 20
_SCALING: Final = (cst.Multiply, cst.Divide, cst.FloorDivide, cst.MatrixMultiply)


def is_sound(value: Value) -> bool:
    """Whether a value is a piece of sound that a known call gave."""
    return isinstance(value, Sound) or (isinstance(value, LibraryObject) and value.made_by in _SOURCES)


def is_piece(value: Value) -> bool:
    """Whether a value is one piece of sound, and not what gives one after another."""
    return is_sound(value) and not (isinstance(value, LibraryObject) and value.made_by in (*_ITERATED, *WHOLE))


def sound(value: Value) -> Sound | None:
    """A piece of sound with what was done to it; None for anything else."""
    if isinstance(value, Sound):
        return value
    return Sound(value) if isinstance(value, LibraryObject) and value.made_by in _SOURCES else None


def called_back(callee: str, call: cst.Call) -> LibraryObject:
    """What a microphone that is opened by `call` hands to its callback."""
    return LibraryObject(f"{callee}{_CALLED_BACK}", call)


def made_from(value: Value, name: str) -> Value | None:
    """What calling a method, or a library's function on it, makes of a sound; None where it is no sound any more."""
    of = sound(value)
    if of is None:
        return None
    if name in _RESAMPLING:
        # A microphone says its own rate; of a recording nobody can say any more how long so many samples last.
        is_timed = of.read.made_by in (*CALLED_BACK, *READ)
        return replace(of, is_joined=of.is_joined or not is_timed, is_converted=True, made_by=name)
    if name in _SAME or name in _CONVERTING:
        return replace(of, is_converted=of.is_converted or name not in _SAME, made_by=name)
    if name in _KEEPING:
        return replace(of, is_converted=of.is_converted or _KEEPING[name], made_by=name)
    return None


def part_of(value: Value, name: str) -> Value | None:
    """What an attribute of a sound holds; None where that is no sound."""
    of = sound(value)
    return replace(of, made_by=name) if of is not None and name in _PARTS else None


def joined(pieces: Value) -> Value | None:
    """What `b"".join(pieces)` gives: as many pieces as there are; None where they are not all sound of one read."""
    found = {sound(one) for one in something(pieces)}
    of = found.pop()
    return Sound(of.read, is_joined=True, is_converted=of.is_converted) if of is not None and not found else None


def scaled(left: Value, operator: cst.BaseBinaryOp, right: Value) -> Value | None:
    """What arithmetic on every sample gives; None where it is none, as for two pieces that are put together."""
    of = sound(left) or sound(right)
    if of is None or not isinstance(operator, _SCALING) or (is_sound(left) and is_sound(right)):
        return None
    return replace(of, is_converted=True, made_by="")


def silence(value_of: Mapping[cst.CSTNode, Value], length: cst.BaseExpression | None) -> Value | None:
    """What `bytes(len(piece))` or `b"\\0" * len(piece)` gives: as much sound as the piece; None for other lengths."""
    match length:
        case cst.Call(cst.Name("len"), [cst.Arg(piece)]):
            of = sound(value_of.get(piece, UNKNOWN))
            return replace(of, is_converted=True, made_by="") if of is not None else None
    return None


def constant_bytes(of: object, times: object) -> Value | None:
    """What `b"\\0" * 3200` and `bytes(3200)` give; None for anything else, and for more than a recording's minute."""
    if not isinstance(of, bytes) or not isinstance(times, int) or isinstance(times, bool):
        return None
    return Known(of * times) if 0 <= len(of) * times <= _MOST_BYTES else None


def sliced(value: Value, node: cst.Subscript) -> Value | None:
    """What a slice of a sound is: the same for one that takes a channel, a piece of it otherwise."""
    is_buffer = isinstance(value, LibraryObject) and value.made_by == OWN_BUFFER
    of = Sound(value) if is_buffer and isinstance(value, LibraryObject) else sound(value)
    if of is None or not node.slice or not isinstance(node.slice[0].slice, cst.Slice):
        return None
    first = node.slice[0].slice
    if first.lower is None and first.upper is None:
        return replace(of, is_converted=of.is_converted or len(node.slice) > 1)
    is_segment = of.read.made_by in WHOLE and of.read.made_by.startswith("pydub")
    if is_segment and of.made_by == _BYTES_OF_SEGMENT:
        return Sound(of.read, node, "bytes")
    if is_segment:
        return Sound(of.read, node, "milliseconds", is_converted=True)
    is_samples = of.is_converted or of.read.made_by in (*WHOLE, *IN_BLOCKS)
    return Sound(of.read, node, "samples" if is_samples else "bytes", of.is_converted)


def awaited_sound(value: Value) -> Value | None:
    """What awaiting gives where sound, or the process that it comes from, is waited for."""
    return value if isinstance(value, LibraryObject) and value.made_by in _AWAITED else None


def each_sound(value: Value) -> Value | None:
    """What a loop gets of something that gives one piece after another."""
    return value if isinstance(value, LibraryObject) and value.made_by in _ITERATED else None


def read_of(node: cst.Call, owner: str, attribute: str, name: str) -> Value | None:
    """What `process.stdout.read(…)` and its kin give; None for another method of an attribute."""
    made_by = f"{owner}().{attribute}.{name}"
    return LibraryObject(made_by, node) if made_by in PIPED else None


def with_state(name: str, node: cst.Call, made: Value) -> Value:
    """What a call gives that makes a sound of a sound, where some give more beside it."""
    return Sequence(node, (made, UNKNOWN)) if name == _WITH_STATE else made


def with_overflow(made_by: str, node: cst.Call) -> Value | None:
    """What reading a sounddevice stream gives: the sound, and whether some was lost."""
    if made_by in READ and made_by.startswith("sounddevice"):
        return Sequence(node, (LibraryObject(made_by, node), UNKNOWN))
    return None


def relayed(node: cst.Call) -> Value | None:
    """What `client.receive_bytes()` gives where a client's socket came as a parameter: nothing else is called so."""
    name = node.func.attr.value if isinstance(node.func, cst.Attribute) else ""
    made_by = f"starlette.websockets.WebSocket().{name}"
    return LibraryObject(made_by, node) if made_by in FROM_OTHERS else None


def is_of_microphone(value: Value) -> bool:
    """Whether a value is a piece of what a microphone hears, in whatever form: there is no end of it."""
    read = value.read if isinstance(value, Sound) else value
    return isinstance(read, LibraryObject) and read.made_by in (*READ, *CALLED_BACK)
