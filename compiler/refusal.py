"""What ends the typing of a statement: an error of its own, or one that has been reported where it arose.

`x = cmm(); print(x)`   ->   one error, at `cmm()`: `print(x)` raises Follows
"""

from ..grammar.diagnostic import Diagnostic
from ..grammar.source import Span


class Refusal(Exception):
    """A statement that is wrong; `diagnostics` is what there is to say about it."""

    def __init__(self, *diagnostics: Diagnostic) -> None:
        super().__init__("; ".join(diagnostic.message for diagnostic in diagnostics))
        self.diagnostics = diagnostics


class Wrong(Refusal):
    """One error, at a place."""

    def __init__(self, code: str, message: str, span: Span, help: str = "") -> None:
        super().__init__(Diagnostic(code, message, span, help=help))


class Disagreement(Refusal):
    """Two places say different things about one map."""


class Follows(Refusal):
    """Wrong only because something else is, which is reported there."""
