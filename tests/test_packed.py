"""The signs kept instead of the input: bits as numpy.packbits packs them, values and flags as the ufuncs'."""

import sys

import leaky_relu as lr
import numpy as np
import pytest
from helpers import (
    PAGE,
    SLOPES,
    Island,
    assert_same,
    compute_type,
    equal,
    flags_of,
    numbers,
    packed,
    patterns,
    same_signs,
    specials,
)
from leaky_relu import leaky_relu_grad_packed, leaky_relu_packed
from reference import reference, reference_and_flags


def lengths(dtype):
    """All up to some words of bits, and around where stores get aligned."""
    aligned = [16 * lanes + d for lanes in (2, 4, 8, 16, 32) for d in (-1, 0, 1)]
    return [*range(151), *(n for n in aligned if n > 150), 18 * 32 + 77]


def offsets(dtype):
    """Elements by which the output misses the alignment of the widest register."""
    return sorted({step % (64 // min(dtype.itemsize, 16)) for step in (0, 1, 2, 3, 8, 12, 13, 31)})


def test_every_length_and_alignment(target, dtype):
    most = max(lengths(dtype))
    xs, gs = numbers(dtype, most, 1), numbers(dtype, most, 2)
    ys, dxs = reference(lr.leaky_relu, xs, -0.25), reference(lr.leaky_relu_grad, gs, xs, -0.25)
    for offset in offsets(dtype):
        memory = np.full(most + 128, 99, dtype)
        start = -memory.ctypes.data // dtype.itemsize % (64 // min(dtype.itemsize, 16)) + offset
        for n in lengths(dtype):
            out = memory[start : start + n]
            x, g, y, dx, bits = xs[:n], gs[:n], ys[:n], dxs[:n], packed(xs[:n])
            y_new, positive = leaky_relu_packed(x, -0.25)
            assert equal(y_new, y), (offset, n)
            assert same_signs(positive, bits), (offset, n)
            for source in (x, out):  # into another array, and in place
                out[:] = x
                result, positive = leaky_relu_packed(source, -0.25, out=out)
                assert result is out
                assert equal(out, y), (offset, n)
                assert same_signs(positive, bits), (offset, n)
            assert equal(leaky_relu_grad_packed(g, bits, -0.25), dx), (offset, n)
            for source in (g, out):
                out[:] = g
                assert leaky_relu_grad_packed(source, bits, -0.25, out=out) is out
                assert equal(out, dx), (offset, n)
            assert (memory[:start] == 99).all()
            assert (memory[start + n :] == 99).all()
            out[:] = 99


@pytest.mark.parametrize("slope", SLOPES)
def test_random_bits_and_their_flags(target, dtype, slope):
    g, x = patterns(dtype, 4099, 1), patterns(dtype, 4099, 2)
    (y, positive), flags = flags_of(leaky_relu_packed, x, slope)
    expected, expected_flags = reference_and_flags(lr.leaky_relu, x, slope)
    assert_same(y, expected)
    assert flags == expected_flags
    assert same_signs(positive, packed(x))
    dx, flags = flags_of(leaky_relu_grad_packed, g, positive, slope)
    expected, expected_flags = reference_and_flags(lr.leaky_relu_grad, g, x, slope)
    assert_same(dx, expected)
    assert flags == expected_flags


@pytest.mark.parametrize("slope", [0.01, -0.0, 1e10, np.inf, np.nan])
def test_flags_of_each_special_value(target, dtype, slope):
    for value in specials(dtype).reshape(-1, 1):
        for n in (1, 37):
            x = np.repeat(value, n)
            assert (
                flags_of(leaky_relu_packed, x, slope)[1]
                == reference_and_flags(lr.leaky_relu, value, slope)[1]
            ), value
            for bits, factor in ((0, slope), (255, 1.0)):
                positive = np.full((n + 7) // 8, bits, np.uint8)
                flags = reference_and_flags(lr.leaky_relu_grad, value, np.ones(1, dtype), 1.0)[1]
                if factor != 1:
                    flags = reference_and_flags(lr.leaky_relu_grad, value, -np.ones(1, dtype), slope)[1]
                assert flags_of(leaky_relu_grad_packed, x, positive, slope)[1] == flags, (value, bits)


@pytest.mark.parametrize("bits", [0, 255])
def test_idle_lanes_raise_nothing(target, dtype, bits):
    """An infinite slope times a zero in an idle lane would be invalid, a signalling slope times anything."""
    signalling = np.array(0x7F800001, np.uint32).view(np.float32)
    for n in range(1, 100):
        ones = np.ones(n, dtype)
        positive = np.full((n + 7) // 8, bits, np.uint8)
        for slope in (np.inf, -np.inf, np.nan):
            assert flags_of(leaky_relu_packed, ones, slope)[1] == set()
            assert flags_of(leaky_relu_grad_packed, ones, positive, slope)[1] == set()
        if bits and compute_type(dtype) == np.float32:
            assert flags_of(leaky_relu_packed, ones, signalling)[1] == set()
            assert flags_of(leaky_relu_grad_packed, ones, positive, signalling)[1] == set()


def test_bits_after_the_last_element(target, dtype):
    """They are written as zeros, and not looked at."""
    for n in range(1, 140):
        x = numbers(dtype, n)
        bits = leaky_relu_packed(x)[1]
        assert same_signs(bits, packed(x))
        expected = leaky_relu_grad_packed(x, bits, -2.0)
        if n % 8:
            bits[-1] |= 0xFF << n % 8 & 0xFF
        assert_same(leaky_relu_grad_packed(x, bits, -2.0), expected)


@pytest.mark.skipif(sys.platform != "linux", reason="uses mprotect as Linux has it")
@pytest.mark.parametrize("end", [False, True], ids=["start", "end"])
def test_guard_pages(target, dtype, end):
    """All but the bits that are written, which are not in an array of ours."""
    xs, outs, bits = Island(), Island(), Island()
    for n in [*range(1, 200), 16 * 32 - 1, 16 * 32, 16 * 32 + 9]:
        if n * dtype.itemsize > 2 * PAGE:
            break
        x, out = xs.put(numbers(dtype, n), end), outs.put(np.zeros(n, dtype), end)
        expected = reference(lr.leaky_relu, x, -0.5)
        positive = leaky_relu_packed(x, -0.5, out=out)[1]
        assert (out == expected).all(), n
        signs = bits.put(positive, end)
        leaky_relu_grad_packed(x, signs, -0.5, out=out)
        assert (out == expected).all(), n


@pytest.mark.parametrize("count", [2, 3, 7])
def test_threads(target, threads, dtype, count):
    n = 1_500_013
    x, g = (np.resize(numbers(dtype, 70_001, seed), n) for seed in (1, 2))
    threads(1)
    y, positive = leaky_relu_packed(x, -0.3)
    dx = leaky_relu_grad_packed(g, positive, -0.3)
    assert same_signs(positive, packed(x))
    threads(count)
    again, signs = leaky_relu_packed(x, -0.3, out=x)
    assert equal(again, y)
    assert same_signs(signs, positive)
    assert equal(leaky_relu_grad_packed(g, signs, -0.3, out=g), dx)


@pytest.mark.parametrize("position", [0, 750_000, 1_499_999])
def test_flags_of_any_piece_reach_the_caller(threads, position):
    threads(4)
    x = np.ones(1_500_000, np.float32)
    x[position] = -3e38
    bits = packed(x)
    for _ in range(5):
        with np.errstate(over="raise"):
            with pytest.raises(FloatingPointError, match=r"overflow .* leaky_relu_packed$"):
                leaky_relu_packed(x, 1e10)
            with pytest.raises(FloatingPointError, match=r"overflow .* leaky_relu_grad_packed$"):
                leaky_relu_grad_packed(x, bits, 1e10)


@pytest.mark.slow
@pytest.mark.parametrize("offset", [0, 5])
def test_streaming(target, threads, offset):
    n = 10_000_001  # twice 32 MiB, and more
    threads(1)
    block = numbers(np.dtype(np.float32), 70_001)
    x = np.resize(block, n)
    out = np.empty(n + offset, np.float32)[offset:]
    positive = leaky_relu_packed(x, -0.3, out=out)[1]
    assert np.array_equal(out, np.resize(reference(lr.leaky_relu, block, -0.3), n))
    assert np.array_equal(positive, packed(x))
    assert leaky_relu_grad_packed(x, positive, -0.3).tobytes() == out.tobytes()
