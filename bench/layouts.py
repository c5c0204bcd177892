"""Where the elements are in memory, and the parameters that go with them: each layout is a line."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np
from leaky_relu import leaky_relu
from leaky_relu._comparison.operands import Operands
from numpy.typing import NDArray

CACHE_LINE = 64
DTYPES = ("float32", "float64", "float16", "bfloat16", "bool", "int8", "uint8")
PLAIN = ("forward", "gradient")
CHANNELS = (*PLAIN, "slopes", "prelu")
BIAS = ("bias", "affine", "bias_gradient")
_BLOCK = 1_000_000

Fill = Callable[..., NDArray[Any]]  # takes a shape, gives random numbers in C order


class Layout(NamedTuple):
    """
    How x (and g) are laid out.

    ``view`` makes it of any number of elements; ``size`` is the one at which it is measured unless others
    are asked for. With ``channel_axis`` there are parameters along it. ``c_order`` outputs do not follow
    the order of x.
    """

    label: str
    view: Callable[[Fill, int], Any]
    size: int
    operations: Sequence[str] = PLAIN
    channel_axis: int | None = None
    c_order: bool = False


def _square(fill: Fill, n: int) -> NDArray[Any]:
    rows = int(n**0.5)
    return fill(rows, n // rows)


def _images(fill: Fill, n: int) -> NDArray[Any]:
    return fill(max(1, n // (64 * 56 * 56)), 64, 56, 56)


def _channels(label: str, view: Any, size: int, axis: int, operations: Sequence[str] = CHANNELS) -> Layout:
    return Layout(label, view, size, operations, axis)


_IMAGES = 8 * 64 * 56 * 56
LAYOUTS = {
    "contiguous": Layout("contiguous", lambda fill, n: fill(n), 1_000_000, (*PLAIN, "rrelu")),
    "strided": Layout("every second", lambda fill, n: fill(2 * n)[::2], 500_000),
    "reversed": Layout("reversed", lambda fill, n: fill(n)[::-1], 1_000_000),
    "rows-1000": Layout("rows, 1000 of 1024", lambda fill, n: fill(-(-n // 1000), 1024)[:, :1000], 1_000_000),
    "rows-32": Layout("rows, 32 of 64", lambda fill, n: fill(-(-n // 32), 64)[:, :32], 500_000),
    "rows-4": Layout("rows, 4 of 8", lambda fill, n: fill(-(-n // 4), 8)[:, :4], 500_000),
    "crop": Layout(
        "image crop, 3 channels", lambda fill, n: fill(512, 512, 3)[100:356, 100:356], 256 * 256 * 3
    ),
    "10x10": Layout("10 x 10 of a larger array", lambda fill, n: fill(100, 100)[40:50, 40:50], 100),
    "column": Layout("a column", lambda fill, n: fill(n, 100)[:, 50], 10_000),
    "transposed": Layout("transposed", lambda fill, n: _square(fill, n).T, 1024 * 1024),
    "transposed-to-c": Layout(
        "transposed into C order", lambda fill, n: _square(fill, n).T, 1024 * 1024, c_order=True
    ),
    "nchw-to-nhwc": Layout(
        "NCHW to NHWC", lambda fill, n: _images(fill, n).transpose(0, 2, 3, 1), _IMAGES, c_order=True
    ),
    "float": Layout("a float", lambda fill, n: -1.5, 1, ("forward",)),
    "scalar": Layout("a NumPy scalar", lambda fill, n: fill(1)[0], 1, ("forward",)),
    "nchw": _channels("by channel, NCHW", _images, _IMAGES, 1, (*CHANNELS, *BIAS)),
    "nhwc": _channels(
        "by channel, NHWC", lambda fill, n: fill(max(1, n // (56 * 56 * 64)), 56, 56, 64), _IMAGES, -1
    ),
    "columns": _channels("by column", lambda fill, n: fill(-(-n // 1024), 1024), 1_000_000, 1),
    "by-row": _channels("by row", lambda fill, n: fill(-(-n // 1024), 1024), 1_000_000, 0),
    "narrow": _channels(
        "by column, (n, 3)", lambda fill, n: fill(-(-n // 3), 3), 300_000, 1, (*CHANNELS, *BIAS)
    ),
    "few": _channels("by column, (n, 1)", lambda fill, n: fill(n, 1), 1, 1, (*CHANNELS, *BIAS)),
    "dense-100": _channels("(n, 100)", lambda fill, n: fill(n // 100, 100), 6_400, 1, BIAS),
    "dense-1024": _channels("(n, 1024)", lambda fill, n: fill(n // 1024, 1024), 256 * 1024, 1, BIAS),
}


def operands_of(
    size: int, dtype: str, layout: str, threads: int = 1, y_after_x: int | None = None
) -> Operands:
    """
    Return x, g, y and parameters of so many elements (or a few more, for whole rows) in a layout.

    y begins so many bytes later in its cache line than x does; None leaves that to NumPy's allocator.
    """
    operands = replace(_operands(size, dtype, layout), threads=threads)
    return operands if y_after_x is None else replace(operands, y=_after(operands.x, y_after_x))


@lru_cache(maxsize=3)
def _operands(size: int, dtype: str, layout: str) -> Operands:
    of = LAYOUTS[layout]
    x, g = (of.view(lambda *shape, seed=seed: _fill(shape, dtype, seed), size) for seed in (1, 2))
    if not isinstance(x, np.ndarray):
        return Operands(x, g, np.empty(()))
    result = leaky_relu(x[:0]).dtype
    y = np.empty(x.shape, result) if of.c_order else np.empty_like(x, result)
    if of.channel_axis is None:
        return Operands(x, g, y)
    channels = x.shape[of.channel_axis]
    broadcast = (channels, *[1] * (x.ndim - 1 - of.channel_axis % x.ndim))
    weight, scale, bias = (_fill((channels,), dtype, seed) for seed in (3, 4, 5))
    weight = abs(weight) / 8  # below 1, as np.maximum has it
    return Operands(
        x,
        g,
        y,
        slopes=weight.reshape(broadcast),
        weight=weight,
        scale=scale.reshape(broadcast),
        bias=bias.reshape(broadcast),
        channel_axis=of.channel_axis,
    )


def _after(x: NDArray[Any], place: int) -> NDArray[Any]:
    buffer = np.empty(x.nbytes + CACHE_LINE, np.uint8)
    begin = (x.ctypes.data + place - buffer.ctypes.data) % CACHE_LINE
    return np.ndarray(x.shape, x.dtype, buffer, begin)


def _fill(shape: tuple[int, ...], dtype: str, seed: int) -> NDArray[Any]:
    array = np.empty(shape, _dtype(dtype))
    flat = array.reshape(-1)
    block: NDArray[Any] = np.random.default_rng(seed).standard_normal(min(array.size, _BLOCK), np.float32)
    if array.dtype.kind == "b":
        block = block > 0
    elif array.dtype.kind in "iu":
        block = np.clip(block * 40, np.iinfo(array.dtype).min, np.iinfo(array.dtype).max)
    for begin in range(0, array.size, _BLOCK):  # in blocks: random numbers by the gigabyte take long
        flat[begin : begin + _BLOCK] = block[: array.size - begin]
    return array


@cache
def _dtype(name: str) -> np.dtype[Any]:
    return np.dtype(getattr(import_module("ml_dtypes"), name) if name == "bfloat16" else name)
