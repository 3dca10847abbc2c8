"""What is told of a POST's answer, and asked of its status, in a simpler form; and what keeps a file whole, truly."""

from __future__ import annotations

from pathlib import Path

import libcst as cst
import pytest

from codemods.analysis.fixpoint import analyse_files
from codemods.analysis.modules import Modules
from codemods.directions import event_libraries, vendor_packages
from codemods.migration import Options, migrate_source
from codemods.simpler.keyword_defaults import with_keyword_defaults
from codemods.simpler.own_ids import with_own_ids
from codemods.simpler.plain_statuses import with_plain_statuses
from codemods.simpler.shown_answers import with_answers_not_shown

HEAD = """
import logging
import sys
import requests
from websockets.sync.client import connect

URL = "https://api.gladia.io/v2/live"
HEADERS = {"X-Gladia-Key": "key"}
TABLE = {}


"""
PATH = Path("program.py")
POST = "    answer = requests.post(URL, headers=HEADERS, json={})\n"
URL_GIVEN = "    return answer.json()['url']\n"


def _formed(form, code: str) -> str | None:  # type: ignore[no-untyped-def]
    """The code behind `HEAD` after one form; None where it has nothing to do."""
    module = cst.parse_module(HEAD + code)
    found = list(form(analyse_files({PATH: module}, Modules({PATH}, vendor_packages()), event_libraries())).values())
    return found[0].code.partition("TABLE = {}\n")[2].lstrip("\n") if found else None


# --- what tells of the POST --------------------------------------------------------------------------


def test_a_line_that_tells_of_the_answer_whatever_it_was_goes() -> None:
    told = "    logging.info('answered %s after %s', answer.status_code, answer.elapsed.total_seconds())\n"
    assert _formed(with_answers_not_shown, f"def start():\n{POST}{told}{URL_GIVEN}") == (
        f"def start():\n{POST}{URL_GIVEN}"
    )


@pytest.mark.parametrize(
    "line",
    [
        "    if answer.ok:\n        return answer.json()['url']\n    print('no session', answer.status_code)\n",
        "    if not answer.ok:\n        print('no session', answer.status_code)\n        sys.exit(1)\n",
        "    print(answer.json())\n",
        "    TABLE['status'] = answer.status_code\n",
        "    print(connect(answer.json()['url']), answer.status_code)\n",
    ],
)
def test_what_tells_of_a_refusal_or_does_more_than_tell_stays(line: str) -> None:
    assert _formed(with_answers_not_shown, f"def start():\n{POST}{line}{URL_GIVEN}") is None


# --- what is asked of the status ---------------------------------------------------------------------


def test_a_match_asks_what_a_chain_of_tests_asks() -> None:
    cases = (
        "    match answer.status_code:\n        case 200 | 201:\n            return answer.json()['url']\n"
        "        case code if code >= 500:\n            sys.exit(f'down: {code}')\n"
        "        case other:\n            sys.exit(f'refused: {other}')\n"
    )
    assert _formed(with_plain_statuses, f"def start():\n{POST}{cases}") == (
        f"def start():\n{POST}    if answer.status_code in (200, 201):\n        return answer.json()['url']\n"
        "    elif answer.status_code >= 500:\n        sys.exit(f'down: {answer.status_code}')\n"
        "    else:\n        sys.exit(f'refused: {answer.status_code}')\n"
    )


@pytest.mark.parametrize(
    "code",
    [
        "    match answer.status_code:\n        case other:\n            pass\n    print(other)\n",
        "    match answer.json():\n        case {'url': url}:\n            pass\n",
        "    good = answer.status_code < 400\n    TABLE['good'] = good\n",
        "    good = answer.status_code == 429\n    if good:\n        sys.exit(1)\n",
    ],
)
def test_what_is_read_elsewhere_or_asks_for_more_stays(code: str) -> None:
    assert _formed(with_plain_statuses, f"def start():\n{POST}{code}{URL_GIVEN}") is None


def test_an_else_stands_behind_its_try_only_where_every_handler_leaves() -> None:
    code = "def start():\n    try:\n    {}    except OSError:\n        {}\n    else:\n    {}"
    assert _formed(with_plain_statuses, code.format(POST, "print('again')", URL_GIVEN)) is None
    assert _formed(with_plain_statuses, code.format(POST, "raise", URL_GIVEN)) == (
        f"def start():\n    try:\n    {POST}    except OSError:\n        raise\n{URL_GIVEN}"
    )


def test_defaults_of_keywords_are_one_display_where_nothing_else_is_done_with_them() -> None:
    post = "    answer = requests.post(URL, headers=HEADERS, json=options)\n"
    defaults = "    options.setdefault('sample_rate', 8000)\n    options.setdefault('encoding', 'wav/pcm')\n"
    assert _formed(with_keyword_defaults, f"def start(**options):\n{defaults}{post}") == (
        "def start(**options):\n    options = {'sample_rate': 8000, 'encoding': 'wav/pcm', **options}\n" + post
    )
    assert _formed(with_keyword_defaults, f"def start(**options):\n{defaults}    print(options)\n{post}") is None
    assert _formed(with_keyword_defaults, f"def start(options):\n{defaults}{post}") is None


# --- ids ---------------------------------------------------------------------------------------------

KEPT = "    data = answer.json()\n    TABLE[data['id']] = data['url']\n"


def test_an_id_that_is_given_away_is_one_of_the_programs_own() -> None:
    assert _formed(with_own_ids, f"def start():\n{POST}{KEPT}    return data['id']\n") == (
        f"def start():\n{POST}    data = answer.json()\n    session_id = str(uuid.uuid4())\n"
        "    TABLE[session_id] = data['url']\n    return session_id\n"
    )


@pytest.mark.parametrize(
    "code",
    [
        f"def start():\n{POST}{KEPT}    return requests.get(URL + '/' + data['id'], headers=HEADERS)\n",
        f"def start(told):\n{POST}{KEPT}    return data['id'] == told\n",
        f"def start():\n{POST}    print(answer.json()['id'])\n{URL_GIVEN}",
    ],
)
def test_an_id_that_the_service_is_asked_by_or_that_is_looked_for_stays_its_own(code: str) -> None:
    assert _formed(with_own_ids, code) is None


# --- what is told of a file that is left whole -----------------------------------------------------------


def test_what_keeps_the_simpler_form_whole_is_told_of_the_programs_own_line() -> None:
    """The line that tells of the POST would go by itself; the jobs that are asked for are what is left to do."""
    code = (
        f"{HEAD}def start():\n{POST}    print(answer)\n    return answer.json()\n\n\nsession = start()\n"
        "with connect(session['url']) as ws:\n    print(ws.recv())\n"
        "print(requests.get(f'{URL}/{session[\"id\"]}', headers=HEADERS).json())\n"
    )
    found = migrate_source(code, "assemblyai", Options(unsafe=True))
    blocking = [one for one in found.findings if one.kind.blocks]
    assert found.code == code
    assert {one.kind.code for one in blocking} == {"STB310"}
    assert {code.splitlines()[one.line - 1].partition("(")[0] for one in blocking} == {"print"}
    assert all("requests.get" in code.splitlines()[one.line - 1] for one in blocking)
