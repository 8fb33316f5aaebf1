"""path(P): the file's path from the root of its file system's tree; P is a `file`, `path` or `dentry` of the kernel.

kprobe:vfs_open { @[path((struct path *)arg0)].count() }
BEGIN { print(path(curtask->fs->pwd)) }

P may be a pointer or such a structure itself. Mounts are followed upwards. Up to 24 names, of each its first 63 bytes,
and some 190 bytes in all; a longer path begins with `…`.
"""

from collections.abc import Sequence

from .. import bpf
from ..emitter import Pointer as Memory
from ..emitter import Region, Scalar
from ..function import Complaint, Lowering, Parameter, TextFunction
from ..host import Host
from ..looping import go_through, variable
from ..memory import clear
from ..typed import Constant, TypedExpression
from ..types import Bytes, Pointer, Shown, Struct, Type
from ..values import Fault, Value
from ..world import World

HEADER = 8
ROOM = 192
"""Bytes for names before the last one, which may take NAME more."""
NAME = 64
SIZE = HEADER + ROOM + NAME
MOST = 24
KINDS = ("struct file", "struct path", "struct dentry")
_FAILED, _CUT = 1, 2


def render(raw: Value, world: World) -> Value:
    """A word of flags, then the names from the innermost outwards, each with a terminator."""
    assert isinstance(raw, bytes)
    flags, names = raw[0], raw[HEADER:].split(b"\0")
    if flags & _FAILED:
        return Fault()
    parts = [name.decode("utf-8", "surrogateescape") for name in names if name]
    return ("…" if flags & _CUT else "") + "/" + "/".join(reversed(parts))


def _result(arguments: Sequence[TypedExpression], _: object) -> Type:
    kind = arguments[0].type
    if not isinstance(kind, Pointer) or not isinstance(kind.target, Struct) or kind.target.name not in KINDS:
        message = "a path is that of a `struct file`, a `struct path` or a `struct dentry`"
        raise Complaint("wrong-pointer", message, "say which it is: `path((struct file *)arg0)`", index=0)
    return Shown(Bytes(SIZE), "path")


def _facts(arguments: Sequence[TypedExpression], host: Host) -> tuple[int, ...]:
    """Offsets within the kernel's structures: include/linux/fs.h, path.h, dcache.h, mount.h, fs/mount.h."""
    kind = arguments[0].type
    assert isinstance(kind, Pointer) and isinstance(kind.target, Struct)

    def offset(record: str, *members: str) -> int:
        total, name = 0, record
        for member in members:
            layout = host.record(name)
            found = next((each for each in layout.members if each.name == member), None) if layout else None
            if found is None:
                raise Complaint("unknown-type", f"this kernel's `{record}` has no `{'.'.join(members)}`")
            total += found.bit_offset // 8
            name = found.type.name if isinstance(found.type, Struct) else ""
        return total

    start = offset("struct file", "f_path") if kind.target.name == "struct file" else 0
    return (
        start + (0 if kind.target.name == "struct dentry" else offset("struct path", "dentry")),
        start + (0 if kind.target.name == "struct dentry" else offset("struct path", "mnt")),
        offset("struct dentry", "d_parent"),
        offset("struct dentry", "d_name", "name"),
        offset("struct vfsmount", "mnt_root"),
        offset("struct mount", "mnt"),
        offset("struct mount", "mnt_parent"),
        offset("struct mount", "mnt_mountpoint"),
    )


class _Walk:
    """The way from a file's entry to the root: `entry` and `mount` are where it is now."""

    def __init__(self, lower: Lowering, into: Memory, facts: Sequence[int]) -> None:
        self.lower, self.emit, self.into = lower, lower.emit, into
        _, _, self.parent, self.name, self.root, self.inside, self.outer, self.mounted = facts
        self.entry, self.mount, self.at = (variable(self.emit) for _ in range(3))
        self.place = lower.memory(8)

    def read(self, base: Scalar, offset: int) -> Scalar:
        """A pointer of the kernel's; zero, and noted, where there is none to read."""
        emit = self.emit
        where = emit.arithmetic("add", base, emit.constant(offset))
        emit.store(self.place, 0, emit.constant(0))
        failed = emit.helper(bpf.PROBE_READ_KERNEL, self.place, emit.constant(8), where)
        emit.when(failed, lambda: self.flag(_FAILED))
        return emit.load(self.place, 0)

    def flag(self, bit: int) -> None:
        emit = self.emit
        emit.store(self.into, 0, emit.arithmetic("or", emit.load(self.into, 0), emit.constant(bit)))

    def step(self, done: Region) -> None:
        """One name, or from a file system's root to where it is mounted."""
        emit = self.emit
        entry, mount = emit.load(self.entry, 0), emit.load(self.mount, 0)
        parent = self.read(entry, self.parent)

        def up() -> None:
            emit.when(emit.compare("eq", mount, emit.constant(0)), lambda: emit.leave(done))
            outer = self.read(mount, self.outer - self.inside)
            below = emit.arithmetic("add", outer, emit.constant(self.inside))
            emit.when(emit.compare("eq", below, mount), lambda: emit.leave(done))
            emit.store(self.entry, 0, self.read(mount, self.mounted - self.inside))
            emit.store(self.mount, 0, below)

        def name() -> None:
            self.append(self.read(entry, self.name), done)
            emit.store(self.entry, 0, parent)

        emit.when(emit.compare("eq", parent, entry), up, lambda: emit.when(self.is_root(entry, mount), up, name))

    def is_root(self, entry: Scalar, mount: Scalar) -> Scalar:
        """Whether a file system is mounted from here, which need not be its own root."""
        emit, zero = self.emit, self.emit.constant(0)
        known = emit.compare("ne", mount, zero)
        return emit.choose(known, lambda: emit.compare("eq", self.read(mount, self.root), entry), lambda: zero)

    def append(self, name: Scalar, done: Region) -> None:
        """The name behind those that are there; LLVM may not see where that is, and drop the test."""
        emit = self.emit
        at = emit.load_now(self.at, 0)

        def full() -> None:
            self.flag(_CUT)
            emit.leave(done)

        emit.when(emit.compare("ugt", at, emit.constant(ROOM)), full)
        place = emit.move(emit.move(self.into, HEADER), at)
        count = emit.helper(bpf.PROBE_READ_KERNEL_STR, place, emit.constant(NAME), name)
        emit.when(emit.compare("slt", count, emit.constant(1)), lambda: self.flag(_FAILED))
        emit.store(self.at, 0, emit.arithmetic("add", at, count))


def _emit(lower: Lowering, arguments: Sequence[TypedExpression], into: Memory, size: int) -> None:
    emit = lower.emit
    facts = [fact.value for fact in arguments[1:] if isinstance(fact, Constant)]
    kind = arguments[0].type
    assert isinstance(kind, Pointer) and isinstance(kind.target, Struct)
    start = lower.number(arguments[0])
    clear(lower, into, size)
    walk = _Walk(lower, into, facts)
    if kind.target.name == "struct dentry":
        emit.store(walk.entry, 0, start)
    else:
        emit.store(walk.entry, 0, walk.read(start, facts[0]))
        emit.store(walk.mount, 0, walk.read(start, facts[1]))

    def around(done: Region) -> None:
        go_through(emit, MOST, 1, lambda _, __: walk.step(done))
        walk.flag(_CUT)

    emit.region(around)


FUNCTION = TextFunction("path", _result, _emit, parameters=(Parameter("P", "place"),), facts=_facts)
