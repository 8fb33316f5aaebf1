"""What Tab offers in real shells, and a manual page that man(1) takes."""

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from plytrace.compiler.registry import aggregations, functions, providers
from plytrace.grammar.diagnostic import UsageError
from plytrace.runtime.arguments import LONG, OPTIONS
from plytrace.runtime.completion import completion
from plytrace.runtime.man import man
from plytrace.runtime.output import formats

PLY = Path(sys.executable).parent / "ply"
PATH = f"{PLY.parent}:{os.environ['PATH']}"
SCRIPT = '# Why?\noption pid = 0 "process";\noption max_size = 4KiB;\nBEGIN { print($pid, $max_size) }\n'

CALL = """
source "$1"
COMP_LINE=$2 COMP_POINT=${#2}
read -ra COMP_WORDS <<<"$2"
[[ $2 != *[[:blank:]] ]] || COMP_WORDS+=("")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_ply
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a script in it, and the completions."""
    folder = tmp_path_factory.mktemp("completion")
    (folder / "reads.ply").write_text(SCRIPT)
    (folder / "with blank.ply").write_text(SCRIPT)
    (folder / "ply.bash").write_text(completion("bash"))
    (folder / "_ply").write_text(completion("zsh"))
    return folder


def offered(folder: Path, line: str) -> list[str]:
    """What bash's function answers, as it is called when Tab is pressed behind `line`."""
    done = subprocess.run(
        ["bash", "--norc", "-c", CALL, "bash", "ply.bash", line],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=folder,
        env={**os.environ, "PATH": PATH},
    )
    assert done.stderr == ""
    return sorted(line for line in done.stdout.splitlines() if line)


def test_every_option_is_offered(folder: Path) -> None:
    assert {word[2:] for word in offered(folder, "ply --")} == LONG
    short = {f"-{option.short}" for option in OPTIONS if option.short}
    assert {word for word in offered(folder, "ply -") if not word.startswith("--")} == short
    assert offered(folder, "ply -q --stri") == ["--strict"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("ply -f ", sorted(formats())),
        ("ply --format=js", ["json"]),
        ("ply --format f", sorted(name for name in formats() if name.startswith("f"))),
        ("ply --emit pro", ["probes"]),
        ("ply --backend ", ["c", "llvm"]),
        ("ply --help quant", ["quantize"]),
        ("ply -t ", []),
        ("ply --sort value:d", ["desc"]),  # bash has `value:` for a word of its own
        ("ply -l tracep", ["tracepoint:"]),
        ("ply -c 'kretp", ["kretprobe:"]),
        ("ply re", ["reads.ply"]),
        ("ply -q -t 5 re", ["reads.ply"]),
        ("ply fm", ["fmt"]),
        ("ply fmt --", ["--check", "--diff", "--help"]),
        ("ply fmt re", ["reads.ply"]),
        ("ply --check re", ["reads.ply"]),
        ("ply reads.ply --", ["--help", "--max-size", "--pid"]),
        ("ply -t 5 reads.ply --p", ["--pid"]),
        ("ply -o re", ["reads.ply"]),
    ],
)
def test_bash(folder: Path, line: str, expected: list[str]) -> None:
    assert offered(folder, line) == expected


def test_bash_offers_processes_and_commands(folder: Path) -> None:
    assert str(os.getpid()) in offered(folder, f"ply -p {str(os.getpid())[:2]}")
    assert "bash" in offered(folder, "ply -c 'BEGIN { }' -- bas")
    assert offered(folder, "ply reads.ply -- cat re") == ["reads.ply"]


def test_bash_evaluates_nothing(folder: Path) -> None:
    for line in ("ply $(touch evil) --", "ply -l $(touch evil):x", "ply `touch evil` --", "ply -l '$(touch evil):"):
        offered(folder, line)
    assert not (folder / "evil").exists()


class Terminal:
    """An interactive shell on a terminal of its own."""

    def __init__(self, words: Sequence[str], folder: Path, **variables: str) -> None:
        self.pid, self.descriptor = pty.fork()
        if not self.pid:
            os.chdir(folder)
            os.execvpe(words[0], words, {**os.environ, "PATH": PATH, "TERM": "dumb", **variables})
        self.shown = ""

    def type(self, text: str, wanted: str, seconds: float = 60) -> None:
        """Type, and wait until a text that matches is on the terminal; fails where it does not come."""
        self.shown = ""
        os.write(self.descriptor, text.encode())
        deadline = time.monotonic() + seconds
        while not re.search(wanted, self.shown):
            assert time.monotonic() < deadline, self.shown
            if select.select([self.descriptor], [], [], 0.5)[0]:
                self.shown += os.read(self.descriptor, 4096).decode("utf-8", "replace")

    def close(self) -> None:
        os.close(self.descriptor)
        os.kill(self.pid, 9)
        os.waitpid(self.pid, 0)


def on_a_terminal(shell: str, folder: Path) -> Terminal:
    if shell == "bash":
        terminal = Terminal(["bash", "--norc", "--noprofile", "-i"], folder, PS1="ready> ", INPUTRC="/dev/null")
        terminal.type("source ply.bash; bind 'set bell-style none'; echo so''urced\n", "sourced")
        return terminal
    terminal = Terminal(["zsh", "-f", "-i"], folder, PS1="ready> ", ZDOTDIR=str(folder))
    terminal.type("unsetopt beep; autoload -U compinit; compinit -u -D; source ./_ply; echo so''urced\n", "sourced")
    return terminal


@pytest.mark.parametrize("shell", ["bash", "zsh"])
@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("ply --stri\t", "ply --strict "),
        ("ply -f folde\t", "ply -f folded "),
        ("ply --emit=prob\t", "ply --emit=probes"),
        ("ply -l watchp\t", "ply -l watchpoint:"),
        ("ply -c 'watchp\t", "ply -c 'watchpoint:"),
        ("ply reads.ply --ma\t", "ply reads.ply --max-size "),
        ("ply -q with\t", r"ply -q with\\ blank.ply "),
        ("ply fmt --dif\t", "ply fmt --diff "),
        ("ply reads.ply -- cat read\t", "ply reads.ply -- cat reads.ply "),
    ],
)
def test_tab_on_a_terminal(shell: str, folder: Path, typed: str, wanted: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell} here")
    terminal = on_a_terminal(shell, folder)
    try:
        terminal.type(typed, re.escape(wanted).replace(r"\\\\", r"\\"))
    finally:
        terminal.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="lists tracepoints: needs root")
@pytest.mark.parametrize("shell", ["bash", "zsh"])
@pytest.mark.parametrize("start", ["-l ", "-c '"])
def test_tab_completes_probes(shell: str, start: str, folder: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell} here")
    terminal = on_a_terminal(shell, folder)
    try:
        probe = "tracepoint:sched:sched_process_wait"
        terminal.type(f"ply {start}{probe[:-2]}\t", f"ply {start}{probe}")
    finally:
        terminal.close()


def test_a_shell_that_there_is_not() -> None:
    with pytest.raises(UsageError, match="no completion for `fish`"):
        completion("fish")


def test_the_manual_page_has_everything() -> None:
    text = man().replace("\\-", "-")
    assert [option.name for option in OPTIONS if f"--{option.name}\\fR" not in text] == []
    for names in ({it.name for it in functions().values()}, {it.name for it in aggregations().values()},
                  {it.name for it in providers().values()}, formats()):  # fmt: skip
        assert [name for name in names if f"\\fB{name}" not in text] == []
    entries = re.findall(r"^\.TP\n(.*)$", text[text.index(".SH OPTIONS") :], re.MULTILINE)
    assert len(entries) == len(set(entries)), "nothing is listed twice"


@pytest.mark.skipif(shutil.which("groff") is None, reason="there is no groff here")
def test_the_manual_page_is_what_man_takes() -> None:
    done = subprocess.run(["groff", "-man", "-Tutf8", "-ww"], input=man().encode(), capture_output=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")
    text = re.sub(r"\x1b\[[0-9;]*m|.\x08", "", done.stdout.decode())
    assert "-t, --timeout SECONDS" in text
    assert r"GET" in text and r"/\x0d\x0a" in text, "a backslash stays one"
