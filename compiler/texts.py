"""Code for strings and other bytes: left in memory, padded with zeros, marked where they were cut.

str(arg(0), 5) == "/etc/"   ->   both in memory of their own, then a word at a time
"""

from collections.abc import Callable, Mapping
from typing import Protocol

from . import reading
from .emitter import Pointer, Scalar
from .function import Lowering, TextFunction
from .registry import functions
from .typed import Apply, Choice, Compare, ContextField, Local, Part, Read, Text, TextAt, Together, TypedExpression
from .types import Bytes, Str, slot_size, storage


class TextLowering(Lowering, Protocol):
    """What this needs of code generation, beyond what functions may use."""

    @property
    def locals(self) -> Mapping[str, Pointer]:
        """The clause's variables."""

    def scope(self, code: Callable[[], None]) -> None:
        """Code that runs only sometimes."""

    def copy(self, source: Pointer, into: Pointer, size: int) -> None:
        """A multiple of eight bytes."""

    def value(self, expression: TypedExpression, size: int, into: Pointer) -> None:
        """A number or a string into a slot of `size` bytes."""

    def tuple(self, operand: TypedExpression) -> Pointer:
        """A tuple in memory."""


def text(lower: TextLowering, expression: TypedExpression, into: Pointer, size: int) -> None:
    """Code that leaves a string in `size` bytes, the rest of them zero; whether it was cut is in the last one."""
    emit = lower.emit
    own = slot_size(expression.type)
    if size > own:
        emit.fill(emit.move(into, own), bytes(size - own))
        _text(lower, expression, into, own)
        if _may_be_cut(expression):
            emit.store(into, size - 1, emit.load(into, own - 1, bits=8), bits=8)
            emit.store(into, own - 1, emit.constant(0), bits=8)
    else:
        _text(lower, expression, into, own)


def whole(lower: TextLowering, expression: TypedExpression) -> Pointer:
    """A string in memory of its own, without a mark where it was cut."""
    own = slot_size(expression.type)
    memory = lower.memory(own)
    text(lower, expression, memory, own)
    if _may_be_cut(expression):
        lower.emit.store(memory, own - 1, lower.emit.constant(0), bits=8)
    return memory


def _text(lower: TextLowering, expression: TypedExpression, into: Pointer, own: int) -> None:
    emit = lower.emit
    match expression:
        case Text(value=value):
            emit.fill(into, value.ljust(own, b"\0"))
        case Apply(name=name, arguments=arguments):
            function = functions()[name]
            assert isinstance(function, TextFunction)
            kind = storage(expression.type)
            function.emit(lower, arguments, into, kind.size if isinstance(kind, Str | Bytes) else own)
        case Read(map=name, keys=keys):
            schema = lower.schema(name)
            found = lower.look_up(schema, lower.key(schema, keys))
            emit.when(emit.is_null(found), lambda: emit.fill(into, bytes(own)), lambda: lower.copy(found, into, own))
        case Local(name=name):
            lower.copy(lower.locals[name], into, own)
        case TextAt() | ContextField():
            reading.text(lower, expression, into)
        case Together(items=items):
            offset = 0
            for item in items:
                lower.value(item, slot_size(item.type), emit.move(into, offset))
                offset += slot_size(item.type)
        case Part(operand=operand, offset=offset):
            lower.copy(emit.move(lower.tuple(operand), offset), into, own)
        case Choice(condition=condition, then=then, otherwise=otherwise):
            first = then or condition
            emit.when(
                lower.number(condition),
                lambda: lower.scope(lambda: lower.text(first, into, own)),
                lambda: lower.scope(lambda: lower.text(otherwise, into, own)),
            )
        case _:
            raise AssertionError(f"not a string: {expression}")


def equal(lower: TextLowering, compare: Compare) -> Scalar:
    """Equality of strings, a word at a time: behind their ends both are all zero."""
    emit = lower.emit
    left, right = whole(lower, compare.left), whole(lower, compare.right)
    sizes = slot_size(compare.left.type), slot_size(compare.right.type)
    differs = emit.constant(0)
    for offset in range(0, max(sizes), 8):
        pair = zip((left, right), sizes, strict=True)
        words = [emit.load(side, offset) if offset < size else emit.constant(0) for side, size in pair]
        differs = emit.arithmetic("or", differs, emit.arithmetic("xor", *words))
    return emit.compare("ne" if compare.negated else "eq", differs, emit.constant(0))


def _may_be_cut(expression: TypedExpression) -> bool:
    """Whether a string may have gone on where it was read from."""
    match expression:
        case Text() | TextAt() | ContextField(located=False):
            return False
        case Apply(name=name):
            function = functions()[name]
            return isinstance(function, TextFunction) and function.cuts
    return isinstance(storage(expression.type), Str)
