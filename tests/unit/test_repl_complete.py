"""Completion: out of the registries and the grammar, on machines out of tables, and in time with 40,000 functions."""

import io
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hosts import BARE, MODERN, TRACEPOINTS, TableHost
from plytrace.compiler.registry import aggregations, functions, providers
from plytrace.runtime.arguments import Invocation
from plytrace.runtime.commands import commands
from plytrace.runtime.repl.complete import choices
from plytrace.runtime.repl.plain import PlainWatcher
from plytrace.runtime.repl.probe_index import MOST, ProbeIndex
from plytrace.runtime.repl.screen import Screen
from plytrace.runtime.repl.session import Session


def session(host: TableHost = MODERN) -> Session:
    found = Session(Invocation(), Screen(io.StringIO(), io.StringIO()), PlainWatcher())
    found.index = ProbeIndex(host)
    return found


def completed(text: str, host: TableHost = MODERN) -> set[str]:
    """What could stand in place of the last word."""
    return {choice.text for choice in choices(session(host), text)}


def helped(text: str, host: TableHost = MODERN) -> dict[str, str]:
    return {choice.text: choice.help for choice in choices(session(host), text)}


def test_nothing_typed_offers_all_providers() -> None:
    names = {entry.name for entry in providers().values()}
    assert {text.rstrip(":") for text in completed("")} >= names


def test_a_provider_by_its_beginning() -> None:
    assert completed("kpr") == {"kprobe:"}
    assert completed("BEG") == {"BEGIN"}


def test_tracepoints_by_group_then_by_name() -> None:
    groups = {name.partition(":")[0] for name in TRACEPOINTS}
    assert completed("tracepoint:") == {f"tracepoint:{group}:" for group in groups}
    assert completed("tracepoint:sched:sched_sw") == {"tracepoint:sched:sched_switch"}
    assert "char[16] prev_comm" in helped("tracepoint:sched:sched_sw")["tracepoint:sched:sched_switch"]


def test_an_alias_stays_what_it_is() -> None:
    assert completed("t:sched:sched_sw") == {"t:sched:sched_switch"}


def test_a_part_of_a_name_where_none_begins_so() -> None:
    assert completed("kprobe:_read") >= {"kprobe:vfs_read", "kprobe:SyS_process_vm_readv"}


def test_the_second_probe_of_a_clause() -> None:
    assert completed("tracepoint:sched:sched_switch, tracepoint:sched:sched_wakeup_") == {
        "tracepoint:sched:sched_wakeup_new"
    }


@pytest.mark.parametrize("record", ["args.", "args->", "data->"])
def test_fields_of_a_tracepoint(record: str) -> None:
    text = f"tracepoint:sched:sched_wakeup {{ @[{record}"
    assert helped(text) == {"comm": "str[17]", "pid": "s32", "prio": "s32", "target_cpu": "s32"}
    assert completed(f"{text}p") == {"pid", "prio"}


def test_fields_are_those_of_the_clause() -> None:
    text = "tracepoint:sched:sched_switch { @.count() } tracepoint:sched:sched_wakeup / args.p"
    assert completed(text) == {"pid", "prio"}


def test_arguments_of_a_system_call_with_their_types() -> None:
    found = helped("kprobe:SyS_read { @[arg")
    assert (found["arg0"], found["arg2"]) == ("u32 fd", "u64 count")
    assert "args." in found


def test_builtins_with_their_help() -> None:
    (choice,) = choices(session(), "kprobe:SyS_read { @[com")
    assert (choice.text, choice.shown) == ("comm", "comm")
    assert "name" in choice.help


def test_builtins_that_the_probe_does_not_offer_are_left_out() -> None:
    assert "retval" in completed("kretprobe:SyS_read { @[ret")
    assert "retval" not in completed("kprobe:SyS_read { @[ret")
    assert "arg(" not in completed("profile:99hz { @[ar")


def test_every_builtin_is_offered_somewhere() -> None:
    probes = ("kprobe:SyS_read", "kretprobe:SyS_read", "syscall:read:return", "BEGIN", "uprobe:libc:malloc")
    offered = {text.rstrip("(") for probe in probes for text in completed(f"{probe} {{ x = ")}
    assert {entry.name for entry in functions().values()} - offered == set()


@pytest.mark.parametrize("text", ["@.", "@a[pid, str(arg(0))].", "@ = "])
def test_aggregations_of_a_map(text: str) -> None:
    found = completed(f"kprobe:SyS_read {{ {text}")
    assert {entry.name for entry in aggregations().values()} <= {name.rstrip("()") for name in found}
    assert "count()" in found
    assert "quantize(" in found


def test_no_aggregation_of_a_number() -> None:
    assert completed("kprobe:SyS_read { pid.") == set()


def test_maps_variables_and_those_of_the_thread() -> None:
    text = "kprobe:SyS_read { self->start = time; @reads.count(); size = arg(2); "
    assert completed(f"{text}@") == {"@reads"}
    assert {"size", "sizeof"} <= completed(f"{text}si")
    assert completed(f"{text}@x = self->") == {"start"}


def test_keywords_come_from_the_grammar() -> None:
    assert {"delete"} <= completed("BEGIN { del")
    assert {"break"} <= completed("BEGIN { while (1) { br")
    assert "delete" not in completed("BEGIN { x = del")


def test_nothing_in_a_string_a_comment_or_behind_the_dashes() -> None:
    assert completed('BEGIN { print("co') == set()
    assert completed("BEGIN { exit() } # co") == set()
    assert completed("BEGIN { exit() } /* co */ EN") == {"END"}
    assert completed("BEGIN { exit() } -- dd co") == set()


def test_nothing_comes_up_unasked_where_no_word_has_begun() -> None:
    assert choices(session(), "BEGIN { ", asked=False) == []
    assert choices(session(), "BEGIN { @.", asked=False) != []


def test_commands_and_what_they_take() -> None:
    assert completed(":") == {entry.name for entry in commands().values()}
    assert completed(":pr") == {"print", "probes"}
    assert completed(":fields tracepoint:sched:sched_sw") == {"tracepoint:sched:sched_switch"}
    assert completed(":emit pro") == {"probes"}
    assert "quantize" in completed(":help quan")
    assert completed(":set map") == {"map-entries"}
    assert completed(":nonsense x") == set()


def test_files_are_completed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "reads.ply").touch()
    monkeypatch.chdir(tmp_path)
    assert completed(":run re") == {"reads.ply"}
    assert completed(":save ./re") == {"reads.ply"}


def test_a_machine_without_kprobes_offers_system_calls() -> None:
    assert completed("kprobe:vfs_rea", BARE) == set()
    assert completed("kprobe:SyS_readl", BARE) == {"kprobe:SyS_readlink", "kprobe:SyS_readlinkat"}


def test_40000_functions_are_no_wait() -> None:
    many = tuple(f"{part}_{verb}_{number}" for part in ("tcp", "udp", "ext4", "nfs") for verb in ("get", "put")
                 for number in range(5000))  # fmt: skip
    here = session(replace(MODERN, code=many))
    here.index.fill().join()
    took = []
    for text in ("kprobe:tcp_", "kprobe:tcp_get_4", "kretprobe:", "kprobe:_put_49", "kprobe:zzz"):
        started = time.perf_counter()
        found = choices(here, text)
        took.append(time.perf_counter() - started)
        assert len(found) <= MOST
    assert max(took) < 0.05
    assert {choice.text for choice in choices(here, "kprobe:tcp_get_499")} == {
        f"kprobe:tcp_get_{number}" for number in (499, *range(4990, 5000))
    }
