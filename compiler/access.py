"""How a program reaches what its probe offers, and the ways to attach that a provider proposes.

A provider answers a probe with candidates, best first. `resolve` takes the first that the host supports and
that offers what the clause needs; the reasons against the others are kept, to be shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

from ..grammar.frozen import dataclass

if TYPE_CHECKING:  # see `function.py`
    from ..grammar.source import Span
    from .attachment import Attachment
    from .emitter import Emitter, Pointer, Scalar
    from .host import Missing, Prototype
    from .machine import Machine
    from .types import Int, Space, Type

Need = Literal["arguments", "result", "function", "stack", "task", "fields", "context", "duration", "registers"]


class Frame(Protocol):
    """What code for a probe may use: the emitter, and values that are computed once a clause."""

    @property
    def emit(self) -> Emitter:
        """The instruction builder."""

    def once(self, helper: int) -> Scalar:
        """The result of a helper without arguments, called at most once on this path."""

    def lose(self, reason: str, problem: str, what: str, remedy: str) -> None:
        """Count a loss here; the words are those of `LossPlace`."""

    def name(self, text: str) -> Scalar:
        """The number under which user space finds this text again (function `func`)."""

    def name_of(self, texts: Sequence[str], index: Scalar) -> Scalar:
        """The number of one of several texts."""


@dataclass(frozen=True, slots=True)
class RecordField:
    """A field of a probe's record; `located` ones hold the place of a string: its offset, and its length above that.

    A field with an `argument` is that argument of the function, under its name. `item` is the type of an array's items.
    """

    type: Type
    offset: int
    bits: int
    signed: bool
    located: bool = False
    argument: int = -1
    item: Int | None = None


class Access(Protocol):
    """Reaches the values that a probe offers, in the way its attachment needs."""

    @property
    def offers(self) -> frozenset[Need]:
        """What can be asked of it."""

    @property
    def space(self) -> Space:
        """Where its arguments point, if that is known."""

    @property
    def hidden_frames(self) -> int:
        """How many innermost frames of a stack are the program's own, and change from place to place in it."""

    def matches(self, frame: Frame) -> Scalar | None:
        """Whether the event is one that the probe asked for; None where all are."""

    def fields(self) -> Mapping[str, RecordField]:
        """The probe's own fields by name; none for most."""

    def argument(self, frame: Frame, index: int) -> Scalar:
        """An argument of the traced function, from zero."""

    def result(self, frame: Frame) -> Scalar:
        """What the traced function returned."""

    def function(self, frame: Frame) -> Scalar:
        """Which function it was: a system call number, an interned name, or a kernel address."""


@runtime_checkable
class AtEntry(Protocol):
    """An access at a program's function's very first instruction, before it has saved anything."""

    def caller(self, frame: Frame, into: Pointer) -> None:
        """Leave the address that the function will return to in eight bytes; what is there stays if it is unknown."""


@runtime_checkable
class Typed(Protocol):
    """An access at something that the kernel's BTF may describe."""

    def prototype(self) -> Prototype | None:
        """Its arguments and its result; None where the kernel does not say."""


@runtime_checkable
class Named(Protocol):
    """An access to a probe that has a name of its own, where a pattern in the script may have meant several."""

    @property
    def name(self) -> str:
        """As in `sched:sched_switch`."""


@runtime_checkable
class WithRegisters(Protocol):
    """An access to where registers were saved."""

    @property
    def machine(self) -> Machine:
        """Whose registers they are."""

    def register(self, frame: Frame, name: str) -> Scalar:
        """One of `Machine.registers`."""


@runtime_checkable
class OfProcesses(Protocol):
    """An access to events that another process than the current one may be concerned with."""

    def process(self, frame: Frame) -> Scalar | None:
        """Its pid; None where it is no process's."""


@dataclass(frozen=True, slots=True)
class Sibling:
    """A probe to name when this one stayed silent: `probe` to try, because programs call `calls` instead."""

    probe: str
    calls: str
    access: Access


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to serve a probe: `missing` says why this host cannot.

    `parts` are the fields that can be used, items of arrays as `args[2]`; all where it is None.
    `entry` is where the call begins whose return this is. `later` is where and how the same values can be had again
    when memory is present, and whether they will be the same there (`deferral.py`).
    """

    name: str
    attachment: Attachment
    access: Access
    missing: Missing | None = None
    siblings: tuple[Sibling, ...] = ()
    later: tuple[Attachment, Access, Callable[[Frame], Scalar]] | None = None
    entry: tuple[Attachment, Access] | None = None
    parts: frozenset[str] | None = None

    @property
    def offers(self) -> frozenset[Need]:
        """What a clause can ask for that is attached this way."""
        return self.access.offers | ({"duration"} if self.entry else frozenset())


@dataclass(frozen=True, slots=True)
class Match:
    """A probe of a clause with the candidate that was taken, and those passed over, with the reason."""

    span: Span
    probe: str
    provider: str
    chosen: Candidate
    passed_over: tuple[tuple[str, str], ...] = ()
