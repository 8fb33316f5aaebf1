"""strlen(S): how many bytes string S has.

kprobe:SyS_open { @.quantize(strlen(str(arg0))) }
"""

from ..function import NumberFunction, Parameter
from ..strings import length
from ..types import Int

FUNCTION = NumberFunction(
    "strlen",
    Int(32),
    lambda lower, given: length(lower, given[0]),
    parameters=(Parameter("S", "text"),),
)
