"""Whose rights a command has under sudo, and how its end is told."""

import os
import pwd
import signal
from collections.abc import Mapping
from pathlib import Path

import pytest
from harness import Ply, Result

pytestmark = pytest.mark.anywhere

NOBODY = pwd.getpwnam("nobody")
SUDO = {"SUDO_UID": str(NOBODY.pw_uid), "SUDO_GID": str(NOBODY.pw_gid), "SUDO_USER": "nobody", "SUDO_COMMAND": "ply"}
STATUS = ["grep", "-E", "^(Uid|Gid|Groups|CapEff|CapPrm)", "/proc/self/status"]
PROGRAM = "BEGIN { @ = 1 }"


def run(ply: Ply, variables: Mapping[str, str], *words: str, command: list[str]) -> Result:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SUDO_")}
    return ply(*words, "-c", PROGRAM, command=command, env={**kept, **variables})


def rights(result: Result) -> dict[str, list[str]]:
    lines = (line.partition(":") for line in result.stdout.splitlines() if ":\t" in line)
    return {name: value.split() for name, _, value in lines}


def test_under_sudo_the_command_runs_as_who_called_it(ply: Ply) -> None:
    found = rights(run(ply, SUDO, command=STATUS))
    assert found["Uid"] == [str(NOBODY.pw_uid)] * 4
    assert found["Gid"] == [str(NOBODY.pw_gid)] * 4
    assert found["Groups"] == [str(group) for group in sorted(os.getgrouplist("nobody", NOBODY.pw_gid))]
    assert {int(found[name][0], 16) for name in ("CapEff", "CapPrm")} == {0}


def test_it_has_the_home_of_who_called(ply: Ply) -> None:
    output = run(ply, {**SUDO, "HOME": "/root", "MAIL": "/var/mail/root", "KEPT": "x"}, command=["env"]).stdout
    found = dict(line.split("=", 1) for line in output.splitlines() if "=" in line and not line.startswith("@"))
    assert (found["HOME"], found["USER"], found["LOGNAME"]) == (NOBODY.pw_dir, "nobody", "nobody")
    assert found["KEPT"] == "x"
    assert [name for name in found if name.startswith("SUDO_") or name == "MAIL"] == []


def test_it_cannot_come_back(ply: Ply) -> None:
    shell = "echo 0 > /proc/sys/kernel/printk || id -u"
    assert f"\n{NOBODY.pw_uid}\n" in "\n" + run(ply, SUDO, command=["sh", "-c", shell]).stdout


def test_its_calls_are_counted_all_the_same(ply: Ply, work: Path) -> None:
    program = "kprobe:SyS_getppid / pid == $target / { @[uid].count() }"
    for path in (work, *work.parents):
        if path.stat().st_uid == 0 and path != Path("/"):
            path.chmod(path.stat().st_mode | 0o55)  # pytest's folders are for root alone
    result = ply.json("-c", program, command=[work, "getppid", "7"], env={**os.environ, **SUDO})
    assert result.rows() == {(NOBODY.pw_uid,): 7}


@pytest.mark.parametrize(
    ("words", "variables"),
    [
        (("--as-root",), SUDO),
        ((), {"SUDO_UID": "0", "SUDO_GID": "0", "SUDO_USER": "root"}),
        ((), {"SUDO_USER": "nobody", "SUDO_GID": "12"}),
    ],
)
def test_who_stays_root(ply: Ply, words: tuple[str, ...], variables: dict[str, str]) -> None:
    assert rights(run(ply, variables, *words, command=STATUS))["Uid"] == ["0"] * 4


@pytest.mark.parametrize(
    ("changed", "uid", "groups"),
    [
        ({"SUDO_GID": "0"}, NOBODY.pw_uid, {NOBODY.pw_gid}),  # a group that this user is not in
        ({"SUDO_USER": "root"}, NOBODY.pw_uid, {NOBODY.pw_gid}),  # a name that is somebody else's
        ({"SUDO_USER": ""}, NOBODY.pw_uid, {NOBODY.pw_gid}),
        ({"SUDO_UID": "31337", "SUDO_GID": "31338", "SUDO_USER": "stranger"}, 31337, {31338}),
    ],
)
def test_what_the_variables_say_is_only_used_to_give_rights_up(
    ply: Ply, changed: dict[str, str], uid: int, groups: set[int]
) -> None:
    found = rights(run(ply, {**SUDO, **changed}, command=STATUS))
    assert (found["Uid"], {*map(int, found["Groups"]), *map(int, found["Gid"])}) == ([str(uid)] * 4, groups)


@pytest.mark.parametrize("text", ["", "-1", "4294967295", "1000x", "99999999999", "٣"])
def test_variables_without_sense_are_an_error(ply: Ply, text: str) -> None:
    result = run(ply, {**SUDO, "SUDO_UID": text}, command=STATUS)
    assert (result.status, result.stdout) == (2, "")
    assert "error[unknown-user]" in result.stderr
    assert "`--as-root`" in result.stderr


def test_a_command_that_its_user_may_not_execute(ply: Ply, tmp_path: Path) -> None:
    path = tmp_path / "mine"
    path.write_text("#!/bin/sh\n")
    path.chmod(0o700)
    result = run(ply, SUDO, command=[str(path)])
    assert result.status == 2
    assert f"the command `{path}` cannot be executed: Permission denied" in result.stderr
    assert "it runs as nobody" in result.stderr
    assert run(ply, SUDO, "--as-root", command=[str(path)]).status == 0


def test_a_command_that_is_not_there(ply: Ply) -> None:
    result = run(ply, {"PATH": "/nowhere:/usr/bin"}, command=["no-such-command"])
    assert (result.status, result.stdout) == (2, "")
    assert result.stderr.startswith("error[no-such-command]: there is no command `no-such-command`\n")
    assert "/nowhere:/usr/bin" in result.stderr


@pytest.mark.parametrize(
    ("shell", "told", "record"),
    [
        ("exit 0", "", {"status": 0}),
        ("exit 3", "ply: the command ended with status 3\n", {"status": 3}),
        ("kill -SEGV $$", "ply: the command was ended by SIGSEGV\n", {"signal": "SIGSEGV"}),
        ("kill -40 $$", "ply: the command was ended by signal 40\n", {"signal": "signal 40"}),
    ],
)
def test_how_the_command_ended(ply: Ply, shell: str, told: str, record: dict[str, object]) -> None:
    command = ["sh", "-c", shell]
    text, quiet, json = (ply(*words, "-c", PROGRAM, command=command) for words in ((), ("-q",), ("-f", "json")))
    assert (text.status, text.stdout, text.stderr) == (0, "\n@: 1\n", told)
    assert (quiet.status, quiet.stderr) == (0, "")
    assert json.records[-1]["command"] == record


def test_a_command_that_is_still_running_has_no_end(ply: Ply) -> None:
    result = ply("-f", "json", "-c", "BEGIN { exit() }", command=["sleep", "60"])
    assert "command" not in result.records[-1]
    assert result.stderr == ""


def test_ctrl_c_is_no_news(ply: Ply) -> None:
    """The terminal sends it to both."""
    running = ply.start("-c", 'BEGIN { printf("begun\\n") }', command=["sleep", "60"], start_new_session=True)
    running.wait_for("begun")
    os.killpg(running.pid, signal.SIGINT)
    result = running.finish()
    assert (result.status, result.stderr) == (0, "")
