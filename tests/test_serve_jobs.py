"""`sttbridge serve`: where jobs are kept, and the options around them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import codemods.serving
from codemods.cli import app
from codemods.serving import ServeRequest, default_place_for_jobs, run_serve
from shim.errors import BridgeError
from shim.gateway import app as gateway_app
from shim.gateway import preflight
from shim.gateway.settings import Settings

PAIR = ("--api", "gladia", "--over", "assemblyai")


def request(**more: Any) -> ServeRequest:
    given = {
        "api": "gladia",
        "over": "assemblyai",
        "host": "127.0.0.1",
        "port": 0,
        "upstream": "ws://127.0.0.1:9",
        "public_url": None,
        "gateway_keys": frozenset[str](),
        "turns": "target",
        "speed": 1.0,
    }
    return ServeRequest(**{**given, **more})


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """The settings of each gateway that `run_serve` would serve; nothing is served."""
    from shim import serving

    settings: list[Settings] = []
    monkeypatch.setattr(preflight, "check_upstream", lambda _url: None)
    monkeypatch.setattr(gateway_app, "make_app", settings.append)

    def serve(make: Any, _host: str, _port: int, on_listening: Any) -> None:
        make()
        on_listening("http://127.0.0.1:1")

    monkeypatch.setattr(serving, "serve_until_interrupted", serve)
    return settings


def test_the_options_and_their_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[ServeRequest] = []
    monkeypatch.setattr(codemods.serving, "run_serve", asked.append)
    options = ["--jobs", "memory", "--keep-audio", "--retention", "7", "--callbacks", "--metrics"]
    allowed = ["--callbacks-allow", "hook.intranet", "--callbacks-allow", "10.0.0.0/8"]
    variables = {
        "STTBRIDGE_JOBS": "memory",
        "STTBRIDGE_KEEP_AUDIO": "1",
        "STTBRIDGE_RETENTION": "7",
        "STTBRIDGE_CALLBACKS": "1",
        "STTBRIDGE_METRICS": "1",
        "STTBRIDGE_CALLBACKS_ALLOW": "hook.intranet,10.0.0.0/8",
    }
    for arguments, environment in (([*options, *allowed], {}), ([], variables)):
        done = CliRunner().invoke(app, ["serve", *PAIR, *arguments], env=environment)
        assert done.exit_code == 0, done.output
    for found in asked:
        assert (found.jobs, found.keep_audio, found.retention) == ("memory", True, 7.0)
        assert (found.callbacks, found.metrics) == (True, True)
        assert found.callbacks_allow == ("hook.intranet", "10.0.0.0/8")
    assert len(asked) == 2


def test_jobs_are_kept_in_the_users_folder(
    made: list[Settings], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    run_serve(request())
    assert made[0].jobs == f"sqlite:///{tmp_path}/sttbridge/jobs.db"
    assert (tmp_path / "sttbridge" / "jobs.db").exists()
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("Gladia's API over AssemblyAI at ")
    assert second.startswith(f"Jobs are kept in {tmp_path}/sttbridge/jobs.db ")


def test_in_memory_where_that_cannot_be(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "sttbridge").write_text("no folder")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert default_place_for_jobs()[0] == "memory"
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "other"))
    monkeypatch.delitem(sys.modules, "shim.jobs.database", raising=False)
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    place, said = default_place_for_jobs()
    assert place == "memory"
    assert "sqlalchemy is not installed" in said


def test_what_is_asked_for_is_kept_to(made: list[Settings], capsys: pytest.CaptureFixture[str]) -> None:
    run_serve(request(jobs="off"))
    assert made[0].jobs == "off"
    assert len(capsys.readouterr().out.splitlines()) == 1
    with pytest.raises(BridgeError):
        run_serve(request(jobs="mysql://host/db"))


def test_assemblyais_api_has_no_jobs(made: list[Settings], caplog: pytest.LogCaptureFixture) -> None:
    run_serve(request(api="assemblyai", over="gladia", jobs="memory", keep_audio=True))
    assert (made[0].jobs, made[0].keep_audio) == ("memory", False)
    assert "only Gladia's API has jobs" in caplog.text


def test_a_place_that_cannot_be_opened_is_said_before_anything_is_served(tmp_path: Path) -> None:
    (tmp_path / "jobs.db").mkdir()
    with pytest.raises(BridgeError, match="cannot be opened"):
        gateway_app.make_app(Settings("gladia", "assemblyai", jobs=f"sqlite:///{tmp_path}/jobs.db"))
