"""Flame graphs without a browser: which map, which frames, how wide, and that the file is XML whatever names say."""

import io
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hosts import MODERN
from hypothesis import given, settings
from hypothesis import strategies as st
from plytrace.compiler.options import Options
from plytrace.compiler.pipeline import compile_source
from plytrace.compiler.schema import LossPlace, MapSchema
from plytrace.compiler.values import Bucket, Fault, Frame, Histogram, Rate, Stack, Stats, Value
from plytrace.grammar.diagnostic import UsageError
from plytrace.grammar.source import Source
from plytrace.runtime.output import check, create
from plytrace.runtime.output._flame import placed, tree
from plytrace.runtime.output._stacks import Box, Folded
from plytrace.runtime.output.protocol import Settings
from plytrace.runtime.results import MapResult, Row, RunInfo
from plytrace.runtime.tracer import shown_maps

KERNEL_HALF = 0xFFFF_8000_0000_0000
SVG = "{http://www.w3.org/2000/svg}"


def kernel(*names: str) -> Stack:
    """A kernel stack, innermost frame first."""
    return Stack(tuple(Frame(KERNEL_HALF + at, name, 4) for at, name in enumerate(names)))


def user(*names: str, module: str = "prog") -> Stack:
    return Stack(tuple(Frame(0x1000 + at, name, 4, module) for at, name in enumerate(names)))


NONE = Stack((), "no user stack")


def schemas(program: str) -> tuple[MapSchema, ...]:
    return shown_maps(compile_source(Source("<program>", program), MODERN, Options()))


TWO_MAPS = "profile:99hz { @calls[comm].count(); @a[comm, stack, ustack].count(); @b[stack].sum(1) }"


def drawn(
    rows: dict[tuple[Value, ...], Value],
    format: str = "flamegraph",
    map: str = "",
    losses: int = 0,
    program: str = TWO_MAPS,
    measure: str = "events",
    unit: str = "",
    left_out: int = 0,
) -> tuple[str, str]:
    """The file, and what was said beside it."""
    stream, messages = io.StringIO(), io.StringIO()
    output = create(format, stream, Settings(messages=messages, map=map))
    output.start(RunInfo(1, program, "host<1>", "6.18", schemas(TWO_MAPS)))
    found = tuple(Row(key, value) for key, value in rows.items())
    for name in ("@calls", "@a", "@b"):
        if name == (map or "@a"):
            output.map(MapResult(name, "count", ("comm", "stack", "ustack"), found, unit, (), measure, 0, left_out))
        else:
            output.map(MapResult(name, "count", ("comm",), (Row(("not me",), 7),), measure="events"))
    if losses:
        output.lost(LossPlace("@", "map full", "map @ is full", "updates", "raise it"), losses)
    output.end(0, 1.25, losses)
    return stream.getvalue(), messages.getvalue()


def frames(svg: str) -> Iterator[tuple[str, float, float, int]]:
    """Name, start and width in percent, level of each box."""
    for element in ElementTree.fromstring(svg).iter(f"{SVG}svg"):
        if "f" in element.get("class", "").split():
            name = element.findtext(f"{SVG}title", "").split("\n")[0]
            x, width = (float(element.get(side, "").rstrip("%")) for side in ("x", "width"))
            yield name, x, width, int(element.get("data-depth", ""))


def heads(svg: str) -> str:
    """All text that is not in a box."""
    found = ElementTree.fromstring(svg)
    return "\n".join("".join(element.itertext()) for element in found if element.tag == f"{SVG}text")


ROWS: dict[tuple[Value, ...], Value] = {
    ("dd", kernel("vfs_read", "do_syscall_64"), user("read", "main")): 5,
    ("dd", NONE, user("write", "main")): 2,
    ("sh", kernel("do_exit", "do_syscall_64"), NONE): 3,
}


def test_a_box_is_as_wide_as_its_share() -> None:
    svg, _ = drawn(ROWS)
    assert list(frames(svg)) == [
        ("all", 0, 100, 0),
        ("dd", 0, 70, 1),
        ("main", 0, 70, 2),
        ("read", 0, 50, 3),
        ("do_syscall_64", 0, 50, 4),
        ("vfs_read", 0, 50, 5),
        ("write", 50, 20, 3),
        ("sh", 70, 30, 1),
        ("do_syscall_64", 70, 30, 2),
        ("do_exit", 70, 30, 3),
    ]
    assert "10 events, 3 different stacks · 1.2 s · host<1>, Linux 6.18 · nothing lost" in heads(svg)
    assert "@a[comm, stack, ustack].count()" in heads(svg) and TWO_MAPS[:40] in heads(svg)


def test_kinds_of_frames_have_colours_of_their_own() -> None:
    jit = Stack((Frame(0x7000, "LazyCompile:~f", 1),))
    svg, _ = drawn({("node", kernel("vfs_read"), Stack((*jit.frames, *user("main").frames))): 1})
    found = {
        element.findtext(f"{SVG}title", "").split("\n")[0]: element.get("class", "").split()[1].rstrip("0123456789")
        for element in ElementTree.fromstring(svg).iter(f"{SVG}svg")
        if "f " in element.get("class", "")
    }
    assert found == {"all": "label", "node": "label", "main": "user", "LazyCompile:~f": "jit", "vfs_read": "kernel"}
    assert "kernel" in svg and "written at run time (JIT)" in svg


def test_two_runs_draw_the_same() -> None:
    assert drawn(ROWS) == drawn(dict(reversed(ROWS.items())))


def test_an_icicle_stands_on_its_head() -> None:
    flame, icicle = (
        {
            element.findtext(f"{SVG}title", "").split("\n")[0]: int(element.get("y", ""))
            for element in ElementTree.fromstring(drawn(ROWS, format)[0]).iter(f"{SVG}svg")
            if "f " in element.get("class", "")
        }
        for format in ("flamegraph", "icicle")
    )
    assert flame["all"] > flame["dd"] > flame["vfs_read"] == 0
    assert icicle["all"] == 0 < icicle["dd"] < icicle["vfs_read"]


def test_the_first_map_with_a_stack_or_the_one_asked_for() -> None:
    svg, said = drawn(ROWS)
    assert "not me" not in svg and "the picture is of @a; there is `--map @b`" in said
    svg, said = drawn(ROWS, map="@b")
    assert "@b[" in heads(svg) and "dd" in [name for name, *_ in frames(svg)] and not said


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        (1.5, "1.50"),
        (Stats(3, 1234, 9, 1, 1230), "1,234"),
        (Histogram((Bucket(1, 1, 4), Bucket(2, 3, 3))), "7"),
        (Rate(12, 0, 5), "12"),
    ],
)
def test_any_number_draws(value: Value, amount: str) -> None:
    assert f"{amount}, 1 stack" in heads(drawn({("a", kernel("f"), NONE): value}, measure="value")[0])


def test_numbers_have_their_unit() -> None:
    svg, _ = drawn({("a", kernel("f"), NONE): 1_500_000, ("b", kernel("g"), NONE): 500_000}, unit="ns")
    assert "2ms, 2 different stacks" in heads(svg)
    assert "1.5ms, 75.00 %" in svg


def test_what_is_no_number_above_zero_has_no_width() -> None:
    rows: dict[tuple[Value, ...], Value] = {("a", kernel("f"), NONE): -3, ("b", kernel("g"), NONE): Fault()}
    svg, _ = drawn(rows | {("c", kernel("h"), NONE): 0, ("d", kernel("i"), NONE): 4})
    assert [name for name, *_ in frames(svg)] == ["all", "d", "i"]


def test_losses_and_rows_left_out_are_in_the_picture() -> None:
    svg, said = drawn(ROWS, losses=12, left_out=4)
    assert "lost: 12 updates (map full)" in heads(svg) and "nothing lost" not in svg
    assert "4 rows with smaller values left out" in heads(svg)
    assert "map @ is full: 12 updates lost; raise it" in said


def test_nothing_counted_is_a_picture_too() -> None:
    svg, _ = drawn({})
    assert [name for name, *_ in frames(svg)] == ["all"] and "nothing was counted" in heads(svg)


def test_a_row_without_any_frames_says_why() -> None:
    svg, _ = drawn({("swapper/0", Stack((), "no kernel stack"), NONE): 2})
    assert [name for name, *_ in frames(svg)][2:] == ["<no kernel stack> <no user stack>"]


def test_a_stack_that_was_lost_is_a_frame_where_it_would_have_been() -> None:
    lost = Stack((), "stack lost")
    rows: dict[tuple[Value, ...], Value] = {("a", lost, user("main")): 1, ("b", kernel("f"), lost): 1}
    names = [name for name, *_ in frames(drawn(rows | {("c", lost, lost): 1})[0])]
    assert names == ["all", "a", "main", "<stack lost>", "b", "<stack lost>", "f", "c", "<stack lost>", "<stack lost>"]


def test_narrow_frames_are_counted_and_their_width_is_kept() -> None:
    wide = Folded((Box("a", "user"),), 1_000_000)
    narrow = [Folded((Box(f"b{number:03}", "user"), Box("c", "user")), 1) for number in range(300)]
    picture = placed(tree([wide, *narrow]), 0.0001)
    assert [(each.box.name, each.start, each.number) for each in picture.boxes] == [
        ("all", 0, 1_000_300),
        ("a", 0, 1_000_000),
        ("(600 frames too narrow to draw)", 1_000_000, 300),
    ]
    assert picture.hidden == 600
    alone = placed(tree([wide, narrow[0]]), 0.0001)
    assert [each.box.name for each in alone.boxes] == ["all", "a"] and alone.hidden == 2


FOLDED = st.lists(
    st.tuples(st.lists(st.sampled_from("abcd"), min_size=1, max_size=5), st.integers(1, 50)), min_size=1, max_size=30
)


@settings(deadline=None)
@given(FOLDED)
def test_boxes_lie_inside_their_parent_and_beside_each_other(rows: list[tuple[list[str], int]]) -> None:
    folded = [Folded(tuple(Box(name, "user") for name in names), number) for names, number in rows]
    picture = placed(tree(folded), 0)
    line: list[tuple[float, float]] = []
    for each in picture.boxes:
        del line[each.depth :]
        if line:
            assert line[-1][0] <= each.start and each.start + each.number <= line[-1][1]
        line.append((each.start, each.start + each.number))
    for depth in range(picture.depth):
        level = [each for each in picture.boxes if each.depth == depth]
        assert all(one.start + one.number <= two.start for one, two in pairwise(level))
    assert sum(each.own for each in picture.boxes) == sum(number for _, number in rows) == picture.boxes[0].number


@settings(deadline=None)
@given(st.text(min_size=1, max_size=30), st.text(max_size=30), st.text(max_size=30))
def test_every_name_is_good_xml_and_can_be_told_apart(name: str, program: str, comm: str) -> None:
    svg, _ = drawn({(comm, kernel(name), user("m", module=name)): 1}, program=program)
    assert len(list(frames(svg))) == 4
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", svg)


def test_hostile_names_stay_text() -> None:
    name = "</title><script>alert(1)</script>\x1b[31m\x00'\"&]]>\udcff"
    svg, _ = drawn({(name, kernel(name), NONE): 1}, program=name)
    assert svg.count("<script>") == 1 and svg.count("]]>") == 2 and "\x1b" not in svg
    assert [name for name, *_ in frames(svg)][1] == "</title><script>alert(1)</script>\\x1b[31m\\x00'\"&]]>\\xff"
    svg.encode()


@pytest.mark.parametrize("format", ["flamegraph", "icicle", "folded", "speedscope"])
@pytest.mark.parametrize(
    ("program", "map", "says"),
    [
        ("BEGIN { @[comm].count() }", "", "this program has none"),
        ("BEGIN { print(1) }", "", "this program has none"),
        ('profile:99hz { @[stack] = "text" }', "", "this program has none"),
        ("profile:99hz { @a[comm].count(); @b[stack].count() }", "@a", "@a is not one"),
    ],
)
def test_a_program_without_stacks_is_refused(format: str, program: str, map: str, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        check(format, schemas(program), map)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "no-stacks" and says in diagnostic.message and "[stack].count()" in diagnostic.help


@pytest.mark.parametrize("format", ["flamegraph", "icicle", "speedscope", "prometheus"])
def test_what_is_made_at_the_end_cannot_be_emptied_before(format: str) -> None:
    with pytest.raises(UsageError) as caught:
        check(format, schemas(TWO_MAPS), "@a", delta=True)
    assert caught.value.diagnostics[0].code == "option-value"
    for other in ("text", "json", "csv", "folded"):
        check(other, schemas(TWO_MAPS), "@a", delta=True)


def test_a_map_that_is_not_there() -> None:
    with pytest.raises(UsageError) as caught:
        check("text", schemas(TWO_MAPS), "@x")
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "no-such-map" and diagnostic.help == "its maps are @calls, @a, @b"


@pytest.mark.parametrize("keys", ["stack", "ustack", "comm, kstack, ustack", "pid, ustack"])
def test_programs_with_stacks_pass(keys: str) -> None:
    for value in ("count()", "sum(1)", "avg(1)", "quantize(1)", "stats(1)"):
        check("flamegraph", schemas(f"profile:99hz {{ @[{keys}].{value} }}"))
    check("flamegraph", schemas(f"profile:99hz {{ @[{keys}]++ }}"))
