"""set [NAME [VALUE]]: options of what runs next, as on the command line; alone, what they are; `off` takes one back.

:set command "dd if=/dev/zero of=/dev/null count=100"
"""

import shlex
from collections.abc import Iterator

from ...grammar.diagnostic import Diagnostic, UsageError
from ...grammar.frozen import replace
from ...grammar.render import suggest
from ..arguments import Invocation, parse_arguments
from ..repl.choice import Choice
from ..repl.session import Session
from ..repl.text import words
from .protocol import Call, ReplCommand

_NAMES = {
    "command": "run this around every program",
    "timeout": "end after so many seconds",
    "pid": "only events of this process",
    "format": "how results are written",
    "ascii": "draw with ASCII characters only",
    "quiet": "no remarks, only data",
    "unsafe": "allow `system` and `cat`",
    "map-entries": "entries of a map with keys",
    "stack-entries": "different stacks",
    "ring-size": "buffer for events in bytes, a power of two",
    "backend": "code generator: llvm or c",
    "via": "attach this way where it is possible",
}


def _run(session: Session, call: Call) -> None:
    name, _, value = call.text.partition(" ")
    if not name:
        width = max(map(len, _NAMES))
        for known, meaning in _NAMES.items():
            session.screen.say(f"{known:<{width}}  {_shown(session.settings, known):<10}  {meaning}")
        return
    if name not in _NAMES:
        close = suggest(name, _NAMES)
        help = f"did you mean `{close}`?" if close else f"there are {', '.join(_NAMES)}"
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
        yield from (Choice(name, len(text), what) for name, what in _NAMES.items() if name.startswith(text))


COMMAND = ReplCommand("set", _run, _choices)
