"""Settings: values that a program keeps elsewhere under a name, where a person would change them.

Their value may be known, and what the other service gets for it. Written out, that would be right today, and whoever
changes the setting tomorrow would change nothing. So it is converted where it is read, wherever the conversion is one
expression.
"""

from __future__ import annotations

from typing import Any, Final

import libcst as cst

_NAMES: Final = {
    "bool": bool,
    "dict": dict,
    "float": float,
    "int": int,
    "isinstance": isinstance,
    "max": max,
    "min": min,
    "round": round,
}
"""What the map's conversions call."""


def is_setting(node: cst.BaseExpression) -> bool:
    """Whether a value is kept elsewhere under a name: a constant, a parameter, an object's field; or counted of one."""
    match node:
        case cst.Name(name):
            return name not in ("True", "False", "None")
        case cst.Attribute():
            return True
        case cst.BinaryOperation(left, _, right):
            return is_setting(left) or is_setting(right)
        case cst.Call(cst.Name(name), [cst.Arg(inner, keyword=None)]) if name in ("int", "float", "round"):
            return is_setting(inner)
    return False


def gives(source: str, value: Any, result: Any) -> bool:
    """Whether a conversion, as it is written in a program, gives of a number or a list what the row's function gave.

    `source` is the map's, an expression over `value`.
    """
    if not source or isinstance(value, bool) or not isinstance(value, int | float | list):
        return False
    try:
        return bool(eval(source, {"__builtins__": {}, **_NAMES, "value": value}) == result)  # the map's own text
    except (ArithmeticError, LookupError, NameError, SyntaxError, TypeError, ValueError):
        return False
