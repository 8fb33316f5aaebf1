"""Tracepoints of system calls without their records: each field is a register that the raw tracepoint hands over.

tracepoint:syscalls:sys_enter_openat   ->   tp_btf/sys_enter, number 257; filename is argument 1
tracepoint:raw_syscalls:sys_exit       ->   tp_btf/sys_exit; ret is what the call returns

The kernel makes these records of nothing else (`perf_syscall_enter` in kernel/trace/trace_syscalls.c, the events in
include/trace/events/syscalls.h), and a perf event costs more at each call and 40 ms or more to close.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from ..grammar.frozen import dataclass, replace
from .access import Candidate, Frame, Need, RecordField
from .accesses import ANYWHERE, CONTEXT, STACK, own_fields, record_field
from .attachment import BtfTracepoint
from .emitter import Scalar
from .host import Host, TracepointField
from .machine import machine
from .syscalls import RENAMED, BtfAccess, compat_of, stays
from .types import Pointer, Space

_NUMBER, _FIRST = 0, 1
"""`RecordField.argument` of the call's number, and of what comes first behind it."""


@dataclass(frozen=True, slots=True)
class CallRecord:
    """The fields of the tracepoint `name`, reached through `call`; `result` says that they are those of an end."""

    name: str
    call: BtfAccess
    result_field: bool
    read: Callable[[], Sequence[TracepointField]]
    offers: frozenset[Need] = (ANYWHERE | STACK) - CONTEXT
    space: Space = "user"
    hidden_frames: int = 1

    def matches(self, frame: Frame) -> Scalar | None:
        """Whether it is the call that is meant."""
        return self.call.matches(frame)

    def fields(self) -> Mapping[str, RecordField]:
        """As the record has them, word for word."""
        return {field.name: _from_call(field, number) for number, field in enumerate(own_fields(self.read()))}

    def argument(self, frame: Frame, index: int) -> Scalar:
        """A field by its number."""
        if index == _NUMBER:
            return self.call.number(frame)
        return self.call.result(frame) if self.result_field else self.call.argument(frame, index - _FIRST)

    def result(self, frame: Frame) -> Scalar:
        """Not offered."""
        raise AssertionError("a tracepoint has no result")

    def function(self, frame: Frame) -> Scalar:
        """The tracepoint's name."""
        return frame.name(self.name)


def _from_call(field: TracepointField, number: int) -> RecordField:
    plain = record_field(field)
    kind = replace(plain.type, space="user") if isinstance(plain.type, Pointer) else plain.type
    return replace(plain, type=kind, argument=number)


def call_record(group: str, name: str, host: Host) -> Candidate | None:
    """The cheaper way for a tracepoint of one call, or of all; None for every other."""
    head, _, side_and_call = name.partition("_")
    side, _, call = side_and_call.partition("_")
    if head != "sys" or side not in ("enter", "exit") or group != ("syscalls" if call else "raw_syscalls"):
        return None
    kind = machine(host.machine)
    calls = frozenset(number for number, known in kind.syscalls.items() if known == RENAMED.get(call, call))
    if call and len(calls) != 1:
        return None
    # The events of single calls leave 32-bit callers out, those of all calls do not.
    found = BtfAccess(kind, side == "exit", calls if call else None, compat=compat_of(kind, host) if call else None)
    access = CallRecord(f"{group}:{name}", found, side == "exit", partial(host.tracepoint_fields, group, name))
    back = replace(access, call=replace(found, on_return=True))
    later = (BtfTracepoint("sys_exit"), back, partial(stays, kind)) if side == "enter" else None
    parts = None if call or side == "exit" else frozenset({"id", *(f"args[{number}]" for number in range(6))})
    return Candidate("tp_btf", BtfTracepoint(f"sys_{side}"), access, host.missing("btf"), later=later, parts=parts)
