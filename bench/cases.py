"""What is measured: a case is one call of one peer on given arrays, ready to be timed."""

from functools import cache, lru_cache
from importlib import import_module
from timeit import Timer
from typing import Any, NamedTuple

import numpy as np
from leaky_relu._comparison.checked_timer import checked_timer
from leaky_relu._comparison.operands import WAYS, Operands
from leaky_relu._comparison.peers import OURS, PEERS, why_unavailable
from numpy.typing import NDArray

SIZES = (1, 100, 1_000, 10_000, 100_000, 1_000_000, 16_000_000, 64_000_000)
DTYPES = ("float32", "float64", "float16", "bfloat16")
LAYOUTS = ("contiguous", "strided", "transposed")
CACHE_LINE = 64
_BLOCK = 1_000_000


class Case(NamedTuple):
    peer: str = OURS
    operation: str = "forward"
    way: str = "out"
    dtype: str = "float32"
    layout: str = "contiguous"
    threads: int = 1

    def __str__(self) -> str:
        words = [self.peer, self.operation, WAYS[self.way], self.dtype]
        words += [self.layout] * (self.layout != "contiguous") + [f"T={self.threads}"] * (self.threads > 1)
        return " ".join(words)

    def can_be_measured(self) -> bool:
        operands = Operands(*arrays(1, self.dtype, self.layout), self.threads)
        return (
            PEERS[self.peer].takes(self.operation, self.way, operands) and why_unavailable(self.peer) is None
        )

    def timer(self, size: int, y_after_x: int | None = None) -> Timer:
        operands = Operands(*arrays(size, self.dtype, self.layout, y_after_x), self.threads)
        return checked_timer(self.peer, self.operation, self.way, operands)


@lru_cache(maxsize=3)
def arrays(
    size: int, dtype: str, layout: str, y_after_x: int | None = None
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """
    Return x, g and y of so many elements; of x[::2], or of the transpose of a matrix, where asked for.

    y begins so many bytes later in its cache line than x does; None leaves that to NumPy's allocator.
    """
    x, g = (_laid_out(size, dtype, layout, seed) for seed in (1, 2))
    if y_after_x is None:
        return x, g, np.empty_like(x)
    buffer = np.empty(x.nbytes + CACHE_LINE, np.uint8)
    begin = (x.ctypes.data + y_after_x - buffer.ctypes.data) % CACHE_LINE
    return x, g, np.ndarray(x.shape, x.dtype, buffer, begin)


def _laid_out(size: int, dtype: str, layout: str, seed: int) -> NDArray[Any]:
    array = np.empty(2 * size if layout == "strided" else size, _dtype(dtype))
    block = np.random.default_rng(seed).standard_normal(min(array.size, _BLOCK), dtype=np.float32)
    for begin in range(0, array.size, _BLOCK):  # in blocks: random numbers by the gigabyte take long
        array[begin : begin + _BLOCK] = block[: array.size - begin]
    if layout == "transposed":
        rows = int(size**0.5)
        return array[: rows * (size // rows)].reshape(rows, -1).T
    return array[::2] if layout == "strided" else array


@cache
def _dtype(name: str) -> np.dtype[Any]:
    return np.dtype(getattr(import_module("ml_dtypes"), name) if name == "bfloat16" else name)
