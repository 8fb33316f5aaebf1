"""The compiler on one page: text -> tree -> ast -> probes -> typed -> ir -> object -> artifact.

`stages` yields each stage's name and result in turn, so that `--emit`, `-S`, the timing table of `-v` and the golden
tests all see the same compiler. Nothing in it touches the machine but through `host`.
"""

from collections.abc import Iterator

from ..grammar.parser import parse
from ..grammar.source import Source
from .artifact import Artifact
from .build_ast import build_ast
from .codegen import generate
from .host import Host
from .infer import infer
from .options import Options
from .registry import backend
from .resolve import resolve
from .swapping import swapped
from .verify import verify

STAGES = ("text", "tree", "ast", "probes", "typed", "ir", "object", "artifact")


def stages(source: Source, host: Host, options: Options) -> Iterator[tuple[str, object]]:
    """Every stage's name and result; raises CompileError or HostError."""
    yield "text", source
    tree = parse(source)
    yield "tree", tree
    program = build_ast(source, tree)
    yield "ast", program
    resolved = resolve(program, host, options)
    if resolved.error is None:
        yield "probes", resolved.clauses
    typed = verify(swapped(infer(program, resolved, host, options), options))
    yield "typed", typed
    assembler = backend(options.backend)
    emitter = assembler.emitter(source)
    generated = generate(typed, emitter, options, host.cpus, lambda offset: source.position(offset)[0])
    text = emitter.finish()
    yield "ir", text
    binary = assembler.assemble(text)
    yield "object", binary
    yield (
        "artifact",
        Artifact(
            source_name=source.name,
            source_text=source.text,
            object=binary,
            programs=generated.programs,
            probes=generated.probes,
            maps=typed.maps,
            events=typed.events,
            losses=generated.losses,
            strings=generated.strings,
            state=generated.state,
            stack_entries=options.stack_entries if generated.stacks else 0,
            ring_bytes=options.ring_bytes if typed.events else 0,
            waits=generated.waits,
            processes=generated.processes,
            machine=host.machine,
        ),
    )


def compile_source(source: Source, host: Host, options: Options) -> Artifact:
    """The last stage's result."""
    *_, (_, result) = stages(source, host, options)
    assert isinstance(result, Artifact)
    return result
