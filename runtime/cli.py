"""The command `ply`: what its arguments ask for is done, and every error becomes a message and an exit status."""

import gc
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from io import TextIOWrapper
from typing import TYPE_CHECKING, TextIO

from ..compiler.options import Options
from ..grammar.diagnostic import CompileError, Diagnostic, HostError, PlyError, UsageError
from ..grammar.frozen import replace
from ..grammar.source import Source
from .arguments import Invocation, parse_arguments
from .environment import environment

if TYPE_CHECKING:
    from .owner import Owner

LOST = 4


def entry() -> None:
    """The console script."""
    # A map of a million rows makes many objects and no garbage: looking for some took a tenth of the time.
    gc.set_threshold(100_000, 50, 100)
    status = main(sys.argv[1:])
    with suppress(OSError):
        sys.stdout.flush()
    # Everything is closed: what is left of the interpreter's shutdown only costs time.
    os._exit(status)


def main(words: Sequence[str]) -> int:
    """Do what the command line says; returns the exit status."""
    debug = False
    try:
        if words and words[0] == "fmt":
            from .fmt import fmt

            return fmt(words[1:], _explain)
        invocation = parse_arguments(words, _read)
        debug = invocation.debug
        return _dispatch(invocation)
    except CompileError as error:
        return _explain(error, 1)
    except UsageError as error:
        return _explain(error, 2)
    except HostError as error:
        if debug:
            _show_log(error)
        return _explain(error, 3)
    except KeyboardInterrupt:
        return 0
    except BrokenPipeError:
        _drop_output()
        return 0
    except OSError as error:
        print(f"ply: cannot write: {error.strerror}", file=sys.stderr)
        return 3


def _explain(error: PlyError, status: int) -> int:
    from ..grammar.render import render

    for diagnostic in error.diagnostics:
        print(render(diagnostic, error.source, colour=sys.stderr.isatty()), file=sys.stderr)
    return status


def _show_log(error: HostError) -> None:
    """The kernel's own words, where it refused a program."""
    from .kernel.object import VerifierError

    if isinstance(error, VerifierError):
        print(error.log, file=sys.stderr)


def _drop_output() -> None:
    """The reader is gone: nothing more can be written there, and the interpreter must not try."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _read(path: str) -> str:
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        return file.read()


def _dispatch(invocation: Invocation) -> int:
    if invocation.version:
        from .. import __version__

        print(f"ply {__version__}")
        return 0
    if invocation.help is not None:
        from .help import show_help

        return show_help(invocation.help)
    if invocation.self_test:
        from .selftest import self_test

        return self_test(sys.stdout)
    if invocation.list is not None:
        from .lister import show_probes

        return show_probes(invocation.list)
    if invocation.completion is not None:
        from .completion import completion

        print(completion(invocation.completion), end="")
        return 0
    if invocation.man:
        from .man import man

        print(man(), end="")
        return 0
    if invocation.check:
        from .check import check

        return check(invocation, _options(invocation), _explain)
    if invocation.program is None:
        return _prompt(invocation)
    return _run(invocation, invocation.program)


def _prompt(invocation: Invocation) -> int:
    """No program: they are typed, or come from a pipe."""
    from .repl.start import start

    status = start(invocation)
    if status is None:
        from .help import show_usage

        return show_usage()
    return status


def _run(invocation: Invocation, text: str) -> int:
    if invocation.pid and not os.path.exists(f"/proc/{invocation.pid}"):
        raise UsageError(
            Diagnostic("no-such-process", f"there is no process {invocation.pid}", help="nothing was traced")
        )
    source = Source(invocation.source_name, text)
    options = replace(_options(invocation), environment=environment(text))
    try:
        if "--help" in invocation.parameters or "-h" in invocation.parameters:
            from .script_help import script_help

            print(script_help(source), end="")
            return 0
        return _trace(invocation, source, options)
    except PlyError as error:
        error.source = error.source or source
        raise


def _options(invocation: Invocation) -> Options:
    return Options(
        backend=invocation.backend,
        map_entries=invocation.map_entries,
        parameters=invocation.parameters,
        via=invocation.via,
        target=invocation.pid != 0,
        ring_bytes=invocation.ring_size,
        stack_entries=invocation.stack_entries,
        delta=invocation.delta,
    )


def _trace(invocation: Invocation, source: Source, options: Options) -> int:
    if invocation.dump or invocation.emit:
        from .emit import show_stages

        show_stages(source, options, invocation.emit, sys.stdout)
        return 0
    if invocation.explain:
        from .explain import explain

        return explain(source, options, sys.stdout)
    from .build import build

    built = build(source, options)
    if invocation.verbose:
        for stage, seconds in built.timings:
            print(f"{stage:>10} {seconds * 1000:8.1f} ms", file=sys.stderr)
    if invocation.dry_run:
        return 0
    if not invocation.unsafe:
        from .unsafe import refuse_unsafe

        refuse_unsafe(built.artifact)
    from .output import check, create
    from .output.protocol import Settings
    from .results import Order
    from .session import RunSettings, run
    from .tracer import shown_maps

    check(invocation.format, shown_maps(built.artifact), invocation.map, invocation.delta)
    stream = _stream(invocation)
    how = Settings(
        invocation.ascii, _width(stream), terminal=stream.isatty(), map=invocation.map, delta=invocation.delta
    )
    output = create(invocation.format, stream, how)
    by, _, direction = invocation.sort.partition(":")
    order = Order(invocation.top, "key" if by == "key" else "value" if by else "", direction == "desc")
    settings = RunSettings(
        invocation.command,
        _owner(invocation),
        invocation.timeout,
        invocation.pid,
        invocation.quiet,
        order,
        invocation.map,
        invocation.every,
        invocation.delta,
    )
    end = run(built.artifact, output, settings)
    if end.status == 0 and end.lost and invocation.strict:
        return LOST
    return end.status


def _owner(invocation: Invocation) -> "Owner | None":
    """Who the command runs as; without sudo nobody else, and nothing to import."""
    if not invocation.command or invocation.as_root or "SUDO_UID" not in os.environ:
        return None
    from .owner import invoking_user

    return invoking_user()


def _stream(invocation: Invocation) -> TextIO:
    if not invocation.output:
        if invocation.unbuffered and isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(write_through=True)
        return sys.stdout
    try:
        return open(invocation.output, "w", encoding="utf-8")
    except OSError as error:
        message = f"cannot write to `{invocation.output}`: {error.strerror}"
        raise UsageError(Diagnostic("cannot-write", message)) from None


def _width(stream: TextIO) -> int:
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except OSError:
        return 80
