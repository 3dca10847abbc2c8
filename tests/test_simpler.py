"""Simpler forms of programs: what is left out where the first POST opens the session, and what has to stay."""

from __future__ import annotations

from pathlib import Path

import libcst as cst
import pytest

from codemods.analysis.fixpoint import analyse_files
from codemods.analysis.modules import Modules
from codemods.directions import event_libraries, vendor_packages
from codemods.simpler.filtered_configurations import with_filters_written
from codemods.simpler.nested_configurations import with_nested_written
from codemods.simpler.one_attempt import with_one_attempt
from codemods.simpler.regions import with_regions_written
from codemods.simpler.trusted_answers import with_answers_trusted
from codemods.simpler.whole_first import with_wholes_first
from codemods.simpler.written_keywords import with_keywords_written

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
    assert found is not None and found.endswith(
        "    if answer.status_code >= 400:\n        if answer.status_code == 401:\n            sys.exit('wrong key')\n"
        "        raise OSError(answer.text)\n    return answer.json()['url']\n"
    )


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


def _formed(form, code: str) -> str:  # type: ignore[no-untyped-def]
    """A program behind `HEAD` in the form that one of these gives it; as it is where it has none."""
    found = list(form(_analysed(code)).values())
    return found[0].code.removeprefix(HEAD) if found else code


SENT = "requests.post(URL, headers=HEADERS, json=config)"
CONNECTED = f"    return connect({SENT}.json()['url'])\n"


def test_a_guard_of_what_was_not_made_yet_is_no_test_of_an_answer() -> None:
    start = f"class Client:\n    url = None\n    def start(self):\n        data = {POST}.json()\n"
    rest = (
        "        self.url = data['url']\n"
        "    def open(self):\n        if self.url is None:\n            raise ValueError('start first')\n"
        "        return connect(self.url)\nclient = Client()\nclient.start()\nclient.open()\n"
    )
    test = "        if not isinstance(data, dict) or 'url' not in data:\n            raise ValueError(data)\n"
    assert _formed(with_answers_trusted, start + test + rest) == start + rest


@pytest.mark.parametrize(
    ("taken", "kept"),
    [
        ("data[0]['url'] if isinstance(data, list) else data['url']", "data['url']"),
        ("data['url'] if isinstance(data, dict) else data[0]['url']", "data['url']"),
        ("data['url'] if isinstance(data, (list, dict)) else ''", "data['url']"),
        ("data['url'] if data['url'].startswith(('ws://', 'wss://')) else ''", "data['url']"),
        ("'' if data['url'].startswith('http') else data['url']", "data['url']"),
        ("'' if data['url'][200:] else data['url']", None),
        ("data['url'] if isinstance(data, Answer) else ''", None),
    ],
)
def test_what_is_asked_of_an_answer_says_what_it_is(taken: str, kept: str | None) -> None:
    head = f"from answers import Answer\ndata = {POST}.json()\n"
    formed = _formed(with_answers_trusted, f"{head}url = {taken}\nconnect(url)\n")
    assert formed == f"{head}url = {kept or taken}\nconnect(url)\n"


@pytest.mark.parametrize(
    "use",
    [
        pytest.param("options.pop('timeout')", id="changed"),
        pytest.param("print(options['sample_rate'])", id="read"),
        pytest.param("sample_rate = 8000", id="its name is taken"),
    ],
)
def test_options_that_are_more_than_handed_on_stay(use: str) -> None:
    code = (
        f"def start(**options):\n    {use}\n    config = {{'encoding': 'wav/pcm', **options}}\n{CONNECTED}"
        "start(sample_rate=16000)\n"
    )
    assert _formed(with_keywords_written, code) == code


def test_options_of_callers_that_give_different_ones_stay() -> None:
    code = (
        f"def start(**options):\n    config = {{**options}}\n{CONNECTED}start(sample_rate=16000)\nstart(channels=1)\n"
    )
    assert _formed(with_keywords_written, code) == code


def test_parts_that_callers_give_in_options_are_written_where_they_are_given() -> None:
    code = (
        f"def start(**options):\n    config = {{'encoding': 'wav/pcm', **options}}\n{CONNECTED}"
        "start(language_config={'languages': ['en']})\n"
    )
    assert _formed(with_nested_written, code) == code


def test_a_part_that_may_be_missing_is_not_read() -> None:
    code = (
        "def start(words):\n    part = None\n    if words:\n        part = {'languages': words}\n"
        f"    config = {{'language_config': part}}\n{CONNECTED}start(sys.argv)\n"
    )
    assert _formed(with_nested_written, code) == code


@pytest.mark.parametrize("form", [with_wholes_first, with_nested_written])
def test_a_whole_is_not_made_before_what_is_in_it(form) -> None:  # type: ignore[no-untyped-def]
    code = (
        "def start(word):\n    part = {}\n    if word:\n        part['languages'] = [word]\n    rate = len(sys.argv)\n"
        f"    config = {{'sample_rate': rate}}\n    config['language_config'] = part\n{CONNECTED}start(sys.argv[0])\n"
    )
    assert _formed(form, code) == code


def test_what_a_filter_may_take_out_for_another_reason_stays() -> None:
    code = (
        "def start(rate):\n    config = {k: v for k, v in {'sample_rate': rate}.items() if v}\n"
        f"{CONNECTED}start(sys.argv[0])\n"
    )
    assert _formed(with_filters_written, code) == code
