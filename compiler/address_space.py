"""Addresses that are said to point into the process, or into the kernel."""

from collections.abc import Callable, Sequence

from ..grammar.frozen import replace
from .typed import TypedExpression
from .types import Int, Pointer, Space, Type


def address_in(space: Space) -> Callable[[Sequence[TypedExpression], object], Type]:
    """The result type of a function that gives its argument as an address in `space`."""

    def result(arguments: Sequence[TypedExpression], _: object) -> Type:
        kind = arguments[0].type
        return replace(kind, space=space) if isinstance(kind, Pointer) else Int(64, signed=False, space=space)

    return result
