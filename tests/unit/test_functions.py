"""The halves of functions that need no kernel: what they show, what they refuse, and the names of this machine."""

import errno
import grp
import os
import pwd
import re
import signal
import struct
import time
from importlib import import_module
from pathlib import Path
from subprocess import PIPE, run

import pytest
from hosts import MODERN
from plytrace.compiler import records, registry
from plytrace.compiler.effects import Conversion, Printf
from plytrace.compiler.format_text import pieces
from plytrace.compiler.function import Complaint
from plytrace.compiler.memory import MARK, marked
from plytrace.compiler.names import INTERNED
from plytrace.compiler.options import Options
from plytrace.compiler.pipeline import compile_source, stages
from plytrace.compiler.types import Int, Str
from plytrace.compiler.values import Fault, Frame, Value
from plytrace.grammar.diagnostic import CompileError
from plytrace.grammar.source import Source
from plytrace.runtime import names
from plytrace.runtime.unsafe import cat, refuse_unsafe, shell


class Table:
    """A world in which every number has a name that tells what was asked for."""

    def kernel_frame(self, address: int) -> Frame:
        known = {16: Frame(16, "schedule"), 17: Frame(17, "schedule", 1), 32: Frame(32, "init", 0, "loop")}
        return known.get(address, Frame(address))

    def syscall_name(self, number: int) -> str:
        return f"call {number}"

    def string(self, index: int) -> str:
        return ("%H:%M", "%S")[index]

    def stack_frames(self, stack_id: int) -> None:
        return None

    def errno_name(self, number: int) -> str:
        return f"E{number}"

    def errno_text(self, number: int) -> str:
        return f"error {number}"

    def signal_name(self, number: int) -> str:
        return f"SIG{number}"

    def user_name(self, number: int) -> str:
        return f"user {number}"

    def group_name(self, number: int) -> str:
        return f"group {number}"

    def cgroup_path(self, number: int) -> str:
        return f"/{number}"

    def time_text(self, layout: str, time_ns: int) -> str:
        return f"{layout} of {time_ns}"


def there(content: bytes, room: int = 32) -> bytes:
    """What the kernel half leaves of memory that it could read."""
    return struct.pack("=q", len(content)) + content.ljust(room, b"\0")


GONE = struct.pack("=q", -1) + bytes(32)

SHOWN: list[tuple[str, Value, Value]] = [
    ("strerror", -2, "error 2"),
    ("strerror", 2, "error 2"),
    ("errname", -2, "E2"),
    ("signal_name", 9, "SIG9"),
    ("syscall_name", 7, "call 7"),
    ("username", 0, "user 0"),
    ("groupname", 5, "group 5"),
    ("cgroup_path", 1, "/1"),
    ("ksym", 16, "schedule"),
    ("ksym", 17, "schedule+0x1"),
    ("ksym", 32, "init [loop]"),
    ("ksym", 255, "0xff"),
    ("strftime", struct.pack("=QQ", INTERNED + 1, 77), "%S of 77"),
    ("buf", there(b"GET /\r\n"), "GET /\r\n"),
    ("buf", there(b"\0\xff\xc3\xa9"), "\0\udcff\udcc3\udca9"),
    ("buf", there(b""), ""),
    ("buf", GONE, Fault()),
    ("macaddr", there(bytes.fromhex("525400123456"), 8), "52:54:00:12:34:56"),
    ("macaddr", GONE, Fault()),
    ("ntop", struct.pack("=q", 2) + bytes([10, 0, 0, 1]) + bytes(12), "10.0.0.1"),
    ("ntop", struct.pack("=q", 10) + bytes(15) + b"\1", "::1"),
    ("ntop", struct.pack("=q", 10) + bytes(10) + b"\xff\xff" + bytes([10, 0, 0, 1]), "::ffff:10.0.0.1"),
    ("ntop", struct.pack("=q", 17) + bytes(16), "<address family 17>"),
    ("ntop", GONE, Fault()),
]


@pytest.mark.parametrize(("name", "raw", "shown"), SHOWN)
def test_what_is_shown(name: str, raw: Value, shown: Value) -> None:
    module = import_module(f"plytrace.compiler.functions.{name}")
    assert module.render(raw, Table()) == shown


def test_memory_says_how_much_of_it_was_read() -> None:
    assert marked(there(b"abc")) == b"abc"
    assert marked(there(b"")) == b""
    assert marked(GONE) is None
    assert len(there(b"abc", 8)) == MARK + 8


# Names of this machine


def test_errors_have_the_kernels_names() -> None:
    assert [names.errno_name(number) for number in (2, 11, 35, 95, 512, 524, 4000)] == [
        "ENOENT",
        "EAGAIN",
        "EDEADLK",
        "EOPNOTSUPP",
        "ERESTARTSYS",
        "ENOTSUPP",
        "4000",
    ]
    assert all(getattr(errno, names.errno_name(number)) == number for number in errno.errorcode)
    assert names.errno_text(2) == os.strerror(2)
    assert names.errno_text(1 << 40) == str(1 << 40)


def test_signals_are_named_as_kill_names_them() -> None:
    assert [names.signal_name(number) for number in (9, 34, 37, 64, 0, 33, 65, -1)] == [
        "SIGKILL",
        "SIGRTMIN",
        "SIGRTMIN+3",
        "SIGRTMAX",
        "0",
        "33",
        "65",
        "-1",
    ]
    assert all(names.signal_name(one) == one.name for one in signal.Signals)


def test_users_and_groups() -> None:
    assert names.user_name(os.getuid()) == pwd.getpwuid(os.getuid()).pw_name
    assert names.group_name(os.getgid()) == grp.getgrgid(os.getgid()).gr_name
    assert names.user_name(123456789) == names.group_name(123456789) == "123456789"
    assert names.user_name((1 << 32) - 1) == str((1 << 32) - 1)


def test_control_groups_are_found_by_their_folders(tmp_path: Path) -> None:
    (tmp_path / "cgroup.procs").touch()
    inner = tmp_path / "user.slice" / "session.scope"
    inner.mkdir(parents=True)
    groups = names.ControlGroups((str(tmp_path / "absent"), str(tmp_path)))
    assert groups.path(tmp_path.stat().st_ino) == "/"
    assert groups.path(inner.stat().st_ino) == "/user.slice/session.scope"
    assert groups.path(7) == "7"
    assert names.ControlGroups(()).path(7) == "7"


def test_times_of_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC-2")
    time.tzset()
    try:
        assert (
            names.time_text("%Y-%m-%d %H:%M:%S.%f %z", 1_700_000_000_123_456_789) == "2023-11-15 00:13:20.123456 +0200"
        )
        now = time.time()
        assert abs(int(names.time_text("%s", time.monotonic_ns())) - now) < 2
        assert names.time_text("%Y", (1 << 64) - 1) == "2554"
    finally:
        monkeypatch.undo()
        time.tzset()


# Formats of memory


def test_records_are_packed() -> None:
    found = records.items("2wQ3sbp", "user")
    assert [(item.type, item.offset, item.size) for item in found] == [
        (Int(32), 0, 4),
        (Int(32), 4, 4),
        (Int(64, False), 8, 8),
        (Str(4), 16, 3),
        (Int(8), 19, 1),
        (Int(64, False, space="user"), 20, 8),
    ]


@pytest.mark.parametrize("letter", "bBhHwWqQiIlL")
def test_capitals_have_no_sign(letter: str) -> None:
    (item,) = records.items(letter, "")
    assert isinstance(item.type, Int) and item.type.signed == letter.islower()
    assert item.size == struct.calcsize(
        "=" + letter.replace("w", "i").replace("W", "I").replace("l", "q").replace("L", "Q")
    )


@pytest.mark.parametrize("layout", ["", "x", "2", "w2", "4097b", "4097s", "65b", "0w", "0s", "9" * 5000 + "b", "w q"])
def test_what_is_no_record(layout: str) -> None:
    with pytest.raises(Complaint) as caught:
        records.items(layout, "")
    assert caught.value.code == "wrong-memory-format"


# Formats of text


def test_lengths_are_those_of_c() -> None:
    lengths = {"": 0, "hh": 8, "h": 16, "l": 64, "ll": 64, "j": 64, "z": 64, "t": 64, "q": 64}
    for length, bits in lengths.items():
        assert pieces(f"%-8{length}x".encode()) == (Conversion("-", 8, -1, "x", bits),)


@pytest.mark.parametrize("layout", ["%", "%k", "%n", "%*d", "%5000d", "%.5000f", "%" + "9" * 6000 + "d", "%\n", "%a"])
def test_what_is_no_conversion(layout: str) -> None:
    with pytest.raises(Complaint) as caught:
        pieces(layout.encode())
    assert caught.value.code == "format-conversion"


def test_bits_come_from_the_length_and_the_type() -> None:
    program = 'BEGIN { printf("%x %d %u %d %u %hhd %lx %p", 1, 1, 1, pid, pid, 1, pid, 1) }'
    (event,) = compile_source(Source("", program), MODERN, Options()).events
    assert isinstance(event.effect, Printf)
    bits = [piece.bits for piece in event.effect.pieces if isinstance(piece, Conversion)]
    assert bits == [32, 64, 64, 64, 32, 8, 64, 64]


# What is refused

REFUSED = [
    ('printf("%d", comm)', "format-type", "%s"),
    ('printf("%s", pid)', "format-type", "%d"),
    ('printf("%d", func)', "format-type", "%s"),
    ('printf("%f", comm)', "format-type", "%s"),
    ('printf("%r", pid)', "format-type", "%d"),
    ('printf("%c", comm)', "format-type", "%s"),
    ('printf("%d")', "format-arguments", "%%"),
    ('printf("%d", 1, 2)', "format-arguments", "2 values"),
    ('system("%d")', "format-arguments", "1 conversion"),
    ('cat("%s", 1)', "format-type", "%d"),
    ("print(buf(0, 4097))", "wrong-size", "4096"),
    ("print(buf(0, 0))", "wrong-size", "4096"),
    ("print(buf(0, pid, pid))", "literal-expected", "MAX"),
    ('print(mem(0, "2z"))', "wrong-memory-format", "2wq16s"),
    ("print(str(0, 4097))", "wrong-size", "4096"),
    ('print(strstr(str(0, 2000), "x"))', "string-too-long", "str(p, 255)"),
    ('print(strstr(comm, ""))', "wrong-size", "64"),
    (f'print(strcontains(comm, "{"x" * 65}"))', "wrong-size", "64"),
    ("print(strstr(comm, comm))", "literal-expected", "TEXT"),
    ("print(strlen(pid))", "string-expected", "S is a string"),
    ("print(strcmp(comm, 1))", "string-expected", "B is a string"),
    ('print(strncmp(comm, "a", -1))', "wrong-size", "literal"),
    ('print(strncmp(comm, "a", pid))', "literal-expected", "N"),
    ('print(join(0, "123456789"))', "wrong-size", "8"),
    ("print(log2(comm))", "number-expected", "X is a number"),
    ("print(max(1))", "argument-count", "2 arguments"),
    ("print(strftime(1))", "literal-expected", "FORMAT"),
    ("zero(pid)", "map-expected", "map"),
    ("rand", "no-effect", "rand"),
]


@pytest.mark.parametrize(("statement", "code", "words"), REFUSED)
def test_what_is_refused(statement: str, code: str, words: str) -> None:
    with pytest.raises(CompileError) as caught:
        compile_source(Source("", f"BEGIN {{ {statement} }}"), MODERN, Options())
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == code
    assert words in f"{diagnostic.message} {diagnostic.help}"


def test_the_c_backend_writes_c(tmp_path: Path) -> None:
    """Of each function's first example."""
    for name, function in sorted(registry.functions().items()):
        if name == function.name:
            written = registry.documentation("functions", name.lower())
            program = re.search(r"^\s*((?:BEGIN|\w+:\S+) .*?)(?:\s{8,}.*)?$", written, re.MULTILINE)
            assert program, name
            for stage, text in stages(Source(name, program[1]), MODERN, Options(backend="c")):
                if stage == "ir":
                    (tmp_path / f"{name}.c").write_text(str(text))
                    break
    files = sorted(tmp_path.glob("*.c"))
    assert len(files) > 50
    done = run(["cc", "-fsyntax-only", "-Wno-attributes", *files], stderr=PIPE, text=True, check=False)
    assert done.returncode == 0, done.stderr[:4000]


# What is unsafe


def text(kind: str) -> Conversion:
    return Conversion("", 0, -1, kind)


def test_values_never_become_code() -> None:
    command = shell(("printf '%s|' ", text("s"), " ", text("d"), ' "', text("s"), '"'), str)
    hostile = "$(id); `id` ' \" * \\ ;id"
    assert command((hostile, 7, "x")) == f"{hostile}|7|x|"


def test_commands_and_what_they_print(capfd: pytest.CaptureFixture[str]) -> None:
    assert shell(("echo out; echo err >&2; exit 3",), str)(()) == "out\nerr\n"
    assert shell(("yes | head -c 3000000",), str)(()) == "y\n" * (1 << 19)
    assert shell(("trap - INT; kill -INT $$",), str)(()) == ""
    assert shell(("printf '\\033[1m\\tx\\n'",), lambda it: re.sub("[^ -~]", "?", it))(()) == "?[1m\tx\n"
    assert shell(("printf %s ", text("r")), str)(("a\0b",)) == "a"
    assert capfd.readouterr() == ("", "")


def test_files_are_printed(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"one\n\xfftwo")
    assert cat((f"{tmp_path}/", text("s")), str)(("file",)) == "one\n\udcfftwo"
    assert cat((str(tmp_path / "absent"),), str)(()) == f"<{tmp_path}/absent: No such file or directory>\n"
    assert "null" in cat(("a\0b",), str)(())


def test_unsafe_scripts_are_refused() -> None:
    for program, word in (('BEGIN { system("id") }', "`system`"), ('BEGIN { cat("/etc/motd") }', "`cat`")):
        artifact = compile_source(Source("", program), MODERN, Options())
        with pytest.raises(CompileError) as caught:
            refuse_unsafe(artifact)
        (diagnostic,) = caught.value.diagnostics
        assert diagnostic.code == "unsafe" and word in diagnostic.message and "--unsafe" in diagnostic.help
    refuse_unsafe(compile_source(Source("", 'BEGIN { printf("id") }'), MODERN, Options()))
