"""What is wrong, where, and what to do: data for every error a user can cause.

A diagnostic has a stable code (`unknown-function`), by which tests and documentation name it.
"""

from .frozen import dataclass
from .source import Source, Span


@dataclass(frozen=True, slots=True)
class Label:
    """A second place that explains the first, such as the other use of a map."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One error: `message` says what is wrong, `help` what to do about it."""

    code: str
    message: str
    span: Span | None = None
    help: str = ""
    labels: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()


class PlyError(Exception):
    """Base of the errors that a user can cause; carries diagnostics, never only text."""

    def __init__(self, *diagnostics: Diagnostic, source: Source | None = None) -> None:
        super().__init__("; ".join(d.message for d in diagnostics))
        self.diagnostics = diagnostics
        self.source = source


class CompileError(PlyError):
    """The program is wrong (exit status 1)."""


class UsageError(PlyError):
    """The command line is wrong (exit status 2)."""


class HostError(PlyError):
    """This machine cannot do it: privilege, kernel feature, missing probe (exit status 3)."""
