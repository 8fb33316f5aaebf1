"""comm: the name of the thread that the event happened in, up to 15 bytes.

kprobe:SyS_read { @[comm].count() }
"""

from ..function import TextFunction
from ..types import Str

FUNCTION = TextFunction(
    "comm",
    Str(16),
    lambda lower, _, into, size: lower.get_comm(into),
    needs=frozenset({"task"}),
    aliases=("execname",),
)
