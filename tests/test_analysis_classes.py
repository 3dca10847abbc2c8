"""Where values come from: classes, inheritance, properties, enumerations, decorators. No vendor is named."""

from __future__ import annotations

import pytest

from codemods.analysis.values import UNKNOWN, EnumMember, Known, is_certain
from tests.analysis_questions import is_message_part, of_message, value


@pytest.mark.parametrize(
    "code",
    [
        "class A:\n    n = 5\nclass B(A):\n    def f(self):\n        ask(self.n)",
        "class A:\n    def __init__(self, n):\n        self.n = n\nclass B(A):\n    pass\nask(B(5).n)",
        "class A:\n    def __init__(self, n):\n        self.n = n\nclass B(A):\n    def __init__(self):\n"
        "        super().__init__(5)\nask(B().n)",
        "class A:\n    def __init__(self, n):\n        self.n = n\nclass B(A):\n    def __init__(self):\n"
        "        super(B, self).__init__(n=5)\nask(B().n)",
        "class A:\n    def __init__(self, n):\n        self.n = n\nclass B(A):\n    def __init__(self):\n"
        "        A.__init__(self, 5)\nask(B().n)",
        "class A:\n    def f(self):\n        return self.g()\nclass B(A):\n    def g(self):\n"
        "        return 5\nask(B().f())",
        "class A:\n    @property\n    def n(self):\n        return 5\nask(A().n)",
        "import functools\nclass A:\n    @functools.cached_property\n    def n(self):\n        return 5\nask(A().n)",
        "class A:\n    @staticmethod\n    def n():\n        return 5\nask(A.n())",
        "class A:\n    @staticmethod\n    def f(n):\n        return n\nask(A().f(5))",
        "class A:\n    def __init__(self, n):\n        self.n = n\n    @classmethod\n    def make(cls):\n"
        "        return cls(5)\nask(A.make().n)",
        "class A:\n    n = 5\n    @classmethod\n    def f(cls):\n        ask(cls.n)",
        "class A:\n    def __init__(self, n=5):\n        self.n = n\nask(A().n)",
        "class A:\n    def __call__(self, n):\n        return n\nask(A()(5))",
        "class A:\n    def f(self, n):\n        return n\ng = A().f\nask(g(5))",
        "class A:\n    pass\na = A()\na.n = 5\nask(a.n)",
        "class A:\n    pass\na = A()\nsetattr(a, 'n', 5)\nask(a.n)",
        "class A:\n    n = 5\nask(getattr(A(), 'n', None))",
        "class A:\n    class B:\n        n = 5\nask(A.B.n)",
        "class A:\n    n = 5\n    def f(self):\n        ask(type(self) and self.__class__.n)",
        "class A:\n    def __init__(self):\n        self.b = B()\nclass B:\n    n = 5\nask(A().b.n)",
        "class A:\n    def set(self):\n        self.n = 5\n    def f(self):\n        ask(self.n)",
        "import abc\nclass A(abc.ABC):\n    n = 5\n    @abc.abstractmethod\n    def f(self): ...\n    def g(self):\n"
        "        ask(self.n)",
        "class A:\n    def __enter__(self):\n        return 5\n    def __exit__(self, *e): ...\n"
        "with A() as n:\n    ask(n)",
    ],
)
def test_what_classes_hold_is_followed(code: str) -> None:
    found = value(code)
    assert Known(5) in (found, *getattr(found, "alternatives", ()))
    assert found != UNKNOWN


@pytest.mark.parametrize(
    "code",
    [
        "from elsewhere import Base\nclass A(Base):\n    def f(self):\n        ask(self.n)",
        "class A:\n    def f(self):\n        ask(self.nobody_sets_it)",
        "class A:\n    n = 5\n    def f(self, name):\n        setattr(self, name, other())\n        ask(self.n)",
        "class A:\n    n = 5\n    def f(self, given):\n        self.__dict__.update(given)\n        ask(self.n)",
        "class A:\n    n = 5\n    def f(self, name):\n        ask(getattr(self, name))",
        "class A:\n    @property\n    def n(self):\n        return unknown()\nask(A().n)",
        "class A:\n    n = 5\ndef f(a):\n    a.n = given()\nf(A())\nask(A().n)",
    ],
)
def test_what_others_may_set_is_unknown(code: str) -> None:
    assert value(code) == UNKNOWN


def test_an_overridden_method_is_called_as_well() -> None:
    code = (
        "class Base:\n    def run(self):\n        self.on(m)\n    def on(self, x): ...\n"
        "class Own(Base):\n    def on(self, x):\n        ask(x['a'])\nOwn().run()"
    )
    assert is_message_part(of_message(code), "a")


@pytest.mark.parametrize("base", ["str, enum.Enum", "enum.StrEnum"])
def test_members_of_enumerations_of_texts_are_their_values(base: str) -> None:
    head = f"import enum\nclass Kind({base}):\n    A = 'a'\n    B = 'b'\n"
    assert value(f"{head}ask(Kind.A)") == Known("a")
    assert value(f"{head}ask(Kind.B.value)") == Known("b")


def test_a_plain_enumeration_is_not_its_value() -> None:
    head = "import enum\nclass Kind(enum.Enum):\n    A = 'a'\n"
    found = value(f"{head}ask(Kind.A)")
    assert isinstance(found, EnumMember) and found.value == Known("a")
    assert value(f"{head}ask(Kind.A.value)") == Known("a")
    assert value(f"{head}ask(Kind.A.name)") == Known("A")


def test_a_message_type_made_a_member_is_the_type() -> None:
    code = "import enum\nclass Kind(enum.StrEnum):\n    A = 'a'\nkind = Kind(m['type'])\nif kind == Kind.A:\n    ask(m)"
    found = of_message(code)
    assert getattr(found, "types", None) == {"a"}


@pytest.mark.parametrize(
    "decorator",
    [
        "def deco(f):\n    return f\n",
        "def deco(f):\n    TABLE.append(f)\n    return f\n",
        "import functools\ndef deco(f):\n    @functools.wraps(f)\n    def inner(*a, **k):\n        print(1)\n"
        "        return f(*a, **k)\n    return inner\n",
        "def deco(f):\n    def inner(self, *a, **k):\n        try:\n            return f(self, *a, **k)\n"
        "        except ValueError:\n            raise\n    return inner\n",
        "from functools import lru_cache as deco\n",
    ],
)
def test_decorators_that_hand_through_are_seen_through(decorator: str) -> None:
    assert value(f"TABLE = []\n{decorator}\n@deco\ndef f(x):\n    return x\nask(f(5))") == Known(5)


@pytest.mark.parametrize(
    ("result", "expected"), [("return 7", Known(7)), ("return other(f)", UNKNOWN), ("return f(unknown())", UNKNOWN)]
)
def test_a_decorator_that_changes_the_result_is_not_seen_through(result: str, expected: object) -> None:
    deco = f"def deco(f):\n    def inner(x):\n        {result}\n    return inner\n"
    assert value(f"{deco}@deco\ndef f(x):\n    return x\nask(f(5))") == expected


@pytest.mark.parametrize("base", ["", "(Framework)", "(framework.plugins.Base)"])
def test_what_a_method_keeps_is_there_in_another_whatever_the_class_is_derived_from(base: str) -> None:
    code = (
        "import framework\nfrom framework import Framework\n"
        f"class A{base}:\n    async def f(self):\n        async for one in self.n:\n            ask(one)\n"
        "    def g(self):\n        self.n = h()\nasync def h():\n    yield 5\n"
    )
    assert value(code) == Known(5)


def test_an_objects_default_can_be_replaced_where_the_object_is_a_default_itself() -> None:
    code = "from dataclasses import dataclass\n@dataclass\nclass A:\n    n: int = 5\n"
    own, given = value(f"{code}ask(A().n)"), value(f"{code}def f(a: A = A()):\n    ask(a.n)\n")
    assert own == given == Known(5)
    assert (is_certain(own), is_certain(given)) == (True, False)
