"""Put loaded programs in their places in the kernel, and run those that have none.

Whatever is attached here ends with the process, however that ends: it is held by file descriptors alone.
"""

import errno
import os
from contextlib import suppress
from typing import assert_never

from ..compiler.artifact import ProgramEntry
from ..compiler.attachment import (
    Attachment,
    BtfTracepoint,
    Counted,
    Fentry,
    Iterator,
    Kprobe,
    KprobeMulti,
    Once,
    RawTracepoint,
    Signal,
    Timer,
    Tracepoint,
    Uprobe,
    Watch,
)
from ..grammar.diagnostic import Diagnostic, HostError
from .attached import Attached, Step, detach
from .kernel import bpf, cpus, perf, tracefs
from .kernel.failure import Reason, Reasons, refusal
from .kernel.object import BpfObject

_SPARE_FILES = 64


def nothing() -> None:
    """A step of which nobody wants to know."""


def attach(object: BpfObject, program: ProgramEntry, step: Step = nothing) -> Attached:
    """Attach a loaded program; timers, signals and `Once` have no place and get an empty `Attached` (see `run`).

    `step` is called before each place that takes its time, and may raise to end it there.

    Raises HostError that names the probe as written: `no-tracepoint`, `no-function`, `no-kprobes`, `no-fprobe`,
    `sample-rate`, `no-privilege` or `attach`. Nothing of a program that failed stays attached.
    """
    attached = Attached(program.probes)
    try:
        _place(program.attachment, object.program(program.symbol).fd, attached, step)
    except OSError as error:
        detach([attached])
        raise _refused(program, error) from error
    except BaseException:
        detach([attached])
        raise
    return attached


def attach_to_process(object: BpfObject, program: ProgramEntry, process: int) -> Attached:
    """Attach a program that is for one process alone; HostError as from `attach`, or `not-mapped`."""
    from .attach_watch import NotMapped, open_watch  # few scripts watch memory, and reading ELF files takes 15 ms

    attached = Attached(program.probes)
    place = program.attachment
    assert isinstance(place, Watch)
    try:
        for event in open_watch(place, process):
            _connect(event, object.program(program.symbol).fd, attached)
    except NotMapped:
        what = f"cannot attach {' '.join(program.probes)}"
        message = f"{what}: process {process} does not have {place.path} in its memory"
        help = "what a program loads later can be watched once it has: `-p PID`"
        raise HostError(Diagnostic("not-mapped", message, help=help)) from None
    except OSError as error:
        detach([attached])
        raise _refused(program, error) from error
    return attached


def run(object: BpfObject, program: ProgramEntry) -> None:
    """Run a raw tracepoint program (`Timer`, `Signal`, `Once`) once on this CPU; when this returns, it has run."""
    try:
        bpf.test_run(object.program(program.symbol).fd)
    except OSError as error:
        raise refusal("run", f"cannot run {' '.join(program.probes)}", error) from error


def places(place: Attachment) -> int:
    """How many places are attached to one after the other."""
    match place:
        case Kprobe(functions=functions, shared=shared):
            return len(functions) + len(shared)
        case Uprobe(offsets=offsets, multi=False):
            return len(offsets)
        case _:
            return 1


def _place(place: Attachment, program: int, attached: Attached, step: Step) -> None:
    match place:
        case BtfTracepoint() | Fentry():
            attached.links.append(bpf.attach_raw_tracepoint(program, None))
        case RawTracepoint(name=name):
            attached.links.append(bpf.attach_raw_tracepoint(program, name))
        case Tracepoint(group=group, name=name):
            _connect(perf.open_tracepoint(tracefs.tracepoint_id(group, name)), program, attached)
        case Kprobe():
            from .attach_functions import place_kprobes

            _check_kprobes(attached.probes)
            _allow_files(2 * places(place))
            place_kprobes(place, program, attached, step)
        case KprobeMulti():
            from .attach_functions import place_many

            step()
            place_many(place, program, attached)
        case Uprobe(offsets=offsets, multi=multi):
            from .attach_user import place_uprobes

            _allow_files(0 if multi else 2 * len(offsets))
            place_uprobes(place, program, attached.links, attached.events, step)
        case Counted():
            _place_counters(place, program, attached)
        case Watch(user=True):
            pass  # see `attach_to_process`
        case Watch():
            from .attach_watch import open_watch

            for event in open_watch(place):
                _connect(event, program, attached)
        case Iterator(name=name):
            attached.links.append(bpf.attach_iterator(program, cgroups=name == "cgroup"))
        case Timer() | Signal() | Once():
            pass
        case _:
            assert_never(place)


def _connect(event: int, program: int, attached: Attached) -> None:
    attached.events.append(event)  # first, so that it is closed if the rest fails
    perf.connect(event, program)


def _check_kprobes(probes: tuple[str, ...]) -> None:
    from .kernel import features

    lack = features.kprobes()
    if lack is not None:
        what = f"cannot attach {' '.join(probes)}"
        raise HostError(Diagnostic("no-kprobes", f"{what}: {lack.why}", help=lack.remedy))


def _place_counters(place: Counted, program: int, attached: Attached) -> None:
    online = cpus.online()
    if place.cpu >= 0 and place.cpu not in online:
        raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))
    for cpu in online if place.cpu < 0 else [place.cpu]:
        event = perf.open_counter(cpu, place.kind, place.number, place.period, place.frequency)
        _connect(event, program, attached)


def _allow_files(more: int) -> None:
    """Raise the limit of open files, the hard one too where that is permitted, if `more` would not fit under it."""
    import resource

    wanted = len(os.listdir("/proc/self/fd")) + more + _SPARE_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or wanted <= soft:
        return
    if hard != resource.RLIM_INFINITY and hard < wanted:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, wanted))
            return
        wanted = hard
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _refused(program: ProgramEntry, error: OSError) -> HostError:
    what = f"cannot attach {' '.join(program.probes)}"
    return refusal("attach", what, error, _reasons(program.attachment, error.filename))


def _reasons(place: Attachment, culprit: object) -> Reasons:
    """What each errno means for this way of attaching; `culprit` is the function that was refused."""
    match place:
        case BtfTracepoint(name=name) | RawTracepoint(name=name):
            return {errno.ENOENT: _absent(f"raw tracepoint {name}", name, "no-tracepoint")}
        case Tracepoint(group=group, name=name):
            return {errno.ENOENT: _absent(f"tracepoint {group}:{name}", f"t:*{name}", "no-tracepoint")}
        case Fentry(function=name):
            why = f"the kernel lets no program be at function {name}"
            return {errno.ENOENT: Reason(why, f"try `kprobe:{name}`"), errno.EBUSY: Reason(why, f"try `kprobe:{name}`")}
        case Kprobe() | KprobeMulti():
            from .attach_functions import function_reasons

            return function_reasons(place, culprit)
        case Uprobe():
            from .attach_user import uprobe_reasons

            return uprobe_reasons(place)
        case Counted(frequency=frequency, cpu=cpu):
            absent = Reason("this processor does not count it", "`ply -l hardware` lists what perf knows", "no-counter")
            why = f"{frequency} times a second is more than the sysctl kernel.perf_event_max_sample_rate"
            often = {errno.EINVAL: Reason(why, "sample less often", "sample-rate")} if frequency else {}
            off = Reason(f"there is no CPU {cpu}, or it is off", "`nproc` says how many there are", "no-cpu")
            return {errno.ENOENT: absent, errno.EOPNOTSUPP: absent, **often, **({} if cpu < 0 else {errno.ENODEV: off})}
        case Watch():
            from .attach_watch import watch_reasons

            return watch_reasons(place)
        case Iterator() | Timer() | Signal() | Once():
            return {}
        case _:
            assert_never(place)


def _absent(what: str, pattern: str, code: str) -> Reason:
    return Reason(f"this kernel has no {what}", f"`ply -l '{pattern}*'` lists what there is", code)
