"""Every way to attach, in the real kernel: exact counts while attached, none after, and errors that name the probe."""

import os
import threading
import time
from collections.abc import Callable

import pytest
from objects import COUNT, COUNT_MINE, entry
from plytrace.compiler.attachment import (
    Attachment,
    BtfTracepoint,
    Counted,
    Fentry,
    Kprobe,
    KprobeMulti,
    Once,
    RawTracepoint,
    Timer,
    Tracepoint,
)
from plytrace.grammar.diagnostic import HostError
from plytrace.runtime.attach import attach
from plytrace.runtime.attached import detach
from plytrace.runtime.kernel import features
from plytrace.runtime.kernel.object import BpfObject

pytestmark = pytest.mark.booted

Opener = Callable[..., BpfObject]

FUNCTION, DESCRIBED = "__x64_sys_getppid", "__x64_sys_getsid"
"""The second one uses its argument: of others, BTF has no prototype."""


PLACES: list[Attachment] = [
    BtfTracepoint("sys_enter"),
    RawTracepoint("sys_enter"),
    Tracepoint("syscalls", "sys_enter_getppid"),
]
if features.kprobes() is None:
    PLACES += [Kprobe((FUNCTION,)), Kprobe((FUNCTION,), on_return=True)]
if features.kprobe_multi() is None:
    PLACES += [KprobeMulti((FUNCTION, "__x64_sys_getsid")), KprobeMulti((FUNCTION,), on_return=True)]
if features.fentry() is None:
    PLACES += [Fentry(DESCRIBED), Fentry(DESCRIBED, on_return=True)]


@pytest.mark.parametrize("place", PLACES, ids=lambda place: str(place.section))
def test_every_call_of_a_thread_is_counted(load: Opener, place: Attachment) -> None:
    item = load({"mine": (place.section, COUNT_MINE)})
    state = item.state()

    def call() -> None:
        state[1] = threading.get_native_id()
        for _ in range(777):
            os.getsid(0) if isinstance(place, Fentry) else os.getppid()
        state[1] = 0

    with attach(item, entry("mine", place)):
        thread = threading.Thread(target=call)
        thread.start()
        thread.join()
        seen = state[0]
    # Raw tracepoints see the thread's other system calls, too: a few for its start and end.
    assert seen == 777 if not isinstance(place, BtfTracepoint | RawTracepoint) else 777 <= seen < 777 + 100
    call()
    assert state[0] == seen


@pytest.mark.parametrize("clock", [Counted(1, 0, frequency=99), Counted(1, 0, 5_000_000)], ids=["frequency", "period"])
def test_the_cpu_clock_samples_what_runs(load: Opener, clock: Counted) -> None:
    item = load({"mine": ("perf_event", COUNT_MINE)})
    item.state()[1] = threading.get_native_id()
    with attach(item, entry("mine", clock)):
        start = time.thread_time()
        while time.thread_time() - start < 1:
            pass
    # Never too many; an emulated CPU is late at times and then skips what it has missed.
    assert 0.5 < item.state()[0] / (clock.frequency or 1e9 / clock.period) < 1.1


def test_timers_and_once_have_no_place(load: Opener) -> None:
    item = load({"count": ("raw_tp", COUNT)})
    for place in (Timer(1000), Once("END")):
        attached = attach(item, entry("count", place))
        assert not attached.links and not attached.events
        attached.close()


@pytest.mark.parametrize(
    ("place", "code"),
    [
        (Tracepoint("syscalls", "no_such"), "no-tracepoint"),
        (RawTracepoint("no_such"), "no-tracepoint"),
        (Counted(1, 0, frequency=100_000_000), "sample-rate"),
        (Kprobe((FUNCTION, "no_such")), "no-function" if features.kprobes() is None else "no-kprobes"),
        (KprobeMulti((FUNCTION, "no_such")), "no-function" if features.kprobe_multi() is None else "no-fprobe"),
    ],
)
def test_a_place_that_is_not_there_names_the_probe(load: Opener, place: Attachment, code: str) -> None:
    section = "raw_tp" if isinstance(place, RawTracepoint) else place.section
    if isinstance(place, Tracepoint):
        section = "tp"
    item = load({"count": (section, COUNT)})
    with pytest.raises(HostError) as caught:
        attach(item, entry("count", place))
    diagnostic = caught.value.diagnostics[0]
    assert diagnostic.code == code and "probe:count" in diagnostic.message and diagnostic.help
    assert code != "no-function" or "no_such" in diagnostic.message


def test_detaching_takes_all_out_and_twice_is_harmless(load: Opener) -> None:
    names = [f"sys_enter_{name}" for name in ("getppid", "getuid", "getgid", "geteuid", "getegid")]
    item = load({name: (f"tp/syscalls/{name}", COUNT) for name in names})
    attached = [attach(item, entry(name, Tracepoint("syscalls", name))) for name in names]
    os.getuid()
    assert item.state()[0] > 0
    detach(attached)
    seen = item.state()[0]
    os.getuid()
    assert item.state()[0] == seen
    detach(attached)
