"""max(X, Y): the greater of two numbers; with one, `@ = max(X)`, it is an aggregation.

kprobe:SyS_read { @.quantize(max(arg2, 4096)) }
"""

from ..choosing import chosen, chosen_type
from ..function import NumberFunction, Parameter

FUNCTION = NumberFunction(
    "max",
    chosen_type,
    lambda lower, given: chosen(lower, given, "max"),
    parameters=(Parameter("X"), Parameter("Y")),
)
