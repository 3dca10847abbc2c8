"""How an AssemblyAI session is written in a program that speaks to the API itself."""

from __future__ import annotations

from typing import Final

import libcst as cst

from codemods.analysis.sockets import Connect
from codemods.edits import Statement, expression
from codemods.migrating import Migrating
from shim.mapping import assemblyai_messages, server_messages, session
from shim.mapping.paths import steps_of
from shim.mapping.row import Vendor

_TYPE: Final = "type"
_LINE_LENGTH: Final = 88


REGIONS: Final = ("eu-west", "us-west")
"""What Gladia's region can be; each is a promise about where data stays, so each has a host of its own."""


def address(text: str, region: str | None = None) -> str:
    """A piece of Gladia's address as the piece of AssemblyAI's; other text as it is.

    `region` is the one that the whole address asks for.
    """
    over = Vendor.ASSEMBLYAI
    host = session.HOST.assemblyai[0]
    if region is not None:
        text = text.replace(f"?{session.REGION.gladia[0]}={region}", "")
        host = session.REGION.live(over, region)
    for row, old, new in (
        (
            session.SCHEME,
            f"{session.SCHEME.gladia[0]}{session.HOST.gladia[0]}",
            f"{session.SCHEME.assemblyai[0]}{host}",
        ),
        (session.HOST, session.HOST.gladia[0], host),
        (session.PATH, session.PATH.gladia[0], session.PATH.assemblyai[0]),
    ):
        if old in text:
            session.HOST.over(over)
            row.over(over)
            text = text.replace(old, new)
    path = session.PATH.gladia[0].lstrip("/")
    if text == path:
        # Behind a base that ends with the slash, or that brings one of its own.
        session.PATH.over(over)
        return session.PATH.assemblyai[0].lstrip("/")
    return text


def with_query(url: cst.BaseExpression, query: cst.BaseExpression | None) -> cst.BaseExpression:
    """The address followed by the query that an expression gives."""
    if query is None:
        return url
    code = cst.Module([]).code_for_node(query)
    fits_inside = not any(sign in code for sign in ("\n", "\\", "'", '"', "{", "#"))
    if fits_inside:
        parts = [cst.FormattedStringText("?"), cst.FormattedStringExpression(query)]
        match url:
            case cst.FormattedString():
                return url.with_changes(parts=[*url.parts, *parts])
            case cst.SimpleString(prefix="", quote=quote) if len(quote) == 1:
                text = url.raw_value.replace("{", "{{").replace("}", "}}")
                return cst.FormattedString([cst.FormattedStringText(text), *parts], f"f{quote}", quote)
            case cst.Name() | cst.Attribute() if '"' not in cst.Module([]).code_for_node(url):
                return cst.FormattedString([cst.FormattedStringExpression(url), *parts])
    match url:
        case cst.BinaryOperation(_, cst.Add(), cst.SimpleString() as last) if not url.lpar:
            url = url.with_changes(right=last.with_changes(value=f"{last.value[:-1]}?{last.value[-1]}"))
            return cst.BinaryOperation(url, cst.Add(), query)
    return expression('url + "?" + query', url=url, query=query)


def connect_call(
    call: cst.Call,
    connect: Connect,
    url: cst.BaseExpression,
    headers: cst.BaseExpression | None,
    column: int,
    indent: str,
) -> cst.Call:
    """The connect call with another address and with the headers; over several lines where one is too long.

    `column` is where the call begins on its line, `indent` the module's indentation.
    """
    arguments = [
        argument.with_changes(value=url) if original.value is connect.url else argument
        for original, argument in zip(connect.call.args, call.args, strict=True)
    ]
    before = connect.arguments.keywords.get(connect.library.headers)
    if headers is not None and before is not None:
        arguments = [
            argument.with_changes(value=_with_headers(argument.value, headers))
            if original.value is before
            else argument
            for original, argument in zip(connect.call.args, arguments, strict=True)
        ]
    elif headers is not None:
        keyword = cst.Name(connect.library.headers)
        given = cst.Arg(headers, keyword, equal=cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace("")))
        arguments = [*arguments[:1], given, *arguments[1:]]
    nothing = cst.SimpleWhitespace("")
    plain = [
        argument.with_changes(comma=cst.MaybeSentinel.DEFAULT, whitespace_after_arg=nothing)
        if isinstance(argument.whitespace_after_arg, cst.ParenthesizedWhitespace)
        and argument.whitespace_after_arg.first_line.comment is None
        else argument.with_changes(comma=cst.MaybeSentinel.DEFAULT)
        for argument in arguments
    ]
    line = cst.Module([]).code_for_node(cst.Call(call.func, plain))
    if "\n" not in line and column + len(line) + 1 <= _LINE_LENGTH:
        return call.with_changes(args=plain, whitespace_before_args=cst.SimpleWhitespace(""))
    inner = cst.ParenthesizedWhitespace(indent=True, last_line=cst.SimpleWhitespace(indent))
    outer = cst.ParenthesizedWhitespace(indent=True)
    broken = [argument.with_changes(comma=cst.Comma(whitespace_after=inner)) for argument in plain]
    broken[-1] = broken[-1].with_changes(comma=cst.Comma(whitespace_after=outer))
    return call.with_changes(args=broken, whitespace_before_args=inner)


def _with_headers(given: cst.BaseExpression, headers: cst.BaseExpression) -> cst.BaseExpression:
    """Headers that a handshake had already, and more."""
    more: list[cst.BaseDictElement] = [cst.StarredDictElement(headers)]
    if isinstance(headers, cst.Dict):
        more = list(headers.elements)
    assert isinstance(given, cst.Dict)
    elements = [*given.elements, *more]
    return given.with_changes(elements=[one.with_changes(comma=cst.MaybeSentinel.DEFAULT) for one in elements])


def _begin() -> str:
    return str(steps_of(session.SESSION_ID.assemblyai[0])[0])


def _field(migrating: Migrating, message: cst.BaseExpression, name: str, near: cst.CSTNode) -> cst.BaseExpression:
    return expression("message[key]", message=message, key=migrating.string(name, near))


def is_refusal(migrating: Migrating, message: cst.BaseExpression, near: cst.CSTNode) -> cst.BaseExpression:
    """The test whether the first message says that there is no session."""
    return expression(
        "kind != begin",
        kind=_field(migrating, message, _TYPE, near),
        begin=migrating.string(_begin(), near),
    )


def is_beginning(migrating: Migrating, message: cst.BaseExpression, near: cst.CSTNode) -> cst.BaseExpression:
    """The test whether a message is the first."""
    session.SESSION_ID.over(migrating.target)
    return expression(
        "kind == begin",
        kind=_field(migrating, message, _TYPE, near),
        begin=migrating.string(_begin(), near),
    )


def is_error(migrating: Migrating, message: cst.BaseExpression, near: cst.CSTNode) -> cst.BaseExpression:
    """The test whether any message says that there is no session."""
    row = assemblyai_messages.ERROR
    row.over(migrating.target)
    return expression(
        "kind == error",
        kind=_field(migrating, message, _TYPE, near),
        error=migrating.string(row.assemblyai[0], near),
    )


def refusal_text(migrating: Migrating, message: cst.BaseExpression, near: cst.CSTNode) -> cst.BaseExpression:
    """What the refusal says."""
    row = server_messages.ERROR_TEXT
    row.over(migrating.target)
    return _field(migrating, message, str(steps_of(row.assemblyai[0])[-1]), near)


def refusal_code(migrating: Migrating, message: cst.BaseExpression, near: cst.CSTNode) -> cst.BaseExpression:
    """The code of the refusal."""
    row = server_messages.ERROR_CODE
    row.over(migrating.target)
    return _field(migrating, message, str(steps_of(row.assemblyai[0])[-1]), near)


def first_message(
    migrating: Migrating,
    socket: cst.BaseExpression,
    message: cst.BaseExpression,
    *,
    asynchronous: bool,
    check: cst.If | None,
    near: cst.CSTNode,
    wrapped: bool = False,
) -> list[Statement]:
    """The statements that read the first message and end the program where it is no beginning.

    `check` is the program's own way of ending, its test already asking for `is_refusal`; without one an exception is
    raised with the service's text.
    """
    if wrapped:
        parsed: cst.BaseExpression = cst.Await(expression("socket.receive_json()", socket=socket))
    else:
        received = expression("socket.recv()", socket=socket)
        if asynchronous:
            received = cst.Await(received)
        call = expression("json.loads(frame)", json=migrating.use_module("json"))
        assert isinstance(call, cst.Call)
        parsed = call.with_changes(args=[cst.Arg(received)])
    assert isinstance(message, cst.BaseAssignTargetExpression)
    read = cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(message)], parsed)])
    if check is None:
        failure = expression("RuntimeError(text)", text=refusal_text(migrating, message, near))
        check = cst.If(
            is_refusal(migrating, message, near),
            cst.IndentedBlock([cst.SimpleStatementLine([cst.Raise(failure)])]),
        )
    comments = [line for line in check.leading_lines if line.comment is not None]
    return [read.with_changes(leading_lines=comments), check.with_changes(leading_lines=[])]
