"""Commands of the prompt: found by their folder, documented by their file, and answered with what is wrong."""

import io
import re
from pathlib import Path

import pytest
from hosts import MODERN
from plytrace.compiler.values import Bucket, Histogram
from plytrace.runtime import commands as package
from plytrace.runtime.api.map import Map, Maps
from plytrace.runtime.api.result import Result
from plytrace.runtime.arguments import Invocation
from plytrace.runtime.commands import commands, documentation
from plytrace.runtime.repl.dispatch import submit
from plytrace.runtime.repl.plain import PlainWatcher
from plytrace.runtime.repl.probe_index import ProbeIndex
from plytrace.runtime.repl.screen import Screen
from plytrace.runtime.repl.session import Session
from plytrace.runtime.results import MapResult, Row

NAMES = [path.stem for path in sorted(Path(package.__path__[0]).glob("*.py")) if path.stem[0] != "_"]
NAMES.remove("protocol")
READS = MapResult("@reads", "count", ("comm",), (Row(("sh",), 3), Row(("cat",), 77), Row(("dd",), 512)))
SIZES = MapResult("@sizes", "quantize", (), (Row((), Histogram((Bucket(512, 1023, 27),))),))


OF_STACKS = {"flamegraph", "icicle", "folded"}
"""Formats that show nothing of the maps here, and say so."""
OF_ALL = ("csv", "json", "text")


class Prompt:
    """A session, what is typed into it, and what it answers."""

    def __init__(self) -> None:
        self.out, self.err = io.StringIO(), io.StringIO()
        self.session = Session(Invocation(), Screen(self.out, self.err), PlainWatcher())
        self.session.index = ProbeIndex(MODERN)

    def ran(self) -> "Prompt":
        """After a program that found something."""
        self.session.program = self.session.compiled("BEGIN { @reads[comm].count(); @sizes.quantize(pid) }")
        maps = {found.name: Map(found) for found in (READS, SIZES)}
        self.session.result = Result(Maps(tuple(maps), maps.__getitem__), [], [], [], 0, 1.5)
        return self

    def __call__(self, text: str) -> str:
        """The answer on stdout."""
        for stream in (self.out, self.err):
            stream.seek(0)
            stream.truncate()
        submit(self.session, text)
        return self.out.getvalue()

    def wrong(self, text: str) -> str:
        """The error."""
        assert self(text) == ""
        return self.err.getvalue()


@pytest.fixture
def prompt() -> Prompt:
    return Prompt()


@pytest.mark.parametrize("name", NAMES)
def test_a_command_is_declared_and_documented_by_its_file(name: str) -> None:
    assert commands()[name].name == name
    first, blank, *rest = documentation(name).splitlines()
    assert re.match(rf"{name}( \[?[A-Z@\[].*?)?: \w.*\.$", first), first
    assert blank == ""
    assert any(line.startswith(f":{name}") for line in rest), "no example"


def test_all_of_them_are_there() -> None:
    wanted = {"help", "probes", "fields", "explain", "emit", "run", "save", "export", "maps", "print", "top", "flame",
              "set", "quit"}  # fmt: skip
    assert wanted <= set(NAMES)


def test_help_lists_and_explains_all(prompt: Prompt) -> None:
    for name in NAMES:
        assert f"  :{name}" in prompt(":help")
        assert prompt(f":help {name}").startswith(f":{name}")
    assert prompt(":help quantize").startswith("quantize(X): ")
    assert "quantize(X): " in prompt(":help aggregations")
    assert "did you mean `quantize`" in prompt.wrong(":help quantise")


@pytest.mark.parametrize("text", ["help", ":help", ":h", " :help ", ":hel"])
def test_short_forms(prompt: Prompt, text: str) -> None:
    assert prompt(text).startswith("A clause runs")


def test_an_unknown_command_is_pointed_at(prompt: Prompt) -> None:
    assert prompt.wrong(":pritn @x") == (
        "error[unknown-command]: there is no command `:pritn`\n"
        " --> <prompt>:1:2\n  |\n1 | :pritn @x\n  |  ^^^^^\n  = help: did you mean `:print`?\n"
    )
    assert prompt.session.status == 2
    assert "`:print`, `:probes`" in prompt.wrong(":pr")
    assert "a command has a name" in prompt.wrong(":")


@pytest.mark.parametrize(
    "text", [":maps", ":print", ":top", ":export json x", ":flame x", ":save x", ":explain", ":run"]
)
def test_nothing_has_run_yet(prompt: Prompt, text: str) -> None:
    assert "error[nothing-yet]" in prompt.wrong(text)


def test_maps(prompt: Prompt) -> None:
    assert prompt.ran()(":maps") == "@reads[comm]  count     3 rows\n@sizes        quantize  1 row\n"


def test_print(prompt: Prompt) -> None:
    prompt.ran()
    assert prompt(":print @reads") == "\n@reads:\nsh:    3\ncat:  77\ndd:  512\n"
    assert prompt(":print @reads top 1") == prompt(":print reads top 1") == "\n@reads:\ndd: 512\n"
    assert prompt(":print").count("@") == 2
    assert "did you mean `@reads`" in prompt.wrong(":print @raeds")
    assert "is not a number of rows" in prompt.wrong(":print @reads top x")


def test_top(prompt: Prompt) -> None:
    assert "cat" not in prompt.ran()(":top 1")
    assert "is not a number of rows" in prompt.wrong(":top 0")


def test_save(prompt: Prompt, tmp_path: Path) -> None:
    file = tmp_path / "reads.ply"
    assert prompt.ran()(f":save {file}") == f"saved as {file}\n"
    assert file.read_text() == "#!/usr/bin/env ply\nBEGIN { @reads[comm].count(); @sizes.quantize(pid) }\n"
    assert file.stat().st_mode & 0o100


def test_a_file_is_replaced_only_when_asked_for(prompt: Prompt, tmp_path: Path) -> None:
    file = tmp_path / "somebody's"
    file.write_text("precious")
    for command in (":save", ":export json"):
        name = command.split()[0]
        assert "error[file-exists]" in prompt.ran().wrong(f'{command} "{file}"')
        assert file.read_text() == "precious"
        assert str(file) in prompt(f'{name}!{command[len(name) :]} "{file}"')
        assert file.read_text() != "precious"
        file.write_text("precious")


def test_a_folder_that_is_not_there(prompt: Prompt, tmp_path: Path) -> None:
    assert "No such file" in prompt.ran().wrong(f":save {tmp_path}/no/such.ply")


@pytest.mark.parametrize("name", OF_ALL)
def test_export_writes_a_format(prompt: Prompt, tmp_path: Path, name: str) -> None:
    file = tmp_path / "out"
    prompt.ran()(f":export {name} {file}")
    assert file.read_text() == prompt.session.found().render(name)


@pytest.mark.parametrize("command", [":flame", *(f":export {name}" for name in sorted(OF_STACKS))])
def test_maps_without_stacks_make_no_flame_graph(prompt: Prompt, tmp_path: Path, command: str) -> None:
    assert "error[no-stacks]" in prompt.ran().wrong(f"{command} {tmp_path}/out")
    assert not (tmp_path / "out").exists()


def test_export_to_an_unknown_format(prompt: Prompt, tmp_path: Path) -> None:
    assert "json" in prompt.ran().wrong(f":export jsn {tmp_path}/out")
    assert not (tmp_path / "out").exists()
    assert "a format and a file" in prompt.wrong(":export json")


def test_emit_and_explain(prompt: Prompt) -> None:
    assert prompt(":emit probes BEGIN { @ = 1 }").startswith("BEGIN\n")
    assert prompt(":explain BEGIN { @ = 1 }").startswith("clause 1, line 1\n  BEGIN: by test_run")
    assert prompt.ran()(":explain").startswith("clause 1, line 1\n  BEGIN: by test_run")
    assert "did you mean `probes`" in prompt.wrong(":emit probs BEGIN { @ = 1 }")
    assert "the stage is missing" in prompt.wrong(":emit")


def test_fields(prompt: Prompt) -> None:
    assert "s32      args.pid\n" in prompt(":fields tracepoint:sched:sched_wakeup")
    assert "u64   args.count  arg2\n" in prompt(":fields kprobe:SyS_read")
    assert "retval" in prompt(":fields kretprobe:SyS_read")
    assert "did you mean `kprobe:x`" in prompt.wrong(":fields kprob:x")
    assert "the probe is missing" in prompt.wrong(":fields")


def test_probes(prompt: Prompt) -> None:
    assert "tracepoint:sched:sched_switch  char[16] prev_comm" in prompt(":probes sched_sw")
    assert prompt(":probes nothing_like_it") == "no probe matches `nothing_like_it`\n"


def test_set_follows_the_rules_of_the_command_line(prompt: Prompt) -> None:
    assert prompt(":set timeout 2.5") == "timeout is 2.5\n"
    assert prompt(":set unsafe on") == "unsafe is on\n"
    assert prompt(":set map-entries 10") == "map-entries is 10\n"
    settings = prompt.session.settings
    assert (settings.timeout, settings.unsafe, settings.map_entries) == (2.5, True, 10)
    assert "from 1 to" in prompt.wrong(":set map-entries 0")
    assert "did you mean `timeout`" in prompt.wrong(":set timout 3")
    assert "is on or off" in prompt.wrong(":set ascii maybe")
    assert prompt(":set timeout off") == "timeout is off\n"
    assert prompt.session.settings.timeout == 0


@pytest.mark.parametrize("text", ["\"dd bs=1 'a b'\"", "dd bs=1 'a b'"])
def test_set_a_command(prompt: Prompt, text: str) -> None:
    prompt(f":set command {text}")
    assert prompt.session.settings.command == ("dd", "bs=1", "a b")
    assert prompt(":set command off") == "command is off\n"


def test_set_lists_what_there_is(prompt: Prompt) -> None:
    lines = prompt(":set").splitlines()
    assert [line for line in lines if re.match(r"timeout +off +end after so many seconds", line)]


def test_a_quote_that_is_not_closed(prompt: Prompt) -> None:
    assert "error[open-quote]" in prompt.ran().wrong(':print "@x')


def test_a_wrong_clause_is_shown_with_its_place(prompt: Prompt) -> None:
    assert prompt.wrong("BEGIN { @[cmm] = 1 }").splitlines()[3:] == [
        "1 | BEGIN { @[cmm] = 1 }",
        "  |           ^^^",
        "  = help: did you mean `comm`?",
    ]
    assert prompt.session.status == 1


def test_leaving(prompt: Prompt) -> None:
    prompt("quit")
    assert prompt.session.leaving
