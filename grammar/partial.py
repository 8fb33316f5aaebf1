"""Text that may be unfinished, as an editor has it: the tokens so far, and what may come next.

`kprobe:x { @.co` -> lexemes PROBE `{` MAP `.` NAME, all that fit; `alternatives` to the last one: a NAME or a POSITION
"""

from .failure import END, Lexeme
from .frozen import dataclass


@dataclass(frozen=True, slots=True)
class Partial:
    """`lexemes` fit together; `stop` is the first one that does not fit behind them, None where all do.

    `expected` has the terminals that may follow the lexemes, `END` among them where they are a program already.
    `alternatives` are those that could stand in place of the last lexeme, if it touches the end of the text: the word
    that is being typed; none else.
    """

    text: str
    lexemes: tuple[Lexeme, ...]
    stop: Lexeme | None
    expected: frozenset[str]
    alternatives: frozenset[str] = frozenset()

    @property
    def finished(self) -> bool:
        """Whether it is a program: nothing in it is wrong, nothing is missing."""
        return self.stop is None and END in self.expected

    @property
    def open(self) -> bool:
        """Whether it could become a program by what is typed behind it."""
        if self.stop is None:
            return END not in self.expected
        start = self.lexemes[-1].span.start if self.lexemes else 0
        return "/*" in (self.text[self.stop.span.start :][:2], self.text[start:][:2])
