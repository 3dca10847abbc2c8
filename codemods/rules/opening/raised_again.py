"""What a handler raised, raised where its statements stand from now on: outside of it."""

from __future__ import annotations

import libcst as cst

from codemods.edits import Statement


def raise_in(statement: cst.CSTNode) -> cst.Raise | None:
    """The `raise` that a statement is."""
    match statement:
        case cst.SimpleStatementLine([cst.Raise() as found]):
            return found
    return None


def is_raised_again(statement: cst.CSTNode) -> bool:
    """Whether a statement raises what was caught."""
    match statement:
        case cst.SimpleStatementLine([cst.Raise(None)]):
            return True
    return False


class RaisingInstead(cst.CSTTransformer):
    """Raises something in the place of what was caught, where a handler's statements stand outside of it."""

    def __init__(self, raised: Statement) -> None:
        super().__init__()
        self._raised = raised

    def visit_ExceptHandler(self, node: cst.ExceptHandler) -> bool:
        return False

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.BaseStatement:
        return self._raised if is_raised_again(original_node) else updated_node


def raising_named(statement: Statement, handler: cst.ExceptHandler, *, whole: bool) -> Statement:
    """The `raise` of an exception with what it says, or the `whole` of it, by the name that it has got."""
    match statement:
        case cst.SimpleStatementLine([cst.Raise() as raised]) if whole:
            assert handler.name is not None and isinstance(handler.name.name, cst.Name)
            return statement.with_changes(body=[raised.with_changes(exc=handler.name.name, cause=None)])
        case cst.SimpleStatementLine([cst.Raise(cst.Call(args=[first, *_]) as made) as raised]):
            assert handler.name is not None and isinstance(handler.name.name, cst.Name)
            named = made.with_changes(args=[first.with_changes(value=handler.name.name), *made.args[1:]])
            return statement.with_changes(body=[raised.with_changes(exc=named)])
    return statement


def naming(handler: cst.ExceptHandler, raised: cst.Raise, *, whole: bool) -> cst.SimpleStatementLine:
    """`error = "what the exception said"`, where the handler told of an exception; `whole`: the exception itself."""
    assert handler.name is not None and isinstance(handler.name.name, cst.Name)
    said: cst.BaseExpression = cst.SimpleString('"refused"')
    if whole and raised.exc is not None:
        said = raised.exc
    elif isinstance(raised.exc, cst.Call) and raised.exc.args:
        said = raised.exc.args[0].value
    return cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(handler.name.name)], said)])
