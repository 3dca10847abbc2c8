"""Where values come from: dataclasses, pydantic and their kin that mirror messages or configuration. No vendor."""

from __future__ import annotations

import libcst as cst
import pytest

from codemods.analysis.values import UNKNOWN, Known
from tests.analysis_questions import asked, constants, is_message_part, of_message, value

DATACLASS = (
    "from dataclasses import dataclass, field, asdict, replace\n@dataclass\nclass M:\n    a: str\n    n: int = 3\n"
)
PYDANTIC = (
    "from pydantic import BaseModel, Field\nclass Inner(BaseModel):\n    text: str\n    at: float = 0.0\n"
    "class Part(BaseModel):\n    text: str\n"
    "class M(BaseModel):\n    a: str\n    n: int = 3\n    inner: Inner | None = None\n"
    "    parts: list[Part] = []\n    other: str = Field(default='', alias='otherName')\n"
)


@pytest.mark.parametrize(
    ("head", "code", "path"),
    [
        (DATACLASS, "ask(M(**m).a)", ("a",)),
        (DATACLASS, "ask(M(m['a']).a)", ("a",)),
        (DATACLASS, "ask(M(a=m['x']).a)", ("x",)),
        (DATACLASS, "def f(x: M):\n    ask(x.a)\nf(M(**m))", ("a",)),
        (DATACLASS, "x = M(**m)\nask(replace(x, n=4).a)", ("a",)),
        (DATACLASS, "ask(asdict(M(**m))['a'])", ("a",)),
        (PYDANTIC, "ask(M(**m).a)", ("a",)),
        (PYDANTIC, "ask(M.model_validate(m).a)", ("a",)),
        (PYDANTIC, "ask(M.parse_obj(m).inner.text)", ("inner", "text")),
        (PYDANTIC, "ask(M(**m).inner.text)", ("inner", "text")),
        (PYDANTIC, "ask(M.model_validate_json(socket.recv()).a)", ("a",)),
        (PYDANTIC, "for x in M(**m).parts:\n    ask(x.text)", ("parts", "[]", "text")),
        (PYDANTIC, "ask(M(**m).other)", ("otherName",)),
        (PYDANTIC, "x = M(**m)\nask(x.model_dump()['a'])", ("a",)),
        (PYDANTIC, "x = M(**m)\nask(x.model_dump()['inner']['text'])", ("inner", "text")),
        (PYDANTIC, "match M(**m):\n    case M(a=a):\n        ask(a)", ("a",)),
        ("import attrs\n@attrs.define\nclass M:\n    a: str\n", "ask(M(**m).a)", ("a",)),
        ("import msgspec\nclass M(msgspec.Struct):\n    a: str\n", "ask(msgspec.convert(m, M).a)", ("a",)),
        ("import msgspec\nclass M(msgspec.Struct):\n    a: str\n", "ask(msgspec.json.decode(socket.recv(), type=M).a)", ("a",)),
        ("import msgspec\n", "ask(msgspec.json.decode(socket.recv())['a'])", ("a",)),
        ("from typing import NamedTuple\nclass M(NamedTuple):\n    a: str\n    b: int\n", "x, y = M(m['a'], 1)\nask(x)", ("a",)),
        ("from typing import NamedTuple\nclass M(NamedTuple):\n    a: str\n", "ask(M(m['a']).a)", ("a",)),
        ("from typing import TypedDict\nclass M(TypedDict):\n    a: str\n", "x: M = m\nask(x['a'])", ("a",)),
        ("from typing import TypedDict, cast\nclass M(TypedDict):\n    a: str\n", "ask(cast(M, m)['a'])", ("a",)),
        ("from typing import TypedDict\nclass M(TypedDict):\n    a: str\n", "ask(M(a=m['a'])['a'])", ("a",)),
        ("from types import SimpleNamespace\n", "x = SimpleNamespace(**m)\nask(x.a)", ("a",)),
        ("from types import SimpleNamespace\n", "x = SimpleNamespace()\nx.a = m['a']\nask(x.a)", ("a",)),
        ("import dacite\n" + DATACLASS, "ask(dacite.from_dict(M, m).a)", ("a",)),
        (DATACLASS, "match M(**m):\n    case M(a, n):\n        ask(a)", ("a",)),
    ],
)  # fmt: skip
def test_models_of_messages_are_followed(head: str, code: str, path: tuple[str, ...]) -> None:
    assert is_message_part(of_message(head + code), *path)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (f"{DATACLASS}ask(M('x').n)", {3}),
        (f"{DATACLASS}ask(M('x', 4).n)", {4}),
        (f"{DATACLASS}M('x')\nask(M('x', 4).n)", {3, 4}),
        ("from dataclasses import dataclass, field\n@dataclass\nclass M:\n    n: int = field(default=3)\nask(M().n)", {3}),
        ("from dataclasses import dataclass, field\n@dataclass\nclass M:\n    n: list = field(default_factory=lambda: [3])\n"
         "ask(M().n[0])", {3}),
        ("from dataclasses import dataclass\n@dataclass\nclass A:\n    n: int = 3\n@dataclass\nclass B(A):\n    k: int = 4\n"
         "ask(B(5).n)", {5}),
        ("from dataclasses import dataclass\n@dataclass\nclass M:\n    n: int\n    def __post_init__(self):\n        self.k = 7\n"
         "ask(M(1).k)", {7}),
        (f"{DATACLASS}x = M('x')\nx.n = 9\nask(x.n)", {3, 9}),
        (f"{PYDANTIC}ask(M(a='x').model_dump()['n'])", {3}),
        (f"{PYDANTIC}ask(M(a='x').model_copy(update={{'n': 4}}).n)", {3, 4}),
        (f"{PYDANTIC}ask(M(a='x', otherName='y').other)", {"y"}),
    ],
)  # fmt: skip
def test_models_of_configuration_hold_what_they_are_given(code: str, expected: set[object]) -> None:
    assert constants(value(code)) == expected


@pytest.mark.parametrize(
    "code",
    [
        f"{DATACLASS}ask(M(**unknown()).a)",
        f"{DATACLASS}ask(M(*unknown()).a)",
        "from pydantic import BaseModel, field_validator\nclass M(BaseModel):\n    a: str\n    @field_validator('a')\n"
        "    def f(cls, x): return x + '!'\nask(M(a='x').a)",
        "from pydantic import BaseModel\nclass M(BaseModel):\n    n: int\nask(M(n='5').n)",
        "import msgspec\nclass M(msgspec.Struct, rename='camel'):\n    a: str\nask(M('x').a)",
        f"{PYDANTIC}ask(M(a='x').model_dump(include=unknown())['a'])",
        f"{PYDANTIC}ask(M.model_validate(unknown()).a)",
        "import strange\n@strange.model\nclass M:\n    a: str\nask(M('x').a)",
        "from types import SimpleNamespace\nask(SimpleNamespace(**unknown()).a)",
    ],
)
def test_what_models_make_of_the_unknown_is_unknown(code: str) -> None:
    assert value(code) == UNKNOWN


def test_a_settings_default_may_be_replaced_from_outside() -> None:
    found = value("from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    n: int = 3\nask(S().n)")
    assert found == Known(3) and isinstance(found, Known) and not found.certain


def test_a_dumped_model_tells_where_its_values_are_written() -> None:
    program, _ = asked(f"{PYDANTIC}x = M(a='x', n=4)\nask(x.model_dump(exclude_none=True))")
    (call,) = [
        one.args[0].value
        for one in program.values
        if isinstance(one, cst.Call) and isinstance(one.func, cst.Name) and one.func.value == "ask"
    ]
    facts = program.dictionary_facts(program.value(call), used_at=call)
    assert facts is not None and facts.complete
    told = {
        one.key: (type(one.node).__name__, program.module.code_for_node(one.value_node), one.certain)
        for one in facts.entries
    }
    assert told["a"] == ("Arg", "'x'", True)
    assert told["n"] == ("Arg", "4", True)
    assert told["inner"] == ("AnnAssign", "None", False)
