"""The ways to reach a probe's values that several providers share: no values at all, saved registers, a record.

An access is chosen with its attachment: what `arg(0)` is in a raw tracepoint is not what it is in a kprobe.
"""

from dataclasses import dataclass

from . import bpf
from .access import Frame, Need
from .emitter import Pointer, Scalar
from .machine import Machine
from .types import Space

ANYWHERE: frozenset[Need] = frozenset({"function", "task"})
STACK: frozenset[Need] = frozenset({"stack"})
ARGUMENTS: frozenset[Need] = frozenset({"arguments"})
RESULT: frozenset[Need] = frozenset({"result"})


@dataclass(frozen=True, slots=True)
class Plain:
    """Nothing but its name: timers, samples, BEGIN, tracepoints whose fields are not asked for."""

    name: str
    offers: frozenset[Need] = ANYWHERE
    space: Space = ""
    hidden_frames: int = 0

    def matches(self, frame: Frame) -> Scalar | None:
        """Every event is meant."""
        return None

    def argument(self, frame: Frame, index: int) -> Scalar:
        """Not offered."""
        raise AssertionError("a probe without arguments was asked for one")

    def result(self, frame: Frame) -> Scalar:
        """Not offered."""
        raise AssertionError("a probe without a result was asked for it")

    def function(self, frame: Frame) -> Scalar:
        """The probe's own name."""
        return frame.name(self.name)


@dataclass(frozen=True, slots=True)
class Registers:
    """A kprobe or kretprobe: the context is `struct pt_regs`."""

    machine: Machine
    on_return: bool
    space: Space = ""
    hidden_frames: int = 0

    @property
    def offers(self) -> frozenset[Need]:
        """Arguments at the entry, the result at the return."""
        return ANYWHERE | STACK | (RESULT if self.on_return else ARGUMENTS)

    def matches(self, frame: Frame) -> Scalar | None:
        """Every event is meant."""
        return None

    def _register(self, frame: Frame, name: str) -> Scalar:
        return frame.emit.load(frame.emit.context(), self.machine.registers[name])

    def argument(self, frame: Frame, index: int) -> Scalar:
        """By the C calling convention: argument 3 is in rcx."""
        return self._register(frame, self.machine.function_arguments[index])

    def result(self, frame: Frame) -> Scalar:
        """From the result register."""
        return self._register(frame, self.machine.result)

    def function(self, frame: Frame) -> Scalar:
        """The kernel address of the traced function (helper bpf_get_func_ip)."""
        return frame.emit.helper(bpf.GET_FUNC_IP, frame.emit.context())


@dataclass(frozen=True, slots=True)
class Record:
    """A tracepoint's record as context: fields are read by name."""

    name: str
    offers: frozenset[Need] = ANYWHERE | STACK
    space: Space = ""
    hidden_frames: int = 0

    def matches(self, frame: Frame) -> Scalar | None:
        """Every event is meant."""
        return None

    def argument(self, frame: Frame, index: int) -> Scalar:
        """Not offered."""
        raise AssertionError("a tracepoint has fields, not arguments")

    def result(self, frame: Frame) -> Scalar:
        """Not offered."""
        raise AssertionError("a tracepoint has no result")

    def function(self, frame: Frame) -> Scalar:
        """The tracepoint's name."""
        return frame.name(self.name)


def pointer_to(frame: Frame, base: Pointer, offset: int) -> Pointer:
    """The address that a word holds."""
    return frame.emit.pointer(frame.emit.load(base, offset))
