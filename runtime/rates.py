"""Places that come very often: as this machine's own counters say, or as is known of them everywhere.

What /proc counts is measured for a tenth of a second; for the rest there is a list.
"""

import time
from fnmatch import fnmatchcase
from functools import cached_property

from ..compiler.attachment import (
    Attachment,
    BtfTracepoint,
    Counted,
    Fentry,
    Kprobe,
    KprobeMulti,
    RawTracepoint,
    Tracepoint,
    Uprobe,
)

_SECONDS = 0.1
_MANY = 1000
"""Events a second from which on it is worth a word."""
_FUNCTIONS = 500

_COUNTED = {
    "sched_switch": "ctxt",
    "sched_wakeup": "ctxt",
    "sched_waking": "ctxt",
    "sched_stat_runtime": "ctxt",
    "irq_handler_entry": "intr",
    "irq_handler_exit": "intr",
    "softirq_*": "softirq",
    "page_fault_user": "pgfault",
    "__schedule": "ctxt",
    "schedule": "ctxt",
    "finish_task_switch*": "ctxt",
    "try_to_wake_up": "ctxt",
    "handle_mm_fault": "pgfault",
}
"""Tracepoints and functions, and the line of /proc/stat or /proc/vmstat that counts about the same."""

_KNOWN = {
    "sys_enter": "every system call of every process",
    "sys_exit": "every system call of every process",
    "kmalloc": "every allocation in the kernel",
    "kmem_cache_alloc": "every allocation in the kernel",
    "kfree": "every release of memory in the kernel",
    "kmem_cache_free": "every release of memory in the kernel",
    "mm_page_alloc": "every page that is allocated",
    "rcu_*": "the kernel's own bookkeeping, all the time",
    "hrtimer_*": "every timer",
    "timer_*": "every timer",
    "lock_*": "every lock",
    "contention_*": "every lock that is fought for",
    "netif_receive_skb*": "every packet",
    "net_dev_*": "every packet",
    "consume_skb": "every packet",
    "kfree_skb*": "every packet that is dropped",
    "malloc": "every allocation of every program",
    "free": "every release of memory of every program",
    "_raw_spin_*": "every lock",
    "preempt_*": "the kernel's own bookkeeping, all the time",
    "__kmalloc*": "every allocation in the kernel",
    "vfs_read": "every read(2) and its like",
    "vfs_write": "every write(2) and its like",
    "ktime_get*": "every look at the clock",
    "update_curr": "the scheduler, all the time",
}


class Rates:
    """What this machine's counters did in a tenth of a second, measured when first asked for."""

    @cached_property
    def _measured(self) -> dict[str, float]:
        before, began = _counters(), time.monotonic()
        time.sleep(_SECONDS)
        after, took = _counters(), time.monotonic() - began
        return {name: (after[name] - before.get(name, 0)) / took for name in after}

    def of(self, counter: str) -> float:
        """How many a second."""
        return self._measured.get(counter, 0.0)


def _counters() -> dict[str, int]:
    """`ctxt 12345 ...`: the first number of each line is the total."""
    found: dict[str, int] = {}
    for path in ("/proc/stat", "/proc/vmstat"):
        with open(path, encoding="ascii") as file:
            for line in file:
                words = line.split()
                if len(words) > 1 and words[1].isdecimal():
                    found[words[0]] = int(words[1])
    return found


def often(place: Attachment, rates: Rates) -> str:
    """Why a place may come very often; "" for one of which nothing is known."""
    match place:
        case BtfTracepoint(name=name) | RawTracepoint(name=name) | Tracepoint(name=name) | Fentry(function=name):
            return _of_name(name, rates)
        case Kprobe(functions=single, shared=shared) | KprobeMulti(functions=single, shared=shared):
            functions = [*single, *(name for name, _ in shared)]
            if len(functions) > _FUNCTIONS:
                return f"{len(functions)} functions, some of which are called all the time"
            return next(
                (found for name in functions if (found := _of_name(name, rates, of_many=len(functions) > 1))), ""
            )
        case Uprobe(asked=asked, offsets=offsets) if len(offsets) > _FUNCTIONS:
            return f"{len(offsets)} places in {asked}, each of which costs its program a trap"
        case Counted(period=period, number=number, kind=1) if period == 1 and number in (2, 3, 5):
            return _rate(rates.of("ctxt" if number == 3 else "pgfault"))
        case Counted(frequency=frequency) if frequency > _MANY:
            return f"{frequency} samples a second on each CPU"
    return ""


def _of_name(name: str, rates: Rates, of_many: bool = False) -> str:
    counter = next((counter for pattern, counter in _COUNTED.items() if fnmatchcase(name, pattern)), "")
    what = _rate(rates.of(counter)) if counter else _listed(name)
    return f"{name} is {what}" if what and of_many else what


def _rate(rate: float) -> str:
    return f"about {rate:,.0f} a second at this moment" if rate >= _MANY else ""


def _listed(name: str) -> str:
    return next((what for pattern, what in _KNOWN.items() if fnmatchcase(name, pattern)), "")
