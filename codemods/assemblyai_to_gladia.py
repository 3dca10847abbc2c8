"""`python -m libcst.tool codemod -x codemods.assemblyai_to_gladia.AssemblyAIToGladia --no-format PATH`.

Without `--no-format` LibCST hands the result to black, or to whatever its configuration names, which must be there.
"""

from __future__ import annotations

from typing import ClassVar

from codemods.libcst_command import MigrateCommand


class AssemblyAIToGladia(MigrateCommand):
    """Code that speaks to AssemblyAI, rewritten for Gladia."""

    DESCRIPTION: str = "Rewrite realtime speech-to-text code from AssemblyAI to Gladia."
    TO: ClassVar[str] = "gladia"
