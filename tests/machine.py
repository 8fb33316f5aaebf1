"""A machine for kernel halves: it is an `Emitter` and a `Lowering`, and computes instead of writing code.

cell = Cell("sum"); cell.put(5, cpu=1); cell.put(-7)     ->     cell.merged() == -2
"""

from array import array
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from plytrace.compiler.emitter import Pointer, Scalar
from plytrace.compiler.registry import aggregations
from plytrace.compiler.types import S64, Int

MASK = (1 << 64) - 1


def signed(number: int) -> int:
    return number - (1 << 64) if number >> 63 else number


class Machine:
    """Computes what the kernel would: a scalar is a number, a pointer a list of words and an offset into it.

    `interrupt` is called before each access to memory.
    """

    emit = property(lambda self: self)
    where = "@"

    def __init__(self, interrupt: Callable[[], None] = lambda: None) -> None:
        self.interrupt, self.lost, self.clock = interrupt, 0, 1000

    def constant(self, value: int) -> Scalar:
        return Scalar(value & MASK)

    def arithmetic(self, operator: str, left: Scalar, right: Scalar) -> Scalar:
        a, b = left.raw, right.raw
        assert operator not in ("shl", "lshr", "ashr") or b < 64, "undefined in LLVM"
        assert operator not in ("udiv", "urem") or b, "undefined in LLVM"
        computed = {
            "add": lambda: a + b, "sub": lambda: a - b, "mul": lambda: a * b, "udiv": lambda: a // b,
            "and": lambda: a & b, "xor": lambda: a ^ b, "shl": lambda: a << b, "lshr": lambda: a >> b,
            "ashr": lambda: signed(a) >> b,
        }[operator]  # fmt: skip
        return Scalar(computed() & MASK)

    def compare(self, operator: str, left: Scalar, right: Scalar) -> Scalar:
        a, b = left.raw, right.raw
        if operator.startswith("s"):
            a, b = signed(a), signed(b)
        found = {"eq": a == b, "ne": a != b, "lt": a < b, "le": a <= b, "gt": a > b, "ge": a >= b}
        return Scalar(int(found[operator[-2:]]))

    def when(self, condition: Scalar, then: Callable[[], None], otherwise: Callable[[], None] | None = None) -> None:
        if condition.raw:
            then()
        elif otherwise:
            otherwise()

    def choose(self, condition: Scalar, then: Callable[[], Scalar], otherwise: Callable[[], Scalar]) -> Scalar:
        return then() if condition.raw else otherwise()

    def _word(self, base: Pointer, offset: int = 0) -> tuple[list[int], int]:
        self.interrupt()
        memory, start = base.raw
        assert (start + offset) % 8 == 0 and 0 <= start + offset < 8 * len(memory), "outside of the slot"
        return memory, (start + offset) // 8

    def load(self, base: Pointer, offset: int) -> Scalar:
        memory, index = self._word(base, offset)
        return Scalar(memory[index])

    load_now = load

    def store(self, base: Pointer, offset: int, value: Scalar) -> None:
        memory, index = self._word(base, offset)
        memory[index] = value.raw

    def fetch(self, operator: str, base: Pointer, value: Scalar) -> Scalar:
        assert operator == "add"
        memory, index = self._word(base)
        before, memory[index] = memory[index], (memory[index] + value.raw) & MASK
        return Scalar(before)

    def add_in_place(self, base: Pointer, value: Scalar, shared: bool) -> None:
        if shared:
            self.fetch("add", base, value)
        else:
            self.store(base, 0, self.arithmetic("add", self.load(base, 0), value))

    def exchange_if(self, base: Pointer, expected: Scalar, value: Scalar) -> Scalar:
        memory, index = self._word(base)
        before = memory[index]
        if before == expected.raw:
            memory[index] = value.raw
        return Scalar(before)

    def move(self, base: Pointer, offset: int | Scalar) -> Pointer:
        memory, start = base.raw
        return Pointer((memory, start + (offset.raw if isinstance(offset, Scalar) else offset)))

    def table(self, numbers: tuple[int, ...]) -> Pointer:
        return Pointer(([number & MASK for number in numbers], 0))

    def memory(self, size: int) -> Pointer:
        return Pointer(([0] * (size // 8), 0))

    def helper(self, number: int) -> Scalar:
        self.clock += 500
        return Scalar(self.clock)

    def lose(self, reason: str, problem: str, what: str, remedy: str) -> None:
        self.lost += 1


class Cell:
    """One entry of a map: a slot a CPU, and values that go into them."""

    def __init__(self, name: str, kind: Int = S64, given: Sequence[int] = (), cpus: int = 3) -> None:
        self.entry, self.kind = aggregations()[name], kind
        self.parameters = self.entry.settle(tuple(given))
        self.slots = [[0] * self.entry.words(kind, self.parameters) for _ in range(cpus)]
        self.machine = Machine()

    def put(self, value: int, cpu: int = 0, shared: bool = False) -> None:
        slot = Pointer((self.slots[cpu], 0))
        self.entry.update(self.machine, slot, Scalar(value & MASK), self.kind, self.parameters, shared)  # type: ignore

    def merged(self) -> Any:
        module = import_module(f"plytrace.compiler.aggregations.{self.entry.name}")
        return module.merge([memoryview(array("Q", slot)) for slot in self.slots], self.parameters, self.kind)


def result(name: str, values: Sequence[int], kind: Int = S64, given: Sequence[int] = ()) -> Any:
    cell = Cell(name, kind, given)
    for number, value in enumerate(values):
        cell.put(value, number % len(cell.slots))
    return cell.merged()
