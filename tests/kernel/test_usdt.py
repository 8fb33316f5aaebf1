"""Probes that a program's authors placed: every hit, every kind of argument, and the semaphore that switches one on."""

import sys
from pathlib import Path
from subprocess import run

import pytest
from harness import Ply
from plytrace.compiler.host import Missing
from plytrace.runtime.binaries import find_binary
from plytrace.runtime.kernel import features

SOURCE = Path(__file__).with_name("marked.c")
ROUNDS = 1000
WAYS = ["uprobe"] + (["uprobe_multi"] if features.uprobe_multi() is None else [])


@pytest.fixture(scope="module", params=[("-fPIE", "-pie"), ("-static",)], ids=["pie", "static"])
def marked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("marked") / "marked"
    run(["cc", "-O1", *request.param, "-o", path, SOURCE], check=True)
    return path


def command(path: Path) -> list[str]:
    return [str(path), str(ROUNDS)]


@pytest.mark.parametrize("way", WAYS)
def test_every_hit_counts_also_behind_a_semaphore(ply: Ply, marked: Path, way: str) -> None:
    """`guarded` is reached only while somebody looks; `twice` is at two places."""
    result = ply.json("--via", way, "-c", f"usdt:{marked}:* {{ @[func].count() }}", command=command(marked))
    expected = {"guarded": ROUNDS, "item": ROUNDS, "plain": ROUNDS, "step": ROUNDS, "twice": 2 * ROUNDS}
    assert result.rows() == {(f"marked:{name}",): count for name, count in expected.items()}
    assert result.lost() == {}


def test_arguments_of_every_kind(ply: Ply, marked: Path) -> None:
    """In registers, whole or in part, in memory, in a variable, constant; by number and by name."""
    values = ", ".join([*(f"arg{index}" for index in range(6)), "args.arg6"])
    text = f'U:{marked}:marked:step / arg0 < 300 / {{ printf("%d %d %d %d %d %d %d", {values}) }}'
    printed = ply.json("-c", text, command=command(marked)).printed()
    totals = [number * (number + 1) // 2 for number in range(300)]
    assert printed == [f"{n} {-n} {n * n} -7 {totals[n]} {n % 256} {-n}" for n in range(300)]


def test_arguments_are_signed_where_one_place_says_so(ply: Ply, marked: Path) -> None:
    result = ply.json("-c", f"usdt:{marked}:twice {{ @.sum(arg0); @last = arg0 }}", command=command(marked))
    assert (result.value(), result.value("@last")) == (0, 1 - ROUNDS)


def test_arguments_in_tables(ply: Ply, marked: Path) -> None:
    result = ply.json("-c", f"usdt:{marked}:item {{ @[arg0, arg1].count() }}", command=command(marked))
    assert result.rows() == {(1, -2): ROUNDS // 2, (1, -4): ROUNDS // 2}


def test_listing_and_errors(ply: Ply, marked: Path) -> None:
    listing = ply("-l", f"usdt:{marked}:*").stdout.splitlines()
    assert f"usdt:{marked}:marked:guarded  u64 arg0, u32 arg1" in listing
    assert len(listing) == 5
    wrong = ply("-e", "-c", f"usdt:{marked}:guraded {{ @.count() }}")
    assert (wrong.status, "did you mean `guarded`" in wrong.stderr) == (3, True)
    wrong = ply("-e", "-c", f"usdt:{marked}:guarded {{ @.sum(arg(2)) }}")
    assert (wrong.status, "no-such-argument" in wrong.stderr) == (1, True)


def test_a_real_program(ply: Ply) -> None:
    """CPython counts what its garbage collector has freed, where it was built with probes."""
    python = find_binary("/usr/bin/python3")
    if isinstance(python, Missing) or not any(note.name == "gc__done" for note in python.notes()):
        assert sys.executable  # most builds have none
        return
    program = "import gc\nfor _ in range(50): gc.collect()\n[].append(1)"
    result = ply.json(
        "-c",
        "usdt:/usr/bin/python3:gc-start / pid == $target && arg0 == 2 / { @.count() }",
        command=[python.path, "-c", program],
    )
    assert 50 <= result.value() <= 55
