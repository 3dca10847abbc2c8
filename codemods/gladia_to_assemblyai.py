"""`python -m libcst.tool codemod -x codemods.gladia_to_assemblyai.GladiaToAssemblyAI --no-format PATH`.

Without `--no-format` LibCST hands the result to black, or to whatever its configuration names, which must be there.
"""

from __future__ import annotations

from typing import ClassVar

from codemods.libcst_command import MigrateCommand


class GladiaToAssemblyAI(MigrateCommand):
    """Code that speaks to Gladia, rewritten for AssemblyAI."""

    DESCRIPTION: str = "Rewrite realtime speech-to-text code from Gladia to AssemblyAI."
    TO: ClassVar[str] = "assemblyai"
