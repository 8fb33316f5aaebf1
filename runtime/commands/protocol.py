"""How a command of the prompt is declared. One file in `runtime/commands/` sets `COMMAND`.

Its module docstring is the public documentation: first line how it is written and what it does, then an example.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property

from ...grammar.diagnostic import Diagnostic, UsageError
from ...grammar.source import Source
from ..repl.choice import Choice
from ..repl.session import Session
from ..repl.text import NAME, words


@dataclass(frozen=True)
class Call:
    """A command as it was typed: `text` is what stands behind its name, `force` whether a `!` ends the name.

    `source` is the whole line, for errors.
    """

    text: str
    force: bool = False
    source: Source = field(default=Source(NAME, ""))

    @cached_property
    def words(self) -> list[str]:
        """The words as a shell would part them; raises UsageError for a quote that is not closed."""
        return words(self.text)

    def one(self, what: str, example: str) -> str:
        """The only word; raises UsageError where there is none, or there are several."""
        if len(self.words) == 1:
            return self.words[0]
        problem = "is missing" if not self.words else f"is one word, and there are {len(self.words)}"
        raise UsageError(Diagnostic("argument-count", f"{what} {problem}", help=f"as in `{example}`"))


def nothing(session: Session, text: str) -> Iterable[Choice]:
    """Nothing to choose from."""
    return ()


@dataclass(frozen=True, slots=True)
class ReplCommand:
    """`run` does it, and raises UsageError, CompileError, HostError or OSError; what it prints goes to the screen.

    `choices` are what its arguments could be, when so much of them is typed.
    """

    name: str
    run: Callable[[Session, Call], None]
    choices: Callable[[Session, str], Iterable[Choice]] = nothing
    aliases: tuple[str, ...] = ()
