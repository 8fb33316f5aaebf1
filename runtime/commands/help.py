"""help [TOPIC]: the commands; a topic (`functions`, `aggregations`, `probes`, `formats`); or one entry by its name.

:help quantize
"""

from collections.abc import Iterator

from ..help import help_text, topics
from ..repl.choice import Choice
from ..repl.session import Session
from . import commands, documentation
from .protocol import Call, ReplCommand

_KEYS = """\
A clause runs when it is whole: `kprobe:SyS_read { @[comm].count() }`, and behind `--` may stand a command to run it
around. Ctrl-C stops it, and its maps stay. Tab completes, Alt-Enter begins a new line, Ctrl-R searches what was typed.
"""


def _run(session: Session, call: Call) -> None:
    topic = call.text.removeprefix(":")
    if not topic:
        entries = sorted({entry.name for entry in commands().values()})
        session.screen.tell(_KEYS)
        session.screen.say("")
        for name in entries:
            session.screen.tell(documentation(name).splitlines()[0], "  :", "      ")
        session.screen.say("")
        session.screen.tell(f"`:help TOPIC` tells of {', '.join(topics())}, or of one of them, as in `:help quantize`.")
    elif topic in commands():
        session.screen.say(f":{documentation(topic)}")
    else:
        session.screen.say(help_text(topic))


def _choices(session: Session, text: str) -> Iterator[Choice]:
    from ...compiler.registry import aggregations, functions, providers

    known = [*topics(), *(f":{name}" for name in commands()), *functions(), *aggregations(), *providers()]
    return (Choice(name, len(text)) for name in known if name.startswith(text))


COMMAND = ReplCommand("help", _run, _choices, aliases=("h", "?"))
