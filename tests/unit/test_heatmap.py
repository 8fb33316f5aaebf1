"""Heat maps: which map, which columns, and the counts in each cell, as a file, in a terminal, in ASCII."""

import io
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import pytest
from hosts import MODERN
from plytrace.compiler.options import Options
from plytrace.compiler.pipeline import compile_source
from plytrace.compiler.schema import MapSchema
from plytrace.compiler.values import Bucket, Histogram, Percentiles
from plytrace.grammar.diagnostic import UsageError
from plytrace.grammar.source import Source
from plytrace.runtime.output import check, create
from plytrace.runtime.output._heat import grid_of_keys, squeezed
from plytrace.runtime.output._svg import heat
from plytrace.runtime.output.protocol import Settings
from plytrace.runtime.results import MapResult, Row, RunInfo
from plytrace.runtime.tracer import shown_maps

SVG = "{http://www.w3.org/2000/svg}"


def powers(*counts: int, first: int = 0) -> Histogram:
    """`counts` in [1, 2), [2, 4), [4, 8) and so on, beginning at 2^first."""
    buckets = [Bucket(1 << at, (2 << at) - 1, count) for at, count in enumerate(counts, first)]
    return Histogram(tuple(buckets), "ns")


def schemas(program: str) -> tuple[MapSchema, ...]:
    return shown_maps(compile_source(Source("<program>", program), MODERN, Options()))


ELAPSED = "BEGIN { @.quantize(1ms); @n.count(); @by[comm, elapsed / 1s].quantize(1ms) }"
KEYED = MapResult(
    "@by",
    "quantize",
    ("comm", "elapsed / 1s"),
    (Row(("dd", 3), powers(1, 0, 5)), Row(("sh", 3), powers(2, first=2)), Row(("dd", 6), powers(4, first=1))),
    "ns",
    ("", ""),
)


def drawn(*results: MapResult, program: str = ELAPSED, **how: object) -> tuple[str, str]:
    stream, messages = io.StringIO(), io.StringIO()
    output = create("heatmap", stream, Settings(messages=messages, **how))  # type: ignore[arg-type]
    output.start(RunInfo(1, program, "host", "6.18", schemas(program)))
    for result in results:
        output.map(result)
    output.end(0, 2.5, 0)
    return stream.getvalue(), messages.getvalue()


def cells(svg: str) -> list[str]:
    """What each cell says when pointed at."""
    found = ElementTree.fromstring(svg)
    return [title.text or "" for title in found.iterfind(f".//{SVG}g[@class='cells']/{SVG}rect/{SVG}title")]


def test_rows_of_one_time_are_added_and_gaps_are_kept() -> None:
    grid = grid_of_keys(KEYED)
    assert (grid.starts, grid.step, grid.across) == ([3, 6], 3, "elapsed / 1s")
    assert [(bucket.low, bucket.high) for bucket in grid.bounds] == [(1, 1), (2, 3), (4, 7)]
    assert grid.counts == [[1, 0, 7], [0, 4, 0]] and (grid.total, grid.most) == (12, 7)
    later = replace(KEYED, rows=(*KEYED.rows, Row(("dd", 7), powers(1))))
    assert grid_of_keys(later).starts == [3, 4, 5, 6, 7] and grid_of_keys(later).counts[2] == [0, 0, 0]


def test_far_away_columns_stand_side_by_side() -> None:
    rows = tuple(Row((key,), powers(1)) for key in (0, 1, 10**9))
    assert grid_of_keys(MapResult("@", "quantize", ("x",), rows)).starts == [0, 1, 10**9]


def test_a_time_is_preferred_and_keeps_its_unit() -> None:
    rows = (Row((10**9, 1), powers(1)), Row((2 * 10**9, 1), powers(1)))
    svg, _ = drawn(MapResult("@by", "quantize", ("elapsed", "cpu"), rows, "ns", ("ns", "")))
    assert cells(svg) == ["[1s, 2s), [1ns, 2ns): 1", "[2s, 3s), [1ns, 2ns): 1"]


def test_squeezing_loses_nothing() -> None:
    rows = tuple(Row((key,), powers(key + 1, 2 * key, 3, 4, 5)) for key in range(23))
    grid = grid_of_keys(MapResult("@", "quantize", ("x",), rows))
    for columns, height in ((23, 5), (10, 3), (1, 1)):
        less = squeezed(grid, columns, height)
        assert less.total == grid.total and len(less.starts) <= columns and len(less.bounds) <= height
        assert len(less.counts) == len(less.starts) and all(len(column) == len(less.bounds) for column in less.counts)
        assert (less.bounds[0].low, less.bounds[-1].high) == (1, 31)


def test_the_file_has_a_cell_for_each_count() -> None:
    svg, said = drawn(MapResult("@", "quantize", (), (Row((), powers(9)),), "ns"), KEYED)
    assert cells(svg) == ["[3, 6), [1ns, 2ns): 1", "[3, 6), [4ns, 8ns): 7", "[6, 9), [2ns, 4ns): 4"]
    texts = [element.text for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]
    assert "@by[comm, elapsed / 1s].quantize()" in texts and "elapsed / 1s" in texts
    assert "12 values · 2.5 s · host, Linux 6.18 · nothing lost" in texts
    assert said == "ply: the picture is of @by; there is `--map @`\n"


def test_a_map_that_is_printed_again_and_again_has_a_column_each_time() -> None:
    program = "BEGIN { @.quantize(1ms) } interval:1s { print(@); clear(@) }"
    told = [
        MapResult("@", "quantize", (), (Row((), powers(number)),), "ns", time=7 * 10**9 + number * 10**9)
        for number in (1, 2, 3)
    ]
    svg, said = drawn(*told, program=program)
    assert [cell.split(",")[0] for cell in cells(svg)] == ["0ns", "1s", "2s"] and not said
    _, said = drawn(told[0], program=program)
    assert "there is only one column" in said and "@[elapsed / 100ms].quantize(retval)" in said


def test_parts_of_a_map_with_columns_in_its_key_are_put_together() -> None:
    later = replace(KEYED, rows=(Row(("dd", 3), powers(2)), Row(("dd", 9), powers(1))))
    svg, _ = drawn(KEYED, later, delta=True)
    assert cells(svg)[0] == "[3, 6), [1ns, 2ns): 3" and cells(svg)[-1] == "[9, 12), [1ns, 2ns): 1"
    assert cells(drawn(KEYED, later)[0])[0] == "[3, 9), [1ns, 2ns): 2", "without, the last one counts"


def test_percentiles_have_buckets_too() -> None:
    svg, _ = drawn(replace(KEYED, rows=(Row(("dd", 1), Percentiles(powers(3), (50.0,))),)))
    assert cells(svg) == ["1, [1ns, 2ns): 3"]


def test_in_a_terminal_it_has_colours_and_fits() -> None:
    text, _ = drawn(KEYED, terminal=True, width=40)
    plain = re.sub(r"\x1b\[[\d;]*m", "", text).splitlines()
    assert plain[:2] == ["", "@by[comm, elapsed / 1s].quantize(): 12 values, 2.5 s"]
    assert [line[:12] for line in plain[2:5]] == ["[ 4ns,  8ns)", "[ 2ns,  4ns)", "[ 1ns,  2ns)"]
    assert "\x1b[48;5;" in text and text.count("\x1b[0m") >= 4 and text.endswith("\n")
    assert all(len(line) <= 40 for line in plain[2:])


def test_in_ascii_also_into_a_file() -> None:
    text, _ = drawn(KEYED, ascii=True)
    assert text.isascii() and "\x1b" not in text and "<svg" not in text
    assert text.splitlines()[2:5] == ["[ 4ns,  8ns) @", "[ 2ns,  4ns)  #", "[ 1ns,  2ns) ."]


def test_how_hot_counts_are() -> None:
    assert [heat(count, 1000, 16) for count in (0, 1, 1000)] == [0, 1, 16]
    assert heat(1, 1, 16) == 16
    levels = [heat(count, 1000, 16) for count in range(1001)]
    assert levels == sorted(levels) and len(set(levels)) > 12


def test_nothing_counted_is_a_picture_too() -> None:
    svg, _ = drawn()
    assert cells(svg) == [] and "nothing was counted" in svg
    assert "nothing was counted" in drawn(terminal=True)[0]


@pytest.mark.parametrize("value", ["count()", "sum(1)", "avg(1)"])
def test_a_program_without_histograms_is_refused(value: str) -> None:
    with pytest.raises(UsageError) as caught:
        check("heatmap", schemas(f"BEGIN {{ @[elapsed].{value} }}"))
    assert caught.value.diagnostics[0].code == "no-histograms"
    with pytest.raises(UsageError):
        check("heatmap", schemas(ELAPSED), "@n")


@pytest.mark.parametrize(
    "value", ["quantize(1)", "lquantize(1, 0, 10, 1)", "llquantize(1, 10, 0, 6, 10)", "percentiles(1)", "hist(1)"]
)
def test_all_histograms_can_be_drawn(value: str) -> None:
    check("heatmap", schemas(f"BEGIN {{ @[elapsed / 1s].{value} }}"))


def test_hostile_text_stays_text() -> None:
    name = '<script>"&\x1b[31m]]>'
    svg, _ = drawn(MapResult("@by", "quantize", (name,), (Row((1,), powers(1)),)))
    assert "\x1b" not in svg and "<script>" not in svg
    ElementTree.fromstring(svg)
