"""Pictures and metrics of a program whose calls are known to the last one; and names that would like to be more."""

import fcntl
import json
import os
import re
import struct
import sys
import termios
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from harness import Ply

pytestmark = pytest.mark.anywhere

SVG = "{http://www.w3.org/2000/svg}"
MINE = "pid == $target"
CALLS = f"kprobe:SyS_getppid / {MINE} / {{ @[comm, stack, ustack].count() }}"


def boxes(svg: str) -> dict[str, str]:
    """What boxes say when pointed at, by the name of their function."""
    titles = [element.findtext(f"{SVG}title", "") for element in ElementTree.fromstring(svg).iter(f"{SVG}svg")]
    return {title.split("\n")[0]: title for title in titles if "\n" in title}


def test_a_flame_graph_of_all_calls(ply: Ply, work: Path, tmp_path: Path) -> None:
    file = tmp_path / "out.svg"
    result = ply("-f", "flamegraph", "-o", file, "-c", CALLS, command=[work, "getppid", "4321"])
    assert result.status == 0 and result.stdout == ""
    found = boxes(file.read_text())
    assert "4,321 events, 100.00 %" in found["all"] and "4,321 events, 100.00 %" in found["work"]
    kernel = [name for name, title in found.items() if "\nkernel\n" in title]
    assert any("syscall" in name for name in kernel) and any("\nprogram in work\n" in it for it in found.values())
    assert "nothing lost" in file.read_text()


def test_folded_and_speedscope_have_the_same_stacks(ply: Ply, work: Path) -> None:
    command = [work, "getppid", "1234"]
    folded = ply("-f", "folded", "-c", CALLS, command=command).stdout.splitlines()
    whole = json.loads(ply("-f", "speedscope", "-c", CALLS, command=command).stdout)
    (profile,) = whole["profiles"]
    names = [frame["name"] for frame in whole["shared"]["frames"]]
    stacks = {";".join(names[at] for at in sample): weight for sample, weight in
              zip(profile["samples"], profile["weights"], strict=True)}  # fmt: skip
    assert {line.rpartition(" ")[0]: int(line.rpartition(" ")[2]) for line in folded} == stacks
    assert profile["endValue"] == sum(stacks.values()) == 1234
    assert all(re.match("work;.*;(entry_SYSCALL_64|do_syscall)", stack) for stack in stacks), stacks


def test_metrics_of_reads(ply: Ply, work: Path) -> None:
    program = f"kprobe:SyS_read / {MINE} / {{ @calls[comm].count(); @sizes.quantize(arg2); @bytes.sum(arg2) }}"
    text = ply("-f", "prometheus", "-c", program, command=[work, "read", "4096", "300", "read", "100", "20"]).stdout
    samples = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert samples['ply_map_calls_total{comm="work"}'] == "320"
    assert samples["ply_map_bytes_total"] == str(300 * 4096 + 20 * 100)
    assert samples['ply_map_sizes_bucket{le="127"}'] == "20" and samples['ply_map_sizes_bucket{le="8191"}'] == "320"
    assert samples["ply_map_sizes_count"] == "320" and samples["ply_run_lost_total"] == "0"


def test_losses_are_in_the_metrics(ply: Ply) -> None:
    program = 'BEGIN { @["a"].count(); @["b"].count(); @["c"].count(); exit() }'
    text = ply("-f", "prometheus", "--map-entries", "2", "-c", program).stdout
    assert 'ply_lost_total{where="@",reason="map full"} 1\n' in text and "ply_run_lost_total 1\n" in text


def cells(svg: str) -> dict[str, int]:
    found = ElementTree.fromstring(svg).iterfind(f".//{SVG}g[@class='cells']/{SVG}rect/{SVG}title")
    return {
        label: int(count.replace(",", "")) for label, _, count in ((it.text or "").rpartition(": ") for it in found)
    }


def test_a_heat_map_has_every_call(ply: Ply, work: Path) -> None:
    command = [work, "read", "4096", "300", "sleep", "30", "read", "100", "20"]
    program = f"kprobe:SyS_read / {MINE} / {{ @[elapsed / 10ms * 10ms].quantize(arg2) }}"
    counts = cells(ply("-f", "heatmap", "-c", program, command=command).stdout)
    assert sum(count for label, count in counts.items() if label.endswith("[4k, 8k)")) == 300
    assert sum(count for label, count in counts.items() if label.endswith("[64, 128)")) == 20
    times = [label.split(")")[0] for label in counts]
    assert len(set(times)) > 1 and all(re.match(r"\[\d+(ns|ms), \d+ms", time) for time in times)


def test_a_heat_map_of_what_is_printed_every_so_often(ply: Ply) -> None:
    program = "interval:10ms { @n.quantize(1); @m.quantize(5) } interval:50ms { print(@m); clear(@m) }"
    result = ply("-t", "0.5", "--map", "@m", "-f", "heatmap", "-c", program)
    counts = cells(result.stdout)
    assert len({label.split(",")[0] for label in counts}) > 4 and all("[4, 8)" in label for label in counts)


def test_a_heat_map_of_what_comes_in(ply: Ply, work: Path) -> None:
    program = f"kprobe:SyS_getppid / {MINE} / {{ @.quantize(5) }}"
    command = [work, "getppid", "100", "sleep", "300", "getppid", "200", "sleep", "100"]
    counts = cells(ply("--every", "50ms", "--delta", "-f", "heatmap", "-c", program, command=command).stdout)
    assert sorted(counts.values()) == [100, 200] and all("[4, 8)" in label for label in counts)


def in_a_terminal(ply: Ply, columns: int, *arguments: str, command: list[str | Path]) -> str:
    """What a terminal of this width is sent."""
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("4H", 24, columns, 0, 0))
    running = ply.start(*arguments, command=command, stdout=theirs)
    os.close(theirs)
    found = b""
    try:
        while more := os.read(ours, 1 << 16):
            found += more
    except OSError:  # EIO: the other end is closed
        pass
    os.close(ours)
    assert running.finish().status == 0
    return found.decode().replace("\r\n", "\n")


@pytest.mark.parametrize(("columns", "cells"), [(40, 17), (60, 32), (200, 32)])
def test_a_histogram_fits_the_terminal(ply: Ply, work: Path, columns: int, cells: int) -> None:
    program = f"kprobe:SyS_read / {MINE} / {{ @.quantize(arg2) }}"
    shown = in_a_terminal(ply, columns, "-c", program, command=[work, "read", "4096", "300"])
    assert shown.splitlines()[-1] == f"[  4k,   8k)     300 ┤{'█' * cells}│"
    assert max(map(len, shown.splitlines())) <= columns


def test_a_heat_map_in_a_terminal(ply: Ply, work: Path) -> None:
    program = f"kprobe:SyS_read / {MINE} / {{ @[elapsed / 1ms].quantize(arg2) }}"
    words: list[str | Path] = [work, "read", "4096", "300", "sleep", "300", "read", "4096", "300"]
    shown = in_a_terminal(ply, 50, "-f", "heatmap", "-c", program, command=words)
    lines = re.sub(r"\x1b\[[\d;]*m", "", shown).splitlines()
    assert lines[1].startswith("@[elapsed / 1ms].quantize(): 600 values") and lines[2].startswith("[  4k,   8k) ")
    assert max(map(len, lines[2:])) <= 50 and "\x1b[48;5;" in shown and "<svg" not in shown


def named(name: bytes) -> list[str]:
    """A program of this name (15 bytes at most) that asks for its parent three times."""
    code = (
        "import ctypes, os; libc = ctypes.CDLL(None); "
        f"libc.prctl(15, {name!r}, 0, 0, 0); [os.getppid() for _ in range(3)]"
    )
    return [sys.executable, "-c", code]


def test_hostile_names_are_escaped_in_text_whole_in_json_and_text_in_pictures(ply: Ply, tmp_path: Path) -> None:
    name = b"\x1b[31m<&\"']]>\xff\x07;"
    whole = name.decode("utf-8", "surrogateescape")
    escaped = "\\x1b[31m<&\"']]>\\xff\\x07;"
    assert len(name) <= 15
    program = f'kprobe:SyS_getppid / {MINE} / {{ @[comm, stack].count(); @n[comm].count(); printf("%s\\n", comm) }}'

    def run(format: str, *more: str) -> str:
        result = ply("-f", format, *more, "-c", program, command=named(name))
        assert result.status == 0, result
        assert "\x1b" not in result.stderr
        return result.stdout

    text = run("text")
    assert "\x1b" not in text and "\x07" not in text and f"{escaped}: 3" in text and text.count(f"{escaped}\n") == 3
    for line in run("json").splitlines():
        record = json.loads(line)
        if record["type"] == "map" and record["name"] == "@n":
            assert record["rows"] == [{"key": [whole], "value": 3}]
        elif record["type"] == "print":
            assert record["text"] == f"{whole}\n"
    for format in ("flamegraph", "icicle"):
        svg = run(format)
        assert "\x1b" not in svg and "3 events, 100.00 %" in boxes(svg)[escaped]
    assert run("folded").startswith(escaped.replace(";", ":") + ";")
    frames = json.loads(run("speedscope"))["shared"]["frames"]
    assert {"name": whole} in frames
    metrics = run("prometheus")
    quoted = escaped.replace("\\", "\\\\").replace('"', '\\"')
    assert f'ply_map_n_total{{comm="{quoted}"}} 3\n' in metrics and "\x1b" not in metrics
    assert f'@n,"{escaped.replace(chr(34), chr(34) * 2)}",3' in run("csv")
