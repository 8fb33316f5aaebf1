"""`-l PATTERN`: the probes that match, each with what it offers."""

import sys
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from ..compiler.host import Host
from ..compiler.registry import providers
from ..grammar.diagnostic import Diagnostic, UsageError
from ..grammar.render import suggest
from .host import LiveHost


def show_probes(pattern: str) -> int:
    """Print them; status 0, or 1 where none matches."""
    found = 0
    for probe, fields in list_probes(pattern, LiveHost()):
        found += 1
        print(f"{probe}  {fields}" if fields else probe)
    if not found:
        print(f"ply: no probe matches `{pattern}`", file=sys.stderr)
    return 0 if found else 1


def list_probes(pattern: str, host: Host) -> Iterator[tuple[str, str]]:
    """Probes and what they offer: all of `provider:glob`, or of all providers those whose name has the text in it.

    Raises UsageError for a provider that there is not.
    """
    known = providers()
    name, colon, target = pattern.partition(":")
    if colon:
        if name not in known:
            close = suggest(name, known)
            hint = f"did you mean `{close}:{target}`?" if close else f"there are {', '.join(sorted(known))}"
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
