"""What `argparse` gives a program: an option's default, which whoever starts the program may replace."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from codemods.analysis.environment import Definition
from codemods.analysis.values import NOTHING, UNKNOWN, Known, LibraryObject, Value, replaceable

if TYPE_CHECKING:
    from codemods.analysis.arguments import Arguments
    from codemods.analysis.program import Program

_PARSING = ("parse_args", "parse_known_args", "parse_intermixed_args")


def is_parser(value: Value) -> bool:
    """Whether a value is a parser of the command line, or a part of one that takes options."""
    return isinstance(value, LibraryObject) and value.made_by.startswith("argparse.")


def is_parsed(value: Value) -> bool:
    """Whether a value is what a parser gives: an object with an attribute for each option."""
    return is_parser(value) and isinstance(value, LibraryObject) and value.made_by.endswith(_PARSING)


def note_option(program: Program, node: cst.Call, arguments: Arguments) -> Value:
    """Notes `parser.add_argument("--name", default=…)`. Options of one name are not told apart by their parsers."""
    name = _name_of(program, arguments)
    default = arguments.keywords.get("default")
    if name is not None:
        value = program.values.get(default, NOTHING) if default is not None else UNKNOWN
        program.grow_cell(("option", name), replaceable(value))
        known = program.options.definitions.setdefault(name, [])
        if default is not None and all(one.node is not node for one in known):
            known.append(Definition(name, node, None, default))
    return LibraryObject("argparse.Action", node)


def read_option(program: Program, node: cst.Attribute) -> Value:
    """What an option's attribute holds."""
    name = node.attr.value
    if name in program.options.definitions:
        program.reaching_attributes.setdefault(node, set()).add((program.options, name))
    found = program.read_cell(("option", name))
    return UNKNOWN if found is NOTHING and program.is_settled else found


def _name_of(program: Program, arguments: Arguments) -> str | None:
    """The attribute that an option is kept in: `dest`, or what its first long name says."""
    given = arguments.keywords.get("dest")
    nodes = [given] if given is not None else list(arguments.positional)
    names = [one.value for node in nodes if isinstance(one := program.values.get(node, NOTHING), Known)]
    texts = [one for one in names if isinstance(one, str)]
    long = next((one for one in texts if one.startswith("--")), texts[0] if texts else None)
    return long.lstrip("-").replace("-", "_") if long is not None else None
