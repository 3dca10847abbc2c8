"""What keeps a file whole, as its simpler form says it: that is what is left to do.

What is found in the original form may go by itself once the rest is mended, and hide what does not. So where a simpler
form is left whole too, its findings are told, if they can be: at lines of the program's own, in its own words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from codemods.findings import Finding
from codemods.lines import earlier_lines
from codemods.outcome import Migration, in_order


def truer_findings(
    results: Mapping[Path, Migration],
    texts: Mapping[Path, str],
    simpler: Mapping[Path, str],
    said: Mapping[Path, Sequence[Finding]],
) -> dict[Path, Migration] | None:
    """What became of files whose `simpler` texts were left whole, told of their own `texts`; None where it cannot be.

    `said` are the findings of the simpler forms themselves, which say nothing of a program that stays as it is.
    """
    if any(one.changed for one in results.values()):
        return None
    told: dict[Path, Migration] = {}
    for path, result in results.items():
        if path not in said:
            told[path] = result
            continue
        findings = _told(result.findings, texts[path], simpler[path], said[path])
        if findings is None or any(one.kind.blocks for one in result.hidden):
            return None
        told[path] = replace(result, code=texts[path], findings=in_order(findings))
    return told


def _told(findings: Sequence[Finding], code: str, simpler: str, said: Sequence[Finding]) -> list[Finding] | None:
    own, others = _lines(code), _lines(simpler)
    earlier = earlier_lines("\n".join(own), "\n".join(others))
    of_forms = {(one.kind, one.text) for one in said}
    told: list[Finding] = []
    for one in findings:
        if (one.kind, one.text) in of_forms:
            continue
        line = earlier(one.line) if one.line else 0
        is_own = not line or (line <= len(own) and own[line - 1] == others[one.line - 1])
        if is_own and (not line or _speaks_of(one.text, code)):
            told.append(replace(one, line=line))
        elif one.kind.blocks:
            return None
    return told if any(one.kind.blocks for one in told) else None


def _lines(code: str) -> list[str]:
    """Lines that can be compared with those of another text in which they stand further in or out."""
    return [line.strip() for line in code.splitlines()]


def _speaks_of(text: str, code: str) -> bool:
    """Whether the code that a finding quotes is the program's own."""
    plain = re.sub(r"\s", "", code)
    return all(re.sub(r"\s|\.\.\.$", "", quoted) in plain for quoted in re.findall(r"`([^`]+)`", text))
