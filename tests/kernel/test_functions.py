"""Every function's value on a kernel, against Python's own answer; many to a program, since each start takes time."""

import errno
import grp
import ipaddress
import os
import pwd
import random
import re
import signal
import struct
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pytest
from harness import Ply, Result, patience
from plytrace.runtime.kernel.cpus import online

MASK = (1 << 64) - 1
MAGIC = 0x706C79
"""The first argument of the getppid(2) calls that mean us; the call itself takes none."""

CALLER = f"""
import ctypes, os, struct, sys
libc = ctypes.CDLL(None)
kept = []
def place(content):
    kept.append(ctypes.create_string_buffer(content, len(content) + 1))
    return ctypes.addressof(kept[-1])
def call(*arguments):
    getppid = 173 if os.uname().machine == "aarch64" else 110
    libc.syscall(*[ctypes.c_ulong(number) for number in (getppid, {MAGIC}, *arguments)])
"""
"""What a traced child can do: put bytes into its memory, and show their addresses to the probe."""


def evaluate(ply: Ply, table: Sequence[tuple[str, str, object]]) -> list[tuple[str, str]]:
    """(expression, what it printed), for a table of conversions, expressions and what should come."""
    prints = " ".join(f'printf("{conversion}", {expression});' for conversion, expression, _ in table)
    printed = ply.json("-c", f"BEGIN {{ {prints} exit() }}").printed()
    assert len(printed) == len(table)
    return [(expression, text) for (_, expression, _), text in zip(table, printed, strict=True)]


def check(ply: Ply, table: Sequence[tuple[str, str, object]]) -> None:
    assert evaluate(ply, table) == [(expression, str(expected)) for _, expression, expected in table]


def traced(ply: Ply, body: str, child: str) -> Result:
    """What a clause says of the child's calls."""
    program = f"kprobe:SyS_getppid / arg0 == {MAGIC} / {{ {body} }}"
    return ply.json("-c", program, command=[sys.executable, "-c", CALLER + child])


def swapped(number: int, bits: int) -> int:
    return int.from_bytes((number & (1 << bits) - 1).to_bytes(bits // 8, "little"), "big")


NUMBERS = (0, 1, 2, 3, 12, 255, 4096, 2**31, 2**32, 2**62 + 1, 2**63 - 1)


def test_arithmetic(ply: Ply) -> None:
    big = 0x1122334455667788
    check(
        ply,
        [
            *[("%d", f"abs(0 - {number})", number) for number in NUMBERS],
            *[("%d", f"abs({number})", number) for number in NUMBERS],
            *[("%d", f"log2({number})", max(number, 1).bit_length() - 1) for number in NUMBERS],
            ("%d", "log2(0 - 8)", 0),
            ("%d", "log2(1 << 63 | 1)", 0),
            ("%d", "min(3, 0 - 4)", -4),
            ("%d", "max(3, 0 - 4)", 3),
            ("%d", "max(min(7, 5), min(9, 6))", 6),
            ("%u", "max(0xffffffffffffffff, 1)", MASK),
            *[("%lu", f"bswap{bits}({big})", swapped(big, bits)) for bits in (16, 32, 64)],
            ("%lu", f"bswap({big})", swapped(big, 64)),
            ("%lu", "htons(80)", swapped(80, 16)),
            ("%lu", "ntohl(0x7f000001)", swapped(0x7F000001, 32)),
            ("%lu", f"ntohll({big})", swapped(big, 64)),
            ("%lu", f"hton16({big})", swapped(big, 16)),
            ("%d", "bswap(pid) == bswap32(pid)", 1),
        ],
    )


def test_widths_of_conversions(ply: Ply) -> None:
    """As C cuts them, but for decimal numbers, which are never cut."""
    value = 0x8899AABBCCDDEEFF
    check(
        ply,
        [
            ("%hhx", f"{value}", "ff"),
            ("%hx", f"{value}", "eeff"),
            ("%x", f"{value}", "ccddeeff"),
            ("%lx", f"{value}", "8899aabbccddeeff"),
            ("%hhd", f"{value}", -1),
            ("%hd", f"{value}", struct.unpack("h", struct.pack("H", 0xEEFF))[0]),
            ("%ld", f"{value}", value - (1 << 64)),
            ("%d", "1 << 40", 1 << 40),
            ("%u", "0 - 1", MASK),
            ("%u", 'strcmp("a", "b")', (1 << 32) - 1),
            ("%#o", "8", "010"),
            ("%08.3f", "7", "0007.000"),
            ("%+d", "7", "+7"),
            ("%-5d", "7", "7    "),
            ("%5c", "65", "    A"),
            ("%p", "255", "0xff"),
            ("%.3e", "12345", "1.234e+04"),
        ],
    )


def test_strings_that_are_known(ply: Ply) -> None:
    check(
        ply,
        [
            ("%d", 'strlen("")', 0),
            ("%d", 'strlen("exactly8")', 8),
            ("%d", 'strlen("caf\u00e9")', 5),
            ("%d", 'strcmp("", "")', 0),
            ("%d", 'strcmp("", "a")', -1),
            ("%d", 'strcmp("abcdefghij", "abcdefghii")', 1),
            ("%d", 'strcmp("a\\xff", "a\\x01")', 1),
            ("%d", 'strncmp("abcdefghij", "abcdefghii", 9)', 0),
            ("%d", 'strncmp("abc", "abcdefghii", 100)', -1),
            ("%d", 'strncmp("x", "y", 0)', 0),
            ("%d", 'strstr("hello world", "o")', 4),
            ("%d", 'strstr("hello world", "o w")', 4),
            ("%d", 'strstr("hello", "hello!")', -1),
            ("%d", 'strcontains("aaab", "aab")', 1),
            ("%d", 'strcontains("aaab", "ba")', 0),
            ("%d", 'startswith("abcdefghij", "abcdefghi")', 1),
            ("%d", 'startswith("abc", "abcd")', 0),
            ("%d", 'startswith("abc", "")', 1),
            ("%d", "strlen(comm)", 3),
            ("%d", 'strcmp(comm, "ply")', 0),
        ],
    )


def test_names_of_numbers(ply: Ply) -> None:
    numbers = (errno.ENOENT, errno.EACCES, errno.EAGAIN, errno.EINVAL, errno.EOPNOTSUPP)
    known = {errno.EOPNOTSUPP: "EOPNOTSUPP"}
    users, groups = pwd.getpwall()[:3], grp.getgrall()[:3]
    check(
        ply,
        [
            *[("%s", f"strerror(0 - {number})", os.strerror(number)) for number in numbers],
            *[("%s", f"errname({number})", known.get(number, errno.errorcode[number])) for number in numbers],
            *[("%s", f"signal_name({int(one)})", one.name) for one in (signal.SIGHUP, signal.SIGKILL)],
            ("%s", "signame(40)", "SIGRTMIN+6"),
            *[("%s", f"username({user.pw_uid})", user.pw_name) for user in users],
            *[("%s", f"groupname({group.gr_gid})", group.gr_name) for group in groups],
            ("%s", "username", pwd.getpwuid(os.getuid()).pw_name),
            ("%s", "groupname", grp.getgrgid(os.getgid()).gr_name),
            ("%s", "username(1 << 30)", str(1 << 30)),
            ("%s", "syscall_name(100000)", "100000"),
            ("%-8s|", "errname(2)", "ENOENT  |"),
            ("%s", "ksym(0)", "0x0"),
        ],
    )


def test_kernel_symbols(ply: Ply) -> None:
    """An address from the kernel's own table; function pointers show as the function alone."""
    for line in Path("/proc/kallsyms").read_text().splitlines():
        address, kind, name = line.split()[:3]
        if name == "schedule" and kind in "tT":
            break
    check(ply, [("%s", f"ksym(0x{address})", name), ("%s", f"ksym(0x{address} + 26)", f"{name}+0x1a")])


def test_internet_addresses(ply: Ply) -> None:
    number = struct.unpack("=I", ipaddress.ip_address("192.0.2.7").packed)[0]
    check(
        ply,
        [
            ("%s", f"ntop({number})", "192.0.2.7"),
            ("%s", f"ntop(AF_INET, {number})", "192.0.2.7"),
            ("%s", f"inet_ntop(2, {number})", "192.0.2.7"),
            ("%s", f"ntop(17, {number})", "<address family 17>"),
            ("%d", "AF_INET6", 10),
        ],
    )


def test_where_we_are(ply: Ply) -> None:
    own = 'BEGIN { printf("%d %d %d %d %p", ncpus, numa, cpid, cgroup, curtask); printf("%s", cgroup_path); exit() }'
    first, path = ply.json("-c", own).printed()
    cpus, numa, target, group, task = first.split()
    assert (int(cpus), int(target)) == (len(online()), 0)
    assert int(numa) < 64 and int(task, 16) >> 63
    folders = [Path(root + path) for root in ("/sys/fs/cgroup/unified", "/sys/fs/cgroup") if path.startswith("/")]
    assert path == group or int(group) in [folder.stat().st_ino for folder in folders if folder.exists()]


def test_clocks(ply: Ply) -> None:
    values = "secs, time, elapsed, walltime"
    before, wall = time.monotonic_ns(), time.time()
    program = f'BEGIN {{ printf("%d %d %d %d|", {values}); printf("%s|", strftime("%s %%"));'
    program += ' printf("%s|%s", strftime("%F %T.%f", walltime), strftime("%s", time)); time("%s"); time(); exit() }'
    text = "".join(ply.json("-c", program).printed())
    after = time.monotonic_ns()
    numbers, now, moment, shown, *_ = text.split("|")
    secs, nsecs, elapsed, walltime = (int(word) for word in numbers.split())
    assert before < nsecs < after and secs == nsecs // 10**9
    assert 0 < elapsed < patience(5) * 1e9
    assert wall < walltime / 1e9 < time.time()
    assert now == f"{int(now.split()[0])} %" and wall - 1 < int(now.split()[0]) <= time.time()
    assert abs(datetime.strptime(moment, "%Y-%m-%d %H:%M:%S.%f").timestamp() - walltime / 1e9) < 0.01
    match = re.fullmatch(r"(\d{10})(\d{10})(\d\d:\d\d:\d\d\n)", shown)
    assert match and wall - 1 < int(match[1]) <= time.time() and wall - 1 < int(match[2]) <= time.time()


def test_random_numbers_differ(ply: Ply) -> None:
    numbers = [text for _, text in evaluate(ply, [("%u", "rand", None)] * 20)]
    assert len(set(numbers)) > 15 and all(0 <= int(number) < 1 << 32 for number in numbers)


def test_records_in_memory(ply: Ply) -> None:
    body = """
        printf("%v", mem(arg1, "2wq16s"));
        printf("%d %u %d", mem(arg1, "w"), mem(arg1, "W"), mem(arg1 + 8, "q"));
        printf("%v", mem(arg1 + 1, "bBhHwWqQ"));
        printf("%s|%s|%s", mem(arg1 + 16, "5s"), str(uptr(arg1) + 16), str(arg1 + 16, 3));
        @[mem(arg1, "2w")].count();
    """
    content = struct.pack("=iiq16s", -7, 9, -(1 << 40), b"sixteen bytes ok") + b"\0" + bytes(range(200, 250))
    result = traced(ply, body, f"call(place({content!r}))")
    packed = struct.unpack_from("=bBhHiIqQ", content, 1)
    assert result.printed() == [
        f"(-7, 9, {-(1 << 40)}, sixteen bytes ok)",
        f"-7 {(1 << 32) - 7} {-(1 << 40)}",
        f"({', '.join(map(str, packed))})",
        "sixte…|sixteen bytes ok|six…",
    ]
    assert result.rows() == {((-7, 9),): 1} or result.rows() == {(-7, 9): 1}


def test_bytes_in_memory(ply: Ply) -> None:
    body = """
        printf("%s %s %s", macaddr(arg1), ntop(AF_INET, arg1), ntop(AF_INET6, arg1));
        printf("%r", buf(arg1, 20)); printf("%s", buf(arg1, arg2)); printf("%s", buf(arg1, arg2, 4));
        printf("%s", buf(arg1, 0 * arg2));
        @[macaddr(arg1), ntop(AF_INET, arg1)].count();
        @kept[buf(arg1, 4)] = buf(arg1, 2);
    """
    content = bytes.fromhex("52540012345620010db8") + b"GET /\r\n\xff\xc3\xa9" + bytes(range(256)) * 2
    result = traced(ply, body, f"call(place({content!r}), 400)")
    text = content.decode("ascii", "surrogateescape")
    mac, inet = content[:6].hex(":"), str(ipaddress.IPv4Address(content[:4]))
    inet6 = str(ipaddress.IPv6Address(content[:16]))
    assert result.printed() == [f"{mac} {inet} {inet6}", text[:20], text[:256], text[:4], ""]
    assert result.rows() == {(mac, inet): 1}
    assert result.rows("@kept") == {(text[:4],): text[:2]}


def test_addresses_that_say_what_they_are(ply: Ply) -> None:
    """Arrays of a record and structures of the kernel, which need no family."""
    program = """
        tracepoint:sock:inet_sock_set_state / pid == $target && args.newstate == 2 / {
            printf("%s %s %s\\n", ntop(args.daddr), ntop(args.daddr_v6), buf(args.daddr, 4));
        }
        rawtracepoint:inet_sock_set_state / pid == $target && args.newstate == 2 / {
            common = args.sk->__sk_common.skc_family;
            printf("%s %s\\n", common == AF_INET6
                ? ntop(args.sk->__sk_common.skc_v6_daddr) : ntop(args.sk->__sk_common.skc_daddr),
                ntop(AF_INET6, args.sk->__sk_common.skc_v6_daddr));
        }
    """
    connect = "import socket; socket.socket(socket.AF_INET6).connect_ex(('::1', 1));"
    connect += "socket.socket().connect_ex(('127.0.0.1', 1))"
    printed = [line.rstrip("\n") for line in ply.json("-c", program, command=[sys.executable, "-c", connect]).printed()]
    assert len(printed) == 4 and "::1 ::1" in printed[:2]
    assert any(re.fullmatch(r"0\.0\.0\.0 ::1 .*", line) for line in printed[:2])
    assert "127.0.0.1 ::ffff:127.0.0.1 \x7f\0\0\x01" in printed[2:]
    assert any(line.startswith("127.0.0.1 ") for line in printed[2:])


def test_memory_that_is_not_there(ply: Ply) -> None:
    """Every failed read is seen, and counted."""
    strings = ['mem(8, "w2s3s")', "buf(8, 8)", "macaddr(8)", "ntop(AF_INET6, uptr(8))", "str(8)", "join(8)"]
    numbers = ['mem(8, "q")', 'mem(8, "2w")']
    body = " ".join(f'printf("%v", {expression});' for expression in (*strings, *numbers))
    result = traced(ply, body, "call()")
    assert result.printed() == ["(0, <fault>, <fault>)", *["<fault>"] * 5, "0", "(0, 0)"]
    assert result.lost() == {("printf", "memory not readable"): 8}


def test_strings_against_python(ply: Ply) -> None:
    """Pairs of strings as they are in memory, in three sizes; the shorter ones are cut."""
    chance = random.Random(3)
    words = [bytes(chance.choices(b"ab\xff", k=chance.randrange(0, 60))) for _ in range(60)]
    words += [word[:30] + b"needle" + word[:5] for word in words[:10]] + [b"a" * length for length in (7, 8, 9, 15, 16)]
    pairs = [(word, chance.choice((word, word[:-1], word[:8] + b"b", chance.choice(words)))) for word in words]
    body = """
        printf("%d %d %d %d %d %d %d %d", strcmp(str(arg1, 80), str(arg2, 80)), strcmp(str(arg1, 80), str(arg2, 17)),
            strncmp(str(arg1, 80), str(arg2, 80), 9), strncmp(str(arg1, 80), str(arg2, 80), 16),
            strlen(str(arg1, 80)), strstr(str(arg1, 80), "needle"), startswith(str(arg1, 80), "ab"),
            strstr(str(arg1, 15), "ba"))
    """
    result = traced(ply, body, f"for one, other in {pairs!r}: call(place(one), place(other))")

    def order(one: bytes, other: bytes) -> int:
        return (one > other) - (one < other)

    assert result.printed() == [
        f"{order(one, other)} {order(one[:23], other[:17]) if len(other) > 17 else order(one, other)} "
        f"{order(one[:9], other[:9])} {order(one[:16], other[:16])} "
        f"{len(one)} {one.find(b'needle')} {int(one.startswith(b'ab'))} {one[:15].find(b'ba')}"
        for one, other in pairs
    ]


def test_joined_arguments(ply: Ply) -> None:
    program = 'kprobe:SyS_execve / strcmp(str(arg0), "/bin/true") == 0 / {'
    program += ' printf("%s", join(arg1)); printf("%s", join(arg1, "|")); join(arg1) }'
    words = ["/bin/true", "one", "two words", "", "x" * 200, *"abcdefghijklmnop"]
    texts = ply.json("-c", program, command=words[:4]).printed()
    assert texts == ["/bin/true one two words ", "/bin/true|one|two words|", "/bin/true one two words \n"]
    long = ply.json("-c", program, command=words).printed()
    assert long[0] == " ".join(word[:127] for word in words[:16]) + "…"
    exact = ply.json("-c", program, command=["/bin/true", "x" * 127]).printed()
    assert exact[0] == "/bin/true " + "x" * 127
    longest = ply.json("-c", program, command=["/bin/true", *["x" * 127] * 10]).printed()
    assert longest[0] == " ".join(["/bin/true", *["x" * 127] * 10])[:511] + "…"


def test_parents(ply: Ply) -> None:
    """In the kernel's own numbers, which are not ours where this is a container."""
    child = """
call(1)
if os.fork() == 0:
    call(2)
    os._exit(0)
os.wait()
"""
    body = 'printf("%d %d %d %d", arg1, pid, ppid, curtask->tgid)'
    first, second = [[int(word) for word in text.split()] for text in traced(ply, body, child).printed()]
    assert first[0] == 1 and second[0] == 2
    assert second[2] == first[1] and first[2] != second[2]
    assert first[3] == first[1] and second[3] == second[1]


def test_zero_and_clear(ply: Ply) -> None:
    program = """
        BEGIN { @n[1] = 5; @n[2] = 6; @c[1].count(); @q.quantize(7); @gone[1] = 2;
                zero(@n); zero(@c); zero(@q); clear(@gone); exit() }
    """
    result = ply.json("-c", program)
    assert result.rows("@n") == {(1,): 0, (2,): 0}
    assert result.rows("@c") in ({}, {(1,): 0})  # an aggregation without a single event may be left out
    assert result.rows("@gone") == {} and not (result.value("@q") or {}).get("count")


def test_unsafe_functions_need_their_option(ply: Ply, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("content\n")
    program = f'BEGIN {{ system("echo %s %d", comm, 7); cat("{file.parent}/%s", "file"); exit() }}'
    refused = ply("-c", program)
    assert refused.status == 1 and "--unsafe" in refused.stderr and refused.stdout == ""
    assert ply.json("--unsafe", "-c", program).printed() == ["ply 7\n", "content\n"]


def test_errors_name_the_function(ply: Ply) -> None:
    result = ply("-c", 'BEGIN { print(strlen(pid)); printf("%s", pid) }')
    assert result.status == 1 and "string-expected" in result.stderr and "format-type" in result.stderr


@pytest.mark.anywhere
def test_functions_are_explained(ply: Ply) -> None:
    result = ply("--help", "functions")
    assert result.status == 0
    for name in ("strftime([^)]*)", "ntop", "username", "buf", "join", "ppid"):
        assert re.search(rf"^{name}", result.stdout, re.MULTILINE), name
