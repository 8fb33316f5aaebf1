"""`-l PATTERN`: the probes that match, each with what it offers."""

import sys
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from ..compiler.host import Host
from ..compiler.provider import Provider
from ..compiler.provider_names import meant
from ..compiler.registry import providers
from ..grammar.diagnostic import Diagnostic, UsageError
from .host import LiveHost


def show_probes(pattern: str) -> int:
    """Print them; status 0, or 1 where none matches."""
    found, host = 0, LiveHost()
    for probe, fields in list_probes(pattern, host):
        found += 1
        print(f"{probe}  {fields}" if fields else probe)
    if not found:
        print(f"ply: {none_found(pattern, host)}", file=sys.stderr)
    return 0 if found else 1


def none_found(pattern: str, host: Host) -> str:
    """That nothing matches, and why, where that is known."""
    name, _, target = pattern.partition(":")
    return "; ".join(filter(None, (f"no probe matches `{pattern}`", *_why_none(providers().get(name), target, host))))


def _why_none(entry: Provider | None, target: str, host: Host) -> tuple[str, ...]:
    if entry is None:
        return ()
    lack = host.missing(entry.needs) if entry.needs else None
    file, colon, _ = target.partition(":")
    if lack is None and entry.in_files and not colon:
        example = "python3:*" if entry.name == "usdt" else "libc:mall*"
        wanted = f"{file}:*" if file else example
        return (f"those of {entry.name} are in programs and libraries: `ply -l '{entry.name}:{wanted}'`",)
    return (lack.why, lack.remedy) if lack else ()


def list_probes(pattern: str, host: Host) -> Iterator[tuple[str, str]]:
    """Probes and what they offer: all of `provider:glob`, or of all providers those whose name has the text in it.

    Raises UsageError for a provider that there is not.
    """
    known = providers()
    name, colon, target = pattern.partition(":")
    if colon:
        if name not in known:
            hint = meant(name, target)
            raise UsageError(Diagnostic("unknown-provider", f"there is no provider `{name}`", help=hint))
        yield from _only(f"*:{target or '*'}", known[name].listing(target or "*", host))
        return
    if pattern in known:
        yield from known[pattern].listing("*", host)
        return
    wanted = pattern if not _plain(pattern) else f"*{pattern}*"
    for provider in {id(entry): entry for entry in known.values()}.values():
        yield from _only(f"*{wanted}*", provider.listing(wanted or "*", host))


def _only(pattern: str, probes: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Those whose whole name matches: some providers list what they have, whatever is asked for."""
    slashed = pattern.replace("/", ":")
    return (entry for entry in probes if fnmatchcase(entry[0], pattern) or fnmatchcase(entry[0], slashed))


def _plain(pattern: str) -> bool:
    return not any(character in pattern for character in "*?[")
