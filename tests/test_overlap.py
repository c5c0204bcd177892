"""Outputs that share memory with inputs: as if the inputs had been copied first."""

import leaky_relu as lr
import numpy as np
import pytest
from helpers import assert_same, compute_type, numbers
from reference import reference

N = 700  # more than two blocks of the strided loop
SHIFTS = [1, 2, 3, 5, 7, 8, 15, 16, 17, 31, 33, 64, 255, 256, 300]


def pairs(a):
    """Yield views of a: inputs and outputs with elements in common."""
    for shift in SHIFTS:
        yield a[shift:], a[:-shift]
        yield a[:-shift], a[shift:]
        yield a[shift:][::-1], a[:-shift]
        yield a[::2][shift:], a[::2][:-shift]
        yield a[::2][:-shift], a[1::2][shift:]
    half = a.size // 2
    yield a, a
    yield a, a[::-1]
    yield a[::-1], a
    yield a[:half], a[::2]
    yield a[::2], a[:half]
    yield a[::2], a[half:]
    square = a[:676].reshape(26, 26)
    yield square, square.T
    yield square.T, square
    yield square[:, ::-1], square.T
    yield square[:1], square  # broadcast


def test_forward(target, way, dtype):
    original = numbers(dtype, N)
    memory = original.copy()
    for x, out in pairs(memory):
        memory[:] = original
        expected = reference(lr.leaky_relu, np.broadcast_to(x, out.shape), -0.5)
        lr.leaky_relu(x, -0.5, out)
        assert_same(out, expected)


@pytest.mark.parametrize("shared", ["grad_output", "x", "both"])
def test_gradient(target, way, dtype, shared):
    original = numbers(dtype, N)
    memory = original.copy()
    for a, out in pairs(memory):
        memory[:] = original
        other = numbers(dtype, a.shape, 1)
        g, x = {"grad_output": (a, other), "x": (other, a), "both": (a, a)}[shared]
        expected = reference(lr.leaky_relu_grad, *(np.broadcast_to(v, out.shape) for v in (g, x)), -0.5)
        lr.leaky_relu_grad(g, x, -0.5, out)
        assert_same(out, expected)


def test_grad_output_and_x_shifted_about_the_output(target, way, dtype):
    for shift in SHIFTS:
        a = numbers(dtype, N)
        g, x, out = a[: -2 * shift], a[2 * shift :], a[shift:-shift]
        expected = reference(lr.leaky_relu_grad, g, x, -0.5)
        lr.leaky_relu_grad(g, x, -0.5, out)
        assert_same(out, expected)


@pytest.mark.parametrize("shift", [0, *SHIFTS])
def test_slope_in_the_memory_of_the_output(target, way, shift):
    for dtype in (np.float32, np.float64):
        for begin, end in ((0, shift), (shift, 0)):
            a, x = numbers(np.dtype(dtype), N), numbers(np.dtype(dtype), N - shift, 1)
            slope, out = a[begin : N - end], a[end : N - begin]
            expected = reference(lr.leaky_relu, x, slope)
            lr.leaky_relu(x, slope, out)
            assert_same(out, expected)


def test_single_slope_in_the_memory_of_the_output(target, way, dtype):
    """Whether read before or between: the slope is the one from before the call."""
    compute = compute_type(dtype)
    for position in (0, 5, 37):
        memory = numbers(compute, 100)
        memory[position] = 0.5
        slope = memory[position : position + 1].reshape(())
        out = memory.view(dtype)[: 100 * compute.itemsize // dtype.itemsize]
        x = numbers(dtype, out.size, 1)
        expected = reference(lr.leaky_relu, x, slope.copy())
        lr.leaky_relu(x, slope, out)
        assert_same(out, expected)


def test_slopes_under_an_output_of_smaller_elements(way, threads):
    """One address, but elements of two sizes: no thread may overwrite slopes that another has yet to read."""
    threads(2)
    x = -np.ones(1 << 20, np.float16)
    original = (np.arange(x.size) % 1000 + 1).astype(np.float32)
    expected = lr.leaky_relu(x, original)
    for _ in range(10):  # for a worker may come too late to take part
        slopes = original.copy()
        out = slopes.view(np.float16)[: x.size]
        assert_same(lr.leaky_relu(x, slopes, out=out), expected)


@pytest.mark.parametrize("begin", [0, 1, 1000, 1999, 2000])
def test_output_in_any_part_of_wider_slopes(target, way, begin):
    """Also where it begins beyond as many bytes of the slopes as it has itself."""
    slopes = numbers(np.dtype(np.float32), 2000)
    x = numbers(np.dtype(np.float16), slopes.size, 1)
    out = slopes.view(np.float16)[begin : begin + x.size]
    expected = reference(lr.leaky_relu, x, slopes.copy())
    lr.leaky_relu(x, slopes, out)
    assert_same(out, expected)


@pytest.mark.parametrize("shift", [-2, -1, 1, 2])
def test_output_within_the_slopes_of_other_elements(target, way, shift):
    """Steps of one size, elements of two: what is written for one element is another's slope."""
    slopes = numbers(np.dtype(np.float64), 3 * N)
    x = numbers(np.dtype(np.float16), slopes.size - abs(shift), 1)
    begin = max(-shift, 0)
    slope = slopes[begin : begin + x.size]
    out = slopes.view(np.float16)[3::4][begin + shift : begin + shift + x.size]
    expected = reference(lr.leaky_relu, x, slope.copy())
    lr.leaky_relu(x, slope, out)
    assert_same(out, expected)


@pytest.mark.parametrize("step", [1, 2, -1, -2])
@pytest.mark.parametrize("output_is_behind", [True, False])
def test_the_ends_have_one_element_in_common(target, way, dtype, step, output_is_behind):
    """The last of one is the first of the other, and all else is apart."""
    a = numbers(dtype, 4 * N)[::step]
    first, second = a[:N], a[N - 1 : 2 * N - 1]
    x, out = (first, second) if output_is_behind else (second, first)
    expected = reference(lr.leaky_relu, x.copy(), -0.5)
    lr.leaky_relu(x, -0.5, out)
    assert_same(out, expected)


def test_the_output_begins_in_the_last_slope(target, way):
    """Of larger elements, in each quarter of it; and ends in the first."""
    slopes = numbers(np.dtype(np.float64), 4 * N)
    elements = slopes.view(np.float16)
    x = numbers(np.dtype(np.float16), N, 1)
    for quarter in range(4):
        for slope, begin in ((slopes[:N], 4 * (N - 1)), (slopes[-N:], 4 * (3 * N + 1) - 4 * N)):
            before, out = slopes.copy(), elements[begin + quarter :: 4][:N]
            expected = reference(lr.leaky_relu, x, slope.copy())
            lr.leaky_relu(x, slope, out)
            assert_same(out, expected)
            slopes[:] = before
