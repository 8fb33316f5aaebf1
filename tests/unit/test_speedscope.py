"""The file for speedscope: the rules of its schema, and the numbers of the map."""

import io
import json
from typing import Any

from plytrace.compiler.values import Frame, Histogram, Stack, Value
from plytrace.runtime.output import create
from plytrace.runtime.output.protocol import Settings
from plytrace.runtime.results import MapResult, Row, RunInfo

KERNEL = Stack((Frame(1 << 63, "vfs_read", 4), Frame(1 << 63, "do_syscall_64", 9)))
USER = Stack((Frame(0x10, "read", 1, "libc.so.6"), Frame(0x20, "main", 2, "dd")))
ROWS: dict[tuple[Value, ...], Value] = {
    ("dd", KERNEL, USER): 5,
    ('s"h\x1b', Stack((), "no kernel stack"), USER): 3,
    ("none", KERNEL, USER): 0,
}


def written(*results: MapResult, **how: Any) -> dict[str, Any]:
    stream = io.StringIO()
    output = create("speedscope", stream, Settings(messages=io.StringIO(), **how))
    output.start(RunInfo(1, "the program", "host", "6.18"))
    for result in results:
        output.map(result)
    output.end(0, 1.0, 0)
    found: dict[str, Any] = json.loads(stream.getvalue())
    return found


def of(name: str = "@", unit: Any = "") -> MapResult:
    rows = tuple(Row(key, value) for key, value in ROWS.items())
    return MapResult(name, "count", ("comm", "stack", "ustack"), rows, unit)


def test_samples_are_the_stacks_outermost_first() -> None:
    found = written(of())
    assert found["$schema"] == "https://www.speedscope.app/file-format-schema.json"
    assert found["name"] == "the program" and found["exporter"].startswith("plytrace ")
    (profile,) = found["profiles"]
    names = [[found["shared"]["frames"][at]["name"] for at in sample] for sample in profile.pop("samples")]
    assert names == [["dd", "main", "read", "do_syscall_64", "vfs_read"], ['s"h\x1b', "main", "read"]]
    assert profile == {
        "type": "sampled",
        "name": "@[comm, stack, ustack].count()",
        "unit": "none",
        "startValue": 0,
        "endValue": 8,
        "weights": [5, 3],
    }


def test_frames_are_shared_and_know_their_file() -> None:
    found = written(of("@a"), of("@b"), MapResult("@c", "quantize", (), (Row((), Histogram(())),)))
    assert [profile["name"][:2] for profile in found["profiles"]] == ["@a", "@b"]
    frames = [tuple(sorted(frame.items())) for frame in found["shared"]["frames"]]
    assert len(set(frames)) == len(frames) == 6
    assert {"name": "main", "file": "dd"} in found["shared"]["frames"]


def test_units() -> None:
    units = [written(of(unit=unit))["profiles"][0]["unit"] for unit in ("ns", "bytes", "")]
    assert units == ["nanoseconds", "bytes", "none"]


def test_one_map_of_several() -> None:
    assert len(written(of("@a"), of("@b"), map="@b")["profiles"]) == 1
