"""uprobes and uretprobes: exact counts, arguments and results, in every kind of program that a compiler makes."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from signal import SIGCONT, SIGINT
from subprocess import Popen, run

import pytest
from harness import Ply, stopped, until
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


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("named") / "named"
    run(["c++", "-O1", "-o", path, SOURCE.with_name("named.cc")], check=True)
    return path


@pytest.mark.parametrize(
    ("function", "shown"),
    [
        ("ns::Thing::twice", {"ns::Thing::twice(long)": 40, "ns::Thing::twice(int, char)": 40}),
        ('"ns::Thing::twice(int, char)"', {"ns::Thing::twice(int, char)": 40}),
        ("ns::*twice*", {"ns::Thing::twice(long)": 40, "ns::Thing::twice(int, char)": 40}),
        ('"int ns::same<int>(int)"', {"int ns::same<int>(int)": 40}),
        ("_ZN2ns5Thing5twiceEl", {"ns::Thing::twice(long)": 40}),
        ("a::inner::P::twice", {"a::inner::P::twice": 40}),
        ("b::inner::P::twice", {"b::inner::P::twice": 40}),
    ],
)
def test_names_of_other_languages(ply: Ply, named: Path, function: str, shown: dict[str, int]) -> None:
    result = ply.json("-c", f"uprobe:{named}:{function} {{ @[func].count() }}", command=[named])
    assert {name: count for (name,), count in result.rows().items()} == shown


def test_names_are_listed_as_they_have_to_be_written(ply: Ply, named: Path) -> None:
    listed = [line.split("  ")[0] for line in ply("-l", f"uprobe:{named}:*twice*").stdout.splitlines()]
    assert f'uprobe:{named}:"ns::Thing::twice(int, char)"' in listed
    assert f"uprobe:{named}:a::inner::P::twice" in listed
    clauses = " ".join(f"{probe} {{ @[func].count() }}" for probe in listed)
    assert set(ply.json("-c", clauses, command=[named]).rows().values()) == {40}


def test_a_command_by_its_name(ply: Ply, probed: Path) -> None:
    """As the shell finds it: in the folders of PATH, in their order."""
    environment = {**os.environ, "PATH": f"{probed.parent}:{os.environ['PATH']}"}
    program = f"uprobe:{probed.name}:work_double {{ @.count() }}"
    assert ply.json("-c", program, command=command(probed), env=environment).value() == THREADS * CALLS
    result = ply("-c", program)
    assert (result.status, result.stdout) == (3, "")
    assert "neither a library nor a command" in result.stderr


def test_one_process_of_several(ply: Ply, probed: Path) -> None:
    """`-p` is of those that run the file; without it, one that starts later counts as well."""
    script = f"kill -STOP $$; {probed} 1 100; exec {probed} {THREADS} {CALLS}"
    with Popen(["sh", "-c", script]) as target:
        try:
            until(lambda: stopped(target.pid), "the stop")
            program = f'uprobe:{probed}:work_double {{ @.count() }} i:20ms {{ printf("on") }}'
            mine = ply.start("-f", "json", "-p", str(target.pid), "-c", program)
            all_of_them = ply.start("-f", "json", "-c", program)
            for running in (mine, all_of_them):
                running.wait_for('"type":"print"')
            target.send_signal(SIGCONT)
            target.wait()
        finally:
            target.kill()
    counts = []
    for running in (mine, all_of_them):
        running.send(SIGINT)
        counts.append(running.finish().value())
    assert counts == [THREADS * CALLS, THREADS * CALLS + 100]


def test_what_is_not_offered_says_what_is(ply: Ply) -> None:
    assert "use `uretprobe:`" in ply("-c", "u:libc:malloc { @[retval].count() }").stderr
    assert "use `uprobe:`" in ply("-c", "ur:libc:malloc { @[arg(0)].count() }").stderr


def test_no_probe_changes_an_instruction(ply: Ply, probed: Path) -> None:
    """Of every place in a function: those where objdump has an instruction are taken, all others are refused."""
    code = run(["objdump", "-d", "--no-show-raw-insn", probed], check=True, capture_output=True, text=True).stdout
    lines = code.split("<work_negative>:\n")[1].split("\n\n")[0].splitlines()
    places = [int(line.split(":")[0], 16) for line in lines]
    for offset in range(places[-1] - places[0]):
        name = f"work_negative+{offset}" if offset % 2 else f"{places[0] + offset:#x}"
        result = ply("--emit", "probes", "-c", f"u:{probed}:{name} {{ @.count() }}")
        if places[0] + offset in places:
            assert result.status == 0, result
        else:
            nearest = max(place for place in places if place < places[0] + offset) - places[0]
            assert result.status == 3 and "no instruction begins" in result.stderr
            assert f"work_negative+{nearest:#x}`" in result.stderr
