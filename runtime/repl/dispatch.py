"""What was typed is done: a program runs, a command is looked up. Errors are shown, and do not end the prompt."""

from collections.abc import Iterable

from ...grammar.diagnostic import CompileError, Diagnostic, PlyError, UsageError
from ...grammar.render import suggest
from ...grammar.source import Source, Span
from ..commands import commands
from ..commands.protocol import Call, ReplCommand
from .session import Session
from .text import NAME, is_command, split


def submit(session: Session, text: str) -> None:
    """Do what a text says; `session.status` tells what went wrong: 1 the program, 2 the input, 3 this machine."""
    source = Source(NAME, text)
    try:
        _do(session, source)
    except PlyError as error:
        error.source = error.source or source
        session.status = 1 if isinstance(error, CompileError) else 2 if isinstance(error, UsageError) else 3
        session.screen.report(error)
    except BrokenPipeError:
        raise
    except OSError as error:
        what = f"`{error.filename}`: " if error.filename else ""
        session.status = 2
        session.screen.report(UsageError(Diagnostic("file", f"{what}{error.strerror or error}"), source=source))
    except KeyboardInterrupt:
        session.screen.say("")


def _do(session: Session, source: Source) -> None:
    text = source.text
    if not text.strip():
        return
    if is_command(text) or text.strip() in commands():
        entry, call = parsed(source)
        entry.run(session, call)
    else:
        program, command = split(text)
        session.run(program, command=command)


def parsed(source: Source) -> tuple[ReplCommand, Call]:
    """The command of a line, and what it is given; raises UsageError where there is no such command."""
    line = source.text.strip().removeprefix(":").lstrip()
    word = line.split(maxsplit=1)[0] if line else ""
    name = word.removesuffix("!")
    start = source.text.index(word) if word else len(source.text.rstrip())
    return _find(name, Span(start, start + len(word))), Call(line[len(word) :].strip(), word.endswith("!"), source)


def _find(name: str, span: Span) -> ReplCommand:
    """By name, alias, or the beginning of one name alone."""
    known = commands()
    if name in known:
        return known[name]
    begins = {entry.name: entry for word, entry in known.items() if name and word.startswith(name)}
    if len(begins) == 1:
        return next(iter(begins.values()))
    if begins:
        message = f"`:{name}` is the beginning of several commands"
        raise UsageError(Diagnostic("unknown-command", message, span, f"there are {_listed(begins)}"))
    close = suggest(name, known) if name else ""
    help = f"did you mean `:{close}`?" if close else f"there are {_listed({e.name for e in known.values()})}"
    message = f"there is no command `:{name}`" if name else "a command has a name"
    raise UsageError(Diagnostic("unknown-command", message, span, help))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`:{name}`" for name in sorted(names))
