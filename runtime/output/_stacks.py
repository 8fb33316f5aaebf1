"""Rows of a map whose key has a stack as folded stacks: frames from the outermost inwards, and a number.

    @[comm, stack, ustack].count()   ->   dd | main | read | entry_SYSCALL_64 | ksys_read    12

Other parts of the key stand outermost, as frames of their own, in the order in which they were written. Of several
stacks a user stack comes before a kernel stack, however the key has them: the program called the kernel.
"""

from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Literal, NamedTuple

from ...compiler.schema import MapSchema
from ...compiler.types import Int, Shown, Type
from ...compiler.values import Frame, Histogram, Percentiles, Rate, Stack, Stats, Value
from ...grammar.diagnostic import Diagnostic, UsageError
from ..results import MapResult, Row
from ..show import Escape, show

Kind = Literal["kernel", "user", "jit", "label"]

EXAMPLE = "profile:99hz { @[comm, stack, ustack].count() }"
_KERNEL_HALF = 1 << 63
"""Addresses of the kernel have the top bit set, on x86-64 (Documentation/arch/x86/x86_64/mm.rst) as on arm64."""

_NONE = "no "
"""How a stack begins to say that it has none, rather than that it was lost: no news where there is another stack."""


class Box(NamedTuple):
    """One frame, or another part of a key; `name` is escaped, `module` is the file or kernel module of a frame."""

    name: str
    kind: Kind
    module: str = ""


class Folded(NamedTuple):
    """A row: its boxes, the outermost first, and its number."""

    boxes: tuple[Box, ...]
    number: int | float


def draws(schema: MapSchema) -> bool:
    """Whether a map has a stack in its key, and a number as its value."""
    number = bool(schema.aggregation) or isinstance(schema.value, Int)
    return number and any(_is_stack(field.type) for field in schema.keys)


def check(format: str, maps: Sequence[MapSchema], wanted: str) -> None:
    """Raises UsageError `no-stacks` where there is no such map, or the one that was asked for is none."""
    asked = [schema for schema in maps if schema.name == wanted] if wanted else maps
    if any(map(draws, asked)):
        return
    whose = f"{wanted} is not one" if wanted else "this program has none"
    needs = f"`-f {format}` shows maps with a stack in the key and a number as the value, and {whose}"
    others = next((f"; `--map {schema.name}` shows one" for schema in maps if draws(schema)), "")
    help = f"such as `{EXAMPLE}`, or `{wanted or '@'}[stack].count()` in a clause of yours{others}"
    raise UsageError(Diagnostic("no-stacks", needs, help=help))


def fold(result: MapResult, escape: Escape) -> Iterator[Folded]:
    """The rows that have a stack and a number above zero."""
    for row in result.rows:
        number = _number(row.value)
        if number is not None and number > 0 and any(isinstance(part, Stack) for part in row.key):
            yield Folded(tuple(_boxes(result, row, escape)), number)


def _is_stack(kind: Type) -> bool:
    if not isinstance(kind, Shown):
        return False
    module = import_module(f"...compiler.functions.{kind.by}", __package__)
    return getattr(module, "SHOWS", None) is Stack


def _number(value: Value) -> int | float | None:
    """How wide a value is: histograms and rates are as wide as their number of events, stats as their sum."""
    match value:
        case int() | float():
            return value
        case Histogram() | Percentiles() | Rate():
            return value.count
        case Stats(sum=total):
            return total
    return None


def _boxes(result: MapResult, row: Row, escape: Escape) -> Iterator[Box]:
    for part, units in result.measured_keys(row):
        if not isinstance(part, Stack):
            yield Box(show(part, escape, units), "label")
    stacks = [part for part in row.key if isinstance(part, Stack)]
    in_kernel = any(map(_is_kernel, stacks))
    for stack in sorted(stacks, key=lambda stack: _is_kernel(stack) if stack.frames else not in_kernel):
        for frame in reversed(stack.frames):
            yield Box(_name(frame, escape), _kind(frame), escape(frame.module))
        if stack.problem and not stack.problem.startswith(_NONE):
            yield Box(f"<{stack.problem}>", "label")
    if not any(stack.frames or not stack.problem.startswith(_NONE) for stack in stacks):
        yield Box(" ".join(f"<{stack.problem or 'no frames'}>" for stack in stacks), "label")


def _is_kernel(stack: Stack) -> bool:
    return bool(stack.frames) and stack.frames[-1].address >= _KERNEL_HALF


def _name(frame: Frame, escape: Escape) -> str:
    """Without the offset: calls from two places of one function are one box. The file, where there is no name."""
    if frame.symbol:
        return escape(frame.symbol)
    return f"[{escape(frame.module)}]" if frame.module else f"{frame.address:#x}"


def _kind(frame: Frame) -> Kind:
    """Code in no file that has a name was written by a virtual machine."""
    if frame.address >= _KERNEL_HALF:
        return "kernel"
    return "jit" if frame.symbol and not frame.module else "user"
