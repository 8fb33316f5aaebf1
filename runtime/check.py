"""`ply --check FILE...`: what is wrong with scripts, for editors and CI: compiled for this machine, never loaded.

    {"type":"diagnostic","file":"x.ply","status":1,"code":"unknown-function","message":"unknown function `cmm`",...}

Status 1: a script is wrong. Status 3: it asks for what this machine has not, which another one may have; a probe by a
name that is nowhere here is of this kind. Status 2: a file cannot be read.
"""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import product

from ..compiler.ast import Program
from ..compiler.build_ast import build_ast
from ..compiler.options import Options
from ..compiler.parameters import argument_count
from ..compiler.pipeline import stages
from ..compiler.resolve import resolve
from ..grammar.diagnostic import CompileError, Diagnostic, HostError, PlyError, UsageError
from ..grammar.frozen import replace
from ..grammar.parser import parse
from ..grammar.source import Source, Span
from .arguments import Invocation
from .environment import environment
from .host import LiveHost

OF_THIS_MACHINE = frozenset({
    "cannot-be-probed", "no-such-argument", "no-such-binary", "no-such-field", "no-such-function", "no-such-member",
    "no-such-offset", "no-such-symbol", "no-such-tracepoint", "no-such-usdt", "unknown-parameter", "unknown-type",
})  # fmt: skip
"""Errors that depend on the kernel, on programs installed here, or on the environment."""

_NOTE = "this depends on the machine: where it is there, the script is right"
_TRIED = 4
"""Arguments `$1`... for which both a number and a text are tried."""

Found = tuple[int, Diagnostic]


def check(invocation: Invocation, options: Options, explain: Callable[[PlyError, int], int]) -> int:
    """Show what is wrong, on stderr by `explain`, or with `-f json` on stdout; raises UsageError for another format."""
    if invocation.format not in ("text", "json"):
        message = f"diagnostics have no format `{invocation.format}`"
        raise UsageError(Diagnostic("unknown-format", message, help="formats are text and json"))
    if not invocation.files and invocation.program is None:
        raise UsageError(Diagnostic("no-program", "there is no script to check", help="write `ply --check FILE...`"))
    statuses = {0}
    for source in _sources(invocation, statuses, explain):
        for status, diagnostic in problems(source, options):
            statuses.add(status)
            if invocation.format == "json":
                print(json.dumps(as_object(source, status, diagnostic), separators=(",", ":")))
            else:
                explain(CompileError(diagnostic, source=source), status)
    return next(status for status in (1, 2, 3, 0) if status in statuses)


def problems(source: Source, options: Options) -> Sequence[Found]:
    """What is wrong with a script, each with the exit status that it means.

    Its arguments are not known, so a script is right if numbers or texts for them make it so.
    """
    try:
        program = build_ast(source, parse(source))
    except CompileError as error:
        return [(1, diagnostic) for diagnostic in error.diagnostics]
    count, _ = argument_count(program)
    tried: list[Sequence[Found]] = []
    for words in product(("1", "text"), repeat=min(count, _TRIED)):
        given = words + ("1",) * (count - len(words))
        tried.append(_compiled(program, replace(options, parameters=given, environment=environment(source.text))))
        if not tried[-1]:
            break
    return min(tried, key=len)


def _compiled(program: Program, options: Options) -> Sequence[Found]:
    host = LiveHost()
    try:
        for _ in stages(program.source, host, options):
            pass
    except CompileError as error:
        found = [_classified(diagnostic, 1) for diagnostic in error.diagnostics]
        lacking = resolve(program, host, options).error  # which a run would only get to without the other errors
        if isinstance(lacking, HostError):
            found += [_classified(diagnostic, 3) for diagnostic in lacking.diagnostics]
        return sorted(found, key=lambda it: it[1].span.start if it[1].span else 0)
    except HostError as error:
        return [_classified(diagnostic, 3) for diagnostic in error.diagnostics]
    return ()


def _classified(diagnostic: Diagnostic, status: int) -> Found:
    if diagnostic.code not in OF_THIS_MACHINE:
        return status, diagnostic
    return 3, replace(diagnostic, notes=(*diagnostic.notes, _NOTE))


def _sources(invocation: Invocation, statuses: set[int], explain: Callable[[PlyError, int], int]) -> Iterator[Source]:
    """The text after `-c`, or the files; `-` is standard input."""
    if invocation.program is not None:
        yield Source(invocation.source_name, invocation.program)
    for name in invocation.files:
        if name == "-":
            yield Source("<stdin>", sys.stdin.buffer.read().decode("utf-8", "surrogateescape"))
            continue
        try:
            with open(name, encoding="utf-8", errors="surrogateescape") as file:
                text = file.read()
        except OSError as error:
            message = f"cannot read `{name}`: {error.strerror}"
            statuses.add(explain(UsageError(Diagnostic("cannot-read", message)), 2))
            continue
        yield Source(name, text)


def as_object(source: Source, status: int, diagnostic: Diagnostic) -> dict[str, object]:
    """A diagnostic for JSON; `span` is null where it has no place, its end the place behind the last character."""
    return {
        "type": "diagnostic",
        "file": source.name,
        "status": status,
        "code": diagnostic.code,
        "message": diagnostic.message,
        "span": _span(source, diagnostic.span),
        "help": diagnostic.help,
        "notes": list(diagnostic.notes),
        "labels": [{"message": label.text, "span": _span(source, label.span)} for label in diagnostic.labels],
    }


def _span(source: Source, span: Span | None) -> dict[str, object] | None:
    if span is None:
        return None
    places = (source.position(span.start), source.position(span.end))
    return {
        name: {"line": line, "column": column} for name, (line, column) in zip(("start", "end"), places, strict=True)
    }
