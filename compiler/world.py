"""What the user half of a function or an aggregation may ask when it turns a stored number into a value to show.

The runtime answers (`runtime/world.py`); tests answer from tables. Nothing here reads a file.
"""

from typing import Protocol

from .values import Frame


class World(Protocol):
    """The names behind numbers, on the machine where they were recorded."""

    def kernel_frame(self, address: int) -> Frame:
        """The kernel function around an address; a frame without a symbol where none is known."""

    def user_frame(self, process: int, address: int, called: bool) -> Frame:
        """The function around an address in a process; `called` says that it is where a call will return to."""

    def syscall_name(self, number: int) -> str:
        """The name of a system call without any prefix (`read`); its number as text where it has no name."""

    def string(self, index: int) -> str:
        """The text that the compiler interned under this number."""

    def stack_frames(self, number: int) -> tuple[int, ...] | None:
        """The addresses of a recorded stack, innermost first; None where no stack was stored under the id."""

    def errno_name(self, number: int) -> str:
        """The name of an error (`ENOENT`); its number as text where it has no name."""

    def errno_text(self, number: int) -> str:
        """What an error means (`No such file or directory`)."""

    def signal_name(self, number: int) -> str:
        """The name of a signal (`SIGINT`); its number as text where it has no name."""

    def user_name(self, number: int) -> str:
        """The name of a user; its number as text where it has no name."""

    def group_name(self, number: int) -> str:
        """The name of a group; its number as text where it has no name."""

    def cgroup_path(self, number: int) -> str:
        """The path of a control group below their root (`/user.slice`); its number as text where it is gone."""

    def time_text(self, layout: str, time_ns: int) -> str:
        """A time in the format of strftime(3); from 10**18 on it counts from 1970, below from the machine's start."""
