"""AssemblyAI's realtime API of before v3: how its types and frames are written for Gladia, and what is left."""

from __future__ import annotations

import pytest

from codemods import findings
from tests.codemod_checks import check_migration

_PROGRAM = """
import base64
import json

from websockets.sync.client import connect


def run(audio):
    ws = connect(
        "wss://api.assemblyai.com/v2/realtime/ws?{query}",
        additional_headers={{"Authorization": "key"}},
    )
    {send}
    for frame in ws:
        message = json.loads(frame)
        kind = message["message_type"]
        if {test}:
            print({read})
"""


def _program(test: str = "True", read: str = "1", send: str = "pass", query: str = "sample_rate=16000") -> str:
    return _PROGRAM.format(test=test, read=read, send=send, query=query)


_IS_FINAL = 'message["data"]["is_final"]'


@pytest.mark.parametrize(
    ("test", "written"),
    [
        ('kind == "FinalTranscript"', f'if kind == "transcript" and {_IS_FINAL}:'),
        ('kind != "FinalTranscript"', f'if kind != "transcript" or not {_IS_FINAL}:'),
        ('"FinalTranscript" == kind', f'if kind == "transcript" and {_IS_FINAL}:'),
        ('kind == "PartialTranscript"', f'if kind == "transcript" and not {_IS_FINAL}:'),
        ('kind != "PartialTranscript"', f'if kind != "transcript" or {_IS_FINAL}:'),
        ('kind in ("PartialTranscript", "FinalTranscript")', 'if kind == "transcript":'),
        ('kind not in ["PartialTranscript", "FinalTranscript"]', 'if kind != "transcript":'),
        ('kind == "FinalTranscript" and audio', f'if (kind == "transcript" and {_IS_FINAL}) and audio:'),
        (
            'message.get("message_type") == "FinalTranscript"',
            f'if message.get("type") == "transcript" and {_IS_FINAL}:',
        ),
        ('kind == "SessionTerminated"', 'if kind == "post_final_transcript":'),
    ],
)
def test_the_two_types_of_transcript_are_one_and_a_flag(test: str, written: str) -> None:
    assert written in check_migration(_program(test), to="gladia").code


@pytest.mark.parametrize(
    ("read", "written"),
    [
        ('message["audio_start"]', 'round(message["data"]["utterance"]["start"] * 1000)'),
        ('message["audio_end"] / 1000', 'print(message["data"]["utterance"]["end"])'),
        ('message["words"][0]["end"]', 'round(message["data"]["utterance"]["words"][0]["end"] * 1000)'),
        ('message["words"][0]["confidence"]', 'message["data"]["utterance"]["words"][0]["confidence"]'),
        ('message["punctuated"]', _IS_FINAL),
        ('message["created"]', 'message["created_at"]'),
    ],
)
def test_fields(read: str, written: str) -> None:
    assert written in check_migration(_program('kind == "FinalTranscript"', read), to="gladia").code


@pytest.mark.parametrize(
    ("send", "written"),
    [
        (
            'ws.send(json.dumps({"audio_data": base64.b64encode(audio).decode()}))',
            '{"type": "audio_chunk", "data": {"chunk": base64.b64encode(audio).decode()}}',
        ),
        ('ws.send(json.dumps({"terminate_session": True}))', '{"type": "stop_recording"}'),
        ("ws.send('{\"terminate_session\": true}')", '\'{"type": "stop_recording"}\''),
        ('ws.send(json.dumps({"end_utterance_silence_threshold": 300}))', '"endpointing": 0.3'),
        ("ws.send(audio)", "ws.send(audio)"),
    ],
)
def test_what_is_sent(send: str, written: str) -> None:
    assert written in check_migration(_program(send=send), to="gladia").code


def test_what_the_service_did_by_itself_is_written_out() -> None:
    code = check_migration(_program(query="sample_rate=8000&encoding=pcm_mulaw"), to="gladia").code
    for written in ('"endpointing": 0.7', '"languages": ["en"]', '"encoding": "wav/ulaw"', '"bit_depth": 8'):
        assert written in code


@pytest.mark.parametrize(
    ("program", "code"),
    [
        (_program('kind == audio["kind"]'), findings.FIELD_UNCLEAR.code),
        (_program('kind in ("FinalTranscript", "SessionTerminated")'), findings.FIELD_UNCLEAR.code),
        (_program(query="sample_rate=16000&token=abc"), findings.TOKEN_ABSENT.code),
        (
            _program(send='ws.send(json.dumps({"audio_data": "", "end_utterance_silence_threshold": 9}))'),
            findings.AUDIO_UNKNOWN.code,
        ),
    ],
)
def test_what_is_left_whole(program: str, code: str) -> None:
    migration = check_migration(program, to="gladia")
    assert not migration.changed and code in {finding.kind.code for finding in migration.findings}
