"""Trace the Linux kernel and user programs with a little language compiled to eBPF.

    import plytrace
    result = plytrace.run("kprobe:SyS_read { @[comm()].count() }", command=["dd", "if=/etc/passwd"])
    result.maps["@"].to_dict()

See `plytrace.run`, `plytrace.Trace` and `plytrace.compile`. Nothing is loaded before it is asked for.
"""

TYPE_CHECKING = False  # as `typing` has it, without the time to import that
if TYPE_CHECKING:
    from .runtime.api import (
        Bucket,
        CompileError,
        Diagnostic,
        Estimate,
        Event,
        Fault,
        Frame,
        Histogram,
        HostError,
        Label,
        Loss,
        LossError,
        Map,
        MapPrinted,
        Maps,
        Note,
        Percentiles,
        PlyError,
        Printed,
        Probe,
        Program,
        Rate,
        Result,
        Row,
        Source,
        Span,
        Stack,
        Stats,
        Trace,
        UsageError,
        compile,
        run,
    )

__version__ = "0.1.0"

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
    "__version__",
    "compile",
    "run",
]

if not TYPE_CHECKING:  # a type checker must know that there are no other names

    def __getattr__(name: str) -> object:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from .runtime import api

        value = getattr(api, name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
