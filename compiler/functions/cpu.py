"""cpu: the processor that the event happened on, from zero.

profile:99hz { @[cpu].count() }
"""

from .. import bpf
from ..function import NumberFunction
from ..types import Int

FUNCTION = NumberFunction(
    "cpu",
    Int(32, signed=False),
    lambda lower, _: lower.emit.extend(lower.once(bpf.GET_SMP_PROCESSOR_ID), 32, signed=False),
)
