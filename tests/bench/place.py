"""Where the measurements are made: a mount namespace of its own, an installation as users have it, the peers.

The peers need tracefs; ply's cache is on a file system in memory, empty at first, and gone with this process.
"""

import ctypes
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
PACKAGES = frozenset({"lark", "llvmlite", "numpy", "elftools", "prompt_toolkit", "wcwidth"})
"""What ply needs of others; with the libraries that belong to it (`numpy.libs`)."""
_NEW_NAMESPACE, _PRIVATE_AND_BELOW = 0x20000, 1 << 18 | 1 << 14  # CLONE_NEWNS; MS_PRIVATE | MS_REC


class Peer(NamedTuple):
    """Another tracer: its name and version, and the command."""

    name: str
    command: str


class Place:
    """Everything that has to be there first; `close` removes it."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="ply-bench-"))
        libc = ctypes.CDLL(None, use_errno=True)
        steps = [libc.unshare(_NEW_NAMESPACE), libc.mount(b"none", b"/", None, _PRIVATE_AND_BELOW, None)]
        steps.append(libc.mount(b"tmpfs", b"/var/cache", b"tmpfs", 0, b"mode=755"))
        if any(steps):
            raise SystemExit("the benchmark needs root: it loads programs into the kernel")
        if not os.path.exists("/sys/kernel/tracing/events"):
            libc.mount(b"tracefs", b"/sys/kernel/tracing", b"tracefs", 0, None)
        self.calls = self._compiled("calls", "cc", "-O2", "-pthread")

    def _compiled(self, name: str, *compiler: str, suffix: str = "") -> str:
        target = self.folder / (name + suffix)
        subprocess.run([*compiler, "-o", target, HERE / f"{name}.c"], check=True)
        return str(target)

    @cached_property
    def ply(self) -> str:
        """The command, installed without the finder of editable installs, which costs each start 10 ms."""
        home = self.folder / "installed"
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", home], check=True)
        packages = next(home.glob("lib/python*/site-packages"))
        (packages / "plytrace").symlink_to(ROOT)
        for found in Path(sysconfig.get_path("purelib")).iterdir():
            if found.name.split(".")[0] in PACKAGES:
                (packages / found.name).symlink_to(found)
        script = home / "bin" / "ply"
        script.write_text(f"#!{home}/bin/python\nfrom plytrace.runtime.start import entry\nentry()\n")
        script.chmod(0o755)
        return str(script)

    @property
    def python(self) -> str:
        """The interpreter that `ply` runs in."""
        return str(Path(self.ply).with_name("python"))

    @cached_property
    def floor(self) -> tuple[str, str] | None:
        """The floor's object and the reader of its events; None where there is no clang."""
        if shutil.which("clang") is None:
            return None
        elf = self._compiled("floor", "clang", "-O2", "-g", "-target", "bpf", "-mcpu=v3", "-c", suffix=".o")
        return elf, self._compiled("drain", "cc", "-O2")

    @cached_property
    def bpftraces(self) -> list[Peer]:
        """Debian's, and those that the variable BPFTRACE names (binaries, separated by colons)."""
        named = [path for path in os.environ.get("BPFTRACE", "").split(":") if path]
        found = [path for path in (shutil.which("bpftrace"), *named) if path]
        return [Peer(_version(path), path) for path in dict.fromkeys(found)]

    @cached_property
    def ply_c(self) -> Peer | None:
        """ply in C, where the variable PLY_C names it."""
        path = os.environ.get("PLY_C", "")
        return Peer("ply (C)", path) if path else None

    def forget(self) -> None:
        """Empty ply's cache."""
        shutil.rmtree("/var/cache/plytrace", ignore_errors=True)

    def close(self) -> None:
        """Away with everything."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _version(path: str) -> str:
    said = subprocess.run([path, "--version"], capture_output=True, text=True).stdout
    return said.splitlines()[0].replace(" v", " ") if said else path
