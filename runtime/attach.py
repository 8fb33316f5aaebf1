"""Put loaded programs in their places in the kernel, run those that have none, and take them out again quickly.

Whatever is attached here ends with the process, however that ends: it is held by file descriptors alone.
"""

import errno
import os
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Self, assert_never

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
from .kernel import bpf, cpus, perf, tracefs
from .kernel.failure import Reason, Reasons, refusal
from .kernel.object import BpfObject

_CLOSERS = 4
_SPARE_FILES = 64


class Attached:
    """What holds one program in place, for `probes` as written. Closing it twice is harmless."""

    def __init__(self, probes: tuple[str, ...]) -> None:
        self.probes = probes
        self.links: list[int] = []
        self.events: list[int] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Take the program out of its places."""
        detach([self])


def attach(object: BpfObject, program: ProgramEntry) -> Attached:
    """Attach a loaded program; timers, signals and `Once` have no place and get an empty `Attached` (see `run`).

    Raises HostError that names the probe as written: `no-tracepoint`, `no-function`, `no-kprobes`, `no-fprobe`,
    `sample-rate`, `no-privilege` or `attach`. Nothing of a program that failed stays attached.
    """
    attached = Attached(program.probes)
    try:
        _place(program.attachment, object.program(program.symbol).fd, attached)
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


def detach(everything: Iterable[Attached]) -> None:
    """Close all, links first: they take no time, where a perf event waits 65 to 90 ms for the kernel's RCU.

    The kernel does much of that under one lock (event_mutex), so four threads close 50 events in 2.0 s, where one
    takes 3.4 s, and more threads do not help. Ring buffer and maps can still be read meanwhile.
    """
    attached = list(everything)
    for one in attached:
        perf.close_all(one.links)
    events = [event for one in attached for event in one.events]
    for one in attached:
        one.events.clear()
    if not events:
        return
    from threading import Thread  # like `features`, `resource` and others below: few runs need it

    helpers = [Thread(target=perf.close_all, args=(events,)) for _ in range(min(_CLOSERS, len(events)) - 1)]
    for helper in helpers:
        helper.start()
    perf.close_all(events)
    for helper in helpers:
        helper.join()


def _place(place: Attachment, program: int, attached: Attached) -> None:
    match place:
        case BtfTracepoint() | Fentry():
            attached.links.append(bpf.attach_raw_tracepoint(program, None))
        case RawTracepoint(name=name):
            attached.links.append(bpf.attach_raw_tracepoint(program, name))
        case Tracepoint(group=group, name=name):
            _connect(perf.open_tracepoint(tracefs.tracepoint_id(group, name)), program, attached)
        case Kprobe():
            _place_kprobes(place, program, attached)
        case KprobeMulti(on_return=on_return):
            attached.links.append(_link_many(program, _present(place), on_return))
        case Uprobe(offsets=offsets, multi=multi):
            from .attach_user import place_uprobes

            _allow_files(0 if multi else 2 * len(offsets))
            place_uprobes(place, program, attached.links, attached.events)
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


def _place_kprobes(place: Kprobe, program: int, attached: Attached) -> None:
    from .kernel import features

    lack = features.kprobes()
    if lack is not None:
        what = f"cannot attach {' '.join(attached.probes)}"
        raise HostError(Diagnostic("no-kprobes", f"{what}: {lack.why}", help=lack.remedy))
    pmu = perf.kprobe_pmu()
    functions = _present(place)
    _allow_files(len(functions))
    for function in functions:
        try:
            event = perf.open_kprobe(pmu, function, place.offset, place.on_return)
        except OSError as error:
            error.filename = function or f"{place.offset:#x}"
            raise
        if place.on_return:
            _link(event, program, attached)
        else:
            _connect(event, program, attached)


def _link(event: int, program: int, attached: Attached) -> None:
    """By a link, which knows how many events were missed; else as all others (Linux before 5.15)."""
    attached.events.append(event)
    try:
        attached.links.append(bpf.attach_perf_event(program, event, 0))
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        perf.connect(event, program)
    else:
        perf.enable(event)


def _place_counters(place: Counted, program: int, attached: Attached) -> None:
    online = cpus.online()
    if place.cpu >= 0 and place.cpu not in online:
        raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))
    for cpu in online if place.cpu < 0 else [place.cpu]:
        event = perf.open_counter(cpu, place.kind, place.number, place.period, place.frequency)
        _connect(event, program, attached)


def _present(place: Kprobe | KprobeMulti) -> Sequence[str]:
    """The functions, without those that are optional and that this kernel lacks; all, if it has none of them."""
    if not place.optional:
        return place.functions
    from .host import LiveHost

    known = frozenset(LiveHost().functions("*"))
    return [name for name in place.functions if name in known] or place.functions


def _allow_files(more: int) -> None:
    """Raise the soft limit of open files, as far as the hard one allows, if `more` files would not fit under it."""
    import resource

    wanted = len(os.listdir("/proc/self/fd")) + more + _SPARE_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))


def _link_many(program: int, functions: Sequence[str], on_return: bool) -> int:
    """One link for all; an OSError for a name that is refused has it as `filename`."""
    try:
        return bpf.attach_kprobe_multi(program, functions, on_return)
    except OSError as error:
        if error.errno in (errno.ESRCH, errno.ENOENT):
            error.filename = functions[_first_refused(program, functions, on_return)]
        raise


def _first_refused(program: int, functions: Sequence[str], on_return: bool) -> int:
    """The index of the first function that the kernel does not take, found by halving: all before it are taken."""
    taken, refused = 0, len(functions)
    while refused - taken > 1:
        middle = (taken + refused) // 2
        try:
            os.close(bpf.attach_kprobe_multi(program, functions[:middle], on_return))
            taken = middle
        except OSError:
            refused = middle
    return taken


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
        case Kprobe():
            barred = Reason(f"the kernel allows no probe in {culprit}", "probe its caller", "no-function")
            split = Reason(f"no instruction of {culprit} begins at this offset", "", "no-function")
            absent = _absent(f"function {culprit} to probe", f"k:*{culprit}", "no-function")
            return {errno.ENOENT: absent, errno.EINVAL: barred, errno.EADDRNOTAVAIL: barred, errno.EILSEQ: split}
        case KprobeMulti():
            lack = Reason(
                "the kernel has no kprobe_multi links (CONFIG_FPROBE)", "use one kprobe a function", "no-fprobe"
            )
            absent = _absent(f"function {culprit} to probe", f"k:*{culprit}", "no-function")
            return {errno.ENOENT: absent, errno.ESRCH: absent, errno.EOPNOTSUPP: lack, errno.EINVAL: lack}
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
