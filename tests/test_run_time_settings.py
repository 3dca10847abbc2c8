"""Settings that only the running program knows: what they are converted by, and where they fail."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codemods.rules.configuration.left_out import takes_none
from shim.mapping import parameters, speech_thresholds
from shim.mapping.row import ABSENT
from tests.codemod_checks import check_migration, codes

PROGRAM = """import asyncio
import json
import os

import requests
import websockets


async def main(source, *, SETTINGS):
    BEFORE
    response = requests.post(
        "https://api.gladia.io/v2/live",
        headers={"X-Gladia-Key": os.environ["GLADIA_API_KEY"]},
        json={"sample_rate": 16000, GIVEN},
        timeout=10,
    )
    response.raise_for_status()
    async with websockets.connect(response.json()["url"]) as ws:
        async for raw in ws:
            message = json.loads(raw)
            if message["type"] == "transcript" and message["data"]["is_final"]:
                print(message["data"]["utterance"]["text"])
"""


def _migrated(given: str, settings: str, before: str = "pass") -> tuple[str, set[str]]:
    program = PROGRAM.replace("SETTINGS", settings).replace("GIVEN", given).replace("BEFORE", before)
    found = check_migration(program, to="assemblyai")
    return found.code, codes(found)


@given(st.floats(0, 1), st.sampled_from([ABSENT, ["en"], ["tr"]]), st.booleans())
def test_a_threshold_is_the_same_in_code_for_assemblyai(threshold: float, codes: Any, partials: bool) -> None:
    source = speech_thresholds.for_assemblyai_in_code(codes, partials)
    live = speech_thresholds.for_assemblyai(threshold, codes, partials)
    if live is not ABSENT:
        assert eval(source, {"value": threshold}) == pytest.approx(live, abs=0.0011)


@given(st.floats(0, 1), st.sampled_from([ABSENT, "u3-rt-pro", "universal-streaming-english"]))
def test_a_threshold_is_the_same_in_code_for_gladia(threshold: float, model: Any) -> None:
    live = speech_thresholds.for_gladia(threshold, model)
    if live is not ABSENT:
        written = eval(speech_thresholds.for_gladia_in_code(model), {"value": threshold})
        assert written == pytest.approx(live, abs=0.0011)


def test_a_model_without_a_threshold_and_one_that_is_not_known_have_no_code() -> None:
    assert speech_thresholds.for_assemblyai_in_code(["bg"], True) == ""
    assert speech_thresholds.for_gladia_in_code("") == "" == speech_thresholds.for_gladia_in_code(object())


@pytest.mark.parametrize("encoding", ["wav/pcm", "wav/ulaw"])
@pytest.mark.parametrize("bits", [8, 16])
def test_an_encoding_is_looked_up_as_the_map_converts_it(encoding: str, bits: int) -> None:
    given = {"value": encoding, "depth": bits}
    if parameters.needs_transcoding(encoding, bits):
        with pytest.raises(KeyError):
            eval(parameters.ENCODING_OF_BOTH, given)
    else:
        live = parameters.ENCODING.over_assemblyai.conversion.live(encoding, bits)
        assert eval(parameters.ENCODING_OF_BOTH, given) == live


def test_what_leaves_itself_out_for_none_needs_no_other_test() -> None:
    assert takes_none('"near-field" if value else ABSENT') and not takes_none("max(100, round(value * 1000))")


@pytest.mark.parametrize(
    ("given", "settings", "written", "kinds"),
    [
        ('"bit_depth": bits', "bits", '{16: "pcm_s16le"}[bits]', {"STB220"}),
        ('"bit_depth": bits', "bits=16", '{16: "pcm_s16le"}[bits]', set()),
        ('"bit_depth": bits, "encoding": "wav/ulaw"', "bits", '"encoding": "pcm_mulaw"', set()),
        ('"channels": channels', "channels", "if channels != 1:", {"STB220"}),
        ('"channels": channels', "channels=None", "if channels not in (None, 1):", {"STB220"}),
        ('"channels": 2 if channels else 1', "channels", "TODO(sttbridge STB356)", {"STB356"}),
        ('"sample_rate": rate', "rate=None", "rate if rate is not None else 16000", set()),
        (
            '"pre_processing": {"audio_enhancer": near}',
            "near=None",
            '**({"voice_focus": "near-field"} if near else {})',
            set(),
        ),
        ('"translation": wanted', "wanted", None, set()),
    ],
)
def test_a_setting_is_converted_where_it_is_given(
    given: str, settings: str, written: str | None, kinds: set[str]
) -> None:
    code, found = _migrated(given, settings)
    assert written is None or written in code
    assert found & {"STB220", "STB356"} == kinds


def test_another_format_stays_refused() -> None:
    _, found = _migrated('"bit_depth": bits, "encoding": "wav/alaw"', "bits")
    assert "STB305" in found


def test_bits_that_are_chosen_with_their_encoding_decide_nothing() -> None:
    given = '"encoding": encoding, "bit_depth": bits'
    lines = ('encoding = "wav/ulaw"', "bits = 8", 'encoding = "wav/pcm"', "bits = 16")
    before = "if telephone:\n        {}\n        {}\n    else:\n        {}\n        {}"
    code, found = _migrated(given, "telephone", before.format(*lines))
    assert "STB220" not in found and '{"wav/pcm": "pcm_s16le", "wav/ulaw": "pcm_mulaw"}[encoding]' in code
    assert "bits" not in code
    both = 'encoding, bits = "wav/ulaw", 8', "pass", 'encoding, bits = "wav/pcm", 16', "pass"
    code, found = _migrated(given, "telephone", before.format(*both))
    assert "STB220" not in found and "[encoding, bits]" in code
    _, found = _migrated(given, "telephone", before.format(*lines[:3], "bits = 24"))
    assert "STB220" in found
