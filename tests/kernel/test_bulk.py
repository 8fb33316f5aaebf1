"""Events as fast as they come: none is lost without being counted, and native code changes nothing but the time."""

import os
from pathlib import Path

import pytest
from harness import Ply

EVENTS = 200_000
PRINTF = r'kprobe:SyS_getppid /pid == $target/ { @.count(); printf("%-8s|%08x|%+d\n", comm, 48879, @n); @n++; }'
MIXED = r"""
BEGIN {
    printf("%d %5d %-5d| %05d %+d % d %x %X %o %p %u %v\n", -7, 42, 42, 42, 42, 42, 255, 255, 8, 4096, -1, -3);
    printf("%hhd %hd %d %ld %hhu\n", 300, 70000, 1 << 40, 1 << 40, -1);
    printf("[%8s] [%-8s] [%.2s] [%s]\n", "abc", "abc", "abc", "");
    printf("%s %s\n", "a\\x41", str(0));
    printf("%c%c%% \"quoted\" \x1b[0m caf\u00e9\n", 65, 27);
    printf("%s\n", func);
    print("text"); print(1, "two", 3); print((1, "a"));
    printf("%5.3d|%#x|%.3f\n", 7, 255, 1);
    exit(3);
}
"""


def way(native: bool) -> dict[str, dict[str, str]]:
    return {"env": {**os.environ, "PLY_BULK": "1" if native else "0"}}


@pytest.mark.parametrize("native", [False, True])
def test_delivered_and_lost_is_what_was_produced(ply: Ply, work: Path, native: bool) -> None:
    command = [work, "getppid", str(EVENTS)]
    result = ply.json("--ring-size", "65536", "-c", PRINTF, command=command, **way(native))
    assert result.value() == EVENTS
    assert len(result.printed()) + sum(result.lost().values()) == EVENTS
    numbers = [int(text.rpartition("|")[2]) for text in result.printed()]
    assert numbers == sorted(set(numbers))
    assert all(text.startswith("work    |0000beef|+") for text in result.printed())


def test_without_loss_where_memory_is_enough(ply: Ply, work: Path) -> None:
    result = ply("--ring-size", "16777216", "-c", PRINTF, command=[work, "getppid", str(EVENTS)])
    assert result.status == 0 and not result.stderr
    lines = [f"work    |0000beef|+{number}" for number in range(EVENTS)]
    assert result.stdout.splitlines()[:EVENTS] == lines


@pytest.mark.parametrize("form", ["text", "json"])
def test_both_ways_print_the_same(ply: Ply, form: str) -> None:
    results = [ply("-f", form, "-c", MIXED, **way(native)) for native in (False, True)]
    for result in results:
        assert result.status == 3, result
    plain, native = (timeless(result.stdout) for result in results)
    assert plain == native and len(plain) > 8


def timeless(text: str) -> list[str]:
    """Without what differs from run to run."""
    lines = [line for line in text.splitlines() if '"type":"start"' not in line and '"type":"end"' not in line]
    return [line.partition('"text"')[2] if '"time"' in line else line for line in lines]
