"""What stands between the fields of a text that values are filled into."""

from __future__ import annotations

import re
import string
from typing import Final

_PERCENT: Final = re.compile(r"%[-#0 +]*[\d*]*(?:\.[\d*]+)?([a-zA-Z%])")


def parts_of_percent(template: str) -> list[str]:
    """What stands in front of each field of `"%s %s" % (…)`, in order; empty where fields have names or widths asked
    for by values."""
    parts, end, text = [], 0, ""
    if "%(" in template or "*" in template:
        return []
    for found in _PERCENT.finditer(template):
        text += template[end : found.start()]
        end = found.end()
        if found[1] == "%":
            text += "%"
        else:
            parts.append(text)
            text = ""
    return parts


def parts_of_format(template: str) -> list[str]:
    """What stands in front of each field of `"{} {}".format(…)`, in order; empty where fields have names or numbers,
    and where it is no such text."""
    try:
        fields = list(string.Formatter().parse(template))
    except ValueError:
        return []
    if any(name for _text, name, _format, _conversion in fields):
        return []
    return [text for text, name, _format, _conversion in fields if name is not None]
