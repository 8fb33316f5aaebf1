"""The prompt: lines from a pipe, and a person's session on a terminal that tmux plays."""

import ctypes
import json
import os
import random
import re
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from harness import PLY, Ply, patience, until

HISTORY = Path("/var/lib/plytrace")
CALLS = "kprobe:SyS_getpgid / pid == $target / { @[arg(0)].count() }"


@pytest.fixture(autouse=True)
def private_history(private_cache: None) -> Iterator[None]:
    """A history that begins empty, and is nobody's: this process has its own mounts by now."""
    HISTORY.mkdir(mode=0o700, exist_ok=True)
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.mount(b"none", str(HISTORY).encode(), b"tmpfs", 0, b"mode=700") == 0, os.strerror(ctypes.get_errno())
    yield
    assert libc.umount2(str(HISTORY).encode(), 2) == 0


# ---- from a pipe


def typed(ply: Ply, tmp_path: Path, text: str, **options: object) -> tuple[int, str, str]:
    """Status, stdout and stderr of a `ply` whose input is `text`."""
    script = tmp_path / "input"
    script.write_text(text)
    with script.open() as stdin:
        result = ply.start(stdin=stdin, **options).finish()
    return result.status, result.stdout, result.stderr


def test_clauses_and_commands_from_a_pipe(ply: Ply, work: Path, tmp_path: Path) -> None:
    text = f"{CALLS} -- {work} getpgid 1000\n:print @ top 1\n:maps\n"
    status, out, err = typed(ply, tmp_path, text)
    assert (status, err) == (0, "")
    assert len(re.findall(r"^ *\d+: 1$", out, re.MULTILINE)) == 1001
    assert out.endswith("@[arg0]  count  1000 rows\n")


def test_a_clause_may_take_several_lines(ply: Ply, tmp_path: Path) -> None:
    text = 'BEGIN {\n    printf("%d\\n",\n        6 * 7);\n\n    exit() }\nBEGIN { printf("second\\n"); exit() }'
    assert typed(ply, tmp_path, text) == (0, "42\nsecond\n", "")


@pytest.mark.anywhere
@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("BEGIN { exit(7) }", 7),
        ("BEGIN { @[cmm] = 1 }", 1),
        (":nonsense", 2),
        ("tracepoint:no:such { @.count() }", 3),
        ("BEGIN { @[cmm] = 1 }\nBEGIN { exit() }", 1),
        ("BEGIN { exit(7) }\n:maps", 7),
        ("BEGIN {", 1),
        ("BEGIN { exit() } -- /no/such/command", 2),
    ],
)
def test_the_status_is_that_of_the_last_error(ply: Ply, tmp_path: Path, text: str, status: int) -> None:
    found, _, err = typed(ply, tmp_path, text)
    assert found == status
    assert ("error[" in err) == (status != 7)


@pytest.mark.anywhere
def test_nothing_at_all_shows_the_usage(ply: Ply, tmp_path: Path) -> None:
    status, out, err = typed(ply, tmp_path, "")
    assert (status, out) == (2, "")
    assert "ply -c PROGRAM" in err


@pytest.mark.anywhere
def test_a_signal_ends_the_program_and_the_next_line_is_read(ply: Ply, tmp_path: Path) -> None:
    script = tmp_path / "input"
    script.write_text('BEGIN { @ = 5; printf("up\\n") }\nBEGIN { printf("next\\n"); exit() }\n')
    with script.open() as stdin:
        running = ply.start(stdin=stdin)
        running.wait_for("up")
        running.send(signal.SIGINT)
        result = running.finish()
    assert (result.status, result.stdout) == (0, "up\n\n@: 5\nnext\n")


def test_results_are_exported(ply: Ply, work: Path, tmp_path: Path) -> None:
    out = tmp_path / "calls.json"
    typed(ply, tmp_path, f"{CALLS} -- {work} getpgid 10\n:export json {out}\n")
    (found,) = [record for record in map(json.loads, out.read_text().splitlines()) if record["type"] == "map"]
    assert sum(row["value"] for row in found["rows"]) == 10


@pytest.mark.anywhere
def test_options_of_the_command_line_are_the_first_settings(ply: Ply, tmp_path: Path) -> None:
    script = tmp_path / "input"
    script.write_text("BEGIN { @ = 1 }\n")
    with script.open() as stdin:
        result = ply.start("-t", "0.2", "-f", "csv", stdin=stdin).finish()
    assert (result.status, result.stderr) == (0, "")
    assert result.stdout.split() == ply("-t", "0.2", "-f", "csv", "-c", "BEGIN { @ = 1 }").stdout.split()


# ---- on a terminal


class Terminal:
    """`ply` in a tmux of its own."""

    def __init__(self, folder: Path, columns: int, lines: int, **environment: str) -> None:
        self._folder, self._status = folder, folder / "status"
        given = " ".join(f"{name}={shlex.quote(value)}" for name, value in environment.items())
        (folder / "start").write_text(
            f"trap : INT; cd {folder}; env {given} {PLY}; echo $? >{self._status}; stty -a >{folder}/stty; sleep 1000\n"
        )
        self._tmux("new-session", "-d", "-x", str(columns), "-y", str(lines), f"sh {folder}/start")

    def _tmux(self, *words: str) -> str:
        start = ["tmux", "-S", str(self._folder / "tmux"), "-f", "/dev/null"]
        return subprocess.run([*start, *words], check=True, capture_output=True, text=True).stdout

    def type(self, text: str) -> None:
        """Until it is seen: on a slow machine, what is pressed next would come too early."""
        before = self.screen
        self._tmux("send-keys", "-l", text)
        until(
            lambda: self.screen != before and any(text[-3:] in line for line in self.screen), f"{text!r} on the screen"
        )

    def press(self, *keys: str) -> None:
        self._tmux("send-keys", *keys)

    def resize(self, columns: int, lines: int) -> None:
        self._tmux("resize-window", "-x", str(columns), "-y", str(lines))

    @property
    def screen(self) -> list[str]:
        """Its lines, without blanks at their ends, and without empty lines at the end."""
        return self._tmux("capture-pane", "-p").rstrip().splitlines()

    @property
    def everything(self) -> str:
        """What was ever on it."""
        return self._tmux("capture-pane", "-p", "-S", "-")

    def wait_for(self, pattern: str) -> str:
        """Until a line matches; that line."""
        found: list[str] = []

        def look() -> bool:
            found[:] = [line for line in self.screen if re.search(pattern, line)]
            return bool(found)

        try:
            until(look, pattern, 15)
        except AssertionError:
            pytest.fail(f"no line matches {pattern!r}:\n" + "\n".join(self.screen))
        return found[-1]

    def wait_for_prompt(self) -> None:
        """Until it waits for the next input."""
        # Between two programs the terminal itself may have shown the key.
        until(lambda: "".join(self.screen[-1:]).removeprefix("^C") == "ply>", "the prompt", 15)

    @property
    def pid(self) -> int:
        """The process `ply`."""
        shell = self._tmux("list-panes", "-F", "#{pane_pid}").strip()
        return int(subprocess.run(["pgrep", "-P", shell], check=True, capture_output=True, text=True).stdout)

    def status(self) -> int:
        """Wait for the end of `ply`, which leaves the terminal as it was; its exit status."""
        until(lambda: (self._folder / "stty").exists() and (self._folder / "stty").read_text(), "the end of ply", 15)
        assert re.search(r"(?<!-)icanon", (self._folder / "stty").read_text())
        assert not any("Traceback" in line for line in self.screen)
        return int(self._status.read_text())

    def close(self) -> None:
        subprocess.run(["tmux", "-S", str(self._folder / "tmux"), "kill-server"], capture_output=True, check=False)


class Terminals:
    """Makes terminals."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._made = folder, list[Terminal]()

    def __call__(self, columns: int = 80, lines: int = 24, **environment: str) -> Terminal:
        folder = self._folder / str(len(self._made))
        folder.mkdir()
        self._made.append(Terminal(folder, columns, lines, **environment))
        self._made[-1].wait_for_prompt()
        return self._made[-1]

    def close(self) -> None:
        for terminal in self._made:
            terminal.close()


@pytest.fixture
def terminals(tmp_path: Path) -> Iterator[Terminals]:
    if shutil.which("tmux") is None:
        pytest.skip("there is no tmux to play a terminal")
    made = Terminals(tmp_path)
    yield made
    made.close()


def own_programs(pid: int) -> int:
    """How many BPF programs a process has open."""
    kinds = []
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            kinds.append(os.readlink(entry))
    return sum("bpf-prog" in kind for kind in kinds)


def total(lines: list[str]) -> int:
    """The sum of a histogram's rows."""
    return sum(int(found[1]) for line in lines if (found := re.match(r"\[ *\S+, +\S+\) +(\d+) ┤", line)))


@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (200, 50)])
def test_a_session(terminals: Terminals, tmp_path: Path, columns: int, lines: int) -> None:
    """Completes a probe and a field, watches the histogram grow, stops it, prints the top, saves, leaves."""
    terminal = terminals(columns, lines)
    terminal.type("tracepoint:sched:sched_sw")
    terminal.wait_for(r"^ +tracepoint:sched:sched_switch +char\[16\] prev_comm")
    while "sched_switch" not in terminal.wait_for(r"^ply> tracepoint:sched:sched_sw"):
        terminal.press("Tab")
        time.sleep(0.2)
    terminal.type(" { @[args.prev_com")
    terminal.wait_for(r"^ +prev_comm +str")
    terminal.press("Tab")
    terminal.wait_for(r"^ply> .*args\.prev_comm$")
    terminal.type("].count(); @pids.quantize(args.prev_pid) }")
    terminal.press("Enter")
    terminal.wait_for(r"events/s|updates/s")
    terminal.wait_for(r"nothing lost │ Ctrl-C stops")
    assert own_programs(terminal.pid) == 1
    before = total(terminal.screen)
    until(lambda: total(terminal.screen) > before > 0, "the live histogram to change")
    assert max(map(len, terminal.screen)) <= columns
    terminal.press("C-c")
    terminal.wait_for_prompt()
    assert own_programs(terminal.pid) == 0
    terminal.press("C-l")
    terminal.type(":print @ top 2")
    terminal.press("Enter")
    terminal.wait_for_prompt()
    shown = terminal.screen
    assert shown[1:3] == ["", "@:"]
    first, second = (int(line.rpartition(":")[2]) for line in shown[3:5])
    assert 0 < first <= second
    terminal.type(":save switches.ply")
    terminal.press("Enter")
    terminal.wait_for("^saved as switches.ply")
    terminal.type(":quit")
    terminal.press("Enter")
    assert terminal.status() == 0
    text = (tmp_path / "0" / "switches.ply").read_text()
    program = "tracepoint:sched:sched_switch { @[args.prev_comm].count(); @pids.quantize(args.prev_pid) }"
    assert text == f"#!/usr/bin/env ply\n{program}\n"
    kept = [json.loads(line) for line in (HISTORY / "history").read_text().splitlines()]
    assert kept == [program, ":print @ top 2", ":save switches.ply", ":quit"]


def test_a_command_s_calls_are_counted_exactly(terminals: Terminals, work: Path) -> None:
    terminal = terminals()
    terminal.type(f"kprobe:SyS_getpgid / pid == $target / {{ @.count() }} -- {work} getpgid 12345")
    terminal.press("Enter")
    assert terminal.wait_for(r"^@: ") == "@: 12345"


def test_ctrl_c_and_ctrl_d_everywhere(terminals: Terminals) -> None:
    terminal = terminals()
    terminal.type("kprobe:SyS_read { @")  # in the middle of a line
    terminal.press("C-c")
    terminal.wait_for_prompt()
    terminal.type("BEGIN {")  # in an open block
    terminal.press("Enter")
    terminal.wait_for(r"^\.\.\.>")
    terminal.press("C-d")
    terminal.press("C-c")
    terminal.wait_for_prompt()
    terminal.type("kprobe:SyS_r")  # in a list of choices
    terminal.press("Tab", "C-c")
    terminal.wait_for_prompt()
    terminal.press("C-r", "C-c", "C-c")  # in a search
    terminal.wait_for_prompt()
    for key in ("C-c", "C-d"):  # while a program is compiled, and while it runs
        terminal.type("BEGIN { @ = 4321 }")
        terminal.press("Enter", key)
        terminal.wait_for_prompt()
        terminal.type("BEGIN { @x = 4321 }")
        terminal.press("Enter")
        terminal.wait_for("Ctrl-C stops")
        terminal.wait_for("^@x: 4321")
        terminal.press(key)
        terminal.wait_for_prompt()
        assert own_programs(terminal.pid) == 0
        terminal.press("C-l")
    terminal.press("C-d")
    assert terminal.status() == 0


def test_ctrl_c_at_any_moment(terminals: Terminals) -> None:
    """Between two keys, two programs, a program and the prompt: nothing of Python's is ever seen."""
    terminal, chance = terminals(), random.Random(5)
    texts = ["BEGIN { @x = 1 }", "kprobe:SyS_read { @[comm].count() }", ":probes sched", "BEGIN { @ = 1; exit() }"]
    for _ in range(12):
        terminal.press(chance.choice(texts), "Enter")
        time.sleep(chance.random() / 2)
        for _ in range(chance.randrange(1, 4)):
            terminal.press("C-c")
            time.sleep(chance.choice([0, 0.01, 0.05]))
    terminal.press("C-c")
    terminal.wait_for_prompt()
    assert "Traceback" not in terminal.everything
    assert own_programs(terminal.pid) == 0
    terminal.type("BEGIN { @last = 4711; exit() }")
    terminal.press("Enter")
    terminal.wait_for("^@last: 4711")


def test_errors_leave_the_prompt_usable(terminals: Terminals) -> None:
    terminal = terminals()
    for text, error in [
        ("BEGIN { @[cmm] = 1 }", "did you mean `comm`"),
        ("tracepoint:sched:sched_swich { @.count() }", "did you mean `tracepoint:sched:sched_switch`"),
        ("BEGIN { exit() } -- /no/such/command", "there is no command"),
        (":pritn", "did you mean `:print`"),
    ]:
        terminal.press("C-l")
        terminal.type(text)
        terminal.press("Enter")
        terminal.wait_for(re.escape(error))
        terminal.wait_for_prompt()
    assert own_programs(terminal.pid) == 0


def test_a_full_map_is_told_and_the_prompt_comes_back(terminals: Terminals, work: Path) -> None:
    terminal = terminals(100)
    terminal.type(":set map-entries 10")
    terminal.press("Enter")
    terminal.type(f"kprobe:SyS_getpgid / pid == $target / {{ @[arg(0)].count() }} -- {work} getpgid 100")
    terminal.press("Enter")
    terminal.wait_for("map @ is full at 10 entries: 90 updates lost")
    terminal.wait_for_prompt()


def test_a_target_that_dies(terminals: Terminals) -> None:
    terminal = terminals()
    terminal.type("BEGIN { @ = 1 } -- sh -c 'kill -9 $$'")
    terminal.press("Enter")
    terminal.wait_for("^@: 1")
    terminal.wait_for_prompt()


def test_a_resized_terminal(terminals: Terminals) -> None:
    terminal = terminals(100, 30)
    terminal.type("tracepoint:sched:sched_switch { @[comm, args.next_pid].count(); @p.quantize(args.prev_pid) }")
    terminal.press("Enter")
    terminal.wait_for("updates/s")
    for columns, lines in [(60, 12), (20, 5), (160, 45), (80, 24)]:
        terminal.resize(columns, lines)
        time.sleep(0.5)
        assert terminal.wait_for("Ctrl-C stops" if columns > 20 else "s")
    terminal.press("C-c")
    terminal.wait_for_prompt()
    terminal.type(":maps")
    terminal.press("Enter")
    terminal.wait_for(r"^@\[comm, args\.next_pid\] +count")


def test_text_of_programs_cannot_drive_the_terminal(terminals: Terminals, work: Path) -> None:
    evil = "/no/such\x1b[2J\x1b]0;title\x07"
    terminal = terminals(120)
    program = 'kprobe:SyS_open / comm == "work" / { printf("%s\\n", str(arg(0))); @[str(arg(0))].count() }'
    terminal.type(
        f'{program} -- sh -c \'{work} open "$(printf "/no/such\\033[2J\\033]0;title\\007")"; printf "\\033[2J"\''
    )
    terminal.press("Enter")
    terminal.wait_for_prompt()
    assert any(line.startswith("ply> kprobe:SyS_open") for line in terminal.screen), terminal.screen
    assert any(r"\x1b[2J" in line for line in terminal.screen)
    assert evil not in "\n".join(terminal.screen)


@pytest.mark.parametrize("moment", ["at the prompt", "while a program runs"])
def test_sigterm_leaves_the_terminal_as_it_was(terminals: Terminals, moment: str) -> None:
    terminal = terminals()
    if moment != "at the prompt":
        terminal.type("BEGIN { @ = 1 }")
        terminal.press("Enter")
        terminal.wait_for("^@: 1")
    os.kill(terminal.pid, signal.SIGTERM)
    assert terminal.status() == 128 + signal.SIGTERM


def test_stopping_is_quick_where_more_is_printed_than_anybody_reads(terminals: Terminals, work: Path) -> None:
    terminal = terminals()
    program = 'kprobe:SyS_getppid / pid == $target / { printf("%d\\n", pid) }'
    terminal.type(f"{program} -- {work} getppid 100000000")
    terminal.press("Enter")
    terminal.wait_for(r"^\d+$")
    time.sleep(1)
    started = time.monotonic()
    terminal.press("C-c")
    terminal.wait_for_prompt()
    assert time.monotonic() - started < patience(5)


def test_without_colours(terminals: Terminals) -> None:
    terminal = terminals(NO_COLOR="1")
    terminal.type("kprobe:SyS_read { @[cmm].count() }")
    terminal.press("Enter")
    terminal.wait_for("did you mean")
    raw = terminal._tmux("capture-pane", "-p", "-e")
    assert not re.search(r"\x1b\[[\d;]*\b(3[1-7]|9[0-7])\b[\d;]*m", raw)


def test_a_dumb_terminal(terminals: Terminals) -> None:
    terminal = terminals(TERM="dumb")
    terminal.type("BEGIN {")
    terminal.press("Enter")
    terminal.wait_for(r"^\.\.\.>")
    terminal.type("@ = 77; exit() }")
    terminal.press("Enter")
    terminal.wait_for("^@: 77")
    terminal.wait_for_prompt()
    terminal.press("C-c")
    terminal.wait_for_prompt()
    terminal.type(":quit")
    terminal.press("Enter")
    assert terminal.status() == 0


def test_the_history_is_there_on_the_next_visit(terminals: Terminals) -> None:
    first = terminals()
    first.type("BEGIN { @x = 5; exit() }")
    first.press("Enter")
    first.wait_for("^@x: 5")
    first.press("C-d")
    assert first.status() == 0
    second = terminals()
    second.press("C-r")
    second.type("begin")
    second.wait_for(r"BEGIN \{ @x = 5")
    second.press("Enter")
    second.press("Enter")
    second.wait_for("^@x: 5")


def test_signals_to_the_prompt(terminals: Terminals) -> None:
    """Its programs take them while they run, one by one; after that, the prompt has them as before."""
    terminal = terminals()
    for _ in range(2):
        terminal.type("signal:USR1 { @n++; @.count() } BEGIN { @n = 0; @.count() }")
        terminal.press("Enter")
        terminal.wait_for("Ctrl-C stops")
        terminal.wait_for("^@: 1$")
        for turn in range(1, 6):
            os.kill(terminal.pid, signal.SIGUSR1)
            terminal.wait_for(f"^@n: {turn}$")
        terminal.press("C-c")
        terminal.wait_for_prompt()
        assert "@: 6" in terminal.screen
        terminal.press("C-l")
        terminal.wait_for_prompt()
    terminal.type("signal:WINCH { @.count() }")
    terminal.press("Enter")
    terminal.wait_for("this process has a handler of its own for SIGWINCH")
    terminal.wait_for_prompt()
    os.kill(terminal.pid, signal.SIGUSR1)
    until(lambda: "User defined signal 1" in terminal.everything, "the end by a signal that nobody takes")
