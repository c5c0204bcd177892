"""Outputs that are stored past the caches: where they begin, where they end, and rows of any length."""

import math

import leaky_relu as lr
import numpy as np
import pytest
from helpers import F32, MIB, UP_TO_DOUBLE, numbers, packed, unaligned
from test_large import last_level_cache

pytestmark = pytest.mark.skipif(last_level_cache() > 64 * MIB, reason="the arrays would be too large")
MARGIN = 64  # elements that must stay what they are
FROM = last_level_cache() * 5 // 4 + 4096  # bytes read and written from which on stores are streamed
BLOCK = 70_001


def whole(block, n):
    return np.resize(block, n)


def same(a, b):
    return np.array_equal(a.reshape(-1).view(np.uint8), b.reshape(-1).view(np.uint8))


@pytest.fixture(autouse=True)
def _one_thread_that_streams(target, threads):
    if target == "scalar":
        pytest.skip("has no such stores")
    threads(1)


@pytest.fixture(params=UP_TO_DOUBLE, ids=lambda dtype: dtype.name)
def dtype(request):
    return request.param


@pytest.mark.parametrize("offset", [0, 5])
def test_head_and_tail(dtype, offset):
    """Without a tail, a head that is done apart must be missing at the end."""
    n = (FROM // (2 * dtype.itemsize) // 4096 + 1) * 4096
    block = numbers(dtype, BLOCK)
    x, expected = whole(block, n), whole(lr.leaky_relu(block, -0.5), n)
    memory = np.empty(n + 2 * MARGIN + 32, dtype)
    begin = MARGIN + (-(memory.ctypes.data // dtype.itemsize + MARGIN)) % (64 // dtype.itemsize) + offset
    memory[:] = 99
    out = memory[begin : begin + n]

    def holds(values):
        return same(out, values) and (memory[:begin] == 99).all() and (memory[begin + n :] == 99).all()

    lr.leaky_relu(x, -0.5, out)
    assert holds(expected)
    out[:] = 0
    positive = lr.leaky_relu_packed(x, -0.5, out=out)[1]
    assert holds(expected)
    assert same(positive, packed(x))
    out[:] = 0
    lr.leaky_relu_grad_packed(x, positive, -0.5, out=out)
    assert holds(expected)
    out[:] = x
    lr.leaky_relu(out, -0.5, out)  # in place: not streamed, and right
    assert holds(expected)


@pytest.mark.parametrize("which", ["x", "out"])
def test_elements_that_are_not_aligned(dtype, which):
    """No such array may be taken for one whose stores can be streamed, which would fault."""
    n = FROM // (2 * dtype.itemsize) + 1
    block = numbers(dtype, BLOCK)
    x, out = whole(block, n), np.zeros(n, dtype)
    if which == "x":
        x = unaligned(x)
    else:
        out = unaligned(out)
    lr.leaky_relu(x, -0.5, out)
    assert same(out, whole(lr.leaky_relu(block, -0.5), n))


def test_a_short_last_piece_with_signs(threads):
    """Of fewer elements than are aligned first."""
    threads(2)
    grain = (FROM // (2 * 4 * 16) // 1024 + 1) * 1024  # eight pieces for each thread
    n = 16 * grain + 100
    block = numbers(F32, BLOCK)
    x, out = whole(block, n), np.empty(n + 5, F32)[5:]
    positive = lr.leaky_relu_packed(x, -0.5, out=out)[1]
    assert same(out, whole(lr.leaky_relu(block, -0.5), n))
    assert same(positive, packed(x))
    out[:] = 0
    lr.leaky_relu_grad_packed(x, positive, -0.5, out=out)
    assert same(out, whole(lr.leaky_relu(block, -0.5), n))


@pytest.mark.parametrize("row", [(2051,), (1001,), (3, 1001)], ids=str)
def test_gradients_of_rows_of_any_length(dtype, row):
    """Wide rows, and runs of a channel that begin at any address."""
    shape = (FROM // (3 * dtype.itemsize) // math.prod(row) + 2, *row)
    block_g, block_x = numbers(dtype, BLOCK, 1), numbers(dtype, BLOCK, 2)
    g, x = (whole(block, math.prod(shape)).reshape(shape) for block in (block_g, block_x))
    expected = whole(lr.leaky_relu_grad(block_g, block_x, 0.5), math.prod(shape))
    grad_x, grad_bias = lr.bias_leaky_relu_grad(g, x, 0.5)
    assert same(grad_x, expected)
    in_place = g.copy()  # is not streamed
    assert same(lr.bias_leaky_relu_grad(in_place, x, 0.5, out=in_place)[1], grad_bias)
    assert same(lr.prelu_grad(g, x, np.full(row[0], 0.5, np.float32))[0], expected)
