r"""After a syntax error: the errors of the other clauses, so that all are told at once.

    BEGIN { print(1 }            error[...]
    kprobe:SyS_read { @.count( } error[...]

The clause that could not be read is blanked out, and the rest read again. A clause is taken to begin where one begins
at the start of a line; so of a program in one line only the first error is known.
"""

import re
from collections.abc import Callable

from .diagnostic import Diagnostic
from .source import Source

MOST = 8
"""Clauses that are given up, at most."""
LARGE = 1 << 18
"""Characters above which a text is not read again and again."""
_START = re.compile(r"^(?:[A-Za-z_][A-Za-z0-9_]*:\S|(?:BEGIN|END|const|let|option)(?![A-Za-z0-9_]))", re.MULTILINE)


class Stopped(Exception):
    """A text that cannot be read: why, and from where on."""

    def __init__(self, diagnostic: Diagnostic, at: int) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic, self.at = diagnostic, at


def problems(source: Source, first: Stopped, parse: Callable[[Source], object]) -> list[Diagnostic]:
    """The first error and those of other clauses, in the order of the text."""
    found, stop, text = [first.diagnostic], first, source.text
    starts = [match.start() for match in _START.finditer(text)] if len(text) < LARGE else []
    for _ in range(MOST):
        before = [start for start in starts if start < stop.at]
        if not before:
            break
        after = [start for start in starts if start >= stop.at]
        clause = slice(before[-1], after[0] if after else len(text))
        text = text[: clause.start] + re.sub(r"[^\n]", " ", text[clause]) + text[clause.stop :]
        starts.remove(before[-1])
        if not starts:
            break
        try:
            parse(Source(source.name, text))
            break
        except Stopped as other:
            stop = other
            found.append(other.diagnostic)
    return found
