"""Nothing disappears silently: what was produced is what was delivered plus what was counted as lost, exactly."""

from pathlib import Path

import pytest
from harness import Ply, Result

CALLS = 1000
EVENTS = 20000

FULL = "kprobe:SyS_getpgid / pid == $target / { @[arg(0)].count() }"
KINDS = {
    "count": ("@[arg(0)].count()", lambda value: value),
    "sum": ("@[arg(0)].sum(1)", lambda value: value),
    "quantize": ("@[arg(0)].quantize(arg(0))", lambda value: value["count"]),
    "plain": ("@[arg(0)] = 1", lambda value: value),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_full_map(ply: Ply, work: Path, kind: str) -> None:
    update, weight = KINDS[kind]
    program = f"kprobe:SyS_getpgid / pid == $target / {{ {update} }}"
    result = ply.json("--map-entries", "64", "-c", program, command=[work, "getpgid", str(CALLS)])
    kept = sum(weight(value) for value in result.rows().values())
    assert 0 < len(result.rows()) <= 64
    assert kept + result.lost()["@", "map full"] == CALLS
    check_total(result)
    assert "--map-entries" in result.stderr


def check_total(result: Result) -> None:
    """The sum at the end is the sum of what was told."""
    assert result.records[-1]["lost"] == sum(result.lost().values())


def test_a_full_map_that_two_processors_fill(ply: Ply, work: Path) -> None:
    command = [work, "threads", "4", "getpgid", str(CALLS), "getpgid", str(CALLS)]
    result = ply.json("--map-entries", "64", "-c", FULL, command=command)
    assert sum(result.rows().values()) + sum(result.lost().values()) == 5 * CALLS
    check_total(result)


def test_two_maps_are_told_apart(ply: Ply, work: Path) -> None:
    program = FULL.replace("}", "; @all.count(); @other[arg(0) / 2].count() }")
    result = ply.json("--map-entries", "64", "-c", program, command=[work, "getpgid", str(CALLS)])
    assert result.value("@all") == CALLS
    for name in ("@", "@other"):
        assert sum(result.rows(name).values()) + result.lost()[name, "map full"] == CALLS


def test_a_full_ring(ply: Ply, work: Path) -> None:
    program = 'kprobe:SyS_getppid / pid == $target / { @.count(); printf("event %d\\n", tid) }'
    command = [work, "getppid", str(EVENTS)]
    result = ply.json("--ring-size", "4096", "-c", program, command=command)
    assert result.value() == EVENTS
    lost = sum(result.lost().values())
    assert len(result.printed()) + lost == EVENTS
    assert (lost > 0) == ("--ring-size" in result.stderr)
    check_total(result)


def test_a_large_ring_loses_nothing(ply: Ply, work: Path) -> None:
    program = 'kprobe:SyS_getpgid / pid == $target / { printf("%d\\n", arg(0)) }'
    result = ply.json("--ring-size", str(16 << 20), "-c", program, command=[work, "getpgid", str(EVENTS)])
    assert result.lost() == {}
    assert result.printed() == [f"{number}\n" for number in range(EVENTS)]


@pytest.mark.anywhere
@pytest.mark.parametrize(("options", "status"), [([], 0), (["--strict"], 4), (["-k"], 0)], ids=["", "strict", "keep"])
def test_the_exit_status_tells_on_request(ply: Ply, work: Path, options: list[str], status: int) -> None:
    result = ply(*options, "--map-entries", "64", "-c", FULL, command=[work, "getpgid", str(CALLS)])
    assert result.status == status
    assert f"{CALLS - 64}" in result.stderr


@pytest.mark.anywhere
def test_strict_is_content_without_losses(ply: Ply, work: Path) -> None:
    assert ply("--strict", "-c", FULL, command=[work, "getpgid", str(CALLS)]).status == 0


@pytest.mark.anywhere
def test_strict_leaves_the_status_of_exit(ply: Ply) -> None:
    program = "BEGIN { @[1] = 1; @[2] = 2; @[3] = 3; exit(7) }"
    assert ply("--strict", "--map-entries", "2", "-c", program).status == 7


def test_too_many_stacks(ply: Ply, work: Path) -> None:
    """Stacks that found no place are counted, and their events are kept."""
    probes = "tracepoint:raw_syscalls:sys_enter, tracepoint:raw_syscalls:sys_exit"
    program = f"{probes} / pid == $target / {{ @[stack].count(); @all.count() }}"
    result = ply.json("--stack-entries", "1", "-c", program, command=[work, "getpgid", "50", "sleep", "3"])
    rows = result.rows()
    assert sum(rows.values()) == result.value("@all")
    lost = rows.pop((("<stack lost>",),))
    assert len(rows) == 1
    assert lost == sum(result.lost().values()) > 0
    assert "--stack-entries" in result.stderr


def test_an_unreadable_string(ply: Ply) -> None:
    result = ply.json("-c", 'BEGIN { printf("%s|\\n", str(1)); @[str(1)] = 2; exit() }')
    assert sum(result.lost().values()) == 2
    assert result.rows() == {(None,): 2}
