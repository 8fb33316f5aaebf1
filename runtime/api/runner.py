"""A whole run in one call.

plytrace.run("kprobe:SyS_read { @[comm()].count() }", command=["dd", "if=/etc/passwd"]).maps["@"].to_dict()
-> {("bash",): 3, ("dd",): 512}
"""

import os
from collections.abc import Sequence
from dataclasses import replace

from .errors import explained, wrong
from .program import Program
from .result import LossError, Result
from .stdio import Stream
from .trace import Trace

LOST = 4
"""The exit status that says that data was lost."""


def run(
    program: str | os.PathLike[str] | Program,
    *,
    command: Sequence[str | os.PathLike[str]] | None = None,
    duration: float | None = None,
    pid: int | None = None,
    parameters: Sequence[object] | None = None,
    map_entries: int | None = None,
    stack_entries: int | None = None,
    ring_size: int | None = None,
    backend: str | None = None,
    via: str | None = None,
    unsafe: bool = False,
    strict: bool = False,
    stdin: Stream = None,
    stdout: Stream = None,
    stderr: Stream = None,
    capture_output: bool = False,
) -> Result:
    """Run a script to its end: its `exit()`, the end of `command`, or `duration` in seconds, whichever comes first.

    `program` is program text, a path object for a file, or a `Program`; `command` a list of words, started once all
    probes count, and ended if it outlives the run; `$target` is its pid, or `pid`, which limits all probes to one
    process. `stdin`, `stdout`, `stderr` are the command's, inherited where None, as in `subprocess.run`; with
    `capture_output` the result has what the command wrote. `unsafe` allows the script to call `system` and `cat`.
    All else is as in `plytrace.compile`.

    Raises CompileError (the program is wrong), HostError (this machine cannot: privilege, feature, probe), UsageError
    (an argument makes no sense, there is no such command), LossError with the result in it where data was lost and
    `strict` is true. KeyboardInterrupt passes, and like all of these leaves nothing in the kernel.
    """
    if duration is not None and not duration > 0:
        raise wrong("option-value", f"`duration` is a number of seconds, not {duration}")
    trace = Trace(
        program,
        command=command,
        pid=pid,
        parameters=parameters,
        map_entries=map_entries,
        stack_entries=stack_entries,
        ring_size=ring_size,
        backend=backend,
        via=via,
        unsafe=unsafe,
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        capture_output=capture_output,
    )
    with trace:
        trace.wait(duration)
    if strict and trace.result.losses:
        with explained():
            raise LossError(replace(trace.result, status=trace.result.status or LOST))
    return trace.result
