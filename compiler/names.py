"""Numbers that stand for names: what `func` stores in the kernel, and user space reads back.

Below INTERNED they are system calls, from there to INTERNED_END indices into the artifact's strings, above addresses.
"""

INTERNED = 1 << 16
INTERNED_END = 1 << 32
