"""`-T`: what this machine can do, found by doing it, and for what is missing how to get it."""

from collections.abc import Callable, Iterator
from typing import TextIO

from ..compiler.host import Feature, Missing
from ..compiler.options import Options
from ..grammar.diagnostic import PlyError
from ..grammar.frozen import dataclass
from ..grammar.source import Source
from .kernel import features

_FEATURES: tuple[tuple[str, Feature], ...] = (
    ("kernel types (BTF)", "btf"),
    ("tracepoint files (tracefs)", "tracefs"),
    ("ring buffer", "ring_buffer"),
    ("kprobes", "kprobes"),
    ("many kprobes at once (fprobe)", "kprobe_multi"),
    ("trampolines at functions (fentry)", "fentry"),
    ("probes in programs and libraries", "uprobes"),
    ("many of them at once", "uprobe_multi"),
    ("the processor's counters (PMU)", "counters"),
    ("the processor's breakpoints", "breakpoints"),
)


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the self-test; `missing` is None where it works, `needed` whether ply is useless without it."""

    what: str
    missing: Missing | None
    needed: bool


def self_test(stream: TextIO) -> int:
    """Print the checks; status 0 where ply can trace at all, else 3."""
    failed = False
    for check in checks():
        mark = "ok     " if check.missing is None else "MISSING" if check.needed else "missing"
        print(f"{mark}  {check.what}", file=stream)
        if check.missing is not None:
            failed = failed or check.needed
            print(f"         {check.missing.why}", file=stream)
            if check.missing.remedy:
                print(f"         {check.missing.remedy}", file=stream)
    return 3 if failed else 0


def checks() -> Iterator[Check]:
    """Privilege, features, then real programs from text to result."""
    yield Check("privilege", features.privilege(), needed=True)
    for what, feature in _FEATURES:
        yield Check(what, features.missing(feature), needed=feature == "ring_buffer")
    yield Check("compile, load and run a program", _attempt(_run_begin), needed=True)
    yield Check("count this process's system calls exactly", _attempt(_count_calls), needed=False)


def _attempt(check: Callable[[], str]) -> Missing | None:
    try:
        problem = check()
    except PlyError as error:
        first = error.diagnostics[0]
        return Missing(first.message, first.help)
    return Missing(problem) if problem else None


def _run_begin() -> str:
    """An aggregation updated in BEGIN has the value it was given."""
    value = _trace("BEGIN { @.sum(42) }", lambda: None)
    return "" if value == 42 else f"a sum of 42 came out as {value}"


def _count_calls() -> str:
    """As many getppid(2) are counted as there were."""
    import os

    calls = 1000

    def work() -> None:
        for _ in range(calls):
            os.getppid()

    value = _trace(f"kprobe:SyS_getppid / pid == {os.getpid()} / {{ @.count() }}", work)
    return "" if value == calls else f"of {calls} calls, {value} were counted"


def _trace(program: str, work: Callable[[], None]) -> object:
    """The value of the program's only map."""
    from .build import build
    from .tracer import Tracer

    built = build(Source("<self-test>", program), Options(), use_cache=False)
    with Tracer(built.artifact) as tracer:
        tracer.load()
        tracer.attach()
        tracer.run("BEGIN")
        tracer.arm()
        work()
        tracer.stop()
        rows = [row for result in tracer.maps() for row in result.rows]
        return rows[0].value if rows else None
