"""What is seen of a program at work: it fits the terminal, whatever the maps hold, and the largest rows are in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plytrace.compiler.values import Bucket, Histogram
from plytrace.runtime.escape import columns
from plytrace.runtime.output.protocol import Settings
from plytrace.runtime.repl.board import bar, board, counted
from plytrace.runtime.results import MapResult, Row, ordered


def table(name: str, rows: int) -> MapResult:
    found = ordered(Row((f"key{number}",), number + 1) for number in range(rows))
    return MapResult(name, "count", ("comm",), found)


def histogram(name: str, buckets: int) -> MapResult:
    found = tuple(Bucket(1 << number, (2 << number) - 1, number + 1) for number in range(buckets))
    return MapResult(name, "quantize", (), (Row((), Histogram(found)),))


def test_what_fits_is_whole() -> None:
    assert board([table("@", 2)], 20, Settings()) == ["", "@:", "key0: 1", "key1: 2"]


def test_of_many_rows_the_largest_are_shown() -> None:
    lines = board([table("@", 100)], 10, Settings())
    assert len(lines) <= 10
    assert lines[-1] == "key99: 100"
    assert lines[2] == "... 93 rows with less"
    assert len(lines[3:]) == 7


def test_small_maps_leave_their_room_to_large_ones() -> None:
    lines = board([histogram("@h", 18), table("@small", 2)], 25, Settings())
    assert "... more above" not in lines
    assert lines.index("@small:") == 21


def test_an_empty_map_takes_no_room() -> None:
    assert board([table("@", 0), table("@x", 1)], 10, Settings()) == ["", "@x:", "key0: 1"]


MAPS = st.lists(st.builds(table, st.sampled_from(["@a", "@b", "@long_name"]), st.integers(0, 50))
                | st.builds(histogram, st.sampled_from(["@h", "@i"]), st.integers(1, 60)),
                max_size=5, unique_by=lambda found: found.name)  # fmt: skip


@given(MAPS, st.integers(1, 40), st.integers(10, 120))
def test_it_never_takes_more_than_it_is_given(maps: list[MapResult], lines: int, width: int) -> None:
    drawn = board(maps, lines, Settings(width=width))
    assert len(drawn) <= lines
    assert max(map(columns, drawn), default=0) <= width


def test_events_are_counted_where_a_map_tells() -> None:
    assert counted([table("@", 3), histogram("@h", 2)]) == [6, 3]
    assert counted([MapResult("@s", "sum", (), (Row((), 4096),)), MapResult("@x", "", (), (Row((), 7),))]) == []


@pytest.mark.parametrize("width", [20, 60, 80, 200])
def test_the_bar_is_as_wide_as_the_terminal(width: int) -> None:
    line = bar(
        "kprobe:SyS_read {\n  @[comm].count()\n}", ["12 s", "nothing lost", "Ctrl-C stops"], Settings(width=width)
    )
    assert columns(line) == width
    assert "\n" not in line


def test_only_ascii() -> None:
    settings = Settings(ascii=True, width=60)
    assert bar('BEGIN { print("é") }' * 5, ["3 s"], settings).isascii()
    assert all(line.isascii() for line in board([table("@" + "x" * 80, 9), histogram("@h", 9)], 30, settings))


def test_the_bar_says_what_runs_and_how_to_stop() -> None:
    line = bar("BEGIN { \x1b[31m }", ["3 s", "Ctrl-C stops"], Settings())
    assert line.startswith(r" BEGIN { \x1b[31m } │ 3 s │ Ctrl-C stops ")
