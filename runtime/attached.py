"""What holds programs in their places, what the kernel says they have missed there, and how to let go quickly."""

from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Self

from ..compiler.artifact import ProgramEntry
from ..compiler.schema import LossPlace
from .kernel import bpf, perf
from .kernel.object import BpfObject

_CLOSERS = 4
_NAMED = 5
"""Functions that are named where there are many."""

Step = Callable[[], None]
"""Called before each place that takes its time; what it raises ends the attaching."""


class Attached:
    """What holds one program in place, for `probes` as written. Closing it twice is harmless.

    `barred` are functions that a pattern matches, and that the kernel does not let be probed.
    """

    def __init__(self, probes: tuple[str, ...]) -> None:
        self.probes = probes
        self.links: list[int] = []
        self.events: list[int] = []
        self.barred: list[str] = []

    def remark(self) -> str:
        """What is to be said of those, if there are any."""
        if not self.barred:
            return ""
        names = sorted(self.barred)
        some = ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
        functions = "1 function" if len(names) == 1 else f"{len(names)} functions"
        return f"{', '.join(self.probes)}: the kernel allows no probe in {functions}: {some}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Take the program out of its places."""
        detach([self])


def missed(programs: Iterable[ProgramEntry], everything: Iterable[Attached], object: BpfObject) -> dict[LossPlace, int]:
    """How many there were since the programs were attached, by place and reason, also while nothing was armed."""
    found: dict[LossPlace, int] = {}

    def note(place: LossPlace, count: int) -> None:
        if count:
            found[place] = found.get(place, 0) + count

    for attached in everything:
        probes = ", ".join(attached.probes)
        problem = f"the kernel could not follow all calls of {probes} that were under way at once"
        remedy = "probe fewer functions, or where they are entered"
        place = LossPlace(probes, "missed by the kernel", problem, "events", remedy)
        note(place, sum(map(bpf.missed, attached.links)))
    for program in programs:
        probes = ", ".join(program.probes)
        problem, remedy = f"{probes} was hit again while its program was running", "probe what the program does not use"
        misses = bpf.program_info(object.program(program.symbol).fd).misses
        note(LossPlace(probes, "nested event", problem, "events", remedy), misses)
    return found


def detach(everything: Iterable[Attached], closing: Callable[[int], None] = lambda left: None) -> None:
    """Close all, links first: they take no time, where a perf event waits 65 to 90 ms for the kernel's RCU.

    `closing` is told how many events are left. The kernel does much of that under one lock (event_mutex), so four
    threads close 50 events in 2.0 s, where one takes 3.4 s, and more threads do not help. Ring buffer and maps can
    still be read meanwhile.
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
    perf.close_all(events, closing)
    for helper in helpers:
        helper.join()
