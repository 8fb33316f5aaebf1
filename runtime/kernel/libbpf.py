"""libbpf.so.1 through ctypes, loaded when first used: prototypes, and what it prints kept as data.

Prototypes: libbpf 1.0's headers bpf/libbpf.h and bpf/btf.h. Functions that return a pointer give None and
set errno on failure; those that return an int give a negative errno (libbpf 1.0 migration guide).
"""

import ctypes
import os
from collections import deque
from functools import cache

from ...grammar.diagnostic import Diagnostic, HostError
from . import bpf

_SONAME = "libbpf.so.1"
_P, _S, _I, _U, _Z = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_uint32, ctypes.c_size_t
_BOOL = ctypes.c_bool

_PROTOTYPES: dict[str, tuple[object, tuple[object, ...]]] = {
    "libbpf_set_print": (_P, (_P,)),
    "bpf_object__open_mem": (_P, (_S, _Z, _P)),
    "bpf_object__load": (_I, (_P,)),
    "bpf_object__close": (None, (_P,)),
    "bpf_object__next_program": (_P, (_P, _P)),
    "bpf_object__next_map": (_P, (_P, _P)),
    "bpf_program__name": (_S, (_P,)),
    "bpf_program__fd": (_I, (_P,)),
    "bpf_program__section_name": (_S, (_P,)),
    "bpf_program__set_type": (_I, (_P, _I)),
    "bpf_program__set_expected_attach_type": (_I, (_P, _I)),
    "bpf_program__autoload": (_BOOL, (_P,)),
    "bpf_program__set_autoload": (_I, (_P, _BOOL)),
    "bpf_program__set_log_buf": (_I, (_P, _P, _Z)),
    "bpf_map__name": (_S, (_P,)),
    "bpf_map__fd": (_I, (_P,)),
    "bpf_map__type": (_I, (_P,)),
    "bpf_map__key_size": (_U, (_P,)),
    "bpf_map__value_size": (_U, (_P,)),
    "bpf_map__max_entries": (_U, (_P,)),
    "bpf_map__set_max_entries": (_I, (_P, _U)),
    "bpf_map__map_flags": (_U, (_P,)),
    "bpf_map__set_map_flags": (_I, (_P, _U)),
    "bpf_program__set_attach_target": (_I, (_P, _I, _S)),
    "libbpf_register_prog_handler": (_I, (_S, _I, _I, _P)),
    "btf__load_vmlinux_btf": (_P, ()),
    "btf__parse_split": (_P, (_S, _P)),
    "btf__type_cnt": (_U, (_P,)),
    "btf__find_by_name_kind": (ctypes.c_int32, (_P, _S, _U)),
    "btf__type_by_id": (_P, (_P, _U)),
    "btf__name_by_offset": (_S, (_P, _U)),
    "btf__free": (None, (_P,)),
}

_WARNING, _DEBUG = 0, 2  # enum libbpf_print_level
_PRINT = ctypes.CFUNCTYPE(_I, _I, _P, _P)


class Messages:
    """The last messages of libbpf; its debug messages only while `debug` is true."""

    def __init__(self) -> None:
        self.debug = False
        self._lines: deque[str] = deque(maxlen=2000)
        self._buffer = ctypes.create_string_buffer(4096)
        self._format = ctypes.CDLL(None).vsnprintf
        self._format.argtypes = (_P, _Z, _P, _P)
        self.callback = _PRINT(self._receive)

    def take(self) -> tuple[str, ...]:
        """The messages since the last call, oldest first."""
        lines = tuple(self._lines)
        self._lines.clear()
        return lines

    def _receive(self, level: int, template: int, arguments: int) -> int:
        # On every Linux ABI a va_list parameter arrives as a pointer, or fits one, so it can be passed on as such.
        if level < _DEBUG or self.debug:
            self._format(self._buffer, len(self._buffer), template, arguments)
            self._lines.append(self._buffer.value.decode(errors="replace").rstrip("\n"))
        return 0


@cache
def messages() -> Messages:
    """The one collector of what libbpf prints in this process."""
    return Messages()


@cache
def library() -> ctypes.CDLL:
    """The library, ready for use; raises HostError `no-libbpf` where it is not installed."""
    try:
        lib = ctypes.CDLL(_SONAME, use_errno=True)
        for name, (result, arguments) in _PROTOTYPES.items():
            function = getattr(lib, name)
            function.restype, function.argtypes = result, arguments
    except (OSError, AttributeError) as error:
        raise HostError(
            Diagnostic(
                code="no-libbpf",
                message=f"cannot use {_SONAME}, which loads programs into the kernel: {error}",
                help="install libbpf 1.0 or later: `apt-get install libbpf1`, or `dnf install libbpf`",
            )
        ) from error
    lib.libbpf_set_print(messages().callback)
    return lib


class _HandlerOptions(ctypes.Structure):
    """`struct libbpf_prog_handler_opts`."""

    _fields_ = (("sz", _Z), ("cookie", ctypes.c_long), ("setup", _P), ("prepare", _P), ("attach", _P))


class _LoadOptions(ctypes.Structure):
    """The head of `struct bpf_prog_load_opts` (bpf/bpf.h)."""

    _fields_ = (
        ("sz", _Z), ("attempts", _I), ("expected_attach_type", _I), ("prog_btf_fd", _U), ("prog_flags", _U),
        ("prog_ifindex", _U), ("kern_version", _U), ("attach_btf_id", _U), ("attach_prog_fd", _U),
    )  # fmt: skip


_PREPARE = ctypes.CFUNCTYPE(_I, _P, ctypes.POINTER(_LoadOptions), ctypes.c_long)


class KnownTargets:
    """Has libbpf load `tp_btf` programs by numbers that are known, without a look at the kernel's BTF: that takes it 10
    to 15 ms. Programs whose number is not among `ids` (by libbpf's handle) have to be aimed by name.
    """

    SECTION = "tp_btf/"

    def __init__(self, lib: ctypes.CDLL) -> None:
        self.ids: dict[int, int] = {}
        self._prepare = _PREPARE(self._known)
        pointer = ctypes.cast(self._prepare, _P)
        options = _HandlerOptions(ctypes.sizeof(_HandlerOptions), 0, None, pointer, None)
        # Handlers of one's own come before libbpf's, which would look the name up (libbpf.c, find_sec_def).
        lib.libbpf_register_prog_handler(b"tp_btf+", bpf.PROG_TRACING, bpf.TRACE_RAW_TP, ctypes.byref(options))

    def _known(self, program: int, options: "ctypes._Pointer[_LoadOptions]", cookie: int) -> int:
        number = self.ids.pop(program, 0)
        if number:
            options[0].attach_btf_id, options[0].attach_prog_fd = number, 0
        return 0


@cache
def known_targets() -> KnownTargets:
    """The one handler of this process; from the first call on it is asked about all programs."""
    return KnownTargets(library())


def last_error() -> OSError:
    """The errno that the last call of this thread left behind."""
    code = ctypes.get_errno()
    return OSError(code, os.strerror(code))


def result_error(result: int) -> OSError:
    """The errno in a negative result."""
    return OSError(-result, os.strerror(-result))
