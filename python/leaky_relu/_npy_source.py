"""An array in a .npy file, a member of a .npz file or a pipe, to be read piece by piece."""

from __future__ import annotations  # so that zipfile is imported where it is needed

import io
import math
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, TextIO, cast

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from zipfile import ZipFile

STANDARD_STREAM = "-"
OUTPUT = "standard output"  # as errors name it


class NpySource(NamedTuple):
    """
    What a .npy file says of itself, and the stream, at the first byte of the data.

    ``name`` is what messages call it.
    """

    stream: BinaryIO
    name: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    fortran_order: bool

    @property
    def elements(self) -> int:
        return math.prod(self.shape)

    def read_into(self, x: NDArray[Any]) -> None:
        """Fill an array of one dimension with the next elements."""
        view, done = x.view(np.uint8).data, 0
        with naming(self.name):
            while count := cast(io.BufferedReader, self.stream).readinto(view[done:]):
                done += count
        if done < x.nbytes:
            raise ValueError(f"{self.name}: ends early, {x.nbytes - done:,} bytes or more are missing")


@contextmanager
def open_npy(source: str, member: str | None = None) -> Iterator[NpySource]:
    """
    Open the array that is in a file.

    Parameters
    ----------
    source : str
        A .npy file, a pipe that gives one, a .npz file, or ``"-"`` for standard input.
    member : str, optional
        Which array of a .npz file; may be left out if there is but one.

    Raises
    ------
    OSError, ValueError
        With a message of one line that names the file.
    """
    if member is not None and not source.endswith(".npz"):
        raise ValueError(f"{source}: is not a .npz file, so it has no member {member!r}")
    # Unbuffered: a buffered stream that is asked for much may wait for a pipe with a signal pending.
    with ExitStack() as stack:
        if source == STANDARD_STREAM:
            if not sys.stdin:
                raise ValueError("standard input is closed")
            raw = cast(BinaryIO, cast(io.BufferedReader, sys.stdin.buffer).raw)
            opened = _read_header(raw, "standard input", _size(raw))
        else:
            with naming(source):
                if source.endswith(".npz"):
                    from zipfile import ZipFile  # which takes as long to import as a small file to write

                    archive = stack.enter_context(ZipFile(source))
                    info = archive.getinfo(_member_of(archive, source, member))
                    stream = cast(BinaryIO, stack.enter_context(archive.open(info)))
                    name = f"{source}: {info.filename.removesuffix('.npy')}"
                    opened = _read_header(stream, name, info.file_size)
                else:
                    file = cast(BinaryIO, stack.enter_context(open(source, "rb", buffering=0)))
                    opened = _read_header(file, source, _size(file))
        yield opened


def standard_output() -> TextIO:
    """Return it, or raise ValueError if it is closed."""
    if sys.stdout is None:
        raise ValueError(f"{OUTPUT} is closed")
    return sys.stdout


def _size(file: BinaryIO) -> int | None:
    status = os.fstat(file.fileno())
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def _member_of(archive: ZipFile, source: str, member: str | None) -> str:
    names = [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]
    if member is None and len(names) == 1:
        member = names[0]
    if not names:
        raise ValueError(f"{source}: holds no array")
    if member not in names:
        problem = "holds several arrays" if member is None else f"has no array {member!r}"
        raise ValueError(f"{source}: {problem}; --member is to be one of {', '.join(names)}")
    return f"{member}.npy"


def _read_header(stream: BinaryIO, name: str, size: int | None) -> NpySource:
    try:
        version = np.lib.format.read_magic(stream)
        if version == (1, 0):
            shape, fortran_order, dtype = np.lib.format.read_array_header_1_0(stream)
        elif version == (2, 0):
            shape, fortran_order, dtype = np.lib.format.read_array_header_2_0(stream)
        else:
            raise ValueError(
                f"version {version[0]}.{version[1]} of the format, where a plain array has 1.0 or 2.0"
            )
        # For NumPy, whatever is there.
        too_large = len(shape) > 64 or (0 in shape and max(shape) > sys.maxsize)
        if too_large or any(type(n) is not int or n < 0 for n in shape):
            raise ValueError(f"a shape of {shape}")
        if dtype.subdtype:
            raise ValueError(f"elements that are arrays, {dtype}")
    except OSError:
        raise
    except Exception as error:  # of a broken header NumPy lets out what ast, tokenize and sorted() raise
        reason = "its header is too long" if "max_header_size" in str(error) else error
        raise ValueError(f"{name}: not a .npy file: {reason}") from error
    opened = NpySource(stream, name, dtype, shape, fortran_order)
    needed = opened.elements * dtype.itemsize
    if size is not None and (there := size - stream.tell()) < needed:
        raise ValueError(f"{name}: ends early: {needed:,} bytes of data are promised, {there:,} there")
    return opened


def _errors_of_archives() -> tuple[type[Exception], ...]:
    from zipfile import BadZipFile
    from zlib import error

    return BadZipFile, error, EOFError, RuntimeError


@contextmanager
def naming(name: str) -> Iterator[None]:
    """Let errors of input and output tell which file they are about, unless they do."""
    try:
        yield
    except OSError as error:
        if error.filename is not None:
            raise
        raise OSError(error.errno, error.strerror or str(error), name) from error
    except _errors_of_archives() as error:
        raise ValueError(f"{name}: cannot be read: {error}") from error
