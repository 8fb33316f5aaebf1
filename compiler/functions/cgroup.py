"""cgroup: the number of the control group (version 2) that the process is in; `cgroup_path` is its name.

kprobe:SyS_read { @[cgroup].count() }
"""

from .. import bpf
from ..function import NumberFunction
from ..types import U64

FUNCTION = NumberFunction(
    "cgroup",
    U64,
    lambda lower, _: lower.once(bpf.GET_CURRENT_CGROUP_ID),
    needs=frozenset({"task"}),
    aliases=("cgroup_id",),
)
