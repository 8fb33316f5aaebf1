"""What could be typed next, out of the grammar and the registries.

    choices("tracepoint:sched:sched_switch { @[args.prev_c")  ->  [Choice("prev_comm", 6, "str[17]")]

The parser says which terminals may come; each kind of terminal then has its own source of words. There is no second
parser here, and no list of words.
"""

from collections.abc import Iterator

from ...grammar.failure import Lexeme
from ...grammar.parser import parse_partly, spellings
from ...grammar.partial import Partial
from ..commands import commands, documentation
from .choice import Choice
from .scope import Scope
from .session import Session
from .text import command_start, is_command

_WORDS = frozenset({"NAME", "TYPE", "PROBE", "MAP", "PARAMETER"})
_MEMBERS = frozenset({"DOT", "ARROW"})


def choices(session: Session, text: str, asked: bool = True) -> list[Choice]:
    """What could stand at the end of `text`; where nobody asked for it, only when there is a word to go on with."""
    if is_command(text):
        return list(_commands(session, text))
    if command_start(text) >= 0:
        return []
    found = parse_partly(text)
    if _in_comment(found):
        return []
    typed, may, before = _word(found)
    if not typed and not asked and not (before and before[-1].kind in _MEMBERS):
        return []
    scope = Scope(session, before)
    return [choice for choice in _choices(scope, typed, may) if choice.text != typed or choice.help]


def _commands(session: Session, text: str) -> Iterator[Choice]:
    line = text.lstrip()
    name, space, rest = line[1:].partition(" ")
    name = name.removesuffix("!")
    if space:
        if name in commands():
            yield from commands()[name].choices(session, rest.lstrip())
        return
    for entry in sorted({entry.name for entry in commands().values() if entry.name.startswith(name)}):
        usage, _, meaning = documentation(entry).splitlines()[0].partition(": ")
        yield Choice(entry, len(name), meaning, f":{usage}")


def _word(found: Partial) -> tuple[str, frozenset[str], tuple[Lexeme, ...]]:
    """The word that is being typed, what else could stand there, and all tokens before it."""
    if found.stop is not None:
        rest = found.text[found.stop.span.start :]
        probe = "PROBE" in found.expected and not any(character.isspace() for character in rest)
        if probe or rest == "$":
            return rest, found.expected, found.lexemes
        return "", frozenset(), found.lexemes
    last = found.lexemes[-1] if found.lexemes else None
    if last and last.span.end == len(found.text) and (last.kind in _WORDS or last.text.isalpha()):
        return last.text, found.alternatives, found.lexemes[:-1]
    return "", found.expected, found.lexemes


def _in_comment(found: Partial) -> bool:
    """Whether the text ends in a comment: what is there behind the last token, and no blank."""
    end = found.lexemes[-1].span.end if found.lexemes else 0
    line = found.text[end:].rpartition("\n")[2].strip()
    return found.stop is None and bool(line) and not line.endswith("*/")


def _choices(scope: Scope, typed: str, may: frozenset[str]) -> Iterator[Choice]:
    if "PROBE" in may:
        for probe, fields in scope.session.index.matching(typed):
            yield Choice(probe, len(typed), fields)
    if scope.before and scope.before[-1].kind in _MEMBERS:
        yield from _fitting(scope.members(), typed)
        return
    if "NAME" in may:
        yield from _fitting(scope.names(), typed)
    if "MAP" in may and (not typed or typed.startswith("@")):
        yield from _fitting(scope.maps(), typed)
    if "PARAMETER" in may and typed.startswith("$"):
        yield from _fitting(scope.parameters(), typed)
    words = sorted({word for kind in may for word in spellings(kind)} if typed else ())
    yield from (Choice(word, len(typed)) for word in words if word.startswith(typed))


def _fitting(words: Iterator[Choice], typed: str) -> Iterator[Choice]:
    """Those that begin as what is typed does."""
    return (choice._replace(replaces=len(typed)) for choice in words if choice.text.startswith(typed))
