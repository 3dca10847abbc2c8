"""A Gladia session that its server ends early, told to the handler of errors as AssemblyAI's SDK tells it.

AssemblyAI's client calls its handler of errors when the socket is closed by any code but 1000. Gladia's session calls
`ended` alone, with the code; what failed before that it has told as an error already.
"""

from __future__ import annotations

import re

from shim.mapping import sdk

_NAMES = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")


def as_told_of_end(handler: str) -> str:
    """The code of a handler of `ended` that calls a handler of errors, given as code, where the end is an early one."""
    codes = ", ".join(str(one) for one in sdk.ENDED_OTHERWISE)
    error = "ConnectionError(end.code, end.reason)"
    if _NAMES.fullmatch(handler) is not None and handler.split(".")[0] != "end":
        return f"lambda end: {handler}({error}) if end.code not in ({codes}) else None"
    kept = f"({handler})" if handler.startswith("lambda") else handler
    return f"lambda end, handle={kept}: handle({error}) if end.code not in ({codes}) else None"
