"""Kernel functions by every way there is: trampolines, kprobes, by name, module, offset and address; what is missed.

Where the kernel has none of that, each of these must say so, before anything is attached.
"""

import re
from collections import Counter
from pathlib import Path

import pytest
from harness import KPROBES, Ply, Result
from plytrace.runtime.host import LiveHost
from plytrace.runtime.kernel import features

FENTRY = features.fentry() is None
READS = ["read", "4321", "30"]
WAYS = [*(["fentry"] if FENTRY else []), *(["kprobe"] if KPROBES else [])]
WAYS += ["kprobe_multi"] if KPROBES and features.kprobe_multi() is None else []


def check_refusal(result: Result) -> bool:
    """Whether the kernel can do it; where not, that has to be said well."""
    if KPROBES:
        return True
    assert (result.status, result.stdout) == (3, "")
    assert re.search("CONFIG_KPROBES|fentry", result.stderr)
    assert "help:" in result.stderr
    return False


@pytest.mark.booted
def test_trampolines(ply: Ply, work: Path) -> None:
    program = """fentry:vfs_read / pid == $target / { @[args.count, arg(2), func].count(); @stacks[stack].count() }
        fexit:vfs_read / pid == $target / { @back[retval, args.count].count() }
        f:vfs_rea[d] / pid == $target / { @files[args.file->f_mode != 0].count() }"""
    result = ply("-f", "json", "-c", program, command=[work, *READS])
    if not FENTRY:
        assert (result.status, result.stdout) == (3, "")
        assert "fentry" in result.stderr
        return
    assert result.rows()[4321, 4321, "vfs_read"] == 30
    assert result.rows("@back")[4321, 4321] == 30
    assert set(result.rows("@files")) == {(1,)}
    assert all(stack[0].startswith("vfs_read+") for (stack,) in result.rows("@stacks"))


def test_all_ways_count_the_same(ply: Ply, work: Path) -> None:
    program = """kprobe:vfs_read / pid == $target / { @[arg(2)].count() }
        kprobe:vfs_read / pid == $target / { @named[args.count].count() }
        kretprobe:vfs_read / pid == $target / { @back[retval].count() }"""
    if not check_refusal(ply("-c", program, command=[work, *READS])):
        return
    for way in WAYS:
        result = ply.json("--via", way, "-c", program, command=[work, *READS])
        rows = [result.rows(name)[4321,] for name in ("@", "@named", "@back")]
        assert rows == [30, 30, 30], way
        assert result.lost() == {}, way
    best = ply("--emit", "probes", "-c", program).stdout.splitlines()[1]
    assert best.strip().startswith("fentry:" if FENTRY else "kprobe")


def test_registers(ply: Ply, work: Path) -> None:
    """They are there only if the kernel saves them, so that a trampoline does not do."""
    program = 'kprobe:vfs_read / pid == $target && reg("rdx") == 4321 / { @[reg("dx") == arg(2)].count() }'
    result = ply("-f", "json", "-c", program, command=[work, *READS])
    if check_refusal(result):
        assert result.rows() == {(1,): 30}


def test_by_address_module_and_offset(ply: Ply, work: Path) -> None:
    address = LiveHost().address("vfs_read")
    program = f"""kprobe:{address:#x} / pid == $target / {{ @[func].count() }}
        kprobe:vmlinux:vfs_read / pid == $target / {{ @module[func].count() }}"""
    result = ply("-f", "json", "-c", program, command=[work, *READS])
    if not check_refusal(result):
        return
    assert result.rows() == {(f"{address:#x}",): result.rows("@module")["vfs_read",]}
    assert result.rows("@module")["vfs_read",] >= 30
    offsets = [ply("-f", "json", "-c", f"kprobe:vfs_read+{offset} / pid == $target / {{ @[func].count() }}",
                   command=[work, *READS]) for offset in (4, 5, 6, 7, 9)]  # fmt: skip
    assert any(result.status == 0 and max(result.rows().values()) >= 30 for result in offsets), offsets
    for result in offsets:
        assert result.status == 0 or "begins at this offset" in result.stderr


@pytest.mark.parametrize(
    ("probe", "said"),
    [
        ("k:no_such_module:vfs_read", "not a function of module"),
        ("k:vfs_raed", "vfs_read"),
        ("kr:vfs_read+4", "no return"),
    ],
)
def test_what_is_wrong(ply: Ply, probe: str, said: str) -> None:
    result = ply("-c", f"{probe} {{ @.count() }}")
    assert result.status in (1, 3)
    if KPROBES or said == "no return":
        assert said in result.stderr


@pytest.mark.parametrize("kind", ["isra", "constprop"])
def test_variants_of_the_compiler(ply: Ply, kind: str) -> None:
    """Found by the name in the source; their arguments are not where C has them, and so are not offered."""
    base = base_of(kind)
    if not base:
        assert ply("-t", "0.1", "-c", f"kprobe:vfs_read.{kind}.0 {{ @.count() }}").status == 3
        return
    result = ply("-t", "0.1", "-c", f"kprobe:{base} {{ @[func].count() }}")
    assert (result.status, result.stderr) == (0, "") or "0 events" in result.stderr
    assert f"{base}.{kind}." in ply("--emit", "probes", "-c", f"kprobe:{base} {{ @.count() }}").stdout
    result = ply("-t", "0.1", "-c", f"kprobe:{base} {{ @[arg(0)].count() }}")
    assert result.status == 1
    assert "does not offer" in result.stderr


def base_of(kind: str) -> str:
    """A function of which the compiler has left nothing but one variant of this kind."""
    host = LiveHost()
    functions = host.functions("*.*") if KPROBES else ()
    variants = Counter(name.partition(".")[0] for name in functions)
    bases = sorted(name.partition(".")[0] for name in functions if re.fullmatch(rf"\w+\.{kind}\.\d", name))
    return next((name for name in bases if variants[name] == 1 and not host.is_function(name)), "")


def test_what_the_compiler_has_done_away_with(ply: Ply) -> None:
    """Split, inlined, or not to be traced: each is told, with what to do."""
    if not KPROBES:
        assert ply("-e", "-c", "kprobe:list_add { @.count() }").status == 3
        return
    base = base_of("part")
    inlined = next(name for name in ("skb_end_pointer", "sock_net", "tcp_hdr") if not LiveHost().is_function(name))
    assert base
    for name, said in (
        (base, rf"has left only `{base}\.part\.\d`"),
        (inlined, "inlined by the compiler"),
        ("do_syscall_64", "does not let it be probed"),
        ("do_syscall_64+4", "does not let it be probed"),
    ):
        result = ply("-e", "-c", f"kprobe:{name} {{ @.count() }}")
        assert result.status == 3, name
        assert re.search(said, result.stderr), result.stderr
        assert "help: " in result.stderr
    assert ply("-t", "0.1", "-c", f"kprobe:{LiveHost().functions(f'{base}.part.*')[0]} {{ @.count() }}").status == 0


def test_a_function_of_a_module(ply: Ply) -> None:
    """By the module's name, and no other of the same name; all of a module by a pattern."""
    if not KPROBES:
        assert ply("-e", "-c", "kprobe:vmlinux:vfs_read { @.count() }").status == 3
        return
    modules = [line.split()[0] for line in Path("/proc/modules").read_text().splitlines()]
    module, functions = max(((name, LiveHost().functions(f"{name}:*")) for name in modules), key=lambda it: len(it[1]))
    assert functions
    one = functions[len(functions) // 2]
    shown = ply("--emit", "probes", "-c", f"kprobe:{module}:{one} {{ @.count() }}").stdout
    assert one in shown
    assert ply("-t", "0.1", "-c", f"kprobe:{module}:{one} {{ @.count() }}").status == 0
    result = ply("-e", "-c", f"kprobe:{module}:vfs_read {{ @.count() }}")
    assert result.status == 3
    assert f"not a function of module `{module}`" in result.stderr
    listed = ply("-l", f"kprobe:{module}:*").stdout.splitlines()
    assert len(listed) == len(functions)


@pytest.mark.booted
def test_returns_that_are_missed_are_told(ply: Ply, work: Path) -> None:
    """More threads sleep at once than a kretprobe can follow. By a trampoline none is missed."""
    program = """kprobe:do_nanosleep / pid == $target / { @in.count() }
        kretprobe:do_nanosleep / pid == $target / { @out.count() }"""
    command = [work, "threads", "100", "sleep", "5"]
    result = ply("-f", "json", "-c", program, command=command)
    if not check_refusal(result):
        return
    if FENTRY:
        assert result.value("@in") == result.value("@out") == 500
        assert result.lost() == {}
    result = ply.json("--via", "kprobe", "-c", program, command=command)
    told = sum(count for (_, reason), count in result.lost().items() if reason == "missed by the kernel")
    assert result.value("@in") == 500
    if features.kprobe_multi() is None:  # a newer kernel, which counts them
        assert result.value("@out") + told >= 500
    else:
        assert result.value("@out") <= 500


def test_results_have_their_type(ply: Ply) -> None:
    """An int is 32 bits wide, and negative for an error."""
    program = "kretprobe:vfs_statx / pid == $target && retval < 0 / { @[retval].count() }"
    result = ply("-f", "json", "-c", program, command=["stat", "/no/such/file"])
    if check_refusal(result):
        assert result.rows() == {(-2,): 1}


def test_listing(ply: Ply) -> None:
    listed = ply("-l", "fexit:vfs_rea*").stdout
    assert ("fexit:vfs_read  struct file * file, " in listed) == FENTRY
