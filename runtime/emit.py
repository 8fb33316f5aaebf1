"""`--emit STAGE` and `-S`: what each stage of the compiler made of the script, as text."""

from collections.abc import Iterator
from typing import TextIO

from ..compiler.access import Match
from ..compiler.machine import Machine
from ..compiler.options import Options
from ..compiler.pipeline import STAGES, stages
from ..compiler.registry import backend
from ..compiler.resolve import ResolvedClause
from ..grammar.diagnostic import Diagnostic, UsageError
from ..grammar.frozen import fields, is_dataclass, replace
from ..grammar.render import suggest
from ..grammar.source import Source, Span
from .host import LiveHost

_EXTRA = {"llvm": "ir", "c": "ir", "asm": "ir"}
"""Views of a stage under another name: the text of a backend, and its assembly."""


def show_stages(source: Source, options: Options, wanted: str, stream: TextIO) -> None:
    """Write one stage, or all of them where `wanted` is empty; raises UsageError for a stage that there is not."""
    known = stage_names()
    if wanted and wanted not in known:
        close = suggest(wanted, known)
        hint = f"did you mean `{close}`?" if close else f"there are {', '.join(known)}"
        raise UsageError(Diagnostic("unknown-stage", f"there is no stage `{wanted}`", help=hint))
    last = _EXTRA.get(wanted, wanted)
    if wanted in ("c", "llvm"):
        options = replace(options, backend=wanted)
    for name, value in stages(source, LiveHost(), options):
        if not wanted:
            print(f"# {name}", file=stream)
        if not wanted or name == last:
            text = backend(options.backend).listing(str(value)) if wanted == "asm" else show(name, value)
            print(text.rstrip("\n"), file=stream)
        if name == last:
            return
        if not wanted:
            print(file=stream)


def stage_names() -> tuple[str, ...]:
    """What `--emit` can show."""
    return (*STAGES, *_EXTRA)


def show(name: str, value: object) -> str:
    """A stage's result as text."""
    match name, value:
        case "text", Source(text=text):
            return text
        case "tree", _:
            pretty = getattr(value, "pretty", None)
            return str(pretty()) if pretty else str(value)
        case "probes", tuple() as clauses:
            return "\n".join(_clause(clause) for clause in clauses if isinstance(clause, ResolvedClause))
        case "object", bytes() as binary:
            return f"ELF object, {len(binary)} bytes"
        case _, str() as text:
            return text
    return "\n".join(_lines(value, 0))


def _clause(clause: ResolvedClause) -> str:
    return "\n".join(_match(match) for match in clause.matches)


def _match(match: Match) -> str:
    chosen = match.chosen
    lines = [f"{match.probe}", f"  {chosen.name}: {_one_line(chosen.attachment)}"]
    lines += [f"  not {name}: {why}" for name, why in match.passed_over]
    return "\n".join(lines)


def _one_line(value: object) -> str:
    if isinstance(value, Machine):
        return value.name
    if callable(value) and not isinstance(value, type):
        return getattr(value, "__name__", "...").strip("<>")
    if is_dataclass(value):
        parts = ", ".join(f"{field.name}={_one_line(getattr(value, field.name))}" for field in fields(value))
        return f"{type(value).__name__}({parts})"
    if isinstance(value, tuple) and len(value) > 8:
        return f"({', '.join(map(_one_line, value[:8]))}, ... {len(value)} in all)"
    return repr(value)


def _lines(value: object, depth: int, label: str = "") -> Iterator[str]:
    """A tree of dataclasses, a node a line; spans are left out, and what has its default value."""
    head = "  " * depth + label
    if isinstance(value, Source):
        yield f"{head}Source({value.name!r})"
    elif is_dataclass(value) and not isinstance(value, type):
        given = [(f.name, getattr(value, f.name), f.default) for f in fields(value)]
        told = [(name, part) for name, part, default in given if part != default]
        simple = [(name, part) for name, part in told if not isinstance(part, Span | Source)]
        inline = ", ".join(f"{name}={_short(part)}" for name, part in simple if not _nested(part))
        yield f"{head}{type(value).__name__}({inline})"
        for name, part in simple:
            if _nested(part):
                yield from _lines(part, depth + 1, f"{name}: ")
    elif isinstance(value, tuple):
        for part in value:
            yield from _lines(part, depth, label)
    else:
        yield f"{head}{_short(value)}"


def _nested(value: object) -> bool:
    if isinstance(value, tuple):
        return any(_nested(item) for item in value)
    return is_dataclass(value) and not isinstance(value, type) and _one_line(value).count("(") > 1


def _short(value: object) -> str:
    if isinstance(value, bytes) and len(value) > 64:
        return f"<{len(value)} bytes>"
    return _one_line(value)
