"""What a probe offers: fields with their types, and the builtins that it knows; asked of its provider, never guessed.

offered("kprobe:SyS_read", host)  ->  Offer([("fd", "u32", 0), ("buf", "s8 *", 1), ...], frozenset({"arguments", ...}))
"""

from collections.abc import Sequence
from typing import NamedTuple

from ...compiler.access import Candidate, Need
from ...compiler.build_ast import probe_spec
from ...compiler.host import Host, Prototype
from ...compiler.provider_names import meant
from ...compiler.registry import functions, providers
from ...compiler.types import describe
from ...grammar.diagnostic import Diagnostic, UsageError
from ...grammar.source import Span

Field = tuple[str, str, int]
"""Name, type, and which argument it is, from zero; -1 for none."""


class Offer(NamedTuple):
    """`fields` without those that all tracepoints have; `arguments` are `arg0` and so on, as far as they are described.

    `needs` is what functions may need of it.
    """

    fields: Sequence[Field]
    needs: frozenset[Need]
    arguments: Sequence[Field] = ()

    @property
    def builtins(self) -> Sequence[str]:
        """The names of the functions that can be called there, but not everywhere."""
        return sorted({entry.name for entry in functions().values() if entry.needs and entry.needs <= self.needs})


def offered(probe: str, host: Host) -> Offer:
    """Of the ways to attach that this machine has; raises UsageError, CompileError or HostError where there is none."""
    spec = probe_spec(probe, Span(0, len(probe)))
    provider = providers().get(spec.provider)
    if provider is None:
        help = meant(spec.provider, spec.target)
        raise UsageError(Diagnostic("unknown-provider", f"there is no provider `{spec.provider}`", help=help))
    ways = [candidate for place in provider.places(spec, host)[:1] for candidate in place]
    possible = [way for way in ways if way.missing is None] or ways
    needs = frozenset(need for way in possible for need in way.offers)
    fields = next((found for found in map(_fields, possible) if found), ())
    arguments = [field for field in fields if field[2] >= 0]
    if not arguments and "arguments" in needs and possible[0].access.space != "user":
        arguments = _parameters(host.prototype(spec.target))
    return Offer(fields, needs, arguments)


def _parameters(prototype: Prototype | None) -> list[Field]:
    """The parameters of a kernel function, as far as the compiler has types for them."""
    parameters = enumerate(prototype.parameters if prototype else ())
    return [(name, describe(kind) if kind else "?", place) for place, (name, kind) in parameters]


def _fields(way: Candidate) -> Sequence[Field]:
    fields = way.access.fields().items()
    shown = (pair for pair in fields if not pair[0].startswith("common_"))
    return [(name, describe(field.type), field.argument) for name, field in shown]
