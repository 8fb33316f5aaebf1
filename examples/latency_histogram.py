#!/usr/bin/env python3
"""How long does read(2) take? A notebook in one file: each `# %%` begins a cell.

    sudo python3 latency_histogram.py                                            all programs, for five seconds
    sudo python3 latency_histogram.py dd if=/dev/zero of=/dev/null bs=1M count=2000            one command

With matplotlib installed it draws `read-latency.png`, without it says so, and the histogram comes as text:

    2003 calls of read(2): half of them took at most 32.8us, 99 % at most 65.5us
    dd                   2003
    matplotlib is not installed (`pip install matplotlib`): no picture, but
    @latency:
    [2.05us,  4.1us)       1 ┤▏                               │
    [ 4.1us, 8.19us)       0 ┤                                │
    [8.19us, 16.4us)       1 ┤▏                               │
    [16.4us, 32.8us)    1962 ┤████████████████████████████████│
    [32.8us, 65.5us)      37 ┤▋                               │
    [65.5us,  131us)       2 ┤▏                               │
"""

import subprocess
import sys

import plytrace

try:
    from matplotlib import pyplot
except ImportError:
    pyplot = None

# %% What to measure: the nanoseconds from a call to its return, and how often each program calls.

COMMAND = sys.argv[1:]
PROGRAM = f"""
kprobe:SyS_read {"/ pid == $target /" if COMMAND else ""} {{ @start[tid] = time }}
kretprobe:SyS_read / @start[tid] / {{
    @latency.quantize(time - @start[tid]);
    @calls[comm].count();
    delete @start[tid];
}}
"""

# %% Trace around a command, or for five seconds. What was lost, if anything, is in the result.

try:
    if COMMAND:
        result = plytrace.run(PROGRAM, command=COMMAND, stderr=subprocess.DEVNULL)
    else:
        result = plytrace.run(PROGRAM, duration=5)
except (plytrace.HostError, plytrace.UsageError) as error:
    sys.exit(str(error))
print(*result.losses, sep="\n", end="\n" if result.losses else "")

# %% Percentiles come with their error: both bounds of the bucket that they are in.


def time(nanoseconds: int | None) -> str:
    """Three digits and a unit."""
    if nanoseconds is None:
        return "..."
    sizes = ((10**9, "s"), (10**6, "ms"), (10**3, "us"), (1, "ns"))
    size, unit = next((each for each in sizes if nanoseconds >= each[0]), sizes[-1])
    return f"{nanoseconds / size:.3g}{unit}"


latency = result.maps["@latency"].of(plytrace.Histogram)
if not latency:
    sys.exit("nobody has called read(2)")
histogram = latency[()]
(_, half), (_, most) = histogram.percentile(50), histogram.percentile(99)
print(f"{histogram.count} calls of read(2): half of them took at most {time(half)}, 99 % at most {time(most)}")
for row in reversed(result.maps["@calls"].of(int).rows[-5:]):
    print(f"{row.key[0]:16} {row.value:8}")

# %% The picture: a bar for each bucket, each twice as wide as the one before it.

if pyplot is None:
    print("matplotlib is not installed (`pip install matplotlib`): no picture, but", latency, sep="\n")
else:
    buckets = histogram.buckets
    figure, axes = pyplot.subplots(figsize=(9, 4.5), layout="constrained")
    axes.bar(range(len(buckets)), [bucket.count for bucket in buckets], width=0.95)
    axes.set_xticks([place - 0.5 for place in range(len(buckets))], [time(bucket.low) for bucket in buckets])
    axes.tick_params(axis="x", rotation=45)
    axes.set(xlabel=f"latency of read(2), {histogram.count} calls", ylabel="calls")
    for percent in (50, 99):
        place = [(bucket.low, bucket.high) for bucket in buckets].index(histogram.percentile(percent))
        axes.axvline(place, color="tab:red", linestyle="--")
        axes.annotate(f"p{percent}", (place, 1.01), xycoords=("data", "axes fraction"), ha="center")
    figure.savefig("read-latency.png", dpi=120)
    print("drawn: read-latency.png")
