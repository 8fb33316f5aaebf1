"""Maps that are shown while they grow: what is shown and then emptied, taken together, is what has happened."""

import os
import pty
import subprocess
from pathlib import Path

import pytest
from harness import PLY, Ply, Result

CALLS = 300_000


def shown(result: Result, name: str = "@") -> list[dict[tuple[object, ...], object]]:
    """The rows of a map each time that it was printed."""
    found = [record for record in result.of("map") if record["name"] == name]
    return [{tuple(row["key"]): row["value"] for row in record["rows"]} for record in found]


@pytest.mark.parametrize("key", ["", "[comm]"])
def test_a_script_that_prints_and_clears_loses_nothing_in_between(ply: Ply, work: Path, key: str) -> None:
    program = f"""
        syscall:getppid / pid == $target / {{ @{key}.count(); @size{key}.quantize(3); }}
        interval:20ms {{ print(@); clear(@); print(@size); clear(@size); }}
    """
    result = ply.json("-c", program, command=[work, "threads", "2", "getppid", str(CALLS // 2)])
    counts = [value for rows in shown(result) for value in rows.values()]
    sizes = [value["count"] for rows in shown(result, "@size") for value in rows.values()]  # type: ignore[index]
    assert len(counts) > 1
    assert (sum(counts), sum(sizes)) == (CALLS, CALLS)  # type: ignore[arg-type]


def test_clear_alone_empties_a_map(ply: Ply) -> None:
    program = "BEGIN { @.count(); @n[1].sum(2); clear(@); clear(@n); @n[2].sum(3) } interval:50ms { exit() }"
    assert ply.json("-c", program).rows("@") == {}


def test_what_is_printed_twice_is_printed_twice(ply: Ply) -> None:
    """Only `clear` forgets; a `clear` in between forgets what was printed."""
    program = """
        BEGIN { @[1].count(); @[1].count() }
        interval:20ms { if (++@turn == 3) { @[2].count() } print(@); if (@turn == 2) { clear(@) } }
        interval:60ms { exit() }
    """
    result = ply.json("-c", program)
    assert shown(result)[:2] == [{(1,): 2}, {(1,): 2}]
    assert shown(result)[2:] == [{(2,): 1}, {(2,): 1}]


def test_every_so_often_all_maps_are_shown(ply: Ply, work: Path) -> None:
    """They grow from time to time, up to what happened."""
    program = "syscall:getppid / pid == $target / { @[comm].count(); }"
    result = ply.json("--every", "20ms", "-c", program, command=[work, "getppid", str(CALLS)])
    counts = [rows["work",] for rows in shown(result)]
    assert len(counts) > 2 and counts == sorted(counts) and counts[-1] == CALLS  # type: ignore[type-var]


def test_differences_add_up(ply: Ply, work: Path) -> None:
    program = """
        syscall:getppid / pid == $target / { @[comm].count(); @all.sum(2); @top.max(time); @last[pid] = 1 }
    """
    result = ply.json("--every", "20ms", "--delta", "-c", program, command=[work, "getppid", str(CALLS)])
    assert len(shown(result)) > 2
    assert sum(rows["work",] for rows in shown(result)) == CALLS  # type: ignore[misc]
    assert sum(rows[()] for rows in shown(result, "@all")) == 2 * CALLS  # type: ignore[misc]
    tops = [rows[()] for rows in shown(result, "@top")]
    assert tops == sorted(tops) and len(set(tops)) == len(tops)  # type: ignore[type-var]


def test_a_map_that_programs_read_is_not_taken_from_them(ply: Ply, work: Path) -> None:
    program = """
        syscall:getpgid / pid == $target / { @.count(); if (@ == 500) { printf("500") } }
        interval:10ms { print(@); }
        END { clear(@) }
    """
    assert ply.json("-c", program, command=[work, "getpgid", "1000"]).printed() == ["500"]


def test_on_a_terminal_maps_are_drawn_in_place(ply: Ply, work: Path) -> None:
    ours, theirs = pty.openpty()
    words = [PLY, "--every", "50ms", "-c", "syscall:getppid { @[comm].count() }", "--", work, "getppid", str(CALLS)]
    with subprocess.Popen([str(word) for word in words], stdout=theirs, stderr=subprocess.DEVNULL) as process:
        os.close(theirs)
        text = b""
        while True:
            try:
                text += os.read(ours, 65536)
            except OSError:  # EIO: the other side is closed
                break
        assert process.wait() == 0
    os.close(ours)
    pages = text.split(b"\x1b[H\x1b[2J")
    assert len(pages) > 2 and pages[0] == b""
    assert f"work: {CALLS}".encode() in pages[-1]
