"""The Python API without a kernel: what is loaded when, maps as mappings, errors that read well, types for checkers."""

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import plytrace
import pytest
from plytrace.compiler.effects import Conversion
from plytrace.compiler.schema import LossPlace
from plytrace.compiler.values import Bucket, Frame, Stack, Value
from plytrace.runtime import api
from plytrace.runtime.api.event import Recorder
from plytrace.runtime.api.result import LossError
from plytrace.runtime.api.stdio import Redirection
from plytrace.runtime.api.trace import Trace
from plytrace.runtime.format import printf
from plytrace.runtime.results import MapResult, Row, ordered

ROOT = Path(__file__).parent.parent.parent


def a_map(rows: dict[Any, Value], names: Sequence[str] = ("comm",), aggregation: str = "count") -> plytrace.Map[Any]:
    found = (Row(key if isinstance(key, tuple) else (key,), value) for key, value in rows.items())
    return plytrace.Map(MapResult("@", aggregation, tuple(names), ordered(found)))


def histogram(*counts: int) -> plytrace.Histogram:
    return plytrace.Histogram(tuple(Bucket(1 << at, (2 << at) - 1, count) for at, count in enumerate(counts)))


def test_import_alone_is_cheap() -> None:
    code = "import sys, plytrace; plytrace.__version__; print(*(name for name in sys.modules if 'plytrace.' in name))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.split() == []


def test_the_command_line_loads_no_api() -> None:
    code = "import sys, plytrace.runtime.cli, plytrace.runtime.session; print(*sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not {name for name in shown.split() if name.startswith("plytrace.runtime.api")}


def test_every_name_is_there_and_no_other() -> None:
    assert set(plytrace.__all__) == {*api.__all__, "__version__"}
    assert set(plytrace.__all__) <= set(dir(plytrace))
    for name in plytrace.__all__:
        assert getattr(plytrace, name) is not None
    assert not hasattr(plytrace, "no_such_name")


def test_a_map_is_a_mapping_from_key_tuples() -> None:
    found = a_map({("dd", 1021): 512, ("sh", 7): 3}, ["comm", "pid"])
    assert found.to_dict() == {("dd", 1021): 512, ("sh", 7): 3}
    assert found == {("dd", 1021): 512, ("sh", 7): 3}
    assert found["dd", 1021] == found[("dd", 1021)] == 512
    assert list(found) == [("sh", 7), ("dd", 1021)] and len(found) == 2
    assert [row.value for row in found.rows] == [3, 512] and found.rows[-1].key == ("dd", 1021)
    assert ("dd", 1) not in found and "dd" not in found and found.get("dd") is None
    with pytest.raises(KeyError, match="'dd'"):
        found["dd"]


def test_one_key_needs_no_tuple() -> None:
    found = a_map({"dd": 512, (("a", 1),): 5})
    assert found["dd"] == found[("dd",)] == 512
    assert found["a", 1] == found[("a", 1),] == 5
    assert "dd" in found and ("dd",) in found and "sh" not in found
    with pytest.raises(KeyError, match="'sh'"):
        found["sh"]


def test_a_map_without_keys_has_the_empty_tuple() -> None:
    assert a_map({(): 30}, [])[()] == 30
    with pytest.raises(KeyError):
        a_map({}, [])[()]


def test_the_dict_is_the_callers_own() -> None:
    found = a_map({"dd": 512})
    found.to_dict().clear()
    assert found["dd"] == 512


def test_of_says_what_values_are() -> None:
    found = a_map({"dd": 512})
    assert found.of(int) is found
    with pytest.raises(TypeError, match=r"@ has values of type int, not Histogram"):
        found.of(plytrace.Histogram)


def test_a_map_reads_well() -> None:
    many = a_map({f"p{at}": at for at in range(1, 31)})
    assert repr(many) == "<Map @[comm] count: {'p30': 30, 'p29': 29, 'p28': 28, 'p27': 27, 'p26': 26, ... 25 more}>"
    assert repr(a_map({})) == "<Map @[comm] count: empty>" and str(a_map({})) == "@: empty"
    assert repr(a_map({(): histogram(1, 2)}, [], "quantize")) == "<Map @ quantize: <3 values>>"
    assert repr(a_map({("x", 1): 2}, ["comm", "pid"])) == "<Map @[comm, pid] count: {('x', 1): 2}>"
    assert str(a_map({"dd": 512, "sh": 3})) == "@:\nsh:   3\ndd: 512"
    assert "┤" in str(a_map({(): histogram(1, 2)}, [], "quantize"))
    stack = Stack((Frame(16, "schedule", 1), Frame(17, "kthread", 2)))
    assert repr(a_map({(stack,): 1}, ["stack"])) == "<Map @[stack] count: {<schedule, 2 frames>: 1}>"


def test_a_notebook_gets_a_table_in_which_nothing_is_markup() -> None:
    table = a_map({"<b>\x1b[31m": 1, "dd": 512})._repr_html_()
    assert "<th>comm</th>" in table and table.index("dd") < table.index("&lt;b&gt;\\x1b[31m")
    assert "<b>" not in table and "\x1b" not in table
    assert "and 10 rows with smaller values" in a_map({str(at): at for at in range(60)})._repr_html_()
    drawn = a_map({"<i>": histogram(1, 2)}, aggregation="quantize")._repr_html_()
    assert drawn.startswith("<pre>") and "<i>" not in drawn


def test_a_map_as_json_is_what_the_command_line_prints() -> None:
    assert a_map({("dd", 7): 512}, ["comm", "pid"]).to_json() == {
        "type": "map",
        "name": "@",
        "aggregation": "count",
        "keys": ["comm", "pid"],
        "rows": [{"key": ["dd", 7], "value": 512}],
    }


def test_maps_say_which_there_are() -> None:
    maps = plytrace.Maps(("@", "@x"), {"@": a_map({"dd": 1}), "@x": a_map({})}.__getitem__)
    assert list(maps) == ["@", "@x"] and maps["@"]["dd"] == 1 and len(maps["@x"]) == 0
    with pytest.raises(KeyError, match=r"no map x; it has @, @x"):
        maps["x"]
    assert repr(maps) == "{'@': <Map @[comm] count: {'dd': 1}>, '@x': <Map @[comm] count: empty>}"


class Frames:
    """As much of pandas as is used."""

    def __init__(self, rows: list[list[object]], columns: list[str]) -> None:
        self.rows, self.columns, self.attrs = rows, columns, dict[str, object]()


PERCENTILES = plytrace.Percentiles(histogram(1, 99), (50.0, 99.0))
STACK = Stack((Frame(16, "schedule", 1), Frame(17, "kthread", 2)))


@pytest.mark.parametrize(
    ("key", "value", "columns", "rows"),
    [
        ("dd", plytrace.Fault(), ["comm", "value"], [["dd", None]]),
        ("dd", histogram(1, 2), ["comm", "low", "high", "count"], [["dd", 1, 1, 1], ["dd", 2, 3, 2]]),
        (STACK, 3, ["comm", "value"], [["kthread+0x2;schedule+0x1", 3]]),
        (Stack((), "no user stack"), 3, ["comm", "value"], [["<no user stack>", 3]]),
        ("dd", plytrace.Rate(3, 0, 10**9), ["comm", "value"], [["dd", 2.0]]),
        ("dd", plytrace.Estimate(7, 0.02), ["comm", "value"], [["dd", 7]]),
        ("dd", ("a", 1), ["comm", "value"], [["dd", ("a", 1)]]),
        (
            "dd",
            plytrace.Stats(2, 6, 20, 2, 4),
            ["comm", "count", "sum", "min", "max", "avg", "stddev"],
            [["dd", 2, 6, 2, 4, 3.0, 1.0]],
        ),
        ("dd", PERCENTILES, ["comm", "p50 low", "p50 high", "p99 low", "p99 high"], [["dd", 2, 3, 2, 3]]),
    ],
)
def test_frames(
    monkeypatch: pytest.MonkeyPatch, key: Value, value: Value, columns: list[str], rows: list[list[object]]
) -> None:
    pandas = ModuleType("pandas")
    pandas.__dict__["DataFrame"] = Frames
    monkeypatch.setitem(sys.modules, "pandas", pandas)
    frame = a_map({(key,): value}).to_frame()
    assert frame.columns == columns and [list(row) for row in frame.rows] == rows
    assert frame.attrs == {"unit": "", "key_units": ()}
    assert a_map({}, []).to_frame().columns == ["value"]
    twice = a_map({("dd", 1): 512}, ["comm", "comm"]).to_frame()
    assert twice.columns == ["comm", "comm.1", "value"]


def test_values_of_two_runs_add_up() -> None:
    both = histogram(1, 2) + histogram(0, 3, 5)
    assert [bucket.count for bucket in both.buckets] == [1, 5, 5] and both.percentile(50) == (2, 3)
    assert (PERCENTILES + PERCENTILES).count == 200 and (PERCENTILES + PERCENTILES).percentile(1) == (1, 1)
    stats = plytrace.Stats(2, 6, 20, 2, 4) + plytrace.Stats(1, 9, 81, 9, 9)
    assert (stats.count, stats.sum, stats.min, stats.max, stats.avg) == (3, 15, 2, 9, 5.0)
    for value in (histogram(1), PERCENTILES, stats):
        with pytest.raises(TypeError):
            value + 1  # type: ignore[operator]


def test_a_map_as_a_picture(tmp_path: Path) -> None:
    stacks = a_map({("dd", STACK): 512}, ["comm", "stack"])
    svg = stacks.to_flamegraph(tmp_path / "flame.svg")
    assert svg == (tmp_path / "flame.svg").read_text() and svg.startswith("<?xml") and "schedule" in svg
    assert 'data-icicle="yes"' in stacks.to_flamegraph(icicle=True) and 'data-icicle="yes"' not in svg
    with pytest.raises(plytrace.UsageError, match="map @ has no stack in its key"):
        a_map({"dd": 512}).to_flamegraph()
    times = a_map({1: histogram(1, 2), 2: histogram(3)}, ["elapsed / 1s"], "quantize")
    assert times.to_heatmap(tmp_path / "heat.svg") == (tmp_path / "heat.svg").read_text()
    assert "6 values" in times.to_heatmap()
    with pytest.raises(plytrace.UsageError, match="map @ has no histograms"):
        a_map({"dd": 512}).to_heatmap()
    assert "nothing was counted" in a_map({}).to_heatmap() and "nothing was counted" in a_map({}).to_flamegraph()


def test_without_pandas_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match="pip install pandas"):
        a_map({"dd": 1}).to_frame()


def a_result() -> plytrace.Result:
    recorder = Recorder()
    show = printf
    pieces = ("hi ", Conversion("", 0, -1, "s"), "\n")
    recorder.text(lambda record: ("\x1b[31m",), lambda escape: show(pieces, escape))(7, b"")
    recorder.map(lambda _: MapResult("@", "count", (), (Row((), 5),)))(8, b"")
    loss = plytrace.Loss.at(LossPlace("@", "map full", "map @ is full", "updates", "make it larger"), 3)
    maps = plytrace.Maps(("@", "@e"), {"@": a_map({"dd": 512}), "@e": a_map({})}.__getitem__)
    return plytrace.Result(maps, recorder.kept, [loss], [plytrace.Note("k:x: 0 events", "k:x")], 0, 1.0)


def test_a_result_is_true_in_objects_and_escaped_as_text() -> None:
    result = a_result()
    first, second = result.events
    assert isinstance(first, plytrace.Printed) and isinstance(second, plytrace.MapPrinted)
    assert (first.time, first.text, first.values) == (7, "hi \x1b[31m\n", ("\x1b[31m",))
    assert (second.time, second.map.to_dict()) == (8, {(): 5})
    assert "hi \\x1b[31m\n" in result.render() and "\x1b" not in str(result)
    assert str(result).endswith("k:x: 0 events\nmap @ is full: 3 updates lost; make it larger")
    assert [record["type"] for record in result.to_json()] == ["start", "print", "map", "map", "lost", "end"]
    assert result.to_json()[1] == {"type": "print", "time": 7, "text": "hi \x1b[31m\n"}
    assert result.lost == 3 and "&" not in result._repr_html_() and "3 updates lost" in result._repr_html_()
    with pytest.raises(plytrace.UsageError) as caught:
        result.render("no-such-format")
    assert caught.value.diagnostics[0].code == "unknown-format"


def test_a_loss_that_is_an_error_has_the_result() -> None:
    error = LossError(a_result())
    assert error.diagnostics[0].code == "lost" and error.result.lost == 3


def test_wrong_programs_say_where() -> None:
    with pytest.raises(plytrace.CompileError) as caught:
        plytrace.compile("BEGIN { printf( }")
    error = caught.value
    diagnostic = error.diagnostics[0]
    assert diagnostic.code and diagnostic.message and diagnostic.span is not None
    assert error.source is not None and error.source.text == "BEGIN { printf( }"
    assert str(error).startswith(f"error[{diagnostic.code}]") and "<program>:1:" in str(error) and "^" in str(error)


def test_wrong_files_are_named(tmp_path: Path) -> None:
    script = tmp_path / "x.ply"
    script.write_text("BEGIN {\n  printf( }")
    with pytest.raises(plytrace.CompileError, match=r"x\.ply:2:"):
        plytrace.compile(script)
    with pytest.raises(FileNotFoundError):
        plytrace.compile(tmp_path / "none.ply")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"command": "dd if=x"}, "command"),
        ({"command": []}, "no-command"),
        ({"command": ["dd"], "pid": 1}, "two-targets"),
        ({"pid": 0}, "option-value"),
        ({"duration": 0}, "option-value"),
        ({"duration": float("nan")}, "option-value"),
        ({"map_entries": 0}, "option-value"),
        ({"ring_size": 5000}, "option-value"),
        ({"parameters": "abc"}, "parameters"),
        ({"stdout": subprocess.PIPE}, "no-pipe"),
        ({"stdout": subprocess.STDOUT}, "two-outputs"),
        ({"stdout": 1, "capture_output": True}, "two-outputs"),
    ],
)
def test_wrong_arguments(arguments: dict[str, Any], code: str) -> None:
    with pytest.raises(plytrace.UsageError) as caught:
        plytrace.run("BEGIN { exit() }", **arguments)
    assert caught.value.diagnostics[0].code == code
    assert str(caught.value).startswith(f"error[{code}]: ")


def test_redirections_are_subprocess_ones(tmp_path: Path) -> None:
    with (tmp_path / "out").open("wb") as file:
        with Redirection(subprocess.DEVNULL, file, subprocess.STDOUT, False) as streams:
            stdin, stdout, stderr = streams.descriptors
            assert stdout == stderr == file.fileno() and stdin > 2
        assert not file.closed and streams.stdout is None
    with Redirection(None, None, None, True) as streams:
        assert streams.descriptors[0] == 0
        for descriptor, text in zip(streams.descriptors[1:], (b"out", b"err"), strict=True):
            Path(f"/dev/fd/{descriptor}").write_bytes(text)
    assert (streams.stdout, streams.stderr) == (b"out", b"err")


def test_nothing_was_traced_before_the_block() -> None:
    trace = Trace.__new__(Trace)
    trace._result = None
    with pytest.raises(RuntimeError, match="after the `with` block"):
        _ = trace.result


SAMPLE = """
import plytrace
result = plytrace.run("BEGIN { exit() }", command=["true"], duration=1.5)
reveal_type(result.maps["@"])
reveal_type(result.maps["@"].to_dict())
counts = result.maps["@"].of(int)
reveal_type(counts["dd"])
reveal_type([row.value for row in counts.rows])
reveal_type(result.maps["@lat"].of(plytrace.Histogram)[()])
for event in result.events:
    match event:
        case plytrace.Printed(time=time, text=text): reveal_type((time, text))
        case plytrace.MapPrinted(map=found): reveal_type(found)
with plytrace.Trace(plytrace.compile("BEGIN {}"), pid=1) as trace:
    reveal_type(trace)
    for event in trace.events(timeout=1.0): reveal_type(event)
    reveal_type(trace.maps["@"].to_dict())
    reveal_type(trace.losses[0].count)
try: pass
except (plytrace.CompileError, plytrace.HostError, plytrace.UsageError) as error: reveal_type(error.diagnostics)
"""

MISTAKES = """
plytrace.rum("")
plytrace.run(1)
plytrace.run("", durations=1)
"""

REVEALED = [
    "Map[Any]",
    "dict[tuple[Any, ...], Any]",
    "int",
    "list[int]",
    "Histogram",
    "tuple[int, str]",
    "Map[Any]",
    "Trace",
    "Printed | MapPrinted",
    "dict[tuple[Any, ...], Any]",
    "int",
    "tuple[Diagnostic, ...]",
]


def check_types(code: str, home: Path) -> list[str]:
    """What mypy says about a user's program, and nothing of what it says about ours."""
    (home / "sample.py").write_text(code)
    folder = Path(sys.prefix) / "types"  # where `make types` has the package under its name, and mypy's cache
    folder.mkdir(exist_ok=True)
    if not (folder / "plytrace").exists():
        (folder / "plytrace").symlink_to(ROOT)
    words = [sys.executable, "-m", "mypy", "--config-file", "plytrace/pyproject.toml", "--no-pretty", "-m", "sample"]
    environment = {**os.environ, "MYPYPATH": str(home)}
    said = subprocess.run(words, capture_output=True, text=True, cwd=folder, env=environment).stdout
    return [line.partition("sample.py:")[2] for line in said.splitlines() if "sample.py:" in line]


def test_users_get_types_and_are_told_of_mistakes(tmp_path: Path) -> None:
    said = check_types(SAMPLE + MISTAKES, tmp_path)
    shown = [line.partition("Revealed type is ")[2].strip('"') for line in said if "Revealed" in line]
    assert [re.sub(r"([a-z_]+\.)+", "", text) for text in shown] == REVEALED, said
    errors = [line.rpartition("[")[2].rstrip("]") for line in said if ": error:" in line or line.startswith("error:")]
    assert errors == ["attr-defined", "arg-type", "call-arg"], said
