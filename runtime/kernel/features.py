"""What this machine can do, found by trying and never by version: None, or what is missing, why, and what to do."""

import errno
import os
from typing import assert_never

from ...compiler.host import Feature, Missing
from . import bpf, btf, cpus, perf, tracefs
from .failure import PRIVILEGE

_SYS_ADMIN, _PERFMON, _BPF = 21, 38, 39  # linux/capability.h
_NAMES = {_SYS_ADMIN: "CAP_SYS_ADMIN", _PERFMON: "CAP_PERFMON", _BPF: "CAP_BPF"}
_TRACEPOINTS = "use tracepoints: `ply -l 't:*'` lists them"


def missing(feature: Feature) -> Missing | None:
    """None where the feature is there, else why it is not."""
    match feature:
        case "btf":
            return kernel_btf()
        case "kprobes":
            return kprobes()
        case "fentry":
            return fentry()
        case "kprobe_multi":
            return kprobe_multi()
        case "tracefs":
            return tracepoint_files()
        case "ring_buffer":
            return ring_buffer()
        case "uprobes":
            return uprobes()
        case "uprobe_multi":
            return uprobe_multi()
        case "counters":
            return counters()
        case "breakpoints":
            return breakpoints()
        case _:
            assert_never(feature)


def privilege() -> Missing | None:
    """Whether this process may load tracing programs: CAP_SYS_ADMIN, or CAP_BPF with CAP_PERFMON (capabilities(7)).

    A kernel locked down for confidentiality refuses even root (kernel_lockdown(7)); so does one that sees
    only a user namespace's root (user_namespaces(7)).
    """
    held = _capabilities()
    if not held >> _SYS_ADMIN & 1 and not (held >> _BPF & 1 and held >> _PERFMON & 1):
        lacking = " and ".join(_NAMES[bit] for bit in (_BPF, _PERFMON) if not held >> bit & 1)
        sysctl = _read("/proc/sys/kernel/unprivileged_bpf_disabled")
        note = f" (sysctl kernel.unprivileged_bpf_disabled is {sysctl})" if sysctl else ""
        return Missing(f"this process lacks {lacking}{note}", PRIVILEGE)
    if _read("/proc/self/uid_map").split() not in (["0", "0", "4294967295"], []):
        return Missing("this process is root only in a user namespace", "run it outside of the container, as root")
    if "[confidentiality]" in _read("/sys/kernel/security/lockdown"):
        return Missing("the kernel is locked down for confidentiality", "boot it with lockdown=integrity or none")
    return None


def kernel_btf() -> Missing | None:
    """The kernel's description of its own types."""
    if os.access(btf.VMLINUX, os.R_OK):
        return None
    return Missing(f"{btf.VMLINUX} is not there: the kernel was built without CONFIG_DEBUG_INFO_BTF", _TRACEPOINTS)


def kprobes() -> Missing | None:
    """Probes at any kernel function, through the kprobe PMU."""
    try:
        perf.kprobe_pmu()
    except OSError:
        return Missing("the kernel was built without CONFIG_KPROBES and CONFIG_KPROBE_EVENTS", _TRACEPOINTS)
    return None


def fentry() -> Missing | None:
    """Trampolines at functions: tried on one that the kernel has for tests, or else on one that all kernels have."""
    lack = kernel_btf()
    if lack is not None:
        return lack
    why = "the kernel refuses programs at the entries of functions (fentry); they take BPF trampolines and ftrace"
    refused = Missing(why, "use `kprobe:`, or tracepoints: `ply -l 't:*'` lists them")
    names = ("bpf_fentry_test1", "vfs_read")
    try:
        program = bpf.load_fentry_trial(next(it for it in (btf.type_number(name, "func") for name in names) if it > 0))
    except StopIteration:
        return refused
    except OSError as error:
        return (privilege() if error.errno in (errno.EPERM, errno.EACCES) else None) or refused
    try:
        os.close(bpf.attach_raw_tracepoint(program, None))
    except OSError:
        return refused
    finally:
        os.close(program)
    return None


def kprobe_multi() -> Missing | None:
    """One link for many functions: tried on a function that no kernel has, which only fprobe goes to look for."""
    refused = Missing("the kernel was built without CONFIG_FPROBE, or is older than 5.18", "use one kprobe a function")
    try:
        program = bpf.load_kprobe_multi_trial()
    except OSError as error:
        return _no_privilege(error) or refused
    try:
        os.close(bpf.attach_kprobe_multi(program, ["plytrace_no_such_function"], on_return=False))
    except OSError as error:
        return None if error.errno in (errno.ESRCH, errno.ENOENT) else refused
    finally:
        os.close(program)
    return None


def uprobes() -> Missing | None:
    """Probes in programs and libraries, through the uprobe PMU."""
    try:
        perf.uprobe_pmu()
    except OSError:
        return Missing("the kernel was built without CONFIG_UPROBES and CONFIG_UPROBE_EVENTS", _TRACEPOINTS)
    return None


def uprobe_multi() -> Missing | None:
    """One link for many places in a file: tried on a folder, which has no code, as only a kernel that knows it sees."""
    refused = Missing("the kernel has no uprobe_multi links (Linux 6.6)", "use one perf event a place")
    try:
        program = bpf.load_uprobe_multi_trial()
    except OSError as error:
        return _no_privilege(error) or refused
    try:
        os.close(bpf.attach_uprobe_multi(program, "/", (0,)))
    except OSError as error:
        return None if error.errno == errno.EBADF else refused
    finally:
        os.close(program)
    return None


def counters() -> Missing | None:
    """The processor's own counters (PMU), tried on its cycles."""
    try:
        os.close(perf.open_counter(cpus.online()[0], perf.HARDWARE, 0, 1_000_000))
    except OSError as error:
        why = "the processor's counters cannot be used: this machine has none, or is a virtual one that hides them"
        return _no_privilege(error) or Missing(why, "sample by time: `profile:99hz`, or `software:cpu-clock`")
    return None


def breakpoints() -> Missing | None:
    """Hardware breakpoints, tried on a word of this process that nobody touches."""
    try:
        os.close(perf.open_breakpoint(8, 8, "w", process=os.getpid()))
    except OSError as error:
        if error.errno == errno.ENOSPC:  # all are taken, so there are some
            return None
        why = "the processor's breakpoints cannot be used (CONFIG_HAVE_HW_BREAKPOINT)"
        return _no_privilege(error) or Missing(why, "probe the code that writes: `uprobe:` or `kprobe:`")
    return None


def tracepoint_files() -> Missing | None:
    """tracefs, which describes tracepoints; mounted where it was not."""
    try:
        os.listdir(f"{tracefs.folder()}/events")
    except PermissionError:
        return Missing("tracefs may be read and mounted by root alone", PRIVILEGE)
    except OSError:
        return Missing("tracefs is not mounted, or the kernel was built without CONFIG_TRACING", tracefs.MOUNT)
    return None


def ring_buffer() -> Missing | None:
    """The buffer through which events come."""
    try:
        os.close(bpf.create_map(bpf.MAP_RINGBUF, 0, 0, os.sysconf("SC_PAGE_SIZE")))
    except OSError as error:
        return _no_privilege(error) or Missing("the kernel has no BPF ring buffers", "use Linux 5.8 or later")
    return None


def _no_privilege(error: OSError) -> Missing | None:
    if error.errno not in (errno.EPERM, errno.EACCES):
        return None
    return privilege() or Missing("the kernel does not permit it to this process", PRIVILEGE)


def _capabilities() -> int:
    lines = _read("/proc/self/status").splitlines()
    return next((int(line.split()[1], 16) for line in lines if line.startswith("CapEff:")), 0)


def _read(path: str) -> str:
    """A small file's text, stripped; nothing where it is absent or not for us."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return ""
