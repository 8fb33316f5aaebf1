"""Text -> tree: the LALR parser for `ply.lark`, with every syntax error as a diagnostic.

`kprobe:x { @.count() }` -> `program(clause(probes(PROBE), block(evaluate(method(map(MAP), NAME)))))`

The only module that imports Lark.
"""

import marshal
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from lark import Lark, Token, Tree, UnexpectedCharacters, UnexpectedToken, lexer
from lark import __version__ as LARK
from lark.grammar import Rule
from lark.parser_frontends import PostLexConnector
from lark.parsers.lalr_interactive_parser import InteractiveParser

from .diagnostic import CompileError
from .failure import CLOSERS, END, OPENERS, UNKNOWN, WORDS, Failure, Lexeme
from .frozen import replace
from .partial import Partial
from .recovery import Stopped, problems
from .source import Source, Span
from .syntax_errors import explain, unreadable

__all__ = [
    "LARK",
    "Token",
    "Tree",
    "build_parser",
    "comment_pattern",
    "is_type",
    "lexemes_anywhere",
    "parse",
    "parse_partly",
    "parse_with_tokens",
    "spellings",
    "tables",
    "use",
]


def parse(source: Source) -> Tree[Token]:
    """The tree of a program; raises `CompileError` where the text is not one."""
    return parse_with_tokens(source)[0]


def parse_with_tokens(source: Source) -> tuple[Tree[Token], Sequence[Token]]:
    """The tree, and all tokens that it was made of, those included that leave no leaf in it; raises `CompileError`."""
    if problem := unreadable(source):
        raise CompileError(problem, source=source)
    try:
        return _parse(source)
    except Stopped as stop:
        raise CompileError(*problems(source, stop, _parse), source=source) from None


def _parse(source: Source) -> tuple[Tree[Token], Sequence[Token]]:
    parser = _parser().parse_interactive(source.text)
    seen: list[Token] = []
    try:
        for token in parser.iter_parse():
            seen.append(token)
        end = Token.new_borrow_pos(END, "", seen[-1]) if seen else Token(END, "", 0, 1, 1)
        tree: Tree[Token] = parser.feed_token(end)
    except (UnexpectedToken, UnexpectedCharacters) as stop:
        stop.interactive_parser = parser  # from which `accepts` learns what could have followed
        failure = _failure(source, stop, seen)
        raise Stopped(explain(failure), failure.found.span.start) from None
    return tree, seen


def parse_partly(text: str) -> Partial:
    """What there is of a program that may be unfinished, and what may come next; wrong text is no error here."""
    parser = _parser().parse_interactive(text)
    seen: list[Token] = []
    alternatives: frozenset[str] = frozenset()
    found: Lexeme | None = None
    try:
        for token in parser.iter_parse():
            if token.end_pos == len(text):
                alternatives = _accepted(parser)
            seen.append(token)
    except UnexpectedToken as stop:
        found = _lexeme(stop.token)
        seen = [token for token in seen if (token.start_pos or 0) < found.span.start]
    except UnexpectedCharacters as stop:
        at = stop.pos_in_stream or 0
        found = Lexeme(UNKNOWN, text[at], Span(at, at + 1))
    lexemes = tuple(map(_lexeme, seen))
    return Partial(text, lexemes, found, _accepted(parser), alternatives if found is None else frozenset())


def _accepted(parser: InteractiveParser) -> frozenset[str]:
    """The terminals that may come next."""
    accepts: Callable[[], set[str]] = parser.accepts
    return frozenset(accepts())


def lexemes_anywhere(text: str, start: int) -> Iterator[Lexeme]:
    """The tokens from `start` on as they look by themselves, whatever stands before them.

    What is no token is UNKNOWN: a character, a string to the end of its line, a comment that is not closed.
    """
    words = _word_lexer()
    while start < len(text):
        state = lexer.LexerThread.from_text(words, text[start:]).state
        assert state is not None
        try:
            for token in words.lex(state, None):
                found = _lexeme(token)
                yield replace(found, span=Span(found.span.start + start, found.span.end + start))
            return
        except UnexpectedCharacters as stop:
            at = start + (stop.pos_in_stream or 0)
            start = _stray_end(text, at)
            yield Lexeme(UNKNOWN, text[at:start], Span(at, start))


def _stray_end(text: str, at: int) -> int:
    """Where that ends which begins at `at` and is no token."""
    if text.startswith("/*", at):
        return len(text)
    line_end = text.find("\n", at)
    return (line_end if line_end >= 0 else len(text)) if text[at] in "\"'" else at + 1


@cache
def _word_lexer() -> lexer.Lexer:
    """The lexer that knows all terminals at once; the contextual one asks it about what cannot stand somewhere."""
    connector = _parser().parser.lexer
    assert isinstance(connector, PostLexConnector) and isinstance(connector.lexer, lexer.ContextualLexer)
    return connector.lexer.root_lexer


@cache
def spellings(kind: str) -> tuple[str, ...]:
    """The words that a terminal of the grammar stands for: `break`, `continue`, `return` for JUMP; none for NAME."""
    if kind == END:
        return ()
    pattern = _parser().get_terminal(kind).pattern
    if isinstance(pattern, lexer.PatternStr):
        return (pattern.value,) if pattern.value.isalpha() else ()
    word = re.fullmatch(r"(?:\(\?:)?([a-z|]+)\)?\(\?!\[A-Za-z0-9_\]\)", pattern.value)
    return tuple(word[1].split("|")) if word else ()


@lru_cache(maxsize=4096)
def is_type(word: str) -> bool:
    """Whether a word is a type wherever it stands: `u32`, `pid_t`; not `dentry`, which is one in `(dentry *)` only."""
    return _type_pattern().fullmatch(word) is not None


def build_parser(strict: bool = False) -> Lark:
    """A new parser; `strict` also proves, in a quarter of a second, that no two terminals can match the same text."""
    grammar = Path(__file__).with_name("ply.lark").read_text(encoding="utf-8")
    with _collision_checks(strict):
        return Lark(
            grammar,
            start="program",
            parser="lalr",
            lexer="contextual",
            postlex=Closers(),
            propagate_positions=True,
            maybe_placeholders=False,
            strict=strict,
        )


@contextmanager
def _collision_checks(wanted: bool) -> Iterator[None]:
    """Lark compares all terminals wherever interegular happens to be installed, strict or not: 200 ms a start."""
    installed = lexer.has_interegular
    lexer.has_interegular = installed and wanted
    try:
        yield
    finally:
        lexer.has_interegular = installed


_OF_THE_PROCESS = ("postlex", "lexer_callbacks")  # options that are no data, and are given anew
_ready: list[Lark] = []


def tables() -> bytes:
    """The parser of this process as data, for `use` in another: building one from the grammar takes 60 ms."""
    data, memo = _parser().memo_serialize([lexer.TerminalDef, Rule])
    data["options"] = {name: value for name, value in data["options"].items() if name not in _OF_THE_PROCESS}
    return marshal.dumps((data, memo))


def use(content: bytes) -> None:
    """Parse with what `tables` gave, with the same grammar and the same Lark (`LARK`), if there is no parser yet."""
    if not _ready:
        data, memo = marshal.loads(content)
        load: Any = Lark._load_from_dict  # as Lark's own generator of parsers that stand alone does it
        _ready.append(load(data, memo, postlex=Closers(), propagate_positions=True))


def _parser() -> Lark:
    if not _ready:
        _ready.append(build_parser())
    return _ready[0]


@cache
def _type_pattern() -> re.Pattern[str]:
    return re.compile(_parser().get_terminal("TYPE").pattern.to_regexp())


@cache
def comment_pattern() -> re.Pattern[str]:
    """What a comment is."""
    return re.compile(_parser().get_terminal("COMMENT").pattern.to_regexp())


class Closers:
    """Turns a closing `>` or `/` back into an operator where the innermost open bracket is not its opener.

    The lexer sees what comes after a `>`, but not that in `{ x ? a > b:c }` there is no `< >` block to close.
    """

    always_accept = ()

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        """The same tokens, with such closers as BINARY."""
        opened: list[str] = []
        for token in stream:
            if token.type in OPENERS:
                opened.append(token.type)
            elif token.type in CLOSERS:
                if opened and opened[-1] == CLOSERS[token.type]:
                    opened.pop()
                elif token.type in ("_ANGLE_CLOSE", "_PREDICATE_CLOSE"):
                    token = Token.new_borrow_pos("BINARY", token.value, token)
            yield token


def _failure(source: Source, stop: UnexpectedToken | UnexpectedCharacters, seen: Sequence[Token]) -> Failure:
    """What Lark knew when it stopped, as our own data."""
    before = [_lexeme(token) for token in seen]
    match stop:
        case UnexpectedToken():
            if stop.token.type == END:
                end = before[-1].span.end if before else 0
                found = Lexeme(END, "", Span(end, end))
            else:
                found = _lexeme(stop.token)
            expected = frozenset(stop.accepts)
        case UnexpectedCharacters():
            at = stop.pos_in_stream or 0
            found = Lexeme(UNKNOWN, source.text[at], Span(at, at + 1))
            expected = frozenset(stop.allowed)
    if found.kind != END:
        before = [lexeme for lexeme in before if lexeme.span.start < found.span.start]
    return Failure(source, found, tuple(before), expected)


def _lexeme(token: Token) -> Lexeme:
    kind = token.type
    if kind in WORDS:
        kind = "TYPE" if is_type(str(token)) else "NAME"
    return Lexeme(kind, str(token), Span(token.start_pos or 0, token.end_pos or 0))
