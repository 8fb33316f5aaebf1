"""The rows of a map as text: columns, histograms under their keys, stacks above the row they belong to.

    dd,   1021: 512        dd:                                           schedule+0x1a
    bash,   77:   3        [ 512,   1k)      27 ┤▏        │              kthread+0xf9
                                                                    sh, stack: 3

Strings stand to the left, numbers to the right. A string is put in quotes where it could be mistaken for more than
one column, or for something that is no string: `""`, `"a, b"`, `"x: "`, `"@x"`, `"<fault>"`.
A key that is a stack prints as its name in the row, and its frames, indented, above it. The numbers of stats are below
their names where they have a table, else behind them, as percentiles are everywhere: `dd: p50 512  p99 1024..1087`.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from ...compiler.types import Units
from ...compiler.values import Fault, Histogram, Percentiles, Rate, Stack, Stats, Value
from ..escape import columns, escape, escape_ascii, quoted
from ..results import MapResult, Row
from ..show import FAULT, INDENT, labelled, show, stack_lines
from ._histogram import histogram_lines

_TALL = (Histogram, Stack)
_RIGHT = (int, float, Rate, Fault)


class _Cell(NamedTuple):
    """What stands in one column of a row, and whether it is a number, which goes to the right of it."""

    text: str
    right: bool

    def before(self, mark: str) -> "_Cell":
        """The cell with punctuation after it."""
        return self._replace(text=self.text + mark)


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
    if (quick := _plain_table(result, style)) is not None:
        return [f"{result.name}:", *quick]
    if any(isinstance(value, _TALL) for row in rows for value in (*row.key, row.value)):
        return [f"{result.name}:", *_blocks(result, style)]
    if not rows[0].key:
        return [f"{result.name}: {_value(rows[0].value, result.unit, style)}"]
    return [f"{result.name}:", *_table(result, style)]


def _plain_table(result: MapResult, style: Style) -> list[str] | None:
    """What `_table` gives, column by column, for integers under integers and strings; None where it is not so plain.

    A map of a million rows is printed in a fifth of the time.
    """
    units = result.key_units or ("",) * len(result.key_names)
    plain = {result.unit, *units} == {""} and bool(units)
    if not isinstance(result.rows, tuple):
        from ..columns import Columns  # so many rows that NumPy was imported for them

        lines = result.rows.table(style.width) if plain and isinstance(result.rows, Columns) else None
        return None if lines is None else [lines]
    rows = result.rows
    values = [row[1] for row in rows if type(row[1]) is int]
    if not plain or len(values) < len(rows):
        return None
    columns: list[Sequence[object]] = []
    template: list[str] = []
    marks = "," * (len(units) - 1) + ":"
    for index, mark in enumerate(marks):
        column: list[Any] = [row[0][index] for row in rows]
        kinds = set(map(type, column))
        if kinds == {int}:
            columns.append(column)
            template.append(f"%{_digits(column)}d{mark}")
        elif kinds == {str}:
            known = {text: _cell(text, "", style) + mark for text in set(column)}
            if not all(map(str.isascii, known.values())):
                return None
            columns.append([known[text] for text in column])
            template.append(f"%-{max(map(len, known.values()))}s")
        else:
            return None
    line = " ".join([*template, f"%{_digits(values)}d"])
    cells = zip(*columns, values, strict=True)
    first = line % next(cells)
    return None if len(first) > style.width else [first, *map(line.__mod__, cells)]


def _digits(numbers: Sequence[int]) -> int:
    """How many characters the longest of them takes."""
    return max(len(str(max(numbers))), len(str(min(numbers))))


def _table(result: MapResult, style: Style) -> list[str]:
    """One line a row. A row too long for the terminal sticks out, and leaves the columns of the others alone."""
    rows = result.rows
    cells = [
        [*_key_cells(result, row, style), *_value_cells(row.value, result.unit, style, named=False)] for row in rows
    ]
    if isinstance(rows[0].value, Stats):
        names = ["" for _ in rows[0].key] + [f" {label}" for label, _ in labelled(rows[0].value)]
        cells.insert(0, [_Cell(name, True) for name in names])
    sizes = [[columns(cell.text) for cell in line] for line in cells]
    fitting = [line for line in sizes if sum(line) + len(line) - 1 <= style.width] or sizes
    widths = [max(column) for column in zip(*fitting, strict=True)]
    right = [all(cell.right for cell in column) for column in zip(*cells, strict=True)]
    return [_line(line, size, widths, right) for line, size in zip(cells, sizes, strict=True)]


def _line(cells: Sequence[_Cell], sizes: Sequence[int], widths: Sequence[int], right: Sequence[bool]) -> str:
    """The cells of one row, padded to the widths of their columns."""
    padded = []
    for cell, size, width, to_right in zip(cells, sizes, widths, right, strict=True):
        padding = " " * (width - size)
        padded.append(padding + cell.text if to_right else cell.text + padding)
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
        named = zip(result.key_names, result.measured_keys(row), strict=True)
        key = ", ".join([name if isinstance(part[0], Stack) else _cell(*part, style) for name, part in named])
        match row.value:
            case Histogram():
                lines.extend([f"{key}:"] if key else [])
                lines.extend(histogram_lines(row.value, style.width, style.ascii))
            case Stack():
                lines.extend([f"{key}:"] if key else [])
                lines.extend(stack_lines(row.value, style.escape))
            case _:
                lines.append(f"{key}: {_value(row.value, result.unit, style)}")
    return lines


def _key_cells(result: MapResult, row: Row, style: Style) -> list[_Cell]:
    cells = [_Cell(_cell(value, unit, style), isinstance(value, _RIGHT)) for value, unit in result.measured_keys(row)]
    return [*(cell.before(",") for cell in cells[:-1]), cells[-1].before(":")]


def _value_cells(value: Value, unit: Units, style: Style, named: bool = True) -> list[_Cell]:
    """The value of a row, one cell a part: several where it is a tuple, or has several numbers with labels."""
    if isinstance(value, Stats) and not named:
        return [_Cell(f" {number}", True) for _, number in labelled(value)]
    if isinstance(value, Stats | Percentiles):
        pairs = [(_Cell(f" {label}", False), _Cell(number, True)) for label, number in labelled(value)]
        first, *others = (cell for pair in pairs for cell in pair)
        return [_Cell(first.text.lstrip(), False), *others]
    parts = value if isinstance(value, tuple) and value else (value,)
    units = unit if isinstance(unit, tuple) and unit else (unit,) * len(parts)
    cells = [_Cell(_cell(part, its, style), isinstance(part, _RIGHT)) for part, its in zip(parts, units, strict=True)]
    return [*(cell.before(",") for cell in cells[:-1]), cells[-1]]


def _value(value: Value, unit: Units, style: Style) -> str:
    """The value of a row that stands alone."""
    return " ".join(cell.text for cell in _value_cells(value, unit, style))


def _cell(value: Value, units: Units, style: Style) -> str:
    """A value inside a row, in quotes where it needs them."""
    if isinstance(value, str):
        return quoted(value, style.ascii) if _needs_quotes(value) else style.escape(value)
    return show(value, style.escape, units)


def _needs_quotes(text: str) -> bool:
    return not text or text[0] in ' "@' or text[-1] in " ,:" or ", " in text or ": " in text or text == FAULT
