"""Answers what user halves of functions ask: symbols and names of this machine, strings of this script, stacks.

LiveWorld(artifact, KernelSymbols(), stacks.read).stack_frames(7) -> (0xffffffff8120760a, 0xffffffff8121f0c4)
"""

import importlib
import struct
from collections.abc import Callable, Mapping
from functools import cache

from ..compiler.artifact import Artifact
from ..compiler.values import Frame
from . import names
from .symbols import KernelSymbols


class LiveWorld:
    """A `World` for a running script; `read_stack` gives an entry of the stack map as the kernel stores it.

    An entry is one 64-bit address a frame, innermost first, then zeros; None where there is no such entry.
    """

    def __init__(
        self,
        artifact: Artifact,
        kernel: KernelSymbols,
        read_stack: Callable[[int], bytes | None],
        user_frame: Callable[[int, int, bool], Frame] = lambda process, address, called: Frame(address),
    ) -> None:
        self._artifact = artifact
        self._kernel = kernel
        self._read_stack = read_stack
        self._user_frame = user_frame
        self._control_groups = names.ControlGroups()

    def kernel_frame(self, address: int) -> Frame:
        """The kernel function around an address."""
        return self._kernel.frame(address)

    def user_frame(self, process: int, address: int, called: bool) -> Frame:
        """The function around an address in a process."""
        return self._user_frame(process, address, called)

    def syscall_name(self, number: int) -> str:
        """The name of a system call on the artifact's machine, or the number as text."""
        return _syscalls(self._artifact.machine).get(number, str(number))

    def string(self, index: int) -> str:
        """The text that the compiler interned under this number."""
        return self._artifact.strings[index]

    def stack_frames(self, number: int) -> tuple[int, ...] | None:
        """See `World.stack_frames`."""
        entry = self._read_stack(number) if number >= 0 else None
        if entry is None:
            return None
        addresses = struct.unpack(f"={len(entry) // 8}Q", entry)
        return addresses[: addresses.index(0)] if 0 in addresses else addresses

    def errno_name(self, number: int) -> str:
        """See `World.errno_name`."""
        return names.errno_name(number)

    def errno_text(self, number: int) -> str:
        """See `World.errno_text`."""
        return names.errno_text(number)

    def signal_name(self, number: int) -> str:
        """See `World.signal_name`."""
        return names.signal_name(number)

    def user_name(self, number: int) -> str:
        """See `World.user_name`."""
        return names.user_name(number)

    def group_name(self, number: int) -> str:
        """See `World.group_name`."""
        return names.group_name(number)

    def cgroup_path(self, number: int) -> str:
        """See `World.cgroup_path`."""
        return self._control_groups.path(number)

    def time_text(self, layout: str, time_ns: int) -> str:
        """See `World.time_text`."""
        return names.time_text(layout, time_ns)


@cache
def _syscalls(machine: str) -> Mapping[int, str]:
    """System call names by number, loaded when the first one is asked for."""
    names: Mapping[int, str] = importlib.import_module(f"..compiler.machines.{machine}", __package__).SYSCALLS
    return names
