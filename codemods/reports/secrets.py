"""Keys written into programs: found, so that no report shows one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

HIDDEN: Final = "‹key hidden›"

_SECRET_NAME: Final = re.compile(r"key|token|secret|passw|credential|authori[sz]ation|bearer", re.IGNORECASE)
_SHAPES: Final = (
    # Gladia's keys are UUIDs, AssemblyAI's 32 hexadecimal digits.
    re.compile(r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b"),
    re.compile(r"(?<![0-9A-Za-z])[0-9a-fA-F]{32,}(?![0-9A-Za-z])"),
)
_LONG: Final = re.compile(r"(?<![\w./+=-])(?=[\w-]*[0-9])(?=[\w-]*[a-z])(?=[\w-]*[A-Z])[A-Za-z0-9_-]{24,}(?![\w./-])")
_IN_URL: Final = re.compile(r"(?i)[?&](?:\w*(?:key|token|secret)\w*)=([^&\s\"'{}]{4,})")
_ASSIGNED: Final = re.compile(
    r"(?im)^\s*(?:export\s+)?[\"']?[\w.-]*(?:key|token|secret|passw)[\w.-]*[\"']?\s*[:=]\s*[\"']?([^\s\"'#,{}()\[\]]{6,})"
)
_SCHEME: Final = re.compile(r"^(?:Bearer|Token|Basic)\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Secrets:
    """The secrets of one file."""

    values: frozenset[str]

    def hide(self, text: str) -> str:
        """The text with each of them hidden, and whatever has the shape of a key."""
        for value in sorted(self.values, key=len, reverse=True):
            text = text.replace(value, HIDDEN)
        for shape in (*_SHAPES, _LONG):
            text = shape.sub(HIDDEN, text)
        return text

    def are_in(self, text: str) -> bool:
        """Whether a text holds one."""
        return self.hide(text) != text


def secrets_in(*sources: str) -> Secrets:
    """The secrets of a file, given as its source before and after.

    What stands as a literal where a key's name is: assigned, as a default, in a dictionary, as an argument, in the
    query of a URL. Of a text that is no program, what is assigned to such a name on its line.
    """
    values: set[str] = set()
    for source in sources:
        values.update(found[1] for found in _IN_URL.finditer(source))
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            values.update(found[1] for found in _ASSIGNED.finditer(source))
            continue
        values.update(_literals(tree))
    return Secrets(frozenset(value for value in values if _is_secret(value)))


def _literals(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets, value) if any(map(_names_secret, targets)):
                yield from _texts(value)
            case ast.AnnAssign(target, _, ast.expr() as value) if _names_secret(target):
                yield from _texts(value)
            case ast.NamedExpr(target, value) if _names_secret(target):
                yield from _texts(value)
            case ast.keyword(str(name), value) if _SECRET_NAME.search(name):
                yield from _texts(value)
            case ast.Dict(keys, values):
                for key, value in zip(keys, values, strict=True):
                    if key is not None and _names_secret(key):
                        yield from _texts(value)
            case ast.Call(_, [first, *rest]) if _names_secret(first):
                # os.environ.get("GLADIA_API_KEY", "…"), headers.setdefault("Authorization", "…")
                for value in rest:
                    yield from _texts(value)
            case ast.arguments():
                yield from _defaults(node)
            case ast.Compare(left, _, [right]) if _names_secret(left):
                yield from _texts(right)
            case _:
                pass


def _defaults(node: ast.arguments) -> Iterator[str]:
    positional = [*node.posonlyargs, *node.args]
    pairs: Iterable[tuple[ast.arg, ast.expr | None]] = [
        *zip(positional[len(positional) - len(node.defaults) :], node.defaults, strict=True),
        *zip(node.kwonlyargs, node.kw_defaults, strict=True),
    ]
    for argument, value in pairs:
        if value is not None and _SECRET_NAME.search(argument.arg):
            yield from _texts(value)


def is_name_of_secret(name: str) -> bool:
    """Whether a key, a token or the like stands behind a name, as far as the name says."""
    return _SECRET_NAME.search(name) is not None


def _names_secret(node: ast.expr) -> bool:
    match node:
        case ast.Name(name) | ast.Attribute(_, name) | ast.Constant(str(name)):
            return is_name_of_secret(name)
        case ast.Subscript(_, index):
            return _names_secret(index)
        case _:
            return False


def _texts(node: ast.expr) -> Iterator[str]:
    """The literal texts of an expression that may be the secret itself: not what it is looked up by."""
    match node:
        case ast.Constant(str(text)):
            yield _SCHEME.sub("", text)
        case ast.Constant(bytes(content)):
            yield content.decode("utf-8", "replace")
        case ast.JoinedStr(values):
            for part in values:
                yield from _texts(part)
        case ast.BoolOp(_, values) | ast.List(values) | ast.Tuple(values) | ast.Set(values):
            for part in values:
                yield from _texts(part)
        case ast.IfExp(_, body, orelse):
            yield from _texts(body)
            yield from _texts(orelse)
        case ast.BinOp(left, _, right):
            yield from _texts(left)
            yield from _texts(right)
        case ast.Call(_, [_, default], _) | ast.Call(ast.Attribute(ast.Constant() as default, _), _, _):
            yield from _texts(default)
        case _:
            pass


def _is_secret(value: str) -> bool:
    """Whether a literal at a secret's place is more than a name, a placeholder or a piece of one."""
    value = value.strip()
    if len(value) < 4 or any(character.isspace() for character in value):
        return False
    if re.fullmatch(r"[A-Z][A-Z0-9_]*|<.*>|\{.*\}|\$.*|[\W_]+", value):
        return False
    if "://" in value or re.fullmatch(r"x-[a-z-]+|[a-z_]*(?:key|token|secret)s?|[Aa]uthorization", value):
        return False
    return re.fullmatch(r"(?i)your[-_ ]?.*|(?:xx+|\*+|\.\.+|none|null|true|false|test|bearer|header)", value) is None
