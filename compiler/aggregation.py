"""How an aggregation is declared: the kernel half that updates a slot, the user half that merges the CPUs' slots.

One file in `compiler/aggregations/` sets `AGGREGATION`, and defines `merge(slots, parameters, kind)`.
A slot is a number of 64-bit words, zero at first, one slot a CPU, so an update never contends.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .emitter import Pointer, Scalar
from .function import Lowering
from .types import Int


@dataclass(frozen=True, slots=True)
class Aggregation:
    """`words` is the size of a slot; `takes_value` whether it is given a number; `parameters` further literals."""

    name: str
    words: Callable[[Int, Sequence[int]], int]
    update: Callable[[Lowering, Pointer, Scalar, Int, Sequence[int], bool], None]
    takes_value: bool = True
    parameters: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
