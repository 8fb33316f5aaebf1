"""The smaller or the larger of two numbers, compared as the language compares them."""

from collections.abc import Sequence
from typing import Literal

from .emitter import Scalar
from .function import Lowering
from .typed import TypedExpression
from .types import Int, Type, storage


def chosen_type(arguments: Sequence[TypedExpression], _: object) -> Type:
    """64 bits, signed if both are; what is narrower is signed first, as in C."""
    kinds = [storage(argument.type) for argument in arguments]
    units = {kind.unit for kind in kinds if isinstance(kind, Int) and kind.unit}
    return Int(64, _signed(arguments), units.pop() if len(units) == 1 else "")


def chosen(lower: Lowering, arguments: Sequence[TypedExpression], which: Literal["min", "max"]) -> Scalar:
    """One of two values; both are computed."""
    emit = lower.emit
    first, second = (lower.number(argument) for argument in arguments)
    if which == "max":
        test = emit.compare("sgt" if _signed(arguments) else "ugt", first, second)
    else:
        test = emit.compare("slt" if _signed(arguments) else "ult", first, second)
    return emit.choose(test, lambda: first, lambda: second)


def _signed(arguments: Sequence[TypedExpression]) -> bool:
    kinds = [storage(argument.type) for argument in arguments]
    return all(isinstance(kind, Int) and (kind.signed or kind.bits < 64) for kind in kinds)
