"""What processes have mapped, from what the kernel tells, and names for addresses in them."""

import os
import struct
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from plytrace.compiler.functions.ustack import render
from plytrace.compiler.values import Frame, Stack, Value
from plytrace.runtime.elf import Function
from plytrace.runtime.kernel.process_events import Executed, Forked, Mapped
from plytrace.runtime.processes import Processes, Region, mapped_code
from plytrace.runtime.user_symbols import UserSymbols, _around

GONE = 4_194_305
"""One more than the largest number that a process may have (PID_MAX_LIMIT)."""


@pytest.fixture
def processes() -> Processes:
    found = Processes()
    found.close()
    return found


def test_mappings_follow_the_kernel(processes: Processes) -> None:
    parent, child = GONE, GONE + 1
    processes.note(Mapped(1, parent, 0x1000, 0x3000, 0, 7, "/bin/first"))
    processes.note(Mapped(2, parent, 0x5000, 0x6000, 0x400, 8, "/lib/other"))
    processes.note(Forked(3, child, parent))
    processes.note(Mapped(4, parent, 0x2000, 0x4000, 0, 9, "/lib/instead"))
    assert processes.region(parent, 0x1800) is None  # all of the older one is taken to be gone
    assert processes.region(parent, 0x2800) == Region(0x2000, 0x4000, 0, 9, "/lib/instead")
    assert processes.region(parent, 0x5000) == Region(0x5000, 0x6000, 0x400, 8, "/lib/other")
    assert processes.region(parent, 0x6000) is None
    assert processes.region(child, 0x1800) == Region(0x1000, 0x3000, 0, 7, "/bin/first")
    processes.note(Executed(5, child))
    assert processes.region(child, 0x1800) is None


def test_this_process() -> None:
    found = list(mapped_code(os.getpid()))
    assert any(os.path.realpath(sys.executable) == region.path or "python" in region.path for region in found)
    assert list(mapped_code(GONE)) == []


def test_names_of_code_that_was_written_while_running(processes: Processes, tmp_path: Path) -> None:
    file = Path(f"/tmp/perf-{os.getpid()}.map")
    file.write_text("1000 20 first\nnonsense\n1020 10 py::second:/a b.py\n")
    try:
        symbols = UserSymbols(processes)
        assert str(symbols.frame(os.getpid(), 0x1004, False)) == "first+0x4"
        assert str(symbols.frame(os.getpid(), 0x1020, False)) == "py::second:/a b.py+0x0"
        assert str(symbols.frame(os.getpid(), 0x1020, True)) == "first+0x20"
        assert str(symbols.frame(os.getpid(), 0x1030, False)) == "0x1030"
        file.unlink()
        elsewhere = tmp_path / "map"
        elsewhere.write_text("1000 20 first\n")
        file.symlink_to(elsewhere)
        assert str(UserSymbols(processes).frame(os.getpid(), 0x1004, False)) == "0x1004"
        file.unlink()
        if os.geteuid() == 0:
            file.write_text("1000 20 first\n")
            os.chown(file, 12345, 12345)
            assert str(UserSymbols(processes).frame(os.getpid(), 0x1004, False)) == "0x1004"
    finally:
        file.unlink(missing_ok=True)


@pytest.mark.parametrize(
    ("address", "name"),
    [(0x0FFF, None), (0x1000, "alias"), (0x100F, "alias"), (0x1010, "inner"), (0x1018, "alias"), (0x1100, None),
     (0x2000, "label"), (0x2FFF, "label")],
)  # fmt: skip
def test_the_function_around_an_address(address: int, name: str | None) -> None:
    known = sorted(
        Function(start, size, name, False)
        for start, size, name in (
            (0x1000, 0x100, "__alias"),
            (0x1000, 0x100, "alias"),
            (0x1010, 8, "inner"),
            (0x2000, 0, "label"),
        )
    )
    found = _around(known, address)
    assert (found.name if found else None) == name


class Table:
    """A world of three functions."""

    def __init__(self, addresses: Sequence[int]) -> None:
        self.addresses = tuple(addresses)

    def stack_frames(self, number: int) -> tuple[int, ...] | None:
        return self.addresses if number == 7 else None

    def user_frame(self, process: int, address: int, called: bool) -> Frame:
        names = {1: "c", 2: "b", 3: "a"}
        return Frame(address, names.get(address, ""), 0, "chain" if address in names else "")


def shown(addresses: Sequence[int], caller: int = 0, number: int = 7) -> Value:
    raw = struct.pack("=qQQ", number, 99, caller)
    found = render(raw, Table(addresses))  # type: ignore[arg-type]
    assert isinstance(found, Stack)
    return found.problem or "".join(frame.symbol or "?" for frame in found.frames)


def test_stacks() -> None:
    assert shown([1, 2, 3]) == "cba"
    assert shown([1, 3], caller=2) == "cba"  # the frame pointer is still the caller's
    assert shown([1, 2, 3], caller=2) == "cba"
    assert shown([1], caller=2) == "cb"
    assert shown([1, 2, 77, 3]) == "cb"
    assert shown([77, 78]) == "??"
    assert shown([], number=8) == "stack lost"
    assert shown([], number=-14) == "no user stack"
