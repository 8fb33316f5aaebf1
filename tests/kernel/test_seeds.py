"""The seven programs that the project starts from, verbatim, against counts that are known from elsewhere."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from subprocess import DEVNULL, run
from typing import Any

import pytest
from harness import KPROBES, Ply

pytestmark = pytest.mark.booted

READ_SIZES = "kretprobe:SyS_read { @.quantize(retval()) }"
LARGE_READS = "kprobe:SyS_read / (arg(2) > 1024) / { @[pid()].quantize(arg(2)); }"
OPENED_FILES = 'kprobe:SyS_open { printf("%16s(%5d): %s\\n", comm(), pid(), mem(arg(0), "128s")) }'
CALLS_BY_NAME = "kprobe:SyS_* { @[func()].count() }"
CALLS_BY_PROCESS = "kprobe:SyS_* { @[comm(), pid()].count() }"
STACKS = "kprobe:schedule { @[stack()].count() }"
ANGLE_BLOCK = "kprobe:SyS_read /arg(2)>1024/ < @[pid()].quantize(arg(2)) >"

DD = ("dd", "if=/dev/zero", "of=/dev/null", "bs=4096", "count=1000")
FRAME = re.compile(r"[\w.]+\+0x[0-9a-f]+( \[\w+\])?")


def strace(folder: Path, calls: str, command: Sequence[str | Path]) -> list[str]:
    """The lines that strace writes about a command, one a system call."""
    log = folder / "strace"
    run(["strace", "-f", "-qq", "-o", log, "-e", f"trace={calls}", *command], stderr=DEVNULL, check=True)
    return [line for line in log.read_text().splitlines() if re.match(r"\d+ +\w+\(", line)]


def by_bucket(sizes: Sequence[int]) -> dict[tuple[int, int], int]:
    """How many sizes there are in each power of two."""
    return dict(Counter((1 << size.bit_length() - 1, (1 << size.bit_length()) - 1) for size in sizes))


def buckets(histogram: dict[str, Any]) -> dict[tuple[int, int], int]:
    """The buckets that are not empty."""
    return {(each["min"], each["max"]): each["count"] for each in histogram["buckets"] if each["count"]}


def announced(command: Sequence[str], file: Path) -> list[str]:
    """The command, its pid left in a file."""
    return ["sh", "-c", 'echo $$ >"$0"; exec "$@" 2>/dev/null', str(file), *command]


def test_sizes_of_reads(ply: Ply, work: Path) -> None:
    """Nobody else reads 20 MB at once; the small reads of others are counted as well."""
    result = ply.json("-c", READ_SIZES, command=[work, "read", "20000000", "7", "read", "100", "50"])
    found = buckets(result.value())
    assert found[1 << 24, (1 << 25) - 1] == 7
    assert found[64, 127] >= 50


@pytest.mark.parametrize("program", [LARGE_READS, ANGLE_BLOCK])
def test_large_reads_of_dd(ply: Ply, tmp_path: Path, program: str) -> None:
    lines = strace(tmp_path, "read", DD)
    sizes = [int(re.search(r", (\d+)\) += ", line)[1]) for line in lines]  # type: ignore[index]
    expected = by_bucket([size for size in sizes if size > 1024])
    assert sum(expected.values()) >= 1000
    result = ply.json("-o", tmp_path / "out", "-c", program, command=announced(DD, tmp_path / "pid"))
    assert result.stdout == ""
    result = type(result)(0, (tmp_path / "out").read_text(), "")
    pid = int((tmp_path / "pid").read_text())
    assert buckets(result.rows()[pid,]) == expected


def test_opened_files(ply: Ply, work: Path) -> None:
    paths = ["/etc/hostname", "/no/such/file", "/", "relative", "/" + "x" * 126, "/tmp/tab\there", "/é"]
    steps = [word for path in paths for word in ("open", path)]
    result = ply.json("-c", OPENED_FILES, command=[work, *steps])
    lines = [text for text in result.printed() if text.startswith(" " * 12 + "work(")]
    assert [text.split("): ", 1)[1] for text in lines] == [f"{path}\n" for path in paths]
    assert len({text.split("): ", 1)[0] for text in lines}) == 1
    assert re.fullmatch(r" {12}work\( *\d+\): /etc/hostname\n", lines[0])


def calls_by_strace(folder: Path, command: Sequence[str | Path]) -> Counter[str]:
    """How often strace saw each call."""
    return Counter(line.split(maxsplit=1)[1].split("(")[0] for line in strace(folder, "all", command))


STEPS = ("getpgid", "13", "getppid", "1000", "read", "10", "20", "close", "3", "open", "/etc/hostname")


def test_calls_by_name(ply: Ply, work: Path, tmp_path: Path) -> None:
    expected = calls_by_strace(tmp_path, [work, *STEPS])
    result = ply.json("-c", CALLS_BY_NAME, command=[work, *STEPS])
    found = {key[0]: count for key, count in result.rows().items()}
    missing = {name: count for name, count in expected.items() if found.get(f"sys_{name}", 0) < count}
    assert missing == {}
    assert found["sys_getpgid"] == 13


def test_calls_by_name_of_one_process(ply: Ply, work: Path, tmp_path: Path) -> None:
    expected = calls_by_strace(tmp_path, [work, *STEPS])
    result = ply.json("-c", CALLS_BY_NAME.replace("{", "/ pid == $target / {"), command=[work, *STEPS])
    assert {key[0].removeprefix("sys_"): count for key, count in result.rows().items()} == expected


def test_calls_by_process(ply: Ply, work: Path, tmp_path: Path) -> None:
    """The shell's own calls are not always as many as the time before, so the pair may be run again."""
    for _ in range(4):
        expected = calls_by_strace(tmp_path, announced([str(work), *STEPS], tmp_path / "pid"))
        result = ply.json("-c", CALLS_BY_PROCESS, command=announced([str(work), *STEPS], tmp_path / "pid"))
        pid = int((tmp_path / "pid").read_text())
        found = {key[0]: count for key, count in result.rows().items() if key[1] == pid}
        assert set(found) == {"ply", "sh", "work"}
        if sum(found.values()) == expected.total():
            break
    assert sum(found.values()) == expected.total()


def test_stacks(ply: Ply, work: Path) -> None:
    result = ply("-f", "json", "-c", STACKS, command=[work, "sleep", "20"])
    if not KPROBES:
        assert (result.status, result.stdout) == (3, "")
        assert "CONFIG_KPROBES" in result.stderr
        assert "tracepoint:sched:sched_switch" in result.stderr
        return
    assert result.status == 0
    stacks = [key[0] for key in result.rows()]
    assert all(FRAME.fullmatch(frame) for stack in stacks for frame in stack), stacks
    assert any(frame.startswith("schedule+") for stack in stacks for frame in stack[:2])
    assert sum(result.rows().values()) >= 20
