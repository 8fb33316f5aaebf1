"""From the C text to a BPF ELF object, by the clang that is installed."""

import shutil
import subprocess
from collections.abc import Sequence

from ....grammar.diagnostic import Diagnostic, HostError

_NAMES = ("clang", *(f"clang-{version}" for version in range(22, 11, -1)))
_FLAGS = ("-target", "bpf", "-mcpu=v3", "-O2", "-g", "-x", "c", "-", "-o", "-")


def _clang(arguments: Sequence[str], text: str) -> bytes:
    found = next((path for path in map(shutil.which, _NAMES) if path), None)
    if found is None:
        help = "install it (Debian: `apt-get install clang`), or leave the default, `--backend llvm`"
        raise HostError(Diagnostic("no-clang", "the C backend needs clang, which is not installed", help=help))
    done = subprocess.run([found, *arguments, *_FLAGS], input=text.encode(), capture_output=True, check=False)
    if done.returncode:
        notes = tuple(done.stderr.decode(errors="replace").splitlines())
        raise HostError(Diagnostic("clang-refused", "clang does not compile the generated C", notes=notes))
    return done.stdout


def object_file(text: str) -> bytes:
    """The ELF object; raises HostError where there is no clang."""
    return _clang(["-c"], text)


def assembly(text: str) -> str:
    """BPF assembly."""
    return _clang(["-S", "-g0"], text).decode()
