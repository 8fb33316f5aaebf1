"""C: restricted C text that says what the programs do, and that clang's BPF target compiles, where it is installed."""

from ...backend import Backend
from .assemble import assembly, object_file
from .emit import CEmitter

BACKEND = Backend("c", CEmitter, object_file, assembly)
