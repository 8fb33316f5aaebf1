"""`signal:USR1`: a clause runs once for each signal that the process takes, wherever ply runs."""

import os
import signal
import threading
from pathlib import Path

import plytrace
import pytest
from harness import Ply, Running, until

TIMES = 50
PROGRAM = """
    BEGIN { printf("up\\n") }
    signal:USR1 { @n++; printf("took %d\\n", @n); @.count() }
    self:signal:SIGUSR1 { @again.count() }
    signal:QUIT { printf("left by %s\\n", func); exit(7) }
    END { printf("end\\n") }
"""


def send_acknowledged(running: Running, number: signal.Signals, times: int) -> None:
    """The next one only when the last one has been taken: until then the kernel would make one of two."""
    running.wait_for("up\n")
    for turn in range(1, times + 1):
        running.send(number)
        running.wait_for(f"took {turn}\n")


@pytest.mark.anywhere
def test_each_signal_is_one_event(ply: Ply) -> None:
    running = ply.start("-c", PROGRAM)
    send_acknowledged(running, signal.SIGUSR1, TIMES)
    running.send(signal.SIGQUIT)
    result = running.finish()
    assert (result.status, result.stderr) == (7, "")
    printed, _, maps = result.stdout.partition("left by signal:SIGQUIT\nend\n")
    assert printed.splitlines() == ["up", *(f"took {turn}" for turn in range(1, TIMES + 1))]
    assert maps.split() == ["@n:", str(TIMES), "@:", str(TIMES), "@again:", str(TIMES)]


@pytest.mark.anywhere
def test_ctrl_c_still_ends_the_run_and_nothing_sent_before_it_is_lost(ply: Ply) -> None:
    running = ply.start("-c", PROGRAM)
    send_acknowledged(running, signal.SIGUSR1, 1)
    running.send(signal.SIGSTOP)
    running.send(signal.SIGUSR1)
    running.send(signal.SIGINT)
    running.send(signal.SIGCONT)
    result = running.finish()
    assert result.status == 0
    assert result.stdout.startswith("up\ntook 1\ntook 2\nend\n")


@pytest.mark.anywhere
def test_realtime_signals_are_queued_one_by_one(ply: Ply) -> None:
    program = 'BEGIN { printf("up\\n") } signal:RTMIN+2 { @.count() } signal:USR2 { exit() }'
    running = ply.start("-c", program)
    running.wait_for("up\n")
    running.send(signal.SIGSTOP)
    for _ in range(TIMES):
        os.kill(running.pid, signal.SIGRTMIN + 2)
    running.send(signal.SIGCONT)
    running.send(signal.SIGUSR2)
    assert running.finish().stdout == f"up\n\n@: {TIMES}\n"


def test_the_command_has_its_own_signals(ply: Ply, work: Path) -> None:
    """What ply takes ends the command, as it always does; the target of `-p` says nothing of ply itself."""
    program = "signal:USR1 { @.count() } syscall:getppid / pid == $target / { @calls.count() }"
    result = ply("-c", program, command=["sh", "-c", "kill -USR1 $PPID; kill -USR1 $$; sleep 10"])
    assert "the command was ended by SIGUSR1" in result.stderr
    assert "\n@: 1\n" in result.stdout


def test_of_one_process_alone(ply: Ply) -> None:
    """`-p` limits events, and this is none of that process."""
    running = ply.start("-p", str(os.getpid()), "-c", PROGRAM)
    send_acknowledged(running, signal.SIGUSR1, 2)
    running.send(signal.SIGQUIT)
    assert "took 2\n" in running.finish().stdout


def send_slowly(trace: plytrace.Trace, times: int) -> None:
    for turn in range(1, times + 1):
        os.kill(os.getpid(), signal.SIGUSR1)
        until(lambda turn=turn: sum(trace.maps["@"].to_dict().values()) == turn, "the signal to be taken")


def test_from_python() -> None:
    before = signal.getsignal(signal.SIGUSR1)
    with plytrace.Trace("signal:SIGUSR1 { @.count() } signal:USR2 { exit(3) }") as trace:
        thread = threading.Thread(target=lambda: (send_slowly(trace, 10), os.kill(os.getpid(), signal.SIGUSR2)))
        thread.start()
        assert trace.wait(30) is True
        thread.join()
    assert (trace.maps["@"][()], trace.status) == (10, 3)
    assert signal.getsignal(signal.SIGUSR1) == before


def test_python_code_keeps_its_own_handlers() -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGUSR1, lambda number, frame: heard.append(number))
    try:
        with pytest.raises(plytrace.UsageError, match="handler of its own for SIGUSR1"):
            plytrace.run("signal:USR1 { @.count() }", duration=1)
        os.kill(os.getpid(), signal.SIGUSR1)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert heard == [signal.SIGUSR1]


def test_another_thread_cannot_have_signals() -> None:
    errors: list[plytrace.UsageError] = []

    def trace() -> None:
        try:
            plytrace.run("signal:USR1 { @.count() }", duration=1)
        except plytrace.UsageError as error:
            errors.append(error)

    thread = threading.Thread(target=trace)
    thread.start()
    thread.join()
    assert "main thread" in str(errors[0])


def test_at_the_prompt_from_a_pipe(ply: Ply, tmp_path: Path) -> None:
    script = tmp_path / "input"
    script.write_text(PROGRAM.replace("\n", " ") + '\nBEGIN { printf("next\\n"); exit() }\n')
    with script.open() as stdin:
        running = ply.start(stdin=stdin)
    send_acknowledged(running, signal.SIGUSR1, 5)
    running.send(signal.SIGQUIT)
    out = running.finish().stdout
    assert "took 5\nleft by signal:SIGQUIT\nend\n" in out and out.endswith("next\n")
