"""reg(NAME): a register as it was at the event, by the kernel's name for it: `reg("di")`, `reg("ip")`, `reg("sp")`.

uprobe:libc:malloc { @[reg("di") > 4096].count() }
"""

from collections.abc import Sequence

from ...grammar.render import suggest
from ..access import Access, WithRegisters
from ..emitter import Scalar
from ..function import Complaint, Lowering, NumberFunction, Parameter
from ..typed import Text, TypedExpression
from ..types import U64, Type


def _result(arguments: Sequence[TypedExpression], access: Access) -> Type:
    if isinstance(access, WithRegisters):
        known, name = access.machine.registers, _name(arguments)
        if name not in known:
            close = suggest(name, known)
            hint = f"did you mean `{close}`?" if close else f"there are {', '.join(known)}"
            raise Complaint("no-such-register", f"{access.machine.name} has no register `{name}`", hint, index=0)
    return U64


def _emit(lower: Lowering, arguments: Sequence[TypedExpression]) -> Scalar:
    access = lower.access
    assert isinstance(access, WithRegisters)
    return access.register(lower, _name(arguments))


def _name(arguments: Sequence[TypedExpression]) -> str:
    text = arguments[0]
    assert isinstance(text, Text)
    name = text.value.decode(errors="replace").lower().removeprefix("%")
    return name[1:] if name[:1] in "re" and name[1:] in _SHORT else name


_SHORT = frozenset({"ax", "bx", "cx", "dx", "si", "di", "bp", "sp", "ip"})
"""Of x86: `rdi` and `edi` are `di`, as the kernel calls it."""

FUNCTION = NumberFunction(
    "reg",
    _result,
    _emit,
    parameters=(Parameter("NAME", "text-literal"),),
    needs=frozenset({"registers"}),
)
