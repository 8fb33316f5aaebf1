r"""join(ARGV [, SEPARATOR]): the strings of an array that ends with a null pointer, one after the other.

kprobe:SyS_execve { printf("%s\n", join(arg1)) }

At most 16 of them, 127 bytes of each, 511 in all, and `…` behind what is longer. SEPARATOR is a literal, a blank where
it is not given.
"""

from collections.abc import Sequence
from functools import partial

from .. import bpf
from ..effects import Print
from ..emitter import Pointer, Scalar
from ..function import Action, ActionFunction, Complaint, Lowering, Parameter, TextFunction
from ..looping import go_through, variable
from ..memory import FAULT_MARK, clear, fault
from ..typed import Apply, Text, TypedExpression
from ..types import Str, Type

SIZE = 512
"""A power of two, so that a mask keeps places within it."""
EACH = 128
MOST = 16


def _separator(arguments: Sequence[TypedExpression]) -> bytes:
    match arguments[1:]:
        case [Text(value=value)]:
            return value
    return b" "


def _result(arguments: Sequence[TypedExpression], _: object) -> Type:
    if len(_separator(arguments)) > 8:
        raise Complaint("wrong-size", "a separator has at most 8 bytes", index=1)
    return Str(SIZE)


def _emit(lower: Lowering, arguments: Sequence[TypedExpression], into: Pointer, size: int) -> None:
    """Each string is read to where the one before it ended; `at` is that place, and all ones behind the last string."""
    emit, separator = lower.emit, _separator(arguments)
    array = lower.number(arguments[0])
    text, pointer = lower.memory(SIZE + EACH + 8), lower.memory(8)
    at, failed, cut = variable(emit), variable(emit), variable(emit)
    clear(lower, text, SIZE + EACH + 8)

    def note(result: Scalar) -> None:
        emit.store(failed, 0, emit.arithmetic("or", emit.load(failed, 0), result))

    def one(number: int) -> None:
        place = emit.arithmetic("add", array, emit.constant(8 * number))
        note(emit.helper(bpf.PROBE_READ_USER, pointer, emit.constant(8), place))  # null where that fails
        where = emit.load(pointer, 0)
        ends = emit.compare("eq", where, emit.constant(0))
        emit.when(ends, lambda: emit.store(at, 0, emit.constant(-1)), lambda: append(number, where))

    def append(number: int, where: Scalar) -> None:
        # Read from memory: else LLVM sees that it is small, takes the mask away, and the verifier does not see it.
        start = _within(lower, emit.load_now(at, 0))
        for byte in separator if number else b"":
            emit.store(emit.move(text, start), 0, emit.constant(byte), bits=8)
            start = _within(lower, emit.arithmetic("add", start, emit.constant(1)))
        count = emit.helper(bpf.PROBE_READ_USER_STR, emit.move(text, start), emit.constant(EACH), where)
        note(count)
        emit.when(emit.compare("eq", count, emit.constant(EACH)), lambda: look_behind(where))
        emit.store(at, 0, emit.arithmetic("add", start, emit.arithmetic("sub", count, emit.constant(1))))

    def look_behind(where: Scalar) -> None:
        emit.store(pointer, 0, emit.constant(0))
        last = emit.arithmetic("add", where, emit.constant(EACH - 1))
        emit.helper_void(bpf.PROBE_READ_USER, pointer, emit.constant(1), last)
        emit.store(cut, 0, emit.arithmetic("or", emit.load(cut, 0), emit.load(pointer, 0)))

    for number in range(MOST):
        emit.when(emit.compare("ult", emit.load(at, 0), emit.constant(SIZE - 1)), partial(one, number))
    emit.store(emit.move(text, SIZE - 1), 0, emit.constant(0), bits=8)
    go_through(emit, SIZE, 8, lambda at, _: emit.store(emit.move(into, at), 0, emit.load(emit.move(text, at), 0)))
    ended = emit.compare("eq", emit.load(at, 0), emit.constant(-1))
    longer = emit.compare("ne", emit.load(cut, 0), emit.constant(0))
    gone_on = emit.arithmetic("or", longer, emit.arithmetic("xor", ended, emit.constant(1)))
    emit.store(into, SIZE - 1, gone_on, bits=8)
    fault(lower, emit.load(failed, 0), lambda: emit.store(into, 0, emit.constant(FAULT_MARK)))


def _within(lower: Lowering, place: Scalar) -> Scalar:
    """A place that the verifier knows to be within the text."""
    return lower.emit.arithmetic("and", place, lower.emit.constant(SIZE - 1))


def _act(arguments: Sequence[TypedExpression]) -> Action:
    """As a statement it prints, as in bpftrace."""
    joined = Apply(arguments[0].span, _result(arguments, None), "join", tuple(arguments))
    return Action(Print(), (joined,))


_PARAMETERS = (Parameter("ARGV"), Parameter("SEPARATOR", "text-literal", optional=True))
FUNCTION = TextFunction(
    "join",
    _result,
    _emit,
    cuts=True,
    parameters=_PARAMETERS,
    statement=ActionFunction("join", _act, parameters=_PARAMETERS),
)
