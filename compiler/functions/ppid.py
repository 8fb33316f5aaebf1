"""ppid: the parent of the process that the event happened in.

kprobe:SyS_execve { @[ppid].count() }
"""

from collections.abc import Sequence

from ...grammar.source import Span
from ..ast import Call, Expression, Member
from ..function import Shorthand


def _expand(span: Span, _: Sequence[Expression]) -> Expression:
    parent = Member(span, Call(span, "curtask"), "real_parent", arrow=True)
    return Member(span, parent, "tgid", arrow=True)


FUNCTION = Shorthand("ppid", _expand, needs=frozenset({"task"}))
