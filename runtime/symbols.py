"""Kernel symbols from /proc/kallsyms: address -> name and offset, and name -> addresses.

    KernelSymbols().frame(0xffffffff8120760a) -> Frame(address=..., symbol="abort", offset=10)

Reading the file takes the kernel 35 to 50 ms for 122,000 symbols, so it is read once, when the first name is asked
for, and it is not parsed at all: the kernel's own part is sorted by address (the kernel itself searches it by
halves), so lines are found by bisecting the text. Only the lines of modules, in any order, are sorted first.
Nothing is cached between runs: an address means another function after a reboot or when a module is loaded.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator

from ..compiler.values import Frame

_TEXT_KINDS = b"tTwW"
_FARTHEST = 1 << 20  # no function is longer: an address farther behind a symbol belongs to none
_STEP = 4096  # bytes of text: an address at each, so that only what lies between two of them is searched
_HIDDEN = (
    "kernel addresses are hidden from this process (kernel.kptr_restrict, or CAP_SYSLOG is missing): "
    "kernel functions show as numbers"
)


def read_kallsyms() -> bytes:
    """The kernel's symbol table as text; raises OSError where it cannot be read."""
    with open("/proc/kallsyms", "rb", buffering=0) as file:
        return file.read()


class KernelSymbols:
    """The kernel's symbols, read when first asked; `read` gives the text of /proc/kallsyms.

    Where `problem` is not empty, frames have addresses only, and no name is found.
    """

    def __init__(self, read: Callable[[], bytes] = read_kallsyms) -> None:
        self._read = read
        self._table: _Table | None = None
        self._problem = ""
        self._frames: dict[int, Frame] = {}

    @property
    def loaded(self) -> bool:
        """Whether the table was read, because a name was asked for."""
        return self._table is not None

    @property
    def problem(self) -> str:
        """Why there are no names, as a sentence for the user; "" where there are."""
        self.load()
        return self._problem

    def load(self) -> None:
        """Read the table now, if it was not yet: may run in a thread while the trace is going on."""
        if self._table is None:
            try:
                self._table = _Table(self._read())
            except OSError as error:
                self._table = _Table(b"")
                self._problem = f"cannot read {error.filename or '/proc/kallsyms'}: {error.strerror}"
            else:
                self._problem = "" if self._table.shows_addresses else _HIDDEN

    def frame(self, address: int) -> Frame:
        """The function around an address; a frame without a symbol where there is none."""
        known = self._frames.get(address)
        if known is None:
            known = self._frames[address] = self._find(address)
        return known

    def lookup(self, name: str) -> list[int]:
        """The addresses of all functions of this name, sorted; static functions may share one."""
        self.load()
        if self._table is None or self._problem:
            return []
        return sorted(self._table.addresses(name.encode()))

    def _find(self, address: int) -> Frame:
        self.load()
        if self._table is None or self._problem:
            return Frame(address)
        line = self._table.before(address)
        if not line:
            return Frame(address)
        start, kind, name, module = _fields(line)
        if kind not in _TEXT_KINDS or address - start >= _FARTHEST:
            return Frame(address)
        return Frame(address, name, address - start, module)


class _Table:
    """The text of /proc/kallsyms: `ADDRESS KIND NAME`, and for modules a tab and `[MODULE]`, one symbol a line."""

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._digits = max(text.find(b" "), 0)
        self._kernel_end = bisect_left(range(len(text)), True, key=lambda offset: b"\t" in self._line(offset))
        self._steps = [self._address_at(offset) for offset in range(0, self._kernel_end, _STEP)]
        modules = text[self._kernel_end :].splitlines()
        self._modules = sorted(line for line in modules if line[self._digits + 1] in _TEXT_KINDS)

    @property
    def shows_addresses(self) -> bool:
        """False where all of them are zero."""
        last = self._line(self._kernel_end - 1) if self._kernel_end else b""
        return last[: self._digits].strip(b"0") != b""

    def before(self, address: int) -> bytes:
        """The line of the last symbol that starts at or before an address; b"" where there is none."""
        wanted = b"%0*x" % (self._digits, address)
        if len(wanted) > self._digits:
            return b""
        return max(self._kernel_line(wanted), self._module_line(wanted), key=lambda line: line[: self._digits])

    def addresses(self, name: bytes) -> Iterator[int]:
        """The addresses of the functions called `name`."""
        for needle in (b" %b\n" % name, b" %b\t" % name):
            found = self._text.find(needle)
            while found >= 0:
                if self._text[found - 1] in _TEXT_KINDS:
                    yield int(self._text[found - 2 - self._digits : found - 2], 16)
                found = self._text.find(needle, found + 1)

    def _line(self, offset: int) -> bytes:
        """The line around an offset, without its line end, which counts as part of it."""
        end = self._text.find(b"\n", offset)
        return self._text[self._text.rfind(b"\n", 0, offset) + 1 : end if end >= 0 else None]

    def _address_at(self, offset: int) -> bytes:
        """The address, in digits, of the line around an offset."""
        begin = self._text.rfind(b"\n", 0, offset) + 1
        return self._text[begin : begin + self._digits]

    def _kernel_line(self, wanted: bytes) -> bytes:
        """The kernel symbol at or before `wanted`; of several functions at one address the first, as the kernel does.

        Digits of equal length compare like the numbers they stand for.
        """
        chosen = b""
        step = bisect_right(self._steps, wanted)
        near = range(max(0, step - 1) * _STEP, min(self._kernel_end, step * _STEP))
        after = near.start + bisect_right(near, wanted, key=self._address_at)
        while after > 0:
            line = self._line(after - 1)
            if chosen and line[: self._digits] != chosen[: self._digits]:
                break
            if not chosen or line[self._digits + 1] in _TEXT_KINDS:
                chosen = line
            after -= len(line) + 1
        return chosen

    def _module_line(self, wanted: bytes) -> bytes:
        after = bisect_right(self._modules, wanted, key=lambda line: line[: self._digits])
        return self._modules[after - 1] if after else b""


def _fields(line: bytes) -> tuple[int, bytes, str, str]:
    """Address, kind, name and module ("" for the kernel) of a line."""
    address, kind, rest = line.split(b" ", 2)
    name, _, module = rest.decode("utf-8", "replace").partition("\t")
    return int(address, 16), kind, name, module.strip("[]")
