"""What a run said, and whether two runs say the same."""

from __future__ import annotations

import itertools
import json
import re
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class ProgramRun:
    """One run of a program.

    `exit_status` is negative where a signal ended it. `transcripts` are the utterances found in `stdout`, in
    order. `ended_by`: the program ended by itself, after the one SIGINT, or had to be killed.
    """

    label: str
    exit_status: int
    stdout: str
    stderr: str
    transcripts: tuple[str, ...]
    had_traceback: bool
    ended_by: Literal["itself", "interrupt", "killed"]
    lines: tuple[tuple[str, ...], ...] = ()
    """The same utterances by the lines of `stdout` that they stand in: several in one where a turn held several."""


def find_transcripts(stdout: str, utterances: Sequence[str]) -> tuple[str, ...]:
    """The utterances' texts that stand in lines of `stdout`, in order; see `transcript_lines`."""
    return tuple(text for line in transcript_lines(stdout, utterances) for text in line)


def notes(a: ProgramRun, b: ProgramRun) -> list[str]:
    """What is not the same without being a difference: turns that end at other places."""
    if len(a.lines) == len(b.lines):
        return []
    return [
        f"The same words in {len(a.lines)} and {len(b.lines)} lines: a turn of one holds several of the other. "
        "The silence that ends a turn decides that."
    ]


def transcript_lines(stdout: str, utterances: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """The utterances' texts that stand in each line of `stdout`; lines that hold none are left out.

    JSON documents (objects and lists, in one line or many) are left out: a program that prints the vendor's
    messages whole has not printed a transcript. Of texts that contain one another the longest counts. A partial
    that its final is written over counts with it.
    """
    texts = sorted({text.strip() for text in utterances if text.strip()}, key=len, reverse=True)
    if not texts:
        return ()
    # Not within a longer word: "One." is not in "None."
    wanted = re.compile("|".join(rf"(?<!\w){re.escape(text)}(?!\w)" for text in texts))
    found = (tuple(_texts_in(line, wanted)) for line in _without_json(stdout).split("\n"))
    return tuple(texts for texts in found if texts)


def _texts_in(line: str, wanted: re.Pattern[str]) -> list[str]:
    """The texts in one line; what is written over by the same and more, behind a carriage return, counts once."""
    shown: list[list[str]] = []
    for part in line.splitlines():
        texts = wanted.findall(part)
        if shown and texts[: len(shown[-1])] == shown[-1]:
            shown[-1] = texts
        elif texts:
            shown.append(texts)
    return [text for texts in shown for text in texts]


def compare(a: ProgramRun, b: ProgramRun) -> list[str]:
    """How `b` differs from `a`, in plain words; empty when they agree.

    Compared: the sequence of transcripts, the exit status, a traceback or none. Two runs without a transcript
    prove nothing, so that is a difference too.
    """
    differences = []
    if not a.transcripts and not b.transcripts:
        differences.append("nothing to compare: neither run printed a transcript")
    elif a.transcripts != b.transcripts:
        differences.extend(_transcripts_differ(a.transcripts, b.transcripts))
    if a.exit_status != b.exit_status:
        differences.append(f"the first {status_text(a)}, the second {status_text(b)}")
    elif a.ended_by != b.ended_by and "killed" in (a.ended_by, b.ended_by):
        differences.append(f"the first ended by {_ENDS[a.ended_by]}, the second by {_ENDS[b.ended_by]}")
    if a.had_traceback != b.had_traceback:
        which = "first" if a.had_traceback else "second"
        differences.append(f"only the {which} printed a traceback")
    return differences


def status_text(run: ProgramRun) -> str:
    """How it ended, after a subject: `ended with status 0`, `was ended by SIGINT`, `had to be killed`."""
    if run.ended_by == "killed":
        return "did not end and had to be killed"
    if run.exit_status < 0:
        try:
            return f"was ended by {signal.Signals(-run.exit_status).name}"
        except ValueError:
            return f"was ended by signal {-run.exit_status}"
    return f"ended with status {run.exit_status}"


_ENDS = {"itself": "itself", "interrupt": "SIGINT", "killed": "being killed"}


def _transcripts_differ(a: tuple[str, ...], b: tuple[str, ...]) -> list[str]:
    lines = []
    for number, (first, second) in enumerate(itertools.zip_longest(a, b), 1):
        if first == second:
            continue
        if first is None:
            lines.append(f'transcript {number}: only the second has "{second}"')
        elif second is None:
            lines.append(f'transcript {number}: only the first has "{first}"')
        else:
            lines.append(f'transcript {number}: the first has "{first}", the second "{second}"')
    return lines


_BRACKET = re.compile(r"[\[{]")
_BRACKETS = re.compile(r"[\[{\s]+")


def _without_json(text: str) -> str:
    """`text` without the JSON objects and lists in it."""
    decoder = json.JSONDecoder()
    kept: list[str] = []
    position = look_from = 0
    while bracket := _BRACKET.search(text, look_from):
        start = bracket.start()
        try:
            _, end = decoder.raw_decode(text, start)
        except RecursionError:
            nested = _BRACKETS.match(text, start)
            look_from = nested.end() if nested else start + 1
            continue
        except json.JSONDecodeError as error:
            if error.pos >= len(text.rstrip()):  # the output ends within a document
                return "".join([*kept, text[position:start]])
            look_from = start + 1
            continue
        kept.append(text[position:start])
        position = look_from = end
    kept.append(text[position:])
    return "".join(kept)
