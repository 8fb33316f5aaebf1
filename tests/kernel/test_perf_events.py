"""software and hardware: perf's own events, counted against what is known of them from elsewhere."""

import os
from pathlib import Path
from subprocess import run

import pytest
from harness import Ply
from plytrace.runtime.kernel import cpus, features

PAGES = 700
SOURCE = Path(__file__).with_name("memory.c")


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("memory") / "memory"
    run(["cc", "-O1", "-pthread", "-static", "-o", path, SOURCE], check=True)
    return path


def test_page_faults(ply: Ply, memory: Path) -> None:
    """Each page of its own range once; one sample for so many of them, which says so."""
    end = 0x100000000 + 4096 * PAGES
    program = f"""
        software:page-faults / pid == $target && args.addr >= 0x100000000 && args.addr < {end} / {{ @.count() }}
        s:faults:100 / pid == $target / {{ @sampled[args.period].count() }}
    """
    result = ply.json("-c", program, command=[memory, "fault", str(PAGES)])
    assert result.value() == PAGES
    assert sum(count for (period,), count in result.rows("@sampled").items() if period == 100) in (7, 8, 9)


def test_context_switches_are_those_of_the_tracepoint(ply: Ply, work: Path) -> None:
    program = """s:cs:1 / pid == $target / { @.count() }
        tracepoint:sched:sched_switch / pid == $target / { @traced.count() }"""
    result = ply.json("-c", program, command=[work, "sleep", "50"])
    assert 50 <= result.value() <= result.value("@traced") <= result.value() + 1  # the last one is that of its exit


def test_a_clock(ply: Ply, work: Path) -> None:
    program = (
        "software:cpu-clock:5ms { @[cpu].count() } s:cpu-clock:200hz { @hz.count() } p:0:5ms { @first[cpu].count() }"
    )
    online = cpus.online()
    result = ply.json("-t", "1", "-c", program, command=[work, "threads", str(len(online)), "spin"])
    seconds = result.records[-1]["seconds"]
    assert set(result.rows()) == {(cpu,) for cpu in online}
    assert set(result.rows("@first")) == {(0,)}
    for count in (*result.rows().values(), result.rows("@first")[0,], result.value("@hz") / len(online)):
        assert 0.1 * 200 * seconds < count < 1.5 * 200 * seconds


def test_hardware_counters(ply: Ply, work: Path) -> None:
    """Where there are none, that is said before anything is attached."""
    result = ply("-f", "json", "-t", "1", "-c", "hardware:cycles:1e6 { @.count() }", command=[work, "spin"])
    if features.counters() is not None:
        assert (result.status, result.stdout) == (3, "")
        assert "counters" in result.stderr
        assert "profile:99hz" in result.stderr
        return
    assert result.value() > 100


@pytest.mark.parametrize(("probe", "said"), [("p:999:99hz", "CPU 999"), ("s:dummy:99999999999hz", "wrong-period")])
def test_what_is_wrong(ply: Ply, probe: str, said: str) -> None:
    result = ply("-t", "1", "-c", f"{probe} {{ @.count() }}")
    assert result.status in (1, 3)
    assert said in result.stderr


def test_listing(ply: Ply) -> None:
    listed = ply("-l", "software:*").stdout
    assert "software:page-faults:1  " in listed
    assert "args.addr" in listed
    assert os.linesep * 2 not in listed
