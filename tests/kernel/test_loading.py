"""Programs in the real kernel: loaded, attached, read, and gone. Each is a few lines of LLVM text."""

import os
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import llvmlite.binding as llvm
import pytest
from plytrace.compiler.artifact import ProgramEntry
from plytrace.compiler.attachment import (
    Attachment,
    BtfTracepoint,
    Kprobe,
    Once,
    RawTracepoint,
    Sample,
    Timer,
    Tracepoint,
)
from plytrace.grammar.diagnostic import HostError
from plytrace.runtime.attach import attach, detach, run
from plytrace.runtime.kernel import bpf, btf, cpus, features, tracefs
from plytrace.runtime.kernel.object import BpfObject, VerifierError
from plytrace.runtime.kernel.ring import RingBuffer

pytestmark = pytest.mark.skipif(features.privilege() is not None, reason="needs root")

HASH, PERCPU_HASH, STACK_TRACE, RING = 1, 5, 7, 27

COUNT = "%c = atomicrmw add ptr @words, i64 1 monotonic\n ret i32 0"
COUNT_MINE = """%pid = call i64 inttoptr (i64 14 to ptr)()
 %tid = and i64 %pid, 4294967295
 %wanted = load i64, ptr getelementptr ([16 x i64], ptr @words, i64 0, i64 1)
 %mine = icmp eq i64 %tid, %wanted
 %add = zext i1 %mine to i64
 %c = atomicrmw add ptr @words, i64 %add monotonic
 ret i32 0"""
# Adds key N under N, N+1, ... of word 2; the value is the triple of the key.
FILL = """%key = alloca i64
 %value = alloca i64
 %n = load i64, ptr getelementptr ([16 x i64], ptr @words, i64 0, i64 2)
 store i64 %n, ptr %key
 %next = add i64 %n, 1
 store i64 %next, ptr getelementptr ([16 x i64], ptr @words, i64 0, i64 2)
 %triple = mul i64 %n, 3
 store i64 %triple, ptr %value
 %r = call i64 inttoptr (i64 2 to ptr)(ptr @table, ptr %key, ptr %value, i64 0)
 ret i32 0"""
# Word 0 numbers the records that went in, word 3 counts those that did not; every fourth is discarded.
EMIT = """%room = call ptr inttoptr (i64 131 to ptr)(ptr @ring, i64 24, i64 0)
 %full = icmp eq ptr %room, null
 br i1 %full, label %lost, label %fill
lost:
 %c = atomicrmw add ptr getelementptr ([16 x i64], ptr @words, i64 0, i64 3), i64 1 monotonic
 ret i32 0
fill:
 %n = load i64, ptr @words
 store i64 %n, ptr %room
 %next = add i64 %n, 1
 store i64 %next, ptr @words
 %low = and i64 %n, 3
 %drop = icmp eq i64 %low, 3
 br i1 %drop, label %discard, label %submit
discard:
 call void inttoptr (i64 133 to ptr)(ptr %room, i64 1)
 ret i32 0
submit:
 call void inttoptr (i64 132 to ptr)(ptr %room, i64 1)
 ret i32 0"""
STACK = """%r = call i64 inttoptr (i64 27 to ptr)(ptr %context, ptr @stacks, i64 0)
 %c = atomicrmw add ptr @words, i64 1 monotonic
 ret i32 0"""
REFUSED = "%p = inttoptr i64 4096 to ptr\n %v = load i32, ptr %p\n ret i32 %v"


def definition(name: str, first: int, numbers: dict[str, int]) -> str:
    """A map as libbpf reads it: a struct of pointers to arrays whose lengths are the numbers. Node `first` is it."""
    members = ", ".join(
        f'!DIDerivedType(tag: DW_TAG_member, name: "{key}", size: 64, offset: {64 * at}, baseType: !DIDerivedType('
        f"tag: DW_TAG_pointer_type, size: 64, baseType: !DICompositeType(tag: DW_TAG_array_type, size: {32 * number}, "
        f"baseType: !3, elements: !{{!DISubrange(count: {number})}})))"
        for at, (key, number) in enumerate(numbers.items())
    )
    return f"""@{name} = global [{len(numbers)} x ptr] zeroinitializer, section ".maps", align 8, !dbg !{first}
!{first} = !DIGlobalVariableExpression(var: !{first + 1}, expr: !DIExpression())
!{first + 1} = distinct !DIGlobalVariable(name: "{name}", scope: !0, file: !1, type: !{first + 2}, isDefinition: true)
!{first + 2} = !DICompositeType(tag: DW_TAG_structure_type, size: {64 * len(numbers)}, elements: !{{{members}}})
"""


def compiled(programs: dict[str, tuple[str, str]], maps: dict[str, dict[str, int]] | None = None) -> bytes:
    """An ELF object from name -> (section, body) and name -> numbers of the map."""
    wanted = maps or {}
    places = {name: 10 * at + 10 for at, name in enumerate(wanted)}
    text = "".join(definition(name, places[name], numbers) for name, numbers in wanted.items())
    text += '@terms = global [4 x i8] c"GPL\\00", section "license"\n'
    text += "@words = global [16 x i64] zeroinitializer, align 8\n"
    for name, (section, body) in programs.items():
        text += f'define i32 @{name}(ptr %context) section "{section}" {{\n {body}\n}}\n'
    text += f"""!llvm.dbg.cu = !{{!0}}
!llvm.module.flags = !{{!4}}
!0 = distinct !DICompileUnit(language: DW_LANG_C99, file: !1, emissionKind: FullDebug, globals: !2)
!1 = !DIFile(filename: "test", directory: "/")
!2 = !{{{", ".join(f"!{place}" for place in places.values())}}}
!3 = !DIBasicType(name: "int", size: 32, encoding: DW_ATE_signed)
!4 = !{{i32 2, !"Debug Info Version", i32 3}}
"""
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    machine = llvm.Target.from_triple("bpfel").create_target_machine(cpu="v3", opt=2)
    return bytes(machine.emit_object(llvm.parse_assembly('target triple = "bpfel"\n' + text)))


def entry(symbol: str, place: Attachment) -> ProgramEntry:
    return ProgramEntry(symbol, place, (f"probe:{symbol}",), (1,))


Opener = Callable[..., BpfObject]


@pytest.fixture
def load() -> Iterator[Opener]:
    """Load programs and maps; all is closed at the end of the test."""
    opened: list[BpfObject] = []

    def loader(programs: dict[str, tuple[str, str]], maps: dict[str, dict[str, int]] | None = None) -> BpfObject:
        opened.append(BpfObject.open(compiled(programs, maps)))
        opened[-1].load()
        return opened[-1]

    yield loader
    for item in opened:
        item.close()


def table(kind: int, entries: int) -> dict[str, int]:
    return {"type": kind, "key_size": 8, "value_size": 8, "max_entries": entries}


def repeat(item: BpfObject, symbol: str, times: int) -> None:
    for _ in range(times):
        run(item, entry(symbol, Once("BEGIN")))


def test_a_test_run_is_exact_and_the_state_is_shared_both_ways(load: Opener) -> None:
    item = load({"count": ("raw_tp", COUNT)})
    state = item.state()
    repeat(item, "count", 1000)
    assert state[0] == 1000
    state[0] = 1 << 40
    repeat(item, "count", 1)
    assert state[0] == (1 << 40) + 1


@pytest.mark.parametrize(
    "place",
    [
        BtfTracepoint("sys_enter"),
        RawTracepoint("sys_enter"),
        Tracepoint("syscalls", "sys_enter_getppid"),
    ],
    ids=lambda place: type(place).__name__,
)
def test_every_call_of_a_thread_is_counted(load: Opener, place: Attachment) -> None:
    item = load({"mine": (place.section, COUNT_MINE)})
    state = item.state()

    def call() -> None:
        state[1] = threading.get_native_id()
        for _ in range(777):
            os.getppid()
        state[1] = 0

    with attach(item, entry("mine", place)):
        thread = threading.Thread(target=call)
        thread.start()
        thread.join()
        seen = state[0]
    # Raw tracepoints see the thread's other system calls, too: a few for its start and end.
    assert seen == 777 if isinstance(place, Tracepoint) else 777 <= seen < 777 + 100
    call()
    assert state[0] == seen


def test_the_cpu_clock_samples_every_cpu(load: Opener) -> None:
    item = load({"count": ("perf_event", COUNT)})
    with attach(item, entry("count", Sample(frequency=99))):
        start = time.monotonic()
        time.sleep(1)
        expected = 99 * len(cpus.online()) * (time.monotonic() - start)
        assert 0.7 * expected < item.state()[0] < 1.3 * expected


def test_timers_and_once_have_no_place(load: Opener) -> None:
    item = load({"count": ("raw_tp", COUNT)})
    for place in (Timer(1000), Once("END")):
        attached = attach(item, entry("count", place))
        assert not attached.links and not attached.events
        attached.close()


def test_a_ring_keeps_order_around_its_end_and_counts_what_did_not_fit(load: Opener) -> None:
    item = load({"emit": ("raw_tp", EMIT)}, {"ring": {"type": RING, "max_entries": 4096}})
    shared, state = item.map("ring"), item.state()
    got: list[int] = []
    with RingBuffer(shared.fd, shared.entries) as ring:
        for _ in range(50):  # 100 records of 32 bytes: 78 % of the buffer each time
            repeat(item, "emit", 100)
            got += [struct.unpack("Q16x", record)[0] for record in ring.records()]
        assert state[0] == 5000 and state[3] == 0
        assert got == [number for number in range(5000) if number % 4 != 3]
        repeat(item, "emit", 200)
        assert state[0] - 5000 + state[3] == 200 and state[3] >= 200 - 128
        assert len(list(ring.records())) == sum(number % 4 != 3 for number in range(5000, state[0]))
        assert ring.pending == 0


def test_a_ring_read_in_part_goes_on_where_it_was_left(load: Opener) -> None:
    item = load({"emit": ("raw_tp", EMIT)}, {"ring": {"type": RING, "max_entries": 4096}})
    repeat(item, "emit", 8)
    with RingBuffer(item.map("ring").fd, 4096) as ring:
        records = ring.records()
        assert [next(records)[0], next(records)[0]] == [0, 1]
        records.close()
        assert [record[0] for record in ring.records()] == [2, 4, 5, 6]


@pytest.mark.parametrize("kind", [HASH, PERCPU_HASH], ids=["hash", "per-CPU hash"])
def test_a_big_map_is_read_drained_and_cleared(load: Opener, kind: int) -> None:
    item = load({"fill": ("raw_tp", FILL)}, {"table": table(kind, 20000)})
    numbers = item.map("table")
    assert numbers.per_cpu == (kind == PERCPU_HASH)
    assert numbers.stride == 8 * (cpus.possible() if numbers.per_cpu else 1)
    repeat(item, "fill", 10000)

    def read(pairs: Iterator[tuple[bytes, bytes]]) -> dict[int, int]:
        rows = list(pairs)
        found = {struct.unpack("Q", key)[0]: sum(struct.unpack(f"{len(value) // 8}Q", value)) for key, value in rows}
        assert len(found) == len(rows)
        return found

    expected = {number: 3 * number for number in range(10000)}
    assert read(numbers.items()) == expected
    assert read(numbers.drain()) == expected
    assert read(numbers.items()) == {}
    repeat(item, "fill", 100)
    numbers.clear()
    assert read(numbers.items()) == {}


def test_single_elements(load: Opener) -> None:
    item = load({"fill": ("raw_tp", FILL)}, {"table": table(PERCPU_HASH, 2)})
    numbers = item.map("table")
    key, value = struct.pack("Q", 7), b"\x01" * numbers.stride
    assert numbers.lookup(key) is None and not numbers.delete(key)
    numbers.update(key, value)
    assert numbers.lookup(key) == value and numbers.delete(key) and numbers.lookup(key) is None
    with pytest.raises(HostError) as caught:
        for number in range(10):
            numbers.update(struct.pack("Q", number), value)
    assert caught.value.diagnostics[0].code == "map" and "--map-entries" in caught.value.diagnostics[0].help


def test_a_map_without_batches_is_read_by_element(load: Opener) -> None:
    stacks = {"type": STACK_TRACE, "key_size": 4, "value_size": 127 * 8, "max_entries": 64}
    item = load({"stack": ("raw_tp/sys_enter", STACK)}, {"stacks": stacks})
    with attach(item, entry("stack", RawTracepoint("sys_enter"))):
        os.getppid()
    rows = list(item.map("stacks").items())
    assert rows and all(any(struct.unpack("127Q", value)) for _, value in rows)
    item.map("stacks").clear()
    assert list(item.map("stacks").items()) == []


def test_a_map_is_cleared_while_it_is_filled(load: Opener) -> None:
    item = load({"fill": ("raw_tp", FILL)}, {"table": table(HASH, 5000)})
    stop = threading.Event()

    def fill() -> None:
        while not stop.is_set():
            repeat(item, "fill", 50)

    thread = threading.Thread(target=fill)
    thread.start()
    try:
        for _ in range(100):
            item.map("table").clear()
    finally:
        stop.set()
        thread.join()
    item.map("table").clear()
    assert list(item.map("table").items()) == []


def test_sizes_and_choices_are_set_before_loading() -> None:
    programs = {"fill": ("raw_tp", FILL), "refused": ("raw_tp", REFUSED)}
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


@pytest.mark.parametrize(
    ("place", "code"),
    [
        (Tracepoint("syscalls", "no_such"), "no-tracepoint"),
        (RawTracepoint("no_such"), "no-tracepoint"),
        (Sample(frequency=100_000_000), "sample-rate"),
        (Kprobe(("no_such_function",)), "no-function" if features.kprobes() is None else "no-kprobes"),
    ],
)
def test_a_place_that_is_not_there_names_the_probe(load: Opener, place: Attachment, code: str) -> None:
    section = "raw_tp" if isinstance(place, RawTracepoint) else place.section
    if isinstance(place, Tracepoint):
        section = "tp"
    item = load({"count": (section, COUNT)})
    with pytest.raises(HostError) as caught:
        attach(item, entry("count", place))
    diagnostic = caught.value.diagnostics[0]
    assert diagnostic.code == code and "probe:count" in diagnostic.message and diagnostic.help


def test_detaching_takes_all_out_and_twice_is_harmless(load: Opener) -> None:
    names = [f"sys_enter_{name}" for name in ("getppid", "getuid", "getgid", "geteuid", "getegid")]
    item = load({name: (f"tp/syscalls/{name}", COUNT) for name in names})
    attached = [attach(item, entry(name, Tracepoint("syscalls", name))) for name in names]
    os.getuid()
    assert item.state()[0] > 0
    detach(attached)
    seen = item.state()[0]
    os.getuid()
    assert item.state()[0] == seen
    detach(attached)


def test_nothing_is_left_after_a_kill() -> None:
    code = f"""
import sys, time
sys.path.insert(0, {os.path.dirname(__file__)!r})
from test_loading import BpfObject, COUNT, Tracepoint, attach, bpf, compiled, entry
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
    for feature in ("btf", "kprobes", "kprobe_multi", "tracefs", "ring_buffer"):
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
