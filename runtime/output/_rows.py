"""The rows of a map as text: columns, histograms under their keys, stacks above the row they belong to.

    dd,   1021: 512        dd:                                           schedule+0x1a
    bash,   77:   3        [ 512,   1k)      27 ┤▏        │              kthread+0xf9
                                                                    sh, stack: 3

Strings stand to the left, numbers to the right. A string is put in quotes where it could be mistaken for more than
one column, or for something that is no string: `""`, `"a, b"`, `"x: "`, `"@x"`, `"<fault>"`.
A key that is a stack prints as its name in the row, and its frames, indented, above it.
"""

from collections.abc import Sequence
from typing import NamedTuple

from ...compiler.types import Unit
from ...compiler.values import Fault, Histogram, Stack, Value
from ..escape import columns, escape, escape_ascii, quoted
from ..results import MapResult, Row
from ..show import FAULT, INDENT, measured, show, stack_lines
from ._histogram import histogram_lines

_TALL = (Histogram, Stack)
_RIGHT = (int, float, Fault)


class Style(NamedTuple):
    """How to write the rows: terminal columns, and whether only ASCII may appear."""

    width: int = 80
    ascii: bool = False

    def escape(self, text: str) -> str:
        """Text of a traced program, safe for a terminal."""
        return escape_ascii(text) if self.ascii else escape(text)


def map_lines(result: MapResult, style: Style) -> list[str]:
    """A map with rows: header and rows, or `@name: VALUE` where there are no keys and the value takes one line."""
    rows = result.rows
    if any(isinstance(value, _TALL) for row in rows for value in (*row.key, row.value)):
        return [f"{result.name}:", *_blocks(result, style)]
    if not rows[0].key:
        return [f"{result.name}: {', '.join(_value_cells(rows[0].value, result.unit, style))}"]
    return [f"{result.name}:", *_table(rows, result.unit, style)]


def _table(rows: Sequence[Row], unit: Unit, style: Style) -> list[str]:
    """One line a row. A row too long for the terminal sticks out, and leaves the columns of the others alone."""
    keys = [[_cell(value, style) for value in row.key] for row in rows]
    values = [_value_cells(row.value, unit, style) for row in rows]
    cells = [
        [*(part + "," for part in key[:-1]), key[-1] + ":", *(part + "," for part in value[:-1]), value[-1]]
        for key, value in zip(keys, values, strict=True)
    ]
    sizes = [[columns(cell) for cell in line] for line in cells]
    fitting = [line for line in sizes if sum(line) + len(line) - 1 <= style.width] or sizes
    widths = [max(column) for column in zip(*fitting, strict=True)]
    right = [
        all(map(_is_number, column)) for column in zip(*((*row.key, *_parts(row.value)) for row in rows), strict=True)
    ]
    return [_line(line, size, widths, right) for line, size in zip(cells, sizes, strict=True)]


def _line(cells: Sequence[str], sizes: Sequence[int], widths: Sequence[int], right: Sequence[bool]) -> str:
    """The cells of one row, padded to the widths of their columns."""
    padded = []
    for cell, size, width, to_right in zip(cells, sizes, widths, right, strict=True):
        padding = " " * (width - size)
        padded.append(padding + cell if to_right else cell + padding)
    return " ".join(padded).rstrip()


def _blocks(result: MapResult, style: Style) -> list[str]:
    """Rows that take several lines: frames of the key, the row, frames or buckets of the value."""
    lines: list[str] = []
    for row in result.rows:
        stacks = [value for value in row.key if isinstance(value, Stack)]
        if stacks and lines:
            lines.append("")
        for index, stack in enumerate(stacks):
            lines.extend([f"{INDENT}--"] if index else [])
            lines.extend(stack_lines(stack, style.escape))
        named = zip(result.key_names, row.key, strict=True)
        key = ", ".join([name if isinstance(value, Stack) else _cell(value, style) for name, value in named])
        match row.value:
            case Histogram():
                lines.extend([f"{key}:"] if key else [])
                lines.extend(histogram_lines(row.value, style.width, style.ascii))
            case Stack():
                lines.extend([f"{key}:"] if key else [])
                lines.extend(stack_lines(row.value, style.escape))
            case _:
                lines.append(f"{key}: {', '.join(_value_cells(row.value, result.unit, style))}")
    return lines


def _value_cells(value: Value, unit: Unit, style: Style) -> list[str]:
    """The value of a row, one cell a part: several where it is a tuple."""
    return [
        measured(part, unit) if isinstance(part, int | float) else _cell(part, style) for part in _parts(value)
    ] or [""]


def _parts(value: Value) -> tuple[Value, ...]:
    return value if isinstance(value, tuple) else (value,)


def _cell(value: Value, style: Style) -> str:
    """A value inside a row, in quotes where it needs them."""
    if isinstance(value, str):
        return quoted(value, style.ascii) if _needs_quotes(value) else style.escape(value)
    return show(value, style.escape)


def _needs_quotes(text: str) -> bool:
    return not text or text[0] in ' "@' or text[-1] in " ,:" or ", " in text or ": " in text or text == FAULT


def _is_number(value: Value) -> bool:
    return isinstance(value, _RIGHT)
