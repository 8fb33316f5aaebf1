"""time: nanoseconds since the machine started, without the time it slept; as a statement, it prints the time of day.

kprobe:SyS_read { @start[tid] = time }    kretprobe:SyS_read / @start[tid] / { @.quantize(time - @start[tid]) }

interval:1s { time("%H:%M:%S\\n") }
"""

from collections.abc import Sequence

from .. import bpf
from ..effects import ShowTime
from ..function import Action, ActionFunction, NumberFunction, Parameter
from ..typed import Text, TypedExpression
from ..types import Int


def _act(arguments: Sequence[TypedExpression]) -> Action:
    match arguments:
        case [Text(value=layout)]:
            return Action(ShowTime(layout.decode("utf-8", "surrogateescape")))
    return Action(ShowTime("%H:%M:%S\n"))


FUNCTION = NumberFunction(
    "time",
    Int(64, signed=False, unit="ns"),
    lambda lower, _: lower.emit.helper(bpf.KTIME_GET_NS),
    aliases=("nsecs", "timestamp"),
    statement=ActionFunction("time", _act, parameters=(Parameter("FORMAT", "text-literal", optional=True),)),
)
