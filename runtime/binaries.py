"""Programs and libraries of this machine as the compiler asks for them: `binary("libc")` -> its functions and probes.

Nothing of a file is read but when it is asked for.
"""

import os
from bisect import bisect_right
from collections.abc import Callable, Sequence
from fnmatch import translate
from functools import cached_property
from re import compile as compile_pattern
from typing import TypeVar

from ..compiler.attachment import Attachment, Uprobe, Watch
from ..compiler.binary import Binary, Note, UserSymbol
from ..compiler.host import Missing
from .elf import Elf, ElfError, Function
from .kernel.demangle import demangle
from .libraries import candidates
from .usdt_notes import read_notes

Answer = TypeVar("Answer")

_GLOB = frozenset("*?[")
_MACHINES = {"x86_64": "EM_X86_64", "aarch64": "EM_AARCH64"}


def find_binary(name: str) -> Binary | Missing:
    """The file that a path or a name means, if it can be probed on this machine."""
    problem = Missing("there is no such file", "give a path, the name of a library (`libc`), or of a command (`bash`)")
    if "/" not in name:
        hint = f"; write `./{name}` for the file in this folder" if os.path.exists(name) else ""
        problem = Missing("neither a library nor a command has this name", problem.remedy + hint)
    for path in candidates(name):
        try:
            return _opened(path)
        except OSError as error:
            problem = problem if isinstance(error, FileNotFoundError) else Missing(f"{path}: {error.strerror}")
        except ElfError:
            problem = Missing(f"{path} is no ELF file: a script has no functions to probe", "probe its interpreter")
        except _Foreign as error:
            problem = Missing(str(error), "probe a file for this machine's own 64-bit architecture")
    return problem


def is_current(attachment: Attachment) -> bool:
    """Whether an attachment's file is still the one for which it was compiled."""
    if not isinstance(attachment, Uprobe | Watch) or not attachment.path:
        return True
    try:
        return any(
            _real(path) == attachment.path and _stamp(os.stat(path)) == attachment.stamp
            for path in candidates(attachment.asked)
        )
    except OSError:
        return False


class _Foreign(Exception):
    """The file is for another architecture."""


def _stamp(facts: os.stat_result) -> str:
    return f"{facts.st_dev}:{facts.st_ino}:{facts.st_size}:{facts.st_mtime_ns}"


def _real(path: str) -> str:
    """Without links; but /proc/PID/root is one that leads into a container, and only looks like one to `/`."""
    path = os.path.abspath(path)
    return path if path.startswith("/proc/") else os.path.realpath(path)


def _opened(path: str) -> "_Binary":
    path = _real(path)
    if os.path.isdir(path):
        raise IsADirectoryError(0, "it is a folder", path)
    with open(path, "rb") as file:
        stamp, elf = _stamp(os.fstat(file.fileno())), Elf(file, path)
        machine = os.uname().machine
        if elf.machine != _MACHINES.get(machine, elf.machine) or elf.bits != 64:
            kind = f"{elf.machine.removeprefix('EM_')} ({elf.bits} bits)"
            raise _Foreign(f"{path} is for {kind}, and this machine is {machine}")
    return _Binary(path, stamp)


class _Binary:
    """A file; each question opens it anew, and none is answered twice."""

    def __init__(self, path: str, stamp: str) -> None:
        self.path, self.stamp = path, stamp

    @cached_property
    def _all(self) -> tuple[UserSymbol, ...]:
        return self._ask(lambda elf: tuple(_symbol(elf, each) for each in elf.functions)) or ()

    def functions(self, pattern: str) -> Sequence[UserSymbol]:
        """See `Binary.functions`: a C++ function matches with and without its arguments."""
        if _GLOB.isdisjoint(pattern):
            found = [each for each in self._all if pattern in (each.name, each.shown, plain(each.shown))]
        else:
            match = compile_pattern(translate(pattern)).match
            found = [each for each in self._all if match(each.shown) or match(each.name) or match(plain(each.shown))]
        return sorted(found, key=lambda each: (each.shown, each.offset))

    def at(self, address: int) -> UserSymbol | None:
        """See `Binary.at`."""
        offset = self._ask(lambda elf: elf.offset(address))
        if offset is None:
            return None
        place = bisect_right(self._all, address, key=lambda each: each.address)
        around = self._all[place - 1] if place else None
        if around is None or (around.size and address >= around.address + around.size):
            return UserSymbol(f"{address:#x}", address, 0, offset, f"{address:#x}")
        distance = address - around.address
        shown = f"{around.shown}+{distance:#x}" if distance else around.shown
        return UserSymbol(around.name, address, max(around.size - distance, 0), offset, shown, within=distance)

    def address(self, symbol: str) -> int | None:
        """See `Binary.address`."""
        found = self._ask(lambda elf: elf.symbol(symbol))
        return None if found is None else found[0]

    def code(self, address: int, size: int) -> bytes:
        """See `Binary.code`."""
        offset = self._ask(lambda elf: elf.offset(address))
        if offset is None:
            return b""
        with open(self.path, "rb") as file:
            return os.pread(file.fileno(), size, offset)

    def size(self, symbol: str) -> int:
        """See `Binary.size`."""
        found = self._ask(lambda elf: elf.symbol(symbol))
        return 0 if found is None else found[1]

    def notes(self) -> Sequence[Note]:
        """See `Binary.notes`."""
        return self._ask(lambda elf: tuple(read_notes(elf))) or ()

    def _ask(self, question: Callable[[Elf], Answer | None]) -> Answer | None:
        """The file's answer; None where it is damaged, or gone."""
        try:
            with open(self.path, "rb") as file:
                return question(Elf(file, self.path))
        except (OSError, *ElfError):
            return None


def _symbol(elf: Elf, function: Function) -> UserSymbol:
    offset = elf.offset(function.address)
    assert offset is not None
    shown = demangle(function.name)
    return UserSymbol(function.name, function.address, function.size, offset, shown, function.indirect)


def plain(shown: str) -> str:
    """`ns::f(int) const` -> `ns::f`: a C++ name without its arguments, of which some are functions, too."""
    if not shown.endswith((")", ") const")):
        return shown
    depth = 0
    for place in range(shown.rfind(")"), -1, -1):
        depth += (shown[place] == ")") - (shown[place] == "(")
        if not depth:
            return shown[:place]
    return shown
