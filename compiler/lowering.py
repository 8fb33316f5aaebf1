"""Expressions as code, and the memory that keys and strings are built in.

Memory is on the BPF stack while it is small, else in a per-CPU scratch slot that belongs to the program. What a
helper returned is computed once on a path: `pid` in a predicate and in a key is one call.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from . import arithmetic, bpf, gathering, modifying, reading, texts
from .access import Access, OfProcesses
from .artifact import StateLayout
from .emitter import Pointer, Scalar
from .function import NumberFunction, TextFunction
from .memory import FAULT_MARK
from .module import Module
from .names import INTERNED
from .registry import aggregations, functions
from .schema import LossPlace, MapSchema
from .typed import (
    Apply,
    Choice,
    Compare,
    Constant,
    ContextField,
    Convert,
    Load,
    Local,
    Modify,
    Operation,
    Part,
    Read,
    StepLocal,
    Target,
    TypedExpression,
)
from .types import Int, Type, slot_size, storage

ON_STACK = 64
STACK_BUDGET = 256
"""Memory of up to ON_STACK bytes is taken from the stack, until a program has used this much of it.

The other half of the kernel's 512 bytes is for what LLVM spills: where it has too little, it ends the process.
"""
_FULL = -7
"""E2BIG: the map has as many entries as it was made for."""


class Lower:
    """Writes one program; the `Lowering` that kernel halves are given."""

    def __init__(self, module: Module) -> None:
        self.module, self.emit = module, module.emit
        self.access: Access
        self.where = ""
        self.locals: dict[str, Pointer] = {}
        self.types: dict[str, Type] = {}
        self._known: list[dict[object, Scalar]] = [{}]
        self._free: dict[int, list[Pointer]] = {}
        self._taken: list[tuple[int, Pointer]] = []
        self._stack = self._scratch = 0
        self.took: Scalar | None = None

    # Where we are

    def scope(self, code: Callable[[], None]) -> None:
        """Code that runs only sometimes: what it computes is not known afterwards."""
        self._known.append({})
        code()
        self._known.pop()

    @contextmanager
    def elsewhere(self) -> Iterator[None]:
        """Code of another function: nothing that was computed or allocated in this one is there."""
        known, free, taken = self._known, self._free, self._taken
        self._known, self._free, self._taken = [{}], {}, []
        yield
        self._known, self._free, self._taken = known, free, taken

    def statement(self, where: str, code: Callable[[], None]) -> None:
        """Code whose memory is free again afterwards; `where` is what its losses are counted under."""
        before, self.where = self.where, where
        taken, scratch = len(self._taken), self._scratch
        code()
        for size, memory in self._taken[taken:]:
            self._free.setdefault(size, []).append(memory)
        del self._taken[taken:]
        self._scratch, self.where = scratch, before

    def memory(self, size: int) -> Pointer:
        """Memory until the end of the statement, not initialised."""
        size = (size + 7) // 8 * 8
        if self._free.get(size):
            found = self._free[size].pop()
        elif size <= ON_STACK and self._stack + size <= STACK_BUDGET:
            self._stack += size
            found = self.emit.stack(size)
        else:
            return self._in_scratch(size)
        self._taken.append((size, found))
        return found

    def _in_scratch(self, size: int) -> Pointer:
        found = self.emit.move(self.emit.scratch(), self._scratch)
        self._scratch += size
        self.module.scratch = max(self.module.scratch, self._scratch)
        return found

    # What functions may use

    def _once(self, key: object, compute: Callable[[], Scalar]) -> Scalar:
        for known in self._known:
            if key in known:
                return known[key]
        return self._known[-1].setdefault(key, compute())

    def once(self, helper: int) -> Scalar:
        """See `Frame.once`."""
        return self._once(helper, lambda: self.emit.helper(helper))

    def name(self, text: str) -> Scalar:
        """See `Frame.name`."""
        return self.emit.constant(INTERNED + self.module.string(text))

    def name_of(self, texts: Sequence[str], index: Scalar) -> Scalar:
        """See `Frame.name_of`. The index is masked: the verifier must see that it stays within the table."""
        emit, room = self.emit, 1 << (len(texts) - 1).bit_length()
        numbers = [INTERNED + self.module.string(text) for text in texts]
        table = emit.table((*numbers, *[0] * (room - len(texts))))
        offset = emit.arithmetic("shl", emit.arithmetic("and", index, emit.constant(room - 1)), emit.constant(3))
        return emit.load(emit.move(table, offset), 0)

    def lose(self, reason: str, problem: str, what: str, remedy: str) -> None:
        """Count a loss here; the words are those of `LossPlace`."""
        word = self.module.loss(LossPlace(self.where, reason, problem, what, remedy))
        self.emit.add_in_place(self.emit.state(word), self.emit.constant(1), shared=True)

    def lose_entry(self, schema: MapSchema, result: Scalar) -> None:
        """Count an entry that could not be made, by its reason."""
        emit = self.emit
        full = f"map {schema.name} is full at {schema.entries} entries"
        memory = f"the kernel had no memory for another entry of map {schema.name}"
        emit.when(
            emit.compare("eq", result, emit.constant(_FULL)),
            lambda: self.lose("map full", full, "updates", "raise it with `--map-entries`"),
            lambda: self.lose("out of memory", memory, "updates", "make it smaller with `--map-entries`"),
        )

    def get_comm(self, into: Pointer) -> None:
        """See `Lowering.get_comm`: some kernels leave what stands behind the name as it was, and it may be a key."""
        self.emit.fill(into, bytes(16))
        self.emit.helper(bpf.GET_CURRENT_COMM, into, self.emit.constant(16))

    def faulted(self, result: Scalar, into: Pointer) -> None:
        """See `Lowering.faulted`."""

        def mark() -> None:
            self.emit.store(into, 0, self.emit.constant(FAULT_MARK))
            self.lose(
                "memory not readable",
                f"memory that {self.where} reads is not there, or not yet in memory",
                "values",
                "they show as <fault>",
            )

        self.emit.when(self.emit.compare("slt", result, self.emit.constant(0)), mark)

    def stack_map(self) -> Pointer:
        """See `Lowering.stack_map`."""
        self.module.stacks = True
        return self.emit.map("ply_stacks")

    def duration(self) -> Scalar:
        """See `Lowering.duration`."""
        assert self.took is not None
        return self.took

    def process(self) -> Scalar:
        """See `Lowering.process`."""
        self.module.processes = True
        return self.emit.arithmetic("lshr", self.once(bpf.GET_CURRENT_PID_TGID), self.emit.constant(32))

    def is_target(self) -> Scalar:
        """Whether the event is one of the process of `-p`, or of none."""
        emit, access = self.emit, self.access
        if isinstance(access, OfProcesses):
            pid = access.process(self)
            if pid is None:
                return emit.constant(1)
        else:
            pid = emit.arithmetic("lshr", self.once(bpf.GET_CURRENT_PID_TGID), emit.constant(32))
        return self.emit.compare("eq", pid, self.emit.load(self.emit.state(StateLayout.TARGET), 0))

    # Expressions

    def number(self, expression: TypedExpression) -> Scalar:
        """Code for an expression that is held in 64 bits."""
        emit = self.emit
        match expression:
            case Constant(value=value):
                return emit.constant(value)
            case Target():
                return emit.load(emit.state(StateLayout.TARGET), 0)
            case Apply(name=name, arguments=arguments):
                function = functions()[name]
                if isinstance(function, TextFunction):
                    return self._slot(expression)
                assert isinstance(function, NumberFunction)
                if function.constant and all(isinstance(argument, Constant) for argument in arguments):
                    return self._once(_identity(expression), lambda: function.emit(self, arguments))
                return function.emit(self, arguments)
            case Local(name=name):
                return emit.load(self.locals[name], 0)
            case StepLocal():
                return self._step(expression)
            case Convert():
                return self._convert(expression)
            case Load():
                return reading.load(self, expression)
            case ContextField(offset=offset, bits=bits, signed=signed):
                return emit.load(emit.context(), offset, bits, signed)
            case Modify():
                return modifying.modify(self, expression)
            case Part(operand=operand, offset=offset):
                return emit.load(self.tuple(operand), offset)
            case Operation():
                return self._operation(expression)
            case Compare():
                return texts.equal(self, expression)
            case Choice(condition=condition, then=then, otherwise=otherwise):
                test = self.number(condition)
                return emit.choose(test, lambda: self._arm(then, test), lambda: self._arm(otherwise, test))
            case Read():
                return self._read(expression)
        raise AssertionError(f"not a number: {expression}")

    def _slot(self, apply: Apply) -> Scalar:
        """A number that a function leaves in memory."""
        memory = self.memory(8)
        self.text(apply, memory, 8)
        return self.emit.load(memory, 0)

    def aside(self, code: Callable[[], Scalar]) -> Scalar:
        """A value on one side of a choice: what it computes is not known afterwards."""
        self._known.append({})
        value = code()
        self._known.pop()
        return value

    def declare(self, variables: Sequence[tuple[str, Type]], looping: bool) -> None:
        """Memory for a clause's local variables, zero at first; LLVM keeps numbers in registers.

        Where the clause goes through a map (`looping`), not on the stack: the verifier would follow their values there,
        and look at the loop's body again for each one that a counter may have.
        """
        self.locals, self.types = {}, dict(variables)
        for name, kind in variables:
            size = slot_size(kind)
            place = self._in_scratch(size) if looping else self.memory(size)
            self.emit.fill(place, bytes(size))
            self.locals[name] = place

    def _step(self, step: StepLocal) -> Scalar:
        emit, place = self.emit, self.locals[step.name]
        old = emit.load(place, 0)
        new = emit.arithmetic("add", old, emit.constant(step.amount))
        emit.store(place, 0, new)
        return old if step.gives_old else new

    def _convert(self, convert: Convert) -> Scalar:
        value = self.number(convert.operand)
        kind = convert.type
        return self.emit.extend(value, kind.bits, kind.signed) if isinstance(kind, Int) else value

    def tuple(self, operand: TypedExpression) -> Pointer:
        """A tuple in memory."""
        if isinstance(operand, Local):
            return self.locals[operand.name]
        size = slot_size(operand.type)
        memory = self.memory(size)
        self.value(operand, size, memory)
        return memory

    def _arm(self, expression: TypedExpression | None, default: Scalar) -> Scalar:
        return self.aside(lambda: self.number(expression) if expression is not None else default)

    def _truth(self, expression: TypedExpression) -> Scalar:
        return self.emit.compare("ne", self.number(expression), self.emit.constant(0))

    def _operation(self, operation: Operation) -> Scalar:
        emit, operator = self.emit, operation.operator
        if operator in ("&&", "||"):
            left = self.number(operation.left)
            settled = emit.constant(operator == "||")
            if operator == "&&":
                return emit.choose(left, lambda: self._arm_truth(operation.right), lambda: settled)
            return emit.choose(left, lambda: settled, lambda: self._arm_truth(operation.right))
        if operator == "^^":
            return emit.arithmetic("xor", self._truth(operation.left), self._truth(operation.right))
        left, second = self.number(operation.left), self.number(operation.right)
        safe = isinstance(operation.right, Constant) and operation.right.value != 0
        return arithmetic.combine(self, operator, left, second, operation.signed, safe)

    def _arm_truth(self, expression: TypedExpression) -> Scalar:
        return self.aside(lambda: self._truth(expression))

    def _read(self, read: Read) -> Scalar:
        emit = self.emit
        schema = self.module.maps[read.map]
        key = self.key(schema, read.keys)
        if schema.aggregation:
            return self.gathered(schema, key)
        found = self.look_up(schema, key)
        return emit.choose(emit.is_null(found), lambda: emit.constant(0), lambda: emit.load(found, 0))

    def gathered(self, schema: MapSchema, key: Pointer) -> Scalar:
        """An aggregation of all CPUs, as one number."""
        return gathering.gathered(self, schema, aggregations()[schema.aggregation], key, self.module.cpus)

    def discard(self, expression: TypedExpression) -> None:
        """Code for the effects of an expression."""
        if isinstance(storage(expression.type), Int):
            self.number(expression)
        else:
            size = slot_size(expression.type)
            self.text(expression, self.memory(size), size)

    def text(self, expression: TypedExpression, into: Pointer, size: int) -> None:
        """See `Lowering.text`."""
        texts.text(self, expression, into, size)

    def whole(self, expression: TypedExpression) -> Pointer:
        """See `Lowering.whole`."""
        return texts.whole(self, expression)

    def copy(self, source: Pointer, into: Pointer, size: int) -> None:
        """A multiple of eight bytes."""
        for offset in range(0, size, 8):
            self.emit.store(into, offset, self.emit.load(source, offset))

    # Maps

    def schema(self, name: str) -> MapSchema:
        """A map of the script."""
        return self.module.maps[name]

    def key(self, schema: MapSchema, keys: Sequence[TypedExpression]) -> Pointer:
        """The key of an entry, in memory. A map without keys has the key zero."""
        memory = self.memory(schema.key_size)
        if not schema.keys:
            self.emit.store(memory, 0, self.emit.constant(0), bits=8 * schema.key_size)
        for field, key in zip(schema.keys, keys, strict=True):
            self.value(key, slot_size(field.type), self.emit.move(memory, field.offset))
        return memory

    def value(self, expression: TypedExpression, size: int, into: Pointer) -> None:
        """A number or a string into a slot of `size` bytes."""
        if isinstance(storage(expression.type), Int):
            self.emit.store(into, 0, self.number(expression))
        else:
            self.text(expression, into, size)

    def look_up(self, schema: MapSchema, key: Pointer) -> Pointer:
        """The slot of a key, or null."""
        return self.emit.helper_pointer(bpf.MAP_LOOKUP, self.emit.map(schema.symbol), key)


def _identity(apply: Apply) -> object:
    """What identifies the value of a call within one event."""
    return (apply.name, tuple(argument.value for argument in apply.arguments if isinstance(argument, Constant)))
