"""uprobes and uretprobes: exact counts, arguments and results, in every kind of program that a compiler makes."""

from collections.abc import Callable, Sequence
from pathlib import Path
from subprocess import run

import pytest
from harness import Ply
from plytrace.runtime.kernel import features, tracefs

SOURCE = Path(__file__).with_name("probed.c")
THREADS, CALLS = 4, 1000
WAYS = ["uprobe"] + (["uprobe_multi"] if features.uprobe_multi() is None else [])
Builder = Callable[..., Path]


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Builder:
    """Compile probed.c: `build("-static")`; afterwards is each of `then` run on it."""

    def builder(*flags: str, then: Sequence[Sequence[str]] = ()) -> Path:
        folder = tmp_path_factory.mktemp("probed")
        run(["cc", "-O1", "-pthread", *flags, "-o", folder / "probed", SOURCE], check=True)
        for words in then:
            run(words, check=True, cwd=folder)
        return folder / "probed"

    return builder


@pytest.fixture(scope="module")
def probed(build: Builder) -> Path:
    return build("-fPIE", "-pie")


def command(path: Path) -> list[str]:
    return [str(path), str(THREADS), str(CALLS)]


def program(path: Path) -> str:
    return f"""
        uprobe:{path}:work_double {{ @calls.count(); @first.sum(arg(0)); @second.sum(arg1) }}
        uretprobe:{path}:work_double {{ @results.sum(retval) }}
        uretprobe:{path}:work_negative {{ @negative.sum(retval) }}
    """


def check(ply: Ply, path: Path, *options: str) -> None:
    result = ply.json(*options, "-c", program(path), command=command(path))
    values = {name: result.value(name) for name in ("@calls", "@first", "@second", "@results", "@negative")}
    total = THREADS * CALLS * (CALLS - 1) // 2
    assert values == {
        "@calls": THREADS * CALLS,
        "@first": total,
        "@second": THREADS * CALLS,
        "@results": 2 * total + THREADS * CALLS,
        "@negative": -21,
    }
    assert result.lost() == {}


@pytest.mark.parametrize("way", WAYS)
def test_every_call_of_every_thread_counts(ply: Ply, probed: Path, way: str) -> None:
    check(ply, probed, "--via", way)


@pytest.mark.parametrize("flags", [("-static",), ("-no-pie", "-fno-pie"), ("-static-pie",), ("-rdynamic", "-s")])
def test_kinds_of_programs(ply: Ply, build: Builder, flags: Sequence[str]) -> None:
    """The last one is stripped, and only the table for the dynamic linker is left."""
    check(ply, build(*flags))


def test_symbols_in_a_file_of_their_own(ply: Ply, build: Builder) -> None:
    separate = (
        ["objcopy", "--only-keep-debug", "probed", "probed.debug"],
        ["strip", "probed"],
        ["objcopy", "--add-gnu-debuglink=probed.debug", "probed"],
    )
    path = build("-g", "-Wl,--build-id=none", then=separate)
    check(ply, path)
    assert ply.json("-c", f"u:{path}:hidden {{ @.sum(arg0) }}", command=command(path)).value() == 10
    path.with_name("probed.debug").write_bytes(b"another one")
    result = ply("-c", f"u:{path}:hidden {{ @.count() }}", command=command(path))
    assert result.status == 3
    assert "stripped" in result.stderr


@pytest.mark.parametrize("way", WAYS)
def test_many_functions_know_their_names(ply: Ply, probed: Path, way: str) -> None:
    both = f"uprobe:{probed}:work_* {{ @in[func].count() }} uretprobe:{probed}:work_* {{ @out[func].count() }}"
    result = ply.json("--via", way, "-c", both, command=command(probed))
    expected = {("work_double",): THREADS * CALLS, ("work_negative",): 7, ("work_six",): 1}
    assert result.rows("@in") == result.rows("@out") == expected


def test_all_arguments_in_their_order(ply: Ply, probed: Path) -> None:
    arguments = ", ".join(f"arg({number})" for number in range(6))
    result = ply.json(
        "-c", f'u:{probed}:work_six {{ printf("%d %d %d %d %d %d", {arguments}) }}', command=command(probed)
    )
    assert result.printed() == ["1 -2 3 -4 5 -6"]


def test_strings(ply: Ply, probed: Path) -> None:
    both = f"u:{probed}:other_name {{ print(str(arg0)) }} ur:{probed}:other_name {{ print(str(retval)) }}"
    assert ply.json("-c", both, command=command(probed)).printed() == ["a name\n", " name\n"]


def test_places_within_a_function(ply: Ply, probed: Path) -> None:
    listing = run(["nm", probed], check=True, capture_output=True, text=True).stdout.splitlines()
    address = next(line.split()[0] for line in listing if line.endswith(" T work_negative"))
    result = ply.json("-c", f"u:{probed}:0x{address} {{ @[func].count() }}", command=command(probed))
    assert result.rows() == {("work_negative",): 7}
    code = run(["objdump", "-d", "--no-show-raw-insn", probed], check=True, capture_output=True, text=True).stdout
    lines = code.split("<work_negative>:\n")[1].splitlines()
    offset = next(int(line.split(":")[0], 16) for line in lines if "ret" in line) - int(address, 16)
    result = ply.json("-c", f"u:{probed}:work_negative+{offset} {{ @[func].count() }}", command=command(probed))
    assert result.rows() == {(f"work_negative+{offset:#x}",): 7}


def test_a_library_by_its_name(ply: Ply, probed: Path) -> None:
    """Each thread but the first is started by it; others' programs are not counted."""
    result = ply.json("-c", "u:libc:pthread_create / pid == $target / { @.count() }", command=command(probed))
    assert result.value() == THREADS


def test_a_file_that_changes_is_read_again(ply: Ply, build: Builder) -> None:
    """A compiled script in the cache has offsets that would be inside of other functions."""
    path, other = build(), build("-O0", "-DPADDING")
    check(ply, path)
    path.unlink()
    other.rename(path)
    check(ply, path)


def test_nothing_stays_behind(ply: Ply, probed: Path) -> None:
    ply.json("-c", program(probed), command=command(probed))
    assert Path(tracefs.folder(), "uprobe_events").read_text() == ""
