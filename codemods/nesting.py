"""Programs nested so deeply that reading them as a tree would end this process: known before that is tried."""

from __future__ import annotations

import ast
import warnings


def is_nested_too_deeply(code: str) -> bool:
    """Whether Python's own parser finds the nesting of a program too deep.

    It gives up long before LibCST's would exhaust the stack, which is the end of the process, not an exception.
    A program that is wrong in another way, or too new for this Python, is not too deep.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(code)
    except (RecursionError, MemoryError):
        return True
    except SyntaxError as error:
        return "too many nested" in error.msg or "too complex" in error.msg
    except ValueError:
        return False
    return False
