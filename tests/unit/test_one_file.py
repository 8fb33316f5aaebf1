"""To add a function, an aggregation or a provider is to add one file: tried on a copy of the package."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent

FUNCTION = '''\
"""thrice(X): three times a number.

    BEGIN { print(thrice(14)) }
"""

from ..function import NumberFunction, Parameter
from ..types import S64

FUNCTION = NumberFunction(
    "thrice",
    S64,
    lambda lower, given: lower.emit.arithmetic("mul", lower.number(given[0]), lower.emit.constant(3)),
    parameters=(Parameter("X"),),
    aliases=("triple",),
)
'''

AGGREGATION = '''\
"""bits(X): which bits were ever set.

    BEGIN { @.bits(5) }
"""

from functools import reduce
from operator import or_

from ..aggregation import Aggregation


def _update(lower, slot, value, kind, parameters, shared):
    lower.emit.store(slot, 0, lower.emit.arithmetic("or", lower.emit.load(slot, 0), value))


def merge(slots, parameters, kind):
    """All CPUs' bits."""
    return reduce(or_, (slot[0] for slot in slots))


AGGREGATION = Aggregation("bits", lambda kind, parameters: 1, _update)
'''

PROVIDER = '''\
"""heartbeat: run by user space, so often.

    heartbeat:10ms { exit() }
"""

from ..access import Candidate
from ..accesses import Plain
from ..attachment import Timer
from ..durations import nanoseconds
from ..provider import Provider


def places(spec, host):
    """A timer."""
    return [[Candidate("timer", Timer(nanoseconds(spec.target)), Plain("heartbeat"))]]


def listing(pattern, host):
    """The form there is."""
    return [("heartbeat:10ms", "")]


PROVIDER = Provider("heartbeat", places, listing, aliases=("hb",))
'''

MADE_UP = {
    "functions/thrice.py": FUNCTION,
    "aggregations/bits.py": AGGREGATION,
    "providers/heartbeat.py": PROVIDER,
}


COMMANDS = {
    "functions": ("--help", "functions"),
    "aggregations": ("--help", "aggregations"),
    "probes": ("--help", "probes"),
    "thrice": ("--help", "thrice"),
    "triple": ("--help", "triple"),
    "bits": ("--help", "bits"),
    "hb": ("--help", "hb"),
    "list": ("-l", "hb:*"),
    "typed": ("--emit", "typed", "-c", "hb:10ms { @[triple(cpu)].bits(cpu) }"),
}

ASK = """
import contextlib, io, json, sys
import plytrace.runtime.cli as cli
assert cli.__file__.startswith(sys.argv[1]), cli.__file__
answers = {}
for name, words in json.loads(sys.argv[2]).items():
    with contextlib.redirect_stdout(io.StringIO()) as stream:
        assert cli.main(words) == 0
    answers[name] = stream.getvalue()
print(json.dumps(answers))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a copy of the package in it, and one more file in each of three folders."""
    folder = tmp_path_factory.mktemp("copy")
    for part in ("grammar", "compiler", "runtime"):
        shutil.copytree(ROOT / part, folder / "plytrace" / part)
    shutil.copy(ROOT / "__init__.py", folder / "plytrace")
    for name, text in MADE_UP.items():
        (folder / "plytrace" / "compiler" / name).write_text(text)
    return folder


def ask(folder: Path, commands: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """What the copy's command prints for each of these, all in one process."""
    done = subprocess.run(
        [sys.executable, "-c", ASK, str(folder), json.dumps(commands)],
        env={**os.environ, "PYTHONPATH": str(folder), "XDG_CACHE_HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert (done.returncode, done.stderr) == (0, "")
    answers: dict[str, str] = json.loads(done.stdout)
    return answers


@pytest.fixture(scope="module")
def answers(folder: Path) -> dict[str, str]:
    return ask(folder, COMMANDS)


@pytest.mark.parametrize(
    ("topic", "line"),
    [
        ("functions", "thrice(X): three times a number."),
        ("aggregations", "bits(X): which bits were ever set."),
        ("probes", "heartbeat (hb): run by user space, so often."),
    ],
)
def test_help_lists_it(answers: dict[str, str], topic: str, line: str) -> None:
    assert line in answers[topic].splitlines()


@pytest.mark.parametrize(
    ("name", "start"),
    [("thrice", "thrice(X): "), ("triple", "thrice(X): "), ("bits", "bits(X): "), ("hb", "heartbeat: ")],
)
def test_help_explains_it_by_name_and_alias(answers: dict[str, str], name: str, start: str) -> None:
    assert answers[name].startswith(start)


def test_its_probes_are_listed(answers: dict[str, str]) -> None:
    assert answers["list"] == "heartbeat:10ms\n"


def test_it_compiles(answers: dict[str, str]) -> None:
    assert "name='thrice'" in answers["typed"]
    assert "aggregation='bits'" in answers["typed"]


@pytest.mark.skipif(os.geteuid() != 0, reason="loads programs into the kernel: needs root")
def test_it_runs(folder: Path) -> None:
    begin = "BEGIN { @number = 14; @.bits(5); @.bits(8); print(thrice(@number)) }"
    output = ask(folder, {"run": ("-c", begin + "heartbeat:10ms { @beats.count(); exit() }")})["run"]
    assert "42\n" in output
    assert "\n@: 13\n" in output
    assert "\n@beats: 1\n" in output
