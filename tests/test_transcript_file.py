"""The transcript file: what it may say, and the one line for each way of not being one."""

import json
from pathlib import Path
from typing import Any

import pytest

from shim.emulator.transcript import default_transcript, load_transcript
from shim.errors import BridgeError

WORD = {"text": "Hello", "start": 0.4, "end": 0.71, "confidence": 0.98}


def written(tmp_path: Path, content: Any) -> Path:
    path = tmp_path / "said.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def words(*spoken: dict[str, Any]) -> dict[str, Any]:
    return {"utterances": [{"words": list(spoken)}]}


def test_a_whole_file_is_read(tmp_path: Path) -> None:
    content = {
        "language": "fr",
        "utterances": [
            {"speaker": 0, "channel": 0, "words": [WORD]},
            {"speaker": 1, "channel": 1, "words": [WORD, {**WORD, "text": "world.", "start": 0.71, "end": 1}]},
        ],
    }
    transcript = load_transcript(written(tmp_path, content))
    assert transcript.language == "fr"
    first, second = transcript.utterances
    assert (first.speaker, first.channel, first.words[0].confidence) == (0, 0, 0.98)
    assert (second.speaker, second.start, second.end, transcript.text(second)) == (1, 0.4, 1, "Hello world.")
    assert transcript.channel(1) == [second]


def test_what_may_be_left_out(tmp_path: Path) -> None:
    transcript = load_transcript(written(tmp_path, words({"text": "Hello", "start": 0, "end": 1})))
    spoken = transcript.utterances[0]
    assert (transcript.language, spoken.speaker, spoken.channel, spoken.words[0].confidence) == ("en", 0, 0, 1.0)


def test_nothing_said_is_a_transcript_too(tmp_path: Path) -> None:
    assert load_transcript(written(tmp_path, {})).utterances == []


def test_languages_without_blanks(tmp_path: Path) -> None:
    content = {
        "language": "ja",
        "utterances": [{"words": [{**WORD, "text": "今日"}, {**WORD, "text": "は", "start": 0.8, "end": 1}]}],
    }
    transcript = load_transcript(written(tmp_path, content))
    assert transcript.text(transcript.utterances[0]) == "今日は"


def test_the_guides_transcript_is_there() -> None:
    transcript = default_transcript()
    assert len(transcript.utterances) >= 3
    assert all(utterance.words for utterance in transcript.utterances)


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        ("", "truncated"),
        ("{", "truncated"),
        ("RIFF\x24\x08WAVE", "malformed"),
        ([], "Expected `object`, got `array`"),
        ({"results": []}, "unknown field `results`"),
        ({"utterances": [{"text": "Hello"}]}, "unknown field `text` - at `$.utterances[0]`"),
        ({"utterances": [{}]}, "missing required field `words` - at `$.utterances[0]`"),
        ({"utterances": [{"words": []}]}, "utterances[0] has no words"),
        ({"utterances": [{"words": [WORD], "channel": -1}]}, "channel or speaker below 0"),
        (words({**WORD, "start": "0.4"}), "Expected `float`, got `str`"),
        (words({**WORD, "text": " "}), "utterances[0].words[0] (' ') is empty"),
        (words({**WORD, "text": "Hello "}), "has blanks at an end"),
        (words({**WORD, "end": 0.3}), "has no valid start and end"),
        (words({**WORD, "start": -1}), "has no valid start and end"),
        (words({**WORD, "confidence": 98}), "has a confidence outside 0 to 1"),
        (words(WORD, {**WORD, "start": 0.5, "end": 0.9}), "words[1] ('Hello') starts before the word ahead"),
        ({"utterances": [{"words": [WORD]}, {"words": [WORD]}]}, "utterances[1].words[0]"),
    ],
)
def test_what_is_not_a_transcript_is_said_in_one_line(tmp_path: Path, content: Any, cause: str) -> None:
    path = written(tmp_path, content)
    with pytest.raises(BridgeError) as caught:
        load_transcript(path)
    message = str(caught.value)
    assert message.startswith(f"{path} is not a transcript: ")
    assert cause in message
    assert '"utterances"' in caught.value.next_step
    assert "\n" not in message


def test_channels_may_overlap(tmp_path: Path) -> None:
    content = {"utterances": [{"words": [WORD]}, {"channel": 1, "words": [WORD]}]}
    assert len(load_transcript(written(tmp_path, content)).utterances) == 2


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BridgeError, match=r"nope\.json: No such file or directory"):
        load_transcript(tmp_path / "nope.json")


def test_a_folder(tmp_path: Path) -> None:
    with pytest.raises(BridgeError, match="Is a directory"):
        load_transcript(tmp_path)
