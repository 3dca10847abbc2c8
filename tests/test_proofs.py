"""Every program of the guides, as it is, migrated, and through the shim: the same transcripts, the same end."""

from __future__ import annotations

from pathlib import Path

import pytest

from codemods.verify.compare import compare
from shim.emulator.transcript import default_transcript
from tests.proofs import PAGE, PAIRS, Pair


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair.program} to {pair.vendor.other}")
def test_all_three_agree(pair: Pair, tmp_path: Path) -> None:
    original = pair.original()
    transcript = default_transcript()
    assert original.transcripts == tuple(transcript.text(utterance) for utterance in transcript.utterances)
    assert compare(original, pair.shimmed()) == []
    assert compare(original, pair.migrated(tmp_path)) == []


def test_the_page_has_every_pair_and_no_difference() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert all(f"[{pair.program}]" in page for pair in PAIRS)
    assert "DIFFERS" not in page
    assert "left to a person" not in page
