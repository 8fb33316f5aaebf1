"""The text of Prometheus, read back by a parser of its rules."""

import io
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plytrace.compiler.schema import LossPlace
from plytrace.compiler.values import Bucket, Fault, Frame, Histogram, Percentiles, Rate, Stack, Stats, Value
from plytrace.runtime.output import create
from plytrace.runtime.output.protocol import Settings
from plytrace.runtime.results import MapResult, Row

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], str]
SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)')
UNESCAPED = {"\\\\": "\\", '\\"': '"', "\\n": "\n"}


def parsed(text: str) -> tuple[dict[str, str], Samples]:
    """Types by name, and samples; fails where a line is none of this format, or a metric has no type before it."""
    types: dict[str, str] = {}
    samples: Samples = {}
    assert text.endswith("\n")
    for line in text.removesuffix("\n").split("\n"):
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in types, f"{name} is there twice"
            types[name] = kind
        elif not line.startswith("# HELP "):
            found = SAMPLE.fullmatch(line)
            assert found, line
            inside = found[2] or ""
            labels = [(name, re.sub(r"\\.", lambda it: UNESCAPED[it[0]], text)) for name, text in LABEL.findall(inside)]
            assert ",".join(f"{it[0]}" for it in LABEL.finditer(inside)).replace(",,", ",").rstrip(",") == inside
            assert len({name for name, _ in labels}) == len(labels), f"a label twice: {line}"
            base = re.sub(r"_(bucket|sum|count)$", "", found[1])
            assert base in types or found[1] in types, f"no type before {line}"
            key = (found[1], tuple(labels))
            assert key not in samples, f"{key} is there twice"
            samples[key] = found[3]
    return types, samples


def written(*results: MapResult, losses: int = 0) -> tuple[dict[str, str], Samples, str]:
    stream, messages = io.StringIO(), io.StringIO()
    output = create("prometheus", stream, Settings(messages=messages))
    for result in results:
        output.map(result)
    for number in range(losses):
        output.lost(LossPlace("@", f"reason {number}", "map @ is full", "updates", "raise it"), 10 + number)
    output.end(0, 1.25, 0)
    return *parsed(stream.getvalue()), messages.getvalue()


def of(values: dict[tuple[Value, ...], Value], name: str = "@a", **more: object) -> MapResult:
    names = ("comm", "pid")[: len(next(iter(values)))]
    return MapResult(name, "", names, tuple(Row(key, value) for key, value in values.items()), **more)  # type: ignore[arg-type]


def test_counters_and_gauges() -> None:
    types, samples, _ = written(
        of({("dd", 7): 512, ("sh", 8): 3}, measure="events"), of({(): -1.5}, "@b"), of({(): Rate(3, 0, 10**9)}, "@")
    )
    assert types == {
        "ply_map_a_total": "counter",
        "ply_map_b": "gauge",
        "ply_map": "gauge",
        "ply_run_lost_total": "counter",
        "ply_run_seconds": "gauge",
    }
    assert samples == {
        ("ply_map_a_total", (("comm", "dd"), ("pid", "7"))): "512",
        ("ply_map_a_total", (("comm", "sh"), ("pid", "8"))): "3",
        ("ply_map_b", ()): "-1.5",
        ("ply_map", ()): "2.0",
        ("ply_run_lost_total", ()): "0",
        ("ply_run_seconds", ()): "1.250",
    }


def test_times_are_exact_seconds() -> None:
    _, samples, _ = written(of({(): 1_500_000_001}, unit="ns", measure="total"), of({(): -1}, "@b", unit="ns"))
    assert samples["ply_map_a_seconds_total", ()] == "1.500000001"
    assert samples["ply_map_b_seconds", ()] == "-0.000000001"


def test_buckets_are_cumulated() -> None:
    histogram = Histogram((Bucket(None, -1, 2), Bucket(0, 511, 3), Bucket(512, 1023, 0), Bucket(1024, None, 4)))
    types, samples, _ = written(of({("dd",): histogram}))
    assert types["ply_map_a"] == "histogram"
    buckets = {dict(labels)["le"]: number for (name, labels), number in samples.items() if name == "ply_map_a_bucket"}
    assert buckets == {"-1": "2", "511": "5", "1023": "5", "+Inf": "9"}
    assert samples["ply_map_a_count", (("comm", "dd"),)] == "9"


def test_summaries() -> None:
    buckets = Histogram((Bucket(1, 1, 1), Bucket(2, 3, 99)), "ns")
    types, samples, _ = written(
        of({(): Percentiles(buckets, (0.5, 99.0))}), of({(): Stats(4, 10, 30, 1, 4, "bytes")}, "@b", unit="bytes")
    )
    assert types["ply_map_a"] == types["ply_map_b_bytes"] == "summary"
    assert samples["ply_map_a", (("quantile", "0.005"),)] == "0.000000001"
    assert samples["ply_map_a", (("quantile", "0.99"),)] == "0.000000003"
    assert samples["ply_map_b_bytes_sum", ()] == "10" and samples["ply_map_b_bytes_count", ()] == "4"
    assert samples["ply_map_b_bytes_min", ()] == "1" and samples["ply_map_b_bytes_max", ()] == "4"


def test_losses_are_metrics() -> None:
    _, samples, _ = written(losses=2)
    assert samples["ply_lost_total", (("where", "@"), ("reason", "reason 1"))] == "11"
    assert samples["ply_run_lost_total", ()] == "21"


def test_what_is_no_number_is_told() -> None:
    types, _, said = written(of({("a",): "text", ("b",): "more"}), of({("a",): Fault(), ("b",): 3}, "@b"))
    assert "ply_map_a" not in types and "map @a has values that are no numbers" in said
    assert types["ply_map_b"] == "gauge" and "@b" not in said


@pytest.mark.parametrize(
    ("keys", "labels"),
    [
        (("comm", "comm"), ("comm", "comm_2")),
        (("args.prev_comm", "arg(2)"), ("args_prev_comm", "arg_2")),
        (("1ms", "le", "quantile"), ("key_1ms", "key_le", "key_quantile")),
        (("__x", '"""'), ("x", "key")),
    ],
)
def test_keys_become_labels(keys: tuple[str, ...], labels: tuple[str, ...]) -> None:
    _, samples, _ = written(MapResult("@", "", keys, (Row(tuple("abc"[: len(keys)]), 1),)))
    assert next(iter(samples))[1] == tuple(zip(labels, "abc", strict=False))


def test_a_stack_is_one_label() -> None:
    stack = Stack((Frame(1 << 63, "schedule", 0x1A), Frame(1 << 63, "kthread", 2)))
    _, samples, _ = written(of({(stack,): 1}))
    assert next(iter(samples))[1] == (("comm", "schedule+0x1a;kthread+0x2"),)


@settings(deadline=None)
@given(st.lists(st.text(max_size=12), min_size=1, max_size=5, unique=True))
def test_any_text_of_a_traced_program_is_a_label(names: list[str]) -> None:
    stream = io.StringIO()
    output = create("prometheus", stream, Settings(messages=io.StringIO()))
    output.map(of({(name,): at for at, name in enumerate(names)}))
    output.end(0, 1, 0)
    _, samples = parsed(stream.getvalue())
    assert [number for (name, _), number in samples.items() if name == "ply_map_a"] == list(map(str, range(len(names))))
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", stream.getvalue())
    stream.getvalue().encode()
