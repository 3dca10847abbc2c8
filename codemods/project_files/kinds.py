"""Which kind of project file a path is, by its name."""

from __future__ import annotations

import re
from enum import Enum, auto
from pathlib import PurePath
from typing import Final


class FileKind(Enum):
    """What a file is read as."""

    REQUIREMENTS = auto()
    CONSTRAINTS = auto()
    PYPROJECT = auto()
    SETUP_CFG = auto()
    SETUP_SCRIPT = auto()
    PIPFILE = auto()
    CONDA = auto()
    LOCK = auto()
    KEYS = auto()
    NOTEBOOK = auto()
    NPM = auto()
    OTHER_LANGUAGE = auto()
    DOCUMENT = auto()
    CONFIGURATION = auto()
    """JSON, YAML and TOML of any use: it may hold a session's parameters, or deploy the program."""
    SETTINGS = auto()
    """What builds, deploys or starts programs."""


DEPENDENCIES: Final = (
    FileKind.REQUIREMENTS,
    FileKind.CONSTRAINTS,
    FileKind.PYPROJECT,
    FileKind.SETUP_CFG,
    FileKind.PIPFILE,
    FileKind.CONDA,
)
"""Kinds that hold dependencies and are rewritten."""

_NAMES: Final = (
    (r"[\w.-]*requirements[\w.-]*\.(txt|in)", FileKind.REQUIREMENTS),
    (r"[\w.-]*constraints?[\w.-]*\.(txt|in)", FileKind.CONSTRAINTS),
    (r"pyproject\.toml", FileKind.PYPROJECT),
    (r"setup\.cfg", FileKind.SETUP_CFG),
    (r"setup\.py", FileKind.SETUP_SCRIPT),
    (r"Pipfile", FileKind.PIPFILE),
    (r"(conda-?)?env(ironment)?[\w.-]*\.ya?ml", FileKind.CONDA),
    (r"poetry\.lock|uv\.lock|Pipfile\.lock|pdm\.lock|pylock[\w.-]*\.toml|conda-lock\.ya?ml|pixi\.lock", FileKind.LOCK),
    (r"package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml", None),
    (r"\.env(\..+)?|\.envrc|\.flaskenv|[\w.-]+\.env|env\.(local|example|sample|template|dist)", FileKind.KEYS),
    (r".+\.ipynb", FileKind.NOTEBOOK),
    (r"package\.json", FileKind.NPM),
    (
        r".+\.(ts|tsx|mts|cts|js|jsx|mjs|cjs|vue|svelte|astro|html|htm"
        r"|go|java|kt|kts|scala|cs|fs|rb|php|swift|dart|rs|c|cc|cpp|h|hpp|m|ex|exs|lua)",
        FileKind.OTHER_LANGUAGE,
    ),
    (r".+\.(md|mdx|markdown|rst|adoc)|(README|INSTALL|USAGE|CONTRIBUTING)(\.txt)?", FileKind.DOCUMENT),
    (r".+\.(json|ya?ml|toml)", FileKind.CONFIGURATION),
    (
        r"(.+\.)?(Dockerfile|Containerfile)([.-].+)?|.+\.(dockerfile|tf|tfvars|hcl|nomad|sh|bash|zsh|fish|ps1|bat|cmd|mk"
        r"|ini|cfg|conf|service|properties|plist|xml|nix|tpl|j2)",
        FileKind.SETTINGS,
    ),
    # `Makefile`, `Procfile`, `bin/start`, `entrypoint`: scripts and settings of tools that want no ending.
    (r"[A-Za-z][\w-]*", FileKind.SETTINGS),
)
_PATTERNS: Final = tuple((re.compile(pattern), kind) for pattern, kind in _NAMES)


def kind_of(path: PurePath) -> FileKind | None:
    """The kind of a project file; None for a file that no run looks at."""
    if path.suffix in (".txt", ".in") and path.parent.name == "requirements":
        return FileKind.CONSTRAINTS if "constraint" in path.name else FileKind.REQUIREMENTS
    return next((kind for pattern, kind in _PATTERNS if pattern.fullmatch(path.name)), None)


def is_template(path: PurePath) -> bool:
    """Whether a file with keys is an example to be copied, which holds no real keys."""
    return re.search(r"\b(example|sample|template|dist|tpl|defaults?)\b", path.name) is not None
