"""The Python API, as `plytrace` re-exports it: nothing in it prints, installs a signal handler or leaves a thread."""

from ...compiler.values import Bucket, Estimate, Fault, Frame, Histogram, Percentiles, Rate, Stack, Stats
from ...grammar.diagnostic import CompileError, Diagnostic, HostError, Label, PlyError, UsageError
from ...grammar.source import Source, Span
from .event import Event, MapPrinted, Printed
from .map import Map, Maps, Row
from .program import Probe, Program, compile
from .result import Loss, LossError, Note, Result
from .runner import run
from .trace import Trace

__all__ = [
    "Bucket",
    "CompileError",
    "Diagnostic",
    "Estimate",
    "Event",
    "Fault",
    "Frame",
    "Histogram",
    "HostError",
    "Label",
    "Loss",
    "LossError",
    "Map",
    "MapPrinted",
    "Maps",
    "Note",
    "Percentiles",
    "PlyError",
    "Printed",
    "Probe",
    "Program",
    "Rate",
    "Result",
    "Row",
    "Source",
    "Span",
    "Stack",
    "Stats",
    "Trace",
    "UsageError",
    "compile",
    "run",
]
