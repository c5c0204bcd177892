"""Leaky ReLU of a .npy file of any size, piece by piece."""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from leaky_relu import leaky_relu
from leaky_relu._atomic_file import atomic_file, check_target, check_writable
from leaky_relu._npy_source import OUTPUT, STANDARD_STREAM, NpySource, naming, open_npy, standard_output
from leaky_relu._progress import progress_bar

RAW_DTYPES = ("float16", "bfloat16", "float32", "float64")
# Bytes. Writing a quarter of it at once costs the system a fifth more (smaller folios); four times as many
# would be computed by several threads, for which a busy machine makes a command wait.
_PIECE = 1 << 20


def apply(
    source: str,
    target: str,
    negative_slope: float = 0.01,
    *,
    in_place: bool = False,
    force: bool = False,
    dtype: str | None = None,
    member: str | None = None,
) -> None:
    """
    Write leaky_relu of the array in one .npy file to another, of the same shape and memory order.

    Parameters
    ----------
    source : str
        A .npy file, a pipe that gives one, a .npz file, or ``"-"`` for standard input.
    target : str
        A name that ends with .npy, or ``"-"`` for standard output. It appears when it is complete.
    negative_slope : float, default 0.01
        The slope.
    in_place : bool, default False
        Write over the source, which `target` must be too. What is interrupted is left half done.
    force : bool, default False
        Replace the target if it exists.
    dtype : str, optional
        One of `RAW_DTYPES`: what the bits are where the file calls them 16 raw bits (as NumPy does for
        bfloat16) or integers. The result has them under the same name.
    member : str, optional
        Which array of a .npz file; may be left out if there is but one.

    Raises
    ------
    OSError, ValueError, TypeError
        With a message of one line that names the file; the target is then as it was, unless it was in place.
    """
    if in_place and source.endswith(".npz"):
        raise ValueError(f"{source}: only a .npy file can be written over")
    with ExitStack() as stack:
        opened = stack.enter_context(open_npy(source, member))
        x_dtype = _meaning(opened, dtype)
        y_dtype = _result_dtype(opened, x_dtype)
        if in_place:
            if not os.path.isfile(source):
                raise ValueError(f"{source}: only a .npy file can be written over")
            if y_dtype != x_dtype.newbyteorder("="):
                raise ValueError(
                    f"{source}: holds {x_dtype}, but the result {y_dtype}: not possible in place"
                )
            y_dtype = x_dtype
            file = stack.enter_context(_over_the_source(source, opened.stream.tell()))
        else:
            _check_target(source, target, force)
            header = _header(opened, opened.dtype if dtype else y_dtype)
            size = len(header) + opened.elements * y_dtype.itemsize
            file = stack.enter_context(_the_target(target, force, size))
            file.write(header)
        advance = stack.enter_context(progress_bar(opened.elements * x_dtype.itemsize))
        done = 0
        try:
            for y in _results(opened, x_dtype, y_dtype, negative_slope):
                file.write(y.view(np.uint8).data)
                done += y.size
                advance(y.size * x_dtype.itemsize)
        except BaseException as error:
            if in_place and done:
                error.add_note(f"{source}: about {done:,} of {opened.elements:,} elements are written over")
            raise


def _results(
    source: NpySource, x_dtype: np.dtype[Any], y_dtype: np.dtype[Any], negative_slope: float
) -> Iterator[NDArray[Any]]:
    """Yield piece after piece, each in the place of the one before."""
    size = max(1, min(source.elements, _PIECE // x_dtype.itemsize))
    x_buffer = np.empty(size, x_dtype)
    y_buffer = x_buffer if x_dtype == y_dtype else np.empty(size, y_dtype)
    for begin in range(0, source.elements, size):
        x, y = (buffer[: source.elements - begin] for buffer in (x_buffer, y_buffer))
        source.read_into(x)
        yield leaky_relu(x, negative_slope, out=y)


def _check_target(source: str, target: str, force: bool) -> None:
    if target == STANDARD_STREAM:
        if standard_output().isatty():
            raise ValueError(
                "standard output is a terminal, which cannot show an array; give a file or a pipe"
            )
        return
    if not target.lower().endswith(".npy"):
        raise ValueError(f"{target!r}: what is written is a .npy file, so its name must end with .npy")
    if source != STANDARD_STREAM and os.path.exists(target) and os.path.samefile(target, source):
        raise ValueError(f"{target}: is the input; to write over it, use --in-place")
    check_target(target, force=force)


@contextmanager
def _the_target(target: str, force: bool, size: int) -> Iterator[BinaryIO]:
    if target == STANDARD_STREAM:
        with naming(OUTPUT):
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
    else:
        with naming(target), atomic_file(target, replace=force, size=size) as file:
            yield file


@contextmanager
def _over_the_source(source: str, begin: int) -> Iterator[BinaryIO]:
    check_writable(source)
    with naming(source), open(source, "r+b") as file:
        file.seek(begin)
        yield file


def _header(source: NpySource, dtype: np.dtype[Any]) -> bytes:
    descr = np.lib.format.dtype_to_descr(dtype)
    fields = {"descr": descr, "fortran_order": source.fortran_order, "shape": source.shape}
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, fields)
    return header.getvalue()


def _meaning(source: NpySource, dtype: str | None) -> np.dtype[Any]:
    """Return the dtype of the elements: what the file says, or for raw bits what the user says."""
    raw = source.dtype
    if dtype is None:
        return raw
    meant: np.dtype[Any] = _bfloat16() if dtype == "bfloat16" else np.dtype(dtype)
    if raw.kind not in "Viu" or raw.names or raw.subdtype or not raw.isnative:
        raise ValueError(f"{source.name}: --dtype is for files of raw bits or native integers, not of {raw}")
    if raw.itemsize != meant.itemsize:
        sizes = f"{meant.itemsize} bytes an element, but {raw} has {raw.itemsize}"
        raise ValueError(f"{source.name}: --dtype {dtype} takes {sizes}")
    return meant


def _bfloat16() -> np.dtype[Any]:
    try:
        import ml_dtypes
    except ImportError as error:
        raise ValueError(f"--dtype bfloat16 needs ml_dtypes: pip install ml_dtypes ({error})") from error
    bfloat16: np.dtype[Any] = np.dtype(ml_dtypes.bfloat16)
    return bfloat16


def _result_dtype(source: NpySource, x: np.dtype[Any]) -> np.dtype[Any]:
    try:
        nothing: NDArray[Any] = leaky_relu(np.empty(0, x))
        return nothing.dtype
    except TypeError as error:
        hint = "; 16 raw bits may be bfloat16: --dtype bfloat16" if x == np.dtype("V2") else ""
        raise TypeError(f"{source.name}: {error}{hint}") from error
