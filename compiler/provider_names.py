"""Names of providers: with their short forms, and what was probably meant by one that there is not."""

from ..grammar.render import suggest
from .provider import Provider
from .registry import providers

ELSEWHERE = {
    "fbt": "`kprobe:FUNCTION` is a function's entry, `kretprobe:FUNCTION` its return",
    "pid": "`uprobe:FILE:FUNCTION` with `-p PID` is a function of one process",
    "sdt": "write `tracepoint:GROUP:NAME`",
    "proc": "`ply -l 'tracepoint:sched:sched_process*'` lists what happens to processes",
    "io": "`ply -l 'tracepoint:block:*'` lists what happens to disks",
    "tp": "write `tracepoint:GROUP:NAME`",
    "tp_btf": "write `rawtracepoint:NAME`",
    "raw_tp": "write `rawtracepoint:NAME`",
    "rawtp": "write `rawtracepoint:NAME`",
    "perf": "`software:NAME` and `hardware:NAME` are what perf counts",
    "cpu": "`software:NAME` and `hardware:NAME` are what perf counts",
    "tick": "write `interval:1s`",
    "timer": "write `interval:1s`",
    "begin": "write `BEGIN` or `END` alone",
    "end": "write `BEGIN` or `END` alone",
    "dtrace": "write `BEGIN` or `END`",
    "sys": "write `syscall:NAME`, `syscall:NAME:return`",
    "lib": "write `uprobe:FILE:FUNCTION`, as in `uprobe:libc:malloc`",
}
"""What other tracers and the kernel call them, and how that is written here."""
_SHORT = 2
"""Letters of which too few can be wrong for a guess."""


def with_short_forms(entry: Provider) -> str:
    """`kprobe (k)`."""
    return f"{entry.name} ({', '.join(entry.aliases)})" if entry.aliases else entry.name


def all_names() -> str:
    """`BEGIN, END, fentry (f, kfunc), ...`."""
    found = {entry.name: entry for entry in providers().values()}
    return ", ".join(with_short_forms(found[name]) for name in sorted(found))


def meant(word: str, target: str) -> str:
    """What to write for a probe whose provider is nothing: the same probe of the nearest one, or all there are."""
    if word.lower() in ELSEWHERE:
        return ELSEWHERE[word.lower()]
    known = providers()
    full = sorted({entry.name for entry in known.values()})
    close = next((name for name in known if name.lower() == word.lower()), "")
    close = close or next((name for name in full if len(word) > 1 and name.startswith(word.lower())), "")
    close = close or suggest(word, [name for name in known if len(name) > _SHORT])
    if not close:
        return f"there are {all_names()}"
    return f"did you mean `{close}:{target}`?" if not close.isupper() or close == "U" else f"did you mean `{close}`?"
