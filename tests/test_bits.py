"""Each target against the reference, bit for bit, at every length and alignment."""

import numpy as np
import pytest
from leaky_relu import leaky_relu, leaky_relu_grad
from reference import (
    SLOPES,
    assert_same,
    compute_type,
    expected_forward,
    expected_gradient,
    flags_of,
    numbers,
    patterns,
)

CACHE_LINE = 64


def lengths(dtype):
    """Up to four vectors and one element of the widest target, and around where stores get aligned."""
    widest = 64 // min(dtype.itemsize, 16)
    aligned = [16 * lanes + d for lanes in (widest // 4, widest // 2, widest) for d in (-1, 0, 1)]
    return [*range(4 * widest + 2), *aligned, 18 * widest + 3]


def equal(a, b):
    """Compare numbers, which assert_same would take too long for, with the signs of zeros."""
    return bool((a == b).all()) and bool((np.signbit(a) == np.signbit(b)).all())


class Arena:
    """Memory to put operands at any offset of, with a margin that must keep its bytes."""

    def __init__(self, dtype, offset, most):
        self.dtype = dtype
        size = most * dtype.itemsize + 4 * CACHE_LINE
        raw = np.full(size, 0xA5, np.uint8)
        start = -raw.ctypes.data % CACHE_LINE + CACHE_LINE + offset
        self.start, self.raw = start, raw
        self.clean = raw.copy()

    def array(self, values):
        """Write values, into clean memory, and return the array of them."""
        self.raw[:] = self.clean
        a = self.raw[self.start :][: values.nbytes].view(self.dtype)
        a[:] = values
        return a

    def holds(self, values):
        """Whether values are there and nothing else has changed."""
        end = self.start + values.nbytes
        return (
            equal(self.raw[self.start : end].view(self.dtype), values)
            and bytes(self.raw[: self.start]) == bytes(self.clean[: self.start])
            and bytes(self.raw[end:]) == bytes(self.clean[end:])
        )


def alignments(dtype):
    return range(0, CACHE_LINE, dtype.itemsize)


def test_forward_at_every_length_and_alignment(target, dtype):
    most = max(lengths(dtype))
    x = numbers(dtype, most)
    y = expected_forward(x, -0.25)[0]
    for offset in alignments(dtype):
        source, destination = Arena(dtype, offset, most), Arena(dtype, CACHE_LINE - offset, most)
        for n in lengths(dtype):
            a, out = source.array(x[:n]), destination.array(x[most - n :])
            assert equal(leaky_relu(a, -0.25), y[:n]), (offset, n)
            assert leaky_relu(a, -0.25, out) is out
            assert destination.holds(y[:n]), (offset, n)
            assert source.holds(x[:n]), (offset, n)
            assert leaky_relu(a, -0.25, out=a) is a
            assert source.holds(y[:n]), (offset, n)


def test_gradient_at_every_length_and_alignment(target, dtype):
    most = max(lengths(dtype))
    g, x = numbers(dtype, most, 1), numbers(dtype, most, 2)
    y = expected_gradient(g, x, 0.75)[0]
    for offset in alignments(dtype):
        first, second = Arena(dtype, offset, most), Arena(dtype, CACHE_LINE - offset, most)
        third = Arena(dtype, (3 * offset) % CACHE_LINE, most)
        for n in lengths(dtype):
            a, b, out = first.array(g[:n]), second.array(x[:n]), third.array(x[:n])
            assert equal(leaky_relu_grad(a, b, 0.75), y[:n]), (offset, n)
            assert leaky_relu_grad(a, b, 0.75, out) is out
            assert third.holds(y[:n]), (offset, n)
            leaky_relu_grad(a, b, 0.75, out=b)
            assert second.holds(y[:n]), (offset, n)
            assert first.holds(g[:n]), (offset, n)
            b = second.array(x[:n])
            leaky_relu_grad(a, b, 0.75, out=a)
            assert first.holds(y[:n]), (offset, n)
            assert second.holds(x[:n]), (offset, n)


@pytest.mark.parametrize("slope", SLOPES)
def test_random_bits(target, way, dtype, slope):
    g, x = patterns(dtype, 4099, 1), patterns(dtype, 4099, 2)
    for actual, expected in [
        (flags_of(leaky_relu, x, slope), expected_forward(x, slope)),
        (flags_of(leaky_relu_grad, g, x, slope), expected_gradient(g, x, slope)),
    ]:
        assert_same(actual[0], expected[0])
        assert actual[1] == expected[1]


def test_random_bits_in_the_slopes(target, dtype):
    g, x = patterns(dtype, 4099, 3), patterns(dtype, 4099, 4)
    slope = patterns(compute_type(dtype), 4099, 5)
    for actual, expected in [
        (flags_of(leaky_relu, x, slope), expected_forward(x, slope)),
        (flags_of(leaky_relu_grad, g, x, slope), expected_gradient(g, x, slope)),
    ]:
        assert_same(actual[0], expected[0])
        assert actual[1] == expected[1]


@pytest.mark.parametrize("low", [0x0001, 0x7FFF, 0x8000, 0xFFFF])
def test_payload_of_nan_slopes(target, way, dtype, low):
    """Rounding to bfloat16 must not carry a NaN over to infinity or zero."""
    for high in (0x7F80, 0xFF80, 0x7FFF, 0xFFFF):
        slope = np.array(high << 16 | low, np.uint32).view(np.float32)
        x = numbers(dtype, 67)
        expected, flags = expected_forward(x, slope)
        for slopes in (slope, np.full(67, slope)):
            actual, raised = flags_of(leaky_relu, x, slopes)
            assert_same(actual, expected)
            assert raised == flags
