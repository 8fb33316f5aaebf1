"""Machine code of our own, and memory that it may read: what Python's `mmap` gives no address of."""

import ctypes
import mmap
import os

_FAILED = ctypes.c_void_p(-1).value
_PAGE = mmap.PAGESIZE


class Mapping:
    """`size` bytes of a file from `offset` on, at `address` until it is closed. Raises OSError."""

    def __init__(self, fd: int, size: int, prot: int, flags: int, offset: int = 0) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._libc.mmap.restype = ctypes.c_void_p
        self._libc.mmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t, *(ctypes.c_int,) * 3, ctypes.c_long)
        self._libc.munmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
        found = self._libc.mmap(None, size, prot, flags, fd, offset)
        if found == _FAILED or found is None:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))
        self.address, self.size = int(found), size

    def close(self) -> None:
        """The address is no longer valid; twice is harmless."""
        if self.address:
            self._libc.munmap(self.address, self.size)
            self.address = 0


class Code:
    """Code that does not depend on where it lies, as `int f(void *)`. Raises OSError where a system forbids that.

    Nobody can write to the memory it runs from: a copy of a file that is in memory and has no name (memfd_create(2)).
    """

    def __init__(self, code: bytes) -> None:
        file = os.memfd_create("ply", os.MFD_CLOEXEC)
        try:
            os.write(file, code)
            self._memory = Mapping(file, len(code), mmap.PROT_READ | mmap.PROT_EXEC, mmap.MAP_PRIVATE)
        finally:
            os.close(file)
        self.run = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)(self._memory.address)

    def close(self) -> None:
        """It must not run any more."""
        self._memory.close()


def ring_data(fd: int, size: int) -> Mapping:
    """The data of a ring buffer map (`ring.py`), twice one after the other."""
    return Mapping(fd, 2 * size, mmap.PROT_READ, mmap.MAP_SHARED, 2 * _PAGE)
