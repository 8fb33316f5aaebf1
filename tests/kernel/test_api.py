"""The Python API on the real kernel: exact counts, events as they come, and nothing left behind, whatever happens."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import plytrace
import pytest
from harness import Ply, patience, until
from plytrace.runtime.kernel import bpf, btf, features, tracefs

ROOT = Path(__file__).parent.parent.parent
DD = ["dd", "if=/dev/zero", "of=/dev/null", "bs=512", "count=512"]
MINE = f"kprobe:SyS_getppid / pid == {os.getpid()} / "


def call(times: int) -> None:
    for _ in range(times):
        os.getppid()


def own_programs() -> set[int]:
    """The BPF programs that this process holds, by what its open files say of themselves."""
    found = set()
    for file in Path("/proc/self/fdinfo").iterdir():
        try:
            lines = file.read_text().splitlines()
        except OSError:  # closed meanwhile: the folder's own
            continue
        found |= {int(line.split()[1]) for line in lines if line.startswith("prog_id:")}
    return found


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.fixture(autouse=True)
def nothing_left(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """After every test: no program, open file, thread, child or signal handler that was not there, nothing printed."""
    tracefs.folder()  # may be mounted for this process, once for all
    btf.has_raw_tracepoint("sys_enter")  # the kernel's types are mapped into memory once
    before = open_files(), set(threading.enumerate()), signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    capfd.readouterr()
    yield
    assert own_programs() == set()
    after = open_files(), set(threading.enumerate()), signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    assert after == before
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
    assert capfd.readouterr() == ("", "")


def test_the_contracts_first_snippet() -> None:
    result = plytrace.run("kprobe:SyS_read { @[comm()].count() }", command=DD, stderr=subprocess.DEVNULL)
    assert result.maps["@"].to_dict()[("dd",)] >= 512
    only = "kprobe:SyS_read / pid == $target && arg(2) == 512 / { @[comm()].count() }"
    result = plytrace.run(only, command=DD, stderr=subprocess.DEVNULL)
    assert result.maps["@"].to_dict() == {("dd",): 512}
    assert result.maps["@"]["dd"] == 512
    assert (result.status, result.returncode, result.losses, result.notes) == (0, 0, [], [])
    assert 0 < result.seconds < patience(10)


def test_the_contracts_histogram() -> None:
    program = "kretprobe:SyS_read / pid == $target && retval == 512 / { @lat.quantize(retval) }"
    result = plytrace.run(program, command=DD, stderr=subprocess.DEVNULL)
    histogram = result.maps["@lat"].of(plytrace.Histogram)[()]
    assert [(bucket.low, bucket.high, bucket.count) for bucket in histogram.buckets] == [(512, 1023, 512)]
    assert result.maps["@lat"][()].percentile(99) == (512, 1023)


def test_the_contracts_live_snippet() -> None:
    program = MINE + '{ @[comm].count(); printf("%d\\n", pid) }'
    texts = []
    with plytrace.Trace(program) as trace:
        call(3)
        for event in trace.events(timeout=1.0):
            assert isinstance(event, plytrace.Printed)
            texts.append(event.text)
            if len(texts) == 3:
                call(2)
            if len(texts) == 5:
                break
        assert list(trace.maps["@"].to_dict().values()) == [5]
        call(1)
        assert list(trace.maps["@"].to_dict().values()) == [6]
    assert texts == [f"{os.getpid()}\n"] * 5
    assert list(trace.maps["@"].to_dict().values()) == [6]
    assert [event.text for event in trace.events()] == texts[:1]


def test_events_have_time_text_and_values() -> None:
    before = time.monotonic_ns()
    result = plytrace.run('BEGIN { @.count(); printf("%d %s\\n", 7, "x"); print(@); print("y", 8); exit() }')
    first, second, third = result.events
    assert isinstance(first, plytrace.Printed) and isinstance(third, plytrace.Printed)
    assert (first.text, first.values, third.text, third.values) == ("7 x\n", (7, "x"), "y, 8\n", ("y", 8))
    assert isinstance(second, plytrace.MapPrinted) and second.map.to_dict() == {(): 1}
    assert before < first.time < second.time < third.time < time.monotonic_ns()


def test_events_come_soon_and_end_in_time() -> None:
    with plytrace.Trace('interval:100ms { print("tick") } END { print("end") }') as trace:
        started = time.monotonic()
        next(trace.events())
        assert 0.09 < time.monotonic() - started < patience(0.3)
        list(trace.events(timeout=0.35))
        assert 0.4 < time.monotonic() - started < patience(0.8)
        assert list(trace.events(timeout=0)) == [] and not trace.ended and trace.status is None
        assert trace.wait(0.25) is False
        assert len(list(trace.events(timeout=0))) >= 2
        trace.stop()
        assert [event.text for event in trace.events() if isinstance(event, plytrace.Printed)][-1] == "end\n"
        assert trace.ended and trace.status == 0
        assert list(trace.events()) == []


@pytest.mark.parametrize("program", ["BEGIN { exit(7) }", "interval:20ms { exit(7) }"])
def test_exit_ends_all(program: str) -> None:
    result = plytrace.run(program)
    assert result.status == 7 and result.seconds < patience(2)
    with plytrace.Trace(program + ' END { print("bye") }') as trace:
        assert [event.text for event in trace.events() if isinstance(event, plytrace.Printed)] == ["bye\n"]
        assert trace.status == 7
    assert trace.status == 7
    with plytrace.Trace(program) as trace:
        until(lambda: trace.ended, "the exit to be noticed")


def test_the_end_of_the_command_ends_all() -> None:
    with plytrace.Trace(MINE + "{}", command=["sh", "-c", "exit 3"]) as trace:
        assert list(trace.events()) == [] and trace.ended
    assert trace.result.returncode == 3
    started = time.monotonic()
    result = plytrace.run(MINE + "{}", command=["sleep", "60"], duration=0.1)
    assert result.returncode is None and time.monotonic() - started < patience(2)


def test_command_input_and_output(tmp_path: Path) -> None:
    result = plytrace.run("BEGIN {}", command=["sh", "-c", "echo out; echo err >&2"], capture_output=True)
    assert (result.stdout, result.stderr) == (b"out\n", b"err\n")
    source, target = tmp_path / "in", tmp_path / "out"
    source.write_bytes(b"text")
    with source.open("rb") as stdin, target.open("wb") as stdout:
        words = ["sh", "-c", "cat; echo err >&2"]
        plytrace.run("BEGIN {}", command=words, stdin=stdin, stdout=stdout, stderr=subprocess.STDOUT)
    assert target.read_bytes() == b"texterr\n"


def test_commands_that_cannot_be(tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("no program")
    text.chmod(0o755)
    for words, code in (["no-such-command-xyz"], "no-such-command"), ([text], "cannot-execute"):
        with pytest.raises(plytrace.UsageError) as caught:
            plytrace.run("BEGIN {}", command=words)
        assert caught.value.diagnostics[0].code == code


def test_losses_are_exact() -> None:
    program = f"kprobe:SyS_getpgid / pid == {os.getpid()} / {{ @[arg(0)].count(); @all.count() }}"
    with plytrace.Trace(program, map_entries=16) as trace:
        for number in range(100):
            missing(number)
        live = trace.losses
    assert trace.losses == live == trace.result.losses
    (loss,) = trace.losses
    assert (loss.where, loss.reason) == ("@", "map full") and loss.problem and "map-entries" in loss.remedy
    assert sum(trace.maps["@"].values()) + loss.count == trace.maps["@all"][()] == 100
    assert str(loss).startswith(f"{loss.problem}: {loss.count} ")


def missing(number: int) -> None:
    """getpgid(2) of a process that there cannot be."""
    with pytest.raises(ProcessLookupError):
        os.getpgid((1 << 30) + number)


def test_strict_raises_with_the_result() -> None:
    program = "BEGIN { @[1].count(); @[2].count(); @[3].count(); exit() }"
    with pytest.raises(plytrace.LossError) as caught:
        plytrace.run(program, map_entries=1, strict=True)
    result = caught.value.result
    assert result.status == 4 and sum(result.maps["@"].values()) + result.lost == 3
    assert plytrace.run(program, map_entries=1).lost == result.lost
    assert plytrace.run(program, strict=True).lost == 0


def test_unsafe_functions_run_once_and_only_if_allowed(tmp_path: Path) -> None:
    program = f"BEGIN {{ system(\"echo x >>{tmp_path}/ran; printf 'a\\033b\\n'\"); exit() }}"
    for start in (plytrace.run, plytrace.Trace):
        with pytest.raises(plytrace.CompileError) as caught:
            start(program)
        assert caught.value.diagnostics[0].code == "unsafe"
    result = plytrace.run(program, unsafe=True)
    assert [event.text for event in result.events if isinstance(event, plytrace.Printed)] == ["a\x1bb\n"]
    assert "a\\x1bb\n" in result.render() and "\x1b" not in str(result)
    assert (tmp_path / "ran").read_text() == "x\n"


def test_what_threads_have_for_themselves_is_no_map() -> None:
    program = MINE + "{ self->x = 1; @.count() }"
    with plytrace.Trace(program) as trace:
        call(2)
    assert list(trace.maps) == ["@"] == list(trace.result.maps)


def test_hostile_names_are_true_in_events_and_escaped_as_text() -> None:
    name, comm = "a\x1b[31m\udcff", Path("/proc/self/comm")
    before = comm.read_bytes().rstrip(b"\n")
    comm.write_bytes(os.fsencode(name))
    try:
        result = plytrace.run('BEGIN { @[comm].count(); printf("%s\\n", comm); exit() }')
    finally:
        comm.write_bytes(before)
    assert result.maps["@"][name] == 1
    assert [event.values for event in result.events if isinstance(event, plytrace.Printed)] == [(name,)]
    assert result.render().startswith("a\\x1b[31m\\xff\n") and "\x1b" not in result._repr_html_()


def test_silent_probes_are_noted() -> None:
    result = plytrace.run("kprobe:SyS_open { @.count() }", command=["cat", "/dev/null"])
    (note,) = result.notes
    assert (note.probe, note.instead) == ("kprobe:SyS_open", "kprobe:SyS_openat") and "SyS_openat" in note.text
    assert result.maps["@"].to_dict() == {} and len(result.maps) == 1


def test_what_the_machine_cannot_do_is_a_host_error() -> None:
    if features.kprobes() is None:
        assert plytrace.run("kprobe:schedule { @.count() }", duration=0.1).maps["@"][()] > 0
        return
    with pytest.raises(plytrace.HostError) as caught:
        plytrace.run("kprobe:schedule { @[stack()].count() }")
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.span == plytrace.Span(0, 15) and "sched_switch" in diagnostic.help
    assert "sched_switch" in str(caught.value) and "kprobe:schedule" in str(caught.value)


def test_wrong_programs_are_compile_errors() -> None:
    for start in (plytrace.run, plytrace.Trace, plytrace.compile):
        with pytest.raises(plytrace.CompileError) as caught:
            start("kprobe:SyS_read { @[cmm()].count() }")
        assert caught.value.diagnostics[0].code == "unknown-function"
        assert "did you mean `comm`?" in str(caught.value)


def test_a_program_compiled_once_runs_often() -> None:
    program = plytrace.compile("BEGIN { @.sum($1); exit($2) }", parameters=[41, "3"])
    for _ in range(2):
        result = plytrace.run(program)
        assert (result.maps["@"][()], result.status) == (41, 3)
    assert plytrace.run(program, parameters=[42, 0]).maps["@"][()] == 42
    assert [str(probe) for probe in program.probes] == ["BEGIN"] and program.probes[0].lines == (1,)
    assert next(iter(program.stages)) == "text" and program.stages["artifact"] == program.artifact
    assert "BEGIN" in program.emit("text") and "define" in program.emit("llvm")
    with pytest.raises(plytrace.UsageError):
        program.emit("no-such-stage")


def test_programs_come_from_files(tmp_path: Path) -> None:
    script = tmp_path / "script.ply"
    script.write_text("BEGIN { exit($1) }")
    assert plytrace.run(script, parameters=[5]).status == 5


def test_one_process_alone() -> None:
    with plytrace.Trace("kprobe:SyS_getppid { @[pid].count() }", pid=os.getpid()) as trace:
        call(9)
        subprocess.run(["sh", "-c", "echo $PPID"], stdout=subprocess.DEVNULL, check=True)
    assert trace.maps["@"].to_dict() == {(os.getpid(),): 9}


def test_two_traces_at_once() -> None:
    with plytrace.Trace(MINE + '{ @.count(); print("a") }') as first:
        call(10)
        with plytrace.Trace(MINE + '{ @.count(); print("b") }') as second:
            call(100)
            assert len(list(second.events(timeout=0))) == 100
        call(1000)
        events = list(first.events(timeout=0))
    assert (first.maps["@"][()], second.maps["@"][()]) == (1110, 100)
    assert len(events) == 1110 and {event.text for event in events if isinstance(event, plytrace.Printed)} == {"a\n"}


def test_events_that_come_faster_than_they_are_looked_at() -> None:
    """Each event makes two others, until there are twenty times as many as the ring has room for."""
    total, seen = 40_000, []
    with plytrace.Trace(MINE + '{ printf("%d\\n", arg(0)) }', ring_size=1 << 16) as trace:
        call(1000)
        for event in trace.events(timeout=patience(20)):
            seen.append(event.time)
            if 2 * len(seen) <= total - 1000:
                call(2)
            if len(seen) == total:
                break
    assert trace.losses == [] and len(seen) == total
    assert seen == sorted(seen)


def in_thread(work: Callable[[], Any]) -> Any:
    """What a function returns in a thread of its own."""
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(work()))
    thread.start()
    thread.join(patience(20))
    assert found, "the thread has failed, or hangs"
    return found[0]


def test_threads_may_trace() -> None:
    result = in_thread(lambda: plytrace.run('interval:20ms { print("x"); exit(2) }', command=["sleep", "60"]))
    assert (result.status, len(result.events)) == (2, 1)


def test_a_trace_in_several_threads() -> None:
    with plytrace.Trace(MINE + "{ @.count(); print(tid) }") as trace:
        seen: list[plytrace.Event] = []
        reader = threading.Thread(target=lambda: seen.extend(trace.events()))
        reader.start()
        in_thread(lambda: call(1000) or True)
        until(lambda: len(seen) == 1000, "all events")
        assert trace.maps["@"][()] == 1000 and not trace.ended
        assert trace.wait(0.2) is False
        started = time.monotonic()
        trace.stop()
        reader.join(patience(5))
        assert not reader.is_alive() and time.monotonic() - started < patience(1)
        call(5)
        assert trace.maps["@"][()] == 1000


class Trouble(Exception):
    pass


def test_nothing_is_left_after_errors() -> None:
    with (
        pytest.raises(Trouble),
        plytrace.Trace('tracepoint:sched:sched_switch { print("x") }', command=["sleep", "60"]) as trace,
    ):
        programs = own_programs()
        assert programs
        raise Trouble
    until(lambda: not programs & set(bpf.program_ids()), "the kernel to let the programs go")
    assert trace.ended and trace.maps == {}


def has_started(name: str) -> bool:
    """Whether this process has a child that runs a program of this name."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # gone meanwhile
            head = path.read_text().split()
            if head[1] == f"({name})" and head[3] == str(os.getpid()):
                return True
    return False


def interrupt_soon(command: str = "") -> threading.Thread:
    """SIGINT when the command runs: within a fork, the standard library's hooks may drop the exception."""

    def interrupt() -> None:
        while command and not has_started(command):
            time.sleep(0.02)
        time.sleep(0.2)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    return thread


@pytest.fixture
def interruptible() -> Iterator[None]:
    """SIGINT is KeyboardInterrupt also where the tests run in the background of a shell, which has it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_interrupts_pass_and_leave_nothing() -> None:
    interrupt = interrupt_soon("sleep")
    with pytest.raises(KeyboardInterrupt):
        plytrace.run(MINE + "{}", command=["sleep", "60"])
    interrupt.join()
    with plytrace.Trace(MINE + "{ @.count() }") as trace:
        call(7)
        interrupt = interrupt_soon()
        with pytest.raises(KeyboardInterrupt):
            list(trace.events())
        interrupt.join()
        call(7)
    assert trace.maps["@"][()] == 14


def test_a_signal_handler_may_stop_it() -> None:
    before = signal.getsignal(signal.SIGUSR1)
    with plytrace.Trace(MINE + "{ @.count() }") as trace:
        signal.signal(signal.SIGUSR1, lambda number, frame: trace.stop())
        try:
            call(3)
            threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGUSR1)).start()
            assert trace.wait(patience(20)) is True
        finally:
            signal.signal(signal.SIGUSR1, before)
    assert trace.maps["@"][()] == 3


def test_a_trace_runs_once() -> None:
    trace = plytrace.Trace("BEGIN {}")
    for use in (trace.events, trace.wait):
        with pytest.raises(RuntimeError, match="only in a `with` block"):
            use()
    with trace, pytest.raises(RuntimeError, match="after the `with` block"):
        _ = trace.result
    with pytest.raises(RuntimeError, match="make another one"), trace:
        pass


def test_the_documentation_is_true() -> None:
    text = (ROOT / "docs/python.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert len(blocks) > 5
    done = subprocess.run([sys.executable, "-c", "".join(blocks)], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_example_does_without_matplotlib() -> None:
    script = str(ROOT / "examples/latency_histogram.py")
    without = "import sys; sys.modules['matplotlib'] = None; import runpy; runpy.run_path(sys.argv[1])"
    done = subprocess.run([sys.executable, "-c", without, script, *DD], capture_output=True, text=True, check=True)
    assert "calls of read(2)" in done.stdout and "pip install matplotlib" in done.stdout and "┤" in done.stdout


def test_the_same_objects_as_from_the_command_line(ply: Ply) -> None:
    program = 'BEGIN { printf("%s\\n", "hi"); @[1, "x"].count(); @q.quantize(5); @s.sum(-7) } END { print(@q) }'
    program += " interval:1ms { exit(0) }"
    records = plytrace.run(program).to_json()
    printed = ply.json("-c", program).records
    for record in (*records, *printed):
        record.pop("time", None), record.pop("seconds", None)
    assert records == printed
