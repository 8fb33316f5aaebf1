r"""printf(FORMAT, ...): text with values in it, by C's conversions; `%v` shows any value as it prints by itself.

kprobe:SyS_open { printf("%16s(%5d): %s\n", comm, pid, str(arg0)) }
"""

from collections.abc import Sequence

from ..effects import Conversion, Printf
from ..format_text import pieces
from ..function import Action, ActionFunction, Complaint, Parameter
from ..typed import Text, TypedExpression
from ..types import Int, describe


def _act(arguments: Sequence[TypedExpression]) -> Action:
    layout, *values = arguments
    assert isinstance(layout, Text)
    parts = pieces(layout.value)
    conversions = [part for part in parts if isinstance(part, Conversion)]
    if len(conversions) != len(values):
        wanted, given = _count(conversions, "conversion"), _count(values, "value")
        raise Complaint(
            "format-arguments",
            f"the format has {wanted}, but is given {given}",
            "each `%` conversion takes one value; write `%%` for a percent sign",
        )
    for index, (conversion, value) in enumerate(zip(conversions, values, strict=True)):
        _check(conversion, value, index + 1)
    return Action(Printf(parts), tuple(values))


def _count(items: Sequence[object], what: str) -> str:
    return f"{len(items)} {what}{'s' * (len(items) != 1)}"


def _check(conversion: Conversion, value: TypedExpression, index: int) -> None:
    number = isinstance(value.type, Int)
    if conversion.kind == "v" or number == (conversion.kind != "s"):
        return
    better = "%d" if number else "%s"
    raise Complaint(
        "format-type",
        f"`%{conversion.kind}` cannot show a value of type {describe(value.type)}",
        f"write `{better}`, or `%v` for any value",
        index=index,
    )


FUNCTION = ActionFunction("printf", _act, parameters=(Parameter("FORMAT", "text-literal"),), rest=True)
