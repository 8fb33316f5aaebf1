"""Raw tracepoints: the same events as those of the tracepoint, with typed arguments; plain clauses take this way."""

import ctypes
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import Ply
from plytrace.runtime.kernel import btf
from split_types import SplitTypes


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
    """Without a field it is raw, with one it has the record, or registers: the counts of all are the same."""
    own = {"sched:sched_switch": "args.prev_pid == $target", "sched:sched_process_exit": "args.pid == $target"}
    program = f"tracepoint:{probe} / tid == $target / {{ @.count() }}"
    record = f"tracepoint:{probe} / {own.get(probe, 'tid == $target && args.id >= 0')} / {{ @.count() }}"
    command = [work, "getppid", "200", "sleep", "10"]
    assert "raw_tp" in ply("--emit", "probes", "-c", program).stdout.splitlines()[1]
    way = "tp_btf" if probe == "raw_syscalls:sys_enter" else "tracepoint"
    assert f"  {way}: " in ply("--emit", "probes", "-c", record).stdout.splitlines()[1]
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


@pytest.fixture
def two_modules(private_cache: None, tmp_path: Path) -> Iterator[None]:
    """A kernel whose BTF has two modules with a tracepoint each; their own types have the same numbers."""
    number = {name: btf.type_number(name, "int") for name in ("unsigned int", "long unsigned int")}
    task = btf.type_number("task_struct", "struct")
    for module, first in (("ply_one", "unsigned int"), ("ply_two", "long unsigned int")):
        types = SplitTypes()
        owner = types.pointer(task)
        members = [("length", number[first], 8), ("owner", owner, 16)]
        request = types.pointer(types.record(f"{module}_request", 24, members))
        types.tracepoint(f"{module}_begun", [("request", request), ("count", number["unsigned int"])])
        (tmp_path / module).write_bytes(types.content())
    shutil.copyfile(btf.VMLINUX, tmp_path / "vmlinux")
    libc, bind = ctypes.CDLL(None, use_errno=True), 1 << 12
    folder = btf.FOLDER.encode()
    assert libc.mount(str(tmp_path).encode(), folder, None, bind, None) == 0, os.strerror(ctypes.get_errno())
    yield
    assert libc.umount2(folder, 2) == 0


def test_types_of_modules(ply: Ply, two_modules: None) -> None:
    assert ply("-l", "rt:ply_*").stdout.splitlines() == [
        "rawtracepoint:ply_one_begun  struct ply_one_request * request, u32 count",
        "rawtracepoint:ply_two_begun  struct ply_two_request * request, u32 count",
    ]
    for module, bits in (("one", 32), ("two", 64)):
        members = f"args.request->length, args.request->owner->pid, ((struct ply_{module}_request *)arg0)->owner->comm"
        program = f"rt:ply_{module}_begun {{ @[{members}, args.count, sizeof(struct ply_two_request)].count() }}"
        typed = ply("--emit", "typed", "-c", program).stdout
        assert f"Load(type=Int(bits={bits}, signed=False, unit='', space=''), offset=8" in typed
        result = ply("-c", program)
        assert (result.status, result.stdout) == (3, "") and "no raw tracepoint" in result.stderr
    wrong = ply("-c", "rt:ply_one_begun { @[args.request->lenght].count() }")
    assert "did you mean `length`" in wrong.stderr


if os.path.exists(f"{btf.FOLDER}/9pnet"):  # as in a virtual machine whose root file system comes from outside

    def test_a_tracepoint_of_a_module(ply: Ply) -> None:
        """Each name that was never looked up is a request of type P9_TWALK (include/net/9p/9p.h) to the outside."""
        look = "import os\nfor n in range(30): os.path.exists(f'/usr/share/no-such-name-{n}')"
        program = """
            rt:9p_client_req / pid == $target && args.type == 110 / { @[args.clnt->msize >= 4096].count() }
        """
        result = ply.json("-c", program, command=[sys.executable, "-c", look])
        assert list(result.rows()) == [(1,)] and 30 <= result.rows()[1,] < 3000


def test_many_are_looked_up_as_one_is(ply: Ply) -> None:
    """After some, all are read at once: that must give the same."""
    whole = ply("-l", "rt:*").stdout.splitlines()
    assert len(whole) > 500
    for line in whole[5 :: len(whole) // 8]:
        name, _, arguments = line.partition("  ")
        assert ply("-l", name).stdout.splitlines() == [line] and arguments
