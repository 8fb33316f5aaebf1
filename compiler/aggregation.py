"""How an aggregation is declared: the kernel half that updates a slot, the user half that merges the CPUs' slots.

One file in `compiler/aggregations/` sets `AGGREGATION`, and defines `merge(slots, parameters, kind)`, which gives
None where no value has come yet: a map without keys that was never updated, or an entry just made.
A slot is a number of 64-bit words, zero at first, one slot a CPU, so an update never contends. But programs of
several probes may interrupt each other on one CPU (`shared`): `words.py` has updates that lose nothing then.
"""

from collections.abc import Callable, Sequence

from ..grammar.frozen import dataclass
from .emitter import Pointer, Scalar
from .function import Lowering
from .types import Int, Measure


def as_given(parameters: tuple[int, ...]) -> tuple[int, ...]:
    """Literals without defaults and without limits."""
    return parameters


Each = Callable[[Callable[[Pointer], None]], None]
"""Runs code for the slot of each CPU, one after the other."""


@dataclass(frozen=True, slots=True)
class Aggregation:
    """`words` is the size of a slot; `takes_value` whether it is given a number.

    `parameters` names further literals, and `optional` those that may be left out; `settle` fills in what was left
    out, and refuses what makes no sense with a `Complaint` (argument 0 is the value). `keeps_unit` says that results
    measure what the values do, and `measure` what kind of value they are (`total`: where values are unsigned). The
    size may depend on the type of the value by its sign, but not by its bits: two places of a script that differ in
    those share the map. `read` is the value in a program, for those that are one number there; 64 bits of it.
    `adds` says that `merge` is nothing but the sum of the slots' words, of which each has one; zero is no value yet.
    """

    name: str
    words: Callable[[Int, Sequence[int]], int]
    update: Callable[[Lowering, Pointer, Scalar, Int, Sequence[int], bool], None]
    takes_value: bool = True
    parameters: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    settle: Callable[[tuple[int, ...]], tuple[int, ...]] = as_given
    keeps_unit: bool = True
    read: Callable[[Lowering, Each, Int], Scalar] | None = None
    measure: Measure = "value"
    adds: bool = False
