"""What was typed: a command, a program, a program around a command, or something that is not finished yet.

    split("kprobe:SyS_read { @.count() } -- dd if=x")   ->   ("kprobe:SyS_read { @.count() }", ("dd", "if=x"))

The one parser decides all of this: a program is finished where the parser says that it could end.
"""

import re
import shlex
from typing import TYPE_CHECKING

from ...grammar.diagnostic import Diagnostic, UsageError
from ...grammar.source import Source, Span

if TYPE_CHECKING:
    from ...grammar.partial import Partial

NAME = "<prompt>"
_DASHES = re.compile(r"(?<=\s)--(?=\s|\Z)")


def _partly(text: str) -> "Partial":
    from ...grammar.parser import parse_partly  # 200 ms, which the first prompt does not wait for

    return parse_partly(text)


def is_command(text: str) -> bool:
    """Whether it is for the prompt itself: `:maps`."""
    return text.lstrip().startswith(":")


def is_finished(text: str) -> bool:
    """Whether there is nothing to wait for: a command, a whole program, or one that more text cannot save."""
    if not text.strip() or is_command(text) or command_start(text) >= 0:
        return True
    return not _partly(text).open


def split(text: str) -> tuple[str, tuple[str, ...]]:
    """A program and the command behind it after `--`, if there is one; raises UsageError for an open quote in it."""
    dashes = command_start(text)
    return (text, ()) if dashes < 0 else (text[:dashes].rstrip(), tuple(words(text, dashes + 2)))


def command_start(text: str) -> int:
    """Where the `--` stands that is behind a whole program; -1 where there is none."""
    starts = (dashes.start() for dashes in _DASHES.finditer(text))
    return next((start for start in starts if _partly(text[:start].rstrip()).finished), -1)


def words(text: str, start: int = 0) -> list[str]:
    """The words behind `start`, as a shell would part them; raises UsageError for a quote that is not closed."""
    try:
        return shlex.split(text[start:])
    except ValueError:
        span = Span(start, len(text))
        message = "there is a quote that is not closed"
        raise UsageError(Diagnostic("open-quote", message, span, "close it"), source=Source(NAME, text)) from None
