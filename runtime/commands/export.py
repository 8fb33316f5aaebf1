"""export FORMAT FILE: what the last program found, as `ply -f FORMAT` writes it; `:export!` replaces a file.

:export json reads.json
"""

from collections.abc import Iterator

from ...grammar.diagnostic import Diagnostic, UsageError
from ..output import formats
from ..repl.choice import Choice
from ..repl.session import Session
from ._files import file_choices, write_file
from .protocol import Call, ReplCommand


def _run(session: Session, call: Call) -> None:
    if len(call.words) != 2:
        help = f"as in `:export json reads.json`; formats are {', '.join(formats())}"
        raise UsageError(Diagnostic("argument-count", "a format and a file are needed", help=help))
    name, path = call.words
    session.screen.say(f"written to {write_file(path, session.found().render(name), call.force)}")


def _choices(session: Session, text: str) -> Iterator[Choice]:
    if " " in text:
        yield from file_choices(session, text)
    else:
        yield from (Choice(name, len(text)) for name in formats() if name.startswith(text))


COMMAND = ReplCommand("export", _run, _choices)
