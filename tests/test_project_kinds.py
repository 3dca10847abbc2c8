"""The files of a project in which the name of a key is expected: each is read as what it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from codemods.project_files.finding_files import is_project_file
from codemods.project_files.kinds import FileKind, kind_of
from codemods.project_files.mentions import settings_findings
from codemods.project_files.program_uses import Program, Programs
from shim.mapping.row import Vendor

MOVED = Program(Path("stt.py"), 'os.environ["GLADIA_API_KEY"]', 'os.environ["ASSEMBLYAI_API_KEY"]')


@pytest.mark.parametrize(
    "name",
    [
        *("Makefile", "GNUmakefile", "justfile", "Procfile", "Jenkinsfile", "Tiltfile", "Vagrantfile", "Caddyfile"),
        *(
            "Dockerfile",
            "api.Dockerfile",
            "Dockerfile.dev",
            "Containerfile",
            "bin/start",
            "entrypoint",
            "deploy/secrets",
        ),
        *("main.tf", "prod.tfvars", "job.nomad", "bot.service", "supervisord.conf", "tox.ini", "pytest.ini", "a.j2"),
        *("run.sh", "run.fish", "run.ps1", "start.cmd", "shell.nix", "agent.plist", ".idea/run.xml", "a.properties"),
    ],
)
def test_what_builds_or_starts_programs_is_looked_at(name: str) -> None:
    assert kind_of(Path(name)) is FileKind.SETTINGS
    text = "line\nexport GLADIA_API_KEY=of-somebody\n"
    (finding,) = settings_findings(text, Programs((MOVED,), Vendor.ASSEMBLYAI))
    assert finding.line == 2 and finding.text == "`GLADIA_API_KEY`: give `ASSEMBLYAI_API_KEY`"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *((name, FileKind.KEYS) for name in (".env", ".env.local", ".envrc", ".flaskenv", "docker.env", "env.example")),
        *((name, FileKind.DOCUMENT) for name in ("README", "README.txt", "INSTALL.txt", "docs/use.md", "docs/use.rst")),
        *((name, FileKind.CONFIGURATION) for name in ("k8s/api.yaml", "compose.yml", "fly.toml", "app.json")),
        ("env.ts", FileKind.OTHER_LANGUAGE),
    ],
)
def test_what_holds_keys_or_speaks_of_them_is_known(name: str, kind: FileKind) -> None:
    assert kind_of(Path(name)) is kind


@pytest.mark.parametrize("name", ["env.py", "stt.py", "notes.txt", "talk.wav", ".gitignore", "data.csv"])
def test_what_is_a_program_or_data_is_no_project_file(name: str) -> None:
    assert not is_project_file(Path(name))
