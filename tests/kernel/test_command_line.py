"""The forms of the command line and its options, each by what it changes."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from harness import PLY, Ply

pytestmark = pytest.mark.anywhere

BEGIN = 'BEGIN { printf("begun\\n"); exit() }'


def test_program_text(ply: Ply) -> None:
    assert ply("-c", BEGIN).stdout == ply(BEGIN).stdout == "begun\n"


def test_around_a_shell_command(ply: Ply, work: Path) -> None:
    """The form of ply 2: `ply -c COMMAND PROGRAM`."""
    command = f"{work} getppid 7 && {work} getppid 3"
    result = ply.json("-c", command, 'kprobe:SyS_getppid / comm == "work" / { @.count() }')
    assert result.value() == 10


def test_the_command_keeps_its_own_output_and_environment(ply: Ply) -> None:
    command = ["sh", "-c", "echo $GREETING; echo error >&2; pwd"]
    result = ply("-c", "BEGIN { @ = 1 }", command=command, cwd="/etc", env={**os.environ, "GREETING": "hello"})
    assert result.stdout == "hello\n/etc\n\n@: 1\n"
    assert result.stderr == "error\n"


def test_the_command_starts_with_default_signals(ply: Ply) -> None:
    """As a command that is started without `ply` has them: under nohup(1), SIGHUP stays ignored."""
    command = ["grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"]
    plain = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert ply("-c", "BEGIN { @ = 1 }", command=command).stdout.startswith(plain)


@pytest.mark.parametrize("command", [["false"], ["sh", "-c", "kill -9 $$"]])
def test_the_status_is_not_the_command_s(ply: Ply, command: list[str]) -> None:
    assert ply("-c", "BEGIN { @ = 1 }", command=command).status == 0


def test_a_script_and_its_arguments(ply: Ply, tmp_path: Path) -> None:
    script = tmp_path / "script.ply"
    script.write_text('BEGIN { printf("%d %s %d\\n", $1 + 1, $2, $#); exit($1) }\n')
    result = ply(script, "41", "-x y")
    assert (result.status, result.stdout) == (41, "42 -x y 2\n")


def test_a_script_that_is_a_program(tmp_path: Path, private_cache: None) -> None:
    script = tmp_path / "script"
    script.write_text('#!/usr/bin/env ply\nBEGIN { printf("%s, %d\\n", $1, $#); exit(3) }\n')
    script.chmod(0o755)
    environment = {**os.environ, "PATH": f"{PLY.parent}:{os.environ['PATH']}"}
    done = subprocess.run([script, "one", "--two"], env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (3, "one, 2\n", "")


def test_a_script_around_a_command(ply: Ply, work: Path, tmp_path: Path) -> None:
    script = tmp_path / "script.ply"
    script.write_text("kprobe:SyS_getpgid / pid == $target && arg(0) > $1 / { @.count() }")
    assert ply.json(script, "5", command=[work, "getpgid", "10"]).value() == 4


@pytest.mark.parametrize("status", [0, 1, 7, 255])
def test_the_status_of_exit(ply: Ply, status: int) -> None:
    assert ply("-c", f"BEGIN {{ @ = 1; exit({status}) }}").status == status


def test_a_time_limit(ply: Ply) -> None:
    result = ply.json("-t", "0.3", "-c", "BEGIN { @ = 1 }")
    assert result.value() == 1
    assert result.records[-1]["seconds"] >= 0.3


def test_output_goes_to_a_file(ply: Ply, tmp_path: Path) -> None:
    result = ply("-o", tmp_path / "out", "-f", "json", "-c", BEGIN, command=["echo", "aloud"])
    assert (result.status, result.stderr) == (0, "")
    assert (tmp_path / "out").read_text().startswith('{"type":"start"')
    assert "begun" not in result.stdout


def test_quiet(ply: Ply) -> None:
    result = ply("-q", "-c", "kprobe:SyS_creat { @.count() }", command=["cat", "/dev/null"])
    assert (result.status, result.stdout, result.stderr) == (0, "", "")


HISTOGRAM = "BEGIN { @.quantize(600); @.quantize(1500); @.quantize(1600); exit() }"


def test_a_histogram(ply: Ply) -> None:
    lines = ply("-c", HISTOGRAM).stdout.splitlines()
    assert lines[:2] == ["", "@:"]
    assert re.fullmatch(r"\[ 512,   1k\) +1 ┤█+ +│", lines[2])
    assert re.fullmatch(r"\[  1k,   2k\) +2 ┤█+│", lines[3])


def test_only_ascii(ply: Ply) -> None:
    output = ply("-A", "-c", HISTOGRAM).stdout
    assert output.isascii()
    assert re.search(r"^\[  1k,   2k\) +2 \|#+\|$", output, re.MULTILINE)


def test_a_terminal_without_unicode(ply: Ply) -> None:
    assert (
        ply("-c", HISTOGRAM, env={**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}).status
        == 0
    )


def test_text_of_programs_cannot_drive_the_terminal(ply: Ply, work: Path) -> None:
    evil = "/no/such\x1b[31m/\x07\n@: 1"
    program = "kprobe:SyS_open / pid == $target / { @[str(arg(0))].count() }"
    output = ply("-c", program, command=[work, "open", evil]).stdout
    assert "\x1b" not in output
    assert "\x07" not in output
    assert len(output.splitlines()) == 3


def test_rows_are_sorted_and_aligned(ply: Ply) -> None:
    program = 'BEGIN { @["dd", 1021] = 512; @["bash", 77] = 3; @["x", 5] = 100000; @["y", 6] = -1; exit() }'
    assert ply("-c", program).stdout.splitlines() == [
        "",
        "@:",
        "y,       6:     -1",
        "bash,   77:      3",
        "dd,   1021:    512",
        "x,       5: 100000",
    ]


def test_a_map_printed_in_between(ply: Ply) -> None:
    program = "BEGIN { @[1] = 10; @[2] = 30; @[3] = 20; print(@, 2); @n.count(); print(@n); clear(@); exit() }"
    assert ply("-c", program).stdout.split() == ["@:", "3:", "20", "2:", "30", "@n:", "1", "@n:", "1"]


FIVE = 'BEGIN { @["a"] = 2; @["b"] = 5; @["c"] = 1; @["d"] = 4; @["e"] = 3; @none.count(); exit() }'


@pytest.mark.parametrize(
    ("options", "keys"),
    [
        ([], "c a e d b"),
        (["--sort", "key"], "a b c d e"),
        (["--sort", "key:desc"], "e d c b a"),
        (["--sort=value:desc"], "b d e a c"),
        (["--top", "2"], "d b"),
        (["--top", "3", "--sort", "key"], "b d e"),
        (["--top", "9"], "c a e d b"),
    ],
)
def test_the_order_of_rows(ply: Ply, options: list[str], keys: str) -> None:
    found = ply.json(*options, "-c", FIVE, "--map", "@").of("map")
    assert [row["key"][0] for row in found[0]["rows"]] == keys.split() and len(found) == 1
    assert found[0].get("left_out", 0) == 5 - len(keys.split())
    lines = ply(*options, "-c", FIVE).stdout.splitlines()
    rows = [line.split(":")[0] for line in lines[2:] if line[:2] in ("a:", "b:", "c:", "d:", "e:")]
    assert rows == keys.split()
    assert ("rows with smaller values left out" in lines[2]) == (len(rows) < 5)


@pytest.mark.parametrize("words", [["--sort", "size"], ["--sort", "key:up"], ["--top", "0"], ["--top", "all"]])
def test_an_order_that_there_is_not(ply: Ply, words: list[str]) -> None:
    result = ply(*words, "-c", FIVE)
    assert result.status == 2 and f"error[option-value]: `{words[0]}`" in result.stderr and not result.stdout


def test_one_map_of_several(ply: Ply) -> None:
    assert ply("--map", "none", "-c", FIVE).stdout == "\n@none: 1\n"
    result = ply("--map", "@no", "-c", FIVE)
    assert result.status == 2 and "error[no-such-map]" in result.stderr and "its maps are @, @none" in result.stderr


def test_a_format_that_needs_stacks_says_so_before_anything_runs(ply: Ply, tmp_path: Path) -> None:
    old = tmp_path / "old.svg"
    old.write_text("not mine")
    result = ply("-f", "flamegraph", "-o", old, "-c", BEGIN)
    assert result.status == 2 and "error[no-stacks]" in result.stderr and not result.stdout
    assert old.read_text() == "not mine"


def test_compile_only(ply: Ply) -> None:
    result = ply("-e", "-c", BEGIN)
    assert (result.status, result.stdout, result.stderr) == (0, "", "")


def test_every_stage(ply: Ply) -> None:
    output = ply("-S", "-c", BEGIN).stdout
    headings = re.findall(r"^# (\w+)$", output, re.MULTILINE)
    assert headings == ["text", "tree", "ast", "probes", "typed", "ir", "object", "artifact"]


def test_one_stage(ply: Ply) -> None:
    assert ply("--emit", "probes", "-c", BEGIN).stdout.startswith("BEGIN\n")
    assert "call" in ply("--emit", "asm", "-c", BEGIN).stdout


def test_timings(ply: Ply) -> None:
    result = ply("-v", "-c", BEGIN + f" // {os.getpid()}")
    assert result.stdout == "begun\n"
    assert [line.split()[0] for line in result.stderr.splitlines()][-4:] == ["typed", "ir", "object", "artifact"]


def test_the_version_and_help(ply: Ply) -> None:
    assert re.fullmatch(r"ply \d+\.\d+\.\d+\n", ply("-V").stdout)
    output = ply("-h").stdout
    for option in ("-c", "-t", "-p", "-f", "-o", "-A", "-e", "-S", "--emit", "--backend", "--map-entries", "-l", "-T",
                   "-k", "--strict", "-u", "-q", "-v", "-d", "-h", "-V"):  # fmt: skip
        assert f"{option}" in output
