"""Any value in its natural text, as `%v`, `print()` and maps show it.

show(Fault(), escape) -> "<fault>"     show(("dd", 1021), escape) -> "(dd, 1021)"     show(b"\\1\\2", escape) -> "01 02"

`escape` is applied to text that comes from traced programs, and to nothing else.
"""

from collections.abc import Callable
from itertools import chain

from ..compiler.types import Units
from ..compiler.values import Estimate, Fault, Histogram, Percentiles, Rate, Stack, Stats, Value
from .units import DIGITS, duration, exact, interval

Escape = Callable[[str], str]
INDENT = "    "
FAULT = "<fault>"


def show(value: Value, escape: Escape, units: Units = "") -> str:
    """The text of a value; a stack is a block of lines that begins with a line end and has none after it.

    `units` is what a number measures; what has several numbers knows that itself.
    """
    match value:
        case str():
            return escape(value)
        case int() | float():
            return measured(value, units)
        case bytes():
            return value.hex(" ")
        case Fault():
            return FAULT
        case Stack():
            return "".join(chain.from_iterable(("\n", line) for line in stack_lines(value, escape)))
        case Histogram():
            return f"<{value.count} values>"
        case Stats() | Percentiles():
            return "  ".join(f"{label} {number}" for label, number in labelled(value))
        case Rate():
            return f"{decimal(value.per_second)}/s"
        case tuple():
            each = units if isinstance(units, tuple) else (units,) * len(value)
            return f"({', '.join(show(item, escape, unit) for item, unit in zip(value, each, strict=True))})"


def measured(number: int | float, unit: Units | str) -> str:
    """A number with its unit, exact where it is an integer: `1.234567ms`, `512B`, `512`; `~512` for an estimate."""
    if isinstance(number, int):
        return ("~" if isinstance(number, Estimate) else "") + exact(number, unit)
    match unit:
        case "ns":
            return duration(round(number)) if abs(number) >= 1000 else f"{decimal(number)}ns"
        case "bytes":
            return f"{decimal(number)}B"
        case _:
            return decimal(number)


def decimal(number: float) -> str:
    """Two decimals, or three digits where two decimals would say nothing."""
    return f"{number:.2f}" if number == 0 or abs(number) >= 0.1 else f"{number:.3g}"


def labelled(value: Stats | Percentiles) -> list[tuple[str, str]]:
    """The numbers of a value that has several, each after its label: `("p99", "4096..4351")`."""
    match value:
        case Stats(count=count, sum=total, min=low, max=high, unit=unit):
            numbers = {"sum": total, "min": low, "max": high, "avg": value.avg, "stddev": value.stddev}
            return [("count", str(count)), *((label, _short(number, unit)) for label, number in numbers.items())]
        case Percentiles(histogram=histogram, asked=asked):
            return [(f"p{p:.10g}", interval(*value.percentile(p), histogram.unit)) for p in asked]


def _short(number: int | float, unit: str) -> str:
    """A number among others: times are rounded."""
    return duration(round(number), DIGITS) if unit == "ns" and abs(number) >= 1000 else measured(number, unit)


def frames(stack: Stack) -> list[str]:
    """The frames of a stack as text, not escaped; for a stack without frames the reason in angle brackets."""
    return [str(frame) for frame in stack.frames] or [f"<{stack.problem or 'no frames'}>"]


def stack_lines(stack: Stack, escape: Escape) -> list[str]:
    """One indented line a frame, innermost first."""
    return [INDENT + escape(frame) for frame in frames(stack)]
