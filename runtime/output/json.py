"""JSON, one object a line, for programs: `{"type":"print","time":1234567890123,"text":"hello\\n"}`.

Values keep their types and are never escaped for a terminal: the line itself is pure ASCII. Integers are exact
however large; a byte that is not UTF-8 is a lone surrogate `\\udcNN` (Python: `surrogateescape`), raw memory a string
of hexadecimal digits, a failed read null, a stack a list of frames, innermost first. Bounds of buckets and of the
intervals of percentiles belong to them; an open end is null. Times are nanoseconds, a rate is per second.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TextIO

from ...compiler.schema import LossPlace
from ...compiler.values import Fault, Histogram, Percentiles, Rate, Stack, Stats, Value
from ..command import signal_name
from ..results import MapResult, RunInfo
from ..show import frames
from ._base import Base
from .protocol import Settings, Shape

VERSION = 1

Json = None | int | float | str | list["Json"] | dict[str, "Json"]

_encode = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode


def create(stream: TextIO, settings: Settings) -> JsonOutput:
    """The format `json`."""
    return JsonOutput(stream, settings)


class JsonOutput(Base):
    """One object for everything that happens; the first says which version of the format this is."""

    _command: Mapping[str, Json] | None = None

    @property
    def escape(self) -> Callable[[str], str]:
        """Text stays true: JSON has its own escapes."""
        return str

    def start(self, info: RunInfo) -> None:
        """`{"type":"start","v":1,"probes":1,"program":"...","host":"...","kernel":"6.12"}`."""
        head: dict[str, Json] = {"type": "start", "v": VERSION, "probes": info.probes, "program": info.program}
        self._write(head | {"host": info.host, "kernel": info.kernel})

    def printed(self, time_ns: int, text: str) -> None:
        """`{"type":"print","time":1234567890123,"text":"hello\\n"}`."""
        self._write({"type": "print", "time": time_ns, "text": text})

    def shape(self) -> Shape:
        """As `printed` does."""
        return Shape(
            self._write_bytes,
            before='{"type":"print","time":',
            timed=True,
            between=',"text":"',
            after='"}\n',
            literal=lambda text: _encode(text)[1:-1],
            refused=b'\\"',
        )

    def map(self, result: MapResult) -> None:
        """`{"type":"map","name":"@","aggregation":"count","keys":["comm"],"rows":[{"key":["dd"],"value":512}]}`.

        Where only the largest rows are shown, `"left_out":12` says how many are not.
        """
        self._write(map_object(result))

    def lost(self, place: LossPlace, count: int) -> None:
        """`{"type":"lost","where":"@","reason":"map full","count":3976}`, and the remedy for the person beside it."""
        self._write({"type": "lost", "where": place.where, "reason": place.reason, "count": count})
        super().lost(place, count)

    def command(self, status: int) -> None:
        """For the end."""
        self._command = {"status": status} if status >= 0 else {"signal": signal_name(-status)}

    def end(self, status: int, seconds: float, lost_total: int) -> None:
        """`{"type":"end","status":0,"seconds":1.02,"lost":3976}`.

        With a command that has ended, also `"command":{"status":1}`, or `"command":{"signal":"SIGSEGV"}`.
        """
        record: dict[str, Json] = {"type": "end", "status": status, "seconds": round(seconds, 3), "lost": lost_total}
        self._write(record | ({"command": dict(self._command)} if self._command else {}))
        super().end(status, seconds, lost_total)

    def _write(self, record: Mapping[str, Json]) -> None:
        self._stream.write(_encode(record) + "\n")


def map_object(result: MapResult) -> dict[str, Json]:
    """A map as the object that `-f json` prints."""
    rows: list[Json] = [
        {"key": [json_value(value) for value in row.key], "value": json_value(row.value)} for row in result.rows
    ]
    head: dict[str, Json] = {"type": "map", "name": result.name, "aggregation": result.aggregation}
    left_out: dict[str, Json] = {"left_out": result.left_out} if result.left_out else {}
    return head | {"keys": list(result.key_names), "rows": rows} | left_out


def json_value(value: Value) -> Json:
    """A value as JSON has it."""
    match value:
        case int() | float() | str():
            return value
        case bytes():
            return value.hex()
        case Fault():
            return None
        case Stack():
            return list(frames(value))
        case Histogram(buckets=buckets):
            rows: list[Json] = [{"min": each.low, "max": each.high, "count": each.count} for each in buckets]
            return {"count": value.count, "buckets": rows}
        case Percentiles(asked=asked):
            bounds = [(p, *value.percentile(p)) for p in asked]
            found: list[Json] = [{"p": p, "low": low, "high": high} for p, low, high in bounds]
            return {"count": value.count, "percentiles": found}
        case Stats(count=count, sum=total, min=low, max=high):
            exact: dict[str, Json] = {"count": count, "sum": total, "min": low, "max": high}
            return exact | {"avg": value.avg, "stddev": value.stddev}
        case Rate():
            return value.per_second
        case tuple():
            return [json_value(item) for item in value]
