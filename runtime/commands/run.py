"""run [FILE [ARGUMENT...]] [-- COMMAND...]: a script, around a command if there is one; alone, the last program again.

:run examples/read-sizes.ply -- dd if=/dev/zero of=/dev/null count=100
"""

import os
from collections.abc import Iterator
from pathlib import Path

from ..repl.choice import Choice
from ..repl.session import Session
from ._files import file_choices
from ._programs import program_meant
from .protocol import Call, ReplCommand


def _run(session: Session, call: Call) -> None:
    words, command = call.words, list(session.settings.command)
    if "--" in words:
        place = words.index("--")
        words, command = words[:place], words[place + 1 :]
    if words:
        session.run(Path(os.path.expanduser(words[0])), words[1:], command)
    else:
        session.run_again(program_meant(session, ""), command)


def _choices(session: Session, text: str) -> Iterator[Choice]:
    if " " not in text:
        yield from file_choices(session, text)


COMMAND = ReplCommand("run", _run, _choices)
