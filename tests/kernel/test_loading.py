"""Objects in the real kernel: opened, loaded or refused with a reason, run, and gone. And what the machine can do."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import get_args

import pytest
from objects import COUNT, COUNT_MINE, HASH, compiled, entry, repeat, table
from plytrace.compiler.attachment import RawTracepoint
from plytrace.compiler.host import Feature
from plytrace.grammar.diagnostic import HostError
from plytrace.runtime.attach import attach
from plytrace.runtime.kernel import bpf, btf, cpus, features, tracefs
from plytrace.runtime.kernel.object import BpfObject, VerifierError

pytestmark = pytest.mark.booted

Opener = Callable[..., BpfObject]

REFUSED = "%p = inttoptr i64 4096 to ptr\n %v = load i32, ptr %p\n ret i32 %v"


def test_a_test_run_is_exact_and_the_state_is_shared_both_ways(load: Opener) -> None:
    item = load({"count": ("raw_tp", COUNT)})
    state = item.state()
    repeat(item, "count", 1000)
    assert state[0] == 1000
    state[0] = 1 << 40
    repeat(item, "count", 1)
    assert state[0] == (1 << 40) + 1


def test_sizes_and_choices_are_set_before_loading() -> None:
    programs = {"count": ("raw_tp", COUNT), "refused": ("raw_tp", REFUSED)}
    with BpfObject.open(compiled(programs, {"table": table(HASH, 10)})) as item:
        item.set_map_entries("table", 77)
        item.set_autoload("refused", False)
        item.load()
        assert item.map("table").entries == 77
        with pytest.raises(KeyError):
            item.program("refused")


def test_the_verifier_names_program_and_reason() -> None:
    programs = {"count": ("raw_tp", COUNT), "refused": ("raw_tp", REFUSED)}
    with BpfObject.open(compiled(programs)) as item, pytest.raises(VerifierError) as caught:
        item.load()
    assert caught.value.program == "refused"
    assert "invalid mem access" in caught.value.log and "invalid mem access" in caught.value.diagnostics[0].message


def test_what_is_not_an_object_is_refused() -> None:
    with pytest.raises(HostError) as caught:
        BpfObject.open(b"nothing of the kind")
    assert caught.value.diagnostics[0].code == "bad-object"


def test_nothing_is_left_after_a_kill() -> None:
    code = f"""
import sys, time
sys.path.insert(0, {os.path.dirname(__file__)!r})
from objects import BpfObject, COUNT, compiled, entry
from plytrace.compiler.attachment import Tracepoint
from plytrace.runtime.attach import attach
from plytrace.runtime.kernel import bpf
place = Tracepoint("syscalls", "sys_enter_getppid")
item = BpfObject.open(compiled({{"count": (place.section, COUNT)}}))
item.load()
attach(item, entry("count", place))
print(bpf.program_info(item.program("count").fd).id, flush=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        number = int(child.stdout.readline())
        assert number in bpf.program_ids()
        child.send_signal(signal.SIGKILL)
        child.wait()
    deadline = time.monotonic() + 10  # the kernel frees a program after a grace period
    while number in bpf.program_ids():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_run_counts_are_the_kernels_own(load: Opener) -> None:
    item = load({"mine": ("raw_tp/sys_enter", COUNT_MINE)})
    with bpf.statistics(), attach(item, entry("mine", RawTracepoint("sys_enter"))):
        for _ in range(100):
            os.getppid()
    info = bpf.program_info(item.program("mine").fd)
    assert info.name == "mine" and info.runs >= 100 and info.nanoseconds > 0


def test_features_are_there_or_say_what_is_missing() -> None:
    for feature in get_args(Feature):
        lack = features.missing(feature)
        assert lack is None or (lack.why and lack.remedy)
    assert features.ring_buffer() is None
    assert tracefs.tracepoint_id("syscalls", "sys_enter_read") > 0


def test_btf_knows_raw_tracepoints_and_types() -> None:
    assert btf.has_raw_tracepoint("sys_enter") and not btf.has_raw_tracepoint("sys_ente")
    assert "sched_switch" in btf.raw_tracepoints()
    assert btf.has_type("task_struct", "struct") and not btf.has_type("task_struct", "typedef")
    assert btf.has_type("btf_trace_sys_enter", "typedef")


def test_without_privilege_it_says_so() -> None:
    code = """
import os
from plytrace.runtime.kernel import features
os.setuid(65534)
print(features.privilege(), features.ring_buffer(), features.tracepoint_files())
"""
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.count("CAP_BPF") >= 3 and "None" not in shown


def test_lists_of_cpus() -> None:
    assert cpus.parse("0-3,8,10-11\n") == (0, 1, 2, 3, 8, 10, 11)
    assert 0 < len(cpus.online()) <= cpus.possible()
