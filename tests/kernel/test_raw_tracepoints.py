"""Raw tracepoints: the same events as those of the tracepoint, with typed arguments; plain clauses take this way."""

from pathlib import Path

import pytest
from harness import Ply


def test_arguments_by_name_agree_with_the_record(ply: Ply, work: Path) -> None:
    program = """
        rawtracepoint:sched_switch / args.prev->pid == $target / { @raw[args.prev->comm, arg0, args.preempt].count() }
        tracepoint:sched:sched_switch / args.prev_pid == $target / { @record[args.prev_comm].count() }
    """
    result = ply.json("-c", program, command=[work, "sleep", "20"])
    raw = {comm: count for (comm, first, preempt), count in result.rows("@raw").items() if first == preempt}
    assert raw["work"] >= 20
    assert raw == {key[0]: count for key, count in result.rows("@record").items()}


def test_untyped_arguments_are_words(ply: Ply, work: Path) -> None:
    program = "rt:raw_syscalls:sys_enter / pid == $target && arg1 == args.id / { @[args.id, func].count() }"
    result = ply.json("-c", program, command=[work, "getppid", "321"])
    assert result.rows()[110, "sys_enter"] == 321


@pytest.mark.parametrize("probe", ["sched:sched_switch", "raw_syscalls:sys_enter", "sched:sched_process_exit"])
def test_a_plain_clause_counts_the_same_either_way(ply: Ply, work: Path, probe: str) -> None:
    """Without a field it is raw, with one it has the record: the counts of both in one run are the same."""
    own = {"sched:sched_switch": "args.prev_pid == $target", "sched:sched_process_exit": "args.pid == $target"}
    program = f"tracepoint:{probe} / tid == $target / {{ @.count() }}"
    record = f"tracepoint:{probe} / {own.get(probe, 'tid == $target && args.id >= 0')} / {{ @.count() }}"
    command = [work, "getppid", "200", "sleep", "10"]
    assert "raw_tp" in ply("--emit", "probes", "-c", program).stdout.splitlines()[1]
    assert "  tracepoint: " in ply("--emit", "probes", "-c", record).stdout.splitlines()[1]
    counts = [ply.json("-c", text, command=command).value() for text in (program, record)]
    forced = ply.json("--via", "tracepoint", "-c", program, command=command).value()
    if probe != "sched:sched_switch":  # how often a process is interrupted is not for it to say
        assert counts[0] == counts[1] == forced
    assert min(*counts, forced) >= {"sched:sched_process_exit": 1, "sched:sched_switch": 10}.get(probe, 210)


def test_clauses_at_one_place_keep_their_order(ply: Ply, work: Path) -> None:
    """If one of them needs the record, all of them are in the program that has it."""
    program = """tracepoint:raw_syscalls:sys_enter / pid == $target / { self->n = 1 }
        tracepoint:raw_syscalls:sys_enter / self->n == 1 && args.id == 110 / { @.count(); self->n = 2 }
        tracepoint:raw_syscalls:sys_enter / self->n == 2 / { @second.count() }"""
    result = ply.json("-c", program, command=[work, "getppid", "50"])
    assert result.value() == result.value("@second") == 50


def test_stacks_begin_in_the_kernels_own_code(ply: Ply, work: Path) -> None:
    program = "rt:sched_switch / pid == $target / { @[stack].count() }"
    result = ply.json("-c", program, command=[work, "sleep", "20"])
    inner = {key[0][0].partition("+")[0] for key in result.rows()}
    assert inner <= {"__schedule", "schedule", "__traceiter_sched_switch"}, inner


def test_they_are_listed_with_types(ply: Ply) -> None:
    lines = ply("-l", "rawtracepoint:sys_e*").stdout.splitlines()
    listed = {line.split()[0]: line for line in lines}
    assert set(listed) >= {"rawtracepoint:sys_enter", "rawtracepoint:sys_exit"}
    assert "struct pt_regs *" in listed["rawtracepoint:sys_enter"]
    assert "s64" in listed["rawtracepoint:sys_exit"]


def test_an_argument_too_many(ply: Ply) -> None:
    result = ply("-e", "-c", "rt:sys_enter { @[arg2].count() }")
    assert result.status == 1
    assert "2 arguments" in result.stderr
