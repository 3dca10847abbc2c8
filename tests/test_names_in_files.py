"""What is no program and uses the programs: notebooks, entry points, settings. The names that they say stay."""

from __future__ import annotations

import json
from pathlib import Path

from codemods.counterparts import counterparts
from shim.mapping.row import Vendor
from tests.project_runs import migrated_project

PROVIDER = '''"""Speaks to the service."""
import json

import requests
from websockets.sync.client import connect


class GladiaProvider:
    def __init__(self, key):
        self.key = key

    def texts(self, chunks):
        response = requests.post(
            "https://api.gladia.io/v2/live",
            headers={"X-Gladia-Key": self.key},
            json={"encoding": "wav/pcm", "bit_depth": 16, "sample_rate": 16000, "channels": 1},
        )
        response.raise_for_status()
        with connect(response.json()["url"]) as socket:
            for chunk in chunks:
                socket.send(chunk)
            socket.send(json.dumps({"type": "stop_recording"}))
            for raw in socket:
                message = json.loads(raw)
                if message["type"] == "transcript" and message["data"]["is_final"]:
                    yield message["data"]["utterance"]["text"]
'''
PYPROJECT = """[project]
name = "captions"
version = "1"

[project.entry-points."captions.providers"]
gladia = "captions.live:GladiaProvider"
"""


def notebook(*cells: str) -> str:
    """A notebook with these cells of code."""
    return json.dumps(
        {
            "cells": [
                {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": cell}
                for cell in cells
            ],
            "metadata": {"language_info": {"name": "python"}},
            "nbformat": 4,
            "nbformat_minor": 4,
        }
    )


def test_a_class_is_renamed_where_nothing_else_names_it(tmp_path: Path) -> None:
    run = migrated_project(tmp_path, {"captions/live.py": PROVIDER})
    assert "class AssemblyAIProvider" in run.text("captions/live.py")


def test_an_entry_point_keeps_the_name_of_its_class(tmp_path: Path) -> None:
    run = migrated_project(tmp_path, {"captions/live.py": PROVIDER, "pyproject.toml": PYPROJECT})
    assert "class GladiaProvider" in run.text("captions/live.py")
    assert "Authorization" in run.text("captions/live.py")


def test_settings_keep_the_name_of_a_class(tmp_path: Path) -> None:
    settings = "provider:\n  class: captions.live.GladiaProvider\n"
    run = migrated_project(tmp_path, {"captions/live.py": PROVIDER, "docker-compose.yml": settings})
    assert "class GladiaProvider" in run.text("captions/live.py")


def test_a_notebook_keeps_the_names_that_it_imports_and_is_told_of_the_key(tmp_path: Path) -> None:
    cells = (
        "from captions.live import GladiaProvider",
        'import os\nprovider = GladiaProvider(os.environ["GLADIA_API_KEY"])',
    )
    run = migrated_project(tmp_path, {"captions/live.py": PROVIDER, "try.ipynb": notebook(*cells)})
    assert "class GladiaProvider" in run.text("captions/live.py")
    assert "STB348:cell 2:2" in run.codes("try.ipynb")
    assert "`GLADIA_API_KEY`, beside `live.py`" in run.said("try.ipynb")


def test_a_notebook_that_imports_nothing_of_the_project_is_not(tmp_path: Path) -> None:
    cells = ('import os\nprint(len(os.environ["GLADIA_API_KEY"]))',)
    run = migrated_project(tmp_path, {"captions/live.py": PROVIDER, "try.ipynb": notebook(*cells)})
    assert "class AssemblyAIProvider" in run.text("captions/live.py")
    assert not [one for one in run.codes("try.ipynb") if one.startswith("STB348")]


def test_files_that_do_the_same_for_the_other_service_by_their_names() -> None:
    def found(path: str, *others: str) -> list[str]:
        every = [Path(one) for one in (path, *others)]
        return [one.as_posix() for one in counterparts(Path(path), every, Vendor.GLADIA)]

    assert found("stt/gladia.py", "stt/assemblyai.py", "stt/deepgram.py") == ["stt/assemblyai.py"]
    assert found("stt/gladia_live.py", "stt/aai_live.py") == ["stt/aai_live.py"]
    assert found("gladia/client.py", "assemblyai/client.py") == ["assemblyai/client.py"]
    assert found("live.py", "assemblyai.py") == []
    assert found("a/gladia.py", "b/c/assemblyai.py") == []
    assert found("gladia_or_assemblyai.py", "assemblyai.py") == []
