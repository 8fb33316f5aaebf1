"""What the verifier's refusal means in the script: its last quoted line is the script's own, the reason follows it.

"; @[pid].quantize(arg(2)) @ x.ply:1\\n 41: ...\\nR2 invalid"   ->   error at line 1 of x.ply: R2 invalid
"""

from ..compiler.artifact import Artifact
from ..grammar.diagnostic import Diagnostic, HostError
from ..grammar.source import Source, Span
from .kernel.object import VerifierError

_CHATTER = ("processed ", "verification time", "stack depth", "-- END PROG", "mark_precise", ";")
_FAULT = "this is a fault of ply: please report it, with what `ply -d` prints"
_TOO_LARGE = "do less in one clause: fewer statements, fewer rounds of its loops"


def explain(error: VerifierError, artifact: Artifact) -> HostError:
    """The same refusal, at a place in the script; the whole log stays in `log`."""
    source = Source(artifact.source_name, artifact.source_text)
    lines = [line.strip() for line in error.log.splitlines() if line.strip()]
    reason = next((line for line in reversed(lines) if not line.startswith(_CHATTER)), "no reason given")
    entry = next((entry for entry in artifact.programs if entry.symbol == error.program), None)
    probes = ", ".join(entry.probes) if entry else error.program
    explained = VerifierError(error.program, error.log)
    explained.diagnostics = (
        Diagnostic(
            "verifier",
            f"the kernel's verifier refuses the program for {probes}: {reason}",
            _place(lines, source),
            help=_TOO_LARGE if "too large" in reason else _FAULT,
        ),
    )
    explained.source = source
    return explained


def _place(lines: list[str], source: Source) -> Span | None:
    """The script's line that was quoted last."""
    quoted = [line[1:].split(" @ ")[0].strip() for line in lines if line.startswith(";")]
    start = 0
    spans: dict[str, Span] = {}
    for text in source.text.split("\n"):
        stripped = text.strip()
        begin = start + text.find(stripped)
        spans.setdefault(stripped, Span(begin, begin + len(stripped)))
        start += len(text) + 1
    return next((spans[text] for text in reversed(quoted) if text in spans), None)
