"""A file that takes its name when it is complete, or never."""

import errno
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

# Its name comes to such a file through its descriptor in /proc.
_HAS_NAMELESS_FILES = sys.platform == "linux" and os.path.isdir("/proc/self/fd")
_UNSUPPORTED = (errno.EOPNOTSUPP, errno.EISDIR, errno.ENOENT, errno.EINVAL)  # old kernels, NFS, FAT


@contextmanager
def atomic_file(target: str, *, replace: bool, size: int = 0) -> Iterator[BinaryIO]:
    """
    Open a file that becomes `target` at the end of the block, and vanishes if the block raises.

    On Linux it has no name before that (``O_TMPFILE``), so nothing stays behind even of a process that
    nobody could catch: SIGKILL, out of memory. Elsewhere, and on file systems that have no such files, it
    is a hidden one beside the target, whose name does not grow with the target's.

    Whoever looks sees the old file or the whole new one, whatever becomes of the process. Nothing waits for
    the disk (no fsync, as cp does none), so no more is promised of a machine that loses power.

    Parameters
    ----------
    target : str
        Of a symbolic link, what it points to.
    replace : bool
        Whether the target may exist by then. Its permissions are kept.
    size : int, default 0
        How many bytes it will have, if that is known. Room for all at once saves the file system a fifth of
        the time, and where there is none, that is said before the work.

    Yields
    ------
    file object
        For binary writing.

    Raises
    ------
    OSError
        With the name of the target; FileExistsError if it exists and `replace` is false.
    """
    target = os.path.realpath(target)
    hidden = os.path.join(os.path.dirname(target), f".leaky-relu-{os.urandom(8).hex()}")
    named = False
    try:
        with _errors_about(target):
            descriptor, named = _open(hidden)
        with open(descriptor, "wb") as file:
            if size and not named:
                _reserve(descriptor, size)
            yield file
            with _errors_about(target):
                if size:
                    file.truncate()  # where less was written than there was room for
                file.flush()
                if not named and not replace:
                    _link(descriptor, target)
                    return
                if not named:
                    _link(descriptor, hidden)
                    named = True
        # Closed before it is renamed, as Windows demands; and nothing maps it into memory.
        with _errors_about(target):
            if os.path.exists(target):
                if not replace:
                    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
                os.chmod(hidden, os.stat(target).st_mode & 0o7777)
            os.replace(hidden, target)
    finally:
        if named:
            with suppress(FileNotFoundError):
                os.unlink(hidden)


def check_target(target: str, *, force: bool) -> None:
    """Refuse what cannot become a file, or is not to be replaced, before the work that goes into it."""
    try:
        status = os.stat(target)
    except FileNotFoundError:  # or a link to nothing as yet; one to itself is another error
        return
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), target)
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "is not a regular file", target)
    if not force:
        raise FileExistsError(errno.EEXIST, "exists; to replace it, use --force", target)
    check_writable(target)


def check_writable(path: str) -> None:
    """Refuse a file that is read-only, which renaming would not, nor anything if root asks."""
    if not os.stat(path).st_mode & 0o222 or not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, "is read-only", path)


def _open(hidden: str) -> tuple[int, bool]:
    """Return a descriptor of a new file, and whether it goes by that name already."""
    if _HAS_NAMELESS_FILES:
        try:
            return os.open(os.path.dirname(hidden), os.O_TMPFILE | os.O_RDWR, 0o666), False
        except OSError as error:
            if error.errno not in _UNSUPPORTED:
                raise
    return os.open(hidden, os.O_CREAT | os.O_EXCL | os.O_RDWR | getattr(os, "O_BINARY", 0), 0o666), True


def _reserve(descriptor: int, size: int) -> None:
    # For nameless files only: the C library would write to each block where a file system cannot do it, and
    # nearly all that have such files can.
    try:
        os.posix_fallocate(descriptor, 0, size)
    except OverflowError:  # more than any file can have, as a pipe may promise
        return
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT):
            raise  # any other one says that room cannot be made in advance here


def _link(descriptor: int, name: str) -> None:
    # The path is absolute, so the folder does not count; but only with one is linkat called, which follows
    # the link in /proc to the file.
    os.link(f"/proc/self/fd/{descriptor}", name, src_dir_fd=descriptor, follow_symlinks=True)


@contextmanager
def _errors_about(target: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, target) from error
