"""Any value in its natural text, as `%v`, `print()` and maps show it.

show(Fault(), escape) -> "<fault>"     show(("dd", 1021), escape) -> "(dd, 1021)"     show(b"\\1\\2", escape) -> "01 02"

`escape` is applied to text that comes from traced programs, and to nothing else.
"""

from collections.abc import Callable
from itertools import chain

from ..compiler.types import Unit
from ..compiler.values import Fault, Histogram, Stack, Value
from .units import duration

Escape = Callable[[str], str]
INDENT = "    "
FAULT = "<fault>"


def show(value: Value, escape: Escape) -> str:
    """The text of a value; a stack is a block of lines that begins with a line end and has none after it."""
    match value:
        case str():
            return escape(value)
        case int():
            return str(value)
        case float():
            return decimal(value)
        case bytes():
            return value.hex(" ")
        case Fault():
            return FAULT
        case Stack():
            return "".join(chain.from_iterable(("\n", line) for line in stack_lines(value, escape)))
        case Histogram():
            return f"<{value.count} values>"
        case tuple():
            return f"({', '.join(show(item, escape) for item in value)})"


def measured(number: int | float, unit: Unit) -> str:
    """A number with its unit, exact where it is an integer: `1.234567ms`, `512B`, `512`."""
    match unit:
        case "ns":
            return duration(round(number))
        case "bytes":
            return f"{number if isinstance(number, int) else decimal(number)}B"
        case "":
            return str(number) if isinstance(number, int) else decimal(number)


def decimal(number: float) -> str:
    """Two decimals, or three digits where two decimals would say nothing."""
    return f"{number:.2f}" if number == 0 or abs(number) >= 0.1 else f"{number:.3g}"


def frames(stack: Stack) -> list[str]:
    """The frames of a stack as text, not escaped; for a stack without frames the reason in angle brackets."""
    return [str(frame) for frame in stack.frames] or [f"<{stack.problem or 'no frames'}>"]


def stack_lines(stack: Stack, escape: Escape) -> list[str]:
    """One indented line a frame, innermost first."""
    return [INDENT + escape(frame) for frame in frames(stack)]
