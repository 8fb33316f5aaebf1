r"""mem(P, FORMAT): memory at address P; "128s" is a string of up to 128 bytes, "2wq16s" a record of several values.

kprobe:SyS_open { printf("%s\n", mem(arg(0), "128s")) }
kprobe:SyS_nanosleep { printf("%v\n", mem(arg(0), "2q")) }

Letters, as in Python's module `struct`: b h w q are numbers of 1, 2, 4, 8 bytes, i and l C's int and long (capitals
without a sign), p an address, s a string. A number before one repeats it; before s it is the length. Nothing lies
between them.
"""

from collections.abc import Sequence
from functools import partial

from ..emitter import Pointer
from ..function import Lowering, Parameter, TextFunction
from ..memory import FAULT_MARK, clear, copy_text, fault, read, read_text
from ..records import Item, items
from ..typed import Text, TypedExpression
from ..types import Int, Str, Tuple, Type, slot_size, storage


def _items(arguments: Sequence[TypedExpression]) -> tuple[Item, ...]:
    layout, kind = arguments[1], storage(arguments[0].type)
    assert isinstance(layout, Text) and isinstance(kind, Int)
    return items(layout.value.decode("latin-1"), kind.space)


def _result(arguments: Sequence[TypedExpression], _: object) -> Type:
    types = tuple(item.type for item in _items(arguments))
    return types[0] if len(types) == 1 else Tuple(types)


def _emit(lower: Lowering, arguments: Sequence[TypedExpression], into: Pointer, size: int) -> None:
    """The whole with one read, then each item into its slot."""
    emit, parts = lower.emit, _items(arguments)
    if len(parts) == 1 and isinstance(parts[0].type, Str):
        read_text(lower, arguments[0], into, parts[0].type.size)
        return
    taken = parts[-1].offset + parts[-1].size
    record = lower.memory(taken + 8)
    clear(lower, record, taken + 8)
    result = read(lower, arguments[0], record, emit.constant(taken))
    slots = [sum(slot_size(part.type) for part in parts[:index]) for index in range(len(parts))]
    for part, slot in zip(parts, slots, strict=True):
        _unpack(lower, part, record, emit.move(into, slot))
    strings = [slot for part, slot in zip(parts, slots, strict=True) if isinstance(part.type, Str)]
    fault(lower, result, partial(_mark, lower, into, strings), "show as <fault>" if strings else "count as 0")


def _unpack(lower: Lowering, item: Item, record: Pointer, into: Pointer) -> None:
    """An item of the record, wherever it is in there, into its slot."""
    emit = lower.emit
    match item.type:
        case Int(bits=bits, signed=signed):
            value = emit.constant(0)
            for place in range(item.size):  # byte by byte where it is not aligned; LLVM puts them together where it is
                byte = emit.load(record, item.offset + place, bits=8)
                value = emit.arithmetic("or", value, emit.arithmetic("shl", byte, emit.constant(8 * place)))
            emit.store(into, 0, emit.extend(value, bits, signed))
        case Str(size=size):
            clear(lower, into, slot_size(item.type))
            copy_text(lower, emit.move(record, item.offset), into, size)


def _mark(lower: Lowering, into: Pointer, strings: Sequence[int]) -> None:
    for slot in strings:
        lower.emit.store(lower.emit.move(into, slot), 0, lower.emit.constant(FAULT_MARK))


FUNCTION = TextFunction(
    "mem",
    _result,
    _emit,
    parameters=(Parameter("P"), Parameter("FORMAT", "text-literal")),
    reads=True,
    cuts=True,
)
