"""The floor: a program of floor.c around a command, as `python floor.py OBJECT PROGRAM [DRAIN FILE] -- COMMAND...`."""

import os
import signal
import subprocess
import sys

from plytrace.runtime.kernel import bpf
from plytrace.runtime.kernel.object import BpfObject

RING = 4 << 20


def main(words: list[str]) -> int:
    """Attach one program, run the command, say how many events there were."""
    split = words.index("--")
    elf, wanted, *reader = words[:split]
    with open(elf, "rb") as file:
        content = file.read()
    with BpfObject.open(content) as loaded:
        for name in loaded.programs():
            loaded.set_autoload(name, name == wanted)
        loaded.load()
        link = bpf.attach_raw_tracepoint(loaded.program(wanted).fd, None)
        draining = None
        if reader:
            ring = loaded.map("ring").fd
            os.set_inheritable(ring, True)
            command = [reader[0], str(ring), str(RING), reader[1]]
            draining = subprocess.Popen(command, close_fds=False, stdout=subprocess.PIPE)
            assert draining.stdout and draining.stdout.readline() == b"ready\n"
        status = subprocess.run(words[split + 1 :]).returncode
        os.close(link)
        if draining:
            draining.send_signal(signal.SIGTERM)
            draining.wait()
    return status


sys.exit(main(sys.argv[1:]))
