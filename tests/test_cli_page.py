"""The page of the command line has every command and every option that there is, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer.main

from codemods.cli import app

PAGE = (Path(__file__).parent.parent / "docs" / "cli.md").read_text(encoding="utf-8")
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]


def part(command: str) -> str:
    """What the page says of a command."""
    found = re.search(rf"^## sttbridge {command}\b.*?(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None, f"docs/cli.md has no part for {command}"
    return found[0]


def test_every_command_has_its_part() -> None:
    assert set(re.findall(r"^## sttbridge (\w+)", PAGE, re.MULTILINE)) == set(COMMANDS)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_option_has_its_row(name: str) -> None:
    options = {
        option
        for parameter in COMMANDS[name].params
        if parameter.param_type_name == "option" and "--help" not in parameter.opts
        for option in (*parameter.opts, *parameter.secondary_opts)
    }
    rows = [line.split(" | ")[0] for line in part(name).splitlines() if line.startswith("| `-")]
    written = {option for row in rows for option in re.findall(r"`(--?[\w-]+)", row)}
    assert written == options


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_help_is_written_as_in_a_manual_and_fits(name: str) -> None:
    command = COMMANDS[name]
    with command.make_context(name, ["--help"], resilient_parsing=True, terminal_width=80) as context:
        text = command.get_help(context)
    assert all(len(line) <= 80 for line in text.splitlines())
    assert not re.search(r"[{}]|<(list|Path|str|int|float)", text)
    heading = part(name).splitlines()[0].removeprefix("## sttbridge ")
    usage = text.splitlines()[0].split("[OPTION]...")[-1].strip()
    assert heading == f"{name} {usage}".strip()
