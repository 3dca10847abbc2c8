"""Changes of a program that keep what it does: each is made of a program before it is migrated, or after.

A mutation takes a source and gives another; `migrate(mutate(program))` and `mutate(migrate(program))` must be the same
program, but for layout. `shape` is that comparison's form of a program.
"""

from __future__ import annotations

import ast
import keyword
from collections.abc import Callable, Iterator


def laid_out_anew(code: str) -> str:
    """Other quotes, other line breaks, no comments."""
    return ast.unparse(ast.parse(code)) + "\n"


def functions_reversed(code: str) -> str:
    """The functions and methods that stand directly below one another, in the opposite order."""
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef)):
            node.body = [one for run in _runs(node.body) for one in run]
    return ast.unparse(tree) + "\n"


def _runs(body: list[ast.stmt]) -> Iterator[list[ast.stmt]]:
    """Stretches of statements; those of plain functions are turned round."""
    run: list[ast.stmt] = []
    for one in body:
        if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef)) and not one.decorator_list:
            run.append(one)
            continue
        yield run[::-1]
        run = []
        yield [one]
    yield run[::-1]


def start_in_a_function(code: str) -> str:
    """What stands under `if __name__ == "__main__"` in a function of its own."""
    tree = ast.parse(code)
    last = tree.body[-1]
    if not isinstance(last, ast.If) or "__name__" not in ast.unparse(last.test):
        return laid_out_anew(code)
    start = ast.parse("def start_here():\n    pass\n").body[0]
    assert isinstance(start, ast.FunctionDef)
    start.body, last.body = last.body, ast.parse("start_here()").body
    tree.body.insert(-1, start)
    return ast.unparse(tree) + "\n"


def start_in_a_class(code: str) -> str:
    """What stands under `if __name__ == "__main__"` in a method of a class of its own."""
    tree = ast.parse(code)
    last = tree.body[-1]
    if not isinstance(last, ast.If) or "__name__" not in ast.unparse(last.test):
        return laid_out_anew(code)
    program = ast.parse("class Program:\n    def run(self):\n        pass\n").body[0]
    assert isinstance(program, ast.ClassDef) and isinstance(program.body[0], ast.FunctionDef)
    program.body[0].body, last.body = last.body, ast.parse("Program().run()").body
    tree.body.insert(-1, program)
    return ast.unparse(tree) + "\n"


def shown_by_a_name(code: str) -> str:
    """What a statement prints gets a name in front of it."""
    tree = ast.parse(code)
    for node in list(ast.walk(tree)):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list) and not isinstance(node, ast.Module):
                setattr(node, name, [new for one in block for new in _named(one)])
    return ast.unparse(tree) + "\n"


def _named(statement: ast.stmt) -> list[ast.stmt]:
    match statement:
        case ast.Expr(ast.Call(ast.Name("print"), [argument], [])) if not isinstance(argument, ast.Starred):
            name = ast.Name("shown_text", ast.Store())
            shown = ast.Assign([name], argument, lineno=0)
            return [shown, ast.Expr(ast.Call(ast.Name("print", ast.Load()), [ast.Name("shown_text", ast.Load())], []))]
    return [statement]


def unrelated_code_added(code: str) -> str:
    """A function and a class that have to do with neither service."""
    tree = ast.parse(code)
    at = next(
        place for place in range(len(tree.body), -1, -1) if not place or isinstance(tree.body[place - 1], _IMPORTS)
    )
    tree.body[at:at] = ast.parse(_UNRELATED).body
    return ast.unparse(tree) + "\n"


_IMPORTS = (ast.Import, ast.ImportFrom)
_UNRELATED = """
class Basket:
    def __init__(self, owner):
        self.owner = owner
        self.items = {"type": "fruit", "data": {"is_fresh": True}}

    def fresh(self, text=""):
        return self.items["data"]["is_fresh"] and self.items["type"] + text

def total_of(prices, rate=1.19):
    return round(sum(prices) * rate, 2)
"""


def locals_renamed(code: str) -> str:
    """Names that functions give to things of their own, each with a tail."""
    tree = ast.parse(code)
    own = _own_names(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in own:
            node.id = f"{node.id}_{_TAIL}"
        elif isinstance(node, (ast.MatchAs, ast.MatchStar)) and node.name in own:
            node.name = f"{node.name}_{_TAIL}"
    return ast.unparse(tree) + "\n"


_TAIL = "x"


def _own_names(tree: ast.Module) -> set[str]:
    """Names that are bound by assignments in functions and by nothing else."""
    inside: set[str] = set()
    for function in ast.walk(tree):
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            inside |= {
                node.id for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
            }
    others = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    others |= {node.name for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}
    others |= {node.name for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler) and node.name}
    others |= {name for node in ast.walk(tree) if isinstance(node, (ast.Global, ast.Nonlocal)) for name in node.names}
    others |= {
        node.id
        for statement in tree.body
        if not isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        for node in ast.walk(statement)
        if isinstance(node, ast.Name)
    }
    return {name for name in inside - others if not keyword.iskeyword(name)}


def constants_apart(code: str) -> tuple[str, str]:
    """The program, and a module `settings` that holds its constants."""
    tree = ast.parse(code)
    constants = [one for one in tree.body if _is_constant(one)]
    names = {one.targets[0].id for one in constants}  # type: ignore[attr-defined]  # of names, as just asked
    used = {node.id for one in constants for node in ast.walk(one) if isinstance(node, ast.Name)}
    imports = [one for one in tree.body if isinstance(one, _IMPORTS)]
    needed = [one for one in imports if used & {(alias.asname or alias.name).split(".")[0] for alias in one.names}]
    rest = [one for one in tree.body if one not in constants]
    left = {node.id for one in rest for node in ast.walk(one) if isinstance(node, ast.Name)}
    taken = ", ".join(sorted(names & left))
    if taken:
        rest[len(imports) + 1 : len(imports) + 1] = ast.parse(f"from settings import {taken}").body
    program, settings = (ast.Module(body, []) for body in (rest, [*needed, *constants]))
    return ast.unparse(program) + "\n", ast.unparse(settings) + "\n"


def start_apart(code: str) -> tuple[str, str]:
    """What stands under `if __name__ == "__main__"` as a program, and a module `work` that holds everything else."""
    tree = ast.parse(code)
    last = tree.body.pop()
    used = {node.id for node in ast.walk(last) if isinstance(node, ast.Name)}
    imports = [one for one in tree.body if isinstance(one, _IMPORTS)]
    needed = [one for one in imports if used & {(alias.asname or alias.name).split(".")[0] for alias in one.names}]
    stores = [target for one in tree.body if isinstance(one, ast.Assign) for target in one.targets]
    given = {target.id for target in stores if isinstance(target, ast.Name)}
    given |= {one.name for one in tree.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)}
    taken = ", ".join(sorted(given & used))
    program = ast.Module([*needed, *ast.parse(f"from work import {taken}" if taken else "import work").body, last], [])
    return ast.unparse(program) + "\n", ast.unparse(tree) + "\n"


def has_a_start(code: str) -> bool:
    """Whether a program ends with what is done when it is run."""
    last = ast.parse(code).body[-1]
    return isinstance(last, ast.If) and "__name__" in ast.unparse(last.test)


def _is_constant(statement: ast.stmt) -> bool:
    """Whether a statement makes a constant of library calls and other constants."""
    match statement:
        case ast.Assign([ast.Name(name)], value):
            own = {node.id for node in ast.walk(value) if isinstance(node, ast.Name)} - set(_LIBRARY_NAMES)
            return name.isupper() and all(one.isupper() for one in own)
    return False


_LIBRARY_NAMES = ("os", "json", "dict", "int", "urlencode")


def pieces(*codes: str) -> list[str]:
    """The top-level statements of files without their imports, in the order of the alphabet."""
    return sorted(
        ast.dump(one)
        for code in codes
        for one in ast.parse(code).body
        if not isinstance(one, _IMPORTS) and not isinstance(one, ast.Expr)
    )


MUTATIONS: tuple[Callable[[str], str], ...] = (
    laid_out_anew,
    functions_reversed,
    start_in_a_function,
    start_in_a_class,
    shown_by_a_name,
    unrelated_code_added,
    locals_renamed,
)


def shape(code: str) -> str:
    """A program without its layout, and without the tails of names: what the codemod names is named as it likes."""
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            node.id = node.id.removesuffix(f"_{_TAIL}")
        elif isinstance(node, (ast.MatchAs, ast.MatchStar)) and node.name:
            node.name = node.name.removesuffix(f"_{_TAIL}")
    return ast.dump(tree)
