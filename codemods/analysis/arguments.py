"""The arguments of a call, as they are written."""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst


@dataclass(frozen=True, slots=True, eq=False)
class Arguments:
    """The arguments of one call: nodes and values, by position and by keyword. Starred ones make it incomplete."""

    positional: tuple[cst.BaseExpression, ...]
    keywords: dict[str, cst.BaseExpression]
    complete: bool

    @classmethod
    def of(cls, call: cst.Call) -> Arguments:
        """The arguments as written."""
        positional: list[cst.BaseExpression] = []
        keywords: dict[str, cst.BaseExpression] = {}
        complete = True
        for argument in call.args:
            if argument.star:
                complete = False
            elif argument.keyword is not None:
                keywords[argument.keyword.value] = argument.value
            else:
                positional.append(argument.value)
        return cls(tuple(positional), keywords, complete)

    def get(self, position: int, keyword: str) -> cst.BaseExpression | None:
        """The argument that may be given either way."""
        return self.positional[position] if position < len(self.positional) else self.keywords.get(keyword)
