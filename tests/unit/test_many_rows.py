"""Maps with many plain rows are read, ordered and printed in quicker ways, which change nothing."""

import struct
from types import SimpleNamespace
from typing import Literal

from hypothesis import given, settings
from hypothesis import strategies as st
from plytrace.compiler.aggregations import count
from plytrace.compiler.artifact import Artifact, StateLayout
from plytrace.compiler.schema import Field, MapSchema
from plytrace.compiler.types import Int, Str
from plytrace.grammar.frozen import replace
from plytrace.runtime import maps, results
from plytrace.runtime.output import _rows
from plytrace.runtime.output._rows import map_lines
from plytrace.runtime.results import MapResult, Order, Row, ordered
from plytrace.runtime.symbols import KernelSymbols
from plytrace.runtime.world import LiveWorld

ARTIFACT = Artifact("x.ply", "", b"", (), (), (), (), (), (), StateLayout(3, 3, 3))
WORLD = LiveWorld(ARTIFACT, KernelSymbols(lambda: b""), SimpleNamespace().__dict__.get)
WORDS = st.sampled_from(["", "dd", "bash", "a, b", 'q"', "\x1b[1m", "é", "\udcff", "<fault>", "x" * 90, "b\\x"])
NUMBERS = st.integers(-(2**63), 2**64) | st.integers(0, 20)


@st.composite
def rows(draw: st.DrawFn) -> list[Row]:
    kinds = draw(st.lists(st.sampled_from([NUMBERS, WORDS, NUMBERS | WORDS]), min_size=1, max_size=3))
    keys = draw(st.lists(st.tuples(*kinds), min_size=1, max_size=8, unique=True))
    return [Row(key, draw(NUMBERS)) for key in keys]


@settings(deadline=None)
@given(rows(), st.sampled_from([20, 80, 200]), st.booleans())
def test_the_quick_table_is_the_table(found: list[Row], width: int, ascii_only: bool) -> None:
    names = tuple("abc"[: len(found[0].key)])
    result = MapResult("@", "count", names, tuple(found), "", ("",) * len(names))
    style = _rows.Style(width, ascii_only)
    quick = _rows._plain_table(result, style)
    assert quick is None or quick == _rows._table(result, style)


def test_the_quick_table_is_used() -> None:
    plain = MapResult("@", "", ("a", "b"), (Row((1, "dd"), 2), Row((10, "bash"), 30)), "", ("", ""))
    assert _rows._plain_table(plain, _rows.Style()) == [" 1, dd:    2", "10, bash: 30"]
    assert _rows._plain_table(plain, _rows.Style(9)) is None


@settings(deadline=None)
@given(rows(), st.integers(0, 3), st.sampled_from(["", "value", "key"]), st.booleans())
def test_the_quick_order_is_the_order(found: list[Row], top: int, by: str, down: bool) -> None:
    expected = sorted(found, key=lambda row: (results._rank(row.value), results._rank(row.key)))[-top:]
    if by == "key":
        expected.sort(key=lambda row: results._rank(row.key))
    assert ordered(found, top, by, down) == tuple(reversed(expected) if down else expected)


@given(st.lists(st.tuples(st.integers(-5, 5), st.integers(0, 3), st.integers(0, 2**64 - 1))))
def test_quick_sums_are_sums(entries: list[tuple[int, int, int]]) -> None:
    schema = MapSchema("@", "map0", "percpu_hash", (Field("k", Int(), 0),), 8, Int(), 8, 10, "count")
    given = [(struct.pack("=q", key), struct.pack("=2Q", one, two)) for key, one, two in entries]
    assert list(maps._summed(*maps._joined(given), schema)) == list(maps._aggregated(given, schema, WORLD, count.merge))


def test_sums_are_for_numbers_alone() -> None:
    """Strings that differ behind their terminator are one key."""
    schema = MapSchema("@", "map0", "percpu_hash", (Field("k", Str(8), 0),), 8, Int(), 8, 10, "count")
    given = [(b"a\0bcdefg"[:7] + b"\0", struct.pack("=Q", 1)), (b"a\0xyz\0\0\0", struct.pack("=Q", 2))]
    assert maps.read_map(given, schema, WORLD).rows == (Row(("a",), 3),)


NUMBERED = st.lists(
    st.tuples(st.integers(-(2**63), 2**63 - 1) | st.integers(-3, 3), st.integers(0, 2**64 - 1) | st.integers(0, 3),
              st.integers(0, 2**62) | st.integers(0, 3), st.integers(0, 3)),
    min_size=1,
)  # fmt: skip


@settings(deadline=None)
@given(NUMBERED, st.integers(0, 3), st.sampled_from(["", "value", "key"]), st.booleans(), st.sampled_from([20, 80]))
def test_columns_are_rows(
    entries: list[tuple[int, int, int, int]], top: int, by: Literal["", "value", "key"], down: bool, width: int
) -> None:
    fields = (Field("a", Int(signed=True), 0), Field("b", Int(signed=False), 8))
    schema = MapSchema("@", "map0", "percpu_hash", fields, 16, Int(), 8, 10, "count")
    given = maps._joined([(struct.pack("=qQ", *entry[:2]), struct.pack("=2Q", *entry[2:])) for entry in entries])
    order = Order(top, by, down)
    expected = maps._ordered(maps._summed(*given, schema), order)
    found = maps._by_columns(*given, schema, order)
    assert found.all == expected.all and list(found.kept) == list(expected.kept)
    assert [found.kept[place] for place in range(len(found.kept))] == list(expected.kept)
    assert found.kept[-2:] == expected.kept[-2:]
    if expected.kept:
        one = MapResult("@", "count", ("a", "b"), expected.kept, "", ("", ""))
        assert map_lines(one, _rows.Style(width)) == "\n".join(
            map_lines(replace(one, rows=found.kept), _rows.Style(width))
        ).split("\n")
