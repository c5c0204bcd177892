"""Flags that other code has left in the processor are nobody's warning."""

import contextvars
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


LARGE, PAIRS = np.ones(MIB, np.float32), np.ones((MIB, 2), np.float32)
ITS_BITS = np.zeros(MIB // 8, np.uint8)
# Of a number that is rounded to float32, by the function that a warning of it names.
ROUNDING = {
    "leaky_relu": lambda number: lr.leaky_relu(LARGE, number),
    "leaky_relu, one element": lambda number: lr.leaky_relu(LARGE, np.array([number])),
    "leaky_relu, strided": lambda number: lr.leaky_relu(PAIRS[:, 0], number),
    "bias_leaky_relu": lambda number: lr.bias_leaky_relu(LARGE, number),
    "bias_leaky_relu, strided": lambda number: lr.bias_leaky_relu(PAIRS[:, 0], number),
    "leaky_relu_packed": lambda number: lr.leaky_relu_packed(LARGE, number),
    "leaky_relu_grad_packed": lambda number: lr.leaky_relu_grad_packed(LARGE, ITS_BITS, number),
    "bias_leaky_relu_grad": lambda number: lr.bias_leaky_relu_grad(LARGE, LARGE, number),
}


def call_while(code, call, number):
    """To make a large output takes memory, which may start the garbage collector, and so anybody's code."""
    ran = []

    def callback(*_):
        ran.append(code(ALL))

    gc.callbacks.append(callback)
    gc.disable()
    try:
        # It runs with the next object that it tracks: a context, and of those used before none is left.
        due = [contextvars.copy_context() for _ in range(gc.get_threshold()[0] + 1000)]
        with np.errstate(all="raise"):
            gc.enable() or call(number)
        del due
    finally:
        gc.enable()
        gc.callbacks.remove(callback)
        assert ran


between_instructions = pytest.mark.skipif(
    sys.version_info >= (3, 12), reason="garbage is collected between Python's instructions only"
)


@between_instructions
@pytest.mark.parametrize("call", ROUNDING)
def test_code_that_runs_meanwhile_takes_no_flag_away(call):
    name = call.partition(",")[0]
    with pytest.raises(FloatingPointError, match=rf"^overflow encountered in {name}$"):
        call_while(ctypes.CDLL(None).feclearexcept, ROUNDING[call], 1e300)


@between_instructions
@pytest.mark.parametrize("call", ROUNDING)
def test_code_that_runs_meanwhile_leaves_no_flag(call):
    libm = ctypes.CDLL(None)
    try:
        call_while(libm.feraiseexcept, ROUNDING[call], 0.5)
    finally:
        libm.feclearexcept(ALL)
