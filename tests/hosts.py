"""Machines to compile for, out of tables: the compiler's `Host` answered without a kernel.

`MODERN` has everything; `BARE` is a kernel without kprobes and fprobe; `OLD` has kprobes, but no fprobe and no BTF.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from plytrace.compiler.binary import Binary, Note, UserSymbol
from plytrace.compiler.host import Feature, MemberLayout, Missing, Prototype, RecordLayout, TracepointField
from plytrace.compiler.types import Array, Int, Pointer, Struct, Type

FUNCTIONS = (
    "__x64_sys_open",
    "__x64_sys_read",
    "__x64_sys_write",
    "c_start",
    "do_exit",
    "schedule",
    "vfs_open",
    "vfs_read",
    "vfs_write",
)
NAMESAKES = {"c_start": (0xFFFFFFFF81000140, 0xFFFFFFFF81000180)}
NOT_TRACEABLE = ("vfs_hidden",)


def _common() -> tuple[TracepointField, ...]:
    return (
        TracepointField("common_type", "unsigned short", 0, 2, False),
        TracepointField("common_flags", "unsigned char", 2, 1, False),
        TracepointField("common_preempt_count", "unsigned char", 3, 1, False),
        TracepointField("common_pid", "int", 4, 4, True),
    )


TRACEPOINTS: Mapping[str, tuple[TracepointField, ...]] = {
    "raw_syscalls:sys_enter": (
        *_common(),
        TracepointField("id", "long", 8, 8, True),
        TracepointField("args", "unsigned long[6]", 16, 48, False),
    ),
    "raw_syscalls:sys_exit": (
        *_common(),
        TracepointField("id", "long", 8, 8, True),
        TracepointField("ret", "long", 16, 8, True),
    ),
    "sched:sched_switch": (
        *_common(),
        TracepointField("prev_comm", "char[16]", 8, 16, False),
        TracepointField("prev_pid", "pid_t", 24, 4, True),
        TracepointField("prev_prio", "int", 28, 4, True),
        TracepointField("prev_state", "long", 32, 8, True),
        TracepointField("next_comm", "char[16]", 40, 16, False),
        TracepointField("next_pid", "pid_t", 56, 4, True),
        TracepointField("next_prio", "int", 60, 4, True),
    ),
    "sched:sched_wakeup": (
        *_common(),
        TracepointField("comm", "char[16]", 8, 16, False),
        TracepointField("pid", "pid_t", 24, 4, True),
        TracepointField("prio", "int", 28, 4, True),
        TracepointField("target_cpu", "int", 32, 4, True),
    ),
    "sched:sched_wakeup_new": (
        *_common(),
        TracepointField("comm", "char[16]", 8, 16, False),
        TracepointField("pid", "pid_t", 24, 4, True),
    ),
    "block:block_rq_issue": (
        *_common(),
        TracepointField("dev", "dev_t", 8, 4, False),
        TracepointField("sector", "sector_t", 16, 8, False),
    ),
    "block:block_rq_complete": (
        *_common(),
        TracepointField("dev", "dev_t", 8, 4, False),
        TracepointField("sector", "sector_t", 16, 8, False),
    ),
    "syscalls:sys_enter_read": (
        *_common(),
        TracepointField("__syscall_nr", "int", 8, 4, True),
        TracepointField("fd", "unsigned int", 16, 8, False),
        TracepointField("buf", "char *", 24, 8, False),
        TracepointField("count", "size_t", 32, 8, False),
    ),
}

RECORDS = {
    "struct task_struct": RecordLayout(
        "struct task_struct",
        72,
        (
            MemberLayout("pid", Int(32), 0),
            MemberLayout("flag", Int(32, False), 32, 1),
            MemberLayout("level", Int(32), 33, 3),
            MemberLayout("comm", Array(Int(8), 16), 64),
            MemberLayout("mm", Pointer(Struct("struct mm_struct")), 192),
            MemberLayout("weights", Array(Int(32, False), 4), 256),
            MemberLayout("se", Struct("struct sched_entity"), 384),
            MemberLayout("tgid", Int(32), 448),
            MemberLayout("real_parent", Pointer(Struct("struct task_struct")), 480),
            MemberLayout("fs", Pointer(Struct("struct fs_struct")), 512),
        ),
    ),
    "struct sock_common": RecordLayout(
        "struct sock_common",
        48,
        (
            MemberLayout("skc_daddr", Int(32, False), 0),
            MemberLayout("skc_rcv_saddr", Int(32, False), 32),
            MemberLayout("skc_dport", Int(16, False), 64),
            MemberLayout("skc_num", Int(16, False), 80),
            MemberLayout("skc_family", Int(16, False), 96),
            MemberLayout("skc_v6_daddr", Struct("struct in6_addr"), 128),
            MemberLayout("skc_v6_rcv_saddr", Struct("struct in6_addr"), 256),
        ),
    ),
    "struct sock": RecordLayout(
        "struct sock",
        56,
        (
            MemberLayout("__sk_common", Struct("struct sock_common"), 0),
            MemberLayout("sk_protocol", Int(16, False), 384),
        ),
    ),
    "struct inet_sock": RecordLayout("struct inet_sock", 32, (MemberLayout("inet_sport", Int(16, False), 192),)),
    "struct tcp_sock": RecordLayout(
        "struct tcp_sock",
        48,
        (MemberLayout("bytes_received", Int(64, False), 256), MemberLayout("bytes_acked", Int(64, False), 320)),
    ),
    "struct sched_entity": RecordLayout("struct sched_entity", 16, (MemberLayout("vruntime", Int(64, False), 64),)),
    "struct mm_struct": RecordLayout("struct mm_struct", 16, (MemberLayout("total_vm", Int(64, False), 64),)),
    "struct fs_struct": RecordLayout("struct fs_struct", 56, (MemberLayout("pwd", Struct("struct path"), 320),)),
    "struct file": RecordLayout("struct file", 176, (MemberLayout("f_path", Struct("struct path"), 512),)),
    "struct path": RecordLayout(
        "struct path",
        16,
        (
            MemberLayout("mnt", Pointer(Struct("struct vfsmount")), 0),
            MemberLayout("dentry", Pointer(Struct("struct dentry")), 64),
        ),
    ),
    "struct dentry": RecordLayout(
        "struct dentry",
        192,
        (
            MemberLayout("d_parent", Pointer(Struct("struct dentry")), 192),
            MemberLayout("d_name", Struct("struct qstr"), 256),
        ),
    ),
    "struct qstr": RecordLayout("struct qstr", 16, (MemberLayout("name", Pointer(Int(8, False)), 64),)),
    "struct vfsmount": RecordLayout(
        "struct vfsmount", 32, (MemberLayout("mnt_root", Pointer(Struct("struct dentry")), 0),)
    ),
    "struct mount": RecordLayout(
        "struct mount",
        320,
        (
            MemberLayout("mnt_parent", Pointer(Struct("struct mount")), 128),
            MemberLayout("mnt_mountpoint", Pointer(Struct("struct dentry")), 192),
            MemberLayout("mnt", Struct("struct vfsmount"), 256),
        ),
    ),
}
_TASK, _SOCK = Pointer(Struct("struct task_struct")), Pointer(Struct("struct sock"))
RAW_TRACEPOINTS: Mapping[str, Prototype] = {
    "sched_switch": Prototype(
        (("preempt", Int(8, False)), ("prev", _TASK), ("next", _TASK), ("state", Int(32, False)))
    ),
    "sched_wakeup": Prototype((("p", _TASK),)),
    "inet_sock_set_state": Prototype(
        (("sk", Pointer(Struct("struct sock"))), ("oldstate", Int(32)), ("newstate", Int(32)))
    ),
    "sys_enter": Prototype((("regs", Pointer(Struct("struct pt_regs"))), ("id", Int(64)))),
    "sys_exit": Prototype((("regs", Pointer(Struct("struct pt_regs"))), ("ret", Int(64)))),
}
_META, _FILE = ("meta", Pointer(None)), Pointer(Struct("struct file"))
PROTOTYPES: Mapping[str, Prototype] = {
    "vfs_read": Prototype(
        (
            ("file", _FILE),
            ("buf", Pointer(Int(8), "user")),
            ("count", Int(64, False)),
            ("pos", Pointer(Int(64))),
        ),
        Int(64),
    ),
    "do_exit": Prototype((("code", Int(64)),)),
    "only_inlined": Prototype((("code", Int(64)),)),
    "bpf_iter_task": Prototype((_META, ("task", _TASK)), Int(32)),
    "bpf_iter_task_file": Prototype((_META, ("task", _TASK), ("fd", Int(32, False)), ("file", _FILE)), Int(32)),
}
TYPES: Mapping[str, Type] = {"jiffies_t": Int(64, False), "enum pid_type": Int(32, False)}
ENUMERATORS = {"BPF_MAP_TYPE_RINGBUF": 27}


@dataclass(frozen=True)
class TableBinary:
    """A file that has these functions and probes, its code where it is linked."""

    path: str
    symbols: Sequence[UserSymbol]
    probes: Sequence[Note] = ()
    stamp: str = "1:2:3:4"

    def functions(self, pattern: str) -> Sequence[UserSymbol]:
        return [each for each in self.symbols if fnmatchcase(each.shown, pattern) or fnmatchcase(each.name, pattern)]

    def at(self, address: int) -> UserSymbol | None:
        for each in self.symbols:
            distance = address - each.address
            if 0 <= distance < each.size:
                shown = f"{each.shown}+{distance:#x}" if distance else each.shown
                size, offset = each.size - distance, each.offset + distance
                return UserSymbol(each.name, address, size, offset, shown, within=distance)
        return None

    def code(self, address: int, size: int) -> bytes:
        return b"\x90" * size

    def address(self, symbol: str) -> int | None:
        return next((each.address for each in self.symbols if each.name == symbol), None)

    def size(self, symbol: str) -> int:
        return next((each.size for each in self.symbols if each.name == symbol), 0)

    def notes(self) -> Sequence[Note]:
        return self.probes


def _code(*names: str) -> tuple[UserSymbol, ...]:
    """Functions of 64 bytes, one after the other."""
    return tuple(UserSymbol(name, 0x1000 + 64 * at, 64, 0x400 + 64 * at, name) for at, name in enumerate(names))


_CHOSEN = UserSymbol("strlen", 0x3000, 32, 0x2400, "strlen", indirect=True)
_PLUS = UserSymbol("_ZN2nsplEi", 0x4000, 32, 0x3400, "ns::operator+(int)")
_SETJMP = Note("libc", "setjmp", 0x500, "8@%rdi -4@%esi 8@%rax", 0x1100)
_STARTS = (
    Note("python", "function__entry", 0x600, "8@%rbx 8@%r15 -4@%eax", 0x1200, 0x9000),
    Note("python", "function__entry", 0x640, "8@%rbx 8@-16(%rbp) -4@$5", 0x1240, 0x9000),
    Note("python", "gc__done", 0x680, "-8@%r12", 0x1280, 0x9002),
)
BINARIES: Mapping[str, Binary] = {
    "libc": TableBinary("/lib/libc.so.6", (*_code("malloc", "calloc", "free", "puts"), _CHOSEN), (_SETJMP,)),
    "bash": TableBinary("/bin/bash", _code("main", "readline")),
    "python3": TableBinary("/bin/python3", (*_code("main"), _PLUS), _STARTS),
    "/bin/stripped": TableBinary("/bin/stripped", ()),
}

NO_KPROBES = Missing("the kernel was built without CONFIG_KPROBES", "use tracepoints")
NO_FENTRY = Missing("the kernel refuses programs at the entries of functions (fentry)", "use `kprobe:`")
NO_FPROBE = Missing("the kernel was built without CONFIG_FPROBE", "use one kprobe a function")
NO_UPROBE_MULTI = Missing("the kernel has no uprobe_multi links (Linux 6.6)", "use one perf event a place")
NO_BTF = Missing("the kernel was built without CONFIG_DEBUG_INFO_BTF", "use tracepoints")


@dataclass(frozen=True)
class TableHost:
    """A machine that lacks `lacking`, and has these functions and tracepoints."""

    lacking: Mapping[Feature, Missing] = field(default_factory=dict)
    code: Sequence[str] = FUNCTIONS
    points: Mapping[str, Sequence[TracepointField]] = field(default_factory=lambda: TRACEPOINTS)
    machine: str = "x86_64"
    cpus: int = 4

    def missing(self, feature: Feature) -> Missing | None:
        return self.lacking.get(feature)

    def functions(self, pattern: str) -> Sequence[str]:
        return sorted(name for name in self.code if fnmatchcase(name, pattern))

    def namesakes(self, names: Sequence[str], module: str = "") -> Sequence[tuple[str, int]]:
        return [(name, address) for name in names for address in NAMESAKES.get(name, ())]

    def is_function(self, name: str) -> bool:
        return name in self.code or name in NOT_TRACEABLE

    def address(self, name: str) -> int | None:
        return 0xFFFFFFFF81000000 + 64 * self.code.index(name) if name in self.code else None

    def tracepoints(self, pattern: str) -> Sequence[str]:
        return sorted(name for name in self.points if fnmatchcase(name, pattern))

    def tracepoint_fields(self, group: str, name: str) -> Sequence[TracepointField]:
        return self.points[f"{group}:{name}"]

    def record(self, name: str) -> RecordLayout | None:
        return None if "btf" in self.lacking else RECORDS.get(name)

    def type_named(self, name: str) -> Type | None:
        return None if "btf" in self.lacking else TYPES.get(name)

    def enumerator(self, name: str) -> int | None:
        return None if "btf" in self.lacking else ENUMERATORS.get(name)

    def has_raw_tracepoint(self, name: str) -> bool:
        return "btf" not in self.lacking and name in RAW_TRACEPOINTS

    def raw_tracepoints(self, pattern: str) -> Sequence[str]:
        return [] if "btf" in self.lacking else sorted(name for name in RAW_TRACEPOINTS if fnmatchcase(name, pattern))

    def raw_tracepoint(self, name: str) -> Prototype | None:
        return None if "btf" in self.lacking else RAW_TRACEPOINTS.get(name)

    def iterators(self) -> Sequence[str]:
        found = [name.removeprefix("bpf_iter_") for name in PROTOTYPES if name.startswith("bpf_iter_")]
        return [] if "btf" in self.lacking else found

    def prototype(self, function: str) -> Prototype | None:
        return None if "btf" in self.lacking else PROTOTYPES.get(function)

    def binary(self, name: str) -> Binary | Missing:
        return BINARIES.get(name) or Missing("there is no such file", "give a path")

    def binaries(self) -> Sequence[str]:
        return sorted(BINARIES)


MODERN = TableHost()
BARE = TableHost({"kprobes": NO_KPROBES, "fentry": NO_FENTRY, "kprobe_multi": NO_FPROBE})
OLD = TableHost({"btf": NO_BTF, "fentry": NO_FENTRY, "kprobe_multi": NO_FPROBE, "uprobe_multi": NO_UPROBE_MULTI})

ARM64 = TableHost(code=tuple(name.replace("__x64_sys_", "__arm64_sys_") for name in FUNCTIONS), machine="aarch64")

HOSTS: Mapping[str, TableHost] = {"modern": MODERN, "bare": BARE, "old": OLD, "arm64": ARM64}
