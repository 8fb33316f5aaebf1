r"""`ply --man`: the manual page ply(1) in roff, made from the table of options and the registries.

.TP
\fB\-t\fR, \fB\-\-timeout\fR \fISECONDS\fR
end after so many seconds
"""

from collections.abc import Iterable, Iterator, Sequence

from .. import __version__
from .arguments import FORMS, OPTIONS, STATUS, Option
from .help import described, listed

_ABOUT = """\
ply asks the running Linux kernel questions: how large are the reads, who opens which file, where does the time go.
A line or a short script says which events to watch, which of them count, and what to do then; it is compiled to eBPF,
loaded into the kernel, and leaves it with the process, however that ends. Ctrl-C ends a run and prints its maps."""

_EXAMPLES = (
    ("How large are the reads of a command, by what they return?",
     "ply -c 'kretprobe:SyS_read / pid == $target / { @.quantize(retval) }' -- COMMAND"),
    ("Who makes which system calls? For ten seconds.",
     "ply -t 10 -c 'kprobe:SyS_* { @[comm, func].count() }'"),
    ("Which tracepoints of the scheduler are there?", "ply -l 'tracepoint:sched:*'"),
)  # fmt: skip

_FILES = (
    ("/var/cache/plytrace", "scripts that root has run, compiled; only to save time"),
    ("~/.cache/plytrace", "the same for other users"),
    ("/var/lib/plytrace/history", "what root has typed at the prompt"),
    ("~/.local/state/plytrace/history", "the same for other users"),
)

_TOPICS = (("PROBES", "probes"), ("FUNCTIONS", "functions"), ("AGGREGATIONS", "aggregations"), ("FORMATS", "formats"))


def man() -> str:
    """The page, as man(1) takes it."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield f'.TH PLY 1 "" "ply {__version__}" "User Commands"'
    yield from (".SH NAME", r"ply \- a dynamic tracer for Linux", ".SH SYNOPSIS")
    for form, _ in FORMS:
        yield from (".nf", _plain(form), ".fi")
    yield from (".SH DESCRIPTION", _plain(_ABOUT))
    yield from _table(FORMS)
    yield ".SH OPTIONS"
    for option in OPTIONS:
        yield from (".TP", _spelled(option), _plain(described(option)))
    yield ".SH EXIT STATUS"
    yield from _table((number, what or "all went well") for number, what in STATUS)
    for title, topic in _TOPICS:
        yield from (f".SH {title}", _plain("ply --help NAME explains one of them."))
        yield from _table(_split(line) for line in listed(topic))
    yield from (".SH FILES", *_table(_FILES), ".SH EXAMPLES")
    for question, command in _EXAMPLES:
        yield from (".PP", _plain(question), ".PP", ".nf", ".RS 4", _plain(command), ".RE", ".fi")
    yield from (".SH SEE ALSO", ".BR bpf (2), bpftool (8), perf (1), strace (1)")


def _table(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    for name, what in rows:
        yield from (".TP", rf"\fB{_plain(name)}\fR", _plain(what))


def _split(line: str) -> tuple[str, str]:
    """`count(): how many` and `json  one object a line` as name and meaning."""
    name, colon, what = line.partition(": ")
    return (name, what) if colon else (line.partition("  ")[0], line.partition("  ")[2].strip())


def _spelled(option: Option) -> str:
    short = rf"\fB\-{option.short}\fR, " if option.short else ""
    value = rf" \fI{_plain(option.value)}\fR" if option.value else ""
    return rf"{short}\fB\-\-{_plain(option.name)}\fR{value}"


def _plain(text: str) -> str:
    """Text that roff takes as it is: no line of it is a request, and a minus stays one."""
    safe = text.replace("\\", "\\e").replace("-", "\\-")
    return "\n".join(f"\\&{line}" if line[:1] in (".", "'") else line for line in safe.split("\n"))
