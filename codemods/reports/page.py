"""The report as one HTML page that needs no server and no network: summary, findings, files side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from importlib.resources import files
from typing import Final

from codemods.migrate_result import is_command
from codemods.reports.colours import escaped, prose
from codemods.reports.model import FindingReport, Report
from codemods.reports.side_by_side import file_section
from codemods.tally import Outcome, counted
from codemods.vendor_names import VENDOR_NAMES

_LEVELS: Final = ("manual", "caveat", "skipped", "information")
_MODES: Final = {
    "preview": "Preview: nothing was written",
    "check": "Check: nothing was written",
    "write": "The changes were written",
}
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


def page_report(report: Report) -> str:
    """The whole page."""
    return "\n".join(_page(report)) + "\n"


def _asset(name: str) -> str:
    return files("codemods.reports").joinpath("assets", name).read_text(encoding="utf-8")


def _page(report: Report) -> Iterator[str]:
    source, target = VENDOR_NAMES[report.source], VENDOR_NAMES[report.target]
    yield "<!doctype html>"
    yield '<html lang="en">'
    yield '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    yield f"<title>sttbridge: {source} to {target}</title>"
    yield f"<style>\n{_asset('page.css')}</style></head>"
    yield '<body><a class="skip" href="#findings">To the findings</a>'
    yield '<header class="top"><div class="inside">'
    yield f'<h1><span class="tool">sttbridge</span> {source} <span aria-label="to">→</span> {target}</h1>'
    yield f'<p class="mode">{_MODES[report.mode]} · version {escaped(report.version)}</p>'
    yield '<button type="button" id="theme" aria-label="Switch between light and dark">◐ Theme</button>'
    yield "</div></header><main>"
    yield from _summary(report)
    yield from _findings(report)
    yield from _files(report)
    yield f"</main><script>\n{_asset('page.js')}</script></body></html>"


def _summary(report: Report) -> Iterator[str]:
    yield f'<section class="summary" aria-label="Summary"><p class="line">{escaped(report.summary)}</p>'
    yield '<div class="bar" aria-hidden="true">'
    for outcome, number in report.tally.outcomes.items():
        yield f'<span class="o-{_name(outcome)}" style="flex-grow:{number}"></span>'
    yield '</div><ul class="counts">'
    yield f"<li><b>{report.tally.searched}</b> {'file' if report.tally.searched == 1 else 'files'} searched</li>"
    for outcome, number in report.tally.outcomes.items():
        label = "to migrate" if outcome is Outcome.MIGRATED and report.mode != "write" else outcome.value
        yield f'<li><i class="o-{_name(outcome)}"></i><b>{number}</b> {escaped(label)}</li>'
    yield "</ul>"
    for problem in report.problems:
        yield f'<p class="problem">{escaped(problem)}</p>'
    if report.next_steps:
        yield '<div class="steps"><h2>Next</h2>'
        for step in report.next_steps:
            words, _, command = step.rpartition(": ")
            if is_command(step):
                yield f"<p>{escaped(words)}:</p>"
                yield f'<pre tabindex="0"><code>{escaped(command)}</code></pre>'
            else:
                yield f"<p>{escaped(step)}</p>"
        yield "</div>"
    if report.hides_keys:
        yield '<p class="note">Keys that stand in the files are hidden on this page.</p>'
    yield "</section>"


def _findings(report: Report) -> Iterator[str]:
    every = [(number, file, one) for number, file in enumerate(report.files) for one in file.findings]
    every.sort(key=lambda found: _LEVELS.index(found[2].level))
    levels = Counter(one.level for _, _, one in every)
    codes = Counter(one.code for _, _, one in every)
    yield '<section id="findings" aria-label="Findings"><h2>Findings</h2>'
    if not every:
        yield '<p class="nothing">There are none.</p></section>'
        return
    yield '<form class="filters" id="filters" autocomplete="off"><fieldset><legend>Level</legend>'
    for level in _LEVELS:
        if levels[level]:
            yield f'<label class="pill l-{level}"><input type="checkbox" name="level" value="{level}"> {level}'
            yield f" <span>{levels[level]}</span></label>"
    yield '</fieldset><label>Code <select name="code"><option value="">all</option>'
    titles = {one.code: one.title for _, _, one in every}
    for code in sorted(codes):
        yield f'<option value="{code}">{code} ({codes[code]}) {escaped(titles[code])}</option>'
    yield '</select></label><label>File <select name="file"><option value="">all</option>'
    for file in report.files:
        yield f'<option value="{escaped(file.path)}">{escaped(file.path)}</option>'
    yield '</select></label><label>Text <input type="search" name="text" placeholder="Press / to search"></label>'
    yield '<button type="reset">Clear</button>'
    yield f'<output id="shown" aria-live="polite">{counted(len(every), "finding")}</output></form>'
    yield '<div class="scroll" tabindex="0" role="region" aria-label="Table of findings"><table class="findings">'
    yield "<thead><tr><th>Level</th><th>Code</th><th>Place</th><th>What, and what to do</th></tr></thead><tbody>"
    for number, file, one in every:
        yield f"<tr{_data(one, file.path)}>"
        yield f'<td><span class="level l-{one.level}">{one.level}</span></td><td class="code">{one.code}</td>'
        yield f'<td class="place"><a href="#{_place(number, one)}">{_breakable(file.path)}{_after(one)}</a></td>'
        yield f"<td>{finding_text(one)}</td></tr>"
    yield '</tbody></table><p class="nothing" id="none" hidden>No finding is like that.</p></div></section>'


def _files(report: Report) -> Iterator[str]:
    yield '<section id="files" aria-label="Files"><div class="heading"><h2>Files</h2>'
    yield '<button type="button" id="open-all">Open all</button><button type="button" id="close-all">Close all</button>'
    yield "</div>"
    for number, file in enumerate(report.files):
        yield from file_section(number, file, is_open=len(report.files) <= 12)
    yield "</section>"


def finding_text(one: FindingReport) -> str:
    """A finding's title, text and recipe."""
    return (
        f'<strong>{prose(one.title)}</strong>: <span class="text">{prose(one.text)}</span>'
        f'<br><span class="recipe">→ {prose(one.recipe)}</span>'
    )


def _data(one: FindingReport, path: str) -> str:
    return f' data-level="{one.level}" data-code="{one.code}" data-file="{escaped(path)}"'


def _place(number: int, one: FindingReport) -> str:
    return f"f{number}-l{one.line}" if one.line else f"f{number}"


def _breakable(path: str) -> str:
    """A path that is broken behind a slash where it does not fit."""
    return escaped(path).replace("/", "/<wbr>")


def _after(one: FindingReport) -> str:
    return f":{escaped(one.place)}" if one.place else ""


def _name(outcome: Outcome) -> str:
    return outcome.name.lower().replace("_", "-")
