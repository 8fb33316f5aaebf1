"""min(X, Y): the smaller of two numbers; with one, `@ = min(X)`, it is an aggregation.

kprobe:SyS_read { @.quantize(min(arg2, 4096)) }
"""

from ..choosing import chosen, chosen_type
from ..function import NumberFunction, Parameter

FUNCTION = NumberFunction(
    "min",
    chosen_type,
    lambda lower, given: chosen(lower, given, "min"),
    parameters=(Parameter("X"), Parameter("Y")),
)
