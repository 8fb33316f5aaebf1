"""Kernel functions as probes: `kprobe:vfs_*` becomes one `kprobe_multi` link, or one perf event each.

Where the kernel has no kprobes, the error names the option that is missing and the tracepoint to use instead.
"""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from ..grammar.diagnostic import Diagnostic, HostError
from ..grammar.render import suggest
from . import syscalls
from .access import Candidate
from .accesses import Registers
from .ast import ProbeSpec
from .attachment import Kprobe, KprobeMulti
from .host import Host, Missing
from .machine import machine

INSTEAD = {"schedule": "sched:sched_switch", "__schedule": "sched:sched_switch", "do_exit": "sched:sched_process_exit",
           "finish_task_switch": "sched:sched_switch", "try_to_wake_up": "sched:sched_wakeup",
           "wake_up_process": "sched:sched_wakeup", "wake_up_new_task": "sched:sched_wakeup_new",
           "kernel_clone": "sched:sched_process_fork", "_do_fork": "sched:sched_process_fork",
           "do_fork": "sched:sched_process_fork", "bprm_execve": "sched:sched_process_exec",
           "submit_bio": "block:block_bio_queue", "blk_mq_start_request": "block:block_rq_issue",
           "handle_mm_fault": "exceptions:page_fault_user", "tcp_set_state": "sock:inet_sock_set_state",
           "tcp_sendmsg": "sock:sock_send_length", "tcp_recvmsg": "sock:sock_recv_length",
           "netif_receive_skb": "net:netif_receive_skb", "dev_queue_xmit": "net:net_dev_queue",
           "__kmalloc": "kmem:kmalloc", "kmalloc": "kmem:kmalloc", "kfree": "kmem:kfree",
           "vfs_read": "syscalls:sys_enter_read", "vfs_write": "syscalls:sys_enter_write",
           "vfs_open": "syscalls:sys_enter_openat", "do_sys_open": "syscalls:sys_enter_openat",
           "do_sys_openat2": "syscalls:sys_enter_openat", "vfs_fsync": "syscalls:sys_enter_fsync"}  # fmt: skip
"""Tracepoints that tell nearly the same as a function that people probe."""


def function_candidates(spec: ProbeSpec, host: Host, on_return: bool) -> Sequence[Candidate]:
    """Ways to be at the entry or the return of what `spec` names; HostError where there is no such function."""
    if syscalls.is_syscall_pattern(spec.target):
        start = f"{spec.provider}:{spec.target[:4]}"
        return syscalls.candidates(spec.target, on_return, spec.span, host, lambda name: start + name)
    access = Registers(machine(host.machine), on_return)
    missing = host.missing("kprobes")
    if missing:
        missing = _instead(spec, host, missing)
        return (Candidate("kprobe", Kprobe((spec.target,), on_return), access, missing),)
    functions = tuple(host.functions(spec.target))
    if not functions:
        raise HostError(_no_function(spec, host))
    several = host.missing("kprobe_multi")
    return (
        Candidate("kprobe_multi", KprobeMulti(functions, on_return), access, several),
        Candidate("kprobe", Kprobe(functions, on_return), access),
    )


def _instead(spec: ProbeSpec, host: Host, missing: Missing) -> Missing:
    """The same reason, with the tracepoint that tells nearly the same."""
    known = set(host.tracepoints("*:*"))
    by_name = next((point for point in sorted(known) if point.split(":")[1] == spec.target), "")
    point = INSTEAD.get(spec.target, by_name)
    if point in known or (point and not known):
        return Missing(missing.why, f"use the tracepoint instead: `tracepoint:{point}`")
    return Missing(missing.why, "see `ply -l 'tracepoint:*'` for what this kernel offers instead")


def _no_function(spec: ProbeSpec, host: Host) -> Diagnostic:
    if host.is_function(spec.target):
        return Diagnostic(
            "cannot-be-probed",
            f"`{spec.target}` is a kernel function, but the kernel does not let it be probed",
            spec.span,
            help="it is marked notrace, or is part of the probing itself: probe its caller, or one that it calls",
        )
    close = suggest(spec.target, host.functions("*"))
    hint = f"did you mean `{spec.provider}:{close}`?" if close else f"`ply -l '{spec.provider}:*NAME*'` searches"
    return Diagnostic(
        "no-such-function",
        f"this kernel has no function `{spec.target}`",
        spec.span,
        help=hint + "; it may also have been inlined by the compiler",
    )


def function_listing(provider: str, pattern: str, host: Host) -> Sequence[tuple[str, str]]:
    """Probes that match `pattern` (the part after the colon), with how to reach their values."""
    kind = machine(host.machine)
    fields = "retval" if provider == "kretprobe" else "arg(0)..arg(5)"
    calls = [f"SyS_{name}" for _, name in sorted(kind.syscalls.items())]
    found = [(f"{provider}:{name}", fields) for name in calls if fnmatchcase(name, pattern)]
    if host.missing("kprobes"):
        return found
    return found + [(f"{provider}:{name}", fields) for name in host.functions(pattern)]
