"""System calls that Python's `os` module lacks, by number; a failed one raises OSError with its errno.

Numbers: the kernel's syscall tables. bpf(2), perf_event_open(2), membarrier(2) differ between architectures; fsopen(2)
and its siblings came after the tables were unified and have one number everywhere but on Alpha.
"""

import ctypes
import errno
import os
import time
from functools import cache

_BPF_PERF_MEMBARRIER = {
    "x86_64": (321, 298, 324),
    "aarch64": (280, 241, 283),
    "riscv64": (280, 241, 283),
    "loongarch64": (280, 241, 283),
    "s390x": (351, 331, 356),
    "ppc64le": (361, 319, 365),
}
_FSOPEN, _FSCONFIG, _FSMOUNT = 430, 431, 432
_FSCONFIG_CMD_CREATE = 6
_MEMBARRIER_CMD_GLOBAL = 1  # linux/membarrier.h
_A_WHILE = 0.05
_CLOEXEC = 1  # FSOPEN_CLOEXEC and FSMOUNT_CLOEXEC (linux/mount.h)
_PERF_FLAG_FD_CLOEXEC = 8  # linux/perf_event.h

Buffer = bytearray


def address(buffer: Buffer) -> int:
    """Where the bytes of `buffer` are, for a pointer in an attribute; valid while it is neither freed nor resized."""
    return ctypes.addressof(ctypes.c_char.from_buffer(buffer))


def text(value: str) -> Buffer:
    """A NUL-terminated C string."""
    return Buffer(value.encode() + b"\0")


def bpf(command: int, attributes: Buffer) -> int:
    """bpf(2): `attributes` is the head of a `union bpf_attr`; the kernel takes what is cut off as zero."""
    return _call(_numbers()[0], command, address(attributes), len(attributes))


def perf_event_open(attributes: Buffer, cpu: int, process: int = -1) -> int:
    """perf_event_open(2) for all processes on one CPU, or for one thread; a new file descriptor, closed on exec."""
    return _call(_numbers()[1], address(attributes), process, cpu, -1, _PERF_FLAG_FD_CLOEXEC)


def wait_for_programs() -> None:
    """Until every BPF program that runs now has ended, a few milliseconds at most.

    Tracing programs run where the CPU cannot be taken away from them, and membarrier(2) waits until each CPU has been
    free for something else (kernel/sched/membarrier.c: `synchronize_rcu`). Kernels with CPUs that are spared the timer
    (nohz_full) refuse it: a program takes microseconds, so a while is as good there.
    """
    try:
        _call(_numbers()[2], _MEMBARRIER_CMD_GLOBAL)
    except OSError:
        time.sleep(_A_WHILE)


def mount_detached(filesystem: str) -> int:
    """A mount of `filesystem` that nobody else sees and that ends with its file descriptor, which is returned.

    fsopen(2), fsconfig(2), fsmount(2): Linux 5.2, CAP_SYS_ADMIN.
    """
    name = text(filesystem)
    context = _call(_FSOPEN, address(name), _CLOEXEC)
    try:
        _call(_FSCONFIG, context, _FSCONFIG_CMD_CREATE)
        return _call(_FSMOUNT, context, _CLOEXEC)
    finally:
        os.close(context)


@cache
def _numbers() -> tuple[int, int, int]:
    machine = os.uname().machine
    numbers = _BPF_PERF_MEMBARRIER.get(machine)
    if numbers is None:
        raise OSError(errno.ENOSYS, f"the system call numbers of {machine} are not known to plytrace")
    return numbers


@cache
def _libc() -> ctypes.CDLL:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.argtypes = (ctypes.c_long,) * 6
    libc.syscall.restype = ctypes.c_long
    return libc


def _call(number: int, *arguments: int) -> int:
    padded = arguments + (0,) * (5 - len(arguments))
    result = int(_libc().syscall(number, *padded))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result
