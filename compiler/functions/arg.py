"""arg(N): argument N of the function or system call, from zero, as an unsigned 64-bit number; also `arg0`, `arg1`, ...

kprobe:SyS_read / arg(2) > 1024 / { @.quantize(arg(2)) }
"""

from collections.abc import Sequence

from ..access import Access, Typed
from ..emitter import Scalar
from ..function import Complaint, Lowering, NumberFunction, Parameter
from ..typed import Constant, TypedExpression
from ..types import Int, Type


def _result(arguments: Sequence[TypedExpression], access: Access) -> Type:
    number = arguments[0]
    assert isinstance(number, Constant)
    fields = access.fields() if "arguments" in access.offers else {}
    own = fields.get(f"arg{number.value}")
    if own is not None and own.argument == number.value:  # the probe itself says what it is
        return own.type
    if "arg0" in fields:
        help = "`args.arg0` is the first of them"
        raise Complaint("no-such-argument", f"this probe has no more than {len(fields)} arguments", help, index=0)
    known = access.prototype() if isinstance(access, Typed) else None
    if known is not None:
        if 0 <= number.value < len(known.parameters):
            return Int(64, signed=False, space=access.space)
        names = ", ".join(name for name, _ in known.parameters)
        count = len(known.parameters) or "no"
        message = f"this probe has {count} arguments, and they are numbered from 0"
        raise Complaint("no-such-argument", message, f"their names are {names}" if names else "", index=0)
    if 0 <= number.value <= 5:
        return Int(64, signed=False, space=access.space)
    raise Complaint("no-such-argument", "arguments are numbered from 0 to 5", "further ones are on the stack", index=0)


def _emit(lower: Lowering, arguments: Sequence[TypedExpression]) -> Scalar:
    number = arguments[0]
    assert isinstance(number, Constant)
    return lower.access.argument(lower, number.value)


FUNCTION = NumberFunction(
    "arg",
    _result,
    _emit,
    parameters=(Parameter("N", "literal"),),
    needs=frozenset({"arguments"}),
)
