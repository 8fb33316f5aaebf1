"""`ply FILE --help`: what a script says of itself: its header comment, its options, what it reads from outside.

# How much does a process read?          How much does a process read?
option pid = 0 "process to trace"   ->
                                         usage: reads.ply [OPTION...]

                                           --pid N    process to trace (0)
                                           --help     this text
"""

import os
from collections.abc import Iterator

from ..compiler.ast import IntLiteral, OptionDeclaration, Parameter, Program
from ..compiler.build_ast import build_ast
from ..compiler.parameters import argument_count, assigned, script_options, shown
from ..compiler.resolve import nodes
from ..grammar.excerpt import visible
from ..grammar.parser import parse
from ..grammar.source import Source

_KINDS = {"": "N", "ns": "TIME", "bytes": "SIZE"}
_UNITS = {
    "ns": (("s", 10**9), ("ms", 10**6), ("us", 10**3)),
    "bytes": (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)),
}


def script_help(source: Source) -> str:
    """The text; raises CompileError where the script cannot be read."""
    program = build_ast(source, parse(source))
    parts = [header(source.text), "\n".join(_usage(program)), _environment(program)]
    return "\n\n".join(part for part in parts if part) + "\n"


def header(text: str) -> str:
    """The comment at a script's start, without its marks and the `#!` line."""
    lines = text.split("\n")
    if lines[0].startswith("#!"):
        del lines[0]
    while lines and not lines[0].strip():
        del lines[0]
    found = []
    for line in lines:
        mark = next((mark for mark in ("#", "//") if line.startswith(mark)), None)
        if mark is None:
            break
        found.append(visible(line.removeprefix(mark).removeprefix(" ").rstrip()))
    return "\n".join(found).strip("\n")


def _usage(program: Program) -> Iterator[str]:
    options = script_options(program).values()
    count, any_number = argument_count(program)
    words = "".join(f" ARG{number}" for number in range(1, count + 1)) + (" [ARG...]" if any_number else "")
    yield f"usage: {visible(os.path.basename(program.source.name))}{' [OPTION...]' if options else ''}{words}"
    yield ""
    rows = [(f"{shown(option.name)} {_kind(option)}", _told(option)) for option in options]
    rows.append(("--help", "this text"))
    width = max(len(left) for left, _ in rows)
    for left, right in rows:
        yield f"  {left:<{width}}  {right}".rstrip()


def _kind(option: OptionDeclaration) -> str:
    return _KINDS[option.default.unit] if isinstance(option.default, IntLiteral) else "TEXT"


def _told(option: OptionDeclaration) -> str:
    """What it is for, and its default."""
    match option.default:
        case IntLiteral(value=value, unit=unit):
            name, factor = next(((name, by) for name, by in _UNITS.get(unit, ()) if value % by == 0), ("", 1))
            default = f"{value // factor}{name or {'ns': 'ns', 'bytes': 'B'}.get(unit, '')}"
        case literal:
            text = literal.value.decode("utf-8", "replace")
            default = f'"{visible(text)}"'
    return f"{visible(option.help)} ({default})".lstrip()


def _environment(program: Program) -> str:
    """The `$name` that are neither options nor assigned."""
    own = {*script_options(program), "target"}
    found = {
        node.name
        for clause in program.clauses
        for node in nodes(clause)
        if isinstance(node, Parameter) and f"${node.name}" not in assigned(clause)
    }
    names = sorted(name for name in found - own if not name.isdecimal() and name != "#")
    return f"It reads the environment: {', '.join(names)}." if names else ""
