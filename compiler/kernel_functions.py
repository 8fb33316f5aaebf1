"""Kernel functions as probes: `kprobe:vfs_*` becomes one `kprobe_multi` link, or one perf event each.

Where the kernel has no kprobes, the error names the option that is missing and the tracepoint to use instead.
"""

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from functools import partial

from ..grammar.diagnostic import CompileError, Diagnostic, HostError
from ..grammar.render import suggest
from . import syscalls
from .access import Candidate
from .ast import ProbeSpec
from .attachment import Fentry, Kprobe, KprobeMulti
from .function_access import FunctionRegisters, Trampoline, passes_words, unknown
from .host import Host, Missing
from .machine import machine
from .types import describe

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


_TARGET = re.compile(
    r"(?:(?P<module>[\w-]+):)?(?P<name>[^:+]+?)(?:\+(?P<offset>0[xX][0-9a-fA-F]+|\d+))?|(?P<address>0[xX][0-9a-fA-F]+)"
)
_VARIANT = re.compile(r"\.(isra|constprop|part|cold|llvm)\b")
_GLOB = frozenset("*?[")
_MOST_TRAMPOLINES = 64
"""Each is a program of its own."""
_MOST_EVENTS = 4000
_DETACHING = 0.04
"""Seconds, with several threads at it (see `detach` in `runtime/attach.py`)."""


def function_candidates(spec: ProbeSpec, host: Host, on_return: bool) -> Sequence[Candidate]:
    """Ways to be at the entry or the return of what `spec` names; HostError where there is no such function."""
    if syscalls.is_syscall_pattern(spec.target):
        start = f"{spec.provider}:{spec.target[:4]}"
        return syscalls.candidates(spec.target, on_return, spec.span, host, lambda name: start + name)
    parts = _parsed(spec)
    offset = int(parts["offset"] or parts["address"] or "0", 0)
    if offset and on_return:
        help = "leave the offset out, or use `kprobe:`"
        raise CompileError(
            Diagnostic("return-offset", "a function returns as a whole: an offset has no return", spec.span, help=help)
        )
    kind, name = machine(host.machine), parts["name"] or ""
    missing = host.missing("kprobes")
    if re.fullmatch(r"0[xX][0-9a-fA-F]+", name):
        offset, name = int(name, 16), ""
    if not name or offset:
        inside = FunctionRegisters(kind, on_return, whole=False, name=spec.target)
        known = tuple(host.functions(name)) if name and not missing else (name,)
        if not known:
            raise HostError(_no_function(spec, name, host))
        return (Candidate("kprobe", Kprobe((name,), on_return, offset), inside, missing),)
    if missing and host.missing("fentry"):
        missing = _instead(name, on_return, host, missing)
        return (Candidate("kprobe", Kprobe((name,), on_return), FunctionRegisters(kind, on_return), missing),)
    found, whole = _found(spec, parts["module"], name, host)
    shared = tuple(host.namesakes(found, parts["module"] or ""))
    names = {each for each, _ in shared}
    single = tuple(each for each in found if each not in names)
    one = len(single) == 1 and not shared and whole
    access = FunctionRegisters(
        kind, on_return, read=partial(host.prototype, single[0]) if one else unknown, whole=whole or on_return
    )
    count = len(single) + len(shared)
    alone = missing or host.missing("kprobe_multi")
    too_many = _too_many(count)
    if alone and too_many and not missing:
        alone = Missing(alone.why)  # "one kprobe a function" is no remedy then
    return (
        *(_trampoline(each, on_return, host) for each in (single if one else ())),
        Candidate("kprobe_multi", KprobeMulti(single, on_return, count > 1, shared), access, alone),
        Candidate("kprobe", Kprobe(single, on_return, 0, count > 1, shared), access, missing or too_many),
    )


def _too_many(functions: int) -> Missing | None:
    """One by one takes time, above all when they are taken out again."""
    if functions <= _MOST_EVENTS:
        return None
    minutes = round(functions * _DETACHING / 60)
    why = f"{functions} perf events, one for each function, would take {minutes} minutes to take out again"
    return Missing(why, f"name at most {_MOST_EVENTS} functions")


def trampoline_places(spec: ProbeSpec, host: Host, on_return: bool) -> Sequence[Sequence[Candidate]]:
    """One place for each function; HostError where there is none, or BTF describes none of them."""
    parts = _parsed(spec)
    name = parts["name"] or parts["address"]
    if parts["offset"] or parts["address"]:
        help = f"use `kprobe:{spec.target}`"
        raise CompileError(Diagnostic("return-offset", "a trampoline is at a whole function", spec.span, help=help))
    missing = host.missing("fentry")
    if missing:
        instead = _instead(name, on_return, host, missing)
        return [[Candidate("fentry", Fentry(name, on_return), Trampoline(name, on_return, unknown), instead)]]
    all_of_them = _found(spec, parts["module"], name, host)[0]
    shared = {each for each, _ in host.namesakes(all_of_them, parts["module"] or "")}
    if shared.issuperset(all_of_them):
        message = f"the kernel has several functions `{name}`, and a trampoline would be at one of them only"
        help = f"use `kprobe:{spec.target}`, which is at all of them"
        raise HostError(Diagnostic("several-functions", message, spec.span, help=help))
    found = [each for each in all_of_them if each not in shared and host.prototype(each)]
    if not found:
        message, help = f"the kernel's BTF does not describe `{name}`", f"use `kprobe:{name}`"
        raise HostError(Diagnostic("not-described", message, spec.span, help=help))
    if len(found) > _MOST_TRAMPOLINES:
        message = f"`{spec.target}` is {len(found)} functions, and each would be a program of its own"
        help = f"name at most {_MOST_TRAMPOLINES}, or use `kprobe:{spec.target}`, which is one link for all"
        raise CompileError(Diagnostic("too-many-functions", message, spec.span, help=help))
    return [[_trampoline(each, on_return, host)] for each in found]


def _trampoline(function: str, on_return: bool, host: Host) -> Candidate:
    read = partial(host.prototype, function)
    missing = host.missing("fentry")
    if missing is None and not passes_words(read()):
        missing = Missing("the kernel's BTF does not describe the function, or it has arguments that are not words")
    return Candidate("fentry", Fentry(function, on_return), Trampoline(function, on_return, read), missing)


def _parsed(spec: ProbeSpec) -> re.Match[str]:
    parts = _TARGET.fullmatch(spec.target)
    if parts is None:
        message = f"`{spec.target}` is no function of the kernel's"
        help = f"write `{spec.provider}:FUNCTION`, `MODULE:FUNCTION`, `FUNCTION+OFFSET` or `0xADDRESS`"
        raise CompileError(Diagnostic("incomplete-probe", message, spec.span, help=help))
    return parts


def _found(spec: ProbeSpec, module: str | None, name: str, host: Host) -> tuple[tuple[str, ...], bool]:
    """The functions, and whether they are as their source has them: the compiler may have made variants of one."""
    place = f"{module}:" if module else ""
    found = tuple(host.functions(place + name))
    if found:
        return found, not any(_VARIANT.search(each) for each in found)
    variants = tuple(each for each in host.functions(f"{place}{name}.*") if _VARIANT.search(each))
    whole = tuple(each for each in variants if ".part" not in each and ".cold" not in each)
    if module and not whole and host.functions(name):
        message = f"`{name}` is not a function of module `{module}`"
        help = f"leave the module out: `{spec.provider}:{name}`; that of the kernel itself is `vmlinux`"
        raise HostError(Diagnostic("no-such-function", message, spec.span, help=help))
    if not whole or not _GLOB.isdisjoint(name):
        raise HostError(_no_function(spec, name, host, variants))
    return whole, False


def _instead(function: str, on_return: bool, host: Host, missing: Missing) -> Missing:
    """The same reason, with the tracepoint that tells nearly the same."""
    known = set(host.tracepoints("*:*"))
    by_name = next((point for point in sorted(known) if point.split(":")[1] == function), "")
    point = INSTEAD.get(function, by_name)
    back = point.replace("sys_enter_", "sys_exit_")
    if on_return and (back in known or not known):
        point = back
    if point in known or (point and not known):
        return Missing(missing.why, f"use the tracepoint instead: `tracepoint:{point}`")
    return Missing(missing.why, "see `ply -l 'tracepoint:*'` for what this kernel offers instead")


def _no_function(spec: ProbeSpec, name: str, host: Host, variants: Sequence[str] = ()) -> Diagnostic:
    if variants:
        return Diagnostic(
            "no-such-function",
            f"of `{name}` the compiler has left only {', '.join(f'`{each}`' for each in variants)}",
            spec.span,
            help="the rest is part of its callers: probe one of them, or the rest by its name",
        )
    if host.is_function(name):
        return Diagnostic(
            "cannot-be-probed",
            f"`{name}` is a kernel function, but the kernel does not let it be probed",
            spec.span,
            help="it is marked notrace, or is part of the probing itself: probe its caller, or one that it calls",
        )
    if host.prototype(name) is not None:
        return Diagnostic(
            "no-such-function",
            f"`{name}` is in the kernel's source, but there is no code of its own for it",
            spec.span,
            help="the compiler has made it part of its callers: probe one of them",
        )
    close = suggest(name, host.functions("*"))
    hint = f"did you mean `{spec.provider}:{close}`?" if close else f"`ply -l '{spec.provider}:*NAME*'` searches"
    return Diagnostic(
        "no-such-function",
        f"this kernel has no function `{name}`",
        spec.span,
        help=hint + "; it may also have been inlined by the compiler",
    )


def function_listing(provider: str, pattern: str, host: Host) -> Sequence[tuple[str, str]]:
    """Probes that match `pattern` (the part after the colon), with how to reach their values."""
    kind = machine(host.machine)
    fields = "retval" if provider == "kretprobe" else "arg(0)..arg(5)"
    calls = [f"SyS_{name}" for _, name in sorted(kind.syscalls.items())]
    found = [(f"{provider}:{name}", fields) for name in calls if fnmatchcase(name, pattern)]
    if host.missing("kprobes") and host.missing("fentry"):
        return found
    return found + [(f"{_place(provider, pattern)}{name}", fields) for name in host.functions(pattern)]


def _place(provider: str, pattern: str) -> str:
    """What goes before a function that matches: `kprobe:`, or `kprobe:nf_tables:` where the pattern names a module."""
    module, colon, _ = pattern.rpartition(":")
    return f"{provider}:{module}{colon}"


def trampoline_listing(provider: str, pattern: str, host: Host) -> Sequence[tuple[str, str]]:
    """Functions that match, with their arguments and what they return."""
    if host.missing("fentry"):
        return []
    found = []
    for name in host.functions(pattern):
        known = host.prototype(name)
        if known is not None:
            words = [f"{describe(kind) if kind else 'void'} {each}" for each, kind in known.parameters]
            back = [f"{describe(known.result)} retval"] if provider == "fexit" and known.result else []
            found.append((f"{_place(provider, pattern)}{name}", ", ".join(words + back)))
    return found
