"""CSV and folded stacks, as other programs read them."""

import csv
import io

from plytrace.compiler.values import Bucket, Frame, Histogram, Stack
from plytrace.runtime.output import create, formats
from plytrace.runtime.output.protocol import Settings
from plytrace.runtime.results import MapResult, Row


def written(name: str, *results: MapResult) -> tuple[str, str]:
    stream, messages = io.StringIO(), io.StringIO()
    output = create(name, stream, Settings(messages=messages))
    output.printed(7, "hello, \x1b\n" if name != "csv" else "hello, world\n")
    for result in results:
        output.map(result)
    output.end(0, 1.0, 0)
    return stream.getvalue(), messages.getvalue()


COUNTS = MapResult("@", "count", ("comm", "pid"), (Row(('a"b;c', 3), 1), Row(("dd\x1b[31m", 1021), 512)))
SIZES = MapResult("@s", "quantize", (), (Row((), Histogram((Bucket(512, 1023, 27), Bucket(1024, None, 2)))),))
KERNEL = Stack((Frame(1 << 63, "schedule", 0x1A), Frame(1 << 63 | 2, "do_syscall_64", 3)))
USER = Stack((Frame(3, "f;g", 1, "prog"), Frame(0xFF)))
STACKS = MapResult("@", "count", ("comm", "stack", "ustack"), (Row(("dd", KERNEL, USER), 3),))


def test_the_formats_are_listed() -> None:
    assert {"csv", "folded"} <= set(formats())


def test_csv_reads_back() -> None:
    text, _ = written("csv", COUNTS, SIZES)
    assert list(csv.reader(io.StringIO(text))) == [
        ["print", "7", "hello, world"],
        [],
        ["@", "comm", "pid", "value"],
        ["@", 'a"b;c', "3", "1"],
        ["@", "dd\\x1b[31m", "1021", "512"],
        [],
        ["@s", "low", "high", "count"],
        ["@s", "512", "1023", "27"],
        ["@s", "1024", "", "2"],
    ]


def test_folded_stacks_grow_from_the_outermost_frame() -> None:
    text, messages = written("folded", STACKS, COUNTS)
    assert text == "dd;0xff;f:g;do_syscall_64;schedule 3\n"
    assert "map @ has no stack in its key" in messages
