"""Attachments in words, for people who want to know what will be done to their kernel."""

from typing import assert_never

from ..compiler.attachment import (
    Attachment,
    BtfTracepoint,
    Counted,
    Fentry,
    Iterator,
    Kprobe,
    KprobeMulti,
    Once,
    RawTracepoint,
    Signal,
    Timer,
    Tracepoint,
    Uprobe,
    Watch,
)


def in_words(place: Attachment) -> str:
    """`at the tracepoint sched:sched_switch, with its record`."""
    match place:
        case BtfTracepoint(name=name) | RawTracepoint(name=name):
            return f"at the raw tracepoint {name}"
        case Tracepoint(group=group, name=name):
            return f"at the tracepoint {group}:{name}, with its record"
        case Fentry(function=function, on_return=on_return):
            return f"a trampoline at the {_end(on_return)} of {function}"
        case Kprobe(functions=("",), offset=offset):
            return f"a perf event at {offset:#x}"
        case Kprobe(on_return=on_return, offset=offset):
            where = f"{offset} bytes into" if offset else f"at the {_end(on_return)} of"
            return f"a perf event {where} {_some(place)}"
        case KprobeMulti(on_return=on_return):
            return f"one link at the {_end(on_return)} of {_some(place)}"
        case Uprobe(path=path, offsets=offsets, on_return=on_return, multi=multi):
            how = "one link" if multi else "a perf event each"
            places = "1 place" if len(offsets) == 1 else f"{len(offsets)} places"
            return f"{how} at {places} in {path}{', at the return' if on_return else ''}"
        case Counted(period=period, frequency=frequency, cpu=cpu):
            where = f"CPU {cpu}" if cpu >= 0 else "each CPU"
            return f"a perf event on {where}, " + (f"{frequency} times a second" if frequency else f"each {period}")
        case Watch(address=address, length=length, mode=mode, user=user):
            whose = "of one process" if user else "of the kernel, on each CPU"
            return f"a hardware breakpoint {whose} at {address:#x}, {length} bytes, {mode}"
        case Iterator(name=name):
            return f"an iterator over {name}, once"
        case Timer(period_ns=period):
            return f"run by user space every {period / 1e6:g} ms"
        case Signal(name=name):
            return f"run by user space at each {name} to ply"
        case Once(when=when):
            return f"run by user space once, at {when}"
        case _:
            assert_never(place)


def _end(on_return: bool) -> str:
    return "return" if on_return else "entry"


def _some(place: Kprobe | KprobeMulti) -> str:
    functions = [*place.functions, *(f"{name} at {address:#x}" for name, address in place.shared)]
    if len(functions) <= 3:
        return ", ".join(functions)
    return f"{len(functions)} functions ({', '.join(functions[:2])}, ...)"
