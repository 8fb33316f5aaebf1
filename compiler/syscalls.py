"""System calls as probes: what `SyS_read` and `sys_*` mean, and every way to be there when they happen.

kprobe:SyS_read   ->  tp_btf/sys_enter with a filter on number 0      (one attachment for any set of calls)
                      raw_syscalls:sys_enter, the same filter         (no BTF needed)
                      kprobe on __x64_sys_read                        (arguments inside its own pt_regs)
"""

from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import partial

from ..grammar.diagnostic import Diagnostic, HostError
from ..grammar.frozen import dataclass
from ..grammar.render import suggest
from ..grammar.source import Span
from . import bpf
from .access import Candidate, Frame, Need, RecordField, Sibling
from .accesses import ANYWHERE, ARGUMENTS, REGISTERS, RESULT, STACK
from .attachment import BtfTracepoint, Kprobe, KprobeMulti, Tracepoint
from .c_types import INTEGERS, pointer
from .emitter import Scalar
from .host import Host, TracepointField
from .machine import Machine, machine
from .types import Int, Space

RENAMED = {"newstat": "stat", "newfstat": "fstat", "newlstat": "lstat", "newuname": "uname", "sendfile64": "sendfile",
           "umount": "umount2"}  # fmt: skip
"""Names of `SYSCALL_DEFINE` that differ from the call's: scripts used both."""

SIBLINGS = {"open": "openat", "creat": "openat", "stat": "newfstatat", "lstat": "newfstatat", "fstat": "newfstatat",
            "newfstatat": "statx", "fork": "clone", "vfork": "clone", "clone": "clone3", "access": "faccessat2",
            "unlink": "unlinkat", "rename": "renameat2", "mkdir": "mkdirat", "readlink": "readlinkat", "poll": "ppoll",
            "select": "pselect6", "epoll_wait": "epoll_pwait", "dup2": "dup3", "pipe": "pipe2", "accept": "accept4",
            "send": "sendto", "recv": "recvfrom", "getdents": "getdents64", "read": "pread64", "write": "writev",
            "time": "clock_gettime", "gettimeofday": "clock_gettime", "nanosleep": "clock_nanosleep",
            "getrlimit": "prlimit64", "setrlimit": "prlimit64", "signal": "rt_sigaction", "wait": "wait4",
            "waitpid": "wait4", "link": "linkat", "symlink": "symlinkat", "chmod": "fchmodat", "chown": "fchownat",
            "exit": "exit_group", "execve": "execveat", "futimesat": "utimensat", "utime": "utimensat"}  # fmt: skip
"""What C libraries call today instead of an older call."""


def is_syscall_pattern(target: str) -> bool:
    """Whether a kprobe's target means system calls: `SyS_read`, `sys_*`."""
    return target.startswith(("SyS_", "sys_")) and len(target) > 4


def numbers(target: str, span: Span, host: Host) -> Mapping[int, str]:
    """The calls that a pattern such as `SyS_re*` means, by number; HostError where there is none."""
    table = machine(host.machine).syscalls
    wanted = target[4:]
    wanted = RENAMED.get(wanted, wanted)
    found = {number: name for number, name in table.items() if fnmatchcase(name, wanted)}
    if found:
        return found
    close = suggest(wanted, table.values())
    raise HostError(
        Diagnostic(
            "no-such-syscall",
            f"there is no system call `{wanted}` on {host.machine}",
            span,
            help=f"did you mean `{target[:4]}{close}`?" if close else "`ply -l 'kprobe:SyS_*'` lists them",
        )
    )


@dataclass(frozen=True, slots=True)
class Compat:
    """Where in a `struct task_struct` the bits are that say that the thread is in a 32-bit program's call."""

    offset: int
    mask: int


def compat_of(kind: Machine, host: Host) -> Compat | None:
    """By the kernel's own layout; None where it does not say: then 32-bit callers cannot be told apart."""
    member, mask = kind.compat
    task, thread = host.record("struct task_struct"), host.record("struct thread_info")
    if not member or task is None or thread is None:
        return None
    outer = next((it.bit_offset for it in task.members if it.name == "thread_info"), None)
    inner = next((it.bit_offset for it in thread.members if it.name == member), None)
    return None if outer is None or inner is None else Compat((outer + inner) // 8, mask)


def _filter(frame: Frame, calls: frozenset[int] | None, compat: Compat | None, number: Scalar) -> Scalar | None:
    """Whether `number` is one of `calls` (None: all), and is of a 64-bit call; None needs no test."""
    emit = frame.emit

    def native() -> Scalar:
        assert compat is not None
        task = emit.helper_pointer(bpf.GET_CURRENT_TASK_BTF)
        bits = emit.arithmetic("and", emit.load(task, compat.offset, 32), emit.constant(compat.mask))
        return emit.compare("eq", bits, emit.constant(0))

    if calls is None:
        return native() if compat else None
    found = _is_one_of(frame, calls, number)
    return emit.choose(found, native, lambda: emit.constant(0)) if compat else found


def _is_one_of(frame: Frame, calls: frozenset[int], number: Scalar) -> Scalar:
    """Up to four are tested one by one, more by a table of bits."""
    emit = frame.emit
    if len(calls) <= 4:
        tests = [emit.compare("eq", number, emit.constant(call)) for call in sorted(calls)]
        found = tests[0]
        for test in tests[1:]:
            found = emit.arithmetic("or", found, test)
        return found
    words = [0] * (max(calls) // 64 + 1)
    for call in calls:
        words[call // 64] |= 1 << call % 64

    def look_up() -> Scalar:
        # The mask repeats the bound in a form that every verifier since 5.10 follows through LLVM's rewriting.
        word = emit.arithmetic("and", emit.arithmetic("lshr", number, emit.constant(3)), emit.constant(0x1F8))
        bits = emit.load(emit.move(emit.table(tuple(words + [0] * (64 - len(words)))), word), 0)
        shifted = emit.arithmetic("lshr", bits, emit.arithmetic("and", number, emit.constant(63)))
        return emit.arithmetic("and", shifted, emit.constant(1))

    return emit.choose(emit.compare("ult", number, emit.constant(4096)), look_up, lambda: emit.constant(0))


def _at_return(frame: Frame, kind: Machine, number: Scalar) -> Scalar:
    """rt_sigreturn(2) comes back with the registers of the code that the signal interrupted, and -1 for a number.

    Sources: restore_sigcontext in arch/x86/kernel/signal_64.c, forget_syscall in arch/arm64.
    """
    emit = frame.emit
    sigreturn = next((call for call, name in kind.syscalls.items() if name == "rt_sigreturn"), -1)
    return emit.choose(emit.compare("eq", number, emit.constant(-1)), lambda: emit.constant(sigreturn), lambda: number)


@dataclass(frozen=True, slots=True)
class BtfAccess:
    """`tp_btf`: the context is (struct pt_regs *, long): the number in `sys_enter`, the result in `sys_exit`."""

    machine: Machine
    on_return: bool
    calls: frozenset[int] | None
    space: Space = "user"
    hidden_frames: int = 1
    named: Callable[[], Mapping[str, RecordField]] = dict
    compat: Compat | None = None

    @property
    def offers(self) -> frozenset[Need]:
        """The registers still hold the arguments at the return."""
        return ANYWHERE | STACK | ARGUMENTS | REGISTERS | (RESULT if self.on_return else frozenset())

    def register(self, frame: Frame, name: str) -> Scalar:
        """See `WithRegisters`: of the program, as they were saved when it made the call."""
        return self._saved(frame, name, 64)

    def _saved(self, frame: Frame, name: str, bits: int) -> Scalar:
        registers = frame.emit.pointer(frame.emit.load(frame.emit.context(), 0))
        return frame.emit.load(registers, self.machine.registers[name], bits, signed=True)

    def matches(self, frame: Frame) -> Scalar | None:
        """A test of the number, where not all calls are meant, and that it is no 32-bit program's."""
        return _filter(frame, self.calls, self.compat, self.function(frame))

    def fields(self) -> Mapping[str, RecordField]:
        """The arguments by name, where one call is meant."""
        return self.named()

    def argument(self, frame: Frame, index: int) -> Scalar:
        """By the system call convention: argument 3 is in r10."""
        return self.register(frame, self.machine.syscall_arguments[index])

    def result(self, frame: Frame) -> Scalar:
        """What the call returns, negative for an error."""
        return frame.emit.load(frame.emit.context(), 8)

    def number(self, frame: Frame) -> Scalar:
        """The call's number, as the kernel has it."""
        if self.on_return:
            return self._saved(frame, self.machine.syscall_number, self.machine.number_bits)
        return frame.emit.load(frame.emit.context(), 8)

    def function(self, frame: Frame) -> Scalar:
        """The call's number, that of rt_sigreturn(2), too."""
        return _at_return(frame, self.machine, self.number(frame)) if self.on_return else self.number(frame)


@dataclass(frozen=True, slots=True)
class RecordAccess:
    """In `raw_syscalls:sys_enter` and `sys_exit`: u64 header, long id, then args[6] or ret (their `format` files)."""

    machine: Machine
    on_return: bool
    calls: frozenset[int] | None
    space: Space = "user"
    hidden_frames: int = 0
    compat: Compat | None = None

    @property
    def offers(self) -> frozenset[Need]:
        """No arguments at the return."""
        return ANYWHERE | STACK | (RESULT if self.on_return else ARGUMENTS)

    def matches(self, frame: Frame) -> Scalar | None:
        """A test of the number, where not all calls are meant, and that it is no 32-bit program's."""
        return _filter(frame, self.calls, self.compat, self.function(frame))

    def fields(self) -> Mapping[str, RecordField]:
        """None."""
        return {}

    def argument(self, frame: Frame, index: int) -> Scalar:
        """`args[index]`."""
        return frame.emit.load(frame.emit.context(), 16 + 8 * index)

    def result(self, frame: Frame) -> Scalar:
        """`ret`."""
        return frame.emit.load(frame.emit.context(), 16)

    def function(self, frame: Frame) -> Scalar:
        """`id`."""
        number = frame.emit.load(frame.emit.context(), 8)
        return _at_return(frame, self.machine, number) if self.on_return else number


@dataclass(frozen=True, slots=True)
class WrapperAccess:
    """In a kprobe on `__x64_sys_read`: its first argument points to the `pt_regs` of the call."""

    machine: Machine
    on_return: bool
    space: Space = "user"
    hidden_frames: int = 0

    @property
    def offers(self) -> frozenset[Need]:
        """Arguments at the entry, the result at the return."""
        return ANYWHERE | STACK | (RESULT if self.on_return else ARGUMENTS)

    def matches(self, frame: Frame) -> Scalar | None:
        """Each call has its own probe."""
        return None

    def fields(self) -> Mapping[str, RecordField]:
        """None."""
        return {}

    def argument(self, frame: Frame, index: int) -> Scalar:
        """Read through the wrapper's pointer."""
        emit = frame.emit
        outer = emit.load(emit.context(), self.machine.registers[self.machine.function_arguments[0]])
        place = emit.stack(8)
        name = self.machine.syscall_arguments[index]
        inner = emit.arithmetic("add", outer, emit.constant(self.machine.registers[name]))
        emit.helper(bpf.PROBE_READ_KERNEL, place, emit.constant(8), inner)
        return emit.load(place, 0)

    def result(self, frame: Frame) -> Scalar:
        """From the result register."""
        return frame.emit.load(frame.emit.context(), self.machine.registers[self.machine.result])

    def function(self, frame: Frame) -> Scalar:
        """The kernel address of the wrapper; user space strips its prefix."""
        return frame.emit.helper(bpf.GET_FUNC_IP, frame.emit.context())


def named_arguments(name: str, host: Host) -> Mapping[str, RecordField]:
    """The arguments of a call by name, from its tracepoint's format; none where the kernel has no such file."""
    try:
        described = host.tracepoint_fields("syscalls", f"sys_enter_{name}")
    except (OSError, KeyError):
        return {}
    own = [field for field in described if field.offset >= _FIRST_ARGUMENT and not field.name.startswith("__")]
    return {field.name: _argument(field, number) for number, field in enumerate(own)}


_FIRST_ARGUMENT = 16
"""Behind the common fields and the number of the call."""


def _argument(field: TracepointField, number: int) -> RecordField:
    """`const char * filename` -> a pointer into user memory."""
    text = field.type.replace("const ", "").strip()
    if text.endswith("*"):
        return RecordField(pointer(text, "user"), 0, 64, False, argument=number)
    kind = INTEGERS.get(text, Int(64, signed=False))
    return RecordField(kind, 0, kind.bits, kind.signed, argument=number)


def candidates(
    target: str, on_return: bool, span: Span, host: Host, spell: Callable[[str], str]
) -> Sequence[Candidate]:
    """Every way to be there, best first: one attachment for any set of calls, else one for each.

    `spell` makes a probe of a call's name, as the user would write it.
    """
    kind = machine(host.machine)
    wanted = numbers(target, span, host)
    calls = None if len(wanted) == len(kind.syscalls) else frozenset(wanted)
    point = "sys_exit" if on_return else "sys_enter"
    siblings = _siblings(wanted, on_return, kind, spell)
    wrappers = tuple(kind.syscall_prefix + name for name in wanted.values())
    compat = compat_of(kind, host)
    at_exit = BtfAccess(kind, True, calls, compat=compat)
    later = None if on_return else (BtfTracepoint("sys_exit"), at_exit, partial(stays, kind))

    def wrapped(back: bool) -> Kprobe | KprobeMulti:
        some = len(wrappers) > 1  # not every kernel has all that the architecture knows
        one_each = host.missing("kprobe_multi") is not None
        return Kprobe(wrappers, back, optional=some) if one_each else KprobeMulti(wrappers, back, optional=some)

    btf_entry = (BtfTracepoint("sys_enter"), BtfAccess(kind, False, calls, compat=compat))
    record_entry = (Tracepoint("raw_syscalls", "sys_enter"), RecordAccess(kind, False, calls, compat=compat))
    named = partial(named_arguments, next(iter(wanted.values())), host) if len(wanted) == 1 else dict
    return (
        Candidate(
            "tp_btf",
            BtfTracepoint(point),
            BtfAccess(kind, on_return, calls, named=named, compat=compat),
            host.missing("btf"),
            siblings,
            later,
            entry=btf_entry if on_return else None,
        ),
        Candidate(
            "tracepoint",
            Tracepoint("raw_syscalls", point),
            RecordAccess(kind, on_return, calls, compat=compat),
            host.missing("tracefs"),
            entry=record_entry if on_return else None,
        ),
        Candidate(
            "kprobe",
            wrapped(on_return),
            WrapperAccess(kind, on_return),
            host.missing("kprobes"),
            entry=(wrapped(False), WrapperAccess(kind, False)) if on_return else None,
        ),
    )


def stays(kind: Machine, frame: Frame) -> Scalar:
    """Whether the call's arguments will be the same at its return: a successful execve(2) has another memory then."""
    emit = frame.emit
    number = emit.load(emit.context(), 8)
    stays = emit.constant(1)
    for call, name in kind.syscalls.items():
        if name in ("execve", "execveat"):
            stays = emit.arithmetic("and", stays, emit.compare("ne", number, emit.constant(call)))
    return stays


def _siblings(
    wanted: Mapping[int, str], on_return: bool, kind: Machine, spell: Callable[[str], str]
) -> tuple[Sibling, ...]:
    """What programs may be calling instead of the one call that was asked for."""
    if len(wanted) != 1:
        return ()
    (name,) = wanted.values()
    instead = SIBLINGS.get(name, "")
    number = {text: number for number, text in kind.syscalls.items()}.get(instead)
    if number is None:
        return ()
    access = BtfAccess(kind, on_return, frozenset({number}))
    return (Sibling(spell(instead), instead, access),)
