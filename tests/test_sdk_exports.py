"""What `from assemblyai.streaming.v3 import *` brings, as the installed SDK has it."""

from __future__ import annotations

from assemblyai.streaming import v3

from codemods.vendors import assemblyai_sdk


def test_the_names_are_those_of_the_installed_module() -> None:
    assert set(assemblyai_sdk.EXPORTS) == set(v3.__all__)


def test_another_module_brings_nothing_that_is_known() -> None:
    events = assemblyai_sdk.Events()
    assert events.exports("assemblyai.streaming.v3") == assemblyai_sdk.EXPORTS
    assert events.exports("assemblyai") == ()
