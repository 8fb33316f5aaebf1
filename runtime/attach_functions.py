"""Programs at functions of the kernel: one kprobe_multi link for many, or a perf event for each of them.

Of the functions of a pattern the kernel may bar some, because it runs them while it handles a probe. Those are left
out and named, as long as there is another one.
"""

import errno
from collections.abc import Sequence
from functools import cache

from ..compiler.attachment import Kprobe, KprobeMulti
from .attached import Attached, Step
from .kernel import bpf, perf
from .kernel.failure import Reason, Reasons

_ABSENT = frozenset({errno.ENOENT, errno.ESRCH})
_BARRED = frozenset({*_ABSENT, errno.EINVAL, errno.EADDRNOTAVAIL})


def place_kprobes(place: Kprobe, program: int, held: Attached, step: Step) -> None:
    """A perf event for each function. An OSError has the one that was refused as `filename`."""
    pmu = perf.kprobe_pmu()
    places = [(name, name, place.offset) for name in place.functions]
    places += [(name, "", address) for name, address in place.shared]
    refusal: OSError | None = None
    for name, function, offset in places:
        step()
        try:
            event = perf.open_kprobe(pmu, function, offset, place.on_return)
        except OSError as error:
            error.filename = name or f"{offset:#x}"
            if not place.optional or error.errno not in _BARRED:
                raise
            refusal = _left_out(name, error, held)
        else:
            _connect(event, program, place.on_return, held)
    if refusal and not held.events:
        raise refusal


def _connect(event: int, program: int, on_return: bool, held: Attached) -> None:
    """A return by a link, which knows how many were missed; else as all others (Linux before 5.15)."""
    held.events.append(event)  # first, so that it is closed if the rest fails
    if on_return:
        try:
            held.links.append(bpf.attach_perf_event(program, event, 0))
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
        else:
            perf.enable(event)
            return
    perf.connect(event, program)


def place_many(place: KprobeMulti, program: int, held: Attached) -> None:
    """One link for all, and one for those that share their name with others: the kernel finds one function by a name.

    An OSError has the function that was refused as `filename`.
    """
    named = [(name, name) for name in place.functions]
    refusals = [_link(place, program, pairs, held) for pairs in (named, list(place.shared)) if pairs]
    refusal = next(filter(None, refusals), None)
    if refusal and not held.links:
        raise refusal


def _link(place: KprobeMulti, program: int, pairs: Sequence[tuple[str, str | int]], held: Attached) -> OSError | None:
    """One link; where one of the functions is refused, those that there are not are left out, or else it is halved."""
    try:
        held.links.append(bpf.attach_kprobe_multi(program, [each for _, each in pairs], place.on_return))
    except OSError as error:
        if error.errno not in _ABSENT and (error.errno != errno.EINVAL or isinstance(pairs[0][1], str)):
            raise
        if place.optional:
            present = [pair for pair in pairs if pair[0] in _known()]
            if len(present) < len(pairs):
                return _link(place, program, present, held) if present else error
        if len(pairs) == 1:
            error.filename = pairs[0][0]
            if not place.optional:
                raise
            return _left_out(pairs[0][0], error, held)
        middle = len(pairs) // 2
        refusals = [_link(place, program, half, held) for half in (pairs[:middle], pairs[middle:])]
        return next(filter(None, refusals), None)
    return None


def _left_out(name: str, error: OSError, held: Attached) -> OSError:
    """Note it, unless it is none of this kernel's functions: a list of system calls has some of those."""
    if name in _known():
        held.barred.append(name)
    return error


@cache
def _known() -> frozenset[str]:
    from .host import LiveHost

    return frozenset(LiveHost().functions("*"))


def function_reasons(place: Kprobe | KprobeMulti, culprit: object) -> Reasons:
    """What each errno means here; `culprit` is the function that was refused."""
    listed = f"`ply -l 'k:*{culprit}*'` lists what there is"
    absent = Reason(f"this kernel has no function {culprit} to probe", listed, "no-function")
    if isinstance(place, KprobeMulti):
        why = "the kernel has no kprobe_multi links (CONFIG_FPROBE)"
        lack = Reason(why, "use one kprobe a function", "no-fprobe")
        return {errno.ENOENT: absent, errno.ESRCH: absent, errno.EOPNOTSUPP: lack, errno.EINVAL: lack}
    barred = Reason(f"the kernel allows no probe in {culprit}", "probe its caller", "no-function")
    split = Reason(f"no instruction of {culprit} begins at this offset", "", "no-function")
    why = f"several functions are called {culprit}, and the kernel does not know which of them is meant"
    several = Reason(why, "give an address of /proc/kallsyms: `kprobe:0xADDRESS`", "no-function")
    return {errno.ENOENT: absent, errno.EINVAL: barred, errno.EADDRNOTAVAIL: several, errno.EILSEQ: split}
