"""How the trials of `trials.py` ended on the tests' kernels: `tests/kernel/test_trials.py` writes it."""

from collections.abc import Mapping

TRIED: Mapping[str, Mapping[str, bool]] = {
    "6.12": {
        "BEGIN": True,
        "interval": True,
        "syscall": True,
        "tracepoint": True,
        "rawtracepoint": True,
        "kprobe": True,
        "kretprobe": True,
        "fentry": True,
        "fexit": True,
        "uprobe": True,
        "uretprobe": True,
        "usdt": True,
        "profile": True,
        "software": True,
        "hardware": False,
        "watchpoint": True,
        "iter": True,
    },
    "6.18": {
        "BEGIN": True,
        "interval": True,
        "syscall": True,
        "tracepoint": True,
        "rawtracepoint": True,
        "kprobe": False,
        "kretprobe": False,
        "fentry": False,
        "fexit": False,
        "uprobe": True,
        "uretprobe": True,
        "usdt": True,
        "profile": True,
        "software": True,
        "hardware": False,
        "watchpoint": True,
        "iter": True,
    },
}
"""Series of kernels -> providers -> whether their trial succeeded."""
