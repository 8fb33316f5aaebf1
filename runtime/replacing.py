"""A file's new content, all of it or none: written beside it, then put in its place, with its mode and owner.

Root formats files in folders of others, so a name is looked up once: everything happens in the folder that was opened
then, a link in place of the file is refused, and so is a file that was exchanged or changed in the meantime.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from ..grammar.diagnostic import Diagnostic, UsageError
from ..grammar.frozen import dataclass

_MOST = 16 << 20
"""Bytes: what is longer is no script."""


@dataclass(frozen=True, slots=True)
class Original:
    """A file as it was when it was read; bytes of `text` that are not UTF-8 are lone surrogates."""

    path: str
    folder: int
    descriptor: int
    facts: os.stat_result
    text: str

    @property
    def name(self) -> str:
        """Its name in the folder."""
        return os.path.basename(self.path)


@contextmanager
def original(path: str) -> Iterator[Original]:
    """The file, for `replace`; raises UsageError where there is no file that can be read."""
    with ExitStack() as stack:
        try:
            folder = os.open(os.path.dirname(path) or ".", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
            stack.callback(os.close, folder)
            # O_NONBLOCK: a pipe is refused, not waited for
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            descriptor = os.open(os.path.basename(path), flags, dir_fd=folder)
            stack.callback(os.close, descriptor)
            facts = os.fstat(descriptor)
            if not stat.S_ISREG(facts.st_mode) or facts.st_size > _MOST:
                raise UsageError(Diagnostic("cannot-read", f"cannot read `{path}`: it is not a script"))
            with open(descriptor, "rb", closefd=False) as file:
                content = file.read()
        except OSError as error:
            raise _refused("read", path, error) from None
        yield Original(path, folder, descriptor, facts, content.decode("utf-8", "surrogateescape"))


def replace(file: Original, text: str) -> None:
    """Put `text` in the place of a file's content; raises UsageError where that cannot be, and changes nothing then."""
    new = f".{file.name}.{os.getpid()}.new"
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with open(os.open(new, flags, 0o600, dir_fd=file.folder), "wb") as stream:
            try:
                stream.write(text.encode("utf-8", "surrogateescape"))
                stream.flush()
                _as_before(file, stream.fileno())
                os.fsync(stream.fileno())
                now = os.stat(file.name, dir_fd=file.folder, follow_symlinks=False)
                if _identity(now) != _identity(file.facts):
                    message = f"`{file.path}` was changed by somebody else"
                    raise UsageError(Diagnostic("cannot-write", message, help="nothing was written; try again"))
                os.rename(new, file.name, src_dir_fd=file.folder, dst_dir_fd=file.folder)
            except BaseException:
                with suppress(OSError):
                    os.unlink(new, dir_fd=file.folder)
                raise
    except OSError as error:
        raise _refused("write", file.path, error) from None


def _as_before(file: Original, descriptor: int) -> None:
    """Owner, extended attributes (access lists are among them), and mode: last, since a new owner takes bits of it."""
    facts = file.facts
    now = os.fstat(descriptor)
    if (now.st_uid, now.st_gid) != (facts.st_uid, facts.st_gid):
        os.fchown(descriptor, facts.st_uid, facts.st_gid)
    with suppress(OSError):  # a file system may have none, or keep some for itself
        for attribute in os.listxattr(file.descriptor):
            os.setxattr(descriptor, attribute, os.getxattr(file.descriptor, attribute))
    os.fchmod(descriptor, stat.S_IMODE(facts.st_mode))


def _identity(facts: os.stat_result) -> tuple[int, ...]:
    return facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_mode, facts.st_uid, facts.st_gid


def _refused(what: str, path: str, error: OSError) -> UsageError:
    help = "name the file that the link leads to" if error.errno == 40 else ""  # ELOOP: O_NOFOLLOW met a link
    reason = "it is a link" if help else error.strerror
    return UsageError(Diagnostic(f"cannot-{what}", f"cannot {what} `{path}`: {reason}", help=help))
