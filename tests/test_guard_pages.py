"""Not a byte outside the arrays is read or written: the pages around them fault."""

import math
import sys

import leaky_relu as lr
import numpy as np
import pytest
from helpers import PAGE, Island, assert_same, compute_type, numbers
from reference import reference

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="uses mprotect as Linux has it")


@pytest.fixture(scope="module")
def islands():
    return [Island() for _ in range(4)]


def lengths(dtype):
    threshold = 16 * 64 // min(dtype.itemsize, 16)  # where the widest loop begins to align its stores
    return [
        n for n in (*range(71), threshold - 1, threshold, threshold + 1) if n * dtype.itemsize <= 2 * PAGE
    ]


@pytest.mark.parametrize("end", [False, True], ids=["start", "end"])
def test_dense(islands, target, dtype, end):
    gs, xs, outs, _ = islands
    for n in lengths(dtype):
        g, x = gs.put(numbers(dtype, n, 1), end), xs.put(numbers(dtype, n, 2), end)
        out = outs.put(np.zeros(n, dtype), end)
        expected = reference(lr.leaky_relu_grad, g, x, -0.25)
        lr.leaky_relu(x, -0.25)
        lr.leaky_relu(x, -0.25, out=out)
        lr.leaky_relu_grad(g, x, -0.25, out=out)
        assert (out == expected).all(), n
        lr.leaky_relu_grad(g, x, -0.25, out=x)
        lr.leaky_relu(g, -0.25, out=g)
        assert (x == expected).all(), n


@pytest.mark.parametrize("end", [False, True], ids=["start", "end"])
def test_slope_of_each_element(islands, target, dtype, end):
    gs, xs, outs, slopes = islands
    for n in lengths(dtype):
        g, x = gs.put(numbers(dtype, n, 1), end), xs.put(numbers(dtype, n, 2), end)
        out = outs.put(np.zeros(n, dtype), end)
        for slope_dtype in {compute_type(dtype), np.dtype(np.float64)}:
            slope = numbers(slope_dtype, n, 3)
            if slope.nbytes > 2 * PAGE:
                continue
            lr.leaky_relu_grad(g, x, slopes.put(slope, end), out=out)
            assert (out == reference(lr.leaky_relu_grad, g, x, slope)).all(), n
            lr.leaky_relu(x, slopes.put(slope, end), out=out)


@pytest.mark.parametrize("end", [False, True], ids=["start", "end"])
def test_packed(islands, target, dtype, end):
    xs, outs, signs, _ = islands
    for n in lengths(dtype):
        x, out = xs.put(numbers(dtype, n), end), outs.put(np.zeros(n, dtype), end)
        bits = signs.put(np.packbits(x > 0, bitorder="little"), end)
        lr.leaky_relu_packed(x, -0.25, out=out)
        assert (out == reference(lr.leaky_relu, x, -0.25)).all(), n
        expected = reference(lr.leaky_relu_grad, out, x, -0.25)
        lr.leaky_relu_grad_packed(out, bits, -0.25, out=out)
        assert (out == expected).all(), n


@pytest.mark.parametrize("end", [False, True], ids=["start", "end"])
@pytest.mark.parametrize("step", [2, -1, -3])
def test_strided(islands, target, dtype, end, step):
    """With a step of 3 the elements at the very ends of the memory are used as well."""
    gs, xs, outs, _ = islands
    for n in range(1, 71):
        width = (n - 1) * abs(step) + 1
        if width * dtype.itemsize > 2 * PAGE:
            break
        g, x = gs.put(numbers(dtype, width, 1), end)[::step], xs.put(numbers(dtype, width, 2), end)[::step]
        out = outs.put(np.zeros(width, dtype), end)[::step]
        lr.leaky_relu_grad(g, x, 0.5, out=out)
        assert (out == reference(lr.leaky_relu_grad, g, x, 0.5)).all(), n
        lr.leaky_relu(x, 0.5, out=x)


@pytest.mark.parametrize("end", [False, True], ids=["start", "end"])
@pytest.mark.parametrize("shape", [(2, 3, 67), (1, 1, 97), (3, 5, 1), (11, 9, 5), (2, 2, 100)], ids=str)
def test_prelu(islands, target, dtype, shape, end):
    gs, xs, outs, weights = islands
    n = math.prod(shape)
    g, x, out = (a.put(numbers(dtype, n, k), end).reshape(shape) for k, a in enumerate((gs, xs, outs)))
    w = weights.put(numbers(compute_type(dtype), shape[1], 3), end)
    expected = lr.prelu(x.copy(), w.copy()), *lr.prelu_grad(g.copy(), x.copy(), w.copy())
    lr.prelu(x, w, out=out)
    for actual, wanted in zip((out, *lr.prelu_grad(g, x, w)), expected, strict=True):
        assert_same(actual, wanted)
