"""How a provider of probes is declared. One file in `compiler/providers/` sets `PROVIDER`.

Its module docstring is the public documentation: first line what it offers, then an example.
"""

from collections.abc import Callable, Sequence

from ..grammar.frozen import dataclass
from .access import Candidate
from .ast import ProbeSpec
from .host import Feature, Host


@dataclass(frozen=True, slots=True)
class Provider:
    """`places` answers a probe with the places it means (several for a wildcard that is not one attachment), and
    for each of them the ways to be there, best first; it raises HostError or CompileError where there is none.

    `listing` yields (probe, description of its fields) for `-l`, for probes that match a glob. Without what it `needs`
    there are none to list; those `in_files` are listed file by file: `FILE:GLOB`.
    """

    name: str
    places: Callable[[ProbeSpec, Host], Sequence[Sequence[Candidate]]]
    listing: Callable[[str, Host], Sequence[tuple[str, str]]]
    aliases: tuple[str, ...] = ()
    needs: Feature | None = None
    in_files: bool = False
