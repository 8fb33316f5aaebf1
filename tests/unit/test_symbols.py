"""Kernel symbols out of the text of /proc/kallsyms."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plytrace.compiler.values import Frame
from plytrace.runtime.symbols import KernelSymbols

BASE = 0xFFFFFFFF81000000
TEXT = b"""\
0000000000000000 A fixed_percpu_data
ffffffff81000000 T _stext
ffffffff81000000 T _text
ffffffff81000040 t helper
ffffffff81000080 D marker
ffffffff81000080 W schedule
ffffffff81000080 T schedule_alias
ffffffff81000100 t helper
ffffffff81000200 T _etext
ffffffff82400000 D __start_rodata
ffffffffc0200100 t late\t[btrfs]
ffffffffc0200200 d data\t[btrfs]
ffffffffc0200000 t early\t[btrfs]
ffffffffc0100000 t bpf_prog_1_x\t[bpf]
"""


@pytest.fixture
def symbols() -> KernelSymbols:
    return KernelSymbols(lambda: TEXT)


def test_a_function_and_the_offset_into_it(symbols: KernelSymbols) -> None:
    assert symbols.frame(BASE + 0x5A) == Frame(BASE + 0x5A, "helper", 0x1A)
    assert str(symbols.frame(BASE + 0x100)) == "helper+0x0"


def test_the_first_function_of_several_at_an_address(symbols: KernelSymbols) -> None:
    assert symbols.frame(BASE + 8).symbol == "_stext"
    assert symbols.frame(BASE + 0x81).symbol == "schedule"


def test_modules_in_any_order(symbols: KernelSymbols) -> None:
    assert str(symbols.frame(0xFFFFFFFFC0200010)) == "early+0x10 [btrfs]"
    assert symbols.frame(0xFFFFFFFFC0200105).symbol == "late"
    assert symbols.frame(0xFFFFFFFFC0100001).module == "bpf"


@pytest.mark.parametrize(
    "address", [0, 1, 0x7FFF12345678, BASE - 1, BASE + (8 << 20), 0xFFFFFFFF82400001, 2**64 - 1, 2**64]
)
def test_addresses_in_no_function_stay_numbers(symbols: KernelSymbols, address: int) -> None:
    assert symbols.frame(address) == Frame(address)


def test_lookup_finds_every_function_of_a_name(symbols: KernelSymbols) -> None:
    assert symbols.lookup("helper") == [BASE + 0x40, BASE + 0x100]
    assert symbols.lookup("late") == [0xFFFFFFFFC0200100]
    assert symbols.lookup("marker") == symbols.lookup("help") == symbols.lookup("elper") == []


def test_hidden_addresses_are_said_once_and_frames_are_numbers() -> None:
    symbols = KernelSymbols(lambda: b"0000000000000000 T _stext\n0000000000000000 t late\t[btrfs]\n")
    assert "kptr_restrict" in symbols.problem
    assert symbols.frame(BASE) == Frame(BASE)
    assert symbols.lookup("_stext") == []


def test_an_unreadable_table_is_a_problem_and_no_error() -> None:
    def read() -> bytes:
        raise PermissionError(13, "Permission denied", "/proc/kallsyms")

    symbols = KernelSymbols(read)
    assert symbols.problem == "cannot read /proc/kallsyms: Permission denied"
    assert symbols.frame(BASE) == Frame(BASE)


def test_the_table_is_read_once_and_only_when_needed() -> None:
    reads: list[int] = []
    symbols = KernelSymbols(counting(reads))
    assert reads == []
    symbols.frame(BASE)
    symbols.frame(BASE + 0x81)
    assert (symbols.problem, len(reads)) == ("", 1)


def counting(reads: list[int]) -> Callable[[], bytes]:
    def read() -> bytes:
        reads.append(1)
        return TEXT

    return read


@settings(deadline=None)
@given(st.lists(st.integers(0x1000, 0x9000), min_size=1, unique=True), st.integers(0, 0xA000))
def test_bisecting_the_text_finds_what_a_walk_finds(starts: list[int], address: int) -> None:
    text = b"".join(b"%016x t function_%x\n" % (start, start) for start in sorted(starts))
    below = [start for start in starts if start <= address]
    expected = Frame(address, f"function_{max(below):x}", address - max(below)) if below else Frame(address)
    assert KernelSymbols(lambda: text).frame(address) == expected
