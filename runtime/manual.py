"""The manual page, made from the help text: `ply --man | man -l -`.

Macros are those of man(7).
"""

import re

from .. import __version__
from .arguments import HELP
from .option_table import Option, options
from .option_values import described

_DESCRIPTION = """\
compiles a little language, after awk and DTrace, to eBPF, loads it into the running kernel, and prints counts,
histograms, stacks or events when it ends. A program is a list of clauses: a probe, a predicate if you like, and what
to do on each event."""
_FILES = (
    ("/var/cache/plytrace", "compiled programs, of root; of others, ~/.cache/plytrace"),
    ("/var/lib/plytrace/history", "what was typed at the prompt, by root; by others, ~/.local/state/plytrace/history"),
)
_EXAMPLES = (
    ("How large are the reads of a command?", "ply -c 'kretprobe:SyS_read { @.quantize(retval) }' -- ls"),
    ("Who opens which file?", "ply -c 'kprobe:SyS_openat { printf(\"%s %s\\n\", comm, str(arg1)) }'"),
)


def manual() -> str:
    """Text for man(1)."""
    title, rest = HELP.split("\n\n", 1)
    forms, _, closing = rest.split("\n\n", 2)
    name, _, what = title.partition(": ")
    parts = [
        f'.TH PLY 1 "" "plytrace {__version__}"',
        f".SH NAME\n{name} \\- {_text(what)}",
        ".SH SYNOPSIS\n" + "\n.br\n".join(_bold(form) for form, _ in _forms(forms)),
        f".SH DESCRIPTION\n.B ply\n{_text(_DESCRIPTION)}",
        "\n".join(f".TP\n{_bold(form)}\n{_text(meaning)}" for form, meaning in _forms(forms)),
        ".SH OPTIONS\n" + "\n".join(map(_option, options())),
        f".SH EXIT STATUS\n{_text(closing.strip().removeprefix('Exit status: '))}",
        ".SH FILES\n" + "\n".join(f".TP\n{_bold(path)}\n{_text(meaning)}" for path, meaning in _FILES),
        ".SH EXAMPLES\n" + "\n".join(f".TP\n{_text(asked)}\n.nf\n{_text(line)}\n.fi" for asked, line in _EXAMPLES),
        ".SH SEE ALSO\n.BR bpf (2),\n.BR bpftool (8),\n.BR strace (1),\n.BR perf (1)",
    ]
    return "\n".join(parts) + "\n"


def _forms(text: str) -> list[tuple[str, str]]:
    """The ways to call it, each with its meaning."""
    found = (re.split(r"  +", line.strip(), maxsplit=1) for line in text.splitlines())
    return [(form, "".join(meaning)) for form, *meaning in found]


def _option(option: Option) -> str:
    names = ([f"-{option.short}"] if option.short else []) + [f"--{option.long}"]
    given = f" \\fI{option.value}\\fP" if option.value else ""
    return f".TP\n{', '.join(map(_bold, names))}{given}\n{_text(described(option) or 'the version of this program')}"


def _bold(text: str) -> str:
    return f"\\fB{_text(text)}\\fP"


def _text(text: str) -> str:
    """Safe from being read as a macro or as an escape."""
    safe = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")
    return re.sub(r"^\.", r"\\&.", safe, flags=re.MULTILINE)
