"""A loaded script: attach it, arm it, read its events, maps and losses, take it out again.

    with Tracer(artifact) as tracer: tracer.start(); ...; tracer.stop(); tracer.maps()

All probes count from the same instant (`arm`) to the same instant (`stop`): programs look at a shared word first.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext
from functools import cache, partial
from operator import setitem
from types import TracebackType
from typing import TYPE_CHECKING, Self

from ..compiler.artifact import Artifact, ProgramEntry, StateLayout
from ..compiler.attachment import BtfTracepoint, Once, Signal, Timer, Watch
from ..compiler.attachment import Iterator as KernelList
from ..compiler.schema import LossPlace, MapSchema
from ..grammar.frozen import replace
from .attach import attach, attach_to_process, nothing, places, run
from .attached import Attached, detach, missed
from .kernel import cpus
from .kernel.object import BpfObject, VerifierError
from .kernel.ring import RingBuffer
from .maps import Entry, read_map
from .results import MapResult, Order
from .silences import Silence
from .symbols import KernelSymbols
from .world import LiveWorld

if TYPE_CHECKING:
    from .processes import Processes
    from .progress import Progress
    from .user_symbols import UserSymbols

SILENT = frozenset({"BEGIN", "END", "interval", "profile", "hardware", "iter", "signal"})
"""Providers of which it is no news that they saw nothing."""


def shown_maps(artifact: Artifact) -> tuple[MapSchema, ...]:
    """The maps of a script in their order, without what each thread has for itself: nobody has asked for that."""
    return tuple(schema for schema in artifact.maps if not schema.name.startswith("self->"))


def signals(artifact: Artifact) -> dict[int, ProgramEntry]:
    """The programs that run when a signal comes, by its number."""
    found = ((program.attachment, program) for program in artifact.programs)
    return {place.number: program for place, program in found if isinstance(place, Signal)}


_MUCH = 20
"""Places, one after the other, from which on it may take a second."""


_AT_ONCE = 256 << 20
"""Bytes up to which a map's memory is taken beforehand. What is taken late is refused in bursts of new keys: counted,
but lost (6.1 lost 20 of 30 first updates of a histogram so)."""


class Tracer:
    """One run of an artifact in the kernel. Raises HostError where the kernel refuses.

    `waiting` gives what is to be told how attaching and detaching come along, where there is much of it.
    """

    def __init__(self, artifact: Artifact, waiting: "Callable[[], Progress] | None" = None) -> None:
        self.artifact = artifact
        self._waiting = waiting
        self.object = BpfObject.open(artifact.object)
        self.attached: list[Attached] = []
        self.ring: RingBuffer | None = None
        self.processes: Processes | None = None
        self.order = Order()
        self._missed_before: dict[LossPlace, int] = {}
        self._missed_at_end: dict[LossPlace, int] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def load(self) -> None:
        """Load programs and maps; a program that the verifier refuses is explained at its place in the script."""
        for schema in self.artifact.maps:
            if schema.kind == "percpu_hash" and schema.entries * schema.value_size * cpus.possible() > _AT_ONCE:
                for symbol in filter(None, (schema.symbol, schema.spare)):
                    self.object.take_memory_late(symbol)
        for program in self.artifact.programs:
            if isinstance(program.attachment, BtfTracepoint) and program.attachment.type_id:
                self.object.aim(program.symbol, program.attachment.type_id)
        try:
            self.object.load()
        except VerifierError as error:
            from .refused import explain

            raise explain(error, self.artifact) from None
        self.state = self.object.state()
        if self.artifact.ring_bytes:
            self.ring = RingBuffer(self.object.map("ply_events").fd, self.artifact.ring_bytes)
        self.symbols = KernelSymbols()
        self.world = LiveWorld(self.artifact, self.symbols, self._read_stack)
        if any(schema.spare for schema in self.artifact.maps):
            from .swapping import Spares

            self.spares = Spares(self.artifact.maps, self.object.map, partial(setitem, self.state, StateLayout.SIDE))
        if self.artifact.processes:
            self._know_processes()

    def attach(self) -> None:
        """Attach all programs; nothing is counted before `arm`."""
        total = sum(places(program.attachment) for program in self.artifact.programs)
        with self._progress("attaching", total) as progress:
            for program in self.artifact.programs:
                self.attached.append(attach(self.object, program, progress.step if progress else nothing))

    def _progress(self, doing: str, total: int) -> "AbstractContextManager[Progress | None]":
        if self._waiting is None or total < _MUCH:
            return nullcontext()
        return self._waiting().of(doing, total)

    def lists(self) -> list[int]:
        """The links of attached programs that go through one of the kernel's lists."""
        pairs = zip(self.artifact.programs, self.attached, strict=False)
        return [attached.links[0] for program, attached in pairs if isinstance(program.attachment, KernelList)]

    @property
    def passive(self) -> bool:
        """Whether nothing can happen but what user space itself asks for."""
        return all(isinstance(program.attachment, KernelList | Once) for program in self.artifact.programs)

    def watches(self) -> list[ProgramEntry]:
        """The programs that are for one process alone."""
        found = ((program.attachment, program) for program in self.artifact.programs)
        return [program for place, program in found if isinstance(place, Watch) and place.user]

    def watch(self, process: int) -> None:
        """Attach those to a process that runs its program."""
        for program in self.watches():
            self.attached.append(attach_to_process(self.object, program, process))

    def _know_processes(self) -> None:
        """Learn what is mapped where, before the first event: a process may be gone when its stack gets its names."""
        from .processes import Processes

        known = self.processes = Processes()

        @cache
        def symbols() -> "UserSymbols":
            from .user_symbols import UserSymbols  # reading ELF files takes 80 ms to import: not before the trace

            return UserSymbols(known)

        self.world = LiveWorld(
            self.artifact,
            self.symbols,
            self._read_stack,
            lambda process, address, called: symbols().frame(process, address, called),
        )

    def keep_up(self) -> None:
        """Do what has to be done several times a second."""
        if self.processes is not None:
            self.processes.keep_up()

    def _read_stack(self, number: int) -> bytes | None:
        return self.object.map("ply_stacks").lookup(number.to_bytes(8, "little"))

    def run(self, when: str) -> None:
        """Run the programs of BEGIN or END, in script order."""
        if when == "BEGIN":
            self.state[StateLayout.BEGAN] = time.monotonic_ns()
            self.state[StateLayout.EPOCH] = time.time_ns() - time.monotonic_ns()
            self.state[StateLayout.CPUS] = len(cpus.online())
        for program in self.artifact.programs:
            if program.attachment == Once("BEGIN" if when == "BEGIN" else "END"):
                run(self.object, program)

    def tick(self, program: ProgramEntry) -> None:
        """Run the program of a timer or of a signal once."""
        run(self.object, program)

    def timers(self) -> list[tuple[int, ProgramEntry]]:
        """The timers' periods in nanoseconds, and their programs."""
        found = ((program.attachment, program) for program in self.artifact.programs)
        return [(place.period_ns, program) for place, program in found if isinstance(place, Timer)]

    def aim(self, target: int) -> None:
        """Set `$target`: the pid of the traced command, or the one that was given."""
        self.state[StateLayout.TARGET] = target

    def arm(self) -> None:
        """Begin to count, on all probes at once."""
        self._missed_before = self._missed()
        self._missed_at_end = None
        self.state[StateLayout.ARMED] = 1

    def stop(self) -> None:
        """Count no more, on all probes at once."""
        self.state[StateLayout.ARMED] = 0
        if self._missed_at_end is None:
            self._missed_at_end = self._missed()

    @property
    def armed(self) -> bool:
        """Whether events count; the script's `exit` ends that."""
        return self.state[StateLayout.ARMED] != 0

    def sleep(self, asleep: bool) -> None:
        """Tell the programs whether to wake this process for the next event."""
        self.state[StateLayout.ASLEEP] = int(asleep)

    def behind(self) -> bool:
        """Whether so many events came meanwhile that there is no time to rest."""
        return self.ring is not None and self.ring.pending > self.ring.size // 8

    def maps(self) -> Iterator[MapResult]:
        """Every map that is not empty, in script order."""
        now = time.monotonic_ns()
        for schema in shown_maps(self.artifact):
            result = self.map(schema, since=now)
            if result.rows:
                yield result

    def map(self, schema: MapSchema, top: int = 0, since: int = 0) -> MapResult:
        """A map as it is now, in this run's `order`, its `top` largest rows where the script says so.

        With `since`, a time of CLOCK_MONOTONIC, it may be as it was at any time after that.
        """
        entries = self._entries(schema, since)
        whole = None if schema.spare else self.object.map(schema.symbol).whole
        if not top:
            return read_map(entries, schema, self.world, self.order, whole=whole)
        # A script that asks for ten rows knows that there may be more.
        result = read_map(entries, schema, self.world, self.order._replace(top=top), whole=whole)
        return replace(result, left_out=0)

    def _entries(self, schema: MapSchema, since: int) -> Iterator[Entry]:
        if not schema.spare:
            return self.object.map(schema.symbol).items()
        self.spares.turn(since)
        return self.spares.items(schema)

    def clear(self, schema: MapSchema) -> None:
        """Empty a map, or forget what was shown of it where it has a spare copy."""
        if schema.spare:
            self.spares.clear(schema)
        else:
            self.object.map(schema.symbol).clear()

    def zero(self, schema: MapSchema) -> None:
        """Set all values of a map to zero; its keys stay."""
        entries = self.object.map(schema.symbol)
        for key, _ in list(entries.items()):
            entries.update(key, bytes(entries.stride))

    def losses(self) -> Iterator[tuple[LossPlace, int]]:
        """What was lost so far, by place."""
        first = self.artifact.state.lost
        for index, place in enumerate(self.artifact.losses):
            if self.state[first + index]:
                yield place, self.state[first + index]
        if self.artifact.waits and not self.armed:
            stuck = sum(1 for _ in self.object.map("ply_waiting").items())
            if stuck:
                problem = "system calls had not returned at the end, and their strings were not in memory before"
                yield LossPlace("strings", "call not returned", problem, "events", "let the run last longer"), stuck
        if self.processes is not None and self.processes.lost:
            problem = "the kernel had more news of processes than could be read"
            remedy = "some addresses of processes that have ended show as numbers"
            yield LossPlace("ustack", "process events", problem, "events", remedy), self.processes.lost
        for place, count in (self._missed_at_end or self._missed()).items():
            new = count - self._missed_before.get(place, 0)
            if new:
                yield place, new

    def _missed(self) -> dict[LossPlace, int]:
        return missed(self.artifact.programs, self.attached, self.object)

    def silences(self) -> Iterator[Silence]:
        """Probes that saw no event, with what happened instead, unless the script has a probe for that, too."""
        seen = self.state[self.artifact.state.seen : self.artifact.state.lost]
        own = {probe.text for probe in self.artifact.probes}
        for probe in self.artifact.probes:
            if seen[probe.seen] or probe.provider in SILENT:
                continue
            others = ((calls, name) for flag, name, calls in probe.siblings if seen[flag] and name not in own)
            instead = next(others, ("", ""))
            yield Silence(probe.text, *instead)

    def left_out(self) -> Iterator[str]:
        """Remarks on patterns of which the kernel does not let all functions be probed."""
        return filter(None, (attached.remark() for attached in self.attached))

    def detach(self) -> None:
        """Take the programs out of their places; maps and losses can still be read. Twice is harmless."""
        total = sum(len(attached.events) for attached in self.attached)
        with self._progress("detaching", total) as progress:
            detach(self.attached, lambda left: progress.at(total - left) if progress else None)
        self.attached.clear()

    def close(self) -> None:
        """Take everything out of the kernel; an interrupt in the middle leaves no part of it undone."""
        with ExitStack() as stack:
            stack.callback(self.object.close)
            if self.processes is not None:
                stack.callback(self.processes.close)
            if self.ring is not None:
                stack.callback(self.ring.close)
                self.ring = None
            stack.callback(self.detach)
