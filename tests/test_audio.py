"""Sample formats, the WAV header, and the way from a client's frames to a service's messages."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shim.audio import AudioFormat, SampleFormat, WavHeaderSkipper, to_s16
from shim.audio_chunks import AudioRelay, ChunkRules
from shim.client_audio import ClientAudio
from shim.guide import guide_file

RULES = ChunkRules()
S16 = AudioFormat()


def samples(audio: bytes) -> list[int]:
    return [sample for (sample,) in struct.iter_unpack("<h", audio)]


# --- formats -------------------------------------------------------------------------------------


def test_8_bits_are_unsigned_and_become_signed() -> None:
    assert samples(to_s16(bytes([0, 128, 255]), SampleFormat.U8)) == [-32768, 0, 127 << 8]


@pytest.mark.parametrize(("sample_format", "width"), [(SampleFormat.S24, 3), (SampleFormat.S32, 4)])
def test_24_and_32_bits_keep_their_highest_bytes(sample_format: SampleFormat, width: int) -> None:
    values = [0, 1, -1, 12345, -12345, 32767, -32768]
    audio = b"".join((value << 8 * (width - 2)).to_bytes(width, "little", signed=True) for value in values)
    assert samples(to_s16(audio, sample_format)) == values


def test_alaw_is_decoded_as_g711_says() -> None:
    # Codes and samples of ITU-T G.711's table: smallest, largest, and one of each segment's ends.
    codes = {0xD5: 8, 0x55: -8, 0xAA: 32256, 0x2A: -32256, 0x80: 5504, 0x00: -5504, 0xC5: 264, 0xF5: 528}
    assert samples(to_s16(bytes(codes), SampleFormat.ALAW)) == list(codes.values())


def test_alaw_agrees_with_the_standard_library() -> None:
    audioop = pytest.importorskip("audioop", reason="gone in Python 3.13")
    codes = bytes(range(256))
    assert to_s16(codes, SampleFormat.ALAW) == audioop.alaw2lin(codes, 2)


def test_mulaw_is_decoded_as_the_standard_says() -> None:
    codes = {0xFF: 0, 0x7F: 0, 0x80: 32124, 0x00: -32124, 0xFE: 8, 0x7E: -8, 0xEF: 132, 0x8F: 16764}
    assert samples(to_s16(bytes(codes), SampleFormat.MULAW)) == list(codes.values())


def test_mulaw_agrees_with_the_standard_library() -> None:
    audioop = pytest.importorskip("audioop", reason="gone in Python 3.13")
    codes = bytes(range(256))
    assert to_s16(codes, SampleFormat.MULAW) == audioop.ulaw2lin(codes, 2)


def test_16_bits_pass() -> None:
    assert to_s16(b"abcd", SampleFormat.S16) == b"abcd"


# --- the WAV header ------------------------------------------------------------------------------


def chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def wav(audio: bytes, *before: bytes) -> bytes:
    body = b"WAVE" + chunk(b"fmt ", bytes(16)) + b"".join(before) + b"data" + struct.pack("<I", 0xFFFFFFFF)
    return b"RIFF" + struct.pack("<I", 0xFFFFFFFF) + body + audio


def skipped_in_pieces(data: bytes, sizes: list[int]) -> tuple[bytes, int]:
    skipper, audio = WavHeaderSkipper(), b""
    for size in sizes:
        audio += skipper.feed(data[:size])
        data = data[size:]
    return audio + skipper.feed(data) + skipper.finish(), skipper.skipped


@given(
    audio=st.binary(max_size=200),
    extra=st.lists(st.binary(max_size=9), max_size=2),
    sizes=st.lists(st.integers(0, 20), max_size=20),
)
def test_a_wav_header_is_skipped_however_it_is_cut(audio: bytes, extra: list[bytes], sizes: list[int]) -> None:
    header = wav(b"", *(chunk(b"LIST", content) for content in extra))
    assert skipped_in_pieces(header + audio, sizes) == (audio, len(header))


@given(audio=st.binary(max_size=60), sizes=st.lists(st.integers(0, 5), max_size=12))
def test_what_is_no_header_passes_unchanged(audio: bytes, sizes: list[int]) -> None:
    if not (audio[:4] == b"RIFF" and audio[8:12] == b"WAVE"):
        assert skipped_in_pieces(audio, sizes) == (audio, 0)


@pytest.mark.parametrize("start", [b"RI", b"RIFF1234WAV", b"RIFF1234WAVX12345678"])
def test_what_only_begins_like_a_header_is_audio(start: bytes) -> None:
    assert skipped_in_pieces(start, [1] * 30) == (start, 0)


def test_a_header_without_end_is_given_up() -> None:
    skipper = WavHeaderSkipper()
    skipper.feed(b"RIFF\0\0\0\0WAVE" + b"LIST" + struct.pack("<I", 2**31))
    for _ in range(17):
        skipper.feed(bytes(2**16))
    assert skipper.feed(b"sound") == b"sound"


def test_the_guides_speech_has_a_header_of_44_bytes() -> None:
    data = guide_file("speech.wav").read_bytes()
    assert skipped_in_pieces(data, []) == (data[44:], 44)


# --- messages ------------------------------------------------------------------------------------


def started(source: AudioFormat = S16, target: AudioFormat = S16) -> AudioRelay:
    relay = AudioRelay(source, target, RULES)
    relay.start(0.0)
    return relay


def milliseconds(messages: list[bytes], audio: AudioFormat = S16) -> list[float]:
    return [audio.seconds(len(message)) * 1000 for message in messages]


def test_small_frames_are_joined_to_100_ms() -> None:
    relay, sent = started(), []
    for number in range(10):  # 20 ms each, as a telephone sends them
        relay.take(bytes(640), number * 0.02)
        sent += relay.due(number * 0.02)
    assert milliseconds(sent) == [100.0, 100.0]


@pytest.mark.parametrize("length", [50, 70, 200, 1000])
def test_a_frame_that_is_a_message_goes_out_at_once(length: int) -> None:
    relay = started()
    relay.take(bytes(length * 32), 0.0)
    assert milliseconds(relay.due(0.0)) == [length]


def test_small_frames_are_not_held_longer_than_100_ms() -> None:
    relay = started()
    for number in range(3):
        relay.take(bytes(640), number * 0.02)
        assert relay.due(number * 0.02) == []
    assert relay.next_due() == pytest.approx(0.1)
    assert milliseconds(relay.due(0.1)) == [60.0]
    assert relay.next_due() is None


def test_less_than_a_message_waits_for_more() -> None:
    relay = started()
    relay.take(bytes(640), 0.0)
    assert relay.next_due() is None
    assert relay.due(60.0) == []


def test_long_frames_are_split_and_no_rest_is_too_short() -> None:
    relay = started()
    relay.take(bytes(1020 * 32), 0.0)
    assert milliseconds(relay.due(0.0)) == [970.0, 50.0]


def test_a_message_has_at_most_128_kib() -> None:
    loud = AudioFormat(SampleFormat.S16, 96_000)
    relay = started(loud, loud)
    relay.take(bytes(loud.bytes_per_second), 0.0)
    assert [len(message) for message in relay.due(0.0)] == [131_072, loud.bytes_per_second - 131_072]


def test_the_rest_is_padded_with_silence() -> None:
    law = AudioFormat(SampleFormat.MULAW, 8000)
    relay = started(law, law)
    relay.take(b"\x11" * 80, 0.0)
    relay.finish(0.0)
    assert relay.due(0.0) == [b"\x11" * 80 + b"\xff" * 320]
    assert relay.is_flushed


def test_an_end_without_audio_sends_nothing() -> None:
    relay = started()
    client = ClientAudio(S16, [relay])
    client.take(b"", 0.0)
    client.take(b"\x01", 0.0)  # half a sample
    client.finish(0.0)
    assert relay.due(0.0) == []
    assert relay.is_flushed
    assert client.safe_frames() == [(0, 0), (0, 1)]


def test_nothing_goes_out_before_the_receiver_is_ready() -> None:
    relay = AudioRelay(S16, S16, RULES)
    relay.take(bytes(32_000), 0.0)
    assert relay.due(5.0) == []
    assert relay.next_due() is None
    relay.start(5.0)
    assert milliseconds(relay.due(5.0)) == [1000.0]


def test_the_pace_is_kept() -> None:
    relay = started()
    relay.take(bytes(32_000 * 60), 0.0)
    now, sent = 0.0, 0
    while sent < 60 * 32_000:
        sent += sum(map(len, relay.due(now)))
        assert S16.seconds(sent) <= 1.25 * now + 2
        due = relay.next_due()
        if due is not None:
            assert due > now
            now = due
    assert now == pytest.approx((60 - 2) / 1.25, abs=0.1)


def test_24_bits_go_out_as_16() -> None:
    source, target = AudioFormat(SampleFormat.S24, 48_000), AudioFormat(SampleFormat.S16, 48_000)
    relay = started(source, target)
    client = ClientAudio(source, [relay])
    audio = b"\x00\x34\x12" * 4800
    for first in range(0, len(audio), 7):  # frames that cut samples
        client.take(audio[first : first + 7], 0.0)
    assert relay.due(0.0) == [b"\x34\x12" * 4800]


def test_only_to_16_bits_is_transcoded() -> None:
    with pytest.raises(ValueError, match="s16 is not turned into mulaw"):
        AudioRelay(S16, AudioFormat(SampleFormat.MULAW))


def test_keep_alives_that_wait_together_are_one() -> None:
    client = ClientAudio(S16, [started()])
    client.take(bytes(640), 0.0)
    for _ in range(1000):
        client.take(b"", 0.0)
    assert client.frames_behind == 1


FORMATS = st.sampled_from(
    [
        (S16, S16),
        (AudioFormat(SampleFormat.MULAW, 8000), AudioFormat(SampleFormat.MULAW, 8000)),
        (AudioFormat(SampleFormat.U8, 8000), AudioFormat(SampleFormat.S16, 8000)),
        (AudioFormat(SampleFormat.S32, 44_100), AudioFormat(SampleFormat.S16, 44_100)),
    ]
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("take"), st.integers(0, 40_000)),
        st.tuples(st.just("wait"), st.floats(0, 3)),
        st.tuples(st.just("wrote"), st.integers(1, 5)),
        st.tuples(st.just("start"), st.just(0)),
    ),
    max_size=40,
)


@settings(deadline=None)
@given(formats=FORMATS, steps=STEPS, header=st.booleans())
def test_every_byte_goes_out_once_and_is_safe_only_then(
    formats: tuple[AudioFormat, AudioFormat], steps: list[tuple[str, float]], header: bool
) -> None:
    source, target = formats
    relay = AudioRelay(source, target, RULES)
    client = ClientAudio(source, [relay])
    now, ready, given_audio = 0.0, None, b""
    sent: list[bytes] = []
    written = 0
    safe: list[tuple[int, int]] = []
    prefix = wav(b"") if header else b""

    def collect() -> None:
        sent.extend(relay.due(now))
        assert not sent or ready is not None
        if ready is not None:
            assert target.seconds(sum(map(len, sent))) <= 1.25 * (now - ready) + 2
        safe.extend(client.safe_frames())
        whole = sum(map(len, sent[:written])) // target.bytes_per_frame * source.bytes_per_frame
        assert not safe or safe[-1][1] <= len(prefix) + whole or (relay.is_flushed and written == len(sent))

    for name, number in steps:
        if name == "take":
            data = bytes(index % 251 for index in range(int(number)))
            client.take(prefix + data if not client.received else data, now)
            given_audio += data
        elif name == "wait":
            now += number
        elif name == "start" and ready is None:
            ready = now
            relay.start(now)
        elif name == "wrote":
            for message in sent[written : written + int(number)]:
                relay.wrote(len(message))
                written += 1
        collect()

    client.finish(now)
    if ready is None:
        ready = now
        relay.start(now)
    collect()
    while not relay.is_flushed:
        due = relay.next_due()
        assert due is not None
        now = max(now, due)
        collect()
    for message in sent[written:]:
        relay.wrote(len(message))
        written += 1
    collect()

    whole_size = len(given_audio) // source.bytes_per_frame * source.bytes_per_frame
    expected = given_audio[:whole_size]
    if source != target:
        expected = to_s16(expected, source.sample_format)
    joined = b"".join(sent)
    assert joined[: len(expected)] == expected
    padding = joined[len(expected) :]
    assert padding == target.silence(len(padding))
    assert all(50 <= length <= 1000 for length in milliseconds(sent, target))
    assert client.safe == client.received
    assert [first for first, _ in safe] == [0, *(end for _, end in safe)][: len(safe)]
    assert not safe or safe[-1][1] == client.received
