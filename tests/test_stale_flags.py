"""Flags that other code has left in the processor are nobody's warning."""

import ctypes
import gc
import platform
import sys

import leaky_relu as lr
import numpy as np
import pytest
from helpers import MIB

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in ("x86_64", "aarch64"),
    reason="raises flags by Linux' numbers of them",
)

X, BITS = np.ones((4, 6)), np.zeros(3, np.uint8)
CALLS = {
    "scalar": lambda x: lr.leaky_relu(x.dtype.type(1), 0.5),
    "contiguous": lambda x: lr.leaky_relu(x, 0.5),
    "contiguous, given": lambda x: lr.leaky_relu(x, 0.5, out=x),
    "strided": lambda x: lr.leaky_relu(x[:, ::2], 0.5),
    "broadcast": lambda x: lr.bias_leaky_relu(x, x[0], 0.5),
    "gradient": lambda x: lr.leaky_relu_grad(x, x, 0.5),
    "packed": lambda x: lr.leaky_relu_packed(x, 0.5),
    "gradient_packed": lambda x: lr.leaky_relu_grad_packed(x, BITS, 0.5),
    "longdouble slope": lambda x: lr.leaky_relu_packed(x, np.array(np.longdouble(0.5))),
    "prelu_grad": lambda x: lr.prelu_grad(x, x, x[0]),
    "prelu_grad, rounded": lambda x: lr.prelu_grad(x, x, np.ones(6)),
    "bias_leaky_relu_grad": lambda x: lr.bias_leaky_relu_grad(x, x, 0.5),
}
ALL = 0x1D if platform.machine() == "x86_64" else 0x0F  # FE_INVALID, _DIVBYZERO, _OVERFLOW, _UNDERFLOW


@pytest.mark.parametrize("call", CALLS)
def test_no_warning(way, dtype, call):
    libm = ctypes.CDLL(None)
    x = X.astype(dtype)
    assert libm.feraiseexcept(ALL) == 0
    try:
        with np.errstate(all="raise"):
            CALLS[call](x)
    finally:
        libm.feclearexcept(ALL)


def test_the_flags_can_be_seen():
    """Of what would otherwise prove nothing: they are still there when Python calls the next function."""
    libm = ctypes.CDLL(None)
    libm.feraiseexcept(ALL)
    assert libm.fetestexcept(ALL) == ALL
    libm.feclearexcept(ALL)


def test_code_that_runs_meanwhile_takes_no_flag_away():
    """To make a large output takes memory, which may start the garbage collector, and so anybody's code."""
    libm, x = ctypes.CDLL(None), np.ones(MIB, np.float32)

    def callback(*_):
        libm.feclearexcept(ALL)

    gc.callbacks.append(callback)
    gc.disable()
    try:
        due = [[] for _ in range(gc.get_threshold()[0] + 1000)]  # it runs with the next object that it tracks
        with np.errstate(over="raise"), pytest.raises(FloatingPointError, match=r"overflow .* leaky_relu$"):
            gc.enable() or lr.leaky_relu(x, 1e300)
        del due
    finally:
        gc.enable()
        gc.callbacks.remove(callback)
