"""The JSON format: one object a line, as the contract shows them."""

import io
import json

from hypothesis import given, settings
from hypothesis import strategies as st
from plytrace.compiler.schema import LossPlace
from plytrace.compiler.values import (
    Bucket,
    Estimate,
    Fault,
    Frame,
    Histogram,
    Percentiles,
    Rate,
    Stack,
    Stats,
    Value,
)
from plytrace.runtime.output import create
from plytrace.runtime.output.json import json_value
from plytrace.runtime.output.protocol import Output, Settings
from plytrace.runtime.results import MapResult, Row, RunInfo


def opened() -> tuple[Output, io.StringIO, io.StringIO]:
    stream, messages = io.StringIO(), io.StringIO()
    return create("json", stream, Settings(messages=messages)), stream, messages


def test_a_run_as_the_contract_shows_it() -> None:
    output, stream, messages = opened()
    output.start(RunInfo(1, "...", "...", "6.12"))
    output.printed(1234567890123, "hello\n")
    output.map(MapResult("@", "count", ("comm", "pid"), (Row(("dd", 1021), 512),)))
    output.map(MapResult("@", "quantize", (), (Row((), Histogram((Bucket(512, 1023, 27),))),)))
    output.lost(
        LossPlace("@", "map full", "map @ is full at 10240 entries", "updates", "raise it with `--map-entries`"), 3976
    )
    output.end(0, 1.02, 3976)
    assert stream.getvalue().splitlines() == [
        '{"type":"start","v":1,"probes":1,"program":"...","host":"...","kernel":"6.12"}',
        '{"type":"print","time":1234567890123,"text":"hello\\n"}',
        '{"type":"map","name":"@","aggregation":"count","keys":["comm","pid"],"rows":[{"key":["dd",1021],"value":512}]}',
        '{"type":"map","name":"@","aggregation":"quantize","keys":[],"rows":[{"key":[],"value":{"count":27,"buckets":'
        '[{"min":512,"max":1023,"count":27}]}}]}',
        '{"type":"lost","where":"@","reason":"map full","count":3976}',
        '{"type":"end","status":0,"seconds":1.02,"lost":3976}',
    ]
    assert "raise it with `--map-entries`" in messages.getvalue()


def test_rows_left_out_are_counted() -> None:
    output, stream, _ = opened()
    output.map(MapResult("@", "count", ("comm",), (Row(("dd",), 512),), left_out=12))
    assert json.loads(stream.getvalue())["left_out"] == 12


def test_values_keep_their_types() -> None:
    stack = Stack((Frame(1, "schedule", 0x1A), Frame(2, "sync", 0, "btrfs"), Frame(0xFF)))
    values: tuple[Value, ...] = (2**64 - 1, -(2**63), 1.5, "é", b"\x00\xff", Fault(), stack, ("a", 1))
    assert json.loads(json.dumps([json_value(value) for value in values])) == [
        18446744073709551615,
        -9223372036854775808,
        1.5,
        "é",
        "00ff",
        None,
        ["schedule+0x1a", "sync+0x0 [btrfs]", "0xff"],
        ["a", 1],
    ]


def test_values_of_several_numbers_are_objects() -> None:
    assert json_value(Stats(2, 2**70, 2**139, -1, 2**64 - 1, "ns")) == {
        "count": 2,
        "sum": 2**70,
        "min": -1,
        "max": 2**64 - 1,
        "avg": 2.0**69,
        "stddev": 0.0,
    }
    asked = Percentiles(Histogram((Bucket(1, 1, 1), Bucket(16, 16, 1), Bucket(17, None, 1))), (50, 99.9))
    assert json_value(asked) == {
        "count": 3,
        "percentiles": [{"p": 50, "low": 16, "high": 16}, {"p": 99.9, "low": 17, "high": None}],
    }
    assert json_value(Rate(101, 0, 10**9)) == 100.0
    assert json.dumps(json_value(Estimate(5, 0.02))) == "5"


def test_open_ends_are_null() -> None:
    ends = Histogram((Bucket(None, -1, 2), Bucket(0, None, 3)))
    assert json_value(ends) == {
        "count": 5,
        "buckets": [{"min": None, "max": -1, "count": 2}, {"min": 0, "max": None, "count": 3}],
    }


@settings(deadline=None)
@given(st.text() | st.binary().map(lambda raw: raw.decode("utf-8", "surrogateescape")))
def test_text_is_true_and_the_line_is_ascii(text: str) -> None:
    output, stream, _ = opened()
    output.printed(1, output.escape(text))
    line = stream.getvalue()
    assert line.isascii() and line.count("\n") == 1
    assert json.loads(line)["text"] == text


def test_notes_are_not_data() -> None:
    output, stream, messages = opened()
    output.note("kprobe:SyS_open: 0 events")
    assert (stream.getvalue(), messages.getvalue()) == ("", "ply: kprobe:SyS_open: 0 events\n")
