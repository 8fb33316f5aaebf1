"""`ply fmt [--check] [--diff] [FILE...]`: scripts in the one style, in place; without a FILE from stdin to stdout.

A script with an error in it is left untouched. Status: 0; 1 an error, or with `--check` a script that would change;
2 a file that cannot be read or written.
"""

import sys
from collections.abc import Callable, Sequence

from ..compiler.formatting import formatted
from ..grammar.diagnostic import CompileError, Diagnostic, PlyError, UsageError
from ..grammar.frozen import dataclass
from ..grammar.render import suggest
from ..grammar.source import Source
from .replacing import original, replace

USAGE = """\
usage: ply fmt [--check] [--diff] [FILE...]

  Formats scripts in place; without a FILE, or for `-`, standard input to standard output.

  --check   change nothing: name the scripts that would change, status 1 if there are any
  --diff    change nothing: show what would change
"""

FLAGS = ("check", "diff", "help")
"""Its options."""


@dataclass(frozen=True, slots=True)
class _Settings:
    check: bool
    diff: bool


def fmt(words: Sequence[str], explain: Callable[[PlyError, int], int]) -> int:
    """Do it; `explain` shows an error. Raises UsageError for words that make no sense."""
    flags, files = _words(words)
    if "help" in flags:
        print(USAGE, end="")
        return 0
    if not files and sys.stdin.isatty():
        raise UsageError(Diagnostic("no-program", "there is no script", help="write `ply fmt FILE...`"))
    settings = _Settings("check" in flags, "diff" in flags)
    status = 0
    for name in files or ["-"]:
        try:
            status = max(status, _standard_input(settings) if name == "-" else _file(name, settings))
        except CompileError as error:
            status = max(status, explain(error, 1))
        except UsageError as error:
            status = max(status, explain(error, 2))
    return status


def _words(words: Sequence[str]) -> tuple[set[str], list[str]]:
    flags: set[str] = set()
    files: list[str] = []
    for place, word in enumerate(words):
        if word == "--":
            return flags, files + list(words[place + 1 :])
        name = "help" if word == "-h" else word.removeprefix("--")
        if not word.startswith("-") or word == "-":
            files.append(word)
        elif name in FLAGS:
            flags.add(name)
        else:
            close = suggest(name, FLAGS)
            help = f"did you mean `--{close}`?" if close else "there are --check and --diff"
            raise UsageError(Diagnostic("unknown-option", f"`ply fmt` has no option `{word}`", help=help))
    return flags, files


def _standard_input(settings: _Settings) -> int:
    before = sys.stdin.buffer.read().decode("utf-8", "surrogateescape")
    after = formatted(Source("<stdin>", before))
    if not settings.check and not settings.diff:
        sys.stdout.write(after)
        return 0
    return _told("<stdin>", before, after, settings)


def _file(name: str, settings: _Settings) -> int:
    with original(name) as file:
        before = file.text
        after = formatted(Source(name, before))
        if settings.check or settings.diff:
            return _told(name, before, after, settings)
        if after != before:
            replace(file, after)
    return 0


def _told(name: str, before: str, after: str, settings: _Settings) -> int:
    """What would change, on stdout."""
    if before == after:
        return 0
    if settings.diff:
        from difflib import unified_diff

        lines = unified_diff(before.splitlines(True), after.splitlines(True), name, name, "as it is", "formatted")
        for line in lines:
            print(line, end="" if line.endswith("\n") else "\n\\ no line end at the end of the file\n")
    else:
        print(name)
    return 1 if settings.check else 0
