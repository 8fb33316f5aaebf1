"""Whose rights a traced command gets: under sudo(8) those of the user who called it, not root's.

SUDO_UID=1000 SUDO_GID=1000 SUDO_USER=alice   ->   Owner("alice", 1000, 1000, (27, 1000), "/home/alice", "/bin/bash")

These variables may say anything: they are only ever used to give rights up, and what they say of a user that the
system knows otherwise is looked up there.
"""

import os
from collections.abc import Mapping

from ..grammar.diagnostic import Diagnostic, UsageError
from ..grammar.frozen import dataclass

_LARGEST = (1 << 32) - 2
"""4294967295 means `leave it as it is` to setresuid(2)."""


@dataclass(frozen=True, slots=True)
class Owner:
    """A user: the name, numbers of user and group, all groups, the home folder and the shell."""

    name: str
    uid: int
    gid: int
    groups: tuple[int, ...]
    home: str
    shell: str

    def environment(self, variables: Mapping[str, str]) -> dict[str, str]:
        """Variables as this user has them: HOME and the like, and nothing of sudo's."""
        kept = {name: value for name, value in variables.items() if not name.startswith("SUDO_") and name != "MAIL"}
        return kept | {"HOME": self.home, "USER": self.name, "LOGNAME": self.name, "SHELL": self.shell}

    def become(self) -> None:
        """Give up this process's rights for good; raises OSError where that cannot be."""
        os.setgroups(self.groups)
        os.setresgid(self.gid, self.gid, self.gid)
        os.setresuid(self.uid, self.uid, self.uid)


def invoking_user() -> Owner | None:
    """Who called sudo; None where this process is not root, or nobody else called it.

    Raises UsageError where the variables of sudo make no sense: root's rights are not the answer to that.
    """
    if os.geteuid() != 0 or "SUDO_UID" not in os.environ:
        return None
    uid = _number("SUDO_UID")
    if uid == 0:
        return None
    import pwd

    account = None
    try:
        named = pwd.getpwnam(os.environ.get("SUDO_USER", ""))
        account = named if named.pw_uid == uid else pwd.getpwuid(uid)
    except KeyError:
        account = next((entry for entry in pwd.getpwall() if entry.pw_uid == uid), None)
    if account is None:
        gid = _number("SUDO_GID")
        return Owner(str(uid), uid, gid, (gid,), "/", "/bin/sh")
    groups = tuple(os.getgrouplist(account.pw_name, account.pw_gid))
    asked = _number("SUDO_GID") if "SUDO_GID" in os.environ else account.pw_gid
    gid = asked if asked in groups else account.pw_gid
    return Owner(account.pw_name, uid, gid, groups, account.pw_dir or "/", account.pw_shell or "/bin/sh")


def _number(name: str) -> int:
    text = os.environ.get(name, "")
    if text.isascii() and text.isdecimal() and len(text) < 11 and int(text) <= _LARGEST:
        return int(text)
    message = f"{name} is `{text}`, so nobody knows whose rights the command should get"
    raise UsageError(Diagnostic("unknown-user", message, help="`--as-root` runs it as root"))
