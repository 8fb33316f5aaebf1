"""Programs into places of files: one uprobe_multi link, or a perf event for each place where the kernel lacks those."""

import errno
import os
from collections.abc import Callable

from ..compiler.attachment import Uprobe
from .kernel import bpf, perf
from .kernel.failure import Reason, Reasons


def place_uprobes(place: Uprobe, program: int, links: list[int], events: list[int], step: Callable[[], None]) -> None:
    """Attach a program; what holds it in place is added to `links` and `events`, also where it fails half-way.

    `step` is called before each place that is attached to alone.
    """
    counters = place.counters or (0,) * len(place.offsets)
    if place.multi:
        links.append(bpf.attach_uprobe_multi(program, place.path, place.offsets, place.on_return, counters))
        return
    pmu = perf.uprobe_pmu()
    for index, (offset, counter) in enumerate(zip(place.offsets, counters, strict=True)):
        step()
        event = perf.open_uprobe(pmu, place.path, offset, place.on_return, counter)
        events.append(event)
        if len(place.offsets) == 1:
            perf.connect(event, program)
        else:  # the program asks which of them it is
            links.append(bpf.attach_perf_event(program, event, index))
            perf.enable(event)


def uprobe_reasons(place: Uprobe) -> Reasons:
    """What each errno means here."""
    gone = Reason(f"{place.path} is not there any more", "", "no-such-binary")
    barred = Reason(f"the kernel can place no probe at one of the instructions in {place.path}", "probe another place")
    busy = Reason(f"{place.path} is on a file system that cannot be probed", "copy the file elsewhere")
    reasons = {errno.ENOENT: gone, errno.EINVAL: barred, errno.EOPNOTSUPP: barred, errno.EIO: busy}
    if not os.path.exists(place.path):
        return reasons | {errno.EBADF: gone}
    return reasons
