"""`-T`: what this machine can do, found by doing it, and for what is missing how to get it."""

import os
from collections.abc import Callable, Iterator
from functools import partial
from typing import TextIO

from ..compiler.host import Feature, Missing
from ..grammar.diagnostic import PlyError
from ..grammar.frozen import dataclass
from .kernel import features
from .tried import TRIED

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
_NEEDED = "BEGIN"
"""The provider without which nothing works at all."""
_ENDED = {True: "ok", False: "no", None: "--"}


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the self-test; `missing` is None where it works, `needed` whether ply is useless without it.

    `provider` is whose trial it was, `counted` the events that were counted as they should be.
    """

    what: str
    missing: Missing | None
    needed: bool
    provider: str = ""
    counted: str = ""


def self_test(stream: TextIO) -> int:
    """Print the checks; status 0 where ply can trace at all, else 3."""
    failed = False
    series = sorted(TRIED, key=lambda name: [int(part) for part in name.split(".")])
    for check in checks():
        mark = "ok     " if check.missing is None else "MISSING" if check.needed else "missing"
        elsewhere = "  ".join(f"{name} {_ENDED[TRIED[name].get(check.provider)]}" for name in series)
        tried = f"  {check.counted:<14}  elsewhere: {elsewhere}" if check.provider else ""
        print(f"{mark}  {check.what:<20}{tried}".rstrip(), file=stream, flush=True)
        if check.missing is not None:
            failed = failed or check.needed
            print(f"         {check.missing.why}", file=stream)
            if check.missing.remedy:
                print(f"         {check.missing.remedy}", file=stream)
    return 3 if failed else 0


def checks() -> Iterator[Check]:
    """Privilege, features, then a real program of every provider, from text to a count that is known."""
    from .trials import TRIALS, attempt  # the compiler takes longer to import than to say what is missing

    yield Check("privilege", features.privilege(), needed=True)
    for what, feature in _FEATURES:
        yield Check(what, features.missing(feature), needed=feature == "ring_buffer")
    for trial in TRIALS:
        needed = trial.provider == _NEEDED
        problem = _attempt(partial(attempt, trial))
        counted = (
            "" if problem or trial.least < 2 else f"{trial.least}{'' if trial.most == trial.least else '+'} events"
        )
        yield Check(f"probe {trial.provider}", problem, needed, trial.provider, counted)


def _attempt(check: Callable[[], str]) -> Missing | None:
    try:
        problem = check()
    except PlyError as error:
        first = error.diagnostics[0]
        return Missing(first.message, first.help)
    return Missing(problem) if problem else None


def series_of(release: str = "") -> str:
    """`6.12.117+deb12-amd64` -> `6.12`, the series of a kernel; this one's where none is given."""
    return ".".join((release or os.uname().release).split(".")[:2])
