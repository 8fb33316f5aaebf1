"""Strings as words: in memory every string is followed by zeros up to a multiple of eight bytes.

So the first zero byte is the end, and comparing whole words compares strings. The loops below end with the string;
the verifier follows them to the size of its type.
"""

from .emitter import Comparison, Pointer, Region, Scalar
from .function import Complaint, Lowering
from .looping import go_through, variable
from .memory import FAULT_MARK, clear, copy_text, last_byte
from .typed import Text, TypedExpression
from .types import Str, slot_size, storage

LONGEST = 1024
"""Bytes of a string that are gone through one by one."""
_ONES = 0x0101010101010101
_TOPS = 0x8080808080808080
_AFTER_AND_BEFORE: tuple[Comparison, Comparison] = ("ugt", "ult")


def text_size(text: TypedExpression) -> int:
    """Bytes of a string with its terminator, at most."""
    kind = storage(text.type)
    assert isinstance(kind, Str)
    return kind.size


def length(lower: Lowering, text: TypedExpression) -> Scalar:
    """How many bytes there are before the end. The mark of a fault begins with a zero, so it has none."""
    emit, memory = lower.emit, lower.whole(text)
    rest = variable(emit)

    def look(at: Scalar, out: Region) -> None:
        word = emit.load(emit.move(memory, at), 0)
        # The top bit of each byte that is zero, and perhaps of some behind the first such byte (Hacker's Delight, 6-1).
        low = emit.arithmetic("sub", word, emit.constant(_ONES))
        zeros = emit.arithmetic("and", low, emit.arithmetic("xor", word, emit.constant(-1)))
        zeros = emit.arithmetic("and", zeros, emit.constant(_TOPS))

        def found() -> None:
            lowest = emit.arithmetic("and", zeros, emit.arithmetic("sub", emit.constant(0), zeros))
            before = emit.arithmetic("sub", emit.arithmetic("lshr", lowest, emit.constant(7)), emit.constant(1))
            each = emit.arithmetic("and", before, emit.constant(_ONES))  # a one for each byte before the end
            many = emit.arithmetic("mul", each, emit.constant(_ONES))
            emit.store(rest, 0, emit.arithmetic("lshr", many, emit.constant(56)))
            emit.leave(out)

        emit.when(zeros, found)

    whole = go_through(lower.emit, slot_size(text.type), 8, look)
    return emit.arithmetic("add", whole, emit.load(rest, 0))


def order(lower: Lowering, left: TypedExpression, right: TypedExpression, limit: int | None = None) -> Scalar:
    """-1, 0 or 1 for a string that comes before, at or after another; `limit` is how many bytes count."""
    emit = lower.emit
    one, other = lower.whole(left), lower.whole(right)
    # The shorter type has its end within its own bytes, so what differs at all differs there.
    size = min(slot_size(left.type), slot_size(right.type))
    size = size if limit is None else min(size, limit)
    first, second = variable(emit), variable(emit)

    def compare(at: Scalar, out: Region, counted: int = -1) -> None:
        words = [emit.load(emit.move(memory, at), 0) for memory in (one, other)]
        words = [emit.arithmetic("and", word, emit.constant(counted)) for word in words]

        def differ() -> None:
            emit.store(first, 0, words[0])
            emit.store(second, 0, words[1])
            emit.leave(out)

        emit.when(emit.compare("ne", *words), differ)

    def all_words(out: Region) -> None:
        go_through(lower.emit, size // 8 * 8, 8, compare, out)
        if size % 8:
            compare(emit.constant(size // 8 * 8), out, (1 << 8 * (size % 8)) - 1)

    emit.region(all_words)
    # Of the words that differ, the first byte that differs decides: so it has to weigh most.
    first_number, second_number = (swapped(lower, emit.load(it, 0), 64) for it in (first, second))
    after, before = (emit.compare(how, first_number, second_number) for how in _AFTER_AND_BEFORE)
    return emit.arithmetic("sub", after, before)


def position(lower: Lowering, text: TypedExpression, wanted: bytes) -> Scalar:
    """Where a constant occurs first in a string, counted from zero, and -1 where it does not.

    A bit a place in the constant says whether as much of it has just matched (R. Baeza-Yates, G. Gonnet: A New Approach
    to Text Searching, CACM 35(10), 1992), so each byte of the string costs the same, whatever is looked for.
    """
    emit, memory = lower.emit, lower.whole(text)
    places = (sum(1 << at for at, byte in enumerate(wanted) if byte == it) for it in range(256))
    masks, state, found = emit.table(tuple(places)), variable(emit), variable(emit)
    emit.store(found, 0, emit.constant(-1))

    def look(at: Scalar, out: Region) -> None:
        byte = emit.load(emit.move(memory, at), 0, bits=8)
        emit.when(emit.compare("eq", byte, emit.constant(0)), lambda: emit.leave(out))
        mask = emit.load(emit.move(masks, emit.arithmetic("shl", byte, emit.constant(3))), 0)
        longer = emit.arithmetic("or", emit.arithmetic("shl", emit.load(state, 0), emit.constant(1)), emit.constant(1))
        matched = emit.arithmetic("and", longer, mask)
        emit.store(state, 0, matched)

        def here() -> None:
            emit.store(found, 0, emit.arithmetic("sub", at, emit.constant(len(wanted) - 1)))
            emit.leave(out)

        emit.when(emit.arithmetic("and", matched, emit.constant(1 << (len(wanted) - 1))), here)

    go_through(lower.emit, slot_size(text.type), 1, look)
    return emit.load(found, 0)


def join(lower: Lowering, first: TypedExpression, second: TypedExpression, into: Pointer, size: int) -> None:
    """One string behind the other, in `size` bytes; what could not be read of either makes the whole unread.

    "a" + "bc"   ->   copy "a" to 0, which takes 2 bytes; copy "bc" to 2 - 1
    """
    emit, parts = lower.emit, (first, second)
    clear(lower, into, size)
    places = [lower.memory(slot_size(part.type)) for part in parts]
    for part, place in zip(parts, places, strict=True):
        lower.text(part, place, slot_size(part.type))

    def behind(end: Scalar) -> None:
        copy_text(lower, places[1], emit.move(into, end), text_size(second))

    copied = copy_text(lower, places[0], into, text_size(first))
    end = emit.arithmetic("sub", copied, emit.constant(1))
    fits = emit.compare("ult", end, emit.constant(text_size(first)))
    emit.when(fits, lambda: behind(end))
    cut = [emit.load(place, slot_size(part.type) - 1, bits=8) for part, place in zip(parts, places, strict=True)]
    emit.store(into, last_byte(size), emit.arithmetic("or", *cut), bits=8)
    for place in places:
        unread = emit.compare("eq", emit.load(place, 0, bits=16), emit.constant(FAULT_MARK))
        emit.when(unread, lambda: emit.store(into, 0, emit.constant(FAULT_MARK)))


def swapped(lower: Lowering, value: Scalar, bits: int) -> Scalar:
    """The low `bits` with their bytes in the other order; LLVM makes one instruction of it."""
    emit = lower.emit
    result = emit.constant(0)
    for place in range(0, bits, 8):
        byte = emit.arithmetic("and", emit.arithmetic("lshr", value, emit.constant(place)), emit.constant(0xFF))
        result = emit.arithmetic("or", result, emit.arithmetic("shl", byte, emit.constant(bits - 8 - place)))
    return result


def searchable(text: TypedExpression, wanted: TypedExpression) -> None:
    """Refuse what `position` cannot do; these are the first two arguments of a call."""
    assert isinstance(wanted, Text)
    size = len(wanted.value)
    if not 0 < size <= 64:
        raise Complaint("wrong-size", f"what is looked for has 1 to 64 bytes, but this has {size}", index=1)
    if slot_size(text.type) > LONGEST:
        message = f"strings of up to {LONGEST} bytes can be searched, but this may have {slot_size(text.type)}"
        raise Complaint("string-too-long", message, "read less of it: `str(p, 255)`", index=0)
