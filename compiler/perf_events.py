"""Events that perf(1) knows by name, and how a clause reaches what a sample of them says.

software:page-faults:100   ->   Counted(kind=1, number=2, period=100)       one sample for each hundred faults
"""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from ..grammar.diagnostic import CompileError, Diagnostic
from ..grammar.frozen import dataclass
from ..grammar.render import suggest
from .access import Candidate, Frame, Need, RecordField
from .accesses import ANYWHERE, REGISTERS, STACK
from .ast import ProbeSpec
from .attachment import Counted
from .durations import nanoseconds
from .emitter import Scalar
from .host import Host, Missing
from .literals import integer
from .machine import Machine, machine
from .types import Int, Space

_MOST_HZ = 100_000


@dataclass(frozen=True, slots=True)
class PerfEvent:
    """An event: its number, what one of it is, and each how many are a sample if the script does not say."""

    number: int
    what: str
    period: int = 1


@dataclass(frozen=True, slots=True)
class SampleAccess:
    """The context is `struct bpf_perf_event_data` (include/uapi/linux/bpf_perf_event.h): registers, period, address."""

    name: str
    machine: Machine
    offers: frozenset[Need] = ANYWHERE | STACK | REGISTERS
    space: Space = ""
    hidden_frames: int = 0

    def matches(self, frame: Frame) -> Scalar | None:
        """Every event is meant."""
        return None

    def fields(self) -> Mapping[str, RecordField]:
        """`period`: how many events this one stands for. `addr`: the address that it is about."""
        word = Int(64, signed=False)
        return {
            "period": RecordField(word, self.machine.registers_size, 64, False),
            "addr": RecordField(word, self.machine.registers_size + 8, 64, False),
        }

    def register(self, frame: Frame, name: str) -> Scalar:
        """See `WithRegisters`: of what was interrupted."""
        return frame.emit.load(frame.emit.context(), self.machine.registers[name])

    def argument(self, frame: Frame, index: int) -> Scalar:
        """Not offered."""
        raise AssertionError("a sample has no arguments")

    def result(self, frame: Frame) -> Scalar:
        """Not offered."""
        raise AssertionError("a sample has no result")

    def function(self, frame: Frame) -> Scalar:
        """The probe's own name."""
        return frame.name(self.name)


def event_places(
    spec: ProbeSpec, host: Host, kind: int, known: Mapping[str, PerfEvent], missing: Missing | None
) -> Sequence[Sequence[Candidate]]:
    """One place: a perf event on each CPU. CompileError for a name or a period that is none."""
    name, _, every = spec.target.partition(":")
    event = known.get(name)
    if event is None:
        close = suggest(name, known)
        hint = f"did you mean `{spec.provider}:{close}`?" if close else f"there are {', '.join(known)}"
        message = f"perf knows no {'software' if kind else 'hardware'} event `{name}`"
        raise CompileError(Diagnostic("no-such-event", message, spec.span, help=hint))
    place = _sampled(spec, kind, event, every)
    access = SampleAccess(f"{spec.provider}:{name}", machine(host.machine))
    return [[Candidate("perf_event", place, access, missing)]]


def _sampled(spec: ProbeSpec, kind: int, event: PerfEvent, every: str) -> Counted:
    if not every:
        return Counted(kind, event.number, event.period)
    frequency = every.lower().removesuffix("hz")
    if frequency != every.lower() and frequency.isdecimal() and 0 < int(frequency) <= _MOST_HZ:
        return Counted(kind, event.number, frequency=int(frequency))
    try:
        period = nanoseconds(every) or integer(spec.span, every).value
    except CompileError:
        period = 0
    if 0 < period < 1 << 63:
        return Counted(kind, event.number, period)
    message = f"`{every}` says neither each how many events are a sample, nor how often"
    help = f"write `{spec.provider}:{spec.target.partition(':')[0]}:100`, or `:99hz`"
    raise CompileError(Diagnostic("wrong-period", message, spec.span, help=help))


def event_listing(provider: str, pattern: str, known: Mapping[str, PerfEvent]) -> Sequence[tuple[str, str]]:
    """Each event by its first name, with what it offers and its usual period."""
    named: dict[int, str] = {}
    for name, event in known.items():
        named.setdefault(event.number, name)
    return [
        (f"{provider}:{name}:{known[name].period}", f"{known[name].what}; args.period, args.addr")
        for name in named.values()
        if fnmatchcase(name, pattern) or fnmatchcase(f"{name}:{known[name].period}", pattern)
    ]
