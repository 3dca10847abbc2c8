"""Simpler forms of programs: what is left out where the first POST opens the session, and what has to stay."""

from __future__ import annotations

from pathlib import Path

import libcst as cst
import pytest

from codemods.analysis.fixpoint import analyse_files
from codemods.analysis.modules import Modules
from codemods.directions import event_libraries, vendor_packages
from codemods.simpler.one_attempt import with_one_attempt
from codemods.simpler.regions import with_regions_written

HEAD = """
import sys
import time
import requests
from websockets.sync.client import connect

URL = "https://api.gladia.io/v2/live"
HEADERS = {"X-Gladia-Key": "key"}


"""
PATH = Path("program.py")


def _analysed(code: str):  # type: ignore[no-untyped-def]
    module = cst.parse_module(HEAD + code)
    return analyse_files({PATH: module}, Modules({PATH}, vendor_packages()), event_libraries())


def _once(code: str) -> str | None:
    """The function after `HEAD` in its simpler form; None where it has none."""
    found = list(with_one_attempt(_analysed(code)).values())
    return found[0].code[found[0].code.index("def ") :] if found else None


POST = "requests.post(URL, headers=HEADERS, json={})"


def test_a_loop_is_run_through_once_and_its_last_word_is_said_behind_the_post() -> None:
    assert _once(
        f"def start():\n    tries = 0\n    while tries < 3:\n        answer = {POST}\n        if answer.ok:\n"
        "            return answer.json()['url']\n        tries += 1\n        time.sleep(tries)\n"
        "    sys.exit('no session')\n"
    ) == (
        f"def start():\n    answer = {POST}\n    if answer.status_code >= 400:\n        sys.exit('no session')\n"
        "    return answer.json()['url']\n"
    )


def test_what_is_done_about_a_refusal_nobody_has_a_word_for_counts() -> None:
    found = _once(
        f"def start():\n    answer = {POST}\n    if answer.status_code == 401:\n        sys.exit('wrong key')\n"
        "    if answer.status_code >= 400:\n        raise OSError(answer.text)\n    return answer.json()['url']\n"
    )
    assert found is not None and "raise OSError(answer.text)" in found and "wrong key" not in found


@pytest.mark.parametrize(
    "code",
    [
        # what fails may be the socket: it is still tried again
        f"def run():\n    for _ in range(3):\n        try:\n            url = {POST}.json()['url']\n"
        "            with connect(url) as ws:\n                print(ws.recv())\n            return\n"
        "        except OSError:\n            time.sleep(1)\n",
        # a session for each channel
        f"def run():\n    for channel in (0, 1):\n        answer = {POST}\n        print(answer.json()['url'])\n",
        f"def run():\n    first = {POST}\n    second = {POST}\n    return first.json(), second.json()\n",
        # one test is enough as it is
        f"def start():\n    answer = {POST}\n    if not answer.ok:\n        sys.exit(1)\n    return answer.json()\n",
    ],
)
def test_what_is_no_second_attempt_stays(code: str) -> None:
    assert _once(code) is None


@pytest.mark.parametrize(
    ("given", "address", "is_unclear"),
    [
        ('URL, params={"region": "us-west"}', 'f"{URL}?region=us-west"', False),
        ('f"{URL}?region={region}"', "URL", True),
    ],
)
def test_the_region_stands_in_the_address(given: str, address: str, *, is_unclear: bool) -> None:
    program = _analysed(f"def start(region):\n    return requests.post({given}, headers=HEADERS, json={{}})\n")
    (form,) = with_regions_written(program).values()
    assert f"requests.post({address}, headers=HEADERS, json={{}})" in form.code
    assert bool(form.findings) is is_unclear
