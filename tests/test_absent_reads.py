"""Reads of a field that Gladia does not send: the program's own default where it lives with that, else a TODO."""

from __future__ import annotations

import pytest

from tests.codemod_checks import check_migration

_PROGRAM = """import json
import logging
import os
from collections import namedtuple

import websocket
from settings import settings

log = logging.getLogger(__name__)
found = []


class Kept:
    def __init__(self, sure=None):
        self.sure = sure


Told = namedtuple("Told", "sure text")


def told(sure, text):
    return text if sure > 0.5 else ""


{function}def on_message(ws, raw):
    message = json.loads(raw)
    if message["type"] == "Turn":
        text = message["transcript"]
{reading}


websocket.WebSocketApp(
    "wss://streaming.assemblyai.com/v3/ws?sample_rate=16000",
    header={{"Authorization": os.environ["ASSEMBLYAI_API_KEY"]}},
    on_message=on_message,
).run_forever()
"""
_FUNCTIONS = {
    "is_sure": '    return bool(message.get("end_of_turn_confidence"))\n\n\n',
    "sure_ones": '    yield round(message.get("end_of_turn_confidence", 0.0) * 100)\n\n\n',
}
_READ = 'message.get("end_of_turn_confidence")'
_INSIDE_A_TEXT = "message.get('end_of_turn_confidence')"
_READ_OR_0 = 'message.get("end_of_turn_confidence", 0.0)'


def _codes(*lines: str) -> tuple[set[str], str]:
    reading = "\n".join(f"        {line}" for line in lines)
    function = "".join(f"def {name}(message):\n{body}" for name, body in _FUNCTIONS.items() if name in reading)
    code = _PROGRAM.format(reading=reading, function=function)
    migration = check_migration(code, to="gladia")
    codes = {one.kind.code for one in migration.findings if one.kind.code in ("STB221", "STB306")}
    return codes, migration.code


@pytest.mark.parametrize(
    ("lines", "after"),
    [
        ((f"print({_READ})",), "print(None)"),
        ((f'log.info("%s %s", text, {_READ})',), "text, None)"),
        (("print(f\"{text} {message.get('end_of_turn_confidence', 0.0):.2f}\")",), "{0.0:.2f}"),
        ((f"found.append({_READ})",), "found.append(None)"),
        ((f"found.append(Kept({_READ}))", "print(found[0].sure)"), "Kept(None)"),
        ((f"sure = {_READ} or 0.0", "print(round(sure * 100))"), "sure = 0.0"),
        ((f"sure = {_READ}", "if sure is None:", "    sure = 1.0", "print(sure)"), "sure = None"),
        ((f"sure = {_READ}", "if sure:", "    print(sure, text)", "else:", "    print(text)"), "sure = None"),
        ((f"sure = {_READ}", 'print(f"{sure:.2f}" if sure is not None else "")'), "sure = None"),
        ((f"sure = {_READ}", 'print(sure and f"{sure:.2f}")'), "sure = None"),
        ((f"if {_READ} is not None:", f"    found.append({_READ})"), "end_of_turn"),
    ],
)
def test_what_is_kept_shown_or_handed_on_is_the_programs_own_default(lines: tuple[str, ...], after: str) -> None:
    codes, code = _codes(*lines)
    assert codes == {"STB221"}
    assert after in code or "end_of_turn" in after
    assert "end_of_turn_confidence" not in code


@pytest.mark.parametrize(
    "lines",
    [
        (f"if {_READ_OR_0} > 0.5:", "    print(text)"),
        (f"sure = {_READ_OR_0}", "if sure > 0.5:", "    print(text)"),
        (f"sure = float({_READ} or 0.0)", "is_sure = sure > 0.5", "if is_sure:", "    print(text)"),
        (f"kept = Kept(sure=float({_READ_OR_0}))", "if kept.sure > 0.5:", "    print(text)"),
        (f"found.append({_READ})", "print(max(found))"),
        (f"found.append(Told({_READ_OR_0}, text))", "print([one.text for one in found if one.sure > 0.5])"),
        (f"found.append((text, round({_READ_OR_0} * 100)))", "print([one for one, sure in found if sure > 50])"),
        (f"found.append(float({_READ_OR_0}))", "print('bad' if found[-1] < 0.5 else text)"),
        (f"print(told(round({_READ_OR_0}), text))",),
        (f'row = {{"sure": {_READ}}}', 'print("{sure:.2f}".format(**row))'),
        (f'row = {{"sure": {_READ}}}', 'print("%(sure).2f" % row)'),
        (f"settings.update(sure={_READ_OR_0})", 'print(text if settings["sure"] > 0.5 else "")'),
        ("print(len(list(filter(is_sure, [message]))))",),
        ("print([one for one in sure_ones(message) if one > 50])",),
        (f"print(1 / {_READ_OR_0})",),
        (f"found.append({_READ})", 'print(", ".join(set(found)))'),
        (f'print(f"{{{_INSIDE_A_TEXT}:.2f}}")',),
        (f'log.info("%.2f", {_READ})',),
        (f'print("%s %.2f" % (text, {_READ}))',),
        (f"print({_READ} * 100)",),
        (f"print(float({_READ}))",),
        (f'found.append(f"{{text}} ({{{_INSIDE_A_TEXT}}})")',),
        (f"sure = {_READ}", "if sure:", "    print(text)"),
        (f"sure = {_READ}", "if sure is None:", "    return", "print(text)"),
        (f"sure = {_READ}", "if sure:", "    print(sure, text)"),
        (f"if not {_READ}:", "    return", "print(text)"),
        ('sure = message.get("end_of_turn_confidence", 1.0)', "if sure:", "    print(text)"),
        (f"print(text if {_READ} else '')",),
        ('print(message["end_of_turn_confidence"])',),
    ],
)
def test_what_decides_or_is_reckoned_with_is_left_to_a_person(lines: tuple[str, ...]) -> None:
    codes, code = _codes(*lines)
    assert codes == {"STB306"}
    assert "end_of_turn_confidence" in code
