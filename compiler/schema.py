"""The layout of what crosses from kernel to user space: maps, events, loss counters. Data only.

Every value takes a slot of a multiple of eight bytes, in the machine's byte order, at `offset`.
"""

from typing import Literal

from ..grammar.frozen import dataclass
from .effects import Effect
from .types import Type

MapKind = Literal["hash", "percpu_hash", "percpu_array", "lru_hash", "lru_percpu_hash"]


@dataclass(frozen=True, slots=True)
class Field:
    """One value in a record: `name` is what the user wrote (`comm`, `arg2`), or its text."""

    name: str
    type: Type
    offset: int


@dataclass(frozen=True, slots=True)
class MapSchema:
    """A map of the script: `name` as written (`@`, `@lat`), `symbol` in the ELF object.

    `aggregation` names the entry in `compiler/aggregations` that reads the value, "" for a plain value.
    A map without keys has one entry, under the u32 key zero (`percpu_array`). `spare` is the symbol of its second copy,
    where it has one (`swapping.py`).
    """

    name: str
    symbol: str
    kind: MapKind
    keys: tuple[Field, ...]
    key_size: int
    value: Type
    value_size: int
    entries: int
    aggregation: str = ""
    parameters: tuple[int, ...] = ()
    spare: str = ""


@dataclass(frozen=True, slots=True)
class EventSchema:
    """An event in the ring buffer: u64 event number, u64 nanoseconds (CLOCK_MONOTONIC), then the fields.

    `number` is the index into the artifact's `events`; `size` includes the header of 16 bytes.
    """

    number: int
    effect: Effect
    fields: tuple[Field, ...]
    size: int


@dataclass(frozen=True, slots=True)
class LossPlace:
    """A counter of lost data: `where` (`@`, `printf`, ...) and `reason` (`map full`, ...) for programs to read.

    For people: "`problem`: 3976 `what` lost; `remedy`".
    """

    where: str
    reason: str
    problem: str
    what: str
    remedy: str


EVENT_HEADER = 16
