"""set [NAME [VALUE]]: options of what runs next, as on the command line; alone, what they are; `off` takes one back.

:set command "dd if=/dev/zero of=/dev/null count=100"
"""

import shlex
from collections.abc import Iterator, Mapping

from ...grammar.diagnostic import Diagnostic, UsageError
from ...grammar.frozen import replace
from ...grammar.render import suggest
from ..arguments import OPTIONS, Invocation, parse_arguments
from ..help import described
from ..repl.choice import Choice
from ..repl.session import Session
from ..repl.text import words
from .protocol import Call, ReplCommand

_SETTABLE = frozenset({"timeout", "pid", "format", "ascii", "quiet", "unsafe", "map-entries", "stack-entries",
                       "ring-size", "backend", "via"})  # fmt: skip
"""Options that say how a program runs or is shown; all others are about something else than the prompt."""


def _names() -> Mapping[str, str]:
    """What can be set, with its meaning; the command line has the words."""
    found = {option.name: described(option) for option in OPTIONS if option.name in _SETTABLE}
    return {"command": "a command to run every program around", **found}


def _run(session: Session, call: Call) -> None:
    name, _, value = call.text.partition(" ")
    if not name:
        width = max(map(len, _names()))
        for known, meaning in _names().items():
            shown = _shown(session.settings, known)
            session.screen.say(f"{known:<{width}}  {shown:<10}  {meaning}")
        return
    if name not in _names():
        close = suggest(name, _names())
        help = f"did you mean `{close}`?" if close else f"there are {', '.join(_names())}"
        raise UsageError(Diagnostic("unknown-option", f"there is nothing to set of the name `{name}`", help=help))
    if value.strip():
        session.settings = _changed(session.settings, name, value.strip())
    session.screen.say(f"{name} is {_shown(session.settings, name)}")


def _shown(settings: Invocation, name: str) -> str:
    match getattr(settings, _field(name)):
        case bool() as flag:
            return "on" if flag else "off"
        case tuple() as words:
            return shlex.join(words) or "off"
        case value:
            return str(value) if value else "off"


def _changed(settings: Invocation, name: str, value: str) -> Invocation:
    """By the rules of the command line; raises UsageError."""
    default = getattr(Invocation(), _field(name))
    if value == "off":
        return replace(settings, **{_field(name): default})
    if name == "command":
        given = words(value)
        return replace(settings, command=tuple(words(given[0]) if len(given) == 1 else given))
    if isinstance(default, bool) and value != "on":
        raise UsageError(Diagnostic("option-value", f"`{name}` is on or off, not `{value}`"))
    option = f"--{name}" if isinstance(default, bool) else f"--{name}={value}"
    parsed = parse_arguments([option], lambda path: "")
    return replace(settings, **{_field(name): getattr(parsed, _field(name))})


def _field(name: str) -> str:
    return name.replace("-", "_")


def _choices(session: Session, text: str) -> Iterator[Choice]:
    if " " not in text:
        yield from (Choice(name, len(text), what) for name, what in _names().items() if name.startswith(text))


COMMAND = ReplCommand("set", _run, _choices)
