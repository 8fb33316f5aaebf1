"""Wrong programs and wrong command lines: each is answered soon, with the right status and a message that helps."""

import re
import resource
from pathlib import Path

import pytest
from harness import Ply, Result, patience

pytestmark = pytest.mark.anywhere

DEEP = "BEGIN { @ = " + "(" * 5000 + "1" + ")" * 5000 + " }"
KEYS = "kprobe:SyS_read { @[" + ", ".join(["pid"] * 400) + "].count() }"

WRONG = {
    "": "empty",
    " \n\t": "empty",
    "# nothing but a comment": "empty",
    "kprobe:SyS_read": "body",
    "kprobe:SyS_read { @.count()": "missing `}`",
    "kprobe:SyS_read { @[pid.count() }": "`]`",
    "BEGIN { exit() } }": "`}` closes nothing",
    'BEGIN { printf("x) }': "string",
    "kprobe:SyS_read / pid { @.count() }": "predicate",
    DEEP: "nested",
    "BEGIN { @ = " + "-" * 20000 + "1 }": "nested",
    "BEGIN { " + "if (pid) " * 5000 + "@.count(); }": "nested",
    KEYS: "3200 bytes",
    "BEGIN { @ = 99999999999999999999 }": "64 bits",
    "kprob:SyS_read { @.count() }": "`kprobe:SyS_read`",
    "kprobe:SyS_read { @[cmm].count() }": "did you mean `comm`",
    "kprobe:SyS_read { @.cuont() }": "did you mean `count`",
    'BEGIN { @.sum("text") }': "is a number",
    "kprobe:SyS_read / comm / { @.count() }": "predicate",
    "BEGIN { @[comm] = 1; @[pid] = 2 }": "key",
    'BEGIN { @ = 1; @ = "text" }': "value",
    "BEGIN { @.quantize(1); @other = @ }": "`quantize`",
    'BEGIN { printf("%d\\n") }': "1 conversion",
    'BEGIN { printf("%s\\n", 1) }': "`%d`",
    "BEGIN { print() }": "`print`",
    "kprobe:SyS_read { @.quantize(retval) }": "`kretprobe:`",
    "BEGIN { 1 = 2 }": "assigned",
    "profile:never { @.count() }": "profile:99hz",
    "interval:-1s { @.count() }": "interval:1s",
    "BEGIN { @ = $1 }": "argument",
    "BEGIN { @é = 1 }": "`é`",
    "BEGIN { @ = \udcff }": "UTF-8",
}

IMPOSSIBLE = {
    "kprobe:SyS_raed { @.count() }": "SyS_read",
    "tracepoint:sched:sched_swich { @.count() }": "sched_switch",
    "tracepoint:nosuch:nosuch { @.count() }": "ply -l",
}

PROGRAM = "BEGIN { exit() }"
MISUSED: dict[tuple[str, ...], str] = {
    (): "ply -c PROGRAM",
    ("--frmat", "json"): "--format",
    ("-Z",): "-Z",
    ("-c",): "-c",
    ("-t",): "-t",
    ("-t", "soon", "-c", PROGRAM): "soon",
    ("-t", "nan", "-c", PROGRAM): "nan",
    ("-t", "-1", "-c", PROGRAM): "-t",
    ("-p", "0", "-c", PROGRAM): "--pid",
    ("-p", "self", "-c", PROGRAM): "self",
    ("-f", "xml", "-c", PROGRAM): "json",
    ("--map-entries", "0", "-c", PROGRAM): "--map-entries",
    ("--ring-size", "5000", "-c", PROGRAM): "power of two",
    ("--ring-size", "9" * 50, "-c", PROGRAM): "--ring-size",
    ("--quiet=1", "-c", PROGRAM): "--quiet",
    ("--backend", "gcc", "-c", PROGRAM): "llvm",
    ("--emit", "nosuch", "-c", PROGRAM): "typed",
    ("-o", "/no/such/folder/file", "-c", PROGRAM): "/no/such/folder/file",
    ("-c", PROGRAM, "--"): "--",
    ("-c", PROGRAM, "--", "no-such-command"): "no-such-command",
    ("-c", PROGRAM, "--", "/etc/passwd"): "/etc/passwd",
    ("-c", "true", PROGRAM, "--", "true"): "two-commands",
    ("--", "true"): "no program",
    ("no-such-file",): "no-such-file",
    ("/etc",): "/etc",
    ("-V", "more"): "more",
    ("--help", "nosuch"): "nosuch",
    ("-l", "nosuch:*"): "nosuch",
}


def short(text: str) -> str:
    return text.encode("ascii", "backslashreplace").decode()[:40]


def soon(ply: Ply, *words: str | Path) -> Result:
    """The answer, which must not take more than five seconds of a processor."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = ply(*words)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < patience(5)
    return result


@pytest.mark.parametrize(("program", "said"), WRONG.items(), ids=map(short, WRONG))
def test_wrong_program(ply: Ply, program: str, said: str) -> None:
    result = soon(ply, "-c", program)
    assert (result.status, result.stdout) == (1, "")
    assert re.match(r"error\[[a-z0-9-]+\]: ", result.stderr)
    assert re.search(r"--> <program>:\d+:\d+\n", result.stderr)
    assert said in result.stderr
    assert max(map(len, result.stderr.splitlines())) < 400


@pytest.mark.parametrize(("program", "advice"), IMPOSSIBLE.items())
def test_impossible_probe(ply: Ply, program: str, advice: str) -> None:
    result = soon(ply, "-c", program)
    assert (result.status, result.stdout) == (3, "")
    assert advice in result.stderr


@pytest.mark.parametrize(("words", "said"), MISUSED.items(), ids=[short(" ".join(words)) for words in MISUSED])
def test_wrong_command_line(ply: Ply, words: tuple[str, ...], said: str) -> None:
    result = soon(ply, *words)
    assert (result.status, result.stdout) == (2, "")
    assert said in result.stderr


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"BEGIN { @ = 1\0 }", "NUL"), (b"BEGIN { @ = \xff }", "UTF-8"), (bytes(1000), "NUL")],
    ids=["NUL", "not UTF-8", "only NUL"],
)
def test_wrong_script(ply: Ply, tmp_path: Path, content: bytes, said: str) -> None:
    script = tmp_path / "script.ply"
    script.write_bytes(content)
    result = soon(ply, script)
    assert (result.status, result.stdout) == (1, "")
    assert said in result.stderr
    assert f"--> {script}:1:" in result.stderr


def test_several_errors_at_once(ply: Ply) -> None:
    result = ply("-c", 'BEGIN { @.sum("text"); printf("%d\\n"); @[1] = @x }')
    assert result.status == 1
    assert result.stderr.count("error[") >= 2


def test_the_place_in_a_script(ply: Ply, tmp_path: Path) -> None:
    script = tmp_path / "script.ply"
    script.write_text("#!/usr/bin/env ply\n\nkprobe:SyS_read\n{\n\t@[cmm].count();\n}\n")
    result = ply(script)
    lines = result.stderr.splitlines()
    assert lines[0].startswith("error[")
    assert "`cmm`" in lines[0]
    assert lines[1].strip() == f"--> {script}:5:4"
    assert any(set(line) <= set(" |^") and "^^^" in line for line in lines)
    assert any("did you mean `comm`?" in line for line in lines)


def test_nothing_is_attached_for_a_program_that_is_half_wrong(ply: Ply) -> None:
    result = ply("-c", 'BEGIN { printf("begun\\n") } kprobe:SyS_nosuch { @.count() }')
    assert (result.status, result.stdout) == (3, "")


@pytest.mark.parametrize("probe", ["BEGIN", "kprobe:SyS_read", "tracepoint:sched:sched_switch", "profile:9hz"])
def test_without_privilege(ply: Ply, probe: str) -> None:
    result = ply("-c", f"{probe} {{ @.count(); exit() }}", prefix=["setpriv", "--bounding-set=-all"])
    assert (result.status, result.stdout) == (3, "")
    assert "root" in result.stderr


@pytest.mark.parametrize("pattern", ["no_such_probe", "kprobe:no_such_function", "tracepoint:no:such"])
def test_a_list_of_nothing(ply: Ply, pattern: str) -> None:
    result = ply("-l", pattern)
    assert (result.status, result.stdout) == (1, "")
    assert pattern in result.stderr


@pytest.mark.parametrize(
    ("pattern", "advice"),
    [
        ("uprobe", "`ply -l 'uprobe:libc:mall*'`"),
        ("U:", "`ply -l 'usdt:python3:*'`"),
        ("uretprobe:bash", "`ply -l 'uretprobe:bash:*'`"),
    ],
)
def test_where_probes_are_listed_file_by_file(ply: Ply, pattern: str, advice: str) -> None:
    result = ply("-l", pattern)
    assert (result.status, result.stdout) == (1, "")
    assert advice in result.stderr


def test_a_list_of_what_this_kernel_lacks_says_so(ply: Ply) -> None:
    """Whichever of these it is; `-T` knows."""
    for pattern, feature in (("hardware", "counters (PMU)"), ("kprobe:vfs_*", "kprobes")):
        lacking = re.search(rf"^missing +[^\n]*{re.escape(feature)}[^\n]*\n +([^\n]*)$", ply("-T").stdout, re.MULTILINE)
        result = ply("-l", pattern)
        assert (result.status == 1) == (lacking is not None), result
        assert lacking is None or lacking[1] in result.stderr
