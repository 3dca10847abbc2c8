"""The dimension of Gladia's configuration: how the body of the POST comes about."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Configuration:
    """The expression of the body, and what stands before it."""

    expression: str
    constants: tuple[str, ...] = ()
    definitions: tuple[str, ...] = ()
    imports: frozenset[str] = field(default_factory=frozenset)


_AUDIO = '"encoding": "wav/pcm",\n    "sample_rate": SAMPLE_RATE,\n    "bit_depth": 16,\n    "channels": CHANNELS,'
_ENGLISH = '"language_config": {"languages": ["en"], "code_switching": False},'

CONFIGURATIONS = {
    "inline": Configuration(
        '{"encoding": "wav/pcm", "sample_rate": SAMPLE_RATE, "bit_depth": 16, "channels": CHANNELS}'
    ),
    "constant": Configuration(
        "CONFIGURATION",
        (f"CONFIGURATION = {{\n    {_AUDIO}\n    {_ENGLISH}\n}}",),
    ),
    "in steps": Configuration(
        "live_configuration(SAMPLE_RATE)",
        definitions=(
            """\
def live_configuration(sample_rate: int, language: str | None = "en") -> dict:
    config = {"encoding": "wav/pcm", "sample_rate": sample_rate}
    config["bit_depth"] = 16
    config["channels"] = CHANNELS
    if language:
        config["language_config"] = {"languages": [language]}
    return config
""",
        ),
    ),
    "merged": Configuration(
        "{**DEFAULTS, **AUDIO}",
        (
            'DEFAULTS = {"model": "solaria-1", "language_config": {"languages": ["en"]}}',
            f"AUDIO = {{\n    {_AUDIO}\n}}",
        ),
    ),
    "dataclass": Configuration(
        "asdict(SETTINGS)",
        definitions=(
            """\
@dataclass
class LiveConfiguration:
    encoding: str = "wav/pcm"
    sample_rate: int = SAMPLE_RATE
    bit_depth: int = 16
    channels: int = CHANNELS


SETTINGS = LiveConfiguration()
""",
        ),
        imports=frozenset({"from dataclasses import asdict, dataclass"}),
    ),
    "dataclass, no name": Configuration(
        "asdict(LiveConfiguration())",
        definitions=(
            """\
@dataclass
class LiveConfiguration:
    encoding: str = "wav/pcm"
    sample_rate: int = SAMPLE_RATE
    bit_depth: int = 16
    channels: int = CHANNELS
""",
        ),
        imports=frozenset({"from dataclasses import asdict, dataclass"}),
    ),
    "TypedDict": Configuration(
        "CONFIGURATION",
        definitions=(
            """\
class LiveConfiguration(TypedDict):
    encoding: str
    sample_rate: int
    bit_depth: int
    channels: int


CONFIGURATION: LiveConfiguration = {
    "encoding": "wav/pcm",
    "sample_rate": SAMPLE_RATE,
    "bit_depth": 16,
    "channels": CHANNELS,
}
""",
        ),
        imports=frozenset({"from typing import TypedDict"}),
    ),
    "environment": Configuration(
        "BODY",
        (
            'LANGUAGE = os.getenv("STT_LANGUAGE", "en")',
            'AUDIO = dict(encoding="wav/pcm", sample_rate=SAMPLE_RATE, bit_depth=16, channels=CHANNELS)',
            'BODY = dict(AUDIO, language_config={"languages": [LANGUAGE]})',
        ),
    ),
}
