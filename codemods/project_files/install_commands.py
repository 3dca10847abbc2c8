"""Commands that install packages, in a notebook: `%pip install …`, `!pip install …`, `!uv pip install …`."""

from __future__ import annotations

import re
from typing import Final

from packaging.requirements import Requirement

from codemods.project_files.dependencies import Step, Wanted, name_in, steps

_INSTALL: Final = re.compile(r"\b(pip3?|uv|poetry|pdm|pipenv)\b.*?\b(install|add)\b")
_TOKEN: Final = re.compile(r"\s+|(?:\"[^\"]*\"|'[^']*'|[^\s\"'])+")
_ENDS: Final = re.compile(r"(#|\||;|&|>|<|\d>|\\$).*")


def is_install_command(line: str) -> bool:
    """Whether a line installs packages."""
    return _INSTALL.search(line) is not None


def installed_names(line: str) -> list[str | None]:
    """The normalised names of the packages that a command names."""
    return [_name(token) for token in _tokens(line)[1]]


def migrate_install_command(line: str, wanted: Wanted, needed: list[str]) -> str:
    """A command with the old service's SDK swapped, and what is needed beside it added."""
    before, tokens, rest = _tokens(line)
    names = [_name(token) for token in tokens]
    result: list[str] = []
    for token, step in zip(tokens, steps(names, wanted), strict=True):
        has_version = token.strip("\"'") != Requirement(token.strip("\"'")).name if step is not Step.KEEP else True
        new = _quoted(wanted.new) if has_version else Requirement(wanted.new).name
        if step is Step.REPLACE:
            result.append(new)
        elif step is Step.REMOVE:
            if result and result[-1].isspace():
                result.pop()
        else:
            result.append(token)
            if step is Step.ADD_BELOW:
                result += [" ", new]
    blanks = [result.pop()] if result and result[-1].isspace() else []
    for requirement in needed:
        result += [" ", _quoted(requirement)]
    return before + "".join([*result, *blanks]) + rest


def _tokens(line: str) -> tuple[str, list[str], str]:
    """What stands in front of a command's arguments, the arguments and the blanks between them, and the rest."""
    found = _INSTALL.search(line)
    if found is None:
        return line, [], ""
    tokens = _TOKEN.findall(line[found.end() :])
    end = next((index for index, token in enumerate(tokens) if _ENDS.fullmatch(token)), len(tokens))
    return line[: found.end()], tokens[:end], "".join(tokens[end:])


def _name(token: str) -> str | None:
    return None if token.isspace() or token.startswith("-") else name_in(token.strip("\"'"))


def _quoted(requirement: str) -> str:
    """A requirement as a shell takes it: `>` would lead the output to a file."""
    return requirement if re.fullmatch(r"[\w.-]+", requirement) else f'"{requirement}"'
