"""Maps that programs read: loops over them, aggregations as numbers, whether a key is there, how many there are."""

from pathlib import Path

import pytest
from harness import Ply

BACKENDS = ["llvm", "c"]


def test_a_loop_sees_every_entry_once(ply: Ply) -> None:
    program = """
        BEGIN {
            for (i in 0..100) { @squares[i] = i * i; }
            for (k, v in @squares) { n++; keys += k; values += v; if (v != k * k) { @wrong++; } }
            for (k in @squares) { again += k; }
            printf("%d %d %d %d %d", n, keys, values, again, len(@squares));
            exit();
        }
    """
    result = ply.json("-c", program.replace("BEGIN {", "BEGIN { n = 0; keys = 0; values = 0; again = 0;", 1))
    assert result.printed() == [f"100 {sum(range(100))} {sum(i * i for i in range(100))} {sum(range(100))} 100"]
    assert result.value("@wrong") is None


def test_break_continue_return_and_deletion_in_a_loop(ply: Ply) -> None:
    program = """
        BEGIN {
            for (i in 0..50) { @m[i] = i; }
            for (k, v in @m) { seen++; if (seen == 7) break; }
            for (k, v in @m) { if (k % 2) continue; even++; delete @m[k]; }
            printf("%d %d %d\\n", seen, even, len(@m));
            for (k, v in @m) { for (j, w in @m) { if (j == 1) { print("leaving"); return } } }
            print("not reached");
        }
        BEGIN { exit() }
    """
    setup = "BEGIN { seen = 0; even = 0;"
    assert ply.json("-c", program.replace("BEGIN {", setup, 1)).printed() == ["7 25 25\n", "leaving\n"]


def test_keys_of_several_parts_and_long_strings(ply: Ply) -> None:
    """A tuple as the loop's variable; values that are too long for the stack."""
    program = """
        BEGIN {
            @paths["one", 1] = "/a" + "/b"; @paths["two", 2] = str(0); @paths["three", 3] = "/c";
            for (k, v in @paths) { @found[k.1, k.0] = v; }
            exit();
        }
    """
    result = ply.json("-c", program)
    assert result.rows("@found") == {(1, "one"): "/a/b", (2, "two"): None, (3, "three"): "/c"}


def test_a_loop_in_a_probe_of_the_kernel(ply: Ply, work: Path) -> None:
    """Not only in programs that user space runs: 500 calls, after each 100th the map is gone through."""
    program = """
        syscall:getpgid / pid == $target / {
            @n[args.pid % 5] += 1;
            if (args.pid % 100 == 99) { total = 0; for (k, v in @n) { total += v; } printf("%d", total); }
        }
    """
    result = ply.json("-c", program, command=[work, "getpgid", "500"])
    assert result.printed() == ["100", "200", "300", "400", "500"]


@pytest.mark.parametrize("kind", ["hash", "none"])
def test_aggregations_are_read_as_they_are(ply: Ply, work: Path, kind: str) -> None:
    """After 1000 calls with the arguments 0 to 999 on whatever CPUs, what a program reads is what is printed."""
    key = "" if kind == "none" else "[comm]"
    names = ("count", "sum", "min", "max", "avg")
    updates = " ".join(f"@{name}{key}.{name}({'args.pid' if name != 'count' else ''});" for name in names)
    reads = ", ".join(f"@{name}{key}" for name in names)
    program = f"""
        syscall:getpgid / pid == $target / {{ {updates} }}
        syscall:getpgid:return / pid == $target && @count{key} == 1000 / {{ printf("%d %d %d %d %d", {reads}); }}
    """
    result = ply.json("-c", program, command=["taskset", "-c", "0", work, "getpgid", "1000"])
    assert result.printed() == [f"1000 {sum(range(1000))} 0 999 {sum(range(1000)) // 1000}"]


def test_signed_extremes_and_absent_entries(ply: Ply) -> None:
    program = """
        BEGIN {
            @low.min(-5); @low.min(3); @high.max(-5); @high.max(-9); @mean.avg(-7); @mean.avg(-8); @sum.sum(-5);
            @by[1].min(7);
            printf("%d %d %d %d %d %d", @low, @high, @mean, @sum, @by[1], @by[2]);
            exit();
        }
    """
    assert ply.json("-c", program).printed() == ["-5 -5 -7 -5 7 0"]


def test_counts_of_all_cpus_are_read(ply: Ply, work: Path) -> None:
    """Two threads, wherever they run: a program sees all 4000 calls, not its own CPU's."""
    program = """
        syscall:getppid / pid == $target / { @.count(); }
        END { printf("%d", @); for (k, v in @all) { printf(" %s %d", k, v); } }
        syscall:getppid / pid == $target / { @all["calls"].count(); }
    """
    result = ply.json("-c", program, command=[work, "threads", "2", "getppid", "2000"])
    assert result.printed() == ["4000", " calls 4000"]


def test_whether_a_key_is_there(ply: Ply) -> None:
    program = """
        BEGIN {
            @zero[1] = 0; @n["a", 2].count(); delete @zero[9];
            print(has_key(@zero[1]), has_key(@zero, 1), has_key(@zero[2]), has_key(@n["a", 2]), has_key(@n, "a", 3));
            delete @zero[1];
            print(has_key(@zero, 1), len(@zero), len(@n), len("four"));
            exit();
        }
    """
    assert ply.json("-c", program).printed() == ["1, 1, 0, 1, 0\n", "0, 0, 1, 4\n"]


def test_a_threads_variable_is_deleted(ply: Ply, work: Path) -> None:
    program = """
        syscall:getpgid / pid == $target / { self->a = args.pid + 1; self->b = 5; }
        syscall:getpgid:return / self->a / { @sum.sum(self->a); delete self->a; self->b = nil; @b.sum(self->b) }
    """
    result = ply.json("-c", program, command=[work, "getpgid", "10"])
    assert (result.value("@sum"), result.value("@b")) == (55, 0)
    assert result.rows("self->a") == {} == result.rows("self->b")


@pytest.mark.parametrize("size", [1, 7, 8, 15, 16, 100])
def test_what_was_cut_off_is_seen(ply: Ply, size: int) -> None:
    """A path that is as long as what is read of it, one that is longer by one, and a shorter one."""
    paths = [("/" + "x" * 200)[:length] for length in (size, size + 1, max(1, size - 1))]
    program = f"""
        syscall:openat / pid == $target / {{
            p = str(args.filename, {size});
            @[p].count(); printf("%s", p);
            if (p == "{paths[0]}") {{ @same[strlen(p)].count() }}
        }}
    """
    script = "import os\nfor path in " + repr(paths) + ":\n try: os.close(os.open(path, os.O_PATH))\n except OSError: 0"
    result = ply.json("-c", program, command=["python3", "-S", "-c", script])
    wanted = [paths[0], paths[0] + "…", paths[2]]
    assert result.printed()[-3:] == wanted
    assert set(wanted) <= {key[0] for key in result.rows()}
    assert result.rows("@same")[(size,)] >= 2


def test_strings_behind_each_other(ply: Ply, work: Path) -> None:
    """Short and long ones, in keys and in output; one that was cut shows that it was, an unread one is unread."""
    long = "y" * 150
    program = f"""
        syscall:open / pid == $target / {{
            @["<" + str(args.filename) + ">"].count();
            printf("%s", comm + ": " + str(args.filename, 4) + "{long}");
            printf("%s", "a" + str(8));
        }}
    """
    result = ply.json("-c", program, command=[work, "open", "/etc/hostname", "open", "/etc"])
    assert result.printed() == [f"work: /etc{long}…", None, f"work: /etc{long}", None] or result.printed()[::2] == [
        f"work: /etc{long}…",
        f"work: /etc{long}",
    ]
    assert result.rows() == {("</etc/hostname>",): 1, ("</etc>",): 1}
    assert result.lost()[("printf", "memory not readable")] == 2


def test_addresses_and_names_of_symbols(ply: Ply) -> None:
    with open("/proc/kallsyms", encoding="ascii") as file:
        address = next(int(line.split()[0], 16) for line in file if line.split()[2] == "schedule")
    result = ply.json("-c", 'BEGIN { printf("%lx %s", kaddr("schedule"), ksym(kaddr("schedule") + 1)); exit() }')
    assert result.printed() == [f"{address:x} schedule+0x1"]
