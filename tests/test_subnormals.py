"""A subnormal x is what its bits say, positive or negative, also while denormals are taken for zeros.

That is the one rule for all targets and functions: x > 0 looks at bits. What is *multiplied* follows the
modes of the caller: with denormals-are-zero a subnormal has a zero of the sign that the product would have.
"""

import ctypes
import platform
import sys
from contextlib import contextmanager

import leaky_relu as lr
import numpy as np
import pytest
from helpers import SIXTEEN_BIT, assert_same, compute_type, numbers, widen

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() != "x86_64", reason="changes MXCSR through glibc's fenv_t"
)

MODES = {"denormals are zero": 0x0040, "results are flushed": 0x8000, "both": 0x8040}  # of MXCSR
ROUNDING = {"down": 0x2000, "up": 0x4000, "towards zero": 0x6000}
FENV_SIZE, MXCSR = 32, slice(28, 32)
LARGE = 400_000  # elements: enough for several threads


@contextmanager
def modes(bits):
    """Set bits of MXCSR."""
    libm = ctypes.CDLL(None)
    before, changed = (ctypes.create_string_buffer(FENV_SIZE) for _ in range(2))
    libm.fegetenv(before)
    mxcsr = int.from_bytes(before.raw[MXCSR], "little") | bits
    changed[:] = before.raw[: MXCSR.start] + mxcsr.to_bytes(4, "little")
    libm.fesetenv(changed)
    try:
        with np.errstate(all="ignore"):
            yield
    finally:
        libm.fesetenv(before)


@pytest.fixture(params=MODES)
def mode(request):
    return MODES[request.param]


def smallest(dtype, n):
    """Give the positive and the negative subnormal next to zero, as bits: arithmetic might flush them."""
    if dtype.itemsize > 8:
        value = np.finfo(dtype).smallest_subnormal
        return np.full(n, value), np.full(n, -value)
    unsigned = np.dtype(f"u{dtype.itemsize}")
    sign = 1 << (8 * dtype.itemsize - 1)
    return np.full(n, 1, unsigned).view(dtype), np.full(n, 1 | sign, unsigned).view(dtype)


def test_the_modes_are_set(mode):
    tiny = np.full(4, np.finfo(np.float32).tiny)
    with modes(mode):
        halved = tiny / 2
        grown = smallest(np.dtype(np.float32), 4)[0] * np.float32(2.0**100)
    assert (halved == 0).all() == bool(mode & 0x8000)
    assert (grown == 0).all() == bool(mode & 0x0040)


def gradients(g, x, weight):
    """Yield what is g times the factor, of all functions that look at x."""
    yield lr.leaky_relu_grad(g, x, weight[0])
    yield lr.leaky_relu_grad(g[::-1], x[::-1], weight[0])
    yield lr.leaky_relu_grad(g[::3], x[::3], weight)
    yield lr.leaky_relu_grad_packed(g, lr.leaky_relu_packed(x, weight[0])[1], weight[0])
    yield lr.prelu_grad(g, x, weight, channel_axis=0)[0]
    yield lr.bias_leaky_relu_grad(g, x, weight[0], channel_axis=0)[0]


@pytest.mark.parametrize("n", [1, 37])
def test_factor(target, way, dtype, mode, n):
    ones, weight = np.ones(n, dtype), np.full(1, 0.25, compute_type(dtype))
    for x, factor in zip(smallest(dtype, n), (1, 0.25), strict=True):
        with modes(mode):
            results = list(gradients(ones, x, weight))
        assert [set(np.unique(result)) for result in results] == [{factor}] * len(results)


@pytest.mark.parametrize("n", [1, 37])
def test_sign_of_the_product(target, way, dtype, mode, n):
    """With a slope of -1 the negative ones turn positive, and the positive ones stay."""
    for x in smallest(dtype, n):
        with modes(mode):
            results = [
                lr.leaky_relu(x, -1.0),
                lr.leaky_relu(x[::-1], -1.0),
                lr.leaky_relu(x, np.full(n, -1.0)),
                lr.leaky_relu_packed(x, -1.0)[0],
                lr.prelu(x, np.full(1, -1.0, np.float32), channel_axis=0),
            ]
        assert not any(np.signbit(result).any() for result in results)


def test_in_workers(threads, target, mode):
    for dtype in (np.dtype(np.float32), np.dtype(np.float64)):
        ones, (positive, negative) = np.ones(LARGE, dtype), smallest(dtype, LARGE)
        for count in (1, 3):
            threads(count)
            with modes(mode):
                kept = lr.leaky_relu_grad(ones, positive, 0.25)
                scaled = lr.leaky_relu_grad(ones, negative, 0.25)
            assert (kept == 1).all()
            assert (scaled == 0.25).all()


@pytest.mark.parametrize("rounding", ROUNDING)
@pytest.mark.parametrize("dtype", SIXTEEN_BIT, ids=lambda dtype: dtype.name)
def test_sixteen_bits_are_rounded_to_nearest_in_any_mode(target, way, dtype, rounding):
    """Only their product in float32 is rounded as the caller wants it, on all targets alike."""
    x, slope = numbers(dtype, 1003), np.float32(0.3)
    with modes(ROUNDING[rounding]):
        y = lr.leaky_relu(x, slope)
        product = widen(x) * np.where(widen(x) > 0, np.float32(1), slope)
    assert_same(y, product.astype(dtype))
