"""Each target against the reference, bit for bit, at every length and alignment."""

import numpy as np
import pytest
from helpers import SLOPES, assert_same, compute_type, equal, flags_of, numbers, patterns
from leaky_relu import leaky_relu, leaky_relu_grad
from reference import DATA, OPERATIONS, reference, reference_and_flags

CACHE_LINE = 64


def lengths(dtype):
    """Up to four vectors and one element of the widest target, and around where stores get aligned."""
    widest = 64 // min(dtype.itemsize, 16)
    aligned = [16 * lanes + d for lanes in (widest // 4, widest // 2, widest) for d in (-1, 0, 1)]
    return [*range(4 * widest + 2), *aligned, 18 * widest + 3]


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
    y = reference(leaky_relu, x, -0.25)
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
    y = reference(leaky_relu_grad, g, x, 0.75)
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


def random_inputs(ufunc, dtype, seed):
    """Random bits for all inputs but the slope."""
    names = OPERATIONS[ufunc.__name__][:-1]
    dtypes = [dtype if name in DATA else compute_type(dtype) for name in names]
    return [patterns(dtype, 4099, seed - k) for k, dtype in enumerate(dtypes)]


def check(ufunc, *inputs):
    actual, flags = flags_of(ufunc, *inputs)
    expected, expected_flags = reference_and_flags(ufunc, *inputs)
    assert_same(actual, expected)
    assert flags == expected_flags


@pytest.mark.parametrize("slope", SLOPES)
def test_random_bits(target, way, ufunc, dtype, slope):
    check(ufunc, *random_inputs(ufunc, dtype, 2), slope)


def test_random_bits_in_the_slopes(target, ufunc, dtype):
    check(ufunc, *random_inputs(ufunc, dtype, 4), patterns(compute_type(dtype), 4099, 5))


@pytest.mark.parametrize("low", [0x0001, 0x7FFF, 0x8000, 0xFFFF])
def test_payload_of_nan_slopes(target, way, dtype, low):
    """Rounding to bfloat16 must not carry a NaN over to infinity or zero."""
    for high in (0x7F80, 0xFF80, 0x7FFF, 0xFFFF):
        slope = np.array(high << 16 | low, np.uint32).view(np.float32)
        for slopes in (slope, np.full(67, slope)):
            check(leaky_relu, numbers(dtype, 67), slopes)
