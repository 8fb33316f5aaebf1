"""The command line -> what is asked for. Written by hand: argparse takes as long to import as a warm run may last.

ply -f json -c 'BEGIN { exit() }' -- dd if=x   ->   Invocation(program=..., format="json", command=("dd", "if=x"))
"""

import os
from collections.abc import Callable, Sequence

from ..grammar.diagnostic import Diagnostic, UsageError
from ..grammar.frozen import dataclass, replace


@dataclass(frozen=True, slots=True)
class Option:
    """An option of ply: `value` is what it takes, "" for nothing, in brackets where it may be left out."""

    name: str
    short: str
    value: str
    help: str

    @property
    def shown(self) -> str:
        """`-f, --format NAME`."""
        short = f"-{self.short}, " if self.short else "    "
        return f"{short}--{self.name} {self.value}".rstrip()


OPTIONS = tuple(Option(*row) for row in (
    ("command", "c", "TEXT", "a program; with a PROGRAM as well, a shell command to trace"),
    ("timeout", "t", "SECONDS", "end after so many seconds"),
    ("pid", "p", "PID", "only events of this process"),
    ("as-root", "", "", "under sudo, run the command as root, not as you"),
    ("format", "f", "NAME", "output: {formats}"),
    ("output", "o", "FILE", "write there instead of to standard output"),
    ("every", "", "TIME", "show all maps each 1s, 500ms, ...; on a terminal in place"),
    ("delta", "", "", "with --every: only what has come in since the last time"),
    ("map", "", "NAME", "only this map, as in --map @reads"),
    ("top", "", "N", "only the N largest rows of each map"),
    ("sort", "", "ORDER", "value or key, upwards; value:desc or key:desc downwards"),
    ("ascii", "A", "", "draw with ASCII characters only"),
    ("check", "", "", "only say what is wrong with scripts: ply --check FILE..."),
    ("dry-run", "e", "", "compile only"),
    ("dump", "S", "", "show every stage of the compiler"),
    ("explain", "", "", "what would attach where and how, and how large it is; attaches nothing"),
    ("emit", "", "STAGE", "show one: text tree ast probes typed ir (llvm, c) asm object artifact"),
    ("backend", "", "NAME", "code generator: llvm, or c (needs clang)"),
    ("via", "", "NAME", "attach this way where it is possible (see --emit probes)"),
    ("map-entries", "", "N", "entries of a map with keys (10240)"),
    ("stack-entries", "", "N", "different stacks (16384)"),
    ("ring-size", "", "BYTES", "buffer for events, a power of two (4194304)"),
    ("list", "l", "[PATTERN]", "list probes, as in -l 'tracepoint:sched:*'"),
    ("self-test", "T", "", "what this machine can do"),
    ("keep", "k", "", "never mind losses; the opposite of --strict"),
    ("strict", "", "", "exit status 4 if anything was lost"),
    ("unbuffered", "u", "", "write each event at once"),
    ("quiet", "q", "", "no remarks, only data"),
    ("verbose", "v", "", "how long each stage took"),
    ("unsafe", "", "", "allow `system` and `cat`"),
    ("debug", "d", "", "the kernel's own log, where it refuses a program"),
    ("completion", "", "SHELL", "print the completion for bash or zsh"),
    ("man", "", "", "print the manual page"),
    ("help", "h", "[TOPIC]", "this text; --help functions|aggregations|probes|formats, or one of them by name"),
    ("version", "V", "", "which version this is"),
))  # fmt: skip
"""Every option, in the order of the help, the manual page and the completion, all of which are made from this."""

FORMS = (
    ("ply -c PROGRAM [-- COMMAND ARG...]", "run the program text, around a command if there is one"),
    ("ply FILE ARG...", "run a script; its arguments are $1, $2, ...; FILE --help for its options"),
    ("ply PROGRAM", "run the program text where there is no such file"),
    ("ply -c COMMAND PROGRAM", "run the program around a shell command"),
    ("ply", "a prompt; clauses and commands line by line, where they come from a pipe"),
    ("ply -l [PATTERN]", "list probes, with what they offer"),
    ("ply fmt [FILE...]", "format scripts"),
    ("ply -T", "what this machine can do, and what is missing"),
)
"""The forms of a command line, and what each does."""

STATUS = (
    ("0", ""),
    ("N", "of exit(N)"),
    ("1", "the program is wrong"),
    ("2", "the command line is wrong"),
    ("3", "this machine cannot"),
    ("4", "something was lost and --strict was given"),
)
"""Exit statuses."""


@dataclass(frozen=True, slots=True)
class Invocation:
    """What the command line says; `program` is text, or the content of the file `source_name`.

    `files` are those to `check`; `alone` says that something else is asked for than a run.
    """

    program: str | None = None
    source_name: str = "<program>"
    parameters: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    alone: bool = False
    timeout: float = 0
    pid: int = 0
    as_root: bool = False
    format: str = "text"
    output: str = ""
    every: float = 0
    delta: bool = False
    map: str = ""
    top: int = 0
    sort: str = ""
    ascii: bool = False
    check: bool = False
    dry_run: bool = False
    dump: bool = False
    emit: str = ""
    explain: bool = False
    backend: str = "llvm"
    via: str = ""
    map_entries: int = 10240
    stack_entries: int = 16384
    ring_size: int = 4 << 20
    list: str | None = None
    self_test: bool = False
    keep: bool = False
    strict: bool = False
    unbuffered: bool = False
    quiet: bool = False
    verbose: bool = False
    unsafe: bool = False
    debug: bool = False
    completion: str | None = None
    man: bool = False
    help: str | None = None
    version: bool = False


_SHORT = {option.short: option.name for option in OPTIONS if option.short}
_FLAGS = frozenset(option.name for option in OPTIONS if not option.value)
_OPTIONAL = frozenset(option.name for option in OPTIONS if option.value.startswith("["))
_UNITS = {"": 1.0, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_NUMBERS = {
    "pid": (1, 1 << 22),
    "top": (1, 1 << 27),
    "map-entries": (1, 1 << 27),
    "stack-entries": (1, 1 << 24),
    "ring-size": (4096, 1 << 30),
}
LONG = frozenset(option.name for option in OPTIONS)
_ALONE = ("help", "version", "self-test", "list", "completion", "man")
"""Options that ask for something else than a run."""


def parse_arguments(words: Sequence[str], read: Callable[[str], str]) -> Invocation:
    """The invocation; raises UsageError. `read` gives a script's text, or raises OSError."""
    invocation, text, operands, command = _options(list(words))
    if invocation.check:
        return replace(invocation, files=tuple(operands), program=text)
    if invocation.alone:
        if operands:
            raise _usage("unexpected-argument", f"`{operands[0]}` is one argument too many here")
        return invocation
    if text is not None and operands:
        if command:
            raise _usage("two-commands", "there is a command after `-c`, and another one after `--`")
        command = ("/bin/sh", "-c", text)
        return replace(_program(invocation, operands, read), command=command)
    if text is not None:
        return replace(invocation, program=text, command=command)
    if not operands:
        if command:
            raise _usage("no-program", "there is a command, but no program", "write `ply -c PROGRAM -- COMMAND`")
        return replace(invocation, program=None)
    return replace(_program(invocation, operands, read), command=command)


def _program(invocation: Invocation, operands: Sequence[str], read: Callable[[str], str]) -> Invocation:
    """The first operand is a file, or program text where there is no such file; the rest are its arguments."""
    first, *rest = operands
    try:
        return replace(invocation, program=read(first), source_name=first, parameters=tuple(rest))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        pass
    except OSError as error:
        if error.strerror != os.strerror(36):  # ENAMETOOLONG: nobody's file, so it is a program
            raise _usage("cannot-read", f"cannot read `{first}`: {error.strerror}") from None
    if first.replace("/", "").replace(".", "").replace("-", "").replace("_", "").isalnum():
        raise _usage("no-such-file", f"there is no file `{first}`", "a program text goes after `-c`")
    return replace(invocation, program=first, parameters=tuple(rest))


def _options(words: list[str]) -> tuple[Invocation, str | None, list[str], tuple[str, ...]]:
    """Options, the text after `-c`, operands, and the command after `--`."""
    values: dict[str, str | bool] = {}
    operands: list[str] = []
    command: tuple[str, ...] = ()
    while words:
        word = words.pop(0)
        if word == "--":
            command = tuple(words)
            if not command:
                raise _usage("no-command", "there is no command after `--`")
            break
        if word == "-" or (operands and not word.startswith("-")):
            operands.append(word)
        elif operands and "command" not in values and "check" not in values:
            operands.append(word)  # a script's own arguments may look like options
        elif word.startswith("--"):
            _long(word[2:], words, values)
        elif word.startswith("-") and len(word) > 1:
            _short(word, words, values)
        else:
            operands.append(word)
    if "delta" in values and "every" not in values:
        raise _usage("option-value", "`--delta` says what `--every` shows", "as in `--every 1s --delta`")
    text = values.pop("command", None)
    assert not isinstance(text, bool)
    return _invocation(values), text, operands, command


def _short(word: str, words: list[str], values: dict[str, str | bool]) -> None:
    """`-q`, `-qv`, `-t5`, `-t 5`."""
    for place, letter in enumerate(word[1:], 2):
        if letter not in _SHORT:
            raise _usage("unknown-option", f"there is no option `-{letter}`", "`ply --help` lists them")
        name = _SHORT[letter]
        if name in _FLAGS:
            values[name] = True
            continue
        _once(name, values)
        values[name] = _argument(f"-{letter}", name, word[place:] or None, words)
        return


def _long(text: str, words: list[str], values: dict[str, str | bool]) -> None:
    """`--quiet`, `--timeout 5`, `--timeout=5`."""
    name, equals, value = text.partition("=")
    if name not in LONG:
        from ..grammar.render import suggest

        close = suggest(name, LONG)
        hint = f"did you mean `--{close}`?" if close else "`ply --help` lists them"
        raise _usage("unknown-option", f"there is no option `--{name}`", hint)
    if name in _FLAGS:
        if equals:
            raise _usage("option-value", f"`--{name}` takes no value")
        values[name] = True
        return
    _once(name, values)
    values[name] = _argument(f"--{name}", name, value if equals else None, words)


def _once(name: str, values: dict[str, str | bool]) -> None:
    """Of other options the last one counts; two programs are a mistake."""
    if name == "command" and name in values:
        raise _usage("two-programs", "`-c` is there twice", "write all clauses into one program")


def _argument(shown: str, name: str, attached: str | None, words: list[str]) -> str:
    if attached is not None:
        return attached
    if words and (name == "command" or words[0] == "-" or not words[0].startswith("-")):
        return words.pop(0)
    if name in _OPTIONAL:
        return ""
    raise _usage("option-value", f"`{shown}` needs a value")


def _invocation(values: dict[str, str | bool]) -> Invocation:
    def text(name: str, default: str = "") -> str:
        return str(values.get(name, default))

    def flag(name: str) -> bool:
        return name in values

    def number(name: str, default: int) -> int:
        return _number(name, text(name)) if name in values else default

    return Invocation(
        alone=any(name in values for name in _ALONE),
        timeout=_seconds("-t", text("timeout")) if "timeout" in values else 0,
        pid=number("pid", 0),
        as_root=flag("as-root"),
        format=text("format", "text"),
        output=text("output"),
        every=_seconds("--every", text("every")) if "every" in values else 0,
        delta=flag("delta"),
        map=_map_name(text("map")),
        top=number("top", 0),
        sort=_order(text("sort")) if "sort" in values else "",
        ascii=flag("ascii"),
        check=flag("check"),
        dry_run=flag("dry-run"),
        dump=flag("dump"),
        emit=text("emit"),
        explain=flag("explain"),
        backend=text("backend", "llvm"),
        via=text("via"),
        map_entries=number("map-entries", 10240),
        stack_entries=number("stack-entries", 16384),
        ring_size=number("ring-size", 4 << 20),
        list=text("list") if "list" in values else None,
        self_test=flag("self-test"),
        keep=flag("keep"),
        strict=flag("strict"),
        unbuffered=flag("unbuffered"),
        quiet=flag("quiet"),
        verbose=flag("verbose"),
        unsafe=flag("unsafe"),
        debug=flag("debug"),
        completion=text("completion") if "completion" in values else None,
        man=flag("man"),
        help=text("help") if "help" in values else None,
        version=flag("version"),
    )


def _number(name: str, value: str) -> int:
    low, high = _NUMBERS[name]
    number = int(value) if value.isascii() and value.isdecimal() and len(value) < 12 else -1
    if not low <= number <= high:
        raise _usage("option-value", f"`--{name}` is a number from {low} to {high}, not `{value}`")
    if name == "ring-size" and number & (number - 1):
        raise _usage("option-value", f"`--{name}` is a power of two, not {number}")
    return number


def _map_name(value: str) -> str:
    """`@reads`, also where the shell user has left out the `@`."""
    return value if not value or value.startswith("@") else f"@{value}"


def _order(value: str) -> str:
    by, colon, direction = value.partition(":")
    if by not in ("value", "key") or (colon and direction not in ("asc", "desc")):
        known = "orders are value and key, with :asc (the default) or :desc behind them"
        raise _usage("option-value", f"`--sort` cannot be by `{value}`", known)
    return value


def _seconds(option: str, text: str) -> float:
    """`1`, `1.5s`, `500ms`, `2m` in seconds."""
    digits = text.rstrip("smh")
    try:
        seconds = float(digits) * _UNITS[text[len(digits) :]]
    except (ValueError, KeyError):
        seconds = 0
    if not 1e-3 <= seconds < 1e9:
        raise _usage(
            "option-value", f"`{option}` is a number of seconds, not `{text}`", f"as in `{option} 10`, `500ms`"
        )
    return seconds


def _usage(code: str, message: str, help: str = "") -> UsageError:
    return UsageError(Diagnostic(code, message, help=help))
