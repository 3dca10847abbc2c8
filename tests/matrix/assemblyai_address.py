"""The dimensions of AssemblyAI's address: how its query comes about, and where the key comes from."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Address:
    """The expression of the address, and what stands before it."""

    expression: str
    constants: tuple[str, ...] = ()
    definitions: tuple[str, ...] = ()
    imports: frozenset[str] = field(default_factory=frozenset)


_ENDPOINT = 'ENDPOINT = "wss://streaming.assemblyai.com/v3/ws"'
_URLENCODE = frozenset({"from urllib.parse import urlencode"})

ADDRESSES = {
    "constant": Address(
        "URL",
        (
            'PARAMETERS = {"sample_rate": SAMPLE_RATE, "encoding": "pcm_s16le", "format_turns": "true"}',
            'URL = f"wss://streaming.assemblyai.com/v3/ws?{urlencode(PARAMETERS)}"',
        ),
        imports=_URLENCODE,
    ),
    "by hand": Address(
        'f"{ENDPOINT}?sample_rate={SAMPLE_RATE}&encoding=pcm_s16le&format_turns=true"',
        (_ENDPOINT,),
    ),
    "a function": Address(
        "make_url(SAMPLE_RATE)",
        (_ENDPOINT,),
        (
            """\
def make_url(sample_rate: int) -> str:
    query = {"sample_rate": sample_rate, "encoding": "pcm_s16le", "format_turns": "true"}
    return f"{ENDPOINT}?{urlencode(query)}"
""",
        ),
        _URLENCODE,
    ),
    "in steps": Address(
        "make_url(SAMPLE_RATE)",
        (_ENDPOINT,),
        (
            """\
def make_url(sample_rate: int, keyterms: list[str] | None = None) -> str:
    params = {"sample_rate": sample_rate}
    params["format_turns"] = "true"
    if keyterms:
        params["keyterms_prompt"] = json.dumps(keyterms)
    return ENDPOINT + "?" + urlencode(params)
""",
        ),
        _URLENCODE,
    ),
    "merged": Address(
        "f\"{ENDPOINT}?{urlencode({**DEFAULTS, 'sample_rate': SAMPLE_RATE})}\"",
        (_ENDPOINT, 'DEFAULTS = {"encoding": "pcm_s16le", "format_turns": "true", "max_turn_silence": 1200}'),
        imports=_URLENCODE,
    ),
    "dataclass": Address(
        'f"{ENDPOINT}?{urlencode(asdict(SETTINGS))}"',
        (_ENDPOINT,),
        (
            """\
@dataclass
class Parameters:
    sample_rate: int = SAMPLE_RATE
    encoding: str = "pcm_s16le"
    format_turns: str = "true"


SETTINGS = Parameters()
""",
        ),
        _URLENCODE | {"from dataclasses import asdict, dataclass"},
    ),
    "environment": Address(
        'f"{ENDPOINT}?{urlencode(QUERY)}"',
        (
            'ENDPOINT = os.getenv("STT_URL", "wss://streaming.assemblyai.com/v3/ws")',
            'SILENCE = int(os.getenv("STT_SILENCE", "1200"))',
            'QUERY = dict(sample_rate=SAMPLE_RATE, format_turns="true", max_turn_silence=SILENCE)',
        ),
        imports=_URLENCODE,
    ),
}


@dataclass(frozen=True)
class Key:
    """The expression of the headers, and what stands before it; `attribute` is what a class keeps of the key."""

    headers: str
    constants: tuple[str, ...] = ()
    definitions: tuple[str, ...] = ()
    imports: frozenset[str] = field(default_factory=lambda: frozenset({"import os"}))


KEY_CHOICES = {
    "environment": Key(
        '{"Authorization": ASSEMBLYAI_API_KEY}', ('ASSEMBLYAI_API_KEY = os.environ["ASSEMBLYAI_API_KEY"]',)
    ),
    "checked": Key(
        '{"Authorization": api_key()}',
        definitions=(
            """\
def api_key() -> str:
    key = os.getenv("ASSEMBLYAI_API_KEY")
    if not key:
        sys.exit("Set ASSEMBLYAI_API_KEY first.")
    return key
""",
        ),
        imports=frozenset({"import os", "import sys"}),
    ),
    "headers by name": Key("HEADERS", ('HEADERS = {"Authorization": os.environ["ASSEMBLYAI_API_KEY"]}',)),
    "written": Key('{"Authorization": API_KEY}', ('API_KEY = "<YOUR_ASSEMBLYAI_API_KEY>"',), imports=frozenset()),
}
