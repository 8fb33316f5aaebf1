"""Names of functions in programs, also of those that have ended: address in a process -> symbol, offset, file.

    UserSymbols(processes).frame(1021, 0x7f12_3456_789a, called=True) -> malloc+0x1a [libc.so.6]

Code that a virtual machine has written gets its names from /tmp/perf-PID.map (the kernel's tools/perf,
Documentation/jit-interface.txt), which only the process's own user or root may have written.
"""

import os
import stat
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import NamedTuple

from ..compiler.values import Frame
from .elf import Elf, ElfError, Function
from .kernel.demangle import demangle
from .processes import Processes, Region, Writer, written

_DELETED = " (deleted)"
_NEIGHBOURS = 16
"""Symbols that may lie within another one, and do not reach as far as it does."""
_LARGEST_MAP = 64 << 20


class _Module(NamedTuple):
    """A file's functions by address, and where its code is."""

    functions: Sequence[Function]
    address: Callable[[int], int | None]


class UserSymbols:
    """Symbols of the programs that ran while `processes` was looking; files are read when first asked for."""

    def __init__(self, processes: Processes) -> None:
        self._processes = processes
        self._modules: dict[tuple[int, int, int], _Module] = {}
        self._of_regions: dict[tuple[int, Region], _Module | None] = {}
        self._frames: dict[tuple[int, int, bool], Frame] = {}
        self._written: dict[int, Sequence[Function]] = {}

    def frame(self, pid: int, address: int, called: bool) -> Frame:
        """The function around an address; an address that a call returns to may lie behind the function's end."""
        key = (pid, address, called)
        if key not in self._frames:
            self._frames[key] = self._find(pid, address, address - called)
        return self._frames[key]

    def _find(self, pid: int, address: int, place: int) -> Frame:
        region = self._processes.region(pid, place)
        if region is None or written(region) or not region.path.startswith("/"):
            function = _around(self._perf_map(pid), place)
            name = (region.path.strip("[]/") or "anon") if region else ""
            return _frame(address, address, function, "" if function else name)
        name = os.path.basename(region.path.removesuffix(_DELETED))
        module = self._module(pid, region)
        linked = module.address(place - region.start + region.offset) if module else None
        if module is None or linked is None:
            return Frame(address, module=name)
        return _frame(address, linked + address - place, _around(module.functions, linked), name)

    def _module(self, pid: int, region: Region) -> _Module | None:
        """The file as the process has it, also a deleted one while it is there; or as others see it who share its file
        systems, if it is the same one."""
        path, mapped = region.path.removesuffix(_DELETED), f"{region.start:x}-{region.end:x}"
        if (pid, region) not in self._of_regions:
            own = self._opened(f"/proc/{pid}/map_files/{mapped}", path, f"/proc/{pid}/root", region.inode)
            tries = (self._opened(root + path, path, root, region.inode) for root in self._processes.roots(pid))
            self._of_regions[pid, region] = own or next((found for found in tries if found), None)
        return self._of_regions[pid, region]

    def _opened(self, place: str, path: str, root: str, inode: int) -> _Module | None:
        """What is at a place, if it is this inode; `path` is what the process calls it, below `root`."""
        try:
            with open(place, "rb", opener=_without_waiting) as file:
                facts = os.fstat(file.fileno())
                if (inode and facts.st_ino != inode) or not stat.S_ISREG(facts.st_mode):
                    return None
                key = (facts.st_dev, facts.st_ino, facts.st_mtime_ns)
                if key not in self._modules:
                    elf = Elf(file, path, root)
                    self._modules[key] = _Module(elf.functions, elf.address)
                return self._modules[key]
        except (OSError, *ElfError):
            return None

    def _perf_map(self, pid: int) -> Sequence[Function]:
        if pid not in self._written:
            writer = self._processes.writer(pid)
            maps = (_read_perf_map(root, writer) for root in self._processes.roots(pid) if writer)
            self._written[pid] = next((found for found in maps if found), ())
        return self._written[pid]


def _around(functions: Sequence[Function], address: int) -> Function | None:
    """The function that an address lies in: of several names for it the one without underscores, the shortest."""
    end = bisect_right(functions, address, key=lambda each: each.address)
    near = functions[max(0, end - _NEIGHBOURS) : end]
    found = [each for each in near if address < each.address + each.size]
    if not found and near and not near[-1].size:  # written in assembly, without an end
        found = [near[-1]]
    return min(found, key=lambda each: (-each.address, each.name.startswith("_"), len(each.name)), default=None)


def _frame(address: int, linked: int, function: Function | None, module: str) -> Frame:
    if function is None:
        return Frame(address, module=module)
    return Frame(address, demangle(function.name), linked - function.address, module)


def _read_perf_map(root: str, writer: Writer) -> Sequence[Function]:
    """`START SIZE NAME` a line, hexadecimal; none where the file is not there, or not the process's own."""
    try:
        with open(f"{root}/tmp/perf-{writer.number}.map", "rb", opener=_carefully) as file:
            facts = os.fstat(file.fileno())
            if not stat.S_ISREG(facts.st_mode) or facts.st_uid not in (writer.user, 0):
                return ()
            lines = file.read(_LARGEST_MAP).decode("utf-8", "replace").splitlines()
    except OSError:
        return ()
    found = []
    for line in lines:
        words = line.split(" ", 2)
        try:
            found.append(Function(int(words[0], 16), int(words[1], 16), words[2], False))
        except (ValueError, IndexError):
            continue
    return sorted(found)


def _carefully(path: str, flags: int) -> int:
    """Open neither a link nor anything that makes one wait."""
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)
