"""Leaky ReLU of a .npy file, of any size: both files are mapped into memory."""

import os
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leaky_relu import leaky_relu


def apply(source: Path, target: Path, negative_slope: float) -> None:
    """
    Write leaky_relu of the array in one .npy file to another, in the same shape and order.

    Raises
    ------
    OSError, ValueError, TypeError
        With a message of one line that names the file; the target is then as it was.
    """
    x = _mapped(source)
    dtype = _result_dtype(x.dtype, source)
    target = Path(os.path.realpath(target))  # of a symbolic link, what it points to is replaced
    if target.exists():
        if target.samefile(source):
            raise ValueError(f"{target}: is the input, which is not written over")
        if not target.is_file():
            raise ValueError(f"{target}: is not a regular file")
    try:
        with TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as directory:
            unfinished = Path(directory, target.name)
            y = np.lib.format.open_memmap(
                unfinished, mode="w+", dtype=dtype, shape=x.shape, fortran_order=x.flags.fnc
            )
            _reserve(unfinished)
            leaky_relu(
                np.asarray(x), negative_slope, out=np.asarray(y)
            )  # asarray: no subclass, the short way
            y.flush()
            if target.exists():
                shutil.copymode(target, unfinished)
            os.replace(unfinished, target)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(target)) from error


def _mapped(source: Path) -> NDArray[Any]:
    try:
        return np.lib.format.open_memmap(source, mode="r")  # never unpickles
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(source)) from error
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{source}: not an array that can be read: {error}") from error


def _result_dtype(dtype: np.dtype[Any], source: Path) -> np.dtype[Any]:
    try:
        nothing: NDArray[Any] = leaky_relu(np.empty(0, dtype))
        return nothing.dtype
    except TypeError as error:
        hint = " (bfloat16 loses its name in a .npy file)" if dtype == np.dtype("V2") else ""
        raise TypeError(f"{source}: {error}{hint}") from error


def _reserve(path: Path) -> None:
    # Writing to a mapped file on a full disk ends the process with SIGBUS; ask for the space first.
    if sys.platform == "linux":
        with path.open("r+b") as file:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
