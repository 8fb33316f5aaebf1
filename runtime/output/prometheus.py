r"""Prometheus: the text that its scrapers and `node_exporter`'s textfile collector read, one metric for each map.

    # HELP ply_map_reads_total @reads[comm].count()
    # TYPE ply_map_reads_total counter
    ply_map_reads_total{comm="dd"} 512

The format is version 0.0.4 of https://prometheus.io/docs/instrumenting/exposition_formats/. Counts, and sums of what
cannot be negative, are counters, histograms are histograms with cumulated buckets (`le` is inclusive, as ours are),
stats and percentiles are summaries, all other numbers gauges. Times are in seconds. What was lost is a metric too.
Control characters of traced programs are escaped as in text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple, TextIO

from ...compiler.types import Units
from ...compiler.values import Histogram, Percentiles, Rate, Stack, Stats, Value
from ..escape import escape
from ..results import MapResult, Row
from ..show import frames, show
from ._base import AtEnd, Ending, title
from .protocol import Settings

_SUFFIXES = {"ns": "_seconds", "bytes": "_bytes"}
_RESERVED = frozenset({"le", "quantile"})
Labels = tuple[tuple[str, str], ...]

AT_END = True


class _Metric(NamedTuple):
    """A name with its samples: suffix, labels and number of each."""

    name: str
    kind: str
    help: str
    samples: list[tuple[str, Labels, str]]


def create(stream: TextIO, settings: Settings) -> PrometheusOutput:
    """The format `prometheus`."""
    return PrometheusOutput(stream, settings)


class PrometheusOutput(AtEnd):
    """All maps as they are at the end of the run, then the run itself."""

    def document(self, maps: dict[str, MapResult], ending: Ending) -> str:
        """The metrics of each map, the losses, and how long it took."""
        metrics: dict[str, _Metric] = {}
        for result in maps.values():
            found = _metrics(result)
            if not any(metric.samples for metric in found):
                self.note(f"map {result.name} has values that are no numbers")
            for metric in found:
                name = _unused(metric.name, metrics)
                if metric.samples:
                    metrics[name] = metric._replace(name=name)
        for metric in _about(ending):
            metrics[metric.name] = metric
        return "".join(map(_text, metrics.values()))


def _about(ending: Ending) -> Iterator[_Metric]:
    """Metrics of the run itself; losses by place where there were any, their total always."""
    lost: list[tuple[str, Labels, str]] = [
        ("", (("where", place.where), ("reason", place.reason)), str(count)) for place, count in ending.losses.items()
    ]
    if lost:
        yield _Metric("ply_lost_total", "counter", "what was lost, by place and reason", lost)
    total = str(sum(ending.losses.values()))
    yield _Metric("ply_run_lost_total", "counter", "what was lost, at all places", [("", (), total)])
    yield _Metric("ply_run_seconds", "gauge", "how long the run took", [("", (), f"{ending.seconds:.3f}")])


def _metrics(result: MapResult) -> list[_Metric]:
    """The metrics of a map: one, or three for stats."""
    name = _name(f"ply_map_{result.name[1:]}" if result.name[1:] else "ply_map")
    name += _SUFFIXES.get(str(result.unit), "")
    help = escape(title(result))
    names = _label_names(result.key_names)
    rows = [(_labels(result, row, names), row.value) for row in result.rows]
    match result.rows[0].value:
        case Histogram():
            return [_Metric(name, "histogram", help, [sample for row in rows for sample in _buckets(*row)])]
        case Percentiles():
            about = f"{help}: upper bounds"
            return [_Metric(name, "summary", about, [sample for row in rows for sample in _quantiles(*row)])]
        case Stats():
            ends = [(labels, value) for labels, value in rows if isinstance(value, Stats)]
            return [
                _Metric(name, "summary", help, [sample for row in ends for sample in _sums(*row)]),
                _Metric(f"{name}_min", "gauge", help, [("", at, _number(it.min, it.unit)) for at, it in ends]),
                _Metric(f"{name}_max", "gauge", help, [("", at, _number(it.max, it.unit)) for at, it in ends]),
            ]
    counter = result.measure in ("events", "total")
    kind = "counter" if counter else "gauge"
    plain = [("", labels, _plain(value, result.unit)) for labels, value in rows]
    kept = [sample for sample in plain if sample[2]]
    return [_Metric(f"{name}_total" if counter else name, kind, help, kept)]


def _buckets(labels: Labels, value: Value) -> Iterator[tuple[str, Labels, str]]:
    """How many values are at most so large: cumulated, the last bucket without an end. There is no sum to tell."""
    if isinstance(value, Histogram):
        below = 0
        for bucket in value.buckets:
            below += bucket.count
            if bucket.high is not None:
                yield "_bucket", (*labels, ("le", _number(bucket.high, value.unit))), str(below)
        yield "_bucket", (*labels, ("le", "+Inf")), str(below)
        yield "_count", labels, str(below)


def _quantiles(labels: Labels, value: Value) -> Iterator[tuple[str, Labels, str]]:
    if isinstance(value, Percentiles):
        for percent in value.asked:
            _, high = value.percentile(percent)
            bound = "+Inf" if high is None else _number(high, value.histogram.unit)
            yield "", (*labels, ("quantile", f"{percent / 100:.10g}")), bound
        yield "_count", labels, str(value.count)


def _sums(labels: Labels, value: Stats) -> Iterator[tuple[str, Labels, str]]:
    yield "_sum", labels, _number(value.sum, value.unit)
    yield "_count", labels, str(value.count)


def _plain(value: Value, unit: Units) -> str:
    """A value that is one number; nothing where it is none."""
    if isinstance(value, Rate):
        return repr(value.per_second)
    return _number(value, unit) if isinstance(value, int | float) else ""


def _number(number: int | float, unit: Units | str) -> str:
    """In the base unit: seconds for nanoseconds, exact."""
    if unit != "ns":
        return str(int(number)) if isinstance(number, int) else repr(number)
    if isinstance(number, float):
        return repr(number / 1e9)
    whole, part = divmod(abs(number), 10**9)
    return f"{'-' if number < 0 else ''}{whole}.{part:09}".rstrip("0").rstrip(".")


def _labels(result: MapResult, row: Row, names: list[str]) -> Labels:
    texts = (
        escape(";".join(frames(part))) if isinstance(part, Stack) else show(part, escape, units)
        for part, units in result.measured_keys(row)
    )
    return tuple(zip(names, texts, strict=True))


def _label_names(key_names: tuple[str, ...]) -> list[str]:
    """What may be the name of a label, each once: `args.prev_comm` is `args_prev_comm`."""
    names: list[str] = []
    for key in key_names:
        name = _name(key)
        if name in _RESERVED or not name[:1].isalpha():
            name = f"key_{name}".rstrip("_")
        names.append(_unused(name, names))
    return names


def _unused(name: str, taken: dict[str, _Metric] | list[str]) -> str:
    """The name, with a number where it is taken."""
    number = 1
    while (numbered := name if number == 1 else f"{name}_{number}") in taken:
        number += 1
    return numbered


def _name(text: str) -> str:
    """Letters, digits and underlines."""
    return re.sub(r"[^A-Za-z0-9_]+", "_", text).strip("_")


def _text(metric: _Metric) -> str:
    lines = [f"# HELP {metric.name} {_escaped(metric.help)}", f"# TYPE {metric.name} {metric.kind}"]
    for suffix, labels, number in metric.samples:
        inside = ",".join(f'{name}="{_quoted(text)}"' for name, text in labels)
        lines.append(f"{metric.name}{suffix}{f'{{{inside}}}' if inside else ''} {number}")
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    r"""A backslash and a line end as the format wants them: `\\` and `\n`."""
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _quoted(text: str) -> str:
    return _escaped(text).replace('"', '\\"')
