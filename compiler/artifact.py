"""The compiler's result: plain, frozen data that says all there is to load, attach, read and print.

It is the only thing that crosses to the runtime, so it can be cached, shipped and tested from bytes.
"""

from ..grammar.frozen import dataclass
from .attachment import Attachment
from .schema import EventSchema, LossPlace, MapSchema

FORMAT = 3


@dataclass(frozen=True, slots=True)
class ProgramEntry:
    """One BPF program: `symbol` in the object, where it attaches, and the script lines it comes from."""

    symbol: str
    attachment: Attachment
    probes: tuple[str, ...]
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ProbeEntry:
    """A probe as written; `seen` is the index of its flag in the state, `siblings` what to name if it stayed silent.

    A sibling is (flag index, name to try, what programs call instead).
    """

    text: str
    provider: str
    seen: int
    siblings: tuple[tuple[int, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class StateLayout:
    """The shared page `.bss` of 64-bit words: what user space tells the programs, and what they count.

    Word 0 `armed`: programs do nothing while it is zero. Word 1 `asleep`: user space waits for a wake-up.
    Word 2 `target`: the traced command's pid. Word 3 `waiting`: clauses that wait for their call's return.
    Word 4 `began`: when the run began, on the clock of `time`. Word 5 `epoch`: that clock's zero, in nanoseconds since
    1970. Word 6 `cpus`: how many are online. Word 7 `side`: one while programs update the spare copies of maps. Then
    `seen` flags, then `lost` counters, one word each.
    """

    seen: int
    lost: int
    words: int

    ARMED = 0
    ASLEEP = 1
    TARGET = 2
    WAITING = 3
    BEGAN = 4
    EPOCH = 5
    CPUS = 6
    SIDE = 7
    FIRST_FREE = 8


@dataclass(frozen=True, slots=True)
class Artifact:
    """All of a compiled script. `object` is a BPF ELF object; `strings` are the names behind interned numbers.

    `waits` says that clauses may wait for a call to return (`deferral.py`), `processes` that user space has to know
    which files processes have mapped, as it is to name addresses in them.
    """

    source_name: str
    source_text: str
    object: bytes
    programs: tuple[ProgramEntry, ...]
    probes: tuple[ProbeEntry, ...]
    maps: tuple[MapSchema, ...]
    events: tuple[EventSchema, ...]
    losses: tuple[LossPlace, ...]
    strings: tuple[str, ...]
    state: StateLayout
    stack_entries: int = 0
    ring_bytes: int = 0
    waits: bool = False
    processes: bool = False
    machine: str = "x86_64"
